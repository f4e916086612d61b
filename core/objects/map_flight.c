/* One computation a key, and the waits of a Map. Implements docs/recovery.md, "Map". */
#include <string.h>

#include "objects/map.h"
#include "platform/futex.h"
#include "platform/point.h"
#include "segment/waiting.h"
#include "sync/eventcount.h"
#include "value/status.h"

static bool is_dead(const shoal_object *object, uint32_t owner)
{
    const struct shoal_party *party = &object->segment->party;
    return owner != party->me && party->is_dead(party, owner);
}

/* Who computes the key: a cell whose owner is not 0; NULL: nobody. Also without the lock. */
static struct flight_sh *find_flight(struct shard_sh *shard, uint32_t hash)
{
    for (uint32_t i = 0; i < MAP_FLIGHTS; i++)
        if (load_sequential(&shard->flight[i].owner) && shoal__once(&shard->flight[i].hash) == hash)
            return &shard->flight[i];
    return NULL;
}

static bool is_mine(const shoal_object *object, const struct flight_sh *flight)
{
    return load_relaxed(&flight->owner) == object->segment->party.me &&
           shoal__once(&flight->thread) == (uint32_t)shoal__thread_number();
}

/* ---- Waits ---- */

static shoal_word *lock_of(const struct shoal__wait *wait)
{
    struct map_sh *map = wait->object->body;
    return &((struct shard_sh *)(map + 1))[wait->argument].lock;
}

static int attempt_lock(struct shoal__wait *wait)
{
    return shoal__mutex_step(lock_of(wait), &wait->object->segment->party, wait);
}

static int give_up_lock(struct shoal__wait *wait, bool time_is_up)
{
    (void)time_is_up;
    shoal__mutex_stop(lock_of(wait), wait);
    return SHOAL_ETIMEDOUT;
}

static int read_key(struct shoal_map_key *key, struct shoal_map *map, const struct shoal__wait *wait)
{
    const shoal_bytes *bytes = (const shoal_bytes *)(uintptr_t)wait->argument;
    int status = shoal__map_may_read(map, wait->object);
    return status < 0 ? status : shoal__map_check_key(key, map, bytes->bytes, bytes->size);
}

static int begin_flight(struct shoal__wait *wait)
{
    struct shoal_map map;
    struct shoal_map_key key;
    return read_key(&key, &map, wait);
}

static int attempt_flight(struct shoal__wait *wait)
{
    struct shoal_map map;
    struct shoal_map_key key;
    int status = read_key(&key, &map, wait);
    if (status < 0)
        return status;
    struct shard_sh *shard = map.shards + key.shard;
    for (bool prepared = false;; prepared = true) {
        const struct flight_sh *flight = find_flight(shard, key.hash);
        if (!flight || is_mine(wait->object, flight))
            return SHOAL_OK;
        bool looks = wait->slice_over || wait->flags & WAIT_LOOK_ONCE || !wait->ticket;
        if (looks && is_dead(wait->object, load_relaxed(&flight->owner)))
            return SHOAL_OK;
        wait->ticket = 1;
        if (prepared || wait->flags & WAIT_LOOK_ONCE)
            return SHOAL_PENDING;
        wait->expected = shoal__eventcount_prepare(&shard->flown);
        wait->word = (const uint32_t *)&shard->flown;
    }
}

static int give_up_flight(struct shoal__wait *wait, bool time_is_up)
{
    (void)wait, (void)time_is_up;
    return SHOAL_ETIMEDOUT;
}

const struct shoal_waits shoal__map_waits[] = {
    {.operation = SHOAL_WAIT_FLIGHT, .begin = begin_flight, .attempt = attempt_flight, .give_up = give_up_flight},
    {.operation = WAIT_SHARD_LOCK, .spins = true, .attempt = attempt_lock, .give_up = give_up_lock},
    {0},
};

/* ---- Beginning and ending ---- */

/* What is in `reserved`. */
struct ticket {
    shoal_object *map;
    uint32_t shard, cell, me, zero;
};
_Static_assert(sizeof(struct ticket) <= sizeof((shoal_map_flight *)0)->reserved, "it lies in what is reserved");

/* A free cell, or one of a dead owner; NULL: all are taken. */
static struct flight_sh *free_cell(const shoal_object *object, struct shard_sh *shard)
{
    for (uint32_t i = 0; i < MAP_FLIGHTS; i++)
        if (!load_relaxed(&shard->flight[i].owner))
            return &shard->flight[i];
    for (uint32_t i = 0; i < MAP_FLIGHTS; i++)
        if (is_dead(object, load_relaxed(&shard->flight[i].owner)))
            return &shard->flight[i];
    return NULL;
}

static void take_off(shoal_map_flight *out, shoal_object *object, struct shoal_map_work *work,
                     const struct shoal_map_key *key, struct flight_sh *cell)
{
    struct ticket ticket = {object, key->shard, 0, object->segment->party.me, 0};
    ticket.cell = (uint32_t)(cell - work->shard->flight);
    store_relaxed(&cell->owner, 0); /* a dead one's; nobody else takes it, as we have the lock */
    SHOAL_POINT("map: flight to begin");
    cell->hash = key->hash;
    cell->thread = (uint32_t)shoal__thread_number();
    atomic_store(&cell->owner, ticket.me); /* decides */
    SHOAL_POINT("map: flight begun");
    memcpy(out->reserved, &ticket, sizeof ticket);
}

static bool is_present(struct shoal_map_work *work, const struct shoal_map_key *key)
{
    struct shoal_map_place place;
    if (!shoal__map_find(&place, work, key))
        return false;
    return shoal__map_is_there(&work->map, shoal__map_item_of(work, load_relaxed(&place.bucket->ref[place.slot])));
}

/* With the lock. SHOAL_PENDING: *by computes it, or is dead, and we were not to look. */
static int begin_locked(shoal_map_flight *out, shoal_object *object, struct shoal_map_work *work,
                        const struct shoal_map_key *key, bool looks, uint32_t *by)
{
    if (is_present(work, key))
        return SHOAL_OK;
    struct flight_sh *flight = find_flight(work->shard, key->hash);
    out->ours = true;
    if (flight && is_mine(object, flight))
        return SHOAL_OK; /* the computation asks for its own key */
    if (flight && !(looks && is_dead(object, load_relaxed(&flight->owner)))) {
        *by = load_relaxed(&flight->owner);
        out->ours = false;
        return SHOAL_PENDING;
    }
    if (!flight)
        flight = free_cell(object, work->shard);
    if (flight)
        take_off(out, object, work, key, flight);
    return SHOAL_OK;
}

static int computes_still(const shoal_object *object, uint32_t by)
{
    shoal_owner owner;
    shoal__describe(&owner, object->segment, by);
    return shoal__fail(SHOAL_ETIMEDOUT, "map \"%s\" in segment \"%s\": %.15s (pid %d) computes the key still",
                       object->name, object->segment->name, owner.program, owner.pid);
}

int shoal_map_begin(shoal_map_flight *out, shoal_object *object, const void *bytes, size_t size, shoal_time deadline)
{
    struct shoal_map_work work;
    struct shoal_map_key key;
    const shoal_bytes wanted = {bytes, size};
    uint32_t by = 0;
    memset(out, 0, sizeof *out);
    int status = shoal__map_may_change(&work, object);
    if (status == SHOAL_OK)
        status = shoal__map_check_key(&key, &work.map, bytes, size);
    while (status == SHOAL_OK) {
        if ((status = shoal__map_enter(object, &work, key.shard)) < 0)
            return status;
        status = begin_locked(out, object, &work, &key, deadline != SHOAL_GLANCE, &by);
        shoal__map_leave(object, &work);
        if (status != SHOAL_PENDING)
            return status;
        status = deadline <= SHOAL_NO_WAIT
                     ? SHOAL_ETIMEDOUT
                     : shoal__wait_for(object, SHOAL_WAIT_FLIGHT, 0, (int64_t)(uintptr_t)&wanted, deadline);
    }
    return status == SHOAL_ETIMEDOUT ? computes_still(object, by) : status;
}

/* One store, without the lock: nobody else stores into the cell of one who is alive. */
static void land(struct shard_sh *shard, struct flight_sh *flight)
{
    atomic_store(&flight->owner, 0);
    SHOAL_POINT("map: flight over");
    shoal__eventcount_notify(&shard->flown, INT32_MAX);
}

void shoal_map_end(shoal_map_flight *flight)
{
    struct ticket ticket;
    struct shoal_map map;
    memcpy(&ticket, flight->reserved, sizeof ticket);
    memset(flight, 0, sizeof *flight);
    if (!ticket.map || shoal__map_may_read(&map, ticket.map) < 0 || !shoal__is_peer(ticket.map->segment) ||
        ticket.map->segment->party.me != ticket.me || ticket.shard >= map.count)
        return;
    struct shard_sh *shard = map.shards + ticket.shard;
    if (load_relaxed(&shard->flight[ticket.cell].owner) == ticket.me)
        land(shard, &shard->flight[ticket.cell]);
}

/* 0: of all threads of this process. */
bool shoal__map_end_flights(shoal_object *object, uint64_t thread)
{
    struct shoal_map map;
    bool any = false;
    if (!shoal__map_at(&map, object->segment, object->body, object->capacity))
        return false;
    for (uint32_t i = 0; i < map.count; i++)
        for (uint32_t k = 0; k < MAP_FLIGHTS; k++) {
            struct flight_sh *flight = &map.shards[i].flight[k];
            if (load_relaxed(&flight->owner) != object->segment->party.me ||
                (thread && flight->thread != (uint32_t)thread))
                continue;
            land(&map.shards[i], flight);
            any = true;
        }
    return any;
}
