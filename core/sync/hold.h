/* What a Lock and an RWLock begin with: a lock word, and information for people about its holder. */
#ifndef SHOAL_SYNC_HOLD_H
#define SHOAL_SYNC_HOLD_H

#include "sync/mutex.h"

struct hold_sh {
    shoal_word word;    /* first: the search for deadlocks finds it there */
    uint32_t flags;     /* SHOAL_LOCK_REENTRANT; written once */
    shoal_word thread;  /* of the holder; 0: not known, or a task of an event loop. Information */
    shoal_word inside;  /* RWLock: 1 while the writer is in, 0 while it waits for readers. Information */
    shoal_word seconds; /* since 1970: when it was last acquired. Information */
    shoal_word nanoseconds;
};
_Static_assert(sizeof(struct hold_sh) == 24, "docs/format.md, Lock");

#endif
