/* Stream: messages for everybody, as a named object. How they lie there, and are read, is in store/stream.c. */
#include "store/stream.h"

#include <stdlib.h>

#include "objects/objects.h"
#include "platform/point.h"
#include "segment/alive.h"
#include "segment/waiting.h"
#include "sync/eventcount.h"
#include "value/status.h"

#define LEAST_CAPACITY 1024u
#define MOST_CAPACITY ((uint64_t)RECORD_MOST_UNITS * RECORD_UNIT)
#define NO_WAIT_TIME (20 * SHOAL_MILLISECOND) /* for those who are just sending */
#define MOST_LOSSES 1000
#define WAIT_TURN 65 /* an operation: a sender waits until no other sends. Only for this file: see begin_turn */

/* ---- Opening ---- */

static bool is_ring(uint32_t units)
{
    return units >= LEAST_CAPACITY / RECORD_UNIT && units <= RECORD_MOST_UNITS && (units & (units - 1)) == 0;
}

/* Units of the ring; 0 if its block has no room for so many as the segment says, or they are impossible. */
static inline uint32_t units_of(const shoal_object *object)
{
    uint32_t units = shoal__once(&((const struct stream_sh *)object->body)->units);
    bool fits = is_ring(units) && object->capacity >= sizeof(struct stream_sh) + (uint64_t)units * RECORD_UNIT;
    return __builtin_expect(fits, 1) ? units : 0;
}

static __attribute__((noinline)) int damaged(const shoal_object *object)
{
    return shoal__unless_damaged(object->segment,
                                 shoal__fail(SHOAL_ECORRUPT, "stream \"%s\" in segment \"%s\": its ring is damaged",
                                             object->name, object->segment->name));
}

static void fill(void *body, const void *units)
{
    ((struct stream_sh *)body)->units = *(const uint32_t *)units;
}

static int mismatch(const shoal_object *object, uint64_t capacity)
{
    return shoal__fail(
        SHOAL_EMISMATCH,
        "stream \"%s\" in segment \"%s\" has a capacity of %llu bytes, and one of %llu (%llu, as a power "
        "of two) was asked for",
        object->name, object->segment->name, (unsigned long long)shoal_stream_capacity(object),
        (unsigned long long)capacity, (unsigned long long)shoal__record_ring(capacity) * RECORD_UNIT);
}

int shoal_stream_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length, uint64_t capacity)
{
    *out = NULL;
    if (capacity > MOST_CAPACITY)
        return shoal__fail(SHOAL_EVALUE, "a stream has at most %llu bytes, and %llu were asked for",
                           (unsigned long long)MOST_CAPACITY, (unsigned long long)capacity);
    uint64_t wanted = capacity ? capacity : SHOAL_STREAM_CAPACITY;
    uint32_t units = shoal__record_ring(wanted < LEAST_CAPACITY ? LEAST_CAPACITY : wanted);
    struct shoal_recipe recipe = {SHOAL_KIND_STREAM, sizeof(struct stream_sh) + (uint64_t)units * RECORD_UNIT, fill,
                                  &units};
    int status = shoal__handle_make(out, segment, name, length, &recipe);
    if (status < 0 || capacity == 0)
        return status;
    uint32_t have = units_of(*out);
    if (have == units)
        return SHOAL_OK;
    status = have ? mismatch(*out, capacity) : damaged(*out);
    shoal_object_close(*out);
    *out = NULL;
    return status;
}

uint64_t shoal_stream_capacity(const shoal_object *object)
{
    return shoal__may_look(object, SHOAL_KIND_STREAM) == SHOAL_OK ? (uint64_t)units_of(object) * RECORD_UNIT : 0;
}

uint64_t shoal_stream_limit(const shoal_object *object)
{
    uint32_t units = shoal__may_look(object, SHOAL_KIND_STREAM) == SHOAL_OK ? units_of(object) : 0;
    return units ? shoal__stream_limit(units) : 0;
}

/* ---- Looking ---- */

/* SHOAL_EINTR: messages come more quickly than one can look. */
static int look(struct shoal__moment *out, const shoal_object *object)
{
    uint32_t units = units_of(object);
    int status = units ? shoal__stream_look(out, object->body, units) : SHOAL_ECORRUPT;
    if (status == SHOAL_ECORRUPT)
        return damaged(object);
    return status == SHOAL_PENDING ? shoal__fail_plainly(SHOAL_EINTR) : status;
}

/* Try until it is not written over meanwhile: SHOAL_EINTR if it always is. */
static int read_now(struct shoal__record *out, struct shoal__place *place, const shoal_object *object, void *buffer,
                    size_t capacity)
{
    uint32_t units = units_of(object);
    int status = units ? SHOAL_PENDING : SHOAL_ECORRUPT;
    for (uint32_t losses = 0; status == SHOAL_PENDING && losses < MOST_LOSSES; losses++)
        status = shoal__stream_read(out, place, object->body, units, buffer, capacity, losses);
    if (status == SHOAL_ECORRUPT)
        return damaged(object);
    return status == SHOAL_PENDING ? shoal__fail_plainly(SHOAL_EINTR) : status;
}

/* Go to the oldest message, and learn its number: place->next. */
static int go_to_oldest(struct shoal__place *place, struct shoal__moment *now, const shoal_object *object)
{
    struct shoal__record oldest;
    int status = look(now, object);
    if (status < 0)
        return status;
    shoal__stream_place(place, now, true);
    status = read_now(&oldest, place, object, NULL, 0);
    return status == SHOAL_LARGER || status == SHOAL_EEMPTY ? SHOAL_OK : status;
}

int shoal_stream_numbers(uint64_t *oldest, uint64_t *newest, const shoal_object *object)
{
    struct shoal__moment now;
    struct shoal__place place = {0};
    int status = shoal__may_look(object, SHOAL_KIND_STREAM);
    *oldest = *newest = 0;
    if (status == SHOAL_OK)
        status = go_to_oldest(&place, &now, object);
    if (status == SHOAL_OK)
        status = look(&now, object); /* again: the newest is not older than the oldest */
    status = shoal__unless_damaged(object->segment, status);
    if (status < 0)
        return status;
    *oldest = place.next;
    *newest = now.newest;
    return SHOAL_OK;
}

/* ---- Sending: a turn ---- */

static const char ours = 0; /* its address is the argument of a wait for a turn, which nobody else can begin */

static int begin_turn(struct shoal__wait *wait)
{
    return wait->argument == (int64_t)(intptr_t)&ours
               ? SHOAL_OK
               : shoal__fail(SHOAL_ETYPE, "\"%s\" is a Stream, which cannot be waited for in this way",
                             wait->object->name);
}

static int attempt_turn(struct shoal__wait *wait)
{
    struct stream_sh *stream = wait->object->body;
    return shoal__mutex_step(&stream->lock, &wait->object->segment->party, wait);
}

static int give_up_turn(struct shoal__wait *wait, bool time_is_up)
{
    (void)time_is_up;
    shoal__mutex_stop(&((struct stream_sh *)wait->object->body)->lock, wait);
    return SHOAL_ETIMEDOUT;
}

/* Somebody who is just sending and dies holds up all others until one of them looks whether it lives. */
static shoal_time short_slice(const struct shoal__wait *wait)
{
    (void)wait;
    return NO_WAIT_TIME;
}

static int not_sent(const shoal_object *object)
{
    shoal_owner owner;
    shoal__describe(&owner, object->segment, load_relaxed(&((const struct stream_sh *)object->body)->lock));
    return shoal__fail(SHOAL_ETIMEDOUT,
                       "stream \"%s\" in segment \"%s\": nothing was sent before the deadline, since %s (pid %d) was "
                       "sending all the time; if it is stopped (SIGSTOP, a debugger), let it go on or end it",
                       object->name, object->segment->name, owner.pid ? owner.program : "another process", owner.pid);
}

/* The writers' lock is held for a few stores and the copy of a message, unless its owner is stopped, or dies. */
static __attribute__((noinline)) int wait_for_turn(shoal_object *object, shoal_time deadline)
{
    if (deadline == SHOAL_GLANCE)
        return shoal__fail_plainly(SHOAL_ETIMEDOUT);
    shoal_time soon = shoal_now() + NO_WAIT_TIME;
    int status =
        shoal__wait_for(object, WAIT_TURN, 0, (int64_t)(intptr_t)&ours, deadline == SHOAL_NO_WAIT ? soon : deadline);
    return status == SHOAL_ETIMEDOUT ? not_sent(object) : status;
}

/* ---- Sending ---- */

static __attribute__((noinline)) int too_large(const shoal_object *object, size_t size, uint64_t limit)
{
    return shoal__fail(SHOAL_EVALUE,
                       "stream \"%s\" in segment \"%s\": a message of %llu bytes is larger than its limit of %llu; its "
                       "capacity is %llu bytes",
                       object->name, object->segment->name, (unsigned long long)size, (unsigned long long)limit,
                       (unsigned long long)units_of(object) * RECORD_UNIT);
}

static int may_send(shoal_object *object, uint32_t units, size_t size)
{
    if (!units)
        return damaged(object);
    uint64_t limit = shoal__stream_limit(units);
    return __builtin_expect(size > limit, 0) ? too_large(object, size, limit) : SHOAL_OK;
}

/* If we are killed before readers are told, those who sleep look at the end of their slice. */
int shoal_stream_send(uint64_t *number, shoal_object *object, const void *bytes, size_t size, shoal_time deadline)
{
    struct stream_sh *stream = object->body;
    int status = shoal__is_ready(object, SHOAL_KIND_STREAM) ? SHOAL_OK : shoal__may_use(object, SHOAL_KIND_STREAM);
    *number = 0;
    uint32_t units = status < 0 ? 0 : units_of(object);
    if (status == SHOAL_OK)
        status = may_send(object, units, size);
    if (status == SHOAL_OK && !shoal__mutex_try_free(&stream->lock, object->segment->party.me))
        status = wait_for_turn(object, deadline);
    if (status < 0)
        return status;
    *number = shoal__stream_write(stream, units, bytes, (uint32_t)size);
    shoal__mutex_unlock(&stream->lock);
    SHOAL_POINT("stream: sent, nobody told");
    shoal__eventcount_notify(&stream->news, INT32_MAX);
    return SHOAL_OK;
}

/* ---- Waiting ---- */

/* Of damage the reader is told when it reads. */
static bool has_newer(uint32_t *newest, const struct shoal__wait *wait)
{
    struct shoal__moment now = {0};
    uint32_t units = units_of(wait->object);
    int status = units ? shoal__stream_look(&now, wait->object->body, units) : SHOAL_ECORRUPT;
    *newest = (uint32_t)now.newest;
    return status != SHOAL_OK || now.newest > (uint64_t)wait->argument;
}

/* The mark of a sleeper and `newest` are a store-load pair: the second look sees no older one than `newest` is then. */
static int attempt(struct shoal__wait *wait)
{
    uint32_t newest;
    struct stream_sh *stream = wait->object->body;
    if (has_newer(&newest, wait))
        return SHOAL_OK;
    if (wait->object->segment->readonly || wait->flags & WAIT_LOOK_ONCE) {
        wait->word = (const uint32_t *)&stream->newest; /* nobody wakes us */
        wait->expected = newest;
        return SHOAL_PENDING;
    }
    uint32_t key = shoal__eventcount_prepare(&stream->news);
    (void)load_sequential(&stream->newest);
    if (has_newer(&newest, wait))
        return SHOAL_OK;
    wait->word = (const uint32_t *)&stream->news;
    wait->expected = key;
    return SHOAL_PENDING;
}

static int give_up(struct shoal__wait *wait, bool time_is_up)
{
    (void)wait, (void)time_is_up; /* a mark without a sleeper costs one wake-up that wakes nobody */
    return SHOAL_ETIMEDOUT;
}

static const struct shoal_waits waits[] = {
    {.operation = SHOAL_WAIT_GET, .readonly = true, .attempt = attempt, .give_up = give_up},
    {.operation = WAIT_TURN,
     .spins = true,
     .begin = begin_turn,
     .attempt = attempt_turn,
     .give_up = give_up_turn,
     .longest_slice = short_slice},
    {0},
};

/* ---- Reading ---- */

static struct shoal__place place_of(const shoal_cursor *cursor)
{
    return (struct shoal__place){cursor->next, cursor->reserved[0], cursor->reserved[1]};
}

static void put_place(shoal_cursor *cursor, const struct shoal__place *place)
{
    cursor->missed += place->skipped - cursor->reserved[1];
    cursor->next = place->next;
    cursor->reserved[0] = place->at;
    cursor->reserved[1] = place->skipped;
}

int shoal_stream_reader(shoal_cursor *out, const shoal_object *object, bool from_start)
{
    struct shoal__moment now;
    struct shoal__place place = {0};
    *out = (shoal_cursor){0};
    int status = shoal__may_look(object, SHOAL_KIND_STREAM);
    if (status == SHOAL_OK)
        status = from_start ? go_to_oldest(&place, &now, object) : look(&now, object);
    if (status == SHOAL_OK && !from_start)
        shoal__stream_place(&place, &now, false);
    if (status == SHOAL_ECORRUPT && from_start && look(&now, object) == SHOAL_OK) {
        place = (struct shoal__place){.next = 1, .at = now.head}; /* the first read says that it is damaged */
        status = SHOAL_OK;
    }
    if (status == SHOAL_OK)
        put_place(out, &place);
    return shoal__unless_damaged(object->segment, status);
}

/* SHOAL_EEMPTY: there is none yet. */
static int read_next(shoal_message *out, shoal_cursor *cursor, const shoal_object *object, void *buffer,
                     size_t capacity)
{
    unsigned char nothing[1];
    struct shoal__record record = {0};
    struct shoal__place place = place_of(cursor);
    int status = read_now(&record, &place, object, buffer ? buffer : nothing, buffer ? capacity : 0);
    status = shoal__unless_damaged(object->segment, status);
    put_place(cursor, &place);
    if (status < 0)
        return status;
    *out = (shoal_message){record.size, record.number, place.skipped};
    if (status == SHOAL_OK)
        cursor->reserved[1] = 0;
    return status;
}

/*
 * Messages are written over more quickly than they are copied. Who only looks is told to try again, and so is who has time left, after
 * signals were answered.
 */
static int outrun(shoal_time deadline)
{
    if (deadline == SHOAL_GLANCE || deadline > shoal_now())
        return shoal__fail_plainly(SHOAL_EINTR);
    return shoal__fail(SHOAL_ETIMEDOUT, "messages are written over more quickly than this process can copy them");
}

int shoal_stream_read(shoal_message *out, shoal_cursor *cursor, const shoal_object *object, void *buffer,
                      size_t capacity, shoal_time deadline)
{
    int status = shoal__may_look(object, SHOAL_KIND_STREAM);
    *out = (shoal_message){0};
    for (int tries = 0; status == SHOAL_OK && tries < MOST_LOSSES; tries++) {
        status = read_next(out, cursor, object, buffer, capacity);
        if (status == SHOAL_EINTR)
            return outrun(deadline);
        if (status != SHOAL_EEMPTY)
            return status;
        if (deadline <= SHOAL_NO_WAIT)
            return shoal__fail_plainly(SHOAL_ETIMEDOUT);
        status = shoal__wait_for((shoal_object *)object, SHOAL_WAIT_GET, 0, (int64_t)(cursor->next - 1), deadline);
    }
    return status < 0 ? status : outrun(deadline);
}

/* ---- The row ---- */

static const char *check(const shoal_segment *segment, const void *body, uint64_t capacity)
{
    struct shoal__moment now;
    const struct stream_sh *stream = body;
    (void)segment;
    uint32_t units = capacity < sizeof *stream ? 0 : shoal__once(&stream->units);
    if (!is_ring(units) || capacity < sizeof *stream + (uint64_t)units * RECORD_UNIT)
        return "its capacity is impossible";
    return shoal__stream_look(&now, stream, units) == SHOAL_ECORRUPT ? "the positions in its ring are impossible"
                                                                     : NULL;
}

static const char *check_deeply(const shoal_segment *segment, const void *body, uint64_t capacity, uint32_t runs)
{
    const struct stream_sh *stream = body;
    uint32_t units = shoal__once(&stream->units);
    (void)segment, (void)runs;
    bool fits = is_ring(units) && capacity >= sizeof *stream + (uint64_t)units * RECORD_UNIT;
    return fits ? shoal__stream_walk(stream, units) : NULL;
}

static void forget_slot(void *body, uint32_t slot)
{
    shoal__mutex_forget(&((struct stream_sh *)body)->lock, slot);
}

/* The messages that are there when it begins, under their numbers. */
static int copy_messages(shoal_object *to, const shoal_object *from, unsigned char *buffer, size_t room)
{
    uint64_t oldest, newest, number;
    shoal_cursor cursor = {0};
    shoal_message message;
    int status = shoal_stream_numbers(&oldest, &newest, from);
    if (status == SHOAL_OK)
        status = shoal_stream_reader(&cursor, from, true);
    if (status < 0)
        return status;
    shoal__stream_number_from(to->body, cursor.next);
    while (status == SHOAL_OK && cursor.next <= newest) {
        status = shoal_stream_read(&message, &cursor, from, buffer, room, SHOAL_NO_WAIT);
        if (status == SHOAL_OK && message.missed)
            shoal__stream_number_from(to->body, message.number); /* those before it are gone here, too */
        if (status == SHOAL_OK)
            status = shoal_stream_send(&number, to, buffer, message.size, SHOAL_NO_WAIT);
    }
    return status == SHOAL_ETIMEDOUT ? SHOAL_OK : status;
}

static int copy(shoal_object **out, shoal_segment *to, shoal_object *object)
{
    uint64_t limit = shoal_stream_limit(object);
    unsigned char *buffer = malloc(limit ? limit : 1);
    int status = buffer ? shoal_stream_open(out, to, object->name, object->name_length, shoal_stream_capacity(object))
                        : shoal__fail_plainly(SHOAL_ENOMEM);
    if (status == SHOAL_OK)
        status = copy_messages(*out, object, buffer, limit);
    free(buffer);
    return status;
}

static int describe(struct shoal__parts *map, const shoal_object *object)
{
    uint64_t oldest, newest;
    int status = shoal_stream_numbers(&oldest, &newest, object);
    shoal_write_uint(shoal__part_of(map, "capacity"), shoal_stream_capacity(object));
    shoal_write_uint(shoal__part_of(map, "oldest"), oldest);
    shoal_write_uint(shoal__part_of(map, "newest"), newest);
    return status;
}

const struct shoal__kind shoal__stream_kind = {
    .head = sizeof(struct stream_sh),
    .check = check,
    .check_deeply = check_deeply,
    .forget_slot = forget_slot,
    .waits = waits,
    .describe = describe,
    .copy = copy,
};
