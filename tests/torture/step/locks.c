/*
 * Operations on locks of every kind, stepped while others hold and wait. In each image all of them are dead; whoever comes
 * there must be able to have everything, and no more than there is.
 */
#include "step.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* ---- A Lock, alone: who has it ---- */

static int make_lock(void)
{
    return must(shoal_lock_open(&object, target, "victim", 6, 0), "lock");
}
static int prepare_lock(void)
{
    return make_lock() && close_object();
}
static int act_acquire(void)
{
    return must(shoal_lock_acquire(object, false, SHOAL_NO_WAIT), "acquire");
}
static int before_lock_held(void)
{
    return make_lock() && act_acquire();
}
static int act_release(void)
{
    return must(shoal_lock_release(object), "release");
}
static int before_reentrant(void)
{
    must(shoal_lock_open(&object, target, "reentrant", 9, SHOAL_LOCK_REENTRANT), "lock");
    return act_acquire();
}
static int act_reenter(void)
{
    return act_acquire() && act_release() && act_release();
}

static int try_lock(void)
{
    if (shoal_segment_readonly(target))
        return SHOAL_OK;
    make_lock();
    int status = shoal_lock_acquire(object, false, SHOAL_NO_WAIT);
    if (status >= 0)
        shoal_lock_release(object);
    if (status == SHOAL_RECOVERED) { /* for the next one who asks for the state: as it was */
        shoal_lock_acquire(object, false, SHOAL_NO_WAIT);
        shoal_context_abandon_locks(context, true);
    }
    close_object();
    return status;
}
static int state_acquired(void)
{
    int status = try_lock();
    return status == SHOAL_OK ? 0 : status == SHOAL_RECOVERED ? 1 : -1;
}
/* Held, and given up: to whoever comes that is the same. */
static int state_told(void)
{
    return shoal_segment_readonly(target) || state_acquired() == 1 ? 1 : -1;
}
static int state_released(void)
{
    int status = try_lock();
    return status == SHOAL_OK ? 1 : status == SHOAL_RECOVERED ? 0 : -1;
}

/* ---- Others who hold or wait: living, or dead before ---- */

pid_t *living;

void living_does(deed *act)
{
    int ready[2];
    char byte;
    if (pipe(ready) < 0)
        exit(2);
    pid_t pid = split(fork());
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        context = new_context();
        act_attach();
        act();
        if (write(ready[1], "x", 1) == 1)
            pause();
        _exit(0);
    }
    *living = pid;
    close(ready[1]);
    if (read(ready[0], &byte, 1) != 1)
        exit(2);
    close(ready[0]);
}

/* It was the victim's child, and is ours since: until it is gone it holds its byte in the target, where images ask. */
void end_living(void)
{
    if (*living && (kill(*living, SIGKILL) < 0 || waitpid(*living, NULL, 0) != *living))
        exit(2);
    *living = 0;
}

void dying(deed *first, deed *act)
{
    pid_t pid = split(fork());
    if (pid == 0) {
        context = new_context();
        first();
        act();
        kill(getpid(), SIGKILL);
    }
    waitpid(pid, NULL, 0);
}

static int take_all_permits(void)
{
    return take_permits() && act_lower();
}
static int be_notified(void)
{
    return begin_to_wait() && take_lock() && notify(UINT32_MAX) && give_lock();
}
static int wait_to_write(void)
{
    begin_wait(&its_wait, its.rwlock, SHOAL_WAIT_WRITE, 0);
    return 1;
}
/* All is held: these are noted as waiting, and are to be woken. */
static int begin_waits(void)
{
    static shoal_wait waits[4];
    open_all();
    begin_wait(&waits[0], its.event, SHOAL_WAIT_SET, SHOAL_WAIT_TASK);
    begin_wait(&waits[1], its.semaphore, SHOAL_WAIT_ACQUIRE, SHOAL_WAIT_TASK);
    begin_wait(&waits[2], its.rwlock, SHOAL_WAIT_READ, SHOAL_WAIT_TASK);
    begin_wait(&waits[3], its.lock, SHOAL_WAIT_ACQUIRE, SHOAL_WAIT_TASK);
    return 1;
}

static int attach_all(void)
{
    return act_attach() && open_all();
}
/* The signal is raised once, so that it can be lowered. */
int prepare_all(void)
{
    open_all();
    act_raise();
    close_all();
    return 1;
}

/* Who does that with one of each has died before; lives meanwhile; is the victim itself. */
#define OTHERS(deed, does)                                                                                             \
    static int prepare_dead_##deed(void)                                                                               \
    {                                                                                                                  \
        prepare_all();                                                                                                 \
        dying(attach_all, does);                                                                                       \
        return 1;                                                                                                      \
    }                                                                                                                  \
    static int living_##deed(void)                                                                                     \
    {                                                                                                                  \
        return open_all() && does();                                                                                   \
    }                                                                                                                  \
    static int before_living_##deed(void)                                                                              \
    {                                                                                                                  \
        living_does(living_##deed);                                                                                    \
        return open_all();                                                                                             \
    }
OTHERS(holder, take_lock)
OTHERS(reader, take_to_read)
OTHERS(writer, take_to_write)
OTHERS(waiter, begin_to_wait)
OTHERS(party, begin_to_meet)
#undef OTHERS

static int hold_everything(void)
{
    open_all();
    take_to_write();
    take_all_permits();
    take_lock();
    living_does(begin_waits);
    return 1;
}
static int living_writer_to_be(void)
{
    return open_all() && wait_to_write();
}
static int before_reading(void)
{
    open_all();
    take_to_read();
    living_does(living_writer_to_be);
    return 1;
}
static int before_waiting(void)
{
    return open_all() && begin_to_wait();
}
static int before_notified(void)
{
    return open_all() && be_notified();
}
static int before_notifying(void)
{
    return before_living_waiter() && take_lock();
}
static int before_meeting(void)
{
    return open_all() && begin_to_meet();
}
static int before_broken(void)
{
    return before_living_party() && act_abort();
}
static int before_holding(void)
{
    return open_all() && take_lock();
}
static int before_set(void)
{
    return open_all() && act_set();
}

/* ---- What the victim does with them, beside what all do ---- */

static int act_take_strictly(void)
{
    if (shoal_lock_acquire(its.lock, true, SHOAL_NO_WAIT) != SHOAL_EOWNERDIED)
        wrong("a strict taker is not told");
    return 1;
}
static int before_repair(void)
{
    return open_all() && act_take_strictly();
}
static int act_repair(void)
{
    return must(shoal_lock_repair(its.lock), "repair");
}
static int act_each_lock(void)
{
    shoal_object **locks;
    size_t count;
    must(shoal_segment_locks(&locks, &count, target), "each lock");
    while (count > 0)
        shoal_object_close(locks[--count]);
    shoal_list_free(locks);
    return 1;
}
/* Every lock is opened. */
static int act_describe(void)
{
    shoal_writer writer = {0};
    must(shoal_segment_describe(&writer, target), "describe");
    shoal_writer_free(&writer);
    return 1;
}
static int act_unlock(void)
{
    return must(shoal_rwlock_unlock(its.rwlock), "unlock");
}
static int act_read_again(void)
{
    return take_to_read() && stop_reading() && stop_reading();
}
static int act_give_two(void)
{
    return must(shoal_semaphore_release(its.semaphore, 2), "permits");
}
static int act_begin_to_wait(void)
{
    return must(shoal_condition_begin(&its_wait, its.condition, its.lock, 0), "begin to wait");
}
static int act_meet(void)
{
    return meet(1.5);
}
static int act_pass(void)
{
    begin_wait(&its_wait, its.barrier, SHOAL_WAIT_PASS, 0);
    if (!its_wait.last)
        wrong("it is not the last");
    return must(shoal_barrier_pass(&its_wait), "pass");
}
static int before_left(void)
{
    return before_living_party() && act_meet();
}
static int act_leave(void)
{
    shoal_object_close(its.barrier);
    return 1;
}

static int act_lock_pieces(void)
{
    begin_wait(&its_wait, its.lock, SHOAL_WAIT_ACQUIRE, 0);
    return in_vain(shoal_wait_until(&its_wait, in_between()));
}
static int act_write_cancel(void)
{
    return wait_to_write() && act_cancel();
}

/* ---- What has been done: whoever comes has everything, and all of it ---- */

int others_go_on(void)
{
    open_all();
    bool well = !what_cannot_be_had();
    close_all();
    return well ? 1 : -1;
}
static int state_of_signal(uint32_t done)
{
    uint32_t value = 9;
    if (others_go_on() != 1)
        return -1;
    open_all();
    shoal_semaphore_value(&value, its.signal);
    close_all();
    return value == 1 ? 0 : value == done ? 1 : -1;
}
static int state_raised(void)
{
    return state_of_signal(2);
}
static int state_lowered(void)
{
    return state_of_signal(0);
}
static int state_set(void)
{
    if (others_go_on() != 1)
        return -1;
    open_all();
    bool set = shoal_event_is_set(its.event);
    close_all();
    return set;
}
static int state_cleared(void)
{
    int set = state_set();
    return set < 0 ? set : !set;
}

static const struct operation all[] = {
    {"lock_acquire", prepare_lock, make_lock, act_acquire, state_acquired, 0},
    {"lock_release", prepare_lock, before_lock_held, act_release, state_released, 0},
    {"lock_abandon", prepare_lock, before_lock_held, abandon_all, state_told, 0},
    {"lock_reenter", act_nothing, before_reentrant, act_reenter, state_any, 0},
    {"all_locks_make", act_nothing, act_nothing, open_all, state_any, 0},
    {"all_locks_each", prepare_all, act_nothing, act_each_lock, state_any, HAS_LOCKS},
    {"all_locks_describe", prepare_all, act_nothing, act_describe, state_any, HAS_LOCKS},
    {"lock_pieces", prepare_all, before_living_holder, act_lock_pieces, others_go_on, HAS_LOCKS},
    {"lock_strict", prepare_dead_holder, open_all, act_take_strictly, others_go_on, HAS_LOCKS},
    {"lock_repair", prepare_dead_holder, before_repair, act_repair, others_go_on, HAS_LOCKS},
    {"all_locks_abandon", prepare_all, hold_everything, abandon_all, others_go_on, HAS_LOCKS},
    {"rwlock_read", prepare_all, open_all, take_to_read, others_go_on, HAS_LOCKS},
    {"rwlock_read_again", prepare_all, before_reading, act_read_again, others_go_on, HAS_LOCKS},
    {"rwlock_read_unlock", prepare_all, before_reading, act_unlock, others_go_on, HAS_LOCKS},
    {"rwlock_write", prepare_all, open_all, take_to_write, others_go_on, HAS_LOCKS},
    {"rwlock_write_unlock", prepare_all, hold_everything, stop_to_write, others_go_on, HAS_LOCKS},
    {"rwlock_downgrade", prepare_all, hold_everything, act_downgrade, others_go_on, HAS_LOCKS},
    {"rwlock_write_wait", prepare_all, before_living_reader, act_write_in_vain, others_go_on, HAS_LOCKS},
    {"rwlock_write_cancel", prepare_all, before_living_reader, act_write_cancel, others_go_on, HAS_LOCKS},
    {"rwlock_write_write", prepare_all, before_living_writer, act_write_in_vain, others_go_on, HAS_LOCKS},
    {"rwlock_read_steal", prepare_dead_writer, open_all, take_to_read, others_go_on, HAS_LOCKS},
    {"rwlock_write_steal", prepare_dead_writer, open_all, take_to_write, others_go_on, HAS_LOCKS},
    {"rwlock_dead_reader", prepare_dead_reader, open_all, take_to_write, others_go_on, HAS_LOCKS},
    {"semaphore_take", prepare_all, open_all, take_permit, others_go_on, HAS_LOCKS},
    {"semaphore_give", prepare_all, hold_everything, act_give_two, others_go_on, HAS_LOCKS},
    {"signal_raise", prepare_all, open_all, act_raise, state_raised, HAS_LOCKS},
    {"signal_lower", prepare_all, open_all, act_lower, state_lowered, HAS_LOCKS},
    {"event_set", prepare_all, hold_everything, act_set, state_set, HAS_LOCKS},
    {"event_clear", prepare_all, before_set, act_clear, state_cleared, HAS_LOCKS},
    {"condition_begin", prepare_all, before_holding, act_begin_to_wait, others_go_on, HAS_LOCKS},
    {"condition_notify", prepare_dead_waiter, before_notifying, act_notify, others_go_on, HAS_LOCKS},
    {"condition_end", prepare_all, before_notified, act_end, others_go_on, HAS_LOCKS},
    {"condition_cancel", prepare_dead_waiter, before_waiting, act_cancel, others_go_on, HAS_LOCKS},
    {"condition_pass_on", prepare_dead_waiter, before_notified, act_cancel, others_go_on, HAS_LOCKS},
    {"barrier_deadline", prepare_all, open_all, act_meet, others_go_on, HAS_LOCKS},
    {"barrier_pass", prepare_all, before_living_party, act_meet, others_go_on, HAS_LOCKS},
    {"barrier_pass_pieces", prepare_all, before_living_party, act_pass, others_go_on, HAS_LOCKS},
    {"barrier_dead_party", prepare_dead_party, open_all, act_meet, others_go_on, HAS_LOCKS},
    {"barrier_cancel", prepare_all, before_meeting, act_cancel, others_go_on, HAS_LOCKS},
    {"barrier_abort", prepare_all, before_living_party, act_abort, others_go_on, HAS_LOCKS},
    {"barrier_reset", prepare_all, before_living_party, act_reset, others_go_on, HAS_LOCKS},
    {"barrier_mend", prepare_all, before_broken, act_reset, others_go_on, HAS_LOCKS},
    {"barrier_leave", prepare_all, before_left, act_leave, others_go_on, HAS_LOCKS},
};

const struct operations lock_operations = {all, sizeof all / sizeof *all};
