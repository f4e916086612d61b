/* One process's attach to a segment: where it is mapped, which peer we are, which objects we have open. */
#ifndef SHOAL_SEGMENT_SEGMENT_H
#define SHOAL_SEGMENT_SEGMENT_H

#include <pthread.h>

#include "platform/guard.h"
#include "platform/liveness.h"
#include "segment/layout.h"
#include "shoal.h"
#include "sync/mutex.h"

struct shoal_context {
    /* guards everything of this process that hangs off the context; taken before the segment's lock */
    pthread_mutex_t lock;
    /* the number of this process among the forks; in memory that a fork wipes: 0 in a child that has no number yet */
    uint32_t *generation;
    uint32_t generations; /* the last number given */
    struct shoal_segment *segments;
    char *directory;
    struct shoal_object *orphans; /* in a child: handles that only its parent needed, to be freed */
    shoal_time slice;             /* waits return to the language at least this often */
    shoal_language language;      /* for waits that the language cannot see: segment/lock.h */
    shoal_word owes;              /* some segment has deferred work */
    struct shoal_context *next;   /* in the process's list of contexts, for fork */
};

/* The constants of the header, checked once and kept: the shared ones may change while a reader uses them. */
struct shoal_geometry {
    uint64_t size, roster, pages, heap;
    uint64_t hash_key[2];
    uint64_t created;
    uint32_t granule_shift, page_shift, slots, heap_pages, lifetime;
};

/* A place in the roster, and its proof of life. */
struct shoal_seat {
    struct shoal_life life;
    /*
     * a descriptor that keeps a child's byte locked, instead of a page, from before the fork until the child has tied
     * it to itself; else -1
     */
    int fd;
    uint32_t slot;
    uint32_t me; /* the owner bits */
    bool came_round;
};

enum shoal_outcome {
    BIRTH_LATER,  /* the child has nothing that could come to harm: it joins when it first writes */
    BIRTH_GIVEN,  /* it is a peer, and has its pins */
    BIRTH_DENIED, /* it gets none of that memory; `why` has the reason */
};

/* What a child will be, from just before a fork until just after it. */
struct shoal_birth {
    enum shoal_outcome outcome;
    struct shoal_seat seat;
    int fd; /* a readonly child's own description */
};

#define SHOAL__STILLBORN 2 /* in `damaged`: this process was born without the segment, for the reason in `why` */

/* An earlier name of an attach: callers may still have its text. */
struct shoal_former {
    struct shoal_former *next;
    char *name, *path;
};

/* The open objects of a readonly attach: segment/readers.c. */
struct shoal_pinned {
    uint32_t *serial; /* sorted */
    uint32_t count, room;
    uint32_t ranges, reach;
};

/* For one row of places, to find a free one quickly: segment/places.c. */
struct shoal_row {
    shoal_word used, next;
};

struct shoal_segment {
    struct shoal_party party; /* first: is_dead finds the segment from it */
    /*
     * The ref, and in the upper half the buckets, of the last table that was found to lie in the heap; and of the one
     * it grew into.
     */
    _Atomic uint64_t known_table, known_grown;
    struct shoal_context *context;
    struct shoal_segment *next;
    struct shoal_segment *next_mapped; /* in the process's list: segment/mappings.c */
    shoal_word twins;                  /* number of other mappings of its file in this process */
    uint32_t opens;                    /* calls of shoal_open less those of shoal_close */
    uint32_t holds;                    /* open objects */
    unsigned char *base;
    void *inherited;    /* SHOAL__STILLBORN: the inherited mapping, forbidden; `base` is that of an empty one */
    shoal_word damaged; /* readonly: pages were gone when they were accessed, and read as zeroes now */
    struct shoal_birth birth;
    /* the system's error, if `why` does not have it: a forked child may not ask libc for its sentence at once */
    int why_error;
    char why[512];
    struct shoal_geometry is;
    struct shoal_life life;
    struct shoal_guarded *guarded; /* of a readonly attach */
    uint32_t slot;
    uint32_t reap_cursor;
    /* shoal__reap, which lies above the lock that finds its owner dead: set as party.is_dead is */
    void (*reap)(struct shoal_segment *segment, uint32_t limit);
    shoal_word generation; /* of the context when we became a peer; stored with release, after all that makes us one */
    _Atomic int fd; /* may be another file's by now: ask shoal__descriptor before an operation that would harm that */
    uint64_t device, inode;
    /* under the lock: descriptors before this have memory, though it may not be published yet */
    uint32_t descriptors_backed;
    shoal_word table_wanted; /* under the lock: the table is to grow, and its memory is to be made without the lock */
    /* Its run, which we own privately, and in the upper half the buckets that it was made for: segment/table.c. */
    _Atomic uint64_t table_made;
    uint32_t table_pause; /* under the lock: how many names are to be added before a table is tried again */
    shoal_word joining;   /* under the context's lock, which the joining thread releases while it waits */
    /* deferred work: handles were closed while another had the structure's lock: they are idle, and still pinned; */
    shoal_word owes;
    struct owed_run *_Atomic owed_runs; /* and these runs are privately owned: segment/big.c */
    struct shoal_row rows[WAIT_ROWS + 1];
    uint64_t in_cycle; /* number of the last search for cycles that met it: segment/cycle.c */
    bool readonly;
    bool anonymous; /* created without a name: `name` is for messages */
    bool overflow;  /* the journal was too short for a change, which is undone */
    char id[33];
    char *_Atomic name, *_Atomic path; /* of the first open that led here and still does; "" and "" when anonymous */
    struct shoal_former *formers;
    struct shoal_pinned pinned;    /* of a readonly attach */
    struct shoal_object **handles; /* at least as many lists as open objects; NULL: none was opened yet */
    uint32_t handle_buckets;       /* a power of two, or 0 */
};

static inline void *shoal__at(const struct shoal_segment *segment, uint64_t offset)
{
    return segment->base + offset;
}

static inline struct header_sh *shoal__header(const struct shoal_segment *segment)
{
    return shoal__at(segment, 0);
}

static inline struct journal_sh *shoal__journal(const struct shoal_segment *segment)
{
    return shoal__at(segment, JOURNAL_AT);
}

static inline struct peer_sh *shoal__peer(const struct shoal_segment *segment, uint32_t slot)
{
    return (struct peer_sh *)shoal__at(segment, segment->is.roster) + slot;
}

static inline struct page_sh *shoal__page(const struct shoal_segment *segment, uint32_t page)
{
    return (struct page_sh *)shoal__at(segment, segment->is.pages) + page;
}

static inline uint64_t shoal__offset(const struct shoal_segment *segment, uint32_t ref)
{
    return (uint64_t)ref << segment->is.granule_shift;
}

static inline uint32_t shoal__page_of(const struct shoal_segment *segment, uint32_t ref)
{
    return (uint32_t)((shoal__offset(segment, ref) - segment->is.heap) >> segment->is.page_shift);
}

static inline uint32_t shoal__page_ref(const struct shoal_segment *segment, uint32_t page)
{
    return (uint32_t)((segment->is.heap + ((uint64_t)page << segment->is.page_shift)) >> segment->is.granule_shift);
}

static inline uint64_t shoal__page_size(const struct shoal_segment *segment)
{
    return (uint64_t)1 << segment->is.page_shift;
}

/* The address of `size` bytes at `ref`; NULL unless they lie in the part of the heap that was ever in use. */
static inline void *shoal__block(const struct shoal_segment *segment, uint32_t ref, uint64_t size)
{
    uint64_t offset = shoal__offset(segment, ref);
    uint32_t pages = load_acquire(&shoal__header(segment)->pages_committed);
    if (pages > segment->is.heap_pages)
        pages = segment->is.heap_pages;
    uint64_t end = segment->is.heap + ((uint64_t)pages << segment->is.page_shift);
    if (offset < segment->is.heap || offset > end || size > end - offset)
        return NULL;
    return shoal__at(segment, offset);
}

/* Attached for writing, by this process and not by its parent. */
static inline bool shoal__is_peer(const struct shoal_segment *segment)
{
    return !segment->readonly && load_acquire(&segment->generation) == *segment->context->generation;
}

/* Called at the beginning of a call that may read through a readonly attach. */
static inline void shoal__guard_reader(const struct shoal_segment *segment)
{
    if (__builtin_expect(segment->guarded != NULL, 0))
        shoal__guard_thread();
}

/* Read a word exactly once here, since a hostile writer may change it between a reader's check and its use. */
static inline uint32_t shoal__once(const uint32_t *word)
{
    return *(const volatile uint32_t *)word;
}

#endif
