/* Implements docs/format.md, "Locks": the claims of a key, and their lists. The steps are in key_steps.c. */
#include "store/keys.h"

#include <string.h>

#include "platform/point.h"
#include "segment/heap.h"
#include "segment/holds.h"
#include "segment/journal.h"
#include "sync/look.h"
#include "value/status.h"

int shoal__keys_damaged(const struct shoal_keys *keys)
{
    return shoal__fail(SHOAL_ECORRUPT, "a list of keys in segment \"%s\" is damaged: check() says more",
                       keys->segment->name);
}

/* ---- Walking ---- */

/* *length: of the key, as it was when its bytes were found within the segment. */
static struct key_sh *claim_at(const struct shoal_segment *segment, uint32_t ref, uint32_t *length)
{
    struct key_sh *it = ref ? shoal__block(segment, ref, sizeof *it) : NULL;
    *length = it ? shoal__once(&it->length) : 0;
    return *length > 0 && *length <= KEY_MOST ? shoal__block(segment, ref, sizeof *it + *length) : NULL;
}

struct key_sh *shoal__key_at(const struct shoal_segment *segment, uint32_t ref)
{
    uint32_t length;
    return claim_at(segment, ref, &length);
}

struct shoal_key_walk shoal__key_walk(const struct shoal_keys *keys, uint32_t bucket)
{
    const struct list_sh *list = &keys->locks->bucket[bucket];
    uint64_t most = keys->segment->is.size / sizeof(struct key_sh);
    uint32_t count = shoal__once(&list->count);
    return (struct shoal_key_walk){
        .keys = keys, .next = shoal__once(&list->first), .looks = count < most ? count : (uint32_t)most};
}

struct key_sh *shoal__key_next(struct shoal_key_walk *walk)
{
    struct key_sh *it = walk->looks > 0 ? claim_at(walk->keys->segment, walk->next, &walk->length) : NULL;
    walk->before = walk->ref;
    walk->ref = it ? walk->next : 0;
    if (!it)
        return NULL;
    walk->looks--;
    walk->next = shoal__once(&it->next);
    return it;
}

bool shoal__key_is_waiting(const struct key_sh *it)
{
    uint32_t state = shoal__key_state(it);
    return state == KEY_WAITS || state == KEY_WAITS_SHARED;
}

bool shoal__key_has_given_up(const struct key_sh *it)
{
    return shoal__key_is_waiting(it) && load_relaxed(&it->hold.inside) == KEY_GIVEN_UP;
}

bool shoal__key_is_stale(const struct key_sh *it)
{
    return shoal__look_moment() - load_relaxed(&it->seen) > KEY_STALE;
}

bool shoal__key_is_of(const struct shoal_key_walk *walk, const struct key_sh *it, const struct shoal_key_ask *ask)
{
    return shoal__once(&it->hash) == ask->hash && walk->length == ask->length &&
           memcmp(it->bytes, ask->bytes, ask->length) == 0;
}

/* The next claim of the key that counts. */
struct key_sh *shoal__key_next_of(struct shoal_key_walk *walk, const struct shoal_key_ask *ask)
{
    struct key_sh *it;
    while ((it = shoal__key_next(walk)) && (!shoal__key_is_of(walk, it, ask) || shoal__key_has_given_up(it)))
        ;
    return it;
}

struct shoal_key_walk shoal__key_walk_of(const struct shoal_keys *keys, const struct shoal_key_ask *ask)
{
    return shoal__key_walk(keys, ask->hash % KEY_BUCKETS);
}

/* ---- Looking ---- */

static bool is_own(const struct shoal_keys *keys, const struct shoal_key_ask *ask, const struct key_sh *it)
{
    return ask->thread && ask->thread != SHARE_TASK && it->owner == keys->segment->party.me &&
           it->thread == ask->thread;
}

static void survey_hold(struct shoal_key_survey *out, const struct shoal_keys *keys, const struct shoal_key_ask *ask,
                        const struct key_sh *it, uint32_t ref)
{
    uint32_t state = shoal__key_state(it);
    if (state == KEY_DIED)
        out->died = ref;
    else if (state == KEY_HELD)
        out->holder = ref;
    else
        out->shares++;
    if (state != KEY_DIED && is_own(keys, ask, it)) {
        out->own = ref;
        out->own_state = state;
    }
}

void shoal__key_survey(struct shoal_key_survey *out, const struct shoal_keys *keys, const struct shoal_key_ask *ask)
{
    struct shoal_key_walk walk = shoal__key_walk_of(keys, ask);
    bool before = true;
    *out = (struct shoal_key_survey){0};
    for (const struct key_sh *it = shoal__key_next_of(&walk, ask); it; it = shoal__key_next_of(&walk, ask)) {
        out->claims++;
        if (!shoal__key_is_waiting(it)) {
            survey_hold(out, keys, ask, it, walk.ref);
            continue;
        }
        out->waiters++;
        before = before && walk.ref != ask->claim;
        bool conflicts = !ask->shared || shoal__key_state(it) == KEY_WAITS;
        out->ahead = out->ahead || (before && conflicts && !shoal__key_is_stale(it));
    }
}

/* ---- Lists ---- */

/*
 * Take the claim out of its list and free it, as the last part of a change. `last`: it is the only one of its key. False: the
 * list is damaged.
 */
bool shoal__key_unlink(const struct shoal_keys *keys, uint32_t bucket, uint32_t ref, bool last)
{
    struct shoal_segment *segment = keys->segment;
    struct list_sh *list = &keys->locks->bucket[bucket];
    struct shoal_key_walk walk = shoal__key_walk(keys, bucket);
    struct key_sh *it = shoal__key_next(&walk);
    while (it && walk.ref != ref)
        it = shoal__key_next(&walk);
    if (!it)
        return false;
    struct key_sh *before = walk.before ? shoal__key_at(segment, walk.before) : NULL;
    shoal__change(segment, before ? &before->next : &list->first, it->next);
    if (!it->next)
        shoal__change(segment, &list->last, walk.before);
    shoal__change(segment, &list->count, list->count - 1);
    if (last)
        shoal__change(segment, &keys->locks->keys, keys->locks->keys - 1);
    return shoal__free_locked(segment, ref);
}

int shoal__keys_finish(const struct shoal_keys *keys, bool sound)
{
    if (sound)
        return shoal__commit(keys->segment);
    shoal__abort(keys->segment);
    return shoal__keys_damaged(keys);
}

/* Is it the only claim of its key, those that were given up counted too? */
static bool is_only(const struct shoal_keys *keys, const struct shoal_key_ask *ask)
{
    struct shoal_key_walk walk = shoal__key_walk_of(keys, ask);
    uint32_t count = 0;
    for (const struct key_sh *it = shoal__key_next(&walk); it; it = shoal__key_next(&walk))
        count += shoal__key_is_of(&walk, it, ask);
    return count == 1;
}

int shoal__key_drop(const struct shoal_keys *keys, const struct shoal_key_ask *ask, uint32_t ref)
{
    bool sound = shoal__key_unlink(keys, ask->hash % KEY_BUCKETS, ref, is_only(keys, ask));
    SHOAL_POINT("keys: claim to be freed");
    return shoal__keys_finish(keys, sound);
}

struct shoal_key_ask shoal__key_ask_of(const struct key_sh *it)
{
    return (struct shoal_key_ask){.bytes = it->bytes, .length = it->length, .hash = it->hash};
}

/* Free the claims of this bucket whose waiters gave up while another kept the lock. */
int shoal__keys_free_given_up(const struct shoal_keys *keys, uint32_t bucket)
{
    struct shoal_key_walk walk = shoal__key_walk(keys, bucket);
    const struct key_sh *it;
    while ((it = shoal__key_next(&walk)))
        if (shoal__key_has_given_up(it)) {
            struct shoal_key_ask ask = shoal__key_ask_of(it);
            int status = shoal__key_drop(keys, &ask, walk.ref);
            if (status < 0)
                return status;
            walk = shoal__key_walk(keys, bucket);
        }
    return SHOAL_OK;
}

/* ---- Check ---- */

static const char *look_at_claim(const struct shoal_keys *keys, const struct key_sh *it, uint32_t bucket)
{
    uint32_t state = it->state & 0xff, hash = it->hash, alone = it->state & ~0xffu;
    if (hash % KEY_BUCKETS != bucket)
        return "a claim is in a list of other keys";
    if (state == 0 || state >= KEY_STATES || alone & ~KEY_RECOVERED || (alone && state != KEY_HELD))
        return "a claim has an impossible state";
    if ((it->owner & MUTEX_SLOT) > keys->segment->is.slots || !it->owner != (state == KEY_DIED))
        return "a claim has an impossible owner";
    bool holds = state == KEY_SHARED || state == KEY_HELD;
    return holds != (it->depth > 0) ? "a claim is held a number of times that does not fit its state" : NULL;
}

/* The first claim of its key, which is compared with those behind it. */
static const char *look_at_key(const struct shoal_keys *keys, struct shoal_key_walk walk, const struct key_sh *first,
                               uint64_t *count)
{
    struct shoal_key_ask ask = {.bytes = first->bytes, .length = walk.length, .hash = shoal__once(&first->hash)};
    struct shoal_key_walk all = shoal__key_walk_of(keys, &ask);
    struct shoal_key_survey seen;
    const struct key_sh *it = shoal__key_next(&all);
    while (it && !shoal__key_is_of(&all, it, &ask))
        it = shoal__key_next(&all);
    if (it != first)
        return NULL;
    ++*count;
    uint32_t held = 0, died = 0;
    shoal__key_survey(&seen, keys, &ask);
    for (it = first; it; it = shoal__key_next(&walk)) {
        held += shoal__key_is_of(&walk, it, &ask) && shoal__key_state(it) == KEY_HELD;
        died += shoal__key_is_of(&walk, it, &ask) && shoal__key_state(it) == KEY_DIED;
    }
    if (held > 1 || (held && seen.shares))
        return "a key is held twice";
    return died + held > 1 ? "of a key is known twice that its holder died" : NULL;
}

const char *shoal__keys_walk(const struct shoal_keys *keys)
{
    uint64_t count = 0;
    const char *wrong = NULL;
    for (uint32_t bucket = 0; bucket < KEY_BUCKETS && !wrong; bucket++) {
        struct shoal_key_walk walk = shoal__key_walk(keys, bucket);
        const struct key_sh *it;
        while (!wrong && (it = shoal__key_next(&walk))) {
            wrong = look_at_claim(keys, it, bucket);
            wrong = wrong ? wrong : look_at_key(keys, walk, it, &count);
        }
        if (!wrong && walk.looks > 0)
            wrong = "a list of its claims leads nowhere";
    }
    return wrong                                      ? wrong
           : count != shoal__once(&keys->locks->keys) ? "it has another number of keys than it says"
                                                      : NULL;
}
