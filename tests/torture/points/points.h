/*
 * Deaths and pauses at named places: board.c is what the processes of one case share, and the hooks in the core; kept.c who
 * has what; case.c one case from its begin to its end; judge.c the third and who judges; main.c which cases; values.c,
 * stripes.c, objects.c, jobs.c, locks.c, meetings.c, queues.c, streams.c, channels.c, keys.c, segments.c, forks.c, files.c and readers.c the scenes.
 */
#ifndef SHOAL_TORTURE_POINTS_H
#define SHOAL_TORTURE_POINTS_H

#include "../scenes/scenes.h"

#include <stdarg.h>
#include <unistd.h>

#include "platform/futex.h"
#include "platform/point.h"
#include "segment/handle.h"
#include "segment/layout.h"
#include "segment/lock.h"
#include "segment/segment.h"

enum { MOST_POINTS = 512, MOST_WORKERS = 16, MOST_KEPT = 12 };
enum role { VICTIM, PARTNER, SECOND, THIRD, ROLES, NOBODY };

#define BOUND 10.0 /* seconds until somebody who may get on has; a slice has 0.1, the machine may be busy */
#define LONG shoal_deadline(60)

/* ---- The board: what the processes of one case share ---- */

enum state { STARTING = 1, READY = 2, RUNNING = 4, ASLEEP = 8, PARKED = 16, DYING = 32, DONE = 64, GONE = 128 };

struct seat {
    _Atomic uint32_t state, told; /* told: go, then leave */
    _Atomic uint32_t sleeps;      /* since it was told to go */
    _Atomic uint32_t hits[MOST_POINTS];
    _Atomic int acknowledged, at, died, armed;
    int stop_at, stop_hit;
    bool park;
    pid_t pid;
    char wrong[300];
};

extern struct board {
    _Atomic uint32_t bell;
    struct seat seat[ROLES];
    _Atomic int holds[MOST_KEPT]
                     [ROLES + 1]; /* from when the call that took it returned; the last: of who died before */
    _Atomic int read_done, somebody_died, stood_locked;
    _Atomic int ended;           /* counts the cases whose processes have ended: children of the dead go then */
    _Atomic uint64_t damaged_at; /* the word of the file that is wrong on purpose; 0: none is */
} *board;

extern struct totals {
    _Atomic long cases, deaths, parks, second_deaths, second_parks, slept, violations, missed;
    _Atomic long reached[MOST_POINTS], died_at[MOST_POINTS], parked_at[MOST_POINTS];
    _Atomic long next_unit;
    _Atomic uint32_t slowest; /* us from the death, or from the go of who was parked, until all had got on */
} *totals;

extern enum role me;
extern pid_t my_pid; /* a child that was forked in the victim's call has another: its death is not the victim's */
extern bool quiet;   /* the victim whose child comes to the points, in its seat */

int point_count(void);
const char *point_name(int point);
int point_called(const char *name, size_t length);

void futex_wait(_Atomic uint32_t *word, uint32_t expected, double seconds);
void ring(void);
void set_state(enum state state);
enum { GO = 1, GO_ON = 2, LEAVE = 3 };
void wait_to_be_told(uint32_t what);
void tell(enum role role, uint32_t what);

/* ---- A scene ---- */

struct scene {
    const char *name;
    deed *prepare; /* by one who leaves in good order */
    deed *dead;    /* what they had who died before; they die at its end, or at `dead_at` */
    const char *dead_at;
    int dead_hit;
    deed *partner;      /* what a partner has */
    deed *partner_then; /* when the victim sleeps or has stopped; with `waits`: before the victim's call */
    deed *before;       /* the victim */
    deed *act;          /* 1: it was done; 0: it was refused */
    deed *after;        /* gives back what it has then */
    deed *second;       /* who comes next */
    deed *state;        /* VICTIMS, SECONDS: what was done of it; -1: neither old nor new */
    unsigned flags;
};
enum {
    WAITS = 1,    /* the partner waits before the victim begins */
    DETACHED = 2, /* the victim's call begins without a segment */
    READONLY = 4, /* it attaches readonly; it is in nobody's way */
    SHARED = 8,   /* lifetime */
    NO_SEGMENT = 16,
    ADDS = 32,   /* what the second does comes to what the victim did; else takes its place */
    MEET = 64,   /* the victim and the partner pass a barrier, or neither does */
    OPENS = 256, /* the second opens the segment itself, if it can */
    VAIN = 128,  /* the victim waits in vain: the partner gives later */
};
enum { VICTIMS = 1, SECONDS = 2 };

extern const struct scene *scene; /* of this case */

/* A row of it, by its name; each file has its own. */
#define S(name, ...) {#name, __VA_ARGS__}
extern const struct scenes {
    const struct scene *all;
    int count;
} value_scenes, stripe_scenes, object_scenes, lock_scenes, meeting_scenes, segment_scenes, fork_scenes, file_scenes,
    reader_scenes, queue_scenes, job_scenes, stream_scenes, channel_scenes, key_scenes;
extern struct scenes each_scenes;
bool is_scene(const char *name); /* of the list, as it is by now */
void each_begin(void);
void each_choose(const struct scene *scene); /* its driver and way, if it is one of these */

/* ---- case.c ---- */

struct stop {
    int point, hit;
    bool park;
};
extern const struct stop never;
extern const char *case_text; /* how to do it again */
extern bool verbose;

double seconds_now(void);
bool run_case(struct stop first, struct stop second); /* true: the victim came to its stop */
bool victim_is_away(void);

/* ---- What scenes and judges of several files do ---- */

void choose_sizes(void);
void clear_directory(void);
void check_clean(shoal_segment *segment, const char *where);
void read_everything(void); /* as a readonly reader */
void go_on_with_everything(void);
void judge_others(void);

deed open_or_create_here, open_or_create_and_put; /* segments.c */
deed have_everything, only_info;
deed take_lock_and_notify, notify_the_partner, notify_all_others; /* meetings.c */
deed die_with_all_memory, die_with_arrays;                        /* objects.c */
deed state_of_value, state_is_there;                              /* values.c */
deed fill_names_half_moved;
deed get_value, replace_value; /* readers.c */
deed change_value, change_array, get_names;
void mend_file(void); /* files.c */

#endif
