/* Counters. */
#include "driver.h"

static int make(struct subject *subject, uint32_t size)
{
    return shoal_counter_open(&subject->object, subject->segment, subject->name, subject->length, size);
}

static int again(shoal_object **out, const struct subject *subject)
{
    return LOOK(shoal_counter_open, out, subject->segment, subject->name, subject->length, 3);
}

static int64_t content(uint32_t seed)
{
    return ((int64_t)seed << 33) - 1;
}

static int fill(const struct subject *subject, uint32_t seed)
{
    int64_t old;
    return shoal_counter_exchange(&old, subject->object, content(seed));
}

static const char *filled(const struct subject *subject, uint32_t seed)
{
    int64_t value = 0;
    EXPECT(shoal_counter_value(&value, subject->object) == SHOAL_OK && value == content(seed));
    return NULL;
}

static const char *look(const struct subject *subject)
{
    int64_t value;
    if (LOOK(shoal_counter_value, &value, subject->object) < 0)
        return NULL;
    LOOK(shoal_counter_wait, subject->object, value, SHOAL_NO_WAIT);
    LOOK(shoal_counter_wait, subject->object, value, kinds_deadline());
    kinds_look_at_wait(subject->object, SHOAL_WAIT_VALUE, value);
    return NULL;
}

static const char *refuse(const struct subject *subject)
{
    int64_t value;
    REFUSED(shoal_counter_add, &value, subject->object, 1);
    REFUSED(shoal_counter_sub, &value, subject->object, 1);
    REFUSED(shoal_counter_exchange, &value, subject->object, 1);
    return NULL;
}

static const char *use(const struct subject *subject)
{
    int64_t value;
    if (shoal_object_readonly(subject->object))
        return NULL;
    return kinds_unusual("add", shoal_counter_add(&value, subject->object, 1));
}

static const char *intact(const struct subject *subject)
{
    int64_t value;
    WELL(kinds_unusual("value", shoal_counter_value(&value, subject->object)));
    if (value < 0 || value > 1 << 30)
        return kinds_say("the memory of a counter that is open became something else: %lld", (long long)value);
    return NULL;
}

static const char *obey(shoal_object *object, struct model *model, unsigned peer, unsigned (*take)(unsigned sides))
{
    int64_t value, sum, n = (int64_t)take(256) - 128;
    (void)peer;
    if (take(16) == 0)
        n = n > 0 ? INT64_MAX : INT64_MIN;
    bool overflow = __builtin_add_overflow(model->count, n, &sum);
    EXPECT(shoal_counter_add(&value, object, n) == (overflow ? SHOAL_EOVERFLOW : SHOAL_OK));
    if (!overflow)
        model->count = sum;
    EXPECT(shoal_counter_value(&value, object) == SHOAL_OK && value == model->count);
    return NULL;
}

/* ---- Waiting ---- */

static int64_t argument(shoal_object *counter)
{
    int64_t value = 0;
    (void)shoal_counter_value(&value, counter);
    return value;
}

static int wait(shoal_object *counter, shoal_time deadline)
{
    return shoal_counter_wait(counter, argument(counter), deadline);
}

static int add_one(shoal_object *counter)
{
    int64_t value;
    return shoal_counter_add(&value, counter, 1);
}

static const struct way ways[] = {
    {.name = "value",
     .operation = SHOAL_WAIT_VALUE,
     .death = SHOAL_PENDING,
     .glances = true,
     .readonly = true,
     .wait = wait,
     .free = add_one,
     .argument = argument},
    {0},
};

const struct driver counter_driver = {
    .name = "counter",
    .kind = SHOAL_KIND_COUNTER,
    .make = make,
    .again = again,
    .fill = fill,
    .filled = filled,
    .look = look,
    .refuse = refuse,
    .use = use,
    .intact = intact,
    .why_waited = "waits for it",
    .ways = ways,
    .obey = obey,
};
