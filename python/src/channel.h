/* Channel: channel.c (the type), channel_memory.c, channel_read.c (Frame, iteration), channel_write.c. */
#ifndef SHOAL_PYTHON_CHANNEL_H
#define SHOAL_PYTHON_CHANNEL_H

#include "handle.h"
#include "memory.h"

typedef struct ChannelObject {
    HandleObject handle;
    uint64_t missed; /* by all who read through this handle; added to atomically */
    shoal_channel_facts facts;
} ChannelObject;

/* Are its frames bytes, of any size up to facts.bytes? Else they are arrays. */
static inline bool channel_is_of_bytes(const ChannelObject *self)
{
    return self->facts.frame.dtype.number == 0;
}

/* channel_memory.c: the memory of a frame, which is counted: memory.h. */

/* Pin a frame that is newer than `newer_than`. SHOAL_ETIMEDOUT: there is none; any status of the core, or STATUS_RAISED. */
int channel_pin(Memory **out, shoal_frame **frame, ChannelObject *self, uint64_t newer_than);
/* A slot to fill. SHOAL_EFULL: none is free. */
int channel_begin(Memory **out, unsigned char **data, ChannelObject *self);
/* Nobody touches it any more; publish its first `size` bytes, or drop it. Once only: a status. */
int channel_end(Memory *draft, bool publish, uint64_t size);
/* What a frame of `size` bytes at `data` is an array of. */
void channel_view(shoal_view *view, const ChannelObject *self, void *data, uint64_t size, bool readonly);

/* channel_read.c */
int channel_read_init(PyObject *module, ModuleState *state);
PyObject *channel_read(ChannelObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *channel_read_async(ChannelObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *channel_iter(ChannelObject *self);

/* channel_write.c */
int channel_write_init(PyObject *module, ModuleState *state);
PyObject *channel_write(ChannelObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *channel_send(ChannelObject *self, PyObject *value);

#endif
