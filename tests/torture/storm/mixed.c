/*
 * Names that everybody uses for different kinds: a Value is put, removed, made a counter, an array, a lock … by whoever comes,
 * and opened by others as what they believe it is. What is open stays what it was, whatever became of its name.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "worker.h"

enum { PARTIES = 2, TOKENS = 3 };

/* What those may be told who remove and make the same names; everything else is wrong. */
static bool done(int status, const char *what)
{
    bool usual = status == SHOAL_ENOKEY || status == SHOAL_EMISMATCH || status == SHOAL_ETIMEDOUT ||
                 status == SHOAL_EBROKEN || status == SHOAL_EINTR;
    if (!usual)
        must(status, what);
    return status >= 0;
}

static bool writable(const struct worker *it)
{
    return !shoal_segment_readonly(it->segment);
}

/* So that others find it held, and deaths come while it is. */
static void hold(void)
{
    struct timespec moment = {0, (long)(random_number() % 50000)};
    if (random_number() % 16 == 0)
        nanosleep(&moment, NULL);
}

static shoal_time soon(void)
{
    return random_number() % 4 ? SHOAL_NO_WAIT : shoal_deadline(0.002);
}

/* ---- Each kind ---- */

/* Each word is 0, or a version whose length is the array's: who made it, or opened it, wrote that. */
static void use_array(struct worker *it, shoal_object *array)
{
    shoal_view view;
    must(shoal_array_view(&view, array), "view");
    volatile uint32_t *words = (volatile uint32_t *)(void *)view.data;
    uint64_t count = shoal_view_size(&view), step = count / 8 + 1;
    for (uint64_t i = random_number() % step; i < count; i += step) {
        uint32_t word = words[i];
        if (word != 0 && word != (uint32_t)count)
            violation("the memory of an array that is open became something else", word, (int64_t)count);
        if (writable(it))
            words[i] = (uint32_t)count;
    }
}

static void use_counter(struct worker *it, shoal_object *counter)
{
    int64_t value;
    must(writable(it) ? shoal_counter_add(&value, counter, 1) : shoal_counter_value(&value, counter), "count");
    if (value < 0 || value > 1 << 30)
        violation("the memory of a counter that is open became something else", value, 0);
}

static void use_lock(struct worker *it, shoal_object *lock)
{
    if (writable(it) && done(shoal_lock_acquire(lock, false, soon()), "acquire")) {
        hold();
        must(shoal_lock_release(lock), "release");
    }
    shoal_lock_is_locked(lock);
}

static void use_rwlock(struct worker *it, shoal_object *rwlock)
{
    if (!writable(it))
        return;
    shoal_time end = soon();
    if (done(random_number() % 2 ? shoal_rwlock_write(rwlock, end) : shoal_rwlock_read(rwlock, end), "read or write")) {
        hold();
        must(shoal_rwlock_unlock(rwlock), "unlock");
    }
}

static void use_semaphore(struct worker *it, shoal_object *semaphore)
{
    uint32_t value;
    if (writable(it) && done(shoal_semaphore_acquire(semaphore, soon()), "acquire a permit")) {
        hold();
        must(shoal_semaphore_release(semaphore, 1), "release a permit");
    }
    must(shoal_semaphore_value(&value, semaphore), "permits");
    if (value > TOKENS)
        violation("the memory of a semaphore that is open became something else", value, TOKENS);
}

static void use_event(struct worker *it, shoal_object *event)
{
    if (writable(it))
        must(random_number() % 2 ? shoal_event_set(event) : shoal_event_clear(event), "event");
    shoal_event_is_set(event);
}

static void use_condition(struct worker *it, shoal_object *condition)
{
    size_t length;
    const char *name = shoal_condition_lock_name(condition, &length);
    (void)it;
    if (!name || length != 4 || memcmp(name, "lock", 4) != 0)
        violation("the memory of a condition that is open became something else", (int64_t)length, 4);
}

static void use_barrier(struct worker *it, shoal_object *barrier)
{
    uint32_t index;
    if (shoal_barrier_parties(barrier) != PARTIES)
        violation("the memory of a barrier that is open became something else", shoal_barrier_parties(barrier),
                  PARTIES);
    if (!writable(it))
        return;
    done(shoal_barrier_wait(&index, barrier, soon()), "meet");
    must(shoal_barrier_reset(barrier), "reset");
}

static void use(struct worker *it, shoal_object *object)
{
    static void (*const each[])(struct worker *, shoal_object *) = {
        [SHOAL_KIND_NDARRAY] = use_array,       [SHOAL_KIND_COUNTER] = use_counter,     [SHOAL_KIND_LOCK] = use_lock,
        [SHOAL_KIND_RWLOCK] = use_rwlock,       [SHOAL_KIND_SEMAPHORE] = use_semaphore, [SHOAL_KIND_EVENT] = use_event,
        [SHOAL_KIND_CONDITION] = use_condition, [SHOAL_KIND_BARRIER] = use_barrier};
    int kind = shoal_object_kind(object);
    if (kind < SHOAL_KIND_NDARRAY || kind > SHOAL_KIND_BARRIER)
        violation("what is open is of no kind that can be", kind, 0);
    each[kind](it, object);
}

static int make(struct worker *it, shoal_object **out, int kind, const char *name, size_t length)
{
    static const int64_t shapes[] = {10, 3000, 40000, 100000}; /* the last is made without the structure's lock */
    switch (kind) {
    case SHOAL_KIND_NDARRAY:
        return shoal_array_open(out, it->segment, name, length, (shoal_dtype){SHOAL_UINT32, 4}, 1,
                                &shapes[random_number() % 4]);
    case SHOAL_KIND_COUNTER:
        return shoal_counter_open(out, it->segment, name, length, 0);
    case SHOAL_KIND_LOCK:
        return shoal_lock_open(out, it->segment, name, length, 0);
    case SHOAL_KIND_RWLOCK:
        return shoal_rwlock_open(out, it->segment, name, length);
    case SHOAL_KIND_SEMAPHORE:
        return shoal_semaphore_open(out, it->segment, name, length, TOKENS, 0);
    case SHOAL_KIND_EVENT:
        return shoal_event_open(out, it->segment, name, length);
    case SHOAL_KIND_CONDITION:
        return shoal_condition_open(out, it->segment, name, length, it->lock);
    default:
        return shoal_barrier_open(out, it->segment, name, length, PARTIES);
    }
}

/* ---- Names ---- */

/* The last few stay open for a while, and are used, whatever became of their names. */
static void keep(struct worker *it, shoal_object *object)
{
    shoal_object **kept = &it->kept[random_number() % KEPT];
    if (*kept) {
        use(it, *kept);
        shoal_object_close(*kept);
    }
    *kept = object;
}

void close_kept(struct worker *it)
{
    for (int i = 0; i < KEPT; i++)
        shoal_object_close(it->kept[i]);
    memset(it->kept, 0, sizeof it->kept);
}

/* `kind` 0: whatever it is. */
static void open_and_use(struct worker *it, int kind, const char *name, size_t length)
{
    shoal_object *object = NULL;
    int status = kind ? make(it, &object, kind, name, length) : shoal_object_open(&object, it->segment, name, length);
    if (!done(status, "open what others make and remove"))
        return;
    if (kind && shoal_object_kind(object) != kind)
        violation("another kind is open than was asked for", shoal_object_kind(object), kind);
    use(it, object);
    if (random_number() % 4)
        shoal_object_close(object);
    else
        keep(it, object);
}

static void put(struct worker *it, uint32_t key, const char *name, size_t length)
{
    struct stamp stamp = {(uint32_t)it->place, 300 + key, 0};
    while (is_removal(stamp.version))
        stamp.version = (uint32_t)(random_number() >> 33);
    done(shoal_value_put(it->segment, name, length, it->buffer, value_write(it->buffer, stamp)), "put");
}

static void get(struct worker *it, uint32_t key, const char *name, size_t length)
{
    struct stamp stamp;
    size_t size;
    int status = shoal_value_get(it->segment, name, length, it->buffer, VALUE_ROOM, &size);
    if (!done(status, "get") || status == SHOAL_LIVE)
        return;
    if (status != SHOAL_OK || !value_read(&stamp, it->buffer, size) || stamp.key != 300 + key)
        violation("a value is torn, or of another name", status, (int64_t)size);
    ++*place_word(it->place, JUDGED);
}

void look_at_mixed_name(struct worker *it)
{
    char name[16];
    uint32_t key = random_number() % MIXED_NAMES;
    size_t length = (size_t)sprintf(name, "m/%u", key);
    switch (random_number() % 4) {
    case 0:
        get(it, key, name, length);
        break;
    case 1:
        done(shoal_object_find(it->segment, name, length), "find");
        break;
    default:
        open_and_use(it, SHOAL_KIND_NONE, name, length);
    }
    ++*place_word(it->place, MIXED);
}

static void remove_unless_held(const struct worker *it, const char *name, size_t length)
{
    int status = shoal_object_remove(it->segment, name, length);
    if (status != SHOAL_ELOCK)
        done(status, "remove");
}

void use_mixed_name(struct worker *it)
{
    char name[16];
    uint32_t key = random_number() % MIXED_NAMES, roll = random_number() % 16;
    size_t length = (size_t)sprintf(name, "m/%u", key);
    if (roll < 5)
        remove_unless_held(it, name, length);
    else if (roll < 8)
        put(it, key, name, length);
    else if (roll < 13)
        open_and_use(it, 2 + (int)(random_number() % 8), name, length);
    else
        look_at_mixed_name(it);
    ++*place_word(it->place, MIXED);
}
