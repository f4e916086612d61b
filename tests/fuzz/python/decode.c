/* Any bytes into a Python value; what could be read is written and read again, and must come out the same. */
#include "embed.h"
#include "value.h"

#include <string.h>

static ModuleState *state;

static bool encode(shoal_writer *writer, PyObject *value)
{
    shoal_writer_init(writer);
    if (value_write(state, writer, value) == 0)
        return true;
    /* keys that only other languages have, keys that are one to some, 64 bits without a sign: nothing else may be refused */
    if (!PyErr_ExceptionMatches(PyExc_TypeError) && !PyErr_ExceptionMatches(PyExc_OverflowError) &&
        !PyErr_ExceptionMatches(PyExc_ValueError))
        violation("what was read cannot be written");
    PyErr_Clear();
    return false;
}

static void round_trip(PyObject *value)
{
    shoal_writer one, two;
    if (encode(&one, value)) {
        PyObject *again = value_read(state, one.bytes, one.size);
        if (!again)
            violation("what was written cannot be read");
        if (!encode(&two, again) || one.size != two.size || memcmp(one.bytes, two.bytes, one.size) != 0)
            violation("what was read comes back as something else");
        shoal_writer_free(&two);
        Py_DECREF(again);
    }
    shoal_writer_free(&one);
}

static void once(const uint8_t *data, size_t size)
{
    PyObject *value = value_read(state, data, size);
    check_result("decode", value);
    if (value)
        round_trip(value);
    Py_XDECREF(value);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    state = embed_start();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    embed_check(once, data, size);
    return 0;
}
