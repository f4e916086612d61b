/* The table of kinds, made from their list: a missing row does not link. */
#include "objects/objects.h"

const struct shoal__kind *const shoal__kinds[] = {
#define ROW(code, number, file, article, name) [number] = &shoal__##file##_kind,
    SHOAL_KIND_LIST(ROW)
#undef ROW
};
