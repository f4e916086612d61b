/* RWLock: many readers or one writer, as a named object. The protocol is in sync/rwlock.c. */
#include "sync/rwlock.h"

#include "objects/objects.h"
#include "platform/point.h"
#include "platform/process.h"
#include "segment/holds.h"
#include "segment/waiting.h"
#include "value/status.h"

static void fill(void *body, const void *slots)
{
    ((struct rwlock_sh *)body)->stride = shoal__rwlock_stride(*(const uint32_t *)slots);
}

int shoal_rwlock_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length)
{
    uint32_t slots = segment->is.slots;
    struct shoal_recipe recipe = {SHOAL_KIND_RWLOCK, shoal__rwlock_size(slots), fill, &slots};
    return shoal__handle_make(out, segment, name, length, &recipe);
}

/* ---- The holder ---- */

static inline bool is_writing(const shoal_object *object)
{
    const struct rwlock_sh *rwlock = object->body;
    return shoal__holder(object) && shoal__is_peer(object->segment) &&
           (load_relaxed(&rwlock->writer.word) & MUTEX_OWNER) == object->segment->party.me;
}

static inline uint64_t owner_now(const struct shoal__wait *wait)
{
    return wait->flags & SHOAL_WAIT_TASK ? SHARE_TASK : shoal__thread_number();
}

static int too_many(const shoal_object *object)
{
    return shoal__fail(SHOAL_EOVERFLOW,
                       "rwlock \"%s\": a process can hold at most %u reads at once, and one thread at most %u",
                       object->name, RWLOCK_COUNT, SHARES_MOST);
}

static int refuse(const shoal_object *object, const char *holds, const char *advice)
{
    return shoal__fail(SHOAL_ELOCK, "rwlock \"%s\": this thread holds it for %s already: %s", object->name, holds,
                       advice);
}

/* SHOAL_ELOCK if this thread would wait for itself. */
static int check_own(const shoal_object *object, uint64_t thread, bool to_write)
{
    if (__builtin_expect(shoal__holder(object) == thread, 0) && is_writing(object))
        return refuse(object, "writing",
                      to_write ? "it is not reentrant" : "downgrade() changes to reading, unlock() releases it");
    if (to_write && shoal__share_of(object, thread))
        return refuse(object, "reading",
                      "there is no upgrade, since two upgrades would wait for each other; unlock() first");
    return SHOAL_OK;
}

/* ---- Reading ---- */

static int told(const shoal_object *object)
{
    return load_relaxed(&((const struct rwlock_sh *)object->body)->writer.word) & MUTEX_NEEDREC ? SHOAL_RECOVERED
                                                                                                : SHOAL_OK;
}

/* RWLOCK_WAITING if other threads of this process wait to read: then that mark in their common cell stays. */
static uint32_t others_wait(const shoal_object *object, const struct shoal__wait *wait)
{
    return load_relaxed(&object->want_to_read) > wait->mark ? RWLOCK_WAITING : 0;
}

static void want(struct shoal__wait *wait, uint32_t mark)
{
    if (mark != wait->mark)
        atomic_fetch_add(&wait->object->want_to_read, mark - wait->mark);
    wait->mark = mark;
}

static int try_to_read(struct shoal__wait *wait)
{
    shoal_object *object = wait->object;
    const struct shoal_party *party = &object->segment->party;
    uint32_t waiting = others_wait(object, wait);
    if (!(wait->flags & WAIT_LOOK_ONCE)) {
        want(wait, 1);
        return shoal__rwlock_read_try(object->body, party, waiting, wait);
    }
    int status = shoal__rwlock_enter(object->body, party, waiting);
    if (status == SHOAL_PENDING && wait->slice_over &&
        (shoal__rwlock_set_aside(object->body, party) || shoal__rwlock_set_idle_aside(object->body)))
        status = shoal__rwlock_enter(object->body, party, waiting);
    if (status == SHOAL_PENDING)
        shoal__rwlock_read_cancel(object->body, party, waiting);
    return status;
}

/* The wait is over; the last waiting thread of this process clears WAITING in their common cell, if it is still set. */
static void want_no_more(struct shoal__wait *wait)
{
    shoal_object *object = wait->object;
    bool waited = wait->mark;
    want(wait, 0);
    if (waited && load_relaxed(&object->want_to_read) == 0)
        shoal__rwlock_nobody_waits(object->body, &object->segment->party);
}

/* A thread that reads already may read again, even while a writer waits. */
static int read_attempt(struct shoal__wait *wait)
{
    shoal_object *object = wait->object;
    uint32_t taken = shoal__share_take(object, owner_now(wait));
    int status = taken == 0 ? SHOAL_EOVERFLOW : taken > 1 ? told(object) : try_to_read(wait);
    if (taken && status != SHOAL_OK && status != SHOAL_RECOVERED)
        shoal__share_drop(object, owner_now(wait));
    if (status != SHOAL_PENDING)
        want_no_more(wait);
    return status == SHOAL_EOVERFLOW ? too_many(object) : status;
}

static int read_give_up(struct shoal__wait *wait, bool time_is_up)
{
    (void)time_is_up;
    if (wait->mark) {
        want(wait, 0);
        shoal__rwlock_read_cancel(wait->object->body, &wait->object->segment->party, others_wait(wait->object, wait));
    }
    return SHOAL_ETIMEDOUT;
}

static int read_own(const struct shoal__wait *wait, bool forever)
{
    (void)forever;
    return wait->flags & SHOAL_WAIT_TASK ? SHOAL_OK : check_own(wait->object, owner_now(wait), false);
}

static __attribute__((noinline)) int read_slowly(shoal_object *object, int status, shoal_time deadline)
{
    uint64_t thread = shoal__thread_number();
    if (status == SHOAL_EOVERFLOW)
        return too_many(object);
    if (status == SHOAL_PENDING && deadline > SHOAL_NO_WAIT && (status = check_own(object, thread, false)) < 0)
        shoal__rwlock_read_cancel(object->body, &object->segment->party,
                                  load_relaxed(&object->want_to_read) ? RWLOCK_WAITING : 0);
    return status < 0 ? status : shoal__wait_for(object, SHOAL_WAIT_READ, 0, 0, deadline);
}

/* A thread that reads already may read again, even while a writer waits. */
int shoal_rwlock_read(shoal_object *object, shoal_time deadline)
{
    uint64_t thread = shoal__thread_number();
    int status = shoal__is_ready(object, SHOAL_KIND_RWLOCK) ? SHOAL_OK : shoal__may_use(object, SHOAL_KIND_RWLOCK);
    if (status < 0)
        return status;
    uint32_t taken = shoal__share_take(object, thread);
    if (__builtin_expect(taken != 1, 0))
        return taken == 0 ? too_many(object) : told(object);
    status = shoal__rwlock_enter(object->body, &object->segment->party,
                                 load_relaxed(&object->want_to_read) ? RWLOCK_WAITING : 0);
    if (__builtin_expect(status == SHOAL_OK || status == SHOAL_RECOVERED, 1))
        return status;
    shoal__share_drop(object, thread);
    return read_slowly(object, status, deadline);
}

static int not_held(const shoal_object *object, const char *what)
{
    shoal_owner owner;
    shoal_lock_owner(&owner, object);
    if (owner.pid)
        return shoal__fail(SHOAL_ELOCK,
                           "rwlock \"%s\" is not held for %s by this process; %s (pid %d) holds it for writing",
                           object->name, what, owner.program, owner.pid);
    return shoal__fail(SHOAL_ELOCK, "rwlock \"%s\" is not held for %s by this process", object->name, what);
}

int shoal_rwlock_read_unlock(shoal_object *object)
{
    int status = shoal__may_use(object, SHOAL_KIND_RWLOCK);
    if (status < 0)
        return status;
    enum shoal_share share = shoal__share_drop(object, shoal__thread_number());
    if (share == SHARE_NONE)
        return not_held(object, "reading");
    if (share == SHARE_LAST)
        shoal__rwlock_leave(object->body, object->segment->party.me, 1);
    return SHOAL_OK;
}

/* ---- Writing ---- */

static inline int writes(shoal_object *object, int status, bool task)
{
    struct rwlock_sh *rwlock = object->body;
    SHOAL_POINT("rwlock: writing");
    shoal__hold_sign(&rwlock->writer, object, task);
    store_relaxed(&rwlock->writer.inside, 1);
    store_relaxed(&object->recovered, status == SHOAL_RECOVERED);
    return status;
}

/* In wait.depth: does this wait have the lock's word? IDLE_WORD: yes, unless another took it meanwhile. */
enum word { NO_WORD, HAS_WORD, IDLE_WORD };

/*
 * Take the word back if this wait left it IDLE. It may be the IDLE word of another thread of this process by now, since
 * all threads have one tag: the first of them to wake has it, and the others begin anew.
 */
static void take_back(struct shoal__wait *wait)
{
    struct rwlock_sh *rwlock = wait->object->body;
    if (wait->depth != IDLE_WORD)
        return;
    uint32_t word = shoal__rwlock_take_back(rwlock, &wait->object->segment->party);
    wait->depth = word ? HAS_WORD : NO_WORD;
    wait->news = word & MUTEX_NEEDREC ? SHOAL_RECOVERED : SHOAL_OK;
    if (!word)
        wait->phase = 0;
}

static int take_word(struct shoal__wait *wait)
{
    struct rwlock_sh *rwlock = wait->object->body;
    if (wait->slice_over)
        shoal__rwlock_set_idle_aside(rwlock);
    int status = shoal__mutex_step(&rwlock->writer.word, &wait->object->segment->party, wait);
    if (status < 0 || status == SHOAL_PENDING)
        return status;
    SHOAL_POINT("rwlock: word taken");
    wait->depth = HAS_WORD;
    store_relaxed(&rwlock->writer.inside, 0); /* a dead writer may have left both set */
    store_relaxed(&rwlock->writer.thread, 0);
    wait->news = (uint32_t)status;
    return SHOAL_OK;
}

/* First the word (which keeps out other writers, and then new readers), then the readers that are inside. */
static int write_attempt(struct shoal__wait *wait)
{
    shoal_object *object = wait->object;
    struct rwlock_sh *rwlock = object->body;
    take_back(wait);
    int status = wait->depth ? SHOAL_OK : take_word(wait);
    if (status != SHOAL_OK)
        return status;
    status = shoal__rwlock_drain_try(rwlock, &object->segment->party, wait);
    if (status != SHOAL_PENDING)
        return writes(object, (int)wait->news, wait->flags & SHOAL_WAIT_TASK);
    if (!(wait->flags & WAIT_LOOK_ONCE)) {
        shoal__rwlock_idle(rwlock);
        wait->depth = IDLE_WORD;
    }
    return status;
}

static int write_give_up(struct shoal__wait *wait, bool time_is_up)
{
    struct rwlock_sh *rwlock = wait->object->body;
    bool was_idle = wait->depth == IDLE_WORD;
    (void)time_is_up;
    take_back(wait);
    if (wait->depth) {
        shoal__rwlock_drain_stop(rwlock, &wait->object->segment->party, wait);
        shoal__rwlock_write_unlock(rwlock, wait->news == SHOAL_RECOVERED);
    } else if (!was_idle) { /* an idle wait slept on `drain`, not on the word */
        shoal__mutex_stop(&rwlock->writer.word, wait);
    }
    return SHOAL_ETIMEDOUT;
}

/* Refused with a deadline, too: the wait would keep all other readers out for nothing. */
static int write_own(const struct shoal__wait *wait, bool forever)
{
    (void)forever;
    return wait->flags & SHOAL_WAIT_TASK ? SHOAL_OK : check_own(wait->object, owner_now(wait), true);
}

static const struct shoal_waits waits[] = {
    {.operation = SHOAL_WAIT_READ, .owned = true, .attempt = read_attempt, .give_up = read_give_up, .own = read_own},
    {.operation = SHOAL_WAIT_WRITE,
     .spins = true,
     .owned = true,
     .attempt = write_attempt,
     .give_up = write_give_up,
     .own = write_own},
    {0},
};

/* have_word: the word is ours already, and readers are inside. */
static int write_slowly(shoal_object *object, bool have_word, shoal_time deadline)
{
    struct shoal__wait wait;
    int status = shoal__wait_begin(&wait, object, SHOAL_WAIT_WRITE, 0, 0);
    if (status < 0 && have_word)
        shoal__rwlock_write_unlock(object->body, false);
    if (status < 0)
        return status;
    wait.depth = have_word;
    return shoal__wait_once(&wait, deadline);
}

int shoal_rwlock_write(shoal_object *object, shoal_time deadline)
{
    struct rwlock_sh *rwlock = object->body;
    int status = shoal__may_use(object, SHOAL_KIND_RWLOCK);
    if (status < 0)
        return status;
    bool have_word = shoal__mutex_try_free(&rwlock->writer.word, object->segment->party.me);
    if (__builtin_expect(have_word && shoal__rwlock_is_empty(rwlock), 1))
        return writes(object, SHOAL_OK, false);
    return write_slowly(object, have_word, deadline);
}

static void stop_writing(shoal_object *object)
{
    struct rwlock_sh *rwlock = object->body;
    store_relaxed(&object->recovered, false);
    shoal__set_holder(object, 0);
    store_relaxed(&rwlock->writer.thread, 0);
    store_relaxed(&rwlock->writer.inside, 0);
    SHOAL_POINT("rwlock: writer not noted any more");
}

int shoal_rwlock_write_unlock(shoal_object *object)
{
    int status = shoal__may_use(object, SHOAL_KIND_RWLOCK);
    if (status < 0)
        return status;
    if (!is_writing(object))
        return not_held(object, "writing");
    stop_writing(object);
    shoal__rwlock_write_unlock(object->body, false);
    return SHOAL_OK;
}

int shoal_rwlock_unlock(shoal_object *object)
{
    uint64_t holder = shoal__holder(object), thread = shoal__thread_number();
    bool write = holder && (holder == thread || !shoal__share_of(object, thread));
    return write ? shoal_rwlock_write_unlock(object) : shoal_rwlock_read_unlock(object);
}

/*
 * We count our read before we stop writing, so no writer comes between. If we are killed in between, the lock has a
 * dead writer and a dead reader, which are repaired like any others.
 */
int shoal_rwlock_downgrade(shoal_object *object)
{
    int status = shoal__may_use(object, SHOAL_KIND_RWLOCK);
    if (status < 0)
        return status;
    if (!is_writing(object))
        return not_held(object, "writing");
    bool task = shoal__holder(object) == HELD_BY_TASK;
    if (!shoal__rwlock_count_read(object->body, &object->segment->party))
        return too_many(object);
    SHOAL_POINT("rwlock: reads and writes");
    shoal__share_take(object, task ? SHARE_TASK : shoal__thread_number());
    stop_writing(object);
    shoal__rwlock_write_unlock(object->body, false);
    return SHOAL_OK;
}

/* ---- Looking ---- */

bool shoal_rwlock_is_writing(const shoal_object *object)
{
    return shoal__of_kind(object, SHOAL_KIND_RWLOCK) == SHOAL_OK && is_writing(object);
}

bool shoal_rwlock_is_reading(const shoal_object *object)
{
    return shoal__of_kind(object, SHOAL_KIND_RWLOCK) == SHOAL_OK && shoal__is_peer(object->segment) &&
           shoal__holds_shares(object);
}

bool shoal_rwlock_recovered(const shoal_object *object)
{
    if (shoal_rwlock_is_writing(object))
        return load_relaxed(&object->recovered);
    return shoal_rwlock_is_reading(object) && told(object) == SHOAL_RECOVERED;
}

/* ---- The row ---- */

static uint64_t least(const shoal_segment *segment)
{
    return shoal__rwlock_size(segment->is.slots);
}

static const char *check(const shoal_segment *segment, const void *body, uint64_t capacity)
{
    const struct rwlock_sh *rwlock = body;
    if (capacity < least(segment) || rwlock->stride != shoal__rwlock_stride(segment->is.slots))
        return "its block is too small, or its cells have an impossible size";
    return (load_relaxed(&rwlock->writer.word) & MUTEX_SLOT) > segment->is.slots ? "it names an impossible writer"
                                                                                 : NULL;
}

static void forget_slot(void *body, uint32_t slot)
{
    shoal__rwlock_forget(body, slot);
}

static void unclaim(struct shoal__claim *claim)
{
    shoal__rwlock_write_unlock(claim->body, claim->died);
}

static bool claim(struct shoal__claim *claim)
{
    if (!shoal__hold_claim(claim))
        return false;
    store_relaxed(&((struct hold_sh *)claim->body)->inside, 0);
    claim->who = shoal__rwlock_reader(claim->body, claim->party);
    if (claim->who)
        unclaim(claim);
    return !claim->who;
}

static bool abandon(shoal_object *object, uint64_t thread)
{
    struct rwlock_sh *rwlock = object->body;
    bool wrote = shoal__holder_drop(object, thread), peer = shoal__is_peer(object->segment);
    if (wrote && peer) {
        store_relaxed(&rwlock->writer.thread, 0); /* its thread writes no more, whoever writes next */
        shoal__rwlock_write_unlock(rwlock, true);
    }
    uint32_t reads = shoal__share_drop_all(object, thread, true);
    if (reads > 0 && peer)
        shoal__rwlock_leave(rwlock, object->segment->party.me, reads);
    return wrote || reads > 0;
}

static void holders(shoal_owner *out, size_t limit, size_t *count, const shoal_object *object)
{
    const struct shoal_segment *segment = object->segment;
    const struct rwlock_sh *rwlock = object->body;
    uint32_t slots = load_acquire(&shoal__header(segment)->slots_committed);
    shoal_owner owner;
    *count = 0;
    shoal_lock_owner(&owner, object);
    if (owner.pid && owner.alive && (*count)++ < limit)
        out[0] = owner;
    for (uint32_t slot = 0; slot < slots && slot < segment->is.slots; slot++) {
        uint32_t at = slot % RWLOCK_LINES * shoal__rwlock_stride(segment->is.slots) + slot / RWLOCK_LINES;
        uint32_t cell = load_acquire(&rwlock->cell[at]); /* not by the stride in the segment, which may be anything */
        if (!(cell & RWLOCK_COUNT))
            continue;
        shoal__describe(&owner, segment, shoal__mutex_me(slot, cell >> 16));
        owner.count = cell & RWLOCK_COUNT;
        if (owner.alive && (*count)++ < limit)
            out[*count - 1] = owner;
    }
}

static int copy(shoal_object **out, shoal_segment *to, shoal_object *object)
{
    return shoal_rwlock_open(out, to, object->name, object->name_length);
}

static int describe(struct shoal__parts *map, const shoal_object *object)
{
    shoal_owner writer;
    int status = shoal_lock_owner(&writer, object);
    shoal_write_bool(shoal__part_of(map, "writing"), writer.alive);
    shoal_write_bool(shoal__part_of(map, "owner_died"), shoal__hold_owner_died(object));
    return status;
}

const struct shoal__kind shoal__rwlock_kind = {
    .flags = KIND_LOCK | KIND_HOLD,
    .head = sizeof(struct rwlock_sh),
    .least = least,
    .check = check,
    .forget_slot = forget_slot,
    .claim = claim,
    .unclaim = unclaim,
    .in_the_way = "holds or waits for",
    .waits = waits,
    .abandon = abandon,
    .holders = holders,
    .describe = describe,
    .copy = copy,
};
