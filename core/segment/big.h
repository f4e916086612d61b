/*
 * Big runs, whose memory is committed and punched without holding the structure's lock. Meanwhile the run is privately
 * owned: it is in the list of this peer's slot (peer_sh.runs). A new run is taken, committed, then handed over to an
 * entry; an old one is taken back, punched, then freed. If the peer dies, its reaper frees the runs in its list.
 */
#ifndef SHOAL_SEGMENT_BIG_H
#define SHOAL_SEGMENT_BIG_H

#include "segment/segment.h"

int shoal__big_take_locked(struct shoal_segment *segment, uint64_t size, uint32_t *ref);
int shoal__big_commit(struct shoal_segment *segment, uint32_t ref, bool zero);
/*
 * The same, with these bytes from its byte `at` on, a small number; what lies before them and after is arbitrary. Without
 * bytes (NULL) all is.
 */
struct shoal_filling {
    const void *bytes;
    uint64_t at, size;
};
int shoal__big_fill(struct shoal_segment *segment, uint32_t ref, const struct shoal_filling *filling);
void shoal__big_hand_over_locked(struct shoal_segment *segment, uint32_t ref);
void shoal__big_take_back_locked(struct shoal_segment *segment, uint32_t ref);
bool shoal__big_punch(struct shoal_segment *segment, uint32_t ref);       /* false: not all of it was punched */
void shoal__big_free_locked(struct shoal_segment *segment, uint32_t ref); /* privately owned */
/* Make the run `big`, which we own privately, warm, or punch and free it; 0: there is none. Takes the lock itself. */
void shoal__big_dispose(struct shoal_segment *segment, uint32_t big);
/* Runs that we own privately and could not free, because another had the lock: a later call frees them. */
void shoal__owe_run(struct shoal_segment *segment, uint32_t ref);
void shoal__pay_runs_locked(struct shoal_segment *segment);
void shoal__forget_owed_runs(struct shoal_segment *segment); /* at detach; the runs are freed with our slot */
/* The run to which `link`, from the list of that slot's runs, leads; 0: the list is damaged. */
uint32_t shoal__big_of_list_locked(const struct shoal_segment *segment, uint32_t slot, uint32_t link);
/* Take over a dead peer's run: one change, committed. */
int shoal__big_take_over_locked(struct shoal_segment *segment, uint32_t ref);

/* Warm runs that have lain there for two seconds go back to the host. Takes the lock, if it can be had shortly. */
void shoal__big_cool(struct shoal_segment *segment);
/* The same of all that nobody reads: memory is short. */
void shoal__big_cool_all(struct shoal_segment *segment);
/* By the last peer that leaves: nobody waits for the lock. */
void shoal__big_cool_last_locked(struct shoal_segment *segment);

#endif
