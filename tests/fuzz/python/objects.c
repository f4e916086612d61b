#include "objects.h"

#include <string.h>

#define DEEPEST 12 /* of what the bytes spell out; chains go deeper */

static PyObject *factories, *words, *types, *containers, *shapes;

static PyObject *tuple_of(const char *name)
{
    PyObject *found = hostile(name);
    if (!found)
        violation("hostile.py has no %s", name);
    return found;
}

void objects_start(void)
{
    factories = tuple_of("FACTORIES");
    words = tuple_of("WORDS");
    types = tuple_of("TYPES");
    containers = tuple_of("containers");
    shapes = tuple_of("SHAPES");
}

/* ---- Bytes -------------------------------------------------------------------------------------- */

Bytes bytes_over(const uint8_t *data, size_t size)
{
    return (Bytes){.at = data, .end = data + size};
}

void bytes_done(Bytes *bytes)
{
    while (bytes->pooled > 0)
        Py_DECREF(bytes->pool[--bytes->pooled]);
    PyList_SetSlice(containers, 0, PyList_GET_SIZE(containers), NULL);
    PyErr_Clear();
}

bool bytes_left(const Bytes *bytes)
{
    return bytes->at < bytes->end;
}

uint64_t take(Bytes *bytes, int count)
{
    uint64_t value = 0;
    for (int i = 0; i < count && bytes_left(bytes); i++)
        value |= (uint64_t)*bytes->at++ << (8 * i);
    return value;
}

size_t take_below(Bytes *bytes, size_t limit)
{
    return limit > 0 ? (size_t)take(bytes, 1) % limit : 0;
}

PyObject *take_item(Bytes *bytes, PyObject *tuple)
{
    return PyTuple_GET_ITEM(tuple, (Py_ssize_t)take_below(bytes, (size_t)PyTuple_GET_SIZE(tuple)));
}

/* As many of the next bytes as the first of them says, and there are. */
static const char *take_run(Bytes *bytes, Py_ssize_t *length)
{
    size_t wanted = take_below(bytes, 40), there = (size_t)(bytes->end - bytes->at);
    const char *run = (const char *)bytes->at;
    *length = (Py_ssize_t)(wanted < there ? wanted : there);
    bytes->at += *length;
    return run;
}

void pool_add(Bytes *bytes, PyObject *object)
{
    if (bytes->pooled < POOL)
        bytes->pool[bytes->pooled++] = object;
    else
        Py_DECREF(object);
}

/* ---- Scalars ------------------------------------------------------------------------------------ */

static PyObject *make_none(Bytes *bytes)
{
    (void)bytes;
    return Py_NewRef(Py_None);
}

static PyObject *make_bool(Bytes *bytes)
{
    return PyBool_FromLong((long)take(bytes, 1) & 1);
}

static PyObject *make_small(Bytes *bytes)
{
    return PyLong_FromLong((int8_t)take(bytes, 1));
}

/* At the edges of 8, 16, 32, 47, 63 and 64 bits, too. */
static PyObject *make_long(Bytes *bytes)
{
    static const uint64_t edges[] = {
        INT8_MAX,  UINT8_MAX, INT16_MAX,  UINT16_MAX,        INT32_MAX, UINT32_MAX, (uint64_t)1 << 47,
        INT64_MAX, INT64_MIN, UINT64_MAX, (uint64_t)1 << 62, 65536,     4096};
    size_t edge = take_below(bytes, 2 * sizeof edges / sizeof *edges);
    if (edge >= sizeof edges / sizeof *edges)
        return PyLong_FromLongLong((int64_t)take(bytes, 8));
    return PyLong_FromLongLong((int64_t)(edges[edge] + (uint64_t)(int8_t)take(bytes, 1)));
}

static PyObject *make_huge(Bytes *bytes)
{
    PyObject *one = PyLong_FromLong((int8_t)take(bytes, 1)), *places = PyLong_FromLong((long)take(bytes, 2));
    PyObject *made = PyNumber_Lshift(one, places);
    Py_DECREF(one);
    Py_DECREF(places);
    return made;
}

static PyObject *make_float(Bytes *bytes)
{
    static const double edges[] = {0.0,   -0.0,   1.0,         -1.0,         0.5,   1e-9,
                                   1e300, -1e300, Py_HUGE_VAL, -Py_HUGE_VAL, 9.3e9, 1e19};
    uint64_t word;
    double value;
    size_t edge = take_below(bytes, 16);
    if (edge < sizeof edges / sizeof *edges)
        return PyFloat_FromDouble(edges[edge]);
    word = take(bytes, 8);
    memcpy(&value, &word, sizeof value);
    return PyFloat_FromDouble(value);
}

/* No path that leads out of the folder of this process: create() and unlink() are called with such names. */
static PyObject *without_slash(PyObject *text)
{
    if (text && PyUnicode_FindChar(text, '/', 0, PyUnicode_GET_LENGTH(text), 1) >= 0)
        Py_SETREF(text, PyUnicode_FromString("a slash"));
    return text;
}

static PyObject *make_text(Bytes *bytes)
{
    Py_ssize_t length;
    const char *run = take_run(bytes, &length);
    return without_slash(PyUnicode_DecodeUTF8(run, length, "surrogateescape"));
}

/* Two bytes a character: lone surrogates, NULs, and what is wide. */
static PyObject *make_wide(Bytes *bytes)
{
    Py_ssize_t length;
    int order = -1;
    const char *run = take_run(bytes, &length);
    return without_slash(PyUnicode_DecodeUTF16(run, length & ~1, "surrogatepass", &order));
}

static PyObject *make_word(Bytes *bytes)
{
    return Py_NewRef(take_item(bytes, words));
}

static PyObject *make_bytes(Bytes *bytes)
{
    Py_ssize_t length;
    const char *run = take_run(bytes, &length);
    return PyBytes_FromStringAndSize(memchr(run, '/', (size_t)length) ? "a slash" : run, length > 7 ? 7 : length);
}

static PyObject *make_slice(Bytes *bytes)
{
    PyObject *start = take_object(bytes), *stop = take_object(bytes), *step = take_object(bytes);
    PyObject *made = PySlice_New(start, stop, step);
    Py_DECREF(start);
    Py_DECREF(stop);
    Py_DECREF(step);
    return made;
}

static PyObject *make_ellipsis(Bytes *bytes)
{
    (void)bytes;
    return Py_NewRef(Py_Ellipsis);
}

static PyObject *make_type(Bytes *bytes)
{
    return Py_NewRef(take_item(bytes, types));
}

static PyObject *make_shape(Bytes *bytes)
{
    return Py_NewRef(take_item(bytes, shapes));
}

/* ---- Containers ----------------------------------------------------------------------------------- */

/* What hostile objects change while it is looked at. */
static PyObject *registered(PyObject *container)
{
    if (container)
        PyList_Append(containers, container);
    return container;
}

static PyObject *make_list(Bytes *bytes)
{
    PyObject *list = registered(PyList_New(0));
    for (size_t count = take_below(bytes, 7); list && count > 0; count--) {
        PyObject *item = take_object(bytes);
        PyList_Append(list, item);
        Py_DECREF(item);
    }
    return list;
}

static PyObject *make_tuple(Bytes *bytes)
{
    PyObject *list = make_list(bytes), *tuple = list ? PyList_AsTuple(list) : NULL;
    Py_XDECREF(list);
    return tuple;
}

static PyObject *make_dict(Bytes *bytes)
{
    PyObject *dict = registered(PyDict_New());
    for (size_t count = take_below(bytes, 6); dict && count > 0; count--) {
        PyObject *key = take_object(bytes), *value = take_object(bytes);
        PyDict_SetItem(dict, key, value);
        PyErr_Clear(); /* not hashable */
        Py_DECREF(key);
        Py_DECREF(value);
    }
    return dict;
}

static PyObject *wrapped(PyObject *inner, size_t how)
{
    if (how == 0)
        return Py_BuildValue("[N]", inner);
    if (how == 1)
        return Py_BuildValue("(N)", inner);
    return Py_BuildValue("{s:N}", "k", inner);
}

static PyObject *make_chain(Bytes *bytes)
{
    size_t length = take_below(bytes, 256), how = take_below(bytes, 4);
    length = length < 248 ? length % 8 : SHOAL_MAX_DEPTH - 256 + length; /* few, or about as many as may be stored */
    PyObject *chain = take_object(bytes);
    for (size_t i = 0; chain && i < length; i++)
        chain = wrapped(chain, how == 3 ? i % 3 : how);
    return chain;
}

/* A list that has itself in it, directly or in another. */
static PyObject *make_cycle(Bytes *bytes)
{
    PyObject *list = registered(PyList_New(0)), *between = wrapped(Py_NewRef(list), take_below(bytes, 3));
    if (between)
        PyList_Append(list, take_below(bytes, 2) ? between : list);
    Py_XDECREF(between);
    return list;
}

static PyObject *make_pooled(Bytes *bytes)
{
    if (bytes->pooled == 0)
        return make_none(bytes);
    return Py_NewRef(bytes->pool[take_below(bytes, bytes->pooled)]);
}

/* factory(inner, number, action) */
static PyObject *make_hostile(Bytes *bytes)
{
    PyObject *factory = take_item(bytes, factories);
    bytes->tricky = true;
    int number = (int8_t)take(bytes, 1), action = (int)take(bytes, 1);
    PyObject *inner = take_object(bytes);
    PyObject *made = PyObject_CallFunction(factory, "Oii", inner, number, action);
    Py_DECREF(inner);
    return made;
}

/* ---- Any ---------------------------------------------------------------------------------------- */

typedef PyObject *(*maker)(Bytes *bytes);

static const maker makers[] = {make_none, make_bool,     make_small,   make_long,    make_huge,    make_float,
                               make_text, make_wide,     make_word,    make_bytes,   make_list,    make_tuple,
                               make_dict, make_chain,    make_cycle,   make_slice,   make_shape,   make_pooled,
                               make_type, make_ellipsis, make_hostile, make_hostile, make_hostile, make_hostile,
                               make_word, make_word,     make_small,   make_pooled,  make_pooled};

PyObject *take_object(Bytes *bytes)
{
    size_t choice = take_below(bytes, sizeof makers / sizeof *makers);
    PyObject *made = NULL;
    bytes->depth++;
    if (bytes->depth < DEEPEST)
        made = makers[choice](bytes);
    bytes->depth--;
    PyErr_Clear();
    return made ? made : Py_NewRef(Py_None);
}
