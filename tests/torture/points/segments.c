/* Segments: whoever died left the structure half-changed, or had something in its hands; coming, leaving, making, ending. */
#include "points.h"

/* ---- Recovery, coming and going ---- */

/* What they had in their hands who died. */
static int die_putting_big(void)
{
    return put("victim", NEW, BIG);
}
static int die_replacing_big(void)
{
    return put("other0", 9, BIG) && put("other0", 100, 20);
}
static int attach_and_put(void)
{
    return act_attach() && open_all() && put_new();
}
/* In the slot of one who died, with its number. */
static int act_attach_as_another(void)
{
    act_attach();
    open_all();
    if (shoal_lock_is_mine(its.lock) || shoal_rwlock_is_writing(its.rwlock) || shoal_semaphore_held(its.semaphore))
        wrong("it has what the slot's user of old had");
    return 1;
}
static int attach_again(void)
{
    shoal_segment *again;
    return must(shoal_open(&again, new_context(), "target", NULL), "open");
}
/* As many peers as there is memory for. */
static int have_many_peers(void)
{
    for (int i = 0; i < 31; i++)
        attach_again();
    return 1;
}
static int die_with_everything(void)
{
    return have_everything() && begin_to_meet();
}
/* The dead one's slot is claimed for the 65,536th time. */
static int let_numbers_come_round(void)
{
    shoal_segment *again;
    shoal_context *others = new_context();
    must(shoal_open(&again, others, "target", NULL), "open");
    struct header_sh *header = shoal__header(again);
    uint32_t slots = load_relaxed(&header->slots_committed), dead = slots;
    for (uint32_t i = 0; i < slots; i++)
        if (load_relaxed(&shoal__peer(again, i)->in_use) && i != again->slot && i != target->slot)
            dead = i;
    if (dead == slots)
        wrong("nobody has died");
    store_relaxed(&shoal__peer(again, dead)->incarnation,
                  0xffff + load_relaxed(&shoal__peer(again, dead)->incarnation));
    store_relaxed(&header->slot_cursor, dead);
    shoal_context_free(others);
    return 1;
}

/* ---- Made, or shared, and over ---- */

int open_or_create_here(void)
{
    shoal_options options;
    shoal_options_init(&options);
    options.size = 4 << 20;
    options.lifetime = scene->flags & SHARED ? SHOAL_SHARED : SHOAL_PERSISTENT;
    return must(shoal_open_or_create(&target, context, "target", &options), "open_or_create");
}
int open_or_create_and_put(void)
{
    open_or_create_here();
    put("second", 33, 100);
    return holds_value("second", 33, 100) == 1;
}
static int have_the_segment(void)
{
    return put("over", 5, 50);
}
static int act_create(void)
{
    open_or_create_here();
    if (exists("over"))
        wrong("the segment that was over is there");
    return 1;
}
static int die_last(void)
{
    context = new_context();
    return open_or_create_here() && have_the_segment();
}
static int create_without_tmpfile(void)
{
    return without_tmpfile() && open_or_create_here();
}
/* The segment may be the other's, too, who puts one name. */
static int create_and_gather(void)
{
    return open_or_create_here() && put("passing", 5, 50) && remove_it("passing") && take_info();
}
static int leave_empty_spans(void)
{
    const uint32_t sizes[] = {10, 100, 900, 5000, 9000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        put("passing", (uint32_t)i, sizes[i]);
    return remove_it("passing");
}
/* By its name, whoever has that then. */
static int act_unlink(void)
{
    int status = shoal_unlink(context, "target");
    return status == SHOAL_ENOTFOUND || must(status, "unlink");
}
static int act_unlink_mine(void)
{
    int status = shoal_segment_unlink(target);
    return status == SHOAL_ENOTFOUND || must(status, "unlink of a segment");
}
static int replace_segment(void)
{
    return act_unlink() && open_or_create_and_put();
}

static const struct scene all[] = {
    /* recovery: who died left the structure half-changed, or had something in its hands */
    S(recover_undo, .dead = put_old, .dead_at = "journal: word changed", .dead_hit = 5, .act = attach_and_put,
      .second = put_third, .state = state_of_value, .flags = DETACHED),
    S(recover_redo, .dead = put_old, .dead_at = "journal: committed", .dead_hit = 1, .act = attach_and_put,
      .second = put_third, .state = state_of_value, .flags = DETACHED),
    S(recover_table, .prepare = fill_names_half_moved, .dead = put_old, .dead_at = "table: buckets threaded",
      .dead_hit = 1, .act = attach_and_put, .second = put_third, .state = state_of_value, .flags = DETACHED),
    S(reap_pins, .dead = die_with_arrays, .act = take_info, .second = take_info),
    S(reap_run, .dead = die_putting_big, .dead_at = "big: backed", .dead_hit = 1, .act = take_info,
      .second = take_info),
    S(reap_old_run, .dead = die_replacing_big, .dead_at = "big: old one in our hands", .dead_hit = 1, .act = take_info,
      .second = take_info),

    S(gather, .prepare = leave_empty_spans, .act = take_info, .second = take_info),

    /* segments */
    S(attach, .act = act_attach, .second = put_third, .flags = DETACHED),
    S(attach_reaping, .dead = die_with_arrays, .act = act_attach, .second = take_info, .flags = DETACHED),
    S(attach_33rd, .partner = have_many_peers, .act = act_attach, .second = attach_again, .flags = DETACHED),
    S(attach_come_round, .dead = die_with_everything, .partner = let_numbers_come_round, .act = act_attach_as_another,
      .second = take_info, .flags = DETACHED),
    S(detach, .act = act_detach, .second = take_info),
    S(detach_shared, .act = act_detach, .second = open_or_create_and_put, .flags = SHARED),
    S(detach_shared_both, .partner = have_the_segment, .partner_then = act_detach, .act = act_detach,
      .second = open_or_create_and_put, .flags = SHARED),
    S(create, .act = act_create, .second = open_or_create_and_put, .flags = NO_SEGMENT),
    S(create_and_gather, .act = create_and_gather, .second = open_or_create_and_put, .flags = NO_SEGMENT),
    S(join_what_is_over, .dead = die_last, .act = act_create, .second = open_or_create_and_put,
      .flags = NO_SEGMENT | SHARED),
    S(unlink, .before = open_or_create_here, .act = act_unlink, .second = replace_segment, .flags = NO_SEGMENT),
    S(unlink_mine, .before = open_or_create_here, .act = act_unlink_mine, .second = replace_segment,
      .flags = NO_SEGMENT),
    S(unlink_mine_simply, .before = create_without_tmpfile, .act = act_unlink_mine, .second = replace_segment,
      .flags = NO_SEGMENT),
    S(create_named, .before = without_tmpfile, .act = act_create, .second = open_or_create_and_put,
      .flags = NO_SEGMENT),
};

const struct scenes segment_scenes = {all, sizeof all / sizeof *all};
