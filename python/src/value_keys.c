/* Keys of maps: no two of them may be one key to a reader, or an entry would be lost on the way. */
#include "value.h"

/* Is the text one that PHP takes for a whole number? "7" and "-7" are, "07", "-0", "7.0" and "7 " are not. */
static bool is_number_of_php(const char *text, Py_ssize_t size, int64_t *number)
{
    bool negative = size > 0 && text[0] == '-';
    const char *digits = text + negative;
    Py_ssize_t count = size - negative;
    uint64_t sum = 0;
    if (count < 1 || count > 19 || (digits[0] == '0' && (count > 1 || negative)))
        return false;
    for (Py_ssize_t i = 0; i < count; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return false;
        sum = sum * 10 + (uint64_t)(digits[i] - '0');
    }
    if (sum > (uint64_t)INT64_MAX + negative)
        return false;
    *number = (int64_t)(negative ? 0 - sum : sum);
    return true;
}

/* The key as its class has it at least: no code of a subclass runs. */
static PyObject *plain_key(PyObject *key)
{
    if (PyUnicode_Check(key))
        return PyUnicode_FromObject(key);
    return PyLong_Check(key) ? PyLong_FromLongLong(PyLong_AsLongLong(key)) : Py_NewRef(key);
}

/* The key that an array of PHP has for it. */
static PyObject *key_in_php(PyObject *plain)
{
    int64_t number;
    Py_ssize_t size;
    const char *text = PyUnicode_Check(plain) ? PyUnicode_AsUTF8AndSize(plain, &size) : NULL;
    if (text && is_number_of_php(text, size, &number))
        return PyLong_FromLongLong(number);
    return PyErr_Occurred() ? NULL : Py_NewRef(plain);
}

/* Note the plain key under what PHP has for it; 1: another is there already, in *other (borrowed). */
static int note_key(PyObject *seen, PyObject *plain, PyObject **other)
{
    PyObject *name = key_in_php(plain);
    *other = name ? PyDict_GetItemWithError(seen, name) : NULL;
    int result = *other ? 1 : PyErr_Occurred() ? -1 : PyDict_SetItem(seen, name, plain);
    Py_XDECREF(name);
    return result;
}

/* The sentence about two keys, or NULL with an exception. */
static PyObject *sentence(PyObject *one, PyObject *other)
{
    if (Py_TYPE(one) == Py_TYPE(other))
        return PyUnicode_FromFormat("the key %R is there twice, so the map cannot be stored", one);
    return PyUnicode_FromFormat("the keys %R and %R are one key in PHP, and cannot be stored together", other, one);
}

static int judge_key(PyObject *seen, PyObject *key, PyObject **complaint)
{
    PyObject *other, *plain = plain_key(key);
    int result = plain ? note_key(seen, plain, &other) : -1;
    if (result > 0) {
        *complaint = sentence(plain, other);
        result = *complaint ? 1 : -1;
    }
    Py_XDECREF(plain);
    return result;
}

static int judge_dict(PyObject *seen, PyObject *dict, PyObject **complaint)
{
    PyObject *key, *value;
    Py_ssize_t position = 0;
    int result = 0;
    while (result == 0 && PyDict_Next(dict, &position, &key, &value))
        result = judge_key(seen, key, complaint);
    return result;
}

static int judge_items(PyObject *seen, PyObject *items, PyObject **complaint)
{
    int result = 0;
    for (Py_ssize_t i = 0; result == 0 && i < PyList_GET_SIZE(items); i++)
        result = judge_key(seen, PyTuple_GET_ITEM(PyList_GET_ITEM(items, i), 0), complaint);
    return result;
}

int keys_judge(PyObject *keys, PyObject **complaint)
{
    PyObject *seen = PyDict_New();
    if (!seen)
        return -1;
    int result = PyList_Check(keys) ? judge_items(seen, keys, complaint) : judge_dict(seen, keys, complaint);
    Py_DECREF(seen);
    return result;
}
