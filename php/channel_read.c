/* Reading a Shoal\Channel: Shoal\Frame, and foreach. */
#include "channel.h"

#include "wire.h"

#include "zend_exceptions.h"
#include "zend_interfaces.h"

#include "frame_arginfo.h"

/* ---- Frame -------------------------------------------------------------------------------------- */

typedef struct frame_object {
    zend_long number, missed;
    double time;
    bool of_bytes, copied;
    zval array; /* keeps the memory. UNDEF: never made */
    zend_object std;
} frame_object;

static shoal_class frame_class;

static frame_object *frame_of(zend_object *object)
{
    return (frame_object *)((char *)object - offsetof(frame_object, std));
}

static zend_object *create_object(zend_class_entry *ce)
{
    frame_object *frame = zend_object_alloc(sizeof *frame, ce);
    zend_object_std_init(&frame->std, ce);
    object_properties_init(&frame->std, ce);
    frame->std.handlers = &frame_class.handlers;
    ZVAL_UNDEF(&frame->array);
    return &frame->std;
}

static void free_object(zend_object *object)
{
    zval_ptr_dtor(&frame_of(object)->array);
    zend_object_std_dtor(object);
}

ZEND_METHOD(Shoal_Frame, __construct)
{
    ZEND_PARSE_PARAMETERS_NONE();
}

#define FRAME_GETTER(name, setting)                                                                                    \
    static bool get_##name(zend_object *object, zval *out)                                                             \
    {                                                                                                                  \
        const frame_object *frame = frame_of(object);                                                                  \
        if (Z_ISUNDEF(frame->array)) {                                                                                 \
            return false;                                                                                              \
        }                                                                                                              \
        setting;                                                                                                       \
        return true;                                                                                                   \
    }

FRAME_GETTER(number, ZVAL_LONG(out, frame->number))
FRAME_GETTER(time, ZVAL_DOUBLE(out, frame->time))
FRAME_GETTER(missed, ZVAL_LONG(out, frame->missed))
FRAME_GETTER(array, ZVAL_COPY(out, &frame->array))
FRAME_GETTER(copied, ZVAL_BOOL(out, frame->copied))

/* What was sent, decoded; or a copy. */
static bool get_value(zend_object *object, zval *out)
{
    const frame_object *frame = frame_of(object);
    if (Z_ISUNDEF(frame->array)) {
        return false;
    }
    shoal_ndarray *array = php_shoal_ndarray_of(Z_OBJ(frame->array));
    if (!php_shoal_ndarray_here(array)) {
        php_shoal_ndarray_raise(array);
        return false;
    }
    if (frame->of_bytes) {
        return php_shoal_decode(out, array->view.data, php_shoal_view_nbytes(&array->view));
    }
    php_shoal_ndarray_detached(out, &array->view);
    return true;
}

static const shoal_property properties[] = {
    SHOAL_PROPERTY("number", get_number),
    SHOAL_PROPERTY("time", get_time),
    SHOAL_PROPERTY("missed", get_missed),
    SHOAL_PROPERTY("array", get_array),
    SHOAL_PROPERTY("value", get_value),
    SHOAL_PROPERTY("copied", get_copied),
    SHOAL_PROPERTY_END,
};

static shoal_class frame_class = {.properties = properties};

void php_shoal_frame_startup(void)
{
    zend_class_entry *ce = register_class_Shoal_Frame();
    ce->create_object = create_object;
    php_shoal_class_startup(&frame_class, ce, offsetof(frame_object, std));
    frame_class.handlers.free_obj = free_object;
}

/* ---- Taking one --------------------------------------------------------------------------------- */

/* What a reader wants: the newest, whatever is older; or, of what is newer than a number that it has seen. */
typedef struct wanted {
    bool first, copy;
    zend_long newer_than; /* 0 with `first` */
} wanted;

static uint64_t floor_of(const wanted *wanted)
{
    return wanted->first ? SHOAL_NEWEST : (uint64_t)wanted->newer_than;
}

/* After the greatest number comes 1 again. */
static uint32_t gone_by(zend_long before, zend_long number)
{
    return (uint32_t)(number - before) - 1 - (number <= before);
}

/* Read it out of `array`. */
static void make_frame(zval *out, shoal_handle *handle, const shoal_channel_facts *facts, const wanted *wanted,
                       zval *array, uint64_t number, uint64_t time)
{
    object_init_ex(out, frame_class.ce);
    frame_object *frame = frame_of(Z_OBJ_P(out));
    frame->number = (zend_long)number;
    frame->time = (double)time / 1e9;
    frame->missed = wanted->first ? 0 : gone_by(wanted->newer_than, (zend_long)number);
    frame->of_bytes = php_shoal_is_of_bytes(facts);
    frame->copied = php_shoal_ndarray_of(Z_OBJ_P(array))->memory != NULL;
    ZVAL_COPY_VALUE(&frame->array, array);
    handle->missed += frame->missed;
}

static int take_pinned(zval *out, shoal_handle *handle, const shoal_channel_facts *facts, const wanted *wanted)
{
    shoal_frame *frame;
    zval array;
    php_shoal_frame_array(&array, facts);
    int status = shoal_channel_pin(&frame, handle->object, floor_of(wanted));
    if (status < 0) {
        zval_ptr_dtor(&array);
        return status;
    }
    uint64_t number = shoal_frame_number(frame), time = shoal_frame_time(frame);
    php_shoal_frame_show(&array, facts, frame, shoal_frame_size(frame), true);
    if (wanted->copy) {
        zval pinned;
        ZVAL_COPY_VALUE(&pinned, &array);
        php_shoal_ndarray_detached(&array, &php_shoal_ndarray_of(Z_OBJ(pinned))->view);
        zval_ptr_dtor(&pinned);
    }
    make_frame(out, handle, facts, wanted, &array, number, time);
    return SHOAL_OK;
}

/* Who may not pin has a copy that the core has made sure of. */
static int take_unpinned(zval *out, shoal_handle *handle, const shoal_channel_facts *facts, const wanted *wanted)
{
    uint64_t number, time;
    size_t size = facts->bytes;
    shoal_view view;
    zval array;
    object_init_ex(&array, php_shoal_ndarray_class.ce);
    shoal_ndarray *copy = php_shoal_ndarray_of(Z_OBJ(array));
    php_shoal_frame_view(&view, facts, NULL, size, false);
    int status = php_shoal_ndarray_make_private(copy, view.dtype, view.ndim, view.shape) ? SHOAL_OK : SHOAL_EVALUE;
    if (status >= 0) {
        status = shoal_channel_copy(copy->view.data, size, &size, &number, &time, handle->object, floor_of(wanted));
    }
    if (status != SHOAL_OK) {
        zval_ptr_dtor(&array);
        return status;
    }
    php_shoal_frame_view(&copy->view, facts, copy->view.data, size, false);
    make_frame(out, handle, facts, wanted, &array, number, time);
    return SHOAL_OK;
}

static int take(zval *out, shoal_handle *handle, const wanted *wanted)
{
    shoal_channel_facts facts;
    int status = shoal_channel_facts_of(&facts, handle->object);
    if (status < 0) {
        return status;
    }
    return (shoal_object_readonly(handle->object) ? take_unpinned : take_pinned)(out, handle, &facts, wanted);
}

/* Within the time, or SHOAL_ETIMEDOUT. Others may be quicker to write over the frame that was waited for: there is a newer one then. */
static int take_until(zval *out, shoal_handle *handle, const wanted *wanted, shoal_time deadline)
{
    int status;
    while ((status = take(out, handle, wanted)) == SHOAL_ETIMEDOUT && deadline != SHOAL_NO_WAIT) {
        status = php_shoal_wait(handle->object, SHOAL_WAIT_FRAME, 0, wanted->newer_than, deadline);
        if (status < 0) {
            return status;
        }
    }
    return status;
}

ZEND_METHOD(Shoal_Channel, read)
{
    double timeout = 0;
    bool forever = true;
    wanted wanted = {.first = true};
    ZEND_PARSE_PARAMETERS_START(0, 3)
        Z_PARAM_OPTIONAL
        Z_PARAM_LONG_OR_NULL(wanted.newer_than, wanted.first)
        Z_PARAM_DOUBLE_OR_NULL(timeout, forever)
        Z_PARAM_BOOL(wanted.copy)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    SHOAL_DEADLINE(deadline, timeout, forever, 2);
    if (wanted.newer_than < 0 || wanted.newer_than > UINT32_MAX) {
        zend_argument_value_error(1, "must be null or the number of a frame");
        RETURN_THROWS();
    }
    php_shoal_succeeded(take_until(return_value, handle, &wanted, deadline));
}

/* ---- foreach: one after the other, without an end ----------------------------------------------------- */

typedef struct frames_iterator {
    zend_object_iterator it;
    zend_long last; /* the number of the newest that it gave; 0: none yet */
    zval current;   /* UNDEF: not read yet */
} frames_iterator;

static void forget_current(zend_object_iterator *it)
{
    frames_iterator *frames = (frames_iterator *)it;
    zval_ptr_dtor(&frames->current);
    ZVAL_UNDEF(&frames->current);
}

static void iterator_free(zend_object_iterator *it)
{
    forget_current(it);
    zval_ptr_dtor(&it->data);
}

static int iterator_valid(zend_object_iterator *it)
{
    frames_iterator *frames = (frames_iterator *)it;
    shoal_handle *handle = php_shoal_handle_of(Z_OBJ(it->data));
    if (Z_ISUNDEF(frames->current)) {
        wanted wanted = {.first = frames->last == 0, .newer_than = frames->last};
        int status = take_until(&frames->current, handle, &wanted, SHOAL_FOREVER);
        if (status < 0) {
            ZVAL_UNDEF(&frames->current);
            php_shoal_raise_unless_thrown(status);
            return FAILURE;
        }
        frames->last = frame_of(Z_OBJ(frames->current))->number;
    }
    return SUCCESS;
}

static zval *iterator_current(zend_object_iterator *it)
{
    return iterator_valid(it) == SUCCESS ? &((frames_iterator *)it)->current : NULL;
}

static void iterator_key(zend_object_iterator *it, zval *key)
{
    iterator_valid(it); /* it may be asked for before anybody asked for the frame */
    ZVAL_LONG(key, ((frames_iterator *)it)->last);
}

static void iterator_rewind(zend_object_iterator *it)
{
    forget_current(it);
    ((frames_iterator *)it)->last = 0;
}

static const zend_object_iterator_funcs iterator_functions = {
    .dtor = iterator_free,
    .valid = iterator_valid,
    .get_current_data = iterator_current,
    .get_current_key = iterator_key,
    .move_forward = forget_current,
    .rewind = iterator_rewind,
    .invalidate_current = forget_current,
};

zend_object_iterator *php_shoal_channel_iterator(zend_class_entry *ce, zval *object, int by_ref)
{
    if (by_ref) {
        zend_throw_error(NULL, "An iterator cannot be used with foreach by reference");
        return NULL;
    }
    if (!php_shoal_handle_of(Z_OBJ_P(object))->object) {
        php_shoal_raise_closed(Z_OBJ_P(object));
        return NULL;
    }
    frames_iterator *frames = emalloc(sizeof *frames);
    zend_iterator_init(&frames->it);
    ZVAL_OBJ_COPY(&frames->it.data, Z_OBJ_P(object));
    frames->it.funcs = &iterator_functions;
    frames->last = 0;
    ZVAL_UNDEF(&frames->current);
    return &frames->it;
}

ZEND_METHOD(Shoal_Channel, getIterator)
{
    ZEND_PARSE_PARAMETERS_NONE();
    zend_create_internal_iterator_zval(return_value, ZEND_THIS);
}
