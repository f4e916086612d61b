/* Values: stored whole, read whole. Those of the drivers are MessagePack's binary, all of one byte. */
#include "driver.h"

#include <stdlib.h>
#include <string.h>

enum { FEW = 16, MOST = 512 << 10 };

static _Thread_local unsigned char bytes[5 + MOST];

static size_t write_value(uint32_t size, uint32_t byte)
{
    bytes[0] = 0xc6;
    for (int i = 0; i < 4; i++)
        bytes[1 + i] = (unsigned char)(size >> (24 - 8 * i));
    memset(bytes + 5, (int)byte, size);
    return 5 + size;
}

/* Whole, or as a string, which is text where the byte is ASCII. */
static int put(const struct subject *subject, uint32_t size, uint32_t byte)
{
    size_t all = write_value(size, byte);
    if (size % 2)
        return shoal_value_put(subject->segment, subject->name, subject->length, bytes, all);
    return shoal_value_put_string(subject->segment, subject->name, subject->length,
                                  size % 4 ? SHOAL_BIN : SHOAL_STR_OR_BIN, bytes + 5, size);
}

/* Of a size by chance: small ones are as likely as large ones. */
static int make(struct subject *subject, uint32_t size)
{
    if (!size)
        size = 1 + kinds_below(1u << kinds_below(20));
    return put(subject, size < MOST ? size : MOST, kinds_below(256));
}

static int again(shoal_object **out, const struct subject *subject)
{
    *out = NULL;
    return shoal_value_put(subject->segment, subject->name, subject->length, "\xc0", 1);
}

static int fill(const struct subject *subject, uint32_t seed)
{
    return put(subject, 1 + seed % 7000, seed % 256);
}

static const char *filled(const struct subject *subject, uint32_t seed)
{
    static _Thread_local unsigned char have[7100];
    size_t size, head, expected = write_value(1 + seed % 7000, seed % 256);
    bool is_str;
    EXPECT(shoal_value_get(subject->segment, subject->name, subject->length, have, sizeof have, &size) == SHOAL_OK);
    head = shoal_string_head(&is_str, have, size);
    EXPECT(head > 0 && size - head == expected - 5 && memcmp(have + head, bytes + 5, size - head) == 0);
    return NULL;
}

/* As a language reads a string, whose head is not wanted where its text goes. */
static void look_split(const struct subject *subject, unsigned char *copy, size_t size)
{
    unsigned char few[FEW];
    bool is_str;
    size_t head = shoal_string_head(&is_str, copy, size), had;
    LOOK(shoal_value_get_split, subject->segment, subject->name, subject->length, few, head, copy, size - head, &had);
}

static void *place(void *user, size_t size)
{
    void **it = user;
    free(*it);
    return *it = malloc(size + !size);
}

/* As PHP reads one, to a place of just the string's size. */
static void look_string(const struct subject *subject, unsigned char *few)
{
    void *to = NULL;
    size_t size = kinds_below(3000);
    LOOK(shoal_value_get_string, subject->segment, subject->name, subject->length, few, FEW, &size, place, &to);
    free(to);
}

/* A byte too many, read or written, is one too many of a block of memory. */
static const char *look_with(const struct subject *subject, size_t *size, size_t room)
{
    unsigned char *copy = malloc(room);
    int status = LOOK(shoal_value_get, subject->segment, subject->name, subject->length, copy, room, size);
    const char *wrong = NULL;
    if (status == SHOAL_OK && *size > room)
        wrong = kinds_say("%zu bytes into a buffer of %zu", *size, room);
    else if (status == SHOAL_LARGER && *size > shoal_segment_size(subject->segment))
        wrong = kinds_say("a value of %zu bytes in a segment of less", *size);
    else if (status == SHOAL_OK && kinds_program.value)
        kinds_program.value(copy, *size);
    if (!wrong && status == SHOAL_OK)
        look_split(subject, copy, *size);
    if (!wrong && status >= 0 && room >= FEW)
        look_string(subject, copy);
    *size = status == SHOAL_LARGER ? *size : 0;
    free(copy);
    return wrong;
}

/* As long as it becomes larger: whoever writes it may be quick. */
static const char *look(const struct subject *subject)
{
    size_t size = FEW;
    for (int tries = 0; size > 0 && tries < 5; tries++)
        WELL(look_with(subject, &size, size));
    return NULL;
}

static const char *refuse(const struct subject *subject)
{
    REFUSED(shoal_value_put, subject->segment, subject->name, subject->length, "\xc0", 1);
    return NULL;
}

/* How long the head of the item is, binary or a string (as PHP has it); 0: it is none of this length. */
static size_t head_of(const unsigned char *item, size_t size)
{
    static const unsigned char marks[] = {0xc4, 0xc5, 0xc6, 0xd9, 0xda, 0xdb};
    const unsigned char *mark = memchr(marks, item[0], sizeof marks);
    size_t head = mark ? 1 + ((size_t)1 << (mark - marks) % 3) : 1, said = mark ? 0 : item[0] & 31u;
    for (size_t i = 1; i < head; i++)
        said = said << 8 | item[i];
    return size > head && head + said == size && (mark || item[0] >> 5 == 5) ? head : 0;
}

/* What the name is by now, if it is a Value: whole. */
static const char *intact(const struct subject *subject)
{
    size_t size = 0;
    int status = shoal_value_get(subject->segment, subject->name, subject->length, bytes, sizeof bytes, &size);
    if (status == SHOAL_LIVE || status == SHOAL_ENOKEY)
        return NULL;
    size_t head = status == SHOAL_OK ? head_of(bytes, size) : 0;
    if (head == 0 || memcmp(bytes + head, bytes + head + 1, size - head - 1) != 0)
        return kinds_say("a value is torn (%s, %zu bytes)", shoal_status_name(status), size);
    return NULL;
}

static const char *use(const struct subject *subject)
{
    struct subject again = *subject;
    int status = shoal_segment_readonly(subject->segment) ? SHOAL_OK : make(&again, 0);
    return status == SHOAL_EMISMATCH || status == SHOAL_ENOSPACE ? NULL : kinds_unusual("put", status);
}

const struct driver value_driver = {
    .name = "value",
    .kind = SHOAL_KIND_VALUE,
    .make = make,
    .again = again,
    .fill = fill,
    .filled = filled,
    .look = look,
    .refuse = refuse,
    .use = use,
    .intact = intact,
};
