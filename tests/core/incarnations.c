/*
 * Locks name 16 bits of their owner's incarnation. When these come round in a slot, what a user of old left there must
 * not look like its present user's.
 */
#include "check.h"

#include "scratch.h"

#include "blocked.h"
#include "segment/handle.h"
#include "segment/stripe.h"
#include "sync/barrier.h"
#include "sync/condition.h"
#include "sync/rwlock.h"
#include "sync/semaphore.h"

struct left {
    struct board *board;
    uint32_t slot, me;
};

static shoal_object *second_lock(shoal_context *context)
{
    shoal_object *lock;
    CHECK_STATUS(shoal_lock_open(&lock, open_or_create(context, "locks"), "l2", 2, 0), SHOAL_OK);
    return lock;
}

/* Hold and wait for one of each kind, and die. */
static void leave_everything(void *argument)
{
    struct left *left = argument;
    shoal_context *context = new_context();
    shoal_object *lock = a_lock(context), *rwlock = an_rwlock(context), *semaphore = a_semaphore(context, 3), *other;
    shoal_wait condition, barrier;
    const struct shoal_segment *segment = lock->segment;
    left->board->count[0] = segment->slot;
    left->board->count[1] = segment->party.me;
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write(rwlock, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_open(&other, open_or_create(context, "locks"), "read", 4), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_read(other, SHOAL_NO_WAIT), SHOAL_OK);
    for (int i = 0; i < 2; i++)
        CHECK_STATUS(shoal_semaphore_acquire(semaphore, SHOAL_NO_WAIT), SHOAL_OK);
    shoal_object *its_lock = second_lock(context);
    CHECK_STATUS(shoal_lock_acquire(its_lock, false, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_condition_begin(&condition, a_condition(context, its_lock), its_lock, 0), SHOAL_OK);
    CHECK_STATUS(shoal_wait_begin(&barrier, a_barrier(context, 2), SHOAL_WAIT_PASS, 0, 0), SHOAL_OK);
    CHECK_STATUS(shoal_wait_try(&barrier), SHOAL_PENDING);
    for (uint32_t i = 0; i < STRIPES; i++)
        CHECK_STATUS(shoal__mutex_lock(shoal__stripe(segment, i), &segment->party, SHOAL_NO_WAIT), SHOAL_OK);
    kill(getpid(), SIGKILL);
}

/* A peer in the slot of the dead, with the same 16 bits: 65,536 claims later. */
static shoal_context *come_round(const struct left *left, shoal_object *any)
{
    struct header_sh *header = shoal__header(any->segment);
    shoal_context *context = new_context();
    store_relaxed(&shoal__peer(any->segment, left->slot)->incarnation, (left->me & MUTEX_INCARNATION) >> 12 | 0xffff);
    CHECK(((left->me & MUTEX_INCARNATION) >> 12) == 1); /* so the next is 0x10001 */
    store_relaxed(&header->slot_cursor, left->slot);
    const struct shoal_segment *segment = a_lock(context)->segment;
    CHECK(segment->slot == left->slot && segment->party.me == left->me);
    return context;
}

TEST(what_a_user_of_old_left_is_not_taken_for_the_present_users)
{
    struct left left = {.board = new_board()};
    shoal_context *keeper = new_context();
    shoal_object *lock = a_lock(keeper), *rwlock = an_rwlock(keeper), *semaphore = a_semaphore(keeper, 3), *read;
    shoal_object *condition = a_condition(keeper, second_lock(keeper)), *barrier = a_barrier(keeper, 2);
    CHECK_STATUS(shoal_rwlock_open(&read, open_or_create(keeper, "locks"), "read", 4), SHOAL_OK);
    waitpid(process(leave_everything, &left), NULL, 0);
    left.slot = (uint32_t)left.board->count[0];
    left.me = (uint32_t)left.board->count[1];
    shoal_context *later = come_round(&left, lock);

    CHECK(!shoal_lock_is_mine(a_lock(later)) && !shoal_lock_is_locked(lock));
    CHECK_STATUS(shoal_lock_release(a_lock(later)), SHOAL_ELOCK);
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_RECOVERED);

    CHECK(!shoal_rwlock_is_writing(an_rwlock(later)) && count_holders(rwlock) == 0);
    CHECK_STATUS(shoal_rwlock_write(rwlock, SHOAL_NO_WAIT), SHOAL_RECOVERED);
    CHECK(count_holders(read) == 0);
    CHECK_STATUS(shoal_rwlock_write(read, SHOAL_NO_WAIT), SHOAL_OK);

    CHECK(shoal_semaphore_held(a_semaphore(later, 3)) == 0 && free_permits(semaphore) == 3);
    CHECK_STATUS(shoal_semaphore_release(a_semaphore(later, 3), 1), SHOAL_ELOCK);

    const struct condition_sh *cells = condition->body;
    for (uint32_t i = 0; i < cells->cells; i++)
        CHECK((cells->waiter[i].word & MUTEX_OWNER) != left.me);
    const struct barrier_sh *parties = barrier->body;
    for (uint32_t i = 0; i < parties->parties; i++)
        CHECK((parties->cell[i] & MUTEX_OWNER) != left.me);
    CHECK(shoal_barrier_waiting(barrier) == 0);

    for (uint32_t i = 0; i < STRIPES; i++)
        CHECK(load_relaxed(shoal__stripe(lock->segment, i)) == MUTEX_NEEDREC);
    CHECK_STATUS(shoal_value_put(open_or_create(keeper, "locks"), "v", 1, "\x01", 1), SHOAL_OK);
    check_sound(open_or_create(keeper, "locks"));
}

/* The notification of one of old goes on to who waited with it. */
TEST(a_notification_that_a_user_of_old_left_goes_to_another)
{
    struct left left = {.board = new_board()};
    shoal_context *keeper = new_context(), *waits = new_context();
    shoal_object *lock = second_lock(keeper), *condition = a_condition(keeper, lock);
    struct call call = {.lock = second_lock(waits)};
    uint32_t notified;
    a_lock(keeper);
    waitpid(process(leave_everything, &left), NULL, 0);
    left.slot = (uint32_t)left.board->count[0];
    left.me = (uint32_t)left.board->count[1];
    begin_call(&call, call_condition, a_condition(waits, call.lock), SOON);
    EVENTUALLY(count_waiters(condition) == 1);
    struct condition_sh *cells = condition->body;
    CHECK((cells->waiter[0].word & MUTEX_OWNER) == left.me);
    CHECK_STATUS(shoal_lock_acquire(lock, false, SOON), SHOAL_OK);
    CHECK_STATUS(shoal_condition_notify(&notified, condition, lock, 1), SHOAL_OK);
    CHECK(notified == 1 && cells->waiter[0].word & CONDITION_NOTIFIED);
    come_round(&left, lock);
    CHECK_STATUS(shoal_lock_release(lock), SHOAL_OK);
    CHECK_STATUS(end_call(&call), SHOAL_OK);
}
