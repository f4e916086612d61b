/* A process whose first thread has ended by pthread_exit: /proc/self is that thread's, which has no descriptors any more. */
#include "check.h"

#include "scratch.h"

#include <sched.h>

static shoal_context *context;
static shoal_segment *segment, *anonymous, *unlinked, *reader;

static void add_in_a_child(shoal_segment *to)
{
    int64_t value;
    shoal_object *counter;
    CHECK_STATUS(shoal_counter_open(&counter, to, "counter", 7, 41), SHOAL_OK);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        CHECK_STATUS(shoal_counter_add(&value, counter, 1), SHOAL_OK);
        _exit(0);
    }
    join(child);
    CHECK(shoal_counter_value(&value, counter) == SHOAL_OK && value == 42);
}

static void read_in_a_child(void)
{
    shoal_object *counter;
    CHECK_STATUS(shoal_counter_open(&counter, reader, "counter", 7, 0), SHOAL_OK);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        CHECK_STATUS(shoal_object_usable(counter), SHOAL_OK);
        _exit(0);
    }
    join(child);
}

static void *use_all(void *unused)
{
    char link[8];
    shoal_segment *other;
    while (readlink("/proc/self/fd/2", link, sizeof link) > 0)
        sched_yield();
    add_in_a_child(segment);
    add_in_a_child(anonymous);
    add_in_a_child(unlinked);
    read_in_a_child();
    CHECK_STATUS(shoal_create(&other, context, NULL, NULL), SHOAL_OK);
    CHECK_STATUS(shoal_create(&other, context, "new", NULL), SHOAL_OK);
    CHECK_STATUS(shoal_open_fd(&other, new_context(), shoal_segment_fd(other), NULL), SHOAL_OK);
    CHECK_STATUS(shoal_segment_backup(segment, path_of("copy"), false), SHOAL_OK);
    CHECK_STATUS(shoal_segment_backup(segment, path_of("copy"), true), SHOAL_OK);
    exit(0);
    return unused;
}

TEST(nothing_is_lost_when_the_first_thread_has_ended)
{
    pthread_t thread;
    context = new_context();
    segment = open_or_create(context, "named");
    unlinked = open_or_create(context, "unlinked");
    reader = open_readonly(new_context(), "named");
    CHECK_STATUS(shoal_create(&anonymous, context, NULL, NULL), SHOAL_OK);
    CHECK_STATUS(shoal_segment_unlink(unlinked), SHOAL_OK);
    CHECK(pthread_create(&thread, NULL, use_all, NULL) == 0);
    pthread_exit(NULL);
}
