/*
 * Every struct that lies in a segment and does not belong to one kind of object. docs/format.md describes them; static
 * asserts tie the two together. Offsets count bytes from the start of the file. A `ref` counts granules (1 <<
 * granule_shift bytes) from there; 0 means none. Page numbers count from the heap's first page; links between pages
 * hold number + 1, and 0 means none.
 *
 * A shoal_word may change while readers without a lock read it. A plain field is changed only under the segment's lock;
 * the values that readers see were written before the word that led them there.
 */
#ifndef SHOAL_SEGMENT_LAYOUT_H
#define SHOAL_SEGMENT_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "platform/atomic.h"
#include "shoal.h"

#define SHOAL_MAGIC_BYTES "\x89SHOAL\x1a\n"
#define BYTE_ORDER_MARK 0x01020304u

#define HEADER_BYTES 8192u /* header_sh, the stripes, and the journal in its second half */
#define STRIPES_AT 2048u
#define JOURNAL_AT 4096u
#define MAX_SLOTS 1022u
#define FEW_SLOTS 126u /* in segments under 1 MiB */

#define BIN_COUNT 128u
#define CLASS_COUNT 72u /* 71 are used */
#define SMALLEST_GRANULE_SHIFT 4
#define SMALLEST_BLOCK 32u            /* with the smallest granule; larger ones scale the classes */
#define LARGEST_BLOCK 32768u          /* larger blocks are runs of pages */
#define BIG_RUN ((uint64_t)256 << 10) /* from here on memory is committed and punched outside the lock */

/* The one lock of the structure, what it guards, and the constants of the segment. */
struct header_sh {
    uint8_t magic[8];
    uint32_t format;
    uint32_t byte_order;
    uint64_t size; /* of the file, bytes */
    uint8_t id[16];
    uint64_t created; /* ns since 1970 */
    uint64_t hash_key[2];
    uint32_t granule_shift;
    uint32_t page_shift;
    uint32_t slots;
    uint32_t lifetime;
    uint64_t roster; /* -> peer_sh[slots] */
    uint64_t pages;  /* -> page_sh[heap_pages] */
    uint64_t heap;   /* -> page 0 */
    uint32_t heap_pages;
    uint32_t sum; /* hash of the 108 bytes before it: proves that the constants are unchanged */
    uint8_t gap0[16];

    /* Words that writers change all the time, in one cache line. */
    shoal_word lock;
    shoal_word recoveries;  /* statistics */
    shoal_word slot_cursor; /* hint: where the next search for a free slot starts */
    shoal_word objects;     /* names in the directory */
    uint32_t serial;        /* of the last object created */
    uint32_t limbo;         /* ref of the first entry removed by name and still in use */
    uint32_t removed;       /* how many entries limbo has */
    uint32_t used;          /* granules in allocated blocks and runs */
    shoal_word peace;       /* 1: the last peer left this very file in peace: segment/opening.h */
    uint32_t peace_blocks;  /* its memory at that time, in 4 KiB */
    uint64_t peace_place;   /* shoal__file_place at that time */
    uint8_t gap1[16];

    /* Words that every reader needs and that hardly ever change, in another cache line. */
    shoal_word table;           /* ref of table_sh; 0 before the first object */
    shoal_word pages_committed; /* page_sh before this one are backed by memory; never decreases */
    shoal_word slots_committed; /* peer_sh before this one are backed by memory; never decreases */
    shoal_word retired;         /* 1: lifetime "shared" is over, the name is being unlinked */
    uint32_t grower;            /* tag of the peer that prepares the memory of the next table; 0: none */
    shoal_word growth;          /* odd while the table grows; counts beginnings and ends of growing */
    uint8_t gap2[40];

    uint32_t bin_map[BIN_COUNT / 32]; /* bit b: bins[b] is not empty */
    uint32_t bins[BIN_COUNT];         /* free runs by length */
    uint32_t partial[CLASS_COUNT];    /* spans of each class with a free block */
};
_Static_assert(offsetof(struct header_sh, sum) == 108, "docs/format.md, header");
_Static_assert(offsetof(struct header_sh, lock) == 128, "docs/format.md, header");
_Static_assert(offsetof(struct header_sh, peace) == 160 && offsetof(struct header_sh, peace_place) == 168,
               "docs/format.md, header");
_Static_assert(offsetof(struct header_sh, table) == 192, "docs/format.md, header");
_Static_assert(offsetof(struct header_sh, grower) == 208, "docs/format.md, header");
_Static_assert(offsetof(struct header_sh, bin_map) == 256, "docs/format.md, header");
_Static_assert(sizeof(struct header_sh) <= STRIPES_AT, "docs/format.md, header");

/*
 * The locks of writers of Values: each name has the lock of one stripe, by its hash. A process that writes a Value's
 * spare, or changes its `body` or `version` in any way, holds it; a structural change of a Value holds the lock of the
 * structure as well, and took that first.
 */
#define STRIPES 32u

struct stripe_sh {
    shoal_word lock;
    uint8_t gap[60];
};
_Static_assert(sizeof(struct stripe_sh) == 64 && STRIPES_AT + STRIPES * sizeof(struct stripe_sh) == JOURNAL_AT,
               "docs/format.md, stripes");

/*
 * What the holder of the lock is about to do. `undo` keeps the old values of words that are changed in place, which
 * only lock holders read; `redo` the new values of words that readers follow. One store of `committed` decides between
 * the two. docs/recovery.md has the argument.
 */
#define UNDO_LIMIT 192u
#define REDO_LIMIT 32u

struct change_sh {
    uint64_t at; /* offset of a 32-bit word */
    uint32_t value;
    uint32_t zero;
};

struct journal_sh {
    shoal_word committed; /* 0: undo; 1: redo */
    shoal_word changes;   /* counts the changes begun; readers of many words compare it */
    uint32_t undo_count;
    uint32_t redo_count;
    uint8_t gap[48];
    struct change_sh undo[UNDO_LIMIT];
    struct change_sh redo[REDO_LIMIT];
};
_Static_assert(sizeof(struct change_sh) == 16, "docs/format.md, journal");
_Static_assert(JOURNAL_AT + sizeof(struct journal_sh) <= HEADER_BYTES, "docs/format.md, journal");

#define PEER_WAITS 3u

/* "A thread of this peer waits for that object." Information; a place is free while `object` is 0. */
struct wait_sh {
    shoal_word object;  /* ref of its entry; 1: being filled in */
    shoal_word thread;  /* kernel thread id; WAIT_FOREVER: without a deadline; WAIT_TASK: a task of an event loop */
    shoal_word changes; /* counts the waits that ended here, or ceased to be part of a cycle */
    uint32_t zero;
};
_Static_assert(sizeof(struct wait_sh) == 16, "docs/format.md, peer");

#define WAIT_ROWS 10u        /* blocks of further places that a peer may have */
#define WAIT_ROW_SHIFT 9     /* the first has 512 bytes, each further one is twice as large, */
#define LARGEST_ROW_SHIFT 15 /* largest 32 KiB */

/* Further places: a block that the peer owns. */
struct waits_sh {
    shoal_word next; /* ref of the next one, larger */
    uint32_t zero[3];
    struct wait_sh wait[];
};
_Static_assert(sizeof(struct waits_sh) == 16, "docs/format.md, peer");
#define WAIT_FOREVER 0x80000000u
#define WAIT_TASK 0x40000000u
#define WAIT_THREAD 0x3fffffffu

/* A process attached for writing. incarnation: written only by the holder of the slot's byte lock. */
struct peer_sh {
    shoal_word incarnation;
    shoal_word in_use; /* 1 from joining to leaving; still 1 when the byte lock is free: the peer died */
    uint32_t pins;     /* ref of the first pin_sh */
    uint32_t runs;     /* page + 1 of the first run that this peer owns privately, linked through page_sh */
    uint32_t pid;
    uint32_t uid;
    uint64_t since; /* ns since 1970 */
    char program[16];
    shoal_word waits_missed; /* waits without a place; information */
    shoal_word waits_more;   /* ref of the first waits_sh */
    /* hazard pointer: first page << 32 | number of pages of a large value that it copies; not punched meanwhile */
    _Atomic uint64_t reading;
    _Atomic uint64_t process; /* a number that no other process has; 0: a child that has not written it yet */
    uint64_t zero;
    struct wait_sh waits[PEER_WAITS];
};
_Static_assert(offsetof(struct peer_sh, waits_more) == 52 && offsetof(struct peer_sh, reading) == 56 &&
                   offsetof(struct peer_sh, waits) == 80,
               "docs/format.md, peer");
_Static_assert(sizeof(struct peer_sh) == 128, "docs/format.md, peer");

/* "Peer `slot` has this object open": a small block, in the peer's list. */
struct pin_sh {
    uint32_t next; /* refs */
    uint32_t prev; /* 0 in the first */
    uint32_t entry;
    uint32_t slot;
};
_Static_assert(sizeof(struct pin_sh) == 16, "docs/format.md, pin");

enum page_kind {
    PAGE_PART = 0,      /* a page of a run or span, not the first */
    PAGE_FREE = 1,      /* first page of a free run: pages, next and prev in its bin */
    PAGE_FREE_LAST = 2, /* last page of a free run of more than one: pages */
    PAGE_RUN = 3,       /* first page of a block of whole pages: pages */
    PAGE_SPAN = 4,      /* first page of pages cut into blocks of one class */
};

/*
 * One page of the heap. Of a run only the first and the last page are described; every page of a span says in `pages`
 * how far its first page is.
 */
struct page_sh {
    shoal_word kind;
    uint32_t pages;
    uint32_t next, prev; /* a bin, a class's partial spans, a peer's runs */
    uint32_t holes;      /* 1: not wholly backed by memory; commit before use */
    uint32_t block_class;
    uint32_t used;   /* span: allocated blocks. run: owner's slot + 1 while in a peer's list */
    shoal_word keep; /* 1: held small blocks once; stays backed for ever, for readers without pins */
    uint32_t map[8]; /* span: bit i: block i is allocated */
};
_Static_assert(sizeof(struct page_sh) == 64, "docs/format.md, page");

#define BUCKET_MOVED 1u /* in bucket_sh.head instead of a ref: the names are in the table that this one grows into */

struct bucket_sh {
    shoal_word head;    /* ref of entry_sh, or BUCKET_MOVED */
    shoal_word version; /* counts removals from this chain, and its move */
};

struct table_sh {
    uint32_t buckets; /* a power of two */
    uint32_t chain;   /* which entry_sh.next it uses */
    /* ref of the table that it grows into: twice the buckets, the other chain; 0: it is not growing */
    shoal_word grown;
    uint32_t moved; /* how many of its buckets, from the first, are moved there */
    struct bucket_sh bucket[];
};
_Static_assert(sizeof(struct table_sh) == 16, "docs/format.md, table");

#define ENTRY_REMOVED 0x100u /* in entry_sh.kind */

/*
 * A named object. The `version` of a Value says which of its two bodies is the value: one store of it replaces the
 * value. The other body is the spare, where the next value is written, or 0. A live object has only the first, and
 * version 0.
 */
struct entry_sh {
    shoal_word next[2];
    uint32_t hash;
    shoal_word kind;
    shoal_word body[2]; /* refs; body[version / 2 % 2] is the object's */
    shoal_word version; /* of a Value, a seqlock: even; odd while the spare may be written; docs/recovery.md */
    uint32_t pins;      /* peers that have it open */
    uint32_t serial;
    uint32_t limbo_next, limbo_prev; /* refs */
    uint32_t name_length;
    char name[]; /* NUL-terminated */
};
_Static_assert(offsetof(struct entry_sh, body) == 16 && offsetof(struct entry_sh, version) == 24,
               "docs/format.md, entry");
_Static_assert(offsetof(struct entry_sh, name) == 48, "docs/format.md, entry");

#endif
