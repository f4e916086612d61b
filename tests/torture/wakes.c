/*
 * Two that meet at a lock, one of them stopped at an instruction of its call while the other runs.
 *
 * First: they exclude each other. Both try to take it; whoever is stopped where, they never both have it.
 *
 * Then: no wake-up is lost, whoever is interrupted where: of one who waits and one who gives, the one is stopped at an
 * instruction of its call, the other runs, then the first goes on. Both must come to their ends without a slice being
 * slept out: in less time than the first slice has. Done for every instruction near a sleep, and for many others.
 *
 * The slices make up for a wake-up that is lost by a death; here nobody dies, so they may not be needed.
 *
 *   wakes [--all | --meetings N] [--seed N] [KIND...]
 *
 *   --all: every instruction. --meetings: of those near a sleep, and of the many others, about N of each kind.
 */
#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shoal.h"

enum { NEAR = 400, STRIDE = 131, LONGEST = 100000 };

#define AS_SOON_AS 0.012 /* seconds: a first slice has 20 ms */
#define TRIES 4          /* a machine that is busy otherwise may be late once or twice */

static char name[64];
static bool every_instruction;
static int most_meetings; /* of each kind; 0: all */
static unsigned long seed = 1;
static int violations, meetings_in_all;

static void must(int status, const char *what)
{
    if (status >= 0)
        return;
    printf("FAILED: %s: %s\n", what, shoal_error_message());
    fflush(stdout);
    _exit(2);
}

/* ---- The kinds ---- */

static shoal_segment *segment;
static shoal_object *object, *lock;
static int64_t seen;

static void nothing(void)
{
}
static void open_lock(void)
{
    must(shoal_lock_open(&object, segment, "l", 1, 0), "lock");
}
static void acquire(void)
{
    must(shoal_lock_acquire(object, false, SHOAL_FOREVER), "acquire");
}
static void release(void)
{
    must(shoal_lock_release(object), "release");
}
static void open_rwlock(void)
{
    must(shoal_rwlock_open(&object, segment, "rw", 2), "rwlock");
}
static void read_it(void)
{
    must(shoal_rwlock_read(object, SHOAL_FOREVER), "read");
}
static void write_it(void)
{
    must(shoal_rwlock_write(object, SHOAL_FOREVER), "write");
}
static void unlock(void)
{
    must(shoal_rwlock_unlock(object), "unlock");
}
static void open_semaphore(void)
{
    must(shoal_semaphore_open(&object, segment, "s", 1, 1, 0), "semaphore");
}
static void open_signal(void)
{
    must(shoal_semaphore_open(&object, segment, "i", 1, 0, SHOAL_SEMAPHORE_SIGNAL), "signal");
}
static void take_permit(void)
{
    must(shoal_semaphore_acquire(object, SHOAL_FOREVER), "acquire");
}
static void give_permit(void)
{
    must(shoal_semaphore_release(object, 1), "release");
}
static void open_event(void)
{
    must(shoal_event_open(&object, segment, "e", 1), "event");
}
static void set(void)
{
    must(shoal_event_set(object), "set");
}
static void clear(void)
{
    must(shoal_event_clear(object), "clear");
}
static void wait_set(void)
{
    must(shoal_event_wait(object, SHOAL_FOREVER), "wait");
}
static void open_counter(void)
{
    must(shoal_counter_open(&object, segment, "n", 1, 0), "counter");
}
static void look(void)
{
    must(shoal_counter_value(&seen, object), "value");
}
static void add(void)
{
    int64_t value;
    must(shoal_counter_add(&value, object, 1), "add");
}
static void wait_value(void)
{
    must(shoal_counter_wait(object, seen, SHOAL_FOREVER), "wait");
}
static void open_condition(void)
{
    must(shoal_lock_open(&lock, segment, "cl", 2, 0), "lock");
    must(shoal_condition_open(&object, segment, "c", 1, lock), "condition");
}
static void acquire_its_lock(void)
{
    must(shoal_lock_acquire(lock, false, SHOAL_FOREVER), "acquire");
}
static void release_its_lock(void)
{
    must(shoal_lock_release(lock), "release");
}
static void wait_notified(void)
{
    must(shoal_condition_wait(object, lock, SHOAL_FOREVER), "wait");
}
static void notify(void)
{
    uint32_t notified;
    must(shoal_condition_notify(&notified, object, lock, 1), "notify");
    release_its_lock();
}
static void take_and_notify(void)
{
    acquire_its_lock();
    notify();
}
static void open_barrier(void)
{
    must(shoal_barrier_open(&object, segment, "b", 1, 2), "barrier");
}
static void meet(void)
{
    uint32_t index;
    must(shoal_barrier_wait(&index, object, SHOAL_FOREVER), "meet");
}

/* hold: before, by who gives. before: by who waits; after: by who waits, in the end. */
static const struct kind {
    const char *name;
    void (*open)(void), (*hold)(void), (*give)(void), (*before)(void), (*wait)(void), (*after)(void);
    bool waiter_first; /* the giver cannot begin before: it needs what the waiter gives up */
} kinds[] = {
    {"lock", open_lock, acquire, release, nothing, acquire, release, false},
    {"read", open_rwlock, write_it, unlock, nothing, read_it, unlock, false},
    {"write_after_read", open_rwlock, read_it, unlock, nothing, write_it, unlock, false},
    {"write_after_write", open_rwlock, write_it, unlock, nothing, write_it, unlock, false},
    {"semaphore", open_semaphore, take_permit, give_permit, nothing, take_permit, give_permit, false},
    {"signal", open_signal, nothing, give_permit, nothing, take_permit, nothing, false},
    {"event", open_event, clear, set, nothing, wait_set, nothing, false},
    {"counter", open_counter, nothing, add, look, wait_value, nothing, false},
    {"condition", open_condition, nothing, take_and_notify, acquire_its_lock, wait_notified, release_its_lock, true},
    {"barrier", open_barrier, nothing, meet, nothing, meet, nothing, false},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* ---- Those who are stepped: they stop before their call and after it ---- */

static void join_segment(const struct kind *kind)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    must(shoal_open(&segment, shoal_context_new(), name, NULL), "open");
    kind->open();
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static pid_t start(const struct kind *kind, bool waits)
{
    fflush(stdout);
    pid_t child = fork();
    if (child)
        return child;
    join_segment(kind);
    for (;;) {
        waits ? kind->before() : kind->hold();
        raise(SIGSTOP);
        waits ? kind->wait() : kind->give();
        raise(SIGSTOP);
        if (waits)
            kind->after();
    }
}

struct party {
    pid_t pid;
    bool runs; /* set going; it stops by itself at the end of its call */
};

static void go_on(struct party *party)
{
    ptrace(PTRACE_CONT, party->pid, NULL, NULL);
    party->runs = true;
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool has_stopped(struct party *party)
{
    int status;
    if (party->runs && waitpid(party->pid, &status, WNOHANG) == party->pid) {
        if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGSTOP) {
            printf("FAILED: it ended: %#x\n", status);
            exit(2);
        }
        party->runs = false;
    }
    return !party->runs;
}

/* Until all that run have stopped, or for so long. */
static bool wait_for(struct party *a, struct party *b, double seconds)
{
    double end = seconds_now() + seconds;
    for (;;) {
        bool first = has_stopped(a), second = has_stopped(b);
        if ((first && second) || seconds_now() > end)
            return first && second;
        nanosleep(&(struct timespec){0, 20000}, NULL);
    }
}

/* The next instruction, and is it the one that puts it to sleep? */
static unsigned long next_instruction(pid_t pid, bool *sleeps)
{
    struct user_regs_struct registers;
    ptrace(PTRACE_GETREGS, pid, NULL, &registers);
    *sleeps = registers.rax == SYS_futex && (registers.rsi & FUTEX_CMD_MASK) == FUTEX_WAIT &&
              (ptrace(PTRACE_PEEKTEXT, pid, (void *)registers.rip, NULL) & 0xffff) == 0x050f;
    return registers.rip;
}

/* The way that a call takes to its sleep: the same each time, so most of it need not be stepped again. */
struct way {
    unsigned long at[LONGEST];
    int length;         /* to the sleep; LONGEST: it does not sleep, and its call is short */
    int end;            /* how many instructions it takes */
    int shortcut;       /* where on the way stepping may begin; 0: at the beginning */
    unsigned long near; /* the instruction there, which comes once on the way */
};

static int times_on(const struct way *way, unsigned long instruction)
{
    int times = 0;
    for (int i = 0; i < way->length; i++)
        times += way->at[i] == instruction;
    return times;
}

/* The last instruction before `at` that comes once each time the way is gone; the one there was, if there is none. */
static void find_shortcut(struct way *way, const struct way *another_time, int at)
{
    for (int i = at; i > at - 60 && i > way->shortcut; i--)
        if (times_on(way, way->at[i]) == 1 && times_on(another_time, way->at[i]) == 1) {
            way->near = way->at[i];
            way->shortcut = i;
        }
}

/* Run to the shortcut's instruction, by a breakpoint there. It may go another way for once, and be asleep: stopped then. */
static bool run_ahead(struct party *party, const struct way *way)
{
    struct user_regs_struct registers;
    int status;
    double end = seconds_now() + 0.05;
    long code = ptrace(PTRACE_PEEKTEXT, party->pid, (void *)way->near, NULL);
    ptrace(PTRACE_POKETEXT, party->pid, (void *)way->near, (void *)((code & ~0xffL) | 0xcc));
    ptrace(PTRACE_CONT, party->pid, NULL, NULL);
    while (waitpid(party->pid, &status, WNOHANG) == 0) {
        if (seconds_now() > end) {
            kill(party->pid, SIGSTOP);
            end += 5;
        }
        nanosleep(&(struct timespec){0, 20000}, NULL);
    }
    ptrace(PTRACE_POKETEXT, party->pid, (void *)way->near, (void *)code);
    if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP)
        return false;
    ptrace(PTRACE_GETREGS, party->pid, NULL, &registers);
    registers.rip = way->near;
    ptrace(PTRACE_SETREGS, party->pid, NULL, &registers);
    return true;
}

/* So many instructions, fewer if it is about to sleep before: how many. -1: it came to its end. */
static int step(struct party *party, const struct way *way, int instructions)
{
    int done = 0, status;
    bool sleeps = false;
    if (way->shortcut && instructions >= way->shortcut) {
        if (!run_ahead(party, way))
            return 0;
        done = way->shortcut;
    }
    for (next_instruction(party->pid, &sleeps); done < instructions && !sleeps; done++) {
        ptrace(PTRACE_SINGLESTEP, party->pid, NULL, NULL);
        waitpid(party->pid, &status, 0);
        if (!WIFSTOPPED(status))
            exit(2);
        if (WSTOPSIG(status) == SIGSTOP)
            return -1;
        if (done >= way->length - 2 * NEAR)
            next_instruction(party->pid, &sleeps);
    }
    return done;
}

/* The same to its sleep or its end, noting the way. */
static void learn(struct party *party, struct way *way)
{
    int status;
    bool sleeps = false;
    memset(way, 0, sizeof *way);
    way->at[0] = next_instruction(party->pid, &sleeps);
    while (way->length < LONGEST - 1 && !sleeps) {
        ptrace(PTRACE_SINGLESTEP, party->pid, NULL, NULL);
        waitpid(party->pid, &status, 0);
        if (!WIFSTOPPED(status))
            exit(2);
        if (WSTOPSIG(status) == SIGSTOP) {
            party->runs = false;
            way->end = way->length;
            way->length = LONGEST;
            return;
        }
        way->at[++way->length] = next_instruction(party->pid, &sleeps);
    }
    way->end = way->length;
}

/* ---- One meeting ---- */

struct pair {
    struct party waiter, giver;
};

/* Both before their calls: first who waits gives back what it had, then the other takes it. */
static void ready(struct pair *pair, bool first_time)
{
    struct party *both[] = {&pair->waiter, &pair->giver};
    for (int i = 0; i < 2; i++) {
        if (first_time)
            both[i]->runs = true;
        else
            go_on(both[i]);
        if (!wait_for(both[i], both[i], 5)) {
            printf("FAILED: it does not come back\n");
            exit(2);
        }
    }
}

static void rest(double seconds)
{
    nanosleep(&(struct timespec){0, (long)(seconds * 1e9)}, NULL);
}

/* Who is stopped, and when the other runs. */
enum mode {
    WAITER_STOPPED, /* the giver runs while the waiter is on its way to its sleep */
    GIVER_STOPPED,  /* the waiter goes to its sleep while the giver is in the midst of giving */
    GIVER_LATE      /* the same, and it sleeps already when the giver begins */
};
static const char *const mode_names[] = {"waiter stopped", "giver stopped", "giver stopped late"};

/* Before the one is stepped: a sleeper sleeps. */
static void begin(struct pair *pair, enum mode mode)
{
    if (mode != GIVER_LATE)
        return;
    go_on(&pair->waiter);
    rest(0.001);
}

/* Seconds from when both run. The one that is stopped is at its instruction, or at its end (done -1). */
static double let_meet(struct pair *pair, enum mode mode, int done)
{
    struct party *stopped = mode == WAITER_STOPPED ? &pair->waiter : &pair->giver;
    struct party *other = mode == WAITER_STOPPED ? &pair->giver : &pair->waiter;
    if (mode != GIVER_LATE)
        go_on(other);
    if (mode == WAITER_STOPPED)
        wait_for(other, other, 0.0015);
    else
        rest(0.0005); /* it is asleep now, if it has to be */
    double start = seconds_now();
    if (done >= 0)
        go_on(stopped);
    if (!wait_for(&pair->waiter, &pair->giver, 5)) {
        printf("FAILED: it waits for ever\n");
        exit(2);
    }
    return seconds_now() - start;
}

static bool is_wanted(int at, int length)
{
    if (length == LONGEST) /* it does not sleep */
        return every_instruction || at < 300 || at % 13 == 0;
    return every_instruction || at + NEAR > length || at % STRIDE == 0;
}

static double chance(void)
{
    static unsigned long long state;
    state = (state ? state : seed * 2 + 1) * 6364136223846793005u + 1442695040888963407u;
    return (double)(state >> 40) / (double)(1 << 24);
}

/* Which part of the wanted instructions is looked at. */
static double share_of(const struct way *way)
{
    int wanted = 0;
    for (int at = 0; at <= way->end; at++)
        wanted += is_wanted(at, way->length);
    return most_meetings && most_meetings < wanted ? (double)most_meetings / wanted : 1;
}

static void run(const struct kind *kind, enum mode mode)
{
    struct pair pair = {{start(kind, true), true}, {start(kind, false), true}};
    struct party *stopped = mode == WAITER_STOPPED ? &pair.waiter : &pair.giver;
    static struct way way, another_time;
    int done = 0, meetings = 0;
    double began = seconds_now(), slowest = 0;
    ready(&pair, true);
    let_meet(&pair, WAITER_STOPPED, 0); /* what is done at the first time only is done now */
    for (int i = 0; i < 3; i++) {
        ready(&pair, false);
        begin(&pair, mode);
        learn(stopped, i ? &way : &another_time);
        let_meet(&pair, mode, (i ? &way : &another_time)->length == LONGEST ? -1 : 0);
    }
    double share = share_of(&way);
    for (int at = 0; at <= way.length && done >= 0; at++) {
        double seconds = 1;
        if (!is_wanted(at, way.length) || chance() > share)
            continue;
        if (way.length != LONGEST && at > way.shortcut + 60)
            find_shortcut(&way, &another_time, at);
        for (int i = 0; i < TRIES && seconds > AS_SOON_AS; i++) {
            ready(&pair, false);
            begin(&pair, mode);
            done = step(stopped, &way, at);
            seconds = let_meet(&pair, mode, done);
        }
        meetings++;
        meetings_in_all++;
        slowest = seconds > slowest ? seconds : slowest;
        if (seconds > AS_SOON_AS) {
            printf("VIOLATION in %s, %s at instruction %d: a wake-up is lost (%.1f ms)\n", kind->name, mode_names[mode],
                   at, seconds * 1e3);
            violations++;
            at += 20;
        }
    }
    kill(pair.waiter.pid, SIGKILL);
    kill(pair.giver.pid, SIGKILL);
    waitpid(pair.waiter.pid, NULL, 0);
    waitpid(pair.giver.pid, NULL, 0);
    printf("%-18s %-18s at %4d instructions, slowest %.1f ms, %.1f s\n", kind->name, mode_names[mode], meetings,
           slowest * 1e3, seconds_now() - began);
    fflush(stdout);
}

/* ---- Both try to take it ---- */

static _Atomic int *has; /* shared: [0] the first, [1] the second has it */

static bool try_lock(void)
{
    return shoal_lock_acquire(object, false, SHOAL_NO_WAIT) >= 0;
}
static bool try_read(void)
{
    return shoal_rwlock_read(object, SHOAL_NO_WAIT) >= 0;
}
static bool try_write(void)
{
    return shoal_rwlock_write(object, SHOAL_NO_WAIT) >= 0;
}
static bool try_permit(void)
{
    return shoal_semaphore_acquire(object, SHOAL_NO_WAIT) >= 0;
}

static const struct contest {
    const char *name;
    void (*open)(void);
    bool (*first)(void), (*second)(void); /* the first is stopped */
    void (*give)(void);
} contests[] = {
    {"two_lock", open_lock, try_lock, try_lock, release},
    {"a_reader_and_a_writer", open_rwlock, try_read, try_write, unlock},
    {"a_writer_and_a_reader", open_rwlock, try_write, try_read, unlock},
    {"two_write", open_rwlock, try_write, try_write, unlock},
    {"two_take_a_permit", open_semaphore, try_permit, try_permit, give_permit},
};
enum { CONTESTS = sizeof contests / sizeof *contests };

/* Stops before it tries, and when it has it, or not. */
static pid_t start_trying(const struct contest *contest, int number)
{
    fflush(stdout);
    pid_t child = fork();
    if (child)
        return child;
    join_segment((struct kind[]){{.open = contest->open}});
    for (;;) {
        raise(SIGSTOP);
        has[number] = number ? contest->second() : contest->first();
        raise(SIGSTOP);
        if (has[number])
            contest->give();
        has[number] = 0;
    }
}

/* The first is stopped after `at` instructions. True: it was not at its end before. */
static bool let_try(struct pair *pair, const struct contest *contest, const struct way *way, int at)
{
    ready(pair, false);
    int done = step(&pair->waiter, way, at);
    go_on(&pair->giver);
    wait_for(&pair->giver, &pair->giver, 5);
    if (done >= 0)
        go_on(&pair->waiter);
    if (!wait_for(&pair->waiter, &pair->giver, 5))
        printf("FAILED: it does not come back\n"), exit(2);
    if (has[0] && has[1]) {
        printf("VIOLATION in %s at instruction %d: both have it\n", contest->name, at);
        violations++;
    }
    return done >= 0;
}

static void run_contest(const struct contest *contest)
{
    struct pair pair = {{start_trying(contest, 0), true}, {start_trying(contest, 1), true}};
    static const struct way way = {.length = LONGEST};
    int at = 0, firsts = 0, seconds = 0;
    ready(&pair, true);
    go_on(&pair.waiter); /* each once, for what is done at the first time only */
    wait_for(&pair.waiter, &pair.waiter, 5);
    go_on(&pair.giver);
    wait_for(&pair.giver, &pair.giver, 5);
    for (; let_try(&pair, contest, &way, at) && violations < 5; at++) {
        firsts += has[0];
        seconds += has[1];
    }
    kill(pair.waiter.pid, SIGKILL);
    kill(pair.giver.pid, SIGKILL);
    waitpid(pair.waiter.pid, NULL, 0);
    waitpid(pair.giver.pid, NULL, 0);
    printf("%-24s stopped at %4d instructions: the first had it %d times, the second %d\n", contest->name, at, firsts,
           seconds);
    if (!firsts || !seconds) {
        printf("VIOLATION in %s: one of them never had it\n", contest->name);
        violations++;
    }
    fflush(stdout);
}

static char **chosen;
static int chosen_count;

static bool is_chosen(const char *kind)
{
    for (int i = 0; i < chosen_count; i++)
        if (strcmp(chosen[i], kind) == 0)
            return true;
    return chosen_count == 0;
}

static void read_arguments(int count, char **arguments)
{
    int i = 1;
    for (; i < count && arguments[i][0] == '-'; i++)
        if (strcmp(arguments[i], "--all") == 0)
            every_instruction = true;
        else if (strcmp(arguments[i], "--meetings") == 0 && i + 1 < count)
            most_meetings = atoi(arguments[++i]);
        else if (strcmp(arguments[i], "--seed") == 0 && i + 1 < count)
            seed = strtoul(arguments[++i], NULL, 10);
    chosen = arguments + i;
    chosen_count = count - i;
}

int main(int count, char **arguments)
{
    shoal_segment *mine;
    shoal_context *context = shoal_context_new();
    snprintf(name, sizeof name, "test-wakes-%d", (int)getpid());
    double began = seconds_now();
    read_arguments(count, arguments);
    must(shoal_create(&mine, context, name, NULL), "create");
    has = mmap(NULL, 2 * sizeof *has, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < CONTESTS; i++)
        if (is_chosen(contests[i].name))
            run_contest(&contests[i]);
    for (int i = 0; i < KINDS; i++) {
        if (!is_chosen(kinds[i].name))
            continue;
        run(&kinds[i], WAITER_STOPPED);
        if (!kinds[i].waiter_first)
            run(&kinds[i], GIVER_STOPPED);
        run(&kinds[i], GIVER_LATE);
    }
    shoal_segment_unlink(mine);
    shoal_context_free(context);
    printf("%d violations; replay: --seed %lu, or that kind alone with --all\n", violations, seed);
    printf("{\"tool\": \"wakes\", \"seed\": %lu, \"seconds\": %.1f, \"meetings\": %d, \"violations\": %d}\n", seed,
           seconds_now() - began, meetings_in_all, violations);
    return violations > 0;
}
