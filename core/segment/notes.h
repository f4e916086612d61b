/* Notes of readers: of big bodies, which they copy while others replace them. */
#ifndef SHOAL_SEGMENT_NOTES_H
#define SHOAL_SEGMENT_NOTES_H

#include "segment/segment.h"

/* Is it one, as a body: its memory goes through our hands, and a reader's note keeps it? Others are freed at once. */
bool shoal__is_big(const struct shoal_segment *segment, uint32_t ref, uint64_t room);

/*
 * A reader notes the pages of a big body, then looks whether it still is somebody's body: if so, nobody writes there, or gives
 * them back, until it takes the note away. A peer notes in its slot, a readonly attach by a lock of their bytes. False: another
 * thread has noted some, or the lock was refused. Read without touching, and look again afterwards.
 */
struct shoal_note {
    uint64_t room; /* bytes of the pages */
    uint32_t page, pages;
    int fd; /* readonly: whose lock it is; else -1 */
};
bool shoal__reading_begin(struct shoal_segment *segment, uint32_t ref, struct shoal_note *note);
/* False: it may have been gone meanwhile, as somebody closed our descriptor. */
bool shoal__reading_end(struct shoal_segment *segment, const struct shoal_note *note);
/* Is any of these pages noted, or cannot that be told? They belong to no body any more, which who notes them now will see. */
bool shoal__is_read(const struct shoal_segment *segment, uint64_t page, uint64_t end);

#endif
