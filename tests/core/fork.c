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
    struct all all; /* of 2 permits, 2 parties */
    shoal_object *lock, *rwlock, *event, *barrier;
    _Atomic int held, release;
};

static struct family family_of(shoal_context *context)
{
    struct family family = {.all = all_of(context, 2)};
    family.lock = made(driver_named("lock"), context, 0).object;
    family.rwlock = made(driver_named("rwlock"), context, 0).object;
    family.event = made(driver_named("event"), context, 0).object;
    family.barrier = made(driver_named("barrier"), context, 2).object;
    return family;
}

/* All of it: the ways of the first drivers say how. */
static int have(const struct one *it)
{
    return it->driver->ways ? it->driver->ways->block(it->object) : it->driver->hold(it->object, SOON);
}

static int give_up(const struct one *it)
{
    return it->driver->ways ? it->driver->ways->free(it->object) : it->driver->let_go(it->object);
}

static void *hold_until_told(void *argument)
{
    struct family *family = argument;
    EACH_OF(it, &family->all)
        CHECK(!it->driver->hold || have(it) == SHOAL_OK);
    family->held = 1;
    EVENTUALLY(family->release);
    EACH_OF(it, &family->all)
        CHECK(!it->driver->hold || give_up(it) == SHOAL_OK);
    return NULL;
}

/* What one thread of its parent holds is no child's, and nobody else's. */
static void check_not_held(const struct one *it)
{
    CHECK_STATUS(it->driver->hold(it->object, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    EACH_WAY(way, it->driver)
        CHECK_STATUS(way->wait(it->object, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
}

/* As the first thing, before the child has become a peer, and after. */
static void hold_nothing(void *argument)
{
    struct family *family = argument;
    EACH_OF(it, &family->all) {
        if (!it->driver->hold)
            continue;
        CHECK(!it->driver->held(it->object) && count_holders(it->object) == 1);
        for (int i = 0; i < 2; i++) {
            CHECK_STATUS(it->driver->let_go(it->object), SHOAL_ELOCK);
            check_not_held(it);
        }
    }
    CHECK_STATUS(shoal_rwlock_downgrade(family->rwlock), SHOAL_ELOCK);
}

TEST(what_another_thread_holds_at_the_fork_the_child_does_not)
{
    struct family family = family_of(new_context());
    struct all others = all_of(new_context(), 2);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, hold_until_told, &family) == 0);
    EVENTUALLY(family.held);
    join(process(hold_nothing, &family));
    die_after(hold_nothing, &family);
    EACH_OF(it, &others)
        if (it->driver->hold) /* a child's end gives nothing */
            check_not_held(it);
    family.release = 1;
    CHECK(pthread_join(thread, NULL) == 0);
    EACH_OF(it, &others)
        CHECK(!it->driver->hold || have(it) == SHOAL_OK);
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

static struct all everything_of(shoal_context *context, const char *name)
{
    struct all all = {.context = context};
    struct one *next = all.of;
    shoal_options options;
    shoal_options_init(&options);
    options.size = 512 << 10; /* 126 peers */
    CHECK_STATUS(shoal_open_or_create(&all.segment, context, name, &options), SHOAL_OK);
    EACH_DRIVER(it) {
        struct subject subject = subject_of(all.segment, it->name);
        CHECK_STATUS(it->make(&subject, 0), SHOAL_OK);
        *next++ = (struct one){it, subject.object};
    }
    return all;
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

static void check_closed(const char *function, int status)
{
    if (status != SHOAL_ECLOSED)
        fprintf(stderr, "%s\n", function);
    CLOSED(status);
}

static void check_nothing_seen(const char *function, uint64_t value)
{
    if (value != 0 && strcmp(function, "memory") != 0)
        fprintf(stderr, "%s\n", function);
    CHECK(value == 0 || strcmp(function, "memory") == 0);
}

/* No call of any kind does anything. */
static void try_all(struct all *all)
{
    kinds_program.end = check_closed;
    kinds_program.seen = check_nothing_seen;
    EACH_OF(it, all) {
        struct subject subject = {all->segment, it->driver->name, strlen(it->driver->name), it->object};
        CHECK_WELL(it->driver->look(&subject));
        CHECK_WELL(it->driver->refuse(&subject));
        if (it->object)
            CHECK_WELL(kinds_look(&subject));
        CHECK_STATUS(it->driver->make(&subject, 0), SHOAL_ECLOSED);
    }
}

static shoal_object *of(const struct all *all, const char *name)
{
    const struct one *it = all->of;
    while (strcmp(it->driver->name, name) != 0)
        it++;
    return it->object;
}

/* What the drivers do not see to. */
static void use_the_rest(const struct all *all)
{
    uint32_t notified;
    uint64_t objects;
    shoal_object *object, *array = of(all, "array"), *condition = of(all, "condition"), *lock = of(all, "lock");
    shoal_info info;
    CHECK(*shoal_object_lost(array));
    CLOSED(shoal_condition_notify(&notified, condition, lock, 1));
    CLOSED(shoal_condition_wait(condition, lock, SHOAL_NO_WAIT));
    CLOSED(shoal_object_open(&object, all->segment, "counter", 7));
    CLOSED(shoal_counter_open(&object, all->segment, "new", 3, 0));
    CLOSED(shoal_object_find(all->segment, "counter", 7));
    CLOSED(shoal_object_remove(all->segment, "counter", 7));
    CLOSED(shoal_object_count(&objects, all->segment));
    CLOSED(shoal_segment_info(&info, all->segment));
    CLOSED(shoal_check(all->segment, NULL, NULL));
    CHECK(shoal_object_kind(array) == SHOAL_KIND_NDARRAY && shoal_segment_size(all->segment) > 0);
}

static void use_everything(void *argument)
{
    struct all *all = argument;
    shoal_segment *again;
    try_all(all);
    use_the_rest(all);
    CHECK_STATUS(shoal_open(&again, new_context(), "full", NULL), SHOAL_ENOSPACE);
}

TEST(every_call_in_a_child_without_a_place_says_why)
{
    struct all all = everything_of(new_context(), "full");
    fill_roster("full");
    join(in_child(use_everything, &all));
    CHECK(!*shoal_object_lost(of(&all, "array")) && shoal_semaphore_initial(of(&all, "semaphore")) == 3);
}

static void read_the_reason(void *argument)
{
    CLOSED(shoal_object_usable(of(argument, "counter")));
    CHECK(strstr(shoal_error_message(), "address space") != NULL && strstr(shoal_error_message(), "/dev/shm") == NULL);
}

/* The page that ties a child's lock to it is not to be had; the file system is not to blame. */
TEST(a_child_without_a_page_is_told_of_the_address_space)
{
    struct all it = everything_of(new_context(), "tight");
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
