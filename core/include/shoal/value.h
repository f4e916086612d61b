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
 * shoal_value_get for a language that has places of its own for strings. A value of less than 256 KiB that is one string
 * is copied once, without its head, to where `place` says: then *size is SHOAL_PLACED. `place` gets the string's size. It
 * may be called several times, as the value may be replaced meanwhile: the last call counts, if *size is SHOAL_PLACED, or
 * none. It may return NULL, for SHOAL_ENOMEM, and it may leave by longjmp. *size is also read: so many bytes, as the value
 * before had, say, the processor fetches while it is not known yet how many there are; 0: none. Any number will do.
 */
#define SHOAL_PLACED SIZE_MAX
typedef void *shoal_place(void *user, size_t size);
SHOAL_API int shoal_value_get_string(shoal_segment *segment, const char *name, size_t length, void *buffer,
                                     size_t capacity, size_t *size, shoal_place *place, void *user);
/*
 * Store `size` bytes under `name`, atomically. SHOAL_EMISMATCH if the name is a live object; SHOAL_ENOSPACE, whose
 * message has the numbers, and the old value stays; SHOAL_EREADONLY.
 */
SHOAL_API int shoal_value_put(shoal_segment *segment, const char *name, size_t length, const void *bytes, size_t size);
/*
 * The same for a value that is one string: its `size` bytes, without a head, are copied once, from where they are.
 *   SHOAL_STR          they are text, and the caller knows that they are UTF-8;
 *   SHOAL_BIN          they are bytes;
 *   SHOAL_STR_OR_BIN   they are text if they are UTF-8, which is looked at as they are copied, and else bytes.
 */
enum { SHOAL_STR, SHOAL_BIN, SHOAL_STR_OR_BIN };
SHOAL_API int shoal_value_put_string(shoal_segment *segment, const char *name, size_t length, int type,
                                     const void *bytes, size_t size);
/* The size of the largest value that fits the segment when it is otherwise empty: a `limit` for a shoal_writer. */
SHOAL_API uint64_t shoal_value_limit(const shoal_segment *segment);

#endif
