/* The part of the target `arguments` about arrays: shapes, indices, slices, and elements. */
#include "arguments.h"

#define MOST_BYTES 2048u

typedef __int128 wide;

static shoal_dtype take_dtype(struct bytes *in)
{
    static const uint32_t sizes[] = {0, 1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 4, 8, 8, 16};
    uint8_t choice = take_byte(in);
    if (choice >= 240)
        return (shoal_dtype){(uint32_t)take_telling(in), (uint32_t)take_telling(in)};
    uint32_t number = 1 + choice % 15;
    return (shoal_dtype){number, number == SHOAL_BYTES ? 1 + choice / 15 : sizes[number]};
}

/* ---- Where views lie ---- */

/* The first and the last byte that any element has, from `data` on; false: there is no element. */
static bool extent(const shoal_view *view, wide *first, wide *end)
{
    *first = 0;
    *end = view->dtype.itemsize;
    for (uint32_t i = 0; i < view->ndim; i++) {
        wide reach = (wide)view->strides[i] * (view->shape[i] - 1);
        if (view->shape[i] <= 0)
            return false;
        *(reach < 0 ? first : end) += reach;
    }
    return true;
}

/* All of `part` lies in the `nbytes` from `base` on. Addresses are only numbers here: nothing is touched. */
static void require_inside(const shoal_view *part, const unsigned char *base, uint64_t nbytes)
{
    wide first, end, at = (wide)(uintptr_t)part->data - (wide)(uintptr_t)base;
    for (uint32_t i = 0; i < part->ndim; i++)
        REQUIRE(part->shape[i] >= 0);
    if (extent(part, &first, &end))
        REQUIRE(at + first >= 0 && at + end <= (wide)nbytes);
}

static void change_view(shoal_view *view, struct bytes *in)
{
    int64_t index[SHOAL_MAX_DIMS + 1];
    unsigned char *at;
    uint8_t choice = take_byte(in);
    uint32_t before = view->ndim;
    size_t count;
    int status;
    switch (choice % 3) {
    case 0:
        status = shoal_view_index(view, take_telling(in));
        REQUIRE(status == SHOAL_OK ? view->ndim + 1 == before : status == SHOAL_EINDEX && view->ndim == before);
        break;
    case 1:
        status =
            shoal_view_slice(view, choice / 3 % (view->ndim + 2), take_telling(in), take_telling(in), take_telling(in));
        REQUIRE((status == SHOAL_OK || status == SHOAL_EINDEX) && view->ndim == before);
        break;
    default:
        count = choice % 5 ? view->ndim : choice / 3 % (SHOAL_MAX_DIMS + 2);
        for (size_t i = 0; i < count; i++)
            index[i] = take_telling(in);
        status = shoal_view_at(&at, view, count, index);
        REQUIRE(status == SHOAL_OK ? count == view->ndim : status == SHOAL_EINDEX && !at);
        if (status == SHOAL_OK) {
            shoal_view one = {.data = at, .dtype = view->dtype};
            wide first, end, from = (wide)(uintptr_t)at - (wide)(uintptr_t)view->data;
            REQUIRE(extent(view, &first, &end) && from >= first && from + one.dtype.itemsize <= end);
        }
    }
}

void try_view(struct bytes *in)
{
    shoal_view view;
    uint64_t nbytes;
    int64_t shape[SHOAL_MAX_DIMS + 2];
    shoal_dtype dtype = take_dtype(in);
    size_t ndim = take_byte(in);
    ndim = ndim < 128 ? ndim % 6 : ndim % (SHOAL_MAX_DIMS + 2);
    for (size_t i = 0; i < ndim; i++)
        shape[i] = take_telling(in);
    int status = shoal_view_init(&view, &nbytes, dtype, ndim, shape);
    REQUIRE(status == SHOAL_OK || status == SHOAL_EVALUE);
    if (status < 0)
        return;
    unsigned char *base = (unsigned char *)((uintptr_t)1 << 46); /* nobody's memory */
    REQUIRE(nbytes <= (uint64_t)1 << 47 && nbytes == shoal_view_size(&view) * dtype.itemsize &&
            shoal_view_contiguous(&view));
    view.data = base;
    require_inside(&view, base, nbytes);
    while (in->left > 0) {
        change_view(&view, in);
        require_inside(&view, base, nbytes);
    }
}

/* ---- What is done through them ---- */

/* A window onto memory of exactly its size, cut and turned as the bytes say. */
static bool take_window(shoal_view *view, unsigned char **memory, struct bytes *in)
{
    uint64_t nbytes;
    int64_t shape[4];
    shoal_dtype dtype = take_dtype(in);
    uint8_t choice = take_byte(in);
    size_t ndim = choice % 5;
    for (size_t i = 0; i < ndim; i++)
        shape[i] = take_byte(in) % 9;
    if (shoal_view_init(view, &nbytes, dtype, ndim, shape) < 0 || nbytes > MOST_BYTES)
        return false;
    *memory = view->data = malloc(nbytes ? nbytes : 1);
    for (size_t i = 0; i < nbytes; i++)
        view->data[i] = choice & 0x80 ? take_byte(in) : (unsigned char)(i * 37 + choice);
    if (dtype.number == SHOAL_BOOL)
        for (size_t i = 0; i < nbytes; i++)
            view->data[i] &= 1;
    for (uint32_t axis = 0; axis < view->ndim; axis++) {
        uint8_t how = take_byte(in);
        int64_t length = view->shape[axis], step = how % 7 - 3;
        if (how & 0x80)
            (void)shoal_view_slice(view, axis, how / 8 % 8, step, how / 2 % 9);
        else if (how & 0x40 && length > 0)
            (void)shoal_view_slice(view, axis, length - 1, -1, length);
    }
    return true;
}

static void take_scalar(shoal_scalar *out, struct bytes *in)
{
    uint64_t bits = take_number(in);
    memset(out, 0, sizeof *out);
    out->type = take_byte(in) % 6;
    out->i = out->type == SHOAL_SCALAR_BOOL ? (int64_t)(bits & 1) : (int64_t)bits;
    out->u = bits;
    memcpy(&out->re, &bits, sizeof bits);
    out->im = out->re / 3;
    out->bytes = in->at;
    out->size = in->left < 40 ? in->left : 40;
}

static void require_status(int status)
{
    REQUIRE(status == SHOAL_OK || status == SHOAL_EOVERFLOW || status == SHOAL_ETYPE || status == SHOAL_EVALUE ||
            status == SHOAL_EMISMATCH);
}

static void reduce(const shoal_view *view)
{
    shoal_scalar result;
    require_status(shoal_view_sum(&result, view));
    require_status(shoal_view_min(&result, view));
    require_status(shoal_view_max(&result, view));
    require_status(shoal_view_mean(&result, view));
}

/* Packing and unpacking is a round trip. */
static void go_round(const shoal_view *view)
{
    size_t size = (size_t)(shoal_view_size(view) * view->dtype.itemsize);
    unsigned char *packed = malloc(size ? size : 1), *again = malloc(size ? size : 1);
    shoal_writer writer;
    shoal_view_pack(packed, view);
    bool own_places = true; /* a stride of 0 puts several into one */
    for (uint32_t i = 0; i < view->ndim; i++)
        own_places = own_places && (view->strides[i] != 0 || view->shape[i] < 2);
    REQUIRE(shoal_view_unpack(view, packed, size) == SHOAL_OK);
    shoal_view_pack(again, view);
    REQUIRE(!own_places || memcmp(packed, again, size) == 0);
    REQUIRE(shoal_view_unpack(view, packed, size + 1) < 0);
    shoal_writer_init(&writer);
    shoal_write_ndarray(&writer, view);
    REQUIRE(writer.status == SHOAL_OK && writer.size >= size + 8);
    shoal_writer_free(&writer);
    free(packed);
    free(again);
}

void try_elements(struct bytes *in)
{
    shoal_view one, other;
    unsigned char *memory = NULL, *more = NULL;
    shoal_scalar value;
    if (take_window(&one, &memory, in)) {
        reduce(&one);
        go_round(&one);
        if (take_window(&other, &more, in)) {
            require_status(shoal_view_assign(&one, &other));
            (void)shoal_view_equal(&one, &other);
            free(more);
        }
        other = one; /* onto itself, shifted or turned */
        if (one.ndim > 0 && one.shape[0] > 2) {
            (void)shoal_view_slice(&one, 0, 1, 1, one.shape[0] - 1);
            (void)shoal_view_slice(&other, 0, other.shape[0] - 2, -1, other.shape[0] - 1);
            require_status(shoal_view_assign(&one, &other));
        }
        take_scalar(&value, in);
        require_status(shoal_view_fill(&one, &value));
        free(memory);
    }
}

void try_scalar(struct bytes *in)
{
    shoal_scalar value, loaded, again;
    shoal_dtype dtype = take_dtype(in);
    shoal_view view;
    uint64_t nbytes;
    if (shoal_view_init(&view, &nbytes, dtype, 0, NULL) < 0 || nbytes > MOST_BYTES)
        return;
    unsigned char *memory = malloc(nbytes), *before = malloc(nbytes);
    for (size_t i = 0; i < nbytes; i++)
        memory[i] = dtype.number == SHOAL_BOOL ? take_byte(in) & 1 : take_byte(in);
    memcpy(before, memory, nbytes);
    shoal_scalar_load(&loaded, dtype, memory);
    REQUIRE(loaded.type <= SHOAL_SCALAR_BYTES);
    take_scalar(&value, in);
    int status = shoal_scalar_store(memory, dtype, &value);
    require_status(status);
    REQUIRE(status == SHOAL_OK || memcmp(memory, before, nbytes) == 0); /* refused: nothing changed */
    shoal_scalar_load(&again, dtype, memory);
    if (status == SHOAL_OK && value.type == SHOAL_SCALAR_INT && again.type == SHOAL_SCALAR_INT)
        REQUIRE(again.i == value.i);
    free(memory);
    free(before);
}
