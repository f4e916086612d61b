/*
 * The exceptions: made at init from the status list of shoal.h, with the bases the API promises. Those whose bases are classes of a
 * module are made by shoal/_queue_errors.py, when the first object that may raise them is opened.
 */
#include "errors.h"

#include <errno.h>

typedef struct StatusEntry {
    int status;
    const char *exception;
    const char *message;
} StatusEntry;

static const StatusEntry statuses[] = {
#define ENTRY(code, number, exception, message) {number, exception, message},
    SHOAL_STATUS_LIST(ENTRY)
#undef ENTRY
};

/* The second base of each class of ours, and the errno of those that are OSErrors. */
typedef struct ClassEntry {
    const char *name;
    PyObject **base;
    int number;
} ClassEntry;

static const ClassEntry classes[] = {
    {"NotFound", &PyExc_FileNotFoundError, ENOENT},
    {"AlreadyExists", &PyExc_FileExistsError, EEXIST},
    {"TypeMismatch", &PyExc_TypeError, 0},
    {"NoSpace", &PyExc_MemoryError, 0},
    {"Denied", &PyExc_PermissionError, EACCES},
    {"ReadOnly", &PyExc_TypeError, 0},
    {"Timeout", &PyExc_TimeoutError, ETIMEDOUT},
    {"LockError", &PyExc_RuntimeError, 0},
    {"BrokenBarrier", &PyExc_RuntimeError, 0},
    {"Closed", &PyExc_ValueError, 0},
    {NULL, NULL, 0}, /* any other: shoal.Error alone */
};

static const char *const made_late[] = {"Full", "Empty", "ShutDown", NULL};

static bool is_made_late(const char *name)
{
    const char *const *each = made_late;
    while (*each && strcmp(*each, name) != 0)
        each++;
    return *each != NULL;
}

static const ClassEntry *class_entry(const char *name)
{
    const ClassEntry *entry = classes;
    while (entry->name && strcmp(entry->name, name) != 0)
        entry++;
    return entry;
}

/*
 * An OSError made with one argument prints just that argument. Its errno would be None, so the class
 * carries the number; a class attribute also survives pickling.
 */
static PyObject *class_dict(int number)
{
    return number ? Py_BuildValue("{s:i}", "errno", number) : PyDict_New();
}

static PyObject *make_class(const char *name, const char *doc, PyObject *first, PyObject *second, int number)
{
    char qualified[64];
    PyOS_snprintf(qualified, sizeof qualified, "shoal.%s", name);
    PyObject *bases = second ? PyTuple_Pack(2, first, second) : PyTuple_Pack(1, first);
    PyObject *dict = class_dict(number);
    PyObject *made = bases && dict ? PyErr_NewExceptionWithDoc(qualified, doc, bases, dict) : NULL;
    Py_XDECREF(bases);
    Py_XDECREF(dict);
    return made;
}

static int add_class(PyObject *module, const char *name, PyObject *made)
{
    if (!made)
        return -1;
    return PyModule_AddObjectRef(module, name, made);
}

/* The class `name`: the language's own, one made before, or a new one. */
static PyObject *class_for(PyObject *module, PyObject *error, const StatusEntry *entry)
{
    PyObject *builtins = PyEval_GetBuiltins();
    PyObject *known = PyDict_GetItemString(builtins, entry->exception);
    if (!known)
        known = PyDict_GetItemString(PyModule_GetDict(module), entry->exception);
    if (known) {
        Py_INCREF(known);
        return known;
    }
    const ClassEntry *class = class_entry(entry->exception);
    PyObject *made =
        make_class(entry->exception, entry->message, error, class->base ? *class->base : NULL, class->number);
    if (add_class(module, entry->exception, made) < 0)
        Py_CLEAR(made);
    return made;
}

/* NotFound for the name of an object is a KeyError as well; OSError's str() comes first and is the sentence. */
static int make_object_not_found(PyObject *module, ModuleState *state)
{
    PyObject *made = make_class("ObjectNotFound", shoal_status_message(SHOAL_ENOKEY),
                                state->exceptions[-SHOAL_ENOTFOUND], PyExc_KeyError, 0);
    if (add_class(module, "ObjectNotFound", made) < 0) {
        Py_XDECREF(made);
        return -1;
    }
    Py_XSETREF(state->exceptions[-SHOAL_ENOKEY], made);
    return 0;
}

int errors_init(PyObject *module, ModuleState *state)
{
    PyObject *error = make_class("Error", "The base class of Shoal's errors.", PyExc_Exception, NULL, 0);
    if (add_class(module, "Error", error) < 0) {
        Py_XDECREF(error);
        return -1;
    }
    int result = 0;
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses && result == 0; i++) {
        if (is_made_late(statuses[i].exception))
            continue;
        PyObject *class = class_for(module, error, &statuses[i]);
        if (!class)
            result = -1;
        state->exceptions[-statuses[i].status] = class;
    }
    Py_DECREF(error);
    return result < 0 ? -1 : make_object_not_found(module, state);
}

static const char *exception_name(int status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].status == status)
            return statuses[i].exception;
    return NULL;
}

static PyObject *make_late(ModuleState *state, int status)
{
    const char *name = exception_name(status);
    if (!name)
        return PyExc_SystemError;
    PyObject *module = PyImport_ImportModule("shoal._queue_errors");
    PyObject *class = module ? PyObject_GetAttrString(module, name) : NULL;
    Py_XDECREF(module);
    return once_put(&state->exceptions[-status], NULL, class);
}

/* Borrowed; NULL with another exception. */
static PyObject *class_of(ModuleState *state, int status)
{
    if (status >= 0 || status < -LAST_STATUS)
        return PyExc_SystemError;
    PyObject *class = once_get(&state->exceptions[-status]);
    return class ? class : make_late(state, status);
}

void errors_make_late(ModuleState *state)
{
    static const int late[] = {SHOAL_EFULL, SHOAL_EEMPTY, SHOAL_ESHUT};
    if (PyInterpreterState_Get() != PyInterpreterState_Main())
        return; /* there the import of threading, which queue needs, makes CPython 3.11 wait for ever in the end */
    for (size_t i = 0; i < sizeof late / sizeof *late; i++)
        if (!class_of(state, late[i]))
            PyErr_Clear(); /* whoever raises it tries again, and tells */
}

PyObject *raise_status(ModuleState *state, int status)
{
    if (status == STATUS_RAISED)
        return NULL;
    const char *text = shoal_error_message();
    PyObject *message = PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "backslashreplace");
    PyObject *class = message ? class_of(state, status) : NULL;
    if (class)
        PyErr_SetObject(class, message);
    Py_XDECREF(message);
    return NULL;
}

PyObject *raise_text(ModuleState *state, int status, const char *format, ...)
{
    va_list arguments;
    PyObject *class = class_of(state, status);
    va_start(arguments, format);
    if (class)
        PyErr_FormatV(class, format, arguments);
    va_end(arguments);
    return NULL;
}
