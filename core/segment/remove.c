/* Taking a name away. Implements docs/recovery.md, "Removing what somebody holds". */
#include <stdio.h>

#include "platform/point.h"
#include "segment/big.h"
#include "segment/directory.h"
#include "segment/handle.h"
#include "segment/lock.h"
#include "segment/reap.h"
#include "segment/roster.h"
#include "segment/waiting.h"
#include "sync/barrier.h"
#include "sync/condition.h"
#include "sync/rwlock.h"
#include "sync/semaphore.h"
#include "value/status.h"
#include "value/text.h"

/* ---- Claims: nobody holds it, and nobody can before we let go ---- */

/* Its owner bits in `who`, if somebody has it. `died`: the last who had it did. */
struct claim {
    const struct shoal_party *party;
    void *body;
    uint32_t who;
    bool died;
};

static bool claim_word(struct claim *claim)
{
    struct hold_sh *hold = claim->body;
    int status = shoal__mutex_lock(&hold->word, claim->party, SHOAL_NO_WAIT);
    claim->died = status == SHOAL_RECOVERED;
    claim->who = status < 0 ? load_acquire(&hold->word) & MUTEX_OWNER : 0;
    if (status >= 0)
        store_relaxed(&hold->thread, 0); /* that of one who died: nobody waits for us */
    return status >= 0;
}

static void unclaim_lock(struct claim *claim)
{
    struct hold_sh *hold = claim->body;
    if (claim->died)
        shoal__mutex_abandon(&hold->word);
    else
        shoal__mutex_unlock(&hold->word);
}

static void unclaim_rwlock(struct claim *claim)
{
    shoal__rwlock_write_unlock(claim->body, claim->died);
}

static bool claim_rwlock(struct claim *claim)
{
    if (!claim_word(claim))
        return false;
    store_relaxed(&((struct hold_sh *)claim->body)->inside, 0);
    claim->who = shoal__rwlock_reader(claim->body, claim->party);
    if (claim->who)
        unclaim_rwlock(claim);
    return !claim->who;
}

static bool claim_semaphore(struct claim *claim)
{
    claim->who = shoal__semaphore_claim(claim->body, claim->party);
    return !claim->who;
}

static void unclaim_semaphore(struct claim *claim)
{
    shoal__semaphore_unclaim(claim->body, claim->party->me);
}

static bool claim_barrier(struct claim *claim)
{
    claim->who = shoal__barrier_claim(claim->body, claim->party);
    return !claim->who;
}

static void unclaim_barrier(struct claim *claim)
{
    shoal__barrier_unclaim(claim->body);
}

/* Only looked at: who begins to wait for it just now is taken for one who begins after it. */
static bool claim_condition(struct claim *claim)
{
    claim->who = shoal__condition_waiter(claim->body, claim->party);
    return !claim->who;
}

static const struct claims {
    int kind;
    const char *how; /* what somebody does who is in the way */
    bool (*claim)(struct claim *claim);
    void (*unclaim)(struct claim *claim);
} all_claims[] = {
    {SHOAL_KIND_COUNTER, "waits for", NULL, NULL},
    {SHOAL_KIND_LOCK, "holds", claim_word, unclaim_lock},
    {SHOAL_KIND_RWLOCK, "holds or waits for", claim_rwlock, unclaim_rwlock},
    {SHOAL_KIND_SEMAPHORE, "holds a permit of", claim_semaphore, unclaim_semaphore},
    {SHOAL_KIND_EVENT, "waits for", NULL, NULL},
    {SHOAL_KIND_CONDITION, "waits for", claim_condition, NULL},
    {SHOAL_KIND_BARRIER, "waits at", claim_barrier, unclaim_barrier},
};

static const struct claims *claims_of(int kind)
{
    for (size_t i = 0; i < sizeof all_claims / sizeof *all_claims; i++)
        if (all_claims[i].kind == kind)
            return &all_claims[i];
    return NULL;
}

/* ---- Judging ---- */

static int in_the_way(const shoal_segment *segment, const struct entry_sh *entry, const shoal_owner *owner,
                      const char *how)
{
    char quoted[SHOAL__QUOTE_SIZE], thread[32] = "";
    shoal__quote(quoted, entry->name, entry->name_length);
    if (owner->thread)
        snprintf(thread, sizeof thread, ", thread %d", owner->thread);
    return shoal__fail(SHOAL_ELOCK,
                       "%s in segment \"%s\" is not removed: %.15s (pid %d%s) %s it; what somebody holds or waits for "
                       "keeps its name",
                       quoted, segment->name, owner->pid ? owner->program : "somebody", owner->pid, thread, how);
}

static int is_claimed(const shoal_segment *segment, const struct entry_sh *entry, int kind, const struct claim *claim)
{
    shoal_owner owner;
    shoal__describe(&owner, segment, claim->who);
    bool word = kind == SHOAL_KIND_LOCK || kind == SHOAL_KIND_RWLOCK;
    if (word && (load_relaxed(&((struct hold_sh *)claim->body)->word) & MUTEX_OWNER) == claim->who)
        owner.thread = (int32_t)load_relaxed(&((struct hold_sh *)claim->body)->thread);
    return in_the_way(segment, entry, &owner, claim->who ? claims_of(kind)->how : "waits for");
}

/* A live thread or task of a process that has it open for writing. */
static int is_awaited(shoal_segment *segment, const struct entry_sh *entry, uint32_t ref, int kind)
{
    shoal_owner waiter;
    size_t count;
    struct shoal_object seen = {.segment = segment, .entry = ref, .kind = kind};
    int status = shoal_object_waiters(&waiter, 1, &count, &seen);
    return status == SHOAL_OK && count > 0 ? in_the_way(segment, entry, &waiter, "waits for") : status;
}

static bool has_its_permits(const shoal_segment *segment, const struct semaphore_sh *semaphore, uint64_t capacity)
{
    uint32_t hands = shoal__semaphore_hands(semaphore->initial, segment->is.slots);
    return semaphore->hands == hands && capacity >= shoal__semaphore_size(semaphore->initial, hands);
}

/* The bytes that its body says it has, of which so many are there. A damaged one is removed without being asked. */
static bool is_whole(const shoal_segment *segment, const void *body, uint64_t capacity, int kind)
{
    const struct semaphore_sh *semaphore = body;
    if (capacity < shoal__least_body(segment, kind))
        return false;
    switch (kind) {
    case SHOAL_KIND_RWLOCK:
        return ((const struct rwlock_sh *)body)->stride == shoal__rwlock_stride(segment->is.slots);
    case SHOAL_KIND_SEMAPHORE:
        return semaphore->flags & SHOAL_SEMAPHORE_SIGNAL || has_its_permits(segment, semaphore, capacity);
    case SHOAL_KIND_CONDITION:
        return (capacity - sizeof(struct condition_sh)) / sizeof(struct waiter_sh) >=
               ((const struct condition_sh *)body)->cells;
    case SHOAL_KIND_BARRIER:
        return (capacity - sizeof(struct barrier_sh)) / 4 >= ((const struct barrier_sh *)body)->parties;
    default:
        return true;
    }
}

/*
 * Nobody holds it or waits for it: SHOAL_OK, and nobody can hold it before let_go. What nobody has open nobody holds:
 * pins change under the lock only. And what is claimed is pinned, so its memory stays.
 */
static int claim_locked(struct claim *claim, shoal_segment *segment, struct entry_sh *entry, uint32_t ref)
{
    int kind = (int)(load_relaxed(&entry->kind) & 0xff);
    const struct claims *it = entry->pins ? claims_of(kind) : NULL;
    uint64_t capacity = it ? shoal__room_of(segment, entry) : 0;
    void *body = capacity ? shoal__at(segment, shoal__offset(segment, load_relaxed(&entry->body))) : NULL;
    *claim = (struct claim){.party = &segment->party};
    if (!body || !is_whole(segment, body, capacity, kind))
        return SHOAL_OK;
    claim->body = body;
    if (it->claim && !it->claim(claim))
        return is_claimed(segment, entry, kind, claim);
    int status = is_awaited(segment, entry, ref, kind);
    if (status < 0 && it->unclaim)
        it->unclaim(claim);
    return status;
}

static void let_go(struct claim *claim, int kind)
{
    if (claim->body && claims_of(kind)->unclaim)
        claims_of(kind)->unclaim(claim);
}

/* ---- Removing ---- */

/* Dead while it is claimed: removed or not, by the journal, and who takes it next finds that its holder died. */
static int remove_locked(shoal_segment *segment, const char *name, size_t length, uint32_t *big)
{
    struct claim claim;
    uint32_t ref, hash = shoal__name_hash(segment, name, length);
    struct entry_sh *entry = shoal__entry_locked(segment, name, length, hash, &ref);
    if (!entry)
        return SHOAL_ENOKEY;
    int kind = (int)(load_relaxed(&entry->kind) & 0xff), status = claim_locked(&claim, segment, entry, ref);
    if (status < 0)
        return status;
    SHOAL_POINT("remove: nobody holds it");
    status = shoal__entry_remove_locked(segment, ref, big);
    SHOAL_POINT("remove: claimed still");
    let_go(&claim, kind);
    return status;
}

static int remove_in_turn(shoal_segment *segment, const char *name, size_t length, struct shoal_turn *turn)
{
    uint32_t big = 0;
    int status = shoal__enter(segment, turn);
    if (status < 0)
        return status;
    status = remove_locked(segment, name, length, &big);
    bool is_anything_removed = shoal__header(segment)->removed > 0;
    shoal__leave(segment);
    shoal__big_dispose(segment, big);
    if (is_anything_removed) {
        shoal__reap(segment, 8);
        shoal__sweep_limbo(segment, 4);
    }
    return status;
}

int shoal_object_remove(shoal_segment *segment, const char *name, size_t length)
{
    struct shoal_turn turn;
    int status = shoal__check_object_name(name, length);
    if (status < 0)
        return status;
    if (segment->readonly)
        return shoal__refuse_readonly(segment, "an object can't be removed");
    if ((status = shoal__here(segment)) < 0)
        return status;
    shoal__turn_begin(&turn);
    status = remove_in_turn(segment, name, length, &turn);
    shoal__turn_end(segment, &turn);
    return status == SHOAL_ENOKEY ? shoal__no_such_object(segment, name, length) : status;
}
