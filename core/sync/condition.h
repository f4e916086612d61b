/*
 * The cells of a condition. Implements docs/recovery.md, "Condition". The caller holds the condition's Lock, except to
 * sleep, take over and give up.
 *
 * A cell's word: the waiter's tag (the owner bits of a lock word), and
 *
 *   bit 28  NOTIFIED. Without a tag: the waiter gave up, and another is to take over the notification
 *
 * Tickets number waiters in the order they came. The stamp of a notified cell is the number that the next ticket had at
 * the time of the notification: waiters with earlier tickets were waiting then.
 */
#ifndef SHOAL_SYNC_CONDITION_H
#define SHOAL_SYNC_CONDITION_H

#include "sync/mutex.h"

#define CONDITION_NOTIFIED 0x10000000u

struct waiter_sh {
    shoal_word word;
    shoal_word ticket;
    shoal_word stamp;
};
_Static_assert(sizeof(struct waiter_sh) == 12, "docs/format.md, Condition");

struct condition_sh {
    uint32_t lock; /* serial of the Lock's entry; written once */
    uint32_t cells;
    shoal_word top;     /* no cell at or after this one is in use */
    shoal_word tickets; /* the next ticket */
    uint32_t name_length;
    uint32_t zero[3];
    char name[256]; /* of the Lock, NUL-terminated; written once */
    struct waiter_sh waiter[];
};
_Static_assert(sizeof(struct condition_sh) == 288, "docs/format.md, Condition");

/* Take a cell for `me`: its number, or -1 if live waiters use all. Lock held. */
int64_t shoal__condition_enter(struct condition_sh *condition, const struct shoal_party *party, uint32_t *ticket);
/*
 * Is the waiter notified? SHOAL_OK or SHOAL_PENDING. *taken: the cell of another's notification, if one was taken over.
 */
int shoal__condition_try(struct condition_sh *condition, const struct shoal_party *party, uint32_t cell,
                         uint32_t ticket, uint32_t *taken, struct shoal__wait *wait);
/* Free our cell, and `taken` if it is a cell. True if we were notified. Lock held. */
bool shoal__condition_leave(struct condition_sh *condition, uint32_t me, uint32_t cell, uint32_t taken);
/* The same without the Lock: if a notification had come it goes on to another waiter. */
void shoal__condition_give_up(struct condition_sh *condition, uint32_t me, uint32_t cell, uint32_t taken);
/*
 * Notify up to n waiters, the longest waiting first; returns how many. Lock held. The first *room of them are not woken
 * here, since they would only queue for the Lock: their words are left in `wake`, and the caller wakes them after it
 * has released the Lock. *room: how many those are.
 */
uint32_t shoal__condition_notify(struct condition_sh *condition, uint32_t n, shoal_word **wake, uint32_t *room);
/*
 * The owner bits of a live process that waits, or was notified and does not have the Lock back yet; 0: none. Lock not
 * needed.
 */
uint32_t shoal__condition_waiter(const struct condition_sh *condition, const struct shoal_party *party);
void shoal__condition_forget(struct condition_sh *condition, uint32_t slot);

#define CONDITION_NO_CELL UINT32_MAX

#endif
