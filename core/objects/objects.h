/* What the kinds share, and what shoal_wait needs to know of each. */
#ifndef SHOAL_OBJECTS_OBJECTS_H
#define SHOAL_OBJECTS_OBJECTS_H

#include "platform/clock.h"
#include "platform/process.h"
#include "segment/handle_open.h"
#include "segment/kind.h"
#include "segment/make.h"
#include "segment/segment.h"
#include "segment/use.h"
#include "sync/hold.h"

/* The rows: each in the file of its kind. */
#define SHOAL__ROW(code, number, file, article, name) extern const struct shoal__kind shoal__##file##_kind;
SHOAL_KIND_LIST(SHOAL__ROW)
#undef SHOAL__ROW

/*
 * One way to wait for an object of a kind; the kind's row lists them. `begin`: refuse the wait, or note the state from
 * which it begins. `attempt`: the status that ends the wait, or SHOAL_PENDING with the word to sleep on. `give_up`:
 * leave nothing behind; if time is up it returns SHOAL_ETIMEDOUT, or the result that came just now. `own`: SHOAL_ELOCK
 * if this thread would wait (not only try) for what it holds itself. `longest_slice`: up to what slices grow, if that
 * is not SHOAL_LONGEST_SLICE.
 */
struct shoal_waits {
    int operation;
    bool readonly; /* works through a readonly attach */
    bool spins;    /* attempt itself spins before it returns SHOAL_PENDING */
    bool owned;    /* what it waits for has an owner, which may wait itself: this wait may be part of a deadlock */
    bool goes_on;  /* when it ends another follows: a Condition's waiter acquires the Lock again */
    bool for_lock; /* it waits for wait.lock */
    int (*begin)(struct shoal__wait *wait);
    int (*attempt)(struct shoal__wait *wait);
    int (*give_up)(struct shoal__wait *wait, bool time_is_up);
    int (*own)(const struct shoal__wait *wait, bool forever);
    shoal_time (*longest_slice)(const struct shoal__wait *wait);
};

#define WAIT_RELOCK 64 /* an operation: a Condition's waiter acquires its Lock again */

/* The work of the calls of shoal/wait.h. */
int shoal__wait_begin(struct shoal__wait *wait, shoal_object *object, int operation, uint32_t flags, int64_t argument);
int shoal__wait_until(struct shoal__wait *wait, shoal_time deadline);
int shoal__wait_try(struct shoal__wait *wait);
/* Remove the note of this wait, before it goes on as a wait for something else. */
void shoal__wait_stop_being_seen(struct shoal__wait *wait);
/* Begin a wait, without the kind's own `begin`. */
int shoal__wait_start(struct shoal__wait *wait, shoal_object *object, int operation, uint32_t flags);
/*
 * shoal__wait_until; if a signal ends it, cancel the wait, and let the next such wait of this thread continue its
 * slice.
 */
int shoal__wait_once(struct shoal__wait *wait, shoal_time deadline);
/* A whole blocking call: begin, and shoal__wait_once. */
int shoal__wait_for(shoal_object *object, int operation, uint32_t flags, int64_t argument, shoal_time deadline);

extern const struct shoal_waits shoal__job_waits[]; /* of a JobQueue: objects/job_waits.c */

int shoal__lock_for_task(const shoal_object *lock); /* May a task hold this Lock? SHOAL_ELOCK if it is reentrant. */
/*
 * For the Lock of a Condition. shoal__lock_take: SHOAL_OK, SHOAL_RECOVERED, SHOAL_PENDING, or an error.
 * shoal__lock_let_go releases it and returns how often this thread held it.
 */
int shoal__lock_take(shoal_object *lock, struct shoal__wait *wait);
uint32_t shoal__lock_let_go(shoal_object *lock);

/* Note the holder of a Lock or RWLock in `hold`, for people to read. */
static inline void shoal__hold_sign(struct hold_sh *hold, shoal_object *object, bool task)
{
    uint32_t seconds, nanoseconds;
    const struct shoal_thread *me = shoal__this_thread();
    shoal__set_holder(object, task ? HELD_BY_TASK : me->number);
    store_relaxed(&hold->thread, task ? 0 : (uint32_t)me->id);
    shoal__coarse_moment(&seconds, &nanoseconds);
    store_relaxed(&hold->seconds, seconds);
    store_relaxed(&hold->nanoseconds, nanoseconds);
}
void shoal__hold_describe(shoal_owner *out, const shoal_segment *segment, const struct hold_sh *hold);
/* Has an owner died, and has nobody declared since that the data is sound? */
bool shoal__hold_owner_died(const shoal_object *object);
/*
 * Row entries of Lock, whose holder is the process that the word of its hold_sh names. The claim of an RWLock begins
 * with shoal__hold_claim, too.
 */
bool shoal__hold_claim(struct shoal__claim *claim);
void shoal__hold_unclaim(struct shoal__claim *claim);
void shoal__hold_forget_slot(void *body, uint32_t slot);
bool shoal__hold_abandon(shoal_object *object, uint64_t thread);
void shoal__hold_holders(shoal_owner *out, size_t limit, size_t *count, const shoal_object *object);

#endif
