/*
 * Wait for locks: Shoal's mutex and its Lock beside a robust pthread mutex, in processes of one program.
 *
 *     locks [--seconds S] [--rounds N] [--processes 1,2,4,8] [--inside 0] [--outside 0,100,1000] [--only mutex,Lock]
 *
 * Every process runs `lock; x++; INSIDE ns; unlock; OUTSIDE ns` for S seconds. The kinds take turns, N rounds; a row
 * shows the median in million times a second of all processes together, and the least that any process had in any
 * round, in percent of its fair share. Then hand-overs between two processes, of a lock held for 0 and 50,000 ns (who
 * waits that long sleeps); the time of holding is taken off.
 */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/futex.h"
#include "platform/process.h"
#include "shoal.h"
#include "sync/mutex.h"

#define MOST_PROCESSES 64
#define MOST_ROUNDS 99
#define LINE __attribute__((aligned(64)))

struct ground { /* shared by all processes */
    pthread_mutex_t pthread[3] LINE;
    struct {
        shoal_word word;
    } LINE mutex[3];
    shoal_word gate LINE; /* 0: wait; 1: go; 2: stop */
    volatile uint64_t x LINE;
    struct {
        uint64_t count;
    } LINE had[MOST_PROCESSES];
};

static struct ground *ground;
static shoal_object *locks[3], *events[2];
static struct shoal_party party;
static double loops_per_ns;

static void need(int status, const char *what)
{
    if (status < 0) {
        fprintf(stderr, "locks: %s: %s\n", what, shoal_error_message());
        exit(1);
    }
}

/* ---- The kinds ---- */

static void pthread_take(int i)
{
    int error = pthread_mutex_lock(&ground->pthread[i]);
    if (error)
        need(-1, strerror(error));
}

static void pthread_give(int i)
{
    pthread_mutex_unlock(&ground->pthread[i]);
}

static void mutex_take(int i)
{
    if (!shoal__mutex_try_free(&ground->mutex[i].word, party.me))
        need(shoal__mutex_lock(&ground->mutex[i].word, &party, SHOAL_FOREVER), "mutex");
}

static void mutex_give(int i)
{
    shoal__mutex_unlock(&ground->mutex[i].word);
}

static void lock_take(int i)
{
    need(shoal_lock_acquire(locks[i], false, SHOAL_FOREVER), "acquire");
}

static void lock_give(int i)
{
    need(shoal_lock_release(locks[i]), "release");
}

static const struct kind {
    const char *name;
    void (*take)(int), (*give)(int);
} kinds[] = {
    {"pthread", pthread_take, pthread_give}, {"mutex", mutex_take, mutex_give}, {"Lock", lock_take, lock_give}};
enum { KINDS = sizeof kinds / sizeof *kinds };

static bool nobody_dies(const struct shoal_party *who, uint32_t word)
{
    (void)who, (void)word;
    return false;
}

static void make_ground(void)
{
    pthread_mutexattr_t attributes;
    ground = mmap(NULL, sizeof *ground, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    shoal_segment *segment;
    need(shoal_create(&segment, shoal_context_new(), NULL, NULL), "create");
    for (int i = 0; i < 3; i++) {
        char name[] = {'l', (char)('0' + i), 0};
        pthread_mutex_init(&ground->pthread[i], &attributes);
        need(shoal_lock_open(&locks[i], segment, name, 2, 0), "lock");
    }
    need(shoal_event_open(&events[0], segment, "e0", 2), "event");
    need(shoal_event_open(&events[1], segment, "e1", 2), "event");
}

/* ---- Processes ---- */

static pid_t start(int number)
{
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        party = (struct shoal_party){shoal__mutex_me((uint32_t)number, 1), nobody_dies};
        while (load_acquire(&ground->gate) == 0)
            shoal__wait(&ground->gate, 0, SHOAL_LONGEST_SLICE);
    }
    return child;
}

static void open_gate(uint32_t value)
{
    store_release(&ground->gate, value);
    shoal__wake(&ground->gate, INT32_MAX);
}

static void join_all(int processes)
{
    int state;
    for (int i = 0; i < processes; i++)
        if (wait(&state) < 0 || state != 0)
            need(-1, "a process failed");
}

static void sleep_for(double seconds)
{
    struct timespec rest = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    while (nanosleep(&rest, &rest) < 0 && errno == EINTR)
        ;
}

/* ---- Everybody takes the same one ---- */

static void burn(uint64_t loops)
{
    for (uint64_t i = 0; i < loops; i++)
        __asm__ __volatile__("" ::: "memory");
}

static void calibrate(void)
{
    for (int i = 0; i < 200; i++) {
        shoal_time before = shoal_now();
        burn(100000);
        double speed = 1e5 / (double)(shoal_now() - before);
        loops_per_ns = speed > loops_per_ns ? speed : loops_per_ns;
    }
}

static void add_until_told(const struct kind *kind, int number, double inside_ns, double outside_ns)
{
    uint64_t count = 0, inside = (uint64_t)(inside_ns * loops_per_ns), outside = (uint64_t)(outside_ns * loops_per_ns);
    for (; load_relaxed(&ground->gate) == 1; count++) {
        kind->take(0);
        ground->x++;
        burn(inside);
        kind->give(0);
        burn(outside);
    }
    ground->had[number].count = count;
}

struct figures {
    double millions[MOST_ROUNDS], least;
};

struct options {
    double seconds, inside;
    int rounds;
    const char *processes, *outside, *only;
};

static void contend(struct figures *out, int round, const struct kind *kind, int processes, double outside,
                    const struct options *options)
{
    ground->gate = 0;
    ground->x = 0;
    for (int i = 0; i < processes; i++)
        if (start(i) == 0) {
            add_until_told(kind, i, options->inside, outside);
            _exit(0);
        }
    sleep_for(0.05); /* all are there */
    shoal_time before = shoal_now();
    open_gate(1);
    sleep_for(options->seconds);
    open_gate(2);
    double took = (double)(shoal_now() - before);
    join_all(processes);
    uint64_t sum = 0, least = UINT64_MAX;
    for (int i = 0; i < processes; i++) {
        sum += ground->had[i].count;
        least = ground->had[i].count < least ? ground->had[i].count : least;
    }
    if (sum != ground->x)
        need(-1, "two held one lock at once");
    double share = 100.0 * (double)least * processes / (double)sum;
    out->least = round == 0 || share < out->least ? share : out->least;
    out->millions[round] = (double)sum * 1e3 / took;
}

static int by_size(const void *a, const void *b)
{
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static double median(double *numbers, int count)
{
    qsort(numbers, (size_t)count, sizeof *numbers, by_size);
    return numbers[count / 2];
}

/* ---- Hand-overs ---- */

static void busy_for(shoal_time time)
{
    if (time > 0)
        for (shoal_time end = shoal_now() + time; shoal_now() < end;)
            spin_pause();
}

/* Two walk round three locks, each holding one and taking the next: at every step one waits for the other. */
static void walk_round(const struct kind *kind, int number, int steps, shoal_time hold)
{
    int at = number;
    kind->take(at);
    ground->had[number].count = 1;
    while (ground->had[1 - number].count == 0)
        sched_yield();
    for (int i = 0; i < steps; i++) {
        int next = (at + 1) % 3;
        kind->take(next);
        busy_for(hold);
        kind->give(at);
        at = next;
    }
    kind->give(at);
}

/* The least that a hand-over between sleepers takes: one store and one wake for each. */
static void bare_futex(int number, int steps, shoal_time hold)
{
    for (int i = 0; i < steps; i++) {
        shoal_word *mine = &ground->mutex[number].word, *others = &ground->mutex[1 - number].word;
        while (load_acquire(mine) == 0)
            shoal__wait(mine, 0, SHOAL_LONGEST_SLICE);
        store_release(mine, 0);
        busy_for(hold);
        store_release(others, 1);
        shoal__wake(others, 1);
    }
}

/* The same with an Event for each, cleared by who was woken. */
static void two_events(int number, int steps, shoal_time hold)
{
    for (int i = 0; i < steps; i++) {
        need(shoal_event_wait(events[number], SHOAL_FOREVER), "wait");
        need(shoal_event_clear(events[number]), "clear");
        busy_for(hold);
        need(shoal_event_set(events[1 - number]), "set");
    }
}

enum { BARE_FUTEX = KINDS, EVENTS, WAYS };

static double hand_over(int way, int steps, shoal_time hold)
{
    memset(ground->had, 0, sizeof ground->had);
    memset(ground->mutex, 0, sizeof ground->mutex);
    ground->mutex[0].word = way == BARE_FUTEX;
    need(way == EVENTS ? shoal_event_set(events[0]) : SHOAL_OK, "set");
    ground->gate = 0;
    for (int i = 0; i < 2; i++)
        if (start(i) == 0) {
            if (way == EVENTS)
                two_events(i, steps, hold);
            else if (way == BARE_FUTEX)
                bare_futex(i, steps, hold);
            else
                walk_round(&kinds[way], i, steps, hold);
            _exit(0);
        }
    sleep_for(0.02);
    shoal_time before = shoal_now();
    open_gate(1);
    join_all(2);
    ground->mutex[0].word = ground->mutex[1].word = 0;
    return (double)(shoal_now() - before) / 2 / steps - (double)hold;
}

/* ---- The table ---- */

static bool wanted(const struct options *options, int k)
{
    return options->only == NULL || strstr(options->only, kinds[k].name) != NULL;
}

static void row(const struct options *options, int processes, double outside)
{
    static struct figures figures[KINDS];
    for (int round = 0; round < options->rounds; round++)
        for (int k = 0; k < KINDS; k++)
            if (wanted(options, k))
                contend(&figures[k], round, &kinds[k], processes, outside, options);
    printf("%9d %7.0f ns", processes, outside);
    for (int k = 0; k < KINDS; k++)
        if (wanted(options, k))
            printf(" %9s %7.2f %3.0f%%", kinds[k].name, median(figures[k].millions, options->rounds), figures[k].least);
    printf("\n");
    fflush(stdout);
}

static void hand_overs(const struct options *options, shoal_time hold)
{
    double ns[WAYS][MOST_ROUNDS];
    for (int round = 0; round < options->rounds; round++)
        for (int way = 0; way < WAYS; way++)
            if (way >= KINDS || wanted(options, way))
                ns[way][round] = hand_over(way, hold ? 3000 : 10000, hold);
    printf("hand-over after %5.0f ns:", (double)hold);
    for (int k = 0; k < KINDS; k++)
        if (wanted(options, k))
            printf(" %s %.0f ns,", kinds[k].name, median(ns[k], options->rounds));
    printf(" two Events %.0f ns, bare futex %.0f ns\n", median(ns[EVENTS], options->rounds),
           median(ns[BARE_FUTEX], options->rounds));
}

static struct options read_options(int count, char **words)
{
    struct options options = {2.0, 0, 3, "1,2,4,8", "0,100,1000", NULL};
    for (int i = 1; i + 1 < count; i += 2) {
        if (strcmp(words[i], "--seconds") == 0)
            options.seconds = atof(words[i + 1]);
        else if (strcmp(words[i], "--rounds") == 0)
            options.rounds = atoi(words[i + 1]);
        else if (strcmp(words[i], "--processes") == 0)
            options.processes = words[i + 1];
        else if (strcmp(words[i], "--inside") == 0)
            options.inside = atof(words[i + 1]);
        else if (strcmp(words[i], "--outside") == 0)
            options.outside = words[i + 1];
        else if (strcmp(words[i], "--only") == 0)
            options.only = words[i + 1];
    }
    if (options.rounds < 1 || options.rounds > MOST_ROUNDS)
        options.rounds = 1;
    return options;
}

static const char *next_number(const char *list)
{
    const char *comma = strchr(list, ',');
    return comma ? comma + 1 : NULL;
}

int main(int count, char **words)
{
    struct options options = read_options(count, words);
    make_ground();
    calibrate();
    printf("processes    outside      kind  M/s  least share\n");
    for (const char *outside = options.outside; outside; outside = next_number(outside))
        for (const char *k = options.processes; k; k = next_number(k))
            if (atoi(k) >= 1 && atoi(k) <= MOST_PROCESSES)
                row(&options, atoi(k), atof(outside));
    hand_overs(&options, 0);
    hand_overs(&options, 50000);
    return 0;
}
