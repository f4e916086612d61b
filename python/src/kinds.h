/*
 * A kind of object, as the binding's general calls see it: one row, at the end of the kind's own file. kinds.c lists the rows in the
 * order of the core's list, so that a kind without one does not link. What only one kind does is asked here and named nowhere else.
 */
#ifndef SHOAL_PYTHON_KINDS_H
#define SHOAL_PYTHON_KINDS_H

#include "attachment.h"
#include "binding.h"
#include "handle.h"

typedef struct Kind {
    PyMethodDef opener; /* Segment.lock() and its kin. No name: a kind that is not opened, a Value */
    PyType_Spec *spec;  /* its type, in ModuleState.kind_types */
    /* Further types of its own; NULL: none. */
    int (*init)(PyObject *module, ModuleState *state);
    /* The Python object of `object`, which is taken over. */
    PyObject *(*wrap)(ModuleState *state, Attachment *attachment, shoal_object *object);
    /* The same for one that comes out of a pickle, with what its __reduce__ put in besides the name. NULL: wrap. */
    PyObject *(*reopen)(ModuleState *state, Attachment *attachment, shoal_object *object, PyObject *extra);
    /* segment[name] = an array, where name is one: 0, or -1 with an exception. NULL: nothing can be assigned to it. */
    int (*assign)(ModuleState *state, shoal_object *object, const shoal_view *from);
    /* Begin a task's wait for `object`, which `self` has: handle_begin, or what the kind has in its place. NULL: nobody waits for it. */
    int (*begin)(shoal_wait *wait, shoal_object *object, HandleObject *self, int operation, uint32_t flags,
                 int64_t argument);
    bool keyed;     /* a wait is for a key: bytes, in place of the integer */
    bool wakes_one; /* a wake-up goes to one of those who wait, and must not be lost with one that gives up */
} Kind;

/* Hidden, so that the linker misses a row that is not there. */
#define DECLARE_ROW(code, number, file, ...) extern __attribute__((visibility("hidden"))) const Kind file##_kind;
SHOAL_KIND_LIST(DECLARE_ROW)
#undef DECLARE_ROW

/* The row of a kind that objects are opened of; NULL for any other number. */
const Kind *kind_row(int kind);
/* The same by an object of its type. */
const Kind *kind_of(ModuleState *state, PyObject *object);

/* The types of all kinds: made; visited and let go of with the module. */
int kinds_init(PyObject *module, ModuleState *state);
int kinds_traverse(ModuleState *state, visitproc visit, void *arg);
void kinds_clear(ModuleState *state);

#define MOST_OPENERS SHOAL_KIND_LAST
/* The openers of all kinds into `out`; how many there are. */
size_t kinds_openers(PyMethodDef *out);

#endif
