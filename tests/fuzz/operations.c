/*
 * Target: the bytes choose operations on one segment, by three peers (contexts of this process) and a reader; a plain model
 * says what each has to answer. In between, and in the end, check() has to find the segment sound.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../kinds/kinds.h"

#define NAMES 10u
#define HANDLES 16u
#define THINGS 400u /* objects that were ever made */
#define MOST_BYTES 20000u
#define PEERS ((unsigned)MODEL_PEERS)

#define REQUIRE(condition)                                                                                             \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "VIOLATION: %s:%d: %s (operation %u, last error: %s)\n", __FILE__, __LINE__, #condition,   \
                    operation, shoal_error_message());                                                                 \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

/* What the model knows of an object. */
struct thing {
    const struct driver *driver;
    size_t size; /* of a Value; its bytes follow from the seed */
    uint32_t seed;
    struct model model;
};

struct handle {
    shoal_object *object;
    struct thing *thing;
    unsigned peer;
};

static struct thing things[THINGS];
static struct thing *named[NAMES];
static struct handle handles[HANDLES];
static shoal_context *contexts[PEERS];
static shoal_segment *segments[PEERS];
static unsigned made, operation;
static unsigned char buffer[MOST_BYTES + SHOAL_STRING_HEAD], pattern[MOST_BYTES], placed[MOST_BYTES];

static const uint8_t *input;
static size_t left;

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "quarantine_size_mb=1:malloc_context_size=4"; /* faster */
}

static unsigned take(unsigned sides)
{
    unsigned byte = left ? *input : 0;
    input += left > 0;
    left -= left > 0;
    return byte % sides;
}

/* ---- Names ---- */

/* Short ones, and one as long as can be. */
static const char *name_of(unsigned i, size_t *length)
{
    static char name[256];
    *length = i == 0 ? 255 : 1 + i * 3;
    memset(name, 'a' + (int)i, *length);
    return name;
}

static struct thing *make(unsigned name, const struct driver *driver)
{
    struct thing *thing = &things[made++];
    *thing = (struct thing){.driver = driver, .model.owner = MODEL_NOBODY};
    return named[name] = thing;
}

static bool is_value(const struct thing *thing)
{
    return thing->driver->kind == SHOAL_KIND_VALUE;
}

/* ---- Values ---- */

/* Half of the values are strings, and half of these text, of which some end in a byte that is none. */
static bool is_string(uint32_t seed)
{
    return seed % 2;
}

static bool is_text(uint32_t seed)
{
    return seed % 4 == 3;
}

static const unsigned char *bytes_of(uint32_t seed, size_t size)
{
    for (size_t i = 0; i < size; i++)
        pattern[i] = (unsigned char)(i * 7 + seed * 31 + i / 256);
    for (size_t i = 0; is_text(seed) && i + seed / 8 % 2 < size; i++)
        pattern[i] &= 0x7f;
    return pattern;
}

static int put_value(shoal_segment *segment, const char *name, size_t length, uint32_t seed, size_t size)
{
    const unsigned char *bytes = bytes_of(seed, size);
    if (!is_string(seed))
        return shoal_value_put(segment, name, length, bytes, size);
    return shoal_value_put_string(segment, name, length, is_text(seed) ? SHOAL_STR_OR_BIN : SHOAL_BIN, bytes, size);
}

static void put(unsigned peer, unsigned name)
{
    static const size_t sizes[] = {1, 15, 16, 17, 48, 100, 500, 2000, 4079, 4080, 4081, 4097, 9000, 20000};
    size_t length, size = sizes[take(sizeof sizes / sizeof *sizes)];
    const char *text = name_of(name, &length);
    struct thing *thing = named[name];
    uint32_t seed = operation;
    int status = put_value(segments[peer], text, length, seed, size);
    if (thing && !is_value(thing)) {
        REQUIRE(status == SHOAL_EMISMATCH);
        return;
    }
    REQUIRE(status == SHOAL_OK || status == SHOAL_ENOSPACE);
    if (status < 0)
        return;
    thing = thing ? thing : make(name, driver_of(SHOAL_KIND_VALUE));
    thing->size = size;
    thing->seed = seed;
}

static size_t placed_size;

static void *place(void *user, size_t size)
{
    (void)user;
    placed_size = size;
    return size <= sizeof placed ? placed : NULL;
}

/* As it was put: not under its head. */
static void get_string_from(shoal_segment *segment, const char *name, size_t length, const struct thing *thing)
{
    bool is_str, is_text_then = is_text(thing->seed) &&
                                shoal_is_utf8((const char *)bytes_of(thing->seed, thing->size), thing->size);
    size_t size = thing->size % 5000, head;
    REQUIRE(shoal_value_get_string(segment, name, length, buffer, 10, &size, place, NULL) == SHOAL_OK);
    REQUIRE(size == SHOAL_PLACED && placed_size == thing->size);
    REQUIRE(memcmp(placed, bytes_of(thing->seed, thing->size), thing->size) == 0);
    REQUIRE(shoal_value_get(segment, name, length, buffer, sizeof buffer, &size) == SHOAL_OK);
    head = shoal_string_head(&is_str, buffer, size);
    REQUIRE(head > 0 && size == head + thing->size && is_str == is_text_then);
    REQUIRE(memcmp(buffer + head, placed, thing->size) == 0);
}

static void get_from(shoal_segment *segment, unsigned name)
{
    size_t length, size;
    const char *text = name_of(name, &length);
    const struct thing *thing = named[name];
    int status = shoal_value_get(segment, text, length, buffer, sizeof buffer, &size);
    REQUIRE(status == (!thing ? SHOAL_ENOKEY : !is_value(thing) ? SHOAL_LIVE : SHOAL_OK));
    if (status == SHOAL_OK && is_string(thing->seed))
        get_string_from(segment, text, length, thing);
    else if (status == SHOAL_OK)
        REQUIRE(size == thing->size && memcmp(buffer, bytes_of(thing->seed, size), size) == 0);
}

/* ---- Opening and closing ---- */

/* Of those that have a model. */
static const struct driver *any_driver(void)
{
    unsigned count = 0;
    EACH_DRIVER(it)
        count += it->obey != NULL;
    count = take(count);
    EACH_DRIVER(it)
        if (it->obey && count-- == 0)
            return it;
    return NULL;
}

static void open_object(unsigned peer, unsigned name)
{
    struct subject subject = {.segment = segments[peer]};
    const struct driver *driver = any_driver();
    struct handle *handle = handles;
    while (handle < handles + HANDLES && handle->object)
        handle++;
    if (handle == handles + HANDLES)
        return;
    subject.name = name_of(name, &subject.length);
    int status = driver->make(&subject, driver->kind == SHOAL_KIND_NDARRAY ? MODEL_BYTES / 4 : 0);
    REQUIRE((status == SHOAL_OK) == (subject.object != NULL));
    if (named[name] && named[name]->driver != driver) {
        REQUIRE(status == SHOAL_EMISMATCH);
        return;
    }
    REQUIRE(status == SHOAL_OK || status == SHOAL_ENOSPACE);
    if (status < 0 && (named[name] || shoal_object_find(segments[peer], subject.name, subject.length) != driver->kind))
        return; /* else there was room to make it, and none for a handle on it */
    if (!named[name])
        make(name, driver);
    if (subject.object)
        *handle = (struct handle){subject.object, named[name], peer};
}

static void close_handle(struct handle *handle)
{
    shoal_object_close(handle->object);
    handle->object = NULL;
}

static bool is_held(const struct thing *thing)
{
    bool held = thing->model.owner != MODEL_NOBODY;
    for (unsigned i = 0; i < PEERS; i++)
        held = held || thing->model.reads[i] || thing->model.permits[i];
    return held;
}

static void remove_name(unsigned peer, unsigned name)
{
    size_t length;
    const char *text = name_of(name, &length);
    bool held = named[name] && is_held(named[name]);
    REQUIRE(shoal_object_remove(segments[peer], text, length) == (held          ? SHOAL_ELOCK
                                                                  : named[name] ? SHOAL_OK
                                                                                : SHOAL_ENOKEY));
    if (!held)
        named[name] = NULL;
}

static void use(const struct handle *handle)
{
    if (!handle->object)
        return;
    const char *wrong = handle->thing->driver->obey(handle->object, &handle->thing->model, handle->peer, take);
    if (wrong)
        fprintf(stderr, "%s: %s\n", handle->thing->driver->name, wrong);
    REQUIRE(!wrong);
}

/* ---- Peers ---- */

static void attach(unsigned peer)
{
    unsigned other = (peer + 1) % PEERS;
    contexts[peer] = shoal_context_new();
    REQUIRE(shoal_open_fd(&segments[peer], contexts[peer], shoal_segment_fd(segments[other]), NULL) == SHOAL_OK);
}

/* Its locks are given up as if it had died. */
static void leave(unsigned peer)
{
    for (struct handle *it = handles; it < handles + HANDLES; it++)
        if (it->object && it->peer == peer)
            close_handle(it);
    for (struct thing *it = things; it < things + made; it++) {
        it->model.owner_died = it->model.owner_died || it->model.owner == peer;
        it->model.owner = it->model.owner == peer ? MODEL_NOBODY : it->model.owner;
        it->model.reads[peer] = it->model.permits[peer] = 0;
    }
    shoal_close(segments[peer]);
    shoal_context_free(contexts[peer]);
}

/* ---- Looking ---- */

static void finding(void *argument, const char *sentence)
{
    (void)argument;
    fprintf(stderr, "finding: %s\n", sentence);
}

static int count_name(void *argument, const char *name, size_t length, int kind)
{
    size_t expected;
    unsigned i = (unsigned)(name[0] - 'a');
    REQUIRE(i < NAMES && named[i] && named[i]->driver->kind == kind);
    REQUIRE(memcmp(name_of(i, &expected), name, length) == 0 && expected == length);
    ++*(unsigned *)argument;
    return 0;
}

static void look(shoal_segment *segment)
{
    unsigned listed = 0, there = 0;
    uint64_t count;
    REQUIRE(shoal_object_each(segment, count_name, &listed) == SHOAL_OK);
    for (unsigned i = 0; i < NAMES; i++) {
        there += named[i] != NULL;
        get_from(segment, i);
    }
    REQUIRE(shoal_object_count(&count, segment) == SHOAL_OK && count == there && listed == there);
    REQUIRE(shoal_check(segment, finding, NULL) == 0);
}

static void look_readonly(void)
{
    shoal_context *context = shoal_context_new();
    shoal_segment *segment;
    shoal_options options;
    shoal_options_init(&options);
    options.readonly = true;
    REQUIRE(shoal_open_fd(&segment, context, shoal_segment_fd(segments[0]), &options) == SHOAL_OK);
    look(segment);
    shoal_close(segment);
    shoal_context_free(context);
}

/* ---- The target ---- */

static void operate(void)
{
    unsigned what = take(16), peer = take(PEERS), name = take(NAMES);
    if (what < 4)
        put(peer, name);
    else if (what == 4)
        get_from(segments[peer], name);
    else if (what == 5)
        remove_name(peer, name);
    else if (what < 8)
        open_object(peer, name);
    else if (what < 13)
        use(&handles[(name + 10 * take(2)) % HANDLES]);
    else if (what == 13)
        close_handle(&handles[(name + 10 * take(2)) % HANDLES]);
    else if (what == 14 && take(4) == 0)
        leave(peer), attach(peer);
    else if (take(4) == 0)
        look_readonly();
}

static void begin(void)
{
    shoal_options options;
    memset(named, 0, sizeof named);
    memset(handles, 0, sizeof handles);
    made = operation = 0;
    shoal_options_init(&options);
    options.size = (192u << 10) + take(8) * 40000u;
    contexts[0] = shoal_context_new();
    REQUIRE(shoal_create(&segments[0], contexts[0], NULL, &options) == SHOAL_OK);
    attach(2); /* from the first */
    attach(1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input = data;
    left = size;
    begin();
    for (; left > 0 && made + 1 < THINGS; operation++)
        operate();
    look(segments[1]);
    for (unsigned peer = 0; peer < PEERS; peer++)
        leave(peer);
    return 0;
}
