/* A wait of a task, and the sleeper that watches many of them: wait_object.c, sleeper.c. */
#ifndef SHOAL_PYTHON_WAIT_OBJECT_H
#define SHOAL_PYTHON_WAIT_OBJECT_H

#include "handle.h"
#include "kinds.h"

/* Where the sleeper has a wait. Each place but NOWHERE owns a reference to it. */
enum place {
    NOWHERE,
    WATCHED, /* slept on: nobody but the sleeper looks into `wait` */
    READY,   /* worth another try; its loop will be told */
    LEFT,    /* taken away during a sleep that may still look at its memory, or take a wake-up meant for it */
};

/* One shoal_wait of a task, which must not move. Used in a critical section, but for what the sleeper does under its mutex. */
typedef struct WaitObject {
    PyObject_HEAD
    HandleObject *handle; /* keeps the lock of a Condition open */
    shoal_object *object; /* open, whatever becomes of the handle */
    const Kind *kind;
    shoal_wait wait;
    int operation; /* enum shoal_operation */
    shoal_time deadline;
    int64_t process; /* whose it is: a forked child has no part in it */
    PyObject *bytes; /* the key, of a kind whose waits are for one */
    shoal_key key;
    bool begun; /* and neither over nor given up */

    /* the sleeper's, under its mutex */
    enum place place;
    struct WaitObject *previous, *next;
    PyObject *future; /* of the task, done when it should try again; NULL: nobody waits for that */
    shoal_time due;   /* worth a try at this time, whatever the word says */
    bool cancel;      /* LEFT: shoal_wait_cancel is still to be called */
} WaitObject;

void wait_cancel_begun(WaitObject *self);
bool wait_is_of_this_process(const WaitObject *self);

int wait_object_init(PyObject *module, ModuleState *state);
int sleeper_init(PyObject *module, ModuleState *state);

#endif
