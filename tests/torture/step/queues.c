/*
 * What only a Queue does: records up to the end of the ring and over it, many at once, large messages, loans, the end. Its messages
 * are numbered: in each image they are those before or those after, in their order, and counted rightly.
 */
#include "step.h"

#include "objects/queue.h"

enum {
    CAPACITY = 3000,
    SIZE = 600,
    LARGE = 8300, /* lies outside of the ring: in a wider queue */
    WIDE = 40000,
    MOST = 40
};

static int open_queue(void)
{
    return must(shoal_queue_open(&object, target, "victim", 6, 0), "queue");
}

static size_t size_of(uint32_t number)
{
    return shoal_queue_capacity(object) == WIDE && number % 2 ? LARGE : SIZE - 50 * (number % 4);
}

static int put_message(uint32_t number)
{
    return shoal_queue_put(object, pattern(number, size_of(number)), size_of(number), SHOAL_NO_WAIT);
}

/* The number of the next one, which is put again behind the others; -1: it is torn, or none. */
static int get_message(bool again)
{
    unsigned char buffer[SHOAL_QUEUE_SMALL];
    shoal_taken taken;
    int number = -1;
    if (shoal_queue_get(&taken, object, buffer, SHOAL_NO_WAIT) < 0)
        return -1;
    for (uint32_t i = 1; i <= MOST && number < 0; i++)
        if (is_value(taken.bytes, taken.size, i, size_of(i)))
            number = (int)i;
    shoal_taken_end(&taken);
    return number > 0 && again && put_message((uint32_t)number) < 0 ? -1 : number;
}

/* 1, 2, 3; `at`: where the first record begins. */
static int prepare_at(uint64_t capacity, uint32_t at)
{
    struct shoal_ring ring;
    must(shoal_queue_open(&object, target, "victim", 6, capacity), "queue");
    if (!shoal__ring_of(&ring, object))
        wrong("no ring");
    shoal__ring_begin_at(&ring, at);
    for (uint32_t i = 1; i <= 3; i++)
        must(put_message(i), "put");
    return close_object();
}
static int prepare_queue(void)
{
    return prepare_at(CAPACITY, 0);
}
/* The fourth comes to lie over the end: of 512 units three have 112. */
static int prepare_at_end(void)
{
    return prepare_at(CAPACITY, UINT32_MAX - 112 - 20);
}
static int prepare_wide(void)
{
    return prepare_at(WIDE, 0);
}

/* ---- Deeds ---- */

static int act_put(void)
{
    return must(put_message(4), "put");
}
static int act_put_string(void)
{
    static unsigned char text[300];
    return must(shoal_queue_put_string(object, SHOAL_BIN, text, sizeof text, SHOAL_NO_WAIT), "put a string");
}
static int act_put_many(void)
{
    size_t done;
    shoal_bytes messages[2];
    for (uint32_t i = 0; i < 2; i++) {
        unsigned char *bytes = malloc(size_of(4 + i));
        memcpy(bytes, pattern(4 + i, size_of(4 + i)), size_of(4 + i));
        messages[i] = (shoal_bytes){bytes, size_of(4 + i)};
    }
    return must(shoal_queue_put_many(&done, object, messages, 2, SHOAL_NO_WAIT), "put many");
}
/* The fifth is a large one; so is the array. */
static int act_put_large(void)
{
    return must(shoal_queue_put(object, pattern(5, LARGE), LARGE, SHOAL_NO_WAIT), "put a large one");
}
static int view_of(shoal_view *view)
{
    static double elements[1200];
    uint64_t bytes;
    int64_t shape = 1200;
    shoal_dtype dtype;
    must(shoal_dtype_parse(&dtype, "f8", 2), "dtype");
    must(shoal_view_init(view, &bytes, dtype, 1, &shape), "view");
    view->data = (unsigned char *)elements;
    return 1;
}
static int act_put_array(void)
{
    shoal_view view;
    return view_of(&view) && must(shoal_queue_put_array(object, &view, SHOAL_NO_WAIT), "put an array");
}
static shoal_loan loan;
static int act_lend(void)
{
    must(shoal_queue_loan(&loan, object, LARGE, 0, SHOAL_NO_WAIT), "loan");
    memcpy(loan.bytes, pattern(5, LARGE), LARGE);
    return must(shoal_queue_put_loan(&loan, LARGE, SHOAL_NO_WAIT), "put a loan");
}
static int act_lend_in_vain(void)
{
    shoal_view view;
    view_of(&view);
    must(shoal_queue_loan_array(&loan, &view, object, SHOAL_NO_WAIT), "loan");
    shoal_loan_end(&loan);
    return 1;
}
static int act_get(void)
{
    return get_message(false) == 1 ? 1 : must(SHOAL_ECORRUPT, "get");
}
static shoal_taken taken[3];
static unsigned char buffer[2 * SHOAL_QUEUE_SMALL];
static int act_get_many(void)
{
    size_t count;
    must(shoal_queue_get_many(taken, 2, &count, object, buffer, sizeof buffer, SHOAL_NO_WAIT), "get many");
    return must(count == 2 ? SHOAL_OK : SHOAL_ECORRUPT, "two");
}
static int act_take(void)
{
    must(shoal_queue_get(taken, object, buffer, SHOAL_NO_WAIT), "take");
    shoal_taken_end(taken);
    return 1;
}
static int act_shut(void)
{
    return must(shoal_queue_shut(object, false), "shut");
}
static int act_shut_now(void)
{
    return must(shoal_queue_shut(object, true), "shut at once");
}

/* ---- The dead before ---- */

static int take_put_lock(void)
{
    open_queue();
    struct queue_sh *queue = object->body;
    must(shoal__mutex_lock(&queue->put_lock, &object->segment->party, SHOAL_NO_WAIT), "lock");
    store_relaxed(&queue->number, load_relaxed(&queue->number) + 3);
    return 1;
}
static int take_get_lock(void)
{
    open_queue();
    struct queue_sh *queue = object->body;
    must(shoal__mutex_lock(&queue->get_lock, &object->segment->party, SHOAL_NO_WAIT), "lock");
    queue->tail_seen -= 7;
    return 1;
}
static int prepare_dead_producer(void)
{
    prepare_queue();
    dying(act_attach, take_put_lock);
    return 1;
}
static int prepare_dead_consumer(void)
{
    prepare_queue();
    dying(act_attach, take_get_lock);
    return 1;
}

/* ---- What has been done ---- */

/* The messages from `first` on, `count` of them: is that what is there? */
static bool are_there(uint32_t first, uint32_t count)
{
    uint64_t messages;
    if (shoal_queue_size(&messages, object) < 0 || messages != count)
        return false;
    for (uint32_t i = 0; i < count && !shoal_segment_readonly(target); i++)
        if (get_message(true) != (int)(first + i) || shoal_queue_size(&messages, object) < 0 || messages != count)
            return false;
    return true;
}

static int state_as(uint32_t first, uint32_t count)
{
    if (shoal_queue_open(&object, target, "victim", 6, 0) < 0)
        return -1;
    int state = are_there(1, 3) ? 0 : are_there(first, count) ? 1 : -1;
    close_object();
    return state;
}
static int state_put(void)
{
    return state_as(1, 4);
}
static int state_put_many(void)
{
    return state_as(1, 5);
}
static int state_got(void)
{
    return state_as(2, 2);
}
static int state_got_many(void)
{
    return state_as(3, 1);
}
static int state_queue_kept(void)
{
    return state_as(1, 3);
}
/* Of those that say no number: how many. */
static int state_counted(void)
{
    uint64_t messages, used;
    if (shoal_queue_open(&object, target, "victim", 6, 0) < 0)
        return -1;
    bool told = shoal_queue_size(&messages, object) == SHOAL_OK && shoal_queue_used(&used, object) == SHOAL_OK;
    close_object();
    return !told ? -1 : messages == 3 ? 0 : messages == 4 ? 1 : -1;
}
/* 1, 2, 3 with a large one after: the fifth. */
static int state_put_fifth(void)
{
    if (shoal_queue_open(&object, target, "victim", 6, 0) < 0)
        return -1;
    uint64_t messages;
    int state = shoal_queue_size(&messages, object) < 0 ? -1 : messages == 3 ? 0 : messages == 4 ? 1 : -1;
    if (state == 0 && !are_there(1, 3))
        state = -1;
    for (uint32_t i = 0; state == 1 && i < 4 && !shoal_segment_readonly(target); i++)
        if (get_message(true) != (int)(i == 3 ? 5 : 1 + i))
            state = -1;
    close_object();
    return state;
}
static int state_shut(void)
{
    uint64_t messages;
    if (shoal_queue_open(&object, target, "victim", 6, 0) < 0)
        return -1;
    bool told = shoal_queue_size(&messages, object) == SHOAL_OK;
    int state = !shoal_queue_is_shut(object) ? (messages == 3 ? 0 : -1) : messages == 3 || messages == 0 ? 1 : -1;
    close_object();
    return told ? state : -1;
}

static int before_queue(void)
{
    return open_queue();
}

static const struct operation all[] = {
    {"queue_put", prepare_queue, before_queue, act_put, state_put, 0},
    {"queue_put_over_end", prepare_at_end, before_queue, act_put, state_put, 0},
    {"queue_put_string", prepare_queue, before_queue, act_put_string, state_counted, 0},
    {"queue_put_many", prepare_queue, before_queue, act_put_many, state_put_many, 0},
    {"queue_put_large", prepare_wide, before_queue, act_put_large, state_put_fifth, BIG_SEGMENT},
    {"queue_put_array", prepare_wide, before_queue, act_put_array, state_counted, BIG_SEGMENT},
    {"queue_lend", prepare_wide, before_queue, act_lend, state_put_fifth, BIG_SEGMENT},
    {"queue_lend_in_vain", prepare_wide, before_queue, act_lend_in_vain, state_queue_kept, STAYS | BIG_SEGMENT},
    {"queue_get", prepare_queue, before_queue, act_get, state_got, 0},
    {"queue_get_over_end", prepare_at_end, before_queue, act_get, state_got, 0},
    {"queue_get_many", prepare_queue, before_queue, act_get_many, state_got_many, 0},
    {"queue_take", prepare_wide, before_queue, act_take, state_got, BIG_SEGMENT},
    {"queue_put_steal", prepare_dead_producer, before_queue, act_put, state_put, 0},
    {"queue_get_steal", prepare_dead_consumer, before_queue, act_get, state_got, 0},
    {"queue_shut", prepare_queue, before_queue, act_shut, state_shut, 0},
    {"queue_shut_now", prepare_wide, before_queue, act_shut_now, state_shut, BIG_SEGMENT},
};

const struct operations queue_operations = {all, sizeof all / sizeof *all};
