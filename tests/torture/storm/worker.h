/* A worker of the storm: what it does until it is killed. */
#ifndef STORM_WORKER_H
#define STORM_WORKER_H

#include <sys/types.h>

#include "journal.h"
#include "shoal.h"

enum { KEPT = 4 };

struct worker {
    int place;
    pid_t master; /* who forked it; 0: the killer started it */
    shoal_context *context;
    shoal_segment *segment;
    shoal_object *own, *count, *lock, *rwlock, *permits, *pair_array, *written_array;
    volatile int64_t *pair, *written; /* two words under the lock; two words under the rwlock */
    const char *segment_name, *journal_path;
    unsigned char *buffer;
    shoal_object *kept[KEPT]; /* of names that are other things by now */
    char **command;           /* to exec itself; NULL: it was not exec'ed */
};

/* What a worker is started with: [program] SEGMENT JOURNAL PLACE SEED MODE HEAP */
enum { MODE_WRITER = 0, MODE_READER = 1, MODE_MASTER = 2 };
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

/* mixed.c: names that are Values and live objects of every kind in turn */
void use_mixed_name(struct worker *it);
void look_at_mixed_name(struct worker *it); /* readonly */
void close_kept(struct worker *it);

/* settle.c: nobody lives in that place */
void settle_place(struct worker *it, struct worker *reader, int place);

/* masters.c */
_Noreturn void be_master(struct worker *it, struct worker *reader);
bool is_stillborn(const struct worker *it); /* forked while somebody stopped had the structure's lock */

/* lives.c */
_Noreturn void live(const struct start *start, char **command);
void leave_child(struct worker *it);            /* fork one that lives on when its parent is killed */
void leave_child_that_holds(struct worker *it); /* the same, while the parent holds the lock */
void start_timer(void);
void sleep_ms(long ms);
void become_another(struct worker *it); /* exec */

#endif
