/*
 * Target: the bytes choose operations on one segment, by three peers (contexts of this process) and a reader; a plain model
 * says what each has to answer. In between, and in the end, check() has to find the segment sound.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shoal.h"

#define PEERS 3u
#define NAMES 10u
#define HANDLES 16u
#define THINGS 400u /* objects that were ever made */
#define MOST_BYTES 20000u
#define ARRAY_BYTES 96u
#define PERMITS 2u
#define NOBODY PEERS

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
    int kind;
    size_t size; /* of a Value; its bytes follow from the seed */
    uint32_t seed;
    int64_t count;
    unsigned char bytes[ARRAY_BYTES];
    unsigned owner, reads[PEERS], permits[PEERS];
    bool owner_died, set;
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
static unsigned char buffer[MOST_BYTES], pattern[MOST_BYTES];

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

static struct thing *make(unsigned name, int kind)
{
    struct thing *thing = &things[made++];
    *thing = (struct thing){.kind = kind, .owner = NOBODY};
    return named[name] = thing;
}

/* ---- Values ---- */

static const unsigned char *bytes_of(uint32_t seed, size_t size)
{
    for (size_t i = 0; i < size; i++)
        pattern[i] = (unsigned char)(i * 7 + seed * 31 + i / 256);
    return pattern;
}

static void put(unsigned peer, unsigned name)
{
    static const size_t sizes[] = {1, 15, 16, 17, 48, 100, 500, 2000, 4079, 4080, 4081, 4097, 9000, 20000};
    size_t length, size = sizes[take(sizeof sizes / sizeof *sizes)];
    const char *text = name_of(name, &length);
    struct thing *thing = named[name];
    uint32_t seed = operation;
    int status = shoal_value_put(segments[peer], text, length, bytes_of(seed, size), size);
    if (thing && thing->kind != SHOAL_KIND_VALUE) {
        REQUIRE(status == SHOAL_EMISMATCH);
        return;
    }
    REQUIRE(status == SHOAL_OK || status == SHOAL_ENOSPACE);
    if (status < 0)
        return;
    thing = thing ? thing : make(name, SHOAL_KIND_VALUE);
    thing->size = size;
    thing->seed = seed;
}

static void get_from(shoal_segment *segment, unsigned name)
{
    size_t length, size;
    const char *text = name_of(name, &length);
    const struct thing *thing = named[name];
    int status = shoal_value_get(segment, text, length, buffer, sizeof buffer, &size);
    REQUIRE(status == (!thing ? SHOAL_ENOKEY : thing->kind != SHOAL_KIND_VALUE ? SHOAL_LIVE : SHOAL_OK));
    if (status == SHOAL_OK)
        REQUIRE(size == thing->size && memcmp(buffer, bytes_of(thing->seed, size), size) == 0);
}

/* ---- Opening and closing ---- */

static int open_kind(shoal_object **out, unsigned peer, const char *name, size_t length, int kind)
{
    static const int64_t shape[] = {3, 4};
    switch (kind) {
    case SHOAL_KIND_NDARRAY:
        return shoal_array_open(out, segments[peer], name, length, (shoal_dtype){SHOAL_FLOAT64, 8}, 2, shape);
    case SHOAL_KIND_COUNTER:
        return shoal_counter_open(out, segments[peer], name, length, -3);
    case SHOAL_KIND_LOCK:
        return shoal_lock_open(out, segments[peer], name, length, 0);
    case SHOAL_KIND_RWLOCK:
        return shoal_rwlock_open(out, segments[peer], name, length);
    case SHOAL_KIND_SEMAPHORE:
        return shoal_semaphore_open(out, segments[peer], name, length, PERMITS, 0);
    default:
        return shoal_event_open(out, segments[peer], name, length);
    }
}

static void open_object(unsigned peer, unsigned name)
{
    size_t length;
    const char *text = name_of(name, &length);
    int kind = SHOAL_KIND_NDARRAY + (int)take(6), status;
    struct handle *handle = handles;
    shoal_object *object;
    while (handle < handles + HANDLES && handle->object)
        handle++;
    if (handle == handles + HANDLES)
        return;
    status = open_kind(&object, peer, text, length, kind);
    REQUIRE((status == SHOAL_OK) == (object != NULL));
    if (named[name] && named[name]->kind != kind) {
        REQUIRE(status == SHOAL_EMISMATCH);
        return;
    }
    REQUIRE(status == SHOAL_OK || status == SHOAL_ENOSPACE);
    struct thing *thing = named[name];
    if (status < 0 && (thing || shoal_object_find(segments[peer], text, length) != kind))
        return; /* else there was room to make it, and none for a handle on it */
    if (!thing) {
        thing = make(name, kind);
        thing->count = -3;
    }
    if (object)
        *handle = (struct handle){object, thing, peer};
}

static void close_handle(struct handle *handle)
{
    shoal_object_close(handle->object);
    handle->object = NULL;
}

static bool is_held(const struct thing *thing)
{
    bool held = thing->owner != NOBODY;
    for (unsigned i = 0; i < PEERS; i++)
        held = held || thing->reads[i] || thing->permits[i];
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

/* ---- What handles do ---- */

static void use_array(const struct handle *handle)
{
    shoal_view view;
    REQUIRE(shoal_array_view(&view, handle->object) == SHOAL_OK && view.ndim == 2 && view.shape[1] == 4);
    REQUIRE(memcmp(view.data, handle->thing->bytes, ARRAY_BYTES) == 0);
    memset(handle->thing->bytes, (int)operation, ARRAY_BYTES / 2);
    memcpy(view.data, handle->thing->bytes, ARRAY_BYTES);
}

static void use_counter(const struct handle *handle)
{
    int64_t value, n = (int64_t)take(256) - 128;
    if (take(16) == 0)
        n = n > 0 ? INT64_MAX : INT64_MIN;
    int64_t sum;
    bool overflow = __builtin_add_overflow(handle->thing->count, n, &sum);
    REQUIRE(shoal_counter_add(&value, handle->object, n) == (overflow ? SHOAL_EOVERFLOW : SHOAL_OK));
    if (!overflow)
        handle->thing->count = sum;
    REQUIRE(shoal_counter_value(&value, handle->object) == SHOAL_OK && value == handle->thing->count);
}

static void use_lock(const struct handle *handle)
{
    struct thing *thing = handle->thing;
    if (take(2)) {
        int status = shoal_lock_acquire(handle->object, false, SHOAL_NO_WAIT);
        int expected = thing->owner != NOBODY ? SHOAL_ETIMEDOUT : thing->owner_died ? SHOAL_RECOVERED : SHOAL_OK;
        REQUIRE(status == expected);
        if (status >= 0)
            thing->owner = handle->peer;
    } else {
        bool ours = thing->owner == handle->peer;
        REQUIRE(shoal_lock_release(handle->object) == (ours ? SHOAL_OK : SHOAL_ELOCK));
        if (ours) {
            thing->owner = NOBODY;
            thing->owner_died = false;
        }
    }
    REQUIRE(shoal_lock_is_locked(handle->object) == (thing->owner != NOBODY));
    REQUIRE(shoal_lock_is_mine(handle->object) == (thing->owner == handle->peer));
}

static bool others_read(const struct thing *thing, unsigned but)
{
    bool found = false;
    for (unsigned i = 0; i < PEERS; i++)
        found = found || (i != but && thing->reads[i]);
    return found;
}

static void read_or_write(const struct handle *handle, bool write)
{
    struct thing *thing = handle->thing;
    unsigned peer = handle->peer;
    bool again = !write && thing->reads[peer];
    int expected = thing->owner_died ? SHOAL_RECOVERED : SHOAL_OK;
    if (!again && (thing->owner != NOBODY || (write && (thing->reads[peer] || others_read(thing, peer)))))
        expected = SHOAL_ETIMEDOUT;
    int status =
        write ? shoal_rwlock_write(handle->object, SHOAL_NO_WAIT) : shoal_rwlock_read(handle->object, SHOAL_NO_WAIT);
    REQUIRE(status == expected);
    if (status >= 0 && write)
        thing->owner = peer;
    else if (status >= 0)
        thing->reads[peer]++;
}

static void use_rwlock(const struct handle *handle)
{
    struct thing *thing = handle->thing;
    unsigned peer = handle->peer, what = take(4);
    if (what < 2) {
        read_or_write(handle, what);
    } else if (what == 2) {
        REQUIRE(shoal_rwlock_read_unlock(handle->object) == (thing->reads[peer] ? SHOAL_OK : SHOAL_ELOCK));
        thing->reads[peer] -= thing->reads[peer] > 0;
    } else {
        bool ours = thing->owner == peer;
        REQUIRE(shoal_rwlock_write_unlock(handle->object) == (ours ? SHOAL_OK : SHOAL_ELOCK));
        thing->owner = ours ? NOBODY : thing->owner;
        thing->owner_died = thing->owner_died && !ours;
    }
    REQUIRE(shoal_rwlock_is_reading(handle->object) == (thing->reads[peer] > 0));
    REQUIRE(shoal_rwlock_is_writing(handle->object) == (thing->owner == peer));
}

static unsigned taken_of(const struct thing *thing)
{
    return thing->permits[0] + thing->permits[1] + thing->permits[2];
}

static void use_semaphore(const struct handle *handle)
{
    struct thing *thing = handle->thing;
    unsigned *mine = &thing->permits[handle->peer], n = 1 + take(2);
    uint32_t value;
    if (take(2)) {
        int status = shoal_semaphore_acquire(handle->object, SHOAL_NO_WAIT);
        REQUIRE(status == (taken_of(thing) < PERMITS ? SHOAL_OK : SHOAL_ETIMEDOUT));
        *mine += status == SHOAL_OK;
    } else {
        REQUIRE(shoal_semaphore_release(handle->object, n) == (n <= *mine ? SHOAL_OK : SHOAL_ELOCK));
        *mine -= n <= *mine ? n : 0;
    }
    REQUIRE(shoal_semaphore_value(&value, handle->object) == SHOAL_OK && value == PERMITS - taken_of(thing));
    REQUIRE(shoal_semaphore_held(handle->object) == *mine);
}

static void use_event(const struct handle *handle)
{
    unsigned what = take(3);
    if (what < 2) {
        REQUIRE((what ? shoal_event_set(handle->object) : shoal_event_clear(handle->object)) == SHOAL_OK);
        handle->thing->set = what;
    }
    REQUIRE(shoal_event_is_set(handle->object) == handle->thing->set);
    REQUIRE(shoal_event_wait(handle->object, SHOAL_NO_WAIT) == (handle->thing->set ? SHOAL_OK : SHOAL_ETIMEDOUT));
}

static void use(const struct handle *handle)
{
    static void (*const uses[])(const struct handle *) = {NULL,     NULL,       use_array,     use_counter,
                                                          use_lock, use_rwlock, use_semaphore, use_event};
    if (handle->object)
        uses[handle->thing->kind](handle);
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
        it->owner_died = it->owner_died || it->owner == peer;
        it->owner = it->owner == peer ? NOBODY : it->owner;
        it->reads[peer] = it->permits[peer] = 0;
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
    REQUIRE(i < NAMES && named[i] && named[i]->kind == kind);
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
