/* Event: one word: whether it is set, and how often it was. Implements docs/recovery.md, "Event". */
#include "objects/objects.h"
#include "platform/futex.h"
#include "platform/point.h"

/* bit 0: it is set. bit 1: somebody sleeps, or is about to. bits 2-31: how often it was set. */
struct event_sh {
    shoal_word word;
    uint32_t zero[3];
};
_Static_assert(sizeof(struct event_sh) == 16, "docs/format.md, Event");

#define SET 1u
#define WAITERS 2u
#define ONE_TIME 4u

static inline shoal_word *word_of(const shoal_object *object)
{
    return &((struct event_sh *)object->body)->word;
}

static void fill(void *body, const void *argument)
{
    (void)argument;
    store_relaxed(&((struct event_sh *)body)->word, 0);
}

int shoal_event_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length)
{
    struct shoal_recipe recipe = {SHOAL_KIND_EVENT, sizeof(struct event_sh), fill, NULL};
    return shoal__handle_make(out, segment, name, length, &recipe);
}

/* If we are killed between the change and the wake-up, sleepers look again at the end of their slice. */
int shoal_event_set(shoal_object *object)
{
    shoal_word *word = word_of(object);
    int status = shoal__may_use(object, SHOAL_KIND_EVENT);
    if (status < 0)
        return status;
    uint32_t seen;
    do {
        seen = load_relaxed(word);
        if (seen & SET)
            return SHOAL_OK;
    } while (!compare_swap(word, seen, ((seen & ~WAITERS) + ONE_TIME) | SET));
    SHOAL_POINT("event: set, nobody woken");
    if (seen & WAITERS)
        shoal__wake(word, INT32_MAX);
    return SHOAL_OK;
}

int shoal_event_clear(shoal_object *object)
{
    int status = shoal__may_use(object, SHOAL_KIND_EVENT);
    if (status == SHOAL_OK)
        atomic_fetch_and(word_of(object), ~SET);
    return status;
}

bool shoal_event_is_set(const shoal_object *object)
{
    return shoal__may_look(object, SHOAL_KIND_EVENT) == SHOAL_OK && (load_acquire(word_of(object)) & SET);
}

/* ---- Waiting ---- */

static int begin(struct shoal__wait *wait)
{
    wait->seen = load_acquire(word_of(wait->object)) / ONE_TIME;
    return SHOAL_OK;
}

static bool was_set(uint32_t word, uint32_t times)
{
    return (word & SET) || word / ONE_TIME != times;
}

static int attempt(struct shoal__wait *wait)
{
    shoal_word *word = word_of(wait->object);
    bool tell = !wait->object->segment->readonly && !(wait->flags & WAIT_LOOK_ONCE);
    for (;;) {
        uint32_t seen = atomic_load(word);
        if (was_set(seen, wait->seen))
            return SHOAL_OK;
        if (tell && !(seen & WAITERS) && !compare_swap(word, seen, seen | WAITERS))
            continue;
        SHOAL_POINT("event: sleeper marked");
        wait->word = (const uint32_t *)word;
        wait->expected = tell ? seen | WAITERS : seen;
        return SHOAL_PENDING;
    }
}

static int give_up(struct shoal__wait *wait, bool time_is_up)
{
    (void)wait, (void)time_is_up; /* WAITERS without a waiter costs one wake-up that wakes nobody */
    return SHOAL_ETIMEDOUT;
}

static const struct shoal_waits waits[] = {
    {.operation = SHOAL_WAIT_SET, .readonly = true, .begin = begin, .attempt = attempt, .give_up = give_up},
    {0},
};

int shoal_event_wait(const shoal_object *object, shoal_time deadline)
{
    if (shoal__may_look(object, SHOAL_KIND_EVENT) == SHOAL_OK && (load_acquire(word_of(object)) & SET))
        return shoal__unless_damaged(object->segment, SHOAL_OK);
    return shoal__wait_for((shoal_object *)object, SHOAL_WAIT_SET, 0, 0, deadline);
}

/* ---- The row ---- */

static const char *check(const shoal_segment *segment, const void *body, uint64_t capacity)
{
    (void)segment, (void)body;
    return capacity < sizeof(struct event_sh) ? "its block is too small" : NULL;
}

static int copy(shoal_object **out, shoal_segment *to, shoal_object *object)
{
    int status = shoal_event_open(out, to, object->name, object->name_length);
    return status == SHOAL_OK && shoal_event_is_set(object) ? shoal_event_set(*out) : status;
}

static int describe(struct shoal__parts *map, const shoal_object *object)
{
    shoal_write_bool(shoal__part_of(map, "set"), shoal_event_is_set(object));
    return SHOAL_OK;
}

const struct shoal__kind shoal__event_kind = {
    .flags = KIND_LOCK,
    .head = sizeof(struct event_sh),
    .check = check,
    .waits = waits,
    .describe = describe,
    .copy = copy,
};
