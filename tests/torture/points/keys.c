/* Keys that no driver takes: shared beside one who waits, and what the dead had of several. */
#include "points.h"
#include "segment/lock.h"

static const shoal_key key = {"17", 2}, next_key = {"18", 2};

static int make_locks(void)
{
    return must(shoal_locks_open(&object, target, "victim", 6, 0), "locks");
}
static int prepare_keys(void)
{
    return make_locks() && close_object();
}

/* A signal may end a wait; what is got is what counts. */
static int take_key(const shoal_key *which, uint32_t flags)
{
    shoal_time deadline = to_have();
    int status;
    while ((status = shoal_locks_acquire(object, which, flags, deadline)) == SHOAL_EINTR) {
    }
    return must(status, "take a key");
}
static int give_key(const shoal_key *which, uint32_t flags)
{
    return must(shoal_locks_release(object, which, flags), "release a key");
}
static int hold_and_release(void)
{
    return take_key(&key, 0) && give_key(&key, 0);
}
static int share_and_release(void)
{
    return take_key(&key, SHOAL_KEY_SHARED) && give_key(&key, SHOAL_KEY_SHARED);
}
/* Another holds it all the time: another attach of this process. */
static int wait_in_vain(void)
{
    int status = shoal_locks_acquire(object, &key, 0, shoal_deadline(0.02));
    if (status != SHOAL_ETIMEDOUT && status != SHOAL_EINTR)
        wrong("a key that is held is had: %d", status);
    return 1;
}
static int hold_one(void)
{
    return make_locks() && take_key(&key, 0);
}
static int release_one(void)
{
    return give_key(&key, 0);
}
/* A wait that is cancelled while another has the structure's lock: here another attach of this process, so that it is had for sure. */
static shoal_segment *other;
static shoal_wait vain;

static int hold_by_another_attach(void)
{
    shoal_object *theirs;
    if (!make_locks() || !must(shoal_open(&other, new_context(), "target", NULL), "another attach"))
        return 0;
    must(shoal_locks_open(&theirs, other, "victim", 6, 0), "locks");
    return must(shoal_locks_acquire(theirs, &key, 0, to_have()), "hold the key");
}
static int wait_in_pieces(void)
{
    if (!make_locks() || !must(shoal_open(&other, new_context(), "target", NULL), "another attach"))
        return 0;
    must(shoal_wait_begin(&vain, object, SHOAL_WAIT_ACQUIRE, 0, (int64_t)(uintptr_t)&key), "begin to wait");
    return must(shoal_wait_try(&vain), "wait for a key");
}
static int cancel_without_the_lock(void)
{
    bool locked = shoal__lock_shortly(other);
    shoal_wait_cancel(&vain);
    if (locked)
        shoal__unlock(other);
    return 1;
}
static int make_and_share(void)
{
    return make_locks() && share_and_release() && close_object();
}
static int make_and_hold(void)
{
    return make_locks() && hold_and_release() && close_object();
}
static int share_two(void)
{
    return make_locks() && take_key(&key, SHOAL_KEY_SHARED) && take_key(&next_key, SHOAL_KEY_SHARED);
}
static int release_two(void)
{
    return give_key(&key, SHOAL_KEY_SHARED) && give_key(&next_key, SHOAL_KEY_SHARED);
}
static int hold_two(void)
{
    return make_locks() && take_key(&key, 0) && take_key(&next_key, 0);
}
static int abandon_two(void)
{
    board->somebody_died = 1; /* so it is to look */
    return abandon_all();
}
static int count_keys(void)
{
    return must((int)shoal_locks_count(object), "count");
}
static int make_and_count(void)
{
    return make_locks() && count_keys() && close_object();
}
static int hear(void *argument, const shoal_key *which, const shoal_key_state *state)
{
    (void)argument;
    if (which->length != 2 || (state->shared && state->owner.pid))
        wrong("a key is told that cannot be: %zu bytes, %u holders", which->length, state->holders);
    return 0;
}
static int look_at_keys(void)
{
    return must(shoal_locks_each(object, hear, NULL), "each");
}
static int repair_key(void)
{
    int status = shoal_locks_repair(object, &key);
    return status == SHOAL_ELOCK || must(status, "repair"); /* another took it meanwhile */
}

/* Everybody is gone: both keys can be had, and then there is none. */
static int state_of_keys(void)
{
    make_locks();
    for (int i = 0; i < 2; i++) {
        const shoal_key *it = i ? &next_key : &key;
        if (shoal_locks_acquire(object, it, 0, shoal_deadline(1)) < 0 || shoal_locks_release(object, it, 0) < 0)
            violation("a key cannot be had when everybody is gone: %s", shoal_error_message());
    }
    if (shoal_locks_count(object) != 0)
        violation("%lld keys are left", (long long)shoal_locks_count(object));
    close_object();
    return VICTIMS | SECONDS;
}

static const struct scene all[] = {
    S(key_share, .prepare = prepare_keys, .before = make_locks, .act = share_and_release, .second = make_and_hold,
      .state = state_of_keys),
    S(key_share_beside_a_waiter, .prepare = prepare_keys, .partner = make_locks, .partner_then = hold_and_release,
      .before = share_two, .act = release_two, .second = make_and_share, .state = state_of_keys),
    S(key_hold_after_sharers, .prepare = prepare_keys, .partner = share_two, .partner_then = release_two,
      .before = make_locks, .act = hold_and_release, .second = make_and_share, .state = state_of_keys),
    S(key_wait_in_vain, .prepare = prepare_keys, .before = hold_by_another_attach, .act = wait_in_vain,
      .second = make_and_count, .state = state_of_keys),
    S(key_cancel_without_the_lock, .prepare = prepare_keys, .partner = hold_one, .partner_then = release_one,
      .before = wait_in_pieces, .act = cancel_without_the_lock, .second = make_and_hold, .state = state_of_keys),
    S(key_of_the_dead, .prepare = prepare_keys, .dead = hold_two, .before = make_locks, .act = hold_and_release,
      .second = make_and_hold, .state = state_of_keys),
    S(key_repair, .prepare = prepare_keys, .dead = hold_two, .before = make_locks, .act = repair_key,
      .second = make_and_hold, .state = state_of_keys),
    S(key_count, .prepare = prepare_keys, .dead = hold_two, .before = make_locks, .act = count_keys,
      .second = make_and_share, .state = state_of_keys),
    S(key_abandon, .prepare = prepare_keys, .before = hold_two, .act = abandon_two, .second = make_and_hold,
      .state = state_of_keys),
    S(key_readonly, .prepare = prepare_keys, .partner = share_two, .before = make_locks, .act = look_at_keys,
      .second = make_and_hold, .state = state_of_keys, .flags = READONLY),
};

const struct scenes key_scenes = {all, sizeof all / sizeof *all};
