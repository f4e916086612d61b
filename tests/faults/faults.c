/*
 * Each call that the core makes to the system fails, in each way it can, at each place of each public operation.
 *
 * One case is a process of its own: it makes a segment, calls the operation with the fault, and stops; this process
 * attaches and looks; then it calls again without the fault, closes everything and ends; this process looks again. What
 * must hold: the call succeeded, or failed with the status and the sentence for it and changed nothing; no descriptor, mapping, block
 * of memory or name stays behind; the segment is sound in the eyes of another; the next try works; nobody dies or hangs.
 *
 *   faults [--seed N] [--seconds S] [--share N] [--hosts N] [--pairs N] [--every] [operation ...]
 *   faults --replay operation:hosts:at:errno:repeat[:at:errno:repeat]
 */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
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

#include "interpose.h"
#include "operations.h"

#define LONGEST 20 /* seconds that one case may take */
#define SAME_CALLS 6

static char directory[300];
static uint64_t random_state = 1;
static long cases, violations, failed_calls;
static const struct operation *now; /* and the case that is tried: for the message of a hang */

struct outcome {
    int status, again;
    char message[1024];
    char problem[256]; /* what the process tried found wrong about itself */
    int fds, heap, maps;
};
static struct outcome *shared;

struct sight {
    int there; /* 1: the segment was found and is sound */
    int state;
    uint64_t used;
    char names[512], wrong[512];
};

/* What the operation does without faults. */
struct reference {
    int status;
    uint32_t calls;
    uint8_t trace[FAULT_TRACE];
    struct sight after, end;
};

static uint32_t draw(uint32_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 33) % below;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- Telling ---- */

static const char *const repeats[] = {"once", "ever", "storm"};

static void describe(char *out, size_t size, const struct operation *operation)
{
    int length = snprintf(out, size, "%s:%u", operation->name, faults->hosts);
    for (int i = 0; i < FAULT_PLANS && faults->faults[i].at; i++)
        length += snprintf(out + length, size - (size_t)length, ":%u:%d:%s", faults->faults[i].at,
                           faults->faults[i].error, repeats[faults->faults[i].repeat]);
}

static const char *name_of_error(int error)
{
    return error == SHORT ? "SHORT" : strerrorname_np(error) ? strerrorname_np(error) : "?";
}

static void violation(const char *what)
{
    char replay[200];
    describe(replay, sizeof replay, now);
    printf("VIOLATION %s: %s\n", replay, what);
    for (int i = 0; i < FAULT_PLANS && faults->faults[i].at; i++)
        printf("    call %u (%s) fails with %s, %s\n", faults->faults[i].at, fault_name(faults->hit[i]),
               name_of_error(faults->faults[i].error), repeats[faults->faults[i].repeat]);
    printf("    %s: %s\n    again: faults --replay %s\n", shoal_status_name(shared->status), shared->message, replay);
    fflush(stdout);
    violations++;
}

static void hangs(int number)
{
    char text[200];
    (void)number;
    describe(text, sizeof text, now);
    printf("VIOLATION %s: hangs the process that looks\n", text);
    fflush(stdout);
    _exit(1);
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
        if (strcmp(it->d_name, ".") != 0 && strcmp(it->d_name, "..") != 0)
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

/* As a process of its own: readonly first, then writing. */
static void look(struct sight *sight, const struct operation *operation)
{
    memset(sight, 0, sizeof *sight);
    list_names(sight->names, sizeof sight->names);
    alarm(LONGEST + 5);
    shoal_context *context = shoal_context_new();
    shoal_options options;
    shoal_options_init(&options);
    (void)shoal_context_set_directory(context, directory);
    for (int readonly = 1; readonly >= 0; readonly--) {
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

static int child_result(int status)
{
    snprintf(shared->message, sizeof shared->message, "%s", status < 0 ? shoal_error_message() : "");
    return status > 0 ? 99 : -status;
}

static void problem(const char *what, long long was, long long is)
{
    size_t length = strlen(shared->problem);
    snprintf(shared->problem + length, sizeof shared->problem - length, "%s: %lld, and %lld before; ", what, is, was);
}

static void compare(const char *when, int fds, int64_t heap, int64_t maps)
{
    char what[80];
    snprintf(what, sizeof what, "descriptors %s", when);
    if (open_descriptors() != fds)
        problem(what, fds, open_descriptors());
    snprintf(what, sizeof what, "blocks %s", when);
    if (faults->heap != heap)
        problem(what, heap, faults->heap);
    snprintf(what, sizeof what, "mapped bytes %s", when);
    if (faults->maps != maps)
        problem(what, maps, faults->maps);
}

static void act(struct world *world, const struct operation *operation, int *status)
{
    *status = operation->act(world);
    if (!(operation->flags & IN_CHILD) || !*shared->message)
        snprintf(shared->message, sizeof shared->message, "%s", *status < 0 ? shoal_error_message() : "");
}

static void tried(const struct operation *operation, int expected, int to, int from)
{
    char byte = 'x';
    struct world world = {.child_result = child_result};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(LONGEST);
    int none = open_descriptors();
    fault_own();
    world_begin(&world, directory, operation);
    int fds = open_descriptors();
    int64_t heap = faults->heap, maps = faults->maps;
    fault_arm(operation->flags & IN_CHILD);
    act(&world, operation, &shared->status);
    fault_disarm();
    if (shared->status < 0 && shared->status != expected && !(operation->flags & (CLOSES | IN_CHILD)))
        compare("after the failure", fds, heap, maps);
    (void)!write(to, &byte, 1);
    (void)!read(from, &byte, 1);
    shared->again = shared->status;
    if (shared->status != expected) {
        char first[sizeof shared->message];
        memcpy(first, shared->message, sizeof first);
        act(&world, operation, &shared->again);
        if (shared->again == expected)
            memcpy(shared->message, first, sizeof first);
    }
    world_end(&world);
    compare("at the end", none, 0, 0);
    _exit(0);
}

/* ---- Judging ---- */

static bool of_the_heap(enum fault_function function)
{
    return function >= FAULT_malloc && function <= FAULT_pthread_setspecific;
}

static bool status_fits(int status, const struct operation *operation, enum fault_function function, int error)
{
    if (function == FAULT_mmap && operation->flags & QUIET && status == SHOAL_ENOMEM)
        return true; /* a context is there or it is not */
    if ((function == FAULT_getlk || function == FAULT_fstat) && operation->flags & WAITS && status == SHOAL_ETIMEDOUT)
        return true; /* not sure whether the owner is dead */
    switch (error) {
    case SHORT:
        return false;
    case EBUSY:
        return function != FAULT_dup3 && status == SHOAL_ESYSTEM;
    case EINTR:
        return operation->flags & WAITS && status == SHOAL_EINTR;
    case ENOMEM:
        return of_the_heap(function) ? status == SHOAL_ENOMEM
                                     : status == SHOAL_ENOSPACE || status == SHOAL_ENOMEM || status == SHOAL_ESYSTEM;
    case ENOSPC:
    case EDQUOT:
        return status == SHOAL_ENOSPACE || (status == SHOAL_ESYSTEM && function == FAULT_open);
    case EFBIG:
        return status == SHOAL_ENOSPACE || status == SHOAL_ESYSTEM;
    case EAGAIN:
        return status == SHOAL_ESYSTEM ||
               (status == SHOAL_ENOSPACE && (function == FAULT_setlk || function == FAULT_mmap));
    case EACCES:
    case EPERM:
    case EROFS:
        return status == SHOAL_EDENIED || status == SHOAL_ESYSTEM ||
               (status == SHOAL_ENOSPACE && function == FAULT_mmap);
    case EEXIST:
        return status == SHOAL_EEXISTS;
    case ENOENT:
    case ENOTDIR:
        return status == SHOAL_ENOTFOUND || status == SHOAL_ESYSTEM;
    case ELOOP:
    case ENXIO:
        return status == SHOAL_ECORRUPT || status == SHOAL_ESYSTEM;
    default:
        return status == SHOAL_ESYSTEM || (status == SHOAL_ENOSPACE && function == FAULT_mmap);
    }
}

/* What is gone meanwhile, or not to be read, is not listed. */
static bool leaves_out(int error)
{
    return error == ENOENT || error == EACCES || error == EPERM || error == EROFS || error == ELOOP || error == ENXIO;
}

/* NULL: the call ended as it may. */
static const char *judge_call(const struct operation *operation, const struct reference *reference)
{
    bool fits = false, says_why = false;
    int status = shared->status, planned = 0;
    if (status == reference->status)
        return NULL;
    for (int i = 0; i < FAULT_PLANS && faults->faults[i].at; i++, planned++) {
        enum fault_function function = faults->hit[i];
        fits = fits || status_fits(status, operation, function, faults->faults[i].error);
        says_why = says_why || strstr(shared->message, strerror(faults->faults[i].error)) ||
                   (function == FAULT_fstat && strstr(shared->message, "closed its descriptor"));
    }
    bool left_out = leaves_out(faults->faults[0].error) || leaves_out(faults->faults[1].error);
    if (status > 0 && !(operation->flags & ASKS && left_out))
        return "another success than without the fault";
    if (status > 0)
        return NULL;
    if (!fits)
        return "a status that does not fit";
    if (!*shared->message)
        return "no sentence";
    bool never_there = faults->faults[0].error == ENOENT && faults->faults[0].repeat == FAULT_EVER;
    if (status == SHOAL_ESYSTEM && !says_why && !never_there && planned < 2)
        return "the sentence does not say what the system said";
    if (status != SHOAL_ENOMEM && status != SHOAL_EINTR && !(operation->flags & QUIET) &&
        !strstr(shared->message, SEGMENT) && status != SHOAL_ETIMEDOUT)
        return "the sentence does not name what was asked for";
    return NULL;
}

/* Where a name is made in two steps and cannot be taken away again, it stays. */
static bool hinders_unlinking(void)
{
    for (int i = 0; i < FAULT_PLANS; i++)
        if (faults->hit[i] == FAULT_unlink)
            return true;
    return false;
}

static void judge_sight(const struct sight *sight, const struct sight *expected, bool at_the_end)
{
    char text[1200];
    const char *when = at_the_end ? "at the end" : "after the fault";
    if (*sight->wrong) {
        snprintf(text, sizeof text, "%s, to another: %s", when, sight->wrong);
        violation(text);
    }
    if (strcmp(sight->names, expected->names) != 0 && !hinders_unlinking()) {
        snprintf(text, sizeof text, "names %s: \"%s\", not \"%s\"", when, sight->names, expected->names);
        violation(text);
    }
    if (sight->state != expected->state) {
        snprintf(text, sizeof text, "%s: state %d, not %d", when, sight->state, expected->state);
        violation(text);
    }
    if (at_the_end && sight->used != expected->used) {
        snprintf(text, sizeof text, "%s: %llu bytes are used, not %llu", when, (unsigned long long)sight->used,
                 (unsigned long long)expected->used);
        violation(text);
    }
}

/* ---- One case ---- */

static void empty_directory(void)
{
    char path[700];
    DIR *open = opendir(directory);
    for (struct dirent *it; open && (it = readdir(open));) {
        snprintf(path, sizeof path, "%s/%s", directory, it->d_name);
        unlink(path);
    }
    closedir(open);
}

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
static void run_case(char *ended, size_t size, const struct operation *operation, int expected, struct sight *after,
                     struct sight *end)
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
        tried(operation, expected, to[1], from[0]);
    }
    close(to[1]);
    close(from[0]);
    bool stopped = read(to[0], &byte, 1) == 1;
    if (stopped)
        look(after, operation);
    close(from[1]);
    close(to[0]);
    how_it_ended(ended, size, child);
    if (stopped)
        look(end, operation);
    empty_directory();
    cases++;
}

static void take_reference(struct reference *reference, const struct operation *operation)
{
    char ended[80];
    memset(faults->faults, 0, sizeof faults->faults);
    run_case(ended, sizeof ended, operation, 0, &reference->after, &reference->end);
    reference->status = shared->status;
    reference->calls = faults->calls < FAULT_TRACE ? faults->calls : FAULT_TRACE;
    memcpy(reference->trace, faults->trace, sizeof reference->trace);
    /* Once more, as the cases are run: what fails by itself is not called again. */
    run_case(ended, sizeof ended, operation, reference->status, &reference->after, &reference->end);
    if (*ended || *shared->problem || *reference->after.wrong || *reference->end.wrong || shared->status > 0) {
        violation(*ended ? ended : *shared->problem ? shared->problem : reference->after.wrong);
        violation("without any fault");
    }
}

static void try_one(const struct reference *reference, const struct operation *operation)
{
    char ended[80];
    struct sight after, end, before = reference->after;
    run_case(ended, sizeof ended, operation, reference->status, &after, &end);
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
    if (shared->again != reference->status && !(operation->flags & CLOSES && shared->status == SHOAL_OK))
        violation("the next try does not work");
    judge_sight(&end, &reference->end, true);
}

/* ---- All cases ---- */

static int allowed_violations = 25;

static void give_up_if_hopeless(void)
{
    if (violations < allowed_violations)
        return;
    printf("too many; no more are tried\n");
    empty_directory();
    rmdir(directory);
    exit(1);
}

static bool worth_repeating(int error)
{
    return error != EEXIST && error != ENXIO && error != ELOOP;
}

/* Every call of the trace, every error, once and for good; of more than SAME_CALLS like it, only with `every`. */
static void single_faults(const struct operation *operation, uint32_t hosts, bool every, uint32_t share)
{
    static struct reference reference;
    uint32_t seen[FAULT_COUNT] = {0};
    faults->hosts = hosts;
    take_reference(&reference, operation);
    for (uint32_t at = 1; at <= reference.calls; at++) {
        enum fault_function function = reference.trace[at - 1];
        if (seen[function]++ >= SAME_CALLS && !every && draw(reference.calls) >= SAME_CALLS)
            continue;
        for (const int *error = fault_errors(function); *error; error++)
            for (int repeat = FAULT_ONCE; repeat <= FAULT_EVER; repeat++) {
                if ((repeat == FAULT_EVER && !worth_repeating(*error)) || draw(share) != 0)
                    continue;
                memset(faults->faults, 0, sizeof faults->faults);
                enum fault_repeat how = repeat == FAULT_EVER && (*error == EINTR || *error == EBUSY)
                                            ? FAULT_STORM
                                            : (enum fault_repeat)repeat;
                faults->faults[0] = (struct fault){at, *error, how};
                try_one(&reference, operation);
                give_up_if_hopeless();
            }
    }
    memset(faults->faults, 0, sizeof faults->faults);
}

static struct fault any_fault(const struct reference *reference)
{
    uint32_t at = 1 + draw(reference->calls), count = 0;
    const int *errors = fault_errors(reference->trace[at - 1]);
    while (errors[count])
        count++;
    int error = errors[draw(count)];
    return (struct fault){at, error, error == EINTR || error == EBUSY ? FAULT_STORM : (enum fault_repeat)draw(2)};
}

static void pairs(long count, double until, const struct operation **chosen, unsigned chosen_count)
{
    static struct reference reference;
    for (long done = 0; done < count && seconds() < until;) {
        const struct operation *operation = chosen[draw(chosen_count)];
        faults->hosts = draw(3) == 0 ? 1u << draw(6) : 0;
        take_reference(&reference, operation);
        for (int i = 0; i < 50 && reference.calls > 0; i++, done++) {
            faults->faults[0] = any_fault(&reference);
            faults->faults[1] = any_fault(&reference);
            try_one(&reference, operation);
            give_up_if_hopeless();
        }
    }
}

static const struct operation *find(const char *name)
{
    for (unsigned i = 0; i < operation_count; i++)
        if (strcmp(operations[i].name, name) == 0)
            return &operations[i];
    fprintf(stderr, "no such operation: %s\n", name);
    exit(2);
}

static int replay(char *text)
{
    static struct reference reference;
    struct fault wanted[FAULT_PLANS] = {{0}};
    const struct operation *operation = find(strtok(text, ":"));
    faults->hosts = (uint32_t)atoi(strtok(NULL, ":"));
    take_reference(&reference, operation);
    for (uint32_t i = 0; i < reference.calls; i++)
        printf("%u %s\n", i + 1, fault_name(reference.trace[i]));
    for (int i = 0; i < FAULT_PLANS; i++) {
        char *at = strtok(NULL, ":"), *error = at ? strtok(NULL, ":") : NULL, *how = error ? strtok(NULL, ":") : NULL;
        for (int repeat = 0; how && repeat < 3; repeat++)
            if (strcmp(how, repeats[repeat]) == 0)
                wanted[i] = (struct fault){(uint32_t)atoi(at), atoi(error), (enum fault_repeat)repeat};
    }
    memcpy(faults->faults, wanted, sizeof wanted);
    try_one(&reference, operation);
    printf("%s: %s\n", shoal_status_name(shared->status), shared->message);
    return violations > 0;
}

static void make_directory(void)
{
    const char *base = getenv("SHOAL_DIR");
    snprintf(directory, sizeof directory, "%s/test-faults-%d", base && *base ? base : "/dev/shm", (int)getpid());
    if (mkdir(directory, 0700) < 0)
        abort();
}

static int report(uint64_t seed, double began, unsigned count)
{
    empty_directory();
    rmdir(directory);
    printf(
        "{\"tool\": \"faults\", \"operations\": %u, \"injections\": %ld, \"calls_that_failed\": %ld, \"seed\": %llu, "
        "\"seconds\": %.1f, \"violations\": %ld}\n",
        count, cases, failed_calls, (unsigned long long)seed, seconds() - began, violations);
    return violations > 0;
}

int main(int argc, char **argv)
{
    const struct operation *chosen[300];
    unsigned count = 0, first_host = 0, hosts = 0, share = 1;
    uint64_t seed = (uint64_t)time(NULL);
    long pair_count = 0;
    double limit = 1e9, began = seconds();
    bool every = false;
    char *replayed = NULL;
    for (int i = 1; i < argc; i++) {
        bool more = i + 1 < argc;
        if (strcmp(argv[i], "--seed") == 0 && more)
            seed = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--seconds") == 0 && more)
            limit = atof(argv[++i]);
        else if (strcmp(argv[i], "--hosts") == 0 && more)
            hosts = (unsigned)atoi(argv[++i]);
        else if (strcmp(argv[i], "--pairs") == 0 && more)
            pair_count = atol(argv[++i]);
        else if (strcmp(argv[i], "--share") == 0 && more)
            share = (unsigned)atoi(argv[++i]);
        else if (strcmp(argv[i], "--only-hosts") == 0)
            first_host = 1;
        else if (strcmp(argv[i], "--only-pairs") == 0)
            first_host = 100;
        else if (strcmp(argv[i], "--go-on") == 0)
            allowed_violations = 1 << 30;
        else if (strcmp(argv[i], "--every") == 0)
            every = true;
        else if (strcmp(argv[i], "--replay") == 0 && more)
            replayed = argv[++i];
        else
            chosen[count++] = find(argv[i]);
    }
    for (unsigned i = 0; count == 0 && i < operation_count; i++)
        chosen[i] = &operations[i];
    if (!count)
        count = operation_count;
    random_state = seed * 2654435761u + 88172645463325252u;
    make_directory();
    fault_begin();
    signal(SIGALRM, hangs);
    (void)shoal_dtype_parse(&(shoal_dtype){0}, "x",
                            1); /* this thread's sentence has its memory: those forked inherit it */
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (replayed) {
        int status = replay(replayed);
        empty_directory();
        rmdir(directory);
        return status;
    }
    for (unsigned host = first_host; host <= 6 && host < hosts + 1; host++)
        for (unsigned i = 0; i < count && seconds() - began < limit; i++)
            single_faults(chosen[i], host ? 1u << (host - 1) : 0, every, share);
    pairs(pair_count, began + limit, chosen, count);
    return report(seed, began, count);
}
