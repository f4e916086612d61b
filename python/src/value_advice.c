/* What to store instead of what cannot be stored: an expression in which the object is called `value`. */
#include "value.h"

typedef struct Advice {
    const char *known_by;
    const char *expression;
} Advice;

/* By the name of the class or of one that it comes from. */
static const Advice classes[] = {
    {"numpy.datetime64",
     "value.astype(\"datetime64[us]\").item().replace(tzinfo=datetime.timezone.utc) if it is in UTC"},
    {"numpy.timedelta64", "value.astype(\"int64\") and its unit"},
    {"numpy.longdouble", "float(value)"},
    {"numpy.complexfloating", "[float(value.real), float(value.imag)]"},
    {"complex", "[value.real, value.imag]"},
    {"UUID", "str(value)"},
    {"shoal.Frame", "value.value"},
    {"shoal.", "value.name"},
};

/* By what the class has; the first that it has counts. */
static const Advice attributes[] = {
    {"__dataclass_fields__", "dataclasses.asdict(value)"},
    {"__attrs_attrs__", "attrs.asdict(value)"},
    {"model_dump", "value.model_dump()"},
    {"__members__", "value.value"}, /* an Enum */
    {"filled", "value.filled()"},   /* a masked array */
    {"to_numpy", "value.to_numpy()"},
    {"numpy", "value.numpy()"},
    {"total_seconds", "value.total_seconds()"},
    {"isoformat", "value.isoformat()"},
    {"__fspath__", "os.fspath(value)"},
    {"as_integer_ratio", "str(value)"}, /* Decimal, Fraction */
    {"keys", "dict(value)"},
    {"__iter__", "list(value)"},
};

static bool is_named(const PyTypeObject *type, const char *name)
{
    size_t length = strlen(name);
    bool module = name[length - 1] == '.';
    for (; type; type = type->tp_base)
        if (module ? strncmp(type->tp_name, name, length) == 0 : strcmp(type->tp_name, name) == 0)
            return true;
    return false;
}

bool is_numpy_time(PyObject *object)
{
    return is_named(Py_TYPE(object), "numpy.datetime64") || is_named(Py_TYPE(object), "numpy.timedelta64");
}

static bool class_has(PyTypeObject *type, const char *name)
{
    PyObject *found = PyObject_GetAttrString((PyObject *)type, name);
    bool has = found && found != Py_None; /* None takes away what a base has */
    Py_XDECREF(found);
    PyErr_Clear();
    return has;
}

const char *advice_for(PyObject *value)
{
    PyTypeObject *type = Py_TYPE(value);
    if (PyType_Check(value)) /* a class has what its objects have */
        return NULL;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(classes); i++)
        if (is_named(type, classes[i].known_by))
            return classes[i].expression;
    for (size_t i = 0; i < Py_ARRAY_LENGTH(attributes); i++)
        if (class_has(type, attributes[i].known_by))
            return attributes[i].expression;
    return PySequence_Check(value) ? "list(value)" : NULL; /* of ctypes */
}
