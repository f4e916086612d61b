/* Event: set, cleared, waited for. */
#include "check.h"

#include "scratch.h"

#include "blocked.h"

TEST(an_event_is_set_and_cleared_for_all)
{
    shoal_object *a = an_event(new_context()), *b = an_event(new_context());
    CHECK(!shoal_event_is_set(a));
    CHECK_STATUS(shoal_event_wait(a, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    CHECK_STATUS(shoal_event_wait(a, shoal_deadline(0.05)), SHOAL_ETIMEDOUT);
    CHECK_STATUS(shoal_event_set(b), SHOAL_OK);
    CHECK_STATUS(shoal_event_set(b), SHOAL_OK);
    CHECK(shoal_event_is_set(a));
    CHECK_STATUS(shoal_event_wait(a, SHOAL_FOREVER), SHOAL_OK);
    CHECK_STATUS(shoal_event_wait(a, SHOAL_NO_WAIT), SHOAL_OK); /* it stays set */
    CHECK_STATUS(shoal_event_clear(a), SHOAL_OK);
    CHECK_STATUS(shoal_event_clear(a), SHOAL_OK);
    CHECK(!shoal_event_is_set(b));
    CHECK_STATUS(shoal_event_wait(b, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
}

TEST(setting_wakes_all_who_wait)
{
    shoal_object *a = an_event(new_context()), *b = an_event(new_context());
    struct call calls[5] = {0};
    for (int i = 0; i < 5; i++)
        begin_call(&calls[i], call_event, b, SOON);
    EVENTUALLY(count_waiters(a) == 5);
    CHECK_STATUS(shoal_event_set(a), SHOAL_OK);
    for (int i = 0; i < 5; i++)
        CHECK_STATUS(end_call(&calls[i]), SHOAL_OK);
    CHECK(count_waiters(a) == 0);
}

TEST(who_waits_is_woken_though_it_is_cleared_at_once)
{
    shoal_object *a = an_event(new_context()), *b = an_event(new_context());
    for (int i = 0; i < 20; i++) {
        struct call calls[3] = {0};
        for (int k = 0; k < 3; k++)
            begin_call(&calls[k], call_event, b, SOON);
        EVENTUALLY(count_waiters(a) == 3);
        CHECK_STATUS(shoal_event_set(a), SHOAL_OK);
        CHECK_STATUS(shoal_event_clear(a), SHOAL_OK);
        for (int k = 0; k < 3; k++)
            CHECK_STATUS(end_call(&calls[k]), SHOAL_OK);
    }
    CHECK_STATUS(shoal_event_wait(b, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT); /* who comes later is not */
}

TEST(a_waiter_is_woken_and_does_not_find_it_out_later)
{
    shoal_object *a = an_event(new_context()), *b = an_event(new_context());
    double best = 1;
    for (int i = 0; i < 5; i++) {
        struct call call = {0};
        begin_call(&call, call_event, b, SOON);
        nanosleep(&(struct timespec){.tv_nsec = 130000000}, NULL); /* slices of 64 ms and more by now */
        shoal_time start = shoal_now();
        CHECK_STATUS(shoal_event_set(a), SHOAL_OK);
        CHECK_STATUS(end_call(&call), SHOAL_OK);
        best = seconds_since(start) < best ? seconds_since(start) : best;
        CHECK_STATUS(shoal_event_clear(a), SHOAL_OK);
    }
    CHECK(best < 0.02);
}

TEST(a_readonly_attach_waits_and_cannot_set)
{
    shoal_object *a = an_event(new_context()), *seen;
    struct call call = {0};
    CHECK_STATUS(shoal_object_open(&seen, open_readonly(new_context(), "locks"), "e", 1), SHOAL_OK);
    CHECK_STATUS(shoal_event_set(seen), SHOAL_EREADONLY);
    CHECK_STATUS(shoal_event_clear(seen), SHOAL_EREADONLY);
    CHECK(!shoal_event_is_set(seen));
    CHECK_STATUS(shoal_event_wait(seen, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    CHECK_STATUS(shoal_event_wait(seen, shoal_deadline(0.02)), SHOAL_ETIMEDOUT);
    begin_call(&call, call_event, seen, SOON);
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    CHECK(!call.ended);
    CHECK_STATUS(shoal_event_set(a), SHOAL_OK);
    CHECK_STATUS(shoal_event_clear(a), SHOAL_OK);
    CHECK_STATUS(end_call(&call), SHOAL_OK);
}

static void set_and_die(void *event)
{
    CHECK_STATUS(shoal_event_set(event), SHOAL_OK);
}

TEST(what_one_set_who_died_stays_set)
{
    shoal_object *event = an_event(new_context());
    die_after(set_and_die, event);
    CHECK_STATUS(shoal_event_wait(event, SHOAL_NO_WAIT), SHOAL_OK);
}

TEST(event_functions_want_an_event)
{
    shoal_context *context = new_context();
    shoal_object *lock = a_lock(context), *event;
    CHECK_STATUS(shoal_event_set(lock), SHOAL_ETYPE);
    CHECK_STATUS(shoal_event_clear(lock), SHOAL_ETYPE);
    CHECK_STATUS(shoal_event_wait(lock, SHOAL_NO_WAIT), SHOAL_ETYPE);
    CHECK(!shoal_event_is_set(lock));
    CHECK_STATUS(shoal_event_open(&event, open_or_create(context, "locks"), "l", 1), SHOAL_EMISMATCH);
    CHECK(event == NULL && count_holders(an_event(context)) == 0);
}

/* ---- Ping-pong: every wake-up comes ---- */

enum { ROUNDS = 2000 };

static void answer(void *argument)
{
    shoal_object **ping_pong = argument;
    for (int i = 0; i < ROUNDS; i++) {
        CHECK_STATUS(shoal_event_wait(ping_pong[0], SOON), SHOAL_OK);
        CHECK_STATUS(shoal_event_clear(ping_pong[0]), SHOAL_OK);
        CHECK_STATUS(shoal_event_set(ping_pong[1]), SHOAL_OK);
    }
}

TEST(two_processes_wake_each_other_by_two_events)
{
    shoal_segment *segment = open_or_create(new_context(), "locks");
    shoal_object *ping_pong[2];
    CHECK_STATUS(shoal_event_open(&ping_pong[0], segment, "ping", 4), SHOAL_OK);
    CHECK_STATUS(shoal_event_open(&ping_pong[1], segment, "pong", 4), SHOAL_OK);
    pid_t child = process(answer, ping_pong);
    shoal_time start = shoal_now();
    for (int i = 0; i < ROUNDS; i++) {
        CHECK_STATUS(shoal_event_set(ping_pong[0]), SHOAL_OK);
        CHECK_STATUS(shoal_event_wait(ping_pong[1], SOON), SHOAL_OK);
        CHECK_STATUS(shoal_event_clear(ping_pong[1]), SHOAL_OK);
    }
    CHECK(seconds_since(start) < 8); /* woken, not found out slice by slice: that takes 2 ms each at the least */
    join(child);
}
