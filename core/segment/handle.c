/* Implements docs/recovery.md, "Pins". Long because opening, keeping over a fork and letting go are one invariant: the list of pins. */
#include "segment/handle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "platform/file.h"
#include "platform/liveness.h"
#include "platform/point.h"
#include "platform/process.h"
#include "segment/big.h"
#include "segment/context.h"
#include "segment/descriptor.h"
#include "segment/directory.h"
#include "segment/heap.h"
#include "segment/holds.h"
#include "segment/journal.h"
#include "segment/kind.h"
#include "segment/lock.h"
#include "segment/reap.h"
#include "segment/readers.h"
#include "segment/roster.h"
#include "segment/table.h"
#include "sync/hold.h"
#include "value/status.h"
#include "value/text.h"

#define PINS_A_HOLD 256u /* of the structure's lock, when a fork pins all that is open */
#define FIRST_HANDLES 64u

/* ---- The table of handles ---- */

static shoal_object **bucket_of(shoal_segment *segment, uint32_t entry)
{
    uint32_t hash = entry * 2654435769u; /* Knuth, TAOCP 3, 6.4 */
    return &segment->handles[hash >> (__builtin_clz(segment->handle_buckets) + 1)];
}

/* For one more, so that each list has about one. Without memory for that they get longer; only none at all is refused. */
static bool room_for_handle(shoal_segment *segment)
{
    if (segment->holds < segment->handle_buckets)
        return true;
    uint32_t had = segment->handle_buckets;
    shoal_object **old = segment->handles, **new = calloc(had ? 2 * had : FIRST_HANDLES, sizeof *new);
    if (!new)
        return old != NULL;
    segment->handles = new;
    segment->handle_buckets = had ? 2 * had : FIRST_HANDLES;
    for (uint32_t i = 0; i < had; i++)
        for (shoal_object *it = old[i], *next; it; it = next) {
            next = it->next;
            it->next = *bucket_of(segment, it->entry);
            *bucket_of(segment, it->entry) = it;
        }
    free(old);
    return true;
}

static shoal_object *known(shoal_segment *segment, uint32_t entry, uint32_t serial)
{
    for (shoal_object *it = segment->handles ? *bucket_of(segment, entry) : NULL; it; it = it->next)
        if (it->entry == entry && it->serial == serial && !it->lost)
            return it;
    return NULL;
}

static void free_handle(shoal_object *object)
{
    shoal__free_shares(object);
    free(atomic_load(&object->text));
    free(object);
}

static void forget(shoal_object *object)
{
    for (shoal_object **it = bucket_of(object->segment, object->entry); *it; it = &(*it)->next)
        if (*it == object) {
            *it = object->next;
            break;
        }
    object->segment->holds--;
    free_handle(object);
}

static shoal_object *new_handle(shoal_segment *segment, const char *name, size_t length)
{
    shoal_object *object = calloc(1, sizeof *object + length + 1);
    if (!object)
        return NULL;
    object->segment = segment;
    object->refs = 1;
    object->name_length = length;
    memcpy(object->name, name, length);
    return object;
}

uint64_t shoal__room_of(const shoal_segment *segment, const struct entry_sh *entry)
{
    uint32_t ref = load_acquire(&((struct entry_sh *)entry)->body);
    if (!shoal__block(segment, ref, 1))
        return 0;
    uint64_t capacity = shoal__block_capacity(segment, ref);
    uint64_t rest = segment->is.size - shoal__offset(segment, ref);
    return capacity < rest ? capacity : rest;
}

/* Where the body is, and how much room it has: for a writer under the lock, as what it asks is changed under it. */
static bool find_body(shoal_object *object, const struct entry_sh *entry)
{
    const shoal_segment *segment = object->segment;
    object->body = shoal__block(segment, load_relaxed(&entry->body), 1);
    object->capacity = shoal__room_of(segment, entry);
    return object->body && object->capacity >= shoal__least_body(segment, (uint32_t)object->kind);
}

static void enter(shoal_object *object, const struct shoal_found *found)
{
    shoal_segment *segment = object->segment;
    object->entry = found->ref;
    object->serial = found->entry->serial;
    object->next = *bucket_of(segment, object->entry);
    *bucket_of(segment, object->entry) = object;
    segment->holds++;
}

/* ---- Opening ---- */

static int other_kind(const shoal_segment *segment, const char *name, size_t length, int have, int want)
{
    char quoted[SHOAL__QUOTE_SIZE];
    shoal__quote(quoted, name, length);
    if (want == SHOAL_KIND_NONE)
        return shoal__fail(SHOAL_EMISMATCH, "%s in segment \"%s\" is %s, not a live object: read it as a copy", quoted,
                           segment->name, shoal_kind_phrase(have));
    return shoal__fail(SHOAL_EMISMATCH, "%s in segment \"%s\" is %s, and %s was asked for", quoted, segment->name,
                       shoal_kind_phrase(have), shoal_kind_phrase(want));
}

static bool right_kind(int have, int want)
{
    return want == SHOAL_KIND_NONE ? !shoal__kind_is((uint32_t)have, KIND_STORED) : have == want;
}

void shoal__make_room(shoal_segment *segment)
{
    shoal__reap(segment, UINT32_MAX);
    shoal__sweep_limbo(segment, UINT32_MAX);
    if (!shoal__lock_shortly(segment))
        return;
    shoal__pay_runs_locked(segment);
    shoal__gather_locked(segment);
    shoal__unlock(segment);
}

/* What has the name now, whatever had it when we looked. */
static int judge_found(shoal_object *object, const struct shoal_found *found, int want)
{
    shoal_segment *segment = object->segment;
    int have = (int)(load_relaxed(&found->entry->kind) & 0xff);
    object->kind = have;
    if (!right_kind(have, want))
        return other_kind(segment, object->name, object->name_length, have, want);
    if (!find_body(object, found->entry))
        return shoal__fail(SHOAL_ECORRUPT, "segment \"%s\": the body of \"%s\" lies outside of the heap", segment->name,
                           object->name);
    return SHOAL_OK;
}

/*
 * Pin the entry of that name for good: under the lock it can neither go away nor become another kind. SHOAL_ENOKEY:
 * it went away before. The first look, without the lock, decides nothing: a Value by now is never pinned.
 */
static int try_pin_by_name(shoal_object *object, struct shoal_found *found, int kind, struct shoal_turn *turn)
{
    shoal_segment *segment = object->segment;
    uint32_t hash = shoal__name_hash(segment, object->name, object->name_length);
    SHOAL_POINT("open: to be pinned");
    int status = shoal__enter_soon(segment, turn);
    if (status < 0)
        return status;
    status = shoal__find(found, segment, object->name, object->name_length, hash);
    if (status == SHOAL_OK)
        status = judge_found(object, found, kind);
    if (status == SHOAL_OK)
        status = shoal__pin_locked(segment, segment->slot, found->ref, &object->pin);
    shoal__leave(segment);
    return status;
}

static int pin_by_name(shoal_object *object, struct shoal_found *found, int kind, struct shoal_turn *turn)
{
    int status = try_pin_by_name(object, found, kind, turn);
    if (status != SHOAL_ENOSPACE)
        return status;
    shoal__make_room(object->segment);
    return try_pin_by_name(object, found, kind, turn);
}

/*
 * A readonly attach pins with a shared lock on a byte of the file. Whoever removes the object first marks it
 * removed and then looks for that lock; we take it first and then look for the mark.
 */
static int reader_pin(shoal_object *object, struct shoal_found *found, int kind, struct shoal_patience *patience)
{
    shoal_segment *segment = object->segment;
    uint32_t hash = shoal__name_hash(segment, object->name, object->name_length);
    do {
        int status = shoal__find_again(found, segment, object->name, object->name_length, hash, patience);
        if (status < 0)
            return status;
        status = judge_found(object, found, kind);
        if (status < 0 && shoal__still_there(found))
            return status;
        if (status < 0)
            continue;
        int error = shoal__file_compare(segment->fd, segment->device, segment->inode);
        if (error)
            return shoal__no_descriptor(segment, error);
        uint32_t serial = shoal__once(&found->entry->serial);
        bool had_it = shoal__reader_pinned(segment, serial);
        SHOAL_POINT("reader: found, not pinned");
        error = shoal__reader_pin(segment, serial);
        if (error == -ENOMEM)
            return shoal__fail_plainly(SHOAL_ENOMEM);
        if (error)
            return shoal__fail(SHOAL_ESYSTEM, "segment \"%s\": the system refused a reader's lock: %s", segment->name,
                               strerror(-error));
        SHOAL_POINT("reader: pinned, not looked again");
        if (shoal__still_there(found))
            return SHOAL_OK;
        SHOAL_POINT("reader: pinned what is gone");
        if (!had_it)
            shoal__reader_unpin(segment, serial);
    } while (!shoal__patience_ends(patience));
    return shoal__never_still(segment);
}

static bool unpin(shoal_object *object);

static int open_new(shoal_object **out, shoal_segment *segment, const char *name, size_t length, int kind,
                    struct shoal_patience *patience, struct shoal_turn *turn)
{
    struct shoal_found found;
    shoal_object *object = room_for_handle(segment) ? new_handle(segment, name, length) : NULL;
    if (!object)
        return shoal__fail_plainly(SHOAL_ENOMEM);
    int status =
        segment->readonly ? reader_pin(object, &found, kind, patience) : pin_by_name(object, &found, kind, turn);
    if (status < 0) {
        free(object);
        return status;
    }
    enter(object, &found);
    if (!object->body ||
        object->capacity < shoal__least_body(segment, (uint32_t)object->kind)) { /* a hostile writer, since the look */
        unpin(object);
        forget(object);
        return shoal__fail(SHOAL_ECORRUPT, "segment \"%s\": the body of an object changes where it lies",
                           segment->name);
    }
    *out = object;
    return SHOAL_OK;
}

/* Nobody sleeps with the context's lock in his hands: a fork would wait for him. */
static int await_turn_unlocked(shoal_segment *segment, struct shoal_turn *turn)
{
    pthread_mutex_unlock(&segment->context->lock);
    int status = shoal__await_turn(segment, turn);
    pthread_mutex_lock(&segment->context->lock);
    return status;
}

int shoal__handle_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length, int kind)
{
    struct shoal_found found;
    struct shoal_patience patience = {0};
    struct shoal_turn turn;
    *out = NULL;
    shoal__turn_begin(&turn);
    int status = shoal__check_object_name(name, length);
    if (status == SHOAL_OK)
        status = shoal__here(segment);
    if (status < 0)
        return status;
    pthread_mutex_lock(&segment->context->lock);
    shoal__settle_locked(segment->context);
    for (;;) {
        uint32_t hash = shoal__name_hash(segment, name, length);
        status = shoal__patience_ends(&patience) ? shoal__never_still(segment)
                                                 : shoal__find_again(&found, segment, name, length, hash, &patience);
        if (status < 0)
            break;
        uint32_t serial = found.entry->serial;
        int have = (int)(load_relaxed(&found.entry->kind) & 0xff);
        if (!shoal__still_there(&found))
            continue;
        if (!right_kind(have, kind)) {
            status = other_kind(segment, name, length, have, kind);
            break;
        }
        if ((*out = known(segment, found.ref, serial)))
            (*out)->refs++;
        else
            status = open_new(out, segment, name, length, kind, &patience, &turn);
        if (status != NOT_NOW || (status = await_turn_unlocked(segment, &turn)) < 0)
            break;
        patience = (struct shoal_patience){0};
    }
    pthread_mutex_unlock(&segment->context->lock);
    if (__builtin_expect(load_relaxed(&segment->damaged), 0)) {
        shoal_object_close(*out);
        *out = NULL;
    }
    status = shoal__unless_damaged(segment, status);
    shoal__turn_end(segment, &turn);
    return status;
}

int shoal__handle_open_only(shoal_object **out, shoal_segment *segment, const char *name, size_t length, int kind)
{
    int status = shoal__handle_open(out, segment, name, length, kind);
    return status == SHOAL_ENOKEY ? shoal__no_such_object(segment, name, length) : status;
}

int shoal_object_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length)
{
    return shoal__handle_open_only(out, segment, name, length, SHOAL_KIND_NONE);
}

int shoal_object_open_kind(shoal_object **out, shoal_segment *segment, const char *name, size_t length, int kind)
{
    *out = NULL;
    if (kind != SHOAL_KIND_NONE && (!shoal__kind((uint32_t)kind) || shoal__kind_is((uint32_t)kind, KIND_STORED)))
        return shoal__fail(SHOAL_EVALUE, "the kind %d is none of a live object", kind);
    return shoal__handle_open_only(out, segment, name, length, kind);
}

/* ---- Using and closing ---- */

int shoal__lost(const shoal_object *object)
{
    return shoal__fail(
        SHOAL_ECLOSED,
        "\"%s\" of segment \"%s\" was opened by the parent of this process, and is not this process's: open it again",
        object->name, object->segment->name);
}

int shoal__wrong_kind(const shoal_object *object, int kind)
{
    return shoal__fail(SHOAL_ETYPE, "\"%s\" is no %s", object->name, shoal_kind_name(kind));
}

int shoal__refuse_change(const shoal_object *object)
{
    return shoal__refuse_readonly(object->segment, "an object can't be changed");
}

shoal_object *shoal_object_retain(shoal_object *object)
{
    pthread_mutex_lock(&object->segment->context->lock);
    object->refs++;
    pthread_mutex_unlock(&object->segment->context->lock);
    return object;
}

/* False: another has the structure's lock, and it is pinned still. */
static bool unpin(shoal_object *object)
{
    shoal_segment *segment = object->segment;
    if (object->lost || load_relaxed(&segment->generation) != *segment->context->generation)
        return true; /* a child of a bare clone that never became a peer: the pin is its parent's */
    if (segment->readonly) {
        if (shoal__file_compare(segment->fd, segment->device, segment->inode) != -EBADF)
            shoal__reader_unpin(segment, object->serial);
        return true;
    }
    uint32_t big;
    if (!shoal__lock_shortly(segment))
        return false;
    shoal__unpin_locked(segment, object->pin, &big);
    SHOAL_POINT("close: unpinned");
    shoal__leave(segment);
    shoal__big_dispose(segment, big);
    return true;
}

static const struct shoal__kind *kind_of(const shoal_object *object)
{
    return shoal__kinds[object->kind]; /* one that can be opened */
}

static bool abandon(shoal_object *object, uint64_t thread)
{
    return kind_of(object)->abandon && kind_of(object)->abandon(object, thread);
}

static void quit(shoal_object *object)
{
    if (kind_of(object)->quit && !object->lost && shoal__is_peer(object->segment))
        kind_of(object)->quit(object);
}

static __attribute__((noinline)) void drop(shoal_object *object)
{
    shoal_segment *segment = object->segment;
    quit(object);
    if (!unpin(object)) {
        shoal__owe(segment); /* shoal__settle_locked */
        return;
    }
    forget(object);
    shoal__detach_locked(segment);
}

/* If the process holds the lock though nobody has it open, the handle stays: it may be opened again to release the lock. */
static void release_locked(shoal_object *object)
{
    if (object->refs == 0 && !shoal__holds(object))
        drop(object);
}

/* What was put off, if nobody has the lock now. */
static void pay_debts(shoal_segment *segment)
{
    if (!load_relaxed(&segment->owes) || !shoal__is_peer(segment) || !shoal__lock_shortly(segment))
        return;
    shoal__pay_runs_locked(segment);
    shoal__leave(segment);
    store_relaxed(&segment->owes, false);
    segment->opens++; /* stays until the walk is over */
    for (uint32_t i = 0; i < segment->handle_buckets && !load_relaxed(&segment->owes); i++)
        for (shoal_object *it = segment->handles[i], *next; it && !load_relaxed(&segment->owes); it = next) {
            next = it->next;
            release_locked(it);
        }
    segment->opens--;
}

void shoal__settle_locked(struct shoal_context *context)
{
    shoal__free_orphans_locked(context);
    if (!load_relaxed(&context->owes))
        return;
    store_relaxed(&context->owes, false);
    for (shoal_segment *it = context->segments, *next; it; it = next) {
        next = it->next;
        pay_debts(it);
        if (load_relaxed(&it->owes))
            store_relaxed(&context->owes, true);
        shoal__detach_locked(it);
    }
}

void shoal_object_close(shoal_object *object)
{
    if (!object)
        return;
    struct shoal_context *context = object->segment->context;
    pthread_mutex_lock(&context->lock);
    object->refs--;
    release_locked(object);
    shoal__settle_locked(context);
    pthread_mutex_unlock(&context->lock);
}

void shoal__drop_idle_handles_locked(shoal_segment *segment)
{
    segment->opens++; /* stays until the caller is done with it */
    for (uint32_t i = 0; i < segment->handle_buckets; i++)
        for (shoal_object *it = segment->handles[i], *next; it; it = next) {
            next = it->next;
            if (it->refs == 0) {
                abandon(it, 0);
                release_locked(it);
            }
        }
    segment->opens--;
}

void shoal__give_up_locks_locked(shoal_segment *segment, uint64_t thread, int *count)
{
    segment->opens++;
    for (uint32_t i = 0; i < segment->handle_buckets; i++)
        for (shoal_object *it = segment->handles[i], *next; it; it = next) {
            next = it->next;
            if (!abandon(it, thread))
                continue;
            ++*count;
            release_locked(it);
        }
    segment->opens--;
}

int shoal_context_abandon_locks(shoal_context *context, bool all_threads)
{
    int count = 0;
    uint64_t thread = all_threads ? 0 : shoal__thread_number();
    pthread_mutex_lock(&context->lock);
    for (struct shoal_segment *it = context->segments, *next; it; it = next) {
        next = it->next;
        if (shoal__is_peer(it))
            shoal__give_up_locks_locked(it, thread, &count);
        shoal__detach_locked(it);
    }
    pthread_mutex_unlock(&context->lock);
    return count;
}

/* ---- Forks ---- */

/* The first handle after `it` in the table, or the first of all. */
static shoal_object *next_handle(const shoal_segment *segment, const shoal_object *it)
{
    if (it && it->next)
        return it->next;
    uint32_t bucket = it ? (uint32_t)(bucket_of((shoal_segment *)segment, it->entry) - segment->handles) + 1 : 0;
    for (; bucket < segment->handle_buckets; bucket++)
        if (segment->handles[bucket])
            return segment->handles[bucket];
    return NULL;
}

/* What another thread holds does not name the kernel's id of `me`: it ended, and `me` has that id now. */
static void disown(shoal_object *object, const struct shoal_thread *me)
{
    uint64_t holder = shoal__holder(object);
    if (!(kind_of(object)->flags & KIND_HOLD) || holder == 0 || holder == me->number || object->lost ||
        !shoal__is_peer(object->segment))
        return;
    compare_swap(&((struct hold_sh *)object->body)->thread, (uint32_t)me->id, 0);
}

void shoal__disown_ended_locked(shoal_segment *segment)
{
    for (shoal_object *it = next_handle(segment, NULL); it; it = next_handle(segment, it))
        disown(it, shoal__this_thread());
}

/* What nobody has open stays for its locks only, and these are the parent's. */
static bool is_for_child(const shoal_object *object)
{
    return object->refs > 0 && !object->lost;
}

bool shoal__has_open(const shoal_segment *segment)
{
    for (const shoal_object *it = next_handle(segment, NULL); it; it = next_handle(segment, it))
        if (is_for_child(it))
            return true;
    return false;
}

static int pin_for_child(shoal_object *object, uint32_t slot)
{
    shoal_segment *segment = object->segment;
    int status = shoal__pin_locked(segment, slot, object->entry, &object->child_pin);
    SHOAL_POINT("fork: one pinned");
    return status;
}

/* Our own pins keep the entries meanwhile, so the lock may go from hand to hand. */
int shoal__pin_handles_for_child(shoal_segment *segment, uint32_t slot, shoal_time deadline)
{
    bool room_made = false;
    shoal_object *it = next_handle(segment, NULL);
    while (it) {
        int status = shoal__lock_before(segment, deadline);
        if (status < 0)
            return status;
        for (uint32_t n = 0; it && n < PINS_A_HOLD && status == SHOAL_OK; n++) {
            status = is_for_child(it) ? pin_for_child(it, slot) : SHOAL_OK;
            it = status == SHOAL_OK ? next_handle(segment, it) : it;
        }
        shoal__unlock(segment);
        if (status < 0 && (status != SHOAL_ENOSPACE || room_made))
            return status;
        if (status < 0)
            shoal__make_room(segment);
        room_made = status < 0;
    }
    return SHOAL_OK;
}

static void orphan(shoal_object *object)
{
    shoal_segment *segment = object->segment;
    for (shoal_object **it = bucket_of(segment, object->entry); *it; it = &(*it)->next)
        if (*it == object) {
            *it = object->next;
            break;
        }
    segment->holds--;
    object->next = segment->context->orphans;
    segment->context->orphans = object;
}

/* In the child: nothing is held, and what nobody has open was only there for its parent's holds, or debts. */
static void forget_parents(shoal_segment *segment)
{
    for (shoal_object *it = next_handle(segment, NULL), *next; it; it = next) {
        next = next_handle(segment, it);
        shoal__forget_holds(it);
        if (it->refs == 0)
            orphan(it);
    }
}

/* Its pins are those that were made for it. Without a birth they are its parent's: only a peer gives pins back. */
void shoal__adopt_handles(shoal_segment *segment)
{
    forget_parents(segment);
    for (shoal_object *it = next_handle(segment, NULL); it; it = next_handle(segment, it))
        it->pin = it->child_pin;
}

void shoal__lose_handles(shoal_segment *segment)
{
    for (shoal_object *it = next_handle(segment, NULL); it; it = next_handle(segment, it))
        it->lost = true;
}

void shoal__free_orphans_locked(struct shoal_context *context)
{
    for (shoal_object *it = context->orphans, *next; it; it = next) {
        next = it->next;
        free_handle(it);
    }
    context->orphans = NULL;
}

/* ---- A child without a birth ---- */

/* 0, or what the system said to a reader's lock: then all of it is tried again. */
static int repin(shoal_object *object)
{
    struct shoal_found found;
    shoal_segment *segment = object->segment;
    uint32_t hash = shoal__name_hash(segment, object->name, object->name_length);
    int error = segment->readonly ? shoal__reader_pin(segment, object->serial) : 0;
    if (error)
        return error;
    object->lost = shoal__find(&found, segment, object->name, object->name_length, hash) != SHOAL_OK ||
                   found.ref != object->entry || found.entry->serial != object->serial;
    if (!object->lost && !segment->readonly &&
        shoal__pin_locked(segment, segment->slot, object->entry, &object->pin) < 0)
        object->lost = true;
    SHOAL_POINT("fork: pinned again");
    return 0;
}

int shoal__repin_handles_locked(shoal_segment *segment)
{
    forget_parents(segment);
    int error = 0, status = segment->readonly ? SHOAL_OK : shoal__lock_in_attach(segment, SHOAL_FOREVER);
    if (status < 0)
        return status;
    if (segment->readonly)
        shoal__reader_begin_anew(segment);
    for (shoal_object *it = next_handle(segment, NULL); it && !error; it = next_handle(segment, it))
        error = repin(it);
    if (!segment->readonly)
        shoal__unlock(segment);
    if (error)
        return shoal__fail(SHOAL_ESYSTEM, "segment \"%s\": the system refused a reader's lock: %s", segment->name,
                           strerror(-error));
    return SHOAL_OK;
}

/* ---- What a handle tells ---- */

int shoal_object_kind(const shoal_object *object)
{
    return object->kind;
}

int shoal_object_usable(const shoal_object *object)
{
    return shoal__may_look(object, object->kind);
}

const char *shoal_object_name(const shoal_object *object, size_t *length)
{
    if (length)
        *length = object->name_length;
    return object->name;
}

bool shoal_object_readonly(const shoal_object *object)
{
    return object->segment->readonly;
}

shoal_identity shoal_object_identity(const shoal_object *object)
{
    shoal_identity identity = shoal_segment_identity(object->segment);
    identity.object = (uint64_t)object->serial << 32 | object->entry;
    return identity;
}

/* ---- Names ---- */

static int find_kind(const shoal_segment *segment, const char *name, size_t length)
{
    struct shoal_found found;
    struct shoal_patience patience = {0};
    uint32_t hash = shoal__name_hash(segment, name, length);
    do {
        int status = shoal__find_again(&found, segment, name, length, hash, &patience);
        if (status < 0)
            return status == SHOAL_ENOKEY ? shoal__no_such_object(segment, name, length) : status;
        int kind = (int)(load_relaxed(&found.entry->kind) & 0xff);
        SHOAL_POINT("find: kind read");
        if (shoal__still_there(&found))
            return kind;
    } while (!shoal__patience_ends(&patience));
    return shoal__never_still(segment);
}

int shoal_object_find(shoal_segment *segment, const char *name, size_t length)
{
    int status = shoal__check_object_name(name, length);
    return status < 0 ? status : shoal__unless_damaged(segment, find_kind(segment, name, length));
}
