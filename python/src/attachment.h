/* One open of a segment, shared by a Segment and the objects it handed out. */
#ifndef SHOAL_PYTHON_ATTACHMENT_H
#define SHOAL_PYTHON_ATTACHMENT_H

#include "binding.h"

typedef struct Attachment {
    Py_ssize_t references; /* count_up, count_down; all else stays as it is */
    shoal_segment *segment;
    PyObject *name; /* as the user gave it; None when anonymous */
    PyObject *path; /* bytes: where that name led when it was opened; empty when it was no name */
    int64_t owner;  /* the owner= it was opened with, to open it again elsewhere */
} Attachment;

/* Takes over `segment`, also when it fails. */
Attachment *attachment_new(shoal_segment *segment, PyObject *name, PyObject *path, int64_t owner);
Attachment *attachment_retain(Attachment *attachment);
void attachment_release(Attachment *attachment); /* NULL is allowed */
/* What an unpickler needs to find the segment again: a tuple for reattach(). */
PyObject *attachment_origin(Attachment *attachment);
/* The inverse, in whatever process: a new reference, or NULL with an exception. */
Attachment *attachment_of_origin(ModuleState *state, PyObject *origin);

#endif
