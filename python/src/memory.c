/* Private memory: of detached arrays, and of what DLPack is given a copy of. */
#include "memory.h"

#include <stdatomic.h>
#include <stdlib.h>

Memory *memory_new(uint64_t nbytes)
{
    size_t size = (sizeof(Memory) + (size_t)nbytes + 127) & ~(size_t)63; /* at least one byte to point at */
    Memory *memory = aligned_alloc(64, size);
    if (!memory) {
        PyErr_NoMemory();
        return NULL;
    }
    atomic_init(&memory->references, 1);
    return memory;
}

Memory *memory_retain(Memory *memory)
{
    if (memory)
        atomic_fetch_add(&memory->references, 1);
    return memory;
}

void memory_release(Memory *memory)
{
    if (memory && atomic_fetch_sub(&memory->references, 1) == 1)
        free(memory);
}

uint64_t view_nbytes(const shoal_view *view)
{
    return shoal_view_size(view) * view->dtype.itemsize;
}
