/*
 * Peers as threads on one mapping, two threads each: every kind of lock guards plain memory, and others look meanwhile.
 * Run by itself it is a test as any other; under ThreadSanitizer (script/test) it shows each access of the core
 * and of these tests that nothing orders.
 */
#include "check.h"

#include "scratch.h"

#include "blocked.h"
#include "twins.h"

enum { PEERS = 3, THREADS = 2 * PEERS, ROUNDS = 2000, SLOTS = 64 };

struct meeting {
    shoal_segment *first, *twins[PEERS];
    int64_t *plain; /* in an array of the segment: guarded by what is tested, and not atomic */
    void (*work)(struct meeting *it, shoal_context *context, int number);
    _Atomic int ready, working;
};

struct worker {
    struct meeting *meeting;
    int number;
    pthread_t thread;
};

static void *work(void *argument)
{
    const struct worker *it = argument;
    for (it->meeting->ready++; it->meeting->ready < THREADS;)
        sched_yield(); /* all at once */
    it->meeting->work(it->meeting, it->meeting->twins[it->number % PEERS]->context, it->number);
    it->meeting->working--;
    return NULL;
}

static void check_seen(const char *function, int status)
{
    (void)function;
    CHECK(status >= 0 || status == SHOAL_ETIMEDOUT);
}

static int look_at(void *argument, shoal_object *object)
{
    struct subject subject = subject_open(argument, object);
    CHECK_WELL(kinds_look(&subject));
    return 0;
}

/* Those who look see a moment's picture and disturb nobody: another peer, and the workers' own handles. */
static void look(struct meeting *it)
{
    while (it->working > 0) {
        CHECK(shoal_segment_each_lock(it->first, look_at, it->first) == 0);
        CHECK(shoal_segment_each_lock(it->twins[0], look_at, it->twins[0]) == 0);
        nap();
    }
}

static void meet(void (*function)(struct meeting *, shoal_context *, int))
{
    struct meeting it = {.work = function, .working = THREADS};
    struct worker workers[THREADS];
    kinds_program.end = check_seen;
    it.first = open_or_create(new_context(), "locks");
    it.plain = (int64_t *)(void *)view_of(open_array(it.first, "plain", "int64", SLOTS)).data;
    for (int i = 0; i < PEERS; i++)
        it.twins[i] = new_twin(it.first);
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){&it, i, 0};
        CHECK(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
    }
    look(&it);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(workers[i].thread, NULL) == 0);
    for (int i = 0; i < PEERS; i++)
        free_twin(it.twins[i]);
    check_sound(it.first);
}

/* Some calls do not wait at all, some not long, most until it is theirs. */
static shoal_time some_deadline(int round)
{
    return round % 7 == 0 ? SHOAL_NO_WAIT : round % 5 == 0 ? shoal_now() + 300000 : SOON;
}

/* Inside or not; what is refused is for want of time. */
static bool got(int status)
{
    CHECK(status == SHOAL_OK || status == SHOAL_ETIMEDOUT);
    return status == SHOAL_OK;
}

static void add_under_locks(struct meeting *it, shoal_context *context, int number)
{
    shoal_object *lock = a_lock(context), *reentrant = a_reentrant_lock(context);
    (void)number;
    for (int i = 0; i < ROUNDS; i++) {
        if (got(shoal_lock_acquire(lock, i % 2, some_deadline(i)))) {
            it->plain[0]++;
            CHECK(shoal_lock_is_mine(lock) && !shoal_lock_recovered(lock));
            CHECK_STATUS(shoal_lock_release(lock), SHOAL_OK);
        }
        if (got(shoal_lock_acquire(reentrant, false, some_deadline(i + 1)))) {
            CHECK_STATUS(shoal_lock_acquire(reentrant, false, SHOAL_NO_WAIT), SHOAL_OK);
            it->plain[1]++;
            CHECK_STATUS(shoal_lock_release(reentrant), SHOAL_OK);
            it->plain[1]++;
            CHECK_STATUS(shoal_lock_release(reentrant), SHOAL_OK);
        }
    }
    shoal_object_close(lock);
    shoal_object_close(reentrant);
}

TEST(locks_order_what_peers_on_one_mapping_do)
{
    meet(add_under_locks);
}

static void read_and_write(struct meeting *it, shoal_context *context, int number)
{
    shoal_object *rwlock = an_rwlock(context);
    for (int i = number; i < ROUNDS + number; i++) {
        if (i % 4) {
            if (!got(shoal_rwlock_read(rwlock, some_deadline(i))))
                continue;
            CHECK_STATUS(shoal_rwlock_read(rwlock, SHOAL_FOREVER), SHOAL_OK);
            CHECK(it->plain[0] == it->plain[1]);
            CHECK_STATUS(shoal_rwlock_unlock(rwlock), SHOAL_OK);
        } else if (got(shoal_rwlock_write(rwlock, some_deadline(i)))) {
            it->plain[0]++;
            it->plain[1]++;
            if (i % 8 == 0)
                CHECK_STATUS(shoal_rwlock_downgrade(rwlock), SHOAL_OK);
            CHECK(it->plain[0] == it->plain[1]);
        } else {
            continue;
        }
        CHECK_STATUS(shoal_rwlock_unlock(rwlock), SHOAL_OK);
    }
    shoal_object_close(rwlock);
}

TEST(rwlocks_order_what_peers_on_one_mapping_do)
{
    meet(read_and_write);
}

static void add_with_a_permit(struct meeting *it, shoal_context *context, int number)
{
    shoal_object *one = a_semaphore(context, 1), *signal = a_signal(context, 0);
    for (int i = 0; i < ROUNDS; i++) {
        if (got(shoal_semaphore_acquire(one, some_deadline(i)))) {
            it->plain[0]++;
            CHECK_STATUS(shoal_semaphore_release(one, 1), SHOAL_OK);
        }
        CHECK_STATUS(shoal_semaphore_release(one, 2), SHOAL_ELOCK);
        if (number % 2) { /* hand a place over; the next even worker takes it */
            CHECK_STATUS(shoal_semaphore_release(signal, 1), SHOAL_OK);
        } else {
            CHECK_STATUS(shoal_semaphore_acquire(signal, SOON), SHOAL_OK);
        }
    }
    shoal_object_close(one);
    shoal_object_close(signal);
}

TEST(permits_order_what_peers_on_one_mapping_do)
{
    meet(add_with_a_permit);
}

/* In pairs: one sets what the other waits for, and the other way round. */
static void hand_over_by_events(struct meeting *it, shoal_context *context, int number)
{
    char name[2][16];
    shoal_object *events[2], *counter;
    int64_t *plain = &it->plain[8 * (number / 2)], value;
    for (int i = 0; i < 2; i++) {
        snprintf(name[i], sizeof name[i], "e%d", number / 2 * 2 + i);
        CHECK_STATUS(shoal_event_open(&events[i], it->twins[number % PEERS], name[i], strlen(name[i])), SHOAL_OK);
    }
    CHECK_STATUS(shoal_counter_open(&counter, it->twins[number % PEERS], "n", 1, 0), SHOAL_OK);
    (void)context;
    for (int i = 0; i < ROUNDS / 2; i++) {
        if (number % 2 == 0) {
            CHECK(*plain == 2 * i);
            ++*plain;
            CHECK_STATUS(shoal_event_set(events[0]), SHOAL_OK);
            while (!got(shoal_event_wait(events[1], some_deadline(i))))
                ;
            CHECK_STATUS(shoal_event_clear(events[1]), SHOAL_OK);
        } else {
            while (!got(shoal_event_wait(events[0], some_deadline(i))))
                ;
            CHECK_STATUS(shoal_event_clear(events[0]), SHOAL_OK);
            CHECK(*plain == 2 * i + 1);
            ++*plain;
            CHECK_STATUS(shoal_event_set(events[1]), SHOAL_OK);
        }
        CHECK_STATUS(shoal_counter_add(&value, counter, 1), SHOAL_OK);
        int status = shoal_counter_wait(counter, value, shoal_now() + 20000);
        CHECK(status == SHOAL_OK || status == SHOAL_ETIMEDOUT);
    }
    for (int i = 0; i < 2; i++)
        shoal_object_close(events[i]);
    shoal_object_close(counter);
}

TEST(events_order_what_peers_on_one_mapping_do)
{
    meet(hand_over_by_events);
}

/* plain[0]: items made less items taken; plain[1], plain[2]: all of each. */
static void make_and_take_items(struct meeting *it, shoal_context *context, int number)
{
    shoal_object *lock = a_lock(context), *condition = a_condition(context, lock);
    bool makes = number % 2;
    for (int i = 0; i < ROUNDS / 2; i++) {
        uint32_t notified;
        CHECK_STATUS(shoal_lock_acquire(lock, false, SOON), SHOAL_OK);
        while (makes ? it->plain[0] >= 2 : it->plain[0] == 0) {
            int status = shoal_condition_wait(condition, lock, some_deadline(i));
            CHECK(status == SHOAL_OK || status == SHOAL_ETIMEDOUT);
        }
        it->plain[0] += makes ? 1 : -1;
        it->plain[makes ? 1 : 2]++;
        CHECK_STATUS(shoal_condition_notify(&notified, condition, lock, i % 3 ? UINT32_MAX : 2), SHOAL_OK);
        CHECK_STATUS(shoal_lock_release(lock), SHOAL_OK);
        if (i % 3 == 0) { /* two may not have been enough */
            CHECK_STATUS(shoal_lock_acquire(lock, false, SOON), SHOAL_OK);
            CHECK_STATUS(shoal_condition_notify(&notified, condition, lock, UINT32_MAX), SHOAL_OK);
            CHECK_STATUS(shoal_lock_release(lock), SHOAL_OK);
        }
    }
    shoal_object_close(condition);
    shoal_object_close(lock);
}

TEST(conditions_order_what_peers_on_one_mapping_do)
{
    meet(make_and_take_items);
}

static void meet_at_the_barrier(struct meeting *it, shoal_context *context, int number)
{
    shoal_object *barrier = a_barrier(context, THREADS);
    for (int i = 0; i < ROUNDS / 4; i++) {
        uint32_t index;
        it->plain[number] = i;
        CHECK_STATUS(shoal_barrier_wait(&index, barrier, SOON), SHOAL_OK);
        CHECK(it->plain[(number + 1) % THREADS] == i);
        CHECK_STATUS(shoal_barrier_wait(&index, barrier, SOON), SHOAL_OK);
    }
    shoal_object_close(barrier);
}

TEST(barriers_order_what_peers_on_one_mapping_do)
{
    meet(meet_at_the_barrier);
}

/* Nothing is promised but that everybody comes back, and that nobody passes a broken one. */
static void break_and_mend(struct meeting *it, shoal_context *context, int number)
{
    shoal_object *barrier = a_barrier(context, 3);
    (void)it;
    for (int i = 0; i < ROUNDS / 4; i++) {
        uint32_t index;
        if (number == 0 && i % 5 == 0)
            CHECK_STATUS(shoal_barrier_reset(barrier), SHOAL_OK);
        if (number == 1 && i % 11 == 0)
            CHECK_STATUS(shoal_barrier_abort(barrier), SHOAL_OK);
        int status = shoal_barrier_wait(&index, barrier, shoal_now() + 200000 * (1 + i % 3));
        CHECK(status == SHOAL_OK || status == SHOAL_EBROKEN || status == SHOAL_ETIMEDOUT);
        if (status == SHOAL_EBROKEN)
            CHECK(strlen(shoal_error_message()) > 10);
        shoal_barrier_waiting(barrier);
    }
    shoal_object_close(barrier);
}

TEST(barriers_that_break_on_one_mapping_let_all_go)
{
    meet(break_and_mend);
}

/* As event loops do: waits of all kinds by tasks, tried, slept for and cancelled. */
static void wait_in_pieces(struct meeting *it, shoal_context *context, int number)
{
    shoal_object *lock = a_lock(context), *rwlock = an_rwlock(context), *semaphore = a_semaphore(context, 2);
    shoal_object *event = an_event(context);
    uint32_t bell = 0;
    for (int i = 0; i < ROUNDS / 4; i++) {
        shoal_wait waits[4], *list[4];
        int operations[] = {SHOAL_WAIT_ACQUIRE, i % 2 ? SHOAL_WAIT_READ : SHOAL_WAIT_WRITE, SHOAL_WAIT_ACQUIRE,
                            SHOAL_WAIT_SET};
        shoal_object *objects[] = {lock, rwlock, semaphore, event};
        bool over[4];
        size_t pending = 0;
        for (int k = 0; k < 4; k++) {
            CHECK_STATUS(shoal_wait_begin(&waits[k], objects[k], operations[k], SHOAL_WAIT_TASK, 0), SHOAL_OK);
            over[k] = shoal_wait_try(&waits[k]) != SHOAL_PENDING;
            if (!over[k])
                list[pending++] = &waits[k];
        }
        if (pending > 0 && i % 3)
            shoal_wait_any(list, pending, &bell, 0);
        if (i % 4 == number % 4)
            CHECK_STATUS(i % 8 < 4 ? shoal_event_set(event) : shoal_event_clear(event), SHOAL_OK);
        for (int k = 0; k < 4; k++) {
            bool mine = over[k] || shoal_wait_try(&waits[k]) == SHOAL_OK;
            shoal_wait_cancel(&waits[k]);
            if (mine && k == 0) {
                it->plain[0]++;
                CHECK_STATUS(shoal_lock_release(lock), SHOAL_OK);
            }
            if (mine && k == 1 && i % 2 == 0)
                it->plain[1]++;
            if (mine && k == 1)
                CHECK_STATUS(i % 2 ? shoal_rwlock_read_unlock(rwlock) : shoal_rwlock_write_unlock(rwlock), SHOAL_OK);
            if (mine && k == 2)
                CHECK_STATUS(shoal_semaphore_release(semaphore, 1), SHOAL_OK);
        }
    }
    shoal_object_close(lock);
    shoal_object_close(rwlock);
    shoal_object_close(semaphore);
    shoal_object_close(event);
}

TEST(waits_in_pieces_order_what_peers_on_one_mapping_do)
{
    meet(wait_in_pieces);
}

/* Cycles, which one of the threads is told of. */
static void wait_for_each_other(struct meeting *it, shoal_context *context, int number)
{
    char name[2][8];
    shoal_object *locks[2];
    (void)context;
    for (int i = 0; i < 2; i++) {
        snprintf(name[i], sizeof name[i], "c%d", (number + i) % 3);
        CHECK_STATUS(shoal_lock_open(&locks[i], it->twins[number % PEERS], name[i], 2, 0), SHOAL_OK);
    }
    for (int i = 0; i < 12; i++) {
        int status = shoal_lock_acquire(locks[0], false, SHOAL_FOREVER);
        if (status == SHOAL_ELOCK)
            continue;
        CHECK_STATUS(status, SHOAL_OK);
        status = shoal_lock_acquire(locks[1], false, SHOAL_FOREVER);
        CHECK(status == SHOAL_OK || status == SHOAL_ELOCK);
        if (status == SHOAL_OK)
            CHECK_STATUS(shoal_lock_release(locks[1]), SHOAL_OK);
        CHECK_STATUS(shoal_lock_release(locks[0]), SHOAL_OK);
    }
    for (int i = 0; i < 2; i++)
        shoal_object_close(locks[i]);
}

TEST(cycles_of_peers_on_one_mapping_are_found)
{
    meet(wait_for_each_other);
}

/*
 * The structure's own lock. Names are not removed here: who looks a name up without a lock may read a block that is
 * being used again, and asks afterwards whether it was; such reads ThreadSanitizer takes for races.
 */
static void open_make_and_close(struct meeting *it, shoal_context *context, int number)
{
    shoal_segment *segment = it->twins[number % PEERS];
    (void)context;
    for (int i = 0; i < ROUNDS / 4; i++) {
        shoal_object *counter, *array;
        char name[16];
        int64_t value, length = 10;
        snprintf(name, sizeof name, "n%d", i / 4);
        CHECK_STATUS(shoal_counter_open(&counter, segment, name, strlen(name), 0), SHOAL_OK);
        snprintf(name, sizeof name, "a%d", i % 50);
        CHECK_STATUS(shoal_array_open(&array, segment, name, strlen(name), dtype_of("int8"), 1, &length), SHOAL_OK);
        CHECK_STATUS(shoal_counter_add(&value, counter, 1), SHOAL_OK);
        CHECK_STATUS(shoal_counter_sub(&value, counter, 1), SHOAL_OK);
        shoal_object_close(counter);
        shoal_object_close(array);
    }
}

TEST(objects_are_made_and_opened_on_one_mapping)
{
    meet(open_make_and_close);
}
