/* How the killer starts a worker: of its kind, perhaps in a PID namespace of its own, on one processor, under a timer. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "storm.h"

static bool no_namespaces;

/* As fork(); in a new PID namespace, as its process 1, where the machine allows it. */
static pid_t start_process(bool *alone)
{
    if (*alone && !no_namespaces) {
        long child = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
        if (child >= 0)
            return (pid_t)child;
        printf("no PID namespaces here (%s): all workers are in one\n", strerror(errno));
        fflush(stdout);
        no_namespaces = true;
    }
    *alone = false;
    return fork();
}

static uint64_t seed_of(int place, uint32_t life)
{
    uint64_t mixed = (options.seed * 1000003 + (uint64_t)place) * 0x9e3779b97f4a7c15u + life;
    mixed ^= mixed >> 29;
    return (mixed * 0xbf58476d1ce4e5b9u) >> 8;
}

/* Half of the workers stay on one processor, so that what they do happens on all of them at once. */
static void pin_to(unsigned processor)
{
    cpu_set_t all, one;
    CPU_ZERO(&one);
    if (sched_getaffinity(0, sizeof all, &all) < 0)
        return;
    processor %= (unsigned)CPU_COUNT(&all);
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &all) && processor-- == 0)
            CPU_SET(i, &one);
    sched_setaffinity(0, sizeof one, &one);
}

/* PHP has no call for that: the timer, and that it is ignored until somebody answers, outlive exec. */
static void start_timer_of(const struct kind *kind, uint64_t seed)
{
    long period = 300 << seed % 6;
    if (strcmp(kind->name, "php") != 0 || seed / 6 % 3)
        return;
    signal(SIGALRM, SIG_IGN);
    setitimer(ITIMER_REAL, &(struct itimerval){{0, period}, {0, period}}, NULL);
}

static _Noreturn void become(const struct kind *kind, const struct start *start)
{
    char number[4][32], *arguments[MOST_WORDS + 8];
    int count = 0;
    if (start->seed >> 40 & 1)
        pin_to((unsigned)start->place);
    if (!kind->command[0])
        live(start, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (; kind->command[count]; count++)
        arguments[count] = kind->command[count];
    snprintf(number[0], 32, "%d", start->place);
    snprintf(number[1], 32, "%llu", (unsigned long long)start->seed);
    snprintf(number[2], 32, "%d", start->mode);
    snprintf(number[3], 32, "%u", start->heap);
    char *rest[] = {segment_name, (char *)start->journal, number[0], number[1], number[2], number[3], NULL};
    memcpy(arguments + count, rest, sizeof rest);
    start_timer_of(kind, start->seed >> 8);
    execv(arguments[0], arguments);
    printf("cannot run %s: %s\n", arguments[0], strerror(errno));
    fflush(stdout);
    _exit(2);
}

void start_worker(int number)
{
    struct place *place = &places[number];
    uint64_t seed = seed_of(number, ++place->life);
    static char path[128];
    snprintf(path, sizeof path, "%s/journal", folder);
    struct start start = {segment_name, path, number, seed, place->mode, 0};
    if (options.heap && number == options.writers - 1)
        start.heap = options.heap;
    place->alone = seed % 2;
    fflush(stdout);
    place->pid = start_process(&place->alone);
    if (place->pid < 0)
        wrong("fork", errno, 0);
    if (place->pid == 0 && nice(4) != 1000) /* the killer comes first */
        become(&options.kinds[place->kind], &start);
    place->stopped = place->dying = place->unjudged = false;
    place->sent = 0;
    place->operations = *place_word(number, OPERATIONS);
    place->changed = shoal_now();
}
