/* Operations on keys that no driver makes. In each image the victim is dead: what it held alone is told, and no key stays. */
#include "step.h"

static const shoal_key key = {"17", 2}, next_key = {"18", 2};

static int make_locks(void)
{
    return must(shoal_locks_open(&object, target, "victim", 6, 0), "locks");
}
static int make_reentrant(void)
{
    return must(shoal_locks_open(&object, target, "victim", 6, SHOAL_LOCK_REENTRANT), "locks");
}
static int prepare_keys(void)
{
    return make_locks() && close_object();
}
static int prepare_reentrant_keys(void)
{
    return make_reentrant() && close_object();
}
static int hold_key(void)
{
    return must(shoal_locks_acquire(object, &key, 0, SHOAL_NO_WAIT), "hold");
}
static int release_key(void)
{
    return must(shoal_locks_release(object, &key, 0), "release");
}
static int share_key(void)
{
    return must(shoal_locks_acquire(object, &key, SHOAL_KEY_SHARED, SHOAL_NO_WAIT), "share");
}
static int unshare_key(void)
{
    return must(shoal_locks_release(object, &key, SHOAL_KEY_SHARED), "release what is shared");
}
static int make_and_hold_key(void)
{
    return make_locks() && hold_key();
}
static int make_and_share_key(void)
{
    return make_locks() && share_key();
}
static int make_reentrant_and_hold(void)
{
    return make_reentrant() && hold_key();
}
static int hold_again_and_release(void)
{
    return hold_key() && release_key();
}
static int hold_two(void)
{
    return make_and_hold_key() && must(shoal_locks_acquire(object, &next_key, 0, SHOAL_NO_WAIT), "hold another");
}
static int repair_key(void)
{
    return must(shoal_locks_repair(object, &key), "repair");
}
static int count_keys(void)
{
    return must((int)shoal_locks_count(object), "count") == 1;
}

static int hear(void *argument, const shoal_key *which, const shoal_key_state *state)
{
    (void)argument;
    if (which->length != key.length || state->holders != 1 || !state->shared)
        violation("a key is told that is not there");
    return 0;
}
static int look_at_keys(void)
{
    shoal_key_state state;
    must(shoal_locks_look(&state, object, &key), "look");
    return state.mine_shared && must(shoal_locks_each(object, hear, NULL), "each");
}

static int prepare_dead_holder(void)
{
    prepare_keys();
    dying(act_attach, make_and_hold_key);
    return 1;
}
static int prepare_dead_holder_of_two(void)
{
    prepare_keys();
    dying(act_attach, hold_two);
    return 1;
}

/* Whoever comes takes the key; who is told gives it up, so that the next one who asks is told too. Then no key is left but that. */
static int try_key(uint32_t flags)
{
    if (shoal_segment_readonly(target))
        return SHOAL_OK;
    must(shoal_locks_open(&object, target, "victim", 6, flags), "locks");
    int status = shoal_locks_acquire(object, &key, 0, SHOAL_NO_WAIT);
    if (status == SHOAL_RECOVERED)
        shoal_context_abandon_locks(context, true);
    else if (status >= 0)
        release_key();
    int64_t left = shoal_locks_count(object);
    close_object();
    return left > 2 || (status == SHOAL_OK && left > 1) ? SHOAL_ECORRUPT : status;
}
static int state_taken(void)
{
    int status = try_key(0);
    return status == SHOAL_OK ? 0 : status == SHOAL_RECOVERED ? 1 : -1;
}
static int state_repaired(void)
{
    int status = try_key(0);
    return status == SHOAL_OK ? 1 : status == SHOAL_RECOVERED ? 0 : -1;
}
static int state_shared(void)
{
    return try_key(0) == SHOAL_OK ? 0 : -1;
}
static int state_told(void)
{
    return shoal_segment_readonly(target) || try_key(0) == SHOAL_RECOVERED ? 0 : -1;
}
static int state_held_still(void)
{
    return shoal_segment_readonly(target) || try_key(SHOAL_LOCK_REENTRANT) == SHOAL_RECOVERED ? 0 : -1;
}

static const struct operation all[] = {
    {"key_hold", prepare_keys, make_locks, hold_key, state_taken, 0},
    {"key_share", prepare_keys, make_locks, share_key, state_shared, STAYS},
    {"key_unshare", prepare_keys, make_and_share_key, unshare_key, state_shared, STAYS},
    {"key_again", prepare_reentrant_keys, make_reentrant_and_hold, hold_again_and_release, state_held_still, STAYS},
    {"key_told", prepare_dead_holder, make_locks, hold_key, state_told, STAYS},
    {"key_mended", prepare_dead_holder, make_and_hold_key, release_key, state_repaired, 0},
    {"key_repair", prepare_dead_holder, make_locks, repair_key, state_repaired, 0},
    {"key_abandon", prepare_keys, hold_two, abandon_all, state_told, STAYS},
    {"key_close", prepare_keys, hold_two, act_detach, state_told, STAYS},
    {"key_look", prepare_keys, make_and_share_key, look_at_keys, state_shared, STAYS},
    {"key_count", prepare_dead_holder_of_two, make_locks, count_keys, state_told, STAYS},
};

const struct operations key_operations = {all, sizeof all / sizeof *all};
