/*
 * Deaths and pauses at named places (core/platform/point.h), of several processes at once, each at a place of its own:
 *
 *   die:P#K          the victim dies the K-th time that it comes to point P; others go on
 *   park:P#K         it stops there, alive; others end their calls, or are seen to wait; then it goes on
 *   die:P#K die:Q#L  the victim dies at P, who comes next dies at Q: a thief, a reaper, a recoverer; a third goes on
 *   park:P#K die:Q#L the victim stands at P, and who comes next dies at Q
 *
 * In a scene (points_scenes.h) somebody prepares a segment, some die before it begins, a partner holds or waits, the
 * victim does its call, a second one and a third come. In the end nothing is wrong, nothing is left over, what was
 * acknowledged is there, nobody had what another had, who took over from the dead was told so, and all got on in time.
 *
 *   points [--seed N] [--seconds N] [--pairs N | --all] [--case CASE] [--list] [SCENE...]
 *
 * Built with the whole core: cc -DSHOAL_POINTS -Wl,--wrap=shoal__wait,--wrap=open64 -Icore -Icore/include points.c core/[a-z]*[a-z]/[a-z]*.c
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "platform/futex.h"
#include "platform/point.h"
#include "shoal.h"

enum { MOST_POINTS = 200, MOST_WORKERS = 16, MOST_KEPT = 12 };
enum role { VICTIM, PARTNER, SECOND, THIRD, ROLES, NOBODY };
static const char *const role_names[] = {"the victim", "the partner", "the second", "the third", "nobody"};

#define BOUND 10.0 /* seconds until somebody who may get on has; a slice has 0.1, the machine may be busy */

/* ---- The board: what the processes of one case share ---- */

enum state { STARTING = 1, READY = 2, RUNNING = 4, ASLEEP = 8, PARKED = 16, DYING = 32, DONE = 64, GONE = 128 };

struct seat {
    _Atomic uint32_t state, told; /* told: go, then leave */
    _Atomic uint32_t sleeps;      /* since it was told to go */
    _Atomic uint32_t hits[MOST_POINTS];
    _Atomic int acknowledged, at, died, armed;
    int stop_at, stop_hit;
    bool park;
    pid_t pid;
    char wrong[300];
};

static struct board {
    _Atomic uint32_t bell;
    struct seat seat[ROLES];
    _Atomic int holds[MOST_KEPT]
                     [ROLES + 1]; /* from when the call that took it returned; the last: of who died before */
    _Atomic int read_done, somebody_died;
} * board;

static struct totals {
    _Atomic long cases, deaths, parks, second_deaths, slept, violations, missed;
    _Atomic long reached[MOST_POINTS], died_at[MOST_POINTS], parked_at[MOST_POINTS];
    _Atomic long next_unit;
    _Atomic uint32_t slowest; /* us from the death, or from the go of who was parked, until all had got on */
} * totals;

extern const char *const __start_shoal_points[], *const __stop_shoal_points[];

static int point_count(void)
{
    return (int)(__stop_shoal_points - __start_shoal_points);
}

static const char *point_name(int point)
{
    return __start_shoal_points[point];
}

static enum role me = NOBODY;
static pid_t my_pid; /* a child that was forked in the victim's call has another: its death is not the victim's */

static void futex_wait(_Atomic uint32_t *word, uint32_t expected, double seconds)
{
    struct timespec time = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    syscall(SYS_futex, word, FUTEX_WAIT, expected, &time, NULL, 0);
}

static void ring(void)
{
    board->bell++;
    syscall(SYS_futex, &board->bell, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

static void set_state(enum state state)
{
    board->seat[me].state = state;
    ring();
}

static void wait_to_be_told(uint32_t what)
{
    struct seat *seat = &board->seat[me];
    for (uint32_t told; (told = seat->told) < what;)
        futex_wait(&seat->told, told, 60);
}

static void tell(enum role role, uint32_t what)
{
    struct seat *seat = &board->seat[role];
    if (seat->told < what)
        seat->told = what;
    syscall(SYS_futex, &seat->told, FUTEX_WAKE, 1, NULL, NULL, 0);
}
enum { GO = 1, GO_ON = 2, LEAVE = 3 };

/* The first thing that is wrong in this process; it goes no further. */
__attribute__((format(printf, 1, 2), noreturn)) static void wrong(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    if (me < ROLES) {
        vsnprintf(board->seat[me].wrong, sizeof board->seat[me].wrong, format, list);
        ring();
        _exit(9);
    }
    vprintf(format, list);
    printf("\n");
    fflush(stdout);
    _exit(2);
}

static void stop_here(struct seat *seat, int point)
{
    seat->at = point + 1;
    if (!seat->park) {
        totals->died_at[point]++;
        if (getpid() == my_pid) {
            seat->died = 1;
            board->somebody_died = 1;
            set_state(DYING);
        }
        kill(getpid(), SIGKILL);
        pause();
    }
    totals->parked_at[point]++;
    set_state(PARKED);
    wait_to_be_told(GO_ON);
    set_state(RUNNING);
}

void shoal__point(const char *const *name)
{
    if (me >= ROLES || !board->seat[me].armed)
        return;
    struct seat *seat = &board->seat[me];
    int point = (int)(name - __start_shoal_points), hit = (int)++seat->hits[point];
    totals->reached[point]++;
    if (point == seat->stop_at && hit == seat->stop_hit)
        stop_here(seat, point);
}

/* Every sleep of the core's, so that others see who sleeps. */
enum shoal_woken __real_shoal__wait(const shoal_word *word, uint32_t expected, shoal_time slice);
enum shoal_woken __wrap_shoal__wait(const shoal_word *word, uint32_t expected, shoal_time slice)
{
    if (me >= ROLES || !board->seat[me].armed)
        return __real_shoal__wait(word, expected, slice);
    board->seat[me].sleeps++;
    set_state(ASLEEP);
    enum shoal_woken woken = __real_shoal__wait(word, expected, slice);
    set_state(RUNNING);
    return woken;
}

static bool no_tmpfile; /* as on file systems that have none */

/* open64 where file offsets are asked to have 64 bits. */
int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    int mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(list, int) : 0;
    va_end(list);
    if (no_tmpfile && (flags & O_TMPFILE) == O_TMPFILE) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return __real_open64(path, flags, mode);
}

/* ---- What the scenes are made of ---- */

static char directory[64];
static shoal_context *context;
static shoal_segment *target;

static void must(int status, const char *what)
{
    if (status < 0)
        wrong("%s: %s: %s", what, shoal_status_name(status), shoal_error_message());
}

static shoal_context *new_context(void)
{
    shoal_context *it = shoal_context_new();
    must(it ? shoal_context_set_directory(it, directory) : SHOAL_ENOMEM, "context");
    return it;
}

struct scene {
    const char *name;
    void (*prepare)(void); /* by one who leaves in good order */
    void (*dead)(void);    /* what they had who died before; they die at its end, or at `dead_at` */
    const char *dead_at;
    int dead_hit;
    void (*partner)(void);      /* what a partner has */
    void (*partner_then)(void); /* when the victim sleeps or has stopped; with `waits`: before the victim's call */
    void (*before)(void);       /* the victim */
    int (*act)(void);           /* 1: it was done; 0: it was refused */
    void (*after)(void);        /* gives back what it has then */
    int (*second)(void);        /* who comes next */
    int (*state)(void);         /* VICTIMS, SECONDS: what was done of it; -1: neither old nor new */
    unsigned flags;
};
enum {
    WAITS = 1,    /* the partner waits before the victim begins */
    DETACHED = 2, /* the victim's call begins without a segment */
    READONLY = 4, /* it attaches readonly; it is in nobody's way */
    SHARED = 8,   /* lifetime */
    NO_SEGMENT = 16,
    ADDS = 32,  /* what the second does comes to what the victim did; else takes its place */
    MEET = 64,  /* the victim and the partner pass a barrier, or neither does */
    VAIN = 128, /* the victim waits in vain: the partner gives later */
};
enum { VICTIMS = 1, SECONDS = 2 };

static const struct scene *scene;
static void check_clean(shoal_segment *segment, const char *where);
__attribute__((format(printf, 1, 2))) static void violation(const char *format, ...);

#include "points_scenes.h"

enum { SCENES = sizeof scenes / sizeof *scenes };

/* ---- The processes of a case ---- */

struct stop {
    int point, hit;
    bool park;
};
static const struct stop never = {-1, 0, false};

static const char *case_text;
static bool verbose;

static void sit_down(enum role role, struct stop stop)
{
    struct seat *seat = &board->seat[role];
    memset((void *)seat, 0, sizeof *seat);
    seat->stop_at = stop.point;
    seat->stop_hit = stop.hit;
    seat->park = stop.park;
    seat->state = STARTING;
}

static void attach(bool readonly)
{
    shoal_options options;
    shoal_options_init(&options);
    options.readonly = readonly;
    context = new_context();
    must(shoal_open(&target, context, "target", &options), "open");
    open_all(target);
}

static void leave_in_order(void)
{
    board->seat[me].armed = 0;
    shoal_context_free(context);
    set_state(DONE);
    _exit(0);
}

static void be_victim(void)
{
    struct seat *seat = &board->seat[me];
    if (scene->flags & (DETACHED | NO_SEGMENT))
        context = new_context();
    else
        attach(scene->flags & READONLY);
    if (scene->before)
        scene->before();
    set_state(READY);
    wait_to_be_told(GO);
    seat->armed = 1;
    set_state(RUNNING);
    seat->acknowledged = scene->act();
    seat->armed = 0;
    set_state(DONE);
    wait_to_be_told(LEAVE);
    if (scene->after)
        scene->after();
    leave_in_order();
}

static void be_partner(void)
{
    attach(false);
    if (scene->partner)
        scene->partner();
    set_state(READY);
    wait_to_be_told(GO);
    board->seat[me].armed = 1;
    set_state(RUNNING);
    if (scene->partner_then)
        scene->partner_then();
    leave_in_order();
}

static void be_second(void)
{
    struct seat *seat = &board->seat[me];
    seat->armed = 1;
    set_state(RUNNING);
    if (scene->flags & (NO_SEGMENT | SHARED))
        context = new_context();
    else
        attach(false);
    seat->acknowledged = scene->second();
    leave_in_order();
}

static void be_third(void)
{
    board->seat[me].armed = 1;
    set_state(RUNNING);
    if (scene->flags & (NO_SEGMENT | SHARED)) {
        context = new_context();
        open_or_create_here();
    } else {
        read_everything();
        board->read_done = 1;
        attach(false);
    }
    go_on_with_everything();
    leave_in_order();
}

static void start(enum role role, void (*be)(void), struct stop stop)
{
    sit_down(role, stop);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        me = role;
        my_pid = getpid();
        be();
    }
    board->seat[role].pid = pid;
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int violations_here;

static void violation(const char *format, ...)
{
    char text[600];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    violations_here++;
    totals->violations++;
    printf("VIOLATION in %s: %s\n", case_text, text);
    fflush(stdout);
}

/* It has ended, by itself or because it was to die. */
static void bury(enum role role, int options)
{
    struct seat *seat = &board->seat[role];
    int status;
    if (*seat->wrong && seat->pid && seat->state != GONE)
        kill(seat->pid, SIGKILL);
    if (!seat->pid || seat->state == GONE || waitpid(seat->pid, &status, options) != seat->pid)
        return;
    if (*seat->wrong)
        violation("%s: %s", role_names[role], seat->wrong);
    else if (!seat->died && !(WIFEXITED(status) && WEXITSTATUS(status) == 0))
        violation("%s ended: %#x", role_names[role], (unsigned)status);
    seat->state = GONE;
}

/* How often it is to sleep before it counts as asleep: who is to find that the owner lives sleeps a whole slice out. */
static uint32_t patience_of(enum role role)
{
    return role == SECOND || role == THIRD ? 2 : role == VICTIM && strstr(scene->name, "_long") ? 3 : 1;
}

/* Until it is in one of these states: which; 0: it is not in time. */
static uint32_t until(enum role role, uint32_t states, double bound)
{
    struct seat *seat = &board->seat[role];
    double end = seconds_now() + bound;
    for (;;) {
        uint32_t bell = board->bell, state = seat->state;
        if (state == DYING || *seat->wrong)
            bury(role, 0);
        else
            bury(role, WNOHANG);
        state = seat->state;
        if (state == GONE || (state & states & ~(uint32_t)ASLEEP))
            return state;
        if (state == ASLEEP && (states & ASLEEP) && seat->sleeps >= patience_of(role))
            return state;
        if (seconds_now() > end)
            return 0;
        futex_wait(&board->bell, bell, 0.02);
    }
}

static void kill_all(void)
{
    for (enum role role = 0; role < ROLES; role++)
        if (board->seat[role].pid && board->seat[role].state != GONE) {
            kill(board->seat[role].pid, SIGKILL);
            waitpid(board->seat[role].pid, NULL, 0);
            board->seat[role].state = GONE;
        }
}

/* To its end, in time. */
static bool ends(enum role role)
{
    if (!board->seat[role].pid || until(role, 0, BOUND) == GONE)
        return true;
    violation("%s does not get on (state %u, %u sleeps)", role_names[role], board->seat[role].state,
              board->seat[role].sleeps);
    return false;
}

/* ---- One case ---- */

static void make_segment(void)
{
    shoal_options options;
    shoal_options_init(&options);
    options.size = 4 << 20;
    options.lifetime = scene->flags & SHARED ? SHOAL_SHARED : SHOAL_PERSISTENT;
    clear_directory();
    if (scene->flags & NO_SEGMENT)
        return;
    context = new_context();
    must(shoal_create(&target, context, "target", &options), "create");
    prepare_all();
    if (scene->prepare)
        scene->prepare();
    if (scene->flags & SHARED)
        return; /* stays, or there would be no segment */
    shoal_context_free(context);
}

/* Who died before it all. It counts as the partner, whose seat is free still. */
static void let_die(void)
{
    struct stop stop = {-1, scene->dead_hit, false};
    for (int i = 0; scene->dead_at && i < point_count(); i++)
        if (strcmp(point_name(i), scene->dead_at) == 0)
            stop.point = i;
    if (scene->dead_at && stop.point < 0)
        wrong("%s: there is no point \"%s\"", scene->name, scene->dead_at);
    sit_down(PARTNER, stop);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        me = PARTNER;
        my_pid = getpid();
        if (!(scene->flags & NO_SEGMENT))
            attach(false);
        board->seat[me].armed = 1;
        scene->dead();
        if (scene->dead_at)
            wrong("who was to die at \"%s\" did not", scene->dead_at);
        kill(getpid(), SIGKILL);
    }
    waitpid(pid, NULL, 0);
    if (*board->seat[PARTNER].wrong)
        violation("before: %s", board->seat[PARTNER].wrong);
    sit_down(PARTNER, never);
    board->somebody_died = 1;
    for (int what = 0; what < MOST_KEPT; what++) {
        board->holds[what][ROLES] = board->holds[what][PARTNER];
        board->holds[what][PARTNER] = 0;
    }
}

/* Until the victim has begun; the partner is there, and waits if it is to. False: something is wrong. */
static bool begin(struct stop stop)
{
    if (scene->partner || scene->partner_then) {
        start(PARTNER, be_partner, never);
        if (until(PARTNER, READY, BOUND) != READY)
            return false;
    }
    start(VICTIM, be_victim, stop);
    if ((scene->flags & SHARED) && !(scene->flags & NO_SEGMENT)) { /* now the victim is the last that has it */
        if (until(VICTIM, READY, BOUND) != READY)
            return false;
        shoal_context_free(context);
    }
    if (until(VICTIM, READY, BOUND) != READY)
        return false;
    if (scene->flags & WAITS) {
        tell(PARTNER, GO);
        if (!(until(PARTNER, ASLEEP, BOUND) & ASLEEP))
            return false;
    }
    tell(VICTIM, GO);
    return true;
}

/* Until the victim has stopped: PARKED, GONE (dead) or DONE; a partner gives what it waits for. */
static uint32_t stopped(void)
{
    uint32_t state = until(VICTIM, PARKED | DONE | ASLEEP, BOUND);
    if (!(scene->flags & VAIN))
        tell(PARTNER, GO);
    if (state == ASLEEP)
        state = until(VICTIM, PARKED | DONE, BOUND);
    tell(PARTNER, GO);
    return state;
}

/* It ends its call, or waits: for one who stands, or for one who is done and has what it wants. */
static void runs_or_waits(enum role role, bool somebody_lives)
{
    uint32_t state = until(role, somebody_lives ? DONE | ASLEEP : DONE, BOUND);
    if (state == 0)
        violation("%s does not get on (state %u)", role_names[role], board->seat[role].state);
    if (state != ASLEEP)
        return;
    totals->slept++;
    if (scene->flags & READONLY && role == SECOND)
        violation("a reader that stands keeps a writer waiting");
}

static void judge_deed(uint32_t victim_dead)
{
    bool first = board->seat[VICTIM].acknowledged, second = board->seat[SECOND].acknowledged;
    int state = scene->state ? scene->state() : 0;
    if (state < 0)
        violation("what is there is neither old nor new");
    else if (!scene->state)
        return;
    else if (scene->flags & ADDS ? (first && !(state & VICTIMS)) || (second && !(state & SECONDS))
                                 : (first || second) && state == 0)
        violation("what was acknowledged is not there (%d %d: %d)", first, second, state);
    else if (victim_dead && second && !(state & SECONDS))
        violation("what the second did after the victim's death is not there");
}

/* Everybody has ended or died: in the segment all is well, and after everything is removed nothing is left. */
static void judge(bool victim_dead)
{
    shoal_options options;
    shoal_options_init(&options);
    me = NOBODY;
    if (scene->flags & (NO_SEGMENT | SHARED)) {
        context = new_context();
        open_or_create_here();
        check_clean(target, "at last");
        shoal_context_free(context);
        return;
    }
    options.readonly = true;
    context = new_context();
    if (shoal_open(&target, context, "target", &options) < 0)
        violation("readonly: %s", shoal_error_message());
    else
        check_clean(target, "readonly");
    shoal_context_free(context);
    context = new_context();
    if (shoal_open(&target, context, "target", NULL) < 0) {
        violation("at last: %s", shoal_error_message());
    } else {
        check_clean(target, "at last");
        open_all(target);
        judge_deed(victim_dead);
        judge_others();
        close_all();
        judge_empty();
    }
    shoal_context_free(context);
}

static void reset_board(void)
{
    for (enum role role = 0; role < ROLES; role++)
        sit_down(role, never);
    memset((void *)board->holds, 0, sizeof board->holds);
    board->read_done = board->somebody_died = 0;
}

/* True: the victim came to its stop. */
static bool run_case(struct stop first, struct stop second)
{
    totals->cases++;
    violations_here = 0;
    alarm(120);
    reset_board();
    make_segment();
    if (scene->dead)
        let_die();
    if (!begin(first)) {
        violation("it does not begin (victim %u %s, partner %u %s)", board->seat[VICTIM].state,
                  board->seat[VICTIM].wrong, board->seat[PARTNER].state, board->seat[PARTNER].wrong);
        kill_all();
        return false;
    }
    uint32_t state = stopped();
    double since = seconds_now();
    bool dead = board->seat[VICTIM].died, hit = dead || state == PARKED || board->seat[VICTIM].at;
    if (state == 0)
        violation("the victim does not get on");
    start(SECOND, be_second, second);
    runs_or_waits(SECOND, !dead);
    start(THIRD, be_third, never);
    runs_or_waits(THIRD, !dead);
    if (!(scene->flags & (NO_SEGMENT | SHARED)) && !board->read_done && !*board->seat[THIRD].wrong)
        violation("a reader waits");
    if (!dead) {
        since = seconds_now();
        tell(VICTIM, GO_ON);
        if (!until(VICTIM, DONE, BOUND))
            violation("the victim does not get on (state %u)", board->seat[VICTIM].state);
        tell(VICTIM, LEAVE);
    }
    bool all = ends(VICTIM) & ends(PARTNER) & ends(SECOND) & ends(THIRD);
    uint32_t took = (uint32_t)((seconds_now() - since) * 1e6);
    if (took > totals->slowest)
        totals->slowest = took;
    totals->deaths += dead;
    totals->parks += state == PARKED;
    totals->second_deaths += board->seat[SECOND].died;
    totals->missed += !hit && first.point >= 0;
    if (scene->flags & MEET && !dead && board->seat[VICTIM].acknowledged != board->seat[PARTNER].acknowledged)
        violation("one of two has passed, the other not");
    if (!all)
        kill_all();
    else
        judge(dead);
    alarm(0);
    return hit;
}

/* ---- Which cases ---- */

static uint64_t random_state;

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((random_state >> 33) % limit);
}

static uint64_t seed = 1;
static int pairs = 1;

/* One of these: the victim at one point, at one time that it comes there, dead or standing. */
struct unit {
    int scene;
    struct stop stop;
};
static struct unit *units;
static long unit_count, singles;

static void describe(char text[300], const struct scene *of, struct stop first, struct stop second)
{
    int used = snprintf(text, 300, "\"%s", of->name);
    if (first.point >= 0)
        used += snprintf(text + used, 300 - (size_t)used, "/%s:%s#%d", first.park ? "park" : "die",
                         point_name(first.point), first.hit);
    if (second.point >= 0)
        used += snprintf(text + used, 300 - (size_t)used, "/die:%s#%d", point_name(second.point), second.hit);
    snprintf(text + used, 300 - (size_t)used, "\"");
}

static bool run_described(int number, struct stop first, struct stop second)
{
    char text[300];
    scene = &scenes[number];
    describe(text, scene, first, second);
    case_text = text;
    if (verbose) {
        printf("%s\n", text);
        fflush(stdout);
    }
    return run_case(first, second);
}

/* Once, some times, or each time that it comes to a point: of many the first two, the last, and one between. */
static int chosen_hits(int chosen[], int most, int hits, bool all)
{
    int count = 0;
    for (int hit = 1; hit <= hits && count < most; hit++) {
        bool wanted = hit <= 1 || hit == hits || (hits > 3 && hit == 2 + (int)random_below((uint32_t)hits - 2));
        if (all || wanted)
            chosen[count++] = hit;
    }
    return count;
}

static void add_units(int number, const _Atomic uint32_t *hits, bool all)
{
    int chosen[400];
    for (int point = 0; point < point_count(); point++) {
        int count = chosen_hits(chosen, 400, (int)hits[point], all);
        for (int i = 0; i < count; i++)
            for (int park = 0; park < 2; park++) {
                units = realloc(units, (size_t)(unit_count + 1) * sizeof *units);
                units[unit_count++] = (struct unit){number, {point, chosen[i], park}};
            }
    }
}

static void shuffle(struct unit *first, long count)
{
    for (long i = count - 1; i > 0; i--) {
        long other = random_below((uint32_t)i + 1);
        struct unit moved = first[i];
        first[i] = first[other];
        first[other] = moved;
    }
}

/* The same stop with the second dying too, at one of the points that it came to, or at each. */
static void run_pairs(const struct unit *unit, int most)
{
    struct stop list[2000];
    int count = 0, chosen[8];
    for (int point = 0; point < point_count(); point++) {
        int hits = chosen_hits(chosen, 8, (int)board->seat[SECOND].hits[point], false);
        for (int i = 0; i < hits && count < 2000; i++)
            list[count++] = (struct stop){point, chosen[i], false};
    }
    for (int i = 0; i < most && i < count; i++) {
        int other = i + (int)random_below((uint32_t)(count - i));
        struct stop stop = list[other];
        list[other] = list[i];
        run_described(unit->scene, unit->stop, stop);
    }
}

static double began, time_limit = 1e9;

static void do_units(void)
{
    for (long at; (at = totals->next_unit++) < unit_count;) {
        bool single = at < singles;
        if (!single && seconds_now() - began > time_limit)
            return;
        if (totals->violations > 50)
            return;
        random_state = seed * 1000003u + (uint64_t)at;
        run_described(units[at].scene, units[at].stop, never);
        if (!single || pairs >= 1000)
            run_pairs(&units[at], pairs);
    }
}

static void hang(int signal)
{
    (void)signal;
    const char text[] = "VIOLATION: a judge hangs\n";
    if (write(1, text, sizeof text - 1) > 0 && write(1, case_text, strlen(case_text)) > 0)
        totals->violations++;
    _exit(3);
}

static void *shared_memory(size_t size)
{
    return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static void be_worker(int number, void (*work)(void))
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGALRM, hang);
    snprintf(directory, sizeof directory, "/dev/shm/test-points-%d-%d", (int)getppid(), number);
    mkdir(directory, 0700);
    board = shared_memory(sizeof *board);
    work();
    clear_directory();
    rmdir(directory);
    exit(0);
}

/* What the victim of each scene comes to, when nobody stops it. */
static void learn(int number, bool all)
{
    run_described(number, never, never);
    for (int i = 0; verbose && i < point_count(); i++)
        if (board->seat[VICTIM].hits[i])
            printf("    %3u x %s\n", board->seat[VICTIM].hits[i], point_name(i));
    add_units(number, board->seat[VICTIM].hits, all);
}

static int point_called(const char *name, size_t length)
{
    for (int i = 0; i < point_count(); i++)
        if (strlen(point_name(i)) == length && strncmp(point_name(i), name, length) == 0)
            return i;
    wrong("there is no point \"%.*s\"", (int)length, name);
}

static struct stop read_stop(const char **at)
{
    struct stop stop = never;
    const char *begin = strchr(*at, '/');
    const char *end = begin ? strchr(begin, '#') : NULL;
    if (!end)
        return stop;
    stop.park = begin[1] == 'p';
    begin = strchr(begin, ':') + 1;
    stop.point = point_called(begin, (size_t)(end - begin));
    stop.hit = atoi(end + 1);
    *at = end;
    return stop;
}

static const char *one_case;

static void do_one_case(void)
{
    const char *at = one_case;
    struct stop first = read_stop(&at), second = read_stop(&at);
    for (int i = 0; i < SCENES; i++)
        if (strncmp(scenes[i].name, one_case, strcspn(one_case, "/")) == 0 &&
            strlen(scenes[i].name) == strcspn(one_case, "/"))
            printf("%s\n", run_described(i, first, second) ? "it came there" : "it did not come there");
}

static char **chosen;
static int chosen_count;

static bool is_chosen(const char *name)
{
    bool found = chosen_count == 0;
    for (int i = 0; i < chosen_count; i++)
        found |= strcmp(chosen[i], name) == 0;
    return found;
}

/* Who comes here has stood at another point before, while something was removed; a victim stops once. */
static const char only_passed[] = "reader: pinned what is gone";

/* All points must have been come to, and somebody must have stopped there: dead, or standing. */
static int report_points(void)
{
    int left = 0;
    for (int i = 0; i < point_count() && chosen_count == 0 && !one_case; i++) {
        bool stopped_at = totals->died_at[i] + totals->parked_at[i] > 0 || strcmp(point_name(i), only_passed) == 0;
        if (totals->reached[i] && stopped_at)
            continue;
        printf("VIOLATION: %s: \"%s\"\n", totals->reached[i] ? "nobody stopped at" : "nobody came to", point_name(i));
        left++;
    }
    return left;
}

static void read_arguments(int count, char **arguments)
{
    for (int i = 1; i < count; i++) {
        const char *value = i + 1 < count ? arguments[i + 1] : "";
        if (strcmp(arguments[i], "--seed") == 0)
            seed = strtoull(value, NULL, 10), i++;
        else if (strcmp(arguments[i], "--seconds") == 0)
            time_limit = atof(value), i++;
        else if (strcmp(arguments[i], "--pairs") == 0)
            pairs = atoi(value), i++;
        else if (strcmp(arguments[i], "--all") == 0)
            pairs = 1000;
        else if (strcmp(arguments[i], "--case") == 0)
            one_case = value, i++;
        else if (strcmp(arguments[i], "--verbose") == 0)
            verbose = true;
        else if (strcmp(arguments[i], "--list") == 0)
            for (int j = 0; j < SCENES; j++)
                printf("%s%s", scenes[j].name, j + 1 < SCENES ? "\n" : "\n\n");
        else
            chosen = &arguments[i], chosen_count = count - i, i = count;
    }
}

static void plan(void)
{
    random_state = seed;
    for (int i = 0; i < SCENES; i++)
        if (is_chosen(scenes[i].name))
            learn(i, pairs >= 1000);
    shuffle(units, unit_count);
    singles = unit_count;
    units = realloc(units, (size_t)(2 * unit_count + 1) * sizeof *units);
    if (pairs > 0 && pairs < 1000) { /* the same once more, in another order, with pairs, as long as there is time */
        memcpy(units + unit_count, units, (size_t)unit_count * sizeof *units);
        shuffle(units + singles, singles);
        unit_count *= 2;
    }
}

static void plan_and_work(void)
{
    enum { WORKERS = 8 };
    pid_t workers[WORKERS];
    plan();
    printf("%d scenes, %ld stops, %d points, seed %llu\n", (int)SCENES, singles, point_count(),
           (unsigned long long)seed);
    fflush(stdout);
    for (int i = 0; i < WORKERS; i++)
        if ((workers[i] = fork()) == 0)
            be_worker(i, do_units);
    for (int i = 0; i < WORKERS; i++)
        waitpid(workers[i], NULL, 0);
}

int main(int count, char **arguments)
{
    totals = shared_memory(sizeof *totals);
    began = seconds_now();
    read_arguments(count, arguments);
    if (point_count() > MOST_POINTS)
        return 2;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        be_worker(MOST_WORKERS, one_case ? do_one_case : plan_and_work);
    int status, left = 0;
    waitpid(pid, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        totals->violations++;
    left = report_points();
    double seconds = seconds_now() - began;
    printf("replay: points --case SCENE/STOP[/STOP], as printed\n");
    printf("{\"tool\": \"points\", \"seed\": %llu, \"seconds\": %.1f, \"cases\": %ld, \"deaths\": %ld, \"parks\": %ld, "
           "\"second_deaths\": %ld, \"waits_seen\": %ld, \"missed\": %ld, \"points\": %d, \"points_not_reached\": %d, "
           "\"slowest_ms\": %.1f, \"violations\": %ld}\n",
           (unsigned long long)seed, seconds, totals->cases, totals->deaths, totals->parks, totals->second_deaths,
           totals->slept, totals->missed, point_count(), left, totals->slowest / 1e3, totals->violations);
    return totals->violations > 0 || left > 0;
}
