/* Semaphore: permits that processes hold, or a plain count, as a named object. The protocol is in sync/semaphore.c. */
#include "sync/semaphore.h"

#include <stdlib.h>

#include "objects/objects.h"
#include "platform/process.h"
#include "segment/alive.h"
#include "segment/holds.h"
#include "segment/waiting.h"
#include "sync/asked.h"
#include "value/status.h"

struct parameters {
    uint32_t value, flags, hands;
};

static inline bool is_signal(const shoal_object *object)
{
    return ((const struct semaphore_sh *)object->body)->flags & SHOAL_SEMAPHORE_SIGNAL;
}

/* How many cells there are; limited by its block, whatever the segment says. */
static uint32_t permits(const shoal_object *object)
{
    uint32_t says = shoal__once(&((const struct semaphore_sh *)object->body)->initial);
    uint32_t most = says < SHOAL_SEMAPHORE_MOST_PERMITS ? says : SHOAL_SEMAPHORE_MOST_PERMITS;
    return shoal__cells(object, most, sizeof(struct semaphore_sh), 4);
}

static uint64_t body_size(uint32_t value, uint32_t flags, uint32_t hands)
{
    return shoal__semaphore_size(flags & SHOAL_SEMAPHORE_SIGNAL ? 0 : value, hands);
}

static uint32_t hands_wanted(uint32_t value, uint32_t flags, uint32_t slots)
{
    return flags & SHOAL_SEMAPHORE_SIGNAL ? 0 : shoal__semaphore_hands(value, slots);
}

/* ---- Opening ---- */

static void fill(void *body, const void *argument)
{
    const struct parameters *made_with = argument;
    struct semaphore_sh *semaphore = body;
    semaphore->flags = made_with->flags;
    semaphore->initial = made_with->value;
    semaphore->hands = made_with->hands;
    store_relaxed(&semaphore->count, made_with->flags & SHOAL_SEMAPHORE_SIGNAL ? made_with->value : 0);
}

static int check_parameters(uint32_t value, uint32_t flags)
{
    if (flags & ~SHOAL_SEMAPHORE_SIGNAL)
        return shoal__fail(SHOAL_EVALUE, "unknown semaphore flags %#x", flags);
    if (flags & SHOAL_SEMAPHORE_SIGNAL && value > INT32_MAX)
        return shoal__fail(SHOAL_EVALUE, "a semaphore counts to at most 2147483647, and %u was asked for", value);
    if (!(flags & SHOAL_SEMAPHORE_SIGNAL) && (value == 0 || value > SHOAL_SEMAPHORE_MOST_PERMITS))
        return shoal__fail(
            SHOAL_EVALUE,
            "a bounded semaphore has 1 to %u permits, and %u were asked for; an unbounded one counts from "
            "0 to 2147483647",
            SHOAL_SEMAPHORE_MOST_PERMITS, value);
    return SHOAL_OK;
}

static int mismatch(const shoal_object *object, uint32_t value, uint32_t flags)
{
    const struct semaphore_sh *semaphore = object->body;
    return shoal__fail(SHOAL_EMISMATCH,
                       "semaphore \"%s\" in segment \"%s\" is %sbounded with value %u, and %sbounded one with value %u "
                       "was asked for",
                       object->name, object->segment->name, is_signal(object) ? "un" : "", semaphore->initial,
                       flags & SHOAL_SEMAPHORE_SIGNAL ? "an un" : "a ", value);
}

int shoal_semaphore_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length, uint32_t value,
                         uint32_t flags)
{
    bool any = flags == SHOAL_SEMAPHORE_ANY;
    *out = NULL;
    if (any)
        return shoal__handle_open_only(out, segment, name, length, SHOAL_KIND_SEMAPHORE);
    int status = check_parameters(value, flags);
    if (status < 0)
        return status;
    struct parameters made_with = {value, flags, hands_wanted(value, flags, segment->is.slots)};
    struct shoal_recipe recipe = {SHOAL_KIND_SEMAPHORE, body_size(value, flags, made_with.hands), fill, &made_with};
    status = shoal__handle_make(out, segment, name, length, &recipe);
    if (status < 0)
        return status;
    const struct semaphore_sh *semaphore = (*out)->body;
    if (semaphore->initial == value && semaphore->flags == flags)
        return SHOAL_OK;
    status = mismatch(*out, value, flags);
    shoal_object_close(*out);
    *out = NULL;
    return status;
}

/* ---- Acquiring ---- */

static inline void acquired(shoal_object *object, uint32_t from, uint64_t thread)
{
    if (is_signal(object))
        return;
    store_relaxed(&object->permit, from);
    shoal__share_take(object, thread);
}

static int attempt(struct shoal__wait *wait)
{
    shoal_object *object = wait->object;
    const struct shoal_party *party = &object->segment->party;
    uint32_t from = load_relaxed(&object->permit);
    int status = shoal__semaphore_try(object->body, party, &from, wait);
    if (status == SHOAL_OK)
        acquired(object, from, wait->flags & SHOAL_WAIT_TASK ? SHARE_TASK : shoal__thread_number());
    return status;
}

static int give_up(struct shoal__wait *wait, bool time_is_up)
{
    (void)time_is_up;
    if (wait->mark)
        shoal__semaphore_wake(wait->object->body, 1); /* we may have consumed a wake-up that another waiter needs now */
    return SHOAL_ETIMEDOUT;
}

static const struct shoal_waits waits[] = {
    {.operation = SHOAL_WAIT_ACQUIRE, .attempt = attempt, .give_up = give_up},
    {0},
};

int shoal_semaphore_acquire(shoal_object *object, shoal_time deadline)
{
    int status = shoal__may_use(object, SHOAL_KIND_SEMAPHORE);
    if (status < 0)
        return status;
    uint32_t from = load_relaxed(&object->permit);
    if (__builtin_expect(shoal__semaphore_take(object->body, object->segment->party.me, &from), 1)) {
        acquired(object, from, shoal__thread_number());
        return SHOAL_OK;
    }
    return shoal__wait_for(object, SHOAL_WAIT_ACQUIRE, 0, 0, deadline);
}

/* ---- Releasing ---- */

static int raise_signal(shoal_object *object, uint32_t n)
{
    if (shoal__semaphore_raise(object->body, n))
        return SHOAL_OK;
    return shoal__fail(SHOAL_EOVERFLOW, "semaphore \"%s\": releasing %u would exceed its largest count, 2147483647",
                       object->name, n);
}

static int too_many(const shoal_object *object, uint32_t n)
{
    return shoal__fail(SHOAL_ELOCK,
                       "semaphore \"%s\": releasing %u, but this process holds %u of its %u permits; each process "
                       "releases what it acquired itself (any process may raise an unbounded one)",
                       object->name, n, shoal_semaphore_held(object), shoal_semaphore_initial(object));
}

/* Drop n shares of this process, or none. */
static bool drop_shares(shoal_object *object, uint32_t n)
{
    uint64_t thread = shoal__thread_number();
    uint32_t dropped = 0;
    if (n > 1 && shoal__count_shares(object) < n)
        return false;
    while (dropped < n && shoal__share_drop(object, thread) != SHARE_NONE)
        dropped++;
    for (uint32_t i = dropped; dropped < n && i > 0; i--)
        shoal__share_take(object, thread);
    return dropped == n;
}

int shoal_semaphore_release(shoal_object *object, uint32_t n)
{
    int status = shoal__may_use(object, SHOAL_KIND_SEMAPHORE);
    if (status < 0)
        return status;
    if (n == 0)
        return shoal__fail(SHOAL_EVALUE, "semaphore \"%s\": at least 1 permit must be released, not 0", object->name);
    if (is_signal(object))
        return raise_signal(object, n);
    if (!drop_shares(object, n))
        return too_many(object, n);
    uint32_t from = load_relaxed(&object->permit);
    shoal__semaphore_give(object->body, object->segment->party.me, n, &from);
    store_relaxed(&object->permit, from);
    return SHOAL_OK;
}

/* ---- Looking ---- */

uint32_t shoal_semaphore_initial(const shoal_object *object)
{
    const struct semaphore_sh *semaphore = object->body;
    return shoal__may_look(object, SHOAL_KIND_SEMAPHORE) == SHOAL_OK ? semaphore->initial : 0;
}

uint32_t shoal_semaphore_flags(const shoal_object *object)
{
    const struct semaphore_sh *semaphore = object->body;
    return shoal__may_look(object, SHOAL_KIND_SEMAPHORE) == SHOAL_OK ? semaphore->flags : 0;
}

uint32_t shoal_semaphore_held(const shoal_object *object)
{
    bool peer = shoal__may_look(object, SHOAL_KIND_SEMAPHORE) == SHOAL_OK && shoal__is_peer(object->segment);
    return peer ? shoal__semaphore_held(object->body, object->segment->party.me) : 0;
}

/* *out: the hands; returns how many. 0: it has none, or its block has no room for them, whatever the segment says. */
static uint32_t hands(_Atomic uint64_t **out, const shoal_object *object)
{
    const struct semaphore_sh *semaphore = object->body;
    uint32_t initial = permits(object), count = shoal__semaphore_hands(initial, object->segment->is.slots);
    *out = shoal__semaphore_hand(semaphore, initial);
    bool has = !is_signal(object) && shoal__once(&semaphore->hands) == count &&
               object->capacity >= shoal__semaphore_size(initial, count);
    return has ? count : 0;
}

/* Read in halves: an atomic load of 64 bits is a store on some processors, and a readonly attach may not store. */
static uint32_t read_hand(uint32_t *tag, const _Atomic uint64_t *hand)
{
    const uint16_t probe = 1;
    bool little = *(const unsigned char *)&probe == 1;
    const shoal_word *half = (const shoal_word *)hand;
    *tag = load_acquire(&half[little]);
    uint32_t has = load_acquire(&half[!little]);
    return load_acquire(&half[little]) == *tag ? has : 0; /* 0: a new user signed it meanwhile */
}

static uint32_t count_free_cells(const shoal_object *object)
{
    const struct semaphore_sh *semaphore = object->body;
    struct shoal_asked asked = shoal__asked_nobody(&object->segment->party);
    uint32_t count = 0;
    for (uint32_t i = 0, all = permits(object); i < all; i++) {
        uint32_t seen = load_acquire(&semaphore->permit[i]);
        count += seen == 0 || shoal__asked_is_dead(&asked, seen);
    }
    return count;
}

/* The number of permits, less what the hands of live peers count. */
static uint32_t count_free(const shoal_object *object)
{
    _Atomic uint64_t *hand;
    const struct shoal_party *party = &object->segment->party;
    uint32_t count = hands(&hand, object), left = permits(object);
    if (count == 0)
        return count_free_cells(object);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t tag, has = read_hand(&tag, &hand[i]);
        if (has && !shoal__party_is_dead(party, tag))
            left -= has < left ? has : left;
    }
    return left;
}

/* Permits of dead peers count as free: a process that asks for them gets them. */
int shoal_semaphore_value(uint32_t *out, const shoal_object *object)
{
    const struct semaphore_sh *semaphore = object->body;
    int status = shoal__may_look(object, SHOAL_KIND_SEMAPHORE);
    *out = 0;
    if (status < 0)
        return status;
    *out = is_signal(object) ? load_acquire(&semaphore->count) : count_free(object);
    return shoal__unless_damaged(object->segment, SHOAL_OK);
}

/* For each slot: its user's tag and permits. */
static void count_permits(uint32_t (*held)[2], uint32_t slots, const shoal_object *object)
{
    const struct semaphore_sh *semaphore = object->body;
    _Atomic uint64_t *hand;
    uint32_t noted = hands(&hand, object);
    for (uint32_t i = 0; i < noted; i++)
        held[i][1] = read_hand(&held[i][0], &hand[i]);
    if (noted)
        return;
    for (uint32_t i = 0, count = permits(object); i < count; i++) {
        uint32_t seen = load_acquire(&semaphore->permit[i]), slot = (seen & MUTEX_SLOT) - 1;
        if (!seen || slot >= slots || (held[slot][0] != seen && !shoal__is_present(object->segment, seen)))
            continue; /* of an earlier user of the slot: free */
        held[slot][0] = seen;
        held[slot][1]++;
    }
}

static void holders(shoal_owner *out, size_t limit, size_t *count, const shoal_object *object)
{
    uint32_t slots = object->segment->is.slots;
    uint32_t(*held)[2] = is_signal(object) ? NULL : calloc(slots, sizeof *held);
    *count = 0;
    if (!held)
        return;
    count_permits(held, slots, object);
    for (uint32_t slot = 0; slot < slots; slot++) {
        shoal_owner owner = {0};
        if (held[slot][1])
            shoal__describe(&owner, object->segment, held[slot][0]);
        owner.count = held[slot][1];
        if (owner.alive && (*count)++ < limit)
            out[*count - 1] = owner;
    }
    free(held);
}

/* ---- The row ---- */

static const char *check(const shoal_segment *segment, const void *body, uint64_t capacity)
{
    const struct semaphore_sh *semaphore = body;
    if (capacity < sizeof *semaphore || semaphore->flags & ~SHOAL_SEMAPHORE_SIGNAL)
        return "its flags are impossible";
    if (semaphore->hands != hands_wanted(semaphore->initial, semaphore->flags, segment->is.slots))
        return "its number of per-process counts is impossible";
    return capacity < body_size(semaphore->initial, semaphore->flags, semaphore->hands)
               ? "it has more permits than its block has room for"
               : NULL;
}

static void forget_slot(void *body, uint32_t slot)
{
    shoal__semaphore_forget(body, slot);
}

static bool claim(struct shoal__claim *claim)
{
    claim->who = shoal__semaphore_claim(claim->body, claim->party);
    return !claim->who;
}

static void unclaim(struct shoal__claim *claim)
{
    shoal__semaphore_unclaim(claim->body, claim->party->me);
}

static bool abandon(shoal_object *object, uint64_t thread)
{
    uint32_t count = shoal__share_drop_all(object, thread, false), from = load_relaxed(&object->permit);
    if (count > 0 && shoal__is_peer(object->segment))
        shoal__semaphore_give(object->body, object->segment->party.me, count, &from);
    return count > 0;
}

/* Permits are free in the copy; a signal's count is copied. */
static int copy(shoal_object **out, shoal_segment *to, shoal_object *object)
{
    uint32_t count = 0, initial = shoal_semaphore_initial(object), flags = shoal_semaphore_flags(object);
    int status = shoal_semaphore_open(out, to, object->name, object->name_length, initial, flags);
    if (status < 0 || !(flags & SHOAL_SEMAPHORE_SIGNAL))
        return status;
    status = shoal_semaphore_value(&count, object);
    if (status == SHOAL_OK && count > initial)
        status = shoal_semaphore_release(*out, count - initial);
    for (; status == SHOAL_OK && count < initial; count++)
        status = shoal_semaphore_acquire(*out, SHOAL_NO_WAIT);
    return status;
}

static int describe(struct shoal__parts *map, const shoal_object *object)
{
    uint32_t value;
    int status = shoal_semaphore_value(&value, object);
    shoal_write_uint(shoal__part_of(map, "initial"), shoal_semaphore_initial(object));
    shoal_write_bool(shoal__part_of(map, "bounded"), !is_signal(object));
    shoal_write_uint(shoal__part_of(map, "value"), value);
    return status;
}

const struct shoal__kind shoal__semaphore_kind = {
    .flags = KIND_LOCK,
    .head = sizeof(struct semaphore_sh),
    .check = check,
    .forget_slot = forget_slot,
    .claim = claim,
    .unclaim = unclaim,
    .in_the_way = "holds a permit of",
    .waits = waits,
    .abandon = abandon,
    .holders = holders,
    .describe = describe,
    .copy = copy,
};
