/* Locks, readers and writers, permits and signals. */
#include "points.h"

#include "segment/cycle.h"
#include "segment/waiting.h"
#include "sync/rwlock.h"

/* Another peer in this process. */
static shoal_segment *attach_another(void)
{
    shoal_segment *again;
    must(shoal_open(&again, new_context(), "target", NULL), "open");
    return again;
}

/* ---- Lock ---- */

static int act_lock_strict(void)
{
    int status = shoal_lock_acquire(its.lock, true, LONG);
    if (status == SHOAL_OK) { /* another took it over while we stood */
        took(LOCK, status);
        return give_lock();
    }
    if (status != SHOAL_EOWNERDIED)
        wrong("a strict taker is not told: %d", status);
    board->holds[LOCK][ROLES] = 0; /* told; and from here on it may be declared sound */
    status = shoal_lock_repair(its.lock);
    return status == SHOAL_ELOCK || must(status, "repair"); /* another took it meanwhile */
}
static int act_repair(void)
{
    if (shoal_lock_recovered(its.lock))
        must(shoal_lock_repair(its.lock), "repair");
    return give_lock();
}
static int act_abandon(void)
{
    board->somebody_died = 1; /* so it is to look */
    return abandon_all();
}
static int after_lock(void)
{
    return !shoal_lock_is_mine(its.lock) || give_lock();
}
/* This thread holds it and waits for it. */
static int act_look_for_cycle(void)
{
    must(shoal_lock_acquire(its.lock, false, LONG), "acquire");
    uint32_t place = shoal__start_waiting(its.lock, NOTED_CYCLE, 0, false);
    if (shoal__look_for_cycle(its.lock) != SHOAL_ELOCK)
        wrong("a cycle is not found");
    shoal__stop_waiting(its.lock, place);
    return must(shoal_lock_release(its.lock), "release");
}
/* Somebody who lives is in the slot of one who died. */
static int come_after_the_dead(void)
{
    struct header_sh *header = shoal__header(target);
    for (uint32_t i = 0; i < load_relaxed(&header->slots_committed); i++)
        if (load_relaxed(&shoal__peer(target, i)->in_use) && i != target->slot) {
            store_relaxed(&header->slot_cursor, i);
            shoal_segment *again = attach_another();
            if (again->slot != i)
                wrong("it came to slot %u, and the dead had %u", again->slot, i);
        }
    return 1;
}
int have_everything(void)
{
    return take_lock() && take_to_write() && take_permits();
}

/* ---- RWLock ---- */

static int write_and_stop(void)
{
    take_to_write();
    SHOAL_POINT("test: it writes"); /* who would come in now is seen */
    return stop_to_write();
}
static int read_and_stop(void)
{
    return take_to_read() && stop_reading();
}
static int read_and_write(void)
{
    return read_and_stop() && write_and_stop();
}
static int after_rwlock(void)
{
    if (shoal_rwlock_is_writing(its.rwlock))
        stop_to_write();
    return !shoal_rwlock_is_reading(its.rwlock) || stop_reading();
}

/* A second peer in this process, which waits while the first has it. */
static shoal_object *its_other;
static int another_waits(int operation)
{
    size_t length;
    const char *name = shoal_object_name(its.rwlock, &length);
    must(shoal_rwlock_open(&its_other, attach_another(), name, length), "rwlock");
    if (begin_wait(&its_wait, its_other, operation, 0) != SHOAL_PENDING)
        wrong("it has what another has");
    return 1;
}
static int write_and_wait_to_read(void)
{
    return take_to_write() && another_waits(SHOAL_WAIT_READ);
}
static int stop_to_write_then_read(void)
{
    stop_to_write();
    took(READING, shoal_wait_until(&its_wait, LONG));
    has(READING, 0);
    return must(shoal_rwlock_read_unlock(its_other), "read_unlock");
}
/* A writer that waits for a reader, both of which die, a second ago: who comes need not know more than that it is still. */
static int die_idle(void)
{
    take_to_read();
    another_waits(SHOAL_WAIT_WRITE);
    atomic_fetch_sub(&((struct rwlock_sh *)its_other->body)->idle_since, 1000);
    return 1;
}

/* ---- Semaphore ---- */

static int take_and_give_permit(void)
{
    return take_permit() && give_permit();
}
static int give_permits(void)
{
    has(PERMIT, 0);
    return must(shoal_semaphore_release(its.semaphore, USUAL_PERMITS), "give");
}
static int after_permit(void)
{
    uint32_t held = shoal_semaphore_held(its.semaphore);
    has(PERMIT, 0);
    return !held || must(shoal_semaphore_release(its.semaphore, held), "give");
}
/* It waited: its mark stays. A second peer of it has the permits. */
static int die_waiting_for_permit(void)
{
    shoal_object *other;
    size_t length;
    const char *name = shoal_object_name(its.semaphore, &length);
    must(shoal_semaphore_open(&other, attach_another(), name, length, USUAL_PERMITS, 0), "semaphore");
    for (uint32_t i = 0; i < USUAL_PERMITS; i++)
        must(shoal_semaphore_acquire(other, LONG), "permit");
    if (begin_wait(&its_wait, its.semaphore, SHOAL_WAIT_ACQUIRE, 0) != SHOAL_PENDING)
        wrong("there was a permit left");
    return 1;
}

/* So many permits that each peer has a hand. All but two can be had, though one stands or died where it liked. */
#define MANY 300
static shoal_object *many(void)
{
    shoal_object *of;
    must(shoal_semaphore_open(&of, its.semaphore->segment, "many", 4, MANY, 0), "many permits");
    return of;
}
static int take_of_many(uint32_t n)
{
    shoal_object *of = many();
    for (uint32_t i = 0; i < n; i++)
        must(shoal_semaphore_acquire(of, LONG), "one of many");
    must(shoal_semaphore_release(of, n), "give");
    shoal_object_close(of);
    return 1;
}
static int die_with_all_of_many(void)
{
    shoal_object *of = many();
    for (int i = 0; i < MANY; i++)
        must(shoal_semaphore_acquire(of, SHOAL_NO_WAIT), "one of many");
    return 1;
}
static int act_on_many(void)
{
    return take_of_many(1);
}
static int act_on_nearly_all(void)
{
    return take_of_many(MANY - 2);
}

static const struct scene all[] = {
    S(lock_cycle, .act = act_look_for_cycle, .second = take_and_give_lock),
    S(lock_take, .act = take_lock, .after = after_lock, .second = take_and_give_lock),
    S(lock_wait, .partner = take_lock, .partner_then = give_lock, .act = take_lock, .after = after_lock,
      .second = take_and_give_lock),
    S(lock_wait_long, .partner = take_lock, .partner_then = give_lock, .act = take_lock, .after = after_lock,
      .second = take_and_give_lock),
    S(lock_release, .before = take_lock, .partner_then = take_and_give_lock, .act = give_lock,
      .second = take_and_give_lock, .flags = WAITS),
    S(lock_steal, .dead = take_lock, .act = take_lock, .after = after_lock, .second = take_and_give_lock),
    S(lock_steal_slot, .dead = take_lock, .partner = come_after_the_dead, .act = take_lock, .after = after_lock,
      .second = take_and_give_lock, .flags = VAIN),
    S(lock_steal_release, .dead = take_lock, .before = take_lock, .partner_then = take_and_give_lock, .act = give_lock,
      .second = take_and_give_lock, .flags = WAITS),
    S(lock_in_vain, .partner = take_lock, .partner_then = give_lock, .act = act_lock_in_vain,
      .second = take_and_give_lock, .flags = VAIN),
    S(lock_strict, .dead = take_lock, .act = act_lock_strict, .second = take_and_give_lock),
    S(lock_repair, .dead = take_lock, .before = take_lock, .act = act_repair, .after = after_lock,
      .second = take_and_give_lock),
    S(lock_abandon, .before = have_everything, .partner_then = take_and_give_lock, .act = act_abandon,
      .second = take_and_give_lock, .flags = WAITS),

    /* readers and writers */
    S(rwlock_read, .act = take_to_read, .after = after_rwlock, .second = read_and_write),
    S(rwlock_read_wait, .partner = take_to_write, .partner_then = stop_to_write, .act = take_to_read,
      .after = after_rwlock, .second = read_and_write),
    S(rwlock_read_unlock, .before = take_to_read, .partner_then = write_and_stop, .act = stop_reading,
      .second = read_and_write, .flags = WAITS),
    S(rwlock_write, .act = take_to_write, .after = after_rwlock, .second = read_and_write),
    S(rwlock_write_wait, .partner = take_to_read, .partner_then = stop_reading, .act = take_to_write,
      .after = after_rwlock, .second = read_and_write),
    S(rwlock_write_write, .partner = take_to_write, .partner_then = stop_to_write, .act = take_to_write,
      .after = after_rwlock, .second = read_and_write),
    S(rwlock_grace, .partner = write_and_wait_to_read, .partner_then = stop_to_write_then_read, .act = take_to_write,
      .after = after_rwlock, .second = read_and_write),
    S(rwlock_write_unlock, .before = take_to_write, .partner_then = read_and_stop, .act = stop_to_write,
      .second = read_and_write, .flags = WAITS),
    S(rwlock_write_unlock_to_writer, .before = take_to_write, .partner_then = write_and_stop, .act = stop_to_write,
      .second = read_and_write, .flags = WAITS),
    S(rwlock_downgrade, .before = take_to_write, .partner_then = read_and_stop, .act = act_downgrade,
      .after = after_rwlock, .second = read_and_write, .flags = WAITS),
    S(rwlock_read_steal, .dead = take_to_write, .act = take_to_read, .after = after_rwlock, .second = read_and_write),
    S(rwlock_write_steal, .dead = take_to_write, .act = take_to_write, .after = after_rwlock, .second = read_and_write),
    S(rwlock_dead_reader, .dead = take_to_read, .act = take_to_write, .after = after_rwlock, .second = read_and_write),
    S(rwlock_dead_in_wait, .dead = write_and_wait_to_read, .act = take_to_write, .after = after_rwlock,
      .second = read_and_write),
    S(rwlock_dead_and_idle, .dead = die_idle, .act = take_to_write, .after = after_rwlock, .second = read_and_write),
    S(rwlock_read_in_vain, .partner = take_to_write, .partner_then = stop_to_write, .act = act_read_in_vain,
      .second = read_and_write, .flags = VAIN),
    S(rwlock_write_in_vain, .partner = take_to_read, .partner_then = stop_reading, .act = act_write_in_vain,
      .second = read_and_write, .flags = VAIN),

    /* permits and signals */
    S(semaphore_take, .act = take_permit, .after = after_permit, .second = take_and_give_permit),
    S(semaphore_wait, .partner = take_permits, .partner_then = give_permits, .act = take_permit, .after = after_permit,
      .second = take_and_give_permit),
    S(semaphore_give, .before = take_permits, .partner_then = take_and_give_permit, .act = give_permits,
      .after = after_permit, .second = take_and_give_permit, .flags = WAITS),
    S(semaphore_give_to_the_dead, .dead = die_waiting_for_permit, .before = take_permit, .act = give_permit,
      .after = after_permit, .second = take_and_give_permit),
    S(semaphore_steal, .dead = take_permits, .act = take_permit, .after = after_permit, .second = take_and_give_permit),
    S(semaphore_in_vain, .partner = take_permits, .partner_then = give_permits, .act = act_permit_in_vain,
      .second = take_and_give_permit, .flags = VAIN),
    S(semaphore_many, .act = act_on_many, .second = act_on_nearly_all),
    S(semaphore_steal_many, .dead = die_with_all_of_many, .act = act_on_many, .second = act_on_nearly_all),
    S(signal_raise, .partner_then = act_lower, .act = act_raise, .second = act_raise, .flags = WAITS),
    S(signal_lower, .before = act_raise, .act = act_lower, .second = act_raise),
    S(signal_wait, .partner_then = act_raise, .act = act_lower, .second = act_raise),
};

const struct scenes lock_scenes = {all, sizeof all / sizeof *all};
