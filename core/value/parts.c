#include "value/parts.h"

#include <string.h>

void shoal__parts_init(struct shoal__parts *parts)
{
    shoal_writer_init(&parts->writer);
    parts->count = 0;
}

shoal_writer *shoal__part(struct shoal__parts *parts)
{
    parts->count++;
    return &parts->writer;
}

shoal_writer *shoal__part_of(struct shoal__parts *parts, const char *key)
{
    shoal_write_str(&parts->writer, key, strlen(key));
    return shoal__part(parts);
}

static void end(struct shoal__parts *parts, shoal_writer *out)
{
    if (parts->writer.status < 0 && out->status == SHOAL_OK)
        out->status = parts->writer.status;
    shoal__write_raw(out, parts->writer.bytes, parts->writer.size);
    shoal_writer_free(&parts->writer);
}

void shoal__parts_end_array(struct shoal__parts *parts, shoal_writer *out)
{
    shoal_write_array(out, parts->count);
    end(parts, out);
}

void shoal__parts_end_map(struct shoal__parts *parts, shoal_writer *out)
{
    shoal_write_map(out, parts->count);
    end(parts, out);
}

/* The length of the UTF-8 character at `at`; 0: the bytes there are none. */
static size_t character(const char *at, size_t left)
{
    for (size_t n = 1; n <= 4 && n <= left; n++)
        if (shoal_is_utf8(at, n))
            return n;
    return 0;
}

/* How many invalid bytes at `at` one U+FFFD replaces: the first, and all continuation bytes after it. */
static size_t damage(const char *at, size_t left)
{
    size_t n = 1;
    while (n < left && ((unsigned char)at[n] & 0xc0) == 0x80)
        n++;
    return n;
}

/* Copy `text` to `out` with invalid bytes replaced. `out` has room for three times `size`. Returns the new size. */
static size_t mend(char *out, const char *text, size_t size)
{
    size_t used = 0;
    for (size_t at = 0, n; at < size; at += n) {
        n = character(text + at, size - at);
        memcpy(out + used, n ? text + at : "\xef\xbf\xbd", n ? n : 3);
        used += n ? n : 3;
        if (n == 0)
            n = damage(text + at, size - at);
    }
    return used;
}

#define CUT 4096u /* longer than any path */

void shoal__write_text(shoal_writer *writer, const char *text)
{
    char mended[3 * CUT];
    size_t size = strnlen(text, CUT);
    if (shoal_is_utf8(text, size))
        shoal_write_str(writer, text, size);
    else
        shoal_write_str(writer, mended, mend(mended, text, size));
}
