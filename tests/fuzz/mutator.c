/* The mutations of recipes: whole edits come, go, are doubled and crossed, or one field of one of them changes. */
#include <stdlib.h>
#include <string.h>

#include "recipe.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

static uint32_t state;

static uint32_t dice(uint32_t sides)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % sides;
}

static struct edit random_edit(void)
{
    struct edit edit = {.what = (uint8_t)dice(WHAT_COUNT),
                        .which = (uint8_t)dice(dice(2) ? 8 : 256),
                        .field = (uint8_t)dice(dice(2) ? 16 : 256),
                        .how = (uint8_t)dice(HOW_COUNT),
                        .number = dice(3) ? dice(256) : dice(UINT32_MAX)};
    return edit;
}

static void change_field(struct edit *edit)
{
    switch (dice(6)) {
    case 0:
        edit->what = (uint8_t)dice(WHAT_COUNT);
        break;
    case 1:
        edit->which = (uint8_t)dice(256);
        break;
    case 2:
        edit->field = (uint8_t)dice(256);
        break;
    case 3:
        edit->how = (uint8_t)dice(HOW_COUNT);
        break;
    case 4:
        edit->number = dice(256);
        break;
    default:
        edit->number += dice(33) - 16;
    }
}

/* Room for one more at `at`, if there is. */
static size_t open_gap(struct edit *edits, size_t count, size_t most, size_t at)
{
    if (count >= most)
        return count;
    memmove(edits + at + 1, edits + at, (count - at) * sizeof *edits);
    return count + 1;
}

static size_t mutate(struct edit *edits, size_t count, size_t most)
{
    size_t at = count ? dice((uint32_t)count) : 0;
    if (count == 0 || dice(4) == 0) {
        count = open_gap(edits, count, most, at);
        edits[at] = random_edit();
        if (dice(6) == 0 && count < most) { /* and that happens later */
            count = open_gap(edits, count, most, at);
            edits[at] = (struct edit){.what = LATER, .which = (uint8_t)dice(dice(2) ? 4 : 40)};
        }
        return count;
    }
    if (dice(8) == 0 && count > 1) {
        memmove(edits + at, edits + at + 1, (count - at - 1) * sizeof *edits);
        return count - 1;
    }
    if (dice(10) == 0) { /* the same again, and a little different */
        count = open_gap(edits, count, most, at);
        change_field(&edits[at]);
        return count;
    }
    change_field(&edits[at]);
    return count;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    struct edit edits[MOST_EDITS];
    state = seed | 1;
    if (dice(5) == 0) /* its own tricks: bits, and numbers that the comparisons showed */
        return LLVMFuzzerMutate(data, size, most);
    size_t limit = most / sizeof *edits < MOST_EDITS ? most / sizeof *edits : MOST_EDITS;
    size_t count = size / sizeof *edits < limit ? size / sizeof *edits : limit;
    if (limit == 0)
        return LLVMFuzzerMutate(data, size, most);
    memcpy(edits, data, count * sizeof *edits);
    for (uint32_t changes = 1 + dice(3); changes > 0; changes--)
        count = mutate(edits, count, limit);
    memcpy(data, edits, count * sizeof *edits);
    return count * sizeof *edits;
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size, uint8_t *out,
                                 size_t most, unsigned seed)
{
    size_t size = 0;
    state = seed | 1;
    for (size_t at = 0; at < a_size / 8 || at < b_size / 8; at++) {
        const uint8_t *from = dice(2) && at < a_size / 8 ? a : b;
        if (at >= (from == a ? a_size : b_size) / 8 || size + 8 > most)
            continue;
        memcpy(out + size, from + at * 8, 8);
        size += 8;
    }
    return size;
}
