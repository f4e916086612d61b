/*
 * Every crash point of every operation: a victim does one operation on a prepared segment, one machine instruction at
 * a time. Whenever the segment's bytes, its holes or its name have changed, that is an image. In a file that holds the
 * image the victim is dead (its byte lock was on another file), and there
 *
 *   - a readonly attach calls everything that reads, finds the victim's old or new, and check() is clean;
 *   - somebody does something with it: in every second run a witness, who was attached before the operation began;
 *   - a writing attach recovers, dies just before it gives back the lock, and another one recovers what was recovered;
 *     check() is clean, new objects can be made, replaced and removed;
 *   - what the operation did is done once and for all: never seen new and later old, and new when it had returned;
 *   - after everything is removed nothing is in use but the table of names.
 *
 * Of some images the recovery is stepped as well: deaths in recovery, and of some of those the recovery of the recovery.
 * Each round prepares other segments, by its seed; which images are judged after which disturbance follows from it too.
 *
 *   step [--seed N] [--round N] [--rounds N] [--seconds N] [--images N] [--every N] [--again N] [--again-every N]
 *        [--literal | --stores] [--quiet] [OP...]
 *   step --list | --functions
 *
 * Until the rounds are done (1), the seconds over, or so many images judged. --every N: of N images one is judged, by
 * chance, and the first and the last; --again-every N: of the images of recoveries. --again N: of how many images of each operation the recovery is stepped (2).
 *
 * In its first round each operation is stepped instruction by instruction, which also tells which functions of the API
 * were entered. Later, and in recoveries, only the instructions that store into the segment are: the others leave the
 * image as it is, so the images are the same. --literal: all of them, everywhere. --stores: those that store, everywhere.
 */
#define _FILE_OFFSET_BITS 64
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "segment/layout.h"
#include "shoal.h"
#include "sync/mutex.h"

#ifndef VARIANT
#define VARIANT "?"
#endif

static char directory[64];
static size_t target_size;

/* ---- Chance, by the seed ---- */

static uint64_t randomness, drawn; /* `drawn` sums up what came since it was set */

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static uint32_t below(size_t n)
{
    randomness += 0x9e3779b97f4a7c15u;
    uint32_t result = (uint32_t)(mix(randomness) % n);
    drawn = mix(drawn ^ (result + 1));
    return result;
}

/* In front of the C library: ids of segments and keys of their tables come from the seed as well. */
ssize_t getrandom(void *out, size_t size, unsigned flags)
{
    (void)flags;
    for (size_t i = 0; i < size; i++)
        ((unsigned char *)out)[i] = (unsigned char)below(256);
    return (ssize_t)size;
}

/* ---- What goes wrong ---- */

static struct {
    uint64_t victims, steps, images, distinct, pairs, again;
    int violations;
} figures;

static struct {
    const char *operation;
    char chain[200]; /* the recoveries that were stepped one after the other */
    unsigned long long seed;
    int round, image;
    uint64_t step, at;
} now;

static char disturbance[200]; /* what was done to this image before its recovery */
static bool judging;

static void violation(const char *what, const char *detail)
{
    figures.violations++;
    printf(
        "VIOLATION in %s%s, image %d, after step %llu, before 0x%llx%s%s: %s: %s\n    again: step --seed %llu --round "
        "%d %s\n",
        now.operation, now.chain, now.image, (unsigned long long)now.step, (unsigned long long)now.at,
        *disturbance ? ", disturbed by " : "", disturbance, what, detail, now.seed, now.round, now.operation);
    fflush(stdout);
    if (figures.violations > 20)
        exit(1);
}

static void must(int status, const char *what)
{
    if (status >= 0)
        return;
    if (judging) {
        violation(what, shoal_error_message());
        return;
    }
    printf("FAILED: %s in %s%s: %s: %s\n", what, now.operation, now.chain, shoal_status_name(status),
           shoal_error_message());
    fflush(stdout);
    _exit(2);
}

/* By the processor's time: nobody really sleeps here, and the machine may be busy with other things. 0: no limit. */
static void limit_time(int seconds)
{
    struct itimerval limit = {.it_value.tv_sec = seconds};
    setitimer(ITIMER_PROF, &limit, NULL);
}

static pid_t tool; /* this process; victims and others are its children */

static void clean_up(void)
{
    char path[128];
    static const char *const names[] = {"image", "target", "source", "copy"};
    for (int i = 0; getpid() == tool && i < 4; i++) {
        snprintf(path, sizeof path, "%s/shoal.%s", directory, names[i]);
        unlink(path);
    }
    if (getpid() == tool)
        rmdir(directory);
}

static void on_death(int signal)
{
    violation(judging ? "who judges" : "the victim",
              signal == SIGPROF || signal == SIGALRM ? "goes on for ever" : strsignal(signal));
    clean_up();
    _exit(1);
}

/* What fork returned: without a child nothing is to be found out, and its number is to be killed later. */
static pid_t split(pid_t pid)
{
    if (pid >= 0)
        return pid;
    perror("fork");
    exit(2);
}

/* ---- The parts ---- */

struct operation {
    const char *name;
    void (*prepare)(shoal_segment *segment); /* by somebody who leaves in good order. NULL: an empty segment */
    void (*before)(void);                    /* by the victim, not stepped */
    void (*act)(void);                       /* stepped */
    int (*state)(shoal_segment *segment);    /* 0: as before; 1: done; -1: neither */
    uint32_t flags;
};
enum operation_flags {
    VICTIM_IS_VALUE = 1 << 0,
    HAS_LOCKS = 1 << 1,
    DETACHED = 1 << 2,  /* the victim does not attach before */
    NO_TARGET = 1 << 3, /* there is no segment before the victim's */
    MAY_END = 1 << 4,   /* the segment's time may be over in an image */
    STAYS = 1 << 5,     /* the state is 0 for good */
    OLD_SPAN = 1 << 6,
    OLD_RUN = 1 << 7,
    OLD_BIG = 1 << 8,
    NEW_SPAN = 1 << 9,
    NEW_RUN = 1 << 10,
    NEW_BIG = 1 << 11,
    LIKE_OLD = 1 << 12, /* the new one fits where the old one was */
    BIG_SEGMENT = 1 << 13,
};

#include "step_functions.h"

#include "step_trace.h"

#include "step_images.h"

#include "step_objects.h"

#include "step_locks.h"

#include "step_backup.h"

#include "step_operations.h"

static int witness_slot = -1; /* of somebody who lives while the victim is stepped, and in its images */
static struct set known_images, known_pairs;

#include "step_judge.h"

/* ---- The victim ---- */

static pid_t start_victim(const struct operation *operation)
{
    pid_t pid = split(fork());
    if (pid)
        return pid;
    char path[128];
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody is left stopped when a violation ends it all */
    judging = false;
    new_context();
    if (!(operation->flags & DETACHED))
        attach();
    operation->before();
    path_of(path, "target");
    limit_time(60); /* it is killed then, and has not come to its end */
    trace_begin(open(path, O_RDONLY | O_CLOEXEC));
    operation->act();
    trace_end();
    kill(getpid(), SIGKILL);
    return 0;
}

/* Its byte is held in the target, as long as this descriptor is open. */
static void witness_lives(int fd)
{
    struct flock byte = {.l_type = F_WRLCK, .l_start = ((off_t)1 << 40) + witness_slot, .l_len = 1};
    if (witness_slot >= 0 && fcntl(fd, F_OFD_SETLK, &byte) < 0)
        exit(2);
}

static void run_victim(const struct operation *operation)
{
    int status;
    madvise(trace->log, trace->used, MADV_REMOVE);
    memset(trace, 0, offsetof(struct trace, start));
    judging = false;
    now.image = -1;
    alarm(1200);
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* the victim's child is to be waited for, too */
    pid_t pid = start_victim(operation);
    waitpid(pid, &status, 0);
    end_living();
    alarm(0);
    judging = true;
    figures.victims++;
    figures.steps += trace->steps;
    if (trace->overflow)
        violation("victim", "the log is too short for what it did");
    else if (!trace->ended)
        violation("victim", "it did not come to the end of its operation");
}

/* ---- Its images ---- */

struct kept {
    struct picture picture;
    int number, state;
};

static struct picture picture;
static uint32_t every = 1, every_again = 0; /* 0: as `every` */
static bool literal, first_round = true;

static void keep_picture(struct kept *kept, int state)
{
    unsigned char *bytes = kept->picture.bytes;
    kept->picture = picture;
    kept->picture.bytes = memcpy(realloc(bytes, picture.size), picture.bytes, picture.size);
    kept->state = state;
}

/* The state in this image, if it is known; `before` in the one before it, `exact` what it must be, if that is known. */
static int judge_next(const struct operation *operation, int before, int exact)
{
    int state = judge(operation, &picture);
    if (state == 0 && before == 1)
        violation("durability", "it was done, and now it is not");
    if (state >= 0 && exact >= 0 && state != exact)
        violation("recovery", exact ? "it was done, and a recovery undid it" : "it was undone, and a recovery did it");
    if (state == 1 && operation->flags & STAYS)
        violation("state", "it is another, and nobody changed it");
    return state;
}

/*
 * A loop that copies a long value makes an image with each store, all of one sort: of what one instruction stores after
 * the first 200 times, one in 100 is judged.
 */
static bool is_loop(uint64_t at, bool begin)
{
    static struct {
        uint64_t at;
        uint32_t count;
    } seen[256];
    if (begin)
        memset(seen, 0, sizeof seen);
    uint32_t place = (uint32_t)(mix(at) % 256);
    if (seen[place].at != at)
        seen[place].count = 0;
    seen[place].at = at;
    return ++seen[place].count > 200 && seen[place].count % 100;
}

/* All images of the victim, in order; those of the `count` numbers in `kept` are kept. */
static void judge_all(const struct operation *operation, int exact, bool again, struct kept *kept, int count)
{
    size_t at = 0;
    int state = 0; /* the last one known */
    picture_start(&picture);
    is_loop(0, true);
    for (uint32_t i = 0; i <= trace->events; i++) {
        if (i > 0) {
            const struct event *event = (const struct event *)(trace->log + at);
            now.step = event->step;
            now.at = event->at;
            at = picture_apply(&picture, at);
        }
        now.image = (int)i;
        bool wanted = i == 0 || i == trace->events ||
                      (below(again && every_again ? every_again : every) == 0 && !is_loop(now.at, false));
        for (int j = 0; j < count; j++)
            wanted = wanted || kept[j].number == (int)i;
        if (!wanted || !picture.named || !picture.size)
            continue;
        int here = judge_next(operation, state, exact);
        for (int tries = 0; here == UNKNOWN && i == trace->events && tries < 20; tries++)
            here =
                judge_next(operation, state, exact); /* the last one is to be known: others must leave it alone once */
        if (here >= 0)
            state = here;
        for (int j = 0; j < count; j++)
            if (kept[j].number == (int)i)
                keep_picture(&kept[j], here);
    }
    bool may_stay = operation->state == state_any || operation->flags & STAYS || again;
    if (trace->ended && picture.named && state == 0 && !may_stay)
        violation("acknowledged", "it returned, and is not done");
}

/* ---- Recoveries, stepped ---- */

static void recover_and_put(void)
{
    attach();
    put(target, "recovered", 5, 300);
}
static void recover_and_look(void)
{
    attach();
    act_info();
    act_check();
}
static void recover_and_count(void)
{
    attach();
    must(shoal_counter_open(&object, target, "recoveries", 10, 1), "counter");
    act_add();
    act_close();
}
static void recover_and_remove(void)
{
    attach();
    int status = shoal_object_remove(target, "expendable", 10);
    if (status != SHOAL_ENOKEY) /* an earlier recovery of this image has done it */
        must(status, "remove");
}
static void recover_and_lock(void)
{
    attach();
    open_locks(target);
    if (!take_and_give(take_lock_plainly, shoal_lock_release, its.lock) ||
        !take_and_give(shoal_rwlock_read, shoal_rwlock_unlock, its.rwlock) ||
        !take_and_give(shoal_rwlock_write, shoal_rwlock_unlock, its.rwlock) || !permits_add_up() ||
        !condition_works() || !barrier_works())
        must(SHOAL_EVALUE, "the locks");
    close_locks();
}

static void (*any_recovery(const struct operation *operation))(void)
{
    static void (*const recoveries[])(void) = {recover_and_put, recover_and_look, recover_and_count, recover_and_remove,
                                               recover_and_lock};
    if (operation->flags & HAS_LOCKS && below(2))
        return recover_and_lock;
    return recoveries[below(4)];
}

static void step_operation(const struct operation *operation, int exact, int again, int depth);

static void step_again(const struct operation *operation, struct kept *kept, int depth)
{
    struct operation recovery = *operation;
    size_t length = strlen(now.chain);
    recovery.before = before_nothing;
    recovery.act = any_recovery(operation);
    recovery.flags |= DETACHED;
    snprintf(now.chain + length, sizeof now.chain - length, " > recovery of image %d", kept->number);
    int fd = write_file("target", &kept->picture);
    witness_lives(fd);
    figures.again++;
    step_operation(&recovery, kept->state, depth < 2 && below(3) == 0, depth + 1);
    close(fd);
    now.chain[length] = 0;
}

static void step_operation(const struct operation *operation, int exact, int again, int depth)
{
    struct kept kept[16] = {0};
    tracer.every_instruction = literal || (first_round && depth == 0);
    run_victim(operation);
    if (again > 16)
        again = 16;
    for (int i = 0; i < again; i++)
        kept[i].number = (int)below(trace->events + 1);
    judge_all(operation, exact, depth > 0, kept, again);
    for (int i = 0; i < again; i++) {
        if (kept[i].picture.bytes && !(operation->flags & MAY_END) && figures.violations == 0)
            step_again(operation, &kept[i], depth);
        free(kept[i].picture.bytes);
    }
}

/* ---- Rounds ---- */

static double seconds(void)
{
    struct timespec time;
    libc.clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void prepare_target(const struct operation *operation)
{
    int status;
    shoal_options options;
    pid_t pid = split(fork());
    if (pid == 0) {
        judging = false;
        new_context();
        target_options(&options);
        must(shoal_create(&target, context, "target", &options), "create");
        if (operation->prepare) {
            others(target);
            operation->prepare(target);
        }
        shoal_context_free(context);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    if (status)
        exit(2);
}

static void remove_target(void)
{
    char path[128];
    path_of(path, "target");
    unlink(path);
}

static void run(const struct operation *operation, int again, bool quiet)
{
    double start = seconds();
    uint64_t steps = figures.steps, images = figures.images;
    int fd = -1;
    now.operation = operation->name;
    randomness = mix(now.seed + 1) ^ mix((uint64_t)now.round << 32 | (uint64_t)(operation - operations));
    choose_sizes(operation->flags);
    target_size = operation->flags & (BIG_SEGMENT | OLD_BIG | NEW_BIG) ? 2 << 20 : 512 << 10;
    remove_target();
    if (!(operation->flags & NO_TARGET))
        prepare_target(operation);
    if (!(operation->flags & (NO_TARGET | MAY_END)) && below(2)) {
        judging = true;
        read_file(&picture, "target");
        witness_attach(&picture);
        fd = write_file("target", &picture);
        witness_lives(fd);
    }
    step_operation(operation, UNKNOWN, again, 0);
    witness_leave();
    close(fd);
    if (!quiet)
        printf("%-20s %8llu steps, %6llu images, %.2f s\n", operation->name,
               (unsigned long long)(figures.steps - steps), (unsigned long long)(figures.images - images),
               seconds() - start);
    fflush(stdout);
}

static int print_functions(void)
{
    for (int i = 0; i < FUNCTIONS; i++)
        printf("%s %s\n", (const char *[]){"LOCAL", "STEPS", "READS"}[functions[i].class], functions[i].name);
    return 0;
}

/* Which functions of the list were not met; how many there are to be met. */
static int print_unmet(void)
{
    int wanted = 0, unmet = 0;
    printf("\"unmet\": [");
    for (int i = 0; i < FUNCTIONS; i++) {
        bool met = functions[i].class == READS ? called[i] > 0 : trace->entered[i] > 0;
        wanted += functions[i].class != LOCAL;
        if (functions[i].class != LOCAL && !met)
            printf("%s\"%s\"", unmet++ ? ", " : "", functions[i].name);
    }
    printf("], \"functions\": %d", wanted);
    return unmet;
}

static void prepare_all(void)
{
    trace_prepare();
    functions_prepare();
    living = mmap(NULL, sizeof *living, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    picture.bytes = malloc((size_t)MOST_PAGES * PAGE);
    snprintf(directory, sizeof directory, "/dev/shm/shoal-step-%d", (int)getpid());
    mkdir(directory, 0700);
    tool = getpid();
    atexit(clean_up);
    signal(SIGALRM, on_death);
    signal(SIGPROF, on_death);
    signal(SIGSEGV, on_death);
    signal(SIGBUS, on_death);
}

static bool is_chosen(const struct operation *operation, char **names, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(operation->name, names[i]) == 0)
            return true;
    return count == 0;
}

int main(int argc, char **argv)
{
    int again = 2, chosen = 0, rounds = 1;
    double limit = 1e9, images = 1e18;
    bool quiet = false, over = false, stores = false;
    now.seed = 1;
    for (int i = 1; i < argc; i++) {
        bool more = i + 1 < argc;
        if (strcmp(argv[i], "--seed") == 0 && more)
            now.seed = strtoull(argv[++i], NULL, 0);
        else if (strcmp(argv[i], "--round") == 0 && more)
            now.round = atoi(argv[++i]);
        else if (strcmp(argv[i], "--rounds") == 0 && more)
            rounds = atoi(argv[++i]);
        else if (strcmp(argv[i], "--seconds") == 0 && more)
            limit = atof(argv[++i]), rounds = 1 << 30;
        else if (strcmp(argv[i], "--images") == 0 && more)
            images = atof(argv[++i]), rounds = 1 << 30;
        else if (strcmp(argv[i], "--every") == 0 && more)
            every = (uint32_t)atoi(argv[++i]);
        else if (strcmp(argv[i], "--again") == 0 && more)
            again = atoi(argv[++i]);
        else if (strcmp(argv[i], "--again-every") == 0 && more)
            every_again = (uint32_t)atoi(argv[++i]);
        else if (strcmp(argv[i], "--literal") == 0)
            literal = true;
        else if (strcmp(argv[i], "--stores") == 0)
            first_round = false, stores = true;
        else if (strcmp(argv[i], "--quiet") == 0)
            quiet = true;
        else if (strcmp(argv[i], "--functions") == 0)
            return print_functions();
        else if (strcmp(argv[i], "--list") == 0)
            for (int j = 0; j < OPERATIONS; j++)
                puts(operations[j].name);
        else
            argv[1 + chosen++] = argv[i];
        if (strcmp(argv[i], "--list") == 0)
            return 0;
    }
    prepare_all();
    double start = seconds();
    int done = 0;
    for (; done < rounds && !over && !figures.violations; done++, now.round++, first_round = false)
        for (int j = 0; j < OPERATIONS && !over; j++) {
            if (is_chosen(&operations[j], argv + 1, chosen))
                run(&operations[j], again, quiet);
            over = seconds() - start > limit || (double)figures.images >= images || figures.violations > 0;
        }
    printf("{\"tool\": \"step\", \"variant\": \"%s\", \"seed\": %llu, \"rounds\": %d, \"seconds\": %.1f, \"victims\": "
           "%llu, "
           "\"steps\": %llu, \"images\": %llu, \"distinct_images\": %llu, \"distinct_pairs\": %llu, "
           "\"recoveries_stepped\": %llu, ",
           VARIANT, now.seed, done, seconds() - start, (unsigned long long)figures.victims,
           (unsigned long long)figures.steps, (unsigned long long)figures.images, (unsigned long long)figures.distinct,
           (unsigned long long)figures.pairs, (unsigned long long)figures.again);
    bool counted = chosen == 0 && !stores;
    int unmet = counted ? print_unmet() : 0;
    printf("%s\"violations\": %d}\n", counted ? ", " : "", figures.violations);
    return figures.violations > 0 || (unmet > 0 && !over);
}
