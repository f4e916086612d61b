/* Sentences for what a segment, an attach or an object refuses to do. */
#include "segment/refuse.h"

#include <string.h>

#include "value/status.h"

int shoal__refuse_readonly(const struct shoal_segment *segment, const char *what)
{
    return shoal__fail(SHOAL_EREADONLY, "segment \"%s\" is attached readonly: %s through it; open it without readonly",
                       segment->name, what);
}

int shoal__tell_damaged(const struct shoal_segment *segment)
{
    if (load_relaxed(&segment->damaged) == SHOAL__STILLBORN)
        return shoal__fail(
            SHOAL_ECLOSED,
            "segment \"%s\": this process was forked without it, because its parent could not attach the child before "
            "the fork: %s%s%s. The segment's memory may not be accessed here; open the segment again in this process",
            segment->name, segment->why, segment->why_error ? ": " : "",
            segment->why_error ? strerror(segment->why_error) : "");
    return shoal__fail(SHOAL_ECORRUPT,
                       "segment \"%s\" was truncated under its readers, or has holes on a full file system: lost pages "
                       "read as zeroes; close it, and have it created anew",
                       segment->name);
}

/* ---- Of an object ---- */

int shoal__lost(const shoal_object *object)
{
    return shoal__fail(SHOAL_ECLOSED,
                       "\"%s\" of segment \"%s\" was opened by the parent of this process, and this process may not "
                       "use it: open it again",
                       object->name, object->segment->name);
}

int shoal__wrong_kind(const shoal_object *object, int kind)
{
    return shoal__fail(SHOAL_ETYPE, "\"%s\" is %s, not %s", object->name, shoal_kind_phrase(object->kind),
                       shoal_kind_phrase(kind));
}

int shoal__refuse_change(const shoal_object *object)
{
    return shoal__refuse_readonly(object->segment, "an object can't be changed");
}
