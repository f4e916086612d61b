#include "store/stream.h"

#include <string.h>

#include "platform/point.h"

#define WALKS 100  /* of one who checks */
#define LOOKS 1000 /* a look takes a few nanoseconds, a message more: one look in a thousand is of one moment */

static uint64_t wide(uint32_t high, uint32_t low)
{
    return (uint64_t)high << 32 | low;
}

/* The position before `tail`, at most `units` away, whose low half is `low`. More than `units` away: it is impossible. */
static uint64_t behind(uint64_t tail, uint32_t low)
{
    return tail - ((uint32_t)tail - low);
}

static void *ring_of(const struct stream_sh *stream)
{
    return (void *)(stream + 1);
}

/* ---- Looking ---- */

/*
 * While `newest` is n its mark is not written, and `head` moves up to the tail of n at most. So if `newest` is the same
 * before and after, all is of one moment.
 */
static bool look_once(struct shoal__moment *out, uint32_t *head, uint32_t *last, const struct stream_sh *stream)
{
    uint32_t number = load_acquire(&stream->newest);
    const struct mark_sh *mark = &stream->mark[number % 2];
    out->tail = wide(load_relaxed(&mark->tail_high), load_relaxed(&mark->tail));
    out->newest = wide(load_relaxed(&mark->number_high), number);
    *last = load_relaxed(&mark->last);
    *head = load_relaxed(&stream->head);
    fence_acquire();
    return load_relaxed(&stream->newest) == number;
}

int shoal__stream_look(struct shoal__moment *out, const struct stream_sh *stream, uint32_t units)
{
    uint32_t head, last;
    for (int looks = 0; !look_once(out, &head, &last, stream); looks++)
        if (looks == LOOKS)
            return SHOAL_PENDING;
    uint32_t left = (uint32_t)out->tail - head, newest = (uint32_t)out->tail - last;
    if (left > units || out->tail < left)
        return SHOAL_ECORRUPT;
    out->head = behind(out->tail, head);
    out->last = newest <= left ? behind(out->tail, last) : out->head;
    return SHOAL_OK;
}

/* ---- Writing ---- */

uint64_t shoal__stream_limit(uint32_t units)
{
    uint64_t half = (uint64_t)units / 2 * RECORD_UNIT - sizeof(struct record_sh);
    return half < RECORD_SIZE ? half : RECORD_SIZE;
}

/*
 * How many of the `left` units before the tail stay, if `need` are to be free: whole records, the oldest go. Of damaged
 * ones none stays.
 */
static uint32_t keep(const struct stream_sh *stream, uint32_t units, uint32_t tail, uint32_t left, uint32_t need)
{
    if (left > units)
        return 0;
    while (units - left < need) {
        const struct record_sh *oldest = shoal__record_at(ring_of(stream), units, tail - left);
        uint32_t head = *(const volatile uint32_t *)&oldest->head;
        if (!shoal__record_fits(head, units, tail - left, left))
            return 0;
        left -= shoal__record_units(head & RECORD_SIZE);
    }
    return left;
}

/* Nobody reads there any more as soon as `head` is past it: who has copied meanwhile looks again, and sees `head`. */
static void make_free(struct stream_sh *stream, uint32_t units, uint32_t tail, uint32_t need)
{
    uint32_t head = load_relaxed(&stream->head), left = tail - head;
    uint32_t stay = keep(stream, units, tail, left, need);
    if (stay != left) {
        store_release(&stream->head, tail - stay);
        SHOAL_POINT("stream: the oldest are gone");
    }
    fence_release(); /* what comes is written after `head`, and after the `newest` of the message before */
}

static void write_pad(struct stream_sh *stream, uint32_t units, uint32_t tail, uint32_t pad)
{
    struct record_sh *record = shoal__record_at(ring_of(stream), units, tail);
    record->head = shoal__record_head(RECORD_PAD, pad * RECORD_UNIT - (uint32_t)sizeof *record);
    record->number = 0;
}

static void write_record(struct stream_sh *stream, uint32_t units, uint32_t at, uint32_t number, const void *bytes,
                         uint32_t size)
{
    struct record_sh *record = shoal__record_at(ring_of(stream), units, at);
    record->head = shoal__record_head(RECORD_PLAIN, size);
    record->number = number;
    SHOAL_POINT("stream: record begun");
    if (size > 0)
        memcpy(record + 1, bytes, size);
}

static void write_mark(struct stream_sh *stream, uint64_t number, uint64_t tail, uint64_t at)
{
    struct mark_sh *mark = &stream->mark[number % 2];
    store_relaxed(&mark->tail, (uint32_t)tail);
    store_relaxed(&mark->tail_high, (uint32_t)(tail >> 32));
    store_relaxed(&mark->number_high, (uint32_t)(number >> 32));
    store_relaxed(&mark->last, (uint32_t)at);
}

uint64_t shoal__stream_write(struct stream_sh *stream, uint32_t units, const void *bytes, uint32_t size)
{
    uint32_t newest = load_relaxed(&stream->newest), need = shoal__record_units(size);
    const struct mark_sh *mark = &stream->mark[newest % 2];
    uint64_t tail = wide(load_relaxed(&mark->tail_high), load_relaxed(&mark->tail));
    uint64_t number = wide(load_relaxed(&mark->number_high), newest) + 1;
    uint32_t pad = shoal__record_pad(units, (uint32_t)tail, need);
    make_free(stream, units, (uint32_t)tail, pad + need);
    if (pad)
        write_pad(stream, units, (uint32_t)tail, pad);
    tail += pad;
    write_record(stream, units, (uint32_t)tail, (uint32_t)number, bytes, size);
    SHOAL_POINT("stream: record written");
    write_mark(stream, number, tail + need, tail);
    SHOAL_POINT("stream: marked");
    atomic_store_explicit(&stream->newest, (uint32_t)number, memory_order_seq_cst);
    SHOAL_POINT("stream: numbered");
    return number;
}

void shoal__stream_number_from(struct stream_sh *stream, uint64_t number)
{
    write_mark(stream, number - 1, 0, 0);
    store_relaxed(&stream->head, 0);
    store_release(&stream->newest, (uint32_t)(number - 1));
}

/* ---- Reading ---- */

void shoal__stream_place(struct shoal__place *out, const struct shoal__moment *moment, bool from_start)
{
    *out = (struct shoal__place){.next = from_start ? 0 : moment->newest + 1,
                                 .at = from_start ? moment->head : moment->tail};
}

/* What was to be read before this number was missed. */
static void expect(struct shoal__place *place, uint64_t number)
{
    if (number <= place->next)
        return;
    place->skipped += place->next ? number - place->next : 0;
    place->next = number;
}

static int give_up_all(struct shoal__place *place, const struct shoal__moment *now)
{
    place->at = now->tail;
    expect(place, now->newest + 1);
    return SHOAL_ECORRUPT;
}

/* A head and number, read once. */
struct glance {
    uint32_t head, number;
    bool fits; /* inside of what is there */
};

static struct glance look_at_record(const struct record_sh *record, uint32_t units, const struct shoal__place *place,
                                    const struct shoal__moment *now)
{
    struct glance it = {.head = *(const volatile uint32_t *)&record->head,
                        .number = *(const volatile uint32_t *)&record->number};
    it.fits = shoal__record_fits(it.head, units, (uint32_t)place->at, (uint32_t)(now->tail - place->at));
    return it;
}

/* A pad that does not end where the ring ends is none. */
static bool is_pad(const struct glance *it, uint32_t units, uint64_t at)
{
    uint32_t end = ((uint32_t)at & (units - 1)) + shoal__record_units(it->head & RECORD_SIZE);
    return it->fits && shoal__record_kind(it->head) == RECORD_PAD && end == units;
}

static bool is_message(const struct glance *it, const struct shoal__place *place, const struct shoal__moment *now)
{
    uint32_t before = (uint32_t)now->newest - it->number; /* how many messages came after it */
    return it->fits && shoal__record_kind(it->head) == RECORD_PLAIN && before < now->tail - place->at &&
           now->newest - before >= place->next;
}

/*
 * The place moves to where there is something. Who loses again and again to writers goes to the newest message, which has
 * the most time to be copied.
 */
static int find(struct shoal__place *place, const struct shoal__moment *now, uint32_t losses)
{
    if (place->at > now->tail)
        return give_up_all(place, now);
    if (place->at < now->head)
        place->at = losses > 1 ? now->last : now->head;
    if (place->at < now->tail)
        return SHOAL_OK;
    expect(place, now->newest + 1);
    return SHOAL_EEMPTY;
}

/* Was it all there still when it had been copied? */
static int look_again(const struct shoal__place *place, const struct stream_sh *stream, uint32_t units)
{
    struct shoal__moment now;
    fence_acquire(); /* the copy comes before this look */
    int status = shoal__stream_look(&now, stream, units);
    return status == SHOAL_OK && place->at < now.head ? SHOAL_PENDING : status;
}

/* SHOAL_PENDING with `stepped`: it was a pad. */
static int read_one(struct shoal__record *out, struct shoal__place *place, const struct shoal__moment *now,
                    const struct stream_sh *stream, uint32_t units, void *buffer, size_t capacity, bool *stepped)
{
    const struct record_sh *record = shoal__record_at(ring_of(stream), units, (uint32_t)place->at);
    struct glance it = look_at_record(record, units, place, now);
    out->size = it.head & RECORD_SIZE;
    bool room = buffer && out->size <= capacity;
    if (it.fits && room)
        memcpy(buffer, record + 1, out->size);
    SHOAL_POINT("stream: copied");
    int status = look_again(place, stream, units);
    if (status == SHOAL_PENDING)
        return status;
    *stepped = status == SHOAL_OK && is_pad(&it, units, place->at);
    if (*stepped) {
        place->at += shoal__record_units(out->size);
        return SHOAL_PENDING;
    }
    if (status < 0 || !is_message(&it, place, now))
        return give_up_all(place, now);
    out->number = now->newest - ((uint32_t)now->newest - it.number);
    expect(place, out->number);
    if (!room)
        return SHOAL_LARGER;
    place->at += shoal__record_units(out->size);
    place->next++;
    return SHOAL_OK;
}

int shoal__stream_read(struct shoal__record *out, struct shoal__place *place, const struct stream_sh *stream,
                       uint32_t units, void *buffer, size_t capacity, uint32_t losses)
{
    struct shoal__moment now;
    bool stepped = false;
    int status = shoal__stream_look(&now, stream, units);
    if (status == SHOAL_ECORRUPT)
        return give_up_all(place, &now);
    if (status == SHOAL_OK)
        status = find(place, &now, losses);
    if (status != SHOAL_OK)
        return status;
    status = read_one(out, place, &now, stream, units, buffer, capacity, &stepped);
    if (!stepped)
        return status;
    status = find(place, &now, losses);
    return status == SHOAL_OK ? read_one(out, place, &now, stream, units, buffer, capacity, &stepped) : status;
}

/* ---- Checking ---- */

/* Walk over a moment's records. */
static bool is_sound(const struct stream_sh *stream, uint32_t units, const struct shoal__moment *now)
{
    struct shoal__place place;
    uint32_t number = 0;
    shoal__stream_place(&place, now, true);
    for (bool first = true; place.at < now->tail;) {
        const struct record_sh *record = shoal__record_at(ring_of(stream), units, (uint32_t)place.at);
        struct glance it = look_at_record(record, units, &place, now);
        bool pad = is_pad(&it, units, place.at);
        if (!pad && (!is_message(&it, &place, now) || (!first && it.number != number + 1)))
            return false;
        number = pad ? number : it.number;
        first = first && pad;
        place.at += shoal__record_units(it.head & RECORD_SIZE);
    }
    return now->head == now->tail || number == (uint32_t)now->newest;
}

const char *shoal__stream_walk(const struct stream_sh *stream, uint32_t units)
{
    struct shoal__moment before, after;
    for (int walks = 0; walks < WALKS; walks++) {
        if (shoal__stream_look(&before, stream, units) != SHOAL_OK)
            continue;
        bool sound = is_sound(stream, units, &before);
        fence_acquire();
        if (shoal__stream_look(&after, stream, units) == SHOAL_OK && after.head == before.head)
            return sound ? NULL : "a record of its ring is damaged";
    }
    return NULL;
}
