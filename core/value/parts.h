/*
 * Writes a MessagePack array or map whose items are counted while they are written: the caller need not know their
 * number in advance.
 */
#ifndef SHOAL_VALUE_PARTS_H
#define SHOAL_VALUE_PARTS_H

#include "shoal.h"

struct shoal__parts {
    shoal_writer writer; /* of the parts, without the container's header */
    size_t count;        /* items of an array, or pairs of a map, so far */
};

void shoal__parts_init(struct shoal__parts *parts);
/* Returns the writer, for the next item of an array. */
shoal_writer *shoal__part(struct shoal__parts *parts);
/* Writes the key and returns the writer, for the value of the next pair of a map. */
shoal_writer *shoal__part_of(struct shoal__parts *parts, const char *key);
/* Write all parts to `out`, as an array or as a map, and free them. If a write failed, `out` gets its status. */
void shoal__parts_end_array(struct shoal__parts *parts, shoal_writer *out);
void shoal__parts_end_map(struct shoal__parts *parts, shoal_writer *out);

/* Write a string of unknown encoding: U+FFFD replaces bytes that are not UTF-8. */
void shoal__write_text(shoal_writer *writer, const char *text);
/* Write bytes that are MessagePack already. */
void shoal__write_raw(shoal_writer *writer, const void *bytes, size_t size);
/* Write the head of a string of `size` bytes, which fit 32 bits: how long it is, at most SHOAL_STRING_HEAD. */
size_t shoal__write_head(unsigned char *head, bool is_str, size_t size);
/*
 * An array in two steps: its head, which says how many bytes its elements have (false: the writer's status says why not),
 * and these elements. shoal__array_data_at: how long the head is with which these bytes begin; 0: it is not an array's.
 */
#define SHOAL__ARRAY_HEAD (6 + 8 + 8 * SHOAL_MAX_DIMS)
bool shoal__write_array_head(shoal_writer *writer, const shoal_view *view, uint64_t *data);
void shoal__write_elements(unsigned char *place, const shoal_view *view, size_t size);
size_t shoal__array_data_at(const unsigned char *bytes, size_t size);

#endif
