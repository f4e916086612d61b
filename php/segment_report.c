/* What is in a segment and how it is: names, info(), check(), Shoal\segments(). */
#include "segment.h"

#include "allowed.h"
#include "context.h"
#include "exceptions.h"
#include "owners.h"

#include <time.h>

/*
 * Sentences and names collected while the core walks. The buffer is PHP's, so it is never grown in there (the core
 * may hold a lock, and emalloc may longjmp): what does not fit is walked again with a larger one.
 */
typedef struct shoal_texts {
    char *bytes; /* of each: uint32_t length, int32_t kind, text, up to the next multiple of 8 */
    size_t used, capacity;
    bool full;
} shoal_texts;

typedef struct shoal_text_head {
    uint32_t length;
    int32_t kind;
} shoal_text_head;
_Static_assert(sizeof(shoal_text_head) == 8 && _Alignof(shoal_owner) <= 8, "what follows a head is aligned");

static size_t padded(size_t length)
{
    return (sizeof(shoal_text_head) + length + 7) & ~(size_t)7;
}

/* Bytes that a text may still have. */
static size_t room(const shoal_texts *texts)
{
    size_t rest = texts->capacity - texts->used;
    return rest > sizeof(shoal_text_head) ? (rest - sizeof(shoal_text_head)) & ~(size_t)7 : 0;
}

static char *next_place(const shoal_texts *texts)
{
    return texts->bytes + texts->used + sizeof(shoal_text_head);
}

/* A text of that length was written to the next place, or false: it did not fit. */
static bool finish_text(shoal_texts *texts, size_t length, int kind)
{
    shoal_text_head head = {(uint32_t)length, kind};
    if (length > room(texts)) {
        texts->full = true;
        return false;
    }
    memcpy(texts->bytes + texts->used, &head, sizeof head);
    texts->used += padded(length);
    return true;
}

static bool add_text(shoal_texts *texts, const char *text, size_t length, int kind)
{
    memcpy(next_place(texts), text, MIN(length, room(texts)));
    return finish_text(texts, length, kind);
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
    *position += padded(head->length);
    return true;
}

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

/* Of each lock three texts: its name, its holders, its waiters; the latter two are shoal_owner[]. */
typedef int (*lister)(shoal_owner *out, size_t limit, size_t *count, const shoal_object *object);

static bool add_owners(shoal_texts *texts, lister ask, const shoal_object *lock)
{
    size_t count;
    if (ask((shoal_owner *)next_place(texts), room(texts) / sizeof(shoal_owner), &count, lock) < 0) {
        count = 0;
    }
    return finish_text(texts, count * sizeof(shoal_owner), 0);
}

static int each_lock(void *texts, shoal_object *lock)
{
    size_t length;
    const char *name = shoal_object_name(lock, &length);
    return !(add_text(texts, name, length, shoal_object_kind(lock)) && add_owners(texts, shoal_object_holders, lock) &&
             add_owners(texts, shoal_object_waiters, lock));
}

static int walk_locks(shoal_segment *segment, shoal_texts *texts)
{
    return shoal_segment_each_lock(segment, each_lock, texts);
}

static void next_owners(zval *out, const shoal_texts *texts, size_t *position)
{
    const char *bytes = NULL;
    shoal_text_head head = {0, 0};
    next_text(texts, position, &bytes, &head);
    php_shoal_owners_to_zval(out, (const shoal_owner *)bytes, head.length / sizeof(shoal_owner));
}

static void add_locks(zval *out, shoal_segment *segment)
{
    shoal_texts texts;
    size_t position = 0;
    const char *name;
    shoal_text_head head;
    zval locks;
    array_init(&locks);
    if (collect(&texts, segment, walk_locks)) {
        while (next_text(&texts, &position, &name, &head)) {
            zval lock, holders, waiters;
            array_init_size(&lock, 4);
            add_assoc_stringl(&lock, "name", name, head.length);
            add_assoc_string(&lock, "kind", shoal_kind_name(head.kind));
            next_owners(&holders, &texts, &position);
            next_owners(&waiters, &texts, &position);
            add_assoc_zval(&lock, "holders", &holders);
            add_assoc_zval(&lock, "waiters", &waiters);
            add_next_index_zval(&locks, &lock);
        }
    }
    efree(texts.bytes);
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
    add_assoc_string(return_value, "path", object->attachment->path);
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
