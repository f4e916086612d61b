/* What the openers of a Segment's objects have in common. Each is in its kind's file. */
#include "args.h"
#include "errors.h"
#include "handle.h"
#include "segment.h"

Attachment *segment_only_name(SegmentObject *self, const char *function, PyObject *const *args, Py_ssize_t nargs,
                              PyObject *kwnames, Name *name)
{
    static const char *const names[] = {"name", NULL};
    PyObject *given[1];
    if (arg_parse(&(Signature){function, names, 1, 1}, args, nargs, kwnames, given) < 0 ||
        arg_object_name(given[0], name) < 0)
        return NULL;
    return segment_attachment(self);
}

PyObject *segment_opened(SegmentObject *self, Attachment *attachment, shoal_object *object, int status)
{
    PyObject *made =
        status < 0 ? raise_status(state_of(self), status) : handle_wrap(state_of(self), attachment, object);
    attachment_release(attachment);
    return made;
}
