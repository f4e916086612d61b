/* How a worker of the storm lives: it is started, forks children that live on, becomes another program, is large. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "worker.h"

static uint64_t random_state;

void random_seed(uint64_t seed)
{
    random_state = (seed + 1) * 0x9e3779b97f4a7c15u | 1;
}

uint64_t random_number(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state * 0x2545f4914f6cdd1du;
}

void (*on_violation)(const char *what, int64_t a, int64_t b);

void violation(const char *what, int64_t a, int64_t b)
{
    if (on_violation)
        on_violation(what, a, b);
    printf("VIOLATION: %s (%lld, %lld) %s\n", what, (long long)a, (long long)b, shoal_error_message());
    fflush(stdout);
    _exit(3);
}

void must(int status, const char *what)
{
    if (status < 0)
        violation(what, status, 0);
}

void sleep_ms(long ms)
{
    struct timespec moment = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&moment, NULL);
}

/* ---- Children that live on when their parent is killed ---- */

/* With what it inherited it becomes a peer of its own. It holds none of its parent's locks. */
static void go_on(struct worker *it, bool parent_holds)
{
    if (is_stillborn(it))
        return;
    if (parent_holds && shoal_lock_release(it->lock) != SHOAL_ELOCK)
        violation("a child released its parent's lock", 0, 0);
    sleep_ms((long)(random_number() % 20));
    judge_value(it, it->place, 0);
    update_pair(it, false);
    add_to_count(it, false);
    judge_array(it, it->place, 0);
}

/* It does nothing at all, and keeps nobody's lock: until the killer says so, which is after all must have got on. */
static void idle(void)
{
    uint32_t release = journal[RELEASE];
    for (int i = 0; i < 1500 && journal[RELEASE] == release; i++)
        sleep_ms(20);
}

static void leave(struct worker *it, bool holds)
{
    if (it->master)
        return; /* the lock of its place would go on in a child */
    bool idles = *place_word(it->place, IDLED) != journal[RELEASE] && random_number() % 2;
    if (idles)
        *place_word(it->place, IDLED) = journal[RELEASE];
    ++*place_word(it->place, CHILDREN);
    uint64_t seed = random_number();
    long child = random_number() % 4 ? fork() : syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child != 0)
        return; /* nobody waits for it */
    random_seed(seed);
    if (idles)
        idle();
    else
        go_on(it, holds);
    _exit(0);
}

void leave_child(struct worker *it)
{
    leave(it, false);
}

void leave_child_that_holds(struct worker *it)
{
    leave(it, true);
}

/* ---- Becoming another, being large ---- */

/* A third of the workers is interrupted all the time, every 0.3 to 10 ms, as by a profiler: slices are to end all the same. */
static void interrupted(int number)
{
    (void)number;
}

void start_timer(void)
{
    long period = 300 << random_number() % 6;
    struct sigaction action = {.sa_handler = interrupted}; /* without SA_RESTART */
    sigaction(SIGALRM, &action, NULL);
    if (random_number() % 3 == 0)
        setitimer(ITIMER_REAL, &(struct itimerval){{0, period}, {0, period}}, NULL);
}

static void stop_timer(void)
{
    setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
}

void become_another(struct worker *it)
{
    char seed[32];
    if (!it->command)
        return;
    stop_timer(); /* exec keeps the timer, and not what answers it */
    ++*place_word(it->place, EXECS);
    for (int word = IN_LOCK; word <= IN_PERMIT; word++)
        *place_word(it->place, word) = 0;
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)random_number() >> 1);
    it->command[4] = seed;
    it->command[6] = "0";
    execv("/proc/self/exe", it->command);
    violation("exec", errno, 0);
}

static void grow(int place, uint32_t mib)
{
    if (!mib)
        return;
    char *heap =
        mmap(NULL, (size_t)mib << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (heap == MAP_FAILED)
        violation("no memory for a huge heap", errno, mib);
    madvise(heap, (size_t)mib << 20, MADV_NOHUGEPAGE); /* small pages: its end takes long */
    for (uint32_t i = 0; i < mib; i++) {
        for (size_t at = 0; at < 1 << 20; at += 4096)
            heap[((size_t)i << 20) + at] = 1;
        *place_word(place, HEAP) = i + 1;
    }
}

/* What was in flight when it became another is over, and may have happened. */
static void settle(int place)
{
    for (int word = OWN; word <= WRITE; word += 2) {
        volatile uint32_t *note = place_word(place, word);
        if (word != OWN && note[0] != note[1])
            ++*place_word(place, UNSURE + (word - COUNT) / 2);
        note[0] = note[1];
    }
}

void live(const struct start *start, char **command)
{
    struct worker it = {.place = start->place,
                        .segment_name = start->segment,
                        .journal_path = start->journal,
                        .command = start->mode == MODE_MASTER ? NULL : command};
    on_violation = NULL;              /* the killer's, if it forked us */
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody outlives a storm that failed */
    signal(SIGCHLD, SIG_IGN);
    signal(SIGTERM, SIG_DFL);
    random_seed(start->seed);
    if (!journal && !journal_map(start->journal))
        violation("no journal", errno, 0);
    if (command && start->mode != MODE_READER)
        settle(start->place);
    open_everything(&it, start->mode == MODE_READER);
    grow(start->place, start->heap);
    start_timer();
    if (start->mode == MODE_MASTER) {
        struct worker reader = {.place = start->place, .segment_name = start->segment};
        open_everything(&reader, true);
        be_master(&it, &reader);
    }
    for (;;)
        if (start->mode == MODE_READER)
            look(&it);
        else
            operate(&it);
}
