/* What is in a segment and how it is: names, info(), check(), Shoal\segments(). */
#include "segment.h"

#include <time.h>

#include "allowed.h"
#include "context.h"
#include "wire.h"

/* list<string>, of what `ask` lists; or an exception, and `out` as it was. */
static void list_texts(zval *out, shoal_segment *segment, int (*ask)(shoal_text **, size_t *, shoal_segment *))
{
    shoal_text *texts;
    size_t count;
    int status = ask(&texts, &count, segment);
    if (status < 0) {
        php_shoal_raise(status);
        return;
    }
    array_init_size(out, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        add_next_index_stringl(out, texts[i].text, texts[i].length);
    }
    shoal_list_free(texts);
}

void php_shoal_segment_names(zval *out, shoal_segment *segment)
{
    list_texts(out, segment, shoal_object_names);
}

ZEND_METHOD(Shoal_Segment, check)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_SEGMENT(segment);
    list_texts(return_value, segment->attachment->segment, shoal_check_findings);
}

/* What the core says of it, but for the name: of several that it was opened by each has its own. */
ZEND_METHOD(Shoal_Segment, info)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_SEGMENT(segment);
    shoal_writer writer;
    shoal_writer_init(&writer);
    int status = shoal_segment_describe(&writer, segment->attachment->segment);
    bool told = status >= 0 && php_shoal_decode(return_value, writer.bytes, writer.size);
    shoal_writer_free(&writer);
    php_shoal_raise_unless_thrown(status);
    if (told) {
        add_assoc_str(return_value, "name", zend_string_copy(segment->name));
        add_assoc_string(return_value, "path", segment->attachment->path);
        zend_hash_str_del(Z_ARRVAL_P(return_value), "kinds", sizeof("kinds") - 1);
    }
}

/* ---- Shoal\segments() --------------------------------------------------------------------------------- */

static const char *lifetime_name(uint32_t lifetime)
{
    return lifetime == SHOAL_SHARED ? "shared" : "persistent";
}

static double seconds_since_1970(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void add_listed(zval *out, const shoal_listed *listed, double now)
{
    zval facts;
    array_init(&facts);
    add_assoc_string(&facts, "name", listed->name);
    add_assoc_long(&facts, "size", (zend_long)listed->size);
    add_assoc_long(&facts, "used", (zend_long)listed->used);
    add_assoc_long(&facts, "committed", (zend_long)listed->committed);
    add_assoc_long(&facts, "peers", listed->peers);
    add_assoc_long(&facts, "owner", listed->owner);
    add_assoc_long(&facts, "mode", listed->mode);
    add_assoc_string(&facts, "lifetime", lifetime_name(listed->lifetime));
    add_assoc_double(&facts, "created", listed->created);
    add_assoc_double(&facts, "age", MAX(0, now - listed->created));
    add_next_index_zval(out, &facts);
}

ZEND_FUNCTION(shoal_segments)
{
    ZEND_PARSE_PARAMETERS_NONE();
    shoal_context *context = php_shoal_context();
    shoal_listed *listed;
    size_t count;
    if (!context || !php_shoal_directory_allowed()) {
        RETURN_THROWS();
    }
    int status = shoal_list(&listed, &count, context);
    if (status < 0) {
        php_shoal_raise(status);
        RETURN_THROWS();
    }
    double now = seconds_since_1970();
    array_init_size(return_value, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        add_listed(return_value, &listed[i], now);
    }
    shoal_list_free(listed);
}
