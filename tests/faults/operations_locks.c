/* Every kind of lock: made, taken, waited for in vain, taken over from the dead. */
#include "operations_parts.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Locks ---- */

static void have_lock(struct world *world)
{
    MUST(shoal_lock_open(&world->lock, world->segment, NAME("lock"), 0));
}

static int lock_and_unlock(struct world *world)
{
    int status = shoal_lock_acquire(world->lock, false, SOON);
    return status < 0 ? status : shoal_lock_release(world->lock);
}

static void locked_by_another(struct world *world)
{
    have_lock(world);
    have_second(world);
    MUST(shoal_lock_open(&world->theirs, world->second, NAME("lock"), 0));
    MUST(shoal_lock_acquire(world->theirs, false, SOON));
}

static void locked_by_the_dead(struct world *world)
{
    have_lock(world);
    pid_t child = fork();
    if (child == 0) {
        MUST(shoal_lock_acquire(world->lock, false, SOON));
        kill(getpid(), SIGKILL);
    }
    waitpid(child, NULL, 0);
}

static int lock_of_the_dead(struct world *world)
{
    int status = shoal_lock_acquire(world->lock, false, shoal_deadline(0.03));
    if (status == SHOAL_RECOVERED)
        (void)shoal_lock_repair(world->lock);
    return status < 0 ? status : shoal_lock_release(world->lock);
}

static int abandon(struct world *world)
{
    (void)shoal_lock_acquire(world->lock, false, SHOAL_NO_WAIT);
    (void)shoal_context_abandon_locks(world->context, true);
    return shoal_lock_repair(world->lock) == SHOAL_OK ? SHOAL_OK : SHOAL_OK;
}

static int lock_owner(struct world *world)
{
    shoal_owner owner, more[4];
    size_t count;
    int status = shoal_lock_owner(&owner, world->lock);
    if (status == SHOAL_OK)
        status = shoal_object_holders(more, 4, &count, world->lock);
    return status == SHOAL_OK ? shoal_object_waiters(more, 4, &count, world->lock) : status;
}

static void have_rwlocks(struct world *world)
{
    have_second(world);
    MUST(shoal_rwlock_open(&world->lock, world->segment, NAME("rwlock")));
    MUST(shoal_rwlock_open(&world->theirs, world->second, NAME("rwlock")));
}

static int rwlock_all(struct world *world)
{
    int status = shoal_rwlock_write(world->lock, SOON);
    if (status >= 0)
        status = shoal_rwlock_downgrade(world->lock);
    if (status >= 0)
        status = shoal_rwlock_read(world->theirs, SOON);
    if (status >= 0)
        status = shoal_rwlock_unlock(world->theirs);
    if (shoal_rwlock_is_reading(world->lock) || shoal_rwlock_is_writing(world->lock))
        (void)shoal_rwlock_unlock(world->lock);
    return status;
}

static void have_semaphore(struct world *world)
{
    MUST(shoal_semaphore_open(&world->lock, world->segment, NAME("semaphore"), 1, 0));
}

static int semaphore_timeout(struct world *world)
{
    int status = shoal_semaphore_acquire(world->lock, SOON);
    if (status < 0)
        return status;
    status = shoal_semaphore_acquire(world->lock, SOON);
    (void)shoal_semaphore_release(world->lock, status < 0 ? 1 : 2);
    return status;
}

static void have_event(struct world *world)
{
    MUST(shoal_event_open(&world->lock, world->segment, NAME("event")));
}

static int event_all(struct world *world)
{
    int status = shoal_event_set(world->lock);
    if (status >= 0)
        status = shoal_event_wait(world->lock, SOON);
    if (status >= 0)
        status = shoal_event_clear(world->lock);
    return status < 0 ? status : shoal_event_wait(world->lock, SOON);
}

static void have_condition(struct world *world)
{
    have_lock(world);
    MUST(shoal_condition_open(&world->object, world->segment, NAME("condition"), world->lock));
}

static int condition_timeout(struct world *world)
{
    uint32_t notified;
    int status = shoal_lock_acquire(world->lock, false, SOON);
    if (status < 0)
        return status;
    status = shoal_condition_notify(&notified, world->object, world->lock, 1);
    if (status >= 0)
        status = shoal_condition_wait(world->object, world->lock, SOON);
    if (shoal_lock_is_mine(world->lock))
        (void)shoal_lock_release(world->lock);
    return status;
}

static void have_barrier(struct world *world)
{
    MUST(shoal_barrier_open(&world->lock, world->segment, NAME("barrier"), 2));
}

static int barrier_timeout(struct world *world)
{
    uint32_t index;
    int status = shoal_barrier_wait(&index, world->lock, SOON);
    (void)shoal_barrier_reset(world->lock);
    return status;
}

static int wait_any(struct world *world)
{
    uint32_t bell = 0;
    shoal_wait *waits[1] = {&world->wait};
    int status = shoal_wait_begin(&world->wait, world->lock, SHOAL_WAIT_SET, 0, 0);
    if (status == SHOAL_OK)
        status = shoal_wait_try(&world->wait);
    for (shoal_time end = SOON; status == SHOAL_PENDING && shoal_now() < end;) {
        shoal_wait_any(waits, 1, &bell, 0);
        status = shoal_wait_try(&world->wait);
    }
    shoal_wait_ring(&bell);
    if (status == SHOAL_PENDING)
        shoal_wait_cancel(&world->wait);
    return status == SHOAL_PENDING ? SHOAL_OK : status;
}

/* ---- All of them ---- */

const struct operation lock_operations[] = {
    {"lock", have_lock, lock_and_unlock, NULL, WAITS},
    {"lock_of_the_dead", locked_by_the_dead, lock_of_the_dead, NULL, WAITS | ASKS},
    {"lock_abandon", have_lock, abandon, NULL, 0},
    {"lock_owner", locked_by_another, lock_owner, NULL, ASKS},
    {"rwlock", have_rwlocks, rwlock_all, NULL, WAITS},
    {"semaphore", have_semaphore, semaphore_timeout, NULL, WAITS},
    {"event", have_event, event_all, NULL, WAITS},
    {"condition", have_condition, condition_timeout, NULL, WAITS},
    {"barrier", have_barrier, barrier_timeout, NULL, WAITS},
    {"wait_any", have_event, wait_any, NULL, WAITS},
    {NULL, NULL, NULL, NULL, 0},
};
