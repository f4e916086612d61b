/*
 * What the victims, partners and others of the scenes do with locks. Included by points.c.
 */
#ifndef SHOAL_TORTURE_POINTS_LOCKS_H
#define SHOAL_TORTURE_POINTS_LOCKS_H

#include "segment/cycle.h"
#include "segment/waiting.h"

/* ---- Scenes: Lock ---- */

static int act_lock(void)
{
    take_lock();
    return 1;
}
static int take_and_give_lock(void)
{
    take_lock();
    give_lock();
    return 1;
}
static void wait_for_lock(void)
{
    take_and_give_lock();
}
static int act_release(void)
{
    give_lock();
    return 1;
}
#define IN_VAIN shoal_deadline(0.06) /* longer than a slice */
static bool in_vain(int status)
{
    if (status != SHOAL_ETIMEDOUT && status != SHOAL_EBROKEN)
        must(status, "wait");
    return status < 0;
}
static int act_lock_in_vain(void)
{
    int status = shoal_lock_acquire(lock, false, IN_VAIN);
    if (in_vain(status))
        return 0;
    took(LOCK, status);
    give_lock();
    return 1;
}
static int act_lock_strict(void)
{
    int status = shoal_lock_acquire(lock, true, LONG);
    if (status == SHOAL_OK) { /* another took it over while we stood */
        took(LOCK, status);
        give_lock();
        return 1;
    }
    if (status != SHOAL_EOWNERDIED)
        wrong("a strict taker is not told: %d", status);
    board->holds[LOCK][ROLES] = 0; /* told; and from here on it may be declared sound */
    status = shoal_lock_repair(lock);
    if (status != SHOAL_ELOCK) /* another took it meanwhile */
        must(status, "repair");
    return 1;
}
static int act_repair(void)
{
    if (shoal_lock_recovered(lock))
        must(shoal_lock_repair(lock), "repair");
    give_lock();
    return 1;
}
static int act_abandon(void)
{
    board->somebody_died = 1; /* so it is to look */
    for (int what = 0; what <= PERMIT; what++)
        giving(what);
    shoal_context_abandon_locks(context, true);
    return 1;
}
static void after_lock(void)
{
    if (shoal_lock_is_mine(lock))
        give_lock();
}

/* One of its own, which the victim removes, and the partner takes meanwhile. */
static shoal_object *held;
static void make_held(void)
{
    must(shoal_lock_open(&held, target, "held", 4, 0), "open what is to be removed");
}
static void prepare_held(void)
{
    make_held();
    shoal_object_close(held);
}
static bool is_held_named(void)
{
    return shoal_object_find(target, "held", 4) > 0;
}
static void hold_while_it_is_removed(void)
{
    must(shoal_lock_acquire(held, false, LONG), "take what is to be removed");
    bool named = is_held_named();
    while (named && board->seat[VICTIM].state < DONE && !board->seat[VICTIM].died)
        if (!is_held_named())
            break;
    if (named && !is_held_named())
        wrong("a lock lost its name while it was held");
    must(shoal_lock_release(held), "release");
    shoal_object_close(held);
}
static int remove_held(void)
{
    int status = shoal_object_remove(target, "held", 4);
    if (status != SHOAL_ELOCK)
        must(status, "remove what may be held");
    return 1;
}

/* A semaphore in its place, of which one died with a permit. */
static void make_held_permits(void)
{
    must(shoal_semaphore_open(&held, target, "held", 4, 3, 0), "open permits that are to be removed");
}
static void prepare_held_permits(void)
{
    make_held_permits();
    shoal_object_close(held);
}
static void die_with_held_permit(void)
{
    make_held_permits();
    must(shoal_semaphore_acquire(held, SHOAL_NO_WAIT), "a permit of those");
}
static int use_held_permit(void)
{
    int status = shoal_object_open(&held, target, "held", 4);
    if (status == SHOAL_ENOKEY)
        return 1;
    must(status, "open what may be removed");
    must(shoal_semaphore_acquire(held, LONG), "a permit of what is removed");
    must(shoal_semaphore_release(held, 1), "give it back");
    shoal_object_close(held);
    return 1;
}

/* ---- RWLock ---- */

static int act_read(void)
{
    take_to_read();
    return 1;
}
static int act_write(void)
{
    take_to_write();
    return 1;
}
static int act_stop_reading(void)
{
    stop_reading();
    return 1;
}
static int act_stop_writing(void)
{
    stop_to_write();
    return 1;
}
static int act_downgrade(void)
{
    giving(WRITING);
    must(shoal_rwlock_downgrade(rwlock), "downgrade");
    board->holds[READING][me] = 1;
    return 1;
}
static int write_and_stop(void)
{
    take_to_write();
    SHOAL_POINT("test: it writes"); /* who would come in now is seen */
    stop_to_write();
    return 1;
}
static int read_and_stop(void)
{
    take_to_read();
    stop_reading();
    return 1;
}
static int read_and_write(void)
{
    return read_and_stop() && write_and_stop();
}
static void wait_to_write(void)
{
    write_and_stop();
}
static void wait_to_read(void)
{
    read_and_stop();
}
static int act_read_in_vain(void)
{
    int status = shoal_rwlock_read(rwlock, IN_VAIN);
    if (in_vain(status))
        return 0;
    took(READING, status);
    stop_reading();
    return 1;
}
static int act_write_in_vain(void)
{
    int status = shoal_rwlock_write(rwlock, IN_VAIN);
    if (in_vain(status))
        return 0;
    took(WRITING, status);
    stop_to_write();
    return 1;
}
static void after_rwlock(void)
{
    if (shoal_rwlock_is_writing(rwlock))
        stop_to_write();
    if (shoal_rwlock_is_reading(rwlock))
        stop_reading();
}

/* A second peer in this process, which waits to read while the first writes. */
static shoal_object *its_rwlock;
static void write_and_wait_to_read(void)
{
    shoal_segment *again;
    take_to_write();
    must(shoal_open(&again, new_context(), "target", NULL), "open");
    must(shoal_rwlock_open(&its_rwlock, again, "vrw", 3), "rwlock");
    must(shoal_wait_begin(&its_wait, its_rwlock, SHOAL_WAIT_READ, 0, 0), "begin");
    if (shoal_wait_try(&its_wait) != SHOAL_PENDING)
        wrong("it reads while another writes");
}
/* A writer that waits for a reader, both of which die, a second ago: who comes need not know more than that it is still. */
static void die_idle(void)
{
    shoal_segment *again;
    take_to_read();
    must(shoal_open(&again, new_context(), "target", NULL), "open");
    must(shoal_rwlock_open(&its_rwlock, again, "vrw", 3), "rwlock");
    must(shoal_wait_begin(&its_wait, its_rwlock, SHOAL_WAIT_WRITE, 0, 0), "begin");
    if (shoal_wait_try(&its_wait) != SHOAL_PENDING)
        wrong("it writes while another reads");
    atomic_fetch_sub(&((struct rwlock_sh *)its_rwlock->body)->idle_since, 1000);
}

/* So many permits that each peer has a hand. All but two can be had, though one stands or died where it liked. */
#define MANY 300
static shoal_object *many(void)
{
    shoal_object *permits;
    must(shoal_semaphore_open(&permits, semaphore->segment, "many", 4, MANY, 0), "many permits");
    return permits;
}
static void take_of_many(uint32_t n)
{
    shoal_object *permits = many();
    for (uint32_t i = 0; i < n; i++)
        must(shoal_semaphore_acquire(permits, LONG), "one of many");
    must(shoal_semaphore_release(permits, n), "give");
    shoal_object_close(permits);
}
static void die_with_all_of_many(void)
{
    shoal_object *permits = many();
    for (int i = 0; i < MANY; i++)
        must(shoal_semaphore_acquire(permits, SHOAL_NO_WAIT), "one of many");
}
static int act_on_many(void)
{
    take_of_many(1);
    return 1;
}
static int act_on_nearly_all(void)
{
    take_of_many(MANY - 2);
    return 1;
}
static void stop_to_write_then_read(void)
{
    stop_to_write();
    took(READING, shoal_wait_until(&its_wait, LONG));
    giving(READING);
    must(shoal_rwlock_read_unlock(its_rwlock), "read_unlock");
}

/* ---- Semaphore ---- */

static int act_permit(void)
{
    take_permit();
    return 1;
}
static int act_give_permit(void)
{
    give_permit();
    return 1;
}
static int take_and_give_permit(void)
{
    take_permit();
    give_permit();
    return 1;
}
static void wait_for_permit(void)
{
    take_and_give_permit();
}
static void take_permits(void)
{
    for (int i = 0; i < PERMITS; i++)
        must(shoal_semaphore_acquire(semaphore, LONG), "permit");
    if (me < ROLES)
        board->holds[PERMIT][me] = PERMITS;
}
static void give_permits(void)
{
    giving(PERMIT);
    must(shoal_semaphore_release(semaphore, PERMITS), "give");
}
static int act_give_permits(void)
{
    give_permits();
    return 1;
}
static int act_permit_in_vain(void)
{
    int status = shoal_semaphore_acquire(semaphore, IN_VAIN);
    if (in_vain(status))
        return 0;
    took(PERMIT, status);
    give_permit();
    return 1;
}
static void after_permit(void)
{
    uint32_t held = shoal_semaphore_held(semaphore);
    giving(PERMIT);
    if (held)
        must(shoal_semaphore_release(semaphore, held), "give");
}
/* It waited: its mark stays. A second peer of it has the permits. */
static void die_waiting_for_permit(void)
{
    shoal_segment *again;
    shoal_object *other;
    must(shoal_open(&again, new_context(), "target", NULL), "open");
    must(shoal_semaphore_open(&other, again, "vs", 2, PERMITS, 0), "semaphore");
    for (int i = 0; i < PERMITS; i++)
        must(shoal_semaphore_acquire(other, LONG), "permit");
    must(shoal_wait_begin(&its_wait, semaphore, SHOAL_WAIT_ACQUIRE, 0, 0), "begin");
    if (shoal_wait_try(&its_wait) != SHOAL_PENDING)
        wrong("there was a permit left");
}
static int act_raise(void)
{
    must(shoal_semaphore_release(raised, 1), "raise");
    return 1;
}
static void raise_it(void)
{
    act_raise();
}
static void wait_for_signal(void)
{
    must(shoal_semaphore_acquire(raised, LONG), "lower");
}
static int act_lower(void)
{
    wait_for_signal();
    return 1;
}

/* ---- Event, Counter ---- */

static int act_set(void)
{
    must(shoal_event_set(event), "set");
    return 1;
}
static void set_it(void)
{
    act_set();
}
static int act_clear(void)
{
    must(shoal_event_clear(event), "clear");
    return 1;
}
static void wait_for_event(void)
{
    must(shoal_event_wait(event, LONG), "wait");
}
static int act_wait_for_event(void)
{
    wait_for_event();
    return 1;
}
/* Two waits that are not for a lock: the second has no place in the record. */
static shoal_wait event_waits[2];
static void wait_in_a_row(void)
{
    for (int i = 0; i < 2; i++) {
        must(shoal_wait_begin(&event_waits[i], event, SHOAL_WAIT_SET, 0, 0), "begin");
        if (shoal_wait_try(&event_waits[i]) != SHOAL_PENDING)
            wrong("nobody has set it, and the wait is over");
    }
}
static int act_wait_in_a_row(void)
{
    wait_in_a_row();
    for (int i = 0; i < 2; i++)
        shoal_wait_cancel(&event_waits[i]);
    return 1;
}
/* This thread holds it and waits for it. */
static int act_look_for_cycle(void)
{
    must(shoal_lock_acquire(lock, false, LONG), "acquire");
    uint32_t place = shoal__start_waiting(lock, NOTED_CYCLE, 0, false);
    if (shoal__look_for_cycle(lock) != SHOAL_ELOCK)
        wrong("a cycle is not found");
    shoal__stop_waiting(lock, place);
    must(shoal_lock_release(lock), "release");
    return 1;
}
static int add(int64_t n)
{
    int64_t value;
    must(shoal_counter_add(&value, counter, n), "add");
    return 1;
}
static int add_one(void)
{
    return add(1);
}
static int add_hundred(void)
{
    return add(100);
}
static void add_hundred_then(void)
{
    add(100);
}
static void wait_for_change(void)
{
    must(shoal_counter_wait(counter, 41, LONG), "wait");
}
static int act_wait_for_change(void)
{
    wait_for_change();
    return 1;
}
static int state_of_counter(void)
{
    int64_t value = 0;
    shoal_counter_value(&value, counter);
    value -= 41;
    return value == 0 ? 0 : value == 1 ? VICTIMS : value == 100 ? SECONDS : value == 101 ? VICTIMS | SECONDS : -1;
}

/* ---- Condition ---- */

static int wait_notified_with(double seconds)
{
    take_lock();
    giving(LOCK);
    int status = shoal_condition_wait(condition, lock, shoal_deadline(seconds));
    took(LOCK, status == SHOAL_ETIMEDOUT ? shoal_lock_recovered(lock) ? SHOAL_RECOVERED : SHOAL_OK : status);
    give_lock();
    return status >= 0;
}
static void wait_notified(void)
{
    if (!wait_notified_with(50))
        wrong("it was never notified");
}
static int act_wait_notified(void)
{
    wait_notified();
    return 1;
}
static int act_wait_in_vain(void)
{
    return wait_notified_with(0.06);
}
static void notify_one(void)
{
    uint32_t notified;
    must(shoal_condition_notify(&notified, condition, lock, 1), "notify");
}
static int act_notify(void)
{
    notify_one();
    give_lock();
    return 1;
}
static int notify_all_others(void)
{
    uint32_t notified;
    take_lock();
    must(shoal_condition_notify(&notified, condition, lock, UINT32_MAX), "notify");
    give_lock();
    return 1;
}
/* The victim has left if its call has ended; there is nobody else, until the third tries what a condition does. */
static int notify_nobody(void)
{
    uint32_t notified;
    take_lock();
    must(shoal_condition_notify(&notified, condition, lock, UINT32_MAX), "notify");
    if (board->seat[VICTIM].acknowledged && notified != 0 && board->seat[THIRD].state == STARTING)
        wrong("%u were notified, and nobody waits", notified);
    give_lock();
    return 1;
}
/* As long as the victim lives its notification is its own: the partner waits for another. */
static int notify_the_partner(void)
{
    uint32_t notified, before = board->seat[PARTNER].sleeps;
    while (board->seat[PARTNER].sleeps < before + 2 && board->seat[PARTNER].state < DYING) /* it has looked */
        futex_wait(&board->bell, board->bell, 0.02);
    take_lock();
    must(shoal_condition_notify(&notified, condition, lock, 1), "notify");
    if (!board->seat[VICTIM].died && notified != 1)
        wrong("the partner did not wait any more");
    give_lock();
    return 1;
}
static void take_lock_and_notify(void)
{
    take_lock();
    notify_one();
    give_lock();
}
static void begin_to_wait(void)
{
    take_lock();
    giving(LOCK);
    must(shoal_condition_begin(&its_wait, condition, lock, 0), "begin");
}
static void begin_and_be_notified(void)
{
    begin_to_wait();
    take_lock_and_notify();
}
static int act_end(void)
{
    bool notified;
    must(shoal_wait_until(&its_wait, LONG), "until");
    took(LOCK, shoal_condition_end(&notified, &its_wait, LONG));
    if (!notified)
        wrong("it was notified, and is not told");
    give_lock();
    return 1;
}
static void be_notified_then(void)
{
    act_end();
}
static int act_cancel(void)
{
    shoal_wait_cancel(&its_wait);
    return 1;
}
/* Notified, and a partner waits who came later: it gets what we do not want, or what died with us. */
static int act_pass_on(void)
{
    board->seat[me].armed = 0;
    take_lock_and_notify();
    board->seat[me].armed = 1;
    return act_cancel();
}
/* One that died waited before us, and the notification goes to it. */
static void begin_and_notify_the_dead(void)
{
    begin_to_wait();
    take_lock_and_notify();
}
/* The same; we take it over, then are notified ourselves: two came to us. */
static void take_over_and_be_notified(void)
{
    begin_and_notify_the_dead();
    must(shoal_wait_until(&its_wait, LONG), "until");
    take_lock_and_notify();
}
/* The same, and a third began to wait between: the one taken over is the earlier. */
static void take_over_and_be_notified_later(void)
{
    shoal_wait another;
    begin_and_notify_the_dead();
    must(shoal_wait_until(&its_wait, LONG), "until");
    take_lock();
    giving(LOCK);
    must(shoal_condition_begin(&another, condition, lock, 0), "begin");
    take_lock_and_notify();
    shoal_wait_cancel(&another);
}
/* Notified, and a partner waits who came later. */
static int act_notified_end(void)
{
    board->seat[me].armed = 0;
    take_lock_and_notify();
    board->seat[me].armed = 1;
    return act_end();
}
static int act_end_taken(void)
{
    bool notified;
    took(LOCK, shoal_condition_end(&notified, &its_wait, LONG));
    if (!notified)
        wrong("two notifications, and it is not told of one");
    give_lock();
    return 1;
}
static void only_two_cells(void)
{
    open_all(target);
    ((struct condition_sh *)condition->body)->cells = 2;
    close_all();
}
/* Of two peers. */
static void die_waiting_twice(void)
{
    shoal_segment *again;
    shoal_object *other_lock, *other;
    static shoal_wait other_wait;
    begin_to_wait();
    must(shoal_open(&again, new_context(), "target", NULL), "open");
    must(shoal_lock_open(&other_lock, again, "vl", 2, 0), "lock");
    must(shoal_condition_open(&other, again, "vc", 2, other_lock), "condition");
    must(shoal_lock_acquire(other_lock, false, LONG), "acquire");
    must(shoal_condition_begin(&other_wait, other, other_lock, 0), "begin");
}

/* ---- Barrier ---- */

static int meet_with(double seconds)
{
    uint32_t index;
    int status = shoal_barrier_wait(&index, barrier, shoal_deadline(seconds));
    if (status < 0 && !in_vain(status))
        must(status, "meet");
    return status == SHOAL_OK;
}
static void wait_to_meet(void)
{
    board->seat[me].acknowledged = meet_with(0.2); /* who was to come may have died before */
}
static int act_meet(void)
{
    return meet_with(0.2);
}
/* Who resets it may die once it has told us: we are not to wait longer than it takes to see that. */
static void wait_to_be_reset(void)
{
    shoal_time since = shoal_now();
    meet_with(2);
    bool was_late = shoal_now() - since > (shoal_time)1900000000;
    const char *at = board->seat[VICTIM].at ? point_name(board->seat[VICTIM].at - 1) : "";
    if (was_late && board->seat[VICTIM].died && strstr(at, "told of the reset"))
        wrong("told of a reset that nobody ends");
}
static int act_meet_the_dead(void)
{
    if (meet_with(2))
        wrong("it has passed with one who is dead");
    return 0;
}
static int act_meet_in_vain(void)
{
    return meet_with(0.04);
}
static void begin_to_meet(void)
{
    must(shoal_wait_begin(&its_wait, barrier, SHOAL_WAIT_PASS, 0, 0), "begin");
    if (shoal_wait_try(&its_wait) != SHOAL_PENDING)
        wrong("it met nobody");
}
static int act_abort(void)
{
    must(shoal_barrier_abort(barrier), "abort");
    return 1;
}
static int act_reset(void)
{
    must(shoal_barrier_reset(barrier), "reset");
    return 1;
}
static void die_resetting(void)
{
    begin_to_meet();
    act_reset();
}
static int act_close_barrier(void)
{
    shoal_object_close(barrier);
    return 1;
}
static void begin_to_meet_and_cancel(void)
{
    begin_to_meet();
    shoal_wait_cancel(&its_wait);
    act_reset();
    begin_to_meet();
    shoal_wait_cancel(&its_wait); /* it is a party now, and does not wait */
}

#endif
