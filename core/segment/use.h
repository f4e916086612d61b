/* The checks with which each use of a handle begins. */
#ifndef SHOAL_SEGMENT_USE_H
#define SHOAL_SEGMENT_USE_H

#include "segment/fork.h"
#include "segment/refuse.h"

static inline int shoal__of_kind(const shoal_object *object, int kind)
{
    return __builtin_expect(object->kind == kind, 1) ? SHOAL_OK : shoal__wrong_kind(object, kind);
}

/*
 * For a use that writes: is the attach for writing, are we a peer (a forked child joins here), is the handle not lost?
 */
static inline int shoal__writable(shoal_object *object)
{
    if (__builtin_expect(object->segment->readonly, 0))
        return shoal__refuse_change(object);
    int status = shoal__here(object->segment);
    return __builtin_expect(status == SHOAL_OK && object->lost, 0) ? shoal__lost(object) : status;
}

/*
 * The same checks for a call that changes the object, with one answer: if it is false, shoal__may_use has the status.
 * For calls of a few nanoseconds: their usual way is then one without other calls.
 */
static inline bool shoal__is_ready(const shoal_object *object, int kind)
{
    const struct shoal_segment *segment = object->segment;
    bool here = load_acquire(&segment->generation) == *object->generation;
    return __builtin_expect(object->kind == kind && here && !segment->readonly && !object->lost, 1);
}

/* For a call that only reads: the kind, are we attached, is the handle not lost? */
static inline int shoal__may_look(const shoal_object *object, int kind)
{
    int status = shoal__of_kind(object, kind);
    if (status == SHOAL_OK)
        status = shoal__here(object->segment);
    shoal__guard_reader(object->segment);
    return __builtin_expect(status == SHOAL_OK && object->lost, 0) ? shoal__lost(object) : status;
}

/* For a call that changes the object: the kind, and shoal__writable. */
static inline int shoal__may_use(shoal_object *object, int kind)
{
    int status = shoal__of_kind(object, kind);
    return status < 0 ? status : shoal__writable(object);
}

#endif
