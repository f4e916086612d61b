#include "arena.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/file.h"
#include "platform/futex.h"

/* address space of each place, all of it forbidden but for what is mapped in its middle */
#define GROUND ((size_t)1 << 32)
#define PLACES 4u

void __sanitizer_set_death_callback(void (*callback)(void));
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "quarantine_size_mb=8:malloc_context_size=8"; /* it is faster when memory is soon warm again */
}

void violation(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fputs("VIOLATION: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
    abort();
}

/* ---- The file ---- */

static const struct image *made;

static void take_away(void)
{
    char path[128];
    if (!made)
        return;
    snprintf(path, sizeof path, "%s/shoal.image", made->directory);
    unlink(path);
    rmdir(made->directory);
    made = NULL;
}

void image_make(struct image *image, const void *bytes, size_t size)
{
    char path[128];
    const char *directory = getenv("SHOAL_DIR");
    snprintf(image->directory, sizeof image->directory, "%s/test-fuzz-XXXXXX",
             directory && strlen(directory) < 64 ? directory : "/dev/shm");
    if (!mkdtemp(image->directory))
        violation("no directory: %s", strerror(errno));
    made = image;
    atexit(take_away);
    __sanitizer_set_death_callback(take_away);
    snprintf(path, sizeof path, "%s/shoal.image", image->directory);
    image->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (image->fd < 0 || ftruncate(image->fd, (off_t)size) < 0)
        violation("no file: %s", strerror(errno));
    image->size = size;
    image->bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, image->fd, 0);
    if (image->bytes == MAP_FAILED)
        violation("no mapping: %s", strerror(errno));
    memcpy(image->bytes, bytes, size);
}

/* ---- Mappings ---- */

static struct place {
    unsigned char *base;
    size_t size;
} places[PLACES];
static unsigned char *ground;

static int map_error;

static unsigned char *ground_of(const struct place *place)
{
    if (!ground) {
        ground = mmap(NULL, PLACES * GROUND, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (ground == MAP_FAILED)
            violation("no address space: %s", strerror(errno));
    }
    return ground + (size_t)(place - places) * GROUND;
}

void *__wrap_shoal__map(int fd, size_t size, bool readonly, bool private_copy)
{
    struct place *place = places;
    while (place < places + PLACES && place->base)
        place++;
    if (place == places + PLACES)
        violation("more than %u mappings at once", PLACES);
    if (size > GROUND / 4) {
        map_error = ENOMEM;
        return NULL;
    }
    int protection = readonly ? PROT_READ : PROT_READ | PROT_WRITE;
    int flags = (private_copy ? MAP_PRIVATE : MAP_SHARED) | MAP_NORESERVE | MAP_FIXED;
    unsigned char *base = mmap(ground_of(place) + GROUND / 2, size, protection, flags, fd, 0);
    if (base == MAP_FAILED) {
        map_error = errno;
        return NULL;
    }
    *place = (struct place){base, size};
    return base;
}

void __wrap_shoal__unmap(void *base, size_t size)
{
    for (struct place *it = places; it < places + PLACES; it++) {
        if (it->base != base)
            continue;
        if (it->size != size)
            violation("a mapping of %zu bytes is given back as one of %zu", it->size, size);
        if (mmap(base, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
            violation("no unmapping: %s", strerror(errno));
        it->base = NULL;
        return;
    }
    violation("what was never mapped is given back");
}

int __wrap_shoal__map_error(void)
{
    return map_error;
}

/* ---- Steps ---- */

static struct move {
    unsigned char *at; /* in the file's own mapping */
    uint64_t offset;
    uint32_t left, value;
} moves[ARENA_MOVES];
static unsigned move_count;
static bool moved;
static uint64_t steps, most_steps = UINT64_MAX;

void arena_begin(void)
{
    move_count = 0;
    moved = false;
}

void arena_budget(uint64_t most)
{
    steps = 0;
    most_steps = most;
}

uint64_t arena_steps(void)
{
    return steps;
}

bool arena_moved(void)
{
    return moved;
}

void arena_move(const struct image *image, uint64_t offset, uint32_t nth, uint32_t value)
{
    if (move_count < ARENA_MOVES && offset <= image->size - 4 && nth > 0)
        moves[move_count++] = (struct move){image->bytes + offset / 4 * 4, offset / 4 * 4, nth, value};
}

static void too_many_steps(void)
{
    most_steps = UINT64_MAX;
    violation("it goes on and on: %llu steps", (unsigned long long)steps);
}

static void make_moves(uint64_t offset, size_t size)
{
    for (unsigned k = 0; k < move_count; k++) {
        struct move *move = &moves[k];
        if (move->left == 0 || move->offset + 4 <= offset || move->offset >= offset + size || --move->left)
            continue;
        memcpy(move->at, &move->value, 4);
        moved = true;
    }
}

/* The core is about to load from there. */
static inline void loads(const void *address, size_t size)
{
    size_t at = (size_t)((uintptr_t)address - (uintptr_t)ground);
    if (__builtin_expect(at >= PLACES * GROUND, 1) || !ground)
        return;
    const struct place *place = &places[at / GROUND];
    if (++steps > most_steps)
        too_many_steps();
    if (move_count > 0 && place->base)
        make_moves((uint64_t)((uintptr_t)address - (uintptr_t)place->base), size);
}

#define LOADS(size)                                                                                                    \
    void __sanitizer_cov_load##size(void *address)                                                                     \
    {                                                                                                                  \
        loads(address, size);                                                                                          \
    }
LOADS(1)
LOADS(2)
LOADS(4)
LOADS(8)
LOADS(16)

/* Copies and comparisons are loads as well. */
void *__real___asan_memcpy(void *to, const void *from, size_t size);
int __real_memcmp(const void *a, const void *b, size_t size);

void *__wrap___asan_memcpy(void *to, const void *from, size_t size)
{
    loads(from, size);
    return __real___asan_memcpy(to, from, size);
}

int __wrap_memcmp(const void *a, const void *b, size_t size)
{
    loads(a, size);
    loads(b, size);
    return __real_memcmp(a, b, size);
}

/* ---- Time ---- */

enum shoal_woken __wrap_shoal__wait(const shoal_word *word, uint32_t expected, shoal_time slice)
{
    (void)word, (void)expected, (void)slice;
    steps += 1000;
    if (steps > most_steps)
        too_many_steps();
    return SHOAL_SLICE_OVER;
}

shoal_time __wrap_shoal_now(void)
{
    static shoal_time now = 1;
    return now += 1000000;
}
