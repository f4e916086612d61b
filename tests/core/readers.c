/* What a readonly attach has open: byte locks that writers ask about, of which the kernel must not have to walk many. */
#include "check.h"

#include <inttypes.h>

#include "scratch.h"

#define MANY 3000
#define READERS 8

static shoal_object *open_named(shoal_segment *segment, const char *kind, int number)
{
    char name[32];
    shoal_object *object;
    snprintf(name, sizeof name, "%s%d", kind, number);
    CHECK_STATUS(shoal_counter_open(&object, segment, name, strlen(name), 0), SHOAL_OK);
    return object;
}

static int remove_named(shoal_segment *segment, const char *kind, int number)
{
    char name[32];
    snprintf(name, sizeof name, "%s%d", kind, number);
    return shoal_object_remove(segment, name, strlen(name));
}

static void make_many(shoal_segment *segment, int count)
{
    for (int i = 0; i < count; i++)
        shoal_object_close(open_named(segment, "c", i));
}

static uint32_t removed_in(shoal_segment *segment)
{
    shoal_info info;
    CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK);
    return info.removed;
}

/* Byte locks on that file, of all processes. */
static int locks_on(const char *name)
{
    struct stat stat_of;
    char line[256], inode[32];
    int count = 0;
    CHECK(stat(path_of(name), &stat_of) == 0);
    snprintf(inode, sizeof inode, ":%" PRIu64 " ", (uint64_t)stat_of.st_ino);
    FILE *locks = fopen("/proc/locks", "r");
    CHECK(locks != NULL);
    while (fgets(line, sizeof line, locks))
        count += strstr(line, inode) != NULL;
    fclose(locks);
    return count;
}

static double make_and_remove(shoal_segment *segment, int rounds)
{
    shoal_time start = shoal_now();
    for (int i = 0; i < rounds; i++) {
        shoal_object_close(open_named(segment, "t", i));
        CHECK_STATUS(remove_named(segment, "t", i), SHOAL_OK);
    }
    return seconds_since(start) / rounds;
}

/* All of them, or each third: no two neighbours. */
static void readers_hold(int step)
{
    static shoal_object *open[MANY];
    shoal_segment *segment = open_or_create(new_context(), "many");
    make_many(segment, MANY * step);
    double alone = make_and_remove(segment, 200);
    for (int reader = 0; reader < READERS; reader++) {
        shoal_segment *readonly = open_readonly(new_context(), "many");
        for (int i = 0; i < MANY; i++)
            open[i] = open_named(readonly, "c", step * ((i * 7) % MANY)); /* in no order */
    }
    CHECK(locks_on("many") <= READERS * 64 + 8);
    double beside = make_and_remove(segment, 200);
    printf("making and removing one: %.1f us, beside the readers %.1f us\n", alone * 1e6, beside * 1e6);
    CHECK(beside < 100e-6);
    CHECK(removed_in(segment) == 0); /* what is new was freed at once */
    CHECK(open[0] != NULL);
}

TEST(readers_that_have_everything_open_do_not_slow_a_writer)
{
    readers_hold(1);
}

TEST(readers_that_have_a_part_open_do_not_slow_a_writer)
{
    readers_hold(3);
}

TEST(what_a_reader_closed_is_freed_though_it_has_its_neighbours_open)
{
    shoal_object *open[50];
    shoal_segment *segment = open_or_create(new_context(), "near");
    make_many(segment, 50);
    shoal_segment *readonly = open_readonly(new_context(), "near");
    for (int i = 0; i < 50; i++)
        open[i] = open_named(readonly, "c", i);
    for (int i = 0; i < 50; i += 2)
        shoal_object_close(open[i]);
    for (int i = 0; i < 50; i++)
        CHECK_STATUS(remove_named(segment, "c", i), SHOAL_OK);
    CHECK(removed_in(segment) == 25);
    for (int i = 1; i < 50; i += 2)
        shoal_object_close(open[i]);
    for (int i = 0; i < 8; i++) { /* each removal looks at some */
        shoal_object_close(open_named(segment, "t", i));
        CHECK_STATUS(remove_named(segment, "t", i), SHOAL_OK);
    }
    CHECK(removed_in(segment) == 0);
    check_sound(segment);
}

/* Whatever a reader opens and closes: what it has open is as it was, and in the end nothing stays. */
TEST(what_a_reader_has_open_is_never_freed)
{
    enum { NAMES = 2000 };
    static shoal_object *open[NAMES];
    static bool there[NAMES];
    shoal_segment *segment = open_or_create(new_context(), "random"),
                  *readonly = open_readonly(new_context(), "random");
    shoal_object *counter;
    int64_t value;
    srand(12);
    for (int round = 0; round < 60000; round++) {
        int i = rand() % NAMES;
        if (open[i] && rand() % (round / 4000 % 2 ? 4 : 1) == 0) { /* now more are open, now fewer */
            CHECK_STATUS(shoal_counter_value(&value, open[i]), SHOAL_OK);
            CHECK(value == i);
            shoal_object_close(open[i]);
            open[i] = NULL;
        } else if (!there[i]) {
            counter = open_named(segment, "c", i);
            CHECK_STATUS(shoal_counter_exchange(&value, counter, i), SHOAL_OK);
            shoal_object_close(counter);
            there[i] = true;
        } else if (!open[i] && rand() % 3) {
            open[i] = open_named(readonly, "c", i);
        } else {
            CHECK_STATUS(remove_named(segment, "c", i), SHOAL_OK);
            there[i] = false;
        }
        CHECK(round % 1000 || locks_on("random") <= 64 + 8);
    }
    for (int i = 0; i < NAMES; i++) {
        if (open[i])
            CHECK(shoal_counter_value(&value, open[i]) == SHOAL_OK && value == i);
        shoal_object_close(open[i]);
    }
    CHECK(locks_on("random") == 1); /* the writer's life */
    check_sound(segment);
}

static void reopen_and_leave(void *argument)
{
    int64_t value;
    shoal_object **open = argument;
    CHECK_STATUS(shoal_counter_value(&value, open[0]), SHOAL_OK);
    CHECK_STATUS(shoal_counter_value(&value, open[299]), SHOAL_OK);
}

TEST(a_forked_reader_keeps_what_its_parent_has_open)
{
    shoal_object *open[300];
    shoal_segment *segment = open_or_create(new_context(), "forked");
    make_many(segment, 600);
    shoal_segment *readonly = open_readonly(new_context(), "forked");
    for (int i = 0; i < 300; i++)
        open[i] = open_named(readonly, "c", 2 * i);
    join(in_child(reopen_and_leave, open));
    CHECK_STATUS(remove_named(segment, "c", 598), SHOAL_OK);
    CHECK(removed_in(segment) == 1); /* the child's end gave nothing of ours back */
    for (int i = 0; i < 300; i++)
        shoal_object_close(open[i]);
    CHECK(locks_on("forked") == 1);
}
