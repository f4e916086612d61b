/* The board that the processes of one case share; and the hooks of the core, which stop a process there. */
#include "points.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>

#include "sync/mutex.h"

struct board *board;
struct totals *totals;
const struct scene *scene;
enum role me = NOBODY;
pid_t my_pid;
bool quiet;

extern const char *const __start_shoal_points[], *const __stop_shoal_points[];

int point_count(void)
{
    return (int)(__stop_shoal_points - __start_shoal_points);
}

const char *point_name(int point)
{
    return __start_shoal_points[point];
}

void futex_wait(_Atomic uint32_t *word, uint32_t expected, double seconds)
{
    struct timespec time = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    syscall(SYS_futex, word, FUTEX_WAIT, expected, &time, NULL, 0);
}

void ring(void)
{
    board->bell++;
    syscall(SYS_futex, &board->bell, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

void set_state(enum state state)
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

void wait_to_be_told(uint32_t what)
{
    struct seat *seat = &board->seat[me];
    for (uint32_t told; (told = seat->told) < what;)
        futex_wait(&seat->told, told, 60);
}

void tell(enum role role, uint32_t what)
{
    struct seat *seat = &board->seat[role];
    if (seat->told < what)
        seat->told = what;
    syscall(SYS_futex, &seat->told, FUTEX_WAKE, 1, NULL, NULL, 0);
}
/* The first thing that is wrong in this process; it goes no further. */
void wrong(const char *format, ...)
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

int point_called(const char *name, size_t length)
{
    for (int i = 0; i < point_count(); i++)
        if (strlen(point_name(i)) == length && strncmp(point_name(i), name, length) == 0)
            return i;
    wrong("there is no point \"%.*s\"", (int)length, name);
    return -1;
}

/* The victim, in a segment of lifetime "shared", where it has the structure's lock: others leave it without a look, as if they had died. */
static bool stands_locked(void)
{
    return me == VICTIM && (scene->flags & (SHARED | NO_SEGMENT)) == SHARED &&
           load_relaxed(&shoal__header(target)->lock) & MUTEX_SLOT;
}

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

int must(int status, const char *what)
{
    if (status < 0)
        wrong("%s: %s: %s", what, shoal_status_name(status), shoal_error_message());
    return 1;
}
