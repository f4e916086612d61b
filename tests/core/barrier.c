/* Barrier: threads of any processes meet. What deaths do to it is in deaths.c. */
#include "check.h"

#include "scratch.h"

#include "blocked.h"
#include "segment/handle.h"
#include "sync/barrier.h"

TEST(nobody_passes_before_all_have_arrived)
{
    shoal_object *a = a_barrier(new_context(), 3), *b = a_barrier(new_context(), 3);
    struct call first = {0}, second = {0};
    uint32_t index;
    CHECK(shoal_barrier_parties(b) == 3 && shoal_barrier_waiting(b) == 0);
    begin_call(&first, call_barrier, a, SOON);
    EVENTUALLY(shoal_barrier_waiting(b) == 1);
    begin_call(&second, call_barrier, b, SOON);
    EVENTUALLY(shoal_barrier_waiting(b) == 2 && count_holders(a) == 2);
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    CHECK(!first.ended && !second.ended);
    CHECK_STATUS(shoal_barrier_wait(&index, a, SOON), SHOAL_OK);
    CHECK(index == 2);
    CHECK_STATUS(end_call(&first), SHOAL_OK);
    CHECK_STATUS(end_call(&second), SHOAL_OK);
    CHECK(first.index == 0 && second.index == 1 && shoal_barrier_waiting(a) == 0 && !shoal_barrier_broken(a));
}

TEST(a_barrier_of_one_is_passed_at_once)
{
    shoal_object *a = a_barrier(new_context(), 1);
    uint32_t index = 9;
    for (int i = 0; i < 3; i++) {
        CHECK_STATUS(shoal_barrier_wait(&index, a, SHOAL_NO_WAIT), SHOAL_OK);
        CHECK(index == 0);
    }
}

TEST(a_barrier_with_another_number_of_parties_is_a_mismatch)
{
    shoal_context *context = new_context();
    shoal_segment *segment = open_or_create(context, "locks");
    shoal_object *a = a_barrier(context, 3), *again;
    CHECK_STATUS(shoal_barrier_open(&again, segment, "b", 1, 4), SHOAL_EMISMATCH);
    CHECK(again == NULL && strstr(shoal_error_message(), "3") && strstr(shoal_error_message(), "4"));
    CHECK_STATUS(shoal_barrier_open(&again, segment, "b", 1, 0), SHOAL_OK);
    CHECK(again == a);
    CHECK_STATUS(shoal_barrier_open(&again, segment, "none", 4, 0), SHOAL_ENOKEY);
    CHECK_STATUS(shoal_barrier_open(&again, segment, "x", 1, 4097), SHOAL_EVALUE);
    CHECK_STATUS(shoal_barrier_open(&again, segment, "x", 1, 4096), SHOAL_OK);
}

/* ---- Again and again ---- */

enum { PARTIES = 5, GENERATIONS = 1000 };

struct meeting {
    struct board *board;
    int number;
};

/* After each passage everybody has been counted, and nobody twice. */
static void meet(struct board *board, shoal_object *barrier)
{
    for (int generation = 1; generation <= GENERATIONS; generation++) {
        uint32_t index;
        atomic_fetch_add(&board->count[0], 1);
        CHECK_STATUS(shoal_barrier_wait(&index, barrier, SOON), SHOAL_OK);
        int64_t arrived = board->count[0];
        CHECK(arrived >= (int64_t)generation * PARTIES && arrived < (int64_t)(generation + 1) * PARTIES);
        CHECK(index < PARTIES);
        atomic_fetch_add(&board->count[1 + index], 1);
    }
}

static void *meet_as_thread(void *board)
{
    meet(board, a_barrier(new_context(), PARTIES));
    return NULL;
}

static void meet_in_two_threads(void *argument)
{
    shoal_object *barrier = a_barrier(new_context(), PARTIES);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, meet_as_thread, argument) == 0);
    meet(argument, barrier);
    CHECK(pthread_join(thread, NULL) == 0);
}

TEST(threads_and_processes_meet_a_thousand_times)
{
    struct board *board = new_board();
    shoal_object *barrier = a_barrier(new_context(), PARTIES);
    pid_t children[2];
    for (int i = 0; i < 2; i++)
        children[i] = process(meet_in_two_threads, board);
    meet(board, barrier);
    for (int i = 0; i < 2; i++)
        join(children[i]);
    for (int i = 0; i < PARTIES; i++)
        CHECK(board->count[1 + i] == GENERATIONS); /* each index once in each generation */
    CHECK(!shoal_barrier_broken(barrier) && shoal_barrier_waiting(barrier) == 0);
    check_sound(open_or_create(new_context(), "locks"));
}

/* ---- Breaking ---- */

TEST(a_deadline_breaks_it_for_all_who_wait)
{
    shoal_object *a = a_barrier(new_context(), 3), *b = a_barrier(new_context(), 3);
    struct call waits = {0};
    uint32_t index;
    begin_call(&waits, call_barrier, b, SOON);
    EVENTUALLY(shoal_barrier_waiting(a) == 1);
    CHECK_STATUS(shoal_barrier_wait(&index, a, shoal_deadline(0.05)), SHOAL_ETIMEDOUT);
    CHECK_STATUS(end_call(&waits), SHOAL_EBROKEN);
    CHECK(waits.seconds < 1 && shoal_barrier_broken(a) && shoal_barrier_broken(b));
    CHECK_STATUS(shoal_barrier_wait(&index, b, SHOAL_FOREVER), SHOAL_EBROKEN);
    CHECK(strstr(shoal_error_message(), "deadline") != NULL);
    CHECK_STATUS(shoal_barrier_reset(b), SHOAL_OK);
    CHECK(!shoal_barrier_broken(a) && shoal_barrier_waiting(a) == 0);
    CHECK_STATUS(shoal_barrier_wait(&index, a, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT); /* that breaks it as well */
    CHECK(shoal_barrier_broken(b));
}

TEST(abort_wakes_all_with_who_did_it)
{
    shoal_object *a = a_barrier(new_context(), 3), *b = a_barrier(new_context(), 3);
    struct call calls[2] = {0};
    uint32_t index;
    char pid[24];
    for (int i = 0; i < 2; i++)
        begin_call(&calls[i], call_barrier, i ? a : b, SOON);
    EVENTUALLY(shoal_barrier_waiting(a) == 2);
    CHECK_STATUS(shoal_barrier_abort(a), SHOAL_OK);
    for (int i = 0; i < 2; i++)
        CHECK_STATUS(end_call(&calls[i]), SHOAL_EBROKEN);
    CHECK_STATUS(shoal_barrier_abort(b), SHOAL_OK);
    CHECK_STATUS(shoal_barrier_wait(&index, a, SHOAL_FOREVER), SHOAL_EBROKEN);
    snprintf(pid, sizeof pid, "pid %d)", (int)getpid());
    CHECK(strstr(shoal_error_message(), pid) && strstr(shoal_error_message(), "abort"));
    CHECK(shoal_barrier_broken(a) && shoal_barrier_waiting(a) == 0);
}

TEST(reset_sends_away_who_waits_and_leaves_it_whole)
{
    shoal_object *a = a_barrier(new_context(), 2), *b = a_barrier(new_context(), 2);
    for (int i = 0; i < 50; i++) {
        struct call early = {0}, late = {0};
        uint32_t index;
        begin_call(&early, call_barrier, b, SOON);
        EVENTUALLY(shoal_barrier_waiting(a) == 1);
        CHECK_STATUS(shoal_barrier_reset(a), SHOAL_OK);
        begin_call(&late, call_barrier, a, SOON);
        CHECK_STATUS(end_call(&early), SHOAL_EBROKEN);
        EVENTUALLY(shoal_barrier_waiting(a) == 1);
        CHECK_STATUS(shoal_barrier_wait(&index, b, SOON), SHOAL_OK);
        CHECK_STATUS(end_call(&late), SHOAL_OK);
        CHECK(index == 1 && late.index == 0);
    }
}

static int meet_and_meet_again(struct call *call)
{
    int status = shoal_barrier_wait(&call->index, call->object, call->deadline);
    return status < 0 ? status : shoal_barrier_wait(&call->index, call->object, call->deadline);
}

TEST(a_broken_barrier_that_is_reset_is_as_new)
{
    shoal_object *a = a_barrier(new_context(), 2), *b = a_barrier(new_context(), 2);
    struct call call = {0};
    uint32_t index;
    for (int i = 0; i < 5; i++) {
        CHECK_STATUS(shoal_barrier_abort(a), SHOAL_OK);
        CHECK_STATUS(shoal_barrier_reset(b), SHOAL_OK);
        begin_call(&call, meet_and_meet_again, a, SOON);
        CHECK_STATUS(shoal_barrier_wait(&index, b, SOON), SHOAL_OK);
        CHECK_STATUS(shoal_barrier_wait(&index, b, SOON), SHOAL_OK);
        CHECK_STATUS(end_call(&call), SHOAL_OK);
    }
}

enum { BRIEF = 400 };

struct brief {
    struct board *board;
    shoal_object *barrier;
    int number;
};

/* Deadlines that end about when the last arrives: either all pass, or none does and it is broken. */
static void *meet_briefly(void *argument)
{
    const struct brief *it = argument;
    for (int i = 0; i < BRIEF; i++) {
        uint32_t index;
        while (it->board->step < i)
            sched_yield();
        shoal_time wait = 1000 + (shoal_time)(i * 7919 + it->number * 104729) % 120000;
        int status = shoal_barrier_wait(&index, it->barrier, shoal_now() + wait);
        CHECK(status == SHOAL_OK || status == SHOAL_EBROKEN || status == SHOAL_ETIMEDOUT);
        atomic_fetch_add(&it->board->count[status == SHOAL_OK ? 0 : 1], 1);
        atomic_fetch_add(&it->board->count[2], 1);
    }
    return NULL;
}

TEST(a_deadline_that_races_with_the_last_to_arrive_is_for_all_or_for_none)
{
    struct board *board = new_board();
    struct brief briefs[3];
    pthread_t threads[3];
    int passed = 0, broken = 0;
    for (int i = 0; i < 3; i++) {
        briefs[i] = (struct brief){board, a_barrier(new_context(), 3), i};
        CHECK(pthread_create(&threads[i], NULL, meet_briefly, &briefs[i]) == 0);
    }
    for (int i = 0; i < BRIEF; i++) {
        EVENTUALLY(board->count[2] == 3 * (i + 1));
        CHECK(board->count[0] % 3 == 0); /* all, or none */
        if (board->count[0])
            passed++;
        else
            broken++;
        CHECK(shoal_barrier_broken(briefs[0].barrier) == (board->count[0] == 0));
        CHECK_STATUS(shoal_barrier_reset(briefs[0].barrier), SHOAL_OK);
        board->count[0] = board->count[1] = 0;
        board->step = i + 1;
    }
    for (int i = 0; i < 3; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    printf("%d passed, %d broken\n", passed, broken);
    CHECK(passed > 0 && broken > 0);
}

/* ---- The last one ---- */

TEST(the_last_to_arrive_acts_before_the_others_go_on)
{
    shoal_object *a = a_barrier(new_context(), 2), *b = a_barrier(new_context(), 2);
    struct call early = {0};
    shoal_wait last;
    begin_call(&early, call_barrier, b, SOON);
    EVENTUALLY(shoal_barrier_waiting(a) == 1);
    CHECK_STATUS(shoal_wait_begin(&last, a, SHOAL_WAIT_PASS, 0, 0), SHOAL_OK);
    CHECK_STATUS(shoal_wait_until(&last, SOON), SHOAL_OK);
    CHECK(last.last && last.index == 1 && shoal_barrier_waiting(b) == 2);
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    CHECK(!early.ended); /* here it acts */
    CHECK_STATUS(shoal_barrier_pass(&last), SHOAL_OK);
    CHECK_STATUS(shoal_barrier_pass(&last), SHOAL_EVALUE); /* once */
    CHECK_STATUS(end_call(&early), SHOAL_OK);
    CHECK(early.index == 0);
}

TEST(an_action_that_fails_breaks_it)
{
    shoal_object *a = a_barrier(new_context(), 2), *b = a_barrier(new_context(), 2);
    struct call early = {0};
    shoal_wait last;
    begin_call(&early, call_barrier, b, SOON);
    EVENTUALLY(shoal_barrier_waiting(a) == 1);
    CHECK_STATUS(shoal_wait_begin(&last, a, SHOAL_WAIT_PASS, 0, 0), SHOAL_OK);
    CHECK_STATUS(shoal_wait_until(&last, SOON), SHOAL_OK);
    shoal_wait_cancel(&last);
    CHECK_STATUS(end_call(&early), SHOAL_EBROKEN);
    CHECK(shoal_barrier_broken(a));
}

TEST(a_barrier_that_is_broken_during_the_action_is_not_passed)
{
    shoal_object *a = a_barrier(new_context(), 2), *b = a_barrier(new_context(), 2);
    for (int i = 0; i < 2; i++) {
        struct call early = {0};
        shoal_wait last;
        begin_call(&early, call_barrier, b, SOON);
        EVENTUALLY(shoal_barrier_waiting(a) == 1);
        CHECK_STATUS(shoal_wait_begin(&last, a, SHOAL_WAIT_PASS, 0, 0), SHOAL_OK);
        CHECK_STATUS(shoal_wait_until(&last, SOON), SHOAL_OK);
        CHECK_STATUS(i ? shoal_barrier_abort(b) : shoal_barrier_reset(b), SHOAL_OK);
        CHECK_STATUS(shoal_barrier_pass(&last), SHOAL_EBROKEN);
        CHECK_STATUS(end_call(&early), SHOAL_EBROKEN);
        CHECK(shoal_barrier_broken(a) == (i == 1) && shoal_barrier_waiting(a) == 0);
    }
}

static int call_pass(struct call *call)
{
    return shoal_barrier_pass((shoal_wait *)(void *)call->lock);
}

/* The deadline of one ends just when the last one is about to let all pass: both wait for the barrier's mutex. */
TEST(a_deadline_that_ends_while_the_last_lets_all_pass_is_no_deadline)
{
    shoal_object *a = a_barrier(new_context(), 2), *b = a_barrier(new_context(), 2), *c = a_barrier(new_context(), 2);
    struct barrier_sh *barrier = c->body;
    int passed = 0;
    for (int i = 0; i < 10; i++) {
        shoal_wait last;
        struct call early = {0}, late = {.lock = (shoal_object *)(void *)&last};
        begin_call(&early, call_barrier, b, shoal_deadline(0.1));
        EVENTUALLY(shoal_barrier_waiting(a) == 1);
        CHECK_STATUS(shoal_wait_begin(&last, a, SHOAL_WAIT_PASS, 0, 0), SHOAL_OK);
        CHECK_STATUS(shoal_wait_until(&last, SOON), SHOAL_OK);
        CHECK_STATUS(shoal__mutex_lock(&barrier->mutex, &c->segment->party, SOON), SHOAL_OK);
        begin_call(&late, call_pass, a, 0);
        nanosleep(&(struct timespec){.tv_nsec = 150000000}, NULL); /* the deadline is over */
        CHECK(!early.ended && !late.ended);
        shoal__mutex_unlock(&barrier->mutex);
        CHECK((end_call(&late) == SHOAL_OK) == (end_call(&early) == SHOAL_OK));
        CHECK(shoal_barrier_broken(a) == (late.status != SHOAL_OK));
        passed += late.status == SHOAL_OK;
        CHECK_STATUS(shoal_barrier_reset(a), SHOAL_OK);
    }
    printf("%d of 10 passed\n", passed);
}

/* ---- Parties ---- */

static void be_there_once(void *barrier)
{
    uint32_t index;
    CHECK_STATUS(shoal_barrier_wait(&index, barrier, SOON), SHOAL_OK);
    shoal_object_close(barrier);
}

TEST(a_process_that_closes_its_handle_is_no_party_any_more)
{
    shoal_object *a = a_barrier(new_context(), 2);
    uint32_t index;
    for (int i = 0; i < 3; i++) { /* each of them ends afterwards, and that breaks nothing */
        pid_t child = process(be_there_once, a);
        CHECK_STATUS(shoal_barrier_wait(&index, a, SOON), SHOAL_OK);
        join(child);
    }
    CHECK_STATUS(shoal_barrier_wait(&index, a, shoal_deadline(0.3)), SHOAL_ETIMEDOUT); /* not EBROKEN */
}

TEST(a_readonly_attach_sees_the_barrier_and_cannot_meet)
{
    shoal_object *a = a_barrier(new_context(), 2), *seen;
    struct call call = {0};
    uint32_t index;
    CHECK_STATUS(shoal_object_open(&seen, open_readonly(new_context(), "locks"), "b", 1), SHOAL_OK);
    CHECK_STATUS(shoal_barrier_wait(&index, seen, SHOAL_NO_WAIT), SHOAL_EREADONLY);
    CHECK_STATUS(shoal_barrier_abort(seen), SHOAL_EREADONLY);
    CHECK_STATUS(shoal_barrier_reset(seen), SHOAL_EREADONLY);
    begin_call(&call, call_barrier, a, SOON);
    EVENTUALLY(shoal_barrier_waiting(seen) == 1 && count_holders(seen) == 1 && count_waiters(seen) == 1);
    CHECK(shoal_barrier_parties(seen) == 2);
    CHECK_STATUS(shoal_barrier_abort(a), SHOAL_OK);
    CHECK_STATUS(end_call(&call), SHOAL_EBROKEN);
    CHECK(shoal_barrier_broken(seen));
}

TEST(barrier_functions_want_a_barrier)
{
    shoal_context *context = new_context();
    shoal_object *lock = a_lock(context), *barrier;
    uint32_t index;
    CHECK_STATUS(shoal_barrier_wait(&index, lock, SHOAL_NO_WAIT), SHOAL_ETYPE);
    CHECK_STATUS(shoal_barrier_abort(lock), SHOAL_ETYPE);
    CHECK_STATUS(shoal_barrier_reset(lock), SHOAL_ETYPE);
    CHECK(!shoal_barrier_broken(lock) && shoal_barrier_waiting(lock) == 0);
    CHECK_STATUS(shoal_barrier_open(&barrier, open_or_create(context, "locks"), "l", 1, 2), SHOAL_EMISMATCH);
}
