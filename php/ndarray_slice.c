/* $a->slice(…): ranges of an NdArray's dimensions. */
#include "ndarray.h"

#include "exceptions.h"

typedef struct shoal_range {
    bool has_start, has_stop;
    int64_t start, stop, step;
} shoal_range;

static bool range_of(shoal_range *out, HashTable *table)
{
    zval *each;
    uint32_t position = 0;
    bool is_list = zend_array_is_list(table);
    *out = (shoal_range){.step = 1};
    ZEND_HASH_FOREACH_VAL(table, each) {
        ZVAL_DEREF(each);
        bool given = Z_TYPE_P(each) == IS_LONG;
        if (!is_list || position == 3 || (!given && Z_TYPE_P(each) != IS_NULL)) {
            zend_type_error("A range must be [start, stop] or [start, stop, step], each an int or null");
            return false;
        }
        if (given) {
            *(position == 0 ? &out->start : position == 1 ? &out->stop : &out->step) = Z_LVAL_P(each);
            out->has_start |= position == 0;
            out->has_stop |= position == 1;
        }
        position++;
    }
    ZEND_HASH_FOREACH_END();
    if (out->step == 0) {
        zend_value_error("The step of a range must not be 0");
    }
    return out->step != 0;
}

static int64_t clip(int64_t position, int64_t length, int64_t lowest, int64_t highest)
{
    if (position < 0) {
        position += length;
    }
    return MAX(lowest, MIN(position, highest));
}

/* Python's rules: negative counts from the end, what lies outside is clipped. */
static int apply_range(shoal_view *view, uint32_t axis, shoal_range *range)
{
    int64_t length = view->shape[axis], count = 0;
    if (range->step > 0) {
        range->start = range->has_start ? clip(range->start, length, 0, length) : 0;
        range->stop = range->has_stop ? clip(range->stop, length, 0, length) : length;
        if (range->start < range->stop) {
            count = (range->stop - range->start - 1) / range->step + 1;
        }
    } else {
        range->step = MAX(range->step, -INT64_MAX); /* its negative exists */
        range->start = range->has_start ? clip(range->start, length, -1, length - 1) : length - 1;
        range->stop = range->has_stop ? clip(range->stop, length, -1, length - 1) : -1;
        if (range->start > range->stop) {
            count = (range->start - range->stop - 1) / -range->step + 1;
        }
    }
    return count ? shoal_view_slice(view, axis, range->start, range->step, count)
                 : shoal_view_slice(view, axis, 0, 1, 0);
}

/* Only `index` of the dimension, and the dimension goes. */
static int drop_axis(shoal_view *view, uint32_t axis, int64_t index)
{
    int64_t length = view->shape[axis];
    if (index < -length || index >= length) {
        php_shoal_raise_because(SHOAL_EINDEX, "index %" PRId64 " is out of range for dimension %u of length %" PRId64,
                                index, axis, length);
        return SHOAL_EINDEX;
    }
    int status = shoal_view_slice(view, axis, index < 0 ? index + length : index, 1, 1);
    view->ndim--;
    for (uint32_t i = axis; i < view->ndim; i++) {
        view->shape[i] = view->shape[i + 1];
        view->strides[i] = view->strides[i + 1];
    }
    return status;
}

bool php_shoal_slice(shoal_view *view, zval *ranges, uint32_t count)
{
    uint32_t axis = 0;
    if (count > view->ndim) {
        php_shoal_raise_because(SHOAL_EINDEX, "too many ranges for an array of %u dimensions", view->ndim);
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        shoal_range range;
        zval *each = &ranges[i];
        int status = SHOAL_OK;
        ZVAL_DEREF(each);
        if (Z_TYPE_P(each) == IS_LONG) {
            status = drop_axis(view, axis, Z_LVAL_P(each));
            axis--;
        } else if (Z_TYPE_P(each) == IS_ARRAY && zend_hash_num_elements(Z_ARRVAL_P(each)) > 0) {
            if (!range_of(&range, Z_ARRVAL_P(each))) {
                return false;
            }
            status = apply_range(view, axis, &range);
        } else if (Z_TYPE_P(each) != IS_ARRAY && Z_TYPE_P(each) != IS_NULL) {
            zend_argument_type_error(i + 1, "must be of type array|int|null, %s given", zend_zval_type_name(each));
            return false;
        }
        if (status < 0) {
            php_shoal_raise_unless_thrown(status);
            return false;
        }
        axis++;
    }
    return true;
}
