/* shoal_check: the walk over a segment that holds still, or over a private copy of one that may not be held. */
#include <stdlib.h>
#include <string.h>

#include "objects/objects.h"
#include "platform/clock.h"
#include "platform/file.h"
#include "platform/futex.h"
#include "platform/point.h"
#include "segment/journal.h"
#include "segment/lock.h"
#include "segment/opening.h"
#include "segment/roster.h"
#include "segment/walk.h"
#include "value/status.h"

#define LOCK_LOOKS 100
#define COPY_TRIES 10                        /* at least, */
#define COPY_TIME (5000 * SHOAL_MILLISECOND) /* and for so long */

static const char *judge(const shoal_segment *segment, int kind, const void *body, uint64_t capacity)
{
    switch (kind) {
    case SHOAL_KIND_VALUE:
        return shoal__value_check(segment, body, capacity);
    case SHOAL_KIND_NDARRAY:
        return shoal__ndarray_check(segment, body, capacity);
    case SHOAL_KIND_COUNTER:
        return shoal__counter_check(segment, body, capacity);
    case SHOAL_KIND_LOCK:
        return shoal__lock_check(segment, body, capacity);
    case SHOAL_KIND_RWLOCK:
        return shoal__rwlock_check(segment, body, capacity);
    case SHOAL_KIND_SEMAPHORE:
        return shoal__semaphore_check(segment, body, capacity);
    case SHOAL_KIND_EVENT:
        return shoal__event_check(segment, body, capacity);
    case SHOAL_KIND_CONDITION:
        return shoal__condition_check(segment, body, capacity);
    case SHOAL_KIND_BARRIER:
        return shoal__barrier_check(segment, body, capacity);
    default:
        return NULL; /* the entry's kind is a finding already */
    }
}

/* Of a segment that nobody is changing, or that a dead one was changing and that is mended. */
static void walk_journal(struct shoal_walk *walk)
{
    const struct journal_sh *journal = shoal__journal(walk->segment);
    uint32_t undo = shoal__once(&journal->undo_count), redo = shoal__once(&journal->redo_count);
    if (undo || redo || load_relaxed(&journal->committed))
        shoal__found_wrong(walk, "nobody is changing anything, but the journal has %u changes", undo + redo);
}

int shoal__walk_image(const shoal_segment *image, shoal_report report, void *argument)
{
    struct shoal_walk walk = {.segment = image, .report = report, .argument = argument, .judge = judge};
    walk.seen = calloc(image->is.heap_pages, sizeof *walk.seen);
    if (!walk.seen)
        return shoal__fail_plainly(SHOAL_ENOMEM);
    if (load_relaxed(&shoal__header(image)->slots_committed) > image->is.slots)
        shoal__found_wrong(&walk, "the header has memory for more peers than there can be");
    if (load_relaxed(&shoal__header(image)->pages_committed) > image->is.heap_pages)
        shoal__found_wrong(&walk, "the header has memory for more pages than there can be");
    walk_journal(&walk);
    shoal__walk_heap(&walk);
    shoal__walk_peers(&walk);
    shoal__walk_directory(&walk);
    SHOAL_POINT("check: names walked, not what is left over");
    shoal__walk_leaks(&walk);
    free(walk.seen);
    free(walk.pins);
    if (walk.unreadable)
        return shoal__fail(SHOAL_ESYSTEM, "segment \"%s\" cannot be read: %s", image->name, strerror(-walk.unreadable));
    return walk.no_memory ? shoal__fail_plainly(SHOAL_ENOMEM) : walk.findings;
}

static int check_held(shoal_segment *segment, shoal_report report, void *argument)
{
    int status = shoal__here(segment);
    if (status < 0)
        return status;
    struct shoal_turn turn;
    shoal__turn_begin(&turn);
    if ((status = shoal__enter(segment, &turn)) == SHOAL_OK) {
        status = shoal__walk_image(segment, report, argument);
        shoal__leave(segment);
    }
    shoal__turn_end(segment, &turn);
    return status;
}

/*
 * The number of changes begun so far, none of them in progress but a dead owner's; waits a moment while a live
 * writer is in the middle of one. The count first, then the lock: a change begun in between is seen by either.
 */
static uint32_t between_changes(const shoal_segment *segment)
{
    const shoal_word *lock = &shoal__header(segment)->lock;
    uint32_t count = 0;
    for (int tries = 0; tries < LOCK_LOOKS; tries++) {
        count = load_acquire(&shoal__journal(segment)->changes);
        uint32_t word = load_acquire(lock);
        if (!(word & MUTEX_SLOT) || shoal__party_is_dead(&segment->party, word))
            break;
        shoal__wait(lock, word, SHOAL_MILLISECOND);
    }
    return count;
}

static bool unchanged(const shoal_segment *segment, uint32_t before)
{
    fence_acquire();
    return load_relaxed(&shoal__journal(segment)->changes) == before;
}

/*
 * A copy-on-write mapping is a private copy of what is touched: what a dead holder of the lock left half-done
 * is mended in it, as the next writer would. If no change was begun until the end of the walk it was one moment.
 */
static int walk_copy(shoal_segment *segment, shoal_report report, void *argument, bool *steady)
{
    shoal_segment image = *segment;
    *steady = true;
    int error = shoal__file_compare(segment->fd, segment->device, segment->inode);
    if (error)
        return shoal__no_descriptor(segment, error);
    image.base = shoal__map(segment->fd, image.is.size, false, true);
    if (!image.base)
        return shoal__fail(SHOAL_ESYSTEM, "segment \"%s\" can't be mapped a second time to be checked: %s",
                           segment->name, strerror(shoal__map_error()));
    if (shoal__guard(&image.guarded, image.base, image.is.size, image.fd, true, &segment->damaged) < 0) {
        shoal__unmap(image.base, image.is.size);
        return shoal__fail_plainly(SHOAL_ENOMEM);
    }
    uint32_t before = between_changes(segment);
    if (load_relaxed(&shoal__header(&image)->lock) & (MUTEX_SLOT | MUTEX_NEEDREC))
        shoal__journal_recover(&image);
    int findings = shoal__walk_image(&image, NULL, NULL);
    *steady = findings <= 0 || unchanged(segment, before);
    if (*steady && findings > 0 && report) /* the same again, aloud */
        findings = shoal__walk_image(&image, report, argument);
    shoal__unguard(image.guarded);
    shoal__unmap(image.base, image.is.size);
    return findings;
}

static int check_copy(shoal_segment *segment, shoal_report report, void *argument)
{
    bool steady;
    shoal_time end = shoal_now() + COPY_TIME;
    for (int tries = 0; tries < COPY_TRIES || shoal_now() < end; tries++) {
        int findings = shoal__unless_damaged(segment, walk_copy(segment, report, argument, &steady));
        if (steady || load_relaxed(&segment->damaged))
            return findings;
    }
    return shoal__fail(SHOAL_ETIMEDOUT,
                       "segment \"%s\" is changed faster than it can be checked readonly; check it from "
                       "a writing attach",
                       segment->name);
}

int shoal_check(shoal_segment *segment, shoal_report report, void *argument)
{
    return segment->readonly ? check_copy(segment, report, argument) : check_held(segment, report, argument);
}
