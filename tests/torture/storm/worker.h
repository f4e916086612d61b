/* A worker of the storm: what it does until it is killed. */
#ifndef STORM_WORKER_H
#define STORM_WORKER_H

#include "journal.h"
#include "shoal.h"

struct worker {
    int place;
    shoal_context *context;
    shoal_segment *segment;
    shoal_object *own, *count, *lock, *rwlock, *permits, *pair_array, *written_array;
    volatile int64_t *pair, *written; /* two words under the lock; two words under the rwlock */
    const char *segment_name;
    unsigned char *buffer;
    char **command; /* to exec itself; NULL: it was not exec'ed */
};

/* What a worker is started with: [program] SEGMENT JOURNAL PLACE SEED MODE HEAP */
enum { MODE_WRITER = 0, MODE_READER = 1 };
struct start {
    const char *segment, *journal;
    int place;
    uint64_t seed;
    int mode;
    uint32_t heap; /* MiB of private memory to touch first */
};

uint64_t random_number(void);
void random_seed(uint64_t seed);
/* Print what is wrong, and end with status 3: the killer sees a worker that ended by itself. */
extern void (*on_violation)(const char *what, int64_t a, int64_t b); /* the killer ends everybody instead */
_Noreturn void violation(const char *what, int64_t a, int64_t b);
void must(int status, const char *what);

/* operations.c */
void open_everything(struct worker *it, bool readonly);
void close_everything(struct worker *it);
void operate(struct worker *it);
void look(struct worker *it); /* what a readonly reader does */
void judge_value(struct worker *it, int place, int key);
bool judge_array(struct worker *it, int place, int number);
void add_to_count(struct worker *it, bool note);
void update_pair(struct worker *it, bool note);

/* lives.c */
_Noreturn void live(const struct start *start, char **command);
void leave_child(struct worker *it);            /* fork one that lives on when its parent is killed */
void leave_child_that_holds(struct worker *it); /* the same, while the parent holds the lock */
void become_another(struct worker *it);         /* exec */

#endif
