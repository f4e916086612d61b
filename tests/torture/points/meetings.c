/* Counters, events, conditions and barriers: what one waits for that another does. */
#include "points.h"

#include "sync/condition.h"

/* ---- Counter, Event ---- */

static int add(int64_t n)
{
    int64_t value;
    return must(shoal_counter_add(&value, its.counter, n), "add");
}
static int add_one(void)
{
    return add(1);
}
static int subtract_minus_one(void)
{
    int64_t value;
    return must(shoal_counter_sub(&value, its.counter, -1), "sub");
}
static int add_hundred(void)
{
    return add(100);
}
static int add_very_much(void)
{
    return add(INT64_MAX - 1);
}
static int wait_for_change(void)
{
    return must(shoal_counter_wait(its.counter, 0, LONG), "wait");
}
static int state_of_counter(void)
{
    int64_t value = 0;
    shoal_counter_value(&value, its.counter);
    return value == 0 ? 0 : value == 1 ? VICTIMS : value == 100 ? SECONDS : value == 101 ? VICTIMS | SECONDS : -1;
}
static int state_of_far_counter(void)
{
    int64_t value = 0;
    shoal_counter_value(&value, its.counter);
    return value == 0               ? 0
           : value == INT64_MAX - 1 ? VICTIMS
           : value == 1             ? SECONDS
           : value == INT64_MAX     ? VICTIMS | SECONDS
                                    : -1;
}
static int state_of_moved_counter(void)
{
    int state = state_of_far_counter();
    return state == VICTIMS ? SECONDS : state == SECONDS ? VICTIMS : state;
}
static int wait_for_event(void)
{
    return must(shoal_event_wait(its.event, LONG), "wait");
}
/* Two waits that are not for a lock: the second has no place in the record. */
static shoal_wait event_waits[2];
static int wait_in_a_row(void)
{
    for (int i = 0; i < 2; i++)
        if (begin_wait(&event_waits[i], its.event, SHOAL_WAIT_SET, 0) != SHOAL_PENDING)
            wrong("nobody has set it, and the wait is over");
    return 1;
}
static int act_wait_in_a_row(void)
{
    wait_in_a_row();
    for (int i = 0; i < 2; i++)
        shoal_wait_cancel(&event_waits[i]);
    return 1;
}

/* ---- Condition ---- */

static int wait_notified_with(double seconds)
{
    take_lock();
    has(LOCK, 0);
    int status = shoal_condition_wait(its.condition, its.lock, shoal_deadline(seconds));
    took(LOCK, status == SHOAL_ETIMEDOUT ? shoal_lock_recovered(its.lock) ? SHOAL_RECOVERED : SHOAL_OK : status);
    give_lock();
    return status >= 0;
}
static int wait_notified(void)
{
    if (!wait_notified_with(50))
        wrong("it was never notified");
    return 1;
}
static int act_wait_in_vain(void)
{
    return wait_notified_with(0.06);
}
int take_lock_and_notify(void)
{
    return take_lock() && act_notify();
}
int notify_all_others(void)
{
    return take_lock() && notify(UINT32_MAX) && give_lock();
}
/* The victim has left if its call has ended; there is nobody else, until the third tries what a condition does. */
static int notify_nobody(void)
{
    uint32_t notified;
    take_lock();
    must(shoal_condition_notify(&notified, its.condition, its.lock, UINT32_MAX), "notify");
    if (board->seat[VICTIM].acknowledged && notified != 0 && board->seat[THIRD].state == STARTING)
        wrong("%u were notified, and nobody waits", notified);
    return give_lock();
}
/* As long as the victim lives its notification is its own: the partner waits for another. */
int notify_the_partner(void)
{
    uint32_t notified, before = board->seat[PARTNER].sleeps;
    while (board->seat[PARTNER].sleeps < before + 2 && board->seat[PARTNER].state < DYING) /* it has looked */
        futex_wait(&board->bell, board->bell, 0.02);
    take_lock();
    must(shoal_condition_notify(&notified, its.condition, its.lock, 1), "notify");
    if (!board->seat[VICTIM].died && notified != 1)
        wrong("the partner did not wait any more");
    return give_lock();
}
/* Or one that died waited before us, and the notification goes to it. */
static int begin_and_be_notified(void)
{
    return begin_to_wait() && take_lock_and_notify();
}
/* We take that over, then are notified ourselves: two came to us. */
static int take_over_and_be_notified(void)
{
    begin_and_be_notified();
    must(shoal_wait_until(&its_wait, LONG), "until");
    return take_lock_and_notify();
}
/* The same, and a third began to wait between: the one taken over is the earlier. */
static int take_over_and_be_notified_later(void)
{
    shoal_wait another;
    begin_and_be_notified();
    must(shoal_wait_until(&its_wait, LONG), "until");
    take_lock();
    has(LOCK, 0);
    must(shoal_condition_begin(&another, its.condition, its.lock, 0), "begin");
    take_lock_and_notify();
    shoal_wait_cancel(&another);
    return 1;
}
/* Notified, and a partner waits who came later: it gets what we do not want, or what died with us. */
static int be_notified_before(deed *then)
{
    board->seat[me].armed = 0;
    take_lock_and_notify();
    board->seat[me].armed = 1;
    return then();
}
static int act_pass_on(void)
{
    return be_notified_before(act_cancel);
}
static int act_notified_end(void)
{
    return be_notified_before(act_end);
}
static int act_end_taken(void)
{
    bool notified;
    took(LOCK, shoal_condition_end(&notified, &its_wait, LONG));
    if (!notified)
        wrong("two notifications, and it is not told of one");
    return give_lock();
}
static int only_two_cells(void)
{
    open_all();
    ((struct condition_sh *)its.condition->body)->cells = 2;
    close_all();
    return 1;
}
/* Of two peers. */
static int die_waiting_twice(void)
{
    begin_to_wait();
    must(shoal_open(&target, new_context(), "target", NULL), "open");
    open_all();
    static shoal_wait other_wait;
    must(shoal_lock_acquire(its.lock, false, LONG), "acquire");
    return must(shoal_condition_begin(&other_wait, its.condition, its.lock, 0), "begin");
}

/* ---- Barrier ---- */

static int act_meet(void)
{
    return meet(0.2);
}
static int wait_to_meet(void)
{
    return board->seat[me].acknowledged = act_meet(); /* who was to come may have died before */
}
/* Who resets it may die once it has told us: we are not to wait longer than it takes to see that. */
static int wait_to_be_reset(void)
{
    shoal_time since = shoal_now();
    meet(2);
    bool was_late = shoal_now() - since > (shoal_time)1900000000;
    const char *at = board->seat[VICTIM].at ? point_name(board->seat[VICTIM].at - 1) : "";
    if (was_late && board->seat[VICTIM].died && strstr(at, "told of the reset"))
        wrong("told of a reset that nobody ends");
    return 1;
}
static int act_meet_the_dead(void)
{
    if (meet(2))
        wrong("it has passed with one who is dead");
    return 0;
}
static int act_meet_in_vain(void)
{
    return meet(0.04);
}
static int die_resetting(void)
{
    return begin_to_meet() && act_reset();
}
static int act_close_barrier(void)
{
    shoal_object_close(its.barrier);
    return 1;
}
/* It is a party then, and does not wait. */
static int begin_to_meet_and_cancel(void)
{
    return begin_to_meet() && act_cancel() && act_reset() && begin_to_meet() && act_cancel();
}

static const struct scene all[] = {
    S(counter_add, .act = add_one, .second = add_hundred, .state = state_of_counter, .flags = ADDS),
    S(counter_add_awaited, .partner_then = wait_for_change, .act = add_one, .second = add_hundred,
      .state = state_of_counter, .flags = ADDS | WAITS),
    S(counter_moves, .act = add_very_much, .second = add_one, .state = state_of_far_counter, .flags = ADDS),
    S(counter_sub_moved, .act = subtract_minus_one, .second = add_very_much, .state = state_of_moved_counter,
      .flags = ADDS),
    S(counter_wait, .partner_then = add_hundred, .act = wait_for_change, .second = wait_for_change),
    S(event_set, .partner_then = wait_for_event, .act = act_set, .second = act_set, .flags = WAITS),
    S(event_clear, .before = act_set, .act = act_clear, .second = act_set),
    S(event_wait, .partner_then = act_set, .act = wait_for_event, .second = wait_for_event),
    S(wait_in_a_row, .act = act_wait_in_a_row, .second = act_wait_in_a_row),
    S(wait_in_a_row_dead, .dead = wait_in_a_row, .act = only_info, .second = only_info),

    S(condition_wait, .partner_then = take_lock_and_notify, .act = wait_notified, .second = take_and_give_lock),
    S(condition_notify, .before = take_lock, .act = act_notify, .partner = begin_to_wait, .partner_then = act_end,
      .second = notify_all_others, .flags = WAITS),
    S(condition_notify_dead, .dead = begin_to_wait, .partner = begin_to_wait, .before = take_lock, .act = act_notify,
      .partner_then = act_end, .second = notify_all_others, .flags = WAITS),
    S(condition_in_vain, .act = act_wait_in_vain, .second = take_and_give_lock),
    S(condition_take_over, .dead = begin_to_wait, .before = begin_and_be_notified, .act = act_end,
      .second = notify_nobody),
    S(condition_two_came, .dead = begin_to_wait, .before = take_over_and_be_notified, .act = act_end_taken,
      .second = notify_nobody),
    S(condition_two_came_later, .dead = begin_to_wait, .before = take_over_and_be_notified_later, .act = act_end_taken,
      .second = notify_nobody),
    S(condition_end, .before = begin_and_be_notified, .act = act_end, .second = notify_nobody),
    S(condition_end_of_two, .before = begin_to_wait, .partner_then = wait_notified, .act = act_notified_end,
      .second = notify_the_partner, .flags = WAITS),
    S(condition_cancel, .before = begin_to_wait, .act = act_cancel, .second = notify_nobody),
    S(condition_pass_on, .before = begin_to_wait, .partner_then = wait_notified, .act = act_pass_on,
      .second = take_and_give_lock, .flags = WAITS),
    S(condition_full, .prepare = only_two_cells, .dead = die_waiting_twice, .partner_then = take_lock_and_notify,
      .act = wait_notified, .second = take_and_give_lock),

    S(barrier_pass, .partner_then = wait_to_meet, .act = act_meet, .second = act_reset, .flags = WAITS | MEET),
    S(barrier_wait, .partner_then = wait_to_meet, .act = act_meet, .second = act_reset, .flags = MEET),
    S(barrier_in_vain, .act = act_meet_in_vain, .second = act_reset),
    S(barrier_dead_party, .dead = begin_to_meet, .act = act_meet_the_dead, .second = act_reset),
    S(barrier_abort, .partner_then = wait_to_meet, .act = act_abort, .second = act_abort, .flags = WAITS),
    S(barrier_reset, .partner_then = wait_to_be_reset, .act = act_reset, .second = take_and_give_lock, .flags = WAITS),
    S(barrier_half_reset, .dead = die_resetting, .dead_at = "barrier: all told of the reset", .dead_hit = 1,
      .act = act_reset, .second = act_reset),
    S(barrier_told_and_dead, .dead = die_resetting, .act = act_meet_in_vain, .second = act_reset),
    S(barrier_close, .before = begin_to_meet_and_cancel, .act = act_close_barrier, .second = act_reset),
};

const struct scenes meeting_scenes = {all, sizeof all / sizeof *all};
