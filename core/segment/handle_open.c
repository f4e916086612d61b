/* Opening an object pins it. Implements docs/recovery.md, "Pins". */
#include "segment/handle_open.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "platform/file.h"
#include "platform/point.h"
#include "segment/descriptor.h"
#include "segment/detach.h"
#include "segment/directory.h"
#include "segment/handle.h"
#include "segment/handle_close.h"
#include "segment/kind.h"
#include "segment/lock.h"
#include "segment/readers.h"
#include "segment/reap.h"
#include "segment/use.h"
#include "value/status.h"
#include "value/text.h"

static int other_kind(const shoal_segment *segment, const char *name, size_t length, int have, int want)
{
    char quoted[SHOAL__QUOTE_SIZE];
    shoal__quote(quoted, name, length);
    if (want == SHOAL_KIND_NONE)
        return shoal__fail(SHOAL_EMISMATCH, "%s in segment \"%s\" is %s, not a live object: read it as a copy", quoted,
                           segment->name, shoal_kind_phrase(have));
    return shoal__fail(SHOAL_EMISMATCH, "%s in segment \"%s\" is %s, and %s was asked for", quoted, segment->name,
                       shoal_kind_phrase(have), shoal_kind_phrase(want));
}

static bool right_kind(int have, int want)
{
    return want == SHOAL_KIND_NONE ? !shoal__kind_is((uint32_t)have, KIND_STORED) : have == want;
}

/* Check what has the name now: after an earlier look the name may have been given to another object. */
static int judge_found(shoal_object *object, const struct shoal_found *found, int want)
{
    shoal_segment *segment = object->segment;
    int have = (int)(load_relaxed(&found->entry->kind) & 0xff);
    object->kind = have;
    if (!right_kind(have, want))
        return other_kind(segment, object->name, object->name_length, have, want);
    if (!shoal__handle_find_body(object, found->entry))
        return shoal__fail(SHOAL_ECORRUPT, "segment \"%s\": the body of \"%s\" lies outside of the heap", segment->name,
                           object->name);
    return SHOAL_OK;
}

/*
 * Look the name up again, under the lock, where the entry can neither go away nor become another kind, and pin what is
 * found if its kind is right. The caller's look, without the lock, decides nothing: the name may be a Value's by now.
 * SHOAL_ENOKEY: the name is gone by now.
 */
static int try_pin_by_name(shoal_object *object, struct shoal_found *found, uint32_t hash, int kind,
                           struct shoal_turn *turn)
{
    shoal_segment *segment = object->segment;
    SHOAL_POINT("open: to be pinned");
    int status = shoal__enter_soon(segment, turn);
    if (status < 0)
        return status;
    status = shoal__find(found, segment, object->name, object->name_length, hash);
    if (status == SHOAL_OK)
        status = judge_found(object, found, kind);
    if (status == SHOAL_OK)
        status = shoal__pin_locked(segment, segment->slot, found->ref, &object->pin);
    shoal__leave(segment);
    return status;
}

static int pin_by_name(shoal_object *object, struct shoal_found *found, uint32_t hash, int kind,
                       struct shoal_turn *turn)
{
    int status = try_pin_by_name(object, found, hash, kind, turn);
    if (status != SHOAL_ENOSPACE)
        return status;
    shoal__make_room(object->segment);
    return try_pin_by_name(object, found, hash, kind, turn);
}

/*
 * A readonly attach pins with a shared lock on a byte of the file. A remover first unlinks the object and then looks
 * for that lock; we first take the lock and then look whether the object is still there (a store-load pair).
 */
static int reader_pin(shoal_object *object, struct shoal_found *found, uint32_t hash, int kind,
                      struct shoal_patience *patience)
{
    shoal_segment *segment = object->segment;
    do {
        int status = shoal__find_again(found, segment, object->name, object->name_length, hash, patience);
        if (status < 0)
            return status;
        status = judge_found(object, found, kind);
        if (status < 0 && shoal__still_there(found))
            return status;
        if (status < 0)
            continue;
        int error = shoal__file_compare(segment->fd, segment->device, segment->inode);
        if (error)
            return shoal__no_descriptor(segment, error);
        uint32_t serial = shoal__once(&found->entry->serial);
        bool had_it = shoal__reader_pinned(segment, serial);
        SHOAL_POINT("reader: found, not pinned");
        error = shoal__reader_pin(segment, serial);
        if (error == -ENOMEM)
            return shoal__fail_plainly(SHOAL_ENOMEM);
        if (error)
            return shoal__fail(SHOAL_ESYSTEM, "segment \"%s\": the system refused a reader's lock: %s", segment->name,
                               strerror(-error));
        SHOAL_POINT("reader: pinned, not looked again");
        if (shoal__still_there(found))
            return SHOAL_OK;
        SHOAL_POINT("reader: pinned what is gone");
        if (!had_it)
            shoal__reader_unpin(segment, serial);
    } while (!shoal__patience_ends(patience));
    return shoal__never_still(segment);
}

static int open_new(shoal_object **out, shoal_segment *segment, const char *name, size_t length, uint32_t hash,
                    int kind, struct shoal_patience *patience, struct shoal_turn *turn)
{
    struct shoal_found found;
    shoal_object *object = shoal__handle_room(segment) ? shoal__handle_new(segment, name, length) : NULL;
    if (!object)
        return shoal__fail_plainly(SHOAL_ENOMEM);
    int status = segment->readonly ? reader_pin(object, &found, hash, kind, patience)
                                   : pin_by_name(object, &found, hash, kind, turn);
    if (status < 0) {
        free(object);
        return status;
    }
    shoal__handle_enter(object, &found);
    *out = object;
    return SHOAL_OK;
}

/* Never sleep with the context's lock held: a fork would wait for it. */
static int await_turn_unlocked(shoal_segment *segment, struct shoal_turn *turn)
{
    pthread_mutex_unlock(&segment->context->lock);
    int status = shoal__await_turn(segment, turn);
    pthread_mutex_lock(&segment->context->lock);
    return status;
}

int shoal__handle_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length, int kind)
{
    struct shoal_found found;
    struct shoal_patience patience = {0};
    struct shoal_turn turn;
    *out = NULL;
    shoal__turn_begin(&turn);
    int status = shoal__check_object_name(name, length);
    if (status == SHOAL_OK)
        status = shoal__here(segment);
    if (status < 0)
        return status;
    pthread_mutex_lock(&segment->context->lock);
    shoal__settle_locked(segment->context);
    uint32_t hash = shoal__name_hash(segment, name, length);
    for (;;) {
        status = shoal__patience_ends(&patience) ? shoal__never_still(segment)
                                                 : shoal__find_again(&found, segment, name, length, hash, &patience);
        if (status < 0)
            break;
        uint32_t serial = found.entry->serial;
        int have = (int)(load_relaxed(&found.entry->kind) & 0xff);
        if (!shoal__still_there(&found))
            continue;
        if (!right_kind(have, kind)) {
            status = other_kind(segment, name, length, have, kind);
            break;
        }
        if ((*out = shoal__handle_known(segment, found.ref, serial)))
            (*out)->refs++;
        else
            status = open_new(out, segment, name, length, hash, kind, &patience, &turn);
        if (status != NOT_NOW || (status = await_turn_unlocked(segment, &turn)) < 0)
            break;
        patience = (struct shoal_patience){0};
    }
    pthread_mutex_unlock(&segment->context->lock);
    if (__builtin_expect(load_relaxed(&segment->damaged), 0)) {
        shoal_object_close(*out);
        *out = NULL;
    }
    status = shoal__unless_damaged(segment, status);
    shoal__turn_end(segment, &turn);
    return status;
}

int shoal__handle_open_only(shoal_object **out, shoal_segment *segment, const char *name, size_t length, int kind)
{
    int status = shoal__handle_open(out, segment, name, length, kind);
    return status == SHOAL_ENOKEY ? shoal__no_such_object(segment, name, length) : status;
}

int shoal_object_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length)
{
    return shoal__handle_open_only(out, segment, name, length, SHOAL_KIND_NONE);
}

int shoal_object_open_kind(shoal_object **out, shoal_segment *segment, const char *name, size_t length, int kind)
{
    *out = NULL;
    if (kind != SHOAL_KIND_NONE && (!shoal__kind((uint32_t)kind) || shoal__kind_is((uint32_t)kind, KIND_STORED)))
        return shoal__fail(SHOAL_EVALUE, "%d is not the kind of a live object", kind);
    return shoal__handle_open_only(out, segment, name, length, kind);
}

/* ---- What a handle knows ---- */

int shoal_object_kind(const shoal_object *object)
{
    return object->kind;
}

int shoal_object_usable(const shoal_object *object)
{
    return shoal__may_look(object, object->kind);
}

const char *shoal_object_name(const shoal_object *object, size_t *length)
{
    if (length)
        *length = object->name_length;
    return object->name;
}

bool shoal_object_readonly(const shoal_object *object)
{
    return object->segment->readonly;
}

shoal_identity shoal_object_identity(const shoal_object *object)
{
    shoal_identity identity = shoal_segment_identity(object->segment);
    identity.object = (uint64_t)object->serial << 32 | object->entry;
    return identity;
}

/* ---- Names ---- */

static int find_kind(const shoal_segment *segment, const char *name, size_t length)
{
    struct shoal_found found;
    struct shoal_patience patience = {0};
    uint32_t hash = shoal__name_hash(segment, name, length);
    do {
        int status = shoal__find_again(&found, segment, name, length, hash, &patience);
        if (status < 0)
            return status == SHOAL_ENOKEY ? shoal__no_such_object(segment, name, length) : status;
        int kind = (int)(load_relaxed(&found.entry->kind) & 0xff);
        SHOAL_POINT("find: kind read");
        if (shoal__still_there(&found))
            return kind;
    } while (!shoal__patience_ends(&patience));
    return shoal__never_still(segment);
}

int shoal_object_find(shoal_segment *segment, const char *name, size_t length)
{
    int status = shoal__check_object_name(name, length);
    return status < 0 ? status : shoal__unless_damaged(segment, find_kind(segment, name, length));
}
