/* What was got from a queue, as Python objects. */
#include "errors.h"
#include "gil.h"
#include "message.h"
#include "value.h"

/* ---- An array that is the whole message ----------------------------------------------------------- */

/* Any extension of MessagePack: among them arrays. */
static inline bool may_be_array(const unsigned char *bytes, size_t size)
{
    return size > 0 && ((bytes[0] >= 0xc7 && bytes[0] <= 0xc9) || (bytes[0] >= 0xd4 && bytes[0] <= 0xd8));
}

static int keep_view(void *user, const shoal_view *view, shoal_node *out)
{
    *(shoal_view *)user = *view;
    out->pointer = user;
    return SHOAL_OK;
}

static int no_time(void *Py_UNUSED(user), int64_t Py_UNUSED(seconds), uint32_t Py_UNUSED(nanoseconds), shoal_node *out)
{
    out->pointer = NULL;
    return SHOAL_OK;
}

static int no_ext(void *Py_UNUSED(user), int Py_UNUSED(type), const char *Py_UNUSED(bytes), size_t Py_UNUSED(size),
                  shoal_node *out)
{
    out->pointer = NULL;
    return SHOAL_OK;
}

static void drop_nothing(void *Py_UNUSED(user), shoal_node *Py_UNUSED(node))
{
}

/* What an extension may be is all that it can be asked for. */
static const shoal_builder of_views = {.time = no_time, .ndarray = keep_view, .ext = no_ext, .drop = drop_nothing};

/* Whether it is one array, and nothing is wrong with it. */
static bool is_one_array(shoal_view *view, const void *bytes, size_t size)
{
    shoal_node node;
    return may_be_array(bytes, size) && shoal_value_decode(&node, bytes, size, &of_views, view) >= 0 && node.pointer;
}

PyObject *message_read(ModuleState *state, const void *bytes, size_t size)
{
    shoal_view view;
    if (is_one_array(&view, bytes, size))
        return ndarray_detached(state, &view);
    return value_read(state, bytes, size);
}

/* ---- In pages of its own -------------------------------------------------------------------------- */

static void copy(void *to, const void *from, size_t size)
{
    if (size >= BIG)
        WITHOUT_GIL(memcpy(to, from, size));
    else
        memcpy(to, from, size);
}

/* Text is judged where it was copied to: the pages may be written by whoever may write the segment. */
static PyObject *read_text(ModuleState *state, const char *bytes, size_t size)
{
    PyObject *text = PyUnicode_New((Py_ssize_t)size, 127);
    if (!text)
        return NULL;
    copy(PyUnicode_1BYTE_DATA(text), bytes, size);
    if (!shoal_is_ascii((const char *)PyUnicode_1BYTE_DATA(text), size))
        Py_SETREF(text, value_text(state, (const char *)PyUnicode_1BYTE_DATA(text), size));
    return text;
}

static PyObject *read_bytes(const char *bytes, size_t size)
{
    PyObject *made = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
    if (made)
        copy(PyBytes_AS_STRING(made), bytes, size);
    return made;
}

static PyObject *read_in_place(ModuleState *state, const shoal_taken *taken)
{
    bool is_str;
    size_t head = shoal_string_head(&is_str, taken->bytes, taken->size);
    if (head == 0)
        return value_read(state, taken->bytes, taken->size);
    const char *string = (const char *)taken->bytes + head;
    size_t size = taken->size - head;
    return is_str ? read_text(state, string, size) : read_bytes(string, size);
}

static bool is_aligned(const shoal_view *view)
{
    uintptr_t alignment = view->dtype.number == SHOAL_BYTES ? 1 : view->dtype.itemsize > 8 ? 8 : view->dtype.itemsize;
    return alignment == 0 || (uintptr_t)view->data % alignment == 0;
}

static PyObject *take_pages(ModuleState *state, shoal_taken *taken)
{
    shoal_view view;
    PyObject *value;
    if (!is_one_array(&view, taken->bytes, taken->size)) {
        value = read_in_place(state, taken);
    } else if (is_aligned(&view)) {
        view.readonly = false;
        return pages_array(state, taken, &view);
    } else {
        value = ndarray_detached(state, &view);
    }
    WITHOUT_GIL(shoal_taken_end(taken));
    return value;
}

PyObject *message_take(ModuleState *state, shoal_taken *taken)
{
    return taken->in_place ? take_pages(state, taken) : message_read(state, taken->bytes, taken->size);
}
