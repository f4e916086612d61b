/* Errors for what a segment, an attach or an object refuses to do: each sets its sentence and returns its status. */
#ifndef SHOAL_SEGMENT_REFUSE_H
#define SHOAL_SEGMENT_REFUSE_H

#include "segment/object.h"

/* SHOAL_EREADONLY, with a sentence */
int shoal__refuse_readonly(const struct shoal_segment *segment, const char *what);

/* For a segment that was damaged under its readers, or that this child was born without. */
int shoal__tell_damaged(const struct shoal_segment *segment); /* SHOAL_ECORRUPT or SHOAL_ECLOSED, with a sentence */

/* The end of a call that reads: `status`, unless pages were lost meanwhile, so that it may have read zeroes. */
static inline int shoal__unless_damaged(const struct shoal_segment *segment, int status)
{
    return __builtin_expect(load_relaxed(&segment->damaged), 0) ? shoal__tell_damaged(segment) : status;
}

int shoal__lost(const shoal_object *object);                 /* SHOAL_ECLOSED, with a sentence */
int shoal__refuse_change(const shoal_object *object);        /* SHOAL_EREADONLY, with a sentence */
int shoal__wrong_kind(const shoal_object *object, int kind); /* SHOAL_ETYPE, with a sentence */

#endif
