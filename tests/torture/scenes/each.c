/* One of each driver's: open, all there, and, when everybody is gone, sound. */
#include "scenes.h"

struct its its;

static struct subject subjects[32];

struct subject *subject_by(const struct driver *driver)
{
    struct subject *subject = subjects;
    EACH_DRIVER(it) {
        if (it == driver)
            break;
        subject++;
    }
    return subject;
}

static shoal_object *called(const char *name)
{
    return subject_by(driver_named(name))->object;
}

int open_all(void)
{
    EACH_LIVE(it)
    {
        struct subject *subject = subject_by(it);
        *subject = subject_of(target, it->name);
        must(it->make(subject, 0), it->name);
    }
    its = (struct its){called("lock"),  called("rwlock"),    called("semaphore"), called("signal"),
                       called("event"), called("condition"), called("barrier"),   called("counter")};
    return 1;
}

void close_all(void)
{
    EACH_LIVE(it)
    {
        shoal_object_close(subject_by(it)->object);
        subject_by(it)->object = NULL;
    }
    its = (struct its){0};
}

bool has_all_kinds(void)
{
    EACH_LIVE(it)
    if (shoal_object_find(target, it->name, strlen(it->name)) != it->kind)
        return false;
    return true;
}

static const char *who_holds(const struct subject *subject)
{
    size_t count;
    EXPECT(shoal_object_holders(NULL, 0, &count, subject->object) == SHOAL_OK && count == 0);
    return NULL;
}

const char *what_cannot_be_had(void)
{
    EACH_LIVE(it)
    if (it->is_lock)
        WELL(who_holds(subject_by(it)));
    EACH_LIVE(it)
    if (it->sound && !shoal_segment_readonly(target))
        WELL(it->sound(subject_by(it)->object));
    return NULL;
}
