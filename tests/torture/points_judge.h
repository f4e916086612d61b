/*
 * The third, which goes on with everything, and the judge, which comes last. Included by points.c.
 */
#ifndef SHOAL_TORTURE_POINTS_JUDGE_H
#define SHOAL_TORTURE_POINTS_JUDGE_H

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
static int count_victim(void *count, const char *name, size_t length, int kind)
{
    (void)kind;
    *(int *)count += length == 6 && memcmp(name, "victim", 6) == 0;
    return 0;
}
static void check_clean(shoal_segment *segment, const char *where)
{
    int victims = 0;
    if (shoal_check(segment, finding, (void *)where) < 0 || shoal_object_each(segment, count_victim, &victims) < 0)
        finding((void *)where, shoal_error_message());
    if (victims > 1)
        finding((void *)where, "two objects have one name");
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
/* Of the table, and of the one that it grows into; a block or a run is somewhat larger. */
static uint64_t bytes_of_tables(void)
{
    struct shoal_table table;
    if (!shoal__table_read(&table, target, load_relaxed(&shoal__header(target)->table)))
        return 0;
    uint64_t buckets = (load_relaxed(&table.at->grown) ? 3 : 1) * (uint64_t)table.buckets;
    return 1024 + buckets * sizeof(struct bucket_sh) * 5 / 4;
}
static void judge_empty(void)
{
    shoal_info info;
    shoal_object_each(target, remove_each, NULL);
    for (int i = 0; i < 2 || (i < 1000 && info.removed); i++) { /* a child of a victim ends by itself */
        if (i >= 2)
            usleep(2000);
        if (shoal_segment_info(&info, target) < 0)
            violation("info: %s", shoal_error_message());
    }
    if (info.used > bytes_of_tables() || info.removed || info.objects)
        violation("after everything was removed: %llu bytes used, %u removed, %llu objects",
                  (unsigned long long)info.used, info.removed, (unsigned long long)info.objects);
    check_clean(target, "empty");
}

#endif
