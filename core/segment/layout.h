/*
 * Every struct that lies in a segment and does not belong to one kind of object. docs/format.md describes them; static
 * asserts compare offsets and sizes with it. Offsets count bytes from the start of the file. A `ref` counts granules (1
 * << granule_shift bytes) from there; 0 means none. Page numbers count from the heap's first page; links between pages
 * hold number + 1, and 0 means none.
 *
 * A shoal_word may change while readers without a lock read it. A plain field is changed only under the segment's lock
 * (but for `pid`, which a forked child stores itself). A reader without the lock reaches a plain field through a
 * shoal_word that was stored after the field was written.
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
#define SMALLEST_BLOCK 32u   /* with the smallest granule; with larger granules every class is larger in proportion */
#define LARGEST_BLOCK 32768u /* larger blocks are runs of pages */
#define BIG_RUN ((uint64_t)256 << 10) /* runs of so many bytes or more are backed and punched without the lock */

/* The constants of the segment, the lock of its structure, and words that the lock guards. */
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
    uint32_t sum; /* hash of the 108 bytes before this field: shows whether the constants are unchanged */
    uint8_t gap0[16];

    /* Words that writers change all the time, in one cache line. */
    shoal_word lock;
    shoal_word recoveries;  /* statistics */
    shoal_word slot_cursor; /* hint: where the next search for a free slot starts */
    shoal_word objects;     /* names in the directory */
    uint32_t serial;        /* of the last object created */
    uint32_t limbo;         /* ref of the first entry that was removed while open, and is not freed yet */
    uint32_t removed;       /* number of entries in that list */
    uint32_t used;          /* granules in allocated blocks and runs */
    shoal_word peace;       /* 1: clean shutdown, if the file is still the same: segment/opening.h */
    uint32_t peace_blocks;  /* memory of the file at that shutdown, in units of 4 KiB */
    uint64_t peace_place;   /* shoal__file_place at that shutdown */
    uint32_t warm;          /* page + 1 of the first warm run, which nobody owns and is backed: segment/warm.h */
    uint32_t warm_pages;    /* number of pages of all warm runs */
    uint8_t gap1[8];

    /* Words that every reader needs and that hardly ever change, in another cache line. */
    shoal_word table;           /* ref of table_sh; 0 before the first object */
    shoal_word pages_committed; /* this many page_sh, from the first, are backed by memory; never decreases */
    shoal_word slots_committed; /* this many peer_sh, from the first, are backed by memory; never decreases */
    shoal_word retired;         /* 1: the lifetime "shared" has ended; the name is unlinked, or is about to be */
    uint32_t grower;            /* tag of the peer that makes the memory of the next, larger table; 0: none */
    shoal_word growth;          /* incremented when the table begins and when it ends to grow: odd while it grows */
    uint8_t gap2[40];

    uint32_t bin_map[BIN_COUNT / 32]; /* bit b: bins[b] is not empty */
    uint32_t bins[BIN_COUNT];         /* free runs by length */
    uint32_t partial[CLASS_COUNT];    /* lists of spans with a free block, by class */
};
_Static_assert(offsetof(struct header_sh, sum) == 108, "docs/format.md, header");
_Static_assert(offsetof(struct header_sh, lock) == 128, "docs/format.md, header");
_Static_assert(offsetof(struct header_sh, peace) == 160 && offsetof(struct header_sh, peace_place) == 168,
               "docs/format.md, header");
_Static_assert(offsetof(struct header_sh, warm) == 176, "docs/format.md, header");
_Static_assert(offsetof(struct header_sh, table) == 192, "docs/format.md, header");
_Static_assert(offsetof(struct header_sh, grower) == 208, "docs/format.md, header");
_Static_assert(offsetof(struct header_sh, bin_map) == 256, "docs/format.md, header");
_Static_assert(sizeof(struct header_sh) <= STRIPES_AT, "docs/format.md, header");

/*
 * The locks of writers of Values: the hash of a name chooses its stripe. A process that writes a Value's spare, or
 * changes the `body` or `version` of its entry, holds the stripe's lock; for a structural change of a Value it holds
 * the lock of the structure as well, which it took first.
 */
#define STRIPES 32u

struct stripe_sh {
    shoal_word lock;
    uint8_t gap[60];
};
_Static_assert(sizeof(struct stripe_sh) == 64 && STRIPES_AT + STRIPES * sizeof(struct stripe_sh) == JOURNAL_AT,
               "docs/format.md, stripes");

/*
 * The change that the lock's holder is making. `undo` has the old values of words that are changed in place, which only
 * lock holders read; `redo` has the new values of words that readers follow. After a death `committed` decides which of
 * the two is applied: docs/recovery.md, "The journal".
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
    shoal_word changes;   /* counts the changes begun; a reader of many words compares the count before and after */
    uint32_t undo_count;
    uint32_t redo_count;
    uint8_t gap[48];
    struct change_sh undo[UNDO_LIMIT];
    struct change_sh redo[REDO_LIMIT];
};
_Static_assert(sizeof(struct change_sh) == 16, "docs/format.md, journal");
_Static_assert(JOURNAL_AT + sizeof(struct journal_sh) <= HEADER_BYTES, "docs/format.md, journal");

#define PEER_WAITS 3u

/* A note: a thread of this peer waits for that object. No lock depends on it. The place is free while `object` is 0. */
struct wait_sh {
    shoal_word object;  /* ref of its entry; 1: being filled in */
    shoal_word thread;  /* kernel thread id; WAIT_FOREVER: may be part of a deadlock; WAIT_TASK: an event loop's task */
    shoal_word changes; /* counts the waits noted here that ended, or whose WAIT_FOREVER was changed */
    shoal_word claim;   /* of a kind with KIND_KEYED: ref of the waiter's block; 0: not known */
};
_Static_assert(sizeof(struct wait_sh) == 16, "docs/format.md, peer");

#define WAIT_ROWS 10u        /* blocks of further places that a peer may have */
#define WAIT_ROW_SHIFT 9     /* the first block has 512 bytes, each further one twice as many as the one before, */
#define LARGEST_ROW_SHIFT 15 /* but at most 32 KiB */

/* Places that did not fit the record: a block that the peer owns. */
struct waits_sh {
    shoal_word next; /* ref of the next block; 0: none */
    uint32_t zero[3];
    struct wait_sh wait[];
};
_Static_assert(sizeof(struct waits_sh) == 16, "docs/format.md, peer");
#define WAIT_FOREVER 0x80000000u
#define WAIT_TASK 0x40000000u
#define WAIT_THREAD 0x3fffffffu

/* A process attached for writing. `incarnation` is written only by the holder of the slot's byte lock. */
struct peer_sh {
    shoal_word incarnation;
    shoal_word in_use; /* 1 from joining to leaving; if it is 1 and the byte lock is free, the peer died */
    uint32_t pins;     /* ref of the first pin_sh */
    uint32_t runs;     /* page + 1 of the first run that this peer owns privately, linked through page_sh */
    uint32_t pid;
    uint32_t uid;
    uint64_t since; /* ns since 1970 */
    char program[16];
    shoal_word waits_missed; /* number of waits that found no place to be noted in */
    shoal_word waits_more;   /* ref of the first waits_sh */
    /* hazard pointer: first page << 32 | number of pages of a large value that the peer copies: nobody punches these */
    _Atomic uint64_t reading;
    _Atomic uint64_t process; /* a number that no other process has; 0: of a forked child that has not stored it yet */
    uint64_t zero;
    struct wait_sh waits[PEER_WAITS];
};
_Static_assert(offsetof(struct peer_sh, waits_more) == 52 && offsetof(struct peer_sh, reading) == 56 &&
                   offsetof(struct peer_sh, waits) == 80,
               "docs/format.md, peer");
_Static_assert(sizeof(struct peer_sh) == 128, "docs/format.md, peer");

/* A note that peer `slot` has the object open: a small block in the peer's list. */
struct pin_sh {
    uint32_t next; /* refs */
    uint32_t prev; /* 0 in the first pin of the list */
    uint32_t entry;
    uint32_t slot;
};
_Static_assert(sizeof(struct pin_sh) == 16, "docs/format.md, pin");

enum page_kind {
    PAGE_PART = 0,      /* a page of a run or span, not the first */
    PAGE_FREE = 1,      /* first page of a free run: `pages`, and `next` and `prev` in its bin */
    PAGE_FREE_LAST = 2, /* last page of a free run of more than one page: `pages` */
    PAGE_RUN = 3,       /* first page of a block of whole pages: `pages` */
    PAGE_SPAN = 4,      /* first page of a span: pages cut into blocks of one class */
};

/*
 * The descriptor of one page of the heap. Of a run only those of the first and the last page are kept up to date. In
 * those of a span's further pages `pages` is the distance from its first page.
 */
struct page_sh {
    shoal_word kind;
    uint32_t pages;
    uint32_t next, prev; /* links of a bin, of a class's partial spans, or of a peer's or an object's runs */
    uint32_t holes;      /* 1: not wholly backed by memory: back it before use */
    uint32_t block_class;
    uint32_t used;   /* span: allocated blocks. run: RUN_WARM, RUN_PART, or in a peer's list that peer's slot + 1 */
    shoal_word keep; /* 1: never punched again: the page had blocks that readers access without a pin */
    uint32_t map[8]; /* span: bit i: block i is allocated. RUN_WARM: [0] since when, seconds since 1970 */
};
#define RUN_WARM 0x40000000u /* in page_sh.used: in the list header_sh.warm */
#define RUN_PART 0x80000000u /* in page_sh.used: in the list parts_sh.runs of an object */
_Static_assert(sizeof(struct page_sh) == 64, "docs/format.md, page");

#define BUCKET_MOVED 1u /* in bucket_sh.head instead of a ref: its names are in the table that this one grows into */

struct bucket_sh {
    shoal_word head;    /* ref of entry_sh, or BUCKET_MOVED */
    shoal_word version; /* counts removals from this chain, and its move */
};

struct table_sh {
    uint32_t buckets; /* a power of two */
    uint32_t chain;   /* which of the two entry_sh.next links its chains */
    /* ref of the table that this one grows into, with twice the buckets and the other `chain`; 0: it is not growing */
    shoal_word grown;
    uint32_t moved; /* how many buckets of this table, from the first, were moved there */
    struct bucket_sh bucket[];
};
_Static_assert(sizeof(struct table_sh) == 16, "docs/format.md, table");

#define ENTRY_REMOVED 0x100u /* in entry_sh.kind */

/*
 * A named object. The `version` of a Value says which of its two bodies is the value: one store of `version` replaces
 * the value. The other body is the spare, where the next value is written, or 0. An object of another kind has only
 * body[0], and `version` 0.
 */
struct entry_sh {
    shoal_word next[2];
    uint32_t hash;
    shoal_word kind;
    shoal_word body[2]; /* refs; body[version / 2 % 2] is the current one */
    shoal_word version; /* of a Value: a seqlock, odd while its spare may be written: docs/recovery.md, "Stripes" */
    uint32_t pins;      /* number of peers that have the object open */
    uint32_t serial;
    uint32_t limbo_next, limbo_prev; /* refs */
    uint32_t name_length;
    char name[]; /* NUL-terminated */
};
_Static_assert(offsetof(struct entry_sh, body) == 16 && offsetof(struct entry_sh, version) == 24,
               "docs/format.md, entry");
_Static_assert(offsetof(struct entry_sh, name) == 48, "docs/format.md, entry");

/* The first word of a block in such a list is the ref of the next. */
struct list_sh {
    uint32_t first, last; /* refs; 0: the list is empty */
    uint32_t count;
    uint32_t zero;
};
_Static_assert(sizeof(struct list_sh) == 16, "docs/format.md, parts");

/* The body of a kind with KIND_PARTS begins so: what the object owns beside its body. segment/parts.h */
struct parts_sh {
    uint32_t runs;      /* page + 1 of the first run, linked through page_sh */
    uint16_t lists, at; /* constant: so many list_sh, from this byte of the body on, a multiple of 8 */
};
_Static_assert(sizeof(struct parts_sh) == 8, "docs/format.md, parts");

#endif
