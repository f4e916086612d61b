/* The killer and the judge: one program, which starts the workers. */
#ifndef STORM_H
#define STORM_H

#include <sys/types.h>

#include "worker.h"

enum { MOST_KINDS = 12, MOST_WORDS = 16, JUDGE = WORKERS - 1 };

/* How workers of one kind are started. */
struct kind {
    char name[24];
    char *command[MOST_WORDS]; /* command[0] NULL: forked, without exec */
    bool slow;                 /* an interpreter: not killed as often, or it would do nothing but start */
    uint32_t kills;
};

/* One place, in which one worker after the other lives. */
struct place {
    pid_t pid;                            /* 0: nobody */
    int kind, mode, sent;                 /* sent: the signal that is to end it */
    bool alone, stopped, dying, unjudged; /* alone: in a PID namespace of its own */
    uint32_t life, until, operations;     /* until: the decision that lets it go on */
    shoal_time changed;
};

struct options {
    uint64_t kills, seed;
    uint32_t decisions, check; /* decisions between two checks: a check orders those who would have met */
    double seconds;
    int writers, masters, readers; /* their places in this order */
    uint32_t names; /* that nearly all of them do nothing but store under, read and remove; 0: as usual */
    uint32_t heap;  /* MiB of a huge victim; 0: there is none */
    bool keep;
    struct kind kinds[MOST_KINDS];
    int kind_count;
};

struct figures {
    uint64_t kills, stops, freezes, cores, huge, alone, orphans, orphans_killed;
    uint32_t decisions, checksum; /* how many, and of all of them: a replay has the same */
    shoal_time began;
    double longest_end; /* seconds from the kill of a huge victim to its end */
};

extern struct options options;
extern struct figures figures;
extern struct place places[WORKERS];
extern char segment_name[64], folder[64];

/* start.c */
void start_worker(int place);

/* setup.c */
int everybody(void); /* how many places have a worker */
void read_options(int count, char **arguments);
void place_kinds(void);
void make_journal(void);
void end_everybody(void);
void tidy(void);
int files_aside(bool unlink_them); /* of shared segments whose last user died while it took the name away */
void hangs(int number);            /* handlers of signals */
void stopped_from_outside(int number);
void print_figures(int violations);
/* Say what is wrong and how to do it again, end everybody, exit. */
_Noreturn void wrong(const char *what, int64_t a, int64_t b);

/* judge.c: writes is attached for writing, reads readonly */
extern struct worker writes, reads;
void judge_begin(void);
void judge_dead(int place);   /* nobody is stopped */
void judge_frozen(void);      /* everybody is stopped, anywhere */
bool judge_sees_change(void); /* somebody is in the middle of a change of the segment's structure */
void judge_check(const char *when);
void judge_end(void); /* everybody is dead: nothing is lost, nothing is left */

#endif
