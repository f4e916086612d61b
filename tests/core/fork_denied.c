/*
 * A child for which no place could be made before the fork: it touches nothing of the segment, and every call says why.
 */
#include <sys/resource.h>

#include "check.h"

#include "scratch.h"

#include "blocked.h"

#include "segment/handle.h"
#include "segment/segment.h"

enum { WRITER, READER };

/* One of everything, open. */
struct everything {
    shoal_context *context;
    shoal_segment *segment;
    shoal_object *array, *counter, *lock, *reentrant, *rwlock, *semaphore, *signal, *event, *condition, *barrier;
    shoal_view view;
    shoal_wait waits[2]; /* begun by the parent */
    struct rlimit files;
};

static shoal_object *opened(shoal_segment *segment, const char *name)
{
    shoal_object *object;
    CHECK_STATUS(shoal_object_open(&object, segment, name, strlen(name)), SHOAL_OK);
    return object;
}

static void make_everything(void)
{
    shoal_context *context = new_context();
    int64_t shape = 1000;
    shoal_object *object, *lock = a_lock(context);
    a_reentrant_lock(context);
    an_rwlock(context);
    a_semaphore(context, 2);
    a_signal(context, 2);
    an_event(context);
    a_condition(context, lock);
    a_barrier(context, 2);
    CHECK_STATUS(shoal_counter_open(&object, lock->segment, "n", 1, 42), SHOAL_OK);
    CHECK_STATUS(shoal_array_open(&object, lock->segment, "a", 1, (shoal_dtype){SHOAL_UINT8, 1}, 1, &shape), SHOAL_OK);
    CHECK_STATUS(shoal_value_put(lock->segment, "v", 1, "\x07", 1), SHOAL_OK);
}

static struct everything everything_of(int who)
{
    make_everything();
    struct everything it = {.context = new_context()};
    shoal_segment *segment = who == READER ? open_readonly(it.context, "locks") : open_or_create(it.context, "locks");
    it.segment = segment;
    it.array = opened(segment, "a");
    it.counter = opened(segment, "n");
    it.lock = opened(segment, "l");
    it.reentrant = opened(segment, "r");
    it.rwlock = opened(segment, "rw");
    it.semaphore = opened(segment, "s");
    it.signal = opened(segment, "i");
    it.event = opened(segment, "e");
    it.condition = opened(segment, "c");
    it.barrier = opened(segment, "b");
    CHECK_STATUS(shoal_array_view(&it.view, it.array), SHOAL_OK);
    CHECK_STATUS(shoal_wait_begin(&it.waits[0], it.event, SHOAL_WAIT_SET, 0, 0), SHOAL_OK);
    CHECK_STATUS(shoal_wait_try(&it.waits[0]), SHOAL_PENDING);
    CHECK_STATUS(shoal_wait_begin(&it.waits[1], it.counter, SHOAL_WAIT_VALUE, 0, 42), SHOAL_OK);
    CHECK_STATUS(shoal_wait_try(&it.waits[1]), SHOAL_PENDING);
    if (who == WRITER) { /* the parent holds, the child does not */
        CHECK_STATUS(shoal_lock_acquire(it.lock, false, SHOAL_NO_WAIT), SHOAL_OK);
        CHECK_STATUS(shoal_rwlock_read(it.rwlock, SHOAL_NO_WAIT), SHOAL_OK);
        CHECK_STATUS(shoal_semaphore_acquire(it.semaphore, SHOAL_NO_WAIT), SHOAL_OK);
    }
    return it;
}

/* No more descriptors for this process: none for the place of a child. */
static void have_no_descriptors(struct everything *it)
{
    CHECK(getrlimit(RLIMIT_NOFILE, &it->files) == 0);
    int next = dup(0);
    CHECK(next >= 0 && close(next) == 0);
    CHECK(setrlimit(RLIMIT_NOFILE, &(struct rlimit){(rlim_t)next, it->files.rlim_max}) == 0);
}

static void have_descriptors(const struct everything *it)
{
    CHECK(setrlimit(RLIMIT_NOFILE, &it->files) == 0);
}

static void born_without(void (*run)(struct everything *), struct everything *it)
{
    have_no_descriptors(it);
    pid_t child = fork();
    have_descriptors(it);
    if (child == 0) {
        run(it);
        _exit(0);
    }
    join(child);
}

/* ---- Every call ---- */

#define DENIED(call)                                                                                                   \
    do {                                                                                                               \
        CHECK_STATUS(call, SHOAL_ECLOSED);                                                                             \
        CHECK(strstr(shoal_error_message(), "forked without it, because its parent could not") != NULL);               \
    } while (0)

static void *no_place(void *user, size_t size)
{
    (void)user, (void)size;
    return NULL;
}

static int each_name(void *argument, const char *name, size_t length, int kind)
{
    (void)argument, (void)name, (void)length, (void)kind;
    return 1;
}

static int each_lock(void *argument, shoal_object *lock)
{
    (void)argument, (void)lock;
    return 1;
}

static void call_segment(struct everything *it)
{
    char byte;
    size_t size;
    uint64_t count;
    shoal_info info;
    shoal_peer peer;
    shoal_object *object, **locks;
    shoal_text *names;
    shoal_segment *segment = it->segment;
    bool reader = shoal_segment_readonly(segment);
    DENIED(shoal_value_get(segment, "v", 1, &byte, 1, &size));
    DENIED(shoal_value_get(segment, "none", 4, &byte, 1, &size));
    DENIED(shoal_object_find(segment, "v", 1));
    DENIED(shoal_object_count(&count, segment));
    DENIED(shoal_object_each(segment, each_name, NULL));
    DENIED(shoal_object_names(&names, &size, segment));
    DENIED(shoal_value_get_split(segment, "v", 1, &byte, 1, &byte, 0, &size));
    DENIED(shoal_value_get_string(segment, "v", 1, &byte, 1, &size, no_place, NULL));
    DENIED(shoal_object_read(&object, segment, "n", 1, &byte, 1, &size));
    DENIED(shoal_object_open_kind(&object, segment, "n", 1, SHOAL_KIND_COUNTER));
    DENIED(shoal_object_open(&object, segment, "n", 1));
    DENIED(shoal_segment_info(&info, segment));
    DENIED(shoal_segment_peers(&peer, 1, &size, segment));
    DENIED(shoal_segment_each_lock(segment, each_lock, NULL));
    DENIED(shoal_segment_locks(&locks, &size, segment));
    DENIED(shoal_check(segment, NULL, NULL));
    DENIED(shoal_check_findings(&names, &size, segment));
    CHECK(shoal_segment_used(segment) == 0 && shoal_segment_size(segment) > 0);
    CHECK_TEXT(shoal_segment_name(segment), "locks");
    if (reader)
        return;
    DENIED(shoal_value_put(segment, "v", 1, "\x07", 1));
    DENIED(shoal_value_put_string(segment, "v", 1, SHOAL_STR, "x", 1));
    DENIED(shoal_object_remove(segment, "v", 1));
    DENIED(shoal_counter_open(&object, segment, "new", 3, 0));
    DENIED(shoal_segment_backup(segment, path_of("copy"), true));
}

static void look_at_objects(struct everything *it)
{
    int64_t value;
    uint32_t free;
    size_t count;
    shoal_owner owner;
    shoal_view view;
    shoal_object *const all[] = {it->lock,   it->reentrant, it->rwlock,    it->semaphore,
                                 it->signal, it->event,     it->condition, it->barrier};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        DENIED(shoal_object_usable(all[i]));
        DENIED(shoal_object_holders(&owner, 1, &count, all[i]));
        DENIED(shoal_object_waiters(&owner, 1, &count, all[i]));
    }
    DENIED(shoal_array_view(&view, it->array));
    DENIED(shoal_counter_value(&value, it->counter));
    DENIED(shoal_semaphore_value(&free, it->semaphore));
    DENIED(shoal_lock_owner(&owner, it->lock));
    DENIED(shoal_lock_owner(&owner, it->rwlock));
    CHECK(!shoal_lock_is_locked(it->lock) && !shoal_lock_is_mine(it->lock) && !shoal_lock_recovered(it->lock));
    CHECK(!shoal_lock_is_mine(it->rwlock) && shoal_lock_flags(it->reentrant) == 0);
    CHECK(!shoal_rwlock_is_reading(it->rwlock) && !shoal_rwlock_is_writing(it->rwlock));
    CHECK(!shoal_rwlock_recovered(it->rwlock) && shoal_semaphore_held(it->semaphore) == 0);
    CHECK(shoal_semaphore_initial(it->semaphore) == 0 && shoal_semaphore_flags(it->signal) == 0);
    CHECK(!shoal_event_is_set(it->event) && !shoal_barrier_broken(it->barrier));
    CHECK(shoal_barrier_parties(it->barrier) == 0 && shoal_barrier_waiting(it->barrier) == 0);
    CHECK_TEXT(shoal_condition_lock_name(it->condition, NULL), "");
}

static void wait_for_objects(struct everything *it)
{
    shoal_wait wait;
    DENIED(shoal_event_wait(it->event, SHOAL_NO_WAIT));
    DENIED(shoal_counter_wait(it->counter, 42, SHOAL_NO_WAIT));
    DENIED(shoal_wait_begin(&wait, it->event, SHOAL_WAIT_SET, 0, 0));
    for (int i = 0; i < 2; i++) {
        CHECK(shoal_wait_is_ready(&it->waits[i])); /* to be told */
        DENIED(shoal_wait_try(&it->waits[i]));
        DENIED(shoal_wait_until(&it->waits[i], SHOAL_NO_WAIT));
        shoal_wait_cancel(&it->waits[i]);
    }
}

static void change_objects(struct everything *it)
{
    bool done;
    int64_t value;
    uint32_t index;
    shoal_wait wait;
    DENIED(shoal_counter_add(&value, it->counter, 1));
    DENIED(shoal_counter_sub(&value, it->counter, 1));
    DENIED(shoal_counter_exchange(&value, it->counter, 1));
    DENIED(shoal_counter_compare_exchange(&done, it->counter, 42, 1));
    DENIED(shoal_lock_acquire(it->lock, false, SHOAL_NO_WAIT));
    DENIED(shoal_lock_release(it->lock));
    DENIED(shoal_lock_repair(it->lock));
    DENIED(shoal_lock_acquire(it->reentrant, true, SHOAL_NO_WAIT));
    DENIED(shoal_rwlock_read(it->rwlock, SHOAL_NO_WAIT));
    DENIED(shoal_rwlock_write(it->rwlock, SHOAL_NO_WAIT));
    DENIED(shoal_rwlock_unlock(it->rwlock));
    DENIED(shoal_rwlock_read_unlock(it->rwlock));
    DENIED(shoal_rwlock_write_unlock(it->rwlock));
    DENIED(shoal_rwlock_downgrade(it->rwlock));
    DENIED(shoal_semaphore_acquire(it->semaphore, SHOAL_NO_WAIT));
    DENIED(shoal_semaphore_release(it->semaphore, 1));
    DENIED(shoal_semaphore_release(it->signal, 1));
    DENIED(shoal_event_set(it->event));
    DENIED(shoal_event_clear(it->event));
    DENIED(shoal_condition_begin(&wait, it->condition, it->lock, 0));
    DENIED(shoal_condition_notify(&index, it->condition, it->lock, 1));
    DENIED(shoal_barrier_wait(&index, it->barrier, SHOAL_NO_WAIT));
    DENIED(shoal_barrier_abort(it->barrier));
    DENIED(shoal_barrier_reset(it->barrier));
}

static void close_everything(struct everything *it)
{
    shoal_object *const all[] = {it->array,     it->counter, it->lock,  it->reentrant, it->rwlock,
                                 it->semaphore, it->signal,  it->event, it->condition, it->barrier};
    CHECK(shoal_context_abandon_locks(it->context, true) == 0);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        shoal_object_close(all[i]);
    shoal_close(it->segment);
}

/* It may open the segment once more, and is a peer as any other. */
static void open_again(struct everything *it)
{
    int64_t value;
    shoal_object *counter;
    shoal_segment *again = open_or_create(it->context, "locks");
    CHECK_STATUS(shoal_counter_open(&counter, again, "n", 1, 0), SHOAL_OK);
    CHECK_STATUS(shoal_counter_add(&value, counter, 1), SHOAL_OK);
    CHECK(value == 43);
    shoal_object_close(counter);
    shoal_close(again);
}

static void call_everything(struct everything *it)
{
    call_segment(it);
    look_at_objects(it);
    wait_for_objects(it);
    if (!shoal_segment_readonly(it->segment))
        change_objects(it);
    open_again(it);
    close_everything(it);
    shoal_context_free(it->context);
}

TEST(every_call_of_a_child_without_a_place_says_why)
{
    struct everything it = everything_of(WRITER);
    born_without(call_everything, &it);
    CHECK(shoal_lock_is_mine(it.lock) && shoal_rwlock_is_reading(it.rwlock) && shoal_semaphore_held(it.semaphore) == 1);
    check_sound(it.segment);
}

TEST(every_call_of_a_readonly_child_without_a_place_says_why)
{
    struct everything it = everything_of(READER);
    born_without(call_everything, &it);
}

static void have_a_child(struct everything *it)
{
    pid_t child = fork(); /* there are descriptors again, but nothing to be born into */
    if (child == 0) {
        call_everything(it);
        _exit(0);
    }
    join(child);
}

TEST(a_child_of_a_child_without_a_place_has_none_either)
{
    struct everything it = everything_of(WRITER);
    born_without(have_a_child, &it);
}

TEST(a_view_is_a_fault_in_a_child_without_a_place)
{
    int status;
    struct everything it = everything_of(WRITER);
    for (int i = 0; i < 2; i++) {
        have_no_descriptors(&it);
        pid_t child = fork();
        have_descriptors(&it);
        if (child == 0 && i == 0)
            _exit(it.view.data[0]);
        if (child == 0)
            _exit(it.view.data[0] = 1);
        CHECK(waitpid(child, &status, 0) == child);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    }
    CHECK(it.view.data[0] == 0);
}

/* ---- What nobody has open ---- */

static void use_it_freely(struct everything *it)
{
    shoal_object *counter;
    CHECK_STATUS(shoal_counter_open(&counter, it->segment, "other", 5, 0), SHOAL_OK);
    shoal_object_close(counter);
}

/* A lock that its parent holds, and has closed: nothing is open, so it may join when it first writes. */
TEST(a_child_that_joins_later_does_not_inherit_what_nobody_has_open)
{
    int go[2], ready[2];
    char byte;
    shoal_info info;
    struct everything it = {.context = new_context()};
    shoal_segment *segment = open_or_create(new_context(), "locks");
    it.segment = open_or_create(it.context, "locks");
    CHECK_STATUS(shoal_lock_open(&it.lock, it.segment, "l", 1, 0), SHOAL_OK);
    CHECK_STATUS(shoal_lock_acquire(it.lock, false, SHOAL_NO_WAIT), SHOAL_OK);
    shoal_object_close(it.lock);
    CHECK(pipe(go) == 0 && pipe(ready) == 0);
    have_no_descriptors(&it);
    pid_t child = fork();
    have_descriptors(&it);
    if (child == 0) {
        close(go[1]); /* so that it ends with its parent */
        use_it_freely(&it);
        CHECK(write(ready[1], "x", 1) == 1 && read(go[0], &byte, 1) == 1);
        _exit(0);
    }
    close(ready[1]);
    CHECK(read(ready[0], &byte, 1) == 1);
    shoal_context_free(it.context);
    CHECK_STATUS(shoal_object_remove(segment, "l", 1), SHOAL_OK);
    CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK);
    CHECK(info.removed == 0 && info.peers == 2);
    CHECK(write(go[1], "x", 1) == 1);
    join(child);
}

/* ---- The parent ---- */

TEST(a_fork_leaves_what_the_last_failure_told)
{
    shoal_segment *none;
    struct everything it = everything_of(WRITER);
    CHECK_STATUS(shoal_open(&none, it.context, "none", NULL), SHOAL_ENOTFOUND);
    char before[500];
    snprintf(before, sizeof before, "%s", shoal_error_message());
    have_no_descriptors(&it);
    pid_t child = fork();
    if (child == 0)
        _exit(strcmp(shoal_error_message(), before) != 0);
    have_descriptors(&it);
    CHECK_TEXT(shoal_error_message(), before);
    join(child);
}

/* As who may have no more processes; root may have any number. */
static void fork_in_vain(void *argument)
{
    shoal_info info;
    shoal_object *counter;
    (void)argument;
    CHECK(geteuid() != 0 || setresuid(65534, 65534, 65534) == 0);
    shoal_segment *segment = open_or_create(new_context(), "vain");
    CHECK_STATUS(shoal_counter_open(&counter, segment, "c", 1, 0), SHOAL_OK);
    CHECK(setrlimit(RLIMIT_NPROC, &(struct rlimit){0, 0}) == 0);
    for (int i = 0; i < 300; i++) /* more often than there are places */
        CHECK(fork() == -1 && errno == EAGAIN);
    shoal_object_close(counter);
    CHECK_STATUS(shoal_object_remove(segment, "c", 1), SHOAL_OK);
    CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK);
    CHECK(info.removed == 0 && info.peers == 1 && info.objects == 0);
    check_sound(segment);
}

TEST(a_fork_that_fails_leaves_nothing_behind)
{
    new_context();
    CHECK(chmod(scratch_directory, 0777) == 0);
    join(in_child(fork_in_vain, NULL));
}
