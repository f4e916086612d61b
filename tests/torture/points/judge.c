/* The third, which goes on with everything, and the judge, which comes last. */
#include "points.h"

void read_everything(void)
{
    shoal_options options;
    shoal_options_init(&options);
    options.readonly = true;
    context = new_context();
    must(shoal_open(&target, context, "target", &options), "open to read");
    if (!others_whole(1))
        wrong("other values are not whole");
    get_names();
    shoal_context_free(context);
}
void go_on_with_everything(void)
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
    take_to_read();
    stop_reading();
    take_to_write();
    stop_to_write();
    take_permit();
    give_permit();
    take_lock();
    has(LOCK, 0);
    int status = shoal_condition_wait(its.condition, its.lock, SHOAL_NO_WAIT);
    if (status != SHOAL_ETIMEDOUT && status != SHOAL_ENOSPACE) /* it may be notified, if nobody else waits */
        must(status, "wait");
    took(LOCK, shoal_lock_recovered(its.lock) ? SHOAL_RECOVERED : SHOAL_OK);
    give_lock();
    must(shoal_semaphore_value(&(uint32_t){0}, its.semaphore), "value");
    in_vain(shoal_event_wait(its.event, SHOAL_NO_WAIT));
}

void finding(void *where, const char *sentence)
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
void check_clean(shoal_segment *segment, const char *where)
{
    int victims = 0;
    if (shoal_check(segment, finding, (void *)where) < 0 || shoal_object_each(segment, count_victim, &victims) < 0)
        finding((void *)where, shoal_error_message());
    if (victims > 1)
        finding((void *)where, "two objects have one name");
}

/* Everybody is gone: all can be had, and all of it. */
void judge_others(void)
{
    const char *what = what_cannot_be_had();
    if (what)
        violation("%s", what);
    if (!others_whole(1)) /* the first is changed by some */
        violation("other values are not whole");
}
