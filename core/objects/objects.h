/* What shoal_check, shoal_wait and shoal_object_holders ask of each kind. */
#ifndef SHOAL_OBJECTS_OBJECTS_H
#define SHOAL_OBJECTS_OBJECTS_H

#include "platform/clock.h"
#include "platform/process.h"
#include "segment/handle.h"
#include "segment/make.h"
#include "segment/segment.h"
#include "sync/hold.h"

/* What is wrong with this body of a block of `capacity` bytes? NULL: nothing. Only its first LARGEST_HEAD may be there. */
const char *shoal__value_check(const shoal_segment *segment, const void *body, uint64_t capacity);
const char *shoal__ndarray_check(const shoal_segment *segment, const void *body, uint64_t capacity);
const char *shoal__counter_check(const shoal_segment *segment, const void *body, uint64_t capacity);
const char *shoal__lock_check(const shoal_segment *segment, const void *body, uint64_t capacity);
const char *shoal__rwlock_check(const shoal_segment *segment, const void *body, uint64_t capacity);
const char *shoal__semaphore_check(const shoal_segment *segment, const void *body, uint64_t capacity);
const char *shoal__event_check(const shoal_segment *segment, const void *body, uint64_t capacity);
const char *shoal__condition_check(const shoal_segment *segment, const void *body, uint64_t capacity);
const char *shoal__barrier_check(const shoal_segment *segment, const void *body, uint64_t capacity);

/*
 * One kind of wait. begin: may it, and what does it start from? try: the status that ends it, or SHOAL_PENDING with what
 * to sleep on. give_up: leave nothing behind; also when time is up, then SHOAL_ETIMEDOUT, or what came just now. own: would
 * this thread wait, and not only try, for what it holds itself? SHOAL_ELOCK then.
 */
struct shoal_waits {
    int operation, kind;
    bool readonly; /* works through a readonly attach */
    int (*begin)(shoal_wait *wait);
    int (*attempt)(shoal_wait *wait);
    int (*give_up)(shoal_wait *wait, bool time_is_up);
    bool spins; /* attempt itself looks for a while before it says that there is nothing yet */
    int (*own)(const shoal_wait *wait, bool forever);
};
extern const struct shoal_waits shoal__counter_waits, shoal__lock_waits, shoal__read_waits, shoal__write_waits,
    shoal__semaphore_waits, shoal__event_waits, shoal__condition_waits, shoal__relock_waits, shoal__barrier_waits;

#define WAIT_RELOCK 8 /* an operation: a Condition's waiter takes its Lock back */

/* shoal_wait_begin but for what the kind begins with. */
int shoal__wait_start(shoal_wait *wait, shoal_object *object, int operation, uint32_t flags);
/* Until, and cancel if a signal came: then the next of the same kind goes on with its slice. */
int shoal__wait_once(shoal_wait *wait, shoal_time deadline);
/* The whole of a blocking call: begin, and that. */
int shoal__wait_for(shoal_object *object, int operation, uint32_t flags, int64_t argument, shoal_time deadline);

int shoal__lock_for_task(const shoal_object *lock); /* SHOAL_ELOCK if it is reentrant */
/* The Lock of a Condition. take: OK, RECOVERED, PENDING, or an error; release: how often it was held. */
int shoal__lock_take(shoal_object *lock, shoal_wait *wait);
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

/* Up to `limit` into `out`; *count: how many there are. */
void shoal__rwlock_holders(shoal_owner *out, size_t limit, size_t *count, const shoal_object *object);
void shoal__semaphore_holders(shoal_owner *out, size_t limit, size_t *count, const shoal_object *object);
void shoal__barrier_holders(shoal_owner *out, size_t limit, size_t *count, const shoal_object *object);

#endif
