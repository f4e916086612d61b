/* Locks: looking at keys. A look copies the claims of one bucket, under the lock or, readonly, between two changes. */
#include <stdlib.h>
#include <string.h>

#include "objects/locks.h"
#include "platform/futex.h"
#include "platform/point.h"
#include "segment/alive.h"
#include "segment/holds.h"
#include "segment/journal.h"
#include "segment/lock.h"
#include "segment/waiting.h"
#include "value/status.h"

#define FIRST_ROOM 4096u
#define QUICK_LOOKS 100u
#define SLOW_LOOKS 20u /* a millisecond apart */

/* Copies of a bucket's claims, one after the other, each in a multiple of 8 bytes. */
struct copies {
    unsigned char *bytes;
    size_t room, used;
    bool fits;
};

static size_t size_of(const struct key_sh *it)
{
    return (sizeof *it + it->length + 7) & ~(size_t)7;
}

static const struct key_sh *copy_after(const struct copies *copies, const struct key_sh *it)
{
    if (copies->used == 0)
        return NULL; /* there may be no room yet, either */
    const unsigned char *next = it ? (const unsigned char *)it + size_of(it) : copies->bytes;
    return next < copies->bytes + copies->used ? (const struct key_sh *)next : NULL;
}

static void copy_claim(struct copies *copies, const struct shoal_key_walk *walk, const struct key_sh *it)
{
    size_t size = (sizeof *it + walk->length + 7) & ~(size_t)7;
    if (shoal__key_has_given_up(it))
        return;
    copies->fits = copies->fits && size <= copies->room - copies->used;
    if (!copies->fits)
        return;
    struct key_sh *copy = (struct key_sh *)(copies->bytes + copies->used);
    memcpy(copy, it, sizeof *it + walk->length);
    copy->length = walk->length; /* in a damaged segment the claim's own may be another by now */
    copies->used += size;
}

static void copy_claims(struct copies *copies, const struct shoal_keys *keys, uint32_t bucket)
{
    struct shoal_key_walk walk = shoal__key_walk(keys, bucket);
    copies->used = 0;
    copies->fits = true;
    for (const struct key_sh *it = shoal__key_next(&walk); it; it = shoal__key_next(&walk))
        copy_claim(copies, &walk, it);
}

/* Without the lock: of one moment, if there is one; a process may be stopped, or have died, within a change. */
static void copy_unlocked(struct copies *copies, const struct shoal_keys *keys, uint32_t bucket)
{
    static const shoal_word nothing;
    const struct journal_sh *journal = shoal__journal(keys->segment);
    for (uint32_t looks = 1; looks <= QUICK_LOOKS + SLOW_LOOKS; looks++) {
        uint32_t changes = load_acquire(&journal->changes);
        copy_claims(copies, keys, bucket);
        if (shoal__is_still(journal, changes))
            return;
        if (looks > QUICK_LOOKS)
            shoal__wait(&nothing, 0, SHOAL_MILLISECOND);
    }
}

/* The caller frees copies->bytes, whatever this returns. */
static int copy_bucket(struct copies *copies, const shoal_object *object, uint32_t bucket)
{
    struct shoal_keys keys = shoal__keys_of(object);
    const struct list_sh *list = &keys.locks->bucket[bucket];
    bool locks = !object->segment->readonly && shoal__is_peer(object->segment);
    copies->used = 0;
    if (!shoal__once(&list->first))
        return SHOAL_OK;
    for (size_t room = copies->room ? copies->room : FIRST_ROOM;; room *= 2) {
        if (room != copies->room) {
            free(copies->bytes);
            copies->bytes = malloc(room);
            copies->room = copies->bytes ? room : 0;
        }
        if (!copies->bytes)
            return shoal__fail_plainly(SHOAL_ENOMEM);
        locks = locks && shoal__lock_shortly(object->segment);
        if (locks) {
            copy_claims(copies, &keys, bucket);
            shoal__leave(object->segment);
        } else {
            copy_unlocked(copies, &keys, bucket);
        }
        SHOAL_POINT("keys: claims copied");
        if (copies->fits)
            return SHOAL_OK;
    }
}

/* ---- One key ---- */

static bool is_same(const struct key_sh *a, const void *bytes, size_t length)
{
    return a->length == length && memcmp(a->bytes, bytes, length) == 0;
}

static bool is_alive(const shoal_segment *segment, uint32_t owner)
{
    return shoal__is_peer(segment) && owner == segment->party.me ? true : !shoal__party_is_dead(&segment->party, owner);
}

static void add_claim(shoal_key_state *out, const shoal_segment *segment, const struct key_sh *it)
{
    uint32_t state = it->state & 0xff;
    bool mine = it->owner && shoal__is_peer(segment) && it->owner == segment->party.me;
    bool alive = it->owner && is_alive(segment, it->owner);
    bool waits = state == KEY_WAITS || state == KEY_WAITS_SHARED;
    out->owner_died =
        out->owner_died || state == KEY_DIED || it->state & KEY_RECOVERED || (state == KEY_HELD && !alive);
    out->waiters += waits && alive;
    if (waits || !alive)
        return;
    out->holders++;
    out->shared = out->shared || state == KEY_SHARED;
    out->mine = out->mine || (mine && state == KEY_HELD);
    out->mine_shared = out->mine_shared || (mine && state == KEY_SHARED);
    out->recovered = out->recovered || (mine && it->state & KEY_RECOVERED);
    if (state == KEY_HELD)
        shoal__hold_describe(&out->owner, segment, &it->hold);
}

static void add_up(shoal_key_state *out, const shoal_segment *segment, const struct copies *copies, const void *bytes,
                   size_t length)
{
    *out = (shoal_key_state){0};
    for (const struct key_sh *it = copy_after(copies, NULL); it; it = copy_after(copies, it))
        if (is_same(it, bytes, length))
            add_claim(out, segment, it);
    out->recovered = out->recovered || (out->mine_shared && out->owner_died);
}

int shoal_locks_look(shoal_key_state *out, const shoal_object *object, const shoal_key *key)
{
    struct copies copies = {0};
    *out = (shoal_key_state){0};
    int status = shoal__may_look(object, SHOAL_KIND_LOCKS);
    if (status == SHOAL_OK)
        status = shoal__key_check(object, key);
    if (status < 0)
        return status;
    struct shoal_key_ask ask = shoal__key_ask(object, key, false, false);
    status = copy_bucket(&copies, object, ask.hash % KEY_BUCKETS);
    if (status == SHOAL_OK)
        add_up(out, object->segment, &copies, key->bytes, key->length);
    free(copies.bytes);
    return shoal__unless_damaged(object->segment, status);
}

/* ---- All ---- */

int64_t shoal_locks_count(const shoal_object *object)
{
    int status = shoal__may_look(object, SHOAL_KIND_LOCKS);
    if (status < 0)
        return status;
    if (!object->segment->readonly && shoal__is_peer(object->segment))
        object->segment->reap(object->segment, UINT32_MAX); /* what the dead had is gone before it is counted */
    uint32_t keys = shoal__once(&((const struct locks_sh *)object->body)->keys);
    status = shoal__unless_damaged(object->segment, SHOAL_OK);
    return status < 0 ? status : (int64_t)keys;
}

static bool is_first(const struct copies *copies, const struct key_sh *it)
{
    const struct key_sh *other = copy_after(copies, NULL);
    while (other != it && !is_same(other, it->bytes, it->length))
        other = copy_after(copies, other);
    return other == it;
}

static int visit_bucket(const shoal_object *object, const struct copies *copies, shoal_key_visit visit, void *argument)
{
    int status = 0;
    for (const struct key_sh *it = copy_after(copies, NULL); it && status == 0; it = copy_after(copies, it)) {
        shoal_key_state state;
        shoal_key key = {it->bytes, it->length};
        if (!is_first(copies, it))
            continue;
        add_up(&state, object->segment, copies, it->bytes, it->length);
        if (state.holders || state.waiters || state.owner_died)
            status = visit(argument, &key, &state);
    }
    return status;
}

int shoal_locks_each(const shoal_object *object, shoal_key_visit visit, void *argument)
{
    struct copies copies = {0};
    int status = shoal__may_look(object, SHOAL_KIND_LOCKS);
    for (uint32_t bucket = 0; bucket < KEY_BUCKETS && status == SHOAL_OK; bucket++) {
        status = copy_bucket(&copies, object, bucket);
        if (status == SHOAL_OK && (status = shoal__unless_damaged(object->segment, SHOAL_OK)) == SHOAL_OK)
            status = visit_bucket(object, &copies, visit, argument);
    }
    free(copies.bytes);
    return status;
}
