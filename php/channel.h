/* Shoal\Channel, whose files are channel.c, channel_read.c (Shoal\Frame, foreach) and channel_write.c. */
#ifndef PHP_SHOAL_CHANNEL_H
#define PHP_SHOAL_CHANNEL_H

#include "handle.h"
#include "ndarray.h"
#include "wait.h"

/* Are its frames bytes, of any size up to facts->bytes? Else they are arrays. */
static inline bool php_shoal_is_of_bytes(const shoal_channel_facts *facts)
{
    return facts->frame.dtype.number == 0;
}

/* An NdArray for a frame, which is still to be taken: nothing of PHP's may fail once it is. */
void php_shoal_frame_array(zval *out, const shoal_channel_facts *facts);
/* The frame that it shows from now on is taken over: whatever becomes of the script, it is closed with the last array of it. */
void php_shoal_frame_show(zval *array, const shoal_channel_facts *facts, shoal_frame *frame, uint64_t size,
                          bool readonly);
/* What a frame of `size` bytes at `data` is an array of. */
void php_shoal_frame_view(shoal_view *view, const shoal_channel_facts *facts, void *data, uint64_t size, bool readonly);

/* channel_read.c */
void php_shoal_frame_startup(void);
zend_object_iterator *php_shoal_channel_iterator(zend_class_entry *ce, zval *object, int by_ref);

#endif
