/* A shoal_wait as the core sees it: the public fields, then the core's own, which lie in `reserved`. */
#ifndef SHOAL_SYNC_WAITING_H
#define SHOAL_SYNC_WAITING_H

#include "shoal.h"

#define WAIT_LOOK_ONCE 0x80000000u /* in wait.flags: the caller will not sleep, so nobody needs to wake it */
#define WAIT_OVERSLEPT 0x40000000u /* the last sleep ended by itself: the process that should wake us may have died */
#define WAIT_IN_CYCLE 0x20000000u  /* noted as a wait that may be part of a cycle */

/* may_alias: the caller reads the first of these fields as those of a shoal_wait. */
struct __attribute__((may_alias)) shoal__wait {
    const uint32_t *word;
    shoal_time slice;
    uint32_t expected;
    bool slice_over;
    bool last;
    uint32_t index;

    shoal_object *object;
    shoal_object *lock;
    int64_t argument;
    shoal_time look_at, patience, grace_end;
    uint32_t peer, operation, flags, phase, mark, seen, cell, ticket, taken, spins, place, depth, news, claim;
};

#define SAME_PLACE(field) (offsetof(struct shoal__wait, field) == offsetof(shoal_wait, field))
_Static_assert(SAME_PLACE(word) && SAME_PLACE(slice) && SAME_PLACE(expected) && SAME_PLACE(slice_over) &&
                   SAME_PLACE(last) && SAME_PLACE(index),
               "what the caller sees");
#undef SAME_PLACE
_Static_assert(offsetof(struct shoal__wait, object) >= offsetof(shoal_wait, reserved) &&
                   sizeof(struct shoal__wait) + 12 * sizeof(uint64_t) <= sizeof(shoal_wait) &&
                   _Alignof(struct shoal__wait) <= _Alignof(shoal_wait),
               "the core's own lies in what is reserved, and there is room for waits that come later");

static inline struct shoal__wait *shoal__wait_of(shoal_wait *wait)
{
    return (struct shoal__wait *)wait;
}

#endif
