/* Counter: a signed 64-bit integer, changed atomically. Part of shoal.h. shoal_object_describe gives value. */
#ifndef SHOAL_COUNTER_H
#define SHOAL_COUNTER_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

/* `initial` is used only when the counter is created. */
SHOAL_API int shoal_counter_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                                 int64_t initial);
SHOAL_API int shoal_counter_value(int64_t *out, const shoal_object *counter);
/*
 * A value beyond 2^61 in size takes the structure's lock the first time, and may end with SHOAL_EINTR then; that
 * counter's additions are a compare-and-swap from then on. Before that one of at most 2^16 in size is a fetch_add.
 *
 * SHOAL_EOVERFLOW when the sum does not fit into 64 bits; the counter then keeps its value.
 */
SHOAL_API int shoal_counter_add(int64_t *out, shoal_object *counter, int64_t n); /* *out: the new value */
SHOAL_API int shoal_counter_sub(int64_t *out, shoal_object *counter, int64_t n);
SHOAL_API int shoal_counter_exchange(int64_t *out, shoal_object *counter, int64_t value); /* *out: the old value */
SHOAL_API int shoal_counter_compare_exchange(bool *out, shoal_object *counter, int64_t expected, int64_t desired);
/*
 * Wait until the value differs from `differs_from`: SHOAL_OK, SHOAL_ETIMEDOUT, SHOAL_EINTR. Works through a readonly
 * attach.
 */
SHOAL_API int shoal_counter_wait(const shoal_object *counter, int64_t differs_from, shoal_time deadline);

#endif
