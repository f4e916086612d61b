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
    CHECK_STATUS(shoal_rwlock_write(family->rwlock, SHOAL_NO_WAIT), SHOAL_ELOCK);
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
