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

#include "../kinds/kinds.h"

enum { MOST_PROCESSES = 64, KEPT = 6, SIZE = 16 << 20 };
#define BIT(kind) (1u << SHOAL_KIND_##kind)
#define LOCKS (1u << 31) /* every kind that shoal_segment_each_lock names */
#define ALL UINT32_MAX

/* What the same names are in one part of the contest. The first of 2 is a Value in more than half of all makings. */
static const struct mix {
    const char *name;
    uint32_t kinds;
} mixes[] = {
    {"value-counter", BIT(VALUE) | BIT(COUNTER)},
    {"value-array", BIT(VALUE) | BIT(NDARRAY)},
    {"value-lock", BIT(VALUE) | LOCKS},
    {"array-counter-lock", BIT(NDARRAY) | BIT(COUNTER) | BIT(LOCK)},
    {"all", ALL},
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

static void well(const char *sentence)
{
    if (sentence)
        violation("%s", sentence);
}

static bool readonly(void)
{
    return shoal_segment_readonly(segment);
}

static void use(shoal_object *object)
{
    struct subject subject = subject_open(segment, object);
    well(kinds_use(&subject));
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
}

/* ---- A competitor ---- */

static void open_and_use(const struct driver *driver, struct subject subject)
{
    int status = driver ? driver->make(&subject, kinds_any_size(driver))
                        : shoal_object_open(&subject.object, segment, subject.name, subject.length);
    if (!done(status, driver ? "make" : "open") || !subject.object)
        return;
    int kind = shoal_object_kind(subject.object);
    if (driver && kind != driver->kind)
        violation("%s was asked for, and %s is open", shoal_kind_phrase(driver->kind), shoal_kind_phrase(kind));
    use(subject.object);
    if (below(4))
        shoal_object_close(subject.object);
    else
        keep(subject.object);
}

static bool is_in_the_mix(const struct driver *driver)
{
    return mix->kinds >> driver->kind & 1 || (mix->kinds & LOCKS && driver->is_lock);
}

static const struct driver *a_driver(void)
{
    if (mix->kinds & BIT(VALUE) && below(2))
        return driver_of(SHOAL_KIND_VALUE);
    const struct driver *driver;
    do
        driver = driver_of(kinds_any()->kind); /* the first sort: what other languages make, too */
    while (driver->kind == SHOAL_KIND_VALUE || !is_in_the_mix(driver));
    return driver;
}

/* Each once: whoever makes what another has made since he looked makes a second one of the name. */
static int meet_name(void *seen, const char *name, size_t length, int kind)
{
    uint64_t bit = name[0] == 'k' && length > 1 ? (uint64_t)1 << atoi(name + 1) % 64 : 0;
    if (*(uint64_t *)seen & bit && options.names <= 64)
        violation("two objects have the name \"%s\"", name);
    *(uint64_t *)seen |= bit;
    if (!driver_of(kind))
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
    uint64_t seen = 0;
    uint32_t roll = below(100);
    sprintf(name, "k%u", below((uint32_t)options.names));
    struct subject subject = subject_of(segment, name);
    if (roll < 42 && !readonly())
        remove_unless_held(name, subject.length);
    else if (roll < 80 && !readonly())
        open_and_use(a_driver(), subject);
    else if (roll < 88)
        open_and_use(NULL, subject);
    else if (roll < 96)
        well(driver_of(SHOAL_KIND_VALUE)->intact(&subject));
    else if (roll < 99)
        done(shoal_object_find(segment, name, subject.length), "find");
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
    attach(number >= options.processes);
    if (!segment)
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
    kinds_program.below = below;
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
