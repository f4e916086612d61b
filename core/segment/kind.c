/* What the list of kinds says of each kind. */
#include "segment/kind.h"

const char *shoal_kind_name(int kind)
{
    static const char *const names[] = {[SHOAL_KIND_NONE] = "none",
#define NAME(code, number, file, article, name) [number] = name,
                                        SHOAL_KIND_LIST(NAME)
#undef NAME
    };
    return kind >= 0 && kind <= SHOAL_KIND_LAST && names[kind] ? names[kind] : "an unknown kind";
}

const char *shoal_kind_phrase(int kind)
{
    static const char *const phrases[] = {[SHOAL_KIND_NONE] = "nothing",
#define PHRASE(code, number, file, article, name) [number] = article " " name,
                                          SHOAL_KIND_LIST(PHRASE)
#undef PHRASE
    };
    return kind >= 0 && kind <= SHOAL_KIND_LAST && phrases[kind] ? phrases[kind] : "of an unknown kind";
}

uint64_t shoal__least_body(const shoal_segment *segment, uint32_t kind)
{
    const struct shoal__kind *it = shoal__kind(kind);
    if (!it)
        return UINT64_MAX;
    return it->least ? it->least(segment) : it->head;
}
