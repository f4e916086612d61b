/* Creating objects. */
#ifndef SHOAL_SEGMENT_MAKE_H
#define SHOAL_SEGMENT_MAKE_H

#include "segment/lock.h"
#include "segment/object.h"

/* How to create an object that does not exist. */
struct shoal_recipe {
    int kind;
    uint64_t size; /* of the body, which is zeroed before `fill` */
    void (*fill)(void *body, const void *argument);
    const void *argument;
};
/* Open the object, or create and open it; any number of racing processes get the same one. */
int shoal__handle_make(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                       const struct shoal_recipe *recipe);

/*
 * Allocate a big body that this peer owns privately, backed by memory, filled so, or with zeroes (NULL). The caller
 * hands it over (shoal__big_hand_over_locked) in a change, or frees it by shoal__big_dispose.
 */
struct shoal_filling;
int shoal__big_make(shoal_segment *segment, uint64_t size, const struct shoal_filling *filling, uint32_t *body,
                    struct shoal_turn *turn);

#endif
