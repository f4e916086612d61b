/* The rows of all kinds, in the order of the core's list. */
#include "kinds.h"

#include "types.h"

static const Kind *const rows[SHOAL_KIND_LAST + 1] = {
#define ROW(code, number, file, ...) [number] = &file##_kind,
    SHOAL_KIND_LIST(ROW)
#undef ROW
};

const Kind *kind_row(int kind)
{
    const Kind *row = kind > 0 && kind <= SHOAL_KIND_LAST ? rows[kind] : NULL;
    return row && row->wrap ? row : NULL;
}

const Kind *kind_of(ModuleState *state, PyObject *object)
{
    for (int kind = 1; kind <= SHOAL_KIND_LAST; kind++)
        if (state->kind_types[kind] == Py_TYPE(object))
            return kind_row(kind);
    return NULL;
}

static int kind_init(PyObject *module, ModuleState *state, int kind)
{
    const Kind *row = kind_row(kind);
    if (!row)
        return 0;
    state->kind_types[kind] = type_new(module, row->spec);
    return state->kind_types[kind] && (!row->init || row->init(module, state) == 0) ? 0 : -1;
}

int kinds_init(PyObject *module, ModuleState *state)
{
    int result = 0;
    for (int kind = 1; kind <= SHOAL_KIND_LAST && result == 0; kind++)
        result = kind_init(module, state, kind);
    return result;
}

int kinds_traverse(ModuleState *state, visitproc visit, void *arg)
{
    for (int kind = 1; kind <= SHOAL_KIND_LAST; kind++)
        Py_VISIT(state->kind_types[kind]);
    return 0;
}

void kinds_clear(ModuleState *state)
{
    for (int kind = 1; kind <= SHOAL_KIND_LAST; kind++)
        Py_CLEAR(state->kind_types[kind]);
}

size_t kinds_openers(PyMethodDef *out)
{
    size_t count = 0;
    for (int kind = 1; kind <= SHOAL_KIND_LAST; kind++)
        if (kind_row(kind))
            out[count++] = kind_row(kind)->opener;
    return count;
}
