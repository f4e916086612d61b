/* Creating objects: any number of racing processes get the same one. */
#include "segment/make.h"

#include <string.h>

#include "segment/directory.h"
#include "platform/point.h"
#include "segment/big.h"
#include "segment/detach.h"
#include "segment/handle_open.h"
#include "segment/heap.h"
#include "segment/journal.h"
#include "segment/lock.h"
#include "segment/reap.h"
#include "segment/refuse.h"
#include "segment/runs.h"

/* Add the new name with its body, and commit: this ends the change that allocated the body or handed it over. */
static int add_entry(shoal_segment *segment, const char *name, size_t length, const struct shoal_recipe *recipe,
                     uint32_t body)
{
    uint32_t hash = shoal__name_hash(segment, name, length);
    int status = shoal__entry_add_locked(segment, name, length, hash, recipe->kind, body);
    if (status < 0) {
        shoal__abort(segment);
        return status;
    }
    return shoal__commit(segment);
}

static bool exists_locked(shoal_segment *segment, const char *name, size_t length)
{
    struct shoal_found found;
    return shoal__find(&found, segment, name, length, shoal__name_hash(segment, name, length)) != SHOAL_ENOKEY;
}

static int make_small_locked(shoal_segment *segment, const char *name, size_t length, const struct shoal_recipe *recipe)
{
    uint32_t body;
    if (exists_locked(segment, name, length))
        return SHOAL_OK;
    int status = shoal__table_grow_locked(segment);
    if (status < 0)
        return status;
    status = shoal__alloc_locked(segment, recipe->size, &body);
    if (status < 0) {
        shoal__abort(segment);
        return status;
    }
    void *at = shoal__at(segment, shoal__offset(segment, body));
    memset(at, 0, recipe->size);
    recipe->fill(at, recipe->argument);
    SHOAL_POINT("make: body written");
    return add_entry(segment, name, length, recipe, body);
}

static int take_big_locked(shoal_segment *segment, uint64_t size, uint32_t *body)
{
    int status = shoal__big_take_locked(segment, size, body);
    if (status < 0) {
        shoal__abort(segment);
        return status;
    }
    return shoal__commit(segment);
}

static int name_big_locked(shoal_segment *segment, const char *name, size_t length, const struct shoal_recipe *recipe,
                           uint32_t body)
{
    if (exists_locked(segment, name, length))
        return SHOAL_EEXISTS;
    int status = shoal__table_grow_locked(segment);
    if (status < 0)
        return status;
    shoal__big_hand_over_locked(segment, body);
    SHOAL_POINT("big: handed over");
    return add_entry(segment, name, length, recipe, body);
}

/*
 * Back the page descriptors that a big run needs. Called with the lock, which it releases while it backs them. < 0: the
 * lock could not be taken again. If backing fails, taking the run tries again, and fails with a sentence.
 */
static int back_ahead(shoal_segment *segment, uint64_t size, struct shoal_turn *turn)
{
    uint32_t count = shoal__descriptors_ahead_locked(segment, shoal__pages_for(segment, size));
    if (count == 0)
        return SHOAL_OK;
    shoal__leave(segment);
    int status = shoal__back_ahead(segment, count, size), again = shoal__enter(segment, turn);
    if (again == SHOAL_OK && status == SHOAL_OK && count > segment->descriptors_backed)
        segment->descriptors_backed = count;
    return again;
}

static int try_big(shoal_segment *segment, uint64_t size, const struct shoal_filling *filling, uint32_t *body,
                   struct shoal_turn *turn)
{
    int status = shoal__enter(segment, turn);
    if (status == SHOAL_OK)
        status = back_ahead(segment, size, turn);
    if (status < 0)
        return status;
    status = take_big_locked(segment, size, body);
    shoal__leave(segment);
    if (status < 0)
        return status;
    SHOAL_POINT("big: in our hands");
    status = filling ? shoal__big_fill(segment, *body, filling) : shoal__big_commit(segment, *body, true);
    SHOAL_POINT("big: backed");
    if (status < 0)
        shoal__big_dispose(segment, *body);
    return status;
}

int shoal__big_make(shoal_segment *segment, uint64_t size, const struct shoal_filling *filling, uint32_t *body,
                    struct shoal_turn *turn)
{
    int status = try_big(segment, size, filling, body, turn);
    if (status != SHOAL_ENOSPACE)
        return status;
    shoal__make_room(segment);
    return try_big(segment, size, filling, body, turn);
}

/*
 * The body is backed and filled without the lock; this peer owns it privately meanwhile: if we die, our reaper frees
 * it.
 */
static int make_big(shoal_segment *segment, const char *name, size_t length, const struct shoal_recipe *recipe,
                    struct shoal_turn *turn)
{
    uint32_t body;
    int status = shoal__big_make(segment, recipe->size, NULL, &body, turn);
    if (status < 0)
        return status;
    recipe->fill(shoal__at(segment, shoal__offset(segment, body)), recipe->argument);
    SHOAL_POINT("big: filled");
    if ((status = shoal__enter(segment, turn)) == SHOAL_OK) {
        status = name_big_locked(segment, name, length, recipe, body);
        shoal__leave(segment);
    }
    if (status < 0 && shoal__is_our_turn(segment, turn))
        shoal__big_dispose(segment, body);
    shoal__table_tend(segment);
    return status == SHOAL_EEXISTS ? SHOAL_OK : status;
}

static int try_small(shoal_segment *segment, const char *name, size_t length, const struct shoal_recipe *recipe,
                     struct shoal_turn *turn)
{
    int status = shoal__enter(segment, turn);
    if (status < 0)
        return status;
    status = make_small_locked(segment, name, length, recipe);
    shoal__leave(segment);
    shoal__table_tend(segment);
    return status;
}

static int make_small(shoal_segment *segment, const char *name, size_t length, const struct shoal_recipe *recipe,
                      struct shoal_turn *turn)
{
    int status = try_small(segment, name, length, recipe, turn);
    if (status != SHOAL_ENOSPACE)
        return status;
    shoal__make_room(segment);
    return try_small(segment, name, length, recipe, turn);
}

static int make(shoal_segment *segment, const char *name, size_t length, const struct shoal_recipe *recipe)
{
    struct shoal_turn turn;
    shoal__turn_begin(&turn);
    int status = recipe->size >= BIG_RUN ? make_big(segment, name, length, recipe, &turn)
                                         : make_small(segment, name, length, recipe, &turn);
    shoal__turn_end(segment, &turn);
    return status;
}

int shoal__handle_make(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                       const struct shoal_recipe *recipe)
{
    for (;;) {
        int status = shoal__handle_open(out, segment, name, length, recipe->kind);
        if (status != SHOAL_ENOKEY)
            return status;
        if (segment->readonly)
            return shoal__refuse_readonly(segment, "an object can't be made");
        SHOAL_POINT("make: nobody has the name");
        status = make(segment, name, length, recipe);
        if (status < 0)
            return status;
    }
}
