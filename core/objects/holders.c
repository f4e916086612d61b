/* The holders of an object of any kind, for people to read. Waiters: segment/waiting.c. */
#include "objects/objects.h"
#include "value/status.h"

static int find_holders(shoal_owner *out, size_t limit, size_t *count, const shoal_object *object)
{
    const struct shoal__kind *kind = shoal__kinds[object->kind];
    if (!(kind->flags & KIND_LOCK))
        return shoal__fail(SHOAL_ETYPE, "\"%s\" is %s, which cannot be held", object->name,
                           shoal_kind_phrase(object->kind));
    if (kind->holders)
        kind->holders(out, limit, count, object);
    return SHOAL_OK;
}

int shoal_object_holders(shoal_owner *out, size_t limit, size_t *count, const shoal_object *object)
{
    *count = 0;
    int status = shoal__may_look(object, object->kind);
    if (status == SHOAL_OK)
        status = find_holders(out, limit, count, object);
    return shoal__unless_damaged(object->segment, status);
}

/* ---- All locks of a segment ---- */

struct locks {
    shoal_segment *segment;
    shoal_each_lock each;
    void *argument;
};

static int open_lock(void *argument, const char *name, size_t length, int kind)
{
    const struct locks *locks = argument;
    shoal_object *object;
    if (!shoal__kind_is((uint32_t)kind, KIND_LOCK) ||
        shoal__handle_open(&object, locks->segment, name, length, kind) < 0)
        return SHOAL_OK; /* no lock, or gone meanwhile */
    int result = locks->each(locks->argument, object);
    shoal_object_close(object);
    return result;
}

int shoal_segment_each_lock(shoal_segment *segment, shoal_each_lock each, void *argument)
{
    struct locks locks = {segment, each, argument};
    return shoal_object_each(segment, open_lock, &locks);
}
