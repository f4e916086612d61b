/* Waiting, for every kind: slices, deadlines, signals, and the notes that others see. */
#include <string.h>

#include "objects/objects.h"
#include "platform/clock.h"
#include "platform/futex_any.h"
#include "platform/point.h"
#include "segment/big.h"
#include "segment/context.h"
#include "segment/cycle.h"
#include "segment/descriptor.h"
#include "segment/places.h"
#include "segment/waiting.h"
#include "sync/spin.h"
#include "value/status.h"

#define FIRST_SLICE (20 * SHOAL_MILLISECOND)
#define CROWDED_SLICE (2 * SHOAL_MILLISECOND) /* of shoal_wait_any, when it cannot sleep on all words */
#define READONLY_SLICE SHOAL_MILLISECOND      /* the first of a readonly attach, whose waiters nobody sees or wakes */
#define READONLY_BRISK (100 * SHOAL_MILLISECOND)

/* ---- One kind or another ---- */

static const struct shoal_waits *find_waits(const shoal_object *object, int operation)
{
    const struct shoal_waits *it = shoal__kinds[object->kind]->waits;
    while (it && it->operation && it->operation != operation)
        it++;
    return it && it->operation ? it : NULL;
}

/* Of a wait that has begun. */
static const struct shoal_waits *waits_of(const struct shoal__wait *wait)
{
    return find_waits(wait->object, (int)wait->operation);
}

static int may_wait(const struct shoal_waits *waits, shoal_object *object)
{
    return waits->readonly && object->segment->readonly ? shoal__may_look(object, object->kind)
                                                        : shoal__writable(object);
}

/* May the wait go on? Not in a child that was forked since it began: it is the parent's wait. */
static int may_go_on(const struct shoal__wait *wait)
{
    if (!wait->object)
        return shoal__fail(SHOAL_EVALUE, "the wait has ended, or was not begun");
    int status = may_wait(waits_of(wait), wait->object);
    if (status == SHOAL_OK && wait->object->segment->party.me != wait->peer)
        return shoal__fail(
            SHOAL_ELOCK,
            "the wait for \"%s\" was begun by the parent process, before the fork: begin one in this process",
            wait->object->name);
    return status;
}

/* What the wait is for at present: a Condition's waiter finally acquires its Lock. */
static shoal_object *awaited(const struct shoal__wait *wait)
{
    return waits_of(wait)->for_lock ? wait->lock : wait->object;
}

int shoal__wait_start(struct shoal__wait *wait, shoal_object *object, int operation, uint32_t flags)
{
    const struct shoal_waits *waits = find_waits(object, operation);
    memset(wait, 0, sizeof *wait);
    if (!waits)
        return shoal__fail(SHOAL_ETYPE, "\"%s\" is %s, which cannot be waited for in this way", object->name,
                           shoal_kind_phrase(object->kind));
    int status = may_wait(waits, object);
    if (status < 0)
        return status;
    shoal__guard_reader(object->segment);
    wait->object = object;
    wait->peer = object->segment->party.me;
    wait->operation = (uint32_t)operation;
    wait->flags = flags & (SHOAL_WAIT_STRICT | SHOAL_WAIT_TASK);
    return SHOAL_OK;
}

int shoal__wait_begin(struct shoal__wait *wait, shoal_object *object, int operation, uint32_t flags, int64_t argument)
{
    int status = shoal__wait_start(wait, object, operation, flags);
    wait->argument = argument;
    if (status == SHOAL_OK && waits_of(wait)->begin)
        status = waits_of(wait)->begin(wait);
    if (status < 0)
        wait->object = NULL;
    return status;
}

/* ---- Slices ---- */

static void start_clock(struct shoal__wait *wait, shoal_time now)
{
    if (wait->patience)
        return;
    wait->patience = wait->object->segment->readonly ? READONLY_SLICE : FIRST_SLICE;
    wait->look_at = now + wait->patience;
}

static shoal_time earliest(shoal_time a, shoal_time b)
{
    return a < b ? a : b;
}

/*
 * The slice is over: the next is twice as long, up to the longest. Nobody wakes a waiter in a readonly attach. So at
 * first its slices grow by a quarter only, and it notices a change at the latest after another quarter of the time that
 * it has waited; from READONLY_BRISK on it looks more seldom, since hundreds may wait.
 */
static void next_slice(struct shoal__wait *wait, shoal_time now)
{
    const struct shoal_waits *waits = waits_of(wait);
    if (wait->object->segment->readonly)
        wait->patience =
            earliest(wait->patience + wait->patience / (wait->patience < READONLY_BRISK ? 4 : 1), SHOAL_LONGEST_READ);
    else
        wait->patience =
            earliest(2 * wait->patience, waits->longest_slice ? waits->longest_slice(wait) : SHOAL_LONGEST_SLICE);
    wait->look_at = now + wait->patience;
}

/*
 * When to return to the language, so that it handles signals. A signal ends only the sleep of the thread that receives
 * it; this is for signals received by other threads. Waiters with long slices, of which there are many, return only at
 * the end of a slice.
 */
static shoal_time end_of_turn(const struct shoal__wait *wait)
{
    shoal_time slice = wait->object->segment->context->slice;
    shoal_time end = slice == SHOAL_FOREVER ? SHOAL_FOREVER : shoal_now() + slice;
    return wait->patience > SHOAL_LONGEST_SLICE && wait->look_at > end ? wait->look_at : end;
}

static int attempt(struct shoal__wait *wait)
{
    int status = waits_of(wait)->attempt(wait);
    return shoal__unless_damaged(wait->object->segment, status);
}

/* ---- The end ---- */

void shoal__wait_stop_being_seen(struct shoal__wait *wait)
{
    if (wait->place && wait->object->segment->party.me == wait->peer) /* in a forked child the note is the parent's */
        shoal__stop_waiting(awaited(wait), wait->place);
    wait->place = 0;
    wait->flags &= ~WAIT_IN_CYCLE;
}

/* Does the wait have a note of its own, and is it not only counted for lack of a place? */
static bool is_seen(const struct shoal__wait *wait)
{
    return wait->place && wait->place != NO_PLACE;
}

/*
 * We return to the caller, which may do anything until it calls again, and may release what it holds: meanwhile this
 * wait is no part of a deadlock. Its note stays, so that others see the waiter, and do not remove what it waits for.
 */
static void pause_being_in_cycle(struct shoal__wait *wait)
{
    if (wait->flags & WAIT_IN_CYCLE && is_seen(wait))
        shoal__note_cycle(awaited(wait), wait->place, false);
    wait->flags &= ~WAIT_IN_CYCLE;
}

/* shoal__wait_until or shoal__wait_try has ended. A Condition's waiter goes on: it acquires its Lock. */
static int finished(struct shoal__wait *wait, int status)
{
    shoal__wait_stop_being_seen(wait);
    wait->patience = 0;
    if (!waits_of(wait)->goes_on && !wait->last)
        wait->object = NULL;
    return status;
}

static int time_is_up(struct shoal__wait *wait, bool look_for_dead)
{
    wait->slice_over = true;
    wait->flags |= WAIT_LOOK_ONCE;
    int status = look_for_dead ? attempt(wait) : SHOAL_PENDING;
    if (status == SHOAL_PENDING)
        status = waits_of(wait)->give_up(wait, true);
    return status == SHOAL_ETIMEDOUT ? shoal__fail_plainly(status) : status;
}

static void cancel(struct shoal__wait *wait)
{
    if (!wait->object)
        return;
    const struct shoal_segment *segment = wait->object->segment;
    bool ours =
        segment->readonly || (shoal__is_peer(segment) && segment->party.me == wait->peer && !wait->object->lost);
    if (ours) {
        shoal__wait_stop_being_seen(wait);
        waits_of(wait)->give_up(wait, false);
    }
    wait->object = NULL;
}

/* ---- Blocking ---- */

static bool has_changed(uint32_t word, uint32_t expected)
{
    return word != expected;
}

/* Spins before the first sleep. */
static bool changed_soon(const struct shoal__wait *wait)
{
    static shoal_word looks = SPIN_MOST_LOOKS;
    return !waits_of(wait)->spins && shoal__spinning_helps() &&
           shoal__spin(&looks, (const shoal_word *)wait->word, has_changed, wait->expected);
}

/*
 * An ended thread that still holds a lock may have had the kernel id that we have now: its holds must not look like
 * ours. One call is enough, since it ended before we began.
 */
static void be_nobody_else(void)
{
    static _Thread_local bool done;
    if (!done)
        shoal__disown_ended();
    done = true;
}

static void be_seen(struct shoal__wait *wait, bool forever)
{
    bool may_be_in_cycle = forever && waits_of(wait)->owned;
    if (may_be_in_cycle)
        be_nobody_else();
    if (wait->object->segment->readonly)
        return;
    may_be_in_cycle = may_be_in_cycle && !(wait->flags & SHOAL_WAIT_TASK);
    if (!is_seen(wait)) {
        enum shoal_noted as = wait->flags & SHOAL_WAIT_TASK ? NOTED_TASK : may_be_in_cycle ? NOTED_CYCLE : NOTED_WAIT;
        wait->place = shoal__start_waiting(awaited(wait), as, wait->place, as == NOTED_CYCLE && wait->slice_over);
    } else if (may_be_in_cycle && !(wait->flags & WAIT_IN_CYCLE))
        shoal__note_cycle(awaited(wait), wait->place, true);
    if (is_seen(wait) && wait->claim)
        shoal__note_claim(awaited(wait), wait->place, wait->claim);
    if (may_be_in_cycle && is_seen(wait))
        wait->flags |= WAIT_IN_CYCLE;
}

/* Is this wait part of a deadlock? Looked for at the end of a slice only. */
static int check_for_cycle(struct shoal__wait *wait)
{
    if (!waits_of(wait)->owned || !wait->place || wait->place == NO_PLACE || !wait->slice_over)
        return SHOAL_OK;
    return shoal__look_for_cycle(awaited(wait));
}

/* Sleep once, then attempt: SHOAL_PENDING if the wait goes on. */
static int sleep_once(struct shoal__wait *wait, shoal_time deadline, shoal_time turn_end)
{
    shoal_time now = shoal_now();
    if (now >= deadline)
        return time_is_up(wait, true);
    start_clock(wait, now);
    if (now >= turn_end)
        return SHOAL_EINTR;
    be_seen(wait, deadline == SHOAL_FOREVER);
    shoal_time end = earliest(earliest(wait->look_at, deadline), turn_end);
    shoal_time slice = wait->slice ? earliest(wait->slice, end - now) : end - now;
    enum shoal_woken woken = shoal__wait((const shoal_word *)wait->word, wait->expected, slice);
    if (woken == SHOAL_SIGNAL)
        return SHOAL_EINTR;
    SHOAL_POINT("wait: slept");
    wait->flags = woken == SHOAL_SLICE_OVER ? wait->flags | WAIT_OVERSLEPT : wait->flags & ~WAIT_OVERSLEPT;
    wait->slice = 0;
    wait->slice_over = false;
    int status = attempt(wait); /* usually this ends the wait; the clock is read only if not */
    if (status != SHOAL_PENDING || (now = shoal_now()) < wait->look_at)
        return status;
    next_slice(wait, now);
    wait->slice_over = true;
    SHOAL_POINT("wait: slice over");
    status = attempt(wait);
    if (!wait->object->segment->readonly)
        shoal__big_cool(wait->object->segment); /* idle workers give memory back */
    int error =
        status == SHOAL_PENDING && !wait->object->segment->readonly ? shoal__descriptor(wait->object->segment) : 0;
    if (error) {
        waits_of(wait)->give_up(wait, false);
        return shoal__no_descriptor(wait->object->segment, error);
    }
    if (status == SHOAL_PENDING && deadline == SHOAL_FOREVER && check_for_cycle(wait) < 0) {
        waits_of(wait)->give_up(wait, true);
        return SHOAL_ELOCK;
    }
    return status;
}

/* SHOAL_ELOCK for a wait that only this thread itself could end. */
static int refuse_own(struct shoal__wait *wait, bool forever)
{
    const struct shoal_waits *waits = waits_of(wait);
    int status = waits->own ? waits->own(wait, forever) : SHOAL_OK;
    if (status == SHOAL_OK)
        return status;
    waits->give_up(wait, false);
    return finished(wait, status);
}

int shoal__wait_until(struct shoal__wait *wait, shoal_time deadline)
{
    int status = may_go_on(wait);
    if (status == SHOAL_OK && deadline > SHOAL_NO_WAIT)
        status = refuse_own(wait, deadline == SHOAL_FOREVER);
    if (status < 0)
        return status;
    bool once = deadline <= SHOAL_NO_WAIT;
    wait->flags = once ? wait->flags | WAIT_LOOK_ONCE : wait->flags & ~WAIT_LOOK_ONCE;
    wait->slice_over = false;
    wait->slice = 0;
    status = attempt(wait);
    if (status == SHOAL_PENDING && once)
        status = time_is_up(wait, deadline == SHOAL_NO_WAIT);
    if (status == SHOAL_PENDING && changed_soon(wait))
        status = attempt(wait);
    if (status == SHOAL_PENDING) {
        shoal_time turn_end = end_of_turn(wait);
        while (status == SHOAL_PENDING)
            status = sleep_once(wait, deadline, turn_end);
    }
    if (status != SHOAL_EINTR)
        return finished(wait, status);
    pause_being_in_cycle(wait);
    return status;
}

/*
 * The slice in which a signal ended this thread's last wait. A repeated call continues the slice: otherwise a thread
 * that is interrupted more often than a slice is long would never look for dead owners. `object` may be closed by now:
 * it is only compared, never followed.
 */
static _Thread_local struct interrupted {
    const shoal_object *object;
    uint32_t serial;
    int operation;
    shoal_time patience, look_at;
} interrupted;

static void go_on_with_slice(struct shoal__wait *wait)
{
    if (interrupted.object == wait->object && interrupted.serial == wait->object->serial &&
        interrupted.operation == (int)wait->operation) {
        wait->patience = interrupted.patience;
        wait->look_at = interrupted.look_at;
    }
    interrupted.object = NULL;
}

static void keep_slice(const struct shoal__wait *wait)
{
    interrupted =
        (struct interrupted){wait->object, wait->object->serial, (int)wait->operation, wait->patience, wait->look_at};
}

int shoal__wait_once(struct shoal__wait *wait, shoal_time deadline)
{
    if (__builtin_expect(interrupted.object != NULL, 0))
        go_on_with_slice(wait);
    int status = shoal__wait_until(wait, deadline);
    if (status == SHOAL_EINTR) {
        keep_slice(wait);
        cancel(wait);
    }
    return status;
}

int shoal__wait_for(shoal_object *object, int operation, uint32_t flags, int64_t argument, shoal_time deadline)
{
    struct shoal__wait wait;
    int status = shoal__wait_begin(&wait, object, operation, flags, argument);
    return status < 0 ? status : shoal__wait_once(&wait, deadline);
}

/* ---- Without sleeping ---- */

int shoal__wait_try(struct shoal__wait *wait)
{
    int status = may_go_on(wait);
    if (status < 0)
        return status;
    wait->flags &= ~WAIT_LOOK_ONCE;
    wait->slice = 0;
    status = attempt(wait);
    if (status != SHOAL_PENDING)
        return finished(wait, status);
    shoal_time now = shoal_now();
    start_clock(wait, now);
    if (wait->slice_over)
        next_slice(wait, now);
    wait->slice_over = false;
    be_seen(wait, false);
    shoal_time rest = wait->look_at > now ? wait->look_at - now : 1;
    wait->slice = wait->slice ? earliest(wait->slice, rest) : rest;
    return SHOAL_PENDING;
}

/* ---- The public calls ---- */

int shoal_wait_begin(shoal_wait *wait, shoal_object *object, int operation, uint32_t flags, int64_t argument)
{
    return shoal__wait_begin(shoal__wait_of(wait), object, operation, flags, argument);
}

int shoal_wait_until(shoal_wait *wait, shoal_time deadline)
{
    return shoal__wait_until(shoal__wait_of(wait), deadline);
}

int shoal_wait_try(shoal_wait *wait)
{
    return shoal__wait_try(shoal__wait_of(wait));
}

void shoal_wait_cancel(shoal_wait *wait)
{
    cancel(shoal__wait_of(wait));
}

bool shoal_wait_is_ready(const shoal_wait *wait)
{
    if (may_go_on(shoal__wait_of((shoal_wait *)wait)) < 0)
        return true; /* shoal_wait_try says why the wait may not go on */
    return load_acquire((const shoal_word *)wait->word) != wait->expected;
}

void shoal_wait_any(shoal_wait *const *waits, size_t count, const uint32_t *bell, uint32_t heard)
{
    struct shoal_sleep sleeps[SHOAL_MOST_SLEEPS];
    shoal_time slice = SHOAL_LONGEST_SLICE;
    size_t used = 0;
    sleeps[used++] = (struct shoal_sleep){(const shoal_word *)bell, heard};
    for (size_t i = 0; i < count; i++) {
        slice = earliest(slice, waits[i]->slice);
        if (used < SHOAL_MOST_SLEEPS)
            sleeps[used++] = (struct shoal_sleep){(const shoal_word *)waits[i]->word, waits[i]->expected};
    }
    if (count >= SHOAL_MOST_SLEEPS)
        slice = earliest(slice, CROWDED_SLICE);
    shoal__wait_any(sleeps, used, slice, CROWDED_SLICE);
}

void shoal_wait_ring(uint32_t *bell)
{
    atomic_fetch_add((shoal_word *)bell, 1);
    shoal__wake((shoal_word *)bell, INT32_MAX);
}
