/* Value: stored whole, replaced whole, read as a copy. Part of shoal.h. */
#ifndef SHOAL_VALUE_H
#define SHOAL_VALUE_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

/*
 * Copy the stored bytes (one MessagePack item) of `name` into `buffer`.
 *   SHOAL_OK      *size bytes are in buffer; they are one version, never a mixture.
 *   SHOAL_LARGER  *size > capacity: buffer has the first capacity bytes; call again with at least *size.
 *   SHOAL_LIVE    the name is a live object: shoal_object_open.
 *   SHOAL_ENOKEY  there is none.
 * Never waits for a writer, alive or dead. No system call for values under 255 KiB; a readonly attach has larger ones
 * copied by the kernel.
 */
SHOAL_API int shoal_value_get(shoal_segment *segment, const char *name, size_t length, void *buffer, size_t capacity,
                              size_t *size);
/*
 * Store `size` bytes under `name`, atomically. SHOAL_EMISMATCH if the name is a live object;
 * SHOAL_ENOSPACE with the numbers, and the old value stays; SHOAL_EREADONLY.
 */
SHOAL_API int shoal_value_put(shoal_segment *segment, const char *name, size_t length, const void *bytes, size_t size);
/* No value has more bytes, though nothing else were in the segment: the limit of a writer. */
SHOAL_API uint64_t shoal_value_limit(const shoal_segment *segment);

#endif
