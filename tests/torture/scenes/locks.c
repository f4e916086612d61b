/* What is done with locks of each kind: taking and giving, waiting, in vain too, in one call or begun and left so. */
#include "scenes.h"

shoal_wait its_wait;

int begin_wait(shoal_wait *wait, shoal_object *of, int operation, uint32_t flags)
{
    must(shoal_wait_begin(wait, of, operation, flags, 0), "begin to wait");
    int status = shoal_wait_try(wait);
    must(status, "try");
    return status;
}

/* ---- Lock ---- */

int take_lock(void)
{
    took(LOCK, shoal_lock_acquire(its.lock, false, to_have()));
    return 1;
}
int give_lock(void)
{
    has(LOCK, 0);
    return must(shoal_lock_release(its.lock), "release");
}
int take_and_give_lock(void)
{
    return take_lock() && give_lock();
}
int act_lock_in_vain(void)
{
    int status = shoal_lock_acquire(its.lock, false, in_between());
    if (in_vain(status))
        return 0;
    took(LOCK, status);
    return give_lock();
}
int abandon_all(void)
{
    for (enum kept what = LOCK; what <= PERMIT; what++)
        has(what, 0);
    shoal_context_abandon_locks(context, true);
    return 1;
}

/* ---- RWLock ---- */

int take_to_read(void)
{
    took(READING, shoal_rwlock_read(its.rwlock, to_have()));
    return 1;
}
int stop_reading(void)
{
    has(READING, 0);
    return must(shoal_rwlock_read_unlock(its.rwlock), "read_unlock");
}
int take_to_write(void)
{
    took(WRITING, shoal_rwlock_write(its.rwlock, to_have()));
    return 1;
}
int stop_to_write(void)
{
    has(WRITING, 0);
    return must(shoal_rwlock_write_unlock(its.rwlock), "write_unlock");
}
int act_downgrade(void)
{
    has(WRITING, 0);
    must(shoal_rwlock_downgrade(its.rwlock), "downgrade");
    has(READING, 1);
    return 1;
}
int act_read_in_vain(void)
{
    int status = shoal_rwlock_read(its.rwlock, in_between());
    if (in_vain(status))
        return 0;
    took(READING, status);
    return stop_reading();
}
int act_write_in_vain(void)
{
    int status = shoal_rwlock_write(its.rwlock, in_between());
    if (in_vain(status))
        return 0;
    took(WRITING, status);
    return stop_to_write();
}

/* ---- Semaphore ---- */

int take_permit(void)
{
    took(PERMIT, shoal_semaphore_acquire(its.semaphore, to_have()));
    return 1;
}
int give_permit(void)
{
    has(PERMIT, 0);
    return must(shoal_semaphore_release(its.semaphore, 1), "give");
}
int take_permits(void)
{
    for (uint32_t i = 0; i < USUAL_PERMITS; i++)
        must(shoal_semaphore_acquire(its.semaphore, to_have()), "permit");
    has(PERMIT, USUAL_PERMITS);
    return 1;
}
int act_permit_in_vain(void)
{
    int status = shoal_semaphore_acquire(its.semaphore, in_between());
    if (in_vain(status))
        return 0;
    took(PERMIT, status);
    return give_permit();
}
int act_raise(void)
{
    return must(shoal_semaphore_release(its.signal, 1), "raise");
}
int act_lower(void)
{
    return must(shoal_semaphore_acquire(its.signal, to_have()), "lower");
}

/* ---- Event ---- */

int act_set(void)
{
    return must(shoal_event_set(its.event), "set");
}
int act_clear(void)
{
    return must(shoal_event_clear(its.event), "clear");
}

/* ---- Condition ---- */

int begin_to_wait(void)
{
    take_lock();
    has(LOCK, 0);
    return must(shoal_condition_begin(&its_wait, its.condition, its.lock, 0), "begin to wait");
}
int notify(uint32_t count)
{
    uint32_t notified;
    return must(shoal_condition_notify(&notified, its.condition, its.lock, count), "notify");
}
/* Who has the lock. */
int act_notify(void)
{
    return notify(1) && give_lock();
}
/* Who was notified is told so. */
int act_end(void)
{
    bool notified;
    must(shoal_wait_until(&its_wait, to_have()), "until");
    took(LOCK, shoal_condition_end(&notified, &its_wait, to_have()));
    if (!notified)
        wrong("it was notified, and is not told");
    return give_lock();
}
int act_cancel(void)
{
    shoal_wait_cancel(&its_wait);
    return 1;
}

/* ---- Barrier ---- */

int meet(double seconds)
{
    uint32_t index;
    int status = shoal_barrier_wait(&index, its.barrier, shoal_deadline(seconds));
    if (status < 0)
        in_vain(status);
    return status == SHOAL_OK;
}
int begin_to_meet(void)
{
    if (begin_wait(&its_wait, its.barrier, SHOAL_WAIT_PASS, 0) != SHOAL_PENDING)
        wrong("it met nobody");
    return 1;
}
int act_abort(void)
{
    return must(shoal_barrier_abort(its.barrier), "abort");
}
int act_reset(void)
{
    return must(shoal_barrier_reset(its.barrier), "reset");
}
