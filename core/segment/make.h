/* Making objects. */
#ifndef SHOAL_SEGMENT_MAKE_H
#define SHOAL_SEGMENT_MAKE_H

#include "segment/lock.h"
#include "segment/object.h"

/* How to make an object that is not there. */
struct shoal_recipe {
    int kind;
    uint64_t size; /* of the body; it is zeroed before `fill` */
    void (*fill)(void *body, const void *argument);
    const void *argument;
};
/* Open, or make and open; any number of processes racing get the same object. */
int shoal__handle_make(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                       const struct shoal_recipe *recipe);

/* A big body in our hands, backed by memory, zeroed if asked. Hand it over in a change, or shoal__big_dispose it. */
int shoal__big_make(shoal_segment *segment, uint64_t size, bool zero, uint32_t *body, struct shoal_turn *turn);

#endif
