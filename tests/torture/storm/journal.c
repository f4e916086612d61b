#include "journal.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

volatile uint32_t *journal;

bool journal_map(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    void *map = fd < 0 ? MAP_FAILED : mmap(NULL, 4 * JOURNAL_WORDS, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0)
        close(fd);
    journal = map == MAP_FAILED ? NULL : map;
    return journal != NULL;
}

volatile uint32_t *place_word(int place, int word)
{
    return journal + 64 * (place + 1) + word;
}

int first_child_place(int master)
{
    return WORKERS + master % MOST_MASTERS * CHILDREN_OF_ONE;
}

int some_writing_place(uint64_t random)
{
    return (int)(random % 4 ? random / 4 % journal[WRITERS] : WORKERS + random / 4 % (PLACES - WORKERS));
}

static uint32_t mixed(uint32_t version)
{
    return version * 2654435761u;
}

bool is_removal(uint32_t version)
{
    return version == 0 || mixed(version) >> 30 == 0;
}

uint32_t bytes_of(uint32_t version)
{
    uint32_t mix = mixed(version);
    switch (mix >> 28) {
    case 4:
        return mix % (mix & 1 ? MOST_BYTES : 20000); /* mostly big: made without the lock */
    case 5:
        return mix % 200000;
    default:
        return mix % 3000;
    }
}

uint32_t length_of(uint32_t version)
{
    uint32_t mix = mixed(version);
    return 1 + (mix >> 28 == 4 ? mix % (mix & 1 ? 300000 : 3000) : mix >> 28 == 5 ? mix % 30000 : mix % 700);
}

static unsigned char *write_uint(unsigned char *at, uint32_t value)
{
    int bytes = value < 128 ? 0 : value < 256 ? 1 : value < 65536 ? 2 : 4;
    *at++ = bytes == 0 ? (unsigned char)value : bytes == 1 ? 0xcc : bytes == 2 ? 0xcd : 0xce;
    for (int i = bytes - 1; i >= 0; i--)
        *at++ = (unsigned char)(value >> 8 * i);
    return at;
}

static unsigned char *write_bin_head(unsigned char *at, uint32_t size)
{
    int bytes = size < 256 ? 1 : size < 65536 ? 2 : 4;
    *at++ = bytes == 1 ? 0xc4 : bytes == 2 ? 0xc5 : 0xc6;
    for (int i = bytes - 1; i >= 0; i--)
        *at++ = (unsigned char)(size >> 8 * i);
    return at;
}

enum { UNIT = 13 }; /* words: no divisor of a page, so that a page in the place of another is seen */

static void write_unit(unsigned char *out, struct stamp stamp)
{
    uint32_t unit[UNIT] = {stamp.place, stamp.key, stamp.version};
    for (uint32_t i = 3; i < UNIT; i++)
        unit[i] = stamp.version * (2 * i + 1);
    memcpy(out, unit, sizeof unit); /* little-endian, as all machines are that this runs on */
}

size_t value_write(unsigned char *out, struct stamp stamp)
{
    uint32_t size = bytes_of(stamp.version);
    unsigned char unit[4 * UNIT], *at = out;
    *at++ = 0x94;
    at = write_uint(write_uint(write_uint(at, stamp.place), stamp.key), stamp.version);
    at = write_bin_head(at, size);
    write_unit(unit, stamp);
    size_t done = size < sizeof unit ? size : sizeof unit;
    memcpy(at, unit, done);
    for (size_t more; done < size; done += more) { /* twice as much each time, always whole units */
        more = size - done < done ? size - done : done;
        memcpy(at + done, at, more);
    }
    return (size_t)(at - out) + size;
}

static const unsigned char *read_uint(uint32_t *out, const unsigned char *at, const unsigned char *end)
{
    int bytes = at >= end ? -1 : *at < 128 ? 0 : *at == 0xcc ? 1 : *at == 0xcd ? 2 : *at == 0xce ? 4 : -1;
    *out = bytes == 0 ? *at : 0;
    if (bytes < 0 || end - at <= bytes)
        return end;
    for (int i = 1; i <= bytes; i++)
        *out = *out << 8 | at[i];
    return at + 1 + bytes;
}

bool value_read(struct stamp *stamp, const unsigned char *bytes, size_t size)
{
    static unsigned char expected[VALUE_ROOM];
    const unsigned char *at = bytes + 1, *end = bytes + size;
    if (size < 8 || *bytes != 0x94)
        return false;
    at = read_uint(&stamp->place, at, end);
    at = read_uint(&stamp->key, at, end);
    read_uint(&stamp->version, at, end);
    return !is_removal(stamp->version) && value_write(expected, *stamp) == size && memcmp(expected, bytes, size) == 0;
}

bool is_current(bool found, uint32_t version, uint32_t done_before, uint32_t begun_after)
{
    if (found)
        return version >= done_before && version <= begun_after;
    for (uint32_t v = done_before; v <= begun_after; v++)
        if (is_removal(v))
            return true;
    return false;
}
