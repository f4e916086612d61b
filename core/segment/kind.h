/*
 * A kind of object is one row: what segment/ and the calls that serve any object ask of it. SHOAL_KIND_LIST of shoal.h lists the
 * kinds, objects/kinds.c makes the table, and the row stands in the file of its kind. Only ways that are not hot come through
 * here: acquire, put and get are direct calls.
 */
#ifndef SHOAL_SEGMENT_KIND_H
#define SHOAL_SEGMENT_KIND_H

#include "segment/segment.h"
#include "value/parts.h"

#define KIND_STORED 1u      /* never opened: its entry's body is replaced whole, and read as a copy */
#define KIND_LOCK 2u        /* somebody may hold it: shoal_segment_each_lock, shoal_object_holders */
#define KIND_HOLD 4u        /* its body begins with a hold_sh, a word that names who holds it: sync/hold.h */
#define KIND_COPIED_LAST 8u /* a backup makes it when all others are there: it belongs to one of them */

/* Nobody holds it, and nobody can before `unclaim`. `who`: the owner bits of one who does. `died`: the last who had it did. */
struct shoal__claim {
    const struct shoal_party *party;
    void *body;
    uint32_t who;
    bool died;
};

struct shoal_waits; /* objects/objects.h */

/* What is NULL, the kind has no need of. */
struct shoal__kind {
    uint32_t flags;

    /* ---- Its body ---- */

    uint32_t head;                                   /* bytes that it has at least, */
    uint64_t (*least)(const shoal_segment *segment); /* or, if that depends on the segment, this */
    /* What is wrong with this body of a block of `capacity` bytes? NULL: nothing. Only its first LARGEST_HEAD may be there. */
    const char *(*check)(const shoal_segment *segment, const void *body, uint64_t capacity);
    /* The slot's incarnations came round: words that an earlier user of it left are not to look like ours. */
    void (*forget_slot)(void *body, uint32_t slot);

    /* ---- Before its name is taken away: segment/remove.c ---- */

    /* Claim it, or say who is in the way. It is sound (check), and others may use it meanwhile. */
    bool (*claim)(struct shoal__claim *claim);
    void (*unclaim)(struct shoal__claim *claim);
    const char *in_the_way; /* what one does who is: "holds a permit of" */

    /* ---- Through a handle ---- */

    const struct shoal_waits *waits; /* the last has no operation */
    /* Give up what `thread` (0: this process) holds of it, as if the process had died. False if that is nothing. */
    bool (*abandon)(shoal_object *object, uint64_t thread);
    void (*quit)(shoal_object *object); /* the handle goes: this process is no party of it any more */
    /* Up to `limit` into `out`; *count: how many there are. */
    void (*holders)(shoal_owner *out, size_t limit, size_t *count, const shoal_object *object);
    /* Its parameters and its state: pairs of the map that shoal_object_describe makes. All but what is stored have it. */
    int (*describe)(struct shoal__parts *map, const shoal_object *object);
    /* A backup: the same under the same name in `to`; *out may stay NULL. */
    int (*copy)(shoal_object **out, shoal_segment *to, shoal_object *object);
};

/* By number; NULL where there is no kind. Given by the room above. */
extern const struct shoal__kind *const shoal__kinds[SHOAL_KIND_LAST + 1];

static inline const struct shoal__kind *shoal__kind(uint32_t kind)
{
    return kind <= SHOAL_KIND_LAST ? shoal__kinds[kind] : NULL;
}

/* Of what is not known to be a kind. */
static inline bool shoal__kind_is(uint32_t kind, uint32_t flag)
{
    const struct shoal__kind *it = shoal__kind(kind);
    return it && it->flags & flag;
}

/* The least that the body of each kind has: docs/format.md, Objects. */
uint64_t shoal__least_body(const shoal_segment *segment, uint32_t kind);

#endif
