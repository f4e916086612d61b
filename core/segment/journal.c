/* Implements docs/recovery.md, "The journal". */
#include "segment/journal.h"

#include "platform/point.h"
#include "value/status.h"

static uint64_t offset_of(struct shoal_segment *segment, const void *word)
{
    return (uint64_t)((const unsigned char *)word - segment->base);
}

/* The word at `offset`; NULL: none can be there. In a damaged segment the journal's offsets may be anything. */
static shoal_word *word_at(struct shoal_segment *segment, uint64_t offset)
{
    return offset % 4 == 0 && offset <= segment->is.size - 4 ? shoal__at(segment, offset) : NULL;
}

/* A reader of many words (check) loads this count before and after: if it differs, the words were changed meanwhile. */
static void count_change(struct journal_sh *journal)
{
    if (journal->undo_count == 0 && journal->redo_count == 0) {
        store_release(&journal->changes, load_relaxed(&journal->changes) + 1);
        fence_release();
    }
}

void shoal__change(struct shoal_segment *segment, uint32_t *word, uint32_t value)
{
    struct journal_sh *journal = shoal__journal(segment);
    uint32_t count = journal->undo_count;
    if (*word == value)
        return;
    if (count >= UNDO_LIMIT) {
        segment->overflow = true;
        return;
    }
    count_change(journal);
    journal->undo[count].at = offset_of(segment, word);
    journal->undo[count].value = *word;
    program_order();
    /* a death here: the entry is not counted, and the word still has its old value */
    SHOAL_POINT("journal: old value noted");
    *(volatile uint32_t *)&journal->undo_count = count + 1;
    program_order();
    SHOAL_POINT("journal: old value counted"); /* a death here: the undo stores the value that the word still has */
    *(volatile uint32_t *)word = value;
    SHOAL_POINT("journal: word changed");
}

void shoal__publish(struct shoal_segment *segment, shoal_word *word, uint32_t value)
{
    struct journal_sh *journal = shoal__journal(segment);
    if (journal->redo_count >= REDO_LIMIT) {
        segment->overflow = true;
        return;
    }
    count_change(journal);
    struct change_sh *entry = &journal->redo[journal->redo_count];
    entry->at = offset_of(segment, word);
    entry->value = value;
    program_order();
    SHOAL_POINT("journal: new value noted");
    *(volatile uint32_t *)&journal->redo_count += 1;
    SHOAL_POINT("journal: new value counted");
}

static void redo(struct shoal_segment *segment, struct journal_sh *journal)
{
    /* loaded once: a readonly check repairs a copy that may still be changing */
    uint32_t count = shoal__once(&journal->redo_count);
    for (uint32_t i = 0; i < count && count <= REDO_LIMIT; i++) {
        shoal_word *word = word_at(segment, *(volatile uint64_t *)&journal->redo[i].at);
        if (word)
            store_release(word, journal->redo[i].value);
        SHOAL_POINT("journal: word published");
    }
}

static void undo(struct shoal_segment *segment, struct journal_sh *journal)
{
    uint32_t count = shoal__once(&journal->undo_count);
    /*
     * Backwards: a word that was changed twice gets its first value, also if a death interrupts this and it is
     * repeated.
     */
    while (count <= UNDO_LIMIT && count-- > 0) {
        shoal_word *word = word_at(segment, *(volatile uint64_t *)&journal->undo[count].at);
        if (word)
            store_relaxed(word, journal->undo[count].value);
        SHOAL_POINT("journal: word restored");
    }
}

static void empty(struct journal_sh *journal)
{
    program_order();
    *(volatile uint32_t *)&journal->undo_count = 0;
    program_order();
    SHOAL_POINT("journal: undo emptied"); /* a death here: a redo is repeated, and an undo has nothing left to do */
    *(volatile uint32_t *)&journal->redo_count = 0;
    program_order();
    SHOAL_POINT("journal: redo emptied");
    store_release(&journal->committed, 0);
    program_order();
    SHOAL_POINT("journal: empty");
}

int shoal__commit(struct shoal_segment *segment)
{
    struct journal_sh *journal = shoal__journal(segment);
    if (segment->overflow) {
        shoal__abort(segment);
        return shoal__fail(SHOAL_ESYSTEM, "a change of segment \"%s\" is too large for its journal; it was undone",
                           segment->name);
    }
    program_order();
    /*
     * the store that decides: after a death before this store the change is undone, after a later one it is completed
     */
    store_release(&journal->committed, 1);
    program_order();
    SHOAL_POINT("journal: committed");
    redo(segment, journal);
    empty(journal);
    /*
     * Readers that check a version must see the new version before anything that the next change writes into freed
     * blocks.
     */
    fence_release();
    return SHOAL_OK;
}

void shoal__abort(struct shoal_segment *segment)
{
    struct journal_sh *journal = shoal__journal(segment);
    undo(segment, journal);
    empty(journal);
    segment->overflow = false;
}

void shoal__journal_recover(struct shoal_segment *segment)
{
    struct journal_sh *journal = shoal__journal(segment);
    if (load_relaxed(&journal->committed) == 1)
        redo(segment, journal);
    else
        undo(segment, journal);
    empty(journal);
    fence_release();
}
