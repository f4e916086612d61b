/* Map: changing, and one computation for a key. */
#include "args.h"
#include "errors.h"
#include "gil.h"
#include "map.h"
#include "types.h"
#include "value.h"
#include "wait.h"

/* ---- Storing ------------------------------------------------------------------------------------ */

/* A status, or STATUS_RAISED. */
static int store(HandleObject *self, PyObject *name, PyObject *value, const shoal_map_setting *setting)
{
    shoal_bytes key;
    shoal_writer writer;
    int status = STATUS_RAISED;
    if (map_key(name, &key) < 0 || !handle_usable(self))
        return status;
    shoal_writer_init(&writer);
    if (value_write(state_of(self), &writer, value) == 0)
        do {
            bool given_up = writer.size >= BIG;
            if (given_up)
                gil_give_up();
            status = shoal_map_set(self->object, key.bytes, key.size, writer.bytes, writer.size, setting);
            if (given_up)
                gil_take_back();
            status = map_heard(status);
        } while (status == SHOAL_PENDING);
    shoal_writer_free(&writer);
    return status;
}

static int delete(HandleObject *self, PyObject *name, uint64_t token)
{
    shoal_bytes key;
    int status = STATUS_RAISED;
    if (map_key(name, &key) == 0)
        do
            status = map_heard(shoal_map_delete(self->object, key.bytes, key.size, token));
        while (status == SHOAL_PENDING);
    return status;
}

int map_ass_subscript(HandleObject *self, PyObject *name, PyObject *value)
{
    int status = value ? store(self, name, value, NULL) : delete (self, name, 0);
    if (status == SHOAL_MISS)
        map_no_key(name);
    else if (status < 0)
        raise_status(state_of(self), status);
    return status == SHOAL_OK ? 0 : -1;
}

/* Tags: a sequence of keys. *held keeps their bytes. */
static int arg_tags(PyObject *object, shoal_map_setting *setting, shoal_bytes *tags, PyObject **held)
{
    *held = NULL;
    if (!object || object == Py_None)
        return 0;
    if (PyUnicode_Check(object) || PyBytes_Check(object)) {
        PyErr_SetString(PyExc_TypeError, "tags must be a sequence of tags, not one");
        return -1;
    }
    if (!(*held = PySequence_Tuple(object)))
        return -1;
    Py_ssize_t count = PyTuple_GET_SIZE(*held);
    if (count > (Py_ssize_t)SHOAL_MAP_TAGS) {
        PyErr_Format(PyExc_ValueError, "a value has at most %u tags, not %zd", SHOAL_MAP_TAGS, count);
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++)
        if (map_key(PyTuple_GET_ITEM(*held, i), &tags[i]) < 0)
            return -1;
    setting->tags = tags;
    setting->tag_count = (uint32_t)count;
    return 0;
}

/* given: key, value, ttl, tags. */
static PyObject *store_with(HandleObject *self, PyObject **given, shoal_map_setting *setting)
{
    shoal_bytes tags[SHOAL_MAP_TAGS];
    PyObject *held = NULL;
    int status = STATUS_RAISED;
    if (map_arg_ttl(given[2], &setting->ttl) == 0 && arg_tags(given[3], setting, tags, &held) == 0)
        status = store(self, given[0], given[1], setting);
    Py_XDECREF(held);
    if (status < 0)
        return raise_status(state_of(self), status);
    return setting->flags ? PyBool_FromLong(status == SHOAL_OK) : Py_NewRef(Py_None);
}

static PyObject *stored(HandleObject *self, const char *function, uint32_t flags, PyObject *const *args,
                        Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"key", "value", "ttl", "tags", NULL};
    const Signature signature = {function, names, 3, 2};
    PyObject *given[4];
    shoal_map_setting setting = {.flags = flags};
    return arg_parse(&signature, args, nargs, kwnames, given) < 0 ? NULL : store_with(self, given, &setting);
}

MAP_METHOD(set)
{
    return stored(self, "set", 0, args, nargs, kwnames);
}

MAP_METHOD(add)
{
    return stored(self, "add", SHOAL_MAP_ADD, args, nargs, kwnames);
}

MAP_METHOD(replace)
{
    return stored(self, "replace", SHOAL_MAP_REPLACE, args, nargs, kwnames);
}

static int arg_token(PyObject *object, uint64_t *token)
{
    *token = PyLong_AsUnsignedLongLong(object);
    return PyErr_Occurred() ? -1 : 0;
}

MAP_METHOD(cas)
{
    static const char *const names[] = {"key", "value", "token", "ttl", "tags", NULL};
    static const Signature signature = {"cas", names, 4, 3};
    PyObject *given[5];
    shoal_map_setting setting = {.flags = SHOAL_MAP_CAS};
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_token(given[2], &setting.token) < 0)
        return NULL;
    return store_with(self, (PyObject *[]){given[0], given[1], given[3], given[4]}, &setting);
}

/* ---- Removing ----------------------------------------------------------------------------------- */

MAP_METHOD(delete)
{
    static const char *const names[] = {"key", "token", NULL};
    static const Signature signature = {"delete", names, 2, 1};
    PyObject *given[2];
    uint64_t token = 0;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 ||
        (given[1] && given[1] != Py_None && arg_token(given[1], &token) < 0))
        return NULL;
    int status = delete (self, given[0], token);
    return status < 0 ? raise_status(state_of(self), status) : PyBool_FromLong(status == SHOAL_OK);
}

MAP_METHOD(pop)
{
    static const char *const names[] = {"key", "default", NULL};
    static const Signature signature = {"pop", names, 2, 1};
    PyObject *given[2], *value = NULL;
    unsigned char scratch[SCRATCH];
    MapRoom room = {scratch, sizeof scratch, false};
    shoal_bytes key;
    size_t size;
    int status;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || map_key(given[0], &key) < 0)
        return NULL;
    do {
        status = shoal_map_pop(self->object, key.bytes, key.size, room.bytes, room.size, &size);
        status = status == SHOAL_LARGER ? map_make_room(&room, size) : map_heard(status);
    } while (status == SHOAL_PENDING);
    if (status == SHOAL_OK)
        value = value_read(state_of(self), room.bytes, size);
    if (room.ours)
        PyMem_Free(room.bytes);
    if (status == SHOAL_MISS)
        return given[1] ? Py_NewRef(given[1]) : map_no_key(given[0]);
    return status < 0 ? raise_status(state_of(self), status) : value;
}

MAP_METHOD(clear)
{
    static const char *const names[] = {"prefix", NULL};
    static const Signature signature = {"clear", names, 1, 0};
    PyObject *given[1];
    shoal_bytes prefix;
    uint64_t gone;
    int status;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0)
        return NULL;
    if (!given[0] || given[0] == Py_None)
        return done(self, shoal_map_clear(self->object));
    if (map_key(given[0], &prefix) < 0)
        return NULL;
    WITHOUT_GIL(status = shoal_map_clear_prefix(&gone, self->object, prefix.bytes, prefix.size));
    return done(self, status);
}

PyObject *map_invalidate(HandleObject *self, PyObject *name)
{
    shoal_bytes tag;
    int status = STATUS_RAISED;
    if (map_key(name, &tag) == 0)
        do
            status = map_heard(shoal_map_invalidate(self->object, tag.bytes, tag.size));
        while (status == SHOAL_PENDING);
    return status < 0 ? raise_status(state_of(self), status) : Py_NewRef(Py_None);
}

MAP_METHOD(touch)
{
    static const char *const names[] = {"key", "ttl", NULL};
    static const Signature signature = {"touch", names, 2, 1};
    PyObject *given[2];
    shoal_bytes key;
    shoal_time ttl;
    int status;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || map_key(given[0], &key) < 0 ||
        map_arg_ttl(given[1], &ttl) < 0)
        return NULL;
    do
        status = map_heard(shoal_map_touch(self->object, key.bytes, key.size, ttl));
    while (status == SHOAL_PENDING);
    return status < 0 ? raise_status(state_of(self), status) : PyBool_FromLong(status == SHOAL_OK);
}

/* ---- Integers ----------------------------------------------------------------------------------- */

static PyObject *count_by(HandleObject *self, const char *function, bool down, PyObject *const *args, Py_ssize_t nargs,
                          PyObject *kwnames)
{
    static const char *const names[] = {"key", "n", "initial", "ttl", NULL};
    const Signature signature = {function, names, 4, 1};
    PyObject *given[4];
    shoal_bytes key;
    shoal_time ttl;
    int64_t n = 1, initial = 0, value;
    int status;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || map_key(given[0], &key) < 0 ||
        (given[1] && arg_int64(given[1], "n", &n) < 0) || (given[2] && arg_int64(given[2], "initial", &initial) < 0) ||
        map_arg_ttl(given[3], &ttl) < 0)
        return NULL;
    if (down && n == INT64_MIN)
        return raise_text(state_of(self), SHOAL_EOVERFLOW, "n must be above %lld", (long long)n);
    do
        status = map_heard(shoal_map_add(&value, self->object, key.bytes, key.size, down ? -n : n, &initial, ttl));
    while (status == SHOAL_PENDING);
    return status < 0 ? raise_status(state_of(self), status) : PyLong_FromLongLong(value);
}

MAP_METHOD(increment)
{
    return count_by(self, "increment", false, args, nargs, kwnames);
}

MAP_METHOD(decrement)
{
    return count_by(self, "decrement", true, args, nargs, kwnames);
}

/* ---- One computation for a key ------------------------------------------------------------------ */

/* The flight as bytes, for _end(); True: the key is there; None: another computes it. */
PyObject *map_begin(HandleObject *self, PyObject *name)
{
    shoal_bytes key;
    shoal_map_flight flight;
    int status;
    if (map_key(name, &key) < 0)
        return NULL;
    do
        status = map_heard(shoal_map_begin(&flight, self->object, key.bytes, key.size, SHOAL_NO_WAIT));
    while (status == SHOAL_PENDING);
    if (status == SHOAL_ETIMEDOUT)
        Py_RETURN_NONE;
    if (status < 0)
        return raise_status(state_of(self), status);
    return flight.ours ? PyBytes_FromStringAndSize((const char *)&flight, (Py_ssize_t)sizeof flight)
                       : Py_NewRef(Py_True);
}

PyObject *map_end(HandleObject *self, PyObject *bytes)
{
    shoal_map_flight flight;
    if (!PyBytes_Check(bytes) || PyBytes_GET_SIZE(bytes) != (Py_ssize_t)sizeof flight) {
        PyErr_SetString(PyExc_TypeError, "_end() takes what _begin() gave");
        return NULL;
    }
    if (!handle_usable(self))
        return NULL;
    memcpy(&flight, PyBytes_AS_STRING(bytes), sizeof flight);
    shoal_map_end(&flight);
    Py_RETURN_NONE;
}

PyObject *map_wait(HandleObject *self, PyObject *args)
{
    shoal_bytes key;
    PyObject *name, *timeout;
    shoal_time deadline;
    if (!PyArg_ParseTuple(args, "OO", &name, &timeout) || map_key(name, &key) < 0 ||
        arg_timeout(timeout, &deadline) < 0)
        return NULL;
    int status = wait_without_gil(self->object, SHOAL_WAIT_FLIGHT, 0, (int64_t)(uintptr_t)&key, deadline);
    if (status == SHOAL_ETIMEDOUT)
        Py_RETURN_FALSE;
    return status < 0 ? raise_status(state_of(self), status) : Py_NewRef(Py_True);
}
