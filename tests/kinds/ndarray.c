/* NdArrays of 32-bit words: each is 0, or how many there are, as whoever made or opened the array wrote. */
#include "driver.h"

#include <string.h>

enum { FEW = 10, WHOLE = 10000 };

static int open_words(shoal_object **out, const struct subject *subject, int64_t count)
{
    shoal_dtype words = {SHOAL_UINT32, 4};
    return shoal_array_open(out, subject->segment, subject->name, subject->length, words, 1, &count);
}

static int make(struct subject *subject, uint32_t size)
{
    return open_words(&subject->object, subject, size ? size : FEW);
}

static int again(shoal_object **out, const struct subject *subject)
{
    shoal_view view;
    int status = LOOK(shoal_array_view, &view, subject->object);
    *out = NULL;
    if (status < 0)
        return status;
    return LOOK(shoal_array_open, out, subject->segment, subject->name, subject->length, view.dtype, view.ndim,
                view.shape);
}

static int fill(const struct subject *subject, uint32_t seed)
{
    shoal_view view;
    int status = shoal_array_view(&view, subject->object);
    for (int64_t i = 0; status == SHOAL_OK && i < view.shape[0]; i++)
        memcpy(view.data + 4 * i, &(uint32_t){seed + (uint32_t)(i * i)}, 4);
    return status;
}

static const char *filled(const struct subject *subject, uint32_t seed)
{
    shoal_view view;
    EXPECT(shoal_array_view(&view, subject->object) == SHOAL_OK && view.ndim == 1);
    for (int64_t i = 0; i < view.shape[0]; i++)
        EXPECT(memcmp(view.data + 4 * i, &(uint32_t){seed + (uint32_t)(i * i)}, 4) == 0);
    return NULL;
}

static void look_at_elements(shoal_view part)
{
    static _Thread_local unsigned char copy[16 * WHOLE];
    shoal_scalar scalar;
    shoal_writer writer;
    if (shoal_view_size(&part) > WHOLE && (part.ndim == 0 || shoal_view_slice(&part, 0, 0, 1, 64) < 0))
        return;
    uint64_t size = shoal_view_size(&part);
    if (size > WHOLE || size * part.dtype.itemsize > sizeof copy)
        return;
    kinds_begin("shoal_view_pack");
    shoal_view_pack(copy, &part);
    kinds_seen("shoal_view_pack", 0);
    LOOK(shoal_view_sum, &scalar, &part);
    LOOK(shoal_view_min, &scalar, &part);
    LOOK(shoal_view_max, &scalar, &part);
    LOOK(shoal_view_mean, &scalar, &part);
    shoal_writer_init(&writer);
    kinds_begin("shoal_write_ndarray");
    shoal_write_ndarray(&writer, &part);
    kinds_seen("shoal_write_ndarray", 0);
    shoal_writer_free(&writer);
}

static void look_at_one(shoal_view view)
{
    shoal_scalar scalar;
    while (view.ndim > 0 && LOOK(shoal_view_index, &view, (int64_t)kinds_below(8) - 1) == SHOAL_OK)
        ;
    if (view.ndim > 0)
        return;
    kinds_begin("shoal_scalar_load");
    shoal_scalar_load(&scalar, view.dtype, view.data);
    kinds_seen("shoal_scalar_load", 0);
    if (scalar.type == SHOAL_SCALAR_BYTES)
        kinds_touch(scalar.bytes, scalar.size);
}

static void look_at_last(const shoal_view *view)
{
    shoal_scalar scalar;
    unsigned char *at;
    int64_t last[SHOAL_MAX_DIMS];
    for (uint32_t i = 0; i < view->ndim; i++)
        last[i] = view->shape[i] - 1;
    if (shoal_view_size(view) > 0 && LOOK(shoal_view_at, &at, view, view->ndim, last) == SHOAL_OK)
        shoal_scalar_load(&scalar, view->dtype, at);
}

static const char *look(const struct subject *subject)
{
    shoal_view view;
    if (LOOK(shoal_array_view, &view, subject->object) < 0)
        return NULL;
    kinds_touch(view.data, shoal_view_size(&view) * view.dtype.itemsize);
    look_at_elements(view);
    look_at_one(view);
    look_at_last(&view);
    return NULL;
}

static const char *refuse(const struct subject *subject)
{
    shoal_view view;
    if (LOOK(shoal_array_view, &view, subject->object) == SHOAL_OK && !view.readonly)
        return kinds_say("a readonly attach may write: a view");
    return NULL;
}

static const char *walk(const struct subject *subject, bool write)
{
    shoal_view view;
    WELL(kinds_unusual("view", shoal_array_view(&view, subject->object)));
    if (view.dtype.number != SHOAL_UINT32 || view.ndim != 1)
        return kinds_say("an array that is open became another: %u dimensions", view.ndim);
    volatile uint32_t *words = (volatile uint32_t *)(void *)view.data;
    int64_t count = view.shape[0], step = count / 8 + 1;
    for (int64_t i = kinds_below((uint32_t)step); i < count; i += step) {
        uint32_t word = words[i];
        if (word != 0 && word != (uint32_t)count)
            return kinds_say("the memory of an array that is open became something else: %u of %lld", word,
                             (long long)count);
        if (write)
            words[i] = (uint32_t)count;
    }
    return NULL;
}

static const char *use(const struct subject *subject)
{
    return walk(subject, !shoal_object_readonly(subject->object));
}

static const char *intact(const struct subject *subject)
{
    return walk(subject, false);
}

static const char *obey(shoal_object *object, struct model *model, unsigned peer, unsigned (*take)(unsigned sides))
{
    shoal_view view;
    (void)peer;
    EXPECT(shoal_array_view(&view, object) == SHOAL_OK && view.ndim == 1 && view.shape[0] == MODEL_BYTES / 4);
    EXPECT(memcmp(view.data, model->bytes, MODEL_BYTES) == 0);
    memset(model->bytes, (int)take(256), MODEL_BYTES / 2);
    memcpy(view.data, model->bytes, MODEL_BYTES);
    return NULL;
}

const struct driver ndarray_driver = {
    .name = "array",
    .kind = SHOAL_KIND_NDARRAY,
    .sizes = (const uint32_t[]){FEW, 3000, 40000, 100000, 0}, /* the last is made without the structure's lock */
    .make = make,
    .again = again,
    .fill = fill,
    .filled = filled,
    .look = look,
    .refuse = refuse,
    .use = use,
    .intact = intact,
    .obey = obey,
};
