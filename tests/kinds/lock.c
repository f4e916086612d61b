/* Locks, and those of a second sort that the thread which holds them may take again. */
#include "driver.h"

static int make(struct subject *subject, uint32_t size)
{
    (void)size;
    return shoal_lock_open(&subject->object, subject->segment, subject->name, subject->length, 0);
}

static int make_reentrant(struct subject *subject, uint32_t size)
{
    (void)size;
    return shoal_lock_open(&subject->object, subject->segment, subject->name, subject->length, SHOAL_LOCK_REENTRANT);
}

static bool is_reentrant(const shoal_object *lock)
{
    return shoal_lock_flags(lock) & SHOAL_LOCK_REENTRANT;
}

static int again(shoal_object **out, const struct subject *subject)
{
    uint32_t flags = shoal_lock_flags(subject->object);
    return LOOK(shoal_lock_open, out, subject->segment, subject->name, subject->length, flags);
}

static int hold(shoal_object *lock, shoal_time deadline)
{
    return shoal_lock_acquire(lock, false, deadline);
}

static int take(shoal_object *lock)
{
    return hold(lock, SHOAL_NO_WAIT);
}

static const char *filled(const struct subject *subject, uint32_t seed)
{
    (void)seed;
    EXPECT(take(subject->object) == SHOAL_OK && shoal_lock_release(subject->object) == SHOAL_OK);
    return NULL;
}

static const char *look(const struct subject *subject)
{
    shoal_owner owner;
    SEE(shoal_lock_is_locked, subject->object);
    SEE(shoal_lock_flags, subject->object);
    SEE(shoal_lock_is_mine, subject->object);
    SEE(shoal_lock_is_this_threads, subject->object);
    SEE(shoal_lock_recovered, subject->object);
    if (LOOK(shoal_lock_owner, &owner, subject->object) == SHOAL_OK)
        kinds_touch(&owner, sizeof owner);
    return NULL;
}

static const char *refuse(const struct subject *subject)
{
    REFUSED(shoal_lock_acquire, subject->object, false, SHOAL_NO_WAIT);
    REFUSED(shoal_lock_release, subject->object);
    REFUSED(shoal_lock_repair, subject->object);
    return NULL;
}

static const char *use(const struct subject *subject)
{
    if (shoal_object_readonly(subject->object))
        return NULL;
    int status = hold(subject->object, kinds_deadline());
    if (status < 0)
        return kinds_unusual("acquire", status);
    kinds_dwell();
    EXPECT(shoal_lock_release(subject->object) == SHOAL_OK);
    return NULL;
}

static const char *intact(const struct subject *subject)
{
    (void)shoal_lock_is_locked(subject->object);
    uint32_t flags = shoal_lock_flags(subject->object);
    if (flags & ~SHOAL_LOCK_REENTRANT)
        return kinds_say("the memory of a lock that is open became something else: flags %#x", flags);
    return NULL;
}

static const char *sound(shoal_object *lock)
{
    EXPECT(!shoal_lock_is_locked(lock));
    EXPECT(take(lock) >= 0 && shoal_lock_release(lock) == SHOAL_OK);
    EXPECT(take(lock) == SHOAL_OK && shoal_lock_release(lock) == SHOAL_OK);
    return NULL;
}

static const char *obey(shoal_object *object, struct model *model, unsigned peer, unsigned (*take)(unsigned sides))
{
    bool ours = model->owner == peer;
    if (take(2)) {
        int status = hold(object, SHOAL_NO_WAIT);
        EXPECT(status == (model->owner != MODEL_NOBODY ? SHOAL_ETIMEDOUT
                          : model->owner_died          ? SHOAL_RECOVERED
                                                       : SHOAL_OK));
        model->owner = status >= 0 ? peer : model->owner;
    } else {
        EXPECT(shoal_lock_release(object) == (ours ? SHOAL_OK : SHOAL_ELOCK));
        model->owner = ours ? MODEL_NOBODY : model->owner;
        model->owner_died = model->owner_died && !ours;
    }
    EXPECT(shoal_lock_is_locked(object) == (model->owner != MODEL_NOBODY));
    EXPECT(shoal_lock_is_mine(object) == (model->owner == peer));
    return NULL;
}

static const struct way ways[] = {
    {.name = "acquire",
     .operation = SHOAL_WAIT_ACQUIRE,
     .death = SHOAL_RECOVERED,
     .glances = true,
     .block = take,
     .wait = hold,
     .free = shoal_lock_release,
     .give = shoal_lock_release},
    {0},
};

/* A task cannot wait for one of these: there are no ways here. */
static const struct driver reentrant_driver = {
    .name = "reentrant",
    .kind = SHOAL_KIND_LOCK,
    .make = make_reentrant,
    .again = again,
    .filled = filled,
    .look = look,
    .refuse = refuse,
    .use = use,
    .intact = intact,
    .sound = sound,
    .hold = hold,
    .let_go = shoal_lock_release,
    .held = shoal_lock_is_mine,
    .death = SHOAL_RECOVERED,
    .why_kept = "holds it",
    .is_lock = true,
};

const struct driver lock_driver = {
    .name = "lock",
    .kind = SHOAL_KIND_LOCK,
    .sort = &reentrant_driver,
    .is_other_sort = is_reentrant,
    .make = make,
    .again = again,
    .filled = filled,
    .look = look,
    .refuse = refuse,
    .use = use,
    .intact = intact,
    .sound = sound,
    .hold = hold,
    .let_go = shoal_lock_release,
    .held = shoal_lock_is_mine,
    .death = SHOAL_RECOVERED,
    .why_kept = "holds it",
    .ways = ways,
    .is_lock = true,
    .obey = obey,
};
