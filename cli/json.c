/* Writes JSON. What JSON cannot say is an object of one key that begins with "$": docs/cli.md lists them. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "show.h"

char *base64(const char *bytes, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *from = (const unsigned char *)bytes;
    char *text = keep((size + 2) / 3 * 4 + 1), *to = text;
    for (size_t i = 0; i < size; i += 3) {
        uint32_t three = (uint32_t)from[i] << 16;
        three |= i + 1 < size ? (uint32_t)from[i + 1] << 8 : 0;
        three |= i + 2 < size ? from[i + 2] : 0;
        *to++ = digits[three >> 18];
        *to++ = digits[three >> 12 & 63];
        *to++ = i + 1 < size ? digits[three >> 6 & 63] : '=';
        *to++ = i + 2 < size ? digits[three & 63] : '=';
    }
    return text;
}

/* The code point of a character of UTF-8 that was found to be valid; *length: its bytes. */
static uint32_t code_point(const unsigned char *at, size_t *length)
{
    *length = at[0] < 0x80 ? 1 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    uint32_t point = *length == 1 ? at[0] : at[0] & (0x7fu >> *length);
    for (size_t i = 1; i < *length; i++)
        point = point << 6 | (at[i] & 0x3f);
    return point;
}

static bool is_written_as_it_is(uint32_t point)
{
    bool moves = (point >= 0x200b && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
                 (point >= 0x2060 && point <= 0x206f) || point == 0xfeff || point == 0x61c || point >= 0xe0000;
    return point >= 0x20 && !(point >= 0x7f && point <= 0x9f) && !moves;
}

static void write_escaped(FILE *to, uint32_t point)
{
    if (point == '\n' || point == '\t' || point == '\r')
        fprintf(to, "\\%c", point == '\n' ? 'n' : point == '\t' ? 't' : 'r');
    else if (point < 0x10000)
        fprintf(to, "\\u%04" PRIx32, point);
    else
        fprintf(to, "\\u%04" PRIx32 "\\u%04" PRIx32, 0xd800 + ((point - 0x10000) >> 10), 0xdc00 + (point & 0x3ff));
}

static void write_string(FILE *to, const char *bytes, size_t size)
{
    size_t length;
    putc('"', to);
    for (size_t i = 0; i < size; i += length) {
        uint32_t point = code_point((const unsigned char *)bytes + i, &length);
        if (point == '"' || point == '\\')
            fprintf(to, "\\%c", (int)point);
        else if (is_written_as_it_is(point))
            fwrite(bytes + i, 1, length, to);
        else
            write_escaped(to, point);
    }
    putc('"', to);
}

static void write_real(FILE *to, double real)
{
    char text[40];
    if (!isfinite(real)) {
        fprintf(to, "{\"$float\":\"%s\"}", isnan(real) ? "nan" : real > 0 ? "inf" : "-inf");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, real);
        if (strtod(text, NULL) == real)
            break;
    }
    fprintf(to, strpbrk(text, ".e") ? "%s" : "%s.0", text);
}

static void write_time(FILE *to, const node *from)
{
    struct tm parts;
    char text[64];
    time_t seconds = (time_t)from->integer;
    if (!gmtime_r(&seconds, &parts) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts))
        snprintf(text, sizeof text, "?");
    fprintf(to, "{\"$time\":[%" PRId64 ",%" PRIu32 "],\"utc\":\"%s\"}", from->integer, from->nanosecond, text);
}

static void write_scalar(FILE *to, const shoal_view *view)
{
    shoal_scalar scalar;
    shoal_scalar_load(&scalar, view->dtype, view->data);
    switch (scalar.type) {
    case SHOAL_SCALAR_BOOL:
        fputs(scalar.i ? "true" : "false", to);
        break;
    case SHOAL_SCALAR_INT:
        fprintf(to, "%" PRId64, scalar.i);
        break;
    case SHOAL_SCALAR_UINT:
        fprintf(to, "%" PRIu64, scalar.u);
        break;
    case SHOAL_SCALAR_FLOAT:
        write_real(to, scalar.re);
        break;
    case SHOAL_SCALAR_COMPLEX:
        fputs("{\"$complex\":[", to);
        write_real(to, scalar.re);
        putc(',', to);
        write_real(to, scalar.im);
        fputs("]}", to);
        break;
    case SHOAL_SCALAR_BYTES:
        fprintf(to, "{\"$bytes\":\"%s\"}", base64((const char *)scalar.bytes, scalar.size));
        break;
    }
}

static void write_elements(FILE *to, const shoal_view *view)
{
    if (view->ndim == 0) {
        write_scalar(to, view);
        return;
    }
    putc('[', to);
    for (int64_t i = 0; i < view->shape[0]; i++) {
        shoal_view item = *view;
        if (i > 0)
            putc(',', to);
        if (shoal_view_index(&item, i) >= 0)
            write_elements(to, &item);
    }
    putc(']', to);
}

static void write_view(FILE *to, const shoal_view *view)
{
    char name[16];
    fprintf(to, "{\"$array\":{\"dtype\":\"%s\",\"shape\":[", shoal_dtype_name(view->dtype, name));
    for (uint32_t i = 0; i < view->ndim; i++)
        fprintf(to, "%s%" PRId64, i ? "," : "", view->shape[i]);
    fputs("],\"data\":", to);
    write_elements(to, view);
    fputs("}}", to);
}

static void write_list(FILE *to, const node *from)
{
    putc('[', to);
    for (size_t i = 0; i < from->size; i++) {
        if (i > 0)
            putc(',', to);
        json_write(to, from->items[i]);
    }
    putc(']', to);
}

/* An object of JSON: its keys are texts, and it is not mistaken for one of those with a "$". */
static bool is_object(const node *map)
{
    for (size_t i = 0; i < map->size; i += 2) {
        const node *key = map->items[i];
        if (key->type != STR || !shoal_is_utf8(key->bytes, key->size) || key->bytes[0] == '$')
            return false;
    }
    return true;
}

static void write_map(FILE *to, const node *from)
{
    bool object = is_object(from);
    fputs(object ? "{" : "{\"$map\":[", to);
    for (size_t i = 0; i < from->size; i += 2) {
        fputs(i > 0 ? "," : "", to);
        fputs(object ? "" : "[", to);
        json_write(to, from->items[i]);
        putc(object ? ':' : ',', to);
        json_write(to, from->items[i + 1]);
        fputs(object ? "" : "]", to);
    }
    fputs(object ? "}" : "]}", to);
}

static void write_str(FILE *to, const node *from)
{
    if (shoal_is_utf8(from->bytes, from->size))
        write_string(to, from->bytes, from->size);
    else
        fprintf(to, "{\"$str\":\"%s\"}", base64(from->bytes, from->size));
}

void json_write(FILE *to, const node *from)
{
    switch (from->type) {
    case NIL:
        fputs("null", to);
        break;
    case BOOL:
        fputs(from->truth ? "true" : "false", to);
        break;
    case INT:
        fprintf(to, "%" PRId64, from->integer);
        break;
    case UINT:
        fprintf(to, "%" PRIu64, from->large);
        break;
    case REAL:
        write_real(to, from->real);
        break;
    case STR:
        write_str(to, from);
        break;
    case BIN:
        fprintf(to, "{\"$bytes\":\"%s\"}", base64(from->bytes, from->size));
        break;
    case TIME:
        write_time(to, from);
        break;
    case VIEW:
        write_view(to, from->view);
        break;
    case EXT:
        fprintf(to, "{\"$ext\":[%d,\"%s\"]}", from->extension, base64(from->bytes, from->size));
        break;
    case ARRAY:
        write_list(to, from);
        break;
    case MAP:
        write_map(to, from);
        break;
    }
}

void json_print(const node *from)
{
    json_write(stdout, from);
    putchar('\n');
}
