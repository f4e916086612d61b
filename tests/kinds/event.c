/* Events. */
#include "driver.h"

static int make(struct subject *subject, uint32_t size)
{
    (void)size;
    return shoal_event_open(&subject->object, subject->segment, subject->name, subject->length);
}

static int again(shoal_object **out, const struct subject *subject)
{
    return LOOK(shoal_event_open, out, subject->segment, subject->name, subject->length);
}

static int fill(const struct subject *subject, uint32_t seed)
{
    return seed % 2 ? shoal_event_set(subject->object) : shoal_event_clear(subject->object);
}

static const char *filled(const struct subject *subject, uint32_t seed)
{
    EXPECT(shoal_event_is_set(subject->object) == seed % 2);
    return NULL;
}

static const char *look(const struct subject *subject)
{
    SEE(shoal_event_is_set, subject->object);
    LOOK(shoal_event_wait, subject->object, SHOAL_NO_WAIT);
    LOOK(shoal_event_wait, subject->object, kinds_deadline());
    kinds_look_at_wait(subject->object, SHOAL_WAIT_SET, 0);
    return NULL;
}

static const char *refuse(const struct subject *subject)
{
    REFUSED(shoal_event_set, subject->object);
    REFUSED(shoal_event_clear, subject->object);
    return NULL;
}

static const char *use(const struct subject *subject)
{
    if (shoal_object_readonly(subject->object))
        return NULL;
    return kinds_unusual("event",
                         kinds_below(2) ? shoal_event_set(subject->object) : shoal_event_clear(subject->object));
}

static const char *intact(const struct subject *subject)
{
    (void)shoal_event_is_set(subject->object);
    return NULL;
}

static const char *sound(shoal_object *event)
{
    bool was = shoal_event_is_set(event);
    EXPECT(shoal_event_clear(event) == SHOAL_OK && shoal_event_wait(event, SHOAL_NO_WAIT) == SHOAL_ETIMEDOUT);
    EXPECT(shoal_event_set(event) == SHOAL_OK && shoal_event_wait(event, SHOAL_NO_WAIT) == SHOAL_OK);
    EXPECT(was || shoal_event_clear(event) == SHOAL_OK);
    return NULL;
}

static const char *obey(shoal_object *object, struct model *model, unsigned peer, unsigned (*take)(unsigned sides))
{
    unsigned what = take(3);
    (void)peer;
    if (what < 2) {
        EXPECT((what ? shoal_event_set(object) : shoal_event_clear(object)) == SHOAL_OK);
        model->set = what;
    }
    EXPECT(shoal_event_is_set(object) == model->set);
    EXPECT(shoal_event_wait(object, SHOAL_NO_WAIT) == (model->set ? SHOAL_OK : SHOAL_ETIMEDOUT));
    return NULL;
}

static int wait(shoal_object *event, shoal_time deadline)
{
    return shoal_event_wait(event, deadline);
}

static const struct way ways[] = {
    {.name = "set",
     .operation = SHOAL_WAIT_SET,
     .death = SHOAL_PENDING,
     .glances = true,
     .readonly = true,
     .block = shoal_event_clear,
     .wait = wait,
     .free = shoal_event_set},
    {0},
};

const struct driver event_driver = {
    .name = "event",
    .kind = SHOAL_KIND_EVENT,
    .make = make,
    .again = again,
    .fill = fill,
    .filled = filled,
    .look = look,
    .refuse = refuse,
    .use = use,
    .intact = intact,
    .sound = sound,
    .why_waited = "waits for it",
    .ways = ways,
    .is_lock = true,
    .obey = obey,
};
