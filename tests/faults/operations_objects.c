/* Values, arrays, counters; and their use after a fork. */
#include "operations_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Values ---- */

static int put_bytes(struct world *world, const char *name, size_t size)
{
    return shoal_value_put(world->segment, name, strlen(name), world->bytes, size);
}

static int put_small(struct world *world)
{
    return put_bytes(world, "small", 120);
}

static int put_over_small(struct world *world)
{
    return put_bytes(world, "small", BIG);
}

static int put_other(struct world *world)
{
    return put_bytes(world, "other", 77);
}

static int put_of_a_new_class(struct world *world)
{
    return put_bytes(world, "other", 20000);
}

static int put_a_run(struct world *world)
{
    return put_bytes(world, "other", 200000);
}

static int put_big(struct world *world)
{
    return put_bytes(world, "big", BIG + 5000);
}

static int put_other_big(struct world *world)
{
    return put_bytes(world, "other", BIG);
}

static int put_over_big(struct world *world)
{
    return put_bytes(world, "big", 50);
}

static void fill_the_table(struct world *world)
{
    char name[16];
    for (int i = 0; i < 59; i++) {
        snprintf(name, sizeof name, "fill%d", i);
        MUST(put_bytes(world, name, 20));
    }
}

static int get(shoal_segment *segment, const char *name)
{
    size_t size;
    static unsigned char bytes[BIG * 2];
    int status = shoal_value_get(segment, name, strlen(name), bytes, sizeof bytes, &size);
    if (status == SHOAL_OK)
        for (size_t i = 0; i < size; i++)
            if (bytes[i] != 'a')
                return SHOAL_LARGER; /* not what was stored */
    return status;
}

static int get_small(struct world *world)
{
    return get(world->segment, "small");
}

static int get_big(struct world *world)
{
    return get(world->segment, "big");
}

static int get_big_readonly(struct world *world)
{
    return get(world->reader, "big");
}

static int get_missing(struct world *world)
{
    return get(world->segment, "missing");
}

static int remove_small(struct world *world)
{
    return shoal_object_remove(world->segment, NAME("small"));
}

static int remove_big(struct world *world)
{
    return shoal_object_remove(world->segment, NAME("big"));
}

/* ---- Arrays, counters ---- */

static int array_small(struct world *world)
{
    return shoal_array_open(&world->object, world->segment, NAME("made"), bytes_type(), 1, &(int64_t){FEW});
}

static int array_big(struct world *world)
{
    return shoal_array_open(&world->object, world->segment, NAME("made"), bytes_type(), 1, &(int64_t){BIG});
}

static int array_open(struct world *world)
{
    return shoal_object_open(&world->object, world->segment, NAME("array"));
}

static int array_open_readonly(struct world *world)
{
    return shoal_object_open(&world->object, world->reader, NAME("array"));
}

static void have_array(struct world *world)
{
    MUST(array_open(world));
}

static void have_array_of_reader(struct world *world)
{
    have_reader(world);
    MUST(array_open_readonly(world));
}

static int remove_array(struct world *world)
{
    return shoal_object_remove(world->segment, NAME("array"));
}

static int close_object(struct world *world)
{
    shoal_object_close(world->object);
    world->object = NULL;
    return SHOAL_OK;
}

static void have_removed_array(struct world *world)
{
    have_array(world);
    MUST(remove_array(world));
}

static void have_big_array_removed(struct world *world)
{
    MUST(array_big(world));
    MUST(shoal_object_remove(world->segment, NAME("made")));
}

static int counter_open(struct world *world)
{
    return shoal_counter_open(&world->object, world->segment, NAME("counter"), 1);
}

static void have_counter(struct world *world)
{
    MUST(counter_open(world));
}

static int counter_add(struct world *world)
{
    int64_t value;
    return shoal_counter_add(&value, world->object, 1);
}

static int counter_wait(struct world *world)
{
    return shoal_counter_wait(world->object, 5, SOON);
}

/* ---- Forks ---- */

static int status_of_child(struct world *world, int (*act)(struct world *))
{
    int status;
    pid_t child = fork();
    if (child < 0)
        return SHOAL_ESYSTEM;
    if (child == 0)
        _exit(world->child_result(act(world)));
    while (waitpid(child, &status, 0) < 0)
        ; /* a signal */
    if (!WIFEXITED(status))
        abort(); /* the harness sees it */
    return WEXITSTATUS(status) == 99 ? SHOAL_LARGER : -WEXITSTATUS(status);
}

static int fork_and_put(struct world *world)
{
    return status_of_child(world, put_small);
}

/* The child has an array open, so it joins in the handler of fork; and then it looks and closes. */
static int use_inherited(struct world *world)
{
    shoal_view view;
    int status = shoal_array_view(&view, world->object);
    for (int64_t i = 0; status == SHOAL_OK && i < view.shape[0]; i++)
        if (view.data[i] != 'a')
            return SHOAL_LARGER;
    if (status == SHOAL_OK && !shoal_object_readonly(world->object))
        status = put_small(world);
    shoal_object_close(world->object);
    shoal_close(world->segment);
    return status;
}

static int fork_with_array(struct world *world)
{
    return status_of_child(world, use_inherited);
}

static int look_again(struct world *world)
{
    return get(world->reader, "big");
}

static int fork_of_reader(struct world *world)
{
    return status_of_child(world, look_again);
}

/* ---- All of them ---- */

const struct operation object_operations[] = {
    {"put_small", NULL, put_small, small_is_new, 0},
    {"put_over_small", NULL, put_over_small, small_is_new, 0},
    {"put_other", NULL, put_other, other_is_new, 0},
    {"put_of_a_new_class", NULL, put_of_a_new_class, other_is_new, 0},
    {"put_a_run", NULL, put_a_run, other_is_new, 0},
    {"put_big", NULL, put_big, big_is_new, 0},
    {"put_other_big", NULL, put_other_big, other_is_new, 0},
    {"put_over_big", NULL, put_over_big, big_is_new, 0},
    {"put_growing_the_table", fill_the_table, put_other, other_is_new, GROWS},
    {"get_small", NULL, get_small, NULL, 0},
    {"get_big", NULL, get_big, NULL, 0},
    {"get_big_readonly", have_reader, get_big_readonly, NULL, 0},
    {"get_missing", NULL, get_missing, NULL, 0},
    {"remove_small", NULL, remove_small, small_is_gone, CLOSES},
    {"remove_big", NULL, remove_big, big_is_gone, CLOSES},
    {"remove_array", NULL, remove_array, array_is_gone, CLOSES},
    {"remove_open_array", have_array, remove_array, array_is_gone, CLOSES},
    {"remove_array_of_a_reader", have_array_of_reader, remove_array, array_is_gone, CLOSES},
    {"array_small", NULL, array_small, made_is_there, MAKES},
    {"array_big", NULL, array_big, made_is_there, MAKES},
    {"array_open", NULL, array_open, NULL, 0},
    {"array_open_readonly", have_reader, array_open_readonly, NULL, FIRST},
    {"close_array", have_array, close_object, NULL, CLOSES},
    {"close_array_readonly", have_array_of_reader, close_object, NULL, CLOSES},
    {"close_removed_array", have_removed_array, close_object, NULL, CLOSES},
    {"close_removed_big_array", have_big_array_removed, close_object, NULL, CLOSES},
    {"counter_open", NULL, counter_open, NULL, 0},
    {"counter_add", have_counter, counter_add, counter_is_six, CLOSES},
    {"counter_wait", have_counter, counter_wait, NULL, WAITS},
    {"fork", NULL, fork_and_put, small_is_new, 0},
    {"fork_child", NULL, fork_and_put, small_is_new, IN_CHILD},
    {"fork_with_array", have_array, fork_with_array, small_is_new, FORKS},
    {"fork_child_with_array", have_array, fork_with_array, small_is_new, IN_CHILD | FORKS},
    {"fork_child_of_a_reader", have_reader, fork_of_reader, NULL, IN_CHILD},
    {"fork_of_a_reader_with_array", have_array_of_reader, fork_with_array, NULL, FORKS},
    {"fork_child_of_a_reader_with_array", have_array_of_reader, fork_with_array, NULL, IN_CHILD | FORKS},
    {NULL, NULL, NULL, NULL, 0},
};
