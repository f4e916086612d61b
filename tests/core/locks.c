/* Locks: a lock for each key, which leaves nothing behind. */
#include "check.h"

#include "scratch.h"

#include "blocked.h"

static shoal_object *open_locks(shoal_context *context, uint32_t flags)
{
    shoal_object *locks;
    CHECK_STATUS(shoal_locks_open(&locks, open_or_create(context, "locks"), "orders", 6, flags), SHOAL_OK);
    return locks;
}

static shoal_key key_of(const char *text)
{
    return (shoal_key){text, strlen(text)};
}

static int take(shoal_object *locks, const char *text, shoal_time deadline)
{
    shoal_key key = key_of(text);
    return shoal_locks_acquire(locks, &key, 0, deadline);
}

static int share(shoal_object *locks, const char *text, shoal_time deadline)
{
    shoal_key key = key_of(text);
    return shoal_locks_acquire(locks, &key, SHOAL_KEY_SHARED, deadline);
}

static int let_go(shoal_object *locks, const char *text)
{
    shoal_key key = key_of(text);
    return shoal_locks_release(locks, &key, 0);
}

static int let_go_shared(shoal_object *locks, const char *text)
{
    shoal_key key = key_of(text);
    return shoal_locks_release(locks, &key, SHOAL_KEY_SHARED);
}

static shoal_key_state look(const shoal_object *locks, const char *text)
{
    shoal_key_state state;
    shoal_key key = key_of(text);
    CHECK_STATUS(shoal_locks_look(&state, locks, &key), SHOAL_OK);
    return state;
}

TEST(a_key_is_held_by_one_and_others_are_not_disturbed)
{
    shoal_object *here = open_locks(new_context(), 0), *there = open_locks(new_context(), 0);
    CHECK_STATUS(take(here, "17", SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(take(there, "17", SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    CHECK_STATUS(share(there, "17", SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    CHECK_STATUS(take(there, "18", SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(look(here, "17").mine && look(there, "17").owner.pid == getpid() && !look(there, "17").mine);
    CHECK(look(there, "17").owner.alive && look(there, "17").owner.since > 1.6e9);
    CHECK_STATUS(let_go(there, "17"), SHOAL_ELOCK);
    CHECK(strstr(shoal_error_message(), "\"17\"") && strstr(shoal_error_message(), "holds it"));
    CHECK_STATUS(let_go(here, "17"), SHOAL_OK);
    CHECK_STATUS(take(there, "17", SHOAL_NO_WAIT), SHOAL_OK);
}

TEST(keys_leave_nothing_behind)
{
    shoal_segment *segment = open_or_create(new_context(), "locks");
    shoal_object *locks = open_locks(new_context(), 0);
    shoal_info before, after;
    char text[16];
    CHECK_STATUS(take(locks, "first", SHOAL_NO_WAIT), SHOAL_OK); /* what a segment makes once */
    CHECK_STATUS(let_go(locks, "first"), SHOAL_OK);
    CHECK_STATUS(shoal_segment_info(&before, segment), SHOAL_OK);
    for (int i = 0; i < 5000; i++) {
        snprintf(text, sizeof text, "key %d", i);
        CHECK_STATUS(i % 2 ? take(locks, text, SHOAL_NO_WAIT) : share(locks, text, SHOAL_NO_WAIT), SHOAL_OK);
    }
    CHECK(shoal_locks_count(locks) == 5000);
    check_sound(segment);
    for (int i = 0; i < 5000; i++) {
        snprintf(text, sizeof text, "key %d", i);
        CHECK_STATUS(i % 2 ? let_go(locks, text) : let_go_shared(locks, text), SHOAL_OK);
    }
    CHECK_STATUS(shoal_segment_info(&after, segment), SHOAL_OK);
    CHECK(shoal_locks_count(locks) == 0 && after.used == before.used);
    check_sound(segment);
}

TEST(a_key_is_shared_by_many_and_then_held_by_one)
{
    shoal_object *here = open_locks(new_context(), 0), *there = open_locks(new_context(), 0);
    CHECK_STATUS(share(here, "k", SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(share(here, "k", SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(share(there, "k", SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(take(here, "k", SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    CHECK_STATUS(take(here, "k", shoal_deadline(1)), SHOAL_ELOCK);
    CHECK(strstr(shoal_error_message(), "no upgrade"));
    CHECK(look(here, "k").holders == 2 && look(here, "k").shared && look(here, "k").mine_shared);
    CHECK_STATUS(let_go_shared(here, "k"), SHOAL_OK);
    CHECK_STATUS(let_go_shared(there, "k"), SHOAL_OK);
    CHECK_STATUS(take(there, "k", SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    CHECK_STATUS(let_go_shared(here, "k"), SHOAL_OK);
    CHECK_STATUS(let_go_shared(here, "k"), SHOAL_ELOCK);
    CHECK_STATUS(take(there, "k", SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(share(there, "k", SHOAL_FOREVER), SHOAL_ELOCK);
}

TEST(reentrant_keys_are_taken_again_and_others_are_an_error)
{
    shoal_object *locks = open_locks(new_context(), SHOAL_LOCK_REENTRANT), *other;
    CHECK_STATUS(take(locks, "k", SHOAL_FOREVER), SHOAL_OK);
    CHECK_STATUS(take(locks, "k", SHOAL_FOREVER), SHOAL_OK);
    CHECK_STATUS(let_go(locks, "k"), SHOAL_OK);
    CHECK(look(locks, "k").mine);
    CHECK_STATUS(let_go(locks, "k"), SHOAL_OK);
    CHECK(shoal_locks_count(locks) == 0);
    CHECK_STATUS(shoal_locks_open(&other, open_or_create(new_context(), "locks"), "orders", 6, 0), SHOAL_EMISMATCH);
    CHECK_STATUS(shoal_locks_open(&other, open_or_create(new_context(), "locks"), "plain", 5, 0), SHOAL_OK);
    CHECK_STATUS(take(other, "k", SHOAL_FOREVER), SHOAL_OK);
    CHECK_STATUS(take(other, "k", shoal_deadline(0.02)), SHOAL_ETIMEDOUT);
    CHECK_STATUS(take(other, "k", SHOAL_FOREVER), SHOAL_ELOCK);
    CHECK(strstr(shoal_error_message(), "held by this thread already"));
}

TEST(a_key_has_1_to_1024_bytes)
{
    shoal_object *locks = open_locks(new_context(), 0);
    char bytes[1025] = "\0\xff";
    shoal_key empty = {bytes, 0}, longest = {bytes, 1024}, longer = {bytes, 1025};
    CHECK_STATUS(shoal_locks_acquire(locks, &empty, 0, SHOAL_NO_WAIT), SHOAL_EVALUE);
    CHECK_STATUS(shoal_locks_acquire(locks, &longer, 0, SHOAL_NO_WAIT), SHOAL_EVALUE);
    CHECK_STATUS(shoal_locks_acquire(locks, &longest, 0, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_locks_release(locks, &longest, 0), SHOAL_OK);
}

static void take_and_share(shoal_object *locks)
{
    CHECK_STATUS(take(locks, "held", SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(share(locks, "shared", SHOAL_NO_WAIT), SHOAL_OK);
}

static void take_in_own_context(void *unused)
{
    (void)unused;
    take_and_share(open_locks(new_context(), 0));
}

TEST(the_next_taker_is_told_that_the_holder_died_and_nobody_after_it)
{
    shoal_object *locks = open_locks(new_context(), 0);
    shoal_key key = key_of("held");
    die_after(take_in_own_context, NULL);
    CHECK_STATUS(shoal_locks_acquire(locks, &key, SHOAL_KEY_STRICT, SHOAL_NO_WAIT), SHOAL_EOWNERDIED);
    CHECK_STATUS(share(locks, "held", SHOAL_NO_WAIT), SHOAL_RECOVERED);
    CHECK(look(locks, "held").owner_died && look(locks, "held").recovered);
    CHECK_STATUS(let_go_shared(locks, "held"), SHOAL_OK);
    CHECK_STATUS(take(locks, "held", SHOAL_NO_WAIT), SHOAL_RECOVERED);
    CHECK(look(locks, "held").recovered);
    CHECK_STATUS(let_go(locks, "held"), SHOAL_OK);
    CHECK_STATUS(take(locks, "held", SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(take(locks, "shared", SHOAL_NO_WAIT), SHOAL_OK); /* who shares leaves nothing half done */
    CHECK_STATUS(let_go(locks, "held"), SHOAL_OK);
    CHECK_STATUS(let_go(locks, "shared"), SHOAL_OK);
    CHECK(shoal_locks_count(locks) == 0);
    check_sound(open_or_create(new_context(), "locks"));
}

TEST(a_key_of_a_dead_holder_is_repaired)
{
    shoal_object *locks = open_locks(new_context(), 0);
    shoal_key key = key_of("held");
    die_after(take_in_own_context, NULL);
    CHECK_STATUS(shoal_locks_repair(locks, &key), SHOAL_OK);
    CHECK_STATUS(shoal_locks_repair(locks, &key), SHOAL_ELOCK);
    CHECK_STATUS(shoal_locks_acquire(locks, &key, SHOAL_KEY_STRICT, SHOAL_NO_WAIT), SHOAL_OK);
}

TEST(a_forked_child_has_not_what_its_parent_holds)
{
    shoal_object *locks = open_locks(new_context(), 0);
    CHECK_STATUS(take(locks, "k", SHOAL_NO_WAIT), SHOAL_OK);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(look(locks, "k").mine || let_go(locks, "k") != SHOAL_ELOCK || take(locks, "k", SHOAL_NO_WAIT) >= 0 ||
              take(locks, "other", SHOAL_NO_WAIT) != SHOAL_OK);
    join(child);
    CHECK(look(locks, "k").mine);
    CHECK_STATUS(take(locks, "other", SHOAL_NO_WAIT), SHOAL_RECOVERED);
    CHECK_STATUS(let_go(locks, "k"), SHOAL_OK);
}

TEST(what_a_context_held_at_its_end_is_given_up)
{
    shoal_context *context = new_context();
    shoal_object *locks = open_locks(new_context(), 0), *theirs = open_locks(context, 0);
    take_and_share(theirs);
    CHECK(shoal_context_abandon_locks(context, true) == 1);
    CHECK(!look(theirs, "held").mine && !look(theirs, "shared").mine_shared);
    CHECK_STATUS(take(locks, "shared", SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(take(locks, "held", SHOAL_NO_WAIT), SHOAL_RECOVERED);
}

TEST(what_is_held_keeps_its_name)
{
    shoal_object *locks = open_locks(new_context(), 0);
    shoal_segment *segment = open_or_create(new_context(), "locks");
    CHECK_STATUS(share(locks, "k", SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_object_remove(segment, "orders", 6), SHOAL_ELOCK);
    CHECK(strstr(shoal_error_message(), "holds a key of"));
    CHECK_STATUS(let_go_shared(locks, "k"), SHOAL_OK);
    CHECK_STATUS(shoal_object_remove(segment, "orders", 6), SHOAL_OK);
    check_sound(segment);
}

struct seen {
    int keys, shared, waiters;
};

static int count_key(void *argument, const shoal_key *key, const shoal_key_state *state)
{
    struct seen *seen = argument;
    CHECK(key->length == 1 && state->holders == 1);
    seen->keys++;
    seen->shared += state->shared;
    return 0;
}

TEST(a_readonly_attach_looks_at_keys)
{
    shoal_object *locks = open_locks(new_context(), 0), *seen_there;
    shoal_segment *readonly = open_readonly(new_context(), "locks");
    struct seen seen = {0};
    CHECK_STATUS(take(locks, "a", SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(share(locks, "b", SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_locks_open(&seen_there, readonly, "orders", 6, SHOAL_LOCK_ANY), SHOAL_OK);
    CHECK(shoal_locks_count(seen_there) == 2 && look(seen_there, "a").owner.pid == getpid());
    CHECK(look(seen_there, "b").shared && !look(seen_there, "c").holders && !look(seen_there, "a").mine);
    CHECK_STATUS(shoal_locks_each(seen_there, count_key, &seen), SHOAL_OK);
    CHECK(seen.keys == 2 && seen.shared == 1);
    CHECK_STATUS(take(seen_there, "c", SHOAL_NO_WAIT), SHOAL_EREADONLY);
}

/* ---- Waiting ---- */

static void *hold_for_a_moment(void *locks)
{
    shoal_time start = shoal_now();
    while (look(locks, "k").waiters == 0 && seconds_since(start) < 20)
        ;
    CHECK_STATUS(let_go(locks, "k"), SHOAL_OK);
    return NULL;
}

TEST(who_waits_gets_the_key_when_it_is_let_go)
{
    shoal_object *here = open_locks(new_context(), 0), *there = open_locks(new_context(), 0);
    pthread_t thread;
    CHECK_STATUS(take(there, "k", SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(pthread_create(&thread, NULL, hold_for_a_moment, there) == 0);
    CHECK_STATUS(take(here, "k", SHOAL_FOREVER), SHOAL_OK);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(look(here, "k").mine && look(here, "k").waiters == 0);
}

TEST(a_wait_that_gives_up_leaves_no_claim)
{
    shoal_object *here = open_locks(new_context(), 0), *there = open_locks(new_context(), 0);
    shoal_wait wait;
    shoal_key key = key_of("k");
    CHECK_STATUS(take(there, "k", SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(take(here, "k", shoal_deadline(0.05)), SHOAL_ETIMEDOUT);
    CHECK_STATUS(shoal_wait_begin(&wait, here, SHOAL_WAIT_READ, SHOAL_WAIT_TASK, (int64_t)(uintptr_t)&key), SHOAL_OK);
    CHECK_STATUS(shoal_wait_try(&wait), SHOAL_PENDING);
    CHECK(look(there, "k").waiters == 1);
    shoal_wait_cancel(&wait);
    CHECK(look(there, "k").waiters == 0);
    CHECK_STATUS(let_go(there, "k"), SHOAL_OK);
    CHECK(shoal_locks_count(here) == 0);
}

TEST(a_waiter_for_the_key_alone_is_not_passed_by_those_who_share_it)
{
    shoal_object *a = open_locks(new_context(), 0), *b = open_locks(new_context(), 0),
                 *c = open_locks(new_context(), 0);
    shoal_wait wait;
    shoal_key key = key_of("k");
    CHECK_STATUS(share(a, "k", SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_wait_begin(&wait, b, SHOAL_WAIT_ACQUIRE, SHOAL_WAIT_TASK, (int64_t)(uintptr_t)&key), SHOAL_OK);
    CHECK_STATUS(shoal_wait_try(&wait), SHOAL_PENDING);
    CHECK_STATUS(share(c, "k", SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    CHECK_STATUS(share(a, "k", SHOAL_NO_WAIT), SHOAL_OK);     /* who has it already may have it again */
    CHECK_STATUS(share(c, "k", shoal_deadline(2)), SHOAL_OK); /* the waiter does not run: it lost its turn */
    CHECK_STATUS(let_go_shared(c, "k"), SHOAL_OK);
    CHECK_STATUS(let_go_shared(a, "k"), SHOAL_OK);
    CHECK_STATUS(let_go_shared(a, "k"), SHOAL_OK);
    CHECK(shoal_wait_is_ready(&wait));
    CHECK_STATUS(shoal_wait_try(&wait), SHOAL_OK);
    CHECK(look(b, "k").mine);
}

static void take_and_wait(void *board)
{
    shoal_object *locks = open_locks(new_context(), 0);
    atomic_fetch_add(&((struct board *)board)->step, 1);
    take(locks, "k", SHOAL_FOREVER);
}

TEST(a_dead_waiter_is_forgotten)
{
    shoal_object *locks = open_locks(new_context(), 0);
    struct board *board = new_board();
    CHECK_STATUS(take(locks, "k", SHOAL_NO_WAIT), SHOAL_OK);
    pid_t child = in_child(take_and_wait, board);
    EVENTUALLY(look(locks, "k").waiters == 1);
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    CHECK(look(locks, "k").waiters == 0);
    CHECK_STATUS(let_go(locks, "k"), SHOAL_OK);
    CHECK(shoal_locks_count(locks) == 0);
    CHECK_STATUS(share(locks, "k", SHOAL_NO_WAIT), SHOAL_OK);
}

/* ---- Deadlocks ---- */

static void take_both(struct board *board, const char *own, const char *next, int *told)
{
    shoal_object *locks = open_locks(new_context(), 0);
    CHECK_STATUS(take(locks, own, SHOAL_NO_WAIT), SHOAL_OK);
    atomic_fetch_add(&board->step, 1);
    EVENTUALLY(board->step == 2);
    int status = take(locks, next, SHOAL_FOREVER);
    CHECK(status == SHOAL_OK || status == SHOAL_ELOCK);
    *told = status == SHOAL_ELOCK;
    if (*told)
        CHECK(strstr(shoal_error_message(), "deadlock") && strstr(shoal_error_message(), "orders"));
    if (status == SHOAL_OK)
        CHECK_STATUS(let_go(locks, next), SHOAL_OK);
    CHECK_STATUS(let_go(locks, own), SHOAL_OK);
}

static void take_the_other_way(void *board)
{
    int told;
    take_both(board, "b", "a", &told);
    atomic_fetch_add(&((struct board *)board)->count[0], told);
}

TEST(keys_that_wait_for_each_other_are_a_deadlock_and_one_is_told)
{
    struct board *board = new_board();
    open_locks(new_context(), 0);
    int told;
    pid_t child = in_child(take_the_other_way, board);
    take_both(board, "a", "b", &told);
    join(child);
    CHECK(told + board->count[0] == 1);
}
