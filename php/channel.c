/* Shoal\Channel: frames, the newest of which any number of readers have without a copy. What reads is in channel_read.c, what writes in channel_write.c. */
#include "channel.h"

#include "owners.h"
#include "segment.h"

#include "zend_interfaces.h"

#include "channel_arginfo.h"

/* ---- The memory of a frame ---------------------------------------------------------------------- */

typedef struct frame_lease {
    shoal_lease lease;
    shoal_frame *frame;
} frame_lease;

/* Unpins it, or drops what was not published. */
static void end_lease(shoal_lease *lease)
{
    shoal_frame *frame = ((frame_lease *)lease)->frame;
    if (frame) {
        shoal_frame_close(frame);
    }
    efree(lease);
}

static void raise_lost(shoal_lease *lease)
{
    php_shoal_raise_unless_thrown(shoal_frame_usable(((frame_lease *)lease)->frame));
}

void php_shoal_frame_array(zval *out, const shoal_channel_facts *facts)
{
    static const bool not_lost;
    shoal_view view;
    frame_lease *made = emalloc(sizeof *made);
    made->lease = (shoal_lease){.lost = &not_lost, .end = end_lease, .raise = raise_lost};
    made->frame = NULL;
    php_shoal_frame_view(&view, facts, NULL, 0, true);
    php_shoal_ndarray_leased(out, &made->lease, &view);
}

void php_shoal_frame_show(zval *array, const shoal_channel_facts *facts, shoal_frame *frame, uint64_t size,
                          bool readonly)
{
    shoal_ndarray *shown = php_shoal_ndarray_of(Z_OBJ_P(array));
    ((frame_lease *)shown->lease)->frame = frame;
    shown->lost = shown->lease->lost = shoal_frame_lost(frame);
    php_shoal_frame_view(&shown->view, facts, shoal_frame_data(frame), size, readonly);
}

void php_shoal_frame_view(shoal_view *view, const shoal_channel_facts *facts, void *data, uint64_t size, bool readonly)
{
    if (php_shoal_is_of_bytes(facts)) {
        int64_t length = (int64_t)size;
        shoal_view_init(view, &size, (shoal_dtype){SHOAL_UINT8, 1}, 1, &length);
    } else {
        *view = facts->frame;
    }
    view->data = data;
    view->readonly = readonly;
}

/* ---- Opening ------------------------------------------------------------------------------------ */

/* What of the arguments was given, and not null. */
typedef struct asked {
    HashTable *shape;
    zend_string *dtype, *bytes_text, *capacity_text;
    zend_long slots, history, bytes, capacity;
    bool no_slots, no_history, no_bytes, no_capacity;
} asked;

enum { SHAPE = 2, DTYPE, SLOTS, HISTORY, BYTES, CAPACITY }; /* the numbers of these arguments */

static bool set_count(uint32_t *out, zend_long count, bool is_null, uint32_t argument)
{
    if (!is_null && (count < 1 || count > UINT32_MAX)) {
        zend_argument_value_error(argument, "must be greater than 0");
        return false;
    }
    *out = is_null ? 0 : (uint32_t)count;
    return true;
}

static bool set_bytes(uint64_t *out, const asked *asked)
{
    if (asked->no_bytes) {
        return true;
    }
    if (asked->bytes_text) {
        int status = shoal_parse_size(out, ZSTR_VAL(asked->bytes_text), ZSTR_LEN(asked->bytes_text));
        php_shoal_raise_unless_thrown(status);
        return status >= 0;
    }
    if (asked->bytes < 1) {
        zend_argument_value_error(BYTES, "must be greater than 0");
        return false;
    }
    *out = (uint64_t)asked->bytes;
    return true;
}

/* `dtype` is told apart, since without a shape it describes nothing to be made. */
static bool set_frame(shoal_channel_options *options, int64_t *shape, shoal_dtype *dtype, const asked *asked)
{
    if (asked->shape && !asked->no_bytes) {
        zend_argument_value_error(BYTES, "must be null beside a shape, which says how many there are");
        return false;
    }
    *dtype = (shoal_dtype){SHOAL_FLOAT64, 8};
    int status = asked->dtype ? shoal_dtype_parse(dtype, ZSTR_VAL(asked->dtype), ZSTR_LEN(asked->dtype)) : SHOAL_OK;
    if (status < 0 || !asked->shape) {
        php_shoal_raise_unless_thrown(status);
        return status >= 0;
    }
    int ndim = php_shoal_shape_of(shape, asked->shape, SHAPE);
    options->dtype = *dtype;
    options->ndim = (size_t)ndim;
    options->shape = shape;
    return ndim >= 0;
}

static bool set_options(shoal_channel_options *options, int64_t *shape, shoal_dtype *dtype, const asked *asked)
{
    shoal_channel_options_init(options);
    return set_frame(options, shape, dtype, asked) && set_bytes(&options->bytes, asked) &&
           set_count(&options->slots, asked->slots, asked->no_slots, SLOTS) &&
           set_count(&options->history, asked->history, asked->no_history, HISTORY);
}

/* A dtype without a shape: insist on it. */
static int check_dtype(shoal_object *channel, shoal_dtype wanted)
{
    char there[16], asked[16];
    shoal_channel_facts facts;
    int status = shoal_channel_facts_of(&facts, channel);
    shoal_dtype found = facts.frame.dtype;
    if (status < 0 || (found.number == wanted.number && found.itemsize == wanted.itemsize)) {
        return status;
    }
    php_shoal_raise_because(SHOAL_EMISMATCH, "the frames of the channel \"%s\" are of %s, not of %s",
                            shoal_object_name(channel, NULL), found.number ? shoal_dtype_name(found, there) : "bytes",
                            shoal_dtype_name(wanted, asked));
    return SHOAL_EMISMATCH;
}

/* channel($name, capacity: …): a stream of values, which is another kind. */
static void open_stream(zval *out, zend_object *segment, zend_string *name, const asked *asked)
{
    zval arguments[2];
    if (asked->shape || asked->dtype || !asked->no_slots || !asked->no_history || !asked->no_bytes) {
        zend_argument_value_error(
            CAPACITY, "must be null beside what describes frames: with a capacity it is a stream of values");
        return;
    }
    ZVAL_STR(&arguments[0], name);
    if (asked->capacity_text) {
        ZVAL_STR(&arguments[1], asked->capacity_text);
    } else {
        ZVAL_LONG(&arguments[1], asked->capacity);
    }
    zend_function *method = zend_hash_str_find_ptr(&segment->ce->function_table, "stream", sizeof("stream") - 1);
    if (method) {
        zend_call_known_instance_method(method, segment, out, 2, arguments);
    } else {
        zend_argument_value_error(CAPACITY, "must be null: this version has no streams");
    }
}

ZEND_METHOD(Shoal_Segment, channel)
{
    zend_string *name;
    asked asked = {.no_slots = true, .no_history = true, .no_bytes = true, .no_capacity = true};
    ZEND_PARSE_PARAMETERS_START(1, 7)
        Z_PARAM_STR(name)
        Z_PARAM_OPTIONAL
        Z_PARAM_ARRAY_HT_OR_NULL(asked.shape)
        Z_PARAM_STR_OR_NULL(asked.dtype)
        Z_PARAM_LONG_OR_NULL(asked.slots, asked.no_slots)
        Z_PARAM_LONG_OR_NULL(asked.history, asked.no_history)
        Z_PARAM_STR_OR_LONG_OR_NULL(asked.bytes_text, asked.bytes, asked.no_bytes)
        Z_PARAM_STR_OR_LONG_OR_NULL(asked.capacity_text, asked.capacity, asked.no_capacity)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_SEGMENT(segment);
    if (!asked.no_capacity) {
        open_stream(return_value, Z_OBJ_P(ZEND_THIS), name, &asked);
        return;
    }
    int64_t shape[SHOAL_MAX_DIMS];
    shoal_dtype dtype;
    shoal_channel_options options;
    shoal_object *object;
    if (!set_options(&options, shape, &dtype, &asked)) {
        RETURN_THROWS();
    }
    int status = shoal_channel_open(&object, segment->attachment->segment, ZSTR_VAL(name), ZSTR_LEN(name), &options);
    if (status >= 0 && asked.dtype && !asked.shape && (status = check_dtype(object, dtype)) < 0) {
        shoal_object_close(object);
    }
    if (status < 0) {
        php_shoal_raise_unless_thrown(status);
        RETURN_THROWS();
    }
    php_shoal_handle_make(return_value, segment->attachment, object);
}

/* ---- Properties ------------------------------------------------------------------------------------ */

/* get_name, for SHOAL_PROPERTY: `setting` sets `out` from `facts`, which do not change. */
#define FACT_GETTER(name, setting)                                                                                     \
    static bool get_##name(zend_object *object, zval *out)                                                             \
    {                                                                                                                  \
        const shoal_handle *handle = php_shoal_handle_of(object);                                                      \
        shoal_channel_facts facts;                                                                                     \
        if (!handle->object || !php_shoal_succeeded(shoal_channel_facts_of(&facts, handle->object))) {                 \
            return false;                                                                                              \
        }                                                                                                              \
        setting;                                                                                                       \
        return true;                                                                                                   \
    }

static void shape_of(zval *out, const shoal_channel_facts *facts)
{
    ZVAL_NULL(out);
    if (!php_shoal_is_of_bytes(facts)) {
        php_shoal_lengths_to_zval(out, facts->frame.shape, facts->frame.ndim);
    }
}

static void dtype_of(zval *out, const shoal_channel_facts *facts)
{
    char name[16];
    ZVAL_NULL(out);
    if (!php_shoal_is_of_bytes(facts)) {
        ZVAL_STRING(out, shoal_dtype_name(facts->frame.dtype, name));
    }
}

FACT_GETTER(shape, shape_of(out, &facts))
FACT_GETTER(dtype, dtype_of(out, &facts))
FACT_GETTER(bytes, ZVAL_LONG(out, (zend_long)facts.bytes))
FACT_GETTER(slots, ZVAL_LONG(out, facts.slots))
FACT_GETTER(history, ZVAL_LONG(out, facts.history))
SHOAL_HANDLE_GETTER(newest, ZVAL_LONG(out, (zend_long)shoal_channel_newest(handle->object)))
SHOAL_HANDLE_GETTER(dropped, ZVAL_LONG(out, (zend_long)shoal_channel_dropped(handle->object)))
SHOAL_HANDLE_GETTER(missed, ZVAL_LONG(out, handle->missed))

static const shoal_property properties[] = {
    SHOAL_PROPERTY("name", php_shoal_handle_name),
    SHOAL_PROPERTY("shape", get_shape),
    SHOAL_PROPERTY("dtype", get_dtype),
    SHOAL_PROPERTY("bytes", get_bytes),
    SHOAL_PROPERTY("slots", get_slots),
    SHOAL_PROPERTY("history", get_history),
    SHOAL_PROPERTY("newest", get_newest),
    SHOAL_PROPERTY("missed", get_missed),
    SHOAL_PROPERTY("dropped", get_dropped),
    SHOAL_PROPERTY("readonly", php_shoal_handle_readonly),
    SHOAL_PROPERTY("waiters", php_shoal_handle_waiters),
    SHOAL_PROPERTY_END,
};

static void startup(shoal_class *class)
{
    zend_class_entry *ce = register_class_Shoal_Channel(zend_ce_aggregate);
    php_shoal_handle_startup(class, ce);
    ce->get_iterator = php_shoal_channel_iterator;
    php_shoal_frame_startup();
}

shoal_class php_shoal_channel_class = {
    .kind = SHOAL_KIND_CHANNEL,
    .properties = properties,
    .startup = startup,
    .wrap = php_shoal_handle_wrap,
};
