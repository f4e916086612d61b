/*
 * The answers of one look for dead owners: which peers it has found alive or dead. Many cells name few peers, and each
 * question to the kernel is a system call.
 */
#ifndef SHOAL_SYNC_ASKED_H
#define SHOAL_SYNC_ASKED_H

#include "sync/mutex.h"

#define ASKED_PLACES 64u

struct shoal_asked {
    const struct shoal_party *party;
    uint32_t alive[ASKED_PLACES]; /* at tag % ASKED_PLACES: the tag with that remainder that was last found alive */
    uint32_t dead;                /* the tag last found dead: its peer stays dead */
};

static inline struct shoal_asked shoal__asked_nobody(const struct shoal_party *party)
{
    return (struct shoal_asked){.party = party};
}

static inline bool shoal__asked_is_dead(struct shoal_asked *asked, uint32_t tag)
{
    uint32_t *place = &asked->alive[tag % ASKED_PLACES];
    if (*place == tag || asked->dead == tag)
        return *place != tag;
    bool dead = asked->party->is_dead(asked->party, tag);
    *(dead ? &asked->dead : place) = tag;
    return dead;
}

#endif
