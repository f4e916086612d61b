/* Locks: to hold them is to hold one key alone. */
#include "driver.h"

static const shoal_key THE_KEY = {"17", 2}, OTHER_KEY = {"\0binary", 7};

static int make(struct subject *subject, uint32_t size)
{
    (void)size;
    return shoal_locks_open(&subject->object, subject->segment, subject->name, subject->length, 0);
}

static int again(shoal_object **out, const struct subject *subject)
{
    uint32_t flags = shoal_locks_flags(subject->object);
    return LOOK(shoal_locks_open, out, subject->segment, subject->name, subject->length, flags);
}

static int hold(shoal_object *locks, shoal_time deadline)
{
    return shoal_locks_acquire(locks, &THE_KEY, 0, deadline);
}

static int share(shoal_object *locks, shoal_time deadline)
{
    return shoal_locks_acquire(locks, &THE_KEY, SHOAL_KEY_SHARED, deadline);
}

static int take(shoal_object *locks)
{
    return hold(locks, SHOAL_NO_WAIT);
}

static int take_shared(shoal_object *locks)
{
    return share(locks, SHOAL_NO_WAIT);
}

static int let_go(shoal_object *locks)
{
    return shoal_locks_release(locks, &THE_KEY, 0);
}

static int let_go_shared(shoal_object *locks)
{
    return shoal_locks_release(locks, &THE_KEY, SHOAL_KEY_SHARED);
}

static bool held(const shoal_object *locks)
{
    shoal_key_state state;
    return shoal_locks_look(&state, locks, &THE_KEY) == SHOAL_OK && (state.mine || state.mine_shared);
}

static const char *filled(const struct subject *subject, uint32_t seed)
{
    (void)seed;
    EXPECT(take(subject->object) == SHOAL_OK && let_go(subject->object) == SHOAL_OK);
    return NULL;
}

static int touch_key(void *argument, const shoal_key *key, const shoal_key_state *state)
{
    (void)argument;
    kinds_touch(key->bytes, key->length);
    kinds_touch(state, sizeof *state);
    return 0;
}

static const char *look(const struct subject *subject)
{
    shoal_key_state state;
    SEE(shoal_locks_flags, subject->object);
    (void)LOOK(shoal_locks_count, subject->object);
    if (LOOK(shoal_locks_look, &state, subject->object, &THE_KEY) == SHOAL_OK)
        kinds_touch(&state, sizeof state);
    (void)LOOK(shoal_locks_each, subject->object, touch_key, NULL);
    return NULL;
}

static const char *refuse(const struct subject *subject)
{
    REFUSED(shoal_locks_acquire, subject->object, &THE_KEY, 0, SHOAL_NO_WAIT);
    REFUSED(shoal_locks_acquire, subject->object, &THE_KEY, SHOAL_KEY_SHARED, SHOAL_NO_WAIT);
    REFUSED(shoal_locks_release, subject->object, &THE_KEY, 0);
    REFUSED(shoal_locks_repair, subject->object, &THE_KEY);
    return NULL;
}

static const char *use(const struct subject *subject)
{
    if (shoal_object_readonly(subject->object))
        return NULL;
    uint32_t flags = kinds_below(2) ? SHOAL_KEY_SHARED : 0;
    const shoal_key *key = kinds_below(2) ? &THE_KEY : &OTHER_KEY;
    int status = shoal_locks_acquire(subject->object, key, flags, kinds_deadline());
    if (status < 0)
        return kinds_unusual("acquire", status);
    kinds_dwell();
    EXPECT(shoal_locks_release(subject->object, key, flags) == SHOAL_OK);
    return NULL;
}

static const char *intact(const struct subject *subject)
{
    uint32_t flags = shoal_locks_flags(subject->object);
    if (flags & ~SHOAL_LOCK_REENTRANT)
        return kinds_say("the memory of locks that are open became something else: flags %#x", flags);
    return NULL;
}

/* After a death it may be the turn of one who waited; but not for long. Afterwards no key stays in memory. */
static const char *sound(shoal_object *locks)
{
    const shoal_key *keys[] = {&THE_KEY, &OTHER_KEY};
    for (int i = 0; i < 2; i++) {
        int status = shoal_locks_acquire(locks, keys[i], 0, shoal_deadline(1));
        EXPECT(status >= 0 && shoal_locks_release(locks, keys[i], 0) == SHOAL_OK);
        EXPECT(shoal_locks_acquire(locks, keys[i], SHOAL_KEY_SHARED, SHOAL_NO_WAIT) == SHOAL_OK);
        EXPECT(shoal_locks_release(locks, keys[i], SHOAL_KEY_SHARED) == SHOAL_OK);
    }
    EXPECT(shoal_locks_count(locks) == 0);
    return NULL;
}

static int64_t the_key(shoal_object *locks)
{
    (void)locks;
    return (int64_t)(uintptr_t)&THE_KEY;
}

/* ---- Beside a model ---- */

static bool others_share(const struct model *model, unsigned but)
{
    bool found = false;
    for (unsigned i = 0; i < MODEL_PEERS; i++)
        found = found || (i != but && model->reads[i]);
    return found;
}

static const char *obey_taking(shoal_object *object, struct model *model, unsigned peer, bool alone)
{
    bool again = !alone && model->reads[peer];
    int expected = model->owner_died ? SHOAL_RECOVERED : SHOAL_OK;
    if (!again && (model->owner != MODEL_NOBODY || (alone && (model->reads[peer] || others_share(model, peer)))))
        expected = SHOAL_ETIMEDOUT;
    int status = alone ? take(object) : take_shared(object);
    EXPECT(status == expected);
    if (status >= 0 && alone)
        model->owner = peer;
    else if (status >= 0)
        model->reads[peer]++;
    return NULL;
}

static const char *obey(shoal_object *object, struct model *model, unsigned peer, unsigned (*chance)(unsigned sides))
{
    unsigned what = chance(4);
    if (what < 2) {
        WELL(obey_taking(object, model, peer, what));
    } else if (what == 2) {
        EXPECT(let_go_shared(object) == (model->reads[peer] ? SHOAL_OK : SHOAL_ELOCK));
        model->reads[peer] -= model->reads[peer] > 0;
    } else {
        bool ours = model->owner == peer;
        EXPECT(let_go(object) == (ours ? SHOAL_OK : SHOAL_ELOCK));
        model->owner = ours ? MODEL_NOBODY : model->owner;
        model->owner_died = model->owner_died && !ours;
    }
    shoal_key_state state;
    EXPECT(shoal_locks_look(&state, object, &THE_KEY) == SHOAL_OK);
    EXPECT(state.mine == (model->owner == peer) && state.mine_shared == (model->reads[peer] > 0));
    bool anybody = model->owner != MODEL_NOBODY || others_share(model, MODEL_PEERS);
    EXPECT((state.holders > 0) == anybody && shoal_locks_count(object) == (anybody || model->owner_died));
    return NULL;
}

/* Who shares a key leaves nothing half-written. */
static const struct way ways[] = {
    {.name = "share",
     .operation = SHOAL_WAIT_READ,
     .death = SHOAL_RECOVERED,
     .glances = true,
     .block = take,
     .wait = share,
     .free = let_go,
     .give = let_go_shared,
     .argument = the_key},
    {.name = "acquire",
     .operation = SHOAL_WAIT_ACQUIRE,
     .death = SHOAL_RECOVERED,
     .glances = true,
     .block = take,
     .wait = hold,
     .free = let_go,
     .give = let_go,
     .argument = the_key},
    {.name = "acquire_of_sharers",
     .operation = SHOAL_WAIT_ACQUIRE,
     .death = SHOAL_OK,
     .glances = true,
     .block = take_shared,
     .wait = hold,
     .free = let_go_shared,
     .give = let_go,
     .argument = the_key},
    {0},
};

const struct driver locks_driver = {
    .name = "locks",
    .kind = SHOAL_KIND_LOCKS,
    .make = make,
    .again = again,
    .filled = filled,
    .look = look,
    .refuse = refuse,
    .use = use,
    .intact = intact,
    .sound = sound,
    .hold = hold,
    .let_go = let_go,
    .held = held,
    .death = SHOAL_RECOVERED,
    .why_kept = "holds a key of",
    .ways = ways,
    .is_lock = true,
    .obey = obey,
};
