/* Value: stored and replaced as a whole, read as a copy. Part of shoal.h. */
#ifndef SHOAL_VALUE_H
#define SHOAL_VALUE_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

/*
 * Copy the stored bytes (one MessagePack item) of `name` into `buffer`.
 *   SHOAL_OK      *size bytes are in buffer; they are one version, never a mixture.
 *   SHOAL_LARGER  *size > capacity: buffer has the first capacity bytes; call again with at least *size.
 *   SHOAL_LIVE    the name is a live object: call shoal_object_open, or shoal_object_read in the first place.
 *   SHOAL_ENOKEY  there is no object of that name.
 * Never waits for a writer, alive or dead. No system call for values under 255 KiB; through a readonly attach the
 * kernel copies larger ones.
 */
SHOAL_API int shoal_value_get(shoal_segment *segment, const char *name, size_t length, void *buffer, size_t capacity,
                              size_t *size);
/*
 * The same with the first `head_size` bytes in `head` and the others in `rest`, which has room for `capacity`: for a
 * large string, whose text is to be read without its MessagePack head (shoal_string_head). SHOAL_LARGER: *size >
 * head_size + capacity.
 */
SHOAL_API int shoal_value_get_split(shoal_segment *segment, const char *name, size_t length, void *head,
                                    size_t head_size, void *rest, size_t capacity, size_t *size);
/*
 * Store `size` bytes under `name`, atomically. SHOAL_EMISMATCH if the name is a live object; SHOAL_ENOSPACE, whose
 * message has the numbers, and the old value stays; SHOAL_EREADONLY.
 */
SHOAL_API int shoal_value_put(shoal_segment *segment, const char *name, size_t length, const void *bytes, size_t size);
/* The size of the largest value that fits the segment when it is otherwise empty: a `limit` for a shoal_writer. */
SHOAL_API uint64_t shoal_value_limit(const shoal_segment *segment);

#endif
