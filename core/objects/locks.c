/* Locks: a lock for each key. Opening, and the row; taking is in locks_take.c, looking in locks_look.c. */
#include "objects/locks.h"

#include "segment/detach.h"
#include "segment/holds.h"
#include "segment/lock.h"
#include "segment/waiting.h"
#include "value/status.h"

#define STEPS_AT_ONCE 64u /* changes in one hold of the lock */

static void fill(void *body, const void *flags)
{
    struct locks_sh *locks = body;
    locks->parts = (struct parts_sh){.lists = KEY_BUCKETS, .at = offsetof(struct locks_sh, bucket)};
    locks->flags = *(const uint32_t *)flags;
}

int shoal_locks_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length, uint32_t flags)
{
    struct shoal_recipe recipe = {SHOAL_KIND_LOCKS, sizeof(struct locks_sh), fill, &flags};
    *out = NULL;
    if (flags == SHOAL_LOCK_ANY)
        return shoal__handle_open_only(out, segment, name, length, SHOAL_KIND_LOCKS);
    if (flags & ~SHOAL_LOCK_REENTRANT)
        return shoal__fail(SHOAL_EVALUE, "unknown flags of locks %#x", flags);
    int status = shoal__handle_make(out, segment, name, length, &recipe);
    if (status < 0)
        return status;
    uint32_t have = shoal_locks_flags(*out);
    if (have == flags)
        return SHOAL_OK;
    shoal_object_close(*out);
    *out = NULL;
    return shoal__fail(SHOAL_EMISMATCH,
                       "locks \"%.*s\" in segment \"%s\" are %sreentrant, and %sreentrant ones were asked for",
                       (int)length, name, segment->name, have ? "" : "not ", flags ? "" : "non-");
}

uint32_t shoal_locks_flags(const shoal_object *object)
{
    return shoal__may_look(object, SHOAL_KIND_LOCKS) == SHOAL_OK
               ? ((const struct locks_sh *)object->body)->flags & SHOAL_LOCK_REENTRANT
               : 0;
}

/* ---- The row ---- */

static const char *check(const shoal_segment *segment, const void *body, uint64_t capacity)
{
    const struct locks_sh *locks = body;
    (void)segment;
    if (capacity < sizeof *locks)
        return "its block is too small";
    if (locks->parts.lists != KEY_BUCKETS || locks->parts.at != offsetof(struct locks_sh, bucket))
        return "it has not the lists of locks";
    return locks->flags & ~SHOAL_LOCK_REENTRANT ? "its flags are impossible" : NULL;
}

static struct shoal_keys keys_in(const shoal_segment *segment, const void *body)
{
    return (struct shoal_keys){(shoal_segment *)segment, (struct locks_sh *)body};
}

static const char *check_deeply(const shoal_segment *segment, const void *body, uint64_t capacity, uint32_t runs)
{
    struct shoal_keys keys = keys_in(segment, body);
    (void)capacity, (void)runs;
    return shoal__keys_walk(&keys);
}

/* Wakes under the lock: others are told seldom by a reaper. */
static uint32_t bury(struct shoal_segment *segment, void *body, uint32_t slot, uint32_t most)
{
    struct shoal_keys keys = keys_in(segment, body);
    struct shoal_key_whose whose = {MUTEX_SLOT, slot + 1, 0, false};
    struct shoal_key_news news = {0};
    uint32_t bucket = 0;
    int64_t count = shoal__keys_abandon_locked(&keys, &whose, &bucket, most, &news);
    shoal__keys_wake(&news);
    return count < 0 ? 0 : (uint32_t)count;
}

/* Called with the structure's lock, which all who take have: nobody takes before the name is gone. */
static bool claim(struct shoal__claim *claim)
{
    const shoal_segment *segment = (const shoal_segment *)claim->party; /* its first field */
    struct shoal_keys keys = keys_in(segment, claim->body);
    for (uint32_t bucket = 0; bucket < KEY_BUCKETS; bucket++) {
        struct shoal_key_walk walk = shoal__key_walk(&keys, bucket);
        const struct key_sh *it;
        while ((it = shoal__key_next(&walk))) {
            bool holds = !shoal__key_is_waiting(it) && it->owner;
            if (!holds || (it->owner != segment->party.me && segment->party.is_dead(&segment->party, it->owner)))
                continue;
            claim->who = it->owner;
            return false;
        }
    }
    return true;
}

static void unclaim(struct shoal__claim *claim)
{
    (void)claim; /* nothing was changed */
}

/* By a close or the end of a request: if another keeps the lock the keys are given up by a later close, or our death. */
static bool abandon(shoal_object *object, uint64_t thread)
{
    struct shoal_keys keys = shoal__keys_of(object);
    struct shoal_key_whose whose = {MUTEX_OWNER, object->segment->party.me, thread, true};
    int64_t count = STEPS_AT_ONCE, all = 0;
    uint32_t bucket = 0;
    if (!shoal__holds_shares(object) || !shoal__is_peer(object->segment) || object->lost)
        return false;
    while (count == STEPS_AT_ONCE && shoal__lock_shortly(object->segment)) {
        struct shoal_key_news news = {0};
        count = shoal__keys_abandon_locked(&keys, &whose, &bucket, STEPS_AT_ONCE, &news);
        shoal__keys_leave(&keys, &news);
        all += count > 0 ? count : 0;
    }
    if (count < STEPS_AT_ONCE)
        shoal__share_drop_all(object, thread, false);
    return all > 0;
}

static void disown(shoal_object *object, uint64_t thread, uint32_t id)
{
    struct shoal_keys keys = shoal__keys_of(object);
    if (!shoal__holds_shares(object) || !shoal__lock_shortly(object->segment))
        return;
    shoal__keys_disown_locked(&keys, thread, id);
    shoal__leave(object->segment);
}

/* ---- Who holds keys ---- */

#define OWNERS_AT_ONCE (MAX_SLOTS + 2)
struct owners {
    uint32_t count, tag[OWNERS_AT_ONCE], keys[OWNERS_AT_ONCE];
};

static void add_owner(struct owners *owners, uint32_t tag)
{
    uint32_t at = 0;
    while (at < owners->count && owners->tag[at] != tag)
        at++;
    if (at == OWNERS_AT_ONCE)
        return;
    owners->tag[at] = tag;
    owners->keys[at] = at < owners->count ? owners->keys[at] + 1 : 1;
    owners->count += at == owners->count;
}

/* Without the lock: it may miss some that come or go meanwhile. */
static void holders(shoal_owner *out, size_t limit, size_t *count, const shoal_object *object)
{
    struct shoal_keys keys = shoal__keys_of(object);
    struct owners owners = {0};
    for (uint32_t bucket = 0; bucket < KEY_BUCKETS; bucket++) {
        struct shoal_key_walk walk = shoal__key_walk(&keys, bucket);
        const struct key_sh *it;
        while ((it = shoal__key_next(&walk)))
            if (!shoal__key_is_waiting(it) && shoal__once(&it->owner))
                add_owner(&owners, shoal__once(&it->owner));
    }
    *count = 0;
    for (uint32_t i = 0; i < owners.count; i++) {
        shoal_owner owner;
        shoal__describe(&owner, object->segment, owners.tag[i]);
        owner.count = owners.keys[i];
        if (owner.alive && (*count)++ < limit)
            out[*count - 1] = owner;
    }
}

struct sums {
    uint64_t held, waiters, died;
};

static int add_key(void *argument, const shoal_key *key, const shoal_key_state *state)
{
    struct sums *sums = argument;
    (void)key;
    sums->held += state->holders > 0;
    sums->waiters += state->waiters;
    sums->died += state->owner_died;
    return 0;
}

static int describe(struct shoal__parts *map, const shoal_object *object)
{
    struct sums sums = {0};
    int64_t count = shoal_locks_count(object);
    int status = count < 0 ? (int)count : shoal_locks_each(object, add_key, &sums);
    shoal_write_bool(shoal__part_of(map, "reentrant"), shoal_locks_flags(object));
    shoal_write_uint(shoal__part_of(map, "keys"), count < 0 ? 0 : (uint64_t)count);
    shoal_write_uint(shoal__part_of(map, "held"), sums.held);
    shoal_write_uint(shoal__part_of(map, "waiters"), sums.waiters);
    shoal_write_uint(shoal__part_of(map, "owner_died"), sums.died);
    return status;
}

static int copy(shoal_object **out, shoal_segment *to, shoal_object *object)
{
    return shoal_locks_open(out, to, object->name, object->name_length, shoal_locks_flags(object));
}

const struct shoal__kind shoal__locks_kind = {
    .flags = KIND_LOCK | KIND_PARTS | KIND_JOURNALED | KIND_KEYED,
    .head = sizeof(struct locks_sh),
    .check = check,
    .check_deeply = check_deeply,
    .bury = bury,
    .claim = claim,
    .unclaim = unclaim,
    .in_the_way = "holds a key of",
    .waits = shoal__key_waits,
    .abandon = abandon,
    .disown = disown,
    .holders = holders,
    .describe = describe,
    .copy = copy,
};
