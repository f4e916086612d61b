/* Children of fork: a view that was inherited stays what it was, and nothing is kept longer than it must be. */
#include <sys/wait.h>

#include "check.h"

enum { LENGTH = 2000 };

struct inherited {
    shoal_context *context;
    shoal_segment *segment;
    shoal_object *array;
    shoal_view view;
    pid_t child;
    int go[2];
};

/* The child looks, without calling the library, when it is told to; it exits with 0 if the view is intact. */
static void look_when_told(const struct inherited *it)
{
    char byte;
    int wrong = 0;
    close(it->go[1]);
    wrong += read(it->go[0], &byte, 1) != 1;
    for (int i = 0; i < LENGTH; i++)
        wrong += it->view.data[i] != 1;
    _exit(wrong != 0);
}

static struct inherited fork_with_a_view(void)
{
    struct inherited it = {.context = shoal_context_new()};
    shoal_dtype dtype = {SHOAL_UINT8, 1};
    int64_t shape = LENGTH;
    CHECK_STATUS(shoal_create(&it.segment, it.context, NULL, NULL), SHOAL_OK);
    CHECK_STATUS(shoal_array_open(&it.array, it.segment, "a", 1, dtype, 1, &shape), SHOAL_OK);
    CHECK_STATUS(shoal_array_view(&it.view, it.array), SHOAL_OK);
    memset(it.view.data, 1, LENGTH);
    CHECK(pipe(it.go) == 0);
    it.child = fork();
    if (it.child == 0)
        look_when_told(&it);
    close(it.go[0]);
    return it;
}

/* Whatever memory is free is written by this. */
static void fill_free_memory(shoal_segment *segment)
{
    static char bytes[LENGTH + 64];
    char name[16];
    memset(bytes, 2, sizeof bytes);
    for (int i = 0; i < 40; i++)
        CHECK_STATUS(shoal_value_put(segment, name, (size_t)sprintf(name, "k%d", i), bytes, sizeof bytes), SHOAL_OK);
}

static int outcome_of(const struct inherited *it)
{
    int status;
    CHECK(write(it->go[1], "x", 1) == 1);
    CHECK(waitpid(it->child, &status, 0) == it->child);
    close(it->go[1]);
    return status;
}

TEST(an_inherited_view_stays_intact_when_the_parent_closes_and_removes_at_once)
{
    for (int round = 0; round < 20; round++) {
        struct inherited it = fork_with_a_view();
        shoal_object_close(it.array);
        CHECK_STATUS(shoal_object_remove(it.segment, "a", 1), SHOAL_OK);
        fill_free_memory(it.segment);
        CHECK(outcome_of(&it) == 0);
        shoal_close(it.segment);
        shoal_context_free(it.context);
    }
}

TEST(what_a_child_kept_is_freed_when_the_child_is_gone)
{
    shoal_info info;
    struct inherited it = fork_with_a_view();
    shoal_object_close(it.array);
    CHECK_STATUS(shoal_object_remove(it.segment, "a", 1), SHOAL_OK);
    CHECK(outcome_of(&it) == 0);
    shoal_object *other; /* any call that opens or closes lets go of what was kept for the child */
    CHECK_STATUS(shoal_counter_open(&other, it.segment, "c", 1, 0), SHOAL_OK);
    shoal_object_close(other);
    CHECK_STATUS(shoal_segment_info(&info, it.segment), SHOAL_OK);
    CHECK(info.removed == 0);
    CHECK_STATUS(shoal_check(it.segment, NULL, NULL), 0);
    shoal_close(it.segment);
    shoal_context_free(it.context);
}
