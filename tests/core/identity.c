/* Who holds is a thread, though the kernel gives its id to another when it has ended. */
#include "check.h"

#include "scratch.h"

#include "blocked.h"

#include "platform/process.h"

/* The kernel's id of this thread from now on, for the core: that of one that has ended. */
static void be_called(int32_t id)
{
    shoal__thread_id();
    shoal__known_thread.id = id;
}

struct locks {
    struct all all; /* of one permit */
    shoal_object *read;
    int32_t id;
};

static struct locks locks_of(shoal_context *context)
{
    struct locks it = {.all = all_of(context, 1)};
    CHECK_STATUS(shoal_rwlock_open(&it.read, it.all.segment, "read", 4), SHOAL_OK);
    return it;
}

static void *end_holding(void *argument)
{
    struct locks *it = argument;
    it->id = shoal__thread_id();
    hold_all(&it->all);
    CHECK_STATUS(shoal_rwlock_read(it->read, SHOAL_NO_WAIT), SHOAL_OK);
    return NULL;
}

static void run(void *(*act)(void *), void *argument)
{
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, act, argument) == 0 && pthread_join(thread, NULL) == 0);
}

static void *take_as_its_namesake(void *argument)
{
    struct locks *locks = argument;
    be_called(locks->id);
    EACH_OF(it, &locks->all) {
        CHECK(!it->driver->hold || it->driver->hold(it->object, shoal_deadline(0.02)) == SHOAL_ETIMEDOUT);
        EACH_WAY(way, it->driver)
            CHECK(!way->give || way->wait(it->object, shoal_deadline(0.02)) == SHOAL_ETIMEDOUT);
    }
    CHECK_STATUS(shoal_rwlock_write(locks->read, shoal_deadline(0.02)),
                 SHOAL_ETIMEDOUT);                                      /* no upgrade: another reads */
    CHECK(shoal_context_abandon_locks(locks->all.context, false) == 0); /* nothing of it is this thread's */
    return NULL;
}

TEST(a_thread_with_the_id_of_one_that_ended_does_not_hold_what_that_one_held)
{
    struct locks locks = locks_of(new_context());
    run(end_holding, &locks);
    run(take_as_its_namesake, &locks);
    EACH_OF(it, &locks.all) /* the process's still */
        CHECK(!it->driver->hold || (it->driver->held(it->object) && it->driver->let_go(it->object) == SHOAL_OK));
}

struct meeting {
    shoal_object *left, *mine, *theirs;
    int32_t id;
    _Atomic int status;
};

static void *take_left(void *argument)
{
    struct meeting *it = argument;
    it->id = shoal__thread_id();
    CHECK_STATUS(shoal_lock_acquire(it->left, false, SHOAL_NO_WAIT), SHOAL_OK);
    return NULL;
}

static void *wait_for_what_is_left(void *argument)
{
    struct meeting *it = argument;
    be_called(it->id);
    it->status = shoal_lock_acquire(it->left, false, SHOAL_FOREVER);
    return NULL;
}

TEST(what_an_ended_thread_left_is_no_cycle_of_the_thread_that_has_its_id_now)
{
    struct meeting it = {.left = a_lock(new_context()), .status = SHOAL_PENDING};
    shoal_owner owner;
    pthread_t thread;
    run(take_left, &it);
    CHECK(pthread_create(&thread, NULL, wait_for_what_is_left, &it) == 0);
    EVENTUALLY(count_waiters(it.left) == 1);
    for (shoal_time start = shoal_now(); it.status == SHOAL_PENDING && seconds_since(start) < 0.3;) /* some slices */
        nap();
    CHECK_STATUS(it.status, SHOAL_PENDING);
    CHECK_STATUS(shoal_lock_owner(&owner, it.left), SHOAL_OK);
    CHECK(owner.pid == getpid() && owner.thread == 0); /* of whom nobody knows more than the process */
    CHECK_STATUS(shoal_lock_release(it.left), SHOAL_OK);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK_STATUS(it.status, SHOAL_OK);
}

static void *note_number(void *argument)
{
    *(uint64_t *)argument = shoal__thread_number();
    return NULL;
}

static void look_as_child(void *argument)
{
    uint64_t number;
    CHECK(shoal__thread_number() == *(uint64_t *)argument && shoal__thread_id() == (int32_t)getpid());
    run(note_number, &number);
    CHECK(number > *(uint64_t *)argument + 1); /* nobody's of those that its parent knew */
}

TEST(no_two_threads_of_a_process_have_one_number_nor_do_those_of_a_child)
{
    uint64_t mine = shoal__thread_number(), last = mine, number;
    for (int i = 0; i < 20; i++) {
        run(note_number, &number);
        CHECK(number == last + 1);
        last = number;
    }
    CHECK(shoal__thread_number() == mine);
    join(in_child(look_as_child, &mine));
}

TEST(a_thread_reads_again_as_often_as_its_place_can_count)
{
    shoal_object *rwlock = an_rwlock(new_context());
    uint32_t most = 0;
    int status;
    while ((status = shoal_rwlock_read(rwlock, SHOAL_NO_WAIT)) == SHOAL_OK)
        most++;
    CHECK_STATUS(status, SHOAL_EOVERFLOW);
    CHECK(most == 0xffffff);
    for (; most > 0; most--)
        CHECK_STATUS(shoal_rwlock_unlock(rwlock), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_unlock(rwlock), SHOAL_ELOCK);
    CHECK_STATUS(shoal_rwlock_write(rwlock, SHOAL_NO_WAIT), SHOAL_OK);
}
