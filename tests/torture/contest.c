/*
 * A contest without any death: processes that make, use, remove and open the same few names as different kinds, each pinned
 * to a processor, for some seconds. Nobody calls check() meanwhile: a check holds the structure's lock, and orders those
 * who would have met. Then all leave in good order, and somebody new is let in, finds all sound, and nothing left over.
 *
 *   contest [--seconds 8] [--processes 3] [--readers 0] [--names 20] [--seed 1] [--directory DIR] [--mix MIX] [-- COMMAND…]
 *
 * The seconds are shared by the mixes of kinds; each mix has a segment of its own. `--directory`: where it lies, by default
 * in $SHOAL_DIR, else /dev/shm. COMMAND, with NAMES SEED SECONDS MIX behind it, is one more competitor in another language;
 * it ends by itself. Exits with 1 when something is wrong, which a line with VIOLATION says.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shoal.h"

enum { MOST_PROCESSES = 64, KEPT = 6, LONGEST_VALUE = 512 << 10, SIZE = 16 << 20 };
#define BIT(kind) (1u << SHOAL_KIND_##kind)
#define LOCKS (BIT(LOCK) | BIT(RWLOCK) | BIT(SEMAPHORE) | BIT(EVENT) | BIT(CONDITION) | BIT(BARRIER))

/* What the same names are in one part of the contest. The first of 2 is a Value in more than half of all makings. */
static const struct mix {
    const char *name;
    uint32_t kinds;
} mixes[] = {
    {"value-counter", BIT(VALUE) | BIT(COUNTER)},
    {"value-array", BIT(VALUE) | BIT(NDARRAY)},
    {"value-lock", BIT(VALUE) | LOCKS},
    {"array-counter-lock", BIT(NDARRAY) | BIT(COUNTER) | BIT(LOCK)},
    {"all", BIT(VALUE) | BIT(NDARRAY) | BIT(COUNTER) | LOCKS},
};
enum { MIXES = sizeof mixes / sizeof *mixes };

static struct board {
    _Atomic int go, stop, violations;
    _Atomic long operations[MOST_PROCESSES];
} *board;

static struct {
    double seconds;
    int processes, readers, names;
    uint64_t seed;
    const char *directory, *mix;
    char **command;
} options = {8, 3, 0, 20, 1, NULL, NULL, NULL};

static const struct mix *mix;
static shoal_context *context;
static shoal_segment *segment;
static unsigned char *buffer;
static uint64_t random_state;

__attribute__((format(printf, 1, 2))) static void violation(const char *format, ...)
{
    char text[1200];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (board->violations++ < 20) {
        printf("VIOLATION (%s): %s\n", mix->name, text);
        fflush(stdout);
    }
    board->stop = 1;
}

static uint32_t below(uint32_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)((random_state * 0x2545f4914f6cdd1du) >> 33) % limit;
}

#ifdef SHOAL_POINTS
/* Others come between a look and an act more often than the few instructions between the two would let them. */
void shoal__point(const char *const *name)
{
    (void)name;
    if (random_state && below(64) == 0)
        sched_yield();
}
#endif

/* What several processes that remove and make the same names may be told; everything else is wrong. */
static bool is_usual(int status)
{
    switch (status) {
    case SHOAL_ENOKEY:
    case SHOAL_EMISMATCH:
    case SHOAL_ENOSPACE:
    case SHOAL_ETIMEDOUT:
    case SHOAL_EBROKEN:
    case SHOAL_EREADONLY:
        return true;
    default:
        return status >= 0;
    }
}

static bool done(int status, const char *what)
{
    if (!is_usual(status))
        violation("%s: %s: %s", what, shoal_status_name(status), shoal_error_message());
    return status >= 0;
}

/* ---- Values ---- */

/* One MessagePack item: binary, all of the same byte. */
static size_t write_value(void)
{
    uint32_t size = 1 + below(1u << below(20)), byte = below(256);
    buffer[0] = 0xc6;
    for (int i = 0; i < 4; i++)
        buffer[1 + i] = (unsigned char)(size >> (24 - 8 * i));
    memset(buffer + 5, (int)byte, size);
    return 5 + size;
}

static void put(const char *name, size_t length)
{
    done(shoal_value_put(segment, name, length, buffer, write_value()), "put");
}

/* How long the head of the item is, binary or a string (of PHP's); 0: it is none of this length. */
static size_t head_of_value(size_t size)
{
    static const unsigned char marks[] = {0xc4, 0xc5, 0xc6, 0xd9, 0xda, 0xdb};
    const unsigned char *mark = memchr(marks, buffer[0], sizeof marks);
    size_t head = mark ? 1 + ((size_t)1 << (mark - marks) % 3) : 1, said = mark ? 0 : buffer[0] & 31u;
    for (size_t i = 1; i < head; i++)
        said = said << 8 | buffer[i];
    return size > head && head + said == size && (mark || buffer[0] >> 5 == 5) ? head : 0;
}

static void get(const char *name, size_t length)
{
    size_t size = 0;
    int status = shoal_value_get(segment, name, length, buffer, LONGEST_VALUE + 5, &size);
    if (!done(status, "get") || status == SHOAL_LIVE)
        return;
    size_t head = status == SHOAL_OK ? head_of_value(size) : 0;
    if (head == 0 || memcmp(buffer + head, buffer + head + 1, size - head - 1) != 0)
        violation("a value is torn (status %d, %zu bytes)", status, size);
}

/* ---- Live objects ---- */

static bool readonly(void)
{
    return shoal_segment_readonly(segment);
}

/* Every word is 0, or how many there are: who made it, or opened it, writes that. */
static void use_array(shoal_object *array)
{
    shoal_view view;
    if (!done(shoal_array_view(&view, array), "view"))
        return;
    volatile uint32_t *words = (volatile uint32_t *)(void *)view.data;
    int64_t count = view.shape[0], step = count / 8 + 1;
    for (int64_t i = below((uint32_t)step); i < count; i += step) {
        uint32_t word = words[i];
        if (word != 0 && word != (uint32_t)count)
            violation("the memory of an array that is open became something else: %u of %lld", word, (long long)count);
        if (!view.readonly)
            words[i] = (uint32_t)count;
    }
}

static void use_counter(shoal_object *counter)
{
    int64_t value;
    if (!done(readonly() ? shoal_counter_value(&value, counter) : shoal_counter_add(&value, counter, 1), "count"))
        return;
    if (value < 0 || value > 1 << 30)
        violation("the memory of a counter that is open became something else: %lld", (long long)value);
}

static void use_lock(shoal_object *lock)
{
    if (!readonly() && done(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), "acquire"))
        done(shoal_lock_release(lock), "release");
    shoal_lock_is_locked(lock);
}

static void use_rwlock(shoal_object *rwlock)
{
    if (readonly())
        return;
    bool writes = below(2);
    int status = writes ? shoal_rwlock_write(rwlock, SHOAL_NO_WAIT) : shoal_rwlock_read(rwlock, SHOAL_NO_WAIT);
    if (done(status, "read or write"))
        done(shoal_rwlock_unlock(rwlock), "unlock");
}

static void use_semaphore(shoal_object *semaphore)
{
    uint32_t value;
    if (!readonly() && done(shoal_semaphore_acquire(semaphore, SHOAL_NO_WAIT), "acquire a permit"))
        done(shoal_semaphore_release(semaphore, 1), "release a permit");
    if (done(shoal_semaphore_value(&value, semaphore), "permits") && value > 3)
        violation("the memory of a semaphore that is open became something else: %u permits", value);
}

static void use_event(shoal_object *event)
{
    if (!readonly())
        done(below(2) ? shoal_event_set(event) : shoal_event_clear(event), "event");
    shoal_event_is_set(event);
}

static void use_barrier(shoal_object *barrier)
{
    uint32_t index;
    if (shoal_barrier_parties(barrier) != 2)
        violation("the memory of a barrier that is open became something else: %u parties",
                  shoal_barrier_parties(barrier));
    if (readonly())
        return;
    done(shoal_barrier_wait(&index, barrier, SHOAL_NO_WAIT), "meet");
    done(shoal_barrier_reset(barrier), "reset");
}

static void use_condition(shoal_object *condition)
{
    size_t length;
    const char *name = shoal_condition_lock_name(condition, &length);
    if (length != 4 || memcmp(name, "lock", 4) != 0)
        violation("the memory of a condition that is open became something else: \"%s\"", name);
}

static void use(shoal_object *object)
{
    static void (*const each[])(shoal_object *) = {
        [SHOAL_KIND_NDARRAY] = use_array,       [SHOAL_KIND_COUNTER] = use_counter,     [SHOAL_KIND_LOCK] = use_lock,
        [SHOAL_KIND_RWLOCK] = use_rwlock,       [SHOAL_KIND_SEMAPHORE] = use_semaphore, [SHOAL_KIND_EVENT] = use_event,
        [SHOAL_KIND_CONDITION] = use_condition, [SHOAL_KIND_BARRIER] = use_barrier};
    int kind = shoal_object_kind(object);
    if (kind < SHOAL_KIND_NDARRAY || kind > SHOAL_KIND_BARRIER)
        violation("a %s is open", shoal_kind_name(kind));
    else
        each[kind](object);
}

static shoal_object *the_lock; /* of all Conditions: another name than those that are fought for */

static int make(shoal_object **out, int kind, const char *name, size_t length)
{
    static const int64_t shapes[] = {10, 3000, 40000};
    switch (kind) {
    case SHOAL_KIND_NDARRAY:
        return shoal_array_open(out, segment, name, length, (shoal_dtype){SHOAL_UINT32, 4}, 1, &shapes[below(3)]);
    case SHOAL_KIND_COUNTER:
        return shoal_counter_open(out, segment, name, length, 0);
    case SHOAL_KIND_LOCK:
        return shoal_lock_open(out, segment, name, length, 0);
    case SHOAL_KIND_RWLOCK:
        return shoal_rwlock_open(out, segment, name, length);
    case SHOAL_KIND_SEMAPHORE:
        return shoal_semaphore_open(out, segment, name, length, 3, 0);
    case SHOAL_KIND_EVENT:
        return shoal_event_open(out, segment, name, length);
    case SHOAL_KIND_CONDITION:
        return shoal_condition_open(out, segment, name, length, the_lock);
    default:
        return shoal_barrier_open(out, segment, name, length, 2);
    }
}

/* The last few stay open for a while, and are used, whatever has become of their names. */
static void keep(shoal_object *object)
{
    static shoal_object *kept[KEPT];
    uint32_t i = below(KEPT);
    if (kept[i]) {
        use(kept[i]);
        shoal_object_close(kept[i]);
    }
    kept[i] = object;
}

static void close_all(void)
{
    for (int i = 0; i < 200; i++)
        keep(NULL);
    shoal_object_close(the_lock);
}

/* ---- A competitor ---- */

static void open_and_use(int kind, const char *name, size_t length)
{
    shoal_object *object = NULL;
    int status = kind ? make(&object, kind, name, length) : shoal_object_open(&object, segment, name, length);
    if (!done(status, kind ? "make" : "open"))
        return;
    if (kind && shoal_object_kind(object) != kind)
        violation("a %s was asked for, and a %s is open", shoal_kind_name(kind),
                  shoal_kind_name(shoal_object_kind(object)));
    use(object);
    if (below(4))
        shoal_object_close(object);
    else
        keep(object);
}

static int a_kind(void)
{
    if (mix->kinds & BIT(VALUE) && below(2))
        return SHOAL_KIND_VALUE;
    int kind;
    do
        kind = (int)below(SHOAL_KIND_BARRIER + 1);
    while (!(mix->kinds >> kind & 1));
    return kind;
}

/* Each once: whoever makes what another has made since he looked makes a second one of the name. */
static int meet_name(void *seen, const char *name, size_t length, int kind)
{
    uint64_t bit = name[0] == 'k' && length > 1 ? (uint64_t)1 << atoi(name + 1) % 64 : 0;
    if (*(uint64_t *)seen & bit && options.names <= 64)
        violation("two objects have the name \"%s\"", name);
    *(uint64_t *)seen |= bit;
    if (kind < SHOAL_KIND_VALUE || kind > SHOAL_KIND_BARRIER)
        violation("a name of no kind: %d", kind);
    return 0;
}

static void remove_unless_held(const char *name, size_t length)
{
    int status = shoal_object_remove(segment, name, length);
    if (status != SHOAL_ELOCK)
        done(status, "remove");
}

static void operate(void)
{
    char name[16];
    int kind;
    uint64_t seen = 0;
    size_t length = (size_t)sprintf(name, "k%u", below((uint32_t)options.names));
    uint32_t roll = below(100);
    if (roll < 42 && !readonly())
        remove_unless_held(name, length);
    else if (roll < 80 && !readonly())
        (kind = a_kind()) == SHOAL_KIND_VALUE ? put(name, length) : open_and_use(kind, name, length);
    else if (roll < 88)
        open_and_use(SHOAL_KIND_NONE, name, length);
    else if (roll < 96)
        get(name, length);
    else if (roll < 99)
        done(shoal_object_find(segment, name, length), "find");
    else
        done(shoal_object_each(segment, meet_name, &seen), "names");
}

static void pin_to(int processor)
{
    cpu_set_t all, one;
    CPU_ZERO(&one);
    if (sched_getaffinity(0, sizeof all, &all) < 0)
        return;
    processor %= CPU_COUNT(&all);
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &all) && processor-- == 0)
            CPU_SET(i, &one);
    sched_setaffinity(0, sizeof one, &one);
}

static void attach(bool readonly)
{
    shoal_options how;
    shoal_options_init(&how);
    how.readonly = readonly;
    context = shoal_context_new();
    if (options.directory)
        shoal_context_set_directory(context, options.directory);
    int status = shoal_open(&segment, context, "contest", &how);
    if (status < 0) {
        violation("not let in: %s: %s", shoal_status_name(status), shoal_error_message());
        segment = NULL;
    }
}

static void compete(int number)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    pin_to(number);
    random_state = (options.seed + (uint64_t)number + 1) * 0x9e3779b97f4a7c15u | 1;
    buffer = malloc(LONGEST_VALUE + 5);
    attach(number >= options.processes);
    if (!segment || shoal_object_open(&the_lock, segment, "lock", 4) < 0)
        _exit(1);
    board->go++;
    while (board->go <= options.processes + options.readers)
        sched_yield();
    while (!board->stop) {
        operate();
        board->operations[number]++;
    }
    close_all();
    shoal_context_free(context);
    _exit(0);
}

static void compete_in_another_language(int number, double seconds)
{
    char numbers[3][32], *words[16];
    int count = 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    pin_to(number);
    if (options.directory)
        setenv("SHOAL_DIR", options.directory, 1);
    while (options.command[count] && count < 11) {
        words[count] = options.command[count];
        count++;
    }
    snprintf(numbers[0], sizeof numbers[0], "%d", options.names);
    snprintf(numbers[1], sizeof numbers[1], "%llu", (unsigned long long)options.seed);
    snprintf(numbers[2], sizeof numbers[2], "%.3f", seconds);
    for (int i = 0; i < 3; i++)
        words[count++] = numbers[i];
    words[count++] = (char *)mix->name;
    words[count] = NULL;
    execvp(words[0], words);
    _exit(127);
}

/* ---- The end ---- */

static void finding(void *when, const char *sentence)
{
    violation("check, %s: %s", (const char *)when, sentence);
}

static void check(const char *when)
{
    if (shoal_check(segment, finding, (void *)when) < 0)
        violation("check, %s: %s", when, shoal_error_message());
}

static int remove_each(void *unused, const char *name, size_t length, int kind)
{
    (void)unused, (void)kind;
    if (shoal_object_remove(segment, name, length) < 0)
        violation("remove \"%s\": %s", name, shoal_error_message());
    return 0;
}

/* What readers had open when it was removed goes when somebody looks again: each info() looks at some. */
static void sweep(shoal_info *info)
{
    uint32_t last;
    info->removed = UINT32_MAX;
    do {
        last = info->removed;
        if (shoal_segment_info(info, segment) < 0)
            violation("info: %s", shoal_error_message());
    } while (info->removed && info->removed < last);
}

/* All have left in good order. */
static void judge(void)
{
    shoal_info info = {0};
    attach(true);
    if (segment)
        check("readonly");
    shoal_context_free(context);
    attach(false);
    if (segment) {
        check("at the end");
        shoal_object_each(segment, remove_each, NULL);
        sweep(&info);
        if (info.objects || info.removed || info.used > 128 * 8 + 600 || info.peers != 1 || info.recoveries)
            violation("after everything was removed: %llu objects, %u removed, %llu bytes, %u peers, %u recoveries",
                      (unsigned long long)info.objects, info.removed, (unsigned long long)info.used, info.peers,
                      info.recoveries);
        check("empty");
    }
    shoal_context_free(context);
}

static void begin_segment(void)
{
    shoal_options how;
    shoal_options_init(&how);
    how.size = SIZE;
    shoal_object *lock;
    context = shoal_context_new();
    if (options.directory)
        shoal_context_set_directory(context, options.directory);
    shoal_unlink(context, "contest");
    if (shoal_create(&segment, context, "contest", &how) < 0 || shoal_lock_open(&lock, segment, "lock", 4, 0) < 0) {
        printf("FAILED: no segment: %s\n", shoal_error_message());
        exit(2);
    }
    shoal_object_close(lock);
    shoal_context_free(context);
}

static void sleep_until_over(double seconds)
{
    shoal_time end = shoal_deadline(seconds);
    while (!board->stop && shoal_now() < end)
        nanosleep(&(struct timespec){0, 20000000}, NULL);
}

static void hold_contest(double seconds)
{
    int all = options.processes + options.readers, status;
    pid_t pids[MOST_PROCESSES], other = 0;
    board->go = board->stop = 0;
    begin_segment();
    for (int i = 0; i < all; i++)
        if ((pids[i] = fork()) == 0)
            compete(i);
    while (board->go < all && !board->stop)
        sched_yield();
    board->go++;
    if (options.command && (other = fork()) == 0)
        compete_in_another_language(all, seconds);
    sleep_until_over(seconds);
    if (other && (waitpid(other, &status, 0) < 0 || status != 0))
        violation("%s ended: %#x", options.command[0], (unsigned)status);
    board->stop = 1;
    for (int i = 0; i < all; i++)
        if (waitpid(pids[i], &status, 0) < 0 || status != 0)
            violation("process %d ended: %#x", i, (unsigned)status);
    judge();
}

static void end_segment(void)
{
    context = shoal_context_new();
    if (options.directory)
        shoal_context_set_directory(context, options.directory);
    shoal_unlink(context, "contest");
    shoal_context_free(context);
}

static void read_options(int count, char **arguments)
{
    for (int i = 1; i < count; i += 2) {
        if (strcmp(arguments[i], "--") == 0 || i + 1 == count) {
            options.command = arguments + i + 1;
            break;
        }
        const char *word = arguments[i], *value = arguments[i + 1];
        if (strcmp(word, "--seconds") == 0)
            options.seconds = atof(value);
        else if (strcmp(word, "--processes") == 0)
            options.processes = atoi(value);
        else if (strcmp(word, "--readers") == 0)
            options.readers = atoi(value);
        else if (strcmp(word, "--names") == 0)
            options.names = atoi(value);
        else if (strcmp(word, "--seed") == 0)
            options.seed = strtoull(value, NULL, 10);
        else if (strcmp(word, "--directory") == 0)
            options.directory = value;
        else if (strcmp(word, "--mix") == 0)
            options.mix = value;
        else
            exit(printf("contest: no such option: %s\n", word) > 0 ? 2 : 2);
    }
    if (options.command && !*options.command)
        exit(printf("contest: an option without its value\n") > 0 ? 2 : 2);
    if (options.processes < 1 || options.readers < 0 || options.processes + options.readers > MOST_PROCESSES ||
        options.names < 1)
        exit(printf("contest: too many, or too few\n") > 0 ? 2 : 2);
}

static bool is_wanted(const struct mix *it)
{
    return !options.mix || strcmp(options.mix, it->name) == 0;
}

int main(int count, char **arguments)
{
    int wanted = 0;
    long operations = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    read_options(count, arguments);
    board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < MIXES; i++)
        wanted += is_wanted(&mixes[i]);
    for (int i = 0; i < MIXES && !board->violations; i++) {
        mix = &mixes[i];
        if (is_wanted(mix))
            hold_contest(options.seconds / wanted);
    }
    if (!board->violations)
        end_segment();
    for (int i = 0; i < MOST_PROCESSES; i++)
        operations += board->operations[i];
    printf("{\"tool\": \"contest\", \"operations\": %ld, \"violations\": %d}\n", operations, board->violations);
    return board->violations > 0;
}
