/* What the kinds share, and what shoal_wait asks of each. */
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
 * One way to wait for an object of a kind, whose row lists them. begin: may it, and what does it start from? attempt: the status that
 * ends it, or SHOAL_PENDING with what to sleep on. give_up: leave nothing behind; also when time is up, then SHOAL_ETIMEDOUT, or what
 * came just now. own: would this thread wait, and not only try, for what it holds itself? SHOAL_ELOCK then. longest_slice: of
 * all but the first, if it is not SHOAL_LONGEST_SLICE.
 */
struct shoal_waits {
    int operation;
    bool readonly; /* works through a readonly attach */
    bool spins;    /* attempt itself looks for a while before it says that there is nothing yet */
    bool owned;    /* what it waits for has an owner, who may wait himself: it may be part of a cycle */
    bool goes_on;  /* when it ends the object is not done with: the Lock of a Condition is taken back */
    bool for_lock; /* it waits for wait.lock */
    int (*begin)(struct shoal__wait *wait);
    int (*attempt)(struct shoal__wait *wait);
    int (*give_up)(struct shoal__wait *wait, bool time_is_up);
    int (*own)(const struct shoal__wait *wait, bool forever);
    shoal_time (*longest_slice)(const struct shoal__wait *wait);
};

#define WAIT_RELOCK 8 /* an operation: a Condition's waiter takes its Lock back */

/* What the calls of shoal/wait.h do. */
int shoal__wait_begin(struct shoal__wait *wait, shoal_object *object, int operation, uint32_t flags, int64_t argument);
int shoal__wait_until(struct shoal__wait *wait, shoal_time deadline);
int shoal__wait_try(struct shoal__wait *wait);
/* Begin, but for what the kind begins with. */
int shoal__wait_start(struct shoal__wait *wait, shoal_object *object, int operation, uint32_t flags);
/* Until, and cancel if a signal came: then the next of the same kind goes on with its slice. */
int shoal__wait_once(struct shoal__wait *wait, shoal_time deadline);
/* The whole of a blocking call: begin, and that. */
int shoal__wait_for(shoal_object *object, int operation, uint32_t flags, int64_t argument, shoal_time deadline);

int shoal__lock_for_task(const shoal_object *lock); /* SHOAL_ELOCK if it is reentrant */
/* The Lock of a Condition. take: OK, RECOVERED, PENDING, or an error; release: how often it was held. */
int shoal__lock_take(shoal_object *lock, struct shoal__wait *wait);
uint32_t shoal__lock_let_go(shoal_object *lock);

/* Who has it, into `hold`, for people to read: Lock and RWLock. */
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
/* Has an owner died, and nobody said since that what it guards is sound? */
bool shoal__hold_owner_died(const shoal_object *object);
bool shoal__hold_claim(struct shoal__claim *claim); /* its word: a row's claim, or the first half of it */

#endif
