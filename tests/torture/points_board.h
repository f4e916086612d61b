/*
 * What the processes of one case of points.c share: who stands, sleeps, has died, holds what; and the hooks of the core,
 * which stop a process there. Included by points.c.
 */
#ifndef SHOAL_TORTURE_POINTS_BOARD_H
#define SHOAL_TORTURE_POINTS_BOARD_H

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
    _Atomic int read_done, somebody_died, stood_locked;
    _Atomic int ended;           /* counts the cases whose processes have ended: children of the dead go then */
    _Atomic uint64_t damaged_at; /* the word of the file that is wrong on purpose; 0: none is */
} *board;

static struct totals {
    _Atomic long cases, deaths, parks, second_deaths, second_parks, slept, violations, missed;
    _Atomic long reached[MOST_POINTS], died_at[MOST_POINTS], parked_at[MOST_POINTS];
    _Atomic long next_unit;
    _Atomic uint32_t slowest; /* us from the death, or from the go of who was parked, until all had got on */
} *totals;

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
static bool quiet;   /* the victim whose child comes to the points, in its seat */

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

/* In a seat of two, the victim's and its child's, one may sleep while the other stands. */
static void change_state(uint32_t from, enum state to)
{
    if (atomic_compare_exchange_strong(&board->seat[me].state, &from, to))
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

static int point_called(const char *name, size_t length)
{
    for (int i = 0; i < point_count(); i++)
        if (strlen(point_name(i)) == length && strncmp(point_name(i), name, length) == 0)
            return i;
    wrong("there is no point \"%.*s\"", (int)length, name);
}

static bool stands_locked(void);

static void stop_here(struct seat *seat, int point)
{
    seat->at = point + 1;
    board->stood_locked |= stands_locked();
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
    if (me >= ROLES || !board->seat[me].armed || quiet)
        return;
    struct seat *seat = &board->seat[me];
    int point = (int)(name - __start_shoal_points), hit = (int)++seat->hits[point];
    totals->reached[point]++;
    if (point == seat->stop_at && hit == seat->stop_hit)
        stop_here(seat, point);
}

enum shoal_woken __real_shoal__wait(const shoal_word *word, uint32_t expected, shoal_time slice);

static bool is_structure_lock(const shoal_word *word)
{
    uintptr_t page = (uintptr_t)word & ~(uintptr_t)4095;
    return (uintptr_t)word - page == offsetof(struct header_sh, lock) &&
           memcmp((const void *)page, SHOAL_MAGIC_BYTES, 8) == 0;
}

/*
 * In every second process all sleeps on the structure's lock are ended by a timer of 0.3 to 10 ms: calls that cannot say
 * SHOAL_EINTR have to find the dead all the same.
 */
static enum shoal_woken sleep_under_timer(const shoal_word *word, uint32_t expected, shoal_time slice)
{
    shoal_time period = (shoal_time)300000 << getpid() / 2 % 6;
    if (getpid() % 2 || slice <= period || !is_structure_lock(word))
        return __real_shoal__wait(word, expected, slice);
    enum shoal_woken woken = __real_shoal__wait(word, expected, period);
    return woken == SHOAL_SLICE_OVER ? SHOAL_SIGNAL : woken;
}

/* Every sleep of the core's, so that others see who sleeps; of those that a timer ends only the last. */
enum shoal_woken __wrap_shoal__wait(const shoal_word *word, uint32_t expected, shoal_time slice)
{
    if (me >= ROLES || !board->seat[me].armed)
        return sleep_under_timer(word, expected, slice);
    board->seat[me].sleeps++;
    change_state(RUNNING, ASLEEP);
    enum shoal_woken woken = sleep_under_timer(word, expected, slice);
    if (woken == SHOAL_SIGNAL)
        board->seat[me].sleeps--;
    change_state(ASLEEP, RUNNING);
    return woken;
}

static bool no_tmpfile; /* as on file systems that have none, and no renameat2 either */

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
    long a[6];
    va_list list;
    va_start(list, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    if (no_tmpfile && number == SYS_renameat2) {
        errno = ENOSYS;
        return -1;
    }
    return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

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
    ADDS = 32,   /* what the second does comes to what the victim did; else takes its place */
    MEET = 64,   /* the victim and the partner pass a barrier, or neither does */
    OPENS = 256, /* the second opens the segment itself, if it can */
    VAIN = 128,  /* the victim waits in vain: the partner gives later */
};
enum { VICTIMS = 1, SECONDS = 2 };

static const struct scene *scene;

/* The victim, in a segment of lifetime "shared", where it has the structure's lock: others leave it without a look, as if they had died. */
static bool stands_locked(void)
{
    return me == VICTIM && (scene->flags & (SHARED | NO_SEGMENT)) == SHARED &&
           load_relaxed(&shoal__header(target)->lock) & MUTEX_SLOT;
}
static void check_clean(shoal_segment *segment, const char *where);
__attribute__((format(printf, 1, 2))) static void violation(const char *format, ...);

#endif
