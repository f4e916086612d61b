/* The lock of the segment's structure. Implements docs/recovery.md, "The lock". */
#include "segment/lock.h"

#include "platform/clock.h"
#include "platform/futex.h"
#include "platform/point.h"
#include "segment/descriptor.h"
#include "segment/journal.h"
#include "value/status.h"

#define NAP SHOAL_MILLISECOND

/* ---- Taking it ---- */

/* If we die in here, NEEDREC is still in the lock's word, and the next owner recovers again. */
static void recover(struct shoal_segment *segment)
{
    struct header_sh *header = shoal__header(segment);
    SHOAL_POINT("structure: recovering");
    shoal__journal_recover(segment);
    SHOAL_POINT("structure: journal recovered");
    store_relaxed(&header->recoveries, load_relaxed(&header->recoveries) + 1);
}

/* Repair the structure, unlock, and reap. Unlocks before it reaps: others need not wait for that. */
static void mend(struct shoal_segment *segment)
{
    recover(segment);
    shoal__unlock(segment);
    segment->reap(segment, UINT32_MAX);
    SHOAL_POINT("structure: recovered");
}

/*
 * The fence: a reader that sees what we write into a block which an earlier holder freed must also see the versions
 * which that holder stored.
 */
bool shoal__lock_at_once(struct shoal_segment *segment)
{
    if (!shoal__mutex_try_free(&shoal__header(segment)->lock, segment->party.me))
        return false;
    SHOAL_POINT("structure: locked");
    fence_release();
    return true;
}

/* SHOAL_OK, or SHOAL_ETIMEDOUT. */
static int lock_slowly(struct shoal_segment *segment, shoal_time deadline)
{
    int status;
    while ((status = shoal__mutex_lock(&shoal__header(segment)->lock, &segment->party, deadline)) == SHOAL_RECOVERED)
        mend(segment);
    fence_release();
    return status;
}

void shoal__lock(struct shoal_segment *segment)
{
    if (!shoal__lock_at_once(segment))
        lock_slowly(segment, SHOAL_FOREVER);
}

static int too_late(void)
{
    return shoal__fail(SHOAL_ETIMEDOUT,
                       "the lock of the segment's structure is held by a process that makes no progress (stopped?)");
}

int shoal__lock_before(struct shoal_segment *segment, shoal_time deadline)
{
    return shoal__lock_at_once(segment) || lock_slowly(segment, deadline) >= 0 ? SHOAL_OK : too_late();
}

/*
 * Wait until the structure's lock was free once. Releases the context's lock, which the caller holds, meanwhile. When
 * it returns a signal handler may have closed the segment, which is still attached.
 */
static int await_structure(struct shoal_segment *segment)
{
    struct shoal_turn turn;
    struct shoal_context *context = segment->context;
    shoal__turn_begin(&turn);
    segment->opens++;
    pthread_mutex_unlock(&context->lock);
    int status = shoal__enter(segment, &turn);
    if (status == SHOAL_OK)
        shoal__leave(segment);
    bool slept = shoal__turn_stop(segment, &turn);
    if (slept && context->language.end)
        context->language.end();
    pthread_mutex_lock(&context->lock);
    segment->opens -= 1 + slept;
    return status;
}

int shoal__lock_in_attach(struct shoal_segment *segment, shoal_time deadline)
{
    int status = SHOAL_OK;
    if (deadline != SHOAL_FOREVER)
        return shoal__lock_before(segment, deadline);
    while (status == SHOAL_OK && !shoal__lock_shortly(segment))
        status = await_structure(segment);
    return status;
}

bool shoal__lock_shortly(struct shoal_segment *segment)
{
    return shoal__lock_at_once(segment) ||
           lock_slowly(segment, load_relaxed(&segment->owes) ? SHOAL_NO_WAIT : shoal_now() + SHORT_WAIT) >= 0;
}

int shoal__lock_step(struct shoal_segment *segment, struct shoal__wait *wait)
{
    int status = SHOAL_OK;
    if (!shoal__lock_at_once(segment)) {
        while ((status = shoal__mutex_step(&shoal__header(segment)->lock, &segment->party, wait)) == SHOAL_RECOVERED)
            mend(segment);
        if (status == SHOAL_PENDING)
            return status;
        fence_release();
    }
    wait->mark = wait->spins = 0;
    return status;
}

void shoal__unlock(struct shoal_segment *segment)
{
    SHOAL_POINT("structure: to be let go");
    shoal__mutex_unlock(&shoal__header(segment)->lock);
}

/* ---- A turn ---- */

/* Begin to wait for a mutex from the start, without the place among its waiters that an earlier wait had. */
static void begin_anew(struct shoal__wait *wait)
{
    wait->slice = wait->patience = 0;
    wait->flags = wait->mark = wait->spins = 0;
    wait->slice_over = false;
}

static void start(struct shoal_segment *segment, struct shoal_turn *turn)
{
    if (turn->waits)
        return;
    begin_anew(&turn->wait);
    turn->waits = true;
    turn->word = &shoal__header(segment)->lock;
    turn->slept = turn->napped = false;
    turn->generation = *segment->context->generation;
}

/*
 * To ask whether the owner is dead takes a descriptor of the file. If this process can open none any more, after a long
 * wait, this is an error: nobody would notice that the owner died, and the wait might never end. A live owner would
 * have released the lock by then, unless it is stopped.
 */
static int or_beyond_proof(const struct shoal_segment *segment, const struct shoal__wait *wait)
{
    if (!wait->slice_over || wait->patience < SHOAL_LONGEST_SLICE)
        return NOT_NOW;
    SHOAL_POINT("structure: waited long for its owner");
    int error = shoal__descriptor(segment);
    return error < 0 ? shoal__no_descriptor(segment, error) : NOT_NOW;
}

int shoal__turn_step(struct shoal_segment *segment, struct shoal_turn *turn, shoal_word *word)
{
    start(segment, turn);
    turn->word = word;
    int status = shoal__mutex_step(word, &segment->party, &turn->wait);
    if (status == SHOAL_PENDING)
        return or_beyond_proof(segment, &turn->wait);
    begin_anew(&turn->wait);
    return status;
}

int shoal__enter_soon(struct shoal_segment *segment, struct shoal_turn *turn)
{
    int status;
    if (!turn->waits && shoal__lock_at_once(segment))
        return SHOAL_OK;
    while ((status = shoal__turn_step(segment, turn, &shoal__header(segment)->lock)) == SHOAL_RECOVERED)
        mend(segment);
    if (status == SHOAL_OK)
        fence_release();
    return status;
}

/*
 * Before the first long sleep: keep the segment attached, since signal handlers and other threads may close it while we
 * sleep, and tell the language that we sleep.
 */
static void fall_asleep(struct shoal_segment *segment, struct shoal_turn *turn)
{
    struct shoal_context *context = segment->context;
    if (turn->slept)
        return;
    turn->answer_at = SHOAL_FOREVER;
    if (!context->language.begin && !context->language.answer)
        return;
    turn->slept = true;
    pthread_mutex_lock(&context->lock);
    segment->opens++;
    pthread_mutex_unlock(&context->lock);
    turn->answer_at = context->slice == SHOAL_FOREVER ? SHOAL_FOREVER : shoal_now() + context->slice;
    if (context->language.begin)
        context->language.begin();
}

bool shoal__is_our_turn(const struct shoal_segment *segment, const struct shoal_turn *turn)
{
    return !turn->waits || turn->generation == *segment->context->generation;
}

static int forked(const struct shoal_segment *segment)
{
    return shoal__fail(
        SHOAL_ELOCK, "segment \"%s\": the parent process began this call, before the fork; call again in this process",
        segment->name);
}

static int answer(struct shoal_segment *segment, struct shoal_turn *turn)
{
    const struct shoal_context *context = segment->context;
    turn->answer_at = context->slice == SHOAL_FOREVER ? SHOAL_FOREVER : shoal_now() + context->slice;
    int status = context->language.answer ? context->language.answer(segment) : SHOAL_OK;
    return status == SHOAL_OK && !shoal__is_our_turn(segment, turn) ? forked(segment) : status;
}

/* The first sleep, a short one: most waits end in it, and so without the cost of telling the language. */
static bool nap(struct shoal_turn *turn)
{
    bool naps = !turn->napped;
    turn->napped = true;
    if (naps)
        shoal__mutex_sleep(&turn->wait, shoal_now() + NAP);
    if (naps)
        turn->wait.flags &= ~WAIT_LOOK_ONCE; /* who did not run for so long is at the end of the nap, not of the turn */
    return naps;
}

int shoal__await_turn(struct shoal_segment *segment, struct shoal_turn *turn)
{
    if (turn->wait.flags & WAIT_LOOK_ONCE)
        return too_late(); /* the last look was after the deadline */
    if (nap(turn))
        return SHOAL_OK;
    fall_asleep(segment, turn);
    bool undisturbed = shoal__mutex_sleep(&turn->wait, turn->deadline);
    if (!turn->slept || (undisturbed && shoal_now() < turn->answer_at))
        return SHOAL_OK;
    return answer(segment, turn);
}

static int enter_slowly(struct shoal_segment *segment, struct shoal_turn *turn)
{
    int status;
    while ((status = shoal__enter_soon(segment, turn)) == NOT_NOW)
        if ((status = shoal__await_turn(segment, turn)) < 0)
            break;
    return status;
}

int shoal__enter(struct shoal_segment *segment, struct shoal_turn *turn)
{
    return shoal__lock_at_once(segment) ? SHOAL_OK : enter_slowly(segment, turn);
}

int shoal__meanwhile(struct shoal_segment *segment, struct shoal_turn *turn, bool answers)
{
    int error = shoal__descriptor(segment);
    if (error < 0)
        return shoal__no_descriptor(segment, error);
    start(segment, turn);
    fall_asleep(segment, turn);
    return answers && turn->slept && shoal_now() >= turn->answer_at ? answer(segment, turn) : SHOAL_OK;
}

bool shoal__turn_stop(struct shoal_segment *segment, struct shoal_turn *turn)
{
    if (!turn->waits)
        return false;
    if (shoal__is_our_turn(segment, turn))
        shoal__mutex_stop(turn->word, &turn->wait);
    turn->waits = false;
    return turn->slept;
}
