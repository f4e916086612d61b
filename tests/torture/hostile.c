/*
 * A writer with all rights that means harm, and readers that are attached readonly while it does: it changes words
 * between two values as fast as it can (what is read twice is read different), makes refs point anywhere and lists go
 * in circles, counts without pause what readers compare, truncates and grows, punches holes, locks bytes. No reader may die, hang,
 * read outside of its mapping (around which nothing is mapped) or write.
 *
 *   hostile [--seed N] [--seconds N] [--readers N] [--directory DIR] [--only ATTACK] [--points] [-- COMMAND...]
 *
 * COMMAND: one more reader, which gets the segment's name and the seconds as arguments and SHOAL_DIR. Built with the core
 * and -DSHOAL_POINTS, --points changes the segment under a reader whenever it comes to one of its points, and only then, by the
 * seed alone; with `--only pause` whatever it compares, always.
 */
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64 /* as the core: it decides what mmap is called */
#endif

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../kinds/kinds.h"
#include "segment/layout.h"

#define SIZE ((size_t)1 << 20)

/* What the processes tell each other. */
static struct board {
    uint64_t attacks[8];
    uint64_t attaches, calls, told; /* told: calls that ended with SHOAL_ECORRUPT */
    uint64_t violations;
    double longest; /* seconds of processor that a call took */
    char longest_call[40], call[40];
} *board;

static struct settings {
    uint64_t seed;
    double seconds;
    int readers;
    bool points;
    const char *directory, *only;
    char **command;
} settings = {.seed = 1, .seconds = 5, .readers = 1};

static unsigned char *image; /* as it was when all was well */
static unsigned char *live;
static int file;
static uint64_t random_state;

static uint32_t random_below(uint32_t below)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((random_state >> 33) % (below ? below : 1));
}

static void seed_random(uint64_t seed)
{
    random_state = seed * 2654435761u + 88172645463325252u;
}

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void need(int status, const char *what)
{
    if (status >= 0)
        return;
    fprintf(stderr, "%s: %s: %s\n", what, shoal_status_name(status), shoal_error_message());
    exit(2);
}

/* ---- The segment ---- */

/* One of each driver, and two that none of them makes. */
static const char *any_name(char out[32])
{
    const struct driver *driver = kinds_any();
    uint32_t roll = random_below(12), number = random_below(8);
    snprintf(out, 32, "%s %u", roll == 0 ? "large" : roll == 1 ? "matrix" : driver->name, number);
    return out;
}

static void make_large_ones(shoal_segment *segment, uint32_t number)
{
    static unsigned char bytes[6000];
    char name[32];
    shoal_object *object;
    int64_t shape[] = {3 + number, 7};
    memset(bytes, 0xc0, sizeof bytes);
    size_t length = (size_t)snprintf(name, sizeof name, "large %u", number);
    need(shoal_value_put(segment, name, length, bytes, 3000 + 300 * number), "value");
    length = (size_t)snprintf(name, sizeof name, "matrix %u", number);
    need(shoal_array_open(&object, segment, name, length, (shoal_dtype){SHOAL_FLOAT64, 8}, 2, shape), "array");
}

/* Open, and every other one held, for as long as the writer lives. */
static void make_objects(shoal_segment *segment, uint32_t number)
{
    char name[32];
    EACH_DRIVER(it) {
        snprintf(name, sizeof name, "%s %u", it->name, number);
        struct subject subject = subject_of(segment, name);
        need(it->make(&subject, 5 + number), it->name);
        if (it->kind == SHOAL_KIND_VALUE)
            need(it->make(&subject, 30 + number), it->name); /* it has a spare now */
        if (it->hold && number % 2)
            need(it->hold(subject.object, SHOAL_NO_WAIT), it->name);
    }
    make_large_ones(segment, number);
}

static void make(const char *directory)
{
    char path[300];
    shoal_segment *segment;
    shoal_options options;
    shoal_context *context = shoal_context_new();
    shoal_options_init(&options);
    options.size = SIZE;
    need(shoal_context_set_directory(context, directory), "directory");
    need(shoal_create(&segment, context, "hostile", &options), "create");
    for (uint32_t i = 0; i < 8; i++)
        make_objects(segment, i);
    need(shoal_object_remove(segment, "array 3", 7), "remove"); /* into limbo */
    snprintf(path, sizeof path, "%s/shoal.hostile", directory);
    file = open(path, O_RDWR | O_CLOEXEC);
    image = malloc(SIZE);
    live = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (file < 0 || live == MAP_FAILED || pread(file, image, SIZE, 0) != (ssize_t)SIZE) {
        perror(path);
        exit(2);
    }
}

/* ---- Words worth changing ---- */

enum { MOST_TARGETS = 60000 };
static uint32_t targets[MOST_TARGETS], target_count;

static void add_words(uint64_t at, uint32_t count)
{
    for (uint32_t i = 0; i < count && at + 4 * i + 4 <= SIZE && target_count < MOST_TARGETS; i++)
        targets[target_count++] = (uint32_t)(at + 4 * i);
}

/* Those that are in use, and of the header, the journal, the directory and the descriptors those that are not too. */
static void find_targets(void)
{
    const struct header_sh *header = (const struct header_sh *)image;
    uint64_t table = (uint64_t)load_relaxed(&header->table) << header->granule_shift;
    for (int often = 0; often < 20; often++) {
        add_words(128, 30);
        add_words(JOURNAL_AT, 4);
        add_words(table, 4);
    }
    add_words(256, 180);
    add_words(JOURNAL_AT + 64, 40);
    add_words(table, 4 + 2 * 128);
    add_words(header->roster, 32);
    add_words(header->pages, 16 * load_relaxed(&header->pages_committed));
    for (uint64_t at = header->heap; at + 4 <= SIZE; at += 4)
        if (*(const uint32_t *)(image + at))
            add_words(at, 1);
}

/* A ref, a length, a number that means something here: or one that means nothing. */
static uint32_t bad_word(uint32_t was)
{
    static const uint32_t extremes[] = {0,          1,           2,           63,          255,        256,
                                        0x7fffffff, 0x80000000u, 0xffffffffu, 0xfffffffeu, 0xfffffc00u};
    const struct header_sh *header = (const struct header_sh *)image;
    uint32_t end = (uint32_t)(SIZE >> header->granule_shift), heap = (uint32_t)(header->heap >> header->granule_shift);
    switch (random_below(8)) {
    case 0:
        return extremes[random_below(sizeof extremes / sizeof *extremes)];
    case 1:
        return was ^ 1u << random_below(32);
    case 2:
        return was + 1;
    case 3:
        return end - random_below(6);
    case 4:
        return heap + random_below(end - heap);
    case 5:
        return *(const uint32_t *)(image + targets[random_below(target_count)]);
    case 6:
        return *(const uint32_t *)(image + header->heap + 4 * random_below((uint32_t)(SIZE - header->heap) / 4)) + 1;
    default:
        return random_below(UINT32_MAX);
    }
}

static volatile uint32_t *word_at(uint32_t at)
{
    return (volatile uint32_t *)(live + at);
}

static volatile uint32_t *any_target(void)
{
    return word_at(targets[random_below(target_count)]);
}

static void change_something(void)
{
    volatile uint32_t *word = any_target();
    *word = bad_word(*word);
}

/* ---- Attacks: each for a moment ---- */

static double moment_end;

static void start_moment(void)
{
    moment_end = seconds_of(CLOCK_MONOTONIC) + 0.0002 * (1 + random_below(15));
}

static bool is_over(void)
{
    return seconds_of(CLOCK_MONOTONIC) >= moment_end;
}

static void flip(void)
{
    volatile uint32_t *words[4];
    uint32_t was[4], bad[4], count = 1 + random_below(4);
    for (uint32_t i = 0; i < count; i++) {
        words[i] = any_target();
        was[i] = *words[i];
        bad[i] = bad_word(was[i]);
    }
    while (!is_over())
        for (int round = 0; round < 200; round++)
            for (uint32_t i = 0; i < count; i++)
                *words[i] = round & 1 ? was[i] : bad[i];
}

/* Words that are judged and then used, and what would lead furthest astray. */
static uint32_t choose_bait(uint32_t *bad)
{
    const struct header_sh *header = (const struct header_sh *)image;
    uint32_t table = (uint32_t)(load_relaxed(&header->table) << header->granule_shift);
    uint32_t page = (uint32_t)header->pages + 64 * random_below(load_relaxed(&header->pages_committed));
    uint32_t bucket = table + 16 + 8 * random_below(((const struct table_sh *)(image + table))->buckets);
    uint32_t entry = *(const uint32_t *)(image + bucket) << header->granule_shift;
    uint32_t body =
        entry ? *(const uint32_t *)(image + entry + offsetof(struct entry_sh, body)) << header->granule_shift : 0;
    *bad = UINT32_MAX >> random_below(16);
    switch (random_below(entry ? 10 : 4)) {
    case 0:
        *bad = 1u << random_below(32);
        return table;
    case 1:
        return table + 4;
    case 2:
        return JOURNAL_AT + 8 + 4 * random_below(2);
    case 3:
        return page + 4 * random_below(7);
    case 4:
        *bad = 255;
        return entry + offsetof(struct entry_sh, name_length);
    case 5:
        *bad = (uint32_t)(SIZE >> header->granule_shift) - 3 - random_below(3);
        return random_below(2) ? bucket : entry + offsetof(struct entry_sh, body);
    case 6:
        *bad = 1 + random_below(12);
        return entry + offsetof(struct entry_sh, kind);
    case 7:
        return offsetof(struct header_sh, pages_committed);
    default:
        return body + 4 * random_below(8);
    }
}

static void bait(void)
{
    uint32_t bad, at = choose_bait(&bad), was = *(const uint32_t *)(image + at);
    volatile uint32_t *word = word_at(at);
    while (!is_over())
        for (int round = 0; round < 500; round++)
            *word = round & 1 ? was : bad;
}

static void damage(void)
{
    for (uint32_t i = 1 + random_below(4); i > 0; i--)
        change_something();
    while (!is_over())
        usleep(50);
}

static void noise(void)
{
    while (!is_over())
        for (int i = 0; i < 50; i++)
            change_something();
}

/* What readers compare, to know whether something has changed. */
static void count_on(void)
{
    const struct header_sh *header = (const struct header_sh *)image;
    uint32_t at = (uint32_t)(load_relaxed(&header->table) << header->granule_shift);
    const struct table_sh *table = (const struct table_sh *)(image + at);
    for (uint32_t i = 0; i < table->buckets; i++)
        ++*word_at(at + 16 + 8 * i + 4);
    ++*word_at(JOURNAL_AT + 4);
}

static void never_pause(void)
{
    moment_end += 0.005;
    while (!is_over())
        count_on();
}

static void shrink(void)
{
    if (ftruncate(file, random_below(SIZE / 4096) * 4096 + (random_below(2) ? random_below(4096) : 0)) < 0)
        perror("ftruncate");
    while (!is_over())
        usleep(50);
}

static void punch(void)
{
    while (!is_over())
        fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, random_below(SIZE / 4096) * 4096,
                  4096 * (1 + random_below(40)));
}

static void lock_bytes(void)
{
    int descriptions[8];
    for (int i = 0; i < 8; i++) {
        struct flock lock = {.l_type = random_below(2) ? F_RDLCK : F_WRLCK,
                             .l_start = (off_t)(random_below(2) ? 1ull << 40 : 1ull << 41) + random_below(200),
                             .l_len = random_below(3) ? 1 : random_below(100000)};
        char link[40];
        snprintf(link, sizeof link, "/proc/self/fd/%d", file);
        descriptions[i] = open(link, O_RDWR | O_CLOEXEC);
        fcntl(descriptions[i], F_OFD_SETLK, &lock);
    }
    while (!is_over())
        usleep(50);
    for (int i = 0; i < 8; i++)
        close(descriptions[i]);
}

static void restore(void)
{
    if (ftruncate(file, SIZE) < 0 || pwrite(file, image, SIZE, 0) < 0)
        perror("restore");
}

static const struct attack {
    const char *name;
    void (*act)(void);
    uint32_t often;
} attacks[] = {{"bait", bait, 8},         {"flip", flip, 5},     {"damage", damage, 4}, {"noise", noise, 2},
               {"pause", never_pause, 1}, {"shrink", shrink, 2}, {"punch", punch, 1},   {"locks", lock_bytes, 1}};
enum { ATTACKS = sizeof attacks / sizeof *attacks };

static const struct attack *choose(const char *only)
{
    for (;;) {
        const struct attack *it = &attacks[random_below(ATTACKS)];
        if (only ? strcmp(it->name, only) == 0 : random_below(8) < it->often)
            return it;
    }
}

static void attack(const char *only)
{
    for (;;) {
        const struct attack *it = choose(only);
        start_moment();
        it->act();
        board->attacks[it - attacks]++;
        if (random_below(3) || it->act == shrink || it->act == punch)
            restore();
    }
}

/* ---- Under a reader, at its points ---- */

#ifdef SHOAL_POINTS

static bool reading;

/* Deterministic: the seed decides what changes where. */
void shoal__point(const char *const *name)
{
    (void)name;
    if (!reading || !settings.points)
        return;
    if (settings.only && strcmp(settings.only, "pause") == 0)
        count_on();
    else if (random_below(3) == 0)
        change_something();
}

#endif

#include "hostile_read.h"

/* ---- All together ---- */

static pid_t start(void (*act)(void *), void *argument)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        act(argument);
        _exit(0);
    }
    return child;
}

static void be_reader(void *number)
{
    seed_random(settings.seed * 100 + (uint64_t)(intptr_t)number);
    read_for_a_while();
}

static void be_writer(void *unused)
{
    (void)unused;
    seed_random(settings.seed * 1000 + 999);
    attack(settings.only);
}

static void be_command(void *unused)
{
    char seconds[32];
    int count = 0;
    char *arguments[32];
    (void)unused;
    while (settings.command[count] && count < 28) {
        arguments[count] = settings.command[count];
        count++;
    }
    snprintf(seconds, sizeof seconds, "%g", settings.seconds);
    arguments[count++] = "hostile";
    arguments[count++] = seconds;
    arguments[count] = NULL;
    setenv("SHOAL_DIR", settings.directory, 1);
    execvp(arguments[0], arguments);
    perror(arguments[0]);
    _exit(3);
}

/* How it ended: NULL, well; waits `seconds` for it at most. */
static const char *end_of(pid_t child, double end)
{
    static char text[80];
    int status = 0;
    while (waitpid(child, &status, WNOHANG) == 0) {
        if (seconds_of(CLOCK_MONOTONIC) > end) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            return "hangs";
        }
        usleep(20000);
    }
    if (WIFSIGNALED(status))
        snprintf(text, sizeof text, "was killed by signal %d", WTERMSIG(status));
    else if (WEXITSTATUS(status))
        snprintf(text, sizeof text, "ended with %d", WEXITSTATUS(status));
    else
        return NULL;
    return text;
}

static int watch(void)
{
    pid_t readers[16], command = settings.command ? start(be_command, NULL) : 0;
    for (int i = 0; i < settings.readers; i++)
        readers[i] = start(be_reader, (void *)(intptr_t)i);
    pid_t writer = settings.points ? 0 : start(be_writer, NULL);
    int violations = 0;
    double end = seconds_of(CLOCK_MONOTONIC) + settings.seconds + 60;
    for (int i = 0; i < settings.readers + !!command; i++) {
        const char *wrong = end_of(i < settings.readers ? readers[i] : command, end);
        if (wrong) {
            printf("VIOLATION: reader %d %s; in call: %s\n", i, wrong, (const char *)board->call);
            violations++;
        }
    }
    if (writer) {
        kill(writer, SIGKILL);
        waitpid(writer, NULL, 0);
    }
    return violations + (int)board->violations;
}

static void tell(int violations)
{
    if (violations)
        printf("again: hostile --seed %llu --seconds %g%s%s\n", (unsigned long long)settings.seed, settings.seconds,
               settings.only ? " --only " : "", settings.only ? settings.only : "");
    printf("{\"tool\": \"hostile\", \"seed\": %llu, \"seconds\": %g, \"readers\": %d",
           (unsigned long long)settings.seed, settings.seconds, settings.readers + !!settings.command);
    for (int i = 0; i < ATTACKS; i++)
        printf(", \"%s\": %llu", attacks[i].name, (unsigned long long)board->attacks[i]);
    printf(", \"attaches\": %llu, \"calls\": %llu, \"told\": %llu, \"longest_ms\": %.1f, \"longest\": \"%s\", "
           "\"violations\": %d}\n",
           (unsigned long long)board->attaches, (unsigned long long)board->calls, (unsigned long long)board->told,
           board->longest * 1000, board->longest_call, violations);
}

static void read_arguments(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--") == 0) {
            settings.command = argv + i + 1;
            return;
        }
        if (strcmp(argv[i], "--points") == 0) {
            settings.points = true;
            continue;
        }
        if (strcmp(argv[i], "--seed") == 0)
            settings.seed = strtoull(value, NULL, 10);
        else if (strcmp(argv[i], "--seconds") == 0)
            settings.seconds = atof(value);
        else if (strcmp(argv[i], "--readers") == 0)
            settings.readers = atoi(value) < 16 ? atoi(value) : 16;
        else if (strcmp(argv[i], "--directory") == 0)
            settings.directory = value;
        else if (strcmp(argv[i], "--only") == 0)
            settings.only = value;
        else
            exit(fprintf(stderr, "hostile: what is %s?\n", argv[i]) ? 2 : 2);
        i++;
    }
}

int main(int argc, char **argv)
{
    char own[] = "/dev/shm/test-hostile-XXXXXX", path[300];
    read_arguments(argc, argv);
    if (!settings.directory)
        settings.directory = mkdtemp(own);
    board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    seed_random(settings.seed);
    kinds_program.below = random_below;
    make(settings.directory);
    find_targets();
    int violations = watch();
    snprintf(path, sizeof path, "%s/shoal.hostile", settings.directory);
    unlink(path);
    if (settings.directory == own)
        rmdir(own);
    tell(violations);
    return violations ? 1 : 0;
}
