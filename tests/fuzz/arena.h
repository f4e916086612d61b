/*
 * A segment in the midst of forbidden ground, for targets that look at images somebody damaged.
 *
 * The core is linked with its shoal__map, shoal__unmap, shoal__wait and shoal_now wrapped (see the Makefile): mappings lie
 * between pages without any permission, so that a read outside of them is a fault; a wait is over at once, and the clock
 * goes on a millisecond with each look, so that nothing sleeps. Each load of the core inside of a mapping is seen
 * (-fsanitize-coverage=trace-loads): they are counted, too many are a hang, and words can change between two of them.
 */
#ifndef SHOAL_FUZZ_ARENA_H
#define SHOAL_FUZZ_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The file, where the targets write; the library attaches to the file of that descriptor and has its own mappings. */
struct image {
    unsigned char *bytes;
    size_t size;
    int fd;
    char directory[96]; /* where it is "shoal.image" */
};

/* A new file with these bytes, in a directory of its own, which goes when the process ends. */
void image_make(struct image *image, const void *bytes, size_t size);

void arena_begin(void); /* nothing moves */
/* From here on at most so many loads until the next budget; a wait counts as 1000. */
void arena_budget(uint64_t most);
uint64_t arena_steps(void);

/*
 * A hostile writer, acting between two instructions: when the core loads a word at `offset` for the nth time (from 1), it
 * finds `value` in it, from then on.
 */
#define ARENA_MOVES 8
void arena_move(const struct image *image, uint64_t offset, uint32_t nth, uint32_t value);
bool arena_moved(void); /* has any happened since arena_begin? */

__attribute__((noreturn, format(printf, 1, 2))) void violation(const char *format, ...);

#endif
