/*
 * What only a Queue does, by two at once: small messages and large ones are put and got, loans, a death with each of its locks, the
 * end. Its messages have numbers, and are whole: what was put is there once, and what was got is not.
 */
#include "points.h"

#include "objects/queue.h"

enum { CAPACITY = 65536, SMALL = 300, LARGE = 9000, MOST = 40 };

static int open_queue(void)
{
    return must(shoal_queue_open(&object, target, "victim", 6, CAPACITY), "queue");
}
/* Odd ones are large. */
static size_t size_of(uint32_t number)
{
    return number % 2 ? LARGE : SMALL;
}
static int put_number(uint32_t number)
{
    return must(shoal_queue_put(object, pattern(number, size_of(number)), size_of(number), LONG), "put");
}
/* 0: there is none. */
static uint32_t get_number(shoal_time deadline)
{
    unsigned char buffer[SHOAL_QUEUE_SMALL];
    shoal_taken taken;
    uint32_t number = 0;
    int status = shoal_queue_get(&taken, object, buffer, deadline);
    if (status == SHOAL_EEMPTY)
        return 0;
    must(status, "get");
    for (uint32_t i = 1; i <= MOST && !number; i++)
        if (is_value(taken.bytes, taken.size, i, size_of(i)))
            number = i;
    if (!number)
        wrong("a message of %zu bytes is none that was put", taken.size);
    shoal_taken_end(&taken);
    return number;
}

/* 1 to 4, of which two are large. */
static int prepare_four(void)
{
    open_queue();
    for (uint32_t i = 1; i <= 4; i++)
        put_number(i);
    return close_object();
}
/* The next record lies over the end of the ring. */
static int prepare_at_end(void)
{
    struct shoal_ring ring;
    open_queue();
    if (!shoal__ring_of(&ring, object))
        wrong("no ring");
    shoal__ring_begin_at(&ring, UINT32_MAX - 50);
    for (uint32_t i = 1; i <= 4; i++)
        put_number(i);
    return close_object();
}

/* With small ones, to the end: what is got gives its very place to the next. */
static int fill_up(void)
{
    int status;
    do
        status = shoal_queue_put(object, pattern(30, SMALL), SMALL, SHOAL_NO_WAIT);
    while (status == SHOAL_OK);
    return status == SHOAL_EFULL ? 1 : must(status, "fill");
}
static int prepare_full(void)
{
    return open_queue() && put_number(2) && fill_up() && close_object();
}
static int get_the_first(void)
{
    uint32_t number = get_number(LONG);
    if (number != 2)
        wrong("%u came out, and not the first", number);
    return 1;
}
static int second_fills_up(void)
{
    return open_queue() && fill_up() && close_object();
}

static int put_small(void)
{
    return put_number(20);
}
static int put_large(void)
{
    return put_number(21);
}
static int lend(void)
{
    shoal_loan loan;
    must(shoal_queue_loan(&loan, object, LARGE, 0, LONG), "loan");
    memcpy(loan.bytes, pattern(21, LARGE), LARGE);
    return must(shoal_queue_put_loan(&loan, LARGE, LONG), "put a loan");
}
static int get_first(void)
{
    if (!get_number(LONG))
        wrong("there was none");
    return 1;
}
static int second_puts_small(void)
{
    return open_queue() && put_number(30) && close_object();
}
static int second_puts_large(void)
{
    return open_queue() && put_number(31) && close_object();
}
static int second_gets(void)
{
    return open_queue() && get_first() && close_object();
}
static int shut(void)
{
    return must(shoal_queue_shut(object, false), "shut");
}
static int shut_now(void)
{
    return must(shoal_queue_shut(object, true), "shut at once");
}
static int second_puts_if_it_may(void)
{
    open_queue();
    int status = shoal_queue_put(object, pattern(30, SMALL), SMALL, LONG);
    if (status != SHOAL_ESHUT)
        must(status, "put");
    return close_object();
}

/* Those who died before, with a lock and what they had begun. */
static int take(shoal_word *lock)
{
    return must(shoal__mutex_lock(lock, &object->segment->party, SHOAL_NO_WAIT), "a lock of the queue");
}
static int die_putting(void)
{
    open_queue();
    struct queue_sh *queue = object->body;
    take(&queue->put_lock);
    store_relaxed(&queue->number, load_relaxed(&queue->number) + 2);
    return 1;
}
static int die_getting(void)
{
    open_queue();
    struct queue_sh *queue = object->body;
    take(&queue->get_lock);
    queue->tail_seen += 5;
    return 1;
}

/* ---- What is there ---- */

/* All are got, and put again: each once. Bit i: number i is there. */
static uint64_t what_is_there(void)
{
    uint64_t seen = 0, count;
    uint32_t number;
    open_queue();
    must(shoal_queue_size(&count, object), "size");
    for (uint64_t i = 0; i < count && (number = get_number(SHOAL_NO_WAIT)); i++) {
        if (seen & (uint64_t)1 << number)
            violation("message %u is there twice", number);
        seen |= (uint64_t)1 << number;
        put_number(number);
    }
    if ((uint64_t)__builtin_popcountll(seen) != count)
        violation("a queue says that it has %llu messages", (unsigned long long)count);
    close_object();
    return seen;
}

/* What was there stays; what the two put is there if it was acknowledged. */
static int state_put(void)
{
    uint64_t seen = what_is_there();
    if ((seen & 0x1e) != 0x1e)
        violation("messages are lost: %llx", (unsigned long long)seen);
    return ((seen & (3 << 20)) ? VICTIMS : 0) | ((seen & ((uint64_t)3 << 30)) ? SECONDS : 0);
}
/* Two are got at most, the first ones. */
static int state_got(void)
{
    uint64_t seen = what_is_there();
    if (seen != 0x1e && seen != 0x1c && seen != 0x18)
        violation("others than the first are gone: %llx", (unsigned long long)seen);
    return VICTIMS | SECONDS;
}
static int state_full(void)
{
    uint64_t count;
    open_queue();
    must(shoal_queue_size(&count, object), "size");
    if (count < 200 || get_number(LONG) == 0)
        violation("a full queue has %llu messages", (unsigned long long)count);
    close_object();
    return VICTIMS | SECONDS;
}
/* One puts, another gets. */
static int state_put_and_got(void)
{
    uint64_t seen = what_is_there();
    if ((seen & 0x1c) != 0x1c)
        violation("messages are lost: %llx", (unsigned long long)seen);
    return (seen & (3 << 20) ? VICTIMS : 0) | (seen & 2 ? 0 : SECONDS);
}
/* Nothing can be put again: they are counted. */
static int state_shut(void)
{
    uint64_t count;
    open_queue();
    must(shoal_queue_size(&count, object), "size");
    if (!shoal_queue_is_shut(object) && count < 4)
        violation("a queue that is open lost %llu messages", 4 - (unsigned long long)count);
    close_object();
    return VICTIMS | SECONDS;
}

static const struct scene all[] = {
    S(queue_put, .prepare = prepare_four, .before = open_queue, .act = put_small, .second = second_puts_small,
      .state = state_put, .flags = ADDS),
    S(queue_put_at_end, .prepare = prepare_at_end, .before = open_queue, .act = put_small, .second = second_puts_large,
      .state = state_put, .flags = ADDS),
    S(queue_put_large, .prepare = prepare_four, .before = open_queue, .act = put_large, .second = second_puts_large,
      .state = state_put, .flags = ADDS),
    S(queue_lend, .prepare = prepare_four, .before = open_queue, .act = lend, .second = second_puts_small,
      .state = state_put, .flags = ADDS),
    S(queue_put_steal, .prepare = prepare_four, .dead = die_putting, .before = open_queue, .act = put_small,
      .second = second_puts_large, .state = state_put, .flags = ADDS),
    S(queue_get, .prepare = prepare_four, .before = open_queue, .act = get_first, .second = second_gets,
      .state = state_got),
    S(queue_get_full, .prepare = prepare_full, .before = open_queue, .act = get_the_first, .second = second_fills_up,
      .state = state_full),
    S(queue_get_steal, .prepare = prepare_four, .dead = die_getting, .before = open_queue, .act = get_first,
      .second = second_gets, .state = state_got),
    S(queue_put_and_get, .prepare = prepare_four, .before = open_queue, .act = put_large, .second = second_gets,
      .state = state_put_and_got, .flags = ADDS),
    S(queue_shut, .prepare = prepare_four, .before = open_queue, .act = shut, .second = second_puts_if_it_may,
      .state = state_shut),
    S(queue_shut_now, .prepare = prepare_four, .before = open_queue, .act = shut_now, .second = second_puts_if_it_may,
      .state = state_shut),
};

const struct scenes queue_scenes = {all, sizeof all / sizeof *all};
