/* What a segment, an attach or an object refuses to do: a status each, with its sentence. */
#ifndef SHOAL_SEGMENT_REFUSE_H
#define SHOAL_SEGMENT_REFUSE_H

#include "segment/object.h"

/* SHOAL_EREADONLY, with a sentence */
int shoal__refuse_readonly(const struct shoal_segment *segment, const char *what);

/* The result of a readonly call on a damaged segment: it may have read zeroes. */
int shoal__tell_damaged(const struct shoal_segment *segment); /* SHOAL_ECORRUPT, with a sentence */

static inline int shoal__unless_damaged(const struct shoal_segment *segment, int status)
{
    return __builtin_expect(load_relaxed(&segment->damaged), 0) ? shoal__tell_damaged(segment) : status;
}

int shoal__lost(const shoal_object *object);                 /* SHOAL_ECLOSED, with a sentence */
int shoal__refuse_change(const shoal_object *object);        /* SHOAL_EREADONLY, with a sentence */
int shoal__wrong_kind(const shoal_object *object, int kind); /* SHOAL_ETYPE, with a sentence */

#endif
