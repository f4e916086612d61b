/*
 * What is done with an object of any kind, by its driver: made, opened, removed, filled; held, let go of, taken over from the
 * dead; waited for in each way, in vain and in pieces, and freed for one who waits. Rows of that name elsewhere come first.
 */
#include "step.h"

enum { SEED = 7 };

static int prepare_filled(void)
{
    make_it();
    struct subject subject = subject_open(target, object);
    if (driver->fill)
        must(driver->fill(&subject, 1), "fill");
    return close_object();
}
static int fill_it(void)
{
    struct subject subject = subject_open(target, object);
    return must(driver->fill(&subject, SEED), "fill");
}
static int prepare_dead_holder(void)
{
    prepare_it();
    dying(act_attach, make_and_hold_it);
    return 1;
}

static int make_and_block_it(void)
{
    make_it();
    if (way->block)
        must(way->block(object), way->name);
    return 1;
}
static int before_blocked(void)
{
    living_does(make_and_block_it);
    return make_it();
}
static int wait_for_it(void)
{
    return in_vain(way->wait(object, in_between()));
}
static struct piece piece;
static int begin_to_wait_for_it(void)
{
    make_it();
    must(piece_begin(&piece, way, object, 0), way->name);
    return must(shoal_wait_try(&piece.wait), "try");
}
static int cancel_it(void)
{
    begin_to_wait_for_it();
    piece_cancel(&piece);
    return 1;
}
static int before_awaited(void)
{
    make_and_block_it();
    living_does(begin_to_wait_for_it);
    return 1;
}
static int free_it(void)
{
    return must(way->free(object), way->name);
}

/* ---- What has been done ---- */

static const char *is_filled(uint32_t seed)
{
    make_it();
    struct subject subject = subject_open(target, object);
    const char *sentence = NULL;
    if (driver->fill || !shoal_segment_readonly(target))
        sentence = driver->filled(&subject, seed);
    close_object();
    return sentence;
}
static int state_kept(void)
{
    return is_filled(1) ? -1 : 0;
}
static int state_filled(void)
{
    return !is_filled(SEED);
}
static int state_sound(void)
{
    return is_it_sound() ? -1 : 1;
}

/* ---- All of them ---- */

static const struct operation of_drivers[] = {
    {"%s_make", act_nothing, act_nothing, make_it, state_there, 0},
    {"%s_open", prepare_filled, act_nothing, make_it, state_kept, STAYS},
    {"%s_remove", prepare_it, act_nothing, remove_victim, state_gone, 0},
    {"%s_fill", prepare_it, make_it, fill_it, state_filled, 0},
    {"%s_hold", prepare_it, make_it, hold_it, state_sound, 0},
    {"%s_let_go", prepare_it, make_and_hold_it, let_go_of_it, state_sound, 0},
    {"%s_steal", prepare_dead_holder, make_it, hold_it, state_sound, 0},
};
static const struct operation of_ways[] = {
    {"%s_wait", prepare_it, before_blocked, wait_for_it, state_sound, 0},
    {"%s_cancel", prepare_it, before_blocked, cancel_it, state_sound, 0},
    {"%s_free", prepare_it, before_awaited, free_it, state_sound, 0},
};

enum { MOST = 256 };
static struct operation all[MOST];
static struct {
    const struct driver *driver;
    const struct way *way;
} whose[MOST];
struct operations each_operations = {all, 0};

static void add(const struct operation *operation, const struct driver *of, const struct way *by)
{
    const char *name = name_of_it(operation->name, of, by);
    if (is_operation(name))
        return;
    all[each_operations.count] = *operation;
    all[each_operations.count].name = name;
    whose[each_operations.count].driver = of;
    whose[each_operations.count++].way = by;
}

static bool can_be(const struct operation *operation, const struct driver *of)
{
    bool holds = operation->act == hold_it || operation->act == let_go_of_it;
    return (!holds || of->hold) && (operation->act != fill_it || of->fill);
}

void each_begin(void)
{
    EACH_LIVE(it)
    {
        for (size_t i = 0; i < sizeof of_drivers / sizeof *of_drivers; i++)
            if (can_be(&of_drivers[i], it))
                add(&of_drivers[i], it, NULL);
        EACH_WAY(way, it)
            for (size_t i = 0; i < sizeof of_ways / sizeof *of_ways; i++)
                add(&of_ways[i], it, way);
    }
}

void each_choose(const struct operation *operation)
{
    bool is_one = operation >= all && operation < all + each_operations.count;
    driver = is_one ? whose[operation - all].driver : NULL;
    way = is_one ? whose[operation - all].way : NULL;
}
