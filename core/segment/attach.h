/* From a file descriptor to an attach. With the context's lock held. */
#ifndef SHOAL_SEGMENT_ATTACH_H
#define SHOAL_SEGMENT_ATTACH_H

#include "platform/file.h"
#include "segment/segment.h"

/* Whether a file may be a segment, and one of this owner's; by_name: nor have other names. Asked at every open. */
int shoal__judge_file(const struct shoal_stat *stat, const char *name, bool by_name, const shoal_options *options);
/* Takes over `fd` and `path` also when it fails. `plan`: of a new file, which is formatted first; NULL: it is a segment. */
int shoal__attach_locked(shoal_segment **out, shoal_context *context, const char *name, char *path, int fd,
                         const shoal_options *options, const struct header_sh *plan);
/* It is opened by that name, too, which it takes for its own if the one it has leads to it no more. Takes over `path`. */
int shoal__named_locked(struct shoal_segment *segment, const char *name, char *path);
/* The attach of that file that this context has already, or NULL. */
shoal_segment *shoal__attached_locked(shoal_context *context, const struct shoal_stat *stat, bool readonly);

#endif
