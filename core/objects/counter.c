/* Counter: one 64-bit word, changed by compare-and-swap, so a death leaves the old value or the new one. */
#include "objects/objects.h"
#include "platform/futex.h"
#include "platform/point.h"
#include "value/status.h"

struct counter_sh {
    _Alignas(8) _Atomic int64_t value;
    shoal_word waiters; /* 1: somebody may sleep. A waiter sets it before its last look; a waker clears it */
    uint32_t zero;
};
_Static_assert(sizeof(struct counter_sh) == 16, "docs/format.md, Counter");

static void fill(void *body, const void *initial)
{
    struct counter_sh *counter = body;
    atomic_store_explicit(&counter->value, *(const int64_t *)initial, memory_order_relaxed);
}

int shoal_counter_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length, int64_t initial)
{
    struct shoal_recipe recipe = {SHOAL_KIND_COUNTER, sizeof(struct counter_sh), fill, &initial};
    return shoal__handle_make(out, segment, name, length, &recipe);
}

int shoal_counter_value(int64_t *out, const shoal_object *object)
{
    const struct counter_sh *counter = object->body;
    int status = shoal__may_look(object, SHOAL_KIND_COUNTER);
    *out = status == SHOAL_OK ? atomic_load_explicit(&counter->value, memory_order_seq_cst) : 0;
    return shoal__unless_damaged(object->segment, status);
}

/* The low half of the value, to sleep on: a futex is 32 bits wide, and nearly every change alters this half. */
static const shoal_word *low_half(const struct counter_sh *counter)
{
    const uint16_t probe = 1;
    bool little = *(const unsigned char *)&probe == 1;
    return (const shoal_word *)&counter->value + (little ? 0 : 1);
}

/* If we are killed between the change and the wake-up, sleepers look again at the end of their slice. */
static void tell_waiters(struct counter_sh *counter)
{
    SHOAL_POINT("counter: changed");
    if (atomic_load(&counter->waiters) && atomic_exchange_explicit(&counter->waiters, 0, memory_order_seq_cst)) {
        SHOAL_POINT("counter: mark taken away, nobody woken");
        shoal__wake((shoal_word *)low_half(counter), INT32_MAX);
    }
}

static int overflow(const shoal_object *object, int64_t value, int64_t n, const char *sign)
{
    return shoal__fail(SHOAL_EOVERFLOW,
                       "counter \"%s\" is %lld: %s %lld leaves the signed 64-bit range; nothing changed", object->name,
                       (long long)value, sign, (long long)n);
}

int shoal_counter_add(int64_t *out, shoal_object *object, int64_t n)
{
    struct counter_sh *counter = object->body;
    int status = shoal__may_use(object, SHOAL_KIND_COUNTER);
    *out = 0;
    if (status < 0)
        return status;
    int64_t value = atomic_load_explicit(&counter->value, memory_order_relaxed), sum;
    do {
        if (__builtin_add_overflow(value, n, &sum))
            return overflow(object, value, n, "adding");
    } while (!atomic_compare_exchange_weak(&counter->value, &value, sum));
    tell_waiters(counter);
    *out = sum;
    return SHOAL_OK;
}

int shoal_counter_sub(int64_t *out, shoal_object *object, int64_t n)
{
    struct counter_sh *counter = object->body;
    int status = shoal__may_use(object, SHOAL_KIND_COUNTER);
    *out = 0;
    if (status < 0)
        return status;
    int64_t value = atomic_load_explicit(&counter->value, memory_order_relaxed), difference;
    do {
        if (__builtin_sub_overflow(value, n, &difference))
            return overflow(object, value, n, "subtracting");
    } while (!atomic_compare_exchange_weak(&counter->value, &value, difference));
    tell_waiters(counter);
    *out = difference;
    return SHOAL_OK;
}

int shoal_counter_exchange(int64_t *out, shoal_object *object, int64_t value)
{
    struct counter_sh *counter = object->body;
    int status = shoal__may_use(object, SHOAL_KIND_COUNTER);
    *out = 0;
    if (status < 0)
        return status;
    *out = atomic_exchange(&counter->value, value);
    tell_waiters(counter);
    return SHOAL_OK;
}

int shoal_counter_compare_exchange(bool *out, shoal_object *object, int64_t expected, int64_t desired)
{
    struct counter_sh *counter = object->body;
    int status = shoal__may_use(object, SHOAL_KIND_COUNTER);
    *out = false;
    if (status < 0)
        return status;
    *out = atomic_compare_exchange_strong(&counter->value, &expected, desired);
    if (*out)
        tell_waiters(counter);
    return SHOAL_OK;
}

/* ---- Waiting ---- */

static bool differs(const struct shoal__wait *wait)
{
    return atomic_load(&((struct counter_sh *)wait->object->body)->value) != wait->argument;
}

/* A change by a multiple of 2^32 leaves the low half as it was: the waiter sees it at the end of its slice. */
static int attempt(struct shoal__wait *wait)
{
    struct counter_sh *counter = wait->object->body;
    if (differs(wait))
        return SHOAL_OK;
    if (!wait->object->segment->readonly && !(wait->flags & WAIT_LOOK_ONCE))
        atomic_store(&counter->waiters, 1);
    SHOAL_POINT("counter: sleeper marked");
    if (differs(wait))
        return SHOAL_OK;
    wait->word = (const uint32_t *)low_half(counter);
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
    return load_relaxed(&counter->waiters) > 1 ? "its flag for waiters has an impossible value" : NULL;
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
