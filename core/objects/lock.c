/* Lock: the recoverable mutex as a named object, with who holds it for people to read. */
#include <string.h>

#include "objects/objects.h"
#include "platform/clock.h"
#include "platform/process.h"
#include "segment/handle.h"
#include "segment/roster.h"
#include "value/status.h"

struct lock_sh {
    shoal_word word; /* first: shoal__mark_old_locks_locked finds it there */
    uint32_t flags;  /* SHOAL_LOCK_REENTRANT; written once */
    uint32_t thread; /* of the last holder, for information */
    uint32_t zero;
    uint64_t since; /* ns since 1970, for information */
};
_Static_assert(sizeof(struct lock_sh) == 24, "docs/format.md, Lock");

static int check_kind(const shoal_object *object)
{
    return object->kind == SHOAL_KIND_LOCK ? SHOAL_OK : shoal__fail(SHOAL_ETYPE, "\"%s\" is no Lock", object->name);
}

static int may_use(shoal_object *object)
{
    int status = check_kind(object);
    return status < 0 ? status : shoal__writable(object);
}

static void fill(void *body, const void *flags)
{
    ((struct lock_sh *)body)->flags = *(const uint32_t *)flags;
}

int shoal_lock_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length, uint32_t flags)
{
    uint32_t made_with = flags == SHOAL_LOCK_ANY ? 0 : flags;
    struct shoal_recipe recipe = {SHOAL_KIND_LOCK, sizeof(struct lock_sh), fill, &made_with};
    if (made_with & ~SHOAL_LOCK_REENTRANT)
        return shoal__fail(SHOAL_EVALUE, "unknown lock flags %#x", flags);
    int status = shoal__handle_make(out, segment, name, length, &recipe);
    if (status < 0 || flags == SHOAL_LOCK_ANY)
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

uint32_t shoal_lock_flags(const shoal_object *object)
{
    return ((const struct lock_sh *)object->body)->flags & SHOAL_LOCK_REENTRANT;
}

/* ---- Taking and giving ---- */

static bool is_mine(const shoal_object *object)
{
    const struct shoal_segment *segment = object->segment;
    uint32_t word = load_relaxed(&((const struct lock_sh *)object->body)->word);
    return (word & MUTEX_OWNER) == segment->party.me && shoal__is_peer(segment); /* a forked child holds nothing */
}

static int took(shoal_object *object, int status)
{
    struct lock_sh *lock = object->body;
    uint32_t thread = (uint32_t)shoal__thread_id();
    store_relaxed(&object->holder, thread);
    object->depth = 1;
    object->recovered = status == SHOAL_RECOVERED;
    lock->thread = thread;
    lock->since = shoal__coarse_realtime();
    return status;
}

static int again(shoal_object *object)
{
    if (!(shoal_lock_flags(object) & SHOAL_LOCK_REENTRANT))
        return shoal__fail(SHOAL_ELOCK, "lock \"%s\" is held by this thread already, and it is not reentrant",
                           object->name);
    object->depth++;
    return SHOAL_OK;
}

static int owner_died(const shoal_object *object)
{
    return shoal__fail(SHOAL_EOWNERDIED,
                       "the owner of lock \"%s\" died holding it: what it guards may be half-written; mend that, then "
                       "call repair()",
                       object->name);
}

int shoal_lock_acquire(shoal_object *object, bool strict, shoal_time deadline)
{
    struct lock_sh *lock = object->body;
    int status = may_use(object);
    if (status < 0)
        return status;
    if (__builtin_expect(shoal__mutex_try_free(&lock->word, object->segment->party.me), 1))
        return took(object, SHOAL_OK);
    if (load_relaxed(&object->holder) == (uint32_t)shoal__thread_id() && is_mine(object))
        return again(object);
    status = shoal__mutex_lock(&lock->word, &object->segment->party, deadline);
    if (status == SHOAL_RECOVERED && strict) {
        shoal__mutex_abandon(&lock->word); /* back as it was: for repair(), or for one who is not strict */
        return owner_died(object);
    }
    if (status < 0)
        return status == SHOAL_ETIMEDOUT ? shoal__fail_plainly(status) : status;
    return took(object, status);
}

static int not_held(const shoal_object *object)
{
    shoal_owner owner;
    if (shoal_lock_owner(&owner, object) == SHOAL_OK && owner.pid)
        return shoal__fail(SHOAL_ELOCK, "lock \"%s\" is not held by this process; %s (pid %d) holds it", object->name,
                           owner.program, owner.pid);
    return shoal__fail(SHOAL_ELOCK, "lock \"%s\" is not held", object->name);
}

int shoal_lock_release(shoal_object *object)
{
    struct lock_sh *lock = object->body;
    int status = may_use(object);
    if (status < 0)
        return status;
    if (!is_mine(object))
        return not_held(object);
    if (object->depth > 1) {
        object->depth--;
        return SHOAL_OK;
    }
    object->depth = 0;
    object->recovered = false;
    store_relaxed(&object->holder, 0);
    shoal__mutex_unlock(&lock->word);
    return SHOAL_OK;
}

int shoal_lock_repair(shoal_object *object)
{
    struct lock_sh *lock = object->body;
    int status = may_use(object);
    if (status < 0)
        return status;
    if (is_mine(object) && object->recovered) {
        object->recovered = false;
        atomic_fetch_and(&lock->word, ~MUTEX_NEEDREC);
        return SHOAL_OK;
    }
    if (is_mine(object))
        return shoal__fail(SHOAL_ELOCK, "lock \"%s\" is held by this process and sound", object->name);
    status = shoal__mutex_lock(&lock->word, &object->segment->party, SHOAL_NO_WAIT);
    if (status >= 0)
        shoal__mutex_unlock(&lock->word);
    if (status == SHOAL_RECOVERED)
        return SHOAL_OK;
    return status < 0
               ? not_held(object)
               : shoal__fail(SHOAL_ELOCK, "lock \"%s\" has nothing to repair: no owner of it died", object->name);
}

/* ---- Looking ---- */

bool shoal_lock_is_locked(const shoal_object *object)
{
    uint32_t word = load_acquire(&((const struct lock_sh *)object->body)->word);
    return (word & MUTEX_SLOT) && (is_mine(object) || !shoal__party_is_dead(&object->segment->party, word));
}

bool shoal_lock_recovered(const shoal_object *object)
{
    return object->recovered && is_mine(object);
}

bool shoal_lock_is_mine(const shoal_object *object)
{
    return is_mine(object);
}

int shoal_lock_owner(shoal_owner *out, const shoal_object *object)
{
    const struct lock_sh *lock = object->body;
    int status = check_kind(object);
    memset(out, 0, sizeof *out);
    uint32_t word = load_acquire(&lock->word), slot = (word & MUTEX_SLOT) - 1;
    if (status < 0 || !(word & MUTEX_SLOT) || slot >= load_acquire(&shoal__header(object->segment)->slots_committed))
        return status;
    const struct peer_sh *peer = shoal__peer(object->segment, slot);
    out->pid = (int32_t)peer->pid;
    out->thread = (int32_t)lock->thread;
    out->since = (double)lock->since / 1e9;
    memcpy(out->program, peer->program, sizeof out->program - 1);
    out->alive = is_mine(object) || !shoal__party_is_dead(&object->segment->party, word);
    return SHOAL_OK;
}

const char *shoal__lock_check(const shoal_segment *segment, const void *body, uint64_t capacity)
{
    const struct lock_sh *lock = body;
    if (capacity < sizeof *lock || lock->flags & ~SHOAL_LOCK_REENTRANT)
        return "its flags are impossible";
    return (load_relaxed(&lock->word) & MUTEX_SLOT) > segment->is.slots ? "it names an owner that cannot be" : NULL;
}
