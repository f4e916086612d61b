/*
 * The cells of a condition. Implements docs/recovery.md, "Condition". But for sleeping, taking over and giving up, the
 * caller holds the Lock that the condition belongs to.
 *
 * A cell's word: the waiter's tag (the owner bits of a lock word), and
 *
 *   bit 28  NOTIFIED. With no tag: the waiter gave up, and another is to take the notification over
 *
 * Its ticket says who came when. When it was notified, its stamp is the number of the next ticket at that time: who has
 * an earlier ticket waited then.
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
    shoal_word tickets; /* the next */
    uint32_t name_length;
    uint32_t zero[3];
    char name[256]; /* of the Lock, NUL-terminated; written once */
    struct waiter_sh waiter[];
};
_Static_assert(sizeof(struct condition_sh) == 288, "docs/format.md, Condition");

/* A cell for `me`: its number, or -1 if all are in use, by the living. Lock held. */
int64_t shoal__condition_enter(struct condition_sh *condition, const struct shoal_party *party, uint32_t *ticket);
/* Notified? SHOAL_OK, or SHOAL_PENDING. *taken: the cell of somebody else's notification, when that was taken over. */
int shoal__condition_try(struct condition_sh *condition, const struct shoal_party *party, uint32_t cell,
                         uint32_t ticket, uint32_t *taken, struct shoal__wait *wait);
/* Free our cell, and `taken` if it is one of them. True if we were notified. Lock held. */
bool shoal__condition_leave(struct condition_sh *condition, uint32_t me, uint32_t cell, uint32_t taken);
/* The same without the Lock: a notification that had come goes on to another. */
void shoal__condition_give_up(struct condition_sh *condition, uint32_t me, uint32_t cell, uint32_t taken);
/*
 * Up to n of those that wait, the first to come first; how many. Lock held. The words of the first `room` of them are
 * left in `wake` for the caller to wake when it has let go of the Lock, for which they would only queue; *room: how many.
 */
uint32_t shoal__condition_notify(struct condition_sh *condition, uint32_t n, shoal_word **wake, uint32_t *room);
/* The owner bits of one who waits, or was notified and has not got the Lock back yet, and lives; 0: nobody. Without the Lock. */
uint32_t shoal__condition_waiter(const struct condition_sh *condition, const struct shoal_party *party);
void shoal__condition_forget(struct condition_sh *condition, uint32_t slot);

#define CONDITION_NO_CELL UINT32_MAX

#endif
