/*
 * The scenes of points.c: each public operation, and who else takes part in it. Included by points.c.
 *
 * A helper that takes something says so on the board, and looks whether anybody who lives has it too, and whether it was
 * told of a death that was none, or not told of one.
 */
#ifndef SHOAL_TORTURE_POINTS_SCENES_H
#define SHOAL_TORTURE_POINTS_SCENES_H

#include <dirent.h>

#include "segment/handle.h"
#include "sync/condition.h"

enum { BIG = 257 << 10, RUN = 60000, OTHERS = 5, PERMITS = 2 };

/* ---- Files ---- */

static void clear_directory(void)
{
    char path[400];
    DIR *open = opendir(directory);
    for (struct dirent *it; open && (it = readdir(open));)
        if (snprintf(path, sizeof path, "%s/%s", directory, it->d_name) > 0 && it->d_type != DT_DIR)
            unlink(path);
    if (open)
        closedir(open);
}

static void open_or_create_here(void)
{
    shoal_options options;
    shoal_options_init(&options);
    options.size = 4 << 20;
    options.lifetime = scene->flags & SHARED ? SHOAL_SHARED : SHOAL_PERSISTENT;
    must(shoal_open_or_create(&target, context, "target", &options), "open_or_create");
}

/* ---- Values that tell when they are torn ---- */

static unsigned char value_bytes[1 << 20];

static const unsigned char *pattern(uint32_t number, size_t size)
{
    for (size_t i = 0; i < size; i += 4)
        memcpy(value_bytes + i, &(uint32_t){number * 2654435761u + (uint32_t)i * 40503u}, 4);
    return value_bytes;
}
static void put(const char *name, uint32_t number, size_t size)
{
    must(shoal_value_put(target, name, strlen(name), pattern(number, size), size), "put");
}
static bool is_value(const unsigned char *have, size_t got, uint32_t number, size_t size)
{
    return got == size && memcmp(have, pattern(number, size), size) == 0;
}
/* 1: it is that; 0: there is no such name; -1: it is another */
static int holds_value(const char *name, uint32_t number, size_t size)
{
    static unsigned char have[1 << 20];
    size_t got;
    int status = shoal_value_get(target, name, strlen(name), have, sizeof have, &got);
    if (status == SHOAL_ENOKEY)
        return 0;
    return status == SHOAL_OK && is_value(have, got, number, size) ? 1 : -1;
}
static void remove_it(const char *name)
{
    int status = shoal_object_remove(target, name, strlen(name));
    if (status != SHOAL_ENOKEY)
        must(status, "remove");
}

/* Each scene's victim writes 22 over 11, the second 33: of the sizes that the scene's name tells. */
static size_t size_of(const char *name, uint32_t number)
{
    bool big = number == 11 ? strstr(name, "_from_big") != NULL : strstr(name, "_big") && !strstr(name, "_small");
    bool run = number == 11 ? strstr(name, "_from_run") != NULL : strstr(name, "_run") != NULL;
    return big ? BIG : run ? RUN : strstr(name, "_span") && number != 11 ? 3001 : 100 + number;
}
static size_t its_size(uint32_t number)
{
    return size_of(scene->name, number);
}

static void put_old(void)
{
    put("victim", 11, its_size(11));
}
static void put_old_thrice(void)
{
    put("victim", 1, its_size(11));
    put("victim", 2, its_size(11));
    put_old();
}
static int put_new(void)
{
    put("victim", 22, its_size(22));
    return 1;
}
static int put_third(void)
{
    put("victim", 33, its_size(33));
    return 1;
}
static int state_of_value(void)
{
    if (holds_value("victim", 22, its_size(22)) == 1)
        return VICTIMS;
    if (holds_value("victim", 33, its_size(33)) == 1)
        return SECONDS;
    int old = holds_value("victim", 11, its_size(11));
    return old < 0 ? -1 : 0;
}
static int remove_victim(void)
{
    remove_it("victim");
    return 1;
}
static int state_of_removed(void)
{
    if (holds_value("victim", 33, its_size(33)) == 1)
        return SECONDS;
    int old = holds_value("victim", 11, its_size(11));
    return old == 0 ? VICTIMS : old == 1 ? 0 : -1;
}
static int state_of_name(void)
{
    return shoal_object_find(target, "victim", 6) > 0 ? 0 : VICTIMS | SECONDS;
}
static int state_is_there(void)
{
    return shoal_object_find(target, "victim", 6) > 0 ? VICTIMS | SECONDS : 0;
}

/* ---- One of each kind ---- */

static shoal_object *lock, *rwlock, *semaphore, *raised, *event, *condition, *barrier, *counter, *object;
static shoal_wait its_wait;

static void open_all(shoal_segment *segment)
{
    if (shoal_segment_readonly(segment))
        return;
    must(shoal_lock_open(&lock, segment, "vl", 2, 0), "lock");
    must(shoal_rwlock_open(&rwlock, segment, "vrw", 3), "rwlock");
    must(shoal_semaphore_open(&semaphore, segment, "vs", 2, PERMITS, 0), "semaphore");
    must(shoal_semaphore_open(&raised, segment, "vi", 2, 0, SHOAL_SEMAPHORE_SIGNAL), "signal");
    must(shoal_event_open(&event, segment, "ve", 2), "event");
    must(shoal_condition_open(&condition, segment, "vc", 2, lock), "condition");
    must(shoal_barrier_open(&barrier, segment, "vb", 2, 2), "barrier");
    must(shoal_counter_open(&counter, segment, "vn", 2, 41), "counter");
}
static void close_all(void)
{
    shoal_object *all[] = {condition, lock, rwlock, semaphore, raised, event, barrier, counter};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        shoal_object_close(all[i]);
}
static void put_others(void)
{
    char name[16];
    for (uint32_t i = 0; i < OTHERS; i++) {
        snprintf(name, sizeof name, "other%u", i);
        put(name, 100 + i, 20 + 37 * i);
    }
}
static void prepare_all(void)
{
    open_all(target);
    put_others();
    close_all();
}
static void fill_names(void)
{
    char name[16];
    uint64_t count;
    shoal_object_count(&count, target);
    for (uint64_t i = count; i < 64; i++) {
        snprintf(name, sizeof name, "more%llu", (unsigned long long)i);
        put(name, (uint32_t)i, 10);
    }
}

/* ---- Who has what ---- */

enum kept { LOCK, WRITING, READING, PERMIT };

static bool is_dead(int role)
{
    return role == ROLES || board->seat[role].died;
}
static int others_have(enum kept what, bool dead)
{
    int count = 0;
    for (int role = 0; role <= ROLES; role++)
        count += role != (int)me && is_dead(role) == dead ? board->holds[what][role] : 0;
    return count;
}
static void took(enum kept what, int status)
{
    must(status, "take");
    if ((what == LOCK && others_have(LOCK, false)) ||
        (what == WRITING && (others_have(WRITING, false) || others_have(READING, false))) ||
        (what == READING && others_have(WRITING, false)) || (what == PERMIT && others_have(PERMIT, false) >= PERMITS))
        wrong("it has what another has (%d)", what);
    if (status == SHOAL_RECOVERED && !board->somebody_died)
        wrong("told of a death, and nobody died (%d)", what);
    enum kept its = what == READING ? WRITING : what;
    if (status == SHOAL_OK && what != PERMIT && others_have(its, true))
        wrong("not told that the owner died (%d)", what);
    for (int role = 0; role <= ROLES && what != READING; role++)
        if (is_dead(role))
            board->holds[what][role] = 0;
    if (me < ROLES)
        board->holds[what][me] = what == PERMIT ? board->holds[what][me] + 1 : 1;
}
static void giving(enum kept what)
{
    if (me < ROLES)
        board->holds[what][me] = 0;
}

#define LONG shoal_deadline(60)

static void take_lock(void)
{
    took(LOCK, shoal_lock_acquire(lock, false, LONG));
}
static void give_lock(void)
{
    giving(LOCK);
    must(shoal_lock_release(lock), "release");
}
static void take_to_read(void)
{
    took(READING, shoal_rwlock_read(rwlock, LONG));
}
static void stop_reading(void)
{
    giving(READING);
    must(shoal_rwlock_read_unlock(rwlock), "read_unlock");
}
static void take_to_write(void)
{
    took(WRITING, shoal_rwlock_write(rwlock, LONG));
}
static void stop_to_write(void)
{
    giving(WRITING);
    must(shoal_rwlock_write_unlock(rwlock), "write_unlock");
}
static void take_permit(void)
{
    took(PERMIT, shoal_semaphore_acquire(semaphore, LONG));
}
static void give_permit(void)
{
    giving(PERMIT);
    must(shoal_semaphore_release(semaphore, 1), "give");
}

/* ---- Scenes: Lock ---- */

static int act_lock(void)
{
    take_lock();
    return 1;
}
static int take_and_give_lock(void)
{
    take_lock();
    give_lock();
    return 1;
}
static void wait_for_lock(void)
{
    take_and_give_lock();
}
static int act_release(void)
{
    give_lock();
    return 1;
}
#define IN_VAIN shoal_deadline(0.06) /* longer than a slice */
static bool in_vain(int status)
{
    if (status != SHOAL_ETIMEDOUT && status != SHOAL_EBROKEN)
        must(status, "wait");
    return status < 0;
}
static int act_lock_in_vain(void)
{
    int status = shoal_lock_acquire(lock, false, IN_VAIN);
    if (in_vain(status))
        return 0;
    took(LOCK, status);
    give_lock();
    return 1;
}
static int act_lock_strict(void)
{
    int status = shoal_lock_acquire(lock, true, LONG);
    if (status == SHOAL_OK) { /* another took it over while we stood */
        took(LOCK, status);
        give_lock();
        return 1;
    }
    if (status != SHOAL_EOWNERDIED)
        wrong("a strict taker is not told: %d", status);
    board->holds[LOCK][ROLES] = 0; /* told; and from here on it may be declared sound */
    status = shoal_lock_repair(lock);
    if (status != SHOAL_ELOCK) /* another took it meanwhile */
        must(status, "repair");
    return 1;
}
static int act_repair(void)
{
    if (shoal_lock_recovered(lock))
        must(shoal_lock_repair(lock), "repair");
    give_lock();
    return 1;
}
static int act_abandon(void)
{
    board->somebody_died = 1; /* so it is to look */
    for (int what = 0; what <= PERMIT; what++)
        giving(what);
    shoal_context_abandon_locks(context, true);
    return 1;
}
static void after_lock(void)
{
    if (shoal_lock_is_mine(lock))
        give_lock();
}

/* ---- RWLock ---- */

static int act_read(void)
{
    take_to_read();
    return 1;
}
static int act_write(void)
{
    take_to_write();
    return 1;
}
static int act_stop_reading(void)
{
    stop_reading();
    return 1;
}
static int act_stop_writing(void)
{
    stop_to_write();
    return 1;
}
static int act_downgrade(void)
{
    giving(WRITING);
    must(shoal_rwlock_downgrade(rwlock), "downgrade");
    board->holds[READING][me] = 1;
    return 1;
}
static int write_and_stop(void)
{
    take_to_write();
    stop_to_write();
    return 1;
}
static int read_and_stop(void)
{
    take_to_read();
    stop_reading();
    return 1;
}
static int read_and_write(void)
{
    return read_and_stop() && write_and_stop();
}
static void wait_to_write(void)
{
    write_and_stop();
}
static void wait_to_read(void)
{
    read_and_stop();
}
static int act_read_in_vain(void)
{
    int status = shoal_rwlock_read(rwlock, IN_VAIN);
    if (in_vain(status))
        return 0;
    took(READING, status);
    stop_reading();
    return 1;
}
static int act_write_in_vain(void)
{
    int status = shoal_rwlock_write(rwlock, IN_VAIN);
    if (in_vain(status))
        return 0;
    took(WRITING, status);
    stop_to_write();
    return 1;
}
static void after_rwlock(void)
{
    if (shoal_rwlock_is_writing(rwlock))
        stop_to_write();
    if (shoal_rwlock_is_reading(rwlock))
        stop_reading();
}

/* A second peer in this process, which waits to read while the first writes. */
static shoal_object *its_rwlock;
static void write_and_wait_to_read(void)
{
    shoal_segment *again;
    take_to_write();
    must(shoal_open(&again, new_context(), "target", NULL), "open");
    must(shoal_rwlock_open(&its_rwlock, again, "vrw", 3), "rwlock");
    must(shoal_wait_begin(&its_wait, its_rwlock, SHOAL_WAIT_READ, 0, 0), "begin");
    if (shoal_wait_try(&its_wait) != SHOAL_PENDING)
        wrong("it reads while another writes");
}
static void stop_to_write_then_read(void)
{
    stop_to_write();
    took(READING, shoal_wait_until(&its_wait, LONG));
    giving(READING);
    must(shoal_rwlock_read_unlock(its_rwlock), "read_unlock");
}

/* ---- Semaphore ---- */

static int act_permit(void)
{
    take_permit();
    return 1;
}
static int act_give_permit(void)
{
    give_permit();
    return 1;
}
static int take_and_give_permit(void)
{
    take_permit();
    give_permit();
    return 1;
}
static void wait_for_permit(void)
{
    take_and_give_permit();
}
static void take_permits(void)
{
    for (int i = 0; i < PERMITS; i++)
        must(shoal_semaphore_acquire(semaphore, LONG), "permit");
    if (me < ROLES)
        board->holds[PERMIT][me] = PERMITS;
}
static void give_permits(void)
{
    giving(PERMIT);
    must(shoal_semaphore_release(semaphore, PERMITS), "give");
}
static int act_give_permits(void)
{
    give_permits();
    return 1;
}
static int act_permit_in_vain(void)
{
    int status = shoal_semaphore_acquire(semaphore, IN_VAIN);
    if (in_vain(status))
        return 0;
    took(PERMIT, status);
    give_permit();
    return 1;
}
static void after_permit(void)
{
    uint32_t held = shoal_semaphore_held(semaphore);
    giving(PERMIT);
    if (held)
        must(shoal_semaphore_release(semaphore, held), "give");
}
/* It waited: its mark stays. A second peer of it has the permits. */
static void die_waiting_for_permit(void)
{
    shoal_segment *again;
    shoal_object *other;
    must(shoal_open(&again, new_context(), "target", NULL), "open");
    must(shoal_semaphore_open(&other, again, "vs", 2, PERMITS, 0), "semaphore");
    for (int i = 0; i < PERMITS; i++)
        must(shoal_semaphore_acquire(other, LONG), "permit");
    must(shoal_wait_begin(&its_wait, semaphore, SHOAL_WAIT_ACQUIRE, 0, 0), "begin");
    if (shoal_wait_try(&its_wait) != SHOAL_PENDING)
        wrong("there was a permit left");
}
static int act_raise(void)
{
    must(shoal_semaphore_release(raised, 1), "raise");
    return 1;
}
static void raise_it(void)
{
    act_raise();
}
static void wait_for_signal(void)
{
    must(shoal_semaphore_acquire(raised, LONG), "lower");
}
static int act_lower(void)
{
    wait_for_signal();
    return 1;
}

/* ---- Event, Counter ---- */

static int act_set(void)
{
    must(shoal_event_set(event), "set");
    return 1;
}
static void set_it(void)
{
    act_set();
}
static int act_clear(void)
{
    must(shoal_event_clear(event), "clear");
    return 1;
}
static void wait_for_event(void)
{
    must(shoal_event_wait(event, LONG), "wait");
}
static int act_wait_for_event(void)
{
    wait_for_event();
    return 1;
}
static int add(int64_t n)
{
    int64_t value;
    must(shoal_counter_add(&value, counter, n), "add");
    return 1;
}
static int add_one(void)
{
    return add(1);
}
static int add_hundred(void)
{
    return add(100);
}
static void add_hundred_then(void)
{
    add(100);
}
static void wait_for_change(void)
{
    must(shoal_counter_wait(counter, 41, LONG), "wait");
}
static int act_wait_for_change(void)
{
    wait_for_change();
    return 1;
}
static int state_of_counter(void)
{
    int64_t value = 0;
    shoal_counter_value(&value, counter);
    value -= 41;
    return value == 0 ? 0 : value == 1 ? VICTIMS : value == 100 ? SECONDS : value == 101 ? VICTIMS | SECONDS : -1;
}

/* ---- Condition ---- */

static int wait_notified_with(double seconds)
{
    take_lock();
    giving(LOCK);
    int status = shoal_condition_wait(condition, lock, shoal_deadline(seconds));
    took(LOCK, status == SHOAL_ETIMEDOUT ? shoal_lock_recovered(lock) ? SHOAL_RECOVERED : SHOAL_OK : status);
    give_lock();
    return status >= 0;
}
static void wait_notified(void)
{
    if (!wait_notified_with(50))
        wrong("it was never notified");
}
static int act_wait_notified(void)
{
    wait_notified();
    return 1;
}
static int act_wait_in_vain(void)
{
    return wait_notified_with(0.06);
}
static void notify_one(void)
{
    uint32_t notified;
    must(shoal_condition_notify(&notified, condition, lock, 1), "notify");
}
static int act_notify(void)
{
    notify_one();
    give_lock();
    return 1;
}
static int notify_all_others(void)
{
    uint32_t notified;
    take_lock();
    must(shoal_condition_notify(&notified, condition, lock, UINT32_MAX), "notify");
    give_lock();
    return 1;
}
static void take_lock_and_notify(void)
{
    take_lock();
    notify_one();
    give_lock();
}
static void begin_to_wait(void)
{
    take_lock();
    giving(LOCK);
    must(shoal_condition_begin(&its_wait, condition, lock, 0), "begin");
}
static void begin_and_be_notified(void)
{
    begin_to_wait();
    take_lock_and_notify();
}
static int act_end(void)
{
    bool notified;
    must(shoal_wait_until(&its_wait, LONG), "until");
    took(LOCK, shoal_condition_end(&notified, &its_wait, LONG));
    if (!notified)
        wrong("it was notified, and is not told");
    give_lock();
    return 1;
}
static void be_notified_then(void)
{
    act_end();
}
static int act_cancel(void)
{
    shoal_wait_cancel(&its_wait);
    return 1;
}
/* Notified, and a partner waits who came later: it gets what we do not want, or what died with us. */
static int act_pass_on(void)
{
    board->seat[me].armed = 0;
    take_lock_and_notify();
    board->seat[me].armed = 1;
    return act_cancel();
}
/* One that died waited before us, and the notification goes to it. */
static void begin_and_notify_the_dead(void)
{
    begin_to_wait();
    take_lock_and_notify();
}
/* The same; we take it over, then are notified ourselves: two came to us. */
static void take_over_and_be_notified(void)
{
    begin_and_notify_the_dead();
    must(shoal_wait_until(&its_wait, LONG), "until");
    take_lock_and_notify();
}
/* The same, and a third began to wait between: the one taken over is the earlier. */
static void take_over_and_be_notified_later(void)
{
    shoal_wait another;
    begin_and_notify_the_dead();
    must(shoal_wait_until(&its_wait, LONG), "until");
    take_lock();
    giving(LOCK);
    must(shoal_condition_begin(&another, condition, lock, 0), "begin");
    take_lock_and_notify();
    shoal_wait_cancel(&another);
}
static int act_end_taken(void)
{
    bool notified;
    took(LOCK, shoal_condition_end(&notified, &its_wait, LONG));
    if (!notified)
        wrong("two notifications, and it is not told of one");
    give_lock();
    return 1;
}
static void only_two_cells(void)
{
    open_all(target);
    ((struct condition_sh *)condition->body)->cells = 2;
    close_all();
}
/* Of two peers. */
static void die_waiting_twice(void)
{
    shoal_segment *again;
    shoal_object *other_lock, *other;
    static shoal_wait other_wait;
    begin_to_wait();
    must(shoal_open(&again, new_context(), "target", NULL), "open");
    must(shoal_lock_open(&other_lock, again, "vl", 2, 0), "lock");
    must(shoal_condition_open(&other, again, "vc", 2, other_lock), "condition");
    must(shoal_lock_acquire(other_lock, false, LONG), "acquire");
    must(shoal_condition_begin(&other_wait, other, other_lock, 0), "begin");
}

/* ---- Barrier ---- */

static int meet_with(double seconds)
{
    uint32_t index;
    int status = shoal_barrier_wait(&index, barrier, shoal_deadline(seconds));
    if (status < 0 && !in_vain(status))
        must(status, "meet");
    return status == SHOAL_OK;
}
static void wait_to_meet(void)
{
    board->seat[me].acknowledged = meet_with(0.2); /* who was to come may have died before */
}
static int act_meet(void)
{
    return meet_with(0.2);
}
static int act_meet_in_vain(void)
{
    return meet_with(0.04);
}
static void begin_to_meet(void)
{
    must(shoal_wait_begin(&its_wait, barrier, SHOAL_WAIT_PASS, 0, 0), "begin");
    if (shoal_wait_try(&its_wait) != SHOAL_PENDING)
        wrong("it met nobody");
}
static int act_abort(void)
{
    must(shoal_barrier_abort(barrier), "abort");
    return 1;
}
static int act_reset(void)
{
    must(shoal_barrier_reset(barrier), "reset");
    return 1;
}
static void die_resetting(void)
{
    begin_to_meet();
    act_reset();
}
static int act_close_barrier(void)
{
    shoal_object_close(barrier);
    return 1;
}
static void begin_to_meet_and_cancel(void)
{
    begin_to_meet();
    shoal_wait_cancel(&its_wait);
    act_reset();
    begin_to_meet();
    shoal_wait_cancel(&its_wait); /* it is a party now, and does not wait */
}

/* ---- Objects: making, opening, removing ---- */

static int make_array(int64_t bytes)
{
    must(shoal_array_open(&object, target, "victim", 6, (shoal_dtype){SHOAL_UINT8, 1}, 1, &bytes), "array");
    return 1;
}
static int make_small_array(void)
{
    return make_array(500);
}
static int make_big_array(void)
{
    return make_array(BIG);
}
static int make_counter(void)
{
    must(shoal_counter_open(&object, target, "victim", 6, 7), "counter");
    return 1;
}
static int close_object(void)
{
    shoal_object_close(object);
    return 1;
}
static void have_big_array(void)
{
    make_big_array();
}
static void have_small_array(void)
{
    make_small_array();
}
static void prepare_big_array(void)
{
    make_big_array();
    close_object();
}
static void prepare_small_array(void)
{
    make_small_array();
    close_object();
}
static void have_removed_big_array(void)
{
    make_big_array();
    remove_it("victim");
}
static void close_then(void)
{
    close_object();
}
/* A reader has it open when it is removed: it stays in limbo. Then the reader dies. */
static void die_reading_what_is_removed(void)
{
    shoal_segment *again;
    shoal_object *seen;
    shoal_options options;
    shoal_options_init(&options);
    options.readonly = true;
    prepare_big_array();
    must(shoal_open(&again, new_context(), "target", &options), "open");
    must(shoal_object_open(&seen, again, "victim", 6), "open it");
    remove_it("victim");
}
/* Peers that died: one with a removed big array open, one with a big body in its hands. */
static void die_with_arrays(void)
{
    have_removed_big_array();
    make_counter();
}
static void die_putting_big(void)
{
    put("victim", 22, BIG);
}
static void die_replacing_big(void)
{
    put("other0", 9, BIG);
    put("other0", 100, 20);
}
static int take_info(void)
{
    shoal_info info;
    must(shoal_segment_info(&info, target), "info");
    return 1;
}
static int only_info(void)
{
    take_info();
    return 0; /* it stores nothing */
}
static int remove_other(void)
{
    put("for a moment", 5, 50);
    remove_it("for a moment");
    return 1;
}
/* Nothing is free but what the dead have. */
static void fill_up(void)
{
    char name[16];
    for (int i = 0;; i++) {
        snprintf(name, sizeof name, "fill%d", i);
        if (shoal_value_put(target, name, strlen(name), pattern(7, 200 << 10), 200 << 10) < 0)
            break;
    }
}
static void die_with_all_memory(void)
{
    have_removed_big_array();
    fill_up();
}
static int make_small_again(void)
{
    make_small_array();
    return close_object();
}
static int make_big_again(void)
{
    make_big_array();
    return close_object();
}
static int make_counter_again(void)
{
    make_counter();
    return close_object();
}

/* ---- Segments ---- */

static int act_attach(void)
{
    must(shoal_open(&target, context, "target", NULL), "open");
    return 1;
}
static int attach_and_put(void)
{
    act_attach();
    open_all(target);
    return put_new();
}
static int act_detach(void)
{
    close_all();
    shoal_close(target);
    return 1;
}
static int act_create(void)
{
    open_or_create_here();
    return 1;
}
static void die_last(void)
{
    context = new_context();
    open_or_create_here();
}
static void without_tmpfile(void)
{
    no_tmpfile = true;
}
static int open_or_create_and_put(void)
{
    open_or_create_here();
    put("second", 33, 100);
    return holds_value("second", 33, 100) == 1;
}
/* As many peers as there is memory for. */
static void have_many_peers(void)
{
    shoal_segment *again;
    for (int i = 0; i < 31; i++)
        must(shoal_open(&again, new_context(), "target", NULL), "open");
}
static void have_everything(void)
{
    take_lock();
    take_to_write();
    take_permits();
}
static void die_with_everything(void)
{
    have_everything();
    begin_to_meet();
}
/* The dead one's slot is claimed for the 65,536th time. */
static void let_numbers_come_round(void)
{
    shoal_segment *again;
    shoal_context *others = new_context();
    must(shoal_open(&again, others, "target", NULL), "open");
    struct header_sh *header = shoal__header(again);
    uint32_t slots = load_relaxed(&header->slots_committed), dead = slots;
    for (uint32_t i = 0; i < slots; i++)
        if (load_relaxed(&shoal__peer(again, i)->in_use) && i != again->slot && i != target->slot)
            dead = i;
    if (dead == slots)
        wrong("nobody has died");
    store_relaxed(&shoal__peer(again, dead)->incarnation,
                  0xffff + load_relaxed(&shoal__peer(again, dead)->incarnation));
    store_relaxed(&header->slot_cursor, dead);
    shoal_context_free(others);
}
static int attach_again(void)
{
    shoal_segment *again;
    must(shoal_open(&again, new_context(), "target", NULL), "open");
    return 1;
}

/* ---- Forks ---- */

static int fork_and_close(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        put("child", 5, 60);
        close_object();
        shoal_context_free(context);
        _exit(0);
    }
    int status;
    waitpid(pid, &status, 0);
    return 1;
}

/* ---- Readers: the second changes all that they look at ---- */

static int get_value(void)
{
    static unsigned char have[1 << 20];
    size_t got;
    int status = shoal_value_get(target, "victim", 6, have, sizeof have, &got);
    if (status == SHOAL_ENOKEY || status == SHOAL_LIVE)
        return 1;
    must(status, "get");
    static const uint32_t numbers[] = {11, 22, 33};
    for (int i = 0; i < 3; i++)
        if (is_value(have, got, numbers[i], its_size(numbers[i])))
            return 1;
    wrong("a value that nobody stored: %zu bytes", got);
}
static int count_others(void *count, const char *name, size_t length, int kind)
{
    (void)kind;
    *(int *)count += length == 6 && memcmp(name, "other", 5) == 0;
    return 0;
}
static int get_names(void)
{
    int count = 0;
    must(shoal_object_each(target, count_others, &count), "each");
    if (count != OTHERS)
        wrong("%d names of %d", count, OTHERS);
    return 1;
}
static int find_value(void)
{
    int kind = shoal_object_find(target, "victim", 6);
    if (kind != SHOAL_ENOKEY)
        must(kind, "find");
    return 1;
}
static int open_array_to_read(void)
{
    shoal_object *array;
    shoal_view view;
    int status = shoal_object_open(&array, target, "victim", 6);
    if (status == SHOAL_ENOKEY || status == SHOAL_EMISMATCH)
        return 1;
    must(status, "open");
    must(shoal_array_view(&view, array), "view");
    for (int64_t i = 0; i < view.shape[0]; i++)
        if (view.data[i] != 0)
            wrong("byte %lld of the array is %d", (long long)i, view.data[i]);
    return 1;
}
static int check_readonly(void)
{
    check_clean(target, "readonly, meanwhile");
    return 1;
}
static int change_value(void)
{
    char name[16];
    for (int i = 0; i < 2; i++) {
        put("victim", 22, its_size(22));
        put("victim", 33, its_size(33));
    }
    remove_it("victim");
    for (int i = 0; i < 70; i++) { /* the table grows */
        snprintf(name, sizeof name, "more%d", i);
        put(name, 5, its_size(22) > 3001 ? 40 : its_size(22));
    }
    put("victim", 33, its_size(33));
    return 1;
}
static int change_array(void)
{
    shoal_view view;
    remove_it("victim");
    for (int i = 0; i < 3; i++) {
        make_array(i % 2 ? 500 : BIG);
        must(shoal_array_view(&view, object), "view");
        close_object();
        remove_it("victim");
        put("victim", 99, BIG); /* bytes that are not 0 */
        put("small", 99, 500);
        remove_it("victim");
        remove_it("small");
    }
    return make_small_again();
}

/* ---- The third, and the judge ---- */

static void read_everything(void)
{
    char name[16];
    shoal_options options;
    shoal_options_init(&options);
    options.readonly = true;
    context = new_context();
    must(shoal_open(&target, context, "target", &options), "open to read");
    for (uint32_t i = 1; i < OTHERS; i++) {
        snprintf(name, sizeof name, "other%u", i);
        if (holds_value(name, 100 + i, 20 + 37 * i) != 1)
            wrong("%s is not whole", name);
    }
    get_names();
    shoal_context_free(context);
}
static void go_on_with_everything(void)
{
    int64_t value;
    shoal_object *mine;
    put("third", 55, 200);
    put("third", 56, 3000);
    must(shoal_counter_open(&mine, target, "third's", 7, 0), "counter");
    must(shoal_counter_add(&value, mine, 1), "add");
    shoal_object_close(mine);
    remove_it("third's");
    take_info();
    if (holds_value("third", 56, 3000) != 1)
        wrong("what the third stored is not there");
    remove_it("third");
    if (scene->flags & (NO_SEGMENT | SHARED))
        return;
    take_and_give_lock();
    read_and_write();
    take_and_give_permit();
    take_lock();
    giving(LOCK);
    int status = shoal_condition_wait(condition, lock, SHOAL_NO_WAIT);
    if (status != SHOAL_ETIMEDOUT && status != SHOAL_ENOSPACE) /* it may be notified, if nobody else waits */
        must(status, "wait");
    took(LOCK, shoal_lock_recovered(lock) ? SHOAL_RECOVERED : SHOAL_OK);
    give_lock();
    must(shoal_semaphore_value(&(uint32_t){0}, semaphore), "value");
    in_vain(shoal_event_wait(event, SHOAL_NO_WAIT));
}

static void finding(void *where, const char *sentence)
{
    if (me < ROLES)
        wrong("check, %s: %s", (const char *)where, sentence);
    violation("check, %s: %s", (const char *)where, sentence);
}
static void check_clean(shoal_segment *segment, const char *where)
{
    if (shoal_check(segment, finding, (void *)where) < 0)
        finding((void *)where, shoal_error_message());
}

static bool can_have(int status, int (*give)(shoal_object *), shoal_object *of)
{
    return status >= 0 && give(of) >= 0;
}
static bool permits_add_up(void)
{
    uint32_t value = 0;
    shoal_semaphore_value(&value, semaphore);
    for (int i = 0; i < PERMITS; i++)
        if (shoal_semaphore_acquire(semaphore, SHOAL_NO_WAIT) < 0)
            return false;
    return value == PERMITS && shoal_semaphore_acquire(semaphore, SHOAL_NO_WAIT) == SHOAL_ETIMEDOUT &&
           shoal_semaphore_release(semaphore, PERMITS) >= 0;
}
static bool barrier_works(void)
{
    uint32_t index;
    return shoal_barrier_reset(barrier) == SHOAL_OK && shoal_barrier_waiting(barrier) == 0 &&
           shoal_barrier_wait(&index, barrier, SHOAL_NO_WAIT) == SHOAL_ETIMEDOUT && shoal_barrier_broken(barrier) &&
           shoal_barrier_reset(barrier) == SHOAL_OK && !shoal_barrier_broken(barrier);
}
static bool condition_works(void)
{
    uint32_t notified;
    bool told;
    shoal_wait wait;
    return shoal_lock_acquire(lock, false, SHOAL_NO_WAIT) >= 0 &&
           shoal_condition_begin(&wait, condition, lock, 0) >= 0 &&
           shoal_lock_acquire(lock, false, SHOAL_NO_WAIT) >= 0 &&
           shoal_condition_notify(&notified, condition, lock, UINT32_MAX) == SHOAL_OK && notified >= 1 &&
           shoal_lock_release(lock) >= 0 && shoal_wait_try(&wait) == SHOAL_OK &&
           shoal_condition_end(&told, &wait, SHOAL_NO_WAIT) >= 0 && told && shoal_lock_release(lock) >= 0;
}
/* Everybody is gone: all can be had, and all of it. */
static void judge_others(void)
{
    shoal_object *held[] = {lock, rwlock, semaphore, barrier};
    char name[16];
    size_t count;
    for (int i = 0; i < 4; i++)
        if (shoal_object_holders(NULL, 0, &count, held[i]) < 0 || count != 0)
            violation("somebody holds %s", shoal_object_name(held[i], NULL));
    if (!can_have(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), shoal_lock_release, lock))
        violation("the lock can't be had: %s", shoal_error_message());
    if (!can_have(shoal_rwlock_read(rwlock, SHOAL_NO_WAIT), shoal_rwlock_unlock, rwlock))
        violation("the rwlock can't be read: %s", shoal_error_message());
    if (!can_have(shoal_rwlock_write(rwlock, shoal_deadline(1)), shoal_rwlock_unlock, rwlock))
        violation("the rwlock can't be written: %s", shoal_error_message());
    if (!permits_add_up())
        violation("the permits do not add up");
    if (!condition_works())
        violation("the condition does not work: %s", shoal_error_message());
    if (!barrier_works())
        violation("the barrier does not work: %s", shoal_error_message());
    for (uint32_t i = 1; i < OTHERS; i++) {
        snprintf(name, sizeof name, "other%u", i);
        if (holds_value(name, 100 + i, 20 + 37 * i) != 1)
            violation("%s is not whole", name);
    }
}
static int remove_each(void *argument, const char *name, size_t length, int kind)
{
    (void)argument, (void)kind;
    if (shoal_object_remove(target, name, length) < 0)
        violation("remove: %s", shoal_error_message());
    return 0;
}
static void judge_empty(void)
{
    shoal_info info;
    shoal_object_each(target, remove_each, NULL);
    for (int i = 0; i < 2; i++)
        if (shoal_segment_info(&info, target) < 0)
            violation("info: %s", shoal_error_message());
    if (info.used > 128 * 8 + 600 || info.removed || info.objects)
        violation("after everything was removed: %llu bytes used, %u removed, %llu objects",
                  (unsigned long long)info.used, info.removed, (unsigned long long)info.objects);
    check_clean(target, "empty");
}

/* ---- The scenes ---- */

#define S(name, ...)                                                                                                   \
    {                                                                                                                  \
#name, __VA_ARGS__                                                                                             \
    }

static const struct scene scenes[] = {
    /* values: the victim writes, the second writes over it */
    S(put_new, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_replace, .prepare = put_old, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_spare, .prepare = put_old_thrice, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_span, .prepare = put_old_thrice, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_run, .prepare = put_old, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_run_from_run, .prepare = put_old_thrice, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_big, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_big_from_big, .prepare = put_old_thrice, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_small_from_big, .prepare = put_old_thrice, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_65th, .prepare = fill_names, .act = put_new, .second = put_third, .state = state_of_value),
    S(put_big_into_full, .dead = die_with_all_memory, .act = put_new, .second = only_info, .state = state_of_value),
    S(remove, .prepare = put_old_thrice, .act = remove_victim, .second = put_third, .state = state_of_removed),
    S(remove_from_run, .prepare = put_old_thrice, .act = remove_victim, .second = put_third, .state = state_of_removed),
    S(remove_from_big, .prepare = put_old_thrice, .act = remove_victim, .second = put_third, .state = state_of_removed),
    S(remove_twice, .prepare = put_old, .act = remove_victim, .second = remove_victim, .state = state_of_name),
    S(remove_array, .prepare = prepare_big_array, .act = remove_victim, .second = remove_victim,
      .state = state_of_name),
    S(remove_open, .prepare = prepare_big_array, .partner = have_big_array, .partner_then = close_then,
      .act = remove_victim, .second = remove_victim, .state = state_of_name),
    S(remove_limbo, .dead = die_reading_what_is_removed, .act = remove_other, .second = remove_other),

    /* objects: made and opened by both */
    S(make_counter, .act = make_counter, .second = make_counter_again, .state = state_is_there),
    S(make_array, .act = make_small_array, .second = make_small_again, .state = state_is_there),
    S(make_array_big, .act = make_big_array, .second = make_big_again, .state = state_is_there),
    S(open_array, .prepare = prepare_small_array, .act = make_small_array, .second = make_small_again,
      .state = state_is_there),
    S(close_array, .prepare = prepare_small_array, .before = have_small_array, .act = close_object,
      .second = make_small_again, .state = state_is_there),
    S(close_last_big, .before = have_removed_big_array, .act = close_object, .second = make_big_again),

    /* counters and events */
    S(counter_add, .act = add_one, .second = add_hundred, .state = state_of_counter, .flags = ADDS),
    S(counter_add_awaited, .partner_then = wait_for_change, .act = add_one, .second = add_hundred,
      .state = state_of_counter, .flags = ADDS | WAITS),
    S(counter_wait, .partner_then = add_hundred_then, .act = act_wait_for_change, .second = act_wait_for_change),
    S(event_set, .partner_then = wait_for_event, .act = act_set, .second = act_set, .flags = WAITS),
    S(event_clear, .before = set_it, .act = act_clear, .second = act_set),
    S(event_wait, .partner_then = set_it, .act = act_wait_for_event, .second = act_wait_for_event),

    /* locks */
    S(lock_take, .act = act_lock, .after = after_lock, .second = take_and_give_lock),
    S(lock_wait, .partner = take_lock, .partner_then = give_lock, .act = act_lock, .after = after_lock,
      .second = take_and_give_lock),
    S(lock_wait_long, .partner = take_lock, .partner_then = give_lock, .act = act_lock, .after = after_lock,
      .second = take_and_give_lock),
    S(lock_release, .before = take_lock, .partner_then = wait_for_lock, .act = act_release,
      .second = take_and_give_lock, .flags = WAITS),
    S(lock_steal, .dead = take_lock, .act = act_lock, .after = after_lock, .second = take_and_give_lock),
    S(lock_steal_release, .dead = take_lock, .before = take_lock, .partner_then = wait_for_lock, .act = act_release,
      .second = take_and_give_lock, .flags = WAITS),
    S(lock_in_vain, .partner = take_lock, .partner_then = give_lock, .act = act_lock_in_vain,
      .second = take_and_give_lock, .flags = VAIN),
    S(lock_strict, .dead = take_lock, .act = act_lock_strict, .second = take_and_give_lock),
    S(lock_repair, .dead = take_lock, .before = take_lock, .act = act_repair, .after = after_lock,
      .second = take_and_give_lock),
    S(lock_abandon, .before = have_everything, .partner_then = wait_for_lock, .act = act_abandon,
      .second = take_and_give_lock, .flags = WAITS),

    /* readers and writers */
    S(rwlock_read, .act = act_read, .after = after_rwlock, .second = read_and_write),
    S(rwlock_read_wait, .partner = take_to_write, .partner_then = stop_to_write, .act = act_read, .after = after_rwlock,
      .second = read_and_write),
    S(rwlock_read_unlock, .before = take_to_read, .partner_then = wait_to_write, .act = act_stop_reading,
      .second = read_and_write, .flags = WAITS),
    S(rwlock_write, .act = act_write, .after = after_rwlock, .second = read_and_write),
    S(rwlock_write_wait, .partner = take_to_read, .partner_then = stop_reading, .act = act_write, .after = after_rwlock,
      .second = read_and_write),
    S(rwlock_write_write, .partner = take_to_write, .partner_then = stop_to_write, .act = act_write,
      .after = after_rwlock, .second = read_and_write),
    S(rwlock_grace, .partner = write_and_wait_to_read, .partner_then = stop_to_write_then_read, .act = act_write,
      .after = after_rwlock, .second = read_and_write),
    S(rwlock_write_unlock, .before = take_to_write, .partner_then = wait_to_read, .act = act_stop_writing,
      .second = read_and_write, .flags = WAITS),
    S(rwlock_write_unlock_to_writer, .before = take_to_write, .partner_then = wait_to_write, .act = act_stop_writing,
      .second = read_and_write, .flags = WAITS),
    S(rwlock_downgrade, .before = take_to_write, .partner_then = wait_to_read, .act = act_downgrade,
      .after = after_rwlock, .second = read_and_write, .flags = WAITS),
    S(rwlock_read_steal, .dead = take_to_write, .act = act_read, .after = after_rwlock, .second = read_and_write),
    S(rwlock_write_steal, .dead = take_to_write, .act = act_write, .after = after_rwlock, .second = read_and_write),
    S(rwlock_dead_reader, .dead = take_to_read, .act = act_write, .after = after_rwlock, .second = read_and_write),
    S(rwlock_dead_in_wait, .dead = write_and_wait_to_read, .act = act_write, .after = after_rwlock,
      .second = read_and_write),
    S(rwlock_read_in_vain, .partner = take_to_write, .partner_then = stop_to_write, .act = act_read_in_vain,
      .second = read_and_write, .flags = VAIN),
    S(rwlock_write_in_vain, .partner = take_to_read, .partner_then = stop_reading, .act = act_write_in_vain,
      .second = read_and_write, .flags = VAIN),

    /* permits and signals */
    S(semaphore_take, .act = act_permit, .after = after_permit, .second = take_and_give_permit),
    S(semaphore_wait, .partner = take_permits, .partner_then = give_permits, .act = act_permit, .after = after_permit,
      .second = take_and_give_permit),
    S(semaphore_give, .before = take_permits, .partner_then = wait_for_permit, .act = act_give_permits,
      .after = after_permit, .second = take_and_give_permit, .flags = WAITS),
    S(semaphore_give_to_the_dead, .dead = die_waiting_for_permit, .before = take_permit, .act = act_give_permit,
      .after = after_permit, .second = take_and_give_permit),
    S(semaphore_steal, .dead = take_permits, .act = act_permit, .after = after_permit, .second = take_and_give_permit),
    S(semaphore_in_vain, .partner = take_permits, .partner_then = give_permits, .act = act_permit_in_vain,
      .second = take_and_give_permit, .flags = VAIN),
    S(signal_raise, .partner_then = wait_for_signal, .act = act_raise, .second = act_raise, .flags = WAITS),
    S(signal_lower, .before = raise_it, .act = act_lower, .second = act_raise),
    S(signal_wait, .partner_then = raise_it, .act = act_lower, .second = act_raise),

    /* conditions */
    S(condition_wait, .partner_then = take_lock_and_notify, .act = act_wait_notified, .second = take_and_give_lock),
    S(condition_notify, .before = take_lock, .act = act_notify, .partner = begin_to_wait,
      .partner_then = be_notified_then, .after = after_lock, .second = notify_all_others, .flags = WAITS),
    S(condition_notify_dead, .dead = begin_to_wait, .partner = begin_to_wait, .before = take_lock, .act = act_notify,
      .partner_then = be_notified_then, .after = after_lock, .second = notify_all_others, .flags = WAITS),
    S(condition_in_vain, .act = act_wait_in_vain, .second = take_and_give_lock),
    S(condition_take_over, .dead = begin_to_wait, .before = begin_and_notify_the_dead, .act = act_end,
      .second = take_and_give_lock),
    S(condition_two_came, .dead = begin_to_wait, .before = take_over_and_be_notified, .act = act_end_taken,
      .second = take_and_give_lock),
    S(condition_two_came_later, .dead = begin_to_wait, .before = take_over_and_be_notified_later, .act = act_end_taken,
      .second = take_and_give_lock),
    S(condition_end, .before = begin_and_be_notified, .act = act_end, .second = take_and_give_lock),
    S(condition_cancel, .before = begin_to_wait, .act = act_cancel, .second = take_and_give_lock),
    S(condition_pass_on, .before = begin_to_wait, .partner_then = wait_notified, .act = act_pass_on,
      .second = take_and_give_lock, .flags = WAITS),
    S(condition_full, .prepare = only_two_cells, .dead = die_waiting_twice, .partner_then = take_lock_and_notify,
      .act = act_wait_notified, .second = take_and_give_lock),

    /* barriers */
    S(barrier_pass, .partner_then = wait_to_meet, .act = act_meet, .second = act_reset, .flags = WAITS | MEET),
    S(barrier_wait, .partner_then = wait_to_meet, .act = act_meet, .second = act_reset, .flags = MEET),
    S(barrier_in_vain, .act = act_meet_in_vain, .second = act_reset),
    S(barrier_dead_party, .dead = begin_to_meet, .act = act_meet, .second = act_reset),
    S(barrier_abort, .partner_then = wait_to_meet, .act = act_abort, .second = act_abort, .flags = WAITS),
    S(barrier_reset, .partner_then = wait_to_meet, .act = act_reset, .second = act_reset, .flags = WAITS),
    S(barrier_half_reset, .dead = die_resetting, .dead_at = "barrier: all told of the reset", .dead_hit = 1,
      .act = act_reset, .second = act_reset),
    S(barrier_told_and_dead, .dead = die_resetting, .act = act_meet_in_vain, .second = act_reset),
    S(barrier_close, .before = begin_to_meet_and_cancel, .act = act_close_barrier, .second = act_reset),

    /* recovery: who died left the structure half-changed, or had something in its hands */
    S(recover_undo, .dead = put_old, .dead_at = "journal: word changed", .dead_hit = 5, .act = attach_and_put,
      .second = put_third, .state = state_of_value, .flags = DETACHED),
    S(recover_redo, .dead = put_old, .dead_at = "journal: committed", .dead_hit = 1, .act = attach_and_put,
      .second = put_third, .state = state_of_value, .flags = DETACHED),
    S(recover_table, .prepare = fill_names, .dead = put_old, .dead_at = "table: entry threaded", .dead_hit = 30,
      .act = attach_and_put, .second = put_third, .state = state_of_value, .flags = DETACHED),
    S(reap_pins, .dead = die_with_arrays, .act = take_info, .second = take_info),
    S(reap_run, .dead = die_putting_big, .dead_at = "big: backed", .dead_hit = 1, .act = take_info,
      .second = take_info),
    S(reap_old_run, .dead = die_replacing_big, .dead_at = "big: old one in our hands", .dead_hit = 1, .act = take_info,
      .second = take_info),

    /* segments */
    S(attach, .act = act_attach, .second = put_third, .flags = DETACHED),
    S(attach_reaping, .dead = die_with_arrays, .act = act_attach, .second = take_info, .flags = DETACHED),
    S(attach_33rd, .partner = have_many_peers, .act = act_attach, .second = attach_again, .flags = DETACHED),
    S(attach_come_round, .dead = die_with_everything, .partner = let_numbers_come_round, .act = act_attach,
      .second = take_info, .flags = DETACHED),
    S(detach, .act = act_detach, .second = take_info),
    S(detach_shared, .act = act_detach, .second = open_or_create_and_put, .flags = SHARED),
    S(create, .act = act_create, .second = open_or_create_and_put, .flags = NO_SEGMENT),
    S(join_what_is_over, .dead = die_last, .act = act_create, .second = open_or_create_and_put,
      .flags = NO_SEGMENT | SHARED),
    S(create_named, .before = without_tmpfile, .act = act_create, .second = open_or_create_and_put,
      .flags = NO_SEGMENT),
    S(fork, .prepare = prepare_small_array, .before = have_small_array, .act = fork_and_close, .second = take_info),

    /* readers */
    S(get, .prepare = put_old_thrice, .act = get_value, .second = change_value, .flags = READONLY),
    S(get_run, .prepare = put_old_thrice, .act = get_value, .second = change_value, .flags = READONLY),
    S(get_big, .prepare = put_old_thrice, .act = get_value, .second = change_value, .flags = READONLY),
    S(find, .prepare = put_old, .act = find_value, .second = change_value, .flags = READONLY),
    S(names, .prepare = put_old, .act = get_names, .second = change_value, .flags = READONLY),
    S(open_to_read, .prepare = prepare_small_array, .act = open_array_to_read, .second = change_array,
      .flags = READONLY),
    S(open_big_to_read, .prepare = prepare_big_array, .act = open_array_to_read, .second = change_array,
      .flags = READONLY),
    S(check_readonly, .prepare = put_old, .act = check_readonly, .second = change_value, .flags = READONLY),
};

#endif
