/* The table of kinds, made from the list of kinds: if a kind has no row the core does not link. */
#include "objects/objects.h"

const struct shoal__kind *const shoal__kinds[] = {
#define ROW(code, number, file, article, name) [number] = &shoal__##file##_kind,
    SHOAL_KIND_LIST(ROW)
#undef ROW
};
