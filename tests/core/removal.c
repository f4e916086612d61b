/* What somebody holds or waits for keeps its name. */
#include "check.h"

#include "scratch.h"

#include "blocked.h"
#include "segment/handle.h"
#include "sync/semaphore.h"

struct locks {
    shoal_context *context;
    shoal_segment *segment;
    shoal_object *lock, *rwlock, *semaphore, *event, *barrier;
};

static struct locks locks_of(shoal_context *context)
{
    struct locks all = {.context = context, .segment = open_or_create(context, "locks"), .lock = a_lock(context)};
    all.rwlock = an_rwlock(context);
    all.semaphore = a_semaphore(context, 3);
    all.event = an_event(context);
    all.barrier = a_barrier(context, 2);
    return all;
}

static int drop(shoal_segment *segment, const char *name)
{
    return shoal_object_remove(segment, name, strlen(name));
}

static void check_kept(const struct locks *all, const char *name, const char *because)
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

static struct locks peer_of(struct subject subject)
{
    return (struct locks){.segment = subject.segment};
}

TEST(what_is_held_keeps_its_name)
{
    EACH_DRIVER(it) {
        struct subject mine = made(it, new_context(), 0);
        struct locks remover = peer_of(mine), other = {.segment = open_or_create(new_context(), "locks")};
        if (!it->hold)
            continue;
        CHECK_STATUS(it->hold(mine.object, SHOAL_NO_WAIT), SHOAL_OK);
        check_kept(&remover, it->name, it->why_kept); /* who holds it himself, too */
        check_kept(&other, it->name, it->why_kept);
        CHECK_STATUS(it->let_go(mine.object), SHOAL_OK);
        EACH_WAY(way, it) {
            CHECK_STATUS(way->block(mine.object), SHOAL_OK);
            check_kept(&other, it->name, it->why_kept);
            CHECK_STATUS(way->free(mine.object), SHOAL_OK);
        }
        CHECK_STATUS(drop(other.segment, it->name), SHOAL_OK);
        check_sound(mine.segment);
    }
}

TEST(what_a_process_holds_that_has_closed_it_keeps_its_name)
{
    shoal_context *context = new_context();
    struct locks theirs = locks_of(new_context());
    shoal_object *lock = a_lock(context);
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_OK);
    shoal_object_close(lock);
    check_kept(&theirs, "l", "holds it");
    CHECK(shoal_context_abandon_locks(context, false) == 1);
    CHECK_STATUS(drop(theirs.segment, "l"), SHOAL_OK);
}

static const struct way *the_way;

static int call_wait(struct call *call)
{
    int status = the_way->wait(call->object, call->deadline);
    return status < 0 || !the_way->give ? status : the_way->give(call->object);
}

TEST(what_is_waited_for_keeps_its_name)
{
    EACH_DRIVER(it)
        EACH_WAY(way, it) {
            struct subject mine = made(it, new_context(), 0), theirs = made(it, new_context(), 0);
            struct locks remover = peer_of(mine);
            struct call waiter = {0};
            CHECK(!way->block || way->block(mine.object) == SHOAL_OK);
            the_way = way;
            begin_call(&waiter, call_wait, theirs.object, SOON);
            EVENTUALLY(count_waiters(mine.object) == 1);
            check_kept(&remover, it->name, way->give ? it->why_kept : it->why_waited);
            CHECK(count_waiters(mine.object) == 1 && !waiter.ended);
            CHECK_STATUS(way->free(mine.object), SHOAL_OK);
            CHECK_STATUS(end_call(&waiter), SHOAL_OK);
            CHECK_STATUS(drop(mine.segment, it->name), SHOAL_OK);
            check_sound(mine.segment);
        }
}

/* A thread for each wait for what nobody holds, which the process does not outlive. */
static void hold_and_wait(void *argument)
{
    static struct call waits[32];
    struct all *all = argument;
    struct call *call = waits;
    EACH_OF(it, all)
        if (it->driver->why_waited) {
            the_way = it->driver->ways;
            CHECK(!the_way->block || the_way->block(it->object) == SHOAL_OK);
            begin_call(call++, call_wait, it->object, SHOAL_FOREVER);
            EVENTUALLY(count_waiters(it->object) == 1);
        }
    hold_all(all);
}

TEST(the_dead_are_not_in_the_way)
{
    struct all all = all_of(new_context(), 0);
    die_after(hold_and_wait, &all);
    EACH_OF(it, &all) {
        const struct driver *driver = it->driver;
        CHECK_STATUS(drop(all.segment, driver->name), SHOAL_OK);
        if (driver->hold) /* who has it open is told still */
            CHECK(driver->hold(it->object, SHOAL_NO_WAIT) == driver->death && driver->let_go(it->object) == SHOAL_OK);
        if (driver->sound)
            CHECK_WELL(driver->sound(it->object));
    }
    check_sound(all.segment);
}

#define MANY 1000u /* permits: each peer has a hand, which says how many it has */

static void check_all_free(const struct locks *remover, shoal_object *theirs)
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
    struct locks remover = {.context = new_context()};
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

struct holding {
    struct all all;
    struct board *board;
};

static void hold_until_killed(void *argument)
{
    struct holding *it = argument;
    hold_all(&it->all);
    it->board->step = 1;
    for (;;)
        pause();
}

static void drop_what_can_be_held(shoal_segment *segment, int expected)
{
    EACH_DRIVER(it)
        CHECK(!it->hold || drop(segment, it->name) == expected);
}

TEST(the_stopped_are_in_the_way)
{
    int status;
    struct holding it = {all_of(new_context(), 0), new_board()};
    pid_t child = process(hold_until_killed, &it);
    EVENTUALLY(it.board->step == 1);
    CHECK(kill(child, SIGSTOP) == 0 && waitpid(child, &status, WUNTRACED) == child);
    drop_what_can_be_held(it.all.segment, SHOAL_ELOCK);
    kill_now(child);
    drop_what_can_be_held(it.all.segment, SHOAL_OK);
}

TEST(a_removal_leaves_what_it_asked_for_as_it_was)
{
    struct locks mine = locks_of(new_context()), theirs = locks_of(new_context());
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
    uint32_t index;
    begin_call(&party, call_barrier, theirs.barrier, SOON);
    CHECK_STATUS(shoal_barrier_wait(&index, mine.barrier, SOON), SHOAL_OK);
    CHECK_STATUS(end_call(&party), SHOAL_OK);
    shoal_object *anew = a_lock(new_context());
    CHECK_STATUS(shoal_lock_acquire(anew, false, SHOAL_NO_WAIT), SHOAL_OK); /* another one, of the same name */
}

TEST(a_reader_that_waits_without_being_a_peer_is_not_seen)
{
    struct locks all = locks_of(new_context());
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

/* Those of the drivers that can be held. */
static struct all some_of(shoal_context *context)
{
    struct all all = {.context = context, .segment = open_or_create(context, "locks")};
    struct one *next = all.of;
    EACH_DRIVER(it)
        if (it->hold)
            *next++ = (struct one){it, made(it, context, 0).object};
    return all;
}

static void *take_in_turns(void *argument)
{
    struct contest *contest = argument;
    struct all all = some_of(contest->context);
    while (!contest->over) {
        contest->turns++;
        EACH_OF(it, &all) {
            if (!it->driver->hold || it->driver->hold(it->object, SHOAL_NO_WAIT) != SHOAL_OK)
                continue;
            check_while_held(all.segment, it->driver->name, contest);
            CHECK_STATUS(it->driver->let_go(it->object), SHOAL_OK);
        }
    }
    return NULL;
}

TEST(nothing_loses_its_name_while_it_is_held_whoever_removes_it_when)
{
    struct contest it = {.context = new_context()};
    int kept = 0;
    for (int round = 0; round < ROUNDS || !kept || !it.held; round++) {
        shoal_context *remover = new_context();
        shoal_segment *segment = open_or_create(remover, "locks");
        pthread_t thread;
        (void)some_of(it.context);
        it.over = it.turns = 0;
        CHECK(pthread_create(&thread, NULL, take_in_turns, &it) == 0);
        EVENTUALLY(it.turns > 0);
        for (int i = 0, left = 1; i < 20 || left > 0; i++) {
            left = 0;
            EACH_DRIVER(driver) {
                int status = driver->hold ? drop(segment, driver->name) : SHOAL_ENOKEY;
                CHECK(status == SHOAL_OK || status == SHOAL_ELOCK || status == SHOAL_ENOKEY);
                left += status == SHOAL_ELOCK;
                kept += status == SHOAL_ELOCK;
            }
        }
        it.over = 1;
        CHECK(pthread_join(thread, NULL) == 0);
        shoal_context_free(remover);
    }
    check_sound(open_or_create(it.context, "locks"));
}
