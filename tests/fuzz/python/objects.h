/* Python objects out of the bytes of an input: plain ones, and those of hostile.py. */
#ifndef SHOAL_FUZZ_OBJECTS_H
#define SHOAL_FUZZ_OBJECTS_H

#include "embed.h"

#define POOL 24 /* results of earlier calls, to be used again */

typedef struct Bytes {
    const uint8_t *at, *end;
    int depth;
    bool tricky; /* an object of hostile.py is among those that were made */
    PyObject *pool[POOL];
    size_t pooled;
} Bytes;

void objects_start(void); /* after embed_start */
Bytes bytes_over(const uint8_t *data, size_t size);
void bytes_done(Bytes *bytes); /* gives back the pool */

bool bytes_left(const Bytes *bytes);
uint64_t take(Bytes *bytes, int count); /* little-endian; zeros after the end */
size_t take_below(Bytes *bytes, size_t limit);
/* Any object: a new reference, never NULL, and no exception. */
PyObject *take_object(Bytes *bytes);
/* One of the items of a tuple: borrowed. */
PyObject *take_item(Bytes *bytes, PyObject *tuple);
/* Keep `object`, which is taken over, for later use. */
void pool_add(Bytes *bytes, PyObject *object);

#endif
