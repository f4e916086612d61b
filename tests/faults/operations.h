/* The public operations that meet faults: what is there before, the call, and how to see afterwards what it did. */
#ifndef SHOAL_TESTS_OPERATIONS_H
#define SHOAL_TESTS_OPERATIONS_H

#include <sys/types.h>

#include "../kinds/kinds.h"

#define SEGMENT "subject" /* the name of the segment; its objects' are below */
#define BIG (300u << 10)

struct operation;

/* One participant, and another of the same process that it may meet. */
struct world {
    shoal_context *context, *other, *third, *crowd[63];
    shoal_segment *segment, *second, *reader; /* second: of the other context; reader: the same, readonly */
    shoal_object *object, *lock, *theirs;
    shoal_wait wait;
    unsigned char *bytes;
    void *list;
    int fd;
    pid_t child;
    const struct operation *operation;
    int (*child_result)(int status); /* keeps the sentence; returns the exit status */
};

enum operation_flags {
    BARE = 1,     /* no segment is made before */
    IN_CHILD = 2, /* the call forks, and what is tried is the child */
    CLOSES = 4,   /* gives something up: it cannot be called a second time */
    WAITS = 8,    /* may end with SHOAL_EINTR */
    ASKS = 16,    /* an answer, not an action: may be given wrong when the host does not tell */
    QUIET = 32,   /* the sentence cannot name anything: it was not asked for a name */
    MAKES = 64,   /* the object, then a handle on it: the first may succeed without the second */
    LEAVES = 128, /* cannot fail; what it could not do is for the next who comes */
    GROWS = 256,  /* the directory first, which keeps its new size whatever comes then */
    LISTS = 1024, /* leaves out what it can't look at */
    FORKS = 512,  /* with something open: the child may be born without the segment, and says why */
    FIRST = 2048, /* the first object of its attach, which keeps the tables that it made for it */
};

struct operation {
    const char *name;
    void (*prepare)(struct world *world);
    int (*act)(struct world *world);
    int (*state)(shoal_segment *segment); /* as another sees it: 0 as before, 1 as after; NULL: nothing changes */
    unsigned flags;
    const struct driver *driver; /* of those that are the same for each kind */
    const struct way *way;
};

extern struct operation operations[];
extern unsigned operation_count;

/* The segment with its objects, in `directory`, for one operation; exits with a sentence when it cannot. */
void world_begin(struct world *world, const char *directory, const struct operation *operation);
/* Everything that is still open is closed; the segment and its objects stay. */
void world_end(struct world *world);

/* NULL, or what is wrong: every value is one version, every array and counter is whole. */
const char *objects_wrong(shoal_segment *segment);

#endif
