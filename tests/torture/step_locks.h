/*
 * The part of step.c about locks: operations of every kind, stepped while others hold and wait. In each image all of
 * them are dead; whoever comes there must be able to have everything, and no more than there is. Included by step.c.
 */
#ifndef SHOAL_TORTURE_STEP_LOCKS_H
#define SHOAL_TORTURE_STEP_LOCKS_H

/* ---- A Lock, alone: who has it ---- */

static void before_lock_held(void)
{
    make_lock(target);
    must(shoal_lock_acquire(object, false, SHOAL_NO_WAIT), "acquire");
}
static void act_acquire(void)
{
    must(shoal_lock_acquire(object, false, SHOAL_NO_WAIT), "acquire");
}
static void act_release(void)
{
    must(shoal_lock_release(object), "release");
}
static void act_abandon(void)
{
    shoal_context_abandon_locks(context, true);
}
static int try_lock(shoal_segment *segment)
{
    shoal_object *lock;
    if (shoal_segment_readonly(segment))
        return SHOAL_OK;
    must(shoal_lock_open(&lock, segment, "victim", 6, 0), "lock of the image");
    int status = shoal_lock_acquire(lock, false, SHOAL_NO_WAIT);
    if (status >= 0)
        shoal_lock_release(lock);
    if (status == SHOAL_RECOVERED) { /* for the next one who asks for the state: as it was */
        shoal_lock_acquire(lock, false, SHOAL_NO_WAIT);
        shoal_context_abandon_locks(context, true);
    }
    shoal_object_close(lock);
    return status;
}
static int state_acquired(shoal_segment *segment)
{
    int status = try_lock(segment);
    return status == SHOAL_OK ? 0 : status == SHOAL_RECOVERED ? 1 : -1;
}
/* Held, and given up: to whoever comes that is the same. */
static int state_told(shoal_segment *segment)
{
    return shoal_segment_readonly(segment) || state_acquired(segment) == 1 ? 1 : -1;
}
static int state_released(shoal_segment *segment)
{
    int status = try_lock(segment);
    return status == SHOAL_OK ? 1 : status == SHOAL_RECOVERED ? 0 : -1;
}
/* ---- The locks: one of each kind, and others who hold or wait ---- */

static struct {
    shoal_object *lock, *rwlock, *semaphore, *signal, *event, *condition, *barrier;
} its;
static shoal_wait its_wait;
static pid_t *living; /* shared: who lives while the victim is stepped; it is dead in every image */

static void open_locks(shoal_segment *segment)
{
    must(shoal_lock_open(&its.lock, segment, "vl", 2, 0), "lock");
    must(shoal_rwlock_open(&its.rwlock, segment, "vrw", 3), "rwlock");
    must(shoal_semaphore_open(&its.semaphore, segment, "vs", 2, 3, 0), "semaphore");
    must(shoal_semaphore_open(&its.signal, segment, "vi", 2, 1, SHOAL_SEMAPHORE_SIGNAL), "signal");
    must(shoal_event_open(&its.event, segment, "ve", 2), "event");
    must(shoal_condition_open(&its.condition, segment, "vc", 2, its.lock), "condition");
    must(shoal_barrier_open(&its.barrier, segment, "vb", 2, 2), "barrier");
}
static void close_locks(void)
{
    shoal_object_close(its.condition);
    shoal_object_close(its.lock);
    shoal_object_close(its.rwlock);
    shoal_object_close(its.semaphore);
    shoal_object_close(its.signal);
    shoal_object_close(its.event);
    shoal_object_close(its.barrier);
}
static void before_locks(void)
{
    open_locks(target);
}

/* What others do, or have done when they died; before the victim's call it is the victim's own doing. */
static void take_lock_of_all(void)
{
    must(shoal_lock_acquire(its.lock, false, SHOAL_FOREVER), "acquire");
}
static void read_of_all(void)
{
    must(shoal_rwlock_read(its.rwlock, SHOAL_FOREVER), "read");
}
static void write_of_all(void)
{
    must(shoal_rwlock_write(its.rwlock, SHOAL_FOREVER), "write");
}
static void take_all_permits(void)
{
    for (int i = 0; i < 3; i++)
        must(shoal_semaphore_acquire(its.semaphore, SHOAL_FOREVER), "permit");
    must(shoal_semaphore_acquire(its.signal, SHOAL_FOREVER), "signal");
}
static void begin_to_wait(void)
{
    take_lock_of_all();
    must(shoal_condition_begin(&its_wait, its.condition, its.lock, 0), "begin to wait");
}
static void be_notified(void)
{
    uint32_t notified;
    begin_to_wait();
    take_lock_of_all();
    must(shoal_condition_notify(&notified, its.condition, its.lock, UINT32_MAX), "notify");
    must(shoal_lock_release(its.lock), "release");
}
static void begin_to_meet(void)
{
    must(shoal_wait_begin(&its_wait, its.barrier, SHOAL_WAIT_PASS, 0, 0), "begin to meet");
    must(shoal_wait_try(&its_wait), "try");
}
/* All is held: these are noted as waiting, and are to be woken. */
static void begin_waits(void)
{
    static shoal_wait waits[4];
    must(shoal_wait_begin(&waits[0], its.event, SHOAL_WAIT_SET, SHOAL_WAIT_TASK, 0), "begin");
    must(shoal_wait_begin(&waits[1], its.semaphore, SHOAL_WAIT_ACQUIRE, SHOAL_WAIT_TASK, 0), "begin");
    must(shoal_wait_begin(&waits[2], its.rwlock, SHOAL_WAIT_READ, SHOAL_WAIT_TASK, 0), "begin");
    must(shoal_wait_begin(&waits[3], its.lock, SHOAL_WAIT_ACQUIRE, SHOAL_WAIT_TASK, 0), "begin");
    for (int i = 0; i < 4; i++)
        must(shoal_wait_try(&waits[i]), "try");
}
static void wait_to_write(void)
{
    must(shoal_wait_begin(&its_wait, its.rwlock, SHOAL_WAIT_WRITE, 0, 0), "begin");
    must(shoal_wait_try(&its_wait), "try");
}

/* Somebody does that, and lives until the victim is gone. */
static void living_does(void (*act)(void))
{
    int ready[2];
    char byte;
    if (pipe(ready) < 0)
        exit(2);
    pid_t pid = split(fork());
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        new_context();
        attach();
        before_locks();
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
static void end_living(void)
{
    if (*living && (kill(*living, SIGKILL) < 0 || waitpid(*living, NULL, 0) != *living))
        exit(2);
    *living = 0;
}

static void attach_locks(void)
{
    attach();
    before_locks();
}
static void dying_with_locks(void (*act)(void))
{
    dying(attach_locks, act);
}
static void prepare_locks(shoal_segment *segment)
{
    open_locks(segment);
    close_locks();
}
static void prepare_dead_holder(shoal_segment *segment)
{
    prepare_locks(segment);
    dying_with_locks(take_lock_of_all);
}
static void prepare_dead_reader(shoal_segment *segment)
{
    prepare_locks(segment);
    dying_with_locks(read_of_all);
}
static void prepare_dead_writer(shoal_segment *segment)
{
    prepare_locks(segment);
    dying_with_locks(write_of_all);
}
static void prepare_dead_owner(shoal_segment *segment)
{
    prepare_locks(segment);
    dying_with_locks(take_all_permits);
}
static void prepare_dead_waiter(shoal_segment *segment)
{
    prepare_locks(segment);
    dying_with_locks(begin_to_wait);
}
static void prepare_dead_party(shoal_segment *segment)
{
    prepare_locks(segment);
    dying_with_locks(begin_to_meet);
}
static void before_living_holder(void)
{
    living_does(take_lock_of_all);
    before_locks();
}
static void before_living_reader(void)
{
    living_does(read_of_all);
    before_locks();
}
static void before_living_writer(void)
{
    living_does(write_of_all);
    before_locks();
}
static void before_living_owner(void)
{
    living_does(take_all_permits);
    before_locks();
}
static void before_living_party(void)
{
    living_does(begin_to_meet);
    before_locks();
}
static void hold_everything(void)
{
    before_locks();
    write_of_all();
    take_all_permits();
    take_lock_of_all();
    living_does(begin_waits);
}
static void before_reading(void)
{
    before_locks();
    read_of_all();
    living_does(wait_to_write);
}
static void before_waiting(void)
{
    before_locks();
    begin_to_wait();
}
static void before_notified(void)
{
    before_locks();
    be_notified();
}
static void before_notifying(void)
{
    living_does(begin_to_wait);
    before_locks();
    take_lock_of_all();
}

/* ---- What the victim does with them ---- */

#define SHORT shoal_deadline(1.5) /* long enough for LONGWAIT; nobody really sleeps */

static void refused(int status, const char *what)
{
    if (status != SHOAL_ETIMEDOUT && status != SHOAL_EBROKEN)
        must(status < 0 ? status : SHOAL_EVALUE, what);
}
static void act_take_lock(void)
{
    must(shoal_lock_acquire(its.lock, false, SHOAL_NO_WAIT), "acquire");
}
static void act_wait_for_lock(void)
{
    refused(shoal_lock_acquire(its.lock, false, SHORT), "wait for the lock");
}
static void act_read(void)
{
    must(shoal_rwlock_read(its.rwlock, SHOAL_NO_WAIT), "read");
}
static void act_write(void)
{
    must(shoal_rwlock_write(its.rwlock, SHOAL_NO_WAIT), "write");
}
static void act_wait_to_read(void)
{
    refused(shoal_rwlock_read(its.rwlock, SHORT), "wait to read");
}
static void act_wait_to_write(void)
{
    refused(shoal_rwlock_write(its.rwlock, SHORT), "wait to write");
}
static void act_unlock(void)
{
    must(shoal_rwlock_unlock(its.rwlock), "unlock");
}
static void act_downgrade(void)
{
    must(shoal_rwlock_downgrade(its.rwlock), "downgrade");
}
static void act_take_permit(void)
{
    must(shoal_semaphore_acquire(its.semaphore, SHOAL_NO_WAIT), "permit");
}
static void act_give_permits(void)
{
    must(shoal_semaphore_release(its.semaphore, 2), "permits");
}
static void act_wait_for_permit(void)
{
    refused(shoal_semaphore_acquire(its.semaphore, SHORT), "wait for a permit");
}
static void act_raise(void)
{
    must(shoal_semaphore_release(its.signal, 1), "raise");
}
static void act_lower(void)
{
    must(shoal_semaphore_acquire(its.signal, SHOAL_NO_WAIT), "lower");
}
static void act_set(void)
{
    must(shoal_event_set(its.event), "set");
}
static void act_clear(void)
{
    must(shoal_event_clear(its.event), "clear");
}
static void act_wait_for_event(void)
{
    refused(shoal_event_wait(its.event, SHORT), "wait for the event");
}
static void act_wait_notified(void)
{
    refused(shoal_condition_wait(its.condition, its.lock, SHORT), "wait");
}
static void act_notify(void)
{
    uint32_t notified;
    must(shoal_condition_notify(&notified, its.condition, its.lock, 1), "notify");
    must(shoal_lock_release(its.lock), "release");
}
static void act_end_wait(void)
{
    bool notified;
    must(shoal_wait_until(&its_wait, SHOAL_FOREVER), "until");
    must(shoal_condition_end(&notified, &its_wait, SHOAL_FOREVER), "end");
}
static void act_cancel(void)
{
    shoal_wait_cancel(&its_wait);
}
static void act_meet(void)
{
    uint32_t index;
    int status = shoal_barrier_wait(&index, its.barrier, SHORT);
    if (status < 0)
        refused(status, "meet");
}
static void act_abort(void)
{
    must(shoal_barrier_abort(its.barrier), "abort");
}
static void act_reset(void)
{
    must(shoal_barrier_reset(its.barrier), "reset");
}
static void before_broken(void)
{
    before_living_party();
    act_abort();
}
static void before_meeting(void)
{
    before_locks();
    begin_to_meet();
}
static void act_leave(void)
{
    shoal_object_close(its.barrier);
}
static void before_holding(void)
{
    before_locks();
    take_lock_of_all();
}
static void before_set(void)
{
    before_locks();
    act_set();
}
static void before_left(void)
{
    before_living_party();
    act_meet();
}

/* ---- Waits in pieces, and what else there is ---- */

static void act_take_strictly(void)
{
    if (shoal_lock_acquire(its.lock, true, SHOAL_NO_WAIT) != SHOAL_EOWNERDIED)
        must(SHOAL_EVALUE, "strict");
}
static void before_repair(void)
{
    before_locks();
    act_take_strictly();
}
static void act_repair(void)
{
    must(shoal_lock_repair(its.lock), "repair");
}
static void before_reentrant(void)
{
    must(shoal_lock_open(&object, target, "reentrant", 9, SHOAL_LOCK_REENTRANT), "lock");
    act_acquire();
}
static void act_reenter(void)
{
    act_acquire();
    act_release();
    act_release();
}
static void act_read_unlock(void)
{
    must(shoal_rwlock_read_unlock(its.rwlock), "unlock");
}
static void act_write_unlock(void)
{
    must(shoal_rwlock_write_unlock(its.rwlock), "unlock");
}
static void act_read_again(void)
{
    act_read();
    act_read_unlock();
    act_read_unlock();
}
static void wait_in_pieces(shoal_object *it, int operation, bool cancel)
{
    must(shoal_wait_begin(&its_wait, it, operation, 0, 0), "begin");
    must(shoal_wait_try(&its_wait), "try");
    if (cancel)
        shoal_wait_cancel(&its_wait);
    else
        refused(shoal_wait_until(&its_wait, SHORT), "until");
}
static void act_lock_pieces(void)
{
    wait_in_pieces(its.lock, SHOAL_WAIT_ACQUIRE, false);
}
static void act_lock_cancel(void)
{
    wait_in_pieces(its.lock, SHOAL_WAIT_ACQUIRE, true);
}
static void act_read_cancel(void)
{
    wait_in_pieces(its.rwlock, SHOAL_WAIT_READ, true);
}
static void act_write_cancel(void)
{
    wait_in_pieces(its.rwlock, SHOAL_WAIT_WRITE, true);
}
static void act_permit_cancel(void)
{
    wait_in_pieces(its.semaphore, SHOAL_WAIT_ACQUIRE, true);
}
static void act_event_cancel(void)
{
    wait_in_pieces(its.event, SHOAL_WAIT_SET, true);
}
static void act_wait_for_count(void)
{
    refused(shoal_counter_wait(object, COUNT, SHORT), "wait for the counter");
}
static void act_pass(void)
{
    begin_to_meet();
    if (!its_wait.last)
        must(SHOAL_EVALUE, "the last");
    must(shoal_barrier_pass(&its_wait), "pass");
}
static void act_begin_to_wait(void)
{
    must(shoal_condition_begin(&its_wait, its.condition, its.lock, 0), "begin to wait");
}
static void act_abandon_all(void)
{
    shoal_context_abandon_locks(context, true);
}

/* So many live that one more peer needs more memory for peers. */
static void crowd(void)
{
    shoal_segment *segment;
    for (int i = 0; i < 64; i++) {
        shoal_context *one = shoal_context_new();
        shoal_context_set_directory(one, directory);
        if (shoal_open(&segment, one, "target", NULL) < 0)
            break;
    }
}
static void before_crowd(void)
{
    living_does(crowd);
}
static void others_share(void)
{
    create_shared();
    living_does(before_nothing);
}

/* ---- In the image all of them are dead: whoever comes has everything, and all of it ---- */

static bool can_have(int (*take)(shoal_object *, shoal_time), int (*give)(shoal_object *), shoal_object *object)
{
    int status = take(object, SHOAL_NO_WAIT);
    if (status == SHOAL_ETIMEDOUT) /* a reader's turn, perhaps: but not for long */
        status = take(object, shoal_deadline(1));
    return status >= 0 && (!give || give(object) >= 0);
}
static int take_lock_plainly(shoal_object *lock, shoal_time deadline)
{
    return shoal_lock_acquire(lock, false, deadline);
}
static int downgrade_and_unlock(shoal_object *rwlock)
{
    int status = shoal_rwlock_downgrade(rwlock);
    return status < 0 ? status : shoal_rwlock_unlock(rwlock);
}
static int give_three(shoal_object *semaphore)
{
    return shoal_semaphore_release(semaphore, 3);
}
static bool permits_add_up(void)
{
    uint32_t value;
    if (shoal_semaphore_value(&value, its.semaphore) < 0 || value != 3)
        return false;
    for (int i = 0; i < 2; i++)
        if (!can_have(shoal_semaphore_acquire, NULL, its.semaphore))
            return false;
    return can_have(shoal_semaphore_acquire, NULL, its.semaphore) &&
           shoal_semaphore_acquire(its.semaphore, SHOAL_NO_WAIT) == SHOAL_ETIMEDOUT && give_three(its.semaphore) >= 0;
}
static bool condition_works(void)
{
    uint32_t notified;
    return can_have(take_lock_plainly, NULL, its.lock) &&
           shoal_condition_wait(its.condition, its.lock, SHOAL_NO_WAIT) == SHOAL_ETIMEDOUT &&
           shoal_condition_notify(&notified, its.condition, its.lock, UINT32_MAX) == SHOAL_OK &&
           shoal_lock_release(its.lock) == SHOAL_OK;
}
static bool barrier_works(void)
{
    uint32_t index;
    int status = shoal_barrier_wait(&index, its.barrier, SHOAL_NO_WAIT);
    return (status == SHOAL_EBROKEN || status == SHOAL_ETIMEDOUT) && shoal_barrier_broken(its.barrier) &&
           shoal_barrier_reset(its.barrier) == SHOAL_OK && !shoal_barrier_broken(its.barrier) &&
           shoal_barrier_waiting(its.barrier) == 0 &&
           shoal_barrier_wait(&index, its.barrier, SHOAL_NO_WAIT) == SHOAL_ETIMEDOUT;
}
static int nobody_holds(void)
{
    shoal_object *held[] = {its.lock, its.rwlock, its.semaphore};
    size_t count, all = 0;
    for (int i = 0; i < 3; i++) {
        if (shoal_object_holders(NULL, 0, &count, held[i]) < 0)
            return -1;
        all += count;
    }
    return all == 0 ? 1 : -1;
}
static int others_go_on(shoal_segment *segment)
{
    open_locks(segment);
    int state = nobody_holds();
    if (!shoal_segment_readonly(segment))
        state = state == 1 && can_have(take_lock_plainly, shoal_lock_release, its.lock) &&
                        can_have(shoal_rwlock_read, shoal_rwlock_unlock, its.rwlock) &&
                        can_have(shoal_rwlock_write, downgrade_and_unlock, its.rwlock) && permits_add_up() &&
                        condition_works() && barrier_works()
                    ? 1
                    : -1;
    close_locks();
    return state;
}

/* 1: raised; 0: as it was, 1. */
static int state_raised(shoal_segment *segment)
{
    uint32_t value = 9;
    if (others_go_on(segment) != 1)
        return -1;
    open_locks(segment);
    shoal_semaphore_value(&value, its.signal);
    close_locks();
    return value == 1 ? 0 : value == 2 ? 1 : -1;
}
static int state_lowered(shoal_segment *segment)
{
    uint32_t value = 9;
    if (others_go_on(segment) != 1)
        return -1;
    open_locks(segment);
    shoal_semaphore_value(&value, its.signal);
    close_locks();
    return value == 1 ? 0 : value == 0 ? 1 : -1;
}
static int state_set(shoal_segment *segment)
{
    if (others_go_on(segment) != 1)
        return -1;
    open_locks(segment);
    bool set = shoal_event_is_set(its.event);
    close_locks();
    return set;
}

static int state_cleared(shoal_segment *segment)
{
    int set = state_set(segment);
    return set < 0 ? set : !set;
}

#endif
