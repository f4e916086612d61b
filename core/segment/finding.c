/* Findings of check(), and the subject of each finding. */
#include "segment/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "segment/heap.h"
#include "segment/runs.h"
#include "value/hash.h"

#define MOST_SUBJECTS (1u << 20) /* with more the image is too inconsistent to judge by */

static void note_subject(struct shoal_walk *walk, uint64_t subject)
{
    if (walk->subject_count == walk->subject_capacity) {
        size_t capacity = walk->subject_capacity ? 2 * walk->subject_capacity : 64;
        uint64_t *subjects = capacity > MOST_SUBJECTS ? NULL : realloc(walk->subjects, capacity * sizeof *subjects);
        if (!subjects) {
            walk->cut = true;
            return;
        }
        walk->subjects = subjects;
        walk->subject_capacity = capacity;
    }
    walk->subjects[walk->subject_count++] = subject;
}

static bool is_count(uint64_t subject)
{
    return subject == ABOUT_ALL(USED) || subject == ABOUT_ALL(NAMES) || subject == ABOUT_ALL(REMOVED) ||
           subject == ABOUT_ALL(WARM_PAGES);
}

void shoal__found_wrong(struct shoal_walk *walk, uint64_t subject, const char *format, ...)
{
    if (walk->without_counts && is_count(subject))
        return;
    char sentence[512];
    va_list list;
    va_start(list, format);
    vsnprintf(sentence, sizeof sentence, format, list);
    va_end(list);
    walk->findings++;
    note_subject(walk, subject);
    if (walk->report && walk->findings <= 1000) /* report only the first 1,000: enough to see what happened */
        walk->report(walk->argument, sentence);
}

bool shoal__account(struct shoal_walk *walk, uint32_t ref, const char *what)
{
    uint32_t page, index;
    if (!ref || !shoal__locate(walk->segment, ref, &page, &index) || index >= 256) {
        shoal__found_wrong(walk, ref, "%s refers to %#x, where no block is allocated", what, ref);
        return false;
    }
    uint32_t *word = &walk->seen[page][index / 32];
    if (*word >> index % 32 & 1) {
        shoal__found_wrong(walk, ref, "%s refers to the block %#x, to which something else refers, too", what, ref);
        return false;
    }
    *word |= 1u << index % 32;
    return true;
}

bool shoal__looked_at(const struct shoal_walk *walk, uint64_t subject)
{
    uint32_t page, index;
    if (subject > UINT32_MAX)
        return !walk->cut;
    if (!subject || !shoal__locate(walk->segment, (uint32_t)subject, &page, &index))
        return true; /* the block is gone */
    return index < 256 && walk->seen[page][index / 32] >> index % 32 & 1;
}

/* A number that is constant while the entry lives, made from name, hash and serial. 0: the block is no entry. */
static uint64_t entry_identity(const shoal_segment *segment, const void *block, uint64_t size)
{
    const struct entry_sh *entry = block;
    char name[256];
    uint32_t length = size > sizeof *entry ? shoal__once(&entry->name_length) : 0, hash;
    if (length == 0 || length > 255 || length >= size - sizeof *entry)
        return 0;
    memcpy(name, entry->name, length);
    hash = shoal__once(&entry->hash);
    return shoal__hash(name, length, segment->is.hash_key) == hash ? (uint64_t)hash << 32 | shoal__once(&entry->serial)
                                                                   : 0;
}

uint64_t shoal__hands_of(const shoal_segment *segment, uint64_t subject)
{
    uint32_t page, index, ref = (uint32_t)subject;
    unsigned char bytes[SMALLEST_BLOCK];
    if (subject > UINT32_MAX)
        return 1;
    if (!ref || !shoal__locate(segment, ref, &page, &index))
        return 0;
    uint64_t size = shoal__block_capacity(segment, ref);
    const void *block = shoal__block(segment, ref, size);
    if (size < SMALLEST_BLOCK || !block || shoal__kind_of(segment, page) != PAGE_SPAN)
        return 1; /* the run may have no memory: do not read it */
    memcpy(bytes, block, sizeof bytes);
    uint64_t identity = entry_identity(segment, block, size);
    return 2 + (identity ? identity : shoal__hash((const char *)bytes, sizeof bytes, segment->is.hash_key));
}
