/* A writer of an RWLock that only waits, and is stopped: it shuts nobody out, and begins anew when it goes on. */
#include "check.h"

#include "scratch.h"

#include "blocked.h"
#include "segment/handle.h"
#include "sync/rwlock.h"

/* What the processes of a test share: a board, and how long the writer waits. */
struct scene {
    struct board *board;
    double timeout;
};

static void wait_to_write(void *argument)
{
    struct scene *scene = argument;
    shoal_object *rwlock = an_rwlock(new_context());
    int status = shoal_rwlock_write(rwlock, shoal_deadline(scene->timeout));
    if (status >= 0) {
        CHECK(atomic_fetch_add(&scene->board->count[0], 1) == 0);
        atomic_fetch_sub(&scene->board->count[0], 1);
        CHECK_STATUS(shoal_rwlock_write_unlock(rwlock), SHOAL_OK);
    }
    scene->board->count[1] = status;
    atomic_store(&scene->board->step, 1);
}

static bool is_idle(shoal_object *rwlock)
{
    return load_relaxed(&((struct rwlock_sh *)rwlock->body)->writer.word) & MUTEX_IDLE;
}

/* A process that waits to write while we read, stopped in its sleep. */
static pid_t stopped_writer(shoal_object *rwlock, struct scene *scene)
{
    int status;
    pid_t child = process(wait_to_write, scene);
    for (;;) {
        EVENTUALLY(is_idle(rwlock));
        CHECK(kill(child, SIGSTOP) == 0 && waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
        if (is_idle(rwlock))
            return child;
        CHECK(kill(child, SIGCONT) == 0); /* caught between two sleeps */
    }
}

static void end(pid_t child)
{
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
}

static struct scene a_scene(double timeout)
{
    return (struct scene){new_board(), timeout};
}

TEST(a_stopped_writer_that_waits_lets_readers_in)
{
    struct scene scene = a_scene(20);
    shoal_object *a = an_rwlock(new_context()), *b = an_rwlock(new_context());
    CHECK_STATUS(shoal_rwlock_read(a, SHOAL_NO_WAIT), SHOAL_OK);
    pid_t child = stopped_writer(a, &scene);
    CHECK_STATUS(shoal_rwlock_read(b, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT); /* not at once: it has its turn first */
    shoal_time start = shoal_now();
    CHECK_STATUS(shoal_rwlock_read(b, SOON), SHOAL_OK);
    CHECK(seconds_since(start) > 0.2);
    CHECK_STATUS(shoal_rwlock_read_unlock(b), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_read_unlock(a), SHOAL_OK);
    end(child);
    CHECK_STATUS(shoal_rwlock_write(a, SOON), SHOAL_OK); /* nothing of it is left, and nothing was half written */
}

TEST(a_stopped_writer_that_waits_lets_a_writer_in)
{
    struct scene scene = a_scene(20);
    shoal_object *a = an_rwlock(new_context()), *b = an_rwlock(new_context());
    CHECK_STATUS(shoal_rwlock_read(a, SHOAL_NO_WAIT), SHOAL_OK);
    pid_t child = stopped_writer(a, &scene);
    CHECK_STATUS(shoal_rwlock_read_unlock(a), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write(b, SOON), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write_unlock(b), SHOAL_OK);
    end(child);
}

TEST(who_does_not_wait_gets_past_a_stopped_writer_that_waits)
{
    struct scene scene = a_scene(20);
    shoal_object *a = an_rwlock(new_context()), *b = an_rwlock(new_context());
    CHECK_STATUS(shoal_rwlock_read(a, SHOAL_NO_WAIT), SHOAL_OK);
    pid_t child = stopped_writer(a, &scene);
    EVENTUALLY(shoal_rwlock_read(b, SHOAL_NO_WAIT) == SHOAL_OK);
    end(child);
    CHECK_STATUS(shoal_rwlock_read_unlock(a), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_read_unlock(b), SHOAL_OK);
    child = process(wait_to_write, &scene);
    join(child);
    CHECK(scene.board->count[1] == SHOAL_OK);
}

TEST(a_writer_that_goes_on_begins_anew_and_writes_alone)
{
    struct scene scene = a_scene(20);
    shoal_object *a = an_rwlock(new_context()), *b = an_rwlock(new_context());
    CHECK_STATUS(shoal_rwlock_read(a, SHOAL_NO_WAIT), SHOAL_OK);
    pid_t child = stopped_writer(a, &scene);
    CHECK_STATUS(shoal_rwlock_read_unlock(a), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write(b, SOON), SHOAL_OK);
    CHECK(kill(child, SIGCONT) == 0);
    CHECK(atomic_fetch_add(&scene.board->count[0], 1) == 0);
    nanosleep(&(struct timespec){.tv_nsec = 250000000}, NULL); /* some of its slices: it may not come in */
    CHECK(atomic_fetch_sub(&scene.board->count[0], 1) == 1 && scene.board->step == 0);
    CHECK_STATUS(shoal_rwlock_write_unlock(b), SHOAL_OK);
    join(child);
    CHECK(scene.board->count[1] == SHOAL_OK);
}

TEST(a_writer_that_goes_on_after_its_time_gives_nothing_back_that_is_another_s)
{
    struct scene scene = a_scene(0.3);
    shoal_object *a = an_rwlock(new_context()), *b = an_rwlock(new_context());
    CHECK_STATUS(shoal_rwlock_read(a, SHOAL_NO_WAIT), SHOAL_OK);
    pid_t child = stopped_writer(a, &scene);
    CHECK_STATUS(shoal_rwlock_read_unlock(a), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write(b, SOON), SHOAL_OK);
    CHECK(kill(child, SIGCONT) == 0);
    join(child);
    CHECK(scene.board->count[1] == SHOAL_ETIMEDOUT && shoal_rwlock_is_writing(b));
    CHECK_STATUS(shoal_rwlock_read(a, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    CHECK_STATUS(shoal_rwlock_write_unlock(b), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_read(a, SHOAL_NO_WAIT), SHOAL_OK);
}

/* It wakes at each slice, so nobody takes its word, however long it waits. */
TEST(a_writer_that_waits_and_runs_keeps_its_turn)
{
    struct scene scene = a_scene(20);
    shoal_object *a = an_rwlock(new_context()), *b = an_rwlock(new_context());
    CHECK_STATUS(shoal_rwlock_read(a, SHOAL_NO_WAIT), SHOAL_OK);
    pid_t child = process(wait_to_write, &scene);
    EVENTUALLY(is_idle(a));
    int passed = 0;
    for (int i = 0; i < 12; i++)
        passed += shoal_rwlock_read(b, shoal_deadline(0.1)) == SHOAL_OK && shoal_rwlock_read_unlock(b) == SHOAL_OK;
    CHECK(passed <= 1); /* on a busy machine it may have seemed still */
    CHECK_STATUS(shoal_rwlock_read_unlock(a), SHOAL_OK);
    join(child);
    CHECK(scene.board->count[1] == SHOAL_OK);
}

/* ---- Two threads with one tag ---- */

static void begin_writing(shoal_wait *wait, shoal_object *rwlock)
{
    CHECK_STATUS(shoal_wait_begin(wait, rwlock, SHOAL_WAIT_WRITE, SHOAL_WAIT_TASK, 0), SHOAL_OK);
    CHECK_STATUS(shoal_wait_try(wait), SHOAL_PENDING);
}

TEST(of_two_idle_waits_of_a_process_one_writes)
{
    shoal_context *context = new_context();
    shoal_object *a = an_rwlock(context), *b = an_rwlock(new_context());
    struct rwlock_sh *rwlock = a->body;
    shoal_wait first, second;
    CHECK_STATUS(shoal_rwlock_read(b, SHOAL_NO_WAIT), SHOAL_OK);
    begin_writing(&first, a);
    CHECK(is_idle(a));
    store_relaxed(&rwlock->idle_since, load_relaxed(&rwlock->idle_since) - 1000);
    CHECK(shoal__rwlock_set_idle_aside(rwlock) && !is_idle(a));
    begin_writing(&second, a);
    atomic_fetch_or(&rwlock->writer.word, MUTEX_GRACE); /* as if it were letting readers in */
    CHECK(is_idle(a));
    CHECK_STATUS(shoal_wait_try(&first), SHOAL_PENDING); /* it has the second's word for a moment: a reader is inside */
    CHECK(!(load_relaxed(&rwlock->writer.word) & MUTEX_GRACE));
    CHECK_STATUS(shoal_rwlock_read_unlock(b), SHOAL_OK);
    CHECK_STATUS(shoal_wait_try(&first), SHOAL_OK);
    CHECK(shoal_rwlock_is_writing(a));
    CHECK_STATUS(shoal_wait_try(&second), SHOAL_PENDING);
    CHECK(shoal_rwlock_is_writing(a) && !is_idle(a));
    shoal_wait_cancel(&second);
    CHECK(shoal_rwlock_is_writing(a));
    CHECK_STATUS(shoal_rwlock_write_unlock(a), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write(b, SHOAL_NO_WAIT), SHOAL_OK);
}

TEST(what_a_dead_writer_left_is_told_after_an_idle_one_was_set_aside)
{
    shoal_object *a = an_rwlock(new_context()), *b = an_rwlock(new_context()), *c = an_rwlock(new_context());
    struct rwlock_sh *rwlock = a->body;
    shoal_wait waiting;
    store_relaxed(&rwlock->writer.word, MUTEX_NEEDREC);
    CHECK_STATUS(shoal_rwlock_read(b, SHOAL_NO_WAIT), SHOAL_RECOVERED);
    begin_writing(&waiting, a);
    store_relaxed(&rwlock->idle_since, load_relaxed(&rwlock->idle_since) - 1000);
    CHECK(shoal__rwlock_set_idle_aside(rwlock));
    CHECK_STATUS(shoal_rwlock_read_unlock(b), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write(c, SHOAL_NO_WAIT), SHOAL_RECOVERED);
    CHECK_STATUS(shoal_rwlock_write_unlock(c), SHOAL_OK);
    CHECK_STATUS(shoal_wait_try(&waiting), SHOAL_OK);
}
