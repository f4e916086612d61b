/*
 * Goes through one or two views of equal shape row by row, in C order. Neighbouring axes that one stride can describe,
 * in both views, are merged first, so that a contiguous array of any shape is a single row.
 *
 *     struct shoal__walk walk;
 *     for (bool more = shoal__walk_first(&walk, a, b); more; more = shoal__walk_next(&walk))
 *         row(walk.at[0], walk.step[0], walk.at[1], walk.step[1], walk.count);
 */
#ifndef SHOAL_VALUE_WALK_H
#define SHOAL_VALUE_WALK_H

#include "shoal.h"

struct shoal__walk {
    unsigned char *at[2]; /* first element of the row, in each view */
    int64_t step[2];      /* bytes from one element of the row to the next, in each view */
    size_t count;         /* elements in a row, at least 1 */

    size_t outer; /* the number of axes outside the row; the arrays describe these, `index` the position */
    int64_t shape[SHOAL_MAX_DIMS];
    int64_t index[SHOAL_MAX_DIMS];
    int64_t strides[2][SHOAL_MAX_DIMS];
};

/* False: there are no elements. For a single view pass it twice. */
bool shoal__walk_first(struct shoal__walk *walk, const shoal_view *a, const shoal_view *b);
bool shoal__walk_next(struct shoal__walk *walk);

/* The addresses from `first` to before `end` that a view with elements may touch. */
struct shoal__range {
    uintptr_t first, end;
};
struct shoal__range shoal__view_range(const shoal_view *view);

#endif
