/*
 * Values that tell when they are torn, one object of each kind, and who has what. Included by points.c.
 *
 * A helper that takes something says so on the board, and looks whether anybody who lives has it too, and whether it was
 * told of a death that was none, or not told of one.
 */
#ifndef SHOAL_TORTURE_POINTS_VALUES_H
#define SHOAL_TORTURE_POINTS_VALUES_H

#include <dirent.h>

#include "segment/handle.h"
#include "segment/lock.h"
#include "segment/table.h"
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
    bool big = number == 11 ? strstr(name, "_from_big") || strstr(name, "get_big")
                            : strstr(name, "_big") && !strstr(name, "_small");
    bool run = number == 11 ? strstr(name, "_from_run") || strstr(name, "get_run") : strstr(name, "_run") != NULL;
    /* small ones in blocks of one class, so that one takes the place of another */
    return big ? BIG : run ? RUN : strstr(name, "_span") && number != 11 ? 3001 : 100 + number / 11;
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
/* What the dead had is in the hands of who reaps it, until that one goes on. */
static int put_new_if_room(void)
{
    int status = shoal_value_put(target, "victim", 6, pattern(22, its_size(22)), its_size(22));
    const struct seat *second = &board->seat[SECOND]; /* who frees what the dead had has it in his hands meanwhile */
    if (status == SHOAL_ENOSPACE && (second->state & (RUNNING | ASLEEP | PARKED | DYING) || second->died))
        return 0;
    if (status == SHOAL_ENOSPACE && second->pid) /* that one may have ended in between: now there is room */
        status = shoal_value_put(target, "victim", 6, pattern(22, its_size(22)), its_size(22));
    must(status, "put");
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
static void fill_names_to(uint64_t end)
{
    char name[32];
    uint64_t count;
    shoal_object_count(&count, target);
    for (uint64_t i = count; i < end; i++) {
        snprintf(name, sizeof name, "more%llu", (unsigned long long)i);
        put(name, (uint32_t)i, 10);
    }
}

/* The next new name makes the table grow; */
static void fill_names(void)
{
    fill_names_to(64);
}

/* makes it grow into one whose memory is made without the lock; */
static void fill_names_for_a_run(void)
{
    fill_names_to(16384);
}

/* moves the first buckets; */
static void fill_names_to_move(void)
{
    fill_names_to(65);
}

/* some of them are moved already; */
static void fill_names_half_moved(void)
{
    fill_names_to(73);
}

/* moves the last. */
static void fill_names_to_finish(void)
{
    fill_names_to(80);
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

/* The structure's lock, for so long that the victim looks at its owner some times. */
static void hold_structure(void)
{
    const shoal_word nothing = 0;
    struct seat *victim = &board->seat[VICTIM];
    shoal__lock(target);
    while (!(victim->state & (PARKED | DONE | DYING | GONE)) && victim->sleeps < 8)
        shoal__wait(&nothing, 0, 5000000);
    shoal__unlock(target);
}

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

#endif
