/* Heap types, and what their tables say. */
#ifndef SHOAL_PYTHON_TYPES_H
#define SHOAL_PYTHON_TYPES_H

#include "binding.h"

#ifdef Py_TPFLAGS_IMMUTABLETYPE
#define MADE_FLAGS (Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE) /* Python code of the package makes instances */
#define TYPE_FLAGS (MADE_FLAGS | Py_TPFLAGS_DISALLOW_INSTANTIATION)
#else
#define MADE_FLAGS Py_TPFLAGS_DEFAULT
#define TYPE_FLAGS Py_TPFLAGS_DEFAULT
#endif

#define METHOD(name, function, flags, doc) {name, (PyCFunction)(void (*)(void))(function), flags, PyDoc_STR(doc)}
#define FASTCALL (METH_FASTCALL | METH_KEYWORDS)

/* What several types say of methods that they all have. */
#define ACQUIRE_SIGNATURE "acquire($self, /, blocking=True, timeout=-1, *, block=True)\n--\n\n"
#define ACQUIRE_ASYNC_DOC "acquire_async($self, /, *, timeout=None)\n--\n\nacquire() as a coroutine."
#define WAIT_ASYNC_DOC "wait_async($self, /, *, timeout=None)\n--\n\nwait() as a coroutine."
#define EXIT_SIGNATURE "__exit__($self, type=None, value=None, traceback=None, /)\n--\n\n"
#define AENTER_DOC "__aenter__($self, /)\n--\n\n__enter__() as a coroutine."
#define AEXIT_DOC "__aexit__($self, type=None, value=None, traceback=None, /)\n--\n\n__exit__() as a coroutine."
#define REDUCE_DOC "Pickle as the segment and the object's name."

/* Make the type and put it into the module. Without Py_tp_new only we make instances of it. */
PyTypeObject *type_new(PyObject *module, PyType_Spec *spec);

#endif
