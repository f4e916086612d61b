/* What keeps the memory of an array that is none of the segment's arrays: private memory, or a frame of a Channel. */
#ifndef SHOAL_PYTHON_MEMORY_H
#define SHOAL_PYTHON_MEMORY_H

#include "binding.h"

/* Reference-counted, so that a DLPack consumer may free it without the GIL. */
typedef struct Memory {
    _Atomic size_t references;
    const struct MemoryKind *kind;
    const bool *lost; /* never NULL: it is true once nobody may touch the memory any more */
} Memory;

typedef struct MemoryKind {
    const char *name;                                   /* of arrays in it, for repr() */
    void (*end)(Memory *memory);                        /* nobody has it any more: any thread, without the GIL */
    int (*why_lost)(Memory *memory, const char **text); /* a status, with a text of its own or with the core's: NULL */
} MemoryKind;

/* Private memory of so many bytes; NULL with an exception. */
Memory *memory_new(uint64_t nbytes);
unsigned char *memory_bytes(Memory *memory);
void memory_init(Memory *memory, const MemoryKind *kind, const bool *lost); /* one reference; NULL: it never is */
Memory *memory_retain(Memory *memory);                                      /* NULL is allowed, here and below */
void memory_release(Memory *memory);
uint64_t view_nbytes(const shoal_view *view);

#endif
