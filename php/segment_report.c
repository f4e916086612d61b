/* What is in a segment and how it is: names, info(), check(), Shoal\segments(). */
#include "php_segment.h"

#include <time.h>

/*
 * Sentences and names collected while the core walks. The buffer is PHP's, so it is never grown in there (the core
 * may hold a lock, and emalloc may longjmp): what does not fit is walked again with a larger one.
 */
typedef struct shoal_texts {
    char *bytes; /* of each: uint32_t length, int32_t kind, text */
    size_t used, capacity;
    bool full;
} shoal_texts;

typedef struct shoal_text_head {
    uint32_t length;
    int32_t kind;
} shoal_text_head;

static bool add_text(shoal_texts *texts, const char *text, size_t length, int kind)
{
    shoal_text_head head = {(uint32_t)length, kind};
    if (texts->capacity - texts->used < sizeof head + length) {
        texts->full = true;
        return false;
    }
    memcpy(texts->bytes + texts->used, &head, sizeof head);
    memcpy(texts->bytes + texts->used + sizeof head, text, length);
    texts->used += sizeof head + length;
    return true;
}

static int each_name(void *texts, const char *name, size_t length, int kind)
{
    return !add_text(texts, name, length, kind);
}

static void each_finding(void *texts, const char *finding)
{
    add_text(texts, finding, strlen(finding), 0);
}

static int walk_names(shoal_segment *segment, shoal_texts *texts)
{
    return shoal_object_each(segment, each_name, texts);
}

static int walk_findings(shoal_segment *segment, shoal_texts *texts)
{
    return shoal_check(segment, each_finding, texts);
}

/* Walk until everything fits. texts->bytes is to be freed, also after a failure. */
static bool collect(shoal_texts *texts, shoal_segment *segment, int (*walk)(shoal_segment *, shoal_texts *))
{
    int status;
    texts->capacity = 8192;
    texts->bytes = emalloc(texts->capacity);
    for (;;) {
        texts->used = 0;
        texts->full = false;
        status = walk(segment, texts);
        if (status < 0 || !texts->full) {
            break;
        }
        efree(texts->bytes);
        texts->capacity *= 4;
        texts->bytes = emalloc(texts->capacity);
    }
    if (status < 0) {
        php_shoal_raise(status);
    }
    return status >= 0;
}

/* The next text, or false. */
static bool next_text(const shoal_texts *texts, size_t *position, const char **text, shoal_text_head *head)
{
    if (*position == texts->used) {
        return false;
    }
    memcpy(head, texts->bytes + *position, sizeof *head);
    *text = texts->bytes + *position + sizeof *head;
    *position += sizeof *head + head->length;
    return true;
}

static void texts_to_list(zval *out, const shoal_texts *texts)
{
    size_t position = 0;
    const char *text;
    shoal_text_head head;
    array_init(out);
    while (next_text(texts, &position, &text, &head)) {
        add_next_index_stringl(out, text, head.length);
    }
}

void php_shoal_segment_names(zval *out, shoal_segment *segment)
{
    shoal_texts names;
    if (collect(&names, segment, walk_names)) {
        texts_to_list(out, &names);
    }
    efree(names.bytes);
}

ZEND_METHOD(Shoal_Segment, check)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_SEGMENT(segment);
    shoal_texts findings;
    if (collect(&findings, segment->attachment->segment, walk_findings)) {
        texts_to_list(return_value, &findings);
    }
    efree(findings.bytes);
}

/* ---- info() ---------------------------------------------------------------------------------------- */

static void add_peers(zval *out, shoal_segment *segment)
{
    size_t limit = 64, count;
    shoal_peer *peers = safe_emalloc(limit, sizeof *peers, 0);
    int status = shoal_segment_peers(peers, limit, &count, segment);
    while (status >= 0 && count > limit) {
        limit = count;
        peers = safe_erealloc(peers, limit, sizeof *peers, 0);
        status = shoal_segment_peers(peers, limit, &count, segment);
    }
    zval list;
    array_init(&list);
    for (size_t i = 0; status >= 0 && i < count; i++) {
        zval peer;
        array_init_size(&peer, 5);
        add_assoc_long(&peer, "slot", peers[i].slot);
        add_assoc_long(&peer, "pid", peers[i].pid);
        add_assoc_double(&peer, "since", peers[i].since);
        add_assoc_stringl(&peer, "program", peers[i].program, strnlen(peers[i].program, sizeof peers[i].program));
        add_assoc_bool(&peer, "alive", peers[i].alive);
        add_next_index_zval(&list, &peer);
    }
    efree(peers);
    add_assoc_zval(out, "peers", &list);
}

/* Who holds the lock of that name: false when it is gone or no lock. */
static bool owner_of(zval *out, shoal_segment *segment, const char *name, size_t length)
{
    shoal_object *object;
    shoal_owner owner;
    if (shoal_object_open(&object, segment, name, length) < 0) {
        return false;
    }
    int status = shoal_object_kind(object) == SHOAL_KIND_LOCK ? shoal_lock_owner(&owner, object) : SHOAL_ETYPE;
    shoal_object_close(object);
    if (status < 0) {
        return false;
    }
    php_shoal_owner_to_zval(out, &owner);
    return true;
}

static void add_locks(zval *out, shoal_segment *segment)
{
    shoal_texts names;
    size_t position = 0;
    const char *name;
    shoal_text_head head;
    zval locks, owner;
    array_init(&locks);
    if (collect(&names, segment, walk_names)) {
        while (next_text(&names, &position, &name, &head)) {
            if (head.kind == SHOAL_KIND_LOCK && owner_of(&owner, segment, name, head.length)) {
                zend_symtable_str_update(Z_ARRVAL(locks), name, head.length, &owner);
            }
        }
    }
    efree(names.bytes);
    add_assoc_zval(out, "locks", &locks);
}

static void add_facts(zval *out, const shoal_info *info)
{
    add_assoc_long(out, "size", (zend_long)info->size);
    add_assoc_long(out, "used", (zend_long)info->used);
    add_assoc_long(out, "committed", (zend_long)info->committed);
    add_assoc_long(out, "largest_free", (zend_long)info->largest_free);
    add_assoc_long(out, "objects", (zend_long)info->objects);
    add_assoc_long(out, "peer_limit", info->peer_limit);
    add_assoc_long(out, "removed", info->removed);
    add_assoc_long(out, "recoveries", info->recoveries);
    add_assoc_string(out, "lifetime", php_shoal_lifetime_name(info->lifetime));
    add_assoc_long(out, "mode", info->mode);
    add_assoc_long(out, "owner", info->owner);
    add_assoc_long(out, "format", info->format);
    add_assoc_double(out, "created", info->created);
}

const char *php_shoal_lifetime_name(uint32_t lifetime)
{
    return lifetime == SHOAL_SHARED ? "shared" : "persistent";
}

ZEND_METHOD(Shoal_Segment, info)
{
    ZEND_PARSE_PARAMETERS_NONE();
    SHOAL_THIS_SEGMENT(object);
    shoal_segment *segment = object->attachment->segment;
    shoal_info info;
    int status = shoal_segment_info(&info, segment);
    if (status < 0) {
        php_shoal_raise(status);
        RETURN_THROWS();
    }
    array_init(return_value);
    add_assoc_str(return_value, "name", zend_string_copy(object->name));
    add_assoc_string(return_value, "path", shoal_segment_path(segment));
    add_assoc_string(return_value, "id", shoal_segment_id(segment));
    add_facts(return_value, &info);
    add_assoc_bool(return_value, "readonly", object->readonly);
    add_peers(return_value, segment);
    add_locks(return_value, segment);
}

/* ---- Shoal\segments() --------------------------------------------------------------------------------- */

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
    add_assoc_string(&facts, "lifetime", php_shoal_lifetime_name(listed->lifetime));
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
    if (!context) {
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
