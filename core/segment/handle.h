/* Handles: one per open object and context, counted; each is one pin in the segment. */
#ifndef SHOAL_SEGMENT_HANDLE_H
#define SHOAL_SEGMENT_HANDLE_H

#include "segment/detach.h"
#include "segment/refuse.h"

#define SHOAL_SHARES 17
#define SHOAL_DEFERRED 8
#define HELD_BY_TASK UINT64_MAX

/* Of more threads than there is room for in the handle: chunks that stay until the handle goes. */
struct shoal_shares {
    struct shoal_shares *next;
    _Alignas(8) _Atomic uint64_t share[SHOAL_SHARES];
};

struct shoal_object {
    bool
        lost; /* first: shoal_object_lost of shoal.h. In a forked child: it has no pin, and may be something else by now */
    struct shoal_segment *segment;
    struct shoal_object *next; /* in segment->handles */
    void *body;                /* of the object, in shared memory; it never moves */
    uint64_t capacity;         /* of its block, bytes: for readers, who believe no count in the segment */
    char *_Atomic text;        /* a Condition: the name of its Lock */
    uint32_t refs;             /* 0: nobody has it open, but this process still holds its lock */
    uint32_t entry;            /* ref */
    uint32_t serial;
    uint32_t pin; /* ref; readonly: none, a reader's lock instead */
    int kind;
    uint32_t child_pin; /* of the child that is about to be forked */

    /* What this process knows of its own holds. A Lock, and an RWLock's writer: */
    _Atomic uint64_t holder; /* a thread's number (platform/process.h), or HELD_BY_TASK; 0: not held by this process */
    uint32_t depth;
    shoal_word recovered; /* asked for by any thread */
    uint32_t deferred;    /* words whose sleepers are woken when this Lock is let go, which they want next */
    shoal_word *wake[SHOAL_DEFERRED];
    /* Reads and permits: segment/holds.h. */
    shoal_word crowded;
    shoal_word permit;                                 /* where to look first */
    shoal_word want_to_read;                           /* threads that wait to read */
    _Alignas(8) _Atomic uint64_t shares[SHOAL_SHARES]; /* of a thread: its number, and in the lowest 24 bits how many */
    struct shoal_shares *_Atomic more;

    size_t name_length;
    char name[];
};

_Static_assert(offsetof(struct shoal_object, lost) == 0 && sizeof(bool) == 1, "shoal_object_lost reads it");

/* Opens what is there. SHOAL_ENOKEY, SHOAL_EMISMATCH unless it is of that kind (SHOAL_KIND_NONE: any live one). */
int shoal__handle_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length, int kind);

/* The same; SHOAL_ENOKEY with a sentence. */
int shoal__handle_open_only(shoal_object **out, shoal_segment *segment, const char *name, size_t length, int kind);

/* By any thread at any time; the holder itself notes it, before what others of the process may ask it for. */
static inline uint64_t shoal__holder(const shoal_object *object)
{
    return atomic_load_explicit((_Atomic uint64_t *)&object->holder, memory_order_relaxed);
}

static inline void shoal__set_holder(shoal_object *object, uint64_t thread)
{
    atomic_store_explicit(&object->holder, thread, memory_order_relaxed);
}

struct entry_sh;
/* Of the block that the entry leads to, not more than lies in the mapping; 0: there is none. */
uint64_t shoal__room_of(const shoal_segment *segment, const struct entry_sh *entry);

/* How many cells of `each` bytes after a head of `head` bytes the body can have, whatever it says. */
static inline uint32_t shoal__cells(const shoal_object *object, uint32_t says, uint32_t head, uint32_t each)
{
    uint64_t room = object->capacity < head ? 0 : (object->capacity - head) / each;
    return says < room ? says : (uint32_t)room;
}

/* Every use of a handle that writes: are we a peer, is the object still there, may we write? */
int shoal__lost(const shoal_object *object);          /* SHOAL_ECLOSED, with a sentence */
int shoal__refuse_change(const shoal_object *object); /* SHOAL_EREADONLY, with a sentence */

int shoal__wrong_kind(const shoal_object *object, int kind); /* SHOAL_ETYPE, with a sentence */

static inline int shoal__of_kind(const shoal_object *object, int kind)
{
    return __builtin_expect(object->kind == kind, 1) ? SHOAL_OK : shoal__wrong_kind(object, kind);
}

static inline int shoal__writable(shoal_object *object)
{
    if (__builtin_expect(object->segment->readonly, 0))
        return shoal__refuse_change(object);
    int status = shoal__here(object->segment);
    return __builtin_expect(status == SHOAL_OK && object->lost, 0) ? shoal__lost(object) : status;
}

/* The same for who only looks. */
static inline int shoal__may_look(const shoal_object *object, int kind)
{
    int status = shoal__of_kind(object, kind);
    if (status == SHOAL_OK)
        status = shoal__here(object->segment);
    shoal__guard_reader(object->segment);
    return __builtin_expect(status == SHOAL_OK && object->lost, 0) ? shoal__lost(object) : status;
}

/* Both, for who changes it. */
static inline int shoal__may_use(shoal_object *object, int kind)
{
    int status = shoal__of_kind(object, kind);
    return status < 0 ? status : shoal__writable(object);
}

/* With the context's lock held: handles that nobody has open but whose locks we hold. */
void shoal__drop_idle_handles_locked(shoal_segment *segment);
/* Forks (segment/fork.h). In the parent: pins for the child in its slot. A readonly one: segment/readers.h. */
bool shoal__has_open(const shoal_segment *segment);
int shoal__pin_handles_for_child(shoal_segment *segment, uint32_t slot, shoal_time deadline);
/* In the child, at once: only its own memory. What only the parent had a use for is freed at its next call. */
void shoal__adopt_handles(shoal_segment *segment);
void shoal__lose_handles(shoal_segment *segment);
void shoal__free_orphans_locked(struct shoal_context *context);
/* The same, and what was closed while another had the structure's lock, if that can be had now. */
void shoal__settle_locked(struct shoal_context *context);
int shoal__repin_handles_locked(shoal_segment *segment); /* of a child without a birth: what still has its name */
void shoal__disown_ended_locked(shoal_segment *segment); /* segment/context.h */
void shoal__give_up_locks_locked(shoal_segment *segment, uint64_t thread, int *count); /* thread 0: all */

/* Free what the dead and the removed still occupy, without the segment's lock. For when space ran out: then try once more. */
void shoal__make_room(shoal_segment *segment);

#endif
