/* Values: the victim writes, the second writes over it; or the victim removes. And checks, for which nobody waits. */
#include "points.h"

/* The structure's lock, for so long that the victim looks at its owner some times. */
static int hold_structure(void)
{
    const shoal_word nothing = 0;
    struct seat *victim = &board->seat[VICTIM];
    shoal__lock(target);
    while (!(victim->state & (PARKED | DONE | DYING | GONE)) && victim->sleeps < 8)
        shoal__wait(&nothing, 0, 5000000);
    shoal__unlock(target);
    return 1;
}
/* What the dead had is in the hands of who reaps it, until that one goes on. */
static int put_new_if_room(void)
{
    size_t size = its_size(NEW);
    int status = shoal_value_put(target, "victim", 6, pattern(NEW, size), size);
    const struct seat *second = &board->seat[SECOND]; /* who frees what the dead had has it in his hands meanwhile */
    if (status == SHOAL_ENOSPACE && (second->state & (RUNNING | ASLEEP | PARKED | DYING) || second->died))
        return 0;
    if (status == SHOAL_ENOSPACE && second->pid) /* that one may have ended in between: now there is room */
        status = shoal_value_put(target, "victim", 6, pattern(NEW, size), size);
    return must(status, "put");
}
/* The table grows into one whose memory is made without the lock; */
static int fill_names_for_a_run(void)
{
    return prepare_names(16384);
}
/* some of the buckets are moved already. */
int fill_names_half_moved(void)
{
    return prepare_names(73);
}

/* A reader has it open when it is removed: it stays in limbo. Then the reader dies. */
static int die_reading_what_is_removed(void)
{
    shoal_segment *again;
    shoal_object *seen;
    shoal_options options;
    shoal_options_init(&options);
    options.readonly = true;
    prepare_big_array();
    must(shoal_open(&again, new_context(), "target", &options), "open");
    must(shoal_object_open(&seen, again, "victim", 6), "open it");
    return remove_victim();
}
static int remove_other(void)
{
    return put("for a moment", 5, 50) && remove_it("for a moment");
}
int only_info(void)
{
    take_info();
    return 0; /* it stores nothing */
}

int state_of_value(void)
{
    if (holds_value("victim", NEW, its_size(NEW)) == 1)
        return VICTIMS;
    if (holds_value("victim", ANOTHER, its_size(ANOTHER)) == 1)
        return SECONDS;
    return holds_value("victim", OLD, its_size(OLD)) < 0 ? -1 : 0;
}
static int state_of_removed(void)
{
    if (holds_value("victim", ANOTHER, its_size(ANOTHER)) == 1)
        return SECONDS;
    int old = holds_value("victim", OLD, its_size(OLD));
    return old == 0 ? VICTIMS : old == 1 ? 0 : -1;
}
static int state_of_name(void)
{
    return exists("victim") ? 0 : VICTIMS | SECONDS;
}
int state_is_there(void)
{
    return exists("victim") ? VICTIMS | SECONDS : 0;
}

static const struct scene all[] = {
    S(put_new, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_replace, .prepare = put_old, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_spare, .prepare = put_old_thrice, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_span, .prepare = put_old_thrice, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_run, .prepare = put_old, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_run_from_run, .prepare = put_old_thrice, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_big, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_big_from_big, .prepare = put_old_thrice, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_warm_big_from_big, .before = put_old_thrice, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_small_from_big, .prepare = put_old_thrice, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_65th, .prepare = prepare_64, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_16385th, .prepare = fill_names_for_a_run, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_66th, .prepare = prepare_65, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_74th, .prepare = fill_names_half_moved, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_81st, .prepare = prepare_80, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_locked, .prepare = put_old_thrice, .partner_then = hold_structure, .act = put_new, .second = put_third,
      .state = state_of_value, .flags = WAITS),
    S(put_big_into_full, .dead = die_with_all_memory, .act = put_new_if_room, .second = only_info,
      .state = state_of_value),
    S(remove, .prepare = put_old_thrice, .act = remove_victim, .second = put_third, .state = state_of_removed),
    S(remove_from_run, .prepare = put_old_thrice, .act = remove_victim, .second = put_third, .state = state_of_removed),
    S(remove_from_big, .prepare = put_old_thrice, .act = remove_victim, .second = put_third, .state = state_of_removed),
    S(remove_twice, .prepare = put_old, .act = remove_victim, .second = remove_victim, .state = state_of_name),
    S(remove_array, .prepare = prepare_big_array, .act = remove_victim, .second = remove_victim,
      .state = state_of_name),
    S(remove_open, .prepare = prepare_big_array, .partner = make_big_array, .partner_then = close_object,
      .act = remove_victim, .second = remove_victim, .state = state_of_name),
    S(remove_limbo, .dead = die_reading_what_is_removed, .act = remove_other, .second = remove_other),

    S(check, .prepare = put_old_thrice, .act = act_check, .second = put_third),
    S(check_beside_the_dead, .dead = die_with_all_memory, .act = act_check, .second = put_third),
};

const struct scenes value_scenes = {all, sizeof all / sizeof *all};
