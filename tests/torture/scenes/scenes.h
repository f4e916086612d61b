/*
 * What step and points both do to a segment: values that tell when they are torn, one object of each kind, what a victim,
 * its partners and the dead do with them, and how to see afterwards that all of it can be had, and is gone when removed.
 * Which scene is made of what, each of them lists itself; what it means to take, to wait and to be wrong, too.
 */
#ifndef SHOAL_TORTURE_SCENES_H
#define SHOAL_TORTURE_SCENES_H

#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64 /* as the core: it decides what open is called, in front of which the tools stand */
#endif

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../kinds/driver.h"

/* Something that somebody does to `target`. 1: it is done; 0: it was refused. What only prepares says 1. */
typedef int deed(void);

/* ---- The tool's: step's and points' differ ---- */

/* 1; or the status is an error, and this process ends. */
int must(int status, const char *what);
__attribute__((format(printf, 1, 2))) void wrong(const char *format, ...);     /* it ends */
__attribute__((format(printf, 1, 2))) void violation(const char *format, ...); /* of who judges: it goes on */
void finding(void *where, const char *sentence);                               /* of shoal_check */

/* Who takes something says so, with what the call returned; who gives it, before. */
enum kept { LOCK, WRITING, READING, PERMIT };
void took(enum kept what, int status);
void has(enum kept what, int count);

shoal_time to_have(void);    /* until when somebody waits who is to have it at last */
shoal_time in_between(void); /* and who is to wait in vain: longer than a slice */
bool in_vain(int status);    /* it was refused, and was to be; other errors are none that wait may have */

size_t its_size(uint32_t number);          /* of the victim's value with that number: */
enum { OLD = 11, NEW = 22, ANOTHER = 33 }; /* before, the victim's, somebody else's */
enum { MOST_OTHERS = 7, BIG = 257 << 10 }; /* BIG: a value or array whose memory is a big run's */
extern int other_count;                    /* values that nobody touches, "other0" … */
extern size_t other_sizes[MOST_OTHERS];

/* ---- Everybody's ---- */

extern char directory[64];
extern shoal_context *context; /* of who acts just now */
extern shoal_segment *target;
extern shoal_object *object; /* that is or was called "victim" */
extern struct its {          /* of each driver's, by its name: */
    shoal_object *lock, *rwlock, *semaphore, *signal, *event, *condition, *barrier, *counter;
} its;
extern shoal_wait its_wait;
extern bool no_tmpfile; /* O_TMPFILE is refused, as some file systems do */

/* values.c */
const unsigned char *pattern(uint32_t number, size_t size); /* bytes that tell when they are torn: of 128 sorts */
int put(const char *name, uint32_t number, size_t size);
bool is_value(const unsigned char *have, size_t got, uint32_t number, size_t size);
int holds_value(const char *name, uint32_t number, size_t size); /* 1; 0: there is no such name; -1: it is another */
bool exists(const char *name);
bool is_left(const char *name);
const char *near_name(void); /* of the victim's stripe */
void put_others(void);
bool others_whole(int first);
int remove_it(const char *name); /* if it is there */
void fill(size_t size);          /* with values of that size, until there is no room */
int prepare_names(uint64_t end);
deed put_old, put_old_thrice, put_new, put_third, put_near, remove_victim, prepare_64, prepare_65, prepare_80;

/* objects.c */
#define COUNT 0xffffffff /* of the victim's counter: the next one changes both halves */
int make_array(int64_t bytes);
deed make_counter, make_small_array, make_big_array, close_object;
deed prepare_counter, prepare_small_array, prepare_big_array, have_removed_big_array;

/* jobs.c: of the victim's queue. Numbers of patterns below 100 are small jobs, the others large ones */
enum { MOST_JOBS = 110 };
struct jobs_seen {
    uint64_t count, large;
    bool shut;
    uint32_t state[MOST_JOBS], attempts[MOST_JOBS], end[MOST_JOBS]; /* state 0: there is no such job */
};
bool see_jobs(struct jobs_seen *seen); /* all of them; false: something is there twice, or was never put */
size_t job_size(uint32_t id);
int put_job(uint32_t id, shoal_time delay);
deed make_queue, prepare_no_jobs, prepare_jobs, prepare_large_jobs, prepare_all_jobs, prepare_dead_jobs;
deed put_small_job, put_large_job, put_late_job, take_job, make_and_take_job, take_job_twice;
deed job_is_done, job_is_retried, job_is_delayed, job_is_buried;
deed purge_jobs, drop_jobs, revive_jobs, look_at_jobs, shut_queue, shut_queue_at_once;

/* segments.c */
shoal_context *new_context(void);
int back_up_to(const char *name, bool overwrite);
deed act_nothing, act_attach, act_detach, take_info, act_check, without_tmpfile;
bool is_structure_lock(const void *word); /* of any segment */

/* each.c: one of each driver's, named as it is; Values have nothing to open */
#define EACH_LIVE(it)                                                                                                  \
    EACH_DRIVER(it)                                                                                                    \
        if (it->kind != SHOAL_KIND_VALUE)
int open_all(void);
void close_all(void);
struct subject *subject_by(const struct driver *driver); /* as open_all opened it */
bool has_all_kinds(void);
const char *what_cannot_be_had(void); /* of what is open, when everybody is gone; NULL: all can */

/* Scenes of any kind: what is done with the victim's object, or one way to wait for it. */
extern const struct driver *driver;
extern const struct way *way; /* NULL: none */
deed make_it, prepare_it, hold_it, let_go_of_it, make_and_hold_it;
const char *is_it_sound(void); /* everybody is gone */
/* "lock_hold", "rwlock_read_wait": the driver, the way if it has several, and the scene's format "%s_wait". */
const char *name_of_it(const char *format, const struct driver *driver, const struct way *way);

/* locks.c */
int begin_wait(shoal_wait *wait, shoal_object *of, int operation, uint32_t flags); /* what the first look says */
int notify(uint32_t count);
int meet(double seconds);
deed take_lock, give_lock, take_and_give_lock, act_lock_in_vain, abandon_all;
deed take_to_read, stop_reading, take_to_write, stop_to_write, act_downgrade, act_read_in_vain, act_write_in_vain;
deed take_permit, give_permit, take_permits, act_permit_in_vain, act_raise, act_lower;
deed act_set, act_clear;
deed begin_to_wait, act_notify, act_end, act_cancel;
deed begin_to_meet, act_abort, act_reset;

/* empty.c */
void judge_empty(void); /* removes everything: nothing is left */

#endif
