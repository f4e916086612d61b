#include "value/dtype.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "value/order.h"
#include "value/status.h"
#include "value/text.h"

#define BYTES_MAX 0x7fffffffu

struct entry {
    const char *name;
    const char *code;
    const char *format; /* PEP 3118 */
    uint32_t itemsize;
    enum shoal__family family;
};

/* What the list in shoal/view.h leaves out: the format of PEP 3118 and the family. */
#define FORMAT_BOOL "?", SHOAL__FAMILY_BOOL
#define FORMAT_INT8 "b", SHOAL__FAMILY_INT
#define FORMAT_INT16 "h", SHOAL__FAMILY_INT
#define FORMAT_INT32 "i", SHOAL__FAMILY_INT
#define FORMAT_INT64 "q", SHOAL__FAMILY_INT
#define FORMAT_UINT8 "B", SHOAL__FAMILY_UINT
#define FORMAT_UINT16 "H", SHOAL__FAMILY_UINT
#define FORMAT_UINT32 "I", SHOAL__FAMILY_UINT
#define FORMAT_UINT64 "Q", SHOAL__FAMILY_UINT
#define FORMAT_FLOAT16 "e", SHOAL__FAMILY_FLOAT
#define FORMAT_FLOAT32 "f", SHOAL__FAMILY_FLOAT
#define FORMAT_FLOAT64 "d", SHOAL__FAMILY_FLOAT
#define FORMAT_COMPLEX64 "Zf", SHOAL__FAMILY_COMPLEX
#define FORMAT_COMPLEX128 "Zd", SHOAL__FAMILY_COMPLEX
#define FORMAT_BYTES "s", SHOAL__FAMILY_BYTES
#define MAKE_ENTRY(number, name, code, size, format, family) [number] = {name, code, format, size, family},
#define EXPAND_ENTRY(...) MAKE_ENTRY(__VA_ARGS__)
#define ENTRY(NAME, number, name, size, code) EXPAND_ENTRY(number, name, code, size, FORMAT_##NAME)

static const struct entry entries[SHOAL__DTYPE_COUNT] = {SHOAL_DTYPE_LIST(ENTRY)};

/* Other spellings that numpy accepts. "l" and "L" are as wide as this host's long. */
static const struct alias {
    const char *text;
    uint32_t number;
} aliases[] = {
    {"b1", SHOAL_BOOL},
    {"bool_", SHOAL_BOOL},
    {"b", SHOAL_INT8},
    {"B", SHOAL_UINT8},
    {"h", SHOAL_INT16},
    {"H", SHOAL_UINT16},
    {"i", SHOAL_INT32},
    {"I", SHOAL_UINT32},
    {"q", SHOAL_INT64},
    {"Q", SHOAL_UINT64},
    {"e", SHOAL_FLOAT16},
    {"half", SHOAL_FLOAT16},
    {"f", SHOAL_FLOAT32},
    {"single", SHOAL_FLOAT32},
    {"d", SHOAL_FLOAT64},
    {"double", SHOAL_FLOAT64},
    {"float", SHOAL_FLOAT64},
    {"int", SHOAL_INT64},
    {"uint", SHOAL_UINT64},
    {"complex", SHOAL_COMPLEX128},
    {"F", SHOAL_COMPLEX64},
    {"D", SHOAL_COMPLEX128},
    {"csingle", SHOAL_COMPLEX64},
    {"cdouble", SHOAL_COMPLEX128},
    {"l", sizeof(long) == 8 ? SHOAL_INT64 : SHOAL_INT32},
    {"L", sizeof(long) == 8 ? SHOAL_UINT64 : SHOAL_UINT32},
};

enum shoal__family shoal__dtype_family(shoal_dtype dtype)
{
    return dtype.number < SHOAL__DTYPE_COUNT ? entries[dtype.number].family : SHOAL__FAMILY_NONE;
}

bool shoal__dtype_valid(shoal_dtype dtype)
{
    enum shoal__family family = shoal__dtype_family(dtype);
    if (family == SHOAL__FAMILY_BYTES)
        return dtype.itemsize >= 1 && dtype.itemsize <= BYTES_MAX;
    return family != SHOAL__FAMILY_NONE && dtype.itemsize == entries[dtype.number].itemsize;
}

size_t shoal__dtype_word(shoal_dtype dtype)
{
    enum shoal__family family = shoal__dtype_family(dtype);
    if (family == SHOAL__FAMILY_BYTES)
        return 1;
    return family == SHOAL__FAMILY_COMPLEX ? dtype.itemsize / 2 : dtype.itemsize;
}

bool shoal__dtype_equal(shoal_dtype a, shoal_dtype b)
{
    return a.number == b.number && a.itemsize == b.itemsize;
}

bool shoal__dtype_converts(shoal_dtype to, shoal_dtype from)
{
    enum shoal__family target = shoal__dtype_family(to), source = shoal__dtype_family(from);
    if (target == SHOAL__FAMILY_BYTES || source == SHOAL__FAMILY_BYTES)
        return target == source;
    return source <= target;
}

/* ---- Parsing -------------------------------------------------------------------------------- */

static bool text_is(const char *text, size_t length, const char *other)
{
    return strlen(other) == length && memcmp(text, other, length) == 0;
}

static uint32_t number_by_name(const char *text, size_t length)
{
    for (uint32_t i = 1; i < SHOAL__DTYPE_COUNT; i++)
        if (i != SHOAL_BYTES && text_is(text, length, entries[i].name))
            return i;
    return 0;
}

static uint32_t number_by_code(const char *text, size_t length)
{
    for (uint32_t i = 1; i < SHOAL__DTYPE_COUNT; i++)
        if (i != SHOAL_BYTES && text_is(text, length, entries[i].code))
            return i;
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
        if (text_is(text, length, aliases[i].text))
            return aliases[i].number;
    return 0;
}

/* The n of "S<n>"; 0 if it is not a number from 1 to 2^31-1. */
static uint32_t bytes_length(const char *text, size_t length)
{
    uint64_t n = 0;
    if (length < 2 || text[0] != 'S')
        return 0;
    for (size_t i = 1; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return 0;
        n = n * 10 + (uint64_t)(text[i] - '0');
        if (n > BYTES_MAX)
            return 0;
    }
    return (uint32_t)n;
}

/* Does it begin with a byte order? As in numpy: '=' native, '<' little, '>' big, '|' none; only before a code. */
static bool has_order(const char *text, size_t length)
{
    return length > 0 && strchr("<>=|", text[0]) != NULL && text[0] != '\0';
}

int shoal_dtype_parse(shoal_dtype *out, const char *text, size_t length)
{
    char quoted[SHOAL__QUOTE_SIZE];
    bool order = has_order(text, length);
    const char *code = text + order;
    size_t code_length = length - order;
    shoal_dtype dtype = {.number = number_by_code(code, code_length)};
    memset(out, 0, sizeof *out);
    if (dtype.number == 0 && !order)
        dtype.number = number_by_name(code, code_length);
    if (dtype.number != 0)
        dtype.itemsize = entries[dtype.number].itemsize;
    else if ((dtype.itemsize = bytes_length(code, code_length)) != 0)
        dtype.number = SHOAL_BYTES;
    else
        return shoal__fail(SHOAL_EVALUE,
                           "the dtype %s is none of bool, int8 to int64, uint8 to uint64, float16, float32, float64, "
                           "complex64, complex128 and S<n> with n from 1 to 2147483647",
                           shoal__quote(quoted, text, length));
    bool ordered = dtype.number != SHOAL_BYTES && dtype.itemsize > 1; /* does it have a byte order at all? */
    if (order && ordered && (text[0] == (shoal__host_is_little() ? '>' : '<') || text[0] == '|'))
        return shoal__fail(SHOAL_EVALUE, "the dtype %s is not in this host's byte order; leave out the '%c'",
                           shoal__quote(quoted, text, length), text[0]);
    *out = dtype;
    return SHOAL_OK;
}

/* ---- Naming --------------------------------------------------------------------------------- */

const char *shoal_dtype_name(shoal_dtype dtype, char *buffer)
{
    if (shoal__dtype_family(dtype) == SHOAL__FAMILY_NONE)
        snprintf(buffer, 16, "invalid");
    else if (dtype.number == SHOAL_BYTES)
        snprintf(buffer, 16, "S%" PRIu32, dtype.itemsize);
    else
        snprintf(buffer, 16, "%s", entries[dtype.number].name);
    return buffer;
}

const char *shoal_dtype_format(shoal_dtype dtype, char *buffer)
{
    const char *format = shoal__dtype_family(dtype) == SHOAL__FAMILY_NONE ? "x" : entries[dtype.number].format;
    if (dtype.number == SHOAL_BYTES)
        snprintf(buffer, 16, "%" PRIu32 "s", dtype.itemsize);
    else
        memcpy(buffer, format, strlen(format) + 1); /* each view of an array asks for it */
    return buffer;
}
