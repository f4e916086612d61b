/*
 * One case: a process that makes a segment, meets its fault in one operation and stops, while this process looks; that
 * calls again without the fault, closes everything and ends, and this process looks again.
 */
#ifndef SHOAL_TESTS_HARNESS_H
#define SHOAL_TESTS_HARNESS_H

#include "interpose.h"
#include "operations.h"

struct outcome {
    int status, again;
    char message[1024];
    bool child_told;   /* that sentence */
    char problem[256]; /* what the process tried found wrong about itself */
};

struct sight {
    int there; /* 1: the segment was found, and can be written */
    int state;
    uint64_t used;
    char names[512], wrong[512];
};

/* What the operation does without faults. */
struct reference {
    int status;
    uint32_t calls;
    uint8_t trace[FAULT_TRACE];
    struct sight after, end;
};

/* What is wrong with the host while the operation runs. */
struct trouble {
    void (*begin)(struct world *world, const struct operation *operation);
    void (*end)(struct world *world, const struct operation *operation); /* NULL: it stays, so there is no next try */
    void (*after)(void);                                                 /* or NULL: when everything is closed */
    bool full; /* it goes on while others look, who cannot write meanwhile */
};

extern struct outcome *shared;
extern char directory[300]; /* of the segments */
extern long cases, violations, failed_calls;
extern const struct operation *now;              /* what is tried, for the message of a hang */
extern void (*describe)(char *out, size_t size); /* the case that is tried: how to have it again */

void harness_begin(const char *own_directory); /* NULL: in $SHOAL_DIR */
void harness_end(void);                        /* nothing is left behind */
void violation(const char *what);              /* after allowed_violations it ends the program */
extern int allowed_violations;
double seconds(void);
const struct operation *find_operation(const char *name);

/* Without faults; `counted` (or NULL) counts the calls. */
void take_reference(struct reference *reference, const struct operation *operation, const struct trouble *counted);
/* Run the case and judge what is seen, by the faults in `faults`. */
void try_case(const struct reference *reference, const struct operation *operation, const struct trouble *trouble);

/* judge.c: NULL, or what is wrong with how the call ended, or with what another sees. */
const char *judge_call(const struct operation *operation, const struct reference *reference);
void judge_sight(const struct sight *sight, const struct sight *expected, bool at_the_end);
const char *name_of_error(int error);

#endif
