/* A container of MessagePack whose parts are counted as they are written, so that nobody counts them before. */
#ifndef SHOAL_VALUE_PARTS_H
#define SHOAL_VALUE_PARTS_H

#include "shoal.h"

struct shoal__parts {
    shoal_writer writer; /* of the next part */
    size_t count;        /* of items of an array, or pairs of a map */
};

void shoal__parts_init(struct shoal__parts *parts);
/* What the next item is written to. */
shoal_writer *shoal__part(struct shoal__parts *parts);
/* The same for a map, after its key. */
shoal_writer *shoal__part_of(struct shoal__parts *parts, const char *key);
/* All of it goes to `out`, as an array or as a map. What failed is in the status of `out` then. */
void shoal__parts_end_array(struct shoal__parts *parts, shoal_writer *out);
void shoal__parts_end_map(struct shoal__parts *parts, shoal_writer *out);

/* A string of any encoding: what is not UTF-8 becomes U+FFFD. */
void shoal__write_text(shoal_writer *writer, const char *text);
/* Bytes that are MessagePack already. */
void shoal__write_raw(shoal_writer *writer, const void *bytes, size_t size);

#endif
