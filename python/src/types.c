/* Heap types. */
#include "types.h"

#ifndef Py_TPFLAGS_DISALLOW_INSTANTIATION
static bool has_new(const PyType_Spec *spec)
{
    const PyType_Slot *slot = spec->slots;
    while (slot->slot && slot->slot != Py_tp_new)
        slot++;
    return slot->slot != 0;
}
#endif

PyTypeObject *type_new(PyObject *module, PyType_Spec *spec)
{
    PyTypeObject *type = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
    if (!type)
        return NULL;
#ifndef Py_TPFLAGS_DISALLOW_INSTANTIATION
    if (!has_new(spec))
        type->tp_new = NULL; /* not the one that it has of object */
#endif
    if (PyModule_AddType(module, type) < 0)
        Py_CLEAR(type);
    return type;
}
