/* What the files of Map share: map.c looks, map_change.c changes and computes, map_type.c has the type. */
#ifndef SHOAL_PYTHON_MAP_H
#define SHOAL_PYTHON_MAP_H

#include "handle.h"

/* The bytes of a key, which live as long as the object that it is of. */
int map_key(PyObject *object, shoal_bytes *key);
/* Seconds; NULL and None: the map's own; inf: none. */
int map_arg_ttl(PyObject *object, shoal_time *ttl);
/* After a call: SHOAL_PENDING: a signal came first, and was handled; call again. STATUS_RAISED: its handler raised. */
int map_heard(int status);
PyObject *map_no_key(PyObject *key); /* KeyError; NULL */

/* Bytes of a value: at first in a buffer of the caller's. */
typedef struct MapRoom {
    unsigned char *bytes;
    size_t size;
    bool ours;
} MapRoom;
int map_make_room(MapRoom *room, size_t size); /* SHOAL_PENDING, or STATUS_RAISED */

PyObject *map_subscript(HandleObject *self, PyObject *name);
int map_contains(HandleObject *self, PyObject *name);
Py_ssize_t map_length(HandleObject *self);
int map_ass_subscript(HandleObject *self, PyObject *name, PyObject *value);

#define MAP_METHOD(name)                                                                                               \
    PyObject *map_##name(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
MAP_METHOD(get);
MAP_METHOD(set);
MAP_METHOD(add);
MAP_METHOD(replace);
MAP_METHOD(cas);
MAP_METHOD(delete);
MAP_METHOD(pop);
MAP_METHOD(touch);
MAP_METHOD(increment);
MAP_METHOD(decrement);
MAP_METHOD(clear);
PyObject *map_gets(HandleObject *self, PyObject *name);
PyObject *map_ttl(HandleObject *self, PyObject *name);
PyObject *map_invalidate(HandleObject *self, PyObject *name);
PyObject *map_stats(HandleObject *self, PyObject *unused);
/* For shoal._maps: */
PyObject *map_look(HandleObject *self, PyObject *args);
PyObject *map_next(HandleObject *self, PyObject *args);
PyObject *map_begin(HandleObject *self, PyObject *name);
PyObject *map_end(HandleObject *self, PyObject *flight);
PyObject *map_wait(HandleObject *self, PyObject *args);

#endif
