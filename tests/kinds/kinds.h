/*
 * One driver a kind: what tests do with an object whatever it is. A test program links all of tests/kinds and goes through
 * the list; what only one kind has is tried in a scene of its own. A kind without a driver does not link.
 *
 * Functions that return a sentence return NULL when all is well; it is valid until the next one of this thread.
 */
#ifndef SHOAL_TESTS_KINDS_H
#define SHOAL_TESTS_KINDS_H

#include "shoal.h"

/* ---- The program that drives ---- */

/* What it wants to happen around the drivers' calls, and to choose for them. Set before anything is driven; each may be NULL. */
struct kinds_program {
    void (*begin)(const char *function);                /* before a call that looks or refuses, then one of these: */
    void (*end)(const char *function, int status);      /* it returned a status; */
    void (*seen)(const char *function, uint64_t value); /* it returned something else, or memory was read */
    void (*value)(const unsigned char *bytes, size_t size); /* a Value was read, whole */
    uint32_t (*below)(uint32_t limit);                      /* its random numbers; NULL: always 0 */
    shoal_time (*deadline)(void);                           /* of waits that may be in vain; NULL: SHOAL_NO_WAIT */
    void (*dwell)(void);                                    /* while something is held */
};
extern struct kinds_program kinds_program;

/* ---- A driver ---- */

/* One object. A Value has a name, and nothing to open. */
struct subject {
    shoal_segment *segment;
    const char *name;
    size_t length;
    shoal_object *object;
};

/*
 * A way to wait: one peer blocks (NULL: there is nothing to be done for it), another waits, and the first frees it. `give` is
 * what the one who waited does then (NULL: nothing). When who blocks dies, the waiter is told `death`; SHOAL_PENDING: nothing.
 */
struct piece;
struct way {
    const char *name;
    int operation;
    int death;
    bool readonly; /* a readonly attach may wait so, too */
    bool glances;  /* SHOAL_GLANCE may be its deadline */
    int (*block)(shoal_object *object);
    int (*wait)(shoal_object *object, shoal_time deadline);
    int (*free)(shoal_object *object);
    int (*give)(shoal_object *object);
    /* For piece_begin and piece_end, where there is more to it than shoal_wait_begin. */
    int64_t (*argument)(shoal_object *object);
    int (*begin)(struct piece *piece, shoal_object *object, uint32_t flags);
    int (*end)(struct piece *piece, shoal_time deadline);
};

/* What three peers of one process did to an object, and what it answers therefore. */
enum { MODEL_PEERS = 3, MODEL_NOBODY = MODEL_PEERS, MODEL_BYTES = 96 };
struct model {
    int64_t count;
    unsigned char bytes[MODEL_BYTES];
    unsigned owner, reads[MODEL_PEERS], permits[MODEL_PEERS];
    bool owner_died, set;
};

#define EACH_WAY(it, driver) for (const struct way *it = (driver)->ways; it && it->name; it++)

struct driver {
    const char *name; /* "lock", and "signal" for the second sort of Semaphore */
    int kind;
    const struct driver *sort; /* another sort of the kind, with a driver of its own; NULL: there is none */
    bool (*is_other_sort)(const shoal_object *object);
    const uint32_t *sizes; /* for make, up to 0; NULL: as usual */

    /*
     * Make the object of that name, or open it. size: elements, permits, parties; 0: as usual. What needs another object
     * (a Condition its Lock) makes it, too, or takes that of the name "lock". Of a Value `object` stays NULL.
     */
    int (*make)(struct subject *subject, uint32_t size);
    /* Open it by the call of its kind, asking for the parameters that it says it has. */
    int (*again)(shoal_object **out, const struct subject *subject);
    /* Give it a state (NULL: it has none to be told), and later, also in a copy, tell whether it has that and is free. */
    int (*fill)(const struct subject *subject, uint32_t seed);
    const char *(*filled)(const struct subject *subject, uint32_t seed);

    /* Every call that reads it. What they return the program judges; the sentence is what must not be, though it were damaged. */
    const char *(*look)(const struct subject *subject);
    /* Every call that would change it, through a readonly attach: none may succeed. */
    const char *(*refuse)(const struct subject *subject);
    /* One ordinary operation among others who do the same. Readonly: one that may be had there. */
    const char *(*use)(const struct subject *subject);
    /* Of one made with size 0 (an array: any), used by `use` only: true at any time, whoever uses it. */
    const char *(*intact)(const struct subject *subject);
    /* Nobody uses it any more, whoever died using it: all of it can be had, and no more than there is. */
    const char *(*sound)(shoal_object *object);

    /* Have it for oneself (a Semaphore: one permit), and give it back; does this process have it? NULL: it cannot be held. */
    int (*hold)(shoal_object *object, shoal_time deadline);
    int (*let_go)(shoal_object *object);
    bool (*held)(const shoal_object *object);
    int death;              /* what the next holder is told when one died */
    const char *why_kept;   /* what a removal says of who holds it, */
    const char *why_waited; /* and of who waits for it; NULL: the name may go */
    const struct way *ways; /* to wait for it, up to one without a name; NULL: there is none */
    bool is_lock;           /* shoal_segment_each_lock names it, and it has holders */

    /* One operation of peer `peer`, chosen by take(sides), 0 to sides - 1: what it does not answer as `model` says. */
    const char *(*obey)(shoal_object *object, struct model *model, unsigned peer, unsigned (*take)(unsigned sides));
};

/* All of them, the sorts too, in the order of the kinds. */
#define EACH_DRIVER(it) for (const struct driver *it = driver_after(NULL); it; it = driver_after(it))
const struct driver *driver_after(const struct driver *driver);
const struct driver *driver_of(int kind); /* NULL: there is no such kind */
const struct driver *driver_named(const char *name);
/* Of an open object: the driver of its sort. */
const struct driver *driver_for(const shoal_object *object);

/* ---- Driving ---- */

struct subject subject_of(shoal_segment *segment, const char *name);
/* An open object of that segment. */
struct subject subject_open(shoal_segment *segment, shoal_object *object);

/* Open what is there: of a Value nothing, else as `make` with that size. */
int kinds_open(const struct driver *driver, struct subject *subject, uint32_t size);
/* Any of them, by chance. */
const struct driver *kinds_any(void);
/* A size for make, by chance: of arrays one of a few, else 0. */
uint32_t kinds_any_size(const struct driver *driver);
/* One of each sort, named as its driver with `prefix` before; made, and closed. The first status below zero. */
int kinds_make_all(shoal_segment *segment, const char *prefix);
/* Are they all there, and of their kinds? */
const char *kinds_all_there(shoal_segment *segment, const char *prefix);
/* Look at what is open, whatever it is, at its name, holders, waiters; NULL, or that it is of no kind. */
const char *kinds_look(const struct subject *subject);
const char *kinds_refuse(const struct subject *subject);
/* Use it, and see that it is intact. */
const char *kinds_use(const struct subject *subject);

/* Read every byte, as a call that is seen. */
void kinds_touch(const void *bytes, size_t size);

/* A wait in pieces, in one of the ways. A Condition's Lock is taken before, and given back after. */
struct piece {
    const struct way *way;
    shoal_object *lock;
    bool notified; /* a Condition, after piece_end */
    shoal_wait wait;
};
int piece_begin(struct piece *piece, const struct way *way, shoal_object *object, uint32_t flags);
/* After the wait ended: the whole of it is over, and what it got is kept. The status of taking the lock back. */
int piece_end(struct piece *piece, shoal_time deadline);
void piece_cancel(struct piece *piece);

#endif
