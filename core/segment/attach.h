/* From a file descriptor to an attach. Called with the context's lock held. */
#ifndef SHOAL_SEGMENT_ATTACH_H
#define SHOAL_SEGMENT_ATTACH_H

#include "platform/file.h"
#include "segment/segment.h"

/* May a file be a segment, and is its owner acceptable? by_name: it must not have other names. Asked at every open. */
int shoal__judge_file(const struct shoal_stat *stat, const char *name, bool by_name, const shoal_options *options);
/*
 * Owns `fd` and `path` even when it fails. `plan`: the constants of a new file, which is formatted first; NULL: it is a
 * segment.
 */
int shoal__attach_locked(shoal_segment **out, shoal_context *context, const char *name, char *path, int fd,
                         const shoal_options *options, const struct header_sh *plan);
/*
 * Record that the attach was opened by that name, too. It becomes the attach's own name if the present one no longer
 * leads to it. Owns `path`.
 */
int shoal__named_locked(struct shoal_segment *segment, const char *name, char *path);
/* This context's existing attach of that file, or NULL. */
shoal_segment *shoal__attached_locked(shoal_context *context, const struct shoal_stat *stat, bool readonly);

#endif
