/* Stripes of Values: who replaces a value in its spare, beside those who change what it has, and after their deaths. */
#include "points.h"

#include "segment/directory.h"
#include "segment/reap.h"
#include "segment/stripe.h"

/* Numbers of values, of sizes of their own. */
enum { LARGER = 44, FOLLOWER = 55, DEAD = 66 };
enum { LARGER_SIZE = 3001, FOLLOWER_SIZE = 104 }; /* the follower's fits where the old ones were */

static int put_larger(void)
{
    return put("victim", LARGER, LARGER_SIZE);
}

static int put_large(void)
{
    return put("victim", LARGER, BIG);
}

/* Wherever the old ones were, if they are free now. */
enum { MAKERS = 6 };
static int make_others(void)
{
    char name[16];
    for (int i = 0; i < MAKERS; i++) {
        snprintf(name, sizeof name, "after%d", i);
        put(name, 5, its_size(OLD));
    }
    return 1;
}
static int put_larger_and_others(void)
{
    return put_larger() && make_others();
}
static int put_large_and_others(void)
{
    return put_large() && make_others();
}
static int remove_and_make_others(void)
{
    return remove_victim() && make_others();
}

/* ---- Somebody has the stripe ---- */

/* For so long that the victim looks at its owner some times. */
static int hold_stripe(void)
{
    const shoal_word nothing = 0;
    struct seat *victim = &board->seat[VICTIM];
    shoal_word *stripe = shoal__stripe(target, shoal__name_hash(target, "victim", 6));
    shoal__mutex_lock(stripe, &target->party, SHOAL_FOREVER);
    while (!(victim->state & (PARKED | DONE | DYING | GONE)) && victim->sleeps < 8)
        shoal__wait(&nothing, 0, 5000000);
    shoal__mutex_unlock(stripe);
    return 1;
}
static int die_replacing(void)
{
    return put("victim", DEAD, FOLLOWER_SIZE);
}
static int prepare_near(void)
{
    return put_old_thrice() && put_near() && put(near_name(), 1, its_size(ANOTHER));
}

/* ---- A follower, attached before the victim began, replaces the same value before anybody has looked at what is left ---- */

static int follow(void)
{
    put("victim", FOLLOWER, FOLLOWER_SIZE);
    return board->seat[me].acknowledged = 1;
}
static bool is_follower_at_work(void)
{
    const struct seat *partner = &board->seat[PARTNER];
    return partner->state & (READY | RUNNING) ||
           (partner->state == ASLEEP && (victim_is_away() || partner->sleeps < 2));
}
/* Who comes by then mends all that is to be mended. */
static int come_and_see_the_follower(void)
{
    while (is_follower_at_work())
        futex_wait(&board->bell, board->bell, 0.02);
    must(shoal_open(&target, context, "target", NULL), "open");
    if (board->seat[VICTIM].died && holds_value("victim", FOLLOWER, FOLLOWER_SIZE) != 1)
        wrong("what was stored after the victim's death is not there");
    return 1;
}

/* ---- What is there then ---- */

static bool is_there(uint32_t number, size_t size)
{
    return holds_value("victim", number, size) == 1;
}
/* Which of these the victim stores, which the second. Of who removes it is to be gone. */
static int state_of(uint32_t its, size_t size, uint32_t seconds, size_t seconds_size)
{
    bool gone = !exists("victim");
    if (its ? is_there(its, size) : gone)
        return VICTIMS;
    if (seconds ? is_there(seconds, seconds_size) : gone)
        return SECONDS;
    return is_there(OLD, its_size(OLD)) || (!its && !seconds) ? 0 : -1;
}
/* The same, and nobody has written into what others have by now. */
static int state_beside_makers(int state)
{
    char name[16];
    for (int i = 0; i < MAKERS; i++) {
        snprintf(name, sizeof name, "after%d", i);
        if (holds_value(name, 5, its_size(OLD)) < (board->seat[SECOND].acknowledged ? 1 : 0))
            return -1;
    }
    return state;
}
static int state_of_put_and_removal(void)
{
    return state_beside_makers(state_of(NEW, its_size(NEW), 0, 0));
}
static int state_of_removal_and_put(void)
{
    int state = state_of(0, 0, ANOTHER, its_size(ANOTHER));
    return state < 0 && is_there(NEW, its_size(NEW)) ? SECONDS : state; /* the first of the second's two */
}
static int state_of_put_and_larger(void)
{
    return state_beside_makers(state_of(NEW, its_size(NEW), LARGER, LARGER_SIZE));
}
static int state_of_larger_and_put(void)
{
    return state_of(LARGER, LARGER_SIZE, ANOTHER, its_size(ANOTHER));
}
static int state_of_put_and_big(void)
{
    return state_beside_makers(state_of(NEW, its_size(NEW), LARGER, BIG));
}
static int state_of_big_and_put(void)
{
    return state_of(LARGER, BIG, ANOTHER, its_size(ANOTHER));
}
static int state_of_near(void)
{
    int mine = is_there(NEW, its_size(NEW)) ? VICTIMS : is_there(OLD, its_size(OLD)) ? 0 : -1;
    int near = holds_value(near_name(), ANOTHER, its_size(ANOTHER));
    near = near == 1 ? SECONDS : holds_value(near_name(), 1, its_size(ANOTHER)) == 1 ? 0 : -1;
    return mine < 0 || near < 0 ? -1 : mine | near;
}
/* Nobody was told of what the dead one stored. */
static int state_after_the_dead(void)
{
    return is_there(DEAD, FOLLOWER_SIZE) ? 0 : state_of_value();
}
static int state_of_larger_after_the_dead(void)
{
    return is_there(DEAD, FOLLOWER_SIZE) ? 0 : state_of_larger_and_put();
}
static int state_of_removal_after_the_dead(void)
{
    return is_there(DEAD, FOLLOWER_SIZE) ? 0 : state_of_removal_and_put();
}
static int state_followed(void)
{
    if (is_there(FOLLOWER, FOLLOWER_SIZE))
        return VICTIMS | SECONDS;
    return board->seat[VICTIM].died ? -1 : is_there(NEW, its_size(NEW)) ? VICTIMS : -1;
}
static int state_of_removal_followed(void)
{
    return exists("victim") || board->seat[VICTIM].died ? state_followed() : VICTIMS;
}

/* ---- Readers, who wait for nobody: one who is there already, and one who comes ---- */

static int get_at_once(void)
{
    uint32_t sleeps = board->seat[me].sleeps;
    get_value();
    if (board->seat[me].sleeps != sleeps)
        wrong("a reader waits");
    return 0; /* it stores nothing */
}

/* As when memory is short. */
static int give_back(void)
{
    shoal__make_room(target);
    return 0; /* it stores nothing */
}

#define FOLLOWED .partner_then = follow, .second = come_and_see_the_follower, .flags = OPENS

static const struct scene all[] = {
    S(follow_first, FOLLOWED, .act = put_new, .state = state_followed),
    S(follow_put, FOLLOWED, .prepare = put_old, .act = put_new, .state = state_followed),
    S(follow_spare, FOLLOWED, .prepare = put_old_thrice, .act = put_new, .state = state_followed),
    S(follow_span, FOLLOWED, .prepare = put_old_thrice, .act = put_new, .state = state_followed),
    S(follow_run, FOLLOWED, .prepare = put_old_thrice, .act = put_new, .state = state_followed),
    S(follow_big, FOLLOWED, .prepare = put_old_thrice, .act = put_new, .state = state_followed),
    S(follow_small_from_run, FOLLOWED, .prepare = put_old_thrice, .act = put_new, .state = state_followed),
    S(follow_small_from_big, FOLLOWED, .prepare = put_old_thrice, .act = put_new, .state = state_followed),
    S(follow_removal, FOLLOWED, .prepare = put_old_thrice, .act = remove_victim, .state = state_of_removal_followed),

    S(put_beside_removal, .prepare = put_old_thrice, .act = put_new, .second = remove_and_make_others,
      .state = state_of_put_and_removal),
    S(removal_beside_puts, .prepare = put_old_thrice, .act = remove_victim, .second = replace_value,
      .state = state_of_removal_and_put),
    S(put_beside_larger, .prepare = put_old_thrice, .act = put_new, .second = put_larger_and_others,
      .state = state_of_put_and_larger),
    S(larger_beside_put, .prepare = put_old_thrice, .act = put_larger, .second = put_third,
      .state = state_of_larger_and_put),
    S(put_beside_large, .prepare = put_old_thrice, .act = put_new, .second = put_large_and_others,
      .state = state_of_put_and_big),
    S(large_beside_put, .prepare = put_old_thrice, .act = put_large, .second = put_third,
      .state = state_of_big_and_put),
    S(put_beside_near, .prepare = prepare_near, .act = put_new, .second = put_near, .state = state_of_near,
      .flags = ADDS),
    S(put_beside_get, .prepare = put_old_thrice, .partner_then = get_at_once, .act = put_new, .second = get_at_once,
      .state = state_of_value),
    S(put_span_beside_get, .prepare = put_old_thrice, .partner_then = get_at_once, .act = put_new,
      .second = get_at_once, .state = state_of_value),
    S(check_beside_puts, .prepare = put_old_thrice, .act = act_check, .second = replace_value),
    S(put_beside_check, .prepare = put_old_thrice, .act = put_new, .second = act_check, .state = state_of_value),

    S(give_back, .prepare = put_old_thrice, .act = give_back, .second = put_third, .state = state_of_value),
    S(give_back_followed, FOLLOWED, .prepare = put_old_thrice, .act = give_back, .state = state_followed),
    S(put_beside_giving_back, .prepare = put_old_thrice, .act = put_new, .second = give_back, .state = state_of_value),

    S(put_into_held, .prepare = put_old_thrice, .partner_then = hold_stripe, .act = put_new, .second = put_third,
      .state = state_of_value, .flags = WAITS),
    S(larger_into_held, .prepare = put_old_thrice, .partner_then = hold_stripe, .act = put_larger, .second = put_third,
      .state = state_of_larger_and_put, .flags = WAITS),
    S(remove_from_held, .prepare = put_old_thrice, .partner_then = hold_stripe, .act = remove_victim,
      .second = replace_value, .state = state_of_removal_and_put, .flags = WAITS),
    S(put_after_death, .prepare = put_old_thrice, .dead = die_replacing, .dead_at = "put: body written", .dead_hit = 1,
      .act = put_new, .second = put_third, .state = state_of_value),
    S(put_after_replaced, .prepare = put_old_thrice, .dead = die_replacing, .dead_at = "put: replaced", .dead_hit = 1,
      .act = put_new, .second = put_third, .state = state_after_the_dead),
    S(larger_after_death, .prepare = put_old_thrice, .dead = die_replacing, .dead_at = "put: replaced", .dead_hit = 1,
      .act = put_larger, .second = put_third, .state = state_of_larger_after_the_dead),
    S(remove_after_death, .prepare = put_old_thrice, .dead = die_replacing, .dead_at = "put: replaced", .dead_hit = 1,
      .act = remove_victim, .second = replace_value, .state = state_of_removal_after_the_dead),
};

const struct scenes stripe_scenes = {all, sizeof all / sizeof *all};
