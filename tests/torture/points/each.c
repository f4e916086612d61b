/*
 * What is done with an object of any kind, by its driver: made and opened by both, removed by both, removed while others use
 * it; held, taken over from the dead, waited for. Scenes of that name elsewhere come first.
 */
#include "points.h"

/* Who comes next uses it among others, makes it if it is not there, and sees that it is intact. */
static int use_it(void)
{
    make_it();
    struct subject subject = subject_open(target, object);
    const char *sentence = kinds_use(&subject);
    if (sentence)
        wrong("%s", sentence);
    return close_object();
}
static int let_go_if_held(void)
{
    return !driver->held(object) || let_go_of_it();
}
static int make_and_block_it(void)
{
    make_it();
    return must(way->block(object), way->name);
}
static int free_it(void)
{
    return must(way->free(object), way->name);
}
static int wait_for_it(void)
{
    shoal_time deadline = LONG; /* a signal may end a wait for the structure's lock */
    int status;
    while ((status = way->wait(object, deadline)) == SHOAL_EINTR) {
    }
    return must(status, way->name);
}
static int give_it(void)
{
    if (way->give)
        must(way->give(object), way->name);
    return close_object();
}
static int state_of_it(void)
{
    const char *sentence = exists("victim") ? is_it_sound() : NULL;
    if (sentence)
        violation("%s", sentence);
    return VICTIMS | SECONDS;
}

static const struct scene of_drivers[] = {
    {"%s_make", .act = make_it, .second = prepare_it, .state = state_is_there},
    {"%s_remove", .prepare = prepare_it, .act = remove_victim, .second = use_it, .state = state_of_it},
    {"%s_removed", .prepare = prepare_it, .act = prepare_it, .second = remove_victim, .state = state_of_it},
    {"%s_hold", .prepare = prepare_it, .before = make_it, .act = hold_it, .after = let_go_if_held, .second = use_it,
     .state = state_of_it},
    {"%s_steal", .prepare = prepare_it, .dead = make_and_hold_it, .before = make_it, .act = hold_it,
     .after = let_go_if_held, .second = use_it, .state = state_of_it},
};
static const struct scene of_ways[] = {
    {"%s_wait", .prepare = prepare_it, .partner = make_and_block_it, .partner_then = free_it, .before = make_it,
     .act = wait_for_it, .after = give_it, .second = use_it, .state = state_of_it},
};

enum { MOST = 200 };
static struct scene all[MOST];
static struct {
    const struct driver *driver;
    const struct way *way;
} whose[MOST];
struct scenes each_scenes = {all, 0};

static void add(const struct scene *of, const struct driver *its_driver, const struct way *its_way)
{
    const char *name = name_of_it(of->name, its_driver, its_way);
    if (is_scene(name))
        return;
    all[each_scenes.count] = *of;
    all[each_scenes.count].name = name;
    whose[each_scenes.count].driver = its_driver;
    whose[each_scenes.count++].way = its_way;
}

/* Of ways those in which somebody blocks: what frees it does so for whoever comes later, too. */
void each_begin(void)
{
    EACH_LIVE(it)
    {
        for (size_t i = 0; i < sizeof of_drivers / sizeof *of_drivers; i++)
            if (it->hold || of_drivers[i].after != let_go_if_held)
                add(&of_drivers[i], it, NULL);
        EACH_WAY(way, it)
            if (way->block)
                add(&of_ways[0], it, way);
    }
}

void each_choose(const struct scene *of)
{
    bool is_one = of >= all && of < all + each_scenes.count;
    driver = is_one ? whose[of - all].driver : NULL;
    way = is_one ? whose[of - all].way : NULL;
}
