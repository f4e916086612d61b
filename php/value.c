/* Values: stored whole, read as a copy. A name may be read before it is known to be a Value: else what is live there is wrapped. */
#include "value.h"

#include "exceptions.h"
#include "kinds.h"
#include "wire.h"

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

int php_shoal_value_get(zval *out, shoal_attachment *attachment, zend_string *name)
{
    int status;
    do {
        status = get_once(out, attachment, name);
    } while (UNEXPECTED(status == SHOAL_EMISMATCH) && !EG(exception));
    return status;
}

/* ---- Storing ------------------------------------------------------------------------------------ */

void php_shoal_value_put(shoal_segment *segment, zend_string *name, zval *value)
{
    ZVAL_DEREF(value);
    if ((Z_TYPE_P(value) == IS_ARRAY || Z_TYPE_P(value) == IS_OBJECT) && php_shoal_assign_live(segment, name, value)) {
        return; /* nothing live takes another type in, and most values are of another */
    }
    shoal_writer writer;
    shoal_writer_init(&writer);
    writer.limit = shoal_value_limit(segment);
    int status = SHOAL_OK;
    if (php_shoal_encode(&writer, value)) {
        status = shoal_value_put(segment, ZSTR_VAL(name), ZSTR_LEN(name), writer.bytes, writer.size);
    }
    shoal_writer_free(&writer);
    if (UNEXPECTED(status < 0)) {
        php_shoal_raise(status);
    }
}
