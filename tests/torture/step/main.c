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
#include "step.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#ifndef VARIANT
#define VARIANT "?"
#endif

size_t target_size;

static const struct operations *const lists[] = {
    &value_operations,   &live_operations, &lock_operations, &queue_operations,   &job_operations, &stream_operations,
    &channel_operations, &key_operations,  &map_operations,  &segment_operations, &each_operations};
enum { LISTS = sizeof lists / sizeof *lists };

/* NULL: there are no more. */
static const struct operation *operation_of(int number)
{
    for (int i = 0; i < LISTS; number -= lists[i++]->count)
        if (number < lists[i]->count)
            return &lists[i]->all[number];
    return NULL;
}

bool is_operation(const char *name)
{
    for (int i = 0; operation_of(i); i++)
        if (strcmp(operation_of(i)->name, name) == 0)
            return true;
    return false;
}

static void prepare_target(const struct operation *operation)
{
    int status;
    shoal_options options;
    pid_t pid = split(fork());
    if (pid == 0) {
        judging = false;
        context = new_context();
        target_options(&options);
        must(shoal_create(&target, context, "target", &options), "create");
        if (operation->prepare) {
            put_others_and_gaps();
            operation->prepare();
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

static void run(const struct operation *operation, int number, int again, bool quiet)
{
    double start = seconds();
    uint64_t steps = figures.steps, images = figures.images;
    int fd = -1;
    now.operation = operation->name;
    each_choose(operation);
    randomness = mix(now.seed + 1) ^ mix((uint64_t)now.round << 32 | (uint64_t)number);
    choose_sizes(operation->flags);
    target_size = operation->flags & (BIG_SEGMENT | OLD_BIG | NEW_BIG) ? 2 << 20 : 640 << 10;
    if (operation->flags & LARGER_SEGMENT)
        target_size = 4 << 20;
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

static void begin_all(void)
{
    trace_prepare();
    functions_prepare();
    begin_reading();
    living = mmap(NULL, sizeof *living, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    picture.bytes = malloc((size_t)MOST_PAGES * PAGE);
    snprintf(directory, sizeof directory, "/dev/shm/shoal-step-%d", (int)getpid());
    mkdir(directory, 0700);
    begin_report();
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
    each_begin();
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
            for (int j = 0; operation_of(j); j++)
                puts(operation_of(j)->name);
        else
            argv[1 + chosen++] = argv[i];
        if (strcmp(argv[i], "--list") == 0)
            return 0;
    }
    begin_all();
    double start = seconds();
    int done = 0;
    for (; done < rounds && !over && !figures.violations; done++, now.round++, first_round = false)
        for (int j = 0; operation_of(j) && !over; j++) {
            if (is_chosen(operation_of(j), argv + 1, chosen))
                run(operation_of(j), j, again, quiet);
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
