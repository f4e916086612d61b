/* Map: a mapping and a cache between processes: looking. What is written in Python of it is in shoal/_maps.py. */
#include "map.h"

#include "args.h"
#include "errors.h"
#include "gil.h"
#include "info.h"
#include "types.h"
#include "value.h"
#include "wait.h"

int map_key(PyObject *object, shoal_bytes *key)
{
    Py_ssize_t size;
    if (PyUnicode_Check(object)) {
        key->bytes = PyUnicode_AsUTF8AndSize(object, &size);
        if (!key->bytes)
            return -1;
    } else if (PyBytes_Check(object)) {
        key->bytes = PyBytes_AS_STRING(object);
        size = PyBytes_GET_SIZE(object);
    } else {
        PyErr_Format(PyExc_TypeError, "a key must be str or bytes, not %.100s", Py_TYPE(object)->tp_name);
        return -1;
    }
    key->size = (size_t)size;
    return 0;
}

/* Text where it is UTF-8, else bytes. */
static PyObject *key_object(const unsigned char *bytes, size_t size)
{
    if (shoal_is_utf8(bytes, size))
        return PyUnicode_DecodeUTF8((const char *)bytes, (Py_ssize_t)size, NULL);
    return PyBytes_FromStringAndSize((const char *)bytes, (Py_ssize_t)size);
}

PyObject *map_no_key(PyObject *key)
{
    PyErr_SetObject(PyExc_KeyError, key);
    return NULL;
}

int map_arg_ttl(PyObject *object, shoal_time *ttl)
{
    *ttl = SHOAL_MAP_TTL_OF_MAP;
    if (!object || object == Py_None)
        return 0;
    if (arg_duration(object, "ttl", ttl) < 0)
        return -1;
    if (PyFloat_Check(object) && Py_IS_INFINITY(PyFloat_AS_DOUBLE(object)))
        *ttl = SHOAL_FOREVER;
    if (*ttl == 0)
        PyErr_SetString(PyExc_ValueError,
                        "ttl must be above 0 seconds, math.inf for no limit, or None for the map's own");
    return *ttl == 0 ? -1 : 0;
}

int map_heard(int status)
{
    if (__builtin_expect(status != SHOAL_EINTR, 1))
        return status;
    return PyErr_CheckSignals() < 0 ? STATUS_RAISED : SHOAL_PENDING;
}

int map_make_room(MapRoom *room, size_t size)
{
    unsigned char *bytes = PyMem_Realloc(room->ours ? room->bytes : NULL, size);
    if (!bytes) {
        PyErr_NoMemory();
        return STATUS_RAISED;
    }
    *room = (MapRoom){bytes, size, true};
    return SHOAL_PENDING;
}

/* ---- One key ------------------------------------------------------------------------------------ */

/* SHOAL_OK with *value, which may be NULL with an exception; SHOAL_MISS; an error. */
static int look(HandleObject *self, const shoal_bytes *key, shoal_map_item *item, PyObject **value)
{
    unsigned char scratch[SCRATCH];
    MapRoom room = {scratch, sizeof scratch, false};
    size_t size = 0;
    int status;
    *value = NULL;
    do {
        bool given_up = room.size >= BIG;
        if (given_up)
            gil_give_up();
        status = shoal_map_get(self->object, key->bytes, key->size, room.bytes, room.size, &size, item);
        if (given_up)
            gil_take_back();
        status = status == SHOAL_LARGER ? map_make_room(&room, size) : map_heard(status);
    } while (status == SHOAL_PENDING);
    if (status == SHOAL_OK)
        *value = value_read(state_of(self), room.bytes, size);
    if (room.ours)
        PyMem_Free(room.bytes);
    return status;
}

/* A new reference; `fallback`, if it is not there, or KeyError without one. */
static PyObject *get(HandleObject *self, PyObject *name, PyObject *fallback)
{
    shoal_bytes key;
    PyObject *value;
    if (map_key(name, &key) < 0)
        return NULL;
    int status = look(self, &key, NULL, &value);
    if (status == SHOAL_MISS)
        return fallback ? Py_NewRef(fallback) : map_no_key(name);
    return status < 0 ? raise_status(state_of(self), status) : value;
}

PyObject *map_subscript(HandleObject *self, PyObject *name)
{
    return get(self, name, NULL);
}

MAP_METHOD(get)
{
    static const char *const names[] = {"key", "default", NULL};
    static const Signature signature = {"get", names, 2, 1};
    PyObject *given[2];
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0)
        return NULL;
    return get(self, given[0], given[1] ? given[1] : Py_None);
}

int map_contains(HandleObject *self, PyObject *name)
{
    shoal_bytes key;
    int status;
    if (!PyUnicode_Check(name) && !PyBytes_Check(name))
        return 0;
    if (map_key(name, &key) < 0)
        return -1;
    if (key.size - 1 >= SHOAL_MAP_KEY)
        return 0;
    do
        status = map_heard(shoal_map_has(self->object, key.bytes, key.size));
    while (status == SHOAL_PENDING);
    if (status < 0)
        raise_status(state_of(self), status);
    return status < 0 ? -1 : status == SHOAL_OK;
}

Py_ssize_t map_length(HandleObject *self)
{
    uint64_t count;
    int status = shoal_map_count(&count, self->object);
    if (status < 0)
        raise_status(state_of(self), status);
    return status < 0 ? -1 : (Py_ssize_t)count;
}

PyObject *map_gets(HandleObject *self, PyObject *name)
{
    shoal_bytes key;
    PyObject *value;
    shoal_map_item item = {0};
    if (map_key(name, &key) < 0)
        return NULL;
    int status = look(self, &key, &item, &value);
    if (status == SHOAL_MISS)
        return map_no_key(name);
    if (status < 0)
        return raise_status(state_of(self), status);
    return value ? Py_BuildValue("(NK)", value, (unsigned long long)item.token) : NULL;
}

PyObject *map_ttl(HandleObject *self, PyObject *name)
{
    shoal_bytes key;
    shoal_time left;
    int status;
    if (map_key(name, &key) < 0)
        return NULL;
    do
        status = map_heard(shoal_map_ttl(&left, self->object, key.bytes, key.size));
    while (status == SHOAL_PENDING);
    if (status == SHOAL_MISS)
        return map_no_key(name);
    if (status < 0)
        return raise_status(state_of(self), status);
    if (left == SHOAL_FOREVER)
        Py_RETURN_NONE;
    return PyFloat_FromDouble((double)left / 1e9);
}

/* (value, is it stale), or None. */
PyObject *map_look(HandleObject *self, PyObject *args)
{
    shoal_bytes key;
    PyObject *name, *seconds, *value;
    shoal_map_item item = {0};
    if (!PyArg_ParseTuple(args, "OO", &name, &seconds) || map_key(name, &key) < 0 ||
        (seconds != Py_None && arg_duration(seconds, "stale", &item.stale) < 0))
        return NULL;
    int status = look(self, &key, &item, &value);
    if (status == SHOAL_MISS)
        Py_RETURN_NONE;
    if (status < 0)
        return raise_status(state_of(self), status);
    return value ? Py_BuildValue("(NO)", value, item.left < 0 ? Py_True : Py_False) : NULL;
}

/* ---- All of them -------------------------------------------------------------------------------- */

/* _next(cursor, with values): (cursor, key, value or None), or None after the last. A cursor is bytes; b"" at first. */
PyObject *map_next(HandleObject *self, PyObject *args)
{
    unsigned char scratch[SCRATCH], name[SHOAL_MAP_KEY];
    MapRoom room = {scratch, sizeof scratch, false};
    size_t length, size;
    int status, with_values;
    shoal_map_cursor cursor = {{0}};
    Py_buffer position;
    if (!PyArg_ParseTuple(args, "y*p", &position, &with_values))
        return NULL;
    if (position.len == (Py_ssize_t)sizeof cursor)
        memcpy(&cursor, position.buf, sizeof cursor);
    PyBuffer_Release(&position);
    do {
        status = shoal_map_next(self->object, &cursor, name, &length, with_values ? room.bytes : NULL,
                                with_values ? room.size : 0, &size, NULL);
        status = status == SHOAL_LARGER ? map_make_room(&room, size) : map_heard(status);
    } while (status == SHOAL_PENDING);
    PyObject *value = status != SHOAL_OK ? NULL
                      : with_values      ? value_read(state_of(self), room.bytes, size)
                                         : Py_NewRef(Py_None);
    if (room.ours)
        PyMem_Free(room.bytes);
    if (status == SHOAL_MISS)
        Py_RETURN_NONE;
    if (status < 0)
        return raise_status(state_of(self), status);
    PyObject *key = value ? key_object(name, length) : NULL;
    if (!key)
        Py_XDECREF(value);
    return key ? Py_BuildValue("(y#NN)", (const char *)&cursor, (Py_ssize_t)sizeof cursor, key, value) : NULL;
}

PyObject *map_stats(HandleObject *self, PyObject *Py_UNUSED(unused))
{
    shoal_map_stats stats;
    int status = shoal_map_stats_of(&stats, self->object, SHOAL_MAP_ALL);
    if (status < 0)
        return raise_status(state_of(self), status);
    const uint64_t facts[] = {stats.items,   stats.max_bytes, stats.used,   stats.live,   stats.dead,
                              stats.free,    stats.index,     stats.hits,   stats.misses, stats.evicted,
                              stats.expired, stats.moved,     stats.shards, stats.flights};
    enum { FACTS = sizeof facts / sizeof *facts };
    PyObject *fields = PyTuple_New(FACTS);
    for (Py_ssize_t i = 0; fields && i < FACTS; i++) {
        PyObject *number = PyLong_FromUnsignedLongLong(facts[i]);
        if (!number)
            Py_CLEAR(fields);
        else
            PyTuple_SET_ITEM(fields, i, number);
    }
    return fields ? record_new(state_of(self), "MapStats", fields) : NULL;
}
