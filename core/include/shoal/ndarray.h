/* NdArray. Part of shoal.h. shoal_object_describe gives dtype ("float64"), shape (an array), nbytes. */
#ifndef SHOAL_NDARRAY_H
#define SHOAL_NDARRAY_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

/*
 * Open the array `name`, or create it: zero-filled, 64-byte aligned, C order. SHOAL_EMISMATCH unless dtype and shape
 * are equal. SHOAL_ENOSPACE, whose message has the numbers. shoal_object_open opens an array of any dtype and shape.
 */
SHOAL_API int shoal_array_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                               shoal_dtype dtype, size_t ndim, const int64_t *shape);
/* The whole array; valid while `array` has a reference. SHOAL_ETYPE if the object is no NdArray. */
SHOAL_API int shoal_array_view(shoal_view *out, const shoal_object *array);
/*
 * As shoal_view_assign, where `to` is a view of `array`. `from` may show the same memory at another address, through
 * another attach of the segment in this process (a readonly one, or one of another context): such overlap is
 * recognised, too. Overlap with a mapping of the file that was made without this library is not recognised.
 */
SHOAL_API int shoal_array_assign(const shoal_object *array, const shoal_view *to, const shoal_view *from);
/* If `view` shows memory of the segment through another attach, point it at the same bytes in the attach of `array`. */
SHOAL_API void shoal_array_meet(const shoal_object *array, shoal_view *view);

#endif
