/*
 * A container of MessagePack whose parts are counted while they are written, so that no caller counts them in advance.
 */
#ifndef SHOAL_VALUE_PARTS_H
#define SHOAL_VALUE_PARTS_H

#include "shoal.h"

struct shoal__parts {
    shoal_writer writer; /* of the next part */
    size_t count;        /* of items of an array, or pairs of a map */
};

void shoal__parts_init(struct shoal__parts *parts);
/* The writer for the next item. */
shoal_writer *shoal__part(struct shoal__parts *parts);
/* The same for a map, after its key. */
shoal_writer *shoal__part_of(struct shoal__parts *parts, const char *key);
/* Write all parts to `out`, as an array or as a map. If something failed, the status of `out` says so. */
void shoal__parts_end_array(struct shoal__parts *parts, shoal_writer *out);
void shoal__parts_end_map(struct shoal__parts *parts, shoal_writer *out);

/* A string of any encoding: invalid UTF-8 becomes U+FFFD. */
void shoal__write_text(shoal_writer *writer, const char *text);
/* Bytes that are MessagePack already. */
void shoal__write_raw(shoal_writer *writer, const void *bytes, size_t size);

#endif
