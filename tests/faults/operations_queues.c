/* Queues: messages, large and small, put and got, loans, the end. */
#include "operations_parts.h"

enum { WIDE = 2 << 20 };

static void have_queue(struct world *world)
{
    MUST(shoal_queue_open(&world->object, world->segment, NAME("queue"), WIDE));
}

static void have_large_message(struct world *world)
{
    have_queue(world);
    MUST(shoal_queue_put(world->object, world->bytes, BIG, SHOAL_NO_WAIT));
}

static shoal_loan loan;
static shoal_taken taken;
static unsigned char buffer[SHOAL_QUEUE_SMALL];

static void have_loan(struct world *world)
{
    have_queue(world);
    MUST(shoal_queue_loan(&loan, world->object, BIG, 0, SHOAL_NO_WAIT));
}

static int put_small_message(struct world *world)
{
    return shoal_queue_put(world->object, world->bytes, 3000, SOON);
}

static int put_large_message(struct world *world)
{
    return shoal_queue_put(world->object, world->bytes, BIG, SOON);
}

static int put_loan(struct world *world)
{
    (void)world;
    return shoal_queue_put_loan(&loan, BIG, SOON);
}

static int lend(struct world *world)
{
    int status = shoal_queue_loan(&loan, world->object, BIG, 0, SOON);
    if (status == SHOAL_OK)
        shoal_loan_end(&loan);
    return status;
}

static int get_large_message(struct world *world)
{
    int status = shoal_queue_get(&taken, world->object, buffer, SOON);
    if (status == SHOAL_OK)
        shoal_taken_end(&taken);
    return status;
}

static int get_no_message(struct world *world)
{
    return shoal_queue_get(&taken, world->object, buffer, SOON);
}

static int shut_now(struct world *world)
{
    return shoal_queue_shut(world->object, true);
}

/* ---- What another sees ---- */

static int messages(shoal_segment *segment)
{
    shoal_object *queue;
    uint64_t count = 0;
    int status = shoal_queue_open(&queue, segment, NAME("queue"), 0);
    if (status == SHOAL_OK)
        status = shoal_queue_size(&count, queue);
    shoal_object_close(queue);
    return status < 0 || count > 1 ? -1 : (int)count;
}

static int message_is_gone(shoal_segment *segment)
{
    int count = messages(segment);
    return count < 0 ? -1 : !count;
}

const struct operation queue_operations[] = {
    {"queue_put_small", have_queue, put_small_message, messages, CLOSES},
    {"queue_put_large", have_queue, put_large_message, messages, CLOSES},
    {"queue_put_loan", have_loan, put_loan, messages, CLOSES},
    {"queue_lend", have_queue, lend, NULL, 0},
    {"queue_get_large", have_large_message, get_large_message, message_is_gone, CLOSES},
    {"queue_get_in_vain", have_queue, get_no_message, NULL, WAITS},
    {"queue_shut_now", have_large_message, shut_now, message_is_gone, CLOSES},
    {0},
};
