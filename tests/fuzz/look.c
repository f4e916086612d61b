#include "look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

#define STEPS 20000000u /* of one call */
#define MOST_STRANGERS 6u

static unsigned damaged;
static bool aloud;             /* SHOAL_FUZZ_ALOUD in the environment: say what is found, to understand an input */
static volatile unsigned sink; /* what was read is used */

static int call(int status)
{
    if (status == SHOAL_ECORRUPT && damaged++ < 100 && aloud)
        fprintf(stderr, "damaged: %s\n", shoal_error_message());
    if (status < 0 && !*shoal_error_message())
        violation("%s without a sentence", shoal_status_name(status));
    arena_budget(STEPS);
    return status;
}

static void use(const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    uint64_t word, sum = 0;
    for (; size >= sizeof word; at += sizeof word, size -= sizeof word) {
        memcpy(&word, at, sizeof word);
        sum ^= word;
    }
    while (size > 0)
        sum ^= at[--size];
    sink += (unsigned)sum;
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
    use(bytes, size);
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
    use(view->data, shoal_view_size(view) * view->dtype.itemsize);
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

static void decode(const void *bytes, size_t size)
{
    struct count count = {0};
    shoal_node root;
    int status = shoal_value_decode(&root, bytes, size, &counting, &count);
    arena_budget(STEPS);
    if (count.made != count.gone + (status == SHOAL_OK))
        violation("%u nodes made, %u gone", count.made, count.gone);
}

static void look_at_value(shoal_segment *segment, const char *name, size_t length)
{
    size_t size = 0;
    char few[16];
    int status = call(shoal_value_get(segment, name, length, few, sizeof few, &size));
    if (status == SHOAL_OK)
        decode(few, size);
    for (int tries = 0; status == SHOAL_LARGER && tries < 4; tries++) {
        if (size > shoal_segment_size(segment))
            violation("a value of %zu bytes in a segment of less", size);
        size_t room = size;
        unsigned char *bytes = malloc(room);
        status = call(shoal_value_get(segment, name, length, bytes, room, &size));
        if (status == SHOAL_OK && size > room)
            violation("%zu bytes into a buffer of %zu", size, room);
        if (status == SHOAL_OK)
            decode(bytes, size);
        bool is_str;
        size_t head = shoal_string_head(&is_str, few, room);
        call(shoal_value_get_split(segment, name, length, few, head, bytes, room - head, &size));
        free(bytes);
    }
}

/* ---- Objects ---- */

static void look_at_array(shoal_object *array)
{
    shoal_view view, part;
    shoal_scalar result;
    unsigned char *at;
    if (call(shoal_array_view(&view, array)) < 0)
        return;
    uint64_t size = shoal_view_size(&view);
    if (!view.readonly)
        violation("a view that may be written through");
    use(view.data, size * view.dtype.itemsize);
    unsigned char *copy = malloc(size * view.dtype.itemsize + 1);
    shoal_view_pack(copy, &view);
    free(copy);
    if (size < 10000) {
        call(shoal_view_sum(&result, &view));
        call(shoal_view_max(&result, &view));
        call(shoal_view_mean(&result, &view));
    }
    part = view;
    if (view.ndim > 0 && call(shoal_view_index(&part, -1)) == SHOAL_OK && shoal_view_size(&part) < 10000)
        call(shoal_view_min(&result, &part));
    int64_t last[SHOAL_MAX_DIMS];
    for (uint32_t i = 0; i < view.ndim; i++)
        last[i] = view.shape[i] - 1;
    if (size > 0 && call(shoal_view_at(&at, &view, view.ndim, last)) == SHOAL_OK)
        shoal_scalar_load(&result, view.dtype, at);
}

static void look_at_counter(shoal_object *counter)
{
    int64_t value;
    if (call(shoal_counter_value(&value, counter)) < 0)
        return;
    call(shoal_counter_wait(counter, value, SHOAL_NO_WAIT));
    call(shoal_counter_wait(counter, value, shoal_now() + 5000000));
    refused(shoal_counter_add(&value, counter, 1));
}

static void look_at_lock(shoal_object *lock)
{
    shoal_owner owner;
    call(shoal_lock_owner(&owner, lock));
    sink += shoal_lock_is_locked(lock) + shoal_lock_recovered(lock) + shoal_lock_is_mine(lock) + shoal_lock_flags(lock);
    refused(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT));
    refused(shoal_lock_release(lock));
    refused(shoal_lock_repair(lock));
}

static void look_at_rwlock(shoal_object *rwlock)
{
    shoal_owner owner;
    call(shoal_lock_owner(&owner, rwlock));
    sink += shoal_rwlock_is_writing(rwlock) + shoal_rwlock_is_reading(rwlock) + shoal_rwlock_recovered(rwlock);
    refused(shoal_rwlock_read(rwlock, SHOAL_NO_WAIT));
    refused(shoal_rwlock_write(rwlock, SHOAL_NO_WAIT));
}

static void look_at_semaphore(shoal_object *semaphore)
{
    uint32_t value;
    call(shoal_semaphore_value(&value, semaphore));
    sink += shoal_semaphore_initial(semaphore) + shoal_semaphore_flags(semaphore) + shoal_semaphore_held(semaphore);
    refused(shoal_semaphore_acquire(semaphore, SHOAL_NO_WAIT));
    refused(shoal_semaphore_release(semaphore, 1));
}

static void look_at_event(shoal_object *event)
{
    shoal_wait wait;
    sink += shoal_event_is_set(event);
    call(shoal_event_wait(event, SHOAL_NO_WAIT));
    if (call(shoal_wait_begin(&wait, event, SHOAL_WAIT_SET, 0, 0)) == SHOAL_OK) {
        if (call(shoal_wait_try(&wait)) == SHOAL_PENDING)
            sink += shoal_wait_is_ready(&wait);
        shoal_wait_cancel(&wait);
    }
    refused(shoal_event_set(event));
}

static void look_at_condition(shoal_object *condition)
{
    size_t length;
    uint32_t notified;
    shoal_object *lock;
    use(shoal_condition_lock_name(condition, &length), length);
    sink += shoal_condition_lock(&lock, condition) >= 0;
    shoal_object_close(lock);
    refused(shoal_condition_notify(&notified, condition, condition, 1));
}

static void look_at_barrier(shoal_object *barrier)
{
    uint32_t index;
    sink += shoal_barrier_broken(barrier) + shoal_barrier_parties(barrier) + shoal_barrier_waiting(barrier);
    arena_budget(STEPS);
    refused(shoal_barrier_wait(&index, barrier, SHOAL_NO_WAIT));
    refused(shoal_barrier_reset(barrier));
}

static void look_at_people(shoal_object *object)
{
    shoal_owner owners[4];
    size_t count = 0;
    if (call(shoal_object_holders(owners, 4, &count, object)) == SHOAL_OK)
        use(owners, (count < 4 ? count : 4) * sizeof *owners);
    call(shoal_object_waiters(owners, 4, &count, object));
}

static void look_at_object(shoal_object *object)
{
    size_t length;
    use(shoal_object_name(object, &length), length + 1);
    switch (shoal_object_kind(object)) {
    case SHOAL_KIND_NDARRAY:
        look_at_array(object);
        return; /* nobody holds it */
    case SHOAL_KIND_COUNTER:
        look_at_counter(object);
        break;
    case SHOAL_KIND_LOCK:
        look_at_lock(object);
        break;
    case SHOAL_KIND_RWLOCK:
        look_at_rwlock(object);
        break;
    case SHOAL_KIND_SEMAPHORE:
        look_at_semaphore(object);
        break;
    case SHOAL_KIND_EVENT:
        look_at_event(object);
        break;
    case SHOAL_KIND_CONDITION:
        look_at_condition(object);
        break;
    case SHOAL_KIND_BARRIER:
        look_at_barrier(object);
        break;
    default:
        violation("an open object of kind %d", shoal_object_kind(object));
    }
    look_at_people(object);
}

/* As if nobody had told what it is. */
static void open_as(shoal_segment *segment, const char *name, size_t length, int kind)
{
    shoal_object *object = NULL;
    static const int64_t shape[2] = {2, 3};
    shoal_dtype dtype = {SHOAL_FLOAT64, 8};
    switch (kind % 9) {
    case 0:
        call(shoal_array_open(&object, segment, name, length, dtype, 2, shape));
        break;
    case 1:
        call(shoal_counter_open(&object, segment, name, length, 3));
        break;
    case 2:
        call(shoal_lock_open(&object, segment, name, length, 0));
        break;
    case 3:
        call(shoal_rwlock_open(&object, segment, name, length));
        break;
    case 4:
        call(shoal_semaphore_open(&object, segment, name, length, 3, 0));
        break;
    case 5:
        call(shoal_event_open(&object, segment, name, length));
        break;
    case 6:
        call(shoal_condition_open(&object, segment, name, length, NULL));
        break;
    case 7:
        call(shoal_barrier_open(&object, segment, name, length, 4));
        break;
    default:
        call(shoal_semaphore_open(&object, segment, name, length, 0, SHOAL_SEMAPHORE_ANY));
    }
    shoal_object_close(object);
    arena_budget(STEPS);
}

static void look_at_name(shoal_segment *segment, const char *name, size_t length)
{
    shoal_object *object;
    int kind = call(shoal_object_find(segment, name, length));
    if (kind < 0)
        return;
    look_at_value(segment, name, length);
    if (kind != SHOAL_KIND_VALUE)
        open_as(segment, name, length, kind + 7); /* as what it is */
    size_t size;
    if (call(shoal_object_open_kind(&object, segment, name, length, kind)) >= 0)
        shoal_object_close(object);
    if (call(shoal_object_read(&object, segment, name, length, &size, 0, &size)) == SHOAL_LIVE)
        shoal_object_close(object);
    if (call(shoal_object_open(&object, segment, name, length)) < 0)
        return;
    look_at_object(object);
    shoal_object_close(object);
    arena_budget(STEPS);
}

/* ---- The whole ---- */

static int remember(void *argument, const char *name, size_t length, int kind)
{
    struct names *names = argument;
    use(name, length + 1);
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
    use(shoal_object_name(lock, NULL), 1);
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
        use(&info, sizeof info);
    if (call(shoal_segment_peers(peers, 4, &count, segment)) == SHOAL_OK)
        use(peers, (count < 4 ? count : 4) * sizeof *peers);
    shoal_writer writer = {0};
    if (call(shoal_segment_describe(&writer, segment)) == SHOAL_OK)
        use(writer.bytes, writer.size);
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
    open_as(segment, "lock", 4, (int)(wanted % 9));
    arena_budget(UINT64_MAX);
    return damaged;
}
