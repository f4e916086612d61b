/* A tree of Python objects, hostile ones among them, into bytes; what could be written must be readable. */
#include "objects.h"
#include "value.h"

#include <string.h>

static ModuleState *state;

static bool equal(const shoal_writer *one, const shoal_writer *other)
{
    return one->size == other->size && memcmp(one->bytes, other->bytes, one->size) == 0;
}

/* Into `again`, what is read out of `written`; false: there is no memory for it. */
static bool rewrite(shoal_writer *again, const shoal_writer *written)
{
    PyObject *value = value_read(state, written->bytes, written->size);
    shoal_writer_init(again);
    if (value && value_write(state, again, value) < 0)
        violation("what was read cannot be written");
    if (!value && !PyErr_ExceptionMatches(PyExc_MemoryError))
        violation("what was written cannot be read");
    PyErr_Clear();
    Py_XDECREF(value);
    return value != NULL;
}

/* A hostile mapping may have had the same key twice; what came of it has not. */
static void read_back(const shoal_writer *written, bool tricky)
{
    shoal_writer one, two = {0};
    bool read = rewrite(&one, written);
    if (read && !tricky && !equal(written, &one))
        violation("what was written comes back as something else");
    if (read && rewrite(&two, &one) && !equal(&one, &two))
        violation("what was read comes back as something else");
    shoal_writer_free(&one);
    shoal_writer_free(&two);
}

static void once(const uint8_t *data, size_t size)
{
    shoal_writer writer;
    Bytes bytes = bytes_over(data, size);
    PyObject *value = take_object(&bytes);
    shoal_writer_init(&writer);
    int result = value_write(state, &writer, value);
    check_result("encode", result < 0 ? NULL : value);
    Py_DECREF(value);
    if (result == 0)
        read_back(&writer, bytes.tricky);
    shoal_writer_free(&writer);
    bytes_done(&bytes);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    state = embed_start();
    objects_start();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    embed_check(once, data, size);
    return 0;
}
