/* Locks: taking a key, waiting for it, releasing it. Implements docs/recovery.md, "Locks". */
#include "objects/locks.h"
#include "platform/point.h"
#include "segment/detach.h"
#include "segment/directory.h"
#include "segment/holds.h"
#include "segment/reap.h"
#include "segment/waiting.h"
#include "value/status.h"
#include "value/text.h"

#define STEPS_AT_ONCE 64u /* changes in one hold of the lock */

/* ---- A key ---- */

int shoal__key_check(const shoal_object *object, const shoal_key *key)
{
    if (key->length > 0 && key->length <= KEY_MOST)
        return SHOAL_OK;
    return shoal__fail(SHOAL_EVALUE, "locks \"%s\": a key has 1 to %u bytes, and this one has %zu", object->name,
                       KEY_MOST, key->length);
}

const char *shoal__key_quote(char *buffer, const shoal_key *key)
{
    return shoal__quote(buffer, key->bytes, key->length);
}

struct shoal_key_ask shoal__key_ask(const shoal_object *object, const shoal_key *key, bool shared, bool task)
{
    return (struct shoal_key_ask){.bytes = key->bytes,
                                  .length = (uint32_t)key->length,
                                  .hash = shoal__name_hash(object->segment, key->bytes, key->length),
                                  .shared = shared,
                                  .thread = task ? SHARE_TASK : shoal__thread_number()};
}

static int may_use(shoal_object *object, const shoal_key *key)
{
    int status = shoal__may_use(object, SHOAL_KIND_LOCKS);
    return status < 0 ? status : shoal__key_check(object, key);
}

static int owner_died(const shoal_object *object, const shoal_key *key)
{
    char quoted[SHOAL__QUOTE_SIZE];
    return shoal__fail(
        SHOAL_EOWNERDIED,
        "the owner of key %s of locks \"%s\" died holding it: the data it guards may be half-written; make "
        "the data sound, then call repair()",
        shoal__key_quote(quoted, key), object->name);
}

/* ---- Taking, with the structure's lock ---- */

/* With the lock, which is released. A hold is counted in the process before it is in the segment. */
static int take(shoal_object *object, struct shoal_key_ask *ask, struct shoal_key_news *news)
{
    struct shoal_keys keys = shoal__keys_of(object);
    int status = SHOAL_EOVERFLOW;
    bool counted = shoal__share_take(object, ask->thread) > 0;
    if (counted)
        status = shoal__key_take_locked(&keys, ask, news);
    shoal__keys_leave(&keys, news);
    if (counted && status != SHOAL_OK && status != SHOAL_RECOVERED)
        shoal__share_drop(object, ask->thread);
    return counted
               ? status
               : shoal__fail(status, "locks \"%s\": one thread can hold at most %u keys", object->name, SHARES_MOST);
}

/*
 * Of those who hold the key some may be dead: then what they had in this object is given up. True: one was. A tag whose
 * owner was proved dead stays that of a dead one, so what was asked without the lock is still true under it.
 */
static bool bury_dead(const shoal_object *object, const struct shoal_key_news *holders)
{
    struct shoal_keys keys = shoal__keys_of(object);
    const struct shoal_party *party = &object->segment->party;
    bool found = false;
    for (uint32_t i = 0; i < holders->blockers; i++) {
        struct shoal_key_whose whose = {MUTEX_OWNER, holders->blocker[i], 0, false};
        if (!party->is_dead(party, whose.owner))
            continue;
        SHOAL_POINT("keys: a holder is dead");
        int64_t count = STEPS_AT_ONCE;
        uint32_t bucket = 0;
        while (count == STEPS_AT_ONCE && shoal__lock_shortly(object->segment)) {
            struct shoal_key_news news = {0};
            count = shoal__keys_abandon_locked(&keys, &whose, &bucket, STEPS_AT_ONCE, &news);
            shoal__keys_leave(&keys, &news);
            found = found || count > 0;
        }
    }
    return found;
}

/* ---- Waiting ---- */

enum { AT_LOCK = 1 }; /* wait->phase: it waits for the lock of the structure */

static shoal_word *lock_of(const struct shoal__wait *wait)
{
    return &shoal__header(wait->object->segment)->lock;
}

/* At the last try others are at work for microseconds, and one that is stopped is not waited for. */
static int enter(struct shoal__wait *wait)
{
    int status;
    if (wait->flags & WAIT_LOOK_ONCE && wait->slice_over)
        status = shoal__lock_before(wait->object->segment, shoal_now() + SHORT_WAIT) < 0 ? SHOAL_PENDING : SHOAL_OK;
    else
        status = shoal__lock_step(wait->object->segment, wait);
    if (status == SHOAL_OK && wait->mark) {
        shoal__mutex_stop(lock_of(wait), wait);
        wait->mark = 0;
    }
    wait->phase = status == SHOAL_PENDING ? AT_LOCK : 0;
    return status;
}

static const shoal_key *key_of(const struct shoal__wait *wait)
{
    return (const shoal_key *)(uintptr_t)wait->argument;
}

static struct shoal_key_ask ask_of(const struct shoal__wait *wait)
{
    bool shared = wait->operation == SHOAL_WAIT_READ;
    struct shoal_key_ask ask = shoal__key_ask(wait->object, key_of(wait), shared, wait->flags & SHOAL_WAIT_TASK);
    ask.strict = wait->flags & SHOAL_WAIT_STRICT;
    ask.stays = !(wait->flags & WAIT_LOOK_ONCE);
    ask.claim = wait->claim;
    return ask;
}

static int begin(struct shoal__wait *wait)
{
    bool reentrant = shoal_locks_flags(wait->object) & SHOAL_LOCK_REENTRANT;
    if (wait->flags & SHOAL_WAIT_TASK && reentrant && wait->operation == SHOAL_WAIT_ACQUIRE)
        return shoal__fail(
            SHOAL_ELOCK,
            "locks \"%s\" are reentrant, so the holder of a key is a thread, and all tasks of an event loop "
            "share one thread; create the locks without reentrant",
            wait->object->name);
    return shoal__key_check(wait->object, key_of(wait));
}

/* The wait is over, or gives up: its claim goes, or, beside a process that keeps the lock, is marked for the next who looks. */
static void drop_claim(struct shoal__wait *wait)
{
    struct shoal_keys keys = shoal__keys_of(wait->object);
    struct shoal_key_ask ask = ask_of(wait);
    struct shoal_key_news news = {0};
    if (!wait->claim)
        return;
    if (shoal__lock_shortly(wait->object->segment)) {
        shoal__key_give_up_locked(&keys, &ask, &news);
        shoal__keys_leave(&keys, &news);
    } else {
        struct key_sh *it = shoal__key_at(wait->object->segment, wait->claim);
        if (it)
            store_release(&it->hold.inside, KEY_GIVEN_UP);
        SHOAL_POINT("keys: claim given up without the lock");
    }
    wait->claim = 0;
}

static int sleep_on_claim(struct shoal__wait *wait)
{
    const struct key_sh *it = wait->claim ? shoal__key_at(wait->object->segment, wait->claim) : NULL;
    wait->word = it ? (const uint32_t *)&it->wake : (const uint32_t *)lock_of(wait);
    wait->expected = 0;
    wait->slice = 0;
    return SHOAL_PENDING;
}

static int attempt(struct shoal__wait *wait)
{
    int status;
    for (bool made_room = false;;) {
        struct shoal_key_news news = {0};
        struct shoal_key_ask ask = ask_of(wait);
        if ((status = enter(wait)) != SHOAL_OK)
            return status;
        status = take(wait->object, &ask, &news);
        wait->claim = ask.claim;
        if (status == SHOAL_ENOSPACE && !made_room)
            shoal__make_room(wait->object->segment);
        else if (status != SHOAL_PENDING || !wait->slice_over || !bury_dead(wait->object, &news))
            break;
        made_room = made_room || status == SHOAL_ENOSPACE;
    }
    if (status == SHOAL_PENDING)
        return sleep_on_claim(wait);
    drop_claim(wait); /* after an error; who got the key has none any more */
    return status == SHOAL_EOWNERDIED ? owner_died(wait->object, key_of(wait)) : status;
}

static int fail_at_lock(const struct shoal__wait *wait)
{
    shoal_owner owner = {0};
    shoal__describe(&owner, wait->object->segment, load_relaxed(lock_of(wait)));
    return shoal__fail(
        SHOAL_ETIMEDOUT,
        "locks \"%s\": process %d (%s) has the lock of segment \"%s\" and does not get on (is it stopped?)",
        wait->object->name, (int)owner.pid, owner.program, wait->object->segment->name);
}

static int give_up(struct shoal__wait *wait, bool time_is_up)
{
    bool at_lock = wait->phase == AT_LOCK;
    if (at_lock)
        shoal__mutex_stop(lock_of(wait), wait);
    drop_claim(wait);
    return time_is_up && at_lock ? fail_at_lock(wait) : SHOAL_ETIMEDOUT;
}

static int refuse(const struct shoal__wait *wait, uint32_t state)
{
    char quoted[SHOAL__QUOTE_SIZE];
    shoal__key_quote(quoted, key_of(wait));
    if (wait->operation == SHOAL_WAIT_READ)
        return shoal__fail(SHOAL_ELOCK,
                           "key %s of locks \"%s\": this thread holds it alone already: release() it first", quoted,
                           wait->object->name);
    if (state == KEY_SHARED)
        return shoal__fail(
            SHOAL_ELOCK,
            "key %s of locks \"%s\": this thread shares it already: there is no upgrade, since two upgrades "
            "would wait for each other; release it first",
            quoted, wait->object->name);
    return shoal__fail(SHOAL_ELOCK, "key %s of locks \"%s\" is held by this thread already, and it is not reentrant",
                       quoted, wait->object->name);
}

/*
 * SHOAL_ELOCK if this thread would wait for itself; for a key that it holds alone and would hold again only without a
 * deadline: before that another thread of this process may release it.
 */
static int own(const struct shoal__wait *wait, bool forever)
{
    struct shoal_keys keys = shoal__keys_of(wait->object);
    struct shoal_key_ask ask = ask_of(wait);
    struct shoal_key_survey seen;
    if (ask.thread == SHARE_TASK || !shoal__share_of(wait->object, ask.thread) ||
        !shoal__lock_shortly(wait->object->segment))
        return SHOAL_OK;
    shoal__key_survey(&seen, &keys, &ask);
    shoal__leave(wait->object->segment);
    if (!seen.own || (ask.shared && seen.own_state == KEY_SHARED))
        return SHOAL_OK;
    bool again = !ask.shared && seen.own_state == KEY_HELD;
    if (again && (!forever || keys.locks->flags & SHOAL_LOCK_REENTRANT))
        return SHOAL_OK;
    return refuse(wait, seen.own_state);
}

const struct shoal_waits shoal__key_waits[] = {
    {.operation = SHOAL_WAIT_ACQUIRE,
     .owned = true,
     .begin = begin,
     .attempt = attempt,
     .give_up = give_up,
     .own = own},
    {.operation = SHOAL_WAIT_READ, .owned = true, .begin = begin, .attempt = attempt, .give_up = give_up, .own = own},
    {0},
};

/* ---- The calls ---- */

int shoal_locks_acquire(shoal_object *object, const shoal_key *key, uint32_t flags, shoal_time deadline)
{
    int status = may_use(object, key);
    if (status < 0)
        return status;
    if (shoal__lock_at_once(object->segment)) {
        struct shoal_key_news news = {0};
        struct shoal_key_ask ask = shoal__key_ask(object, key, flags & SHOAL_KEY_SHARED, false);
        ask.strict = flags & SHOAL_KEY_STRICT;
        status = take(object, &ask, &news);
        if (status == SHOAL_EOWNERDIED)
            return owner_died(object, key);
        if (status != SHOAL_PENDING && status != SHOAL_ENOSPACE)
            return status;
    }
    return shoal__wait_for(object, flags & SHOAL_KEY_SHARED ? SHOAL_WAIT_READ : SHOAL_WAIT_ACQUIRE,
                           flags & SHOAL_KEY_STRICT ? SHOAL_WAIT_STRICT : 0, (int64_t)(uintptr_t)key, deadline);
}

static int not_held(const shoal_object *object, const shoal_key *key, bool shared)
{
    char quoted[SHOAL__QUOTE_SIZE];
    shoal_key_state state;
    shoal_locks_look(&state, object, key);
    shoal__key_quote(quoted, key);
    if (state.owner.pid)
        return shoal__fail(SHOAL_ELOCK, "key %s of locks \"%s\" is not %s by this process; %s (pid %d) holds it",
                           quoted, object->name, shared ? "shared" : "held", state.owner.program, state.owner.pid);
    return shoal__fail(SHOAL_ELOCK, "key %s of locks \"%s\" is not %s by this process", quoted, object->name,
                       shared ? "shared" : "held");
}

int shoal_locks_release(shoal_object *object, const shoal_key *key, uint32_t flags)
{
    struct shoal_turn turn;
    struct shoal_key_news news = {0};
    uint64_t thread = 0;
    int status = may_use(object, key);
    if (status < 0)
        return status;
    struct shoal_keys keys = shoal__keys_of(object);
    struct shoal_key_ask ask = shoal__key_ask(object, key, flags & SHOAL_KEY_SHARED, false);
    shoal__turn_begin(&turn);
    status = shoal__enter(object->segment, &turn);
    if (status == SHOAL_OK) {
        status = shoal__key_release_locked(&keys, &ask, &thread, &news);
        shoal__keys_leave(&keys, &news);
        if (status == SHOAL_OK)
            shoal__share_drop(object, thread);
        else if (status == SHOAL_ELOCK)
            status = not_held(object, key, ask.shared);
    }
    shoal__turn_end(object->segment, &turn);
    return status;
}

int shoal_locks_repair(shoal_object *object, const shoal_key *key)
{
    struct shoal_turn turn;
    char quoted[SHOAL__QUOTE_SIZE];
    int status = may_use(object, key);
    if (status < 0)
        return status;
    struct shoal_keys keys = shoal__keys_of(object);
    struct shoal_key_ask ask = shoal__key_ask(object, key, false, false);
    struct shoal_key_news holders = {0};
    shoal__turn_begin(&turn);
    status = shoal__enter(object->segment, &turn);
    if (status == SHOAL_OK) {
        status = shoal__key_repair_locked(&keys, &ask, &holders);
        shoal__leave(object->segment);
        if (status == SHOAL_ELOCK && bury_dead(object, &holders) && shoal__lock_shortly(object->segment)) {
            status = shoal__key_repair_locked(&keys, &ask, &holders);
            shoal__leave(object->segment);
        }
        if (status == SHOAL_ELOCK)
            status = shoal__fail(
                status, "key %s of locks \"%s\" has nothing to repair: no owner of it died, or another holds it",
                shoal__key_quote(quoted, key), object->name);
    }
    shoal__turn_end(object->segment, &turn);
    return status;
}
