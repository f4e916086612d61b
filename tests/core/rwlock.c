/* RWLock: many readers or one writer. What deaths leave is in deaths.c. */
#include "check.h"

#include "scratch.h"

#include "blocked.h"

TEST(readers_share_and_a_writer_excludes)
{
    shoal_object *a = an_rwlock(new_context()), *b = an_rwlock(new_context()), *c = an_rwlock(new_context());
    CHECK_STATUS(shoal_rwlock_read(a, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_read(b, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(shoal_rwlock_is_reading(a) && shoal_rwlock_is_reading(b) && !shoal_rwlock_is_reading(c));
    CHECK_STATUS(shoal_rwlock_write(c, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    CHECK_STATUS(shoal_rwlock_read_unlock(a), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write(c, shoal_deadline(0.05)), SHOAL_ETIMEDOUT);
    CHECK_STATUS(shoal_rwlock_read_unlock(b), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write(c, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(shoal_rwlock_is_writing(c) && !shoal_rwlock_is_writing(a));
    CHECK_STATUS(shoal_rwlock_read(a, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    CHECK_STATUS(shoal_rwlock_read(a, shoal_deadline(0.05)), SHOAL_ETIMEDOUT);
    CHECK_STATUS(shoal_rwlock_write(b, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    CHECK_STATUS(shoal_rwlock_write_unlock(c), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_read(a, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_unlock(a), SHOAL_OK);
}

TEST(giving_back_what_is_not_held_is_refused)
{
    shoal_object *a = an_rwlock(new_context()), *b = an_rwlock(new_context());
    CHECK_STATUS(shoal_rwlock_unlock(a), SHOAL_ELOCK);
    CHECK_STATUS(shoal_rwlock_read_unlock(a), SHOAL_ELOCK);
    CHECK_STATUS(shoal_rwlock_write_unlock(a), SHOAL_ELOCK);
    CHECK_STATUS(shoal_rwlock_downgrade(a), SHOAL_ELOCK);
    CHECK_STATUS(shoal_rwlock_read(b, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_read_unlock(a), SHOAL_ELOCK); /* not by this process */
    CHECK_STATUS(shoal_rwlock_write_unlock(b), SHOAL_ELOCK);
    CHECK_STATUS(shoal_rwlock_downgrade(b), SHOAL_ELOCK);
    CHECK_STATUS(shoal_rwlock_read_unlock(b), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write(b, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write_unlock(a), SHOAL_ELOCK);
    CHECK(strstr(shoal_error_message(), "holds it for writing") != NULL); /* and who does */
    CHECK_STATUS(shoal_rwlock_read_unlock(b), SHOAL_ELOCK);
    CHECK_STATUS(shoal_rwlock_unlock(b), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_unlock(b), SHOAL_ELOCK);
}

TEST(an_upgrade_is_refused)
{
    shoal_object *a = an_rwlock(new_context()), *b = an_rwlock(new_context());
    CHECK_STATUS(shoal_rwlock_read(a, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write(a, SHOAL_FOREVER), SHOAL_ELOCK);
    CHECK(strstr(shoal_error_message(), "upgrade") != NULL);
    CHECK_STATUS(shoal_rwlock_write(a, shoal_deadline(0.2)), SHOAL_ELOCK);
    CHECK_STATUS(shoal_rwlock_write(a, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT); /* a try: nobody waits for anything */
    CHECK_STATUS(shoal_rwlock_read(b, SHOAL_NO_WAIT), SHOAL_OK);         /* nothing was left by that */
    CHECK_STATUS(shoal_rwlock_unlock(a), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_unlock(b), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write(a, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write(a, SHOAL_FOREVER), SHOAL_ELOCK);
    CHECK_STATUS(shoal_rwlock_read(a, SHOAL_FOREVER), SHOAL_ELOCK);
    CHECK_STATUS(shoal_rwlock_write(a, shoal_deadline(0.2)), SHOAL_ELOCK);
    CHECK_STATUS(shoal_rwlock_read(a, shoal_deadline(0.2)), SHOAL_ELOCK);
    CHECK_STATUS(shoal_rwlock_write(a, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    CHECK_STATUS(shoal_rwlock_read(a, SHOAL_GLANCE), SHOAL_ETIMEDOUT);
    CHECK(shoal_rwlock_is_writing(a) && !shoal_rwlock_is_reading(a));
    CHECK_STATUS(shoal_rwlock_unlock(a), SHOAL_OK);
}

TEST(a_downgrade_lets_readers_in_and_no_writer_between)
{
    shoal_object *a = an_rwlock(new_context()), *b = an_rwlock(new_context()), *c = an_rwlock(new_context());
    struct call writer = {0};
    CHECK_STATUS(shoal_rwlock_write(a, SHOAL_NO_WAIT), SHOAL_OK);
    begin_call(&writer, call_write, b, SOON);
    EVENTUALLY(count_waiters(b) == 1);
    CHECK_STATUS(shoal_rwlock_downgrade(a), SHOAL_OK);
    CHECK(shoal_rwlock_is_reading(a) && !shoal_rwlock_is_writing(a) && !shoal_rwlock_is_writing(b));
    CHECK(!writer.ended);
    CHECK_STATUS(shoal_rwlock_read(a, SHOAL_NO_WAIT), SHOAL_OK); /* it reads, so it may read again */
    CHECK_STATUS(shoal_rwlock_unlock(a), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write_unlock(a), SHOAL_ELOCK);
    CHECK_STATUS(shoal_rwlock_read_unlock(a), SHOAL_OK);
    CHECK_STATUS(end_call(&writer), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_downgrade(b), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_read(c, SHOAL_NO_WAIT), SHOAL_OK); /* nobody waits to write any more */
    CHECK_STATUS(shoal_rwlock_unlock(b), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_unlock(c), SHOAL_OK);
}

TEST(a_waiting_writer_keeps_new_readers_out)
{
    shoal_object *a = an_rwlock(new_context()), *b = an_rwlock(new_context()), *c = an_rwlock(new_context());
    struct call writer = {0};
    CHECK_STATUS(shoal_rwlock_read(a, SHOAL_NO_WAIT), SHOAL_OK);
    begin_call(&writer, call_write, b, SOON);
    EVENTUALLY(count_waiters(b) == 1);
    CHECK_STATUS(shoal_rwlock_read(c, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    CHECK_STATUS(shoal_rwlock_read(c, shoal_deadline(0.03)), SHOAL_ETIMEDOUT);
    CHECK(!writer.ended);
    CHECK_STATUS(shoal_rwlock_unlock(a), SHOAL_OK);
    CHECK_STATUS(end_call(&writer), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_unlock(b), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_read(c, SHOAL_NO_WAIT), SHOAL_OK);
}

TEST(a_thread_that_reads_may_read_again_while_a_writer_waits)
{
    shoal_object *a = an_rwlock(new_context()), *b = an_rwlock(new_context());
    struct call writer = {0};
    CHECK_STATUS(shoal_rwlock_read(a, SHOAL_NO_WAIT), SHOAL_OK);
    begin_call(&writer, call_write, b, SOON);
    EVENTUALLY(count_waiters(b) == 1);
    for (int i = 0; i < 3; i++)
        CHECK_STATUS(shoal_rwlock_read(a, SHOAL_FOREVER), SHOAL_OK);
    CHECK_STATUS(in_a_thread(call_read, a, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT); /* another thread does not read yet */
    for (int i = 0; i < 4; i++) {
        CHECK(!writer.ended && shoal_rwlock_is_reading(a));
        CHECK_STATUS(shoal_rwlock_unlock(a), SHOAL_OK);
    }
    CHECK(!shoal_rwlock_is_reading(a));
    CHECK_STATUS(end_call(&writer), SHOAL_OK);
}

enum { MANY = 40 };
struct crowd {
    shoal_object *rwlock;
    _Atomic int inside, go, done;
};

static void *read_twice(void *argument)
{
    struct crowd *crowd = argument;
    CHECK_STATUS(shoal_rwlock_read(crowd->rwlock, SOON), SHOAL_OK);
    crowd->inside++;
    EVENTUALLY(crowd->go);
    CHECK_STATUS(shoal_rwlock_write(crowd->rwlock, shoal_deadline(3)), SHOAL_ELOCK);
    CHECK_STATUS(shoal_rwlock_read(crowd->rwlock, shoal_deadline(3)), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_unlock(crowd->rwlock), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_unlock(crowd->rwlock), SHOAL_OK);
    crowd->done++;
    return NULL;
}

TEST(any_number_of_threads_that_read_may_read_again_while_a_writer_waits)
{
    struct crowd crowd = {an_rwlock(new_context()), 0, 0, 0};
    shoal_object *other = an_rwlock(new_context());
    struct call writer = {0};
    pthread_t threads[MANY];
    for (int i = 0; i < MANY; i++)
        CHECK(pthread_create(&threads[i], NULL, read_twice, &crowd) == 0);
    EVENTUALLY(crowd.inside == MANY);
    begin_call(&writer, call_write, other, SOON);
    EVENTUALLY(count_waiters(other) == 1);
    crowd.go = 1;
    for (int i = 0; i < MANY; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK_STATUS(end_call(&writer), SHOAL_OK);
    CHECK(!shoal_rwlock_is_reading(crowd.rwlock));
}

TEST(what_one_thread_holds_another_may_give_back)
{
    shoal_object *a = an_rwlock(new_context()), *b = an_rwlock(new_context());
    CHECK_STATUS(shoal_rwlock_read(a, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(in_a_thread(call_unlock, a, 0), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write(b, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(in_a_thread(call_unlock, b, 0), SHOAL_OK);
    CHECK_STATUS(in_a_thread(call_write, a, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_read(a, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT); /* threads exclude each other, too */
    CHECK_STATUS(shoal_rwlock_downgrade(a), SHOAL_OK);
    CHECK_STATUS(in_a_thread(call_read, a, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_unlock(a), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write(b, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    CHECK_STATUS(shoal_rwlock_unlock(a), SHOAL_OK); /* the ended thread's */
    CHECK_STATUS(shoal_rwlock_unlock(a), SHOAL_ELOCK);
    CHECK_STATUS(shoal_rwlock_write(b, SHOAL_NO_WAIT), SHOAL_OK);
}

TEST(unlock_gives_back_what_this_thread_holds_not_what_another_does)
{
    shoal_object *a = an_rwlock(new_context());
    CHECK_STATUS(in_a_thread(call_read, a, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_read(a, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_unlock(a), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write(a, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT); /* no upgrade: this thread reads no more */
    CHECK_STATUS(shoal_rwlock_unlock(a), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write(a, SHOAL_NO_WAIT), SHOAL_OK);
}

/* ---- Nobody starves ---- */

enum { STREAMS = 3, TURNS = 30 };

struct stream {
    struct board *board;
    int number;
    bool writes;
};

/* Inside again and again, with hardly a pause, so that there is always one of them inside or waiting. */
static void stream(void *argument)
{
    const struct stream *it = argument;
    shoal_object *rwlock = an_rwlock(new_context());
    while (it->board->step == 0) {
        CHECK_STATUS(it->writes ? shoal_rwlock_write(rwlock, SOON) : shoal_rwlock_read(rwlock, SOON), SHOAL_OK);
        atomic_fetch_add(&it->board->count[it->number], 1);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        CHECK_STATUS(shoal_rwlock_unlock(rwlock), SHOAL_OK);
    }
}

static double longest_turn(bool writers_stream)
{
    struct board *board = new_board();
    shoal_object *rwlock = an_rwlock(new_context());
    struct stream streams[STREAMS];
    pid_t children[STREAMS];
    double longest = 0;
    for (int i = 0; i < STREAMS; i++) {
        streams[i] = (struct stream){board, i, writers_stream};
        children[i] = process(stream, &streams[i]);
    }
    for (int i = 0; i < STREAMS; i++)
        EVENTUALLY(board->count[i] > 3);
    for (int i = 0; i < TURNS; i++) {
        shoal_time start = shoal_now();
        CHECK_STATUS(writers_stream ? shoal_rwlock_read(rwlock, SOON) : shoal_rwlock_write(rwlock, SOON), SHOAL_OK);
        longest = seconds_since(start) > longest ? seconds_since(start) : longest;
        CHECK_STATUS(shoal_rwlock_unlock(rwlock), SHOAL_OK);
    }
    board->step = 1;
    for (int i = 0; i < STREAMS; i++)
        join(children[i]);
    return longest;
}

/* The bounds are those of docs/recovery.md, with room for a machine that is busy with other things. */
TEST(a_writer_is_not_starved_by_a_stream_of_readers)
{
    double longest = longest_turn(false);
    printf("a writer among %d streams of readers waited %.1f ms at most\n", STREAMS, longest * 1e3);
    CHECK(longest < 0.5);
}

TEST(a_reader_is_not_starved_by_a_stream_of_writers)
{
    double longest = longest_turn(true);
    printf("a reader among %d streams of writers waited %.1f ms at most\n", STREAMS, longest * 1e3);
    CHECK(longest < 0.5);
}

struct hungry {
    shoal_object *rwlock;
    struct board *board;
    double longest;
    _Atomic int turns;
};

static void *read_now_and_then(void *argument)
{
    struct hungry *it = argument;
    while (it->board->step == 0) {
        shoal_time start = shoal_now();
        CHECK_STATUS(shoal_rwlock_read(it->rwlock, SOON), SHOAL_OK);
        it->longest = seconds_since(start) > it->longest ? seconds_since(start) : it->longest;
        it->turns++;
        CHECK_STATUS(shoal_rwlock_unlock(it->rwlock), SHOAL_OK);
    }
    return NULL;
}

TEST(no_thread_of_a_process_that_reads_is_starved_by_a_stream_of_writers)
{
    struct board *board = new_board();
    struct stream streams[2];
    struct hungry readers[4] = {0};
    pthread_t threads[4];
    pid_t children[2];
    double longest = 0;
    shoal_object *rwlock = an_rwlock(new_context());
    for (int i = 0; i < 2; i++) {
        streams[i] = (struct stream){board, i, true};
        children[i] = process(stream, &streams[i]);
    }
    for (int i = 0; i < 4; i++) {
        readers[i].rwlock = rwlock;
        readers[i].board = board;
        CHECK(pthread_create(&threads[i], NULL, read_now_and_then, &readers[i]) == 0);
    }
    for (int i = 0; i < 4; i++)
        EVENTUALLY(readers[i].turns >= TURNS);
    board->step = 1;
    for (int i = 0; i < 4; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        longest = readers[i].longest > longest ? readers[i].longest : longest;
    }
    for (int i = 0; i < 2; i++)
        join(children[i]);
    printf("one of four threads waited %.1f ms at most to read\n", longest * 1e3);
    CHECK(longest < 0.5);
}

static void wait_to_read(void *argument)
{
    shoal_object *rwlock = an_rwlock(new_context());
    (void)argument;
    shoal_rwlock_read(rwlock, SHOAL_FOREVER);
    pause();
}

/* A reader that is stopped in its wait is alive, and does not come: its turn is 10 ms, and it is one. */
static pid_t stopped_reader(shoal_object *rwlock)
{
    pid_t reader = process(wait_to_read, NULL);
    EVENTUALLY(count_waiters(rwlock) == 1);
    CHECK(kill(reader, SIGSTOP) == 0);
    return reader;
}

TEST(a_stopped_reader_delays_a_writer_by_its_turn_and_no_more)
{
    shoal_object *a = an_rwlock(new_context()), *b = an_rwlock(new_context());
    struct call writer = {0};
    double best = 1;
    for (int i = 0; i < 3 && best > 0.02; i++) {
        CHECK_STATUS(shoal_rwlock_write(a, SOON), SHOAL_OK);
        pid_t reader = stopped_reader(a);
        begin_call(&writer, call_write, b, SOON);
        nanosleep(&(struct timespec){.tv_nsec = 340000000},
                  NULL); /* its slices are at their longest by now, and one has just begun */
        shoal_time released = shoal_now();
        CHECK_STATUS(shoal_rwlock_unlock(a), SHOAL_OK);
        CHECK_STATUS(end_call(&writer), SHOAL_OK);
        best = seconds_since(released) < best ? seconds_since(released) : best;
        CHECK_STATUS(shoal_rwlock_unlock(b), SHOAL_OK);
        kill_now(reader);
    }
    CHECK(best < 0.03);
}

TEST(a_stopped_reader_does_not_keep_those_out_for_ever_who_only_try_to_write)
{
    shoal_object *a = an_rwlock(new_context());
    CHECK_STATUS(shoal_rwlock_write(a, SOON), SHOAL_OK);
    pid_t reader = stopped_reader(a);
    CHECK_STATUS(shoal_rwlock_unlock(a), SHOAL_OK);
    shoal_time start = shoal_now();
    while (shoal_rwlock_write(a, SHOAL_NO_WAIT) != SHOAL_OK) {
        CHECK(seconds_since(start) < 2);
        nap();
    }
    CHECK_STATUS(shoal_rwlock_unlock(a), SHOAL_OK);
    kill_now(reader);
}

/* ---- Looking ---- */

TEST(readers_and_the_writer_are_seen)
{
    shoal_object *a = an_rwlock(new_context()), *b = an_rwlock(new_context());
    shoal_owner owners[8], owner;
    size_t count;
    CHECK_STATUS(shoal_rwlock_read(a, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(in_a_thread(call_read, a, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_read(b, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_object_holders(owners, 8, &count, a), SHOAL_OK);
    CHECK(count == 2 && owners[0].pid == getpid() && owners[1].pid == getpid());
    CHECK(owners[0].count + owners[1].count == 3 && owners[0].alive && owners[1].alive);
    CHECK_STATUS(shoal_lock_owner(&owner, a), SHOAL_OK);
    CHECK(owner.pid == 0);
    CHECK_STATUS(shoal_object_holders(owners, 1, &count, a), SHOAL_OK);
    CHECK(count == 2);
    CHECK_STATUS(shoal_rwlock_unlock(a), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_unlock(a), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_unlock(b), SHOAL_OK);
    CHECK(count_holders(a) == 0);
    CHECK_STATUS(shoal_rwlock_write(b, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_object_holders(owners, 8, &count, a), SHOAL_OK);
    CHECK(count == 1 && owners[0].pid == getpid() && owners[0].thread == (int)getpid() && owners[0].since > 1.6e9);
    CHECK_STATUS(shoal_lock_owner(&owner, a), SHOAL_OK);
    CHECK(owner.pid == getpid() && owner.alive);
}

TEST(a_readonly_attach_sees_the_rwlock_and_cannot_take_it)
{
    shoal_object *a = an_rwlock(new_context()), *seen;
    CHECK_STATUS(shoal_object_open(&seen, open_readonly(new_context(), "locks"), "rw", 2), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_read(seen, SHOAL_NO_WAIT), SHOAL_EREADONLY);
    CHECK_STATUS(shoal_rwlock_write(seen, SHOAL_NO_WAIT), SHOAL_EREADONLY);
    CHECK_STATUS(shoal_rwlock_unlock(seen), SHOAL_EREADONLY);
    CHECK(count_holders(seen) == 0);
    CHECK_STATUS(shoal_rwlock_read(a, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(count_holders(seen) == 1 && !shoal_rwlock_is_reading(seen));
    CHECK_STATUS(shoal_rwlock_unlock(a), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write(a, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(count_holders(seen) == 1 && !shoal_rwlock_is_writing(seen));
}

TEST(rwlock_functions_want_an_rwlock)
{
    shoal_context *context = new_context();
    shoal_object *lock = a_lock(context), *rwlock;
    CHECK_STATUS(shoal_rwlock_read(lock, SHOAL_NO_WAIT), SHOAL_ETYPE);
    CHECK_STATUS(shoal_rwlock_write(lock, SHOAL_NO_WAIT), SHOAL_ETYPE);
    CHECK_STATUS(shoal_rwlock_unlock(lock), SHOAL_ETYPE);
    CHECK_STATUS(shoal_rwlock_downgrade(lock), SHOAL_ETYPE);
    CHECK(!shoal_rwlock_is_reading(lock) && !shoal_rwlock_is_writing(lock) && !shoal_rwlock_recovered(lock));
    CHECK_STATUS(shoal_rwlock_open(&rwlock, open_or_create(context, "locks"), "l", 1), SHOAL_EMISMATCH);
    CHECK(rwlock == NULL);
    CHECK_STATUS(shoal_lock_acquire(an_rwlock(context), false, SHOAL_NO_WAIT), SHOAL_ETYPE);
}

/* ---- Exclusion, by counting ---- */

struct pair {
    shoal_object *rwlock;
    volatile int64_t *words;
};

static void *read_and_write(void *argument)
{
    const struct pair *pair = argument;
    for (int i = 0; i < 2000; i++) {
        if (i % 4) {
            CHECK_STATUS(shoal_rwlock_read(pair->rwlock, SOON), SHOAL_OK);
            CHECK(pair->words[0] == pair->words[1]);
            CHECK_STATUS(shoal_rwlock_unlock(pair->rwlock), SHOAL_OK);
            continue;
        }
        CHECK_STATUS(shoal_rwlock_write(pair->rwlock, SOON), SHOAL_OK);
        pair->words[0]++;
        if (i % 64 == 0)
            sched_yield();
        pair->words[1]++;
        if (i % 8 == 0)
            CHECK_STATUS(shoal_rwlock_downgrade(pair->rwlock), SHOAL_OK);
        CHECK_STATUS(shoal_rwlock_unlock(pair->rwlock), SHOAL_OK);
    }
    return NULL;
}

static void in_two_threads(void *argument)
{
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        CHECK(pthread_create(&threads[i], NULL, read_and_write, argument) == 0);
    for (int i = 0; i < 2; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
}

TEST(what_a_writer_changes_no_reader_sees_half)
{
    shoal_context *context = new_context();
    shoal_object *array = open_array(open_or_create(context, "locks"), "n", "int64", 2);
    struct pair pair = {an_rwlock(context), (volatile int64_t *)(void *)view_of(array).data};
    pid_t children[3];
    for (int i = 0; i < 3; i++)
        children[i] = process(in_two_threads, &pair);
    for (int i = 0; i < 3; i++)
        join(children[i]);
    CHECK(pair.words[0] == 3 * 2 * 500 && pair.words[1] == pair.words[0]);
    check_sound(open_or_create(context, "locks"));
}
