/* Counter: a 64-bit integer. Implements docs/recovery.md, "Counter". */
#include "objects/objects.h"
#include "platform/futex.h"
#include "platform/point.h"
#include "segment/detach.h"
#include "segment/lock.h"
#include "value/status.h"

#define SMALL ((int64_t)1 << 16) /* what fetch_add may add, at most */
#define LIMIT ((int64_t)1 << 61) /* fetch_add is over as soon as the value was beyond it */
#define AWAY INT64_MIN           /* in `near`: the value has moved to `far` */

/*
 * The value is in `near` until it first goes beyond LIMIT, and from then on in `far`, for good. In `near` it has so much
 * room left that small additions need no look before them. Adders that meet at one counter only read the second line.
 */
struct counter_sh {
    _Alignas(8) _Atomic int64_t near;
    uint32_t zero[14];
    _Alignas(8) _Atomic int64_t far;
    shoal_word slow;    /* 1: no fetch_add any more. Never cleared */
    shoal_word waiters; /* 1: somebody may sleep. A waiter sets it before its last look; a waker clears it */
    uint32_t more_zero[12];
};
_Static_assert(sizeof(struct counter_sh) == 128 && offsetof(struct counter_sh, far) == 64, "docs/format.md, Counter");

/* Is this content of `near` the value? If it is not it is AWAY, or that and a few additions that came too late. */
static inline bool is_value(int64_t near)
{
    return near >= -2 * LIMIT && near < 2 * LIMIT;
}

/* May `near` be set to it? */
static inline bool fits(int64_t value)
{
    return value >= -LIMIT && value <= LIMIT;
}

/* Where the value is, and the value. */
struct look {
    _Atomic int64_t *place;
    int64_t value;
};

static struct look look_at(const struct counter_sh *of)
{
    struct counter_sh *counter = (struct counter_sh *)of;
    int64_t near = atomic_load(&counter->near);
    return is_value(near) ? (struct look){&counter->near, near}
                          : (struct look){&counter->far, atomic_load(&counter->far)};
}

static void fill(void *body, const void *initial)
{
    struct counter_sh *counter = body;
    int64_t value = *(const int64_t *)initial;
    atomic_store_explicit(fits(value) ? &counter->near : &counter->far, value, memory_order_relaxed);
    if (fits(value))
        return;
    atomic_store_explicit(&counter->near, AWAY, memory_order_relaxed);
    store_relaxed(&counter->slow, 1);
}

int shoal_counter_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length, int64_t initial)
{
    struct shoal_recipe recipe = {SHOAL_KIND_COUNTER, sizeof(struct counter_sh), fill, &initial};
    return shoal__handle_make(out, segment, name, length, &recipe);
}

int shoal_counter_value(int64_t *out, const shoal_object *object)
{
    int status = shoal__may_look(object, SHOAL_KIND_COUNTER);
    *out = status == SHOAL_OK ? look_at(object->body).value : 0;
    return shoal__unless_damaged(object->segment, status);
}

/* The low half of a value, to sleep on: a futex is 32 bits wide, and nearly every change alters this half. */
static shoal_word *low_half(_Atomic int64_t *value)
{
    const uint16_t probe = 1;
    bool little = *(const unsigned char *)&probe == 1;
    return (shoal_word *)value + (little ? 0 : 1);
}

static __attribute__((noinline)) void wake_waiters(struct counter_sh *counter)
{
    if (!atomic_exchange_explicit(&counter->waiters, 0, memory_order_seq_cst))
        return;
    SHOAL_POINT("counter: mark taken away, nobody woken");
    shoal__wake(low_half(&counter->near), INT32_MAX);
    if (load_relaxed(&counter->slow))
        shoal__wake(low_half(&counter->far), INT32_MAX);
}

/* If we are killed between the change and the wake-up, sleepers look again at the end of their slice. */
static inline void tell_waiters(struct counter_sh *counter)
{
    SHOAL_POINT("counter: changed");
    if (__builtin_expect(load_sequential(&counter->waiters), 0))
        wake_waiters(counter);
}

/* ---- Changing it by compare-and-swap ---- */

/*
 * Move the value to `far`. A death after the first store leaves a counter without fetch_add; after the second, in a loop
 * that additions under way may prolong, a copy that nobody reads: only who has the lock writes `far` before the move.
 */
static void move_away_locked(struct counter_sh *counter)
{
    atomic_store(&counter->slow, 1);
    SHOAL_POINT("counter: slow");
    int64_t near = atomic_load(&counter->near);
    while (is_value(near)) {
        atomic_store(&counter->far, near);
        SHOAL_POINT("counter: about to move");
        if (atomic_compare_exchange_strong(&counter->near, &near, AWAY))
            break;
    }
    SHOAL_POINT("counter: moved");
}

static int move_away(shoal_object *object)
{
    struct shoal_segment *segment = object->segment;
    struct shoal_turn turn;
    shoal__turn_begin(&turn);
    int status = shoal__enter(segment, &turn);
    if (status == SHOAL_OK) {
        move_away_locked(object->body);
        shoal__leave(segment);
        tell_waiters(object->body); /* they sleep on `near` */
    }
    shoal__turn_end(segment, &turn);
    return status;
}

/* Change what was looked at. SHOAL_PENDING: it is another now, or elsewhere: look again. */
static int change(shoal_object *object, struct look *seen, int64_t value)
{
    struct counter_sh *counter = object->body;
    if (seen->place == &counter->near && !fits(value)) {
        int status = move_away(object);
        return status < 0 ? status : SHOAL_PENDING;
    }
    if (!atomic_compare_exchange_strong(seen->place, &seen->value, value))
        return SHOAL_PENDING;
    tell_waiters(counter);
    return SHOAL_OK;
}

static int overflow(const shoal_object *object, int64_t value, int64_t n, const char *sign)
{
    return shoal__fail(SHOAL_EOVERFLOW,
                       "counter \"%s\" is %lld: %s %lld leaves the signed 64-bit range; nothing changed", object->name,
                       (long long)value, sign, (long long)n);
}

static __attribute__((noinline)) int add_slowly(int64_t *out, shoal_object *object, int64_t n, bool less)
{
    int status = shoal__may_use(object, SHOAL_KIND_COUNTER);
    int64_t sum = 0;
    *out = 0;
    for (status = status < 0 ? status : SHOAL_PENDING; status == SHOAL_PENDING;) {
        struct look seen = look_at(object->body);
        if (less ? __builtin_sub_overflow(seen.value, n, &sum) : __builtin_add_overflow(seen.value, n, &sum))
            return overflow(object, seen.value, n, less ? "subtracting" : "adding");
        status = change(object, &seen, sum);
    }
    *out = status < 0 ? 0 : sum;
    return status;
}

/* ---- Adding without a look ---- */

static inline bool may_fetch_add(const shoal_object *object, int64_t n)
{
    const struct counter_sh *counter = object->body;
    return shoal__is_ready(object, SHOAL_KIND_COUNTER) &&
           __builtin_expect((uint64_t)n + SMALL <= 2 * (uint64_t)SMALL && !load_acquire(&counter->slow), 1);
}

/*
 * `seen` was in `near`. If it was the value, our addition counts: what `near` can hold beyond LIMIT is more than all
 * additions that are under way. If it was not, our addition has changed nothing. False: it does not count.
 */
static inline bool has_added(struct counter_sh *counter, int64_t seen)
{
    if (__builtin_expect(!fits(seen), 0))
        atomic_store(&counter->slow, 1);
    if (__builtin_expect(!is_value(seen), 0))
        return false;
    tell_waiters(counter);
    return true;
}

int shoal_counter_add(int64_t *out, shoal_object *object, int64_t n)
{
    struct counter_sh *counter = object->body;
    if (!may_fetch_add(object, n))
        return add_slowly(out, object, n, false);
    int64_t seen = atomic_fetch_add(&counter->near, n);
    *out = seen + n;
    return has_added(counter, seen) ? SHOAL_OK : add_slowly(out, object, n, false);
}

int shoal_counter_sub(int64_t *out, shoal_object *object, int64_t n)
{
    struct counter_sh *counter = object->body;
    if (!may_fetch_add(object, n))
        return add_slowly(out, object, n, true);
    SHOAL_POINT("counter: about to subtract");
    int64_t seen = atomic_fetch_sub(&counter->near, n);
    *out = seen - n;
    return has_added(counter, seen) ? SHOAL_OK : add_slowly(out, object, n, true);
}

int shoal_counter_exchange(int64_t *out, shoal_object *object, int64_t value)
{
    int status = shoal__may_use(object, SHOAL_KIND_COUNTER);
    struct look seen = {0};
    for (status = status < 0 ? status : SHOAL_PENDING; status == SHOAL_PENDING;) {
        seen = look_at(object->body);
        status = change(object, &seen, value);
    }
    *out = status < 0 ? 0 : seen.value;
    return status;
}

int shoal_counter_compare_exchange(bool *out, shoal_object *object, int64_t expected, int64_t desired)
{
    int status = shoal__may_use(object, SHOAL_KIND_COUNTER);
    *out = false;
    for (status = status < 0 ? status : SHOAL_PENDING; status == SHOAL_PENDING;) {
        struct look seen = look_at(object->body);
        if (seen.value != expected)
            return SHOAL_OK;
        status = change(object, &seen, desired);
    }
    *out = status == SHOAL_OK;
    return status;
}

/* ---- Waiting ---- */

/* A change by a multiple of 2^32 leaves the low half as it was: the waiter sees it at the end of its slice. */
static int attempt(struct shoal__wait *wait)
{
    struct counter_sh *counter = wait->object->body;
    if (look_at(counter).value != wait->argument)
        return SHOAL_OK;
    if (!wait->object->segment->readonly && !(wait->flags & WAIT_LOOK_ONCE))
        atomic_store(&counter->waiters, 1);
    SHOAL_POINT("counter: sleeper marked");
    struct look seen = look_at(counter);
    if (seen.value != wait->argument)
        return SHOAL_OK;
    wait->word = (const uint32_t *)low_half(seen.place);
    wait->expected = (uint32_t)(uint64_t)wait->argument;
    return SHOAL_PENDING;
}

static int give_up(struct shoal__wait *wait, bool time_is_up)
{
    (void)wait, (void)time_is_up; /* `waiters` set without a waiter costs one wake-up that wakes nobody */
    return SHOAL_ETIMEDOUT;
}

static const struct shoal_waits waits[] = {
    {.operation = SHOAL_WAIT_VALUE, .readonly = true, .attempt = attempt, .give_up = give_up},
    {0},
};

int shoal_counter_wait(const shoal_object *object, int64_t differs_from, shoal_time deadline)
{
    return shoal__wait_for((shoal_object *)object, SHOAL_WAIT_VALUE, 0, differs_from, deadline);
}

/* ---- The row ---- */

static const char *check(const shoal_segment *segment, const void *body, uint64_t capacity)
{
    const struct counter_sh *counter = body;
    (void)segment;
    if (capacity < sizeof *counter)
        return "its block is too small";
    if (load_relaxed(&counter->waiters) > 1 || load_relaxed(&counter->slow) > 1)
        return "a flag of it has an impossible value";
    bool moved = !is_value(atomic_load_explicit(&((struct counter_sh *)body)->near, memory_order_acquire));
    return moved && !load_relaxed(&counter->slow) ? "its value has moved, and it is not slow" : NULL;
}

static int copy(shoal_object **out, shoal_segment *to, shoal_object *object)
{
    int64_t value;
    int status = shoal_counter_value(&value, object);
    return status == SHOAL_OK ? shoal_counter_open(out, to, object->name, object->name_length, value) : status;
}

static int describe(struct shoal__parts *map, const shoal_object *object)
{
    int64_t value;
    int status = shoal_counter_value(&value, object);
    shoal_write_int(shoal__part_of(map, "value"), value);
    return status;
}

const struct shoal__kind shoal__counter_kind = {
    .head = sizeof(struct counter_sh),
    .check = check,
    .waits = waits,
    .describe = describe,
    .copy = copy,
};
