/* Everybody is gone: all of it can be had, and no more than there is; and when all is removed nothing is left. */
#include "scenes.h"

#include <unistd.h>

#include "segment/segment.h"
#include "segment/table.h"

static bool nobody_holds(void)
{
    shoal_object *held[] = {its.lock, its.rwlock, its.semaphore, its.barrier};
    size_t count;
    for (size_t i = 0; i < sizeof held / sizeof *held; i++)
        if (shoal_object_holders(NULL, 0, &count, held[i]) < 0 || count != 0)
            return false;
    return true;
}

static int take_plainly(shoal_object *lock, shoal_time deadline)
{
    return shoal_lock_acquire(lock, false, deadline);
}
static int downgrade_and_unlock(shoal_object *rwlock)
{
    int status = shoal_rwlock_downgrade(rwlock);
    return status < 0 ? status : shoal_rwlock_unlock(rwlock);
}

static bool can_have(int (*take)(shoal_object *, shoal_time), int (*give)(shoal_object *), shoal_object *it)
{
    int status = take(it, SHOAL_NO_WAIT);
    if (status == SHOAL_ETIMEDOUT) /* a reader's turn, perhaps: but not for long */
        status = take(it, shoal_deadline(1));
    return status >= 0 && give(it) >= 0;
}

static bool permits_add_up(void)
{
    uint32_t value = 0;
    shoal_semaphore_value(&value, its.semaphore);
    for (uint32_t i = 0; i < permits; i++)
        if (shoal_semaphore_acquire(its.semaphore, SHOAL_NO_WAIT) < 0)
            return false;
    return value == permits && shoal_semaphore_acquire(its.semaphore, SHOAL_NO_WAIT) == SHOAL_ETIMEDOUT &&
           shoal_semaphore_release(its.semaphore, permits) >= 0;
}

/* Who waits is notified, though others waited who are dead. */
static bool condition_works(void)
{
    uint32_t notified;
    bool told;
    shoal_wait wait;
    return shoal_lock_acquire(its.lock, false, SHOAL_NO_WAIT) >= 0 &&
           shoal_condition_begin(&wait, its.condition, its.lock, 0) >= 0 &&
           shoal_lock_acquire(its.lock, false, SHOAL_NO_WAIT) >= 0 &&
           shoal_condition_notify(&notified, its.condition, its.lock, UINT32_MAX) == SHOAL_OK && notified >= 1 &&
           shoal_lock_release(its.lock) >= 0 && shoal_wait_try(&wait) == SHOAL_OK &&
           shoal_condition_end(&told, &wait, SHOAL_NO_WAIT) >= 0 && told && shoal_lock_release(its.lock) >= 0;
}

/* Nobody comes, who comes again is told so, and reset it is as new. */
static bool barrier_works(void)
{
    uint32_t index;
    int status = shoal_barrier_wait(&index, its.barrier, SHOAL_NO_WAIT);
    return (status == SHOAL_EBROKEN || status == SHOAL_ETIMEDOUT) && shoal_barrier_broken(its.barrier) &&
           shoal_barrier_reset(its.barrier) == SHOAL_OK && !shoal_barrier_broken(its.barrier) &&
           shoal_barrier_waiting(its.barrier) == 0 &&
           shoal_barrier_wait(&index, its.barrier, SHOAL_NO_WAIT) == SHOAL_ETIMEDOUT &&
           shoal_barrier_broken(its.barrier) && shoal_barrier_reset(its.barrier) == SHOAL_OK;
}

const char *what_cannot_be_had(void)
{
    if (!nobody_holds())
        return "somebody holds what nobody has";
    if (shoal_segment_readonly(target))
        return NULL;
    if (!can_have(take_plainly, shoal_lock_release, its.lock))
        return "the lock can't be had";
    if (!can_have(shoal_rwlock_read, shoal_rwlock_unlock, its.rwlock))
        return "the rwlock can't be read";
    if (!can_have(shoal_rwlock_write, downgrade_and_unlock, its.rwlock))
        return "the rwlock can't be written";
    if (!permits_add_up())
        return "the permits do not add up";
    if (!condition_works())
        return "the condition does not work";
    return barrier_works() ? NULL : "the barrier does not work";
}

/* ---- Nothing is left ---- */

static int remove_each(void *argument, const char *name, size_t length, int kind)
{
    (void)argument, (void)kind;
    if (shoal_object_remove(target, name, length) < 0)
        violation("remove: %s", shoal_error_message());
    return 0;
}

/* Of the table, and of the one that it grows into; a block or a run is somewhat larger. */
static uint64_t bytes_of_tables(void)
{
    struct shoal_table table;
    if (!shoal__table_read(&table, target, load_relaxed(&shoal__header(target)->table)))
        return 0;
    uint64_t tables = load_relaxed(&table.at->grown) ? 2 : 1;
    uint64_t buckets = (tables == 2 ? 3 : 1) * (uint64_t)table.buckets;
    return tables * sizeof(struct table_sh) + buckets * sizeof(struct bucket_sh);
}

void judge_empty(void)
{
    shoal_info info;
    shoal_object_each(target, remove_each, NULL);
    for (int i = 0; i < 2 || (i < 1000 && info.removed); i++) { /* a child of a victim ends by itself */
        if (i >= 2)
            usleep(2000);
        must(shoal_segment_info(&info, target), "info");
    }
    uint64_t bytes = bytes_of_tables();
    if (info.used > bytes + bytes / 4 + 64 || info.removed || info.objects)
        violation(
            "after everything was removed: %llu bytes are used, of them %llu by the table; %u removed, %llu objects",
            (unsigned long long)info.used, (unsigned long long)bytes, info.removed, (unsigned long long)info.objects);
    int findings = shoal_check(target, finding, "empty");
    if (findings < 0)
        violation("check, empty: %s", shoal_error_message());
}
