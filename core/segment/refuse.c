/* Sentences for what a segment, or an attach, does not do. */
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
        return shoal__fail(SHOAL_ECLOSED,
                           "segment \"%s\": this process was forked without it, because no place could be made for it "
                           "before the fork: %s%s%s. "
                           "Its memory may not be touched here; open the segment again in this process",
                           segment->name, segment->why, segment->why_error ? ": " : "",
                           segment->why_error ? strerror(segment->why_error) : "");
    return shoal__fail(
        SHOAL_ECORRUPT,
        "segment \"%s\" was truncated under its readers, or has holes on a full file system: what is gone "
        "reads as zeroes; close it, and have it made anew",
        segment->name);
}
