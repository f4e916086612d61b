/* Children of fork: a view that was inherited stays what it was, what is held stays the parent's, nothing is kept too long. */
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "check.h"

#include "scratch.h"

#include "blocked.h"

enum { LENGTH = 2000 };

struct inherited {
    shoal_context *context;
    shoal_segment *segment;
    shoal_object *array;
    shoal_view view;
    pid_t child;
    int go[2];
};

/* The child looks, without calling the library, when it is told to; it exits with 0 if the view is intact. */
static void look_when_told(const struct inherited *it)
{
    char byte;
    int wrong = 0;
    close(it->go[1]);
    wrong += read(it->go[0], &byte, 1) != 1;
    for (int i = 0; i < LENGTH; i++)
        wrong += it->view.data[i] != 1;
    _exit(wrong != 0);
}

static struct inherited fork_with_a_view(void)
{
    struct inherited it = {.context = shoal_context_new()};
    shoal_dtype dtype = {SHOAL_UINT8, 1};
    int64_t shape = LENGTH;
    CHECK_STATUS(shoal_create(&it.segment, it.context, NULL, NULL), SHOAL_OK);
    CHECK_STATUS(shoal_array_open(&it.array, it.segment, "a", 1, dtype, 1, &shape), SHOAL_OK);
    CHECK_STATUS(shoal_array_view(&it.view, it.array), SHOAL_OK);
    memset(it.view.data, 1, LENGTH);
    CHECK(pipe(it.go) == 0);
    it.child = fork();
    if (it.child == 0)
        look_when_told(&it);
    close(it.go[0]);
    return it;
}

/* Whatever memory is free is written by this. */
static void fill_free_memory(shoal_segment *segment)
{
    static char bytes[LENGTH + 64];
    char name[16];
    memset(bytes, 2, sizeof bytes);
    for (int i = 0; i < 40; i++)
        CHECK_STATUS(shoal_value_put(segment, name, (size_t)sprintf(name, "k%d", i), bytes, sizeof bytes), SHOAL_OK);
}

static int outcome_of(const struct inherited *it)
{
    int status;
    CHECK(write(it->go[1], "x", 1) == 1);
    CHECK(waitpid(it->child, &status, 0) == it->child);
    close(it->go[1]);
    return status;
}

TEST(an_inherited_view_stays_intact_when_the_parent_closes_and_removes_at_once)
{
    for (int round = 0; round < 20; round++) {
        struct inherited it = fork_with_a_view();
        shoal_object_close(it.array);
        CHECK_STATUS(shoal_object_remove(it.segment, "a", 1), SHOAL_OK);
        fill_free_memory(it.segment);
        CHECK(outcome_of(&it) == 0);
        shoal_close(it.segment);
        shoal_context_free(it.context);
    }
}

TEST(what_a_child_kept_is_freed_when_the_child_is_gone)
{
    shoal_info info;
    struct inherited it = fork_with_a_view();
    shoal_object_close(it.array);
    CHECK_STATUS(shoal_object_remove(it.segment, "a", 1), SHOAL_OK);
    CHECK(outcome_of(&it) == 0);
    shoal_object *other; /* any call that opens or closes lets go of what was kept for the child */
    CHECK_STATUS(shoal_counter_open(&other, it.segment, "c", 1, 0), SHOAL_OK);
    shoal_object_close(other);
    CHECK_STATUS(shoal_segment_info(&info, it.segment), SHOAL_OK);
    CHECK(info.removed == 0);
    CHECK_STATUS(shoal_check(it.segment, NULL, NULL), 0);
    shoal_close(it.segment);
    shoal_context_free(it.context);
}

/* ---- What a parent's other threads hold or wait for is not the child's ---- */

struct family {
    shoal_object *lock, *reentrant, *rwlock, *semaphore, *event, *barrier;
    _Atomic int held, release;
};

static struct family family_of(shoal_context *context)
{
    return (struct family){a_lock(context),
                           a_reentrant_lock(context),
                           an_rwlock(context),
                           a_semaphore(context, 2),
                           an_event(context),
                           a_barrier(context, 2),
                           0,
                           0};
}

static void *hold_until_told(void *argument)
{
    struct family *family = argument;
    CHECK_STATUS(shoal_lock_acquire(family->lock, false, SOON), SHOAL_OK);
    CHECK_STATUS(shoal_lock_acquire(family->reentrant, false, SOON), SHOAL_OK);
    CHECK_STATUS(shoal_lock_acquire(family->reentrant, false, SOON), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write(family->rwlock, SOON), SHOAL_OK);
    CHECK_STATUS(shoal_semaphore_acquire(family->semaphore, SOON), SHOAL_OK);
    CHECK_STATUS(shoal_semaphore_acquire(family->semaphore, SOON), SHOAL_OK);
    family->held = 1;
    EVENTUALLY(family->release);
    CHECK_STATUS(shoal_lock_release(family->lock), SHOAL_OK);
    CHECK_STATUS(shoal_lock_release(family->reentrant), SHOAL_OK);
    CHECK_STATUS(shoal_lock_release(family->reentrant), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_unlock(family->rwlock), SHOAL_OK);
    CHECK_STATUS(shoal_semaphore_release(family->semaphore, 2), SHOAL_OK);
    return NULL;
}

/* As the first thing, before the child has become a peer, and after. */
static void hold_nothing(void *argument)
{
    const struct family *family = argument;
    CHECK(!shoal_lock_is_mine(family->lock) && !shoal_rwlock_is_writing(family->rwlock));
    CHECK(!shoal_rwlock_is_reading(family->rwlock) && shoal_semaphore_held(family->semaphore) == 0);
    CHECK(count_holders(family->lock) == 1 && count_holders(family->rwlock) == 1);
    for (int i = 0; i < 2; i++) {
        CHECK_STATUS(shoal_rwlock_unlock(family->rwlock), SHOAL_ELOCK);
        CHECK_STATUS(shoal_rwlock_downgrade(family->rwlock), SHOAL_ELOCK);
        CHECK_STATUS(shoal_semaphore_release(family->semaphore, 1), SHOAL_ELOCK);
        CHECK_STATUS(shoal_lock_release(family->lock), SHOAL_ELOCK);
        CHECK_STATUS(shoal_lock_release(family->reentrant), SHOAL_ELOCK);
        CHECK_STATUS(shoal_lock_acquire(family->lock, false, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
        CHECK_STATUS(shoal_lock_acquire(family->reentrant, false, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
        CHECK_STATUS(shoal_rwlock_read(family->rwlock, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
        CHECK_STATUS(shoal_rwlock_write(family->rwlock, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
        CHECK_STATUS(shoal_semaphore_acquire(family->semaphore, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    }
}

TEST(what_another_thread_holds_at_the_fork_the_child_does_not)
{
    struct family family = family_of(new_context()), others = family_of(new_context());
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, hold_until_told, &family) == 0);
    EVENTUALLY(family.held);
    join(process(hold_nothing, &family));
    die_after(hold_nothing, &family);
    CHECK_STATUS(shoal_lock_acquire(others.lock, false, SHOAL_NO_WAIT),
                 SHOAL_ETIMEDOUT); /* a child's end gives nothing */
    CHECK_STATUS(shoal_rwlock_read(others.rwlock, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    CHECK_STATUS(shoal_semaphore_acquire(others.semaphore, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    family.release = 1;
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK_STATUS(shoal_lock_acquire(others.lock, false, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write(others.rwlock, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(free_permits(others.semaphore) == 2);
}

static void read_of_its_own(void *argument)
{
    const struct family *family = argument;
    CHECK_STATUS(shoal_rwlock_read_unlock(family->rwlock), SHOAL_ELOCK); /* the parent reads, not the child */
    CHECK_STATUS(shoal_rwlock_read(family->rwlock, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write(family->rwlock, SHOAL_FOREVER), SHOAL_ELOCK);
    CHECK_STATUS(shoal_rwlock_unlock(family->rwlock), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write(family->rwlock, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    CHECK_STATUS(shoal_rwlock_read(family->rwlock, SHOAL_NO_WAIT), SHOAL_OK); /* and dies with it, or exits */
}

TEST(a_child_reads_for_itself)
{
    struct family family = family_of(new_context()), others = family_of(new_context());
    CHECK_STATUS(shoal_rwlock_read(family.rwlock, SHOAL_NO_WAIT), SHOAL_OK);
    join(process(read_of_its_own, &family));
    die_after(read_of_its_own, &family);
    CHECK_STATUS(shoal_rwlock_write(others.rwlock, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT); /* the parent reads still */
    CHECK_STATUS(shoal_rwlock_unlock(family.rwlock), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write(others.rwlock, shoal_deadline(5)), SHOAL_OK);
}

static void use_all(void *argument)
{
    const struct family *family = argument;
    uint32_t index;
    CHECK_STATUS(shoal_event_wait(family->event, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    CHECK_STATUS(shoal_lock_acquire(family->lock, false, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    CHECK_STATUS(shoal_barrier_wait(&index, family->barrier, SOON), SHOAL_OK); /* with the parent's thread */
    CHECK(index == 1);
    shoal_object_close(family->barrier);
    CHECK_STATUS(shoal_event_set(family->event), SHOAL_OK);
}

static void look_through_a_reader(void *argument)
{
    struct inherited *it = argument;
    for (int i = 0; i < LENGTH; i++)
        CHECK(it->view.data[i] == 1);
    CHECK_STATUS(shoal_array_view(&it->view, it->array), SHOAL_OK);
    CHECK_STATUS(shoal_check(it->segment, NULL, NULL), SHOAL_OK);
    CHECK(fcntl(shoal_segment_fd(it->segment), F_GETFD) >= 0);
}

/* The reader's descriptor has a number that may not be given any more. */
static void fork_under_a_lower_limit(void *unused)
{
    (void)unused;
    int low[30], count = 0;
    shoal_segment *writer = open_or_create(new_context(), "limited");
    shoal_object *array = open_array(writer, "a", "u1", LENGTH);
    struct inherited it = {.context = new_context()};
    struct rlimit limit;
    memset(view_of(array).data, 1, LENGTH);
    while (count < 30)
        low[count++] = dup(0);
    it.segment = open_readonly(it.context, "limited");
    while (count > 0)
        close(low[--count]);
    CHECK_STATUS(shoal_object_open(&it.array, it.segment, "a", 1), SHOAL_OK);
    CHECK_STATUS(shoal_array_view(&it.view, it.array), SHOAL_OK);
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = (rlim_t)shoal_segment_fd(it.segment);
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    join(process(look_through_a_reader, &it));
}

TEST(a_child_inherits_what_a_reader_has_open_under_a_lower_limit_on_descriptors)
{
    join(process(fork_under_a_lower_limit, NULL));
}

TEST(a_fork_while_other_threads_wait_leaves_them_waiting)
{
    struct family family = family_of(new_context()), others = family_of(new_context());
    struct call event = {0}, lock = {0}, barrier = {0};
    CHECK_STATUS(shoal_lock_acquire(others.lock, false, SHOAL_NO_WAIT), SHOAL_OK);
    begin_call(&event, call_event, family.event, SOON);
    begin_call(&lock, call_acquire, family.lock, SOON);
    begin_call(&barrier, call_barrier, family.barrier, SOON);
    EVENTUALLY(count_waiters(others.event) + count_waiters(others.lock) + count_waiters(others.barrier) == 3);
    join(process(use_all, &family));
    CHECK_STATUS(end_call(&event), SHOAL_OK);
    CHECK_STATUS(end_call(&barrier), SHOAL_OK);
    CHECK(!lock.ended);
    CHECK_STATUS(shoal_lock_release(others.lock), SHOAL_OK);
    CHECK_STATUS(end_call(&lock), SHOAL_OK);
    CHECK(shoal_lock_is_mine(family.lock));
}

/* ---- A child for which no place could be made ---- */

struct everything {
    shoal_segment *segment;
    shoal_object *array, *counter, *lock, *reentrant, *rwlock, *semaphore, *signal, *event, *condition, *barrier;
};

static struct everything everything_of(shoal_context *context, const char *name)
{
    struct everything it;
    shoal_options options;
    int64_t shape = 100;
    shoal_options_init(&options);
    options.size = 512 << 10; /* 126 peers */
    CHECK_STATUS(shoal_open_or_create(&it.segment, context, name, &options), SHOAL_OK);
    CHECK_STATUS(shoal_array_open(&it.array, it.segment, "a", 1, (shoal_dtype){SHOAL_FLOAT64, 8}, 1, &shape), SHOAL_OK);
    CHECK_STATUS(shoal_counter_open(&it.counter, it.segment, "c", 1, 3), SHOAL_OK);
    CHECK_STATUS(shoal_lock_open(&it.lock, it.segment, "l", 1, 0), SHOAL_OK);
    CHECK_STATUS(shoal_lock_open(&it.reentrant, it.segment, "r", 1, SHOAL_LOCK_REENTRANT), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_open(&it.rwlock, it.segment, "rw", 2), SHOAL_OK);
    CHECK_STATUS(shoal_semaphore_open(&it.semaphore, it.segment, "s", 1, 3, 0), SHOAL_OK);
    CHECK_STATUS(shoal_semaphore_open(&it.signal, it.segment, "g", 1, 3, SHOAL_SEMAPHORE_SIGNAL), SHOAL_OK);
    CHECK_STATUS(shoal_event_open(&it.event, it.segment, "e", 1), SHOAL_OK);
    CHECK_STATUS(shoal_condition_open(&it.condition, it.segment, "co", 2, it.lock), SHOAL_OK);
    CHECK_STATUS(shoal_barrier_open(&it.barrier, it.segment, "b", 1, 2), SHOAL_OK);
    return it;
}

/* All slots that are free: each context is a peer. */
static void fill_roster(const char *name)
{
    shoal_segment *segment;
    for (int status = SHOAL_OK; status == SHOAL_OK;)
        status = shoal_open(&segment, new_context(), name, NULL);
}

#define CLOSED(call)                                                                                                   \
    do {                                                                                                               \
        CHECK_STATUS(call, SHOAL_ECLOSED);                                                                             \
        CHECK(strstr(shoal_error_message(), "forked without it") != NULL);                                             \
    } while (0)

static void look_at_locks(const struct everything *it)
{
    size_t count;
    uint32_t number;
    shoal_owner owner;
    CHECK(shoal_lock_flags(it->reentrant) == 0 && !shoal_lock_recovered(it->lock) && !shoal_lock_is_mine(it->lock));
    CHECK(!shoal_lock_is_locked(it->lock) && !shoal_rwlock_is_writing(it->rwlock));
    CHECK(!shoal_rwlock_is_reading(it->rwlock) && !shoal_rwlock_recovered(it->rwlock));
    CHECK(shoal_semaphore_initial(it->semaphore) == 0 && shoal_semaphore_flags(it->signal) == 0);
    CHECK(shoal_semaphore_held(it->semaphore) == 0 && !shoal_event_is_set(it->event));
    CHECK(shoal_barrier_parties(it->barrier) == 0 && shoal_barrier_waiting(it->barrier) == 0);
    CHECK(!shoal_barrier_broken(it->barrier));
    CHECK_TEXT(shoal_condition_lock_name(it->condition, &count), "");
    CLOSED(shoal_lock_owner(&owner, it->lock));
    CLOSED(shoal_lock_owner(&owner, it->rwlock));
    CLOSED(shoal_object_holders(&owner, 1, &count, it->semaphore));
    CLOSED(shoal_object_waiters(&owner, 1, &count, it->semaphore));
    CLOSED(shoal_semaphore_value(&number, it->semaphore));
    CLOSED(shoal_semaphore_value(&number, it->signal));
}

static void use_locks(const struct everything *it)
{
    uint32_t number;
    CLOSED(shoal_lock_acquire(it->lock, false, SHOAL_NO_WAIT));
    CLOSED(shoal_lock_release(it->lock));
    CLOSED(shoal_lock_repair(it->lock));
    CLOSED(shoal_rwlock_read(it->rwlock, SHOAL_NO_WAIT));
    CLOSED(shoal_rwlock_write(it->rwlock, SHOAL_NO_WAIT));
    CLOSED(shoal_rwlock_unlock(it->rwlock));
    CLOSED(shoal_rwlock_downgrade(it->rwlock));
    CLOSED(shoal_semaphore_acquire(it->semaphore, SHOAL_NO_WAIT));
    CLOSED(shoal_semaphore_release(it->signal, 1));
    CLOSED(shoal_event_set(it->event));
    CLOSED(shoal_event_clear(it->event));
    CLOSED(shoal_event_wait(it->event, SHOAL_NO_WAIT));
    CLOSED(shoal_condition_notify(&number, it->condition, it->lock, 1));
    CLOSED(shoal_condition_wait(it->condition, it->lock, SHOAL_NO_WAIT));
    CLOSED(shoal_barrier_wait(&number, it->barrier, SHOAL_NO_WAIT));
    CLOSED(shoal_barrier_reset(it->barrier));
}

static void use_the_rest(const struct everything *it)
{
    int64_t value;
    uint64_t objects;
    size_t size;
    shoal_view view;
    shoal_object *object;
    shoal_info info;
    CHECK(*shoal_object_lost(it->array));
    CLOSED(shoal_object_usable(it->array));
    CLOSED(shoal_array_view(&view, it->array));
    CLOSED(shoal_counter_value(&value, it->counter));
    CLOSED(shoal_counter_add(&value, it->counter, 1));
    CLOSED(shoal_counter_wait(it->counter, 0, SHOAL_NO_WAIT));
    CLOSED(shoal_object_open(&object, it->segment, "c", 1));
    CLOSED(shoal_counter_open(&object, it->segment, "new", 3, 0));
    CLOSED(shoal_object_find(it->segment, "c", 1));
    CLOSED(shoal_object_remove(it->segment, "c", 1));
    CLOSED(shoal_object_count(&objects, it->segment));
    CLOSED(shoal_value_get(it->segment, "v", 1, &value, sizeof value, &size));
    CLOSED(shoal_value_put(it->segment, "v", 1, "x", 1));
    CLOSED(shoal_segment_info(&info, it->segment));
    CLOSED(shoal_check(it->segment, NULL, NULL));
    CHECK(shoal_object_kind(it->array) == SHOAL_KIND_NDARRAY && shoal_segment_size(it->segment) > 0);
}

static void use_everything(void *argument)
{
    const struct everything *it = argument;
    shoal_segment *again;
    look_at_locks(it);
    use_locks(it);
    use_the_rest(it);
    CHECK_STATUS(shoal_open(&again, new_context(), "full", NULL), SHOAL_ENOSPACE);
}

TEST(every_call_in_a_child_without_a_place_says_why)
{
    struct everything it = everything_of(new_context(), "full");
    fill_roster("full");
    join(in_child(use_everything, &it));
    CHECK(!*shoal_object_lost(it.array) && shoal_semaphore_initial(it.semaphore) == 3);
}

static void read_the_reason(void *argument)
{
    const struct everything *it = argument;
    CLOSED(shoal_object_usable(it->counter));
    CHECK(strstr(shoal_error_message(), "address space") != NULL && strstr(shoal_error_message(), "/dev/shm") == NULL);
}

/* The page that ties a child's lock to it is not to be had; the file system is not to blame. */
TEST(a_child_without_a_page_is_told_of_the_address_space)
{
    struct everything it = everything_of(new_context(), "tight");
    struct rlimit limit = {0, RLIM_INFINITY}, before;
    CHECK(getrlimit(RLIMIT_AS, &before) == 0);
    limit.rlim_max = before.rlim_max;
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    pid_t child = fork();
    if (child == 0) {
        setrlimit(RLIMIT_AS, &before);
        read_the_reason(&it);
        _exit(0);
    }
    CHECK(setrlimit(RLIMIT_AS, &before) == 0);
    join(child);
}
