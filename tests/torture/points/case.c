/* One case: the processes, in their order, until all have ended or died, and the judgement. */
#include "points.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

/* ---- The processes of a case ---- */

const struct stop never = {-1, 0, false};
const char *case_text;
bool verbose;

static const char *const role_names[] = {"the victim", "the partner", "the second", "the third", "nobody"};

static void sit_down(enum role role, struct stop stop)
{
    struct seat *seat = &board->seat[role];
    memset((void *)seat, 0, sizeof *seat);
    seat->stop_at = stop.point;
    seat->stop_hit = stop.hit;
    seat->park = stop.park;
    seat->state = STARTING;
}

static void come(bool readonly)
{
    shoal_options options;
    shoal_options_init(&options);
    options.readonly = readonly;
    context = new_context();
    must(shoal_open(&target, context, "target", &options), "open");
    if (!readonly)
        open_all();
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
        come(scene->flags & READONLY);
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
    come(false);
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
    if (scene->flags & (NO_SEGMENT | SHARED | OPENS))
        context = new_context();
    else
        come(false);
    seat->acknowledged = scene->second();
    leave_in_order();
}

static bool came_to(enum role role, const char *name)
{
    return board->seat[role].hits[point_called(name, strlen(name))] > 0;
}

/* The partner waits for a notification, and whoever was to give it died before. */
static bool nobody_else_will_notify(void)
{
    if (!board->seat[SECOND].died)
        return false;
    return scene->second == notify_the_partner || (scene->second == notify_all_others && board->seat[VICTIM].died &&
                                                   !came_to(VICTIM, "condition: notified, nobody woken"));
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
        mend_file();
        come(false);
    }
    go_on_with_everything();
    if (nobody_else_will_notify())
        take_lock_and_notify();
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
        if ((role == VICTIM || role == PARTNER) && (scene->flags & SHARED) && !(scene->flags & NO_SEGMENT))
            shoal_context_free(context); /* which it was born into: it is to have the segment only once */
        be();
    }
    board->seat[role].pid = pid;
}

double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int violations_here;

void violation(const char *format, ...)
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

bool victim_is_away(void)
{
    return board->seat[VICTIM].died || board->seat[VICTIM].state == DONE;
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
    if (!board->seat[role].pid || until(role, 0, violations_here ? 0.5 : BOUND) == GONE)
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
    open_all();
    put_others();
    close_all();
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
    if (scene->dead_at)
        stop.point = point_called(scene->dead_at, strlen(scene->dead_at));
    sit_down(PARTNER, stop);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        me = PARTNER;
        my_pid = getpid();
        if (!(scene->flags & NO_SEGMENT))
            come(false);
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

/* It ends its call, or stands, or waits: for one who stands, or for one who is done and has what it wants. */
static void runs_or_waits(enum role role, bool somebody_lives)
{
    uint32_t state = until(role, PARKED | DONE | (somebody_lives ? ASLEEP : 0), BOUND);
    if (state == 0)
        violation("%s does not get on (state %u)", role_names[role], board->seat[role].state);
    if (state != ASLEEP)
        return;
    totals->slept++;
    if (scene->flags & READONLY && role == SECOND)
        violation("a reader that stands keeps a writer waiting");
}

/* The victim, to the end of its call, or until it waits for one who stands, or will. */
static void goes_on(bool somebody_stands)
{
    tell(VICTIM, GO_ON);
    if (!until(VICTIM, somebody_stands ? DONE | ASLEEP : DONE, BOUND))
        violation("the victim does not get on (state %u)", board->seat[VICTIM].state);
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

static bool is_there(void)
{
    char path[128];
    snprintf(path, sizeof path, "%s/shoal.target", directory);
    return access(path, F_OK) == 0;
}

/* Everybody has ended or died: in the segment all is well, and after everything is removed nothing is left. */
static void judge(bool victim_dead)
{
    shoal_options options;
    shoal_options_init(&options);
    me = NOBODY;
    if (scene->flags & (NO_SEGMENT | SHARED)) {
        if (scene->flags & SHARED && !board->somebody_died && !board->stood_locked && is_there())
            violation("all have left a segment of lifetime \"shared\", and its name is there");
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
        open_all();
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
    board->read_done = board->somebody_died = board->stood_locked = 0;
    board->damaged_at = 0;
}

bool run_case(struct stop first, struct stop second)
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
    bool stands = board->seat[SECOND].state == PARKED;
    start(THIRD, be_third, never);
    runs_or_waits(THIRD, !dead || stands);
    if (!(scene->flags & (NO_SEGMENT | SHARED)) && !board->read_done && !*board->seat[THIRD].wrong)
        violation("a reader waits");
    if (!dead || stands)
        since = seconds_now();
    if (!dead)
        goes_on(second.park);
    tell(SECOND, GO_ON);
    if (!dead && !until(VICTIM, DONE, BOUND))
        violation("the victim does not get on (state %u)", board->seat[VICTIM].state);
    tell(VICTIM, LEAVE);
    bool all = ends(VICTIM) & ends(PARTNER) & ends(SECOND) & ends(THIRD);
    uint32_t took = (uint32_t)((seconds_now() - since) * 1e6);
    if (took > totals->slowest)
        totals->slowest = took;
    totals->deaths += dead;
    totals->parks += state == PARKED;
    totals->second_deaths += board->seat[SECOND].died;
    totals->second_parks += stands;
    totals->missed += !hit && first.point >= 0;
    if (scene->flags & MEET && !dead && board->seat[VICTIM].acknowledged != board->seat[PARTNER].acknowledged)
        violation("one of two has passed, the other not");
    if (!all)
        kill_all();
    board->ended++;
    ring();
    if (all)
        judge(dead);
    alarm(0);
    return hit;
}
