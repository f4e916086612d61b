/*
 * Value: an entry whose body is replaced as a whole. Implements docs/format.md, "Value", and docs/recovery.md,
 * "Readers": a seqlock.
 *
 * A small value that is replaced more than once keeps the block that it had before as its spare, and the next value is
 * written there. Then one store of the entry's version makes the spare the body; readers that still copy the
 * overwritten block see the version, and retry. This takes no allocation and no journal, and the lock of the name's
 * stripe instead of the structure's.
 */
#include <errno.h>
#include <string.h>

#include "objects/objects.h"
#include "platform/file.h"
#include "platform/point.h"
#include "segment/big.h"
#include "segment/descriptor.h"
#include "segment/detach.h"
#include "segment/directory.h"
#include "segment/heap.h"
#include "segment/journal.h"
#include "segment/notes.h"
#include "segment/reap.h"
#include "segment/runs.h"
#include "segment/stripe.h"
#include "value/parts.h"
#include "value/status.h"
#include "value/text.h"

struct value_sh {
    uint64_t size; /* of the payload, bytes */
    uint32_t at;   /* the payload's offset from the start of this struct */
    uint32_t zero;
};
_Static_assert(sizeof(struct value_sh) == 16, "docs/format.md, Value");

#define NEAR 16u
#define FAR 64u /* for more than a page: copying to an address 24 bytes into a page (PHP's strings) stays fast */
#define SPARE_LIMIT 4096u /* larger blocks go back to the heap */

/* ---- Reading ---- */

enum { READ, TOO_SMALL, BAD, NOT_NOTED, GONE, NO_STRING, NO_PLACE }; /* results of a copy; or -errno */

/*
 * Is our copy one version of the value? Yes if nothing of the entry or its body was reused while we read: a body that
 * has been replaced once is still whole, as the spare, until the next replacement makes the version odd.
 */
static inline bool is_whole(const struct shoal_found *found, uint32_t version)
{
    fence_acquire();
    return load_relaxed(&found->entry->version) - (version & ~1u) <= 2 && shoal__still_there(found);
}

/* A body as it was found in an entry: if the entry has changed since, what was read is not used. */
struct body {
    shoal_segment *segment;
    const struct shoal_found *found;
    uint32_t version, ref;
};

/* The kernel copies: it reads a page without memory as zeroes instead of raising a signal. */
static int copy_by_kernel(void *to, const shoal_segment *segment, uint64_t offset, uint64_t size)
{
    int fd, other, error;
    do {
        fd = segment->fd;
        error = shoal__file_read(fd, to, size, offset);
        other = shoal__file_compare(fd, segment->device, segment->inode);
        if (!other)
            return error == -ENODATA ? BAD : error;
    } while (other == -EBADF && shoal__descriptor(segment) == 0);
    return other; /* we read another file, or may have */
}

static int copy_out(void *to, const struct body *body, uint64_t skip, uint64_t size)
{
    const shoal_segment *segment = body->segment;
    uint64_t offset = shoal__offset(segment, body->ref) + skip;
    if (skip + size < size || !shoal__block(segment, body->ref, skip + size))
        return BAD;
    if (shoal__stays_backed(segment, body->ref, skip + size)) {
        memcpy(to, shoal__at(segment, offset), size);
        return READ;
    }
    return copy_by_kernel(to, segment, offset, size);
}

/* Do so many bytes from `body` on lie in one page that stays backed, or two? If not, none of them may be touched. */
static inline bool is_near(const shoal_segment *segment, uint32_t body, uint64_t size)
{
    uint64_t page = shoal__page_size(segment), inside = (shoal__offset(segment, body) - segment->is.heap) & (page - 1);
    const struct page_sh *it = shoal__page(segment, shoal__page_of(segment, body));
    if (inside + size <= page)
        return load_acquire(&it[0].keep);
    return inside + size <= 2 * page && shoal__block(segment, body, size) && load_acquire(&it[0].keep) &&
           load_acquire(&it[1].keep);
}

/*
 * Where a value is copied to: its first bytes to `head`, if the caller wants them apart, and the others to `rest`; or,
 * if it is a string, to where `place` says.
 */
struct places {
    unsigned char *head, *rest;
    size_t head_size, capacity; /* of `rest` */
    shoal_place *place;
    void *user;
    uint64_t expected; /* bytes of the value */
};

static inline uint64_t head_of(const struct places *to, uint64_t size)
{
    return size < to->head_size ? size : to->head_size;
}

static inline int copy_apart(const struct places *to, const struct body *body, uint64_t skip, uint64_t size)
{
    uint64_t head = head_of(to, size);
    int result = head ? copy_out(to->head, body, skip, head) : READ;
    return result == READ ? copy_out(to->rest, body, skip + head, size - head) : result;
}

static inline void copy_near(const struct places *to, const unsigned char *from, uint64_t size)
{
    size_t head = (size_t)head_of(to, size);
    if (head)
        memcpy(to->head, from, head);
    memcpy(to->rest, from + head, (size_t)size - head);
}

/* NO_STRING: nothing was done. `from` may change meanwhile: then this is not one version, and is not used. */
static inline int copy_string(const struct places *to, const unsigned char *from, size_t *size)
{
    bool is_str;
    size_t head = shoal_string_head(&is_str, from, *size);
    if (head == 0)
        return NO_STRING;
    void *place = to->place(to->user, *size - head);
    if (!place)
        return NO_PLACE;
    memcpy(place, from + head, *size - head);
    *size = SHOAL_PLACED;
    return READ;
}

/* How much of it is copied. Nobody is made to take memory for what is not there. */
static inline bool how_much(const struct body *body, const struct value_sh *value, const struct places *to,
                            uint64_t *some)
{
    const shoal_segment *segment = body->segment;
    uint64_t capacity = to->head_size + to->capacity;
    *some = value->size < capacity ? value->size : capacity;
    return value->at <= FAR && value->size <= segment->is.size &&
           (value->size <= capacity || value->size <= BIG_RUN || shoal__may_hold(segment, value->size));
}

/* Is a current body with this header one that a note protects? Other runs are freed and used again without a look. */
static bool is_protected(const struct body *body, const struct value_sh *value)
{
    const shoal_segment *segment = body->segment;
    uint64_t pages = shoal__pages_for(segment, value->at + value->size);
    return shoal__is_big(segment, body->ref, pages << segment->is.page_shift);
}

/*
 * The entry has it, and it is noted. The header was the current body's if the entry has it still, and says whether the
 * note protects it: then nobody writes there, or gives it back to the host. Else NOT_NOTED: while somebody frees a run
 * that stays backed, its page says anything.
 */
static int read_current(const struct body *body, uint64_t room, const struct places *to, size_t *size)
{
    struct value_sh value;
    uint64_t some;
    const unsigned char *at = shoal__block(body->segment, body->ref, sizeof value);
    if (!at)
        return BAD;
    memcpy(&value, at, sizeof value);
    program_order();
    if (!is_whole(body->found, body->version))
        return GONE;
    if (!is_protected(body, &value))
        return NOT_NOTED;
    if (!how_much(body, &value, to, &some) || value.at + value.size > room ||
        !shoal__block(body->segment, body->ref, room))
        return BAD;
    *size = (size_t)value.size;
    copy_near(to, at + value.at, some);
    return some < value.size ? TOO_SMALL : READ;
}

/*
 * A large body: its pages are noted, and if it is the entry's still after that, what is copied is one version however often the
 * value is replaced meanwhile. NOT_NOTED: nothing was done. GONE: begin again.
 */
static int read_noted(const struct body *body, const struct places *to, size_t *size)
{
    struct shoal_note note;
    if (!shoal__reading_begin(body->segment, body->ref, &note))
        return NOT_NOTED;
    int result = is_whole(body->found, body->version) ? READ : GONE;
    SHOAL_POINT("reading: current");
    if (result == READ)
        result = read_current(body, note.room, to, size);
    return shoal__reading_end(body->segment, &note) ? result : GONE;
}

static bool is_big(const struct body *body)
{
    uint64_t room = shoal__block_room(body->segment, body->ref);
    return room >= BIG_RUN && shoal__is_big(body->segment, body->ref, room);
}

static int read_apart(const struct body *body, const struct places *to, size_t *size)
{
    struct value_sh value;
    uint64_t some;
    int result = copy_out(&value, body, 0, sizeof value);
    if (result != READ || !how_much(body, &value, to, &some))
        return result < 0 ? result : BAD;
    program_order();
    *size = (size_t)value.size;
    uint64_t all = value.at + value.size;
    result = to->place && shoal__stays_backed(body->segment, body->ref, all)
                 ? copy_string(to, shoal__at(body->segment, shoal__offset(body->segment, body->ref) + value.at), size)
                 : NO_STRING;
    if (result != NO_STRING)
        return result;
    result = copy_apart(to, body, value.at, some);
    return result == READ && some < value.size ? TOO_SMALL : result;
}

/* The second look: what we have read is one version of the value only if nothing was reused meanwhile. */
static inline int if_whole(const struct body *body, int result)
{
    SHOAL_POINT("get: copied");
    if (!is_whole(body->found, body->version))
        return GONE;
    return result;
}

/* What does not lie in one page. */
__attribute__((noinline)) static int read_far(const struct body *body, const struct places *to, size_t *size)
{
    int result = is_big(body) ? read_noted(body, to, size) : NOT_NOTED;
    return result == NOT_NOTED ? if_whole(body, read_apart(body, to, size)) : result;
}

/* GONE: begin again. */
__attribute__((always_inline)) static inline int read_body(const struct body *body, const struct places *to,
                                                           size_t *size)
{
    struct value_sh value;
    uint64_t some;
    const shoal_segment *segment = body->segment;
    const unsigned char *near = shoal__block(segment, body->ref, sizeof value);
    if (__builtin_expect(!near || !is_near(segment, body->ref, sizeof value), 0))
        return read_far(body, to, size);
    memcpy(&value, near, sizeof value);
    if (!how_much(body, &value, to, &some))
        return if_whole(body, BAD);
    SHOAL_POINT("get: size known");
    program_order(); /* from here on we use the copy */
    if (__builtin_expect(!is_near(segment, body->ref, value.at + some) || (to->place && some < value.size), 0))
        return read_far(body, to, size);
    *size = (size_t)value.size;
    int result = to->place ? copy_string(to, near + value.at, size) : NO_STRING;
    if (result != NO_STRING)
        return if_whole(body, result);
    copy_near(to, near + value.at, some);
    result = if_whole(body, READ);
    return some < value.size && result == READ ? TOO_SMALL : result;
}

static int cannot_read(const shoal_segment *segment, const char *name, size_t length, int error)
{
    char quoted[SHOAL__QUOTE_SIZE];
    if (error == -EBADF)
        return shoal__no_descriptor(segment, error);
    return shoal__fail(SHOAL_ESYSTEM, "the value of %s in segment \"%s\" cannot be read: %s",
                       shoal__quote(quoted, name, length), segment->name, strerror(-error));
}

static int value_damaged(const shoal_segment *segment, const char *name, size_t length)
{
    char quoted[SHOAL__QUOTE_SIZE];
    return shoal__fail(SHOAL_ECORRUPT, "the value of %s in segment \"%s\" is damaged",
                       shoal__quote(quoted, name, length), segment->name);
}

/*
 * A name that is not valid is never found: so names are checked here, after the look-up, and valid ones that are found
 * are not checked at all.
 */
static int cannot_find(const shoal_segment *segment, const char *name, size_t length)
{
    int status = shoal__check_object_name(name, length);
    return status < 0 ? status : shoal__no_such_object(segment, name, length);
}

/* Inlined into each caller: most want no head. */
__attribute__((always_inline)) static inline int look_up(shoal_segment *segment, const char *name, size_t length,
                                                         const struct places *to, size_t *size)
{
    struct shoal_found found;
    struct shoal_patience patience = {0};
    uint32_t hash = shoal__name_hash(segment, name, length);
    do {
        int status = shoal__find_again(&found, segment, name, length, hash, &patience);
        if (status < 0)
            return status == SHOAL_ENOKEY ? cannot_find(segment, name, length) : status;
        uint32_t kind = load_relaxed(&found.entry->kind);
        uint32_t version = load_acquire(&found.entry->version);
        SHOAL_POINT("get: version known");
        struct body body = {segment, &found, version, load_acquire(&found.entry->body[version / 2 % 2])};
        SHOAL_POINT("get: body known");
        if (to->expected)
            fetch_early(shoal__at(segment, shoal__offset(segment, body.ref)), NEAR + to->expected);
        if (!is_whole(&found, version))
            continue; /* only a body that was current is followed */
        if ((kind & 0xff) !=
            SHOAL_KIND_VALUE) /* as opening looks at it: else neither would have what a damaged one is */
            return SHOAL_LIVE;
        int result = read_body(&body, to, size);
        if (result == GONE)
            continue;
        if (result < 0)
            return cannot_read(segment, name, length, result);
        if (result == NO_PLACE)
            return shoal__fail(SHOAL_ENOMEM, "no memory for a string of %zu bytes", *size);
        if (result == BAD)
            return value_damaged(segment, name, length);
        return result == TOO_SMALL ? SHOAL_LARGER : SHOAL_OK;
    } while (!shoal__patience_ends(&patience));
    return shoal__never_still(segment);
}

__attribute__((always_inline)) static inline int get_value(shoal_segment *segment, const char *name, size_t length,
                                                           struct places to, size_t *size)
{
    *size = 0;
    int status = shoal__unless_damaged(segment, look_up(segment, name, length, &to, size));
    if (status < 0)
        *size = 0;
    return status;
}

int shoal_value_get(shoal_segment *segment, const char *name, size_t length, void *buffer, size_t capacity,
                    size_t *size)
{
    return get_value(segment, name, length, (struct places){.rest = buffer, .capacity = capacity}, size);
}

int shoal_value_get_string(shoal_segment *segment, const char *name, size_t length, void *buffer, size_t capacity,
                           size_t *size, shoal_place *place, void *user)
{
    return get_value(segment, name, length, (struct places){NULL, buffer, 0, capacity, place, user, *size}, size);
}

int shoal_value_get_split(shoal_segment *segment, const char *name, size_t length, void *head, size_t head_size,
                          void *rest, size_t capacity, size_t *size)
{
    return get_value(segment, name, length,
                     (struct places){.head = head, .rest = rest, .head_size = head_size, .capacity = capacity}, size);
}

/* Between the look and the opening a live object may be removed and a value stored under its name. */
static int open_live(shoal_object **out, shoal_segment *segment, const char *name, size_t length, void *buffer,
                     size_t capacity, size_t *size)
{
    struct shoal_patience patience = {0};
    do {
        int status = shoal_object_open(out, segment, name, length);
        if (status != SHOAL_EMISMATCH)
            return status < 0 ? status : SHOAL_LIVE;
        status = shoal_value_get(segment, name, length, buffer, capacity, size);
        if (status != SHOAL_LIVE)
            return status;
    } while (!shoal__patience_ends(&patience));
    return shoal__never_still(segment);
}

int shoal_object_read(shoal_object **out, shoal_segment *segment, const char *name, size_t length, void *buffer,
                      size_t capacity, size_t *size)
{
    *out = NULL;
    int status = shoal_value_get(segment, name, length, buffer, capacity, size);
    return status == SHOAL_LIVE ? open_live(out, segment, name, length, buffer, capacity, size) : status;
}

static const char *check(const shoal_segment *segment, const void *body, uint64_t capacity)
{
    const struct value_sh *value = body;
    (void)segment;
    if (capacity < sizeof *value || (value->at != NEAR && value->at != FAR))
        return "its header is damaged";
    return capacity < value->at || value->size > capacity - value->at ? "its size is larger than its block" : NULL;
}

/* ---- Writing ---- */

struct put {
    shoal_segment *segment;
    const char *name;
    size_t length;
    uint32_t hash;
    const void *bytes; /* what follows the head */
    size_t size;       /* of all */
    unsigned char head[8];
    uint32_t head_size;
    bool is_guess; /* the bytes may not be ASCII: NOT_ASCII */
};

#define NOT_ASCII (-32767) /* a status that no API call returns: nothing was put */

static uint64_t block_size(size_t size)
{
    return size + (size > 4096 ? FAR : NEAR);
}

/* The value's first bytes: what is known of it, and the head of a string. */
static inline unsigned char *write_head(const struct put *put, uint32_t body)
{
    struct value_sh *value = shoal__at(put->segment, shoal__offset(put->segment, body));
    value->size = put->size;
    value->at = put->size > 4096 ? FAR : NEAR;
    value->zero = 0;
    SHOAL_POINT("put: size written");
    unsigned char *bytes = (unsigned char *)value + value->at;
    if (put->head_size > 0)
        memcpy(bytes, put->head, put->head_size);
    return bytes + put->head_size;
}

/* False: not all of it, since it was guessed to be ASCII. */
static bool write_body(const struct put *put, uint32_t body)
{
    unsigned char *bytes = write_head(put, body);
    if (put->is_guess)
        return shoal__copy_ascii(bytes, put->bytes, put->size - put->head_size);
    memcpy(bytes, put->bytes, put->size - put->head_size);
    return true;
}

static int is_live(const struct put *put, const struct entry_sh *entry)
{
    char quoted[SHOAL__QUOTE_SIZE];
    return shoal__fail(SHOAL_EMISMATCH,
                       "%s in segment \"%s\" is %s: a Value can't take its place; remove it first, or change the %s "
                       "through its handle",
                       shoal__quote(quoted, put->name, put->length), put->segment->name,
                       shoal_kind_phrase((int)(load_relaxed(&entry->kind) & 0xff)),
                       shoal_kind_name((int)(load_relaxed(&entry->kind) & 0xff)));
}

/* ---- In the spare, with the stripe alone ---- */

/*
 * The entry's spare, if it has room for the value and is not far too large; else 0. A spare is not used if the present
 * body is larger than SPARE_LIMIT, since such a body is freed and does not become the next spare.
 */
static uint32_t spare_for(const struct put *put, const struct entry_sh *entry, uint32_t at)
{
    uint32_t spare = load_relaxed(&entry->body[!at]);
    uint64_t wanted = block_size(put->size), have = spare ? shoal__block_room(put->segment, spare) : 0;
    bool fits = have >= wanted && have <= 4 * wanted + 64;
    return fits && shoal__block_room(put->segment, load_relaxed(&entry->body[at])) <= SPARE_LIMIT ? spare : 0;
}

/*
 * Readers that still copy the spare, which was the body before, see the odd version and retry. The last store decides:
 * a death before it leaves the present value.
 */
static void replace(const struct put *put, struct entry_sh *entry, uint32_t spare, uint32_t version)
{
    store_relaxed(&entry->version, version | 1);
    fence_release();
    SHOAL_POINT("put: announced");
    write_body(put, spare);
    SHOAL_POINT("put: body written");
    store_release(&entry->version, (version | 1) + 1);
    SHOAL_POINT("put: replaced");
}

static bool replace_in_spare(const struct put *put, struct entry_sh *entry)
{
    uint32_t version = load_relaxed(&entry->version), spare = spare_for(put, entry, version / 2 % 2);
    if (spare)
        replace(put, entry, spare, version);
    return spare != 0;
}

/* While we hold its stripe, a name's entry can neither go away nor become another kind. */
static bool replace_in_stripe(const struct put *put)
{
    uint32_t ref;
    struct entry_sh *entry = shoal__entry_locked(put->segment, put->name, put->length, put->hash, &ref);
    return entry && load_relaxed(&entry->kind) == SHOAL_KIND_VALUE && replace_in_spare(put, entry);
}

/* NOT_NOW: the put needs the structure's lock. */
static inline int put_in_stripe(const struct put *put, shoal_word *stripe, struct shoal_turn *turn)
{
    int status = shoal__stripe_enter(put->segment, stripe, turn);
    if (__builtin_expect(status < 0, 0))
        return status;
    bool replaced = replace_in_stripe(put);
    shoal__stripe_leave(stripe);
    return replaced ? SHOAL_OK : NOT_NOW;
}

/* ---- With the structure's lock ---- */

/*
 * Does the body that is replaced become the spare? Not the first time: of many names that were replaced once, most are
 * not replaced again soon. A writer that died at its first replacement may have left 1.
 */
static bool is_kept(const struct put *put, uint32_t version, uint32_t old)
{
    return version > 1 && shoal__block_room(put->segment, old) <= SPARE_LIMIT;
}

/* Make `body`, which holds the new bytes, the entry's: one change, decided by its commit. */
static int swing(const struct put *put, struct entry_sh *entry, uint32_t body, uint32_t *big)
{
    shoal_segment *segment = put->segment;
    uint32_t version = load_relaxed(&entry->version), at = version / 2 % 2;
    uint32_t old = load_relaxed(&entry->body[at]), spare = load_relaxed(&entry->body[!at]);
    bool keep = is_kept(put, version, old);
    /*
     * The version is odd before the new body is stored: else a reader with the old version could accept the new body,
     * and find the old value when it looks again.
     */
    store_relaxed(&entry->version, version | 1);
    SHOAL_POINT("put: replacement announced");
    shoal__publish(segment, &entry->body[!at], body);
    shoal__publish(segment, &entry->version, (version | 1) + (keep ? 1 : 5));
    if (!keep)
        shoal__publish(segment, &entry->body[at], 0);
    if (spare)
        shoal__free_locked(segment, spare);
    if (!keep)
        shoal__free_body_locked(segment, old, big);
    SHOAL_POINT("put: replacement noted");
    return shoal__commit(segment);
}

static int put_small_locked(const struct put *put, uint32_t *big)
{
    uint32_t ref, body;
    shoal_segment *segment = put->segment;
    struct entry_sh *entry = shoal__entry_locked(segment, put->name, put->length, put->hash, &ref);
    if (entry && load_relaxed(&entry->kind) != SHOAL_KIND_VALUE)
        return is_live(put, entry);
    if (entry && replace_in_spare(put, entry)) /* the holder of the stripe died: we need both locks, but no memory */
        return SHOAL_OK;
    int status = entry ? SHOAL_OK : shoal__table_grow_locked(segment);
    if (status == SHOAL_OK)
        status = shoal__alloc_locked(segment, block_size(put->size), &body);
    if (status == SHOAL_OK && !write_body(put, body)) /* still private: a death here changes nothing */
        status = NOT_ASCII;
    if (status == SHOAL_OK) {
        SHOAL_POINT("put: new body written");
        status = entry ? swing(put, entry, body, big)
                       : shoal__entry_add_locked(segment, put->name, put->length, put->hash, SHOAL_KIND_VALUE, body);
        if (status == SHOAL_OK && !entry)
            return shoal__commit(segment);
    }
    if (status < 0)
        shoal__abort(segment);
    return status;
}

static int try_small(const struct put *put, shoal_word *stripe, struct shoal_turn *turn)
{
    uint32_t big = 0;
    int status = shoal__enter_both(put->segment, stripe, turn);
    if (status < 0)
        return status;
    status = put_small_locked(put, &big);
    shoal__stripe_leave(stripe);
    shoal__leave(put->segment);
    shoal__big_dispose(put->segment, big);
    shoal__table_tend(put->segment);
    return status;
}

static int put_small(const struct put *put, struct shoal_turn *turn)
{
    shoal_word *stripe = shoal__stripe(put->segment, put->hash);
    int status = put_in_stripe(put, stripe, turn);
    if (__builtin_expect(status != NOT_NOW, 1))
        return status;
    status = try_small(put, stripe, turn);
    if (status != SHOAL_ENOSPACE)
        return status;
    shoal__make_room(put->segment);
    return try_small(put, stripe, turn);
}

static int put_big_locked(const struct put *put, uint32_t body, uint32_t *big)
{
    uint32_t ref;
    shoal_segment *segment = put->segment;
    struct entry_sh *entry = shoal__entry_locked(segment, put->name, put->length, put->hash, &ref);
    if (entry && load_relaxed(&entry->kind) != SHOAL_KIND_VALUE)
        return is_live(put, entry);
    int status = entry ? SHOAL_OK : shoal__table_grow_locked(segment);
    if (status < 0)
        return status;
    shoal__big_hand_over_locked(segment, body);
    if (entry)
        return swing(put, entry, body, big);
    status = shoal__entry_add_locked(segment, put->name, put->length, put->hash, SHOAL_KIND_VALUE, body);
    if (status == SHOAL_OK)
        return shoal__commit(segment);
    shoal__abort(segment);
    return status;
}

/* The bytes are copied without the lock, into a private run: if we die meanwhile, the run is freed with our slot. */
static int put_big(const struct put *put, struct shoal_turn *turn)
{
    uint32_t body, big = 0;
    struct shoal_filling filling = {put->bytes, FAR + put->head_size, put->size - put->head_size};
    int status = shoal__big_make(put->segment, block_size(put->size), &filling, &body, turn);
    if (status < 0)
        return status;
    write_head(put, body);
    SHOAL_POINT("big: value copied");
    shoal_word *stripe = shoal__stripe(put->segment, put->hash);
    if ((status = shoal__enter_both(put->segment, stripe, turn)) == SHOAL_OK) {
        status = put_big_locked(put, body, &big);
        shoal__stripe_leave(stripe);
        shoal__leave(put->segment);
    }
    if (!shoal__is_our_turn(put->segment, turn))
        return status;
    shoal__big_dispose(put->segment, status < 0 ? body : big);
    shoal__table_tend(put->segment);
    return status;
}

uint64_t shoal_value_limit(const shoal_segment *segment)
{
    return ((uint64_t)segment->is.heap_pages << segment->is.page_shift) - FAR;
}

static int put_value(struct put *put)
{
    int status = shoal__check_object_name(put->name, put->length);
    if (status < 0)
        return status;
    if (put->segment->readonly)
        return shoal__refuse_readonly(put->segment, "a value can't be stored");
    if ((status = shoal__here(put->segment)) < 0)
        return status;
    put->hash = shoal__name_hash(put->segment, put->name, put->length);
    struct shoal_turn turn;
    shoal__turn_begin(&turn);
    status = block_size(put->size) >= BIG_RUN ? put_big(put, &turn) : put_small(put, &turn);
    shoal__turn_end(put->segment, &turn);
    return status;
}

int shoal_value_put(shoal_segment *segment, const char *name, size_t length, const void *bytes, size_t size)
{
    return put_value(&(struct put){.segment = segment, .name = name, .length = length, .bytes = bytes, .size = size});
}

/* ---- One string ---- */

/*
 * Whether a long string is ASCII, and so text, is looked at while it is copied. Where that is a guess that fails, nothing
 * was put, and what it is is found out without a lock.
 */
#define LONG SPARE_LIMIT /* and so never put into a spare, which could not be left half written */
#define FIRST 256u       /* so many bytes are looked at before: most texts that are not ASCII show it there */

/* As the writer refuses it. */
__attribute__((noinline)) static int refuse_size(const struct put *put, bool is_str, size_t size)
{
    shoal_writer writer;
    shoal_writer_init(&writer);
    writer.limit = shoal_value_limit(put->segment);
    if (is_str)
        shoal_write_str(&writer, put->bytes, size);
    else
        shoal_write_bin(&writer, put->bytes, size);
    return writer.status;
}

static int put_as(struct put *put, bool is_str, size_t size)
{
    uint64_t bytes = size; /* more than a size_t of 32 bits has */
    put->head_size = shoal__write_head(put->head, is_str, size);
    put->size = put->head_size + size;
    if (bytes > UINT32_MAX || put->size > shoal_value_limit(put->segment))
        return refuse_size(put, is_str, size);
    return put_value(put);
}

int shoal_value_put_string(shoal_segment *segment, const char *name, size_t length, int type, const void *bytes,
                           size_t size)
{
    struct put put = {.segment = segment, .name = name, .length = length, .bytes = bytes};
    bool is_run =
        size > LONG && block_size(size + SHOAL_STRING_HEAD) < BIG_RUN; /* a big one is copied without the lock */
    put.is_guess = type == SHOAL_STR_OR_BIN && is_run && shoal_is_ascii(bytes, FIRST);
    bool is_str = type == SHOAL_STR || put.is_guess || (type == SHOAL_STR_OR_BIN && shoal_is_utf8(bytes, size));
    int status = put_as(&put, is_str, size);
    if (__builtin_expect(status != NOT_ASCII, 1))
        return status;
    put.is_guess = false;
    return put_as(&put, shoal_is_utf8(bytes, size), size);
}

const struct shoal__kind shoal__value_kind = {
    .flags = KIND_STORED,
    .head = sizeof(struct value_sh),
    .check = check,
};
