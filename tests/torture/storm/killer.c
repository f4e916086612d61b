/*
 * The kill storm: workers of several kinds (C with glibc, with musl, of 32 bits, forked without exec, Python, PHP), half of
 * them in PID namespaces of their own, work on one segment, and are killed, stopped and continued at random moments. They
 * fork children that live on, become other programs, are huge, dump core. What each acknowledged is noted outside of the
 * segment (journal.h); the judge (judge.c) finds it again after each death, while all are stopped, and in the end. Masters
 * work as prefork servers do (masters.c): they fork workers, which they kill, and are killed themselves. check() is called
 * every N decisions only: it would order those who meet.
 *
 *   storm [--seconds S] [--kills N] [--decisions N] [--seed S] [--writers W] [--masters M] [--readers R] [--heap MiB]
 *         [--names N] [--check N] [--keep 1] [--kind NAME=COMMAND]…
 *
 * --names: nearly all they do is to store, read and remove values of so many names, few or many, that are everybody's, and of their own.
 *
 * It ends at whichever comes first of --seconds, --kills and --decisions. The seed decides who is killed or stopped, how, in which
 * order, after which pause, and what each worker chooses to do; not how the host schedules them.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "storm.h"

enum { PATIENCE = 30 }; /* seconds in which everybody must get on; children that idle live longer than that */

struct place places[WORKERS];

static bool ending;

/* ---- Deaths ---- */

static void ended_by_itself(int place, int state)
{
    wrong(WIFEXITED(state) && WEXITSTATUS(state) == 3 ? "found by a worker, see above" : "a worker ended by itself",
          place, state);
}

static bool is_huge(int place)
{
    return options.heap && place == options.writers - 1;
}

static void count_core(int state)
{
    if (!WIFSIGNALED(state) || !WCOREDUMP(state))
        return;
    struct stat core;
    figures.cores++;
    if (stat("core", &core) == 0 && core.st_blocks * 512 > 256 << 20)
        wrong("a core dump with the segment in it", core.st_blocks * 512, 0);
    unlink("core");
}

/* It has ended: by our hand? */
static void bury(int number)
{
    struct place *place = &places[number];
    int state;
    if (waitpid(place->pid, &state, 0) != place->pid || !WIFSIGNALED(state) || WTERMSIG(state) != place->sent)
        ended_by_itself(number, state);
    count_core(state);
    if (is_huge(number)) {
        double took = (double)(shoal_now() - place->changed) / 1e9;
        figures.longest_end = took > figures.longest_end ? took : figures.longest_end;
        figures.huge++;
    }
    figures.kills++;
    figures.alone += place->alone;
    options.kinds[place->kind].kills++;
    place->pid = 0;
    place->dying = false;
    place->unjudged = true;
}

/* Children whose parents were killed are ours now. They end well, or were killed: by us, or just before by their master. */
static void bury_orphan(pid_t pid)
{
    int state;
    waitpid(pid, &state, 0);
    bool killed = WIFSIGNALED(state) && WTERMSIG(state) == SIGKILL;
    if (state != 0 && !killed)
        wrong("a child that outlived its parent did not end well", pid, state);
    figures.orphans++;
    figures.orphans_killed += killed;
}

/* One of our children that is in no place: its number is nobody else's until we have waited for it. */
static void kill_orphan(uint32_t which)
{
    char path[64];
    pid_t orphans[256];
    int pid, count = 0, number;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *file = fopen(path, "r");
    while (file && count < 256 && fscanf(file, "%d", &pid) == 1) {
        for (number = 0; number < WORKERS && places[number].pid != pid;)
            number++;
        if (number == WORKERS)
            orphans[count++] = pid;
    }
    if (file)
        fclose(file);
    if (count > 0)
        kill(orphans[which % (uint32_t)count], SIGKILL);
}

/* false: there is no process of ours any more. */
static bool bury_the_dead(void)
{
    for (;;) {
        siginfo_t info = {.si_pid = 0};
        int number = 0;
        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
            return false;
        if (info.si_pid == 0)
            return true;
        while (number < WORKERS && places[number].pid != info.si_pid)
            number++;
        if (number < WORKERS)
            bury(number);
        else
            bury_orphan(info.si_pid);
    }
}

static bool anybody_stopped(void)
{
    for (int i = 0; i < everybody(); i++)
        if (places[i].stopped)
            return true;
    return false;
}

/* Not while one is stopped who may hold what the judge, or who is new, must wait for. */
static void judge_and_restart(void)
{
    if (anybody_stopped() || ending)
        return;
    for (int i = 0; i < everybody(); i++)
        if (places[i].unjudged) {
            judge_dead(i);
            start_worker(i);
        }
}

/* ---- Decisions ---- */

enum action { KILL, KILL_SEVERAL, STOP, STOP_LONG, KILL_STOPPED, CRASH, FREEZE, KILL_HUGE };

struct decision {
    enum action action;
    int victim;
    uint32_t pause, number; /* µs before it; of victims, or of decisions until a stop ends */
    uint32_t aims;          /* strike when the victim has begun something; 2: and the segment is just being changed */
};

static uint64_t decision_state;

static uint32_t draw(uint32_t limit)
{
    decision_state ^= decision_state << 13;
    decision_state ^= decision_state >> 7;
    decision_state ^= decision_state << 17;
    return (uint32_t)((decision_state * 0x2545f4914f6cdd1du) >> 33) % limit;
}

static enum action some_action(uint32_t roll)
{
    static const struct {
        uint32_t below;
        enum action action;
    } table[] = {{720, KILL},         {780, KILL_SEVERAL}, {880, STOP},   {884, STOP_LONG},
                 {940, KILL_STOPPED}, {975, CRASH},        {992, FREEZE}, {1000, KILL_HUGE}};
    int i = 0;
    while (roll >= table[i].below)
        i++;
    return table[i].action;
}

static int some_victim(void)
{
    int count = everybody(), victim = (int)draw((uint32_t)count);
    uint32_t mercy = draw(8);
    for (int i = 0; i < count && (is_huge(victim) || (mercy && options.kinds[places[victim].kind].slow)); i++)
        victim = (victim + 1) % count;
    return victim;
}

static struct decision decide(void)
{
    struct decision it = {.action = some_action(draw(1000)), .victim = some_victim()};
    it.pause = draw(8) ? draw(1200) : draw(8000);
    it.number = draw(1u << 20);
    it.aims = draw(3);
    uint32_t words[] = {(uint32_t)it.action, (uint32_t)it.victim, it.pause, it.number};
    for (int i = 0; i < 4; i++)
        figures.checksum = (figures.checksum ^ words[i]) * 16777619u;
    figures.decisions++;
    return it;
}

static void send(int number, int signal)
{
    struct place *place = &places[number];
    if (!place->pid || place->dying)
        return;
    if (signal != SIGSTOP && signal != SIGCONT)
        place->sent = signal;
    kill(place->pid, signal);
}

static void go_on(int number)
{
    send(number, SIGCONT);
    places[number].stopped = false;
    places[number].changed = shoal_now();
}

/* Its end may take a while: all others go on meanwhile. */
static void end_one(int number, int signal)
{
    struct place *place = &places[number];
    if (!place->pid || place->dying)
        return;
    signal = place->alone ? SIGKILL : signal; /* process 1 of a namespace ignores others from outside */
    send(number, signal);
    if (signal != SIGKILL && place->stopped)
        go_on(number);
    place->dying = true;
    place->stopped = false;
    place->changed = shoal_now();
}

static void stop(int number, uint32_t until)
{
    struct place *place = &places[number];
    int state;
    if (!place->pid || place->dying || place->stopped)
        return;
    send(number, SIGSTOP);
    if (waitpid(place->pid, &state, WUNTRACED) != place->pid || !WIFSTOPPED(state))
        ended_by_itself(number, state);
    place->stopped = true;
    place->until = until;
    figures.stops++;
}

static void freeze(const struct decision *it)
{
    int count = everybody();
    for (int i = 0; i < count; i++)
        stop(i, UINT32_MAX);
    judge_frozen();
    figures.freezes++;
    for (uint32_t i = 0; i < it->number % 5; i++)
        end_one((it->victim + (int)i) % count, SIGKILL);
    for (int i = 0; i < count; i++)
        if (places[i].stopped)
            go_on(i);
}

/* One that is huge takes long to end, and what it holds is held until then. */
static void kill_huge(const struct decision *it)
{
    int number = options.writers - 1;
    if (options.heap && *place_word(number, HEAP) == options.heap)
        end_one(number, it->number % 4 ? SIGKILL : SIGSEGV);
}

static bool in_flight(int number)
{
    volatile uint32_t *note = place_word(number, 0);
    for (int word = KEY; word < ARRAY + 2 * ARRAYS; word += 2)
        if (note[word] != note[word + 1])
            return true;
    return false;
}

/* Until it has begun something; or that, and the segment is just being changed. Or soon: it may not be on a processor. */
static void take_aim(int number, uint32_t aims, uint32_t nanoseconds)
{
    shoal_time now = shoal_now(), patience = now + 500000;
    while (now < patience && !(in_flight(number) && (aims < 2 || judge_sees_change())))
        now = shoal_now();
    for (patience = now + nanoseconds; now < patience;)
        now = shoal_now();
}

static void carry_out(const struct decision *it)
{
    int count = everybody();
    if (it->aims && places[it->victim].mode != MODE_READER && !places[it->victim].stopped)
        take_aim(it->victim, it->aims, it->number % (it->aims < 2 ? 30000 : 1000));
    if (it->number % 16 == 0)
        kill_orphan(it->number / 16);
    switch (it->action) {
    case KILL:
        end_one(it->victim, SIGKILL);
        break;
    case KILL_SEVERAL:
        for (uint32_t i = 0; i < 2 + it->number % 4; i++)
            if (!is_huge((it->victim + (int)i) % count) &&
                !options.kinds[places[(it->victim + (int)i) % count].kind].slow)
                end_one((it->victim + (int)i) % count, SIGKILL);
        break;
    case STOP:
    case STOP_LONG:
        stop(it->victim, figures.decisions + (it->action == STOP ? it->number % 4 : 100 + it->number % 100));
        break;
    case KILL_STOPPED:
        stop(it->victim, figures.decisions);
        end_one(it->victim, SIGKILL);
        break;
    case CRASH:
        end_one(it->victim, SIGSEGV);
        break;
    case FREEZE:
        freeze(it);
        break;
    case KILL_HUGE:
        kill_huge(it);
    }
}

static void rest(uint32_t us)
{
    struct timespec moment = {0, (long)us * 1000};
    nanosleep(&moment, NULL);
}

/* ---- The storm ---- */

static void let_go_on(uint32_t now)
{
    for (int i = 0; i < everybody(); i++)
        if (places[i].stopped && places[i].until <= now)
            go_on(i);
}

static void watch_progress(void)
{
    bool stopped = anybody_stopped();
    shoal_time now = shoal_now();
    for (int i = 0; i < everybody(); i++) {
        struct place *place = &places[i];
        uint32_t operations = *place_word(i, OPERATIONS);
        if (operations != place->operations || stopped || !place->pid || place->dying || is_huge(i)) {
            place->operations = operations;
            place->changed = now;
        } else if (now - place->changed > PATIENCE * (shoal_time)1000000000) {
            wrong("a worker makes no progress", i, operations);
        }
    }
}

static void after(void)
{
    static uint32_t checked;
    bury_the_dead();
    judge_and_restart();
    watch_progress();
    if (figures.decisions >= checked + options.check && !anybody_stopped()) {
        judge_check("check() after a kill");
        checked = figures.decisions;
    }
}

static void storm(void)
{
    shoal_time until = shoal_deadline(options.seconds), released = shoal_now();
    for (int i = 0; i < everybody(); i++)
        start_worker(i);
    while (figures.kills < options.kills && figures.decisions < options.decisions && shoal_now() < until) {
        alarm(4 * PATIENCE);
        struct decision it = decide();
        rest(it.pause);
        carry_out(&it);
        let_go_on(figures.decisions);
        after();
        if (shoal_now() - released > (PATIENCE + 10) * (shoal_time)1000000000) {
            journal[RELEASE]++;
            released = shoal_now();
        }
    }
}

static void wait_for(bool (*is_so)(int), const char *what)
{
    shoal_time deadline = shoal_deadline(2 * PATIENCE);
    for (int i = 0; i < everybody(); i++)
        for (; !is_so(i); rest(200)) {
            bury_the_dead();
            judge_and_restart();
            if (shoal_now() > deadline)
                wrong(what, i, *place_word(i, OPERATIONS));
        }
}

static bool gets_on(int number)
{
    return is_huge(number) || (places[number].pid && !places[number].dying &&
                               *place_word(number, OPERATIONS) != places[number].operations);
}

static bool is_dead(int number)
{
    return !places[number].pid;
}

/* Everybody gets on once more; then everybody ends, and the children that were left. */
static void calm(void)
{
    int count = everybody();
    alarm(8 * PATIENCE);
    let_go_on(UINT32_MAX);
    for (int i = 0; i < count; i++)
        places[i].operations = *place_word(i, OPERATIONS);
    wait_for(gets_on, "a worker makes no progress in the end");
    ending = true;
    for (int i = 0; i < count; i++)
        end_one(i, SIGKILL);
    wait_for(is_dead, "a worker does not end");
    for (int i = 0; i < count; i++)
        judge_dead(i);
    journal[RELEASE]++;
    for (shoal_time deadline = shoal_deadline(PATIENCE); bury_the_dead(); rest(1000))
        if (shoal_now() > deadline)
            wrong("a child that outlived its parent does not end", 0, 0);
}

int main(int count, char **arguments)
{
    struct rlimit core = {64 << 20, 64 << 20};
    read_options(count, arguments);
    place_kinds();
    random_seed(options.seed);
    decision_state = random_number();
    on_violation = wrong;
    figures.began = shoal_now();
    snprintf(segment_name, sizeof segment_name, "test-storm-%d", (int)getpid());
    make_journal();
    setrlimit(RLIMIT_CORE, &core);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    signal(SIGALRM, hangs);
    signal(SIGTERM, stopped_from_outside);
    signal(SIGINT, stopped_from_outside);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    printf("storm: seed %llu, %d writers, %d readers\n", (unsigned long long)options.seed, options.writers,
           options.readers);
    judge_begin();
    storm();
    calm();
    judge_end();
    options.keep = false;
    tidy();
    print_figures(0);
    return 0;
}
