/* Objects: made, opened and removed by both, and names that become another kind between a look and what is done about it. */
#include "points.h"

/* Its pages' descriptors take more than one page of their own. */
static int make_long_array(void)
{
    return make_array(1 << 20);
}
static int make_long_again(void)
{
    return make_long_array() && close_object();
}
/* Peers that died: one with a removed big array open, and a counter. */
int die_with_arrays(void)
{
    return have_removed_big_array() && make_counter();
}
/* Nothing is free but what the dead have. */
int die_with_all_memory(void)
{
    have_removed_big_array();
    put("reserve", 1, 64 << 10); /* for who comes next: objects of all kinds take some */
    fill(200 << 10);
    return remove_it("reserve");
}

/* ---- A name that becomes another kind between a look and what is done about it ---- */

static int open_what_is_there(int status, int kind)
{
    if (status == SHOAL_ENOKEY || status == SHOAL_EMISMATCH)
        return 0;
    must(status, "open");
    int have = shoal_object_kind(object);
    if (have != kind && (kind != SHOAL_KIND_NONE || have == SHOAL_KIND_VALUE))
        wrong("a %s is open, and a %s was asked for", shoal_kind_name(have), shoal_kind_name(kind));
    return close_object();
}
static int open_as_counter(void)
{
    return open_what_is_there(shoal_counter_open(&object, target, "victim", 6, COUNT), SHOAL_KIND_COUNTER);
}
static int open_as_any(void)
{
    return open_what_is_there(shoal_object_open(&object, target, "victim", 6), SHOAL_KIND_NONE);
}
/* Who opens what was removed may have made it anew, as it was. */
static int become_value(void)
{
    for (int i = 0; i < 2; i++) {
        remove_victim();
        int status = shoal_value_put(target, "victim", 6, pattern(ANOTHER, 500), 500);
        if (status != SHOAL_EMISMATCH)
            must(status, "put");
    }
    return 1;
}
static int become_array(void)
{
    int64_t bytes = 500;
    remove_victim();
    int status = shoal_array_open(&object, target, "victim", 6, (shoal_dtype){SHOAL_UINT8, 1}, 1, &bytes);
    if (status == SHOAL_EMISMATCH)
        return 1;
    return must(status, "array") && close_object();
}

/* ---- Held while it is removed ---- */

static shoal_object *held;

static int make_held(void)
{
    return must(shoal_lock_open(&held, target, "held", 4, 0), "open what is to be removed");
}
static int close_held(void)
{
    shoal_object_close(held);
    return 1;
}
static int prepare_held(void)
{
    return make_held() && close_held();
}
static int hold_while_it_is_removed(void)
{
    must(shoal_lock_acquire(held, false, LONG), "take what is to be removed");
    bool named = exists("held");
    while (named && board->seat[VICTIM].state < DONE && !board->seat[VICTIM].died)
        if (!exists("held"))
            break;
    if (named && !exists("held"))
        wrong("a lock lost its name while it was held");
    must(shoal_lock_release(held), "release");
    return close_held();
}
static int remove_held(void)
{
    int status = shoal_object_remove(target, "held", 4);
    return status == SHOAL_ELOCK || must(status, "remove what may be held");
}

/* A semaphore in its place, of which one died with a permit. */
static int make_held_permits(void)
{
    return must(shoal_semaphore_open(&held, target, "held", 4, 3, 0), "open permits that are to be removed");
}
static int prepare_held_permits(void)
{
    return make_held_permits() && close_held();
}
static int die_with_held_permit(void)
{
    make_held_permits();
    return must(shoal_semaphore_acquire(held, SHOAL_NO_WAIT), "a permit of those");
}
static int use_held_permit(void)
{
    int status = shoal_object_open(&held, target, "held", 4);
    if (status == SHOAL_ENOKEY)
        return 1;
    must(status, "open what may be removed");
    must(shoal_semaphore_acquire(held, LONG), "a permit of what is removed");
    must(shoal_semaphore_release(held, 1), "give it back");
    return close_held();
}

static const struct scene all[] = {
    S(make_counter, .act = make_counter, .second = prepare_counter, .state = state_is_there),
    S(make_array, .act = make_small_array, .second = prepare_small_array, .state = state_is_there),
    S(make_array_big, .act = make_big_array, .second = prepare_big_array, .state = state_is_there),
    S(make_array_ahead, .act = make_long_array, .second = make_long_again, .state = state_is_there),
    S(open_array, .prepare = prepare_small_array, .act = make_small_array, .second = prepare_small_array,
      .state = state_is_there),
    S(close_array, .prepare = prepare_small_array, .before = make_small_array, .act = close_object,
      .second = prepare_small_array, .state = state_is_there),
    S(close_last_big, .before = have_removed_big_array, .act = close_object, .second = prepare_big_array),
    S(open_becomes_value, .prepare = prepare_counter, .act = open_as_counter, .second = become_value),
    S(open_becomes_array, .prepare = prepare_counter, .act = open_as_counter, .second = become_array),
    S(open_any_becomes_value, .prepare = prepare_counter, .act = open_as_any, .second = become_value),
    S(remove_becomes_value, .prepare = prepare_counter, .act = remove_victim, .second = become_value),
    S(remove_held, .prepare = prepare_held, .partner = make_held, .partner_then = hold_while_it_is_removed,
      .act = remove_held, .second = take_info),
    S(remove_held_permits, .prepare = prepare_held_permits, .dead = die_with_held_permit, .act = remove_held,
      .second = use_held_permit),
    S(put_becomes_value, .prepare = put_old, .act = put_new, .second = become_value),
};

const struct scenes object_scenes = {all, sizeof all / sizeof *all};
