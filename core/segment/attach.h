/* From a file descriptor to an attach. Called with the context's lock held. */
#ifndef SHOAL_SEGMENT_ATTACH_H
#define SHOAL_SEGMENT_ATTACH_H

#include "platform/file.h"
#include "segment/segment.h"

/*
 * May the file be a segment, and is its owner acceptable? Called at every open. by_name: the file was opened by a name,
 * and must not have others (hard links).
 */
int shoal__judge_file(const struct shoal_stat *stat, const char *name, bool by_name, const shoal_options *options);
/*
 * Owns `fd` and `path` even when it fails. `stat`: of that file, as it was judged. `plan`: the constants of a new file, which is formatted before it is
 * attached; NULL: the file is a segment already.
 */
int shoal__attach_locked(shoal_segment **out, shoal_context *context, const char *name, char *path, int fd,
                         const struct shoal_stat *stat, const shoal_options *options, const struct header_sh *plan);
/*
 * The attach was opened once more, by `name`. If the attach's present name does not lead to the file any more, `name`
 * and `path` replace it; else they are ignored. Owns `path`; NULL: it was opened through a descriptor.
 */
int shoal__named_locked(struct shoal_segment *segment, const char *name, char *path);
/* This context's existing attach of that file, or NULL. */
shoal_segment *shoal__attached_locked(shoal_context *context, const struct shoal_stat *stat, bool readonly);

#endif
