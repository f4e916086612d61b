/* Lock: the recoverable mutex as a named object, with information for people about its holder. */
#include <string.h>

#include "objects/objects.h"
#include "platform/futex.h"
#include "platform/point.h"
#include "platform/process.h"
#include "segment/alive.h"
#include "segment/holds.h"
#include "segment/waiting.h"
#include "value/status.h"

static void fill(void *body, const void *flags)
{
    ((struct hold_sh *)body)->flags = *(const uint32_t *)flags;
}

int shoal_lock_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length, uint32_t flags)
{
    struct shoal_recipe recipe = {SHOAL_KIND_LOCK, sizeof(struct hold_sh), fill, &flags};
    *out = NULL;
    if (flags == SHOAL_LOCK_ANY)
        return shoal__handle_open_only(out, segment, name, length, SHOAL_KIND_LOCK);
    if (flags & ~SHOAL_LOCK_REENTRANT)
        return shoal__fail(SHOAL_EVALUE, "unknown lock flags %#x", flags);
    int status = shoal__handle_make(out, segment, name, length, &recipe);
    if (status < 0)
        return status;
    uint32_t have = shoal_lock_flags(*out);
    if (have == flags)
        return SHOAL_OK;
    shoal_object_close(*out);
    *out = NULL;
    return shoal__fail(SHOAL_EMISMATCH,
                       "lock \"%.*s\" in segment \"%s\" is %sreentrant, and a %sreentrant one was "
                       "asked for",
                       (int)length, name, segment->name, have ? "" : "not ", flags ? "" : "non-");
}

static inline uint32_t flags_of(const shoal_object *object)
{
    return ((const struct hold_sh *)object->body)->flags & SHOAL_LOCK_REENTRANT;
}

uint32_t shoal_lock_flags(const shoal_object *object)
{
    return shoal__may_look(object, SHOAL_KIND_LOCK) == SHOAL_OK ? flags_of(object) : 0;
}

/* ---- The holder ---- */

/* Does its body begin with a hold_sh, whose word names the holder? */
static inline bool is_hold(const shoal_object *object)
{
    return shoal__kinds[object->kind]->flags & KIND_HOLD;
}

/* Does the word name this peer, if this process is one? */
static inline bool names_us(const shoal_object *object)
{
    return (load_relaxed(&((const struct hold_sh *)object->body)->word) & MUTEX_OWNER) == object->segment->party.me;
}

static inline bool is_mine(const shoal_object *object)
{
    return shoal__is_peer(object->segment) && names_us(object); /* a forked child holds nothing: it may not look */
}

void shoal__hold_describe(shoal_owner *out, const shoal_segment *segment, const struct hold_sh *hold)
{
    shoal__describe(out, segment, load_acquire(&hold->word));
    if (!out->pid)
        return;
    out->thread = (int32_t)load_relaxed(&hold->thread);
    out->since = (double)load_relaxed(&hold->seconds) + (double)load_relaxed(&hold->nanoseconds) / 1e9;
}

bool shoal__hold_owner_died(const shoal_object *object)
{
    uint32_t word = load_acquire(&((const struct hold_sh *)object->body)->word);
    return word & MUTEX_NEEDREC ||
           (word & MUTEX_SLOT && !is_mine(object) && shoal__party_is_dead(&object->segment->party, word));
}

/* ---- Acquiring and releasing ---- */

static inline int took(shoal_object *object, int status, bool task)
{
    SHOAL_POINT("lock: taken");
    shoal__hold_sign(object->body, object, task);
    object->depth = 1;
    store_relaxed(&object->recovered, status == SHOAL_RECOVERED);
    return status;
}

static inline bool is_this_threads(const shoal_object *object)
{
    return shoal__holder(object) == shoal__thread_number() && is_mine(object);
}

static int owner_died(const shoal_object *object)
{
    return shoal__fail(
        SHOAL_EOWNERDIED,
        "the owner of lock \"%s\" died holding it: the data it guards may be half-written; make the data sound, "
        "then call repair()",
        object->name);
}

int shoal__lock_take(shoal_object *object, struct shoal__wait *wait)
{
    struct hold_sh *hold = object->body;
    bool task = wait->flags & SHOAL_WAIT_TASK;
    if (!task && flags_of(object) && is_this_threads(object)) {
        object->depth++;
        return SHOAL_OK;
    }
    int status = shoal__mutex_step(&hold->word, &object->segment->party, wait);
    if (status == SHOAL_RECOVERED && wait->flags & SHOAL_WAIT_STRICT) {
        shoal__mutex_abandon(&hold->word); /* the word is as it was: for repair(), or for a taker that is not strict */
        return owner_died(object);
    }
    return status < 0 || status == SHOAL_PENDING ? status : took(object, status, task);
}

int shoal__lock_for_task(const shoal_object *object)
{
    if (flags_of(object))
        return shoal__fail(
            SHOAL_ELOCK,
            "lock \"%s\" is reentrant, so its holder is a thread, and all tasks of an event loop share one thread; "
            "create the lock without reentrant",
            object->name);
    return SHOAL_OK;
}

static int begin(struct shoal__wait *wait)
{
    return wait->flags & SHOAL_WAIT_TASK ? shoal__lock_for_task(wait->object) : SHOAL_OK;
}

/* A wait with a deadline is allowed: before that another thread of this process may release the lock. */
static int own(const struct shoal__wait *wait, bool forever)
{
    const shoal_object *object = wait->object;
    if (!forever || wait->flags & SHOAL_WAIT_TASK || flags_of(object) || !is_this_threads(object))
        return SHOAL_OK;
    return shoal__fail(SHOAL_ELOCK, "lock \"%s\" is held by this thread already, and it is not reentrant",
                       object->name);
}

static int attempt(struct shoal__wait *wait)
{
    return shoal__lock_take(wait->object, wait);
}

static int give_up(struct shoal__wait *wait, bool time_is_up)
{
    (void)time_is_up;
    shoal__mutex_stop(&((struct hold_sh *)wait->object->body)->word, wait);
    return SHOAL_ETIMEDOUT;
}

static const struct shoal_waits waits[] = {
    {.operation = SHOAL_WAIT_ACQUIRE,
     .spins = true,
     .owned = true,
     .begin = begin,
     .attempt = attempt,
     .give_up = give_up,
     .own = own},
    {0},
};

static __attribute__((noinline)) int acquire_slowly(shoal_object *object, bool strict, shoal_time deadline)
{
    int status = shoal__may_use(object, SHOAL_KIND_LOCK);
    if (status < 0)
        return status;
    if (flags_of(object) && is_this_threads(object)) {
        object->depth++;
        return SHOAL_OK;
    }
    return shoal__wait_for(object, SHOAL_WAIT_ACQUIRE, strict ? SHOAL_WAIT_STRICT : 0, 0, deadline);
}

int shoal_lock_acquire(shoal_object *object, bool strict, shoal_time deadline)
{
    if (shoal__is_ready(object, SHOAL_KIND_LOCK) &&
        __builtin_expect(shoal__mutex_try_free(&((struct hold_sh *)object->body)->word, object->segment->party.me), 1))
        return took(object, SHOAL_OK, false);
    return acquire_slowly(object, strict, deadline);
}

static int not_held(const shoal_object *object)
{
    shoal_owner owner;
    if (shoal_lock_owner(&owner, object) == SHOAL_OK && owner.pid)
        return shoal__fail(SHOAL_ELOCK, "lock \"%s\" is not held by this process; %s (pid %d) holds it", object->name,
                           owner.program, owner.pid);
    return shoal__fail(SHOAL_ELOCK, "lock \"%s\" is not held", object->name);
}

/*
 * Wake the notified waiters of this Lock's Conditions. If we are killed before this, they look at the end of their
 * slice.
 */
static void wake_deferred(shoal_word *const *wake, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        shoal__wake(wake[i], 1);
}

static void unlock_and_wake(shoal_object *object)
{
    /* Copy them before the release: the next holder, if a thread of this process, writes into the handle. */
    shoal_word *wake[SHOAL_DEFERRED];
    uint32_t count = object->deferred;
    memcpy(wake, object->wake, sizeof wake);
    object->deferred = 0;
    shoal__mutex_unlock(&((struct hold_sh *)object->body)->word);
    SHOAL_POINT("lock: free, the notified not woken");
    wake_deferred(wake, count);
}

/* Clear what is noted of the holder first: the next holder writes there as soon as the word is free. */
static inline void unlock(shoal_object *object)
{
    struct hold_sh *hold = object->body;
    object->depth = 0;
    store_relaxed(&object->recovered, false);
    shoal__set_holder(object, 0);
    store_relaxed(&hold->thread, 0);
    SHOAL_POINT("lock: holder not noted any more");
    if (__builtin_expect(object->deferred != 0, 0))
        unlock_and_wake(object);
    else
        shoal__mutex_unlock(&hold->word);
}

static __attribute__((noinline)) int release_slowly(shoal_object *object)
{
    int status = shoal__may_use(object, SHOAL_KIND_LOCK);
    if (status < 0)
        return status;
    if (!is_mine(object))
        return not_held(object);
    if (object->depth > 1)
        object->depth--;
    else
        unlock(object);
    return SHOAL_OK;
}

int shoal_lock_release(shoal_object *object)
{
    if (!shoal__is_ready(object, SHOAL_KIND_LOCK) || __builtin_expect(!names_us(object) || object->depth > 1, 0))
        return release_slowly(object);
    unlock(object);
    return SHOAL_OK;
}

uint32_t shoal__lock_let_go(shoal_object *object)
{
    uint32_t depth = object->depth;
    unlock(object);
    return depth;
}

int shoal_lock_repair(shoal_object *object)
{
    struct hold_sh *hold = object->body;
    int status = shoal__may_use(object, SHOAL_KIND_LOCK);
    if (status < 0)
        return status;
    if (is_mine(object) && load_relaxed(&object->recovered)) {
        store_relaxed(&object->recovered, false);
        atomic_fetch_and(&hold->word, ~MUTEX_NEEDREC);
        SHOAL_POINT("lock: repaired");
        return SHOAL_OK;
    }
    if (is_mine(object))
        return shoal__fail(SHOAL_ELOCK,
                           "lock \"%s\" has nothing to repair: this process holds it, and `recovered` is false",
                           object->name);
    status = shoal__mutex_lock(&hold->word, &object->segment->party, SHOAL_NO_WAIT);
    if (status >= 0)
        shoal__mutex_unlock(&hold->word);
    if (status == SHOAL_RECOVERED)
        return SHOAL_OK;
    return status < 0
               ? not_held(object)
               : shoal__fail(SHOAL_ELOCK, "lock \"%s\" has nothing to repair: no owner of it died", object->name);
}

/* ---- Looking ---- */

bool shoal_lock_is_locked(const shoal_object *object)
{
    uint32_t word = is_hold(object) && shoal__may_look(object, object->kind) == SHOAL_OK
                        ? load_acquire(&((const struct hold_sh *)object->body)->word)
                        : 0;
    return (word & MUTEX_SLOT) && (is_mine(object) || !shoal__party_is_dead(&object->segment->party, word));
}

bool shoal_lock_recovered(const shoal_object *object)
{
    return is_hold(object) && load_relaxed(&object->recovered) && !object->lost && is_mine(object);
}

bool shoal_lock_is_mine(const shoal_object *object)
{
    return is_hold(object) && !object->lost && is_mine(object);
}

bool shoal_lock_is_this_threads(const shoal_object *object)
{
    return object->kind == SHOAL_KIND_LOCK && !object->lost && is_this_threads(object);
}

uint64_t shoal_thread_number(void)
{
    return shoal__thread_number();
}

int shoal_lock_owner(shoal_owner *out, const shoal_object *object)
{
    const struct hold_sh *hold = object->body;
    bool rwlock = object->kind == SHOAL_KIND_RWLOCK;
    memset(out, 0, sizeof *out);
    int status = shoal__may_look(object, is_hold(object) ? object->kind : SHOAL_KIND_LOCK);
    if (status < 0)
        return shoal__unless_damaged(object->segment, status);
    if (!rwlock || load_acquire(&hold->inside)) /* a writer that waits for readers is not the owner yet */
        shoal__hold_describe(out, object->segment, hold);
    return shoal__unless_damaged(object->segment, SHOAL_OK);
}

/* ---- The row ---- */

static const char *check(const shoal_segment *segment, const void *body, uint64_t capacity)
{
    const struct hold_sh *hold = body;
    if (capacity < sizeof *hold || hold->flags & ~SHOAL_LOCK_REENTRANT)
        return "its flags are impossible";
    return (load_relaxed(&hold->word) & (MUTEX_SLOT | MUTEX_IDLE)) > segment->is.slots ? "it names an impossible owner"
                                                                                       : NULL;
}

void shoal__hold_forget_slot(void *body, uint32_t slot)
{
    shoal__mutex_forget(&((struct hold_sh *)body)->word, slot);
}

bool shoal__hold_claim(struct shoal__claim *claim)
{
    struct hold_sh *hold = claim->body;
    int status = shoal__mutex_lock(&hold->word, claim->party, SHOAL_NO_WAIT);
    claim->died = status == SHOAL_RECOVERED;
    claim->who = status < 0 ? load_acquire(&hold->word) & MUTEX_OWNER : 0;
    if (status >= 0)
        store_relaxed(&hold->thread, 0); /* forget a dead holder's thread; ours is not noted, as a claim is short */
    return status >= 0;
}

void shoal__hold_unclaim(struct shoal__claim *claim)
{
    struct hold_sh *hold = claim->body;
    if (claim->died)
        shoal__mutex_abandon(&hold->word);
    else
        shoal__mutex_unlock(&hold->word);
}

bool shoal__hold_abandon(shoal_object *object, uint64_t thread)
{
    struct hold_sh *hold = object->body;
    if (!shoal__holder_drop(object, thread))
        return false;
    if (shoal__is_peer(object->segment)) {
        store_relaxed(&hold->thread, 0); /* its thread holds it no more, whoever holds it next */
        shoal__mutex_abandon(&hold->word);
    }
    return true;
}

void shoal__hold_holders(shoal_owner *out, size_t limit, size_t *count, const shoal_object *object)
{
    shoal_owner owner;
    shoal__hold_describe(&owner, object->segment, object->body);
    *count = owner.alive;
    if (owner.alive && limit > 0)
        out[0] = owner;
}

static int copy(shoal_object **out, shoal_segment *to, shoal_object *object)
{
    return shoal_lock_open(out, to, object->name, object->name_length, shoal_lock_flags(object));
}

static int describe(struct shoal__parts *map, const shoal_object *object)
{
    shoal_write_bool(shoal__part_of(map, "reentrant"), flags_of(object));
    shoal_write_bool(shoal__part_of(map, "locked"), shoal_lock_is_locked(object));
    shoal_write_bool(shoal__part_of(map, "owner_died"), shoal__hold_owner_died(object));
    return SHOAL_OK;
}

const struct shoal__kind shoal__lock_kind = {
    .flags = KIND_LOCK | KIND_HOLD,
    .head = sizeof(struct hold_sh),
    .check = check,
    .forget_slot = shoal__hold_forget_slot,
    .claim = shoal__hold_claim,
    .unclaim = shoal__hold_unclaim,
    .in_the_way = "holds",
    .waits = waits,
    .abandon = shoal__hold_abandon,
    .holders = shoal__hold_holders,
    .describe = describe,
    .copy = copy,
};
