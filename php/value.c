/* Values: stored whole, read as a copy. Who reads or stores need not know that a name is one: what is live there is wrapped, or takes the value in. */
#include "value.h"

#include "exceptions.h"
#include "kinds.h"
#include "wire.h"

/* ---- Reading ----------------------------------------------------------------------------------- */

/* What is too large for the buffer. */
struct large {
    size_t size;
    size_t head; /* of a str or bin and nothing else: the bytes before its text; 0: another value */
};

/* What was live when it was looked at: SHOAL_LIVE and its handle; or, if it is a Value by now, its bytes. */
static int open_live(shoal_object **live, shoal_attachment *attachment, zend_string *name, char *bytes, size_t *size)
{
    int status = shoal_object_open(live, attachment->segment, ZSTR_VAL(name), ZSTR_LEN(name));
    if (UNEXPECTED(status == SHOAL_EMISMATCH)) {
        return shoal_object_read(live, attachment->segment, ZSTR_VAL(name), ZSTR_LEN(name), bytes, SHOAL_SCRATCH, size);
    }
    return status < 0 ? status : SHOAL_LIVE;
}

/* Where a string is copied to; the shortest ones have one zend_string for all that are alike. */
struct text {
    zend_string *string; /* NULL: it is in `one` */
    size_t size;
    char one;
};

static void *place_text(void *user, size_t size)
{
    struct text *text = user;
    if (UNEXPECTED(text->string)) { /* the value was replaced meanwhile */
        zend_string_efree(text->string);
    }
    text->size = size;
    text->string = EXPECTED(size > 1) ? zend_string_alloc(size, false) : NULL;
    return text->string ? ZSTR_VAL(text->string) : &text->one;
}

static void give_text(zval *out, struct text *text)
{
    if (UNEXPECTED(!text->string)) {
        ZVAL_STR(out, zend_string_init_fast(&text->one, text->size));
        return;
    }
    ZSTR_VAL(text->string)[text->size] = '\0';
    ZVAL_NEW_STR(out, text->string);
}

/* Not a string alone, or what is too large. */
static int get_decoded(zval *out, shoal_attachment *attachment, zend_string *name, int status, char *bytes,
                       struct large *large)
{
    bool is_str;
    shoal_object *live;
    if (UNEXPECTED(status == SHOAL_LIVE)) {
        status = open_live(&live, attachment, name, bytes, &large->size);
    }
    if (EXPECTED(status == SHOAL_OK)) {
        status = php_shoal_decode(out, bytes, large->size) ? SHOAL_OK : SHOAL_ETYPE;
    } else if (status == SHOAL_LARGER) {
        large->head = shoal_string_head(&is_str, bytes, large->size);
    } else if (status == SHOAL_LIVE) {
        status = php_shoal_wrap(out, attachment, live) ? SHOAL_OK : SHOAL_EMISMATCH;
    }
    return status;
}

/* Through a buffer of the thread's, so that the stack, a fiber's, may be small. Who makes objects may be made to read. */
static int get_small(zval *out, shoal_attachment *attachment, zend_string *name, struct large *large)
{
    bool lent = SHOAL_G(scratch_lent);
    char *bytes = lent ? emalloc(SHOAL_SCRATCH) : SHOAL_G(scratch);
    struct text text = {0};
    SHOAL_G(scratch_lent) = true;
    large->size = SHOAL_G(usual);
    int status = shoal_value_get_string(attachment->segment, ZSTR_VAL(name), ZSTR_LEN(name), bytes, SHOAL_SCRATCH,
                                        &large->size, place_text, &text);
    if (EXPECTED(status == SHOAL_OK && large->size == SHOAL_PLACED)) {
        SHOAL_G(usual) = text.size;
        give_text(out, &text);
    } else {
        SHOAL_G(usual) = large->size;
        if (UNEXPECTED(text.string)) { /* it was one, and was replaced meanwhile */
            zend_string_efree(text.string);
        }
        status = get_decoded(out, attachment, name, status, bytes, large);
    }
    SHOAL_G(scratch_lent) = lent;
    if (UNEXPECTED(lent)) {
        efree(bytes);
    }
    return status;
}

/* A text or byte string is copied once, to where the zend_string has it. SHOAL_LARGER: another value took its place. */
static int get_string(zval *out, shoal_segment *segment, zend_string *name, const struct large *large)
{
    unsigned char head[SHOAL_STRING_HEAD] = {0};
    bool is_str;
    size_t size, capacity = large->size - large->head;
    zend_string *text = zend_string_alloc(capacity, false);
    int status = shoal_value_get_split(segment, ZSTR_VAL(name), ZSTR_LEN(name), head, large->head, ZSTR_VAL(text),
                                       capacity, &size);
    if (status == SHOAL_OK && shoal_string_head(&is_str, head, size) == large->head) {
        ZSTR_LEN(text) = size - large->head;
        ZSTR_VAL(text)[ZSTR_LEN(text)] = '\0';
        ZVAL_NEW_STR(out, text);
        return SHOAL_OK;
    }
    zend_string_efree(text);
    return status < 0 ? status : SHOAL_LARGER;
}

/* SHOAL_LARGER: the same. */
static int get_other(zval *out, shoal_segment *segment, zend_string *name, const struct large *large)
{
    size_t size;
    char *bytes = emalloc(large->size);
    int status = shoal_value_get(segment, ZSTR_VAL(name), ZSTR_LEN(name), bytes, large->size, &size);
    if (status == SHOAL_OK) {
        status = php_shoal_decode(out, bytes, size) ? SHOAL_OK : SHOAL_ETYPE;
    }
    efree(bytes);
    return status < 0 ? status : status == SHOAL_OK ? SHOAL_OK : SHOAL_LARGER;
}

int php_shoal_value_get(zval *out, shoal_attachment *attachment, zend_string *name)
{
    struct large large;
    int status;
    do {
        status = get_small(out, attachment, name, &large);
        if (status == SHOAL_LARGER) {
            status = (large.head ? get_string : get_other)(out, attachment->segment, name, &large);
        }
    } while (UNEXPECTED(status == SHOAL_LARGER)); /* it was replaced meanwhile */
    return status;
}

/* ---- Storing ------------------------------------------------------------------------------------ */

/*
 * Copied once, from where it is. It stays as it is meanwhile: a signal's handler may run, and change the variable. That it is UTF-8
 * the engine may have noted; but not all that changes a string in place (sodium_add) takes that back.
 */
static int put_string(shoal_segment *segment, zend_string *name, zend_string *string)
{
    zend_string_addref(string);
    int status = shoal_value_put_string(segment, ZSTR_VAL(name), ZSTR_LEN(name), SHOAL_STR_OR_BIN, ZSTR_VAL(string),
                                        ZSTR_LEN(string));
    zend_string_release(string);
    return status;
}

static int put_other(shoal_segment *segment, zend_string *name, zval *value)
{
    shoal_writer writer;
    shoal_writer_init(&writer);
    writer.limit = shoal_value_limit(segment);
    int status = SHOAL_OK;
    if (php_shoal_encode(&writer, value)) {
        status = shoal_value_put(segment, ZSTR_VAL(name), ZSTR_LEN(name), writer.bytes, writer.size);
    }
    shoal_writer_free(&writer);
    return status;
}

void php_shoal_value_put(shoal_segment *segment, zend_string *name, zval *value)
{
    ZVAL_DEREF(value);
    if ((Z_TYPE_P(value) == IS_ARRAY || Z_TYPE_P(value) == IS_OBJECT) && php_shoal_assign_live(segment, name, value)) {
        return; /* nothing live takes another type in, and most values are of another */
    }
    int status =
        Z_TYPE_P(value) == IS_STRING ? put_string(segment, name, Z_STR_P(value)) : put_other(segment, name, value);
    if (UNEXPECTED(status < 0)) {
        php_shoal_raise(status);
    }
}

/* No object of PHP's is one. */
shoal_class php_shoal_value_class = {.kind = SHOAL_KIND_VALUE};
