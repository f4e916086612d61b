/* Everything there is to know about a segment, and about an object: one map of MessagePack each, read back as text. */
#include "check.h"

#include <stdarg.h>

#include "scratch.h"

#include "blocked.h"

#include "../kinds/kinds.h"
#include "segment/directory.h"
#include "segment/handle.h"

/* ---- Read back, as JSON ---- */

__attribute__((format(printf, 2, 3))) static int say_node(shoal_node *out, const char *format, ...)
{
    char *text;
    va_list arguments;
    va_start(arguments, format);
    CHECK(vasprintf(&text, format, arguments) >= 0);
    va_end(arguments);
    out->pointer = text;
    return SHOAL_OK;
}

static int no_nil(void *user, shoal_node *out)
{
    (void)user;
    return say_node(out, "nil");
}

static int a_bool(void *user, bool value, shoal_node *out)
{
    (void)user;
    return say_node(out, value ? "true" : "false");
}

static int an_integer(void *user, int64_t value, shoal_node *out)
{
    (void)user;
    return say_node(out, "%lld", (long long)value);
}

/* A moment, or none. */
static int a_real(void *user, double value, shoal_node *out)
{
    (void)user;
    return say_node(out, value > 1e9 ? "then" : "%g", value);
}

static int a_text(void *user, const char *bytes, size_t size, shoal_node *out)
{
    (void)user;
    CHECK(shoal_is_utf8(bytes, size));
    return say_node(out, "\"%.*s\"", (int)size, bytes);
}

static int an_array(void *user, size_t count, shoal_node *out)
{
    (void)user, (void)count;
    return say_node(out, "[");
}

static int a_map(void *user, size_t count, shoal_node *out)
{
    (void)user, (void)count;
    return say_node(out, "{");
}

static int append_text(void *user, shoal_node *array, shoal_node *item)
{
    char *before = array->pointer;
    (void)user;
    say_node(array, "%s%s%s", before, before[1] ? "," : "", (char *)item->pointer);
    free(before);
    free(item->pointer);
    return SHOAL_OK;
}

static int insert_text(void *user, shoal_node *map, shoal_node *key, shoal_node *value)
{
    char *before = map->pointer;
    (void)user;
    say_node(map, "%s%s%s:%s", before, before[1] ? "," : "", (char *)key->pointer, (char *)value->pointer);
    free(before);
    free(key->pointer);
    free(value->pointer);
    return SHOAL_OK;
}

static void drop_text(void *user, shoal_node *node)
{
    (void)user;
    free(node->pointer);
}

static const shoal_builder json = {.nil = no_nil,
                                   .boolean = a_bool,
                                   .integer = an_integer,
                                   .real = a_real,
                                   .str = a_text,
                                   .array = an_array,
                                   .append = append_text,
                                   .map = a_map,
                                   .insert = insert_text,
                                   .drop = drop_text};

/* What was written after the first `from` bytes: containers are not closed. */
static char *read_back(const shoal_writer *writer, size_t from)
{
    shoal_node root;
    CHECK_STATUS(writer->status, SHOAL_OK);
    CHECK_STATUS(shoal_value_decode(&root, writer->bytes + from, writer->size - from, &json, NULL), SHOAL_OK);
    return root.pointer;
}

static char *describe_object(const shoal_object *object)
{
    shoal_writer writer = {0};
    CHECK_STATUS(shoal_object_describe(&writer, object), SHOAL_OK);
    char *text = read_back(&writer, 0);
    shoal_writer_free(&writer);
    return text;
}

static char *describe_segment(shoal_segment *segment)
{
    shoal_writer writer = {0};
    CHECK_STATUS(shoal_segment_describe(&writer, segment), SHOAL_OK);
    char *text = read_back(&writer, 0);
    shoal_writer_free(&writer);
    return text;
}

#define CHECK_HAS(text, ...)                                                                                           \
    do {                                                                                                               \
        char wanted[1000];                                                                                             \
        snprintf(wanted, sizeof wanted, __VA_ARGS__);                                                                  \
        if (!strstr(text, wanted)) {                                                                                   \
            fprintf(stderr, "%s:%d: %s is not in %s\n", __FILE__, __LINE__, wanted, text);                             \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

/* ---- Objects ---- */

static shoal_object *look_up(shoal_segment *segment, const char *name)
{
    shoal_object *object;
    CHECK_STATUS(shoal_object_open(&object, segment, name, strlen(name)), SHOAL_OK);
    return object;
}

static void check_described(shoal_segment *segment, const char *name, const char *kind, const char *state)
{
    shoal_object *object = look_up(segment, name);
    char *text = describe_object(object);
    CHECK_HAS(text, "{\"name\":\"%s\",\"kind\":\"%s\"", name, kind);
    CHECK_HAS(text, "\"bytes\":");
    CHECK(strlen(text) >= strlen(state));
    CHECK_TEXT(text + strlen(text) - strlen(state), state);
    free(text);
    shoal_object_close(object);
}

static void check_described_everywhere(const char *name, const char *kind, const char *state)
{
    check_described(open_or_create(new_context(), "locks"), name, kind, state);
    check_described(open_readonly(new_context(), "locks"), name, kind, state);
}

TEST(an_object_tells_its_parameters_and_its_state)
{
    shoal_context *context = new_context();
    shoal_segment *segment = open_or_create(context, "locks");
    shoal_object *counter, *lock = a_lock(context), *rwlock = an_rwlock(context), *semaphore = a_semaphore(context, 3);
    shoal_object *event = an_event(context);
    a_reentrant_lock(context);
    a_condition(context, lock);
    a_barrier(context, 3);
    open_array(segment, "array", "float64", 5);
    CHECK_STATUS(shoal_counter_open(&counter, segment, "n", 1, -7), SHOAL_OK);
    check_described_everywhere("array", "NdArray", ",\"dtype\":\"float64\",\"shape\":[5,\"nbytes\":40");
    check_described_everywhere("n", "Counter", ",\"value\":-7");
    check_described_everywhere("l", "Lock", ",\"reentrant\":false,\"locked\":false,\"owner_died\":false");
    check_described_everywhere("r", "Lock", ",\"reentrant\":true,\"locked\":false,\"owner_died\":false");
    check_described_everywhere("rw", "RWLock", ",\"writing\":false,\"owner_died\":false");
    check_described_everywhere("s", "Semaphore", ",\"initial\":3,\"bounded\":true,\"value\":3");
    check_described_everywhere("e", "Event", ",\"set\":false");
    check_described_everywhere("c", "Condition", ",\"lock\":\"l\"");
    check_described_everywhere("b", "Barrier", ",\"parties\":3,\"waiting\":0,\"broken\":false");
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write(rwlock, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_semaphore_acquire(semaphore, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_event_set(event), SHOAL_OK);
    check_described_everywhere("l", "Lock", ",\"reentrant\":false,\"locked\":true,\"owner_died\":false");
    check_described_everywhere("rw", "RWLock", ",\"writing\":true,\"owner_died\":false");
    check_described_everywhere("s", "Semaphore", ",\"initial\":3,\"bounded\":true,\"value\":2");
    check_described_everywhere("e", "Event", ",\"set\":true");
}

static void take_both(void *unused)
{
    shoal_context *context = new_context();
    (void)unused;
    CHECK_STATUS(shoal_lock_acquire(a_lock(context), false, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write(an_rwlock(context), SHOAL_NO_WAIT), SHOAL_OK);
}

TEST(a_lock_tells_that_its_owner_died_until_it_is_repaired)
{
    shoal_context *context = new_context();
    shoal_object *lock = a_lock(context);
    an_rwlock(context);
    die_after(take_both, NULL);
    check_described_everywhere("l", "Lock", ",\"locked\":false,\"owner_died\":true");
    check_described_everywhere("rw", "RWLock", ",\"writing\":false,\"owner_died\":true");
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_RECOVERED);
    check_described_everywhere("l", "Lock", ",\"locked\":true,\"owner_died\":true");
    CHECK_STATUS(shoal_lock_repair(lock), SHOAL_OK);
    check_described_everywhere("l", "Lock", ",\"locked\":true,\"owner_died\":false");
}

TEST(an_object_tells_who_holds_it_and_who_waits_for_it)
{
    shoal_context *context = new_context();
    shoal_object *mine = an_rwlock(context), *theirs = an_rwlock(new_context());
    struct call calls[40] = {0};
    CHECK_STATUS(shoal_rwlock_write(mine, SHOAL_NO_WAIT), SHOAL_OK);
    for (int i = 0; i < 40; i++)
        begin_call(&calls[i], call_read, theirs, SOON);
    EVENTUALLY(count_waiters(mine) == 40);
    char *text = describe_object(mine);
    CHECK_HAS(text, "\"holders\":[{\"pid\":%d,\"thread\":%d,\"since\":then,\"program\":\"", (int)getpid(),
              (int)getpid());
    CHECK_HAS(text, "\"alive\":true,\"count\":1,\"waiters\":[{\"pid\":%d,", (int)getpid());
    size_t waiters = 0;
    for (const char *it = strstr(text, "\"waiters\""); (it = strstr(it, "\"pid\"")); it++)
        waiters++;
    CHECK(waiters == 40);
    free(text);
    CHECK_STATUS(shoal_rwlock_unlock(mine), SHOAL_OK);
    for (int i = 0; i < 40; i++)
        CHECK_STATUS(end_call(&calls[i]), SHOAL_OK);
}

TEST(every_kind_tells_holders_if_it_is_held_and_waiters_if_it_is_waited_for)
{
    shoal_segment *segment = open_or_create(new_context(), "locks");
    EACH_DRIVER(it) {
        struct subject subject = subject_of(segment, it->name);
        CHECK_STATUS(it->make(&subject, 0), SHOAL_OK);
        if (!subject.object)
            continue;
        char *text = describe_object(subject.object);
        CHECK((strstr(text, "\"holders\":[") != NULL) == it->is_lock);
        CHECK((strstr(text, "\"waiters\":[") != NULL) == (it->is_lock || it->ways));
        free(text);
    }
}

/* ---- Segments ---- */

TEST(a_segment_tells_its_facts_kinds_peers_and_locks)
{
    shoal_context *context = new_context();
    shoal_segment *segment = open_or_create(context, "locks");
    shoal_object *lock = a_lock(context);
    a_semaphore(context, 1);
    open_array(segment, "array", "int8", 3);
    CHECK_STATUS(put(segment, "one", "\x01", 1), SHOAL_OK);
    CHECK_STATUS(put(segment, "two", "\x02", 1), SHOAL_OK);
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_OK);
    shoal_info info;
    CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK);
    for (int readonly = 0; readonly < 2; readonly++) {
        char *text = describe_segment(readonly ? open_readonly(new_context(), "locks") : segment);
        CHECK_HAS(text, "{\"name\":\"locks\",\"path\":\"%s\",\"id\":\"%s\",\"size\":%llu,\"used\":%llu,\"committed\":",
                  path_of("locks"), shoal_segment_id(segment), (unsigned long long)info.size,
                  (unsigned long long)info.used);
        CHECK_HAS(text, ",\"objects\":5,\"peer_limit\":%u,\"removed\":0,\"recoveries\":0,\"lifetime\":\"persistent\",",
                  info.peer_limit);
        CHECK_HAS(text, "\"mode\":%u,\"owner\":%u,\"format\":%d,\"created\":then,\"readonly\":%s,", info.mode,
                  info.owner, SHOAL_FORMAT, readonly ? "true" : "false");
        CHECK_HAS(text,
                  "\"kinds\":{\"Value\":2,\"NdArray\":1,\"Lock\":1,\"Semaphore\":1,\"peers\":[{\"slot\":0,\"pid\":%d,",
                  (int)getpid());
        CHECK_HAS(text, "{\"name\":\"l\",\"kind\":\"Lock\",\"holders\":[{\"pid\":%d,", (int)getpid());
        CHECK_HAS(text, "{\"name\":\"s\",\"kind\":\"Semaphore\",\"holders\":[,\"waiters\":[");
        free(text);
    }
}

TEST(memory_without_a_name_tells_none)
{
    shoal_segment *segment;
    CHECK_STATUS(shoal_create(&segment, new_context(), NULL, NULL), SHOAL_OK);
    char *text = describe_segment(segment);
    CHECK_HAS(text, "{\"name\":\"\",\"path\":\"\",");
    CHECK_HAS(text, "\"objects\":0,");
    CHECK_HAS(text, "\"kinds\":{,\"peers\":[{");
    free(text);
}

TEST(a_program_whose_name_is_no_utf8_is_told_with_marks_of_that)
{
    shoal_segment *segment = open_or_create(new_context(), "locks");
    struct peer_sh *peer = shoal__peer(segment, segment->slot);
    static const struct {
        const char *is, *told;
    } names[] = {{"caf\xc3\xa9", "caf\xc3\xa9"},
                 {"caf\xc3", "caf\xef\xbf\xbd"},
                 {"\xe2\x82.\xff\xfe", "\xef\xbf\xbd.\xef\xbf\xbd\xef\xbf\xbd"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        memset(peer->program, 0, sizeof peer->program);
        strcpy(peer->program, names[i].is);
        char *text = describe_segment(segment);
        CHECK_HAS(text, "\"program\":\"%s\"", names[i].told);
        free(text);
    }
}

/* ---- What fails ---- */

TEST(what_is_described_comes_after_what_was_written_before)
{
    shoal_context *context = new_context();
    shoal_writer writer = {0};
    shoal_write_int(&writer, 7);
    size_t before = writer.size;
    CHECK_STATUS(shoal_object_describe(&writer, a_lock(context)), SHOAL_OK);
    char *text = read_back(&writer, before);
    CHECK_HAS(text, "{\"name\":\"l\"");
    free(text);
    shoal_writer_free(&writer);
}

TEST(what_cannot_be_described_leaves_what_was_written_before)
{
    shoal_context *context = new_context();
    shoal_segment *segment = open_or_create(context, "locks");
    shoal_object *condition = a_condition(context, a_lock(context));
    shoal_writer writer;
    shoal_writer_init(&writer);
    shoal_write_int(&writer, 7);
    ((char *)condition->body)[32] = (char)0xff; /* the name of its Lock */
    size_t before = writer.size;
    CHECK_STATUS(shoal_object_describe(&writer, condition), SHOAL_ECORRUPT);
    CHECK(writer.size == before && writer.status == SHOAL_OK);
    writer.limit = 20;
    CHECK_STATUS(shoal_segment_describe(&writer, segment), SHOAL_ENOSPACE);
    CHECK(writer.size == before);
    shoal_writer_free(&writer);
}

static uint32_t next_random(uint32_t *state)
{
    return *state = *state * 1664525u + 1013904223u;
}

/* Whatever lies there: a status, and no other harm. */
static void describe_anyway(shoal_segment *reading, const char *prefix)
{
    shoal_writer writer = {0};
    shoal_segment_describe(&writer, reading);
    EACH_DRIVER(it) {
        char name[64];
        shoal_object *object;
        snprintf(name, sizeof name, "%s%s", prefix, it->name);
        if (shoal_object_open(&object, reading, name, strlen(name)) < 0)
            continue;
        shoal_object_describe(&writer, object);
        shoal_object_close(object);
    }
    if (writer.status == SHOAL_OK && writer.size > 0)
        CHECK(writer.bytes[0] >= 0x80);
    shoal_writer_free(&writer);
}

TEST(damaged_objects_are_described_or_refused_by_who_reads)
{
    shoal_segment *writing = open_or_create(new_context(), "locks"), *reading = open_readonly(new_context(), "locks");
    uint32_t state = 1;
    CHECK_STATUS(kinds_make_all(writing, ""), SHOAL_OK);
    for (int round = 0; round < 300; round++)
        EACH_DRIVER(it) {
            struct shoal_found found;
            uint32_t hash = shoal__name_hash(writing, it->name, strlen(it->name));
            CHECK_STATUS(shoal__find(&found, writing, it->name, strlen(it->name), hash), SHOAL_OK);
            uint32_t *body = shoal__at(writing, shoal__offset(writing, load_relaxed(&found.entry->body[0])));
            uint32_t at = next_random(&state) / 65536 % 16, value = next_random(&state);
            uint32_t kept = body[at];
            body[at] = round % 3 ? value : value & 1 ? UINT32_MAX : 0;
            describe_anyway(reading, "");
            body[at] = kept;
        }
    char *text = describe_segment(reading);
    CHECK_HAS(text, "\"Semaphore\"");
    free(text);
}

TEST(a_damaged_directory_is_said_to_be_corrupt)
{
    shoal_segment *writing = open_or_create(new_context(), "locks"), *reading = open_readonly(new_context(), "locks");
    CHECK_STATUS(kinds_make_all(writing, ""), SHOAL_OK);
    struct table_sh *table = shoal__at(writing, shoal__offset(writing, load_relaxed(&shoal__header(writing)->table)));
    table->buckets = 3;
    shoal_writer writer = {0};
    CHECK_STATUS(shoal_segment_describe(&writer, reading), SHOAL_ECORRUPT);
    CHECK(writer.size == 0);
    shoal_writer_free(&writer);
}
