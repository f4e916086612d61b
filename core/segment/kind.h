/*
 * A kind of object is described by one row, a struct of functions and facts, for segment/ and for the calls that serve
 * any object. SHOAL_KIND_LIST in shoal/kind.h lists the kinds, objects/kinds.c makes the table of rows, and each row is
 * in the file of its kind. Hot paths (acquire, put, get) are direct calls and do not use the row.
 */
#ifndef SHOAL_SEGMENT_KIND_H
#define SHOAL_SEGMENT_KIND_H

#include "segment/segment.h"
#include "value/parts.h"

#define KIND_STORED 1u      /* a Value: never opened; its body is replaced as a whole, and read as a copy */
#define KIND_LOCK 2u        /* can be held: shoal_segment_each_lock, shoal_object_holders */
#define KIND_HOLD 4u        /* its body begins with a hold_sh, a word that names the holder: sync/hold.h */
#define KIND_COPIED_LAST 8u /* a backup copies it after the other kinds: it refers to an object of these */
#define KIND_PARTS 16u /* its body begins with a parts_sh: the object owns runs and blocks beside it: segment/parts.h */
#define KIND_JOURNALED 32u /* all that `check_deeply` looks at changes by the journal: a look at a copy sees it, too */
#define KIND_KEYED                                                                                                     \
    64u /* its holds are in blocks that the notes of waits name (wait_sh.claim), at KEYED_HOLD_AT: a hold_sh */
#define KEYED_HOLD_AT 16u

/*
 * A claim on an object that is to be removed: nobody holds the object, and nobody can take it before `unclaim`. `who`:
 * the owner bits of the holder that prevents the claim. `died`: the object's last owner died while holding it.
 */
struct shoal__claim {
    const struct shoal_party *party;
    void *body;
    uint32_t who;
    bool died;
};

struct shoal_waits; /* objects/objects.h */

/* A field that the kind does not need is NULL. */
struct shoal__kind {
    uint32_t flags;

    /* ---- The body ---- */

    uint32_t head;                                   /* the least size of the body in bytes, */
    uint64_t (*least)(const shoal_segment *segment); /* or, if that depends on the segment, this */
    /*
     * What is wrong with this body in a block of `capacity` bytes? NULL: nothing. `check` may read only the
     * body's first LARGEST_HEAD bytes: a caller may have a copy of just these.
     */
    const char *(*check)(const shoal_segment *segment, const void *body, uint64_t capacity);
    /*
     * The same of all the body, after `check` found nothing, with `runs`, how many the object owns beside it. Others may use
     * the object meanwhile, but the structure is of one moment. Not asked through a readonly attach, nor of what was removed.
     */
    const char *(*check_deeply)(const shoal_segment *segment, const void *body, uint64_t capacity, uint32_t runs);
    /*
     * The slot's incarnation wrapped around: free the words that name an earlier user of the slot, since a new user's
     * tag may be equal.
     */
    void (*forget_slot)(void *body, uint32_t slot);
    /* The same for words in blocks that the object owns beside its body. */
    void (*forget_slot_of_parts)(const shoal_segment *segment, void *body, uint64_t capacity, uint32_t slot);

    /*
     * The slot's user is dead, or leaves: give up what it has in blocks beside the body, up to `most` of them; returns how
     * many. Asked under the structure's lock, before the user's pin of the object is removed.
     */
    uint32_t (*bury)(struct shoal_segment *segment, void *body, uint32_t slot, uint32_t most);

    /* ---- Before its name is unlinked: segment/remove.c ---- */

    /*
     * Claim the object, or say in `who` which process prevents that. Its body passed `check`; others may use it
     * meanwhile.
     */
    bool (*claim)(struct shoal__claim *claim);
    void (*unclaim)(struct shoal__claim *claim);
    const char *in_the_way; /* what the process does that prevents the claim: "holds a permit of" */

    /* ---- Through a handle ---- */

    const struct shoal_waits *waits; /* an array; its last element has no operation */
    /* Give up what `thread` (0: this process) holds, as if the process had died. False if it holds nothing. */
    bool (*abandon)(shoal_object *object, uint64_t thread);
    /* Holds of another thread that name the kernel id of `thread`: that other ended, and they are nobody's in particular. */
    void (*disown)(shoal_object *object, uint64_t thread, uint32_t id);
    void (*quit)(shoal_object *object); /* the handle is closed: this process is no party (of a Barrier) any more */
    /* Up to `limit` holders into `out`; *count: how many there are. */
    void (*holders)(shoal_owner *out, size_t limit, size_t *count, const shoal_object *object);
    /*
     * Add the object's parameters and state to the map that shoal_object_describe makes. Every kind that can be opened
     * has this.
     */
    int (*describe)(struct shoal__parts *map, const shoal_object *object);
    /* For a backup: create the same object under the same name in `to`; *out may stay NULL. */
    int (*copy)(shoal_object **out, shoal_segment *to, shoal_object *object);
};

/* The rows by number; NULL where there is no kind. Defined in objects/kinds.c. */
extern const struct shoal__kind *const shoal__kinds[SHOAL_KIND_LAST + 1];

static inline const struct shoal__kind *shoal__kind(uint32_t kind)
{
    return kind <= SHOAL_KIND_LAST ? shoal__kinds[kind] : NULL;
}

/* Has the kind this flag? False for a number that is no kind. */
static inline bool shoal__kind_is(uint32_t kind, uint32_t flag)
{
    const struct shoal__kind *it = shoal__kind(kind);
    return it && it->flags & flag;
}

/* The least size of each kind's body: docs/format.md, "Objects". */
uint64_t shoal__least_body(const shoal_segment *segment, uint32_t kind);

#endif
