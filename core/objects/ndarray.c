/* NdArray: dtype and shape, written once, followed by plain memory. */
#include <stdio.h>
#include <string.h>

#include "objects/objects.h"
#include "segment/mappings.h"
#include "value/status.h"
#include "value/walk.h"

struct ndarray_sh {
    uint32_t dtype;
    uint32_t itemsize;
    uint32_t ndim;
    uint32_t data; /* offset of the first element from the start of this struct, a multiple of 64 */
    uint64_t nbytes;
    uint64_t zero;
    int64_t shape[];
};
_Static_assert(sizeof(struct ndarray_sh) == 32, "docs/format.md, NdArray");

struct plan {
    shoal_view view;
    uint64_t nbytes;
};

static uint32_t data_offset(uint32_t ndim)
{
    return (uint32_t)(sizeof(struct ndarray_sh) + ndim * sizeof(int64_t) + 63) / 64 * 64;
}

static void fill(void *body, const void *argument)
{
    const struct plan *plan = argument;
    struct ndarray_sh *array = body;
    array->dtype = plan->view.dtype.number;
    array->itemsize = plan->view.dtype.itemsize;
    array->ndim = plan->view.ndim;
    array->data = data_offset(plan->view.ndim);
    array->nbytes = plan->nbytes;
    memcpy(array->shape, plan->view.shape, plan->view.ndim * sizeof(int64_t));
}

static void show(char *out, size_t size, const shoal_view *view)
{
    char name[16];
    size_t used = (size_t)snprintf(out, size, "%s (", shoal_dtype_name(view->dtype, name));
    for (uint32_t i = 0; i < view->ndim && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, i ? ", %lld" : "%lld", (long long)view->shape[i]);
    if (used < size)
        snprintf(out + used, size - used, view->ndim == 1 ? ",)" : ")");
}

static int other_array(const shoal_object *object, const shoal_view *have, const shoal_view *want)
{
    char is[200], asked[200];
    show(is, sizeof is, have);
    show(asked, sizeof asked, want);
    return shoal__fail(SHOAL_EMISMATCH, "NdArray \"%s\" in segment \"%s\" is %s, and %s was asked for", object->name,
                       object->segment->name, is, asked);
}

static bool same(const shoal_view *a, const shoal_view *b)
{
    return a->dtype.number == b->dtype.number && a->dtype.itemsize == b->dtype.itemsize && a->ndim == b->ndim &&
           memcmp(a->shape, b->shape, a->ndim * sizeof *a->shape) == 0;
}

int shoal_array_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length, shoal_dtype dtype,
                     size_t ndim, const int64_t *shape)
{
    struct plan plan;
    shoal_view have;
    *out = NULL;
    int status = shoal_view_init(&plan.view, &plan.nbytes, dtype, ndim, shape);
    if (status < 0)
        return status;
    uint64_t size = (data_offset(plan.view.ndim) + plan.nbytes + 63) / 64 * 64;
    struct shoal_recipe recipe = {SHOAL_KIND_NDARRAY, size, fill, &plan};
    status = shoal__handle_make(out, segment, name, length, &recipe);
    if (status == SHOAL_OK)
        status = shoal_array_view(&have, *out);
    if (status == SHOAL_OK && !same(&have, &plan.view))
        status = other_array(*out, &have, &plan.view);
    if (status < 0) {
        shoal_object_close(*out);
        *out = NULL;
    }
    return status;
}

static int damaged(const shoal_object *object)
{
    return shoal__fail(SHOAL_ECORRUPT, "the header of NdArray \"%s\" in segment \"%s\" is damaged", object->name,
                       object->segment->name);
}

/* The header, if it is possible for a body with `room` bytes. Each word is read once, since others may change it. */
static bool read_header(shoal_view *out, const struct ndarray_sh *array, uint64_t room)
{
    uint64_t nbytes;
    struct ndarray_sh head;
    int64_t shape[SHOAL_MAX_DIMS];
    if (room < sizeof head)
        return false;
    memcpy(&head, array, sizeof head);
    program_order(); /* from here on we use the copy: the compiler must not read it again */
    if (head.ndim > SHOAL_MAX_DIMS || head.data != data_offset(head.ndim) || room < head.data)
        return false;
    memcpy(shape, array->shape, head.ndim * sizeof *shape);
    program_order();
    shoal_dtype dtype = {head.dtype, head.itemsize};
    return shoal_view_init(out, &nbytes, dtype, head.ndim, shape) == SHOAL_OK && nbytes == head.nbytes &&
           nbytes <= room - head.data;
}

static const char *check(const shoal_segment *segment, const void *body, uint64_t capacity)
{
    shoal_view view;
    (void)segment;
    return read_header(&view, body, capacity) ? NULL : "its dtype, shape or size is impossible";
}

int shoal_array_view(shoal_view *out, const shoal_object *object)
{
    shoal_segment *segment = object->segment;
    const struct ndarray_sh *array = object->body;
    if (object->kind != SHOAL_KIND_NDARRAY)
        return shoal__fail(SHOAL_ETYPE, "\"%s\" is %s, not an NdArray", object->name, shoal_kind_phrase(object->kind));
    int status = shoal__here(segment); /* a forked child gets a pin of its own */
    if (status < 0)
        return status;
    if (object->lost)
        return shoal__lost(object);
    if (!read_header(out, array, segment->is.size - (uint64_t)((const unsigned char *)array - segment->base)))
        return shoal__unless_damaged(segment, damaged(object));
    out->data = (unsigned char *)array + data_offset(out->ndim);
    out->readonly = segment->readonly;
    return shoal__unless_damaged(segment, SHOAL_OK);
}

void shoal_array_meet(const shoal_object *array, shoal_view *view)
{
    if (shoal_view_size(view) == 0)
        return;
    struct shoal__range range = shoal__view_range(view);
    int64_t distance = shoal__mapping_distance(array->segment, range.first, range.end);
    view->data = (unsigned char *)((uintptr_t)view->data + (uintptr_t)distance);
}

/*
 * If `from` lies in another mapping of the array's file, read it through the mapping of `to`: then an overlap shows in
 * the addresses.
 */
int shoal_array_assign(const shoal_object *array, const shoal_view *to, const shoal_view *from)
{
    shoal_view here;
    if (load_relaxed(&array->segment->twins) == 0)
        return shoal_view_assign(to, from);
    here = *from;
    shoal_array_meet(array, &here);
    return shoal_view_assign(to, &here);
}

/* ---- The row ---- */

static int copy(shoal_object **out, shoal_segment *to, shoal_object *object)
{
    shoal_view from, view;
    int status = shoal_array_view(&from, object);
    if (status == SHOAL_OK)
        status = shoal_array_open(out, to, object->name, object->name_length, from.dtype, from.ndim, from.shape);
    if (status == SHOAL_OK)
        status = shoal_array_view(&view, *out);
    return status == SHOAL_OK ? shoal_view_assign(&view, &from) : status;
}

static int describe(struct shoal__parts *map, const shoal_object *object)
{
    char name[16];
    shoal_view view;
    int status = shoal_array_view(&view, object);
    if (status < 0)
        return status;
    shoal__write_text(shoal__part_of(map, "dtype"), shoal_dtype_name(view.dtype, name));
    shoal_write_array(shoal__part_of(map, "shape"), view.ndim);
    for (uint32_t i = 0; i < view.ndim; i++)
        shoal_write_int(&map->writer, view.shape[i]);
    shoal_write_uint(shoal__part_of(map, "nbytes"), shoal_view_size(&view) * view.dtype.itemsize);
    return SHOAL_OK;
}

const struct shoal__kind shoal__ndarray_kind = {
    .head = sizeof(struct ndarray_sh),
    .check = check,
    .describe = describe,
    .copy = copy,
};
