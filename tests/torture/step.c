/*
 * Every crash point of every operation: a victim does one operation on a prepared segment, one machine instruction at
 * a time. Whenever the segment's file has changed, its image is copied. In the copy the victim is dead (its byte lock
 * is on the other file), and there
 *
 *   - a readonly attach reads every other object, finds the victim's old or new, and check() is clean;
 *   - a writing attach recovers, check() is clean, other objects can be made, replaced and removed;
 *   - what the operation did is done once and for all: never seen new and later old, and new when it had returned;
 *   - after everything is removed nothing is in use but the table of names.
 *
 * "again:OP" starts from images of OP that were cut short, and steps the one who recovers them: deaths in recovery.
 *
 * It is longer than other files here because it is one program: the operations, the stepping, the judging of an image.
 *
 *   step [--list] [--again N] [OP...]     N: of how many images of each OP the recovery is stepped too (default 6)
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shoal.h"

enum { OTHERS = 5, BIG = 257 << 10, SEGMENT = 4 << 20, LONGEST = 4000000, KEPT_IMAGES = 64 };

static const char *current = "?";
static char directory[64];
static long step_number;
static int violations;

static void violation(const char *what, const char *detail)
{
    violations++;
    printf("VIOLATION in %s at step %ld: %s: %s\n", current, step_number, what, detail);
    fflush(stdout);
    if (violations > 20)
        exit(1);
}

static void must(int status, const char *what)
{
    if (status < 0) {
        printf("FAILED: %s in %s: %s: %s\n", what, current, shoal_status_name(status), shoal_error_message());
        fflush(stdout);
        _exit(2);
    }
}

/* ---- Values that tell when they are torn ---- */

static unsigned char *pattern(uint32_t seed, size_t size)
{
    static unsigned char bytes[1 << 20];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)((seed * 2654435761u + (uint32_t)i * 40503u) >> 16);
    return bytes;
}

static void put(shoal_segment *segment, const char *name, uint32_t seed, size_t size)
{
    must(shoal_value_put(segment, name, strlen(name), pattern(seed, size), size), "put");
}

/* 1: that value; 0: no such name; -1: another value */
static int holds(shoal_segment *segment, const char *name, uint32_t seed, size_t size)
{
    static unsigned char have[1 << 20];
    size_t got;
    int status = shoal_value_get(segment, name, strlen(name), have, sizeof have, &got);
    if (status == SHOAL_ENOKEY)
        return 0;
    return status == SHOAL_OK && got == size && memcmp(have, pattern(seed, size), size) == 0 ? 1 : -1;
}

static bool exists(shoal_segment *segment, const char *name)
{
    return shoal_object_find(segment, name, strlen(name)) > 0;
}

/* ---- The operations ---- */

static shoal_context *context; /* the victim's */
static shoal_segment *target;
static shoal_object *object;

struct operation {
    const char *name;
    void (*prepare)(shoal_segment *segment); /* by somebody who leaves in good order */
    void (*before)(void);                    /* by the victim, not stepped */
    void (*act)(void);                       /* stepped */
    int (*state)(shoal_segment *segment);    /* 0: as before; 1: done; -1: neither */
    uint32_t lifetime;
    bool detached; /* the victim does not attach before */
};

#define OLD 11, old_size
#define NEW 22, new_size
static size_t old_size, new_size;

static void prepare_nothing(shoal_segment *segment)
{
    (void)segment;
}
static void before_nothing(void)
{
}

static void others(shoal_segment *segment)
{
    char name[16];
    for (int i = 0; i < OTHERS; i++) {
        snprintf(name, sizeof name, "other%d", i);
        put(segment, name, 100 + (uint32_t)i, (size_t)(20 + 37 * i));
    }
}

static int others_whole(shoal_segment *segment)
{
    char name[16];
    for (int i = 0; i < OTHERS; i++) {
        snprintf(name, sizeof name, "other%d", i);
        if (holds(segment, name, 100 + (uint32_t)i, (size_t)(20 + 37 * i)) != 1)
            return 0;
    }
    return 1;
}

static void put_old(shoal_segment *segment)
{
    put(segment, "victim", OLD);
}
static void put_thrice(shoal_segment *segment)
{
    put(segment, "victim", 1, old_size);
    put(segment, "victim", 2, old_size);
    put(segment, "victim", OLD);
}
static const unsigned char *new_bytes; /* computed before: it is not what is to be stepped */
static void act_put(void)
{
    must(shoal_value_put(target, "victim", 6, new_bytes, new_size), "put");
}
static int state_new(shoal_segment *segment)
{
    return holds(segment, "victim", NEW);
}
static int state_replaced(shoal_segment *segment)
{
    if (holds(segment, "victim", OLD) == 1)
        return 0;
    return holds(segment, "victim", NEW) == 1 ? 1 : -1;
}
static void act_remove(void)
{
    must(shoal_object_remove(target, "victim", 6), "remove");
}
static int state_removed(shoal_segment *segment)
{
    int have = holds(segment, "victim", OLD);
    return have == 1 ? 0 : have == 0 ? 1 : -1;
}
static int state_gone(shoal_segment *segment)
{
    return !exists(segment, "victim");
}
static int state_there(shoal_segment *segment)
{
    return exists(segment, "victim");
}
static int state_any(shoal_segment *segment)
{
    (void)segment;
    return 0;
}

static void prepare_64(shoal_segment *segment)
{
    char name[16];
    for (int i = OTHERS; i < 64; i++) {
        snprintf(name, sizeof name, "more%d", i);
        put(segment, name, (uint32_t)i, 10);
    }
}

static void make_counter(shoal_segment *segment)
{
    must(shoal_counter_open(&object, segment, "victim", 6, 41), "counter");
}
static void make_array_of(shoal_segment *segment, int64_t count)
{
    shoal_dtype dtype = {SHOAL_UINT8, 1};
    must(shoal_array_open(&object, segment, "victim", 6, dtype, 1, &count), "array");
}
static void make_lock(shoal_segment *segment)
{
    must(shoal_lock_open(&object, segment, "victim", 6, 0), "lock");
}
static void make_small_array(shoal_segment *segment)
{
    make_array_of(segment, 500);
}
static void make_big_array(shoal_segment *segment)
{
    make_array_of(segment, BIG);
}
static void closing(void (*make)(shoal_segment *), shoal_segment *segment)
{
    make(segment);
    shoal_object_close(object);
}
static void prepare_counter(shoal_segment *segment)
{
    closing(make_counter, segment);
}
static void prepare_small_array(shoal_segment *segment)
{
    closing(make_small_array, segment);
}
static void prepare_big_array(shoal_segment *segment)
{
    closing(make_big_array, segment);
}
static void prepare_lock(shoal_segment *segment)
{
    closing(make_lock, segment);
}
static void act_counter(void)
{
    make_counter(target);
}
static void act_small_array(void)
{
    make_small_array(target);
}
static void act_big_array(void)
{
    make_big_array(target);
}
static void act_lock(void)
{
    make_lock(target);
}
static void act_close(void)
{
    shoal_object_close(object);
}
static void before_big_array_removed(void)
{
    make_big_array(target);
    act_remove();
}
static void act_add(void)
{
    int64_t value;
    must(shoal_counter_add(&value, object, 1), "add");
}
static int state_counter(shoal_segment *segment)
{
    shoal_object *counter;
    int64_t value = -1;
    if (shoal_counter_open(&counter, segment, "victim", 6, 0) < 0)
        return -1;
    shoal_counter_value(&value, counter);
    shoal_object_close(counter);
    return value == 41 ? 0 : value == 42 ? 1 : -1;
}
static void before_lock_held(void)
{
    make_lock(target);
    must(shoal_lock_acquire(object, false, SHOAL_NO_WAIT), "acquire");
}
static void act_acquire(void)
{
    must(shoal_lock_acquire(object, false, SHOAL_NO_WAIT), "acquire");
}
static void act_release(void)
{
    must(shoal_lock_release(object), "release");
}
static void act_abandon(void)
{
    shoal_context_abandon_locks(context, true);
}
static int take_lock(shoal_segment *segment)
{
    shoal_object *lock;
    if (shoal_segment_readonly(segment))
        return SHOAL_OK;
    must(shoal_lock_open(&lock, segment, "victim", 6, 0), "lock of the image");
    int status = shoal_lock_acquire(lock, false, SHOAL_NO_WAIT);
    if (status >= 0)
        shoal_lock_release(lock);
    if (status == SHOAL_RECOVERED) { /* for the next one who asks for the state: as it was */
        shoal_lock_acquire(lock, false, SHOAL_NO_WAIT);
        shoal_context_abandon_locks(context, true);
    }
    shoal_object_close(lock);
    return status;
}
static int state_acquired(shoal_segment *segment)
{
    int status = take_lock(segment);
    return status == SHOAL_OK ? 0 : status == SHOAL_RECOVERED ? 1 : -1;
}
static int state_released(shoal_segment *segment)
{
    int status = take_lock(segment);
    return status == SHOAL_OK ? 1 : status == SHOAL_RECOVERED ? 0 : -1;
}
static void attach(void)
{
    shoal_options options;
    shoal_options_init(&options);
    options.size = SEGMENT;
    must(shoal_open(&target, context, "target", &options), "open");
}
static void act_detach(void)
{
    shoal_close(target);
}
static void act_create(void)
{
    shoal_options options;
    shoal_options_init(&options);
    options.size = SEGMENT;
    must(shoal_create(&target, context, "target", &options), "create");
}

/* Peers that died: with a removed big array open, with a counter open, with the lock held. */
static void dying(void (*act)(void))
{
    pid_t pid = fork();
    if (pid == 0) {
        context = shoal_context_new();
        shoal_context_set_directory(context, directory);
        attach();
        act();
        kill(getpid(), SIGKILL);
    }
    waitpid(pid, NULL, 0);
}
static void die_with_array(void)
{
    before_big_array_removed();
}
static void die_with_counter(void)
{
    must(shoal_counter_open(&object, target, "counted", 7, 1), "counter");
    must(shoal_lock_open(&object, target, "locked", 6, 0), "lock");
    must(shoal_lock_acquire(object, false, SHOAL_FOREVER), "acquire");
}
static void prepare_dead(shoal_segment *segment)
{
    (void)segment;
    dying(die_with_array);
    dying(die_with_counter);
    dying(die_with_array);
}
static void act_info(void)
{
    shoal_info info;
    must(shoal_segment_info(&info, target), "info");
}
static void act_attach_info(void)
{
    attach();
    act_info();
}

/* Fills the segment: allocation fails, room is made from what the dead have. */
static void prepare_full(shoal_segment *segment)
{
    char name[16];
    prepare_dead(segment);
    for (int i = 0;; i++) {
        snprintf(name, sizeof name, "fill%d", i);
        if (shoal_value_put(segment, name, strlen(name), pattern(7, 200 << 10), 200 << 10) < 0)
            break;
    }
}

#include "step_locks.h"

static const struct operation operations[] = {
    {"put_first", NULL, before_nothing, act_put, state_new, 0, 0},
    {"put_new", prepare_nothing, before_nothing, act_put, state_new, 0, 0},
    {"put_new_span", prepare_nothing, before_nothing, act_put, state_new, 0, 0},
    {"put_new_run", prepare_nothing, before_nothing, act_put, state_new, 0, 0},
    {"put_new_big", prepare_nothing, before_nothing, act_put, state_new, 0, 0},
    {"put_replace", put_old, before_nothing, act_put, state_replaced, 0, 0},
    {"put_spare", put_thrice, before_nothing, act_put, state_replaced, 0, 0},
    {"put_grow", put_thrice, before_nothing, act_put, state_replaced, 0, 0},
    {"put_shrink", put_thrice, before_nothing, act_put, state_replaced, 0, 0},
    {"put_run_for_run", put_thrice, before_nothing, act_put, state_replaced, 0, 0},
    {"put_big_for_small", put_thrice, before_nothing, act_put, state_replaced, 0, 0},
    {"put_big_for_big", put_thrice, before_nothing, act_put, state_replaced, 0, 0},
    {"put_small_for_big", put_thrice, before_nothing, act_put, state_replaced, 0, 0},
    {"put_65th", prepare_64, before_nothing, act_put, state_new, 0, 0},
    {"put_full", prepare_full, before_nothing, act_put, state_new, 0, 0},
    {"remove_small", put_thrice, before_nothing, act_remove, state_removed, 0, 0},
    {"remove_run", put_old, before_nothing, act_remove, state_removed, 0, 0},
    {"remove_big", put_old, before_nothing, act_remove, state_removed, 0, 0},
    {"remove_counter", prepare_counter, before_nothing, act_remove, state_gone, 0, 0},
    {"remove_array", prepare_big_array, before_nothing, act_remove, state_gone, 0, 0},
    {"remove_pinned", prepare_nothing, (void (*)(void))act_big_array, act_remove, state_gone, 0, 0},
    {"counter_make", prepare_nothing, before_nothing, act_counter, state_there, 0, 0},
    {"counter_open", prepare_counter, before_nothing, act_counter, state_any, 0, 0},
    {"counter_close", prepare_counter, act_counter, act_close, state_any, 0, 0},
    {"counter_add", prepare_counter, act_counter, act_add, state_counter, 0, 0},
    {"array_small", prepare_nothing, before_nothing, act_small_array, state_there, 0, 0},
    {"array_big", prepare_nothing, before_nothing, act_big_array, state_there, 0, 0},
    {"array_open", prepare_small_array, before_nothing, act_small_array, state_any, 0, 0},
    {"array_last", prepare_nothing, before_big_array_removed, act_close, state_gone, 0, 0},
    {"lock_make", prepare_nothing, before_nothing, act_lock, state_there, 0, 0},
    {"lock_acquire", prepare_lock, act_lock, act_acquire, state_acquired, 0, 0},
    {"lock_release", prepare_lock, before_lock_held, act_release, state_released, 0, 0},
    {"lock_abandon", prepare_lock, before_lock_held, act_abandon, state_any, 0, 0},
    {"locks_make", prepare_nothing, before_nothing, before_locks, state_any, 0, 0},
    {"lock_wait", prepare_locks, before_living_holder, act_wait_for_lock, others_go_on, 0, 0},
    {"lock_steal", prepare_dead_holder, before_locks, act_take_lock, others_go_on, 0, 0},
    {"rwlock_read", prepare_locks, before_locks, act_read, others_go_on, 0, 0},
    {"rwlock_read_unlock", prepare_locks, before_reading, act_unlock, others_go_on, 0, 0},
    {"rwlock_write", prepare_locks, before_locks, act_write, others_go_on, 0, 0},
    {"rwlock_write_unlock", prepare_locks, hold_everything, act_unlock, others_go_on, 0, 0},
    {"rwlock_downgrade", prepare_locks, hold_everything, act_downgrade, others_go_on, 0, 0},
    {"rwlock_read_wait", prepare_locks, before_living_writer, act_wait_to_read, others_go_on, 0, 0},
    {"rwlock_write_wait", prepare_locks, before_living_reader, act_wait_to_write, others_go_on, 0, 0},
    {"rwlock_write_write", prepare_locks, before_living_writer, act_wait_to_write, others_go_on, 0, 0},
    {"rwlock_read_steal", prepare_dead_writer, before_locks, act_read, others_go_on, 0, 0},
    {"rwlock_write_steal", prepare_dead_writer, before_locks, act_write, others_go_on, 0, 0},
    {"rwlock_dead_reader", prepare_dead_reader, before_locks, act_write, others_go_on, 0, 0},
    {"semaphore_take", prepare_locks, before_locks, act_take_permit, others_go_on, 0, 0},
    {"semaphore_give", prepare_locks, hold_everything, act_give_permits, others_go_on, 0, 0},
    {"semaphore_wait", prepare_locks, before_living_owner, act_wait_for_permit, others_go_on, 0, 0},
    {"semaphore_steal", prepare_dead_owner, before_locks, act_take_permit, others_go_on, 0, 0},
    {"signal_raise", prepare_locks, before_locks, act_raise, state_raised, 0, 0},
    {"signal_lower", prepare_locks, before_locks, act_lower, state_lowered, 0, 0},
    {"event_set", prepare_locks, hold_everything, act_set, state_set, 0, 0},
    {"event_clear", prepare_locks, before_set, act_clear, state_cleared, 0, 0},
    {"event_wait", prepare_locks, before_locks, act_wait_for_event, others_go_on, 0, 0},
    {"condition_wait", prepare_locks, before_holding, act_wait_notified, others_go_on, 0, 0},
    {"condition_notify", prepare_dead_waiter, before_notifying, act_notify, others_go_on, 0, 0},
    {"condition_end", prepare_locks, before_notified, act_end_wait, others_go_on, 0, 0},
    {"condition_cancel", prepare_dead_waiter, before_waiting, act_cancel, others_go_on, 0, 0},
    {"condition_pass_on", prepare_dead_waiter, before_notified, act_cancel, others_go_on, 0, 0},
    {"barrier_deadline", prepare_locks, before_locks, act_meet, others_go_on, 0, 0},
    {"barrier_pass", prepare_locks, before_living_party, act_meet, others_go_on, 0, 0},
    {"barrier_dead_party", prepare_dead_party, before_locks, act_meet, others_go_on, 0, 0},
    {"barrier_cancel", prepare_locks, before_meeting, act_cancel, others_go_on, 0, 0},
    {"barrier_abort", prepare_locks, before_living_party, act_abort, others_go_on, 0, 0},
    {"barrier_reset", prepare_locks, before_living_party, act_reset, others_go_on, 0, 0},
    {"barrier_mend", prepare_locks, before_broken, act_reset, others_go_on, 0, 0},
    {"barrier_leave", prepare_locks, before_left, act_leave, others_go_on, 0, 0},
    {"attach", prepare_nothing, before_nothing, attach, state_any, 0, 1},
    {"detach", prepare_nothing, before_nothing, act_detach, state_any, 0, 0},
    {"detach_shared", prepare_nothing, before_nothing, act_detach, state_any, SHOAL_SHARED, 0},
    {"reap", prepare_dead, before_nothing, act_info, state_any, 0, 0},
    {"attach_reap", prepare_dead, before_nothing, act_attach_info, state_any, 0, 1},
    {"create", NULL, before_nothing, act_create, state_any, 0, 1},
};
enum { OPERATIONS = sizeof operations / sizeof *operations };

static void choose_sizes(const char *name)
{
    old_size = strstr(name, "_for_big") || strstr(name, "remove_big")  ? BIG
               : strstr(name, "run_for") || strstr(name, "remove_run") ? 60000
               : strstr(name, "shrink")                                ? 3000
                                                                       : 100;
    new_size = strstr(name, "put_new_big") || strstr(name, "put_big") ? BIG
               : strstr(name, "_run") || strstr(name, "put_full")     ? 61000
               : strstr(name, "_span") || strstr(name, "grow")        ? 3001
                                                                      : 110;
}

/* ---- Images ---- */

static void path_of(char path[128], const char *name)
{
    snprintf(path, 128, "%s/shoal.%s", directory, name);
}

static void copy_image(int from, const char *name)
{
    static char buffer[1 << 20];
    char path[128];
    struct stat stat;
    path_of(path, name);
    unlink(path);
    int to = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    fstat(from, &stat);
    if (to < 0 || ftruncate(to, stat.st_size) < 0)
        exit(2);
    for (off_t at = 0; (at = lseek(from, at, SEEK_DATA)) >= 0;) {
        off_t end = lseek(from, at, SEEK_HOLE);
        while (at < end) {
            ssize_t part =
                pread(from, buffer, (size_t)(end - at) < sizeof buffer ? (size_t)(end - at) : sizeof buffer, at);
            if (part <= 0 || pwrite(to, buffer, (size_t)part, at) != part)
                exit(2);
            at += part;
        }
    }
    close(to);
}

static void finding(void *where, const char *sentence)
{
    violation(where, sentence);
}

static void judge_reader(const struct operation *operation)
{
    shoal_segment *segment;
    shoal_options options;
    shoal_context *reader = shoal_context_new();
    shoal_context_set_directory(reader, directory);
    shoal_options_init(&options);
    options.readonly = true;
    int status = shoal_open(&segment, reader, "image", &options);
    if (status < 0) {
        if (!(operation->lifetime == SHOAL_SHARED && status == SHOAL_ENOTFOUND))
            violation("readonly open", shoal_error_message());
    } else {
        if (operation->prepare && !others_whole(segment))
            violation("readonly", "other values are not whole");
        if (operation->state != state_counter && operation->state(segment) < 0)
            violation("readonly", "neither old nor new");
        if (shoal_check(segment, finding, "readonly check") < 0)
            violation("readonly check", shoal_error_message());
    }
    shoal_context_free(reader);
}

static void interfere(shoal_segment *segment)
{
    shoal_object *counter;
    char name[24];
    for (int i = 0; i < 6; i++) {
        snprintf(name, sizeof name, "interfere%d", i);
        int status =
            shoal_value_put(segment, name, strlen(name), pattern(9, (size_t)(50 + i * 900)), (size_t)(50 + i * 900));
        if (status < 0 && status != SHOAL_ENOSPACE)
            violation("interfering put", shoal_error_message());
    }
    if (shoal_counter_open(&counter, segment, "interfering", 11, 5) >= 0)
        shoal_object_close(counter);
}

static int remove_all(void *argument, const char *name, size_t length, int kind)
{
    (void)kind;
    if (shoal_object_remove(argument, name, length) < 0)
        violation("remove", shoal_error_message());
    return 0;
}

static void judge_empty(shoal_segment *segment)
{
    shoal_info info;
    uint64_t few = 128 * 8 + 600;
    shoal_object_each(segment, remove_all, segment);
    must(shoal_segment_info(&info, segment), "info");
    must(shoal_segment_info(&info, segment), "info");
    if (info.used > few || info.removed || info.objects) {
        char text[100];
        snprintf(text, sizeof text, "used %llu, removed %u, objects %llu", (unsigned long long)info.used, info.removed,
                 (unsigned long long)info.objects);
        violation("after everything was removed", text);
    }
    if (shoal_check(segment, finding, "last check") < 0)
        violation("last check", shoal_error_message());
}

/* The state that a writer finds in the image; -2: there is no segment any more */
static int judge_writer(const struct operation *operation)
{
    shoal_segment *segment;
    int state = -2;
    shoal_context *mine = context = shoal_context_new();
    shoal_context_set_directory(mine, directory);
    int status = shoal_open(&segment, mine, "image", NULL);
    if (status < 0) {
        if (!(operation->lifetime == SHOAL_SHARED && status == SHOAL_ENOTFOUND))
            violation("open", shoal_error_message());
        shoal_context_free(mine);
        return state;
    }
    if (shoal_check(segment, finding, "check") < 0)
        violation("check", shoal_error_message());
    if (operation->prepare && !others_whole(segment))
        violation("writer", "other values are not whole");
    if ((state = operation->state(segment)) < 0)
        violation("writer", "neither old nor new");
    interfere(segment);
    if (shoal_check(segment, finding, "check after interference") < 0)
        violation("check after interference", shoal_error_message());
    if (operation->state(segment) != state)
        violation("writer", "the state changed under interference");
    judge_empty(segment);
    shoal_context_free(mine);
    return state;
}

static int judge(const struct operation *operation, int fd)
{
    copy_image(fd, "image");
    judge_reader(operation);
    int state = judge_writer(operation);
    char path[128];
    path_of(path, "image");
    unlink(path);
    return state;
}

/* ---- The victim ---- */

static pid_t start_victim(const struct operation *operation)
{
    pid_t pid = fork();
    if (pid)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody is left stopped when a violation ends it all */
    context = shoal_context_new();
    shoal_context_set_directory(context, directory);
    if (!operation->detached)
        attach();
    operation->before();
    new_bytes = pattern(NEW);
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    raise(SIGSTOP);
    operation->act();
    raise(SIGSTOP);
    _exit(0);
}

struct watch {
    int fd;
    unsigned char *live, *seen;
    size_t size;
    blkcnt_t blocks;
    off_t extents[64][2];
    int count;
};

static void watch_extents(struct watch *watch)
{
    watch->count = 0;
    for (off_t at = 0; watch->count < 64 && (at = lseek(watch->fd, at, SEEK_DATA)) >= 0;) {
        off_t end = lseek(watch->fd, at, SEEK_HOLE);
        watch->extents[watch->count][0] = at;
        watch->extents[watch->count++][1] = end;
        at = end;
    }
}

static bool watch_open(struct watch *watch)
{
    char path[128];
    struct stat stat;
    path_of(path, "target");
    memset(watch, 0, sizeof *watch);
    watch->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (watch->fd < 0)
        return false;
    fstat(watch->fd, &stat);
    watch->size = (size_t)stat.st_size;
    watch->live = mmap(NULL, watch->size, PROT_READ, MAP_SHARED, watch->fd, 0);
    watch->seen = calloc(1, watch->size);
    return true;
}

static void watch_close(struct watch *watch)
{
    if (watch->live) {
        munmap(watch->live, watch->size);
        free(watch->seen);
        close(watch->fd);
    }
    watch->live = NULL;
}

/* Did anything change since the last call? Bytes far from the structure (a big body) are looked at now and then. */
static bool watch_changed(struct watch *watch, bool thorough)
{
    bool changed = false;
    struct stat stat;
    fstat(watch->fd, &stat);
    if (stat.st_blocks != watch->blocks) {
        watch->blocks = stat.st_blocks;
        watch_extents(watch);
        changed = true;
    }
    for (int i = 0; i < watch->count; i++) {
        off_t at = watch->extents[i][0], end = watch->extents[i][1];
        if (!thorough && end > at + (160 << 10))
            end = at + (160 << 10);
        if (memcmp(watch->live + at, watch->seen + at, (size_t)(end - at)) != 0) {
            memcpy(watch->seen + at, watch->live + at, (size_t)(end - at));
            changed = true;
        }
    }
    return changed;
}

struct outcome {
    long steps, images;
    int kept; /* images kept for "again" */
    int state;
};

static void keep_image(struct outcome *outcome, int fd, int every)
{
    char name[16];
    if (every <= 0 || outcome->images % every || outcome->kept >= KEPT_IMAGES)
        return;
    snprintf(name, sizeof name, "kept%d", outcome->kept++);
    copy_image(fd, name);
}

static bool single_step(pid_t pid, int *status)
{
    do {
        ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL);
        waitpid(pid, status, 0);
        if (!WIFSTOPPED(*status))
            return false;
    } while (WSTOPSIG(*status) != SIGTRAP && WSTOPSIG(*status) != SIGSTOP);
    return WSTOPSIG(*status) == SIGTRAP;
}

/* One more round of the same "rep movsb": what it stored is looked at when it ends. */
static bool same_instruction(pid_t pid)
{
    static long last;
    long now = ptrace(PTRACE_PEEKUSER, pid, (void *)offsetof(struct user, regs.rip), NULL);
    bool same = now == last;
    last = now;
    return same;
}

static void after_step(const struct operation *operation, struct outcome *outcome, struct watch *watch, int every)
{
    if (!watch->live && !watch_open(watch))
        return; /* no segment yet */
    if (!watch_changed(watch, outcome->steps % 4096 == 0))
        return;
    outcome->images++;
    int state = judge(operation, watch->fd);
    if (outcome->state == 1 && state == 0)
        violation("durability", "it was done, and now it is not");
    outcome->state = state;
    keep_image(outcome, watch->fd, every);
}

static struct outcome step_through(const struct operation *operation, int every)
{
    struct outcome outcome = {0};
    struct watch watch = {0};
    int status;
    pid_t pid = start_victim(operation);
    waitpid(pid, &status, 0);
    if (!WIFSTOPPED(status)) {
        violation("victim", "it failed before its operation");
        return outcome;
    }
    if (watch_open(&watch)) {
        watch_changed(&watch, true);
        outcome.state = judge(operation, watch.fd);
    }
    while (outcome.steps < LONGEST && single_step(pid, &status)) {
        step_number = ++outcome.steps;
        if (!same_instruction(pid) || outcome.steps % 20000 == 0)
            after_step(operation, &outcome, &watch, every);
    }
    if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGSTOP)
        violation("victim", "it did not come to the end of its operation");
    else if (watch.live && (outcome.state = judge(operation, watch.fd)) == 0 && operation->state != state_any)
        violation("acknowledged", "it returned, and is not done");
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    end_living();
    watch_close(&watch);
    return outcome;
}

/* ---- Running ---- */

static void in_child(void (*work)(const struct operation *), const struct operation *operation)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        context = shoal_context_new();
        shoal_context_set_directory(context, directory);
        work(operation);
        shoal_context_free(context);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    if (status)
        exit(2);
}

static void prepare_target(const struct operation *operation)
{
    shoal_options options;
    shoal_options_init(&options);
    options.size = SEGMENT;
    if (operation->act == act_create)
        return;
    must(shoal_create(&target, context, "target", &options), "create");
    if (operation->prepare) {
        others(target);
        operation->prepare(target);
    }
}

static void remove_target(void)
{
    char path[128];
    path_of(path, "target");
    unlink(path);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void act_recover(void)
{
    attach();
    put(target, "recovered", 5, 300);
}
static int state_recovered(shoal_segment *segment)
{
    return holds(segment, "recovered", 5, 300);
}

static void step_again(const struct operation *operation, int kept, int wanted)
{
    struct operation recover = *operation;
    recover.before = before_nothing;
    recover.act = act_recover;
    recover.state = state_recovered;
    recover.detached = true;
    char name[16], from[128], to[128];
    long steps = 0, images = 0;
    double start = seconds();
    for (int i = 0; i < kept; i++) {
        snprintf(name, sizeof name, "kept%d", i);
        path_of(from, name);
        path_of(to, "target");
        if (wanted < kept && i * wanted / kept == (i + 1) * wanted / kept)
            unlink(from);
        else {
            rename(from, to);
            struct outcome outcome = step_through(&recover, 0);
            steps += outcome.steps;
            images += outcome.images;
            unlink(to);
        }
    }
    printf("  again: %ld steps, %ld images, %.1f s\n", steps, images, seconds() - start);
}

static void run(const struct operation *operation, int again)
{
    double start = seconds();
    current = operation->name;
    choose_sizes(operation->name);
    in_child(prepare_target, operation);
    struct outcome outcome = step_through(operation, again ? 7 : 0);
    remove_target();
    printf("%-18s %7ld steps, %5ld images, %.1f s\n", operation->name, outcome.steps, outcome.images,
           seconds() - start);
    fflush(stdout);
    if (again && operation->lifetime != SHOAL_SHARED)
        step_again(operation, outcome.kept, again);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    int again = 6, chosen = 0;
    living = mmap(NULL, sizeof *living, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    snprintf(directory, sizeof directory, "/dev/shm/shoal-step-%d", (int)getpid());
    mkdir(directory, 0700);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--again") == 0 && i + 1 < argc)
            again = atoi(argv[++i]);
        else if (strcmp(argv[i], "--list") == 0)
            for (chosen = 0; chosen < OPERATIONS; chosen++)
                puts(operations[chosen].name);
        else
            for (int j = 0; j < OPERATIONS; j++)
                if (strcmp(operations[j].name, argv[i]) == 0) {
                    run(&operations[j], again);
                    chosen++;
                }
    }
    for (int j = 0; !chosen && j < OPERATIONS; j++)
        run(&operations[j], again);
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", directory);
    if (system(command))
        return 2;
    printf("%d violations\n", violations);
    return violations > 0;
}
