/* Arrays to and from .npy files, in C order and little-endian. */
#include "npy.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char magic[] = "\x93NUMPY\x01"; /* and a zero, the minor version */
enum { PREFIX = 10, ALIGNED = 64 };

static bool is_little(void)
{
    const uint16_t one = 1;
    return *(const unsigned char *)&one == 1;
}

/* "<f8": as numpy calls the dtype in files. */
static char *description(shoal_dtype dtype)
{
#define CODE(name, number, text, size, code) [number] = code,
    static const char *const codes[] = {SHOAL_DTYPE_LIST(CODE)};
#undef CODE
    if (dtype.number == SHOAL_BYTES)
        return keep_print("|S%" PRIu32, dtype.itemsize);
    if (dtype.number == SHOAL_BOOL)
        return keep_text("|b1", 3);
    return keep_print("%c%s", dtype.itemsize == 1 ? '|' : is_little() ? '<' : '>', codes[dtype.number]);
}

int npy_write(FILE *to, const shoal_view *view)
{
    char *shape = keep_text("", 0);
    for (uint32_t i = 0; i < view->ndim; i++)
        shape = keep_print("%s%s%" PRId64 "%s", shape, i ? ", " : "", view->shape[i], view->ndim == 1 ? "," : "");
    char *head =
        keep_print("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", description(view->dtype), shape);
    size_t length = strlen(head) + 1, padding = (ALIGNED - (PREFIX + length) % ALIGNED) % ALIGNED;
    size_t size = (size_t)shoal_view_size(view) * view->dtype.itemsize;
    char *packed = keep(size + 1);
    shoal_view_pack(packed, view);
    fwrite(magic, 1, sizeof magic, to);
    putc((int)((length + padding) & 0xff), to);
    putc((int)((length + padding) >> 8), to);
    fprintf(to, "%s%*s\n", head, (int)padding, "");
    fwrite(packed, 1, size, to);
    return fflush(to) != 0 || ferror(to) ? -1 : 0;
}

static const char *after(const char *head, const char *key)
{
    const char *found = strstr(head, key);
    return found ? found + strlen(key) + strspn(found + strlen(key), ": ") : NULL;
}

static bool read_dtype(shoal_dtype *out, const char *head)
{
    const char *at = after(head, "'descr'");
    if (!at || *at++ != '\'')
        return false;
    char foreign = is_little() ? '>' : '<';
    size_t length = strcspn(at, "'");
    if (at[0] == foreign && !(length > 1 && at[1] == 'S'))
        return false;
    if (length == 3 && memcmp(at + 1, "b1", 2) == 0)
        return shoal_dtype_parse(out, "bool", 4) >= 0;
    bool order = *at == '|' || *at == '<' || *at == '>' || *at == '=';
    return shoal_dtype_parse(out, at + order, length - order) >= 0;
}

static int read_shape(int64_t *shape, const char *head)
{
    const char *at = after(head, "'shape'");
    int count = 0;
    if (!at || *at++ != '(')
        return -1;
    for (at += strspn(at, ", "); *at != ')'; at += strspn(at, ", ")) {
        char *end;
        if (count == SHOAL_MAX_DIMS || *at < '0' || *at > '9')
            return -1;
        shape[count++] = strtoll(at, &end, 10);
        at = end;
    }
    return count;
}

const shoal_view *npy_read(const char **why, char *bytes, size_t size)
{
    int64_t shape[SHOAL_MAX_DIMS];
    shoal_dtype dtype;
    shoal_view *view = keep(sizeof *view);
    uint64_t nbytes;
    const unsigned char *unsigned_bytes = (const unsigned char *)bytes;
    *why = "no .npy file of version 1.0";
    if (size < PREFIX || memcmp(bytes, magic, sizeof magic) != 0)
        return NULL;
    size_t length = unsigned_bytes[8] | (size_t)unsigned_bytes[9] << 8;
    if (length > size - PREFIX)
        return NULL;
    const char *head = keep_text(bytes + PREFIX, length), *order = after(head, "'fortran_order'");
    *why = "a dtype that Shoal does not have, or of another byte order";
    if (!read_dtype(&dtype, head))
        return NULL;
    int ndim = read_shape(shape, head);
    *why = "in Fortran's order, or of a shape that is none: save numpy.ascontiguousarray(a)";
    if (ndim < 0 || !order || strncmp(order, "False", 5) != 0 ||
        shoal_view_init(view, &nbytes, dtype, (size_t)ndim, shape) < 0)
        return NULL;
    *why = "fewer or more bytes than its shape has";
    view->data = (unsigned char *)bytes + PREFIX + length;
    return nbytes == size - PREFIX - length ? view : NULL;
}
