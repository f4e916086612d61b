/* From Python's arguments to the core's: each function names what is wrong and what would be right. */
#include "args.h"

#include <limits.h>
#include <math.h>

#include "errors.h"
#include "foreign.h"
#include "value.h"

static int find_name(const Signature *signature, PyObject *keyword)
{
    for (int i = 0; signature->names[i]; i++)
        if (PyUnicode_CompareWithASCIIString(keyword, signature->names[i]) == 0)
            return i;
    return -1;
}

static int take_keyword(const Signature *signature, PyObject *keyword, PyObject *value, PyObject **out)
{
    int at = find_name(signature, keyword);
    if (at < 0) {
        PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument '%U'", signature->function, keyword);
        return -1;
    }
    if (out[at]) {
        PyErr_Format(PyExc_TypeError, "%s() got multiple values for argument '%U'", signature->function, keyword);
        return -1;
    }
    out[at] = value;
    return 0;
}

int arg_parse(const Signature *signature, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, PyObject **out)
{
    if (nargs > signature->positional) {
        PyErr_Format(PyExc_TypeError, "%s() takes at most %d positional arguments (%zd given)", signature->function,
                     signature->positional, nargs);
        return -1;
    }
    for (int i = 0; signature->names[i]; i++)
        out[i] = i < nargs ? args[i] : NULL;
    Py_ssize_t keywords = kwnames ? PyTuple_GET_SIZE(kwnames) : 0;
    for (Py_ssize_t i = 0; i < keywords; i++)
        if (take_keyword(signature, PyTuple_GET_ITEM(kwnames, i), args[nargs + i], out) < 0)
            return -1;
    for (int i = 0; i < signature->required; i++)
        if (!out[i]) {
            PyErr_Format(PyExc_TypeError, "%s() missing required argument '%s'", signature->function,
                         signature->names[i]);
            return -1;
        }
    return 0;
}

int arg_object_name(PyObject *object, Name *name)
{
    if (!PyUnicode_Check(object)) {
        PyErr_Format(PyExc_TypeError, "an object's name must be str, not %.100s", Py_TYPE(object)->tp_name);
        return -1;
    }
    Py_ssize_t size;
    name->text = PyUnicode_AsUTF8AndSize(object, &size);
    name->length = (size_t)size;
    return name->text ? 0 : -1;
}

/* A pathlib.Path always means a file, so one without a slash gets one. */
static PyObject *path_text(PyObject *object)
{
    PyObject *path = PyOS_FSPath(object);
    if (!path || !PyUnicode_Check(path)) {
        if (path)
            PyErr_Format(PyExc_TypeError, "a segment's name must be str or a path of str, not %.100s",
                         Py_TYPE(path)->tp_name);
        Py_XDECREF(path);
        return NULL;
    }
    if (PyUnicode_Check(object) || PyUnicode_FindChar(path, '/', 0, PyUnicode_GET_LENGTH(path), 1) >= 0)
        return path;
    PyObject *file = PyUnicode_FromFormat("./%U", path);
    Py_DECREF(path);
    return file;
}

static int check_segment_name(PyObject *bytes)
{
    const char *name = PyBytes_AS_STRING(bytes);
    if (strlen(name) != (size_t)PyBytes_GET_SIZE(bytes)) {
        PyErr_SetString(PyExc_ValueError, "a segment's name must not contain a null character");
        return -1;
    }
    if (strncmp(name, "sysv:", 5) == 0) {
        PyErr_Format(PyExc_ValueError, "System V segments (%s) are not in this version: use a plain name or a path",
                     name);
        return -1;
    }
    return 0;
}

PyObject *arg_segment_name(PyObject *object)
{
    PyObject *text = path_text(object);
    if (!text)
        return NULL;
    bool path = PyUnicode_FindChar(text, '/', 0, PyUnicode_GET_LENGTH(text), 1) >= 0;
    PyObject *bytes = path ? PyUnicode_EncodeFSDefault(text) : PyUnicode_AsUTF8String(text);
    Py_DECREF(text);
    if (bytes && check_segment_name(bytes) < 0)
        Py_CLEAR(bytes);
    return bytes;
}

/* An int by the protocol of indices, but no bool: a new reference. */
static PyObject *integer(PyObject *object, const char *what)
{
    if (PyBool_Check(object) || !PyIndex_Check(object)) {
        PyErr_Format(PyExc_TypeError, "%s must be int, not %.100s", what, Py_TYPE(object)->tp_name);
        return NULL;
    }
    return PyNumber_Index(object);
}

static int size_of(ModuleState *state, PyObject *object, const char *what, uint64_t *size)
{
    PyObject *text = NULL;
    if (PyUnicode_Check(object)) {
        text = Py_NewRef(object);
    } else if (PyIndex_Check(object) && !PyBool_Check(object)) {
        PyObject *number = PyNumber_Index(object);
        text = number ? PyObject_Str(number) : NULL;
        Py_XDECREF(number);
    } else {
        PyErr_Format(PyExc_TypeError, "%s must be int or str (\"64M\"), not %.100s", what, Py_TYPE(object)->tp_name);
    }
    Py_ssize_t length;
    const char *utf8 = text ? PyUnicode_AsUTF8AndSize(text, &length) : NULL;
    int status = utf8 ? shoal_parse_size(size, utf8, (size_t)length) : STATUS_RAISED;
    Py_XDECREF(text);
    if (status < 0)
        raise_status(state, status);
    return status < 0 ? -1 : 0;
}

int arg_size(ModuleState *state, PyObject *object, uint64_t *size)
{
    return object ? size_of(state, object, "size", size) : 0; /* the default of shoal_options_init */
}

int arg_capacity(ModuleState *state, PyObject *object, uint64_t *capacity)
{
    if (!object)
        return 0;
    if (size_of(state, object, "capacity", capacity) < 0)
        return -1;
    if (*capacity == 0)
        PyErr_SetString(PyExc_ValueError, "capacity must be at least 1 byte");
    return *capacity == 0 ? -1 : 0;
}

/* An int of `low` to `high`. */
static int ranged(PyObject *object, const char *what, int64_t low, int64_t high, int64_t *out)
{
    PyObject *number = integer(object, what);
    if (!number)
        return -1;
    int overflow;
    long long value = PyLong_AsLongLongAndOverflow(number, &overflow);
    if (overflow || value < low || value > high) {
        PyErr_Format(PyExc_ValueError, "%s must be %lld to %lld, not %S", what, (long long)low, (long long)high,
                     number);
        Py_DECREF(number);
        return -1;
    }
    Py_DECREF(number);
    *out = value;
    return 0;
}

int arg_mode(PyObject *object, uint32_t *mode)
{
    if (!object)
        return 0;
    PyObject *number = integer(object, "mode");
    if (!number)
        return -1;
    int overflow;
    long long value = PyLong_AsLongLongAndOverflow(number, &overflow);
    Py_DECREF(number);
    if (overflow || value < 0 || value > 0777) {
        PyErr_SetString(PyExc_ValueError, "mode must be 0 to 0o777");
        return -1;
    }
    *mode = (uint32_t)value;
    return 0;
}

/* The number of a user or group by its name: `module`.`function`(name).`field`. */
static int look_up(const char *module, const char *function, const char *field, PyObject *name, int64_t *out)
{
    PyObject *database = PyImport_ImportModule(module);
    PyObject *entry = database ? PyObject_CallMethod(database, function, "O", name) : NULL;
    PyObject *number = entry ? PyObject_GetAttrString(entry, field) : NULL;
    Py_XDECREF(database);
    Py_XDECREF(entry);
    if (number)
        *out = PyLong_AsLongLong(number);
    Py_XDECREF(number);
    if (!PyErr_Occurred())
        return 0;
    if (PyErr_ExceptionMatches(PyExc_KeyError)) {
        PyErr_Clear();
        PyErr_Format(PyExc_ValueError, "there is no %s named %R", *module == 'g' ? "group" : "user", name);
    }
    return -1;
}

int arg_group(PyObject *object, int64_t *group)
{
    if (!object || object == Py_None)
        return 0;
    if (PyUnicode_Check(object))
        return look_up("grp", "getgrnam", "gr_gid", object, group);
    return ranged(object, "group", 0, UINT32_MAX - 1, group);
}

int arg_owner(PyObject *object, int64_t *owner)
{
    if (!object || object == Py_None)
        return 0;
    if (!PyUnicode_Check(object))
        return ranged(object, "owner", 0, UINT32_MAX - 1, owner);
    if (PyUnicode_CompareWithASCIIString(object, "any") != 0)
        return look_up("pwd", "getpwnam", "pw_uid", object, owner);
    *owner = SHOAL_ANY_OWNER;
    return 0;
}

int arg_lifetime(PyObject *object, uint32_t *lifetime)
{
    if (!object)
        return 0;
    if (!PyUnicode_Check(object)) {
        PyErr_Format(PyExc_TypeError, "lifetime must be str, not %.100s", Py_TYPE(object)->tp_name);
        return -1;
    }
    if (PyUnicode_CompareWithASCIIString(object, "persistent") == 0)
        *lifetime = SHOAL_PERSISTENT;
    else if (PyUnicode_CompareWithASCIIString(object, "shared") == 0)
        *lifetime = SHOAL_SHARED;
    else {
        PyErr_Format(PyExc_ValueError, "lifetime must be 'persistent' or 'shared', not %R", object);
        return -1;
    }
    return 0;
}

int arg_bool(PyObject *object, bool fallback, bool *out)
{
    int truth = object ? PyObject_IsTrue(object) : fallback;
    *out = truth > 0;
    return truth < 0 ? -1 : 0;
}

int arg_int64(PyObject *object, const char *what, int64_t *out)
{
    PyObject *number = PyLong_CheckExact(object) ? Py_NewRef(object) : integer(object, what);
    if (!number)
        return -1;
    int overflow;
    *out = PyLong_AsLongLongAndOverflow(number, &overflow);
    Py_DECREF(number);
    if (overflow)
        PyErr_Format(PyExc_OverflowError, "%s does not fit into 64 bits", what);
    return overflow || (*out == -1 && PyErr_Occurred()) ? -1 : 0;
}

int arg_count(PyObject *object, const char *what, uint32_t least, uint32_t most, uint32_t *out)
{
    int64_t value;
    if (ranged(object, what, least, most, &value) < 0)
        return -1;
    *out = (uint32_t)value;
    return 0;
}

/* ---- dtypes and shapes -------------------------------------------------------------------------- */

/* numpy's dtype and scalar types, by the array-interface code of the dtype: a new str. */
static PyObject *numpy_code(PyObject *numpy, PyObject *object)
{
    PyObject *dtype = PyObject_CallMethod(numpy, "dtype", "O", object);
    PyObject *code = dtype ? PyObject_GetAttrString(dtype, "str") : NULL;
    Py_XDECREF(dtype);
    if (code && PyUnicode_Check(code) && PyUnicode_CompareWithASCIIString(code, "|b1") == 0)
        Py_SETREF(code, PyUnicode_FromString("?"));
    return code;
}

static PyObject *dtype_text(ModuleState *state, PyObject *object)
{
    if (PyUnicode_Check(object))
        return Py_NewRef(object);
    if (object == (PyObject *)&PyFloat_Type)
        return PyUnicode_FromString("float64");
    if (object == (PyObject *)&PyLong_Type)
        return PyUnicode_FromString("int64");
    if (object == (PyObject *)&PyBool_Type)
        return PyUnicode_FromString("bool");
    if (object == (PyObject *)&PyComplex_Type)
        return PyUnicode_FromString("complex128");
    PyObject *numpy = numpy_loaded(state);
    if (numpy)
        return numpy_code(numpy, object);
    PyErr_Format(PyExc_TypeError, "dtype must be str or a numpy dtype, not %.100s", Py_TYPE(object)->tp_name);
    return NULL;
}

int arg_dtype(ModuleState *state, PyObject *object, shoal_dtype *out)
{
    PyObject *text = dtype_text(state, object);
    Py_ssize_t length;
    const char *utf8 = text ? PyUnicode_AsUTF8AndSize(text, &length) : NULL;
    int status = utf8 ? shoal_dtype_parse(out, utf8, (size_t)length) : STATUS_RAISED;
    Py_XDECREF(text);
    if (status < 0)
        raise_status(state, status);
    return status < 0 ? -1 : 0;
}

/* By its iterator, which bears with __index__ changing what is read, and no further than there may be dimensions. */
static int shape_of_items(PyObject *iterator, size_t *ndim, int64_t *shape)
{
    PyObject *length;
    for (*ndim = 0; (length = PyIter_Next(iterator)); ++*ndim) {
        int result = -1;
        if (*ndim == SHOAL_MAX_DIMS)
            PyErr_Format(PyExc_ValueError, "an array has at most %d dimensions", SHOAL_MAX_DIMS);
        else
            result = ranged(length, "a length of the shape", 0, INT64_MAX, &shape[*ndim]);
        Py_DECREF(length);
        if (result < 0)
            return -1;
    }
    return PyErr_Occurred() ? -1 : 0;
}

/* An array of numpy's can be an index and has a length: unless it has no dimensions, it is a sequence. */
static bool is_one_length(PyObject *object)
{
    if (!PyIndex_Check(object) || !PySequence_Check(object))
        return PyIndex_Check(object);
    bool sequence = PySequence_Size(object) >= 0;
    PyErr_Clear();
    return !sequence;
}

static bool is_text_or_unordered(PyObject *object)
{
    return PyUnicode_Check(object) || PyBytes_Check(object) || PyAnySet_Check(object) || PyDict_Check(object);
}

int arg_shape(PyObject *object, size_t *ndim, int64_t *shape)
{
    if (is_one_length(object)) {
        *ndim = 1;
        return ranged(object, "the shape", 0, INT64_MAX, shape);
    }
    PyObject *iterator = is_text_or_unordered(object) ? NULL : PyObject_GetIter(object);
    if (!iterator) {
        if (!PyErr_Occurred() || PyErr_ExceptionMatches(PyExc_TypeError))
            PyErr_SetString(PyExc_TypeError, "shape must be an int or a sequence of ints");
        return -1;
    }
    int result = shape_of_items(iterator, ndim, shape);
    Py_DECREF(iterator);
    return result;
}

/* ---- Time --------------------------------------------------------------------------------------- */

/* -1.0 with an exception if it is none. `what` has an article. */
static double seconds_of(PyObject *object, const char *what)
{
    if (!PyFloat_Check(object) && !PyLong_Check(object) && is_numpy_time(object)) {
        PyErr_Format(PyExc_TypeError, "%s is a number of seconds, not %s: value / numpy.timedelta64(1, \"s\")", what,
                     Py_TYPE(object)->tp_name);
        return -1.0;
    }
    double seconds = PyFloat_AsDouble(object);
    PyNumberMethods *number = Py_TYPE(object)->tp_as_number;
    if (seconds == -1.0 && PyErr_ExceptionMatches(PyExc_TypeError) &&
        !(number && (number->nb_float || number->nb_index)))
        PyErr_Format(PyExc_TypeError, "%s is a number of seconds, not %.100s", what, Py_TYPE(object)->tp_name);
    return seconds;
}

static double arg_seconds(PyObject *object)
{
    return seconds_of(object, "a timeout");
}

int arg_duration(PyObject *object, const char *what, shoal_time *out)
{
    double seconds = seconds_of(object, what);
    if (seconds == -1.0 && PyErr_Occurred())
        return -1;
    if (isnan(seconds) || seconds < 0) {
        PyErr_Format(PyExc_ValueError, "%s must be a non-negative number of seconds", what);
        return -1;
    }
    *out = seconds >= 9e9 ? (shoal_time)9e18 : (shoal_time)(seconds * 1e9);
    return 0;
}

int arg_timeout(PyObject *object, shoal_time *deadline)
{
    *deadline = SHOAL_FOREVER;
    if (!object || object == Py_None)
        return 0;
    double seconds = arg_seconds(object);
    if (seconds == -1.0 && PyErr_Occurred())
        return -1;
    if (isnan(seconds) || seconds < 0) {
        PyErr_SetString(PyExc_ValueError, "timeout must be a non-negative number of seconds");
        return -1;
    }
    *deadline = seconds == 0 ? SHOAL_NO_WAIT : shoal_deadline(seconds);
    return 0;
}

int arg_only_timeout(const char *function, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
                     shoal_time *deadline)
{
    static const char *const names[] = {"timeout", NULL};
    PyObject *given[1];
    if (arg_parse(&(Signature){function, names, 1, 0}, args, nargs, kwnames, given) < 0)
        return -1;
    return arg_timeout(given[0], deadline);
}

/* As threading.Lock has it: -1 waits for ever, another negative timeout or one beside blocking=False is an error. */
static int acquire_deadline(bool blocking, PyObject *timeout, shoal_time *deadline)
{
    double seconds = timeout && timeout != Py_None ? arg_seconds(timeout) : -1.0;
    if (seconds == -1.0 && PyErr_Occurred())
        return -1;
    *deadline = blocking ? SHOAL_FOREVER : SHOAL_NO_WAIT;
    if (seconds == -1.0)
        return 0;
    if (!blocking) {
        PyErr_SetString(PyExc_ValueError, "can't specify a timeout for a non-blocking call");
        return -1;
    }
    if (isnan(seconds) || seconds < 0) {
        PyErr_SetString(PyExc_ValueError, "timeout must be a non-negative number of seconds, or -1 to wait for ever");
        return -1;
    }
    *deadline = seconds == 0 ? SHOAL_NO_WAIT : shoal_deadline(seconds);
    return 0;
}

int arg_acquire(PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, shoal_time *deadline)
{
    static const char *const names[] = {"blocking", "timeout", "block", NULL};
    static const Signature signature = {"acquire", names, 2, 0};
    PyObject *given[3];
    bool blocking;
    *deadline = SHOAL_FOREVER;
    if (nargs == 0 && !kwnames)
        return 0;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0)
        return -1;
    if (given[0] && given[2]) {
        PyErr_SetString(PyExc_TypeError, "acquire() takes blocking or block, which mean the same, not both");
        return -1;
    }
    if (arg_bool(given[0] ? given[0] : given[2], true, &blocking) < 0)
        return -1;
    return acquire_deadline(blocking, given[1], deadline);
}

int arg_paths(PyObject *object, bool *plain)
{
    bool paths;
    int result = arg_bool(object, true, &paths);
    *plain = result == 0 && !paths;
    return result;
}
