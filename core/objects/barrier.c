/* Barrier: threads of any processes meet, as a named object. The protocol is in sync/barrier.c. */
#include "sync/barrier.h"

#include <string.h>

#include "objects/objects.h"
#include "segment/detach.h"
#include "segment/lock.h"
#include "segment/waiting.h"
#include "value/status.h"

/* ---- Opening ---- */

static void fill(void *body, const void *parties)
{
    ((struct barrier_sh *)body)->parties = *(const uint32_t *)parties;
}

int shoal_barrier_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length, uint32_t parties)
{
    struct shoal_recipe recipe = {SHOAL_KIND_BARRIER, sizeof(struct barrier_sh) + 4ull * parties, fill, &parties};
    *out = NULL;
    if (parties == 0)
        return shoal__handle_open_only(out, segment, name, length, SHOAL_KIND_BARRIER);
    if (parties > BARRIER_MOST_PARTIES)
        return shoal__fail(SHOAL_EVALUE, "a barrier has 1 to %u parties, and %u were asked for", BARRIER_MOST_PARTIES,
                           parties);
    int status = shoal__handle_make(out, segment, name, length, &recipe);
    uint32_t have = status < 0 ? parties : shoal_barrier_parties(*out);
    if (have == parties)
        return status;
    shoal_object_close(*out);
    *out = NULL;
    return shoal__fail(SHOAL_EMISMATCH, "barrier \"%.*s\" in segment \"%s\" has %u parties, and %u were asked for",
                       (int)length, name, segment->name, have, parties);
}

/* ---- Why it is broken ---- */

static int is_broken(const shoal_object *object)
{
    static const char *const how[] = {"", "aborted it", "waited longer than its deadline", "died", "stopped waiting"};
    const struct barrier_sh *barrier = object->body;
    struct breaker_sh breaker;
    shoal__barrier_breaker(&breaker, barrier);
    if (breaker.reason < BARRIER_ABORTED || breaker.reason > BARRIER_PARTY_GAVE_UP ||
        !(load_acquire(&barrier->word) & BARRIER_BROKEN))
        return shoal__fail(SHOAL_EBROKEN, "barrier \"%s\" was reset while this thread waited at it", object->name);
    return shoal__fail(SHOAL_EBROKEN, "barrier \"%s\" is broken: %s (pid %u) %s; reset() makes it whole", object->name,
                       breaker.program, breaker.pid, how[breaker.reason]);
}

static struct breaker_sh breaker_of(const shoal_object *object, uint32_t reason, uint32_t who)
{
    struct breaker_sh breaker = {.reason = reason};
    shoal_owner owner;
    shoal__describe(&owner, object->segment, who);
    breaker.pid = (uint32_t)owner.pid;
    memcpy(breaker.program, owner.program, sizeof breaker.program);
    return breaker;
}

/*
 * Break the barrier. Its mutex is held for a few stores only, unless its owner is stopped: then we wait, and let other
 * threads of this process run (shoal__meanwhile). Signals are answered only in an abort, since the other callers are in
 * the middle of a wait. < 0: the barrier was not broken.
 */
static int break_it(shoal_object *object, uint32_t generation, uint32_t reason, uint32_t who)
{
    int status;
    struct shoal_turn turn;
    shoal_segment *segment = object->segment;
    struct breaker_sh breaker = breaker_of(object, reason, who);
    shoal__turn_begin(&turn);
    while ((status = shoal__barrier_break(object->body, &segment->party, generation, &breaker)) == SHOAL_PENDING)
        if ((status = shoal__meanwhile(segment, &turn, reason == BARRIER_ABORTED)) < 0)
            break;
    shoal__turn_end(segment, &turn);
    return status;
}

/* ---- Waiting ---- */

enum phase { ARRIVING, ARRIVED };

static int try_once(struct shoal__wait *wait)
{
    struct barrier_sh *barrier = wait->object->body;
    const struct shoal_party *party = &wait->object->segment->party;
    if (wait->phase == ARRIVED)
        return shoal__barrier_wait_try(barrier, party, wait);
    int status = shoal__barrier_arrive_try(barrier, party, wait);
    if (status != SHOAL_OK)
        return status;
    wait->phase = ARRIVED;
    return wait->last ? SHOAL_OK : shoal__barrier_wait_try(barrier, party, wait);
}

/* If a party is dead, break the barrier, unless this generation has passed. */
static bool break_if_dead(shoal_object *object, uint32_t generation)
{
    uint32_t dead = shoal__barrier_find_dead(object->body, &object->segment->party);
    if (dead)
        break_it(object, generation, BARRIER_PARTY_DIED, dead);
    return dead;
}

/*
 * The same for a waiter, at the end of each slice. If the mutex is not to be had now, nothing is broken: the waiter
 * sleeps again, so that it answers signals, and tries after its next slice.
 */
static void try_to_break_if_dead(shoal_object *object, uint32_t generation)
{
    uint32_t dead = shoal__barrier_look_for_dead(object->body, &object->segment->party);
    if (!dead)
        return;
    struct breaker_sh breaker = breaker_of(object, BARRIER_PARTY_DIED, dead);
    shoal__barrier_break(object->body, &object->segment->party, generation, &breaker);
}

/* The last to arrive looks for dead parties, too: one may have died since it arrived. */
static int attempt(struct shoal__wait *wait)
{
    struct barrier_sh *barrier = wait->object->body;
    uint32_t generation = shoal__barrier_generation(load_acquire(&barrier->word));
    int status = try_once(wait);
    if (status == SHOAL_PENDING && wait->slice_over) {
        try_to_break_if_dead(wait->object, generation);
        status = try_once(wait);
    }
    if (status == SHOAL_OK && wait->last && break_if_dead(wait->object, wait->seen)) {
        wait->last = false;
        shoal__barrier_leave(barrier, &wait->object->segment->party, wait);
        status = SHOAL_EBROKEN;
    }
    return status == SHOAL_EBROKEN ? is_broken(wait->object) : status;
}

/*
 * If the generation has just passed, the wait has succeeded. If the barrier cannot be broken, we stop waiting all the
 * same.
 */
static int give_up(struct shoal__wait *wait, bool time_is_up)
{
    struct barrier_sh *barrier = wait->object->body;
    const struct shoal_party *party = &wait->object->segment->party;
    bool arrived = wait->phase == ARRIVED;
    uint32_t generation = arrived ? wait->seen : shoal__barrier_generation(load_acquire(&barrier->word));
    int status = arrived || time_is_up ? break_it(wait->object, generation,
                                                  time_is_up ? BARRIER_TIMED_OUT : BARRIER_PARTY_GAVE_UP, party->me)
                                       : SHOAL_OK;
    if (status < 0) {
        if (arrived)
            shoal__barrier_leave(barrier, party, wait);
        return status;
    }
    status = arrived ? shoal__barrier_wait_try(barrier, party, wait) : SHOAL_EBROKEN;
    return status == SHOAL_OK ? SHOAL_OK : SHOAL_ETIMEDOUT;
}

static const struct shoal_waits waits[] = {
    {.operation = SHOAL_WAIT_PASS,
     .attempt = attempt,
     .give_up = give_up,
     .longest_slice = shoal__barrier_longest_slice},
    {0},
};

/* All other parties wait for this: no signal is answered before it is done. */
static int pass_in_turn(shoal_object *object, const struct shoal__wait *wait)
{
    int status;
    struct shoal_turn turn;
    shoal_segment *segment = object->segment;
    shoal__turn_begin(&turn);
    while ((status = shoal__barrier_pass(object->body, &segment->party, wait)) == SHOAL_PENDING)
        if ((status = shoal__meanwhile(segment, &turn, false)) < 0) {
            shoal__barrier_leave(object->body, &segment->party, wait);
            break;
        }
    shoal__turn_end(segment, &turn);
    return status;
}

int shoal_barrier_pass(shoal_wait *given)
{
    struct shoal__wait *wait = shoal__wait_of(given);
    shoal_object *object = wait->object;
    if (!object || !wait->last)
        return shoal__fail(
            SHOAL_EVALUE,
            "this wait can't let the others pass: only the wait of the last to arrive at a barrier can, and only once");
    int status = shoal__writable(object);
    if (status < 0)
        return status;
    if (object->segment->party.me != wait->peer)
        return shoal__fail(SHOAL_ELOCK,
                           "barrier \"%s\": the parent process arrived at it before the fork; this process did not",
                           object->name);
    wait->object = NULL;
    status = pass_in_turn(object, wait);
    return status == SHOAL_EBROKEN ? is_broken(object) : status;
}

int shoal_barrier_wait(uint32_t *index, shoal_object *object, shoal_time deadline)
{
    shoal_wait wait;
    *index = 0;
    int status = shoal_wait_begin(&wait, object, SHOAL_WAIT_PASS, 0, 0);
    if (status < 0)
        return status;
    do
        status = shoal_wait_until(&wait, deadline);
    while (status == SHOAL_EINTR);
    if (status == SHOAL_OK && wait.last)
        status = shoal_barrier_pass(&wait);
    if (status == SHOAL_OK)
        *index = wait.index;
    return status;
}

/* ---- Breaking and repairing ---- */

int shoal_barrier_abort(shoal_object *object)
{
    int status = shoal__may_use(object, SHOAL_KIND_BARRIER);
    if (status < 0)
        return status;
    uint32_t generation = shoal__barrier_generation(load_acquire(&((struct barrier_sh *)object->body)->word));
    return break_it(object, generation, BARRIER_ABORTED, object->segment->party.me);
}

int shoal_barrier_reset(shoal_object *object)
{
    int status = shoal__may_use(object, SHOAL_KIND_BARRIER);
    struct shoal_turn turn;
    if (status < 0)
        return status;
    shoal__turn_begin(&turn);
    while ((status = shoal__barrier_reset(object->body, &object->segment->party)) == SHOAL_PENDING)
        if ((status = shoal__meanwhile(object->segment, &turn, true)) < 0)
            break;
    shoal__turn_end(object->segment, &turn);
    return status;
}

/* ---- Looking ---- */

/* How many cells it has: limited by the maximum and by its block, whatever the segment says. */
static uint32_t cells_of(const shoal_object *object)
{
    uint32_t says = shoal__once(&((const struct barrier_sh *)object->body)->parties);
    uint32_t most = says < BARRIER_MOST_PARTIES ? says : BARRIER_MOST_PARTIES;
    return shoal__cells(object, most, sizeof(struct barrier_sh), 4);
}

bool shoal_barrier_broken(const shoal_object *object)
{
    return shoal__may_look(object, SHOAL_KIND_BARRIER) == SHOAL_OK &&
           (load_acquire(&((const struct barrier_sh *)object->body)->word) & BARRIER_BROKEN);
}

uint32_t shoal_barrier_parties(const shoal_object *object)
{
    if (shoal__may_look(object, SHOAL_KIND_BARRIER) < 0)
        return 0;
    return ((const struct barrier_sh *)object->body)->parties;
}

uint32_t shoal_barrier_waiting(const shoal_object *object)
{
    const struct barrier_sh *barrier = object->body;
    if (shoal__may_look(object, SHOAL_KIND_BARRIER) < 0 || shoal_barrier_broken(object))
        return 0; /* parties whose cells still wait are leaving, or dead */
    return shoal__barrier_waiting(barrier, cells_of(object), &object->segment->party);
}

static void holders(shoal_owner *out, size_t limit, size_t *count, const shoal_object *object)
{
    const struct barrier_sh *barrier = object->body;
    uint32_t parties = cells_of(object);
    *count = 0;
    for (uint32_t i = 0; i < parties; i++) {
        uint32_t cell = load_acquire(&barrier->cell[i]);
        shoal_owner owner = {0};
        if (cell & PARTY_WAITING)
            shoal__describe(&owner, object->segment, cell);
        if (owner.alive && (*count)++ < limit)
            out[*count - 1] = owner;
    }
}

/* ---- The row ---- */

static const char *check(const shoal_segment *segment, const void *body, uint64_t capacity)
{
    const struct barrier_sh *barrier = body;
    (void)segment;
    if (capacity < sizeof *barrier || barrier->parties == 0 || barrier->parties > BARRIER_MOST_PARTIES)
        return "its number of parties is impossible";
    return capacity < sizeof *barrier + 4ull * barrier->parties ? "its block is too small" : NULL;
}

static void forget_slot(void *body, uint32_t slot)
{
    shoal__barrier_forget(body, slot);
}

static bool claim(struct shoal__claim *claim)
{
    claim->who = shoal__barrier_claim(claim->body, claim->party);
    return !claim->who;
}

static void unclaim(struct shoal__claim *claim)
{
    shoal__barrier_unclaim(claim->body);
}

static void quit(shoal_object *object)
{
    shoal__barrier_quit(object->body, &object->segment->party);
}

static int copy(shoal_object **out, shoal_segment *to, shoal_object *object)
{
    return shoal_barrier_open(out, to, object->name, object->name_length, shoal_barrier_parties(object));
}

static int describe(struct shoal__parts *map, const shoal_object *object)
{
    shoal_write_uint(shoal__part_of(map, "parties"), shoal_barrier_parties(object));
    shoal_write_uint(shoal__part_of(map, "waiting"), shoal_barrier_waiting(object));
    shoal_write_bool(shoal__part_of(map, "broken"), shoal_barrier_broken(object));
    return SHOAL_OK;
}

const struct shoal__kind shoal__barrier_kind = {
    .flags = KIND_LOCK,
    .head = sizeof(struct barrier_sh),
    .check = check,
    .forget_slot = forget_slot,
    .claim = claim,
    .unclaim = unclaim,
    .in_the_way = "waits at",
    .waits = waits,
    .quit = quit,
    .holders = holders,
    .describe = describe,
    .copy = copy,
};
