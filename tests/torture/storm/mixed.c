/*
 * Names that everybody uses for different kinds: a Value is put, removed, made a counter, an array, a lock … by whoever comes,
 * and opened by others as what they believe it is. What is open stays what it was, whatever became of its name.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../../kinds/kinds.h"
#include "worker.h"

/* What those may be told who remove and make the same names; everything else is wrong. */
static bool done(int status, const char *what)
{
    bool usual = status == SHOAL_ENOKEY || status == SHOAL_EMISMATCH || status == SHOAL_ETIMEDOUT ||
                 status == SHOAL_EBROKEN || status == SHOAL_EINTR;
    if (!usual)
        must(status, what);
    return status >= 0;
}

/* So that others find it held, and deaths come while it is. */
static void dwell(void)
{
    struct timespec moment = {0, (long)(random_number() % 50000)};
    if (random_number() % 16 == 0)
        nanosleep(&moment, NULL);
}

static shoal_time soon(void)
{
    return random_number() % 4 ? SHOAL_NO_WAIT : shoal_deadline(0.002);
}

static uint32_t below(uint32_t limit)
{
    return (uint32_t)(random_number() >> 20) % limit;
}

__attribute__((constructor)) static void choose_for_drivers(void)
{
    kinds_program = (struct kinds_program){.below = below, .deadline = soon, .dwell = dwell};
}

static void use(struct worker *it, shoal_object *object)
{
    struct subject subject = subject_open(it->segment, object);
    const char *wrong = kinds_use(&subject);
    if (wrong)
        violation(wrong, shoal_object_kind(object), 0);
}

/* ---- Names ---- */

/* The last few stay open for a while, and are used, whatever became of their names. */
static void keep(struct worker *it, shoal_object *object)
{
    shoal_object **kept = &it->kept[random_number() % KEPT];
    if (*kept) {
        use(it, *kept);
        shoal_object_close(*kept);
    }
    *kept = object;
}

void close_kept(struct worker *it)
{
    for (int i = 0; i < KEPT; i++)
        shoal_object_close(it->kept[i]);
    memset(it->kept, 0, sizeof it->kept);
}

/* driver NULL: whatever it is. */
static void open_and_use(struct worker *it, const struct driver *driver, const char *name, size_t length)
{
    struct subject subject = {it->segment, name, length, NULL};
    int status = driver ? driver->make(&subject, kinds_any_size(driver))
                        : shoal_object_open(&subject.object, it->segment, name, length);
    if (!done(status, "open what others make and remove"))
        return;
    if (driver && shoal_object_kind(subject.object) != driver->kind)
        violation("another kind is open than was asked for", shoal_object_kind(subject.object), driver->kind);
    use(it, subject.object);
    if (random_number() % 4)
        shoal_object_close(subject.object);
    else
        keep(it, subject.object);
}

/* The first sort of each: what the other languages make, too. */
static const struct driver *any_live_kind(void)
{
    const struct driver *driver = driver_of(kinds_any()->kind);
    return driver->kind == SHOAL_KIND_VALUE ? any_live_kind() : driver;
}

static void put(struct worker *it, uint32_t key, const char *name, size_t length)
{
    struct stamp stamp = {(uint32_t)it->place, 300 + key, 0};
    while (is_removal(stamp.version))
        stamp.version = (uint32_t)(random_number() >> 33);
    done(shoal_value_put(it->segment, name, length, it->buffer, value_write(it->buffer, stamp)), "put");
}

static void get(struct worker *it, uint32_t key, const char *name, size_t length)
{
    struct stamp stamp;
    size_t size;
    int status = shoal_value_get(it->segment, name, length, it->buffer, VALUE_ROOM, &size);
    if (!done(status, "get") || status == SHOAL_LIVE)
        return;
    if (status != SHOAL_OK || !value_read(&stamp, it->buffer, size) || stamp.key != 300 + key)
        violation("a value is torn, or of another name", status, (int64_t)size);
    ++*place_word(it->place, JUDGED);
}

void look_at_mixed_name(struct worker *it)
{
    char name[16];
    uint32_t key = random_number() % MIXED_NAMES;
    size_t length = (size_t)sprintf(name, "m/%u", key);
    switch (random_number() % 4) {
    case 0:
        get(it, key, name, length);
        break;
    case 1:
        done(shoal_object_find(it->segment, name, length), "find");
        break;
    default:
        open_and_use(it, NULL, name, length);
    }
    ++*place_word(it->place, MIXED);
}

static void remove_unless_held(const struct worker *it, const char *name, size_t length)
{
    int status = shoal_object_remove(it->segment, name, length);
    if (status != SHOAL_ELOCK)
        done(status, "remove");
}

void use_mixed_name(struct worker *it)
{
    char name[16];
    uint32_t key = random_number() % MIXED_NAMES, roll = random_number() % 16;
    size_t length = (size_t)sprintf(name, "m/%u", key);
    if (roll < 5)
        remove_unless_held(it, name, length);
    else if (roll < 8)
        put(it, key, name, length);
    else if (roll < 13)
        open_and_use(it, any_live_kind(), name, length);
    else
        look_at_mixed_name(it);
    ++*place_word(it->place, MIXED);
}
