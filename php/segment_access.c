/* $segment["name"]: reading, assigning, isset, unset, count, foreach. */
#include "php_segment.h"
#include "php_ndarray.h"

#include "zend_exceptions.h"
#include "zend_interfaces.h"

/* ---- Reading ----------------------------------------------------------------------------------- */

/*
 * A large text or byte string is copied once: with its MessagePack head into the last bytes of a zend_string's length,
 * so that what follows the head lies where the string wants it. The length is set afterwards.
 */
#define HEAD_MAX 5 /* 0xdb or 0xc6, and four bytes of length */
_Static_assert(offsetof(zend_string, val) - offsetof(zend_string, len) >= HEAD_MAX, "the head fits the length");

static size_t head_size(size_t size)
{
    return size <= UINT16_MAX + 3 ? 3 : HEAD_MAX;
}

/* Is it one str or bin with a head of that size and nothing else? */
static bool is_text(const unsigned char *bytes, size_t size, size_t head)
{
    uint32_t length = head == 3
                          ? (uint32_t)bytes[1] << 8 | bytes[2]
                          : (uint32_t)bytes[1] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 8 | bytes[4];
    bool kind = head == 3 ? bytes[0] == 0xda || bytes[0] == 0xc5 : bytes[0] == 0xdb || bytes[0] == 0xc6;
    return kind && length == size - head;
}

/* Makes a zval of what was read; takes over `text`. */
static int finish_large(zval *out, zend_string *text, size_t size, size_t head)
{
    const char *bytes = ZSTR_VAL(text) - head;
    if (is_text((const unsigned char *)bytes, size, head)) {
        ZSTR_LEN(text) = size - head;
        ZSTR_VAL(text)[ZSTR_LEN(text)] = '\0';
        ZVAL_NEW_STR(out, text);
        return SHOAL_OK;
    }
    int status = php_shoal_decode(out, bytes, size) ? SHOAL_OK : SHOAL_ETYPE;
    zend_string_efree(text);
    return status;
}

/* A value that was larger than the buffer when it was looked at; it may have been replaced since. */
static int get_large(zval *out, shoal_segment *segment, zend_string *name, size_t size)
{
    for (;;) {
        size_t capacity = size, head = head_size(size);
        zend_string *text = zend_string_alloc(capacity, false);
        int status = shoal_value_get(segment, ZSTR_VAL(name), ZSTR_LEN(name), ZSTR_VAL(text) - head, capacity, &size);
        if (status == SHOAL_OK) {
            return finish_large(out, text, size, head);
        }
        zend_string_efree(text);
        if (status != SHOAL_LARGER) {
            return status;
        }
    }
}

static int get_live(zval *out, shoal_attachment *attachment, zend_string *name)
{
    shoal_object *object;
    int status = shoal_object_open(&object, attachment->segment, ZSTR_VAL(name), ZSTR_LEN(name));
    if (status < 0) {
        return status;
    }
    return php_shoal_wrap(out, attachment, object) ? SHOAL_OK : SHOAL_EMISMATCH;
}

/* Through a buffer of the thread's, so that the stack, a fiber's, may be small. Who makes objects may be made to read. */
static int get_small(zval *out, shoal_segment *segment, zend_string *name, size_t *size)
{
    bool lent = SHOAL_G(scratch_lent);
    char *bytes = lent ? emalloc(SHOAL_SCRATCH) : SHOAL_G(scratch);
    SHOAL_G(scratch_lent) = true;
    int status = shoal_value_get(segment, ZSTR_VAL(name), ZSTR_LEN(name), bytes, SHOAL_SCRATCH, size);
    if (EXPECTED(status == SHOAL_OK) && !php_shoal_decode(out, bytes, *size)) {
        status = SHOAL_ETYPE;
    }
    SHOAL_G(scratch_lent) = lent;
    if (UNEXPECTED(lent)) {
        efree(bytes);
    }
    return status;
}

/* SHOAL_EMISMATCH without an exception: a value took its place since it was found live. */
static int get_once(zval *out, shoal_attachment *attachment, zend_string *name)
{
    size_t size;
    int status = get_small(out, attachment->segment, name, &size);
    if (status == SHOAL_LARGER) {
        status = get_large(out, attachment->segment, name, size);
    }
    return status == SHOAL_LIVE ? get_live(out, attachment, name) : status;
}

int php_shoal_segment_get(zval *out, shoal_segment_object *segment, zend_string *name)
{
    int status;
    do {
        status = get_once(out, segment->attachment, name);
    } while (UNEXPECTED(status == SHOAL_EMISMATCH) && !EG(exception));
    return status;
}

/* ---- Offsets ------------------------------------------------------------------------------------ */

/* The segment, if it is open and `offset` a string; else an exception. */
static shoal_segment_object *enter(zend_object *object, zval **offset)
{
    shoal_segment_object *segment = php_shoal_segment_of(object);
    if (UNEXPECTED(!segment->attachment)) {
        php_shoal_raise_closed(object);
        return NULL;
    }
    if (UNEXPECTED(!*offset)) {
        zend_throw_error(NULL, "Cannot append to a Shoal\\Segment: its objects have names");
        return NULL;
    }
    ZVAL_DEREF(*offset);
    if (UNEXPECTED(Z_TYPE_P(*offset) != IS_STRING)) {
        zend_type_error("The name of an object must be of type string, %s given", zend_zval_type_name(*offset));
        return NULL;
    }
    return segment;
}

static zval *read_dimension(zend_object *object, zval *offset, int type, zval *rv)
{
    shoal_segment_object *segment = enter(object, &offset);
    if (!segment) {
        return NULL;
    }
    int status = php_shoal_segment_get(rv, segment, Z_STR_P(offset));
    if (EXPECTED(status >= 0)) {
        if (UNEXPECTED(type != BP_VAR_R && type != BP_VAR_IS && Z_TYPE_P(rv) != IS_OBJECT)) {
            zval_ptr_dtor(rv);
            php_shoal_raise_copy("A value read from a segment");
            return NULL;
        }
        return rv;
    }
    if (status == SHOAL_ENOKEY && type == BP_VAR_IS) {
        ZVAL_NULL(rv);
        return rv;
    }
    php_shoal_raise_unless_thrown(status);
    return NULL;
}

/* ---- Assigning ---------------------------------------------------------------------------------- */

static bool is_array_like(zval *value)
{
    return Z_TYPE_P(value) == IS_ARRAY || (Z_TYPE_P(value) == IS_OBJECT && Z_OBJCE_P(value) == php_shoal_ce_ndarray);
}

/* The NdArray of that name, or NULL: there is none, or none any more since it was found; or an exception. */
static shoal_object *open_ndarray(shoal_segment *segment, zend_string *name)
{
    shoal_object *object = NULL;
    if (shoal_object_find(segment, ZSTR_VAL(name), ZSTR_LEN(name)) != SHOAL_KIND_NDARRAY) {
        return NULL;
    }
    int status = shoal_object_open(&object, segment, ZSTR_VAL(name), ZSTR_LEN(name));
    if (status < 0 && status != SHOAL_ENOKEY && status != SHOAL_EMISMATCH) {
        php_shoal_raise(status);
    }
    if (status < 0 || shoal_object_kind(object) == SHOAL_KIND_NDARRAY) {
        return status < 0 ? NULL : object;
    }
    shoal_object_close(object);
    return NULL;
}

/* Copy an array into the live NdArray. */
static void assign_to_ndarray(shoal_object *object, zend_string *name, zval *value)
{
    shoal_view view;
    int status = shoal_array_view(&view, object);
    if (status < 0) {
        php_shoal_raise(status);
    } else if (Z_TYPE_P(value) == IS_OBJECT && !php_shoal_same_dtype(&view, value)) {
        php_shoal_raise_because(SHOAL_EMISMATCH, "\"%s\" is an NdArray of another dtype: use assign() to convert",
                                ZSTR_VAL(name));
    } else {
        php_shoal_view_assign(object, &view, value);
    }
}

static void write_dimension(zend_object *object, zval *offset, zval *value)
{
    shoal_segment_object *segment = enter(object, &offset);
    if (!segment) {
        return;
    }
    shoal_segment *core = segment->attachment->segment;
    zend_string *name = Z_STR_P(offset);
    ZVAL_DEREF(value);
    shoal_object *array = is_array_like(value) ? open_ndarray(core, name) : NULL;
    if (array) {
        assign_to_ndarray(array, name, value);
        shoal_object_close(array);
    }
    if (array || EG(exception)) {
        return;
    }
    shoal_writer writer;
    shoal_writer_init(&writer);
    writer.limit = shoal_value_limit(core);
    int status = SHOAL_OK;
    if (php_shoal_encode(&writer, value)) {
        status = shoal_value_put(core, ZSTR_VAL(name), ZSTR_LEN(name), writer.bytes, writer.size);
    }
    shoal_writer_free(&writer);
    if (UNEXPECTED(status < 0)) {
        php_shoal_raise(status);
    }
}

/* ---- isset, unset, count --------------------------------------------------------------------------- */

/* isset(): is there such a name? empty(): is its value falsy? */
static int has_dimension(zend_object *object, zval *offset, int check_empty)
{
    shoal_segment_object *segment = enter(object, &offset);
    if (!segment) {
        return 0;
    }
    zend_string *name = Z_STR_P(offset);
    int kind = shoal_object_find(segment->attachment->segment, ZSTR_VAL(name), ZSTR_LEN(name));
    if (kind < 0 && kind != SHOAL_ENOKEY) {
        php_shoal_raise(kind);
    }
    if (kind <= 0 || !check_empty) {
        return kind > 0;
    }
    zval value;
    int status = php_shoal_segment_get(&value, segment, name);
    if (status < 0) {
        if (status != SHOAL_ENOKEY) {
            php_shoal_raise_unless_thrown(status);
        }
        return 0;
    }
    int truthy = zend_is_true(&value);
    zval_ptr_dtor(&value);
    return truthy;
}

/* As with arrays: what is not there is unset already. */
static void unset_dimension(zend_object *object, zval *offset)
{
    shoal_segment_object *segment = enter(object, &offset);
    if (!segment) {
        return;
    }
    zend_string *name = Z_STR_P(offset);
    int status = shoal_object_remove(segment->attachment->segment, ZSTR_VAL(name), ZSTR_LEN(name));
    if (status < 0 && status != SHOAL_ENOKEY) {
        php_shoal_raise(status);
    }
}

static zend_result count_elements(zend_object *object, zend_long *out)
{
    const shoal_attachment *attachment = php_shoal_segment_of(object)->attachment;
    uint64_t count;
    if (!attachment) {
        php_shoal_raise_closed(object);
        return FAILURE;
    }
    int status = shoal_object_count(&count, attachment->segment);
    if (status < 0) {
        php_shoal_raise(status);
        return FAILURE;
    }
    *out = (zend_long)count;
    return SUCCESS;
}

/* The methods do what the handlers do: for callers that name them, and for reflection. */
ZEND_METHOD(Shoal_Segment, offsetExists)
{
    zval *offset;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ZVAL(offset)
    ZEND_PARSE_PARAMETERS_END();
    RETURN_BOOL(has_dimension(Z_OBJ_P(ZEND_THIS), offset, 0));
}

ZEND_METHOD(Shoal_Segment, offsetGet)
{
    zval *offset;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ZVAL(offset)
    ZEND_PARSE_PARAMETERS_END();
    read_dimension(Z_OBJ_P(ZEND_THIS), offset, BP_VAR_R, return_value);
}

ZEND_METHOD(Shoal_Segment, offsetSet)
{
    zval *offset, *value;
    ZEND_PARSE_PARAMETERS_START(2, 2)
        Z_PARAM_ZVAL(offset)
        Z_PARAM_ZVAL(value)
    ZEND_PARSE_PARAMETERS_END();
    write_dimension(Z_OBJ_P(ZEND_THIS), offset, value);
}

ZEND_METHOD(Shoal_Segment, offsetUnset)
{
    zval *offset;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ZVAL(offset)
    ZEND_PARSE_PARAMETERS_END();
    unset_dimension(Z_OBJ_P(ZEND_THIS), offset);
}

ZEND_METHOD(Shoal_Segment, count)
{
    ZEND_PARSE_PARAMETERS_NONE();
    zend_long count;
    if (count_elements(Z_OBJ_P(ZEND_THIS), &count) == FAILURE) {
        RETURN_THROWS();
    }
    RETURN_LONG(count);
}

void php_shoal_segment_access_init(zend_object_handlers *handlers)
{
    handlers->read_dimension = read_dimension;
    handlers->write_dimension = write_dimension;
    handlers->has_dimension = has_dimension;
    handlers->unset_dimension = unset_dimension;
    handlers->count_elements = count_elements;
}

/* ---- foreach ---------------------------------------------------------------------------------------- */

/* Over the names as they were at the start; what was removed since is left out. */
typedef struct names_iterator {
    zend_object_iterator it;
    zval names; /* list of string */
    uint32_t position;
    zval current; /* UNDEF: not read yet */
} names_iterator;

static void forget_current(zend_object_iterator *it)
{
    names_iterator *names = (names_iterator *)it;
    zval_ptr_dtor(&names->current);
    ZVAL_UNDEF(&names->current);
}

static void iterator_free(zend_object_iterator *it)
{
    names_iterator *names = (names_iterator *)it;
    forget_current(it);
    zval_ptr_dtor(&names->names);
    zval_ptr_dtor(&names->it.data);
}

/* Read the value at the position, moving on over names that are gone. */
static int iterator_valid(zend_object_iterator *it)
{
    names_iterator *names = (names_iterator *)it;
    shoal_segment_object *segment = php_shoal_segment_of(Z_OBJ(it->data));
    zval *name;
    while (Z_ISUNDEF(names->current) && !EG(exception)) {
        if (!segment->attachment) {
            php_shoal_raise_closed(&segment->std);
            return FAILURE;
        }
        name = Z_TYPE(names->names) == IS_ARRAY ? zend_hash_index_find(Z_ARRVAL(names->names), names->position) : NULL;
        if (!name) {
            return FAILURE;
        }
        int status = php_shoal_segment_get(&names->current, segment, Z_STR_P(name));
        if (status < 0) {
            ZVAL_UNDEF(&names->current);
        }
        if (status == SHOAL_ENOKEY) {
            names->position++;
        } else {
            php_shoal_raise_unless_thrown(status);
        }
    }
    return EG(exception) ? FAILURE : SUCCESS;
}

/* It may be asked for before anybody asked whether it is there. */
static zval *iterator_current(zend_object_iterator *it)
{
    return iterator_valid(it) == SUCCESS ? &((names_iterator *)it)->current : NULL;
}

static void iterator_key(zend_object_iterator *it, zval *key)
{
    names_iterator *names = (names_iterator *)it;
    zval *name =
        Z_TYPE(names->names) == IS_ARRAY ? zend_hash_index_find(Z_ARRVAL(names->names), names->position) : NULL;
    if (name) {
        ZVAL_COPY(key, name);
    } else {
        ZVAL_NULL(key);
    }
}

static void iterator_forward(zend_object_iterator *it)
{
    forget_current(it);
    ((names_iterator *)it)->position++;
}

static void iterator_rewind(zend_object_iterator *it)
{
    names_iterator *names = (names_iterator *)it;
    shoal_segment_object *segment = php_shoal_segment_of(Z_OBJ(it->data));
    forget_current(it);
    zval_ptr_dtor(&names->names);
    ZVAL_UNDEF(&names->names);
    names->position = 0;
    if (segment->attachment) {
        php_shoal_segment_names(&names->names, segment->attachment->segment);
    }
}

static const zend_object_iterator_funcs iterator_functions = {
    .dtor = iterator_free,
    .valid = iterator_valid,
    .get_current_data = iterator_current,
    .get_current_key = iterator_key,
    .move_forward = iterator_forward,
    .rewind = iterator_rewind,
    .invalidate_current = forget_current,
};

zend_object_iterator *php_shoal_segment_iterator(zend_class_entry *ce, zval *object, int by_ref)
{
    if (by_ref) {
        zend_throw_error(NULL, "An iterator cannot be used with foreach by reference");
        return NULL;
    }
    names_iterator *names = emalloc(sizeof *names);
    zend_iterator_init(&names->it);
    ZVAL_OBJ_COPY(&names->it.data, Z_OBJ_P(object));
    names->it.funcs = &iterator_functions;
    names->position = 0;
    ZVAL_UNDEF(&names->names);
    ZVAL_UNDEF(&names->current);
    return &names->it;
}

ZEND_METHOD(Shoal_Segment, getIterator)
{
    ZEND_PARSE_PARAMETERS_NONE();
    zend_create_internal_iterator_zval(return_value, ZEND_THIS);
}
