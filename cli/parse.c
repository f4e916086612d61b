/* Reads JSON, strictly: RFC 8259 in UTF-8, and of the objects with a "$" those that a value can be stored as. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "show.h"

struct reader {
    const char *start, *at, *end;
    int depth;
    const char *why;
};

static node *value(struct reader *from);

static node *wrong(struct reader *from, const char *what)
{
    if (!from->why)
        from->why = keep_print("%s at byte %zu", what, (size_t)(from->at - from->start) + 1);
    return NULL;
}

static void skip_blanks(struct reader *from)
{
    while (from->at < from->end && *from->at && strchr(" \t\r\n", *from->at))
        from->at++;
}

static bool next_is(struct reader *from, char c)
{
    skip_blanks(from);
    if (from->at == from->end || *from->at != c)
        return false;
    from->at++;
    return true;
}

static bool hexadecimal(uint32_t *out, struct reader *from)
{
    *out = 0;
    for (int i = 0; i < 4; i++, from->at++) {
        char c = from->at < from->end ? *from->at : 0;
        const char *digits = "0123456789abcdef", *found = c ? strchr(digits, c | 0x20) : NULL;
        if (!found || (c < '0'))
            return false;
        *out = *out << 4 | (uint32_t)(found - digits);
    }
    return true;
}

static char *put_point(char *to, uint32_t point)
{
    if (point < 0x80) {
        *to++ = (char)point;
        return to;
    }
    int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    *to++ = (char)((more == 1 ? 0xc0 : more == 2 ? 0xe0 : 0xf0) | point >> (6 * more));
    while (more-- > 0)
        *to++ = (char)(0x80 | (point >> (6 * more) & 0x3f));
    return to;
}

/* After the u of a \u: one code point, which may be two surrogates. */
static char *unicode(char *to, struct reader *from)
{
    uint32_t point, low;
    if (!hexadecimal(&point, from))
        return NULL;
    if (point >= 0xd800 && point < 0xdc00) {
        if (from->end - from->at < 6 || from->at[0] != '\\' || from->at[1] != 'u')
            return NULL;
        from->at += 2;
        if (!hexadecimal(&low, from) || low < 0xdc00 || low > 0xdfff)
            return NULL;
        return put_point(to, 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00));
    }
    return point >= 0xdc00 && point < 0xe000 ? NULL : put_point(to, point);
}

static char *escaped(char *to, struct reader *from)
{
    static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    char c = from->at < from->end ? *from->at++ : 0;
    const char *found = c ? strchr(names, c) : NULL;
    if (c == 'u')
        return unicode(to, from);
    if (!found)
        return NULL;
    *to = meant[found - names];
    return to + 1;
}

static node *string(struct reader *from)
{
    char *text = keep((size_t)(from->end - from->at) + 1), *to = text;
    while (from->at < from->end && *from->at != '"') {
        if ((unsigned char)*from->at < 0x20)
            return wrong(from, "a control character in a string");
        if (*from->at != '\\') {
            *to++ = *from->at++;
            continue;
        }
        from->at++;
        if (!(to = escaped(to, from)))
            return wrong(from, "an unknown escape in a string");
    }
    if (from->at == from->end)
        return wrong(from, "a string without an end");
    from->at++;
    return node_bytes(STR, text, (size_t)(to - text));
}

static size_t digits(struct reader *from)
{
    const char *start = from->at;
    while (from->at < from->end && *from->at >= '0' && *from->at <= '9')
        from->at++;
    return (size_t)(from->at - start);
}

static bool number_syntax(struct reader *from, bool *whole)
{
    *whole = true;
    from->at += from->at < from->end && *from->at == '-';
    bool zero = from->at < from->end && *from->at == '0';
    size_t count = digits(from);
    if (count == 0 || (zero && count > 1))
        return false;
    if (from->at < from->end && *from->at == '.') {
        from->at++;
        *whole = false;
        if (digits(from) == 0)
            return false;
    }
    if (from->at < from->end && (*from->at | 0x20) == 'e') {
        from->at++;
        *whole = false;
        from->at += from->at < from->end && (*from->at == '+' || *from->at == '-');
        return digits(from) > 0;
    }
    return true;
}

static node *number(struct reader *from)
{
    const char *start = from->at;
    bool whole;
    if (!number_syntax(from, &whole))
        return wrong(from, "no value of JSON");
    char *text = keep_text(start, (size_t)(from->at - start));
    errno = 0;
    if (whole && *text == '-') {
        long long integer = strtoll(text, NULL, 10);
        return errno ? wrong(from, "an integer below -2^63") : node_int(integer);
    }
    if (whole) {
        unsigned long long large = strtoull(text, NULL, 10);
        return errno ? wrong(from, "an integer above 2^64-1") : node_uint(large);
    }
    double real = strtod(text, NULL);
    return isfinite(real) ? node_real(real) : wrong(from, "a number that no float64 holds");
}

static node *array(struct reader *from)
{
    node *made = node_new(ARRAY);
    if (next_is(from, ']'))
        return made;
    do {
        node *item = value(from);
        if (!item)
            return NULL;
        node_add(made, item);
    } while (next_is(from, ','));
    return next_is(from, ']') ? made : wrong(from, "a comma or ] is missing");
}

static bool bytes_of_base64(struct reader *from, node *text)
{
    static const char known[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t size = text->size, out = 0, pads = 0;
    uint32_t four = 0;
    while (pads < 2 && size > pads && text->bytes[size - 1 - pads] == '=')
        pads++;
    if (size % 4 != 0)
        return wrong(from, "no base64") != NULL;
    for (size_t i = 0; i < size; i++) {
        const char *found = text->bytes[i] ? strchr(known, text->bytes[i]) : NULL;
        if (!found && i < size - pads)
            return wrong(from, "no base64") != NULL;
        four = four << 6 | (found ? (uint32_t)(found - known) : 0);
        if (i % 4 == 3) {
            for (int shift = 16; shift >= 0; shift -= 8)
                text->bytes[out++] = (char)(four >> shift);
            four = 0;
        }
    }
    text->size = out - pads;
    text->bytes[text->size] = 0;
    return true;
}

static node *pairs(struct reader *from, const node *list)
{
    node *made = node_new(MAP);
    for (size_t i = 0; i < list->size; i++) {
        const node *pair = list->items[i];
        if (pair->type != ARRAY || pair->size != 2)
            return wrong(from, "$map wants pairs");
        node_add(made, pair->items[0]);
        node_add(made, pair->items[1]);
    }
    return made;
}

static node *real_named(struct reader *from, const char *name)
{
    double real = strcmp(name, "nan") == 0    ? NAN
                  : strcmp(name, "inf") == 0  ? INFINITY
                  : strcmp(name, "-inf") == 0 ? -INFINITY
                                              : 0;
    return real != 0 ? node_real(real) : wrong(from, "$float wants nan, inf or -inf");
}

static node *time_of(struct reader *from, const node *list)
{
    double seconds, nanoseconds;
    if (list->size != 2 || !node_number(&seconds, list->items[0]) || !node_number(&nanoseconds, list->items[1]) ||
        !(fabs(seconds) < 1e15) || !(nanoseconds >= 0 && nanoseconds < 1e9))
        return wrong(from, "$time wants [seconds, nanoseconds]");
    node *made = node_new(TIME);
    made->integer = (int64_t)seconds;
    made->nanosecond = (uint32_t)nanoseconds;
    return made;
}

/* An object whose first key begins with "$". */
static node *special(struct reader *from, node *map)
{
    const char *key = map->items[0]->bytes;
    node *inner = map->items[1];
    if (inner->type == STR && strcmp(key, "$float") == 0)
        return real_named(from, inner->bytes);
    if (inner->type == STR && (strcmp(key, "$bytes") == 0 || strcmp(key, "$str") == 0)) {
        inner->type = key[1] == 'b' ? BIN : STR;
        return bytes_of_base64(from, inner) ? inner : NULL;
    }
    if (inner->type == ARRAY && strcmp(key, "$map") == 0)
        return pairs(from, inner);
    if (inner->type == ARRAY && strcmp(key, "$time") == 0)
        return time_of(from, inner);
    return wrong(from, "a key that begins with $ and is none of $bytes, $str, $float, $time, $map");
}

static node *object(struct reader *from)
{
    node *made = node_new(MAP);
    if (next_is(from, '}'))
        return made;
    do {
        node *key = next_is(from, '"') ? string(from) : wrong(from, "a key, in quotes, is missing");
        if (!key || !(next_is(from, ':') || wrong(from, "a colon is missing")))
            return NULL;
        node *item = value(from);
        if (!item)
            return NULL;
        node_add(made, key);
        node_add(made, item);
    } while (next_is(from, ','));
    if (!next_is(from, '}'))
        return wrong(from, "a comma or } is missing");
    return made->items[0]->bytes[0] == '$' ? special(from, made) : made;
}

static node *word(struct reader *from, const char *text, node *meant)
{
    size_t size = strlen(text);
    if ((size_t)(from->end - from->at) < size || memcmp(from->at, text, size) != 0)
        return wrong(from, "no value of JSON");
    from->at += size;
    return meant;
}

static node *value(struct reader *from)
{
    skip_blanks(from);
    if (from->at == from->end)
        return wrong(from, "a value is missing");
    if (from->depth >= SHOAL_MAX_DEPTH)
        return wrong(from, "more levels than a value has");
    node *made = NULL;
    from->depth++;
    if (next_is(from, '{'))
        made = object(from);
    else if (next_is(from, '['))
        made = array(from);
    else if (next_is(from, '"'))
        made = string(from);
    else if (*from->at == 't')
        made = word(from, "true", node_bool(true));
    else if (*from->at == 'f')
        made = word(from, "false", node_bool(false));
    else if (*from->at == 'n')
        made = word(from, "null", node_new(NIL));
    else
        made = number(from);
    from->depth--;
    return made;
}

int json_parse(node **out, const char **why, const char *text, size_t size)
{
    struct reader from = {text, text, text + size, 0, NULL};
    *out = NULL;
    if (!shoal_is_utf8(text, size))
        wrong(&from, "no UTF-8; nothing was read");
    else if ((*out = value(&from))) {
        skip_blanks(&from);
        if (from.at < from.end)
            *out = wrong(&from, "more than one value");
    }
    *why = from.why ? from.why : "";
    return *out ? SHOAL_OK : SHOAL_EVALUE;
}
