/* Private memory, and how much of it a view needs. */
#ifndef SHOAL_PYTHON_MEMORY_H
#define SHOAL_PYTHON_MEMORY_H

#include "binding.h"

/* Reference-counted, so that a DLPack consumer may free it without the GIL. */
typedef struct Memory {
    _Atomic size_t references;
    _Alignas(64) unsigned char bytes[];
} Memory;

Memory *memory_new(uint64_t nbytes);
Memory *memory_retain(Memory *memory); /* NULL is allowed, here and below */
void memory_release(Memory *memory);
uint64_t view_nbytes(const shoal_view *view);

#endif
