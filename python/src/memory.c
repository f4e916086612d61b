/* Private memory, of detached arrays and of what DLPack is given a copy of; and what all memory that is counted has. */
#include "memory.h"

#include <stdatomic.h>
#include <stdlib.h>

typedef struct PrivateMemory {
    Memory memory;
    _Alignas(64) unsigned char bytes[];
} PrivateMemory;

static const bool never_lost;

void memory_init(Memory *memory, const MemoryKind *kind, const bool *lost)
{
    atomic_init(&memory->references, 1);
    memory->kind = kind;
    memory->lost = lost ? lost : &never_lost;
}

static void end_private(Memory *memory)
{
    free(memory);
}

static const MemoryKind private_kind = {"detached", end_private, NULL};

Memory *memory_new(uint64_t nbytes)
{
    size_t size = (sizeof(PrivateMemory) + (size_t)nbytes + 127) & ~(size_t)63; /* at least one byte to point at */
    PrivateMemory *made = aligned_alloc(64, size);
    if (!made) {
        PyErr_NoMemory();
        return NULL;
    }
    memory_init(&made->memory, &private_kind, NULL);
    return &made->memory;
}

unsigned char *memory_bytes(Memory *memory)
{
    return ((PrivateMemory *)memory)->bytes;
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
        memory->kind->end(memory);
}

uint64_t view_nbytes(const shoal_view *view)
{
    return shoal_view_size(view) * view->dtype.itemsize;
}
