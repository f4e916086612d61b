/*
 * The write-ahead journal of the structure's lock: a change of many words happens wholly or not at all, even if the
 * process dies that makes it. A change ends in one commit or one abort; between changes the journal is empty.
 *
 *   shoal__change   for a word that only lock holders read: notes its old value, then changes it in place.
 *   shoal__publish  for a word that readers follow: notes its new value, which the commit stores, in call order.
 */
#ifndef SHOAL_SEGMENT_JOURNAL_H
#define SHOAL_SEGMENT_JOURNAL_H

#include "segment/segment.h"

/* For a look without the lock: is nothing being changed in the segment, and was nothing since `changes`? */
static inline bool shoal__is_still(const struct journal_sh *journal, uint32_t changes)
{
    fence_acquire();
    return load_relaxed(&journal->changes) == changes && !shoal__once(&journal->undo_count);
}

void shoal__change(struct shoal_segment *segment, uint32_t *word, uint32_t value);
void shoal__publish(struct shoal_segment *segment, shoal_word *word, uint32_t value);
/* SHOAL_OK, or SHOAL_ESYSTEM when the change was too large for the journal and was undone. */
int shoal__commit(struct shoal_segment *segment);
void shoal__abort(struct shoal_segment *segment);
/* Finish or undo the change that a dead holder of the lock left. Idempotent. Works also on a private copy (check). */
void shoal__journal_recover(struct shoal_segment *segment);

#endif
