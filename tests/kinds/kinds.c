/* The list of drivers, and what all of them share. */
#include "driver.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct kinds_program kinds_program;

/* ---- The list ---- */

#define DRIVER_DECLARED(code, number, file, article, name) extern const struct driver file##_driver;
SHOAL_KIND_LIST(DRIVER_DECLARED)
#undef DRIVER_DECLARED

#define DRIVER_LISTED(code, number, file, article, name) &file##_driver,
static const struct driver *const of_kinds[] = {SHOAL_KIND_LIST(DRIVER_LISTED)};
#undef DRIVER_LISTED
enum { KIND_COUNT = sizeof of_kinds / sizeof *of_kinds };

const struct driver *driver_of(int kind)
{
    for (int i = 0; i < KIND_COUNT; i++)
        if (of_kinds[i]->kind == kind)
            return of_kinds[i];
    return NULL;
}

const struct driver *driver_after(const struct driver *driver)
{
    if (!driver)
        return of_kinds[0];
    if (driver->sort)
        return driver->sort;
    for (int i = 0; i + 1 < KIND_COUNT; i++)
        if (of_kinds[i]->kind == driver->kind)
            return of_kinds[i + 1];
    return NULL;
}

const struct driver *driver_named(const char *name)
{
    EACH_DRIVER(it)
        if (strcmp(it->name, name) == 0)
            return it;
    return NULL;
}

const struct driver *driver_for(const shoal_object *object)
{
    const struct driver *driver = driver_of(shoal_object_kind(object));
    return driver && driver->sort && driver->is_other_sort(object) ? driver->sort : driver;
}

const struct driver *kinds_any(void)
{
    uint32_t count = 0;
    EACH_DRIVER(it)
        count++;
    count = kinds_below(count);
    EACH_DRIVER(it)
        if (count-- == 0)
            return it;
    return NULL;
}

/* ---- The program ---- */

void kinds_begin(const char *function)
{
    if (kinds_program.begin)
        kinds_program.begin(function);
}

int kinds_ended(const char *function, int status)
{
    if (kinds_program.end)
        kinds_program.end(function, status);
    return status;
}

uint64_t kinds_seen(const char *function, uint64_t value)
{
    if (kinds_program.seen)
        kinds_program.seen(function, value);
    return value;
}

void kinds_touch(const void *bytes, size_t size)
{
    static volatile uint64_t sink;
    const unsigned char *at = bytes;
    uint64_t word, sum = 0;
    kinds_begin("memory");
    for (; size >= sizeof word; at += sizeof word, size -= sizeof word) {
        memcpy(&word, at, sizeof word);
        sum ^= word;
    }
    while (size > 0)
        sum ^= at[--size];
    sink = sum;
    kinds_seen("memory", sink);
}

uint32_t kinds_below(uint32_t limit)
{
    return kinds_program.below ? kinds_program.below(limit) : 0;
}

shoal_time kinds_deadline(void)
{
    return kinds_program.deadline ? kinds_program.deadline() : SHOAL_NO_WAIT;
}

void kinds_dwell(void)
{
    if (kinds_program.dwell)
        kinds_program.dwell();
}

const char *kinds_say(const char *format, ...)
{
    static _Thread_local char sentence[700];
    va_list list;
    va_start(list, format);
    vsnprintf(sentence, sizeof sentence, format, list);
    va_end(list);
    return sentence;
}

const char *kinds_unusual(const char *what, int status)
{
    if (status >= 0 || status == SHOAL_ETIMEDOUT || status == SHOAL_EBROKEN || status == SHOAL_EINTR ||
        status == SHOAL_EFULL || status == SHOAL_EEMPTY || status == SHOAL_ESHUT)
        return NULL;
    return kinds_say("%s: %s: %s", what, shoal_status_name(status), shoal_error_message());
}

/* ---- Any object ---- */

struct subject subject_of(shoal_segment *segment, const char *name)
{
    return (struct subject){segment, name, strlen(name), NULL};
}

struct subject subject_open(shoal_segment *segment, shoal_object *object)
{
    struct subject subject = {.segment = segment, .object = object};
    subject.name = shoal_object_name(object, &subject.length);
    return subject;
}

int kinds_open(const struct driver *driver, struct subject *subject, uint32_t size)
{
    return driver->kind == SHOAL_KIND_VALUE ? SHOAL_OK : driver->make(subject, size);
}

uint32_t kinds_any_size(const struct driver *driver)
{
    uint32_t count = 0;
    while (driver->sizes && driver->sizes[count])
        count++;
    return count ? driver->sizes[kinds_below(count)] : 0;
}

static struct subject of_all(shoal_segment *segment, char *room, size_t size, const char *prefix, const char *name)
{
    snprintf(room, size, "%s%s", prefix, name);
    return subject_of(segment, room);
}

int kinds_make_all(shoal_segment *segment, const char *prefix)
{
    char name[64];
    EACH_DRIVER(it) {
        struct subject subject = of_all(segment, name, sizeof name, prefix, it->name);
        int status = it->make(&subject, 0);
        if (status < 0)
            return status;
        shoal_object_close(subject.object);
    }
    return SHOAL_OK;
}

const char *kinds_all_there(shoal_segment *segment, const char *prefix)
{
    char name[64];
    EACH_DRIVER(it) {
        struct subject subject = of_all(segment, name, sizeof name, prefix, it->name);
        int kind = shoal_object_find(segment, name, subject.length);
        if (kind != it->kind)
            return kinds_say("\"%s\" is %s", name, kind < 0 ? shoal_status_name(kind) : shoal_kind_phrase(kind));
    }
    return NULL;
}

static void look_at_people(const shoal_object *object)
{
    shoal_owner owners[5];
    size_t count = 0;
    if (LOOK(shoal_object_holders, owners, 5, &count, object) == SHOAL_OK)
        kinds_touch(owners, (count < 5 ? count : 5) * sizeof *owners);
}

const char *kinds_look(const struct subject *subject)
{
    shoal_owner owners[5];
    size_t count = 0;
    const struct driver *driver = driver_of(shoal_object_kind(subject->object));
    if (!driver || driver->kind == SHOAL_KIND_VALUE)
        return kinds_say("an object of kind %d is open", shoal_object_kind(subject->object));
    kinds_touch(subject->name, subject->length + 1);
    LOOK(shoal_object_usable, subject->object);
    WELL(driver->look(subject));
    if (driver->is_lock)
        look_at_people(subject->object);
    if (LOOK(shoal_object_waiters, owners, 5, &count, subject->object) == SHOAL_OK)
        kinds_touch(owners, (count < 5 ? count : 5) * sizeof *owners);
    shoal_writer writer = {0};
    if (LOOK(shoal_object_describe, &writer, subject->object) == SHOAL_OK)
        kinds_touch(writer.bytes, writer.size);
    shoal_writer_free(&writer);
    return NULL;
}

const char *kinds_refuse(const struct subject *subject)
{
    const struct driver *driver = driver_of(shoal_object_kind(subject->object));
    return driver ? driver->refuse(subject) : NULL;
}

const char *kinds_use(const struct subject *subject)
{
    const struct driver *driver = driver_for(subject->object);
    if (!driver || driver->kind == SHOAL_KIND_VALUE)
        return kinds_say("%s is open", shoal_kind_phrase(shoal_object_kind(subject->object)));
    WELL(driver->use(subject));
    return driver->intact(subject);
}

/* ---- Waits in pieces ---- */

int piece_begin(struct piece *piece, const struct way *way, shoal_object *object, uint32_t flags)
{
    *piece = (struct piece){.way = way};
    if (way->begin)
        return way->begin(piece, object, flags);
    return shoal_wait_begin(&piece->wait, object, way->operation, flags, way->argument ? way->argument(object) : 0);
}

int piece_end(struct piece *piece, shoal_time deadline)
{
    return piece->way->end ? piece->way->end(piece, deadline) : SHOAL_OK;
}

void piece_cancel(struct piece *piece)
{
    shoal_wait_cancel(&piece->wait);
    shoal_object_close(piece->lock);
    piece->lock = NULL;
}

void kinds_look_at_wait(const shoal_object *object, int operation, int64_t argument)
{
    uint32_t bell = 1;
    shoal_wait wait, *waits[] = {&wait};
    shoal_object *waited = (shoal_object *)(uintptr_t)object;
    if (LOOK(shoal_wait_begin, &wait, waited, operation, SHOAL_WAIT_TASK, argument) < 0)
        return;
    if (LOOK(shoal_wait_try, &wait) == SHOAL_PENDING) {
        SEE(shoal_wait_is_ready, &wait);
        kinds_begin("shoal_wait_any");
        shoal_wait_any(waits, 1, &bell, 0);
        kinds_seen("shoal_wait_any", 0);
    }
    shoal_wait_cancel(&wait);
}
