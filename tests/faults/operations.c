#include "operations.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOON shoal_deadline(0.003)

static void must(int status, const char *what)
{
    if (status >= 0)
        return;
    fprintf(stderr, "preparing: %s: %s\n", what, shoal_error_message());
    _exit(97);
}
#define MUST(call) must(call, #call)

#define NAME(text) text, sizeof text - 1

/* ---- What there is before ---- */

static shoal_context *context_in(const char *directory)
{
    shoal_context *context = shoal_context_new();
    if (!context)
        _exit(97);
    MUST(shoal_context_set_directory(context, directory));
    return context;
}

static shoal_options options_of(bool readonly, uint32_t lifetime)
{
    shoal_options options;
    shoal_options_init(&options);
    options.readonly = readonly;
    options.lifetime = lifetime;
    options.size = 8 << 20;
    return options;
}

static void put_of(shoal_segment *segment, const char *name, size_t size, int byte)
{
    unsigned char *bytes = malloc(size);
    memset(bytes, byte, size);
    MUST(shoal_value_put(segment, name, strlen(name), bytes, size));
    free(bytes);
}

static const int64_t few = 1000, many = BIG;

static shoal_dtype bytes_type(void)
{
    shoal_dtype type;
    MUST(shoal_dtype_parse(&type, NAME("u1")));
    return type;
}

static void fill(shoal_segment *segment)
{
    shoal_object *it;
    shoal_view view;
    put_of(segment, "small", 100, 'a');
    put_of(segment, "big", BIG, 'a');
    MUST(shoal_array_open(&it, segment, NAME("array"), bytes_type(), 1, &few));
    MUST(shoal_array_view(&view, it));
    memset(view.data, 'a', (size_t)few);
    shoal_object_close(it);
    MUST(shoal_counter_open(&it, segment, NAME("counter"), 5));
    shoal_object_close(it);
    MUST(shoal_lock_open(&it, segment, NAME("lock"), 0));
    shoal_object_close(it);
}

void world_begin(struct world *world, const char *directory, const struct operation *operation)
{
    world->context = context_in(directory);
    world->other = context_in(directory);
    world->fd = -1;
    world->bytes = malloc(BIG * 2);
    memset(world->bytes, 'b', BIG * 2);
    if (!(operation->flags & BARE)) {
        shoal_options options = options_of(false, SHOAL_PERSISTENT);
        MUST(shoal_create(&world->segment, world->context, SEGMENT, &options));
        fill(world->segment);
    }
    if (operation->prepare)
        operation->prepare(world);
}

void world_end(struct world *world)
{
    shoal_list_free(world->list);
    shoal_object_close(world->object);
    shoal_object_close(world->lock);
    shoal_object_close(world->theirs);
    shoal_close(world->segment);
    shoal_close(world->second);
    shoal_close(world->reader);
    shoal_context_free(world->context);
    shoal_context_free(world->other);
    shoal_context_free(world->third);
    for (int i = 0; i < 63; i++)
        shoal_context_free(world->crowd[i]);
    if (world->fd >= 0)
        close(world->fd);
    free(world->bytes);
    if (world->child > 0) {
        kill(world->child, SIGKILL);
        waitpid(world->child, NULL, 0);
    }
}

/* ---- What another sees ---- */

/* The byte that all of the value has; 0: there is none; -1: torn. */
static int value_byte(shoal_segment *segment, const char *name, size_t *size)
{
    static unsigned char bytes[BIG * 2];
    int status = shoal_value_get(segment, name, strlen(name), bytes, sizeof bytes, size);
    if (status == SHOAL_ENOKEY)
        return 0;
    if (status != SHOAL_OK)
        return -1;
    for (size_t i = 1; i < *size; i++)
        if (bytes[i] != bytes[0])
            return -1;
    return *size ? bytes[0] : -1;
}

static int is_new(shoal_segment *segment, const char *name)
{
    size_t size;
    int byte = value_byte(segment, name, &size);
    return byte < 0 ? -1 : byte == 'b';
}

static int small_is_new(shoal_segment *segment)
{
    return is_new(segment, "small");
}

static int big_is_new(shoal_segment *segment)
{
    return is_new(segment, "big");
}

static int other_is_new(shoal_segment *segment)
{
    return is_new(segment, "other");
}

static int is_there(shoal_segment *segment, const char *name)
{
    int kind = shoal_object_find(segment, name, strlen(name));
    return kind == SHOAL_ENOKEY ? 0 : kind > 0 ? 1 : -1;
}

static int made_is_there(shoal_segment *segment)
{
    return is_there(segment, "made");
}

static int small_is_gone(shoal_segment *segment)
{
    return 1 - is_there(segment, "small");
}

static int big_is_gone(shoal_segment *segment)
{
    return 1 - is_there(segment, "big");
}

static int array_is_gone(shoal_segment *segment)
{
    return 1 - is_there(segment, "array");
}

static int counter_is_six(shoal_segment *segment)
{
    shoal_object *counter;
    int64_t value = 0;
    if (shoal_counter_open(&counter, segment, NAME("counter"), 0) < 0)
        return -1;
    (void)shoal_counter_value(&value, counter);
    shoal_object_close(counter);
    return value == 5 ? 0 : value == 6 ? 1 : -1;
}

const char *objects_wrong(shoal_segment *segment)
{
    size_t size;
    shoal_object *array;
    shoal_view view;
    if (value_byte(segment, "small", &size) < 0)
        return "the small value is torn";
    if (value_byte(segment, "big", &size) < 0)
        return "the big value is torn";
    int status = shoal_object_open(&array, segment, NAME("array"));
    if (status == SHOAL_ENOKEY)
        return NULL;
    if (status < 0 || shoal_array_view(&view, array) < 0)
        return "the array cannot be opened";
    bool whole = true;
    for (int64_t i = 0; i < view.shape[0]; i++)
        whole = whole && view.data[i] == 'a';
    shoal_object_close(array);
    return whole ? NULL : "the array is damaged";
}

/* ---- Segments ---- */

static int context_new(struct world *world)
{
    world->third = shoal_context_new();
    return world->third ? SHOAL_OK : SHOAL_ENOMEM;
}

static int set_directory(struct world *world)
{
    return shoal_context_set_directory(world->other, "/dev/shm");
}

static int create(struct world *world)
{
    shoal_options options = options_of(false, SHOAL_PERSISTENT);
    return shoal_create(&world->segment, world->context, SEGMENT, &options);
}

static int create_shared(struct world *world)
{
    shoal_options options = options_of(false, SHOAL_SHARED);
    return shoal_create(&world->segment, world->context, SEGMENT, &options);
}

static int create_for_a_group(struct world *world)
{
    shoal_options options = options_of(false, SHOAL_PERSISTENT);
    options.group = 0;
    options.mode = 0660;
    return shoal_create(&world->segment, world->context, SEGMENT, &options);
}

static int create_a_file(struct world *world)
{
    char path[4096];
    shoal_options options = options_of(false, SHOAL_PERSISTENT);
    snprintf(path, sizeof path, "%s/shoal." SEGMENT, shoal_context_directory(world->context));
    return shoal_create(&world->segment, world->context, path, &options);
}

static int create_relative(struct world *world)
{
    shoal_options options = options_of(false, SHOAL_PERSISTENT);
    return shoal_create(&world->segment, world->context, "./shoal." SEGMENT, &options);
}

static void into_the_directory(struct world *world)
{
    MUST(chdir(shoal_context_directory(world->context)));
}

static int create_anonymous(struct world *world)
{
    shoal_options options = options_of(false, SHOAL_PERSISTENT);
    return shoal_create(&world->segment, world->context, NULL, &options);
}

static int open_or_create_new(struct world *world)
{
    return shoal_open_or_create(&world->segment, world->context, SEGMENT, NULL);
}

static int open_or_create_existing(struct world *world)
{
    return shoal_open_or_create(&world->second, world->other, SEGMENT, NULL);
}

static int create_existing(struct world *world)
{
    return shoal_create(&world->second, world->other, SEGMENT, NULL);
}

static int open_missing(struct world *world)
{
    return shoal_open(&world->second, world->other, SEGMENT, NULL);
}

static int open_writing(struct world *world)
{
    return shoal_open(&world->second, world->other, SEGMENT, NULL);
}

static int open_readonly(struct world *world)
{
    shoal_options options = options_of(true, 0);
    return shoal_open(&world->reader, world->other, SEGMENT, &options);
}

static int open_again(struct world *world)
{
    return shoal_open(&world->second, world->context, SEGMENT, NULL);
}

static void have_fd(struct world *world)
{
    world->fd = dup(shoal_segment_fd(world->segment));
}

static int open_descriptor(struct world *world)
{
    return shoal_open_fd(&world->second, world->other, world->fd, NULL);
}

/* Of 64 slots none is free: their places are held by attaches of one more context each. */
static void crowd(struct world *world)
{
    shoal_segment *segment;
    for (int i = 0; i < 63; i++) {
        world->crowd[i] = context_in(shoal_context_directory(world->context));
        MUST(shoal_open(&segment, world->crowd[i], SEGMENT, NULL));
    }
}

static int unlink_by_name(struct world *world)
{
    return shoal_unlink(world->context, SEGMENT);
}

static int unlink_the_segment(struct world *world)
{
    return shoal_segment_unlink(world->segment);
}

static void have_second(struct world *world)
{
    MUST(open_writing(world));
}

static void have_reader(struct world *world)
{
    MUST(open_readonly(world));
}

static int close_segment(struct world *world)
{
    shoal_close(world->second);
    world->second = NULL;
    return SHOAL_OK;
}

static int close_reader(struct world *world)
{
    shoal_close(world->reader);
    world->reader = NULL;
    return SHOAL_OK;
}

static void have_shared(struct world *world)
{
    MUST(create_shared(world));
}

static int close_last_shared(struct world *world)
{
    shoal_close(world->segment);
    world->segment = NULL;
    return SHOAL_OK;
}

static int free_context(struct world *world)
{
    shoal_context_free(world->other);
    world->other = NULL;
    world->second = NULL;
    return SHOAL_OK;
}

/* ---- Asking ---- */

static int info(struct world *world)
{
    shoal_info out;
    return shoal_segment_info(&out, world->segment);
}

static int info_readonly(struct world *world)
{
    shoal_info out;
    return shoal_segment_info(&out, world->reader);
}

static int peers(struct world *world)
{
    shoal_peer out[4];
    size_t count;
    return shoal_segment_peers(out, 4, &count, world->segment);
}

static int check(struct world *world)
{
    return shoal_check(world->segment, NULL, NULL);
}

static int check_readonly(struct world *world)
{
    return shoal_check(world->reader, NULL, NULL);
}

static int list(struct world *world)
{
    size_t count;
    shoal_list_free(world->list);
    int status = shoal_list((shoal_listed **)&world->list, &count, world->context);
    return status < 0 ? status : count == 1 ? SHOAL_OK : SHOAL_LARGER; /* LARGER here: not what there is */
}

static int each_name(void *argument, const char *name, size_t length, int kind)
{
    (void)argument, (void)name, (void)length, (void)kind;
    return 0;
}

static int names(struct world *world)
{
    return shoal_object_each(world->segment, each_name, NULL);
}

static int each_lock(void *argument, shoal_object *lock)
{
    shoal_owner owner;
    (void)argument;
    return shoal_lock_owner(&owner, lock);
}

static int locks(struct world *world)
{
    return shoal_segment_each_lock(world->segment, each_lock, NULL);
}

/* ---- Values ---- */

static int put_bytes(struct world *world, const char *name, size_t size)
{
    return shoal_value_put(world->segment, name, strlen(name), world->bytes, size);
}

static int put_small(struct world *world)
{
    return put_bytes(world, "small", 120);
}

static int put_over_small(struct world *world)
{
    return put_bytes(world, "small", BIG);
}

static int put_other(struct world *world)
{
    return put_bytes(world, "other", 77);
}

static int put_of_a_new_class(struct world *world)
{
    return put_bytes(world, "other", 20000);
}

static int put_a_run(struct world *world)
{
    return put_bytes(world, "other", 200000);
}

static int put_big(struct world *world)
{
    return put_bytes(world, "big", BIG + 5000);
}

static int put_other_big(struct world *world)
{
    return put_bytes(world, "other", BIG);
}

static int put_over_big(struct world *world)
{
    return put_bytes(world, "big", 50);
}

static void fill_the_table(struct world *world)
{
    char name[16];
    for (int i = 0; i < 59; i++) {
        snprintf(name, sizeof name, "fill%d", i);
        MUST(put_bytes(world, name, 20));
    }
}

static int get(shoal_segment *segment, const char *name)
{
    size_t size;
    static unsigned char bytes[BIG * 2];
    int status = shoal_value_get(segment, name, strlen(name), bytes, sizeof bytes, &size);
    if (status == SHOAL_OK)
        for (size_t i = 0; i < size; i++)
            if (bytes[i] != 'a')
                return SHOAL_LARGER; /* not what was stored */
    return status;
}

static int get_small(struct world *world)
{
    return get(world->segment, "small");
}

static int get_big(struct world *world)
{
    return get(world->segment, "big");
}

static int get_big_readonly(struct world *world)
{
    return get(world->reader, "big");
}

static int get_missing(struct world *world)
{
    return get(world->segment, "missing");
}

static int remove_small(struct world *world)
{
    return shoal_object_remove(world->segment, NAME("small"));
}

static int remove_big(struct world *world)
{
    return shoal_object_remove(world->segment, NAME("big"));
}

/* ---- Arrays, counters ---- */

static int array_small(struct world *world)
{
    return shoal_array_open(&world->object, world->segment, NAME("made"), bytes_type(), 1, &few);
}

static int array_big(struct world *world)
{
    return shoal_array_open(&world->object, world->segment, NAME("made"), bytes_type(), 1, &many);
}

static int array_open(struct world *world)
{
    return shoal_object_open(&world->object, world->segment, NAME("array"));
}

static int array_open_readonly(struct world *world)
{
    return shoal_object_open(&world->object, world->reader, NAME("array"));
}

static void have_array(struct world *world)
{
    MUST(array_open(world));
}

static void have_array_of_reader(struct world *world)
{
    have_reader(world);
    MUST(array_open_readonly(world));
}

static int remove_array(struct world *world)
{
    return shoal_object_remove(world->segment, NAME("array"));
}

static int close_object(struct world *world)
{
    shoal_object_close(world->object);
    world->object = NULL;
    return SHOAL_OK;
}

static void have_removed_array(struct world *world)
{
    have_array(world);
    MUST(remove_array(world));
}

static void have_big_array_removed(struct world *world)
{
    MUST(array_big(world));
    MUST(shoal_object_remove(world->segment, NAME("made")));
}

static int counter_make(struct world *world)
{
    return shoal_counter_open(&world->object, world->segment, NAME("made"), 1);
}

static int counter_open(struct world *world)
{
    return shoal_counter_open(&world->object, world->segment, NAME("counter"), 1);
}

static void have_counter(struct world *world)
{
    MUST(counter_open(world));
}

static int counter_add(struct world *world)
{
    int64_t value;
    return shoal_counter_add(&value, world->object, 1);
}

static int counter_wait(struct world *world)
{
    return shoal_counter_wait(world->object, 5, SOON);
}

/* ---- Locks ---- */

static int lock_make(struct world *world)
{
    return shoal_lock_open(&world->lock, world->segment, NAME("made"), 0);
}

static void have_lock(struct world *world)
{
    MUST(shoal_lock_open(&world->lock, world->segment, NAME("lock"), 0));
}

static int lock_and_unlock(struct world *world)
{
    int status = shoal_lock_acquire(world->lock, false, SOON);
    return status < 0 ? status : shoal_lock_release(world->lock);
}

static void locked_by_another(struct world *world)
{
    have_lock(world);
    have_second(world);
    MUST(shoal_lock_open(&world->theirs, world->second, NAME("lock"), 0));
    MUST(shoal_lock_acquire(world->theirs, false, SOON));
}

static int lock_timeout(struct world *world)
{
    return shoal_lock_acquire(world->lock, false, SOON);
}

static void locked_by_the_dead(struct world *world)
{
    have_lock(world);
    pid_t child = fork();
    if (child == 0) {
        MUST(shoal_lock_acquire(world->lock, false, SOON));
        kill(getpid(), SIGKILL);
    }
    waitpid(child, NULL, 0);
}

static int lock_of_the_dead(struct world *world)
{
    int status = shoal_lock_acquire(world->lock, false, shoal_deadline(0.03));
    if (status == SHOAL_RECOVERED)
        (void)shoal_lock_repair(world->lock);
    return status < 0 ? status : shoal_lock_release(world->lock);
}

static int abandon(struct world *world)
{
    (void)shoal_lock_acquire(world->lock, false, SHOAL_NO_WAIT);
    (void)shoal_context_abandon_locks(world->context, true);
    return shoal_lock_repair(world->lock) == SHOAL_OK ? SHOAL_OK : SHOAL_OK;
}

static int lock_owner(struct world *world)
{
    shoal_owner owner, more[4];
    size_t count;
    int status = shoal_lock_owner(&owner, world->lock);
    if (status == SHOAL_OK)
        status = shoal_object_holders(more, 4, &count, world->lock);
    return status == SHOAL_OK ? shoal_object_waiters(more, 4, &count, world->lock) : status;
}

static int rwlock_make(struct world *world)
{
    return shoal_rwlock_open(&world->lock, world->segment, NAME("made"));
}

static void have_rwlocks(struct world *world)
{
    have_second(world);
    MUST(shoal_rwlock_open(&world->lock, world->segment, NAME("rwlock")));
    MUST(shoal_rwlock_open(&world->theirs, world->second, NAME("rwlock")));
}

static int rwlock_all(struct world *world)
{
    int status = shoal_rwlock_write(world->lock, SOON);
    if (status >= 0)
        status = shoal_rwlock_downgrade(world->lock);
    if (status >= 0)
        status = shoal_rwlock_read(world->theirs, SOON);
    if (status >= 0)
        status = shoal_rwlock_unlock(world->theirs);
    if (shoal_rwlock_is_reading(world->lock) || shoal_rwlock_is_writing(world->lock))
        (void)shoal_rwlock_unlock(world->lock);
    return status;
}

static void read_by_another(struct world *world)
{
    have_rwlocks(world);
    MUST(shoal_rwlock_read(world->theirs, SOON));
}

static int rwlock_write_timeout(struct world *world)
{
    return shoal_rwlock_write(world->lock, SOON);
}

static int semaphore_make(struct world *world)
{
    return shoal_semaphore_open(&world->lock, world->segment, NAME("made"), 2, 0);
}

static void have_semaphore(struct world *world)
{
    MUST(shoal_semaphore_open(&world->lock, world->segment, NAME("semaphore"), 1, 0));
}

static int semaphore_timeout(struct world *world)
{
    int status = shoal_semaphore_acquire(world->lock, SOON);
    if (status < 0)
        return status;
    status = shoal_semaphore_acquire(world->lock, SOON);
    (void)shoal_semaphore_release(world->lock, status < 0 ? 1 : 2);
    return status;
}

static int event_make(struct world *world)
{
    return shoal_event_open(&world->lock, world->segment, NAME("made"));
}

static void have_event(struct world *world)
{
    MUST(shoal_event_open(&world->lock, world->segment, NAME("event")));
}

static int event_all(struct world *world)
{
    int status = shoal_event_set(world->lock);
    if (status >= 0)
        status = shoal_event_wait(world->lock, SOON);
    if (status >= 0)
        status = shoal_event_clear(world->lock);
    return status < 0 ? status : shoal_event_wait(world->lock, SOON);
}

static int condition_make(struct world *world)
{
    return shoal_condition_open(&world->object, world->segment, NAME("made"), world->lock);
}

static void have_condition(struct world *world)
{
    have_lock(world);
    MUST(shoal_condition_open(&world->object, world->segment, NAME("condition"), world->lock));
}

static int condition_timeout(struct world *world)
{
    uint32_t notified;
    int status = shoal_lock_acquire(world->lock, false, SOON);
    if (status < 0)
        return status;
    status = shoal_condition_notify(&notified, world->object, world->lock, 1);
    if (status >= 0)
        status = shoal_condition_wait(world->object, world->lock, SOON);
    if (shoal_lock_is_mine(world->lock))
        (void)shoal_lock_release(world->lock);
    return status;
}

static int barrier_make(struct world *world)
{
    return shoal_barrier_open(&world->lock, world->segment, NAME("made"), 2);
}

static void have_barrier(struct world *world)
{
    MUST(shoal_barrier_open(&world->lock, world->segment, NAME("barrier"), 2));
}

static int barrier_timeout(struct world *world)
{
    uint32_t index;
    int status = shoal_barrier_wait(&index, world->lock, SOON);
    (void)shoal_barrier_reset(world->lock);
    return status;
}

static int wait_any(struct world *world)
{
    uint32_t bell = 0;
    shoal_wait *waits[1] = {&world->wait};
    int status = shoal_wait_begin(&world->wait, world->lock, SHOAL_WAIT_SET, 0, 0);
    if (status == SHOAL_OK)
        status = shoal_wait_try(&world->wait);
    for (shoal_time end = SOON; status == SHOAL_PENDING && shoal_now() < end;) {
        shoal_wait_any(waits, 1, &bell, 0);
        status = shoal_wait_try(&world->wait);
    }
    shoal_wait_ring(&bell);
    if (status == SHOAL_PENDING)
        shoal_wait_cancel(&world->wait);
    return status == SHOAL_PENDING ? SHOAL_OK : status;
}

/* ---- Forks ---- */

static int status_of_child(struct world *world, int (*act)(struct world *))
{
    int status;
    pid_t child = fork();
    if (child < 0)
        return SHOAL_ESYSTEM;
    if (child == 0)
        _exit(world->child_result(act(world)));
    while (waitpid(child, &status, 0) < 0)
        ; /* a signal */
    if (!WIFEXITED(status))
        abort(); /* the harness sees it */
    return WEXITSTATUS(status) == 99 ? SHOAL_LARGER : -WEXITSTATUS(status);
}

static int fork_and_put(struct world *world)
{
    return status_of_child(world, put_small);
}

/* The child has an array open, so it joins in the handler of fork; and then it looks and closes. */
static int use_inherited(struct world *world)
{
    shoal_view view;
    int status = shoal_array_view(&view, world->object);
    for (int64_t i = 0; status == SHOAL_OK && i < view.shape[0]; i++)
        if (view.data[i] != 'a')
            return SHOAL_LARGER;
    if (status == SHOAL_OK && !shoal_object_readonly(world->object))
        status = put_small(world);
    shoal_object_close(world->object);
    shoal_close(world->segment);
    return status;
}

static int fork_with_array(struct world *world)
{
    return status_of_child(world, use_inherited);
}

static int look_again(struct world *world)
{
    return get(world->reader, "big");
}

static int fork_of_reader(struct world *world)
{
    return status_of_child(world, look_again);
}

const struct operation operations[] = {
    {"context_new", NULL, context_new, NULL, QUIET},
    {"set_directory", NULL, set_directory, NULL, QUIET},
    {"create", NULL, create, NULL, BARE},
    {"create_shared", NULL, create_shared, NULL, BARE},
    {"create_for_a_group", NULL, create_for_a_group, NULL, BARE},
    {"create_a_file", NULL, create_a_file, NULL, BARE},
    {"create_relative", into_the_directory, create_relative, NULL, BARE},
    {"create_anonymous", NULL, create_anonymous, NULL, BARE | QUIET},
    {"create_existing", NULL, create_existing, NULL, 0},
    {"open_or_create_new", NULL, open_or_create_new, NULL, BARE},
    {"open_or_create_existing", NULL, open_or_create_existing, NULL, 0},
    {"open_missing", NULL, open_missing, NULL, BARE},
    {"open_writing", NULL, open_writing, NULL, 0},
    {"open_readonly", NULL, open_readonly, NULL, 0},
    {"open_again", NULL, open_again, NULL, 0},
    {"open_descriptor", have_fd, open_descriptor, NULL, QUIET},
    {"open_in_a_crowd", crowd, open_writing, NULL, 0},
    {"unlink", NULL, unlink_by_name, NULL, CLOSES},
    {"segment_unlink", NULL, unlink_the_segment, NULL, CLOSES},
    {"close", have_second, close_segment, NULL, CLOSES},
    {"close_readonly", have_reader, close_reader, NULL, CLOSES},
    {"close_last_shared", have_shared, close_last_shared, NULL, BARE | CLOSES | LEAVES},
    {"context_free", have_second, free_context, NULL, CLOSES},
    {"info", NULL, info, NULL, 0},
    {"info_readonly", have_reader, info_readonly, NULL, 0},
    {"peers", have_second, peers, NULL, ASKS},
    {"check", NULL, check, NULL, 0},
    {"check_readonly", have_reader, check_readonly, NULL, 0},
    {"list", NULL, list, NULL, QUIET | ASKS},
    {"names", NULL, names, NULL, QUIET},
    {"each_lock", NULL, locks, NULL, QUIET},
    {"put_small", NULL, put_small, small_is_new, 0},
    {"put_over_small", NULL, put_over_small, small_is_new, 0},
    {"put_other", NULL, put_other, other_is_new, 0},
    {"put_of_a_new_class", NULL, put_of_a_new_class, other_is_new, 0},
    {"put_a_run", NULL, put_a_run, other_is_new, 0},
    {"put_big", NULL, put_big, big_is_new, 0},
    {"put_other_big", NULL, put_other_big, other_is_new, 0},
    {"put_over_big", NULL, put_over_big, big_is_new, 0},
    {"put_growing_the_table", fill_the_table, put_other, other_is_new, 0},
    {"get_small", NULL, get_small, NULL, 0},
    {"get_big", NULL, get_big, NULL, 0},
    {"get_big_readonly", have_reader, get_big_readonly, NULL, 0},
    {"get_missing", NULL, get_missing, NULL, 0},
    {"remove_small", NULL, remove_small, small_is_gone, CLOSES},
    {"remove_big", NULL, remove_big, big_is_gone, CLOSES},
    {"remove_array", NULL, remove_array, array_is_gone, CLOSES},
    {"remove_open_array", have_array, remove_array, array_is_gone, CLOSES},
    {"remove_array_of_a_reader", have_array_of_reader, remove_array, array_is_gone, CLOSES},
    {"array_small", NULL, array_small, made_is_there, MAKES},
    {"array_big", NULL, array_big, made_is_there, MAKES},
    {"array_open", NULL, array_open, NULL, 0},
    {"array_open_readonly", have_reader, array_open_readonly, NULL, 0},
    {"close_array", have_array, close_object, NULL, CLOSES},
    {"close_array_readonly", have_array_of_reader, close_object, NULL, CLOSES},
    {"close_removed_array", have_removed_array, close_object, NULL, CLOSES},
    {"close_removed_big_array", have_big_array_removed, close_object, NULL, CLOSES},
    {"counter_make", NULL, counter_make, made_is_there, MAKES},
    {"counter_open", NULL, counter_open, NULL, 0},
    {"counter_add", have_counter, counter_add, counter_is_six, CLOSES},
    {"counter_wait", have_counter, counter_wait, NULL, WAITS},
    {"lock_make", NULL, lock_make, made_is_there, MAKES},
    {"lock", have_lock, lock_and_unlock, NULL, WAITS},
    {"lock_timeout", locked_by_another, lock_timeout, NULL, WAITS},
    {"lock_of_the_dead", locked_by_the_dead, lock_of_the_dead, NULL, WAITS | ASKS},
    {"lock_abandon", have_lock, abandon, NULL, 0},
    {"lock_owner", locked_by_another, lock_owner, NULL, ASKS},
    {"rwlock_make", NULL, rwlock_make, made_is_there, MAKES},
    {"rwlock", have_rwlocks, rwlock_all, NULL, WAITS},
    {"rwlock_timeout", read_by_another, rwlock_write_timeout, NULL, WAITS},
    {"semaphore_make", NULL, semaphore_make, made_is_there, MAKES},
    {"semaphore", have_semaphore, semaphore_timeout, NULL, WAITS},
    {"event_make", NULL, event_make, made_is_there, MAKES},
    {"event", have_event, event_all, NULL, WAITS},
    {"condition_make", have_lock, condition_make, made_is_there, MAKES},
    {"condition", have_condition, condition_timeout, NULL, WAITS},
    {"barrier_make", NULL, barrier_make, made_is_there, MAKES},
    {"barrier", have_barrier, barrier_timeout, NULL, WAITS},
    {"wait_any", have_event, wait_any, NULL, WAITS},
    {"fork", NULL, fork_and_put, small_is_new, 0},
    {"fork_child", NULL, fork_and_put, small_is_new, IN_CHILD},
    {"fork_with_array", have_array, fork_with_array, small_is_new, 0},
    {"fork_child_with_array", have_array, fork_with_array, small_is_new, IN_CHILD},
    {"fork_child_of_a_reader", have_reader, fork_of_reader, NULL, IN_CHILD},
    {"fork_child_of_a_reader_with_array", have_array_of_reader, fork_with_array, NULL, IN_CHILD},
};
const unsigned operation_count = sizeof operations / sizeof *operations;
