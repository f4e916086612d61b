/*
 * Large messages of a Queue: runs of pages that change hands. Implements docs/recovery.md, "Queue". A run is filled in our
 * hands without any lock; one change of the journal makes it the queue's and moves `tail`, another makes it ours again
 * and moves `head`.
 */
#include <string.h>

#include "objects/queue.h"
#include "platform/point.h"
#include "segment/big.h"
#include "segment/detach.h"
#include "segment/heap.h"
#include "segment/journal.h"
#include "segment/lock.h"
#include "segment/parts.h"
#include "segment/runs.h"
#include "value/order.h"
#include "value/dtype.h"
#include "value/parts.h"
#include "value/status.h"

#define ALIGNMENT 64u

/* ---- Hands ---- */

/* What is in `reserved` of a loan and of a taken message: a run that is privately owned. */
struct hand {
    shoal_object *queue;
    uint32_t run, me; /* ref; and the owner's tag, since a forked child has a copy of this */
    uint32_t at;      /* where in the run the message begins */
    uint32_t data_at; /* of a loan for an array: where in the message its elements begin, */
    uint32_t word;    /* and what is swapped in them on a host that is not little-endian */
    uint32_t zero;
};
_Static_assert(sizeof(struct hand) <= sizeof((shoal_loan *)0)->reserved &&
                   sizeof(struct hand) <= sizeof((shoal_taken *)0)->reserved,
               "it lies in what is reserved");

static struct hand hand_of(const void *reserved)
{
    struct hand hand;
    memcpy(&hand, reserved, sizeof hand);
    return hand;
}

static unsigned char *bytes_of(const struct hand *hand)
{
    const shoal_segment *segment = hand->queue->segment;
    return (unsigned char *)shoal__at(segment, shoal__offset(segment, hand->run)) + hand->at;
}

static bool is_ours(const struct hand *hand)
{
    const shoal_segment *segment = hand->queue->segment;
    return shoal__is_peer(segment) && segment->party.me == hand->me;
}

static void dispose(const struct hand *hand)
{
    if (is_ours(hand))
        shoal__big_dispose(hand->queue->segment, hand->run);
}

/* Until when the segment's structure is waited for; with SHOAL_NO_WAIT its holder was seen to get on. */
static int patience(shoal_time *out, shoal_object *object, shoal_time deadline)
{
    *out = deadline;
    if (deadline != SHOAL_NO_WAIT)
        return SHOAL_OK;
    int status = shoal__queue_structure(object, SHOAL_NO_WAIT);
    if (status == SHOAL_OK)
        shoal__leave(object->segment);
    *out = shoal_deadline(0.5);
    return status;
}

/* `filling`: what is known of the bytes, from the message's beginning on. */
static int make_run(struct hand *hand, shoal_object *object, uint64_t size, uint32_t data_at,
                    struct shoal_filling filling, shoal_time deadline)
{
    struct shoal_turn turn;
    uint32_t at = (ALIGNMENT - data_at % ALIGNMENT) % ALIGNMENT;
    filling.at += at;
    shoal__turn_begin(&turn);
    int status = patience(&turn.deadline, object, deadline);
    if (status < 0)
        return status;
    *hand = (struct hand){.queue = object, .me = object->segment->party.me, .at = at, .data_at = data_at};
    status = shoal__big_make(object->segment, at + size, &filling, &hand->run, &turn);
    shoal__turn_end(object->segment, &turn);
    return status == SHOAL_ETIMEDOUT ? shoal__queue_structure_is_held(object) : status;
}

static uint32_t pages_of(const struct shoal_segment *segment, uint32_t run)
{
    return shoal__page(segment, shoal__page_of(segment, run))->pages;
}

static uint32_t units_outside(const struct shoal_segment *segment, uint32_t pages)
{
    return (uint32_t)(((uint64_t)pages << segment->is.page_shift) / RECORD_UNIT) - RING_LARGE_UNITS;
}

/* ---- Putting ---- */

/* With both locks. The number that was counted is taken back if nothing is put. */
static int give_locked(const struct hand *hand, const struct shoal_ring *ring, uint64_t size,
                       enum shoal_ring_result *result)
{
    shoal_segment *segment = hand->queue->segment;
    struct queue_sh *queue = ring->queue;
    uint32_t pages = pages_of(segment, hand->run), units = units_outside(segment, pages), tail;
    struct large_sh large = {hand->run, pages, size, hand->at, 0};
    *result = shoal__ring_put_large(ring, &large, units, &tail);
    if (*result != RING_OK)
        return SHOAL_OK;
    shoal__part_give_locked(segment, &queue->parts, hand->run);
    shoal__publish(segment, &queue->large_put, load_relaxed(&queue->large_put) + units);
    shoal__publish(segment, &queue->tail, tail);
    SHOAL_POINT("queue: large one noted");
    int status = shoal__commit(segment);
    SHOAL_POINT("queue: large one put");
    if (status < 0)
        store_relaxed(&queue->number, load_relaxed(&queue->number) - 1);
    return status;
}

/* With put_lock, which it lets go. RING_OK and SHOAL_OK: it is put. */
static int give(const struct hand *hand, const struct shoal_ring *ring, uint64_t size, shoal_time deadline,
                enum shoal_ring_result *result)
{
    int status = SHOAL_OK;
    *result = RING_CHANGED;
    if (load_sequential(&ring->queue->state) == QUEUE_OPEN)
        status = shoal__queue_structure(hand->queue, deadline), *result = RING_OK;
    if (status == SHOAL_OK && *result == RING_OK) {
        status = give_locked(hand, ring, size, result);
        shoal__leave(hand->queue->segment);
    }
    shoal__queue_leave_put(ring, status == SHOAL_OK && *result == RING_OK);
    return status;
}

static int put_run(const struct hand *hand, const struct shoal_ring *ring, uint64_t size, shoal_time deadline)
{
    enum shoal_ring_result result = RING_CHANGED;
    shoal_object *object = hand->queue;
    int status;
    do {
        status = shoal__queue_enter(object, ring, WAIT_PUT_LOCK, deadline);
        if (status == SHOAL_OK)
            status = give(hand, ring, size, deadline, &result);
        if (status < 0)
            return shoal__queue_in_vain(status, SHOAL_EFULL);
        if (result == RING_OK)
            return SHOAL_OK;
        status = shoal__queue_await_room(object, ring, result, size, deadline);
    } while (status == SHOAL_PENDING);
    return status;
}

/* Before anything is copied: is there room, or when will there be? */
static int find_room(shoal_object *object, const struct shoal_ring *ring, uint64_t size, shoal_time deadline)
{
    struct shoal__cost cost = shoal__queue_cost(object, size);
    if (deadline == SHOAL_GLANCE)
        return shoal__fail_plainly(SHOAL_EFULL);
    if (load_sequential(&ring->queue->state) != QUEUE_OPEN)
        return shoal__queue_is_over(object);
    if (shoal__ring_has_room(ring, cost.record, cost.outside))
        return SHOAL_OK;
    int status = shoal__queue_await_room(object, ring, RING_FULL, size, deadline);
    return status == SHOAL_PENDING ? SHOAL_OK : status;
}

/* The first bytes, which the core writes, then what follows, copied once. */
struct large {
    const unsigned char *head;
    size_t head_size;
    const void *bytes; /* NULL: the elements of `view` */
    uint64_t size;
    const shoal_view *view;
    size_t data_at;
};

static int put_large(shoal_object *object, const struct shoal_ring *ring, const struct large *large,
                     shoal_time deadline)
{
    struct hand hand;
    uint64_t size = large->head_size + large->size;
    int status = shoal__queue_check_size(object, ring, size);
    if (status == SHOAL_OK)
        status = find_room(object, ring, size, deadline);
    if (status < 0)
        return status;
    struct shoal_filling filling = {large->bytes, large->head_size, large->size};
    status = make_run(&hand, object, size, (uint32_t)large->data_at, filling, deadline);
    if (status < 0)
        return shoal__queue_in_vain(status, SHOAL_EFULL);
    memcpy(bytes_of(&hand), large->head, large->head_size);
    if (!large->bytes)
        shoal__write_elements(bytes_of(&hand) + large->head_size, large->view, large->size);
    SHOAL_POINT("queue: large one copied");
    status = put_run(&hand, ring, size, deadline);
    if (status < 0)
        dispose(&hand);
    return status;
}

int shoal__queue_put_large(shoal_object *object, const struct shoal_ring *ring, const struct shoal_message *message,
                           shoal_time deadline)
{
    size_t data_at = message->head_size ? message->head_size : shoal__array_data_at(message->bytes, message->size);
    struct large large = {message->head, message->head_size, message->bytes, message->size, NULL, data_at};
    return put_large(object, ring, &large, deadline);
}

/* ---- Arrays ---- */

static int put_small_array(shoal_object *object, const struct large *large, shoal_time deadline)
{
    unsigned char buffer[SHOAL_QUEUE_SMALL];
    memcpy(buffer, large->head, large->head_size);
    shoal__write_elements(buffer + large->head_size, large->view, large->size);
    return shoal_queue_put(object, buffer, large->head_size + large->size, deadline);
}

int shoal_queue_put_array(shoal_object *object, const shoal_view *view, shoal_time deadline)
{
    struct shoal_ring ring;
    shoal_writer head;
    uint64_t data;
    int status = shoal__queue_begin(&ring, object);
    if (status < 0)
        return status;
    shoal_writer_init(&head);
    if (!shoal__write_array_head(&head, view, &data))
        return head.status;
    bool as_it_is = data > 0 && shoal_view_contiguous(view) && shoal__host_is_little();
    struct large large = {head.bytes, head.size, as_it_is ? view->data : NULL, data, view, head.size};
    return head.size + data <= SHOAL_QUEUE_SMALL ? put_small_array(object, &large, deadline)
                                                 : put_large(object, &ring, &large, deadline);
}

/* ---- Loans ---- */

static int lend(shoal_loan *out, shoal_object *object, uint64_t size, size_t data_at, uint32_t word,
                shoal_time deadline)
{
    struct shoal_ring ring;
    struct hand hand;
    *out = (shoal_loan){0};
    int status = shoal__queue_begin(&ring, object);
    if (status == SHOAL_OK)
        status = shoal__queue_check_size(object, &ring, size);
    if (status == SHOAL_OK)
        status = make_run(&hand, object, size, (uint32_t)(data_at % ALIGNMENT), (struct shoal_filling){0}, deadline);
    if (status < 0)
        return status;
    hand.data_at = (uint32_t)data_at;
    hand.word = word;
    out->bytes = bytes_of(&hand);
    out->size = (size_t)size;
    memcpy(out->reserved, &hand, sizeof hand);
    shoal_object_retain(object);
    return SHOAL_OK;
}

int shoal_queue_loan(shoal_loan *out, shoal_object *object, size_t size, size_t data_at, shoal_time deadline)
{
    return lend(out, object, size, data_at, 0, deadline);
}

int shoal_queue_loan_array(shoal_loan *out, shoal_view *view, shoal_object *object, shoal_time deadline)
{
    shoal_writer head;
    uint64_t data;
    *out = (shoal_loan){0};
    shoal_writer_init(&head);
    if (!shoal__write_array_head(&head, view, &data))
        return head.status;
    uint32_t word = shoal__host_is_little() ? 0 : (uint32_t)shoal__dtype_word(view->dtype);
    int status = lend(out, object, head.size + data, head.size, word, deadline);
    if (status < 0)
        return status;
    memcpy(out->bytes, head.bytes, head.size);
    status = shoal_view_init(view, &data, view->dtype, view->ndim, view->shape);
    view->data = (unsigned char *)out->bytes + head.size;
    return status;
}

static int is_another_s(const struct hand *hand)
{
    return shoal__fail(SHOAL_ELOCK, "queue \"%s\": this loan was taken by the parent process, before the fork",
                       hand->queue->name);
}

/* As the message is written, its elements are little-endian. Again: if it could not be put. */
static void swap(const shoal_loan *loan, const struct hand *hand, size_t size)
{
    if (hand->word > 1 && size > hand->data_at)
        shoal__swap_words((unsigned char *)loan->bytes + hand->data_at, size - hand->data_at, hand->word);
}

int shoal_queue_put_loan(shoal_loan *loan, size_t size, shoal_time deadline)
{
    struct shoal_ring ring;
    struct hand hand = hand_of(loan->reserved);
    if (!loan->bytes || size > loan->size)
        return shoal__fail(SHOAL_EVALUE,
                           loan->bytes ? "a message of %zu bytes is larger than its loan, which has %zu"
                                       : "the loan is over: %zu bytes can't be put with it (%zu)",
                           size, loan->size);
    int status = shoal__queue_begin(&ring, hand.queue);
    if (status == SHOAL_OK && !is_ours(&hand))
        status = is_another_s(&hand);
    if (status < 0)
        return status;
    swap(loan, &hand, size);
    status = put_run(&hand, &ring, size, deadline);
    if (status < 0) {
        swap(loan, &hand, size);
        return status;
    }
    *loan = (shoal_loan){0};
    shoal_object_close(hand.queue);
    return SHOAL_OK;
}

static void end_hand(const struct hand *hand)
{
    dispose(hand);
    shoal_object_close(hand->queue);
}

void shoal_loan_end(shoal_loan *loan)
{
    struct hand hand = hand_of(loan->reserved);
    if (!loan->bytes)
        return;
    *loan = (shoal_loan){0};
    end_hand(&hand);
}

/* ---- Getting ---- */

/* Is this a record of one of the queue's runs, and does the message lie in it? */
static bool is_sound(const struct shoal_segment *segment, const struct large_sh *large)
{
    return large->at < ALIGNMENT && large->size <= segment->is.size &&
           shoal__part_is_sound(segment, large->run, large->at + large->size) &&
           pages_of(segment, large->run) == large->pages;
}

/* With both locks: the run comes into our hands. */
static int take_locked(struct large_sh *large, shoal_object *object, const struct shoal_ring *ring)
{
    shoal_segment *segment = object->segment;
    struct queue_sh *queue = ring->queue;
    uint32_t head;
    bool sound = shoal__ring_get_large(ring, large, &head) == RING_LARGE && is_sound(segment, large) &&
                 shoal__part_take_locked(segment, &queue->parts, large->run);
    if (!sound)
        return shoal__queue_damaged(object);
    uint32_t units = units_outside(segment, large->pages);
    shoal__publish(segment, &queue->large_got, load_relaxed(&queue->large_got) + units);
    shoal__publish(segment, &queue->head, head);
    SHOAL_POINT("queue: taking of a large one noted");
    int status = shoal__commit(segment);
    SHOAL_POINT("queue: large one got");
    return status;
}

int shoal__queue_take(shoal_taken *out, shoal_object *object, const struct shoal_ring *ring, shoal_time deadline)
{
    struct large_sh large;
    int status = shoal__queue_structure(object, deadline);
    if (status == SHOAL_OK) {
        status = take_locked(&large, object, ring);
        shoal__leave(object->segment);
    }
    shoal__mutex_unlock(&ring->queue->get_lock);
    if (status < 0)
        return status;
    shoal__eventcount_tell_one(&ring->queue->room);
    struct hand hand = {.queue = object, .run = large.run, .me = object->segment->party.me, .at = large.at};
    *out = (shoal_taken){.bytes = bytes_of(&hand), .size = (size_t)large.size, .in_place = true};
    memcpy(out->reserved, &hand, sizeof hand);
    shoal_object_retain(object);
    return SHOAL_OK;
}

void shoal_taken_end(shoal_taken *taken)
{
    struct hand hand = hand_of(taken->reserved);
    bool in_place = taken->in_place;
    *taken = (shoal_taken){0};
    if (in_place)
        end_hand(&hand);
}

bool shoal_taken_is_ours(const shoal_taken *taken)
{
    struct hand hand = hand_of(taken->reserved);
    return !taken->in_place || is_ours(&hand);
}

/* ---- Copying to another segment ---- */

/* A large message that was read at `position`, unless it was got meanwhile. */
static int copy_large(shoal_object *to, const shoal_object *object, const struct shoal_ring *ring, uint32_t position,
                      const struct large_sh *large)
{
    const shoal_segment *segment = object->segment;
    if (!is_sound(segment, large))
        return shoal__ring_is_at(ring, position) ? shoal__queue_damaged(object) : SHOAL_OK;
    shoal_loan loan;
    const unsigned char *from = shoal__at(segment, shoal__offset(segment, large->run) + large->at);
    int status = shoal_queue_loan(&loan, to, (size_t)large->size, (ALIGNMENT - large->at) % ALIGNMENT, SHOAL_FOREVER);
    if (status < 0)
        return status;
    memcpy(loan.bytes, from, (size_t)large->size);
    if (shoal__ring_is_at(ring, position))
        status = shoal_queue_put_loan(&loan, (size_t)large->size, SHOAL_NO_WAIT);
    shoal_loan_end(&loan);
    return status;
}

/* What was there when the copy began, less what was got before it was copied. */
static int copy_messages(shoal_object *to, const shoal_object *object, const struct shoal_ring *ring)
{
    unsigned char buffer[SHOAL_QUEUE_SMALL];
    uint32_t position = load_sequential(&ring->queue->head), tail = load_sequential(&ring->queue->tail);
    int status = SHOAL_OK;
    for (size_t size; status == SHOAL_OK;) {
        struct large_sh large;
        uint32_t at = position;
        switch (shoal__ring_copy(ring, &position, tail, buffer, &size, &large)) {
        case RING_OK:
            status = shoal_queue_put(to, buffer, size, SHOAL_NO_WAIT);
            break;
        case RING_LARGE:
            status = copy_large(to, object, ring, at, &large);
            break;
        case RING_CHANGED:
            break;
        case RING_EMPTY:
            return SHOAL_OK;
        default:
            return shoal__queue_damaged(object);
        }
    }
    return status;
}

int shoal__queue_copy(shoal_object **out, shoal_segment *to, shoal_object *object)
{
    struct shoal_ring ring, copy;
    if (!shoal__ring_of(&ring, object))
        return shoal__queue_damaged(object);
    int status = shoal_queue_open(out, to, object->name, object->name_length, ring.queue->capacity);
    if (status < 0)
        return status;
    uint32_t state = load_acquire(&ring.queue->state);
    if (!shoal__ring_of(&copy, *out))
        return shoal__queue_damaged(*out);
    shoal__ring_begin_at(&copy, load_acquire(&ring.queue->head)); /* so that it has the same pads, and no more */
    if (state != QUEUE_SHUT_NOW)
        status = copy_messages(*out, object, &ring);
    return status == SHOAL_OK && state != QUEUE_OPEN ? shoal_queue_shut(*out, state == QUEUE_SHUT_NOW) : status;
}
