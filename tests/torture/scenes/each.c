/* One of each driver's: open, all there, and, when everybody is gone, sound; and what can be done with any of them. */
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

/* ---- The victim's object, whatever it is ---- */

const struct driver *driver;
const struct way *way;

int make_it(void)
{
    struct subject subject = subject_of(target, "victim");
    must(driver->make(&subject, 0), driver->name);
    object = subject.object;
    return 1;
}
int prepare_it(void)
{
    return make_it() && close_object();
}
int hold_it(void)
{
    shoal_time deadline = to_have(); /* a signal may end a wait for the structure's lock */
    int status;
    while ((status = driver->hold(object, deadline)) == SHOAL_EINTR) {
    }
    return must(status, "hold");
}
int let_go_of_it(void)
{
    return must(driver->let_go(object), "let go");
}
int make_and_hold_it(void)
{
    return make_it() && hold_it();
}

const char *is_it_sound(void)
{
    make_it();
    struct subject subject = subject_open(target, object);
    const char *sentence = driver->is_lock ? who_holds(&subject) : NULL;
    if (!sentence && driver->sound && !shoal_segment_readonly(target))
        sentence = driver->sound(object);
    close_object();
    return sentence;
}

const char *name_of_it(const char *format, const struct driver *of, const struct way *by)
{
    char name[64], *text = malloc(80);
    int length = snprintf(name, sizeof name, "%s%s%s", of->name, by && of->ways[1].name ? "_" : "",
                          by && of->ways[1].name ? by->name : "");
    for (int i = 0, kept = 0; i <= length; i++)
        if (name[i] != ',')
            name[kept++] = name[i] == ' ' ? '_' : name[i];
    snprintf(text, 80, format, name);
    return text;
}
