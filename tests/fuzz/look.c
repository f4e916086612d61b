#include "look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../kinds/kinds.h"
#include "arena.h"

#define STEPS 20000000u /* of one call */
#define MOST_STRANGERS 6u

static unsigned damaged;
static bool aloud;             /* SHOAL_FUZZ_ALOUD in the environment: say what is found, to understand an input */
static volatile unsigned sink; /* what was read is used */

/* What lies in a ring, a list or a slot is walked by the check of an attach for writing only: docs/recovery.md, "What check() sees". */
static bool is_in_a_store(void)
{
    const char *said = shoal_error_message();
    return strstr(said, "queue \"") || strstr(said, "stream \"") || strstr(said, "channel \"");
}

static int call(int status)
{
    if (status == SHOAL_ECORRUPT && !is_in_a_store() && damaged++ < 100 && aloud)
        fprintf(stderr, "damaged: %s\n", shoal_error_message());
    if (status < 0 && !*shoal_error_message())
        violation("%s without a sentence", shoal_status_name(status));
    arena_budget(STEPS);
    return status;
}

/* What a readonly attach may not do. */
static void refused(int status)
{
    if (status >= 0)
        violation("a readonly attach may write");
    call(status);
}

/* ---- Values ---- */

/* A builder that keeps nothing, but reads all it is given and counts. */
struct count {
    unsigned made, gone;
};

static int make(void *user, shoal_node *out)
{
    ((struct count *)user)->made++;
    out->words[0] = 1;
    return SHOAL_OK;
}

static int make_of_bytes(void *user, const char *bytes, size_t size, shoal_node *out)
{
    kinds_touch(bytes, size);
    return make(user, out);
}

static int make_boolean(void *user, bool value, shoal_node *out)
{
    sink += value;
    return make(user, out);
}

static int make_integer(void *user, int64_t value, shoal_node *out)
{
    sink += (unsigned)value;
    return make(user, out);
}

static int make_unsigned(void *user, uint64_t value, shoal_node *out)
{
    sink += (unsigned)value;
    return make(user, out);
}

static int make_real(void *user, double value, shoal_node *out)
{
    sink += value > 0;
    return make(user, out);
}

static int make_time(void *user, int64_t seconds, uint32_t nanoseconds, shoal_node *out)
{
    sink += (unsigned)seconds + nanoseconds;
    return make(user, out);
}

static int make_ndarray(void *user, const shoal_view *view, shoal_node *out)
{
    kinds_touch(view->data, shoal_view_size(view) * view->dtype.itemsize);
    return make(user, out);
}

static int make_ext(void *user, int type, const char *bytes, size_t size, shoal_node *out)
{
    sink += (unsigned)type;
    return make_of_bytes(user, bytes, size, out);
}

static int make_container(void *user, size_t count, shoal_node *out)
{
    sink += (unsigned)count;
    return make(user, out);
}

static int append(void *user, shoal_node *array, shoal_node *item)
{
    ((struct count *)user)->gone++;
    sink += (unsigned)(array->words[0] + item->words[0]);
    return SHOAL_OK;
}

static int insert(void *user, shoal_node *map, shoal_node *key, shoal_node *value)
{
    ((struct count *)user)->gone += 2;
    sink += (unsigned)(map->words[0] + key->words[0] + value->words[0]);
    return SHOAL_OK;
}

static void drop(void *user, shoal_node *node)
{
    ((struct count *)user)->gone += (unsigned)node->words[0];
}

static const shoal_builder counting = {make,           make_boolean,  make_integer,   make_unsigned, make_real,
                                       make_of_bytes,  make_of_bytes, make_time,      make_ndarray,  make_ext,
                                       make_container, append,        make_container, insert,        drop};

static void decode(const unsigned char *bytes, size_t size)
{
    struct count count = {0};
    shoal_node root;
    int status = shoal_value_decode(&root, bytes, size, &counting, &count);
    arena_budget(STEPS);
    if (count.made != count.gone + (status == SHOAL_OK))
        violation("%u nodes made, %u gone", count.made, count.gone);
}

/* ---- Names ---- */

static void ended(const char *function, int status)
{
    (void)function;
    call(status);
}

static void seen(const char *function, uint64_t value)
{
    (void)function;
    sink += (unsigned)value;
    arena_budget(STEPS);
}

static shoal_time soon(void)
{
    return shoal_now() + 5000000;
}

static uint64_t chances; /* what is tried of many: the input says it */

static uint32_t below(uint32_t limit)
{
    chances = chances * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(chances >> 33) % limit;
}

static void well(const char *sentence)
{
    if (sentence)
        violation("%s", sentence);
}

/* As if nobody had told what it is. */
static void open_as(const struct driver *driver, struct subject subject)
{
    if (driver->kind == SHOAL_KIND_VALUE)
        well(driver->refuse(&subject));
    else
        call(driver->make(&subject, below(2) * 4));
    shoal_object_close(subject.object);
    arena_budget(STEPS);
}

static void look_at_name(shoal_segment *segment, const char *name, size_t length)
{
    struct subject subject = {segment, name, length, NULL};
    shoal_object *again;
    int kind = call(shoal_object_find(segment, name, length));
    if (kind < 0)
        return;
    well(driver_of(SHOAL_KIND_VALUE)->look(&subject));
    if (kind != SHOAL_KIND_VALUE && driver_of(kind))
        open_as(driver_of(kind), subject);
    size_t size;
    if (call(shoal_object_open_kind(&again, segment, name, length, kind)) >= 0)
        shoal_object_close(again);
    if (call(shoal_object_read(&again, segment, name, length, &size, 0, &size)) == SHOAL_LIVE)
        shoal_object_close(again);
    if (call(shoal_object_open(&subject.object, segment, name, length)) < 0)
        return;
    subject.name = shoal_object_name(subject.object, &subject.length);
    well(kinds_look(&subject));
    well(kinds_refuse(&subject));
    driver_for(subject.object)->again(&again, &subject);
    shoal_object_close(again);
    shoal_object_close(subject.object);
    arena_budget(STEPS);
}

/* ---- The whole ---- */

static int remember(void *argument, const char *name, size_t length, int kind)
{
    struct names *names = argument;
    kinds_touch(name, length + 1);
    sink += (unsigned)kind;
    if (length > 255)
        violation("a name of %zu bytes", length);
    if (names->count < MOST_NAMES) {
        memcpy(names->name[names->count].text, name, length + 1);
        names->name[names->count++].length = length;
    }
    return 0;
}

static int glance(void *argument, shoal_object *lock)
{
    (void)argument;
    kinds_touch(shoal_object_name(lock, NULL), 1);
    return 0;
}

static void look_at_facts(shoal_segment *segment, shoal_context *lister)
{
    shoal_info info;
    shoal_peer peers[4];
    shoal_listed *list;
    uint64_t objects;
    size_t count;
    if (call(shoal_segment_info(&info, segment)) == SHOAL_OK)
        kinds_touch(&info, sizeof info);
    if (call(shoal_segment_peers(peers, 4, &count, segment)) == SHOAL_OK)
        kinds_touch(peers, (count < 4 ? count : 4) * sizeof *peers);
    shoal_writer writer = {0};
    if (call(shoal_segment_describe(&writer, segment)) == SHOAL_OK)
        kinds_touch(writer.bytes, writer.size);
    shoal_writer_free(&writer);
    call(shoal_object_count(&objects, segment));
    sink += (unsigned)shoal_segment_used(segment);
    if (lister && call(shoal_list(&list, &count, lister)) == SHOAL_OK)
        shoal_list_free(list);
    refused(shoal_value_put(segment, "name", 4, "\xc0", 1));
    refused(shoal_object_remove(segment, "lock", 4));
}

static bool is_known(const struct names *known, const char *name, size_t length)
{
    for (unsigned i = 0; i < known->count; i++)
        if (known->name[i].length == length && memcmp(known->name[i].text, name, length) == 0)
            return true;
    return false;
}

unsigned look_at_segment(shoal_segment *segment, shoal_context *lister, const struct names *known, uint64_t wanted)
{
    static struct names listed;
    unsigned strangers = 0;
    listed.count = damaged = 0;
    aloud = getenv("SHOAL_FUZZ_ALOUD");
    chances = wanted;
    kinds_program =
        (struct kinds_program){.end = ended, .seen = seen, .value = decode, .below = below, .deadline = soon};
    arena_budget(STEPS);
    look_at_facts(segment, lister);
    call(shoal_object_each(segment, remember, &listed));
    shoal_text *names;
    size_t count;
    call(shoal_object_names(&names, &count, segment));
    shoal_list_free(names);
    if (lister)
        call(shoal_segment_each_lock(segment, glance, NULL));
    for (unsigned i = 0; i < known->count; i++)
        if (wanted >> i & 1)
            look_at_name(segment, known->name[i].text, known->name[i].length);
    for (unsigned i = 0; i < listed.count && strangers < MOST_STRANGERS; i++)
        if (!is_known(known, listed.name[i].text, listed.name[i].length) && ++strangers)
            look_at_name(segment, listed.name[i].text, listed.name[i].length);
    open_as(kinds_any(), subject_of(segment, "lock"));
    arena_budget(UINT64_MAX);
    return damaged;
}
