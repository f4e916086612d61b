/* From a file descriptor to an attach, and back. With the context's lock held. */
#ifndef SHOAL_SEGMENT_ATTACH_H
#define SHOAL_SEGMENT_ATTACH_H

#include "platform/file.h"
#include "segment/segment.h"

/* The constants of a header, judged against the file's size: SHOAL_OK, SHOAL_ECORRUPT, SHOAL_EVERSION. */
int shoal__header_read(struct shoal_geometry *out, const struct header_sh *header, uint64_t file_size,
                       const char *name);
/* The header of an open file, judged so, as it is at a moment when nobody writes it. */
int shoal__header_take(struct header_sh *header, struct shoal_geometry *is, int fd, uint64_t file_size,
                       const char *name);
/* Fill in the constants of a new header for a file of about `size` bytes. */
int shoal__header_plan(struct header_sh *header, uint64_t size, uint32_t lifetime);
uint32_t shoal__header_sum(const struct header_sh *header);
#define FIRST_COMMIT 4096u /* bytes of the roster and of the table of pages that a new segment has */
/* Make an empty segment of what is mapped and zero: the header as planned, the heap one free run. */
void shoal__header_write(struct shoal_segment *segment, const struct header_sh *plan);

/* Whether a file may be a segment, and one of this owner's; by_name: nor have other names. Asked at every open. */
int shoal__judge_file(const struct shoal_stat *stat, const char *name, bool by_name, const shoal_options *options);
/* Takes over `fd` and `path` also when it fails. `plan`: of a new file, which is formatted first; NULL: it is a segment. */
int shoal__attach_locked(shoal_segment **out, shoal_context *context, const char *name, char *path, int fd,
                         const shoal_options *options, const struct header_sh *plan);
/*
 * A new segment, attached, for a file `path` that gets that name later: shoal__file_settle. `temporary`: the name that it has till
 * then, where a file must have one, else "".
 */
int shoal__create_nameless(shoal_segment **out, char *temporary, size_t capacity, shoal_context *context,
                           const char *path, const shoal_options *options);
/* It is opened by that name, too, which it takes for its own if the one it has leads to it no more. Takes over `path`. */
int shoal__named_locked(struct shoal_segment *segment, const char *name, char *path);
/* The attach of that file that this context has already, or NULL. */
shoal_segment *shoal__attached_locked(shoal_context *context, const struct shoal_stat *stat, bool readonly);

#endif
