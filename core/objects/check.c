/*
 * Implements docs/recovery.md, "What check() sees": looks at a private copy, without the lock, until nothing was
 * changed during one look. Such a look is "of one moment": what it read is one consistent state.
 */
#include <stdlib.h>
#include <string.h>

#include "objects/objects.h"
#include "platform/clock.h"
#include "platform/futex.h"
#include "platform/map.h"
#include "platform/point.h"
#include "segment/alive.h"
#include "segment/descriptor.h"
#include "segment/detach.h"
#include "segment/journal.h"
#include "segment/lock.h"
#include "segment/walk.h"
#include "value/status.h"

#define LOOKS 3                               /* at least so many looks, */
#define LOOK_TIME (5000 * SHOAL_MILLISECOND)  /* and for at least so long, before we give up */
#define STANDS_STILL (10 * SHOAL_MILLISECOND) /* a change without progress for so long: its owner is stopped */
#define AT_ONCE 100  /* attempts to find a moment between two changes, before we sleep between attempts */
#define HELD_LOOKS 3 /* after so many looks in vain a small segment is walked under its lock, */
#define HELD_TIME SHOAL_MILLISECOND /* if the last look took no longer */

/* ---- Moments ---- */

/*
 * Words of the journal, of which every change alters some: if they are the same before and after, all that was read in
 * between is of one moment.
 */
struct moment {
    uint32_t changes, undo, redo, committed;
};

static struct moment moment_of(const shoal_segment *segment)
{
    const struct journal_sh *journal = shoal__journal(segment);
    fence_acquire();
    struct moment now = {load_acquire(&journal->changes), shoal__once(&journal->undo_count),
                         shoal__once(&journal->redo_count), load_acquire(&journal->committed)};
    return now;
}

static bool is_same(const struct moment *a, const struct moment *b)
{
    return a->changes == b->changes && a->undo == b->undo && a->redo == b->redo && a->committed == b->committed;
}

static bool is_between_changes(const struct moment *moment)
{
    return !moment->undo && !moment->redo && !moment->committed;
}

static bool has_no_owner(const shoal_segment *segment, uint32_t word)
{
    return word & MUTEX_SLOT ? shoal__party_is_dead(&segment->party, word) : word & MUTEX_NEEDREC;
}

static uint32_t owner_of(const shoal_segment *segment)
{
    return load_acquire(&shoal__header(segment)->lock) & MUTEX_OWNER;
}

/*
 * Where a look begins. `owner` has the structure's lock; it is read after `moment`, since an owner may have counted a
 * change of which nothing is in the journal yet. `mend`: a change makes no progress, so it is repaired in the copy.
 * Then owner 0 means that its owner is dead, another that it is stopped.
 */
struct start {
    struct moment moment;
    uint32_t owner;
    bool mend;
};

/* True: the look may begin here. False: look again; sets `mend` if nothing changed since `first`. */
static bool is_settled(struct start *now, const shoal_segment *segment, const struct moment *first)
{
    uint32_t word = load_acquire(&shoal__header(segment)->lock);
    now->moment = moment_of(segment);
    now->owner = owner_of(segment);
    now->mend = false;
    if (is_between_changes(&now->moment) && !now->owner)
        return true;
    if (has_no_owner(segment, word)) {
        now->mend = true;
        now->owner = 0;
        return true;
    }
    now->mend = now->owner && is_same(first, &now->moment);
    return false;
}

/*
 * Find where a look may begin: between two changes, or within a change that makes no progress, since its owner is dead,
 * or stopped for STANDS_STILL (by the clock, however often a sleep is disturbed). If changes still make progress after
 * that time, return any moment: the look will not be of one moment, and is repeated.
 */
static struct start settle(const shoal_segment *segment)
{
    const shoal_word *lock = &shoal__header(segment)->lock;
    const struct moment first = moment_of(segment);
    shoal_time end = shoal_now() + STANDS_STILL;
    struct start now;
    for (int looks = 0; !is_settled(&now, segment, &first); looks++) {
        uint32_t word = load_acquire(lock);
        if (looks < AT_ONCE)
            continue;
        if (shoal_now() >= end)
            break;
        shoal__wait(lock, word, SHOAL_MILLISECOND);
    }
    return now;
}

/*
 * Is all that was read since `start` of one moment? The owner is loaded before the second moment. If nobody has the
 * lock and the journal is not empty all the same, that is damage, which stays: then the look counts.
 */
static bool is_one_moment(const struct start *start, const shoal_segment *segment)
{
    uint32_t owner = owner_of(segment);
    struct moment after = moment_of(segment);
    if (!is_same(&start->moment, &after))
        return false;
    if (start->mend)
        return !start->owner || start->owner == owner; /* still stopped */
    return is_between_changes(&start->moment) ? !start->owner : !(owner & MUTEX_SLOT);
}

/* ---- One look ---- */

struct finding {
    uint64_t subject;
    char *sentence;
};

struct look {
    struct shoal_walk walk;
    struct finding said[1000]; /* as many as are ever reported */
    size_t count;
    bool steady;     /* the walk saw one moment */
    shoal_word lost; /* pages of the copy were gone, in a writing attach; a readonly one sets its segment's `damaged` */
    shoal_time took;
};

static void hear(void *argument, const char *sentence)
{
    struct look *look = argument;
    if (look->count == sizeof look->said / sizeof *look->said)
        return;
    struct finding *it = &look->said[look->count];
    it->sentence = strdup(sentence);
    it->subject = look->walk.subject_count ? look->walk.subjects[look->walk.subject_count - 1] : 0;
    look->count += it->sentence != NULL;
}

static void forget(struct look *look)
{
    for (size_t i = 0; i < look->count; i++)
        free(look->said[i].sentence);
    look->count = 0;
    shoal__walk_end(&look->walk);
    look->walk = (struct shoal_walk){0};
}

static int compare_subjects(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

static int walk_copy(struct look *look, shoal_segment *segment, shoal_segment *copy)
{
    struct start start = settle(segment);
    SHOAL_POINT("check: a moment chosen");
    if (start.mend)
        shoal__journal_recover(copy);
    look->walk = (struct shoal_walk){.segment = copy, .report = hear, .argument = look};
    int findings = shoal__walk_all(&look->walk);
    SHOAL_POINT("check: walked");
    look->steady = is_one_moment(&start, segment);
    if (look->walk.subject_count)
        qsort(look->walk.subjects, look->walk.subject_count, sizeof *look->walk.subjects, compare_subjects);
    return findings;
}

/*
 * A copy-on-write mapping: changes are repaired in it as the next writer would repair them, and nobody else sees that.
 */
static int map_copy(shoal_segment *copy, shoal_segment *segment, shoal_word *lost)
{
    *copy = *segment;
    int error = shoal__descriptor(segment);
    if (error)
        return shoal__no_descriptor(segment, error);
    copy->fd = segment->fd;
    copy->readonly = true; /* pages that may have no memory are read through the descriptor */
    copy->base = shoal__map(copy->fd, copy->is.size, false, true);
    if (!copy->base)
        return shoal__fail(SHOAL_ESYSTEM, "segment \"%s\" can't be mapped a second time to be checked: %s",
                           segment->name, strerror(shoal__map_error()));
    if (shoal__guard(&copy->guarded, copy->base, copy->is.size, copy->fd, true, lost) == 0)
        return SHOAL_OK;
    shoal__unmap(copy->base, copy->is.size);
    return shoal__fail_plainly(SHOAL_ENOMEM);
}

/* Afterwards `walk` refers to the live segment: so shoal__looked_at takes a block that was freed since as no block. */
static int look_at(struct look *look, shoal_segment *segment)
{
    shoal_segment copy;
    forget(look);
    store_relaxed(&look->lost, 0);
    shoal_time start = shoal_now();
    int findings = map_copy(&copy, segment, segment->readonly ? &segment->damaged : &look->lost);
    if (findings < 0)
        return findings;
    findings = walk_copy(look, segment, &copy);
    look->walk.segment = segment;
    look->took = shoal_now() - start;
    shoal__unguard(copy.guarded);
    shoal__unmap(copy.base, copy.is.size);
    if (load_relaxed(&look->lost))
        return shoal__tell_damaged(segment);
    return shoal__unless_damaged(segment, findings);
}

static int tell(const struct look *look, int findings, shoal_report report, void *argument)
{
    for (size_t i = 0; report && i < look->count; i++)
        report(argument, look->said[i].sentence);
    return findings;
}

/* ---- Several looks at a segment that changes all the time ---- */

struct suspect {
    uint64_t subject;
    uint64_t hands; /* shoal__hands_of at the end of the look that found it */
};

/*
 * What the first complete look found, less what a later look found sound, and blocks that were freed or reused since.
 */
struct suspects {
    struct suspect *list;
    size_t count;
    bool known;
};

static bool is_found(const struct shoal_walk *walk, uint64_t subject)
{
    size_t count = walk->subject_count;
    return count && bsearch(&subject, walk->subjects, count, sizeof subject, compare_subjects);
}

static bool is_cleared(const struct suspect *it, const struct shoal_walk *walk)
{
    return shoal__hands_of(walk->segment, it->subject) != it->hands ||
           (shoal__looked_at(walk, it->subject) && !is_found(walk, it->subject));
}

static void clear_some(struct suspects *suspects, const struct shoal_walk *walk)
{
    size_t left = 0;
    for (size_t i = 0; i < suspects->count; i++)
        if (!is_cleared(&suspects->list[i], walk))
            suspects->list[left++] = suspects->list[i];
    suspects->count = left;
}

static bool suspect_all(struct suspects *suspects, const struct shoal_walk *walk)
{
    suspects->list = calloc(walk->subject_count + 1, sizeof *suspects->list);
    if (!suspects->list)
        return false;
    suspects->known = true;
    for (size_t i = 0; i < walk->subject_count; i++)
        suspects->list[i] = (struct suspect){walk->subjects[i], shoal__hands_of(walk->segment, walk->subjects[i])};
    suspects->count = walk->subject_count;
    return true;
}

/* False: no memory. */
static bool compare(struct suspects *suspects, const struct shoal_walk *walk)
{
    if (!suspects->known)
        return walk->cut || suspect_all(suspects, walk);
    clear_some(suspects, walk);
    return true;
}

static bool is_suspected(const struct suspects *suspects, uint64_t subject)
{
    for (size_t i = 0; i < suspects->count; i++)
        if (suspects->list[i].subject == subject)
            return true;
    return false;
}

static int never_of_one_moment(const shoal_segment *segment, const struct suspects *suspects, const struct look *look)
{
    size_t i = 0;
    while (i < look->count && !is_suspected(suspects, look->said[i].subject))
        i++;
    return shoal__fail(SHOAL_ETIMEDOUT,
                       "segment \"%s\" is changed faster than it can be checked, and something seems to be wrong (%s): "
                       "check it again when it is written less",
                       segment->name, i < look->count ? look->said[i].sentence : "not the same each time");
}

/* Walk under the lock, which only may_be_held allows: the last look was short enough to let others wait for it. */
static int look_held(struct look *look, shoal_segment *segment)
{
    struct shoal_turn turn;
    forget(look);
    look->walk = (struct shoal_walk){.segment = segment, .report = hear, .argument = look};
    shoal__turn_begin(&turn);
    int findings = shoal__enter(segment, &turn);
    if (findings == SHOAL_OK) {
        findings = shoal__walk_all(&look->walk);
        shoal__leave(segment);
    }
    shoal__turn_end(segment, &turn);
    return findings;
}

static bool may_be_held(const shoal_segment *segment, const struct look *look, int looks)
{
    return !segment->readonly && looks >= HELD_LOOKS && look->took < HELD_TIME;
}

static int look_often(struct look *look, struct suspects *suspects, shoal_segment *segment)
{
    shoal_time end = shoal_now() + LOOK_TIME;
    for (int looks = 0; looks < LOOKS || shoal_now() < end; looks++) {
        if (may_be_held(segment, look, looks))
            return look_held(look, segment);
        int findings = look_at(look, segment);
        if (findings < 0 || look->steady || (findings == 0 && !look->walk.cut))
            return findings;
        if (!compare(suspects, &look->walk))
            return shoal__fail_plainly(SHOAL_ENOMEM);
        if (suspects->known && suspects->count == 0)
            return 0; /* damage would have stayed a suspect: what this look found was only being changed */
    }
    return never_of_one_moment(segment, suspects, look);
}

/* Finish a dead owner's change, as any other call would. Never waits for a live owner. */
static int finish_dead(shoal_segment *segment)
{
    struct shoal_turn turn;
    uint32_t word = load_acquire(&shoal__header(segment)->lock);
    if (!has_no_owner(segment, word))
        return SHOAL_OK;
    shoal__turn_begin(&turn);
    int status = shoal__enter(segment, &turn);
    if (status == SHOAL_OK)
        shoal__leave(segment);
    shoal__turn_end(segment, &turn);
    return status;
}

int shoal_check(shoal_segment *segment, shoal_report report, void *argument)
{
    struct suspects suspects = {0};
    int status = segment->readonly ? SHOAL_OK : shoal__here(segment);
    if (status == SHOAL_OK && !segment->readonly)
        status = finish_dead(segment);
    if (status < 0)
        return status;
    struct look *look = calloc(1, sizeof *look);
    if (!look)
        return shoal__fail_plainly(SHOAL_ENOMEM);
    status = look_often(look, &suspects, segment);
    if (status > 0)
        tell(look, status, report, argument);
    forget(look);
    free(look);
    free(suspects.list);
    return status;
}
