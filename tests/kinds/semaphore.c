/* Semaphores with permits, and those of a second sort that are a signal: a count that anybody may raise. */
#include "driver.h"

static int make(struct subject *subject, uint32_t size)
{
    uint32_t permits = size ? size : USUAL_PERMITS;
    return shoal_semaphore_open(&subject->object, subject->segment, subject->name, subject->length, permits, 0);
}

static int make_signal(struct subject *subject, uint32_t size)
{
    return shoal_semaphore_open(&subject->object, subject->segment, subject->name, subject->length, size,
                                SHOAL_SEMAPHORE_SIGNAL);
}

static bool is_signal(const shoal_object *semaphore)
{
    return shoal_semaphore_flags(semaphore) & SHOAL_SEMAPHORE_SIGNAL;
}

static int again(shoal_object **out, const struct subject *subject)
{
    uint32_t value = shoal_semaphore_initial(subject->object), flags = shoal_semaphore_flags(subject->object);
    int status = LOOK(shoal_semaphore_open, out, subject->segment, subject->name, subject->length, value, flags);
    if (status < 0)
        return status;
    shoal_object_close(*out);
    return LOOK(shoal_semaphore_open, out, subject->segment, subject->name, subject->length, 0, SHOAL_SEMAPHORE_ANY);
}

static uint32_t free_now(const shoal_object *semaphore)
{
    uint32_t value = UINT32_MAX;
    (void)shoal_semaphore_value(&value, semaphore);
    return value;
}

static int give(shoal_object *semaphore)
{
    return shoal_semaphore_release(semaphore, 1);
}

static bool has_permits(const shoal_object *semaphore)
{
    return shoal_semaphore_held(semaphore) > 0;
}

/* All permits are free, whoever has some in the segment that this was copied from. */
static const char *filled(const struct subject *subject, uint32_t seed)
{
    (void)seed;
    EXPECT(free_now(subject->object) == shoal_semaphore_initial(subject->object));
    return NULL;
}

static uint32_t filling(const shoal_object *signal, uint32_t seed)
{
    return shoal_semaphore_initial(signal) + 1 + seed % 1000;
}

static int fill_signal(const struct subject *subject, uint32_t seed)
{
    uint32_t wanted = filling(subject->object, seed), count = free_now(subject->object);
    int status = SHOAL_OK;
    for (; count > wanted && status == SHOAL_OK; count--)
        status = shoal_semaphore_acquire(subject->object, SHOAL_NO_WAIT);
    return status < 0 || count == wanted ? status : shoal_semaphore_release(subject->object, wanted - count);
}

static const char *filled_signal(const struct subject *subject, uint32_t seed)
{
    EXPECT(free_now(subject->object) == filling(subject->object, seed));
    return NULL;
}

static const char *look(const struct subject *subject)
{
    uint32_t value;
    LOOK(shoal_semaphore_value, &value, subject->object);
    SEE(shoal_semaphore_initial, subject->object);
    SEE(shoal_semaphore_flags, subject->object);
    SEE(shoal_semaphore_held, subject->object);
    return NULL;
}

static const char *refuse(const struct subject *subject)
{
    REFUSED(shoal_semaphore_acquire, subject->object, SHOAL_NO_WAIT);
    REFUSED(shoal_semaphore_release, subject->object, 1);
    return NULL;
}

static const char *use(const struct subject *subject)
{
    if (shoal_object_readonly(subject->object))
        return NULL;
    int status = shoal_semaphore_acquire(subject->object, kinds_deadline());
    if (status < 0)
        return kinds_unusual("acquire a permit", status);
    kinds_dwell();
    EXPECT(give(subject->object) == SHOAL_OK);
    return NULL;
}

static const char *use_signal(const struct subject *subject)
{
    if (shoal_object_readonly(subject->object))
        return NULL;
    if (kinds_below(2))
        return kinds_unusual("raise", give(subject->object));
    return kinds_unusual("lower", shoal_semaphore_acquire(subject->object, kinds_deadline()));
}

static const char *intact(const struct subject *subject)
{
    uint32_t value = 0, initial = shoal_semaphore_initial(subject->object);
    WELL(kinds_unusual("permits", shoal_semaphore_value(&value, subject->object)));
    if (initial != USUAL_PERMITS || value > USUAL_PERMITS)
        return kinds_say("the memory of a semaphore that is open became something else: %u permits of %u", value,
                         initial);
    return NULL;
}

static const char *intact_signal(const struct subject *subject)
{
    uint32_t value = free_now(subject->object);
    if (value > 1 << 30)
        return kinds_say("the memory of a signal that is open became something else: %u", value);
    return NULL;
}

static int take_all(shoal_object *semaphore)
{
    int status = SHOAL_OK;
    for (uint32_t n = shoal_semaphore_initial(semaphore); n > 0 && status == SHOAL_OK; n--)
        status = shoal_semaphore_acquire(semaphore, SHOAL_NO_WAIT);
    return status;
}

static int give_all(shoal_object *semaphore)
{
    return shoal_semaphore_release(semaphore, shoal_semaphore_held(semaphore));
}

static const char *sound(shoal_object *semaphore)
{
    EXPECT(shoal_semaphore_held(semaphore) == 0);
    EXPECT(free_now(semaphore) == shoal_semaphore_initial(semaphore) && take_all(semaphore) == SHOAL_OK);
    EXPECT(shoal_semaphore_acquire(semaphore, SHOAL_NO_WAIT) == SHOAL_ETIMEDOUT && free_now(semaphore) == 0);
    EXPECT(give_all(semaphore) == SHOAL_OK);
    return NULL;
}

static const char *sound_signal(shoal_object *signal)
{
    uint32_t count = free_now(signal);
    EXPECT(give(signal) == SHOAL_OK && free_now(signal) == count + 1);
    EXPECT(shoal_semaphore_acquire(signal, SHOAL_NO_WAIT) == SHOAL_OK && free_now(signal) == count);
    return NULL;
}

static const char *obey(shoal_object *object, struct model *model, unsigned peer, unsigned (*take)(unsigned sides))
{
    unsigned *mine = &model->permits[peer], n = 1 + take(2), taken = 0;
    for (unsigned i = 0; i < MODEL_PEERS; i++)
        taken += model->permits[i];
    if (take(2)) {
        int status = shoal_semaphore_acquire(object, SHOAL_NO_WAIT);
        EXPECT(status == (taken < USUAL_PERMITS ? SHOAL_OK : SHOAL_ETIMEDOUT));
        *mine += status == SHOAL_OK;
        taken += status == SHOAL_OK;
    } else {
        n = n <= *mine ? n : 0;
        EXPECT(shoal_semaphore_release(object, n ? n : *mine + 1) == (n ? SHOAL_OK : SHOAL_ELOCK));
        *mine -= n;
        taken -= n;
    }
    EXPECT(free_now(object) == USUAL_PERMITS - taken && shoal_semaphore_held(object) == *mine);
    return NULL;
}

static const char *obey_signal(shoal_object *object, struct model *model, unsigned peer,
                               unsigned (*take)(unsigned sides))
{
    (void)peer;
    if (take(2)) {
        EXPECT(give(object) == SHOAL_OK);
        model->count++;
    } else {
        EXPECT(shoal_semaphore_acquire(object, SHOAL_NO_WAIT) == (model->count > 0 ? SHOAL_OK : SHOAL_ETIMEDOUT));
        model->count -= model->count > 0;
    }
    EXPECT(free_now(object) == model->count && shoal_semaphore_held(object) == 0);
    return NULL;
}

static const struct way ways[] = {
    {.name = "permit",
     .operation = SHOAL_WAIT_ACQUIRE,
     .death = SHOAL_OK,
     .glances = true,
     .block = take_all,
     .wait = shoal_semaphore_acquire,
     .free = give_all,
     .give = give},
    {0},
};

static const struct way ways_of_signals[] = {
    {.name = "signal",
     .operation = SHOAL_WAIT_ACQUIRE,
     .death = SHOAL_PENDING,
     .glances = true,
     .wait = shoal_semaphore_acquire,
     .free = give},
    {0},
};

static const struct driver signal_driver = {
    .name = "signal",
    .kind = SHOAL_KIND_SEMAPHORE,
    .make = make_signal,
    .again = again,
    .fill = fill_signal,
    .filled = filled_signal,
    .look = look,
    .refuse = refuse,
    .use = use_signal,
    .intact = intact_signal,
    .sound = sound_signal,
    .why_waited = "waits for it",
    .ways = ways_of_signals,
    .is_lock = true,
    .obey = obey_signal,
};

const struct driver semaphore_driver = {
    .name = "semaphore",
    .kind = SHOAL_KIND_SEMAPHORE,
    .sort = &signal_driver,
    .is_other_sort = is_signal,
    .make = make,
    .again = again,
    .filled = filled,
    .look = look,
    .refuse = refuse,
    .use = use,
    .intact = intact,
    .sound = sound,
    .hold = shoal_semaphore_acquire,
    .let_go = give,
    .held = has_permits,
    .death = SHOAL_OK,
    .why_kept = "holds a permit of it",
    .ways = ways,
    .is_lock = true,
    .obey = obey,
};
