/* check() of a segment that others use: it holds nobody up, waits for nobody, and says neither too much nor too little. */
#include "check.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>

#include "scratch.h"
#include "segment/alive.h"
#include "segment/directory.h"
#include "segment/heap.h"
#include "segment/journal.h"
#include "segment/lock.h"

#define MANY 30000 /* names: a look at them takes longer than anybody may hold the structure's lock */

static shoal_segment *segment;
static char said[4096];

static void remember(void *argument, const char *finding)
{
    (void)argument;
    strncat(said, finding, sizeof said - 1 - strlen(said));
}

static void put_numbered(shoal_segment *into, const char *what, int i)
{
    char name[32];
    CHECK_STATUS(shoal_value_put(into, name, (size_t)snprintf(name, sizeof name, "%s%d", what, i), &i, sizeof i),
                 SHOAL_OK);
}

static void remove_numbered(shoal_segment *from, const char *what, int i)
{
    char name[32];
    CHECK_STATUS(shoal_object_remove(from, name, (size_t)snprintf(name, sizeof name, "%s%d", what, i)), SHOAL_OK);
}

static void make(int names)
{
    shoal_options options;
    shoal_options_init(&options);
    options.size = 64 << 20;
    CHECK_STATUS(shoal_create(&segment, new_context(), "live", &options), SHOAL_OK);
    for (int i = 0; i < names; i++)
        put_numbered(segment, "k", i);
}

/* ---- Others that stand still ---- */

static shoal_segment *stopped_in_a_change(void)
{
    shoal_segment *its = open_or_create(new_context(), "live");
    struct header_sh *header = shoal__header(its);
    shoal__lock(its);
    shoal__change(its, &header->used, header->used + 1);
    shoal__change(its, &header->removed, 7);
    shoal__publish(its, &header->objects, 77);
    return its;
}

TEST(a_check_does_not_wait_for_who_has_the_lock)
{
    make(10);
    shoal__lock(open_or_create(new_context(), "live"));
    alarm(10);
    check_sound(segment);
    check_sound(open_readonly(new_context(), "live"));
}

TEST(a_check_of_a_change_that_stands_still_sees_what_was_before_it_and_changes_nothing)
{
    make(10);
    shoal_segment *its = stopped_in_a_change(), *reader = open_readonly(new_context(), "live");
    alarm(10);
    check_sound(segment);
    check_sound(reader);
    CHECK(shoal__header(its)->removed == 7 && shoal__journal(its)->undo_count == 2);
    store_release(&shoal__journal(its)->committed, 1); /* and now what comes after it, of which nothing is stored yet */
    CHECK(shoal_check(segment, remember, NULL) > 0 && strstr(said, "the header counts 77"));
    *said = 0;
    CHECK(shoal_check(reader, remember, NULL) > 0 && strstr(said, "the header counts 77"));
    CHECK(load_relaxed(&shoal__header(its)->objects) == 10);
}

static void every_300_us(int signal)
{
    (void)signal;
}

TEST(a_change_that_stands_still_is_seen_to_by_the_clock_whatever_signals_come)
{
    make(10);
    stopped_in_a_change();
    const struct itimerval often = {{0, 300}, {0, 300}};
    CHECK(sigaction(SIGALRM, &(struct sigaction){.sa_handler = every_300_us}, NULL) == 0);
    CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
    shoal_time start = shoal_now();
    check_sound(segment);
    CHECK(shoal_now() - start >= 10000000 && shoal_now() - start < (shoal_time)5000000000);
}

/* In a child, which does not outlive a test that fails. */
static shoal_segment *join_for_good(void)
{
    CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
    return open_or_create(new_context(), "live");
}

static void check_without_end(void *unused)
{
    (void)unused;
    shoal_segment *its = join_for_good();
    for (;;)
        shoal_check(its, NULL, NULL);
}

TEST(who_is_stopped_in_a_check_stops_nobody)
{
    make(MANY);
    pid_t child = in_child(check_without_end, NULL);
    while (shoal__peers_alive(segment) < 2)
        usleep(1000);
    for (int i = 0, status; i < 20; i++) {
        usleep(3000 + i * 700);
        kill(child, SIGSTOP);
        CHECK(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
        alarm(20);
        put_numbered(segment, "x", i);
        alarm(0);
        kill(child, SIGCONT);
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    check_sound(segment);
}

/* ---- Others that never stand still ---- */

static void put_and_remove_without_end(void *unused)
{
    (void)unused;
    shoal_segment *its = join_for_good();
    for (int i = 0;; i++) {
        put_numbered(its, "w", i % 500);
        if (i % 3 == 0)
            remove_numbered(its, "w", i % 500);
    }
}

static void make_and_remove_without_end(void *unused)
{
    (void)unused;
    shoal_segment *its = join_for_good();
    for (int i = 0;; i++) {
        char name[32];
        shoal_object *counter;
        size_t length = (size_t)snprintf(name, sizeof name, "c%d", i % 300);
        CHECK_STATUS(shoal_counter_open(&counter, its, name, length, 0), SHOAL_OK);
        CHECK_STATUS(shoal_object_remove(its, name, length), SHOAL_OK);
        shoal_object_close(counter);
    }
}

/* What is in the way of a look: `act`, as often as it can be done. */
static pid_t beside(void (*act)(void *))
{
    uint32_t before = load_acquire(&shoal__journal(segment)->changes);
    pid_t child = in_child(act, NULL);
    while (load_acquire(&shoal__journal(segment)->changes) < before + 2000)
        usleep(1000);
    return child;
}

static void checks_are_sound_beside(void (*act)(void *), int names)
{
    make(names);
    shoal_segment *reader = open_readonly(new_context(), "live");
    pid_t child = beside(act);
    for (int i = 0; i < 3; i++) {
        check_sound(segment);
        check_sound(reader);
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    check_sound(segment);
}

TEST(a_check_of_many_names_ends_beside_values_that_come_and_go_without_pause)
{
    checks_are_sound_beside(put_and_remove_without_end, MANY);
}

TEST(a_check_of_many_names_ends_beside_objects_that_come_and_go_without_pause)
{
    checks_are_sound_beside(make_and_remove_without_end, MANY);
}

TEST(a_check_of_few_names_ends_beside_values_that_come_and_go_without_pause)
{
    checks_are_sound_beside(put_and_remove_without_end, 100);
}

static struct entry_sh *entry_of(const char *name)
{
    struct shoal_found found;
    CHECK_STATUS(shoal__find(&found, segment, name, strlen(name), shoal__name_hash(segment, name, strlen(name))),
                 SHOAL_OK);
    return found.entry;
}

/* It says what is wrong, or that this seems to be wrong: never that all is well. */
static void check_does_not_miss(shoal_segment *its, const char *words)
{
    *said = 0;
    int findings = shoal_check(its, remember, NULL);
    if (findings == SHOAL_ETIMEDOUT)
        snprintf(said, sizeof said, "%s", shoal_error_message());
    else
        CHECK(findings > 0);
    CHECK(strstr(said, words) != NULL);
}

TEST(what_is_wrong_is_not_missed_beside_values_that_come_and_go_without_pause)
{
    shoal_object *counter;
    make(MANY);
    CHECK_STATUS(shoal_counter_open(&counter, segment, "counted", 7, 0), SHOAL_OK);
    shoal_segment *reader = open_readonly(new_context(), "live");
    pid_t child = beside(put_and_remove_without_end);
    entry_of("counted")->pins++;
    check_does_not_miss(segment, "\"counted\" counts");
    check_does_not_miss(reader, "\"counted\" counts");
    entry_of("counted")->pins--;
    check_sound(segment);
    struct entry_sh *entry = entry_of("k17");
    uint32_t body = load_relaxed(&entry->body[0]);
    store_release(&entry->body[0],
                  load_relaxed(&entry_of("k18")->body[0])); /* k17's is nobody's now, k18's has two owners */
    check_does_not_miss(segment, "");
    check_does_not_miss(reader, "");
    store_release(&entry->body[0], body);
    check_sound(reader);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    check_sound(segment);
}

TEST(what_is_wrong_in_few_names_is_told_for_sure_beside_values_that_come_and_go_without_pause)
{
    shoal_object *counter;
    make(100);
    CHECK_STATUS(shoal_counter_open(&counter, segment, "counted", 7, 0), SHOAL_OK);
    pid_t child = beside(put_and_remove_without_end);
    entry_of("counted")->pins++;
    for (int i = 0; i < 10; i++) {
        *said = 0;
        int findings = shoal_check(segment, remember, NULL);
        CHECK(findings == SHOAL_ETIMEDOUT || findings == 1); /* the former where a look took long: on a busy machine */
        CHECK(findings == SHOAL_ETIMEDOUT || strncmp(said, "\"counted\" counts", 16) == 0);
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    entry_of("counted")->pins--;
    check_sound(segment);
}

/* ---- Of a dead owner ---- */

static void die_in_a_change(void *unused)
{
    (void)unused;
    stopped_in_a_change();
}

TEST(a_check_beside_who_died_in_a_change_sees_it_undone)
{
    make(10);
    shoal_segment *reader = open_readonly(new_context(), "live");
    die_after(die_in_a_change, NULL);
    check_sound(reader);
    CHECK(shoal__header(segment)->removed == 7); /* a reader mends nothing */
    check_sound(segment);
    CHECK(shoal__header(segment)->removed == 0); /* a writer does, as any call of his would */
}
