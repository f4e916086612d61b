/*
 * What deaths leave of the locks, by real SIGKILLs: of a holder, of a waiter, of one that was just woken, and of a
 * releaser between its store and its wake, where it is brought instruction by instruction. The others go on within
 * 300 ms. tests/torture/step/ does the same at each instruction, without the clock.
 */
#include "check.h"

#include "scratch.h"

#include <sys/ptrace.h>

#include "blocked.h"
#include "objects/objects.h"
#include "sync/barrier.h"
#include "sync/condition.h"
#include "sync/rwlock.h"
#include "sync/semaphore.h"

#define IN_TIME 0.3

/* What a child does, with a peer of its own, and when it is known to have done it. */
struct deed {
    void (*prepare)(struct deed *deed); /* NULL: nothing */
    void (*act)(struct deed *deed);
    bool (*reached)(const struct deed *deed); /* seen from outside */
    shoal_object *object, *lock;              /* the child's */
    shoal_object *seen;                       /* the parent's */
    struct board *board;
    shoal_object *(*open)(shoal_context *context);
    uint32_t slot; /* of the child */
};

static void begin_deed(void *argument)
{
    struct deed *deed = argument;
    deed->object = deed->open(new_context());
    deed->board->count[10] = deed->object->segment->slot;
    if (deed->prepare)
        deed->prepare(deed);
}

static void do_deed_and_stay(void *argument)
{
    struct deed *deed = argument;
    begin_deed(deed);
    deed->board->step = 1;
    if (deed->act)
        deed->act(deed);
    pause();
}

/* A child that holds, or waits (act blocks). */
static pid_t start_deed(struct deed *deed)
{
    deed->board = new_board();
    pid_t child = process(do_deed_and_stay, deed);
    EVENTUALLY(deed->board->step == 1);
    deed->slot = (uint32_t)deed->board->count[10];
    return child;
}

static void step_through_deed(void *argument)
{
    struct deed *deed = argument;
    begin_deed(deed);
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
        _exit(SKIPPED);
    raise(SIGSTOP);
    deed->act(deed);
    raise(SIGSTOP);
}

static pid_t start_stepping(struct deed *deed)
{
    int status;
    deed->board = new_board();
    pid_t child = process(step_through_deed, deed);
    CHECK(waitpid(child, &status, 0) == child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
        SKIP("no ptrace here");
    CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    deed->slot = (uint32_t)deed->board->count[10];
    return child;
}

/* Under valgrind each instruction is a thousand: there the child runs, and is killed as soon as it is seen. */
static bool can_step(void)
{
    const char *preloaded = getenv("LD_PRELOAD");
    return !preloaded || !strstr(preloaded, "valgrind");
}

/* Do the deed up to the instruction after which it is `reached`, and not one more. The moment of the death. */
static shoal_time die_when_reached(struct deed *deed, pid_t child)
{
    int status;
    long steps = 0;
    bool steps_on = can_step();
    CHECK(steps_on || ptrace(PTRACE_CONT, child, NULL, NULL) == 0);
    while (!steps_on && !deed->reached(deed) && waitpid(child, &status, WNOHANG) == 0)
        ; /* until it is seen, or the child has come to its end */
    while (steps_on && !deed->reached(deed)) {
        CHECK(ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) == 0);
        CHECK(waitpid(child, &status, 0) == child && WIFSTOPPED(status));
        CHECK(WSTOPSIG(status) == SIGTRAP && steps++ < 10000000); /* else it came to its end without that */
    }
    shoal_time now = shoal_now();
    kill_now(child);
    return now;
}

/* The call that waits in this process ends so, in time after the death. */
static void check_goes_on(struct call *call, shoal_time killed, int expected)
{
    int status = end_call(call);
    CHECK(status == expected || (!can_step() && status != SHOAL_ETIMEDOUT)); /* there it may have come to its end */
    double seconds = (double)(shoal_now() - killed) / 1e9;
    printf("went on %.0f ms after the death\n", seconds * 1e3);
    CHECK(seconds < IN_TIME);
}

static void sleep_long(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 250000000}, NULL); /* who waits is in slices of 100 ms then */
}

/* ---- The holder ---- */

static shoal_object *two_permits(shoal_context *context)
{
    return a_semaphore(context, 2);
}
static shoal_object *no_signal(shoal_context *context)
{
    return a_signal(context, 0);
}
static shoal_object *barrier_of_two(shoal_context *context)
{
    return a_barrier(context, 2);
}
static void hold_lock(struct deed *deed)
{
    CHECK(shoal_lock_acquire(deed->object, false, SOON) >= 0);
}
static void hold_read(struct deed *deed)
{
    CHECK(shoal_rwlock_read(deed->object, SOON) >= 0);
}
static void hold_write(struct deed *deed)
{
    CHECK(shoal_rwlock_write(deed->object, SOON) >= 0); /* perhaps told of one that died */
}
static void hold_permits(struct deed *deed)
{
    CHECK_STATUS(shoal_semaphore_acquire(deed->object, SOON), SHOAL_OK);
    CHECK_STATUS(shoal_semaphore_acquire(deed->object, SOON), SHOAL_OK);
}

static void holder_dies(shoal_object *(*open)(shoal_context *), void (*hold)(struct deed *), shoal_object *mine,
                        int (*wait)(struct call *), int expected)
{
    struct deed deed = {.prepare = hold, .open = open};
    struct call call = {0};
    pid_t child = start_deed(&deed);
    begin_call(&call, wait, mine, SOON);
    sleep_long();
    CHECK(!call.ended);
    shoal_time killed = shoal_now();
    kill_now(child);
    check_goes_on(&call, killed, expected);
}

TEST(a_writer_goes_on_when_a_reader_died)
{
    shoal_object *rwlock = an_rwlock(new_context());
    holder_dies(an_rwlock, hold_read, rwlock, call_write, SHOAL_OK); /* a reader leaves nothing half-written */
    CHECK(shoal_rwlock_is_writing(rwlock) && !shoal_rwlock_recovered(rwlock));
    CHECK_STATUS(shoal_rwlock_unlock(rwlock), SHOAL_OK);
}

TEST(readers_and_a_writer_are_told_that_a_writer_died)
{
    shoal_object *a = an_rwlock(new_context()), *b = an_rwlock(new_context());
    holder_dies(an_rwlock, hold_write, a, call_read, SHOAL_RECOVERED);
    CHECK(shoal_rwlock_recovered(a));
    CHECK_STATUS(shoal_rwlock_read(b, SHOAL_NO_WAIT), SHOAL_RECOVERED); /* all readers are, until a writer has come */
    CHECK_STATUS(shoal_rwlock_unlock(a), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_unlock(b), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write(b, SHOAL_NO_WAIT), SHOAL_RECOVERED);
    CHECK(shoal_rwlock_recovered(b));
    CHECK_STATUS(shoal_rwlock_unlock(b), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_read(a, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_unlock(a), SHOAL_OK);
    holder_dies(an_rwlock, hold_write, a, call_write, SHOAL_RECOVERED);
    CHECK_STATUS(shoal_rwlock_unlock(a), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_read(b, SHOAL_NO_WAIT), SHOAL_OK);
}

TEST(a_writer_that_was_told_and_dies_leaves_it_to_the_next)
{
    shoal_object *rwlock = an_rwlock(new_context());
    struct deed deed = {.prepare = hold_write, .open = an_rwlock};
    kill_now(start_deed(&deed));
    for (int i = 0; i < 2; i++) {
        CHECK_STATUS(shoal_rwlock_read(rwlock, SOON), SHOAL_RECOVERED);
        CHECK_STATUS(shoal_rwlock_unlock(rwlock), SHOAL_OK);
    }
    CHECK(shoal_context_abandon_locks(rwlock->segment->context, true) == 0);
    CHECK_STATUS(shoal_rwlock_write(rwlock, SOON), SHOAL_RECOVERED);
    CHECK(shoal_context_abandon_locks(rwlock->segment->context, true) == 1);
    CHECK_STATUS(shoal_rwlock_write(rwlock, SOON), SHOAL_RECOVERED);
}

static void downgrade(struct deed *deed)
{
    CHECK_STATUS(shoal_rwlock_downgrade(deed->object), SHOAL_OK);
}
static bool is_counted(const struct deed *deed)
{
    const struct rwlock_sh *rwlock = deed->seen->body;
    return rwlock->cell[shoal__rwlock_index(rwlock, deed->slot)] & RWLOCK_COUNT;
}

TEST(a_writer_goes_on_when_one_died_going_over_to_reading)
{
    shoal_object *rwlock = an_rwlock(new_context());
    struct deed deed = {
        .prepare = hold_write, .act = downgrade, .reached = is_counted, .open = an_rwlock, .seen = rwlock};
    die_when_reached(&deed, start_stepping(&deed)); /* counted as a reader, and a writer still */
    shoal_time start = shoal_now();
    CHECK(shoal_rwlock_write(rwlock, SOON) == SHOAL_RECOVERED || !can_step());
    CHECK(seconds_since(start) < IN_TIME);
    CHECK_STATUS(shoal_rwlock_unlock(rwlock), SHOAL_OK);
}

TEST(what_a_dead_process_held_of_a_semaphore_comes_back)
{
    shoal_object *a = two_permits(new_context()), *b = two_permits(new_context());
    holder_dies(two_permits, hold_permits, a, call_semaphore, SHOAL_OK);
    CHECK(free_permits(b) == 1 && count_holders(b) == 1);
    CHECK_STATUS(shoal_semaphore_acquire(b, SHOAL_NO_WAIT), SHOAL_OK); /* both, and not one more */
    CHECK_STATUS(shoal_semaphore_acquire(b, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    CHECK_STATUS(shoal_semaphore_release(a, 1), SHOAL_OK);
    CHECK_STATUS(shoal_semaphore_release(b, 1), SHOAL_OK);
    CHECK(free_permits(a) == 2);
}

TEST(two_who_wait_both_get_a_dead_ones_permits)
{
    shoal_object *a = two_permits(new_context()), *b = two_permits(new_context());
    struct deed deed = {.prepare = hold_permits, .open = two_permits};
    struct call calls[2] = {0};
    pid_t child = start_deed(&deed);
    begin_call(&calls[0], call_semaphore, a, SOON);
    begin_call(&calls[1], call_semaphore, b, SOON);
    sleep_long();
    shoal_time killed = shoal_now();
    kill_now(child);
    check_goes_on(&calls[0], killed, SHOAL_OK);
    check_goes_on(&calls[1], killed, SHOAL_OK);
}

static shoal_object *barrier_of_three(shoal_context *context)
{
    return a_barrier(context, 3);
}
static void arrive(struct deed *deed)
{
    uint32_t index;
    shoal_barrier_wait(&index, deed->object, SOON);
}

TEST(a_party_that_dies_at_the_barrier_breaks_it_with_who_it_was)
{
    shoal_object *a = barrier_of_three(new_context()), *b = barrier_of_three(new_context());
    struct deed deed = {.act = arrive, .open = barrier_of_three};
    struct call call = {0};
    uint32_t index;
    char pid[24];
    pid_t child = start_deed(&deed);
    begin_call(&call, call_barrier, a, SOON);
    EVENTUALLY(shoal_barrier_waiting(a) == 2);
    sleep_long();
    shoal_time killed = shoal_now();
    kill_now(child);
    check_goes_on(&call, killed, SHOAL_EBROKEN);
    CHECK_STATUS(shoal_barrier_wait(&index, b, SHOAL_FOREVER), SHOAL_EBROKEN);
    snprintf(pid, sizeof pid, "pid %d) died", (int)child);
    CHECK(strstr(shoal_error_message(), pid) != NULL);
    CHECK(shoal_barrier_broken(b));
}

static void meet_once(struct deed *deed)
{
    uint32_t index;
    CHECK_STATUS(shoal_barrier_wait(&index, deed->object, SOON), SHOAL_OK);
    deed->board->step = 2;
}

TEST(a_party_that_dies_on_its_way_to_the_barrier_breaks_it)
{
    shoal_object *barrier = barrier_of_two(new_context());
    struct deed deed = {.act = meet_once, .open = barrier_of_two};
    struct call call = {0};
    uint32_t index;
    pid_t child = start_deed(&deed);
    CHECK_STATUS(shoal_barrier_wait(&index, barrier, SOON), SHOAL_OK);
    EVENTUALLY(deed.board->step == 2);
    begin_call(&call, call_barrier, barrier, SOON); /* the next generation: it is a party, and does not come */
    sleep_long();
    CHECK(!call.ended);
    shoal_time killed = shoal_now();
    kill_now(child);
    check_goes_on(&call, killed, SHOAL_EBROKEN);
    CHECK_STATUS(shoal_barrier_reset(barrier), SHOAL_OK);
    CHECK_STATUS(shoal_barrier_wait(&index, barrier, shoal_deadline(0.2)), SHOAL_ETIMEDOUT); /* no party any more */
}

/* ---- The waiter, and the one that was just woken ---- */

static void wait_permit(struct deed *deed)
{
    shoal_semaphore_acquire(deed->object, SHOAL_FOREVER);
}
static shoal_object *one_permit(shoal_context *context)
{
    return a_semaphore(context, 1);
}

static const struct driver *the_driver;
static const struct way *the_way, *the_other_way; /* of the one to die; of the other one */

static shoal_object *open_it(shoal_context *context)
{
    return made(the_driver, context, 1).object;
}
static void wait_for_it(struct deed *deed)
{
    the_way->wait(deed->object, SHOAL_FOREVER);
}
static int wait_too(struct call *call)
{
    return the_other_way->wait(call->object, call->deadline);
}

/* Killed before or after it is woken: before its first instruction after that, or a few later. The other one goes on. */
static void waiter_dies(bool woken)
{
    shoal_object *held = open_it(new_context()), *other = open_it(new_context());
    for (int i = 0; i < 6; i++) {
        struct deed wait = {.act = wait_for_it, .open = open_it};
        struct call call = {0};
        CHECK(the_way->block(held) >= 0); /* perhaps told of one that died */
        pid_t child = start_deed(&wait);
        EVENTUALLY(count_waiters(held) == 1);
        nap();
        begin_call(&call, wait_too, other, SOON);
        EVENTUALLY(count_waiters(held) == 2);
        nanosleep(&(struct timespec){.tv_nsec = 3000000}, NULL);
        shoal_time killed = shoal_now();
        if (!woken)
            kill_now(child);
        CHECK_STATUS(the_way->free(held), SHOAL_OK);
        if (woken)
            kill_now(child);
        int status = end_call(&call);
        CHECK(status == SHOAL_OK || status == SHOAL_RECOVERED);
        CHECK((double)(shoal_now() - killed) / 1e9 < IN_TIME);
        CHECK_STATUS(the_other_way->give(other), SHOAL_OK);
    }
}

/* In any two ways that the same keeps waiting. */
static void waiters_die(bool woken)
{
    EACH_DRIVER(it)
        EACH_WAY(way, it)
            EACH_WAY(other_way, it)
                if (way->give && way->block == other_way->block) {
                    the_driver = it;
                    the_way = way;
                    the_other_way = other_way;
                    waiter_dies(woken);
                }
    check_sound(open_or_create(new_context(), "locks"));
}

TEST(who_waits_goes_on_when_another_waiter_died)
{
    waiters_die(false);
}

TEST(who_waits_goes_on_when_the_one_that_was_woken_died)
{
    waiters_die(true);
}

static void wait_signal(struct deed *deed)
{
    CHECK_STATUS(shoal_semaphore_acquire(deed->object, SHOAL_FOREVER), SHOAL_OK);
    deed->board->step = 2; /* it took the count: it is gone with it */
    pause();
}

TEST(a_signal_that_woke_one_who_died_wakes_another)
{
    shoal_object *a = no_signal(new_context()), *b = no_signal(new_context());
    for (int i = 0; i < 6; i++) {
        struct deed wait = {.act = wait_signal, .open = no_signal};
        struct call call = {0};
        pid_t child = start_deed(&wait);
        EVENTUALLY(count_waiters(a) == 1);
        begin_call(&call, call_semaphore, b, SOON);
        EVENTUALLY(count_waiters(a) == 2);
        CHECK_STATUS(shoal_semaphore_release(a, 1), SHOAL_OK);
        kill_now(child);
        shoal_time killed = shoal_now();
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        if (wait.board->step == 2 || (!call.ended && free_permits(a) == 0))
            CHECK_STATUS(shoal_semaphore_release(a, 1), SHOAL_OK); /* nobody owns a signal: this one was taken */
        check_goes_on(&call, killed, SHOAL_OK);
        CHECK(free_permits(a) == 0);
    }
}

/* ---- Notifications ---- */

static shoal_object *condition_of_lock(shoal_context *context)
{
    return a_condition(context, a_lock(context));
}
static void wait_condition(struct deed *deed)
{
    shoal_object *lock = a_lock(deed->object->segment->context);
    CHECK_STATUS(shoal_lock_acquire(lock, false, SOON), SHOAL_OK);
    shoal_condition_wait(deed->object, lock, SHOAL_FOREVER);
}

struct notifier {
    shoal_object *lock, *condition;
};

static struct notifier notifier(void)
{
    shoal_context *context = new_context();
    return (struct notifier){a_lock(context), condition_of_lock(context)};
}

static void begin_waiting(struct call *call, const struct notifier *it)
{
    size_t before = count_waiters(it->condition);
    call->lock = it->lock;
    begin_call(call, call_condition, it->condition, SOON);
    EVENTUALLY(count_waiters(it->condition) == before + 1);
}

static void check_no_cell_is_used(const struct notifier *it, uint32_t but)
{
    const struct condition_sh *condition = it->condition->body;
    uint32_t used = 0;
    for (uint32_t i = 0; i < condition->cells; i++)
        used += condition->waiter[i].word != 0;
    CHECK(used <= but);
}

TEST(a_notification_whose_receiver_died_goes_to_another)
{
    struct notifier main = notifier(), others = notifier();
    for (int i = 0; i < 3; i++) {
        struct deed deed = {.act = wait_condition, .open = condition_of_lock};
        struct call second = {0}, third = {0};
        uint32_t notified;
        pid_t child = start_deed(&deed);
        EVENTUALLY(count_waiters(main.condition) == 1);
        begin_waiting(&second, &others);
        begin_waiting(&third, &others);
        CHECK_STATUS(shoal_lock_acquire(main.lock, false, SOON), SHOAL_OK);
        CHECK_STATUS(shoal_condition_notify(&notified, main.condition, main.lock, 1), SHOAL_OK);
        CHECK(notified == 1); /* the child's: it came first, and cannot have the lock yet */
        shoal_time killed = shoal_now();
        kill_now(child);
        CHECK_STATUS(shoal_lock_release(main.lock), SHOAL_OK);
        EVENTUALLY(second.ended + third.ended == 1);
        CHECK(seconds_since(killed) < IN_TIME);
        sleep_long();
        CHECK(second.ended + third.ended == 1); /* one notification, one of them */
        CHECK_STATUS(shoal_lock_acquire(main.lock, false, SOON), SHOAL_OK);
        CHECK_STATUS(shoal_condition_notify(&notified, main.condition, main.lock, UINT32_MAX), SHOAL_OK);
        CHECK_STATUS(shoal_lock_release(main.lock), SHOAL_OK);
        CHECK(notified == 1);
        CHECK_STATUS(end_call(&second), SHOAL_OK);
        CHECK_STATUS(end_call(&third), SHOAL_OK);
        check_no_cell_is_used(&main, 0);
    }
}

TEST(a_waiter_that_died_before_it_was_notified_costs_no_notification)
{
    struct notifier main = notifier(), others = notifier();
    struct deed deed = {.act = wait_condition, .open = condition_of_lock};
    struct call call = {0};
    uint32_t notified;
    pid_t child = start_deed(&deed);
    EVENTUALLY(count_waiters(main.condition) == 1);
    begin_waiting(&call, &others);
    kill_now(child);
    CHECK_STATUS(shoal_lock_acquire(main.lock, false, SOON), SHOAL_OK);
    CHECK_STATUS(shoal_condition_notify(&notified, main.condition, main.lock, 1), SHOAL_OK);
    shoal_time start = shoal_now();
    CHECK_STATUS(shoal_lock_release(main.lock), SHOAL_OK);
    check_goes_on(&call, start, SHOAL_OK);
}

TEST(a_waiter_is_told_that_a_holder_of_its_lock_died_meanwhile)
{
    struct notifier main = notifier(), others = notifier();
    struct deed deed = {.prepare = hold_lock, .open = a_lock};
    struct call call = {0};
    uint32_t notified;
    begin_waiting(&call, &others);
    CHECK_STATUS(shoal_lock_acquire(main.lock, false, SOON), SHOAL_OK);
    CHECK_STATUS(shoal_condition_notify(&notified, main.condition, main.lock, 1), SHOAL_OK);
    deed.board = new_board();
    CHECK_STATUS(shoal_lock_release(main.lock), SHOAL_OK);
    CHECK_STATUS(end_call(&call), SHOAL_OK);
    begin_waiting(&call, &others);
    kill_now(start_deed(&deed));
    CHECK_STATUS(shoal_lock_acquire(main.lock, true, SOON), SHOAL_EOWNERDIED);
    CHECK_STATUS(shoal_lock_acquire(main.lock, false, SOON), SHOAL_RECOVERED);
    CHECK_STATUS(shoal_condition_notify(&notified, main.condition, main.lock, 1), SHOAL_OK);
    CHECK(notified == 1 && shoal_context_abandon_locks(main.lock->segment->context, true) == 1);
    CHECK_STATUS(end_call(&call), SHOAL_RECOVERED);
}

/* ---- The releaser, between its store and its wake ---- */

static void release_lock(struct deed *deed)
{
    shoal_lock_release(deed->object);
}
static void unlock_rwlock(struct deed *deed)
{
    shoal_rwlock_unlock(deed->object);
}
static void release_permit(struct deed *deed)
{
    shoal_semaphore_release(deed->object, 1);
}
static void set_event(struct deed *deed)
{
    shoal_event_set(deed->object);
}
static bool word_is_free(const struct deed *deed)
{
    return (load_acquire(&((const struct hold_sh *)deed->seen->body)->word) & MUTEX_SLOT) == 0;
}
static bool is_not_counted(const struct deed *deed)
{
    return !is_counted(deed);
}
static bool permit_is_free(const struct deed *deed)
{
    return load_acquire(&((const struct semaphore_sh *)deed->seen->body)->permit[0]) == 0;
}
static bool signal_is_raised(const struct deed *deed)
{
    return load_acquire(&((const struct semaphore_sh *)deed->seen->body)->count) > 0;
}
static bool event_is_set(const struct deed *deed)
{
    return shoal_event_is_set(deed->seen);
}

/* Something waits for what the deed gives back; it dies with the store, before the wake. */
static void releaser_dies(struct deed *deed, shoal_object *mine, int (*wait)(struct call *), int expected)
{
    struct call call = {0};
    deed->seen = mine;
    pid_t child = start_stepping(deed);
    begin_call(&call, wait, mine, SOON);
    EVENTUALLY(count_waiters(mine) == 1);
    sleep_long();
    CHECK(!call.ended);
    shoal_time killed = die_when_reached(deed, child);
    check_goes_on(&call, killed, expected);
}

TEST(a_lock_that_was_given_back_without_a_wake_is_found)
{
    struct deed deed = {.prepare = hold_lock, .act = release_lock, .reached = word_is_free, .open = a_lock};
    releaser_dies(&deed, a_lock(new_context()), call_acquire, SHOAL_OK);
}

TEST(an_rwlock_that_was_given_back_without_a_wake_is_found)
{
    shoal_object *rwlock = an_rwlock(new_context());
    struct deed write = {.prepare = hold_write, .act = unlock_rwlock, .reached = word_is_free, .open = an_rwlock};
    struct deed read = {.prepare = hold_read, .act = unlock_rwlock, .reached = is_not_counted, .open = an_rwlock};
    releaser_dies(&write, rwlock, call_read, SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_unlock(rwlock), SHOAL_OK);
    releaser_dies(&write, rwlock, call_write, SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_unlock(rwlock), SHOAL_OK);
    releaser_dies(&read, rwlock, call_write, SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_unlock(rwlock), SHOAL_OK);
}

TEST(a_permit_that_was_given_back_without_a_wake_is_found)
{
    shoal_object *semaphore = one_permit(new_context()), *signal = no_signal(new_context());
    struct deed permit = {.prepare = wait_permit, .act = release_permit, .reached = permit_is_free, .open = one_permit};
    struct deed raise = {.act = release_permit, .reached = signal_is_raised, .open = no_signal};
    releaser_dies(&permit, semaphore, call_semaphore, SHOAL_OK);
    CHECK(free_permits(semaphore) == 0 && shoal_semaphore_held(semaphore) == 1);
    releaser_dies(&raise, signal, call_semaphore, SHOAL_OK);
    CHECK(free_permits(signal) == 0);
}

TEST(an_event_that_was_set_without_a_wake_is_found)
{
    shoal_object *event = an_event(new_context());
    struct deed deed = {.act = set_event, .reached = event_is_set, .open = an_event};
    releaser_dies(&deed, event, call_event, SHOAL_OK);
    CHECK(shoal_event_is_set(event));
}

static void take_its_lock(struct deed *deed)
{
    deed->lock = a_lock(deed->object->segment->context);
    CHECK_STATUS(shoal_lock_acquire(deed->lock, false, SOON), SHOAL_OK);
}
static void notify_and_release(struct deed *deed)
{
    uint32_t notified;
    shoal_condition_notify(&notified, deed->object, deed->lock, 1);
    shoal_lock_release(deed->lock);
}
static bool is_notified(const struct deed *deed)
{
    const struct condition_sh *condition = deed->seen->body;
    return load_acquire(&condition->waiter[0].word) & CONDITION_NOTIFIED;
}
static bool is_released(const struct deed *deed)
{
    const struct hold_sh *hold = a_lock(deed->seen->segment->context)->body;
    return is_notified(deed) && (load_acquire(&hold->word) & MUTEX_SLOT) == 0;
}

TEST(a_notification_without_a_wake_is_found)
{
    for (int released = 0; released < 2; released++) {
        struct notifier it = notifier();
        struct deed deed = {.prepare = take_its_lock,
                            .act = notify_and_release,
                            .reached = released ? is_released : is_notified,
                            .open = condition_of_lock,
                            .seen = it.condition};
        struct call call = {0};
        begin_waiting(&call, &it);
        pid_t child = start_stepping(&deed);
        sleep_long();
        shoal_time killed = die_when_reached(&deed, child); /* once with the lock in its hands */
        check_goes_on(&call, killed, released ? SHOAL_OK : SHOAL_RECOVERED);
        check_no_cell_is_used(&it, 0);
    }
}

static bool generation_is_over(const struct deed *deed)
{
    return load_acquire(&((const struct barrier_sh *)deed->seen->body)->word) == 1;
}
static bool last_has_arrived(const struct deed *deed)
{
    return shoal_barrier_waiting(deed->seen) == 2;
}
static void be_last(struct deed *deed)
{
    uint32_t index;
    shoal_barrier_wait(&index, deed->object, SOON);
}

TEST(a_barrier_that_was_passed_without_a_wake_is_passed)
{
    shoal_object *barrier = barrier_of_two(new_context());
    struct deed deed = {.act = be_last, .reached = generation_is_over, .open = barrier_of_two};
    struct call next = {0};
    releaser_dies(&deed, barrier, call_barrier, SHOAL_OK);
    CHECK(!shoal_barrier_broken(barrier));
    begin_call(&next, call_barrier, barrier, SOON); /* but the next generation misses it */
    CHECK_STATUS(end_call(&next), SHOAL_EBROKEN);
}

TEST(a_barrier_whose_last_party_died_before_it_let_all_pass_is_broken)
{
    shoal_object *barrier = barrier_of_two(new_context());
    struct deed deed = {.act = be_last, .reached = last_has_arrived, .open = barrier_of_two};
    releaser_dies(&deed, barrier, call_barrier, SHOAL_EBROKEN);
    CHECK(shoal_barrier_broken(barrier) || !can_step());
}
