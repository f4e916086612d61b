/*
 * The journal of the storm: a file outside of the segment, which no death touches. Everybody maps it, or writes single
 * records into it (worker.php): 32-bit words, little-endian, each written whole by one store or one system call. What a
 * worker is about to do it notes as begun, before; what was acknowledged it notes as done, after.
 *
 *   64 words of everybody's, then 64 words for each place in which one worker after the other lives. The first places are
 *   those of the killer's own children; the later ones are those of the children that masters fork, six for each master.
 */
#ifndef STORM_JOURNAL_H
#define STORM_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WORKERS = 24,     /* places of the killer's own children; the last is the judge's */
    MOST_MASTERS = 4, /* that fork workers, as prefork servers do */
    CHILDREN_OF_ONE =
        6, /* places of each master; three of them have somebody, so that others are free beside orphans */
    PLACES = WORKERS + MOST_MASTERS * CHILDREN_OF_ONE,
    KEYS = 6,
    ARRAYS = 2,
    SHARED_KEYS = 4, /* if the killer was told no other number */
    MIXED_NAMES = 6,
    RARE_LOCKS = 256,
    PERMITS = 2,
    JOURNAL_WORDS = 64 * (PLACES + 1)
};

/* Everybody's. */
enum {
    RELEASE = 0,
    /* when it changes, forked children that do nothing end */ WRITERS = 1,
    /* places that write */ STORING = 2 /* names that nearly all do nothing but store under; 0: as usual */
};

/* Of a place. BEGUN is followed by DONE. */
enum {
    OPERATIONS = 0,
    JUDGED,         /* how much was read and judged */
    OWN,            /* additions to its own counter: begun, done */
    OWN_DONE,       /* … */
    COUNT,          /* additions to everybody's counter */
    COUNT_DONE,     /* … */
    PAIR,           /* increments of two words under the lock */
    PAIR_DONE,      /* … */
    WRITE,          /* and under the rwlock */
    WRITE_DONE,     /* … */
    IN_LOCK,        /* 1 while it holds it: set after acquiring, taken away before releasing */
    IN_WRITE,       /* … */
    IN_READ,        /* … */
    IN_PERMIT,      /* … */
    CHILDREN,       /* that it forked: each adds at most one to COUNT, PAIR and WRITE */
    IDLED,          /* RELEASE when it last left a child that does nothing */
    EXECS,          /* … */
    HEAP,           /* MiB of private memory that it has touched */
    LONGEST,        /* µs that it waited for a lock */
    MIXED,          /* uses of names that are Values and live objects in turn */
    KEY = 20,       /* versions of its values: begun, done, for each key */
    ARRAY = 32,     /* versions of its arrays */
    UNSURE = 40,    /* COUNT, PAIR and WRITE that were in flight at a death here: each happened or not */
    STILLBORN = 44, /* children that were forked without the segment, as somebody who was stopped had its lock */
    FORKED,         /* by a master */
    KILLED,         /* of these, by it */
    QUIT,           /* of these, in good order */
};

extern volatile uint32_t *journal;

bool journal_map(const char *path);
volatile uint32_t *place_word(int place, int word);
int first_child_place(int master);
int some_writing_place(uint64_t random); /* in which somebody writes, or wrote, or may write */

/* ---- Values and arrays that show which version they are, and that they are whole ---- */

/*
 * Each key has versions 1, 2, …; the version decides everything: whether it is a removal, how large it is, its bytes.
 * 0 is a removal. A value is the MessagePack item [place, key, version, bytes].
 */
bool is_removal(uint32_t version);
uint32_t bytes_of(uint32_t version);  /* of a value */
uint32_t length_of(uint32_t version); /* of an array of uint32, each of them its version */

enum { MOST_BYTES = 2000000, VALUE_ROOM = MOST_BYTES + 64 };

struct stamp {
    uint32_t place, key, version;
};

size_t value_write(unsigned char *out, struct stamp stamp);
/* false: it is not one value, whole. */
bool value_read(struct stamp *stamp, const unsigned char *bytes, size_t size);
/* What was read between the versions done before and begun after it: one of them. `found` 0: there was nothing. */
bool is_current(bool found, uint32_t version, uint32_t done_before, uint32_t begun_after);

#endif
