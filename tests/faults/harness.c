#include "harness.h"

#include <dirent.h>
#include <errno.h>
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

#define LONGEST 20 /* seconds that one case may take */

char directory[300];
long cases, violations, failed_calls;
int allowed_violations = 25;
const struct operation *now;
struct outcome *shared;
void (*describe)(char *out, size_t size);

double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

const struct operation *find_operation(const char *name)
{
    for (unsigned i = 0; i < operation_count; i++)
        if (strcmp(operations[i].name, name) == 0)
            return &operations[i];
    fprintf(stderr, "no such operation: %s\n", name);
    exit(2);
}

/* ---- The directory ---- */

static void empty_directory(void)
{
    char path[700];
    DIR *open = opendir(directory);
    for (struct dirent *it; open && (it = readdir(open));) {
        snprintf(path, sizeof path, "%s/%s", directory, it->d_name);
        if (it->d_name[0] != '.' || strlen(it->d_name) > 2)
            unlink(path);
    }
    closedir(open);
}

void harness_begin(const char *own_directory)
{
    const char *base = getenv("SHOAL_DIR");
    if (own_directory)
        snprintf(directory, sizeof directory, "%s", own_directory);
    else
        snprintf(directory, sizeof directory, "%s/test-faults-%d", base && *base ? base : "/dev/shm", (int)getpid());
    if (!own_directory && mkdir(directory, 0700) < 0)
        abort();
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        abort();
    fault_begin();
    /* This thread's sentence has its memory from here on: those that are forked inherit it. */
    (void)shoal_dtype_parse(&(shoal_dtype){0}, "x", 1);
}

void harness_end(void)
{
    empty_directory();
    rmdir(directory);
}

void violation(const char *what)
{
    char which[300];
    describe(which, sizeof which);
    printf("VIOLATION %s: %s\n", which, what);
    for (int i = 0; i < FAULT_PLANS && faults->faults[i].at; i++)
        printf("    call %u (%s) fails with %s\n", faults->faults[i].at, fault_name(faults->hit[i]),
               name_of_error(faults->faults[i].error));
    printf("    %s: %s\n    again: --replay %s\n", shoal_status_name(shared->status), shared->message, which);
    fflush(stdout);
    if (++violations < allowed_violations)
        return;
    printf("too many; no more are tried\n");
    harness_end();
    exit(1);
}

/* ---- Looking ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list_names(char *out, size_t size)
{
    char *names[64];
    int count = 0;
    DIR *open = opendir(directory);
    for (struct dirent *it; open && count < 64 && (it = readdir(open));)
        if (strcmp(it->d_name, ".") != 0 && strcmp(it->d_name, "..") != 0 && strcmp(it->d_name, "filler") != 0)
            names[count++] = strdup(it->d_name);
    closedir(open);
    qsort(names, (size_t)count, sizeof *names, by_text);
    *out = 0;
    for (int i = 0; i < count; i++) {
        strncat(out, names[i], size - strlen(out) - 2);
        strcat(out, " ");
        free(names[i]);
    }
}

static void note(void *argument, const char *finding)
{
    struct sight *sight = argument;
    strncat(sight->wrong, finding, sizeof sight->wrong - strlen(sight->wrong) - 1);
}

static void complain(struct sight *sight, const char *what)
{
    note(sight, what);
    note(sight, ": ");
    note(sight, shoal_error_message());
}

static void look_into(struct sight *sight, shoal_segment *segment, const struct operation *operation)
{
    shoal_info info = {0};
    if (shoal_check(segment, note, sight) < 0)
        complain(sight, "it cannot be checked");
    const char *wrong = operation->flags & BARE ? NULL : objects_wrong(segment);
    if (wrong)
        note(sight, wrong);
    sight->state = operation->state ? operation->state(segment) : 0;
    if (sight->state < 0)
        note(sight, "neither the state before nor the one after");
    if (shoal_segment_readonly(segment))
        return;
    if (shoal_value_put(segment, "probe", 5, "probe", 5) < 0 || shoal_object_remove(segment, "probe", 5) < 0)
        complain(sight, "it cannot be written");
    if (shoal_segment_info(&info, segment) < 0)
        complain(sight, "it tells nothing");
    sight->used = info.used;
    sight->there = 1;
}

static void hangs(int number)
{
    (void)number;
    violation("hangs the process that looks");
    _exit(1);
}

/* The next who comes. */
static void tidy(shoal_context *context)
{
    size_t count;
    shoal_listed *list = NULL;
    (void)shoal_list(&list, &count, context);
    shoal_list_free(list);
}

/* As a process of its own: readonly first, then writing. */
static void look(struct sight *sight, const struct operation *operation, bool full)
{
    memset(sight, 0, sizeof *sight);
    signal(SIGALRM, hangs);
    alarm(LONGEST + 5);
    shoal_context *context = shoal_context_new();
    shoal_options options;
    shoal_options_init(&options);
    (void)shoal_context_set_directory(context, directory);
    if (operation->flags & LEAVES)
        tidy(context);
    list_names(sight->names, sizeof sight->names);
    for (int readonly = 1; readonly >= full; readonly--) {
        shoal_segment *segment;
        options.readonly = readonly;
        int status = shoal_open(&segment, context, SEGMENT, &options);
        if (status == SHOAL_ENOTFOUND)
            continue;
        if (status < 0)
            complain(sight, "it cannot be opened");
        else
            look_into(sight, segment, operation);
        shoal_close(segment);
    }
    shoal_context_free(context);
    alarm(0);
}

/* ---- The process that is tried ---- */

static int open_descriptors(void)
{
    int count = 0;
    DIR *open = opendir("/proc/self/fd");
    while (readdir(open))
        count++;
    closedir(open);
    return count;
}

static void keep_sentence(int status)
{
    snprintf(shared->message, sizeof shared->message, "%s", status < 0 ? shoal_error_message() : "");
}

static int child_result(int status)
{
    keep_sentence(status);
    shared->child_told = true;
    return status > 0 ? 99 : -status;
}

static void problem(const char *what, long long was, long long is)
{
    size_t length = strlen(shared->problem);
    snprintf(shared->problem + length, sizeof shared->problem - length, "%s: %lld, and %lld before; ", what, is, was);
}

static void compare(const char *when, int fds, int64_t heap, int64_t maps, int64_t tables)
{
    char what[80];
    snprintf(what, sizeof what, "descriptors %s", when);
    if (open_descriptors() != fds)
        problem(what, fds, open_descriptors());
    snprintf(what, sizeof what, "blocks %s", when);
    if (faults->heap < heap || faults->heap > heap + tables)
        problem(what, heap, faults->heap);
    snprintf(what, sizeof what, "mapped bytes %s", when);
    if (faults->maps != maps)
        problem(what, maps, faults->maps);
}

static void act(struct world *world, const struct operation *operation, int *status)
{
    shared->child_told = false;
    *status = operation->act(world);
    if (!shared->child_told)
        keep_sentence(*status);
}

static void tried(const struct operation *operation, const struct trouble *trouble, int expected, int to, int from)
{
    char byte = 'x';
    struct world world = {.child_result = child_result};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGALRM, SIG_DFL);
    alarm(LONGEST);
    int none = open_descriptors();
    fault_own();
    world_begin(&world, directory, operation);
    int fds = open_descriptors();
    int64_t heap = faults->heap, maps = faults->maps;
    uint64_t used = world.segment ? shoal_segment_used(world.segment) : 0;
    if (trouble)
        trouble->begin(&world, operation);
    act(&world, operation, &shared->status);
    if (trouble && trouble->end && !trouble->full)
        trouble->end(&world, operation);
    bool stays = trouble && !trouble->end;
    bool failed = shared->status < 0 && shared->status != expected;
    if (failed && !stays && !(operation->flags & (CLOSES | IN_CHILD)))
        compare("after the failure", fds, heap, maps, operation->flags & FIRST ? 2 : 0);
    if (failed && operation->state && !(operation->flags & (MAKES | GROWS | IN_CHILD)) &&
        shoal_segment_used(world.segment) != used)
        problem("bytes of the segment after the failure", (long long)used,
                (long long)shoal_segment_used(world.segment));
    (void)!write(to, &byte, 1);
    (void)!read(from, &byte, 1);
    if (trouble && trouble->end && trouble->full)
        trouble->end(&world, operation);
    shared->again = shared->status;
    if (shared->status != expected && !stays) {
        char first[sizeof shared->message];
        memcpy(first, shared->message, sizeof first);
        act(&world, operation, &shared->again);
        if (shared->again == expected)
            memcpy(shared->message, first, sizeof first);
    }
    world_end(&world);
    if (trouble && trouble->after)
        trouble->after();
    compare("at the end", none, 0, 0, 0);
    _exit(0);
}

/* ---- One case ---- */

static void how_it_ended(char *out, size_t size, pid_t child)
{
    int status = 0;
    *out = 0;
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status))
        snprintf(out, size, WTERMSIG(status) == SIGALRM ? "it hangs" : "killed by signal %d", WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        snprintf(out, size, "exit status %d", WEXITSTATUS(status));
}

/* Run it; what was seen goes to `after` and `end`. An empty text, or how it died. */
static void run_case(char *ended, size_t size, const struct operation *operation, const struct trouble *trouble,
                     int expected, struct sight *after, struct sight *end)
{
    int to[2], from[2];
    char byte;
    now = operation;
    memset(shared, 0, sizeof *shared);
    memset(after, 0, sizeof *after);
    memset(end, 0, sizeof *end);
    if (pipe(to) < 0 || pipe(from) < 0)
        abort();
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        close(to[0]);
        close(from[1]);
        tried(operation, trouble, expected, to[1], from[0]);
    }
    close(to[1]);
    close(from[0]);
    bool stopped = read(to[0], &byte, 1) == 1;
    if (stopped)
        look(after, operation, trouble && trouble->full);
    close(from[1]);
    close(to[0]);
    how_it_ended(ended, size, child);
    if (stopped)
        look(end, operation, false);
    empty_directory();
    cases++;
}

void take_reference(struct reference *reference, const struct operation *operation, const struct trouble *counted)
{
    char ended[80];
    memset(faults->faults, 0, sizeof faults->faults);
    run_case(ended, sizeof ended, operation, counted, 0, &reference->after, &reference->end);
    reference->status = shared->status;
    reference->calls = faults->calls < FAULT_TRACE ? faults->calls : FAULT_TRACE;
    memcpy(reference->trace, faults->trace, sizeof reference->trace);
    /* Once more, as the cases are run: what fails by itself is not called again. */
    run_case(ended, sizeof ended, operation, counted, reference->status, &reference->after, &reference->end);
    if (*ended || *shared->problem || *reference->after.wrong || *reference->end.wrong || shared->status > 0) {
        violation(*ended ? ended : *shared->problem ? shared->problem : reference->after.wrong);
        violation("without any fault");
    }
}

void try_case(const struct reference *reference, const struct operation *operation, const struct trouble *trouble)
{
    char ended[80];
    struct sight after, end, before = reference->after;
    run_case(ended, sizeof ended, operation, trouble, reference->status, &after, &end);
    if (*ended) {
        violation(ended);
        return;
    }
    const char *wrong = judge_call(operation, reference);
    if (wrong)
        violation(wrong);
    if (*shared->problem)
        violation(shared->problem);
    failed_calls += shared->status != reference->status;
    if (shared->status != reference->status) {
        before.state = operation->flags & MAKES ? after.state : 0;
        if (operation->flags & BARE)
            *before.names = 0;
    }
    if (operation->flags & LEAVES)
        memcpy(before.names, after.names, sizeof before.names);
    if (!(operation->flags & CLOSES) || operation->flags & LEAVES)
        judge_sight(&after, &before, false);
    bool done_by_another =
        shared->again == SHOAL_ENOTFOUND; /* an unlink that came half-way, by who looked for the name */
    if (trouble->end && shared->again != reference->status &&
        !(operation->flags & CLOSES && (shared->status == SHOAL_OK || done_by_another)))
        violation("the next try does not work");
    bool never_done = !trouble->end && shared->status != reference->status;
    judge_sight(&end, never_done ? &end : &reference->end, true);
}
