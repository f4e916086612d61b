/*
 * Every crash point of every operation. chance.c and report.c: the seed, and what is said; trace.c and libc.c: the victim is
 * watched; functions.c: which functions it enters; images.c: the segment as it was after each instruction; read.c,
 * disturb.c and judge.c: what is done in each; victims.c: victims and recoveries, one after the other; values.c, live.c,
 * locks.c, queues.c, jobs.c, streams.c, channels.c, keys.c, maps.c, segments.c: the operations.
 */
#ifndef SHOAL_TORTURE_STEP_H
#define SHOAL_TORTURE_STEP_H

#include "../scenes/scenes.h"

#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "functions.h"

/* ---- chance.c ---- */

extern uint64_t randomness, drawn; /* `drawn` sums up what came since it was set */

uint64_t mix(uint64_t x);
uint32_t below(size_t n);

/* ---- report.c ---- */

extern struct figures {
    uint64_t victims, steps, images, distinct, pairs, again;
    int violations;
} figures;

extern struct now {
    const char *operation;
    char chain[200]; /* the recoveries that were stepped one after the other */
    unsigned long long seed;
    int round, image;
    uint64_t step, at;
} now;

extern char disturbance[200]; /* what was done to this image before its recovery */
extern bool judging;

void limit_time(int seconds); /* 0: no limit */
void clean_up(void);
void begin_report(void); /* violations of signals, too */
pid_t split(pid_t pid);

/* ---- The operations ---- */

struct operation {
    const char *name;
    deed *prepare; /* by somebody who leaves in good order. NULL: an empty segment */
    deed *before;  /* by the victim, not stepped */
    deed *act;     /* stepped */
    deed *state;   /* 0: as before; 1: done; -1: neither */
    uint32_t flags;
};
enum operation_flags {
    VICTIM_IS_VALUE = 1 << 0,
    HAS_LOCKS = 1 << 1, /* one of each kind is there */
    DETACHED = 1 << 2,  /* the victim does not attach before */
    NO_TARGET = 1 << 3, /* there is no segment before the victim's */
    MAY_END = 1 << 4,   /* the segment's time may be over in an image */
    STAYS = 1 << 5,     /* the state is 0 for good */
    OLD_SPAN = 1 << 6,
    OLD_RUN = 1 << 7,
    OLD_BIG = 1 << 8,
    NEW_SPAN = 1 << 9,
    NEW_RUN = 1 << 10,
    NEW_BIG = 1 << 11,
    LIKE_OLD = 1 << 12, /* the new one fits where the old one was */
    BIG_SEGMENT = 1 << 13,
    LARGER_SEGMENT = 1 << 14, /* that has room for warm runs */
};

/* Each file's own, in this order. */
extern const struct operations {
    const struct operation *all;
    int count;
} value_operations, live_operations, lock_operations, queue_operations, job_operations, stream_operations,
    channel_operations, key_operations, map_operations, segment_operations;
extern struct operations each_operations;
bool is_operation(const char *name); /* of the list, as it is by now */
void each_begin(void);
void each_choose(const struct operation *operation); /* its driver and way, if it is one of these */

extern size_t target_size;
extern pid_t *living; /* shared: who lives while the victim is stepped; it is dead in every image */

/* values.c: sizes and numbers differ from round to round */
void choose_sizes(uint32_t flags);
extern size_t another_size; /* of what somebody else stores over it */
void put_others_and_gaps(void);
deed state_any, state_new;

/* live.c */
deed act_add, state_counter, state_there, state_gone;

/* locks.c */
void living_does(deed *act); /* somebody does it, and lives until the victim is gone */
void end_living(void);
void dying(deed *first, deed *act);
deed prepare_all, others_go_on;

/* segments.c */
void target_options(shoal_options *options);
deed die_with_counter;

/* ---- trace.c, libc.c ---- */

enum { PAGE = 4096, MOST_PAGES = 1024, LOG_BYTES = 1 << 28, MAPPINGS = 16, MOST_OPEN = 512, SAME = 40 };

enum event_kind { EVENT_STORE, EVENT_FILE, EVENT_NAMED, EVENT_UNLINKED };

/* One change: then `deltas` times a delta with its bytes, each rounded up to 8. */
struct event {
    uint32_t kind, deltas;
    uint64_t step, at;              /* `at`: the instruction that comes next, or is being repeated */
    uint8_t backed[MOST_PAGES / 8]; /* of EVENT_FILE: which pages have memory */
};
struct delta {
    uint32_t offset, length;
};

/* Shared by the victim and who judges. */
struct trace {
    uint64_t steps;
    uint32_t events;
    bool ready, named, ended, overflow;
    size_t used; /* of the log */
    size_t size; /* of the segment */
    uint8_t backed[MOST_PAGES / 8];
    unsigned char start[MOST_PAGES * PAGE];
    uint32_t entered[FUNCTIONS]; /* how often each public function was entered under the trap flag */
    unsigned char log[LOG_BYTES];
};
extern struct trace *trace;

struct tracer {
    bool on, paused, ending;
    bool every_instruction; /* else only those that store: the images are the same */
    unsigned char *seen;    /* the segment as last written down */
    int fd;                 /* of it: read only */
    ino_t inode;
    struct mapping {
        unsigned char *base;
        size_t length;
    } mappings[MAPPINGS];
    unsigned char *open[MOST_OPEN]; /* pages opened for the instruction that runs */
    int opened;
    uintptr_t at; /* where it is */
    uint32_t same;
};
extern struct tracer tracer;

void trace_prepare(void);
void trace_begin(int fd); /* from here each instruction is stepped. `fd` < 0: there is no segment yet */
void trace_end(void);
void look_at_holes(int fd,
                   uint8_t *backed); /* which pages have memory: a hole reads as zeroes, but storing there may fail */
void watch_mapping(void *base, size_t length);
void forget_mapping(const void *base);
void note_file(uint32_t kind); /* a system call has changed the file */
double seconds(void);          /* that really pass */

/* ---- images.c ---- */

/* A segment as it was after some instruction. */
struct picture {
    size_t size;
    bool named; /* its name is there: who comes later finds it */
    uint8_t backed[MOST_PAGES / 8];
    uint64_t sums[MOST_PAGES]; /* of each page, without what names a process */
    uint64_t sum;
    unsigned char *bytes;
};

/* The file "image", and its pages as we see them. */
extern struct image {
    int fd;
    size_t size;
    unsigned char *bytes;
} image;

/* A set of sums that grows. */
struct set {
    uint64_t *sums;
    size_t capacity, count;
};

bool set_add(struct set *set, uint64_t sum);
void picture_start(struct picture *picture);
size_t picture_apply(struct picture *picture, size_t at); /* the event at `at`: where the next one is */
void path_of(char path[128], const char *name);
void image_restore(const struct picture *picture); /* into the file: pages with memory, and pages without */
int write_file(const char *name, const struct picture *picture); /* the same once: what is to be stepped next */
bool read_file(struct picture *picture, const char *name);

/* ---- read.c, disturb.c, judge.c ---- */

/* What the operation has done to the image, as far as it is known before: 0 not yet, 1 it has, UNKNOWN. */
enum { UNKNOWN = -3, GONE = -2 };

extern int witness_slot; /* of somebody who lives while the victim is stepped, and in its images; -1: nobody */
extern int overwritten;  /* 1: the victim's value is ANOTHER now, 2: it was removed */

void begin_reading(void); /* what the drivers call is told to us */
int judge_reader(const struct operation *operation);
void disturb_put(void);
void disturb_counter(void);
uint64_t disturb(const struct operation *operation); /* one to three things: a number that says which */
void check(const char *when);
bool recover(const struct operation *operation);
void witness_attach(struct picture *picture);
void witness_leave(void);
int judge(const struct operation *operation,
          const struct picture *picture); /* the state in this image; GONE, UNKNOWN */

/* ---- victims.c ---- */

extern struct picture picture;
extern uint32_t every, every_again; /* of so many images one is judged; every_again 0: as `every` */
extern bool literal, first_round;

void witness_lives(int fd); /* its byte is held in the target, as long as this descriptor is open */
void step_operation(const struct operation *operation, int exact, int again, int depth);

#endif
