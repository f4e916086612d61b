/* Writing a Shoal\Channel. */
#include "channel.h"

#include "wire.h"

/* ---- write() ------------------------------------------------------------------------------------ */

/*
 * A slot to fill, as an NdArray that alone refers to it: what is left of the script when it ends, by whatever way, lets go of it,
 * and then it is dropped. SHOAL_EFULL: there is none.
 */
static int begin(zval *out, shoal_frame **frame, shoal_object *channel, const shoal_channel_facts *facts, uint64_t size)
{
    php_shoal_frame_array(out, facts);
    int status = shoal_channel_begin(frame, channel);
    if (status < 0) {
        zval_ptr_dtor(out);
        return status;
    }
    php_shoal_frame_show(out, facts, *frame, size, false);
    return SHOAL_OK;
}

/* Publish it, unless something was thrown. */
static bool end(zval *array, shoal_frame *frame, uint64_t size)
{
    int status = EG(exception) ? SHOAL_OK : shoal_frame_publish(frame, size);
    if (EG(exception) || status < 0) { /* it may be refused beside a writer that is stopped */
        shoal_frame_drop(frame);
    }
    zval_ptr_dtor(array);
    php_shoal_raise_unless_thrown(status);
    return !EG(exception);
}

static bool check_size(const shoal_channel_facts *facts, zend_long size)
{
    bool is_of_bytes = php_shoal_is_of_bytes(facts);
    if (size >= 0 && (is_of_bytes ? (uint64_t)size <= facts->bytes : (uint64_t)size == facts->bytes)) {
        return true;
    }
    zend_argument_value_error(2, is_of_bytes ? "must be between 0 and %" PRIu64 : "must be null or %" PRIu64,
                              facts->bytes);
    return false;
}

static void call_back(zend_fcall_info *call, zend_fcall_info_cache *cache, zval *array)
{
    zval result;
    ZVAL_UNDEF(&result);
    call->retval = &result;
    call->params = array;
    call->param_count = 1;
    zend_call_function(call, cache);
    zval_ptr_dtor(&result);
}

ZEND_METHOD(Shoal_Channel, write)
{
    zend_fcall_info call;
    zend_fcall_info_cache cache;
    zend_long size = 0;
    bool whole = true;
    ZEND_PARSE_PARAMETERS_START(1, 2)
        Z_PARAM_FUNC(call, cache)
        Z_PARAM_OPTIONAL
        Z_PARAM_LONG_OR_NULL(size, whole)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    shoal_channel_facts facts;
    shoal_frame *frame;
    zval array;
    int status = shoal_channel_facts_of(&facts, handle->object);
    if (status >= 0 && !whole && !check_size(&facts, size)) {
        RETURN_THROWS();
    }
    uint64_t bytes = whole ? facts.bytes : (uint64_t)size;
    if (status >= 0) {
        status = begin(&array, &frame, handle->object, &facts, bytes);
    }
    if (status == SHOAL_EFULL) {
        RETURN_FALSE;
    }
    if (status < 0) {
        php_shoal_raise_unless_thrown(status);
        RETURN_THROWS();
    }
    call_back(&call, &cache, &array);
    RETURN_BOOL(end(&array, frame, bytes));
}

/* ---- send() ------------------------------------------------------------------------------------- */

static int check_value(shoal_object *channel, const shoal_channel_facts *facts, const shoal_writer *writer)
{
    if (writer->size <= facts->bytes) {
        return SHOAL_OK;
    }
    php_shoal_raise_because(SHOAL_EVALUE,
                            "the value takes %zu bytes, and a frame of channel \"%s\" has %" PRIu64 " at most",
                            writer->size, shoal_object_name(channel, NULL), facts->bytes);
    return SHOAL_EVALUE;
}

static int send_value(const shoal_handle *handle, const shoal_channel_facts *facts, zval *value)
{
    shoal_writer writer;
    shoal_frame *frame;
    shoal_writer_init(&writer);
    writer.limit = shoal_value_limit(handle->attachment->segment);
    int status = php_shoal_encode(&writer, value) ? check_value(handle->object, facts, &writer) : SHOAL_ETYPE;
    if (status >= 0) {
        status = shoal_channel_begin(&frame, handle->object);
    }
    if (status >= 0) {
        memcpy(shoal_frame_data(frame), writer.bytes, writer.size);
        status = shoal_frame_publish(frame, writer.size);
        shoal_frame_close(frame);
    }
    shoal_writer_free(&writer);
    return status;
}

/* As $frame->assign($value), or fill(). */
static int send_array(const shoal_handle *handle, const shoal_channel_facts *facts, zval *value)
{
    zval array;
    shoal_frame *frame;
    int status = begin(&array, &frame, handle->object, facts, facts->bytes);
    if (status >= 0) {
        php_shoal_view_assign(NULL, &php_shoal_ndarray_of(Z_OBJ(array))->view, value);
        end(&array, frame, facts->bytes);
    }
    return status;
}

ZEND_METHOD(Shoal_Channel, send)
{
    zval *value;
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ZVAL(value)
    ZEND_PARSE_PARAMETERS_END();
    SHOAL_THIS_HANDLE(handle);
    shoal_channel_facts facts;
    int status = shoal_channel_facts_of(&facts, handle->object);
    if (status >= 0) {
        status = (php_shoal_is_of_bytes(&facts) ? send_value : send_array)(handle, &facts, value);
    }
    if (status < 0 && status != SHOAL_EFULL) {
        php_shoal_raise_unless_thrown(status);
    }
    if (!EG(exception)) {
        RETURN_BOOL(status >= 0);
    }
}
