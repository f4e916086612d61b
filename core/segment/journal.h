/*
 * The journal beside the structure's lock: every change of many words happens wholly or not at all, whoever dies. A
 * change ends in one commit or one abort; between changes the journal is empty.
 *
 *   shoal__change   for a word that only lock holders read: its old value is noted, then it is changed in place.
 *   shoal__publish  for a word that readers follow: its new value is noted; the commit stores them in call order.
 */
#ifndef SHOAL_SEGMENT_JOURNAL_H
#define SHOAL_SEGMENT_JOURNAL_H

#include "segment/segment.h"

void shoal__change(struct shoal_segment *segment, uint32_t *word, uint32_t value);
void shoal__publish(struct shoal_segment *segment, shoal_word *word, uint32_t value);
/* SHOAL_OK, or SHOAL_ESYSTEM when the change was too large for the journal and was undone. */
int shoal__commit(struct shoal_segment *segment);
void shoal__abort(struct shoal_segment *segment);
/* Finish or undo what a dead holder of the lock left. Idempotent. Also works on a private copy (check). */
void shoal__journal_recover(struct shoal_segment *segment);

#endif
