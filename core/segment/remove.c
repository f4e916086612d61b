/* Unlinking the name of an object. Implements docs/recovery.md, "Removing what somebody holds". */
#include <stdio.h>

#include "platform/point.h"
#include "segment/big.h"
#include "segment/detach.h"
#include "segment/directory.h"
#include "segment/fork.h"
#include "segment/handle.h"
#include "segment/kind.h"
#include "segment/lock.h"
#include "segment/reap.h"
#include "segment/refuse.h"
#include "segment/stripe.h"
#include "segment/waiting.h"
#include "sync/hold.h"
#include "value/status.h"
#include "value/text.h"

/* ---- May it be removed? ---- */

static int in_the_way(const shoal_segment *segment, const struct entry_sh *entry, const shoal_owner *owner,
                      const char *how)
{
    char quoted[SHOAL__QUOTE_SIZE], thread[32] = "";
    shoal__quote(quoted, entry->name, entry->name_length);
    if (owner->thread)
        snprintf(thread, sizeof thread, ", thread %d", owner->thread);
    return shoal__fail(SHOAL_ELOCK,
                       "%s in segment \"%s\" is not removed: %.15s (pid %d%s) %s it; an object that is held or waited "
                       "for keeps its name",
                       quoted, segment->name, owner->pid ? owner->program : "somebody", owner->pid, thread, how);
}

static int is_claimed(const shoal_segment *segment, const struct entry_sh *entry, const struct shoal__kind *kind,
                      const struct shoal__claim *claim)
{
    shoal_owner owner;
    const struct hold_sh *hold = kind->flags & KIND_HOLD ? claim->body : NULL;
    shoal__describe(&owner, segment, claim->who);
    if (hold && (load_relaxed(&hold->word) & MUTEX_OWNER) == claim->who)
        owner.thread = (int32_t)load_relaxed(&hold->thread);
    return in_the_way(segment, entry, &owner, claim->who ? kind->in_the_way : "waits for");
}

/* Does a thread or task of a live peer wait for the object? */
static int is_awaited(shoal_segment *segment, const struct entry_sh *entry, uint32_t ref, int kind)
{
    shoal_owner waiter;
    size_t count;
    struct shoal_object seen = {.segment = segment, .entry = ref, .kind = kind};
    int status = shoal_object_waiters(&waiter, 1, &count, &seen);
    return status == SHOAL_OK && count > 0 ? in_the_way(segment, entry, &waiter, "waits for") : status;
}

/*
 * SHOAL_OK: no process holds the object or waits for it, and none can take it before let_go. An object that no process
 * has open is not held, and stays so, since pins change only under the lock: it needs no claim. A claimed object is
 * pinned, so its memory stays. A damaged object is removed without a claim.
 */
static int claim_locked(struct shoal__claim *claim, shoal_segment *segment, struct entry_sh *entry, uint32_t ref)
{
    uint32_t kind = load_relaxed(&entry->kind) & 0xff;
    const struct shoal__kind *it = entry->pins ? shoal__kind(kind) : NULL;
    uint64_t capacity = it && it->waits ? shoal__room_of(segment, entry) : 0;
    void *body = capacity ? shoal__at(segment, shoal__offset(segment, shoal__body_of(entry))) : NULL;
    *claim = (struct shoal__claim){.party = &segment->party};
    if (!body || capacity < shoal__least_body(segment, kind) || it->check(segment, body, capacity))
        return SHOAL_OK;
    claim->body = body;
    if (it->claim && !it->claim(claim))
        return is_claimed(segment, entry, it, claim);
    int status = is_awaited(segment, entry, ref, (int)kind);
    if (status < 0 && it->unclaim)
        it->unclaim(claim);
    return status;
}

static void let_go(struct shoal__claim *claim, const struct shoal__kind *kind)
{
    if (claim->body && kind->unclaim)
        kind->unclaim(claim);
}

/* ---- Removing ---- */

/*
 * If we die while the object is claimed, the journal decides whether its name is gone. The claim is in the object's own
 * words, where the next taker finds us as a holder that died.
 */
static int remove_locked(shoal_segment *segment, const char *name, size_t length, uint32_t *big)
{
    struct shoal__claim claim;
    uint32_t ref, hash = shoal__name_hash(segment, name, length);
    struct entry_sh *entry = shoal__entry_locked(segment, name, length, hash, &ref);
    if (!entry)
        return SHOAL_ENOKEY;
    const struct shoal__kind *kind = shoal__kind(load_relaxed(&entry->kind) & 0xff);
    int status = claim_locked(&claim, segment, entry, ref);
    if (status < 0)
        return status;
    SHOAL_POINT("remove: nobody holds it");
    status = shoal__entry_remove_locked(segment, ref, big);
    SHOAL_POINT("remove: claimed still");
    let_go(&claim, kind);
    return status == PARTS_LEFT ? SHOAL_OK : status; /* the sweep frees them */
}

static int remove_in_turn(shoal_segment *segment, const char *name, size_t length, struct shoal_turn *turn)
{
    uint32_t big = 0;
    shoal_word *stripe = shoal__stripe(segment, shoal__name_hash(segment, name, length));
    int status = shoal__enter_both(segment, stripe, turn);
    if (status < 0)
        return status;
    status = remove_locked(segment, name, length, &big);
    bool is_anything_removed = shoal__header(segment)->removed > 0;
    shoal__stripe_leave(stripe);
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
