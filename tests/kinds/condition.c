/* Conditions, each of the Lock "lock" of its segment. */
#include "driver.h"

#include <string.h>

#define ITS_LOCK "lock", (size_t)4

static int make(struct subject *subject, uint32_t size)
{
    shoal_object *lock = NULL;
    (void)size;
    int status = shoal_lock_open(&lock, subject->segment, ITS_LOCK, 0);
    if (status < 0 && status != SHOAL_EREADONLY && status != SHOAL_ENOKEY)
        return status;
    status = shoal_condition_open(&subject->object, subject->segment, subject->name, subject->length, lock);
    shoal_object_close(lock);
    return status;
}

static int again(shoal_object **out, const struct subject *subject)
{
    shoal_object *lock;
    int status = shoal_condition_lock(&lock, subject->object);
    if (status < 0) /* removed since: as who does not know whose it is */
        return LOOK(shoal_condition_open, out, subject->segment, subject->name, subject->length, NULL);
    status = LOOK(shoal_condition_open, out, subject->segment, subject->name, subject->length, lock);
    shoal_object_close(lock);
    return status;
}

static const char *intact(const struct subject *subject)
{
    size_t length;
    const char *name = shoal_condition_lock_name(subject->object, &length);
    if (!name || length != 4 || memcmp(name, "lock", 4) != 0)
        return kinds_say("the memory of a condition that is open became something else: \"%s\"", name ? name : "");
    return NULL;
}

static const char *filled(const struct subject *subject, uint32_t seed)
{
    (void)seed;
    return intact(subject);
}

static const char *look(const struct subject *subject)
{
    size_t length = 0;
    shoal_object *lock;
    kinds_begin("shoal_condition_lock_name");
    const char *name = shoal_condition_lock_name(subject->object, &length);
    kinds_seen("shoal_condition_lock_name", length);
    if (name)
        kinds_touch(name, length + 1);
    LOOK(shoal_condition_lock, &lock, subject->object);
    shoal_object_close(lock);
    return NULL;
}

static const char *refuse(const struct subject *subject)
{
    uint32_t notified;
    shoal_object *lock;
    if (shoal_condition_lock(&lock, subject->object) < 0)
        return NULL;
    int notify = LOOK(shoal_condition_notify, &notified, subject->object, lock, 1);
    int wait = LOOK(shoal_condition_wait, subject->object, lock, SHOAL_NO_WAIT);
    shoal_object_close(lock);
    return notify >= 0 || wait >= 0 ? kinds_say("a readonly attach may notify or wait") : NULL;
}

/* ---- With its lock ---- */

/* It is a condition of a lock that may have been removed, or have another's name by now: then there is nothing to do. */
static const char *with_lock(shoal_object *condition, const char *(*act)(shoal_object *condition, shoal_object *lock))
{
    shoal_object *lock;
    int status = shoal_condition_lock(&lock, condition);
    if (status < 0)
        return status == SHOAL_ENOKEY || status == SHOAL_EMISMATCH ? NULL : kinds_unusual("its lock", status);
    const char *sentence = act(condition, lock);
    shoal_object_close(lock);
    return sentence;
}

/* What its lock guards may be another's: if one died holding it, that is left for others to be told. */
static const char *wait_a_little(shoal_object *condition, shoal_object *lock)
{
    shoal_wait wait;
    bool notified;
    int status = shoal_condition_begin(&wait, condition, lock, SHOAL_WAIT_STRICT);
    if (status == SHOAL_ENOSPACE)
        return shoal_lock_release(lock) == SHOAL_OK ? NULL : kinds_say("release: %s", shoal_error_message());
    WELL(kinds_unusual("begin to wait", status));
    (void)shoal_wait_until(&wait, kinds_deadline());
    do
        status = shoal_condition_end(&notified, &wait, SHOAL_FOREVER);
    while (status == SHOAL_EINTR);
    if (status == SHOAL_EOWNERDIED)
        return NULL;
    WELL(kinds_unusual("take its lock back", status));
    EXPECT(shoal_lock_release(lock) == SHOAL_OK);
    return NULL;
}

static const char *notify_or_wait(shoal_object *condition, shoal_object *lock)
{
    uint32_t notified;
    int status = shoal_lock_acquire(lock, true, kinds_deadline());
    if (status < 0)
        return status == SHOAL_EOWNERDIED ? NULL : kinds_unusual("acquire its lock", status);
    kinds_dwell();
    if (kinds_below(4) == 0)
        return wait_a_little(condition, lock);
    EXPECT(shoal_condition_notify(&notified, condition, lock, 1 + kinds_below(2)) == SHOAL_OK);
    EXPECT(shoal_lock_release(lock) == SHOAL_OK);
    return NULL;
}

static const char *use(const struct subject *subject)
{
    return shoal_object_readonly(subject->object) ? NULL : with_lock(subject->object, notify_or_wait);
}

static const char *works(shoal_object *condition, shoal_object *lock)
{
    shoal_wait wait;
    uint32_t notified;
    bool told = false;
    EXPECT(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT) >= 0);
    EXPECT(shoal_condition_wait(condition, lock, SHOAL_NO_WAIT) == SHOAL_ETIMEDOUT);
    EXPECT(shoal_condition_begin(&wait, condition, lock, 0) == SHOAL_OK);
    EXPECT(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT) >= 0);
    EXPECT(shoal_condition_notify(&notified, condition, lock, UINT32_MAX) == SHOAL_OK && notified >= 1);
    EXPECT(shoal_lock_release(lock) == SHOAL_OK && shoal_wait_try(&wait) == SHOAL_OK);
    EXPECT(shoal_condition_end(&told, &wait, SHOAL_NO_WAIT) >= 0 && told && shoal_lock_release(lock) == SHOAL_OK);
    return NULL;
}

static const char *sound(shoal_object *condition)
{
    return with_lock(condition, works);
}

/* ---- Waiting ---- */

static int wait(shoal_object *condition, shoal_time deadline)
{
    shoal_object *lock;
    int status = shoal_condition_lock(&lock, condition);
    if (status < 0)
        return status;
    status = shoal_lock_acquire(lock, false, SHOAL_FOREVER);
    if (status >= 0)
        status = shoal_condition_wait(condition, lock, deadline);
    if (shoal_lock_is_mine(lock))
        shoal_lock_release(lock);
    shoal_object_close(lock);
    return status;
}

static int begin(struct piece *piece, shoal_object *condition, uint32_t flags)
{
    int status = shoal_condition_lock(&piece->lock, condition);
    if (status >= 0)
        status = shoal_lock_acquire(piece->lock, false, SHOAL_NO_WAIT);
    return status < 0 ? status : shoal_condition_begin(&piece->wait, condition, piece->lock, flags);
}

static int end(struct piece *piece, shoal_time deadline)
{
    int status = shoal_condition_end(&piece->notified, &piece->wait, deadline);
    if (status >= 0 && status != SHOAL_PENDING && shoal_lock_release(piece->lock) == SHOAL_OK) {
        shoal_object_close(piece->lock);
        piece->lock = NULL;
    }
    return status;
}

static int notify(shoal_object *condition)
{
    uint32_t notified = 0;
    shoal_object *lock;
    int status = shoal_condition_lock(&lock, condition);
    if (status >= 0)
        status = shoal_lock_acquire(lock, false, SHOAL_FOREVER);
    if (status >= 0)
        status = shoal_condition_notify(&notified, condition, lock, 1);
    if (status >= 0)
        status = shoal_lock_release(lock);
    shoal_object_close(lock);
    return status;
}

static const struct way ways[] = {
    {.name = "notify",
     .operation = SHOAL_WAIT_NOTIFY,
     .death = SHOAL_PENDING,
     .wait = wait,
     .free = notify,
     .begin = begin,
     .end = end},
    {0},
};

const struct driver condition_driver = {
    .name = "condition",
    .kind = SHOAL_KIND_CONDITION,
    .make = make,
    .again = again,
    .filled = filled,
    .look = look,
    .refuse = refuse,
    .use = use,
    .intact = intact,
    .sound = sound,
    .why_waited = "waits for it",
    .ways = ways,
    .is_lock = true,
};
