#include "value/text.h"

#include <stdio.h>
#include <string.h>

#include "value/status.h"

/* ---- UTF-8 ---------------------------------------------------------------------------------- */

static bool continues(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

/*
 * The length of the well-formed character at `at`, 0 if there is none. The Unicode Standard, table 3-7:
 * the second byte excludes overlong forms (E0, F0), surrogates (ED) and what is above U+10FFFF (F4).
 */
static size_t character_length(const unsigned char *at, size_t left)
{
    unsigned char lead = at[0];
    if (lead < 0x80)
        return 1;
    if (lead < 0xc2 || lead > 0xf4 || left < 2)
        return 0;
    if (lead < 0xe0)
        return continues(at[1]) ? 2 : 0;
    if (left < 3 || !continues(at[2]))
        return 0;
    unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (at[1] < low || at[1] > high)
        return 0;
    if (lead < 0xf0)
        return 3;
    return left >= 4 && continues(at[3]) ? 4 : 0;
}

#define HIGH_BITS 0x8080808080808080u

/* A register of the processor's, if it has such: at any address, and of bytes. */
typedef uint64_t wide __attribute__((vector_size(16), aligned(1), may_alias));

static inline bool has_high(wide some)
{
    return (some[0] | some[1]) & HIGH_BITS;
}

/* Tests 128 bytes at once, then 32: how many of them are ASCII. */
static size_t ascii_wide(const unsigned char *at, size_t left)
{
    size_t n = 0;
    for (; left - n >= 8 * sizeof(wide); n += 8 * sizeof(wide)) {
        const wide *some = (const wide *)(at + n);
        if (has_high((some[0] | some[1] | some[2] | some[3]) | (some[4] | some[5] | some[6] | some[7])))
            break;
    }
    for (; left - n >= 2 * sizeof(wide); n += 2 * sizeof(wide)) {
        const wide *some = (const wide *)(at + n);
        if (has_high(some[0] | some[1]))
            break;
    }
    return n;
}

/* How many bytes at the start are ASCII: what is left after the wide tests by words, then by bytes. */
static inline size_t ascii_bytes(const unsigned char *at, size_t left)
{
    uint64_t word;
    size_t n = left >= 2 * sizeof(wide) ? ascii_wide(at, left) : 0;
    for (; left - n >= sizeof word; n += sizeof word) {
        memcpy(&word, at + n, sizeof word);
        if (word & HIGH_BITS)
            break;
    }
    while (n < left && at[n] < 0x80)
        n++;
    return n;
}

bool shoal_is_ascii(const char *bytes, size_t size)
{
    return ascii_bytes((const unsigned char *)bytes, size) == size;
}

/* Each line is copied and looked at while the processor has it, so that it comes from memory once. */
bool shoal__copy_ascii(void *to, const void *from, size_t size)
{
    const unsigned char *at = from;
    size_t n = 0;
    for (; size - n >= 8 * sizeof(wide); n += 8 * sizeof(wide)) {
        wide all = {0};
#pragma GCC unroll 8
        for (int i = 0; i < 8; i++) {
            wide some = ((const wide *)(at + n))[i];
            ((wide *)((unsigned char *)to + n))[i] = some;
            all |= some;
        }
        if (has_high(all))
            return false;
    }
    memcpy((unsigned char *)to + n, at + n, size - n);
    return ascii_bytes(at + n, size - n) == size - n;
}

bool shoal_is_utf8(const char *bytes, size_t size)
{
    const unsigned char *at = (const unsigned char *)bytes;
    while (size > 0) {
        size_t n = at[0] < 0x80 ? ascii_bytes(at, size) : character_length(at, size);
        if (n == 0)
            return false;
        at += n;
        size -= n;
    }
    return true;
}

/* ---- Quoting -------------------------------------------------------------------------------- */

const char *shoal__quote(char *buffer, const char *bytes, size_t length)
{
    const unsigned char *text = (const unsigned char *)bytes;
    const size_t limit = 40;
    char *out = buffer;
    size_t i = 0;
    *out++ = '"';
    while (i < length && i < limit) {
        size_t n = character_length(text + i, length - i);
        bool plain = n > 1 || (text[i] >= ' ' && text[i] < 0x7f && text[i] != '"' && text[i] != '\\');
        if (plain && n > 0) {
            memcpy(out, text + i, n);
            out += n;
            i += n;
        } else {
            out += snprintf(out, 5, "\\x%02x", (unsigned)text[i]);
            i++;
        }
    }
    *out++ = '"';
    strcpy(out, i < length ? "..." : "");
    return buffer;
}

/* ---- Names ---------------------------------------------------------------------------------- */

/* Only bytes from 1 to 127, as in most names? */
static bool is_ascii(const char *name, size_t length)
{
    unsigned found = 0;
    for (size_t i = 0; i < length; i++)
        found |= (unsigned char)name[i] | ((unsigned char)name[i] - 1u); /* 0 - 1 has the high bit set, too */
    return !(found & 0x80);
}

static int judge_object_name(const char *name, size_t length)
{
    char quoted[SHOAL__QUOTE_SIZE];
    if (length == 0)
        return shoal__fail(SHOAL_EVALUE, "the name of an object is empty; it must have 1 to %d bytes",
                           SHOAL__OBJECT_NAME_MAX);
    if (length > SHOAL__OBJECT_NAME_MAX)
        return shoal__fail(SHOAL_EVALUE, "the object name %s has %zu bytes; at most %d are allowed",
                           shoal__quote(quoted, name, length), length, SHOAL__OBJECT_NAME_MAX);
    if (memchr(name, 0, length) != NULL)
        return shoal__fail(SHOAL_EVALUE, "the object name %s has a NUL byte in it", shoal__quote(quoted, name, length));
    if (!shoal_is_utf8(name, length))
        return shoal__fail(SHOAL_EVALUE, "the object name %s is not valid UTF-8", shoal__quote(quoted, name, length));
    return SHOAL_OK;
}

int shoal__check_object_name(const char *name, size_t length)
{
    bool plain = length > 0 && length <= SHOAL__OBJECT_NAME_MAX && is_ascii(name, length);
    return plain ? SHOAL_OK : judge_object_name(name, length);
}

/* C0 and DEL are one byte; C1 (U+0080 to U+009F) is C2 80 to C2 9F in UTF-8. */
static bool has_control_character(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte < ' ' || byte == 0x7f)
            return true;
        if (byte == 0xc2 && i + 1 < length && (unsigned char)text[i + 1] < 0xa0)
            return true;
    }
    return false;
}

static const char *segment_name_fault(const char *name, size_t length)
{
    if (length > SHOAL__SEGMENT_NAME_MAX)
        return "is longer than 200 bytes";
    if (name[0] == '.')
        return "starts with a dot";
    if (memchr(name, '/', length) != NULL)
        return "has a slash in it";
    if (!shoal_is_utf8(name, length))
        return "is not valid UTF-8";
    if (has_control_character(name, length))
        return "has a control character in it";
    return NULL;
}

int shoal__check_segment_name(const char *name)
{
    char quoted[SHOAL__QUOTE_SIZE];
    size_t length = strlen(name);
    if (length == 0)
        return shoal__fail(SHOAL_EVALUE, "the name of a segment is empty; it must have 1 to %d bytes",
                           SHOAL__SEGMENT_NAME_MAX);
    const char *fault = segment_name_fault(name, length);
    if (fault != NULL)
        return shoal__fail(SHOAL_EVALUE, "the segment name %s %s", shoal__quote(quoted, name, length), fault);
    return SHOAL_OK;
}

/* ---- Sizes ---------------------------------------------------------------------------------- */

#define SIZE_LIMIT ((uint64_t)1 << 47) /* what a process can map on 64-bit hosts with the smallest address spaces */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The unit "", "B", "K", "KB", "KiB", "M", ... as a shift of 0 to 40; -1 for any other. */
static int unit_shift(const char *unit, size_t length)
{
    static const char prefixes[] = "KMGT";
    char upper[4] = "";
    if (length > 3)
        return -1;
    for (size_t i = 0; i < length; i++)
        upper[i] = unit[i] >= 'a' && unit[i] <= 'z' ? (char)(unit[i] - 'a' + 'A') : unit[i];
    if (length == 0 || strcmp(upper, "B") == 0)
        return 0;
    const char *prefix = upper[0] != '\0' ? strchr(prefixes, upper[0]) : NULL;
    if (prefix == NULL || (length > 1 && strcmp(upper + 1, "B") != 0 && strcmp(upper + 1, "IB") != 0))
        return -1;
    return 10 * (int)(prefix - prefixes + 1);
}

struct amount {
    uint64_t whole;  /* further digits are ignored once it is above SIZE_LIMIT */
    double fraction; /* 0 <= fraction < 1 */
    bool has_fraction;
    size_t length; /* bytes read; 0: no number */
};

static struct amount read_amount(const char *text, size_t length)
{
    struct amount amount = {0};
    size_t i = 0;
    for (; i < length && is_digit(text[i]); i++)
        if (amount.whole <= SIZE_LIMIT)
            amount.whole = amount.whole * 10 + (uint64_t)(text[i] - '0');
    if (i == 0)
        return amount;
    if (i + 1 < length && text[i] == '.' && is_digit(text[i + 1])) {
        double digits = 0, scale = 1;
        amount.has_fraction = true;
        for (i++; i < length && is_digit(text[i]); i++) {
            if (scale == 1e15)
                continue; /* a double cannot hold more digits */
            digits = digits * 10 + (text[i] - '0');
            scale *= 10;
        }
        amount.fraction = digits / scale;
    }
    amount.length = i;
    return amount;
}

int shoal_parse_size(uint64_t *size, const char *text, size_t length)
{
    char quoted[SHOAL__QUOTE_SIZE];
    struct amount amount = read_amount(text, length);
    size_t i = amount.length;
    *size = 0;
    while (i > 0 && i < length && text[i] == ' ')
        i++;
    int shift = unit_shift(text + i, length - i);
    bool dangling = i == length && i > amount.length; /* a space without a unit: "64 " */
    if (amount.length == 0 || shift < 0 || dangling || (shift == 0 && amount.has_fraction))
        return shoal__fail(SHOAL_EVALUE,
                           "the size %s is not a number of bytes with a unit, as in \"64M\" or \"1.5 GiB\"",
                           shoal__quote(quoted, text, length));
    if (amount.whole > SIZE_LIMIT >> shift)
        return shoal__fail(SHOAL_EVALUE, "the size %s is above 2^47 bytes", shoal__quote(quoted, text, length));
    uint64_t bytes = (amount.whole << shift) + (uint64_t)(amount.fraction * (double)((uint64_t)1 << shift));
    if (bytes == 0 || bytes > SIZE_LIMIT)
        return shoal__fail(SHOAL_EVALUE, "the size %s is %s", shoal__quote(quoted, text, length),
                           bytes == 0 ? "zero bytes" : "above 2^47 bytes");
    *size = bytes;
    return SHOAL_OK;
}
