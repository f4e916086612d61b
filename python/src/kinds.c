/* The rows of all kinds, in the order of the core's list. */
#include "kinds.h"

#include "types.h"

static const Kind *const rows[SHOAL_KIND_LAST + 1] = {
#define LISTED(NAME, ...) [SHOAL_KIND_##NAME] = &KIND_ROW(NAME),
    SHOAL_KIND_LIST(LISTED)
#undef LISTED
};

const Kind *kind_row(int kind)
{
    const Kind *row = kind > 0 && kind <= SHOAL_KIND_LAST ? rows[kind] : NULL;
    return row && row->wrap ? row : NULL;
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

size_t kinds_openers(PyMethodDef *out)
{
    size_t count = 0;
    for (int kind = 1; kind <= SHOAL_KIND_LAST; kind++)
        if (kind_row(kind))
            out[count++] = kind_row(kind)->opener;
    return count;
}
