/* What newer CPythons offer and 3.9 does not, and what only the free-threaded ones need. */
#ifndef SHOAL_PYTHON_COMPAT_H
#define SHOAL_PYTHON_COMPAT_H

#if PY_VERSION_HEX < 0x030A0000
static inline PyObject *Py_NewRef(PyObject *object)
{
    Py_INCREF(object);
    return object;
}

static inline int PyModule_AddObjectRef(PyObject *module, const char *name, PyObject *value)
{
    Py_INCREF(value);
    if (PyModule_AddObject(module, name, value) == 0)
        return 0;
    Py_DECREF(value);
    return -1;
}
#endif

/* 3.13 has them. With the GIL they are nothing but a block: it is locked by the GIL. */
#ifndef Py_BEGIN_CRITICAL_SECTION
#define Py_BEGIN_CRITICAL_SECTION(object) {
#define Py_END_CRITICAL_SECTION() }
#endif

/* ---- What the GIL guards where there is one, and threads change at once where there is none ------- */

#ifdef Py_GIL_DISABLED
#define FREE_THREADED 1
#else
#define FREE_THREADED 0
#endif

static inline void count_up(Py_ssize_t *count)
{
#ifdef Py_GIL_DISABLED
    __atomic_add_fetch(count, 1, __ATOMIC_RELAXED); /* who counts up has a reference */
#else
    ++*count;
#endif
}

/* How many are left. */
static inline Py_ssize_t count_down(Py_ssize_t *count)
{
#ifdef Py_GIL_DISABLED
    return __atomic_sub_fetch(count, 1, __ATOMIC_ACQ_REL);
#else
    return --*count;
#endif
}

/* A place that is filled once, by whoever comes first, and stays as it is: what is there, borrowed, or NULL. */
static inline PyObject *once_get(PyObject **place)
{
    return __atomic_load_n(place, __ATOMIC_ACQUIRE);
}

/* Put `made`, which is taken over and may be NULL, where `before` is. What is there then: another may have come first. */
static inline PyObject *once_put(PyObject **place, PyObject *before, PyObject *made)
{
    if (!made)
        return NULL;
    if (__atomic_compare_exchange_n(place, &before, made, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return made;
    Py_DECREF(made);
    return before;
}

#endif
