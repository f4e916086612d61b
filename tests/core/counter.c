/* Counters. */
#include "check.h"

#include "scratch.h"

#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/time.h>

static shoal_object *open_counter(shoal_context *context, const char *name, int64_t initial)
{
    shoal_object *counter;
    shoal_segment *segment = open_or_create(context, "counters");
    CHECK_STATUS(shoal_counter_open(&counter, segment, name, strlen(name), initial), SHOAL_OK);
    return counter;
}

static int64_t value_of(const shoal_object *counter)
{
    int64_t value;
    CHECK_STATUS(shoal_counter_value(&value, counter), SHOAL_OK);
    return value;
}

TEST(a_counter_counts_from_its_first_initial_value)
{
    shoal_object *counter = open_counter(new_context(), "n", -7), *same = open_counter(new_context(), "n", 99);
    int64_t value;
    bool swapped;
    CHECK(value_of(same) == -7);
    CHECK_STATUS(shoal_counter_add(&value, counter, 10), SHOAL_OK);
    CHECK(value == 3 && value_of(same) == 3);
    CHECK_STATUS(shoal_counter_sub(&value, same, 5), SHOAL_OK);
    CHECK(value == -2);
    CHECK_STATUS(shoal_counter_exchange(&value, counter, 100), SHOAL_OK);
    CHECK(value == -2 && value_of(same) == 100);
    CHECK_STATUS(shoal_counter_compare_exchange(&swapped, counter, 99, 1), SHOAL_OK);
    CHECK(!swapped && value_of(counter) == 100);
    CHECK_STATUS(shoal_counter_compare_exchange(&swapped, counter, 100, INT64_MIN), SHOAL_OK);
    CHECK(swapped && value_of(same) == INT64_MIN);
}

TEST(overflow_is_refused_and_changes_nothing)
{
    shoal_object *counter = open_counter(new_context(), "n", INT64_MAX - 1);
    int64_t value;
    CHECK_STATUS(shoal_counter_add(&value, counter, 1), SHOAL_OK);
    CHECK(value == INT64_MAX);
    CHECK_STATUS(shoal_counter_add(&value, counter, 1), SHOAL_EOVERFLOW);
    CHECK_STATUS(shoal_counter_sub(&value, counter, -1), SHOAL_EOVERFLOW);
    CHECK_STATUS(shoal_counter_sub(&value, counter, INT64_MIN), SHOAL_EOVERFLOW);
    CHECK(value_of(counter) == INT64_MAX);
    CHECK_STATUS(shoal_counter_exchange(&value, counter, INT64_MIN), SHOAL_OK);
    CHECK_STATUS(shoal_counter_sub(&value, counter, 1), SHOAL_EOVERFLOW);
    CHECK_STATUS(shoal_counter_add(&value, counter, -1), SHOAL_EOVERFLOW);
    CHECK(value_of(counter) == INT64_MIN);
    CHECK_STATUS(shoal_counter_add(&value, counter, INT64_MAX), SHOAL_OK);
    CHECK(value == -1);
    CHECK_STATUS(shoal_counter_sub(&value, counter, INT64_MIN), SHOAL_OK);
    CHECK(value == INT64_MAX);
}

static void *add_many(void *counter)
{
    int64_t value;
    for (int i = 0; i < 20000; i++)
        CHECK_STATUS(shoal_counter_add(&value, counter, 3), SHOAL_OK);
    return NULL;
}

static void add_in_threads(void *counter)
{
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        CHECK(pthread_create(&threads[i], NULL, add_many, counter) == 0);
    for (int i = 0; i < 3; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
}

TEST(no_addition_of_threads_and_processes_is_lost)
{
    shoal_object *counter = open_counter(new_context(), "n", 0);
    pid_t children[3];
    for (int i = 0; i < 3; i++)
        children[i] = in_child(add_in_threads, counter);
    add_in_threads(counter);
    for (int i = 0; i < 3; i++)
        join(children[i]);
    CHECK(value_of(counter) == 4 * 3 * 20000 * 3);
}

/* ---- Beyond the values that are added to without a look ---- */

#define BEYOND ((int64_t)1 << 61) /* docs/format.md, Counter */

TEST(a_value_may_go_anywhere_and_come_back)
{
    static const int64_t places[] = {0,          BEYOND,          BEYOND - 1,    -BEYOND,       BEYOND + 1,
                                     2 * BEYOND, -2 * BEYOND - 1, INT64_MAX - 9, INT64_MIN + 9, 5};
    shoal_object *counter = open_counter(new_context(), "n", 0);
    int64_t value, before = 0;
    bool swapped;
    for (size_t i = 0; i < 2 * sizeof places / sizeof *places; i++) {
        int64_t place = places[i % (sizeof places / sizeof *places)];
        CHECK_STATUS(shoal_counter_exchange(&value, counter, place), SHOAL_OK);
        CHECK(value == before && value_of(counter) == place);
        CHECK_STATUS(shoal_counter_add(&value, counter, 9), SHOAL_OK);
        CHECK(value == place + 9 && value_of(counter) == place + 9);
        CHECK_STATUS(shoal_counter_sub(&value, counter, 18), SHOAL_OK);
        CHECK(value == place - 9);
        CHECK_STATUS(shoal_counter_compare_exchange(&swapped, counter, place, 7), SHOAL_OK);
        CHECK(!swapped);
        CHECK_STATUS(shoal_counter_compare_exchange(&swapped, counter, place - 9, place), SHOAL_OK);
        CHECK(swapped && value_of(counter) == place);
        before = place;
    }
}

TEST(a_large_step_takes_a_value_from_one_end_to_the_other)
{
    shoal_object *counter = open_counter(new_context(), "n", 3);
    int64_t value;
    CHECK_STATUS(shoal_counter_add(&value, counter, INT64_MAX), SHOAL_EOVERFLOW);
    CHECK_STATUS(shoal_counter_add(&value, counter, INT64_MAX - 3), SHOAL_OK);
    CHECK(value == INT64_MAX);
    CHECK_STATUS(shoal_counter_sub(&value, counter, INT64_MAX), SHOAL_OK);
    CHECK_STATUS(shoal_counter_sub(&value, counter, INT64_MAX), SHOAL_OK);
    CHECK(value == -INT64_MAX && value_of(counter) == -INT64_MAX);
}

TEST(small_additions_pass_the_limit_and_nothing_is_lost)
{
    shoal_object *counter = open_counter(new_context(), "n", BEYOND - 100000);
    int64_t value;
    for (int64_t i = 1; i <= 10; i++) {
        CHECK_STATUS(shoal_counter_add(&value, counter, 65536), SHOAL_OK);
        CHECK(value == BEYOND - 100000 + 65536 * i && value_of(counter) == value);
    }
}

static void pass_and_wait(void *counter)
{
    int64_t value;
    CHECK_STATUS(shoal_counter_wait(counter, 0, shoal_deadline(20)), SHOAL_OK);
    CHECK_STATUS(shoal_counter_add(&value, counter, 1), SHOAL_OK);
    CHECK(value == 3 * BEYOND + 1);
    CHECK_STATUS(shoal_counter_wait(counter, 3 * BEYOND + 1, shoal_deadline(20)), SHOAL_OK);
    CHECK_STATUS(shoal_counter_add(&value, counter, 1), SHOAL_OK);
    CHECK(value == 11);
}

TEST(waiters_are_woken_when_the_value_goes_far_and_when_it_comes_back)
{
    shoal_object *counter = open_counter(new_context(), "n", 0);
    int64_t value;
    shoal_time start = shoal_now();
    for (int i = 0; i < 20; i++) {
        pid_t child = in_child(pass_and_wait, counter);
        CHECK_STATUS(shoal_counter_exchange(&value, counter, 3 * BEYOND), SHOAL_OK);
        CHECK_STATUS(shoal_counter_wait(counter, 3 * BEYOND, shoal_deadline(20)), SHOAL_OK);
        CHECK_STATUS(shoal_counter_exchange(&value, counter, 10), SHOAL_OK);
        CHECK_STATUS(shoal_counter_wait(counter, 10, shoal_deadline(20)), SHOAL_OK);
        join(child);
        CHECK_STATUS(shoal_counter_exchange(&value, counter, 0), SHOAL_OK);
        CHECK(value == 11);
    }
    CHECK(seconds_since(start) < 8); /* woken, not found out by looking again every 100 ms */
}

/* What the processes of one round share: when they begin, and what was added in all. */
struct edge {
    _Atomic int ready;
    _Atomic int64_t added, refused;
    shoal_object *counter;
};
#define ROUNDS_AT_THE_EDGE 20
#define ADDERS 3

static struct edge *edges;

static void meet(struct edge *edge, int count)
{
    for (atomic_fetch_add(&edge->ready, 1); atomic_load(&edge->ready) < count;)
        sched_yield();
}

/* Add in small steps, and note what was not refused. */
static void add_at_the_edge(void *unused)
{
    (void)unused;
    alarm(60); /* who waits for somebody who failed does not wait for ever */
    for (struct edge *edge = edges; edge < edges + ROUNDS_AT_THE_EDGE; edge++) {
        int64_t value, added = 0, refused = 0;
        meet(edge, ADDERS + 1);
        for (int i = 0; i < 5000; i++) {
            int64_t n = 1 + i % 3;
            int status =
                i % 2 ? shoal_counter_add(&value, edge->counter, n) : shoal_counter_sub(&value, edge->counter, -n);
            CHECK(status == SHOAL_OK || status == SHOAL_EOVERFLOW);
            added += status == SHOAL_OK ? n : 0;
            refused += status != SHOAL_OK;
        }
        atomic_fetch_add(&edge->added, added);
        atomic_fetch_add(&edge->refused, refused);
        meet(edge, 2 * ADDERS + 2);
    }
}

/* Set the value to the very edge and back beside them: what each exchange finds beyond what the last one set was added. */
TEST(additions_that_race_with_exchanges_to_the_edge_are_counted_or_refused)
{
    static const int64_t places[] = {INT64_MAX - 40, INT64_MAX, BEYOND - 20, INT64_MAX - 5, 0};
    shoal_context *context = new_context();
    alarm(60);
    edges = mmap(NULL, ROUNDS_AT_THE_EDGE * sizeof *edges, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < ROUNDS_AT_THE_EDGE; i++) {
        char name[20];
        snprintf(name, sizeof name, "edge %d", i);
        edges[i].counter = open_counter(context, name, 0);
    }
    pid_t children[ADDERS];
    for (int i = 0; i < ADDERS; i++)
        children[i] = in_child(add_at_the_edge, NULL);
    for (struct edge *edge = edges; edge < edges + ROUNDS_AT_THE_EDGE; edge++) {
        int64_t set = 0, found = 0, value;
        meet(edge, ADDERS + 1);
        while (value_of(edge->counter) < 300) /* it moves in the midst of additions */
            sched_yield();
        for (int i = 0; i < 40; i++) {
            CHECK_STATUS(shoal_counter_exchange(&value, edge->counter, places[i % 5]), SHOAL_OK);
            CHECK(value >= set); /* never wrapped */
            found += value - set;
            set = places[i % 5];
        }
        while (atomic_load(&edge->ready) < 2 * ADDERS + 1)
            sched_yield();
        found += value_of(edge->counter) - set;
        CHECK(found == atomic_load(&edge->added));
        atomic_fetch_add(&edge->ready, 1);
    }
    for (int i = 0; i < ADDERS; i++)
        join(children[i]);
}

TEST(a_wait_ends_when_the_value_differs_or_time_is_up)
{
    shoal_object *counter = open_counter(new_context(), "n", 5);
    CHECK_STATUS(shoal_counter_wait(counter, 4, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_counter_wait(counter, 5, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    shoal_time start = shoal_now();
    CHECK_STATUS(shoal_counter_wait(counter, 5, shoal_deadline(0.2)), SHOAL_ETIMEDOUT);
    CHECK(seconds_since(start) >= 0.2 && seconds_since(start) < 1.5);
    CHECK_STATUS(shoal_counter_wait(counter, 5, shoal_deadline(-1)), SHOAL_ETIMEDOUT);
}

/* Answers each odd value with the next even one. */
static void play_pong(void *counter)
{
    int64_t value;
    for (int i = 0; i < 200; i++) {
        CHECK_STATUS(shoal_counter_wait(counter, 2 * i, shoal_deadline(20)), SHOAL_OK);
        CHECK_STATUS(shoal_counter_add(&value, counter, 1), SHOAL_OK);
        CHECK(value == 2 * i + 2);
    }
}

TEST(waiters_of_two_processes_wake_each_other)
{
    shoal_context *context = new_context();
    shoal_object *counter = open_counter(context, "n", 0), *seen;
    shoal_segment *readonly = open_readonly(new_context(), "counters");
    CHECK_STATUS(shoal_object_open(&seen, readonly, "n", 1), SHOAL_OK);
    pid_t child = in_child(play_pong, counter);
    shoal_time start = shoal_now();
    for (int i = 0; i < 200; i++) {
        int64_t value;
        CHECK_STATUS(shoal_counter_add(&value, counter, 1), SHOAL_OK);
        CHECK(value == 2 * i + 1);
        CHECK_STATUS(shoal_counter_wait(seen, 2 * i + 1, shoal_deadline(20)), SHOAL_OK); /* readonly waits, too */
    }
    CHECK(seconds_since(start) < 8); /* woken, not found out by looking again every 100 ms */
    join(child);
    CHECK(value_of(counter) == 400);
}

static void ignore_signal(int number)
{
    (void)number;
}

TEST(a_signal_ends_the_wait)
{
    shoal_object *counter = open_counter(new_context(), "n", 5);
    struct sigaction action = {.sa_handler = ignore_signal}; /* without SA_RESTART */
    sigaction(SIGALRM, &action, NULL);
    /* Again and again: one that comes between two slices, on a busy machine, ends no sleep. */
    setitimer(ITIMER_REAL, &(struct itimerval){{0, 300000}, {1, 0}}, NULL);
    shoal_time start = shoal_now();
    CHECK_STATUS(shoal_counter_wait(counter, 5, SHOAL_FOREVER), SHOAL_EINTR);
    CHECK(seconds_since(start) < 5);
}

TEST(a_readonly_attach_reads_and_does_not_change)
{
    shoal_context *context = new_context();
    open_counter(context, "n", 5);
    shoal_segment *readonly = open_readonly(new_context(), "counters");
    shoal_object *counter;
    int64_t value = 77;
    bool swapped;
    CHECK_STATUS(shoal_counter_open(&counter, readonly, "n", 1, 0), SHOAL_OK);
    CHECK(value_of(counter) == 5 && shoal_object_readonly(counter));
    CHECK_STATUS(shoal_counter_add(&value, counter, 1), SHOAL_EREADONLY);
    CHECK_STATUS(shoal_counter_sub(&value, counter, 1), SHOAL_EREADONLY);
    CHECK_STATUS(shoal_counter_exchange(&value, counter, 1), SHOAL_EREADONLY);
    CHECK_STATUS(shoal_counter_compare_exchange(&swapped, counter, 5, 1), SHOAL_EREADONLY);
    CHECK_STATUS(shoal_counter_open(&counter, readonly, "new", 3, 0), SHOAL_EREADONLY);
    CHECK(counter == NULL && shoal_object_find(readonly, "new", 3) == SHOAL_ENOKEY);
}
