/* Map: the type, and what of it is written in Python. */
#include "args.h"
#include "errors.h"
#include "gil.h"
#include "kinds.h"
#include "map.h"
#include "segment.h"
#include "types.h"

/* What is written in Python: a function of shoal._maps with this map as its first argument. */
static PyObject *in_python(HandleObject *self, const char *function, PyObject *const *args, Py_ssize_t nargs,
                           PyObject *kwnames)
{
    PyObject *module = PyImport_ImportModule("shoal._maps"), *result = NULL;
    PyObject *callable = module ? PyObject_GetAttrString(module, function) : NULL;
    Py_ssize_t all = nargs + (kwnames ? PyTuple_GET_SIZE(kwnames) : 0);
    PyObject **stack = callable ? PyMem_New(PyObject *, (size_t)all + 1) : NULL;
    if (stack) {
        stack[0] = (PyObject *)self;
        for (Py_ssize_t i = 0; i < all; i++)
            stack[i + 1] = args[i];
        result = PyObject_Vectorcall(callable, stack, (size_t)nargs + 1, kwnames);
    } else if (callable) {
        PyErr_NoMemory();
    }
    PyMem_Free(stack);
    Py_XDECREF(callable);
    Py_XDECREF(module);
    return result;
}

#define IN_PYTHON(name)                                                                                                \
    static PyObject *map_##name(HandleObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)        \
    {                                                                                                                  \
        return in_python(self, #name, args, nargs, kwnames);                                                           \
    }

IN_PYTHON(keys)
IN_PYTHON(values)
IN_PYTHON(items)
IN_PYTHON(setdefault)
IN_PYTHON(popitem)
IN_PYTHON(update)
IN_PYTHON(get_many)
IN_PYTHON(set_many)
IN_PYTHON(delete_many)
IN_PYTHON(get_or_set)
IN_PYTHON(get_or_set_async)

static PyObject *map_iter(HandleObject *self)
{
    return in_python(self, "each_key", NULL, 0, NULL);
}

static PyObject *map_fact(HandleObject *self, void *closure)
{
    shoal_map_options options;
    int status = shoal_map_read_options(&options, self->object);
    if (status < 0)
        return raise_status(state_of(self), status);
    switch (*(const char *)closure) {
    case 'm':
        return PyLong_FromUnsignedLongLong(options.max_bytes);
    case 'e':
        return PyBool_FromLong(options.evict);
    case 's':
        return PyFloat_FromDouble(options.small);
    case 'l':
        return PyLong_FromUnsignedLongLong(shoal_map_limit(self->object));
    default:
        return options.ttl == SHOAL_FOREVER ? Py_NewRef(Py_None) : PyFloat_FromDouble((double)options.ttl / 1e9);
    }
}

static PyObject *map_repr(HandleObject *self)
{
    Py_ssize_t count = map_length(self);
    return count < 0 ? NULL
                     : PyUnicode_FromFormat("<shoal.Map '%s' %zd item%s>", shoal_object_name(self->object, NULL), count,
                                            count == 1 ? "" : "s");
}

static PyMethodDef map_methods[] = {
    METHOD("get", map_get, FASTCALL,
           "get($self, /, key, default=None)\n--\n\nA copy of the key's value, or `default` if it is not there."),
    METHOD("set", map_set, FASTCALL,
           "set($self, /, key, value, ttl=None, tags=None)\n--\n\nStore a copy of the value. ttl: seconds that it is "
           "there; None: as "
           "the map's own ttl says; math.inf: as long as the map. NoSpace if a map that does not evict is full; "
           "ValueError "
           "if it is larger than the map's limit."),
    METHOD(
        "add", map_add, FASTCALL,
        "add($self, /, key, value, ttl=None, tags=None)\n--\n\nset() if the key is not there; whether it was stored."),
    METHOD(
        "replace", map_replace, FASTCALL,
        "replace($self, /, key, value, ttl=None, tags=None)\n--\n\nset() if the key is there; whether it was stored."),
    METHOD("gets", map_gets, METH_O,
           "gets($self, key, /)\n--\n\nThe value and its token, for cas() and delete(). KeyError."),
    METHOD("cas", map_cas, FASTCALL,
           "cas($self, /, key, value, token, ttl=None, tags=None)\n--\n\nset() if the key has the value still that the "
           "token is of; "
           "whether it was stored."),
    METHOD("delete", map_delete, FASTCALL,
           "delete($self, /, key, token=None)\n--\n\nDelete the key, with a token only if it has that value still; "
           "whether it was deleted."),
    METHOD(
        "pop", map_pop, FASTCALL,
        "pop($self, /, key, default=<unrepresentable>)\n--\n\nDelete the key and return its value: one of many who do "
        "that gets it. `default`, or KeyError."),
    METHOD("touch", map_touch, FASTCALL,
           "touch($self, /, key, ttl=None)\n--\n\nAnother time to live from now on, as of set(); whether the key is "
           "there."),
    METHOD("ttl", map_ttl, METH_O,
           "ttl($self, key, /)\n--\n\nSeconds that the key's value will be there still; None: no limit. KeyError."),
    METHOD(
        "increment", map_increment, FASTCALL,
        "increment($self, /, key, n=1, initial=0, ttl=None)\n--\n\nAdd n to the integer, or to `initial` where none "
        "is, which gets this ttl; the new value. The ttl of one that is there stays. TypeMismatch; OverflowError, and "
        "nothing changes."),
    METHOD("decrement", map_decrement, FASTCALL,
           "decrement($self, /, key, n=1, initial=0, ttl=None)\n--\n\nincrement() by -n."),
    METHOD(
        "clear", map_clear, FASTCALL,
        "clear($self, /, prefix=None)\n--\n\nDrop everything, however much, at once; with a prefix the keys that begin "
        "so, which looks at every key."),
    METHOD("invalidate", map_invalidate, METH_O,
           "invalidate($self, tag, /)\n--\n\nDrop all that was set with this tag, at once."),
    METHOD("stats", map_stats, METH_NOARGS, "stats($self, /)\n--\n\nA MapStats: sizes and counts."),
    METHOD("keys", map_keys, FASTCALL, "keys($self, /)\n--\n\nA set-like view of the keys."),
    METHOD("values", map_values, FASTCALL, "values($self, /)\n--\n\nA view of the values."),
    METHOD("items", map_items, FASTCALL, "items($self, /)\n--\n\nA set-like view of pairs (key, value)."),
    METHOD("setdefault", map_setdefault, FASTCALL,
           "setdefault($self, /, key, default=None, ttl=None)\n--\n\nThe key's value; `default` is stored if there is "
           "none."),
    METHOD("popitem", map_popitem, FASTCALL, "popitem($self, /)\n--\n\nDelete some key; it and its value. KeyError."),
    METHOD("update", map_update, FASTCALL, "update($self, /, *args, **kwargs)\n--\n\nset() each, as dict.update()."),
    METHOD("get_many", map_get_many, FASTCALL,
           "get_many($self, /, keys)\n--\n\nA dict of those keys that are there, and their values."),
    METHOD("set_many", map_set_many, FASTCALL,
           "set_many($self, /, values, ttl=None)\n--\n\nset() each key of a mapping."),
    METHOD("delete_many", map_delete_many, FASTCALL,
           "delete_many($self, /, keys)\n--\n\ndelete() each; how many were there."),
    METHOD(
        "get_or_set", map_get_or_set, FASTCALL,
        "get_or_set($self, /, key, factory, ttl=None, stale=None)\n--\n\nThe key's value; if there is none, factory() "
        "is stored and returned. One process computes, others wait; if it dies another computes. stale: a value whose "
        "time ended up to so many seconds ago is returned while another computes."),
    METHOD(
        "get_or_set_async", map_get_or_set_async, FASTCALL,
        "get_or_set_async($self, /, key, factory, ttl=None, stale=None)\n--\n\nget_or_set() as a coroutine; what the "
        "factory returns is awaited if it can be."),
    METHOD("_look", map_look, METH_VARARGS, "(value, is it stale), or None."),
    METHOD("_next", map_next, METH_VARARGS, "(cursor, key, value) of the next after this cursor, or None."),
    METHOD("_begin", map_begin, METH_O,
           "The flight of this thread; True: the key is there; None: another computes it."),
    METHOD("_end", map_end, METH_O, "End this flight, whether it was computed or not."),
    METHOD("_wait", map_wait, METH_VARARGS, "Wait until nobody else computes the key; whether that was in time."),
    METHOD("__reduce__", handle_reduce, METH_NOARGS, REDUCE_DOC),
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef map_getset[] = {
    {"name", (getter)handle_name, NULL, PyDoc_STR("the name in the segment"), NULL},
    {"max_bytes", (getter)map_fact, NULL, PyDoc_STR("bytes that all items may have together"), "m"},
    {"default_ttl", (getter)map_fact, NULL,
     PyDoc_STR("seconds that a value is there for which none is said; None: no limit"), "t"},
    {"evict", (getter)map_fact, NULL, PyDoc_STR("whether a full map drops what is used least"), "e"},
    {"small", (getter)map_fact, NULL, PyDoc_STR("the share of memory for items that were not used since they came"),
     "s"},
    {"limit", (getter)map_fact, NULL, PyDoc_STR("bytes that one value may have, as MessagePack"), "l"},
    {"waiters", (getter)handle_waiters, NULL, PyDoc_STR("the waiters for another's computation: a list of Owner"),
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef map_members[] = {
    HANDLE_WEAKREFS,
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot map_slots[] = {
    {Py_tp_doc,
     PyDoc_STR("A mapping and a cache, of values by str or bytes, that all processes read and write. Made by "
               "Segment.map().")},
    {Py_tp_dealloc, handle_dealloc},
    HANDLE_IDENTITY,
    {Py_tp_repr, map_repr},
    {Py_tp_iter, map_iter},
    {Py_mp_length, map_length},
    {Py_mp_subscript, map_subscript},
    {Py_mp_ass_subscript, map_ass_subscript},
    {Py_sq_contains, map_contains},
    {Py_tp_methods, map_methods},
    {Py_tp_getset, map_getset},
    {Py_tp_members, map_members},
    {0, NULL},
};

static PyType_Spec map_spec = {"shoal.Map", sizeof(HandleObject), 0, TYPE_FLAGS, map_slots};

/* ---- Opening ------------------------------------------------------------------------------------ */

/* What is said, over what is there, or the usual: a map that is there may have any of what is not said. */
static int read_options(ModuleState *state, PyObject **given, shoal_map_options *options)
{
    if (given[1] && given[1] != Py_None && arg_size(state, given[1], &options->max_bytes) < 0)
        return -1;
    if (given[2] && given[2] != Py_None && map_arg_ttl(given[2], &options->ttl) < 0)
        return -1;
    if (given[3] && given[3] != Py_None && arg_bool(given[3], false, &options->evict) < 0)
        return -1;
    if (given[4] && given[4] != Py_None) {
        options->small = PyFloat_AsDouble(given[4]);
        if (options->small == -1 && PyErr_Occurred())
            return -1;
    }
    return 0;
}

static PyObject *map_open(SegmentObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"name", "max_bytes", "ttl", "evict", "small", NULL};
    static const Signature signature = {"map", names, 4, 1};
    PyObject *given[5];
    Name name;
    shoal_map_options options;
    shoal_object *object, *there = NULL;
    if (arg_parse(&signature, args, nargs, kwnames, given) < 0 || arg_object_name(given[0], &name) < 0)
        return NULL;
    Attachment *attachment = segment_attachment(self);
    if (!attachment)
        return NULL;
    int status;
    shoal_map_options_init(&options);
    WITHOUT_GIL(status = shoal_map_open(&there, attachment->segment, name.text, name.length, NULL));
    if (status == SHOAL_OK)
        status = shoal_map_read_options(&options, there);
    if (status == SHOAL_ENOKEY)
        status = SHOAL_OK;
    if (status == SHOAL_OK && read_options(state_of(self), given, &options) < 0) {
        shoal_object_close(there);
        attachment_release(attachment);
        return NULL;
    }
    if (status == SHOAL_OK)
        WITHOUT_GIL(status = shoal_map_open(&object, attachment->segment, name.text, name.length, &options));
    shoal_object_close(there);
    return segment_opened(self, attachment, object, status);
}

/* isinstance(map, collections.abc.MutableMapping). The module that has it is loaded by every interpreter as it starts. */
static int init(PyObject *Py_UNUSED(module), ModuleState *state)
{
    PyObject *module = PyImport_ImportModule("_collections_abc");
    PyObject *class = module ? PyObject_GetAttrString(module, "MutableMapping") : NULL;
    PyObject *result = class ? PyObject_CallMethod(class, "register", "O", state->kind_types[SHOAL_KIND_MAP]) : NULL;
    Py_XDECREF(module);
    Py_XDECREF(class);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

const Kind map_kind = {
    .opener =
        METHOD("map", map_open, FASTCALL,
               "map($self, /, name, max_bytes='16M', ttl=None, evict=True, small=0.125)\n--\n\nOpen the Map of that "
               "name, or make "
               "it. It takes memory as it fills, up to max_bytes with its index. ttl: seconds that a value is "
               "there for which none is said. evict: a full map drops what is used least, or else says NoSpace. What "
               "is not said may be anything in a map that is there."),
    .spec = &map_spec,
    .init = init,
    .wrap = handle_new,
    .begin = handle_begin,
    .keyed = true,
};
