/*
 * Big runs, whose memory is committed and punched without holding the lock: take one into the hands of
 * this peer, commit it, then hand it over; or take it back into our hands, punch it, then free it. A peer
 * that dies with runs in its hands has them freed by whoever reaps it.
 */
#ifndef SHOAL_SEGMENT_BIG_H
#define SHOAL_SEGMENT_BIG_H

#include "segment/segment.h"

int shoal__big_take_locked(struct shoal_segment *segment, uint64_t size, uint32_t *ref);
int shoal__big_commit(struct shoal_segment *segment, uint32_t ref, bool zero);
void shoal__big_hand_over_locked(struct shoal_segment *segment, uint32_t ref);
void shoal__big_take_back_locked(struct shoal_segment *segment, uint32_t ref);
bool shoal__big_punch(struct shoal_segment *segment, uint32_t ref);       /* false: not all of it was given back */
void shoal__big_free_locked(struct shoal_segment *segment, uint32_t ref); /* in our hands */
/* What is in our hands is given back to the host, and freed. 0: nothing. Takes the lock itself. */
void shoal__big_dispose(struct shoal_segment *segment, uint32_t big);
/* Runs in our hands that could not be freed, as another had the lock: by a later call. */
void shoal__owe_run(struct shoal_segment *segment, uint32_t ref);
void shoal__pay_runs_locked(struct shoal_segment *segment);
void shoal__forget_owed_runs(struct shoal_segment *segment); /* at the end: they go with our slot */
/* The run that a link of the list of slot's runs leads to; 0: none can be there, the list is damaged. */
uint32_t shoal__big_of_list_locked(const struct shoal_segment *segment, uint32_t slot, uint32_t link);
/* A dead peer's run comes into our hands: one change, committed. */
int shoal__big_take_over_locked(struct shoal_segment *segment, uint32_t ref);

/*
 * A peer notes the pages of a big body, then looks whether it still is somebody's body: if so, they stay backed until it takes
 * the note away. *room: bytes of them. False: no peer, or another of its threads has noted some; read without touching.
 */
bool shoal__reading_begin(struct shoal_segment *segment, uint32_t ref, uint64_t *room);
void shoal__reading_end(struct shoal_segment *segment);

#endif
