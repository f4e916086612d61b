/* One process's attach to a segment: where the file is mapped, which peer we are, which objects we have open. */
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
    /*
     * a number in which forked children differ from their parent; in memory that fork zeroes: 0 until a child has its
     * own
     */
    uint32_t *generation;
    uint32_t generations; /* the last number given */
    struct shoal_segment *segments;
    char *directory;
    struct shoal_object *orphans; /* in a forked child: handles that only its parent needed, to be freed */
    shoal_time slice;             /* waits return to the language at least this often */
    shoal_language language;      /* hooks, called around waits for the structure's lock: segment/lock.h */
    shoal_word owes;              /* some segment has deferred work */
    struct shoal_context *next;   /* in the process's list of contexts, for fork */
};

/* This process's copy of the header's constants, checked once: those in the file may be changed by a hostile writer. */
struct shoal_geometry {
    uint64_t size, roster, pages, heap;
    uint64_t hash_key[2];
    uint64_t created;
    uint32_t granule_shift, page_shift, slots, heap_pages, lifetime;
};

/* A claimed slot of the roster, and what keeps its byte locked. */
struct shoal_seat {
    struct shoal_life life;
    /*
     * of a seat for a child: a descriptor that keeps the byte locked, in place of `life`, until the child has tied the
     * lock to itself; else -1
     */
    int fd;
    uint32_t slot;
    uint32_t me;     /* the owner bits: slot + 1 and incarnation */
    bool came_round; /* the incarnation wrapped around: old lock words must be marked first */
};

enum shoal_outcome {
    BIRTH_LATER,  /* the child has no object open that must be kept: it joins when it first writes */
    BIRTH_GIVEN,  /* the child is a peer, and has its pins */
    BIRTH_DENIED, /* the child gets none of the segment's memory; `why` has the reason */
};

/* What a forked child gets; used from just before a fork until just after it. */
struct shoal_birth {
    enum shoal_outcome outcome;
    struct shoal_seat seat;
    int fd; /* of a readonly attach: a descriptor of an open file description that the child will have for itself */
};

#define SHOAL__STILLBORN 2 /* in `damaged`: this process was forked without the segment, for the reason in `why` */

/* An earlier name of an attach, kept because callers may still have a pointer to it. */
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

/* Hints for one row of places, to find a free one quickly: segment/places.c. */
struct shoal_row {
    shoal_word used, next;
};

struct shoal_segment {
    struct shoal_party party; /* first field: party.is_dead casts its address to the segment */
    shoal_word generation;    /* the context's when we became a peer; stored last, with release */
    bool readonly;
    /*
     * The last table that was found to lie wholly in the heap: its ref, and in the upper half its number of buckets;
     * and the same of the last table that one grew into.
     */
    _Atomic uint64_t known_table, known_grown;
    struct shoal_context *context;
    struct shoal_segment *next;
    struct shoal_segment *next_mapped; /* in the process's list of mappings: segment/mappings.c */
    shoal_word twins;                  /* number of other mappings of its file in this process */
    uint32_t opens;                    /* calls of shoal_open less those of shoal_close */
    uint32_t holds;                    /* number of handles */
    unsigned char *base;
    void *inherited;    /* SHOAL__STILLBORN: the inherited mapping, inaccessible; `base` is that of an empty one */
    shoal_word damaged; /* 1, if readonly: pages were gone when accessed, and read as zeroes; or SHOAL__STILLBORN */
    struct shoal_birth birth;
    /*
     * the system's error that belongs to `why`; its text is made later, since strerror is not safe right after a fork
     */
    int why_error;
    char why[512];
    struct shoal_geometry is;
    struct shoal_life life;
    struct shoal_guarded *guarded; /* of a readonly attach: its mapping's entry with the handler of SIGBUS */
    uint32_t slot;
    uint32_t reap_cursor; /* the slot that shoal__reap looks at next */
    /* shoal__reap, as a pointer: segment/lock.c, which calls it, may not include a header above its own */
    void (*reap)(struct shoal_segment *segment, uint32_t limit);
    _Atomic int fd; /* other code may have closed it, and another file may have the number: shoal__descriptor checks */
    uint64_t device, inode;
    /* under the lock: so many page descriptors have memory, published in pages_committed or not yet */
    uint32_t descriptors_backed;
    shoal_word table_wanted; /* the table is to grow, and its memory to be made without the lock; stored under it */
    /*
     * That memory, if it is made: the ref of a run that we own privately, and in the upper half the old table's
     * buckets.
     */
    _Atomic uint64_t table_made;
    uint32_t table_pause;    /* under the lock: how many names are added before memory for a table is requested again */
    shoal_word spares_given; /* how many changes there had been when we last gave back spares: segment/reap.c */
    shoal_word joining;      /* 1 while a thread joins, which releases the context's lock meanwhile */
    /*
     * there is deferred work, as another had the structure's lock: closed handles that are still pinned, or owed_runs
     */
    shoal_word owes;
    struct owed_run *_Atomic owed_runs; /* runs that we own privately, to be freed: segment/big.c */
    shoal_word noting; /* readonly: a thread has locked the bytes of the pages that it copies: segment/notes.c */
    struct shoal_row rows[WAIT_ROWS + 1];
    uint64_t in_cycle; /* number of the last search for deadlocks that came to this segment: segment/cycle.c */
    bool anonymous;    /* created without a name: `name` is for messages */
    bool overflow;     /* the journal had no room for the change under way, which will be undone */
    char id[33];
    char *_Atomic name, *_Atomic path; /* of the first open whose path still leads to this file; both "" if anonymous */
    struct shoal_former *formers;
    struct shoal_pinned pinned;    /* of a readonly attach */
    struct shoal_object **handles; /* hash table with at least as many lists as handles; NULL: none was opened yet */
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

/* The address of `size` bytes at `ref`; NULL unless they lie in pages whose descriptors are backed. */
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

/* Attached for writing, by this process itself: an attach inherited by a fork is its parent's until it joins. */
static inline bool shoal__is_peer(const struct shoal_segment *segment)
{
    return !segment->readonly && load_acquire(&segment->generation) == *segment->context->generation;
}

/* Called at the beginning of each call that may read through a readonly attach: lets the thread receive SIGBUS. */
static inline void shoal__guard_reader(const struct shoal_segment *segment)
{
    if (__builtin_expect(segment->guarded != NULL, 0))
        shoal__guard_thread();
}

/*
 * Load a word exactly once, so that the value that is checked is the one that is used: a hostile writer may change it.
 */
static inline uint32_t shoal__once(const uint32_t *word)
{
    return *(const volatile uint32_t *)word;
}

#endif
