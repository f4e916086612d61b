/* Condition: waiters of a Lock, notified in order, as a named object. The cells are in sync/condition.c. */
#include "sync/condition.h"

#include <stdlib.h>
#include <string.h>

#include "platform/point.h"
#include "objects/objects.h"
#include "value/status.h"

struct parameters {
    const shoal_object *lock;
    uint32_t cells;
};

/* ---- Opening ---- */

/* There are as many cells as there can be peers, since most peers have one waiter. */
static uint64_t body_size(uint32_t cells)
{
    return sizeof(struct condition_sh) + (uint64_t)cells * sizeof(struct waiter_sh);
}

static void fill(void *body, const void *argument)
{
    const struct parameters *made_with = argument;
    struct condition_sh *condition = body;
    condition->lock = made_with->lock->serial;
    condition->cells = made_with->cells;
    condition->name_length = (uint32_t)made_with->lock->name_length;
    memcpy(condition->name, made_with->lock->name, made_with->lock->name_length);
}

static int check_lock(const shoal_object *condition, const shoal_object *lock)
{
    const struct condition_sh *body = condition->body;
    if (lock->kind != SHOAL_KIND_LOCK)
        return shoal__fail(SHOAL_ETYPE, "\"%s\" is %s; a condition belongs to a Lock", lock->name,
                           shoal_kind_phrase(lock->kind));
    if (lock->segment != condition->segment)
        return shoal__fail(
            SHOAL_EMISMATCH,
            "lock \"%s\" is in segment \"%s\", but condition \"%s\" is in segment \"%s\": both must be in the same one",
            lock->name, lock->segment->name, condition->name, condition->segment->name);
    if (lock->serial == body->lock)
        return SHOAL_OK;
    return shoal__fail(SHOAL_EMISMATCH, "condition \"%s\" belongs to lock \"%.255s\"%s, not to \"%s\"", condition->name,
                       body->name, strcmp(body->name, lock->name) == 0 ? ", which was removed since" : "", lock->name);
}

int shoal_condition_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                         const shoal_object *lock)
{
    *out = NULL;
    if (!lock)
        return shoal__handle_open_only(out, segment, name, length, SHOAL_KIND_CONDITION);
    if (lock->kind != SHOAL_KIND_LOCK)
        return shoal__fail(SHOAL_ETYPE, "\"%s\" is %s; a condition belongs to a Lock", lock->name,
                           shoal_kind_phrase(lock->kind));
    if (lock->segment != segment)
        return shoal__fail(SHOAL_EMISMATCH,
                           "lock \"%s\" is in segment \"%s\", but the condition was asked for in segment \"%s\": both "
                           "must be in the same one",
                           lock->name, lock->segment->name, segment->name);
    struct parameters made_with = {lock, segment->is.slots};
    struct shoal_recipe recipe = {SHOAL_KIND_CONDITION, body_size(made_with.cells), fill, &made_with};
    int status = shoal__handle_make(out, segment, name, length, &recipe);
    if (status < 0)
        return status;
    status = check_lock(*out, lock);
    if (status < 0) {
        shoal_object_close(*out);
        *out = NULL;
    }
    return status;
}

/* Copy the name of its Lock into the handle: in the segment another process may change it to anything, at any time. */
static const char *own_copy(shoal_object *object)
{
    const struct condition_sh *condition = object->body;
    char *mine = calloc(1, sizeof condition->name + 1), *known = NULL;
    if (!mine)
        return NULL;
    memcpy(mine, condition->name, sizeof condition->name);
    if (!shoal_is_utf8(mine, strlen(mine)))
        *mine = 0; /* no lock has such a name */
    if (atomic_compare_exchange_strong(&object->text, &known, mine))
        return mine;
    free(mine);
    return known;
}

const char *shoal_condition_lock_name(const shoal_object *object, size_t *length)
{
    if (length)
        *length = 0;
    if (shoal__may_look(object, SHOAL_KIND_CONDITION) < 0)
        return "";
    const char *name = atomic_load(&((shoal_object *)object)->text);
    if (!name && !(name = own_copy((shoal_object *)object))) {
        shoal__fail_plainly(SHOAL_ENOMEM);
        return NULL;
    }
    if (!*name)
        shoal__fail(SHOAL_ECORRUPT, "condition \"%s\" does not say which lock it belongs to: segment \"%s\" is damaged",
                    object->name, object->segment->name);
    if (length)
        *length = strlen(name);
    return name;
}

int shoal_condition_lock(shoal_object **out, const shoal_object *object)
{
    size_t length;
    *out = NULL;
    int status = shoal__may_look(object, SHOAL_KIND_CONDITION);
    if (status < 0)
        return status;
    const char *name = shoal_condition_lock_name(object, &length);
    if (!name || length == 0)
        return name ? SHOAL_ECORRUPT : SHOAL_ENOMEM;
    status = shoal_lock_open(out, object->segment, name, length, SHOAL_LOCK_ANY);
    if (status == SHOAL_OK && (status = check_lock(object, *out)) < 0) {
        shoal_object_close(*out);
        *out = NULL;
    }
    return status;
}

/* ---- Waiting ---- */

static int may_use(shoal_object *object, shoal_object *lock)
{
    int status = shoal__may_use(object, SHOAL_KIND_CONDITION);
    if (status == SHOAL_OK && lock->lost)
        status = shoal__lost(lock);
    if (status == SHOAL_OK)
        status = check_lock(object, lock);
    if (status == SHOAL_OK && !shoal_lock_is_mine(lock))
        return shoal__fail(SHOAL_ELOCK, "condition \"%s\": this process does not hold its lock, \"%s\"", object->name,
                           lock->name);
    return status;
}

int shoal_condition_begin(shoal_wait *given, shoal_object *object, shoal_object *lock, uint32_t flags)
{
    uint32_t ticket;
    struct shoal__wait *wait = shoal__wait_of(given);
    memset(wait, 0, sizeof *wait);
    int status = may_use(object, lock);
    if (status == SHOAL_OK && (flags & SHOAL_WAIT_TASK))
        status = shoal__lock_for_task(lock);
    if (status < 0)
        return status;
    int64_t cell = shoal__condition_enter(object->body, &object->segment->party, &ticket);
    if (cell < 0)
        return shoal__fail(SHOAL_ENOSPACE, "condition \"%s\" has room for %u waiters, and all of it is taken",
                           object->name, ((const struct condition_sh *)object->body)->cells);
    status = shoal__wait_start(wait, object, SHOAL_WAIT_NOTIFY, flags);
    wait->cell = (uint32_t)cell;
    wait->ticket = ticket;
    wait->taken = CONDITION_NO_CELL;
    wait->lock = lock;
    wait->depth = shoal__lock_let_go(lock);
    SHOAL_POINT("condition: lock let go");
    return status;
}

static int attempt(struct shoal__wait *wait)
{
    shoal_object *object = wait->object;
    return shoal__condition_try(object->body, &object->segment->party, wait->cell, wait->ticket, &wait->taken, wait);
}

/* If time is up nothing is given up yet: the waiter acquires the Lock again, and may find then that it was notified. */
static int give_up(struct shoal__wait *wait, bool time_is_up)
{
    if (!time_is_up)
        shoal__condition_give_up(wait->object->body, wait->object->segment->party.me, wait->cell, wait->taken);
    return SHOAL_ETIMEDOUT;
}

static int begin(struct shoal__wait *wait)
{
    return shoal__fail(SHOAL_EVALUE, "\"%s\" is a Condition: its waits begin with shoal_condition_begin",
                       wait->object->name);
}

/* ---- Acquiring the lock again ---- */

static int take_lock(struct shoal__wait *wait)
{
    return shoal__lock_take(wait->lock, wait);
}

static int stop_taking(struct shoal__wait *wait, bool time_is_up)
{
    shoal__mutex_stop(&((struct hold_sh *)wait->lock->body)->word, wait);
    return give_up(wait, time_is_up);
}

static const struct shoal_waits waits[] = {
    {.operation = SHOAL_WAIT_NOTIFY, .goes_on = true, .begin = begin, .attempt = attempt, .give_up = give_up},
    {.operation = WAIT_RELOCK,
     .spins = true,
     .owned = true,
     .goes_on = true,
     .for_lock = true,
     .begin = begin,
     .attempt = take_lock,
     .give_up = stop_taking},
    {0},
};

int shoal_condition_end(bool *notified, shoal_wait *given, shoal_time deadline)
{
    struct shoal__wait *wait = shoal__wait_of(given);
    *notified = false;
    if (wait->object && wait->object->kind != SHOAL_KIND_CONDITION)
        return shoal__wrong_kind(wait->object, SHOAL_KIND_CONDITION);
    if (wait->object && wait->operation != WAIT_RELOCK) {
        shoal__wait_stop_being_seen(wait);
        wait->operation = WAIT_RELOCK;
        wait->mark = wait->spins = 0;
        wait->slice_over = false;
    }
    int status = wait->flags & SHOAL_WAIT_TASK ? shoal__wait_try(wait) : shoal__wait_until(wait, deadline);
    if (status < 0 || status == SHOAL_PENDING)
        return status;
    SHOAL_POINT("condition: lock taken back");
    wait->lock->depth += wait->depth - 1; /* if the Lock is reentrant this thread may have acquired it meanwhile */
    *notified = shoal__condition_leave(wait->object->body, wait->object->segment->party.me, wait->cell, wait->taken);
    wait->object = NULL;
    return status;
}

int shoal_condition_wait(shoal_object *object, shoal_object *lock, shoal_time deadline)
{
    shoal_wait wait;
    bool notified;
    int status = shoal_condition_begin(&wait, object, lock, 0);
    if (status < 0)
        return status;
    do
        status = shoal_wait_until(&wait, deadline);
    while (status == SHOAL_EINTR);
    do
        status = shoal_condition_end(&notified, &wait, SHOAL_FOREVER);
    while (status == SHOAL_EINTR);
    if (status < 0) {
        shoal_wait_cancel(&wait);
        return status;
    }
    return notified ? status : shoal__fail_plainly(SHOAL_ETIMEDOUT);
}

int shoal_condition_notify(uint32_t *notified, shoal_object *object, shoal_object *lock, uint32_t n)
{
    *notified = 0;
    int status = may_use(object, lock);
    if (status < 0)
        return status;
    uint32_t room = SHOAL_DEFERRED - lock->deferred;
    *notified = shoal__condition_notify(object->body, n, lock->wake + lock->deferred, &room);
    lock->deferred += room;
    return SHOAL_OK;
}

/* ---- The row ---- */

static bool has_name(const struct condition_sh *condition)
{
    const char *name = condition->name, *end = memchr(name, 0, sizeof condition->name);
    return end && end > name && (size_t)(end - name) == condition->name_length &&
           shoal_is_utf8(name, condition->name_length);
}

static const char *check(const shoal_segment *segment, const void *body, uint64_t capacity)
{
    const struct condition_sh *condition = body;
    (void)segment;
    if (capacity < sizeof *condition || capacity < body_size(condition->cells))
        return "its block is too small";
    if (load_relaxed(&condition->top) > condition->cells)
        return "its number of waiters is impossible";
    return has_name(condition) ? NULL : "it does not say which lock it belongs to";
}

static void forget_slot(void *body, uint32_t slot)
{
    shoal__condition_forget(body, slot);
}

/* Only looks, and keeps nobody out: a wait that begins meanwhile counts as one that begins after the unlinking. */
static bool claim(struct shoal__claim *claim)
{
    claim->who = shoal__condition_waiter(claim->body, claim->party);
    return !claim->who;
}

/* A Condition whose Lock was removed is left out, since nobody can open that Lock any more. */
static int copy(shoal_object **out, shoal_segment *to, shoal_object *object)
{
    size_t length;
    shoal_object *lock;
    const char *name = shoal_condition_lock_name(object, &length);
    if (!name || shoal_lock_open(&lock, to, name, length, SHOAL_LOCK_ANY) < 0)
        return SHOAL_OK;
    int status = shoal_condition_open(out, to, object->name, object->name_length, lock);
    shoal_object_close(lock);
    return status;
}

static int describe(struct shoal__parts *map, const shoal_object *object)
{
    size_t length;
    const char *name = shoal_condition_lock_name(object, &length);
    if (!name || length == 0)
        return name ? SHOAL_ECORRUPT : SHOAL_ENOMEM;
    shoal_write_str(shoal__part_of(map, "lock"), name, length);
    return SHOAL_OK;
}

const struct shoal__kind shoal__condition_kind = {
    .flags = KIND_LOCK | KIND_COPIED_LAST,
    .head = sizeof(struct condition_sh),
    .check = check,
    .forget_slot = forget_slot,
    .claim = claim,
    .in_the_way = "waits for",
    .waits = waits,
    .describe = describe,
    .copy = copy,
};
