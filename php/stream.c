/* Shoal\Stream and Shoal\StreamReader. Both have a place, from which messages are read. */
#include "owners.h"
#include "segment.h"
#include "take.h"
#include "wire.h"

#include <unistd.h>

#include "zend_exceptions.h"
#include "zend_interfaces.h"

#include "stream_arginfo.h"

struct shoal_place {
    shoal_cursor cursor;
    uint64_t number; /* of the message that was read last; 0: none was */
};

typedef struct shoal_reader {
    zend_object *stream; /* NULL: never made */
    struct shoal_place place;
    zend_object std;
} shoal_reader;

static shoal_class reader_class;

static shoal_reader *reader_of(zend_object *object)
{
    return (shoal_reader *)((char *)object - offsetof(shoal_reader, std));
}

/* Where to read, and what. `stream` is NULL: never made. */
typedef struct reading {
    shoal_object *stream;
    struct shoal_place *place;
    zval *out;
} reading;

static reading reading_of(zend_object *object, zval *out)
{
    if (object->handlers == &reader_class.handlers) {
        shoal_reader *reader = reader_of(object);
        shoal_object *stream = reader->stream ? php_shoal_handle_of(reader->stream)->object : NULL;
        return (reading){stream, &reader->place, out};
    }
    shoal_handle *handle = php_shoal_handle_of(object);
    return (reading){handle->object, handle->place, out};
}

/* ---- Opening ------------------------------------------------------------------------------------ */

/* Of a damaged stream the first read tells of it. */
static bool begin_at(struct shoal_place *place, const shoal_object *stream, bool from_start)
{
    int status = shoal_stream_reader(&place->cursor, stream, from_start);
    place->number = 0;
    if (status == SHOAL_ECORRUPT || status == SHOAL_EINTR) {
        place->cursor = (shoal_cursor){.next = 1};
        return true;
    }
    php_shoal_raise_unless_thrown(status);
    return status >= 0;
}

static bool wrap(zval *out, shoal_attachment *attachment, shoal_object *object)
{
    struct shoal_place place;
    if (!begin_at(&place, object, false)) {
        shoal_object_close(object);
        return false;
    }
    shoal_handle *handle = php_shoal_handle_make(out, attachment, object);
    handle->place = emalloc(sizeof place);
    *handle->place = place;
    return true;
}

/* $capacity -> bytes, 0 for null: as it is, or as usual. False: an exception. */
static bool capacity_of(uint64_t *capacity, const zend_string *text, zend_long bytes, bool is_null)
{
    *capacity = 0;
    if (is_null) {
        return true;
    }
    if (text) {
        int status = shoal_parse_size(capacity, ZSTR_VAL(text), ZSTR_LEN(text));
        php_shoal_raise_unless_thrown(status);
        return status >= 0;
    }
    if (bytes <= 0) {
        zend_argument_value_error(2, "must be greater than 0");
        return false;
    }
    *capacity = (uint64_t)bytes;
    return true;
}

ZEND_METHOD(Shoal_Segment, stream)
{
    zend_string *name, *text = NULL;
    zend_long bytes = 0;
    bool as_it_is = true;
    uint64_t capacity;
    ZEND_PARSE_PARAMETERS_START(1, 2)
        Z_PARAM_STR(name)
        Z_PARAM_OPTIONAL
        Z_PARAM_STR_OR_LONG_OR_NULL(text, bytes, as_it_is)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_SEGMENT(segment);
    if (!capacity_of(&capacity, text, bytes, as_it_is)) {
        RETURN_THROWS();
    }
    shoal_object *object;
    int status = shoal_stream_open(&object, segment->attachment->segment, ZSTR_VAL(name), ZSTR_LEN(name), capacity);
    if (status < 0) {
        php_shoal_raise(status);
        RETURN_THROWS();
    }
    wrap(return_value, segment->attachment, object);
}

ZEND_METHOD(Shoal_Stream, __unserialize)
{
    HashTable *data;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ARRAY_HT(data)
    ZEND_PARSE_PARAMETERS_END();
    struct shoal_place place;
    shoal_handle *handle = php_shoal_handle_of(Z_OBJ_P(ZEND_THIS));
    if (!php_shoal_handle_unserialize(handle, data)) {
        return;
    }
    if (begin_at(&place, handle->object, false)) {
        handle->place = emalloc(sizeof place);
        *handle->place = place;
        return;
    }
    shoal_object_close(handle->object);
    php_shoal_attachment_release(handle->attachment);
    handle->object = NULL; /* never made */
    handle->attachment = NULL;
}

/* ---- Sending -------------------------------------------------------------------------------------- */

typedef struct sending {
    shoal_object *stream;
    shoal_writer *writer;
    uint64_t number;
} sending;

static int send_until(sending *sending, shoal_time deadline)
{
    return shoal_stream_send(&sending->number, sending->stream, sending->writer->bytes, sending->writer->size,
                             deadline);
}

/* PHP's interrupts, by a wait that is over at once. SHOAL_EINTR: a handler threw. What is to be sent is freed if the script ends. */
static int answer_interrupts(const sending *sending)
{
    volatile int status = SHOAL_EINTR;
    volatile bool left = false;
    zend_try
    {
        status = php_shoal_wait(sending->stream, SHOAL_WAIT_GET, 0, INT64_MAX, SHOAL_NO_WAIT);
    }
    zend_catch
    {
        left = true;
    }
    zend_end_try();
    if (left) {
        shoal_writer_free(sending->writer);
        zend_bailout();
    }
    return status;
}

/* Others are just sending, for long. A child that a handler forks does not send what its parent is about to. */
static int send_in_time(sending *sending, shoal_time deadline)
{
    pid_t caller = getpid();
    int status = SHOAL_EINTR;
    while (status == SHOAL_EINTR && !EG(exception)) {
        status = answer_interrupts(sending);
        if (status != SHOAL_ETIMEDOUT) {
            return status;
        }
        if (getpid() != caller) {
            php_shoal_raise_because(SHOAL_ELOCK, "the parent process began this call, before the fork: call again");
            return SHOAL_ELOCK;
        }
        status = send_until(sending, deadline);
    }
    return status;
}

/* Too large a value is not copied whole before that is said. */
static void say_too_large(const shoal_object *stream, uint64_t limit)
{
    zend_clear_exception();
    php_shoal_raise_because(
        SHOAL_EVALUE,
        "stream \"%s\": the value takes more than the limit of one message, %llu bytes: half of its "
        "capacity of %llu bytes",
        shoal_object_name(stream, &(size_t){0}), (unsigned long long)limit,
        (unsigned long long)shoal_stream_capacity(stream));
}

static void send_value(zval *out, shoal_object *stream, zval *value, shoal_time deadline)
{
    shoal_writer writer;
    sending sending = {stream, &writer, 0};
    shoal_writer_init(&writer);
    writer.limit = shoal_stream_limit(stream);
    if (php_shoal_encode(&writer, value)) {
        int status = send_until(&sending, SHOAL_GLANCE);
        if (UNEXPECTED(status == SHOAL_ETIMEDOUT || status == SHOAL_EINTR)) {
            status = send_in_time(&sending, deadline);
        }
        php_shoal_raise_unless_thrown(status);
        ZVAL_LONG(out, (zend_long)sending.number);
    } else if (writer.limit && writer.status == SHOAL_ENOSPACE) {
        say_too_large(stream, writer.limit);
    }
    shoal_writer_free(&writer);
}

ZEND_METHOD(Shoal_Stream, send)
{
    zval *value;
    double timeout = 0;
    bool forever = true;
    ZEND_PARSE_PARAMETERS_START(1, 2)
        Z_PARAM_ZVAL(value)
        Z_PARAM_OPTIONAL
        Z_PARAM_DOUBLE_OR_NULL(timeout, forever)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    SHOAL_DEADLINE(deadline, timeout, forever, 2);
    if (php_shoal_succeeded(shoal_object_usable(handle->object))) {
        send_value(return_value, handle->object, value, deadline);
    }
}

/* ---- Reading -------------------------------------------------------------------------------------- */

/* Through a buffer of the thread's, so that the stack, a fiber's, may be small; it has nothing between two attempts. */
static char *borrow(bool *lent)
{
    *lent = SHOAL_G(scratch_lent);
    SHOAL_G(scratch_lent) = true;
    return *lent ? emalloc(SHOAL_SCRATCH) : SHOAL_G(scratch);
}

static void give_back(char *buffer, bool lent)
{
    SHOAL_G(scratch_lent) = lent;
    if (UNEXPECTED(lent)) {
        efree(buffer);
    }
}

/* The place has moved on before the value is made: one that PHP cannot hold is told once. */
static int take_over(const reading *reading, const char *bytes, const shoal_message *message)
{
    reading->place->number = message->number;
    return php_shoal_decode(reading->out, bytes, message->size) ? SHOAL_OK : SHOAL_ETYPE; /* thrown */
}

/* It may be written over meanwhile, and another be next; SHOAL_EINTR: so quickly that there is none just now. */
static int read_large(const reading *reading, size_t size)
{
    shoal_message message;
    char *bytes = NULL;
    int status = SHOAL_LARGER;
    while (status == SHOAL_LARGER) {
        bytes = erealloc(bytes, size);
        status = shoal_stream_read(&message, &reading->place->cursor, reading->stream, bytes, size, SHOAL_GLANCE);
        size = message.size;
    }
    if (status == SHOAL_OK) {
        status = take_over(reading, bytes, &message);
    }
    efree(bytes);
    return status == SHOAL_ETIMEDOUT ? SHOAL_EINTR : status;
}

static int read_once(const reading *reading, shoal_time deadline)
{
    shoal_message message;
    bool lent;
    char *buffer = borrow(&lent);
    int status = shoal_stream_read(&message, &reading->place->cursor, reading->stream, buffer, SHOAL_SCRATCH, deadline);
    if (EXPECTED(status == SHOAL_OK)) {
        status = take_over(reading, buffer, &message);
    }
    give_back(buffer, lent);
    return UNEXPECTED(status == SHOAL_LARGER) ? read_large(reading, message.size) : status;
}

static void say_none_came(const reading *reading)
{
    php_shoal_raise_because(SHOAL_ETIMEDOUT, "stream \"%s\": message %llu did not come in time",
                            shoal_object_name(reading->stream, &(size_t){0}),
                            (unsigned long long)reading->place->cursor.next);
}

static bool is_over(shoal_time deadline)
{
    return deadline != SHOAL_FOREVER && shoal_now() >= deadline;
}

/* One wait a message, so that who waits is seen to, also by a signal's handler that runs meanwhile. */
static int read_or_wait(const reading *reading, shoal_time deadline)
{
    int status = read_once(reading, SHOAL_FIRST_LOOK(deadline));
    while (UNEXPECTED(status == SHOAL_ETIMEDOUT || status == SHOAL_EINTR)) {
        if (is_over(deadline)) {
            return SHOAL_ETIMEDOUT;
        }
        status =
            php_shoal_wait(reading->stream, SHOAL_WAIT_GET, 0, (int64_t)(reading->place->cursor.next - 1), deadline);
        if (status < 0) {
            return status;
        }
        status = read_once(reading, SHOAL_GLANCE);
    }
    return status;
}

/* False: an exception. */
static bool read_in_time(const reading *reading, shoal_time deadline)
{
    int status = read_or_wait(reading, deadline);
    if (UNEXPECTED(status == SHOAL_ETIMEDOUT)) {
        say_none_came(reading);
    } else {
        php_shoal_raise_unless_thrown(status);
    }
    return status >= 0;
}

static zend_always_inline void read_here(INTERNAL_FUNCTION_PARAMETERS)
{
    shoal_time deadline;
    if (UNEXPECTED(!php_shoal_take_deadline(execute_data, &deadline))) {
        RETURN_THROWS();
    }
    reading reading = reading_of(Z_OBJ_P(ZEND_THIS), return_value);
    if (UNEXPECTED(!reading.stream)) {
        php_shoal_raise_closed(Z_OBJ_P(ZEND_THIS));
        RETURN_THROWS();
    }
    read_in_time(&reading, deadline);
}

ZEND_METHOD(Shoal_Stream, read)
{
    read_here(INTERNAL_FUNCTION_PARAM_PASSTHRU);
}

ZEND_METHOD(Shoal_StreamReader, read)
{
    read_here(INTERNAL_FUNCTION_PARAM_PASSTHRU);
}

ZEND_METHOD(Shoal_Stream, reader)
{
    bool from_start = false;
    ZEND_PARSE_PARAMETERS_START(0, 1)
        Z_PARAM_OPTIONAL
        Z_PARAM_BOOL(from_start)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    struct shoal_place place;
    if (!begin_at(&place, handle->object, from_start)) {
        RETURN_THROWS();
    }
    object_init_ex(return_value, reader_class.ce);
    shoal_reader *reader = reader_of(Z_OBJ_P(return_value));
    reader->stream = &handle->std;
    GC_ADDREF(reader->stream);
    reader->place = place;
}

/* ---- foreach --------------------------------------------------------------------------------------- */

/* It reads on from the place of its object; what it has read is current until it moves forward. */
typedef struct messages_iterator {
    zend_object_iterator it;
    zval current; /* UNDEF: not read yet */
    zend_long number;
} messages_iterator;

static void forget_current(zend_object_iterator *it)
{
    messages_iterator *messages = (messages_iterator *)it;
    zval_ptr_dtor(&messages->current);
    ZVAL_UNDEF(&messages->current);
}

static void iterator_free(zend_object_iterator *it)
{
    forget_current(it);
    zval_ptr_dtor(&it->data);
}

static int iterator_valid(zend_object_iterator *it)
{
    messages_iterator *messages = (messages_iterator *)it;
    zval value;
    if (!Z_ISUNDEF(messages->current)) {
        return SUCCESS;
    }
    reading reading = reading_of(Z_OBJ(it->data), &value);
    if (!reading.stream) {
        php_shoal_raise_closed(Z_OBJ(it->data));
        return FAILURE;
    }
    if (!read_in_time(&reading, SHOAL_FOREVER)) {
        return FAILURE;
    }
    ZVAL_COPY_VALUE(&messages->current, &value);
    messages->number = (zend_long)reading.place->number;
    return SUCCESS;
}

/* It may be asked for before anybody asked whether it is there. */
static zval *iterator_current(zend_object_iterator *it)
{
    return iterator_valid(it) == SUCCESS ? &((messages_iterator *)it)->current : NULL;
}

static void iterator_key(zend_object_iterator *it, zval *key)
{
    ZVAL_LONG(key, iterator_valid(it) == SUCCESS ? ((messages_iterator *)it)->number : 0);
}

static const zend_object_iterator_funcs iterator_functions = {
    .dtor = iterator_free,
    .valid = iterator_valid,
    .get_current_data = iterator_current,
    .get_current_key = iterator_key,
    .move_forward = forget_current,
    .rewind = forget_current,
    .invalidate_current = forget_current,
};

static zend_object_iterator *messages_of(zend_class_entry *ce, zval *object, int by_ref)
{
    if (by_ref) {
        zend_throw_error(NULL, "An iterator cannot be used with foreach by reference");
        return NULL;
    }
    messages_iterator *messages = emalloc(sizeof *messages);
    zend_iterator_init(&messages->it);
    ZVAL_OBJ_COPY(&messages->it.data, Z_OBJ_P(object));
    messages->it.funcs = &iterator_functions;
    ZVAL_UNDEF(&messages->current);
    messages->number = 0;
    return &messages->it;
}

ZEND_METHOD(Shoal_Stream, getIterator)
{
    ZEND_PARSE_PARAMETERS_NONE();
    zend_create_internal_iterator_zval(return_value, ZEND_THIS);
}

/* ---- Properties ---------------------------------------------------------------------------------- */

SHOAL_HANDLE_GETTER(capacity, ZVAL_LONG(out, (zend_long)shoal_stream_capacity(handle->object)))
SHOAL_HANDLE_GETTER(limit, ZVAL_LONG(out, (zend_long)shoal_stream_limit(handle->object)))

static bool get_end(zend_object *object, zval *out, bool newest)
{
    const shoal_handle *handle = php_shoal_handle_of(object);
    uint64_t first, last;
    if (!php_shoal_handle_usable(handle)) {
        return false;
    }
    int status = shoal_stream_numbers(&first, &last, handle->object);
    if (status < 0) {
        php_shoal_raise_unless_thrown(status);
        return false;
    }
    ZVAL_LONG(out, (zend_long)(newest ? last : first));
    return true;
}

static bool get_oldest(zend_object *object, zval *out)
{
    return get_end(object, out, false);
}

static bool get_newest(zend_object *object, zval *out)
{
    return get_end(object, out, true);
}

static bool get_missed(zend_object *object, zval *out)
{
    const reading reading = reading_of(object, out);
    if (!reading.stream) {
        return false;
    }
    ZVAL_LONG(out, (zend_long)reading.place->cursor.missed);
    return true;
}

static bool get_number(zend_object *object, zval *out)
{
    const reading reading = reading_of(object, out);
    if (!reading.stream) {
        return false;
    }
    ZVAL_LONG(out, (zend_long)reading.place->number);
    return true;
}

static bool get_stream(zend_object *object, zval *out)
{
    zend_object *stream = reader_of(object)->stream;
    if (!stream) {
        return false;
    }
    ZVAL_OBJ_COPY(out, stream);
    return true;
}

static const shoal_property properties[] = {
    SHOAL_PROPERTY("name", php_shoal_handle_name),
    SHOAL_PROPERTY("readonly", php_shoal_handle_readonly),
    SHOAL_PROPERTY("capacity", get_capacity),
    SHOAL_PROPERTY("limit", get_limit),
    SHOAL_PROPERTY("oldest", get_oldest),
    SHOAL_PROPERTY("newest", get_newest),
    SHOAL_PROPERTY("missed", get_missed),
    SHOAL_PROPERTY("number", get_number),
    SHOAL_PROPERTY("waiters", php_shoal_handle_waiters),
    SHOAL_PROPERTY_END,
};

static const shoal_property properties_of_readers[] = {
    SHOAL_PROPERTY("stream", get_stream),
    SHOAL_PROPERTY("missed", get_missed),
    SHOAL_PROPERTY("number", get_number),
    SHOAL_PROPERTY_END,
};

/* ---- The classes ----------------------------------------------------------------------------------- */

static zend_object *create_reader(zend_class_entry *ce)
{
    shoal_reader *reader = zend_object_alloc(sizeof *reader, ce);
    zend_object_std_init(&reader->std, ce);
    object_properties_init(&reader->std, ce);
    reader->std.handlers = &reader_class.handlers;
    return &reader->std;
}

static void free_reader(zend_object *object)
{
    shoal_reader *reader = reader_of(object);
    if (reader->stream) {
        OBJ_RELEASE(reader->stream);
    }
    zend_object_std_dtor(object);
}

static void startup(shoal_class *class)
{
    zend_class_entry *ce = register_class_Shoal_Stream(zend_ce_aggregate);
    ce->get_iterator = messages_of;
    php_shoal_handle_startup(class, ce);
    ce = register_class_Shoal_StreamReader(zend_ce_aggregate);
    ce->get_iterator = messages_of;
    ce->create_object = create_reader;
    php_shoal_class_startup(&reader_class, ce, offsetof(shoal_reader, std));
    reader_class.properties = properties_of_readers;
    reader_class.handlers.free_obj = free_reader;
}

shoal_class php_shoal_stream_class = {
    .kind = SHOAL_KIND_STREAM,
    .properties = properties,
    .startup = startup,
    .wrap = wrap,
};
