/* What somebody holds or waits for keeps its name. */
#include "check.h"

#include "scratch.h"

#include "blocked.h"
#include "segment/handle.h"
#include "sync/semaphore.h"

struct all {
    shoal_context *context;
    shoal_segment *segment;
    shoal_object *lock, *rwlock, *semaphore, *signal, *event, *condition, *barrier, *counter;
};

static struct all three_of(shoal_context *context)
{
    struct all all = {.context = context, .segment = open_or_create(context, "locks"), .lock = a_lock(context)};
    all.rwlock = an_rwlock(context);
    all.semaphore = a_semaphore(context, 3);
    return all;
}

static struct all all_of(shoal_context *context)
{
    struct all all = three_of(context);
    all.signal = a_signal(context, 0);
    all.event = an_event(context);
    all.condition = a_condition(context, all.lock);
    all.barrier = a_barrier(context, 2);
    CHECK_STATUS(shoal_counter_open(&all.counter, all.segment, "n", 1, 0), SHOAL_OK);
    return all;
}

static int drop(shoal_segment *segment, const char *name)
{
    return shoal_object_remove(segment, name, strlen(name));
}

static void check_kept(const struct all *all, const char *name, const char *because)
{
    CHECK_STATUS(drop(all->segment, name), SHOAL_ELOCK);
    char expected[300], program[16];
    FILE *comm = fopen("/proc/self/comm", "r");
    CHECK(comm && fscanf(comm, "%15[^\n]", program) == 1 && fclose(comm) == 0);
    snprintf(expected, sizeof expected, "\"%s\" in segment \"locks\" is not removed: %s (pid %d", name, program,
             getpid());
    CHECK(strncmp(shoal_error_message(), expected, strlen(expected)) == 0);
    CHECK(strstr(shoal_error_message(), because) != NULL);
    CHECK(shoal_object_find(all->segment, name, strlen(name)) > 0);
}

static void check_all_kept(const struct all *all)
{
    check_kept(all, "l", "holds it");
    check_kept(all, "rw", "holds or waits for it");
    check_kept(all, "s", "holds a permit of it");
}

TEST(what_is_held_keeps_its_name)
{
    struct all mine = all_of(new_context()), theirs = all_of(new_context());
    for (int writes = 0; writes < 2; writes++) {
        CHECK_STATUS(shoal_lock_acquire(mine.lock, false, SHOAL_NO_WAIT), SHOAL_OK);
        CHECK_STATUS(writes ? shoal_rwlock_write(mine.rwlock, SHOAL_NO_WAIT)
                            : shoal_rwlock_read(mine.rwlock, SHOAL_NO_WAIT),
                     SHOAL_OK);
        CHECK_STATUS(shoal_semaphore_acquire(mine.semaphore, SHOAL_NO_WAIT), SHOAL_OK);
        check_all_kept(&mine); /* who holds it himself, too */
        check_all_kept(&theirs);
        CHECK(free_permits(theirs.semaphore) == 2);
        CHECK_STATUS(shoal_lock_release(mine.lock), SHOAL_OK);
        CHECK_STATUS(shoal_rwlock_unlock(mine.rwlock), SHOAL_OK);
        CHECK_STATUS(shoal_semaphore_release(mine.semaphore, 1), SHOAL_OK);
    }
    CHECK_STATUS(drop(theirs.segment, "l"), SHOAL_OK);
    CHECK_STATUS(drop(theirs.segment, "rw"), SHOAL_OK);
    CHECK_STATUS(drop(mine.segment, "s"), SHOAL_OK);
    check_sound(mine.segment);
}

TEST(what_a_process_holds_that_has_closed_it_keeps_its_name)
{
    shoal_context *context = new_context();
    struct all theirs = all_of(new_context());
    shoal_object *lock = a_lock(context);
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_OK);
    shoal_object_close(lock);
    check_kept(&theirs, "l", "holds it");
    CHECK(shoal_context_abandon_locks(context, false) == 1);
    CHECK_STATUS(drop(theirs.segment, "l"), SHOAL_OK);
}

static int call_signal(struct call *call)
{
    return shoal_semaphore_acquire(call->object, call->deadline);
}

static int call_lock(struct call *call)
{
    int status = shoal_lock_acquire(call->object, false, call->deadline);
    return status < 0 ? status : shoal_lock_release(call->object);
}

static int call_counter(struct call *call)
{
    return shoal_counter_wait(call->object, 0, call->deadline);
}

/* `name` is waited for until `end` is called; then it goes. */
static void check_awaited(const struct all *all, struct call *waiter, const char *name, const char *because,
                          int (*end)(const struct all *all))
{
    EVENTUALLY(count_waiters(waiter->object) == 1);
    check_kept(all, name, because);
    CHECK(count_waiters(waiter->object) == 1 && !waiter->ended);
    CHECK_STATUS(end(all), SHOAL_OK);
    CHECK_STATUS(end_call(waiter), SHOAL_OK);
    CHECK_STATUS(drop(all->segment, name), SHOAL_OK);
}

static int let_lock_go(const struct all *all)
{
    return shoal_lock_release(all->lock);
}
static int raise_signal(const struct all *all)
{
    return shoal_semaphore_release(all->signal, 1);
}
static int set_event(const struct all *all)
{
    return shoal_event_set(all->event);
}
static int count_up(const struct all *all)
{
    int64_t value;
    return shoal_counter_add(&value, all->counter, 1);
}
static int meet(const struct all *all)
{
    uint32_t index;
    return shoal_barrier_wait(&index, all->barrier, SOON);
}
static int notify(const struct all *all)
{
    uint32_t notified;
    CHECK_STATUS(shoal_lock_acquire(all->lock, false, SOON), SHOAL_OK);
    CHECK_STATUS(shoal_condition_notify(&notified, all->condition, all->lock, 1), SHOAL_OK);
    CHECK(notified == 1);
    return shoal_lock_release(all->lock);
}

TEST(what_is_waited_for_keeps_its_name)
{
    struct all mine = all_of(new_context()), theirs = all_of(new_context());
    struct call waiter = {.lock = theirs.lock};
    begin_call(&waiter, call_signal, theirs.signal, SOON);
    check_awaited(&mine, &waiter, "i", "waits for it", raise_signal);
    begin_call(&waiter, call_event, theirs.event, SOON);
    check_awaited(&mine, &waiter, "e", "waits for it", set_event);
    begin_call(&waiter, call_counter, theirs.counter, SOON);
    check_awaited(&mine, &waiter, "n", "waits for it", count_up);
    begin_call(&waiter, call_barrier, theirs.barrier, SOON);
    check_awaited(&mine, &waiter, "b", "waits at it", meet);
    begin_call(&waiter, call_condition, theirs.condition, SOON);
    check_awaited(&mine, &waiter, "c", "waits for it", notify);
    CHECK_STATUS(shoal_lock_acquire(mine.lock, false, SOON), SHOAL_OK);
    begin_call(&waiter, call_lock, theirs.lock, SOON);
    check_awaited(&mine, &waiter, "l", "holds it", let_lock_go);
    check_sound(mine.segment);
}

static void take_all(void *argument)
{
    const struct all *all = argument;
    CHECK_STATUS(shoal_lock_acquire(all->lock, false, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write(all->rwlock, SHOAL_NO_WAIT), SHOAL_OK);
    for (int i = 0; i < 3; i++)
        CHECK_STATUS(shoal_semaphore_acquire(all->semaphore, SHOAL_NO_WAIT), SHOAL_OK);
}

/* And a thread for each wait, which the process does not outlive. */
static void take_and_wait(void *argument)
{
    const struct all *all = argument;
    static struct call waits[4];
    begin_call(&waits[0], call_event, all->event, SHOAL_FOREVER);
    begin_call(&waits[1], call_barrier, all->barrier, SHOAL_FOREVER);
    begin_call(&waits[2], call_signal, all->signal, SHOAL_FOREVER);
    begin_call(&waits[3], call_counter, all->counter, SHOAL_FOREVER);
    EVENTUALLY(count_waiters(all->event) == 1 && count_waiters(all->barrier) == 1 && count_waiters(all->signal) == 1 &&
               count_waiters(all->counter) == 1);
    take_all(argument);
}

TEST(the_dead_are_not_in_the_way)
{
    static const char *const names[] = {"l", "rw", "s", "i", "e", "b", "n"};
    struct all all = all_of(new_context());
    die_after(take_and_wait, &all);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        CHECK_STATUS(drop(all.segment, names[i]), SHOAL_OK);
    CHECK_STATUS(shoal_lock_acquire(all.lock, false, SHOAL_NO_WAIT),
                 SHOAL_RECOVERED); /* who has it open is told still */
    CHECK_STATUS(shoal_rwlock_write(all.rwlock, SHOAL_NO_WAIT), SHOAL_RECOVERED);
    CHECK(free_permits(all.semaphore) == 3);
    check_sound(all.segment);
}

#define MANY 1000u /* permits: each peer has a hand, which says how many it has */

static void check_all_free(const struct all *remover, shoal_object *theirs)
{
    CHECK(free_permits(theirs) == MANY && shoal_semaphore_held(theirs) == 0);
    CHECK(free_permits(remover->semaphore) == MANY && shoal_semaphore_held(remover->semaphore) == 0);
    for (uint32_t i = 0; i < MANY; i++)
        CHECK_STATUS(shoal_semaphore_acquire(theirs, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(shoal_semaphore_held(theirs) == MANY && free_permits(remover->semaphore) == 0);
    CHECK_STATUS(shoal_semaphore_release(theirs, MANY), SHOAL_OK);
}

TEST(a_removal_refused_or_not_leaves_all_of_many_permits)
{
    shoal_wait wait;
    shoal_object *theirs = a_semaphore(new_context(), MANY);
    struct all remover = {.context = new_context()};
    remover.segment = open_or_create(remover.context, "locks");
    remover.semaphore = a_semaphore(remover.context, MANY);
    for (uint32_t i = 0; i < MANY; i++)
        CHECK_STATUS(shoal_semaphore_acquire(remover.semaphore, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_wait_begin(&wait, theirs, SHOAL_WAIT_ACQUIRE, SHOAL_WAIT_TASK, 0), SHOAL_OK);
    CHECK_STATUS(shoal_wait_try(&wait), SHOAL_PENDING);
    CHECK_STATUS(shoal_semaphore_release(remover.semaphore, MANY), SHOAL_OK);
    check_kept(&remover, "s", "waits for it"); /* after all were claimed */
    shoal_wait_cancel(&wait);
    check_all_free(&remover, theirs);
    CHECK_STATUS(drop(remover.segment, "s"), SHOAL_OK);
    check_all_free(&remover, theirs); /* who has it open still */
    check_sound(remover.segment);
}

#define PEERS 12

/* One of three permits has no room for hands: what its remover counted in its own would lie in what comes next. */
TEST(semaphores_that_say_that_they_have_hands_are_removed_and_nothing_around_them_changes)
{
    char name[16];
    shoal_segment *segment[PEERS];
    shoal_object *lies[PEERS], *next[PEERS];
    for (int i = 0; i < PEERS; i++) {
        segment[i] = open_or_create(new_context(), "locks");
        snprintf(name, sizeof name, "lies %d", i);
        CHECK_STATUS(shoal_semaphore_open(&lies[i], segment[i], name, strlen(name), 3, 0), SHOAL_OK);
        snprintf(name, sizeof name, "next %d", i);
        CHECK_STATUS(shoal_semaphore_open(&next[i], segment[i], name, strlen(name), 3, 0), SHOAL_OK);
        ((struct semaphore_sh *)lies[i]->body)->hands = segment[i]->is.slots;
    }
    for (int i = 0; i < PEERS; i++) {
        snprintf(name, sizeof name, "lies %d", i);
        CHECK_STATUS(drop(segment[i], name), SHOAL_OK);
    }
    for (int i = 0; i < PEERS; i++)
        CHECK(shoal_semaphore_initial(next[i]) == 3 && shoal_semaphore_flags(next[i]) == 0 &&
              free_permits(next[i]) == 3);
}

static void hold_until_killed(void *argument)
{
    void **all_and_board = argument;
    take_all(all_and_board[0]);
    ((struct board *)all_and_board[1])->step = 1;
    for (;;)
        pause();
}

TEST(the_stopped_are_in_the_way)
{
    struct all all = all_of(new_context());
    struct board *board = new_board();
    int status;
    pid_t child = process(hold_until_killed, (void *[]){&all, board});
    EVENTUALLY(board->step == 1);
    CHECK(kill(child, SIGSTOP) == 0 && waitpid(child, &status, WUNTRACED) == child);
    CHECK_STATUS(drop(all.segment, "l"), SHOAL_ELOCK);
    CHECK_STATUS(drop(all.segment, "rw"), SHOAL_ELOCK);
    CHECK_STATUS(drop(all.segment, "s"), SHOAL_ELOCK);
    kill_now(child);
    CHECK_STATUS(drop(all.segment, "l"), SHOAL_OK);
    CHECK_STATUS(drop(all.segment, "rw"), SHOAL_OK);
    CHECK_STATUS(drop(all.segment, "s"), SHOAL_OK);
}

TEST(a_removal_leaves_what_it_asked_for_as_it_was)
{
    struct all mine = all_of(new_context()), theirs = all_of(new_context());
    CHECK_STATUS(shoal_semaphore_acquire(theirs.semaphore, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(drop(mine.segment, "s"), SHOAL_ELOCK);
    CHECK(free_permits(mine.semaphore) == 2 && shoal_semaphore_held(mine.semaphore) == 0);
    CHECK_STATUS(shoal_semaphore_release(theirs.semaphore, 1), SHOAL_OK);
    CHECK_STATUS(drop(mine.segment, "s"), SHOAL_OK);
    CHECK(free_permits(mine.semaphore) == 3 && shoal_semaphore_held(mine.semaphore) == 0);
    CHECK_STATUS(drop(mine.segment, "l"), SHOAL_OK);
    CHECK_STATUS(shoal_lock_acquire(theirs.lock, true, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(drop(mine.segment, "rw"), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_read(theirs.rwlock, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(drop(mine.segment, "b"), SHOAL_OK);
    struct call party = {0};
    begin_call(&party, call_barrier, theirs.barrier, SOON);
    CHECK_STATUS(meet(&mine), SHOAL_OK);
    CHECK_STATUS(end_call(&party), SHOAL_OK);
    shoal_object *anew = a_lock(new_context());
    CHECK_STATUS(shoal_lock_acquire(anew, false, SHOAL_NO_WAIT), SHOAL_OK); /* another one, of the same name */
}

TEST(a_reader_that_waits_without_being_a_peer_is_not_seen)
{
    struct all all = all_of(new_context());
    shoal_object *event;
    struct call waiter = {0};
    CHECK_STATUS(shoal_object_open(&event, open_readonly(new_context(), "locks"), "e", 1), SHOAL_OK);
    begin_call(&waiter, call_event, event, SOON);
    CHECK_STATUS(drop(all.segment, "e"), SHOAL_OK);
    CHECK_STATUS(shoal_event_set(all.event), SHOAL_OK);
    CHECK_STATUS(end_call(&waiter), SHOAL_OK);
}

/* ---- Beside who takes it ---- */

#define ROUNDS 40

struct contest {
    shoal_context *context;
    _Atomic int over, turns;
    _Atomic int held;
};

static bool is_named(shoal_segment *segment, const char *name)
{
    return shoal_object_find(segment, name, strlen(name)) > 0;
}

/* As long as it is held it has the name that it had when it was taken. */
static void check_while_held(shoal_segment *segment, const char *name, struct contest *it)
{
    if (!is_named(segment, name))
        return;
    it->held++;
    for (int i = 0; i < 20; i++)
        CHECK(is_named(segment, name));
}

static void *take_in_turns(void *argument)
{
    struct contest *it = argument;
    struct all all = three_of(it->context);
    while (!it->over) {
        it->turns++;
        if (shoal_lock_acquire(all.lock, false, SHOAL_NO_WAIT) == SHOAL_OK) {
            check_while_held(all.segment, "l", it);
            CHECK_STATUS(shoal_lock_release(all.lock), SHOAL_OK);
        }
        if (shoal_rwlock_read(all.rwlock, SHOAL_NO_WAIT) == SHOAL_OK) {
            check_while_held(all.segment, "rw", it);
            CHECK_STATUS(shoal_rwlock_unlock(all.rwlock), SHOAL_OK);
        }
        if (shoal_semaphore_acquire(all.semaphore, SHOAL_NO_WAIT) == SHOAL_OK) {
            check_while_held(all.segment, "s", it);
            CHECK_STATUS(shoal_semaphore_release(all.semaphore, 1), SHOAL_OK);
        }
    }
    return NULL;
}

TEST(nothing_loses_its_name_while_it_is_held_whoever_removes_it_when)
{
    static const char *const names[] = {"l", "rw", "s"};
    struct contest it = {.context = new_context()};
    int kept = 0;
    for (int round = 0; round < ROUNDS || !kept || !it.held; round++) {
        struct all mine = three_of(it.context), remover = three_of(new_context());
        pthread_t thread;
        it.over = it.turns = 0;
        CHECK(pthread_create(&thread, NULL, take_in_turns, &it) == 0);
        EVENTUALLY(it.turns > 0);
        for (int i = 0, left = 3; i < 50 || left > 0; i++) {
            int status = drop(remover.segment, names[i % 3]);
            CHECK(status == SHOAL_OK || status == SHOAL_ELOCK || status == SHOAL_ENOKEY);
            left -= status == SHOAL_OK;
            kept += status == SHOAL_ELOCK;
        }
        it.over = 1;
        CHECK(pthread_join(thread, NULL) == 0);
        (void)mine;
        shoal_context_free(remover.context);
    }
    check_sound(open_or_create(it.context, "locks"));
}
