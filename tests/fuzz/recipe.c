#include "recipe.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "segment/heap.h"
#include "segment/kind.h"
#include "value/hash.h"

#define PAGE_BYTES 4096u
#define FILE_LIMIT ((uint64_t)8 << 20)

static unsigned char *golden;
static bool dirty[FILE_LIMIT / PAGE_BYTES];
static bool sum_edited, resized;
static int life_fd = -1;

static struct header_sh *header_of(const struct image *image)
{
    return (struct header_sh *)image->bytes;
}

static uint32_t load(const struct image *image, uint64_t offset)
{
    uint32_t value = 0;
    if (offset <= image->size - 4)
        memcpy(&value, image->bytes + offset, 4);
    return value;
}

static void touch(const struct image *image, uint64_t offset, uint64_t size)
{
    for (uint64_t page = offset / PAGE_BYTES; page * PAGE_BYTES < offset + size && page * PAGE_BYTES < image->size;
         page++)
        dirty[page] = true;
}

static void store(struct image *image, uint64_t offset, uint32_t value)
{
    if (offset > image->size - 4)
        return;
    touch(image, offset, 4);
    memcpy(image->bytes + offset, &value, 4);
}

/* ---- The golden image ---- */

static const struct header_sh *plan(void)
{
    return (const struct header_sh *)golden;
}

static uint32_t word_at(uint64_t offset)
{
    uint32_t value;
    memcpy(&value, golden + offset, 4);
    return value;
}

static const struct page_sh *page_of(uint32_t number)
{
    return (const struct page_sh *)(golden + plan()->pages) + number;
}

/* Of the block or the run at that offset. */
static uint32_t size_at(uint64_t at)
{
    static const struct shoal_segment smallest = {.is = {.granule_shift = SMALLEST_GRANULE_SHIFT}};
    uint32_t number = (uint32_t)((at - plan()->heap) >> 12);
    while (number > 0 && page_of(number)->kind == PAGE_PART)
        number--;
    const struct page_sh *it = page_of(number);
    return it->kind == PAGE_RUN ? it->pages << 12 : (uint32_t)shoal__class_size(&smallest, it->block_class);
}

static void learn_part(struct map_of_image *map, uint64_t at)
{
    if (map->parts == MOST_ENTRIES)
        return;
    map->owner[map->parts] = map->entries - 1;
    map->part[map->parts++] = (uint32_t)at;
}

/* The lists' blocks are linked through their first word. */
static void learn_parts(struct map_of_image *map, uint32_t body)
{
    struct parts_sh parts;
    memcpy(&parts, golden + body, sizeof parts);
    for (uint32_t link = parts.runs; link; link = page_of(link - 1)->next)
        learn_part(map, plan()->heap + ((uint64_t)(link - 1) << 12));
    for (uint32_t i = 0; i < parts.lists; i++)
        for (uint32_t ref = word_at(body + parts.at + i * sizeof(struct list_sh)); ref; ref = word_at((size_t)ref << 4))
            learn_part(map, (uint64_t)ref << 4);
}

static void learn_entry(struct map_of_image *map, uint32_t ref)
{
    uint32_t at = ref << 4, i = map->entries++;
    map->entry[i] = map->golden_entry[i] = at;
    uint32_t now = word_at(at + offsetof(struct entry_sh, version)) / 2 % 2;
    map->body[i] = map->golden_body[i] = word_at(at + offsetof(struct entry_sh, body) + 4 * now) << 4;
    map->body_size[i] = size_at(map->body[i]);
    if (shoal__kind_is(word_at(at + offsetof(struct entry_sh, kind)), KIND_PARTS))
        learn_parts(map, map->body[i]);
    memcpy(map->name[i], golden + at + sizeof(struct entry_sh), word_at(at + offsetof(struct entry_sh, name_length)));
}

void recipe_learn(struct map_of_image *map, const struct image *image)
{
    golden = malloc(image->size);
    memcpy(golden, image->bytes, image->size);
    memset(map, 0, sizeof *map);
    const struct table_sh *table = (const struct table_sh *)(golden + ((size_t)plan()->table << 4));
    for (uint32_t i = 0; i < table->buckets; i++)
        for (uint32_t ref = table->bucket[i].head; ref && map->entries < MOST_ENTRIES;
             ref = word_at(((size_t)ref << 4) + 4 * table->chain))
            learn_entry(map, ref);
    for (uint32_t ref = plan()->limbo; ref && map->entries < MOST_ENTRIES;
         ref = word_at(((size_t)ref << 4) + offsetof(struct entry_sh, limbo_next)))
        learn_entry(map, ref);
    for (uint32_t slot = 0; slot < plan()->slots_committed; slot++)
        for (uint32_t ref = word_at(plan()->roster + slot * sizeof(struct peer_sh) + offsetof(struct peer_sh, pins));
             ref && map->pins < MOST_ENTRIES; ref = word_at((size_t)ref << 4))
            map->pin[map->pins++] = ref << 4;
    if (map->entries == 0 || map->pins == 0 || map->parts == 0)
        violation("the golden segment has nothing in it");
}

void recipe_all_die(void)
{
    if (life_fd >= 0)
        close(life_fd);
    life_fd = -1;
}

void recipe_was_written(struct image *image)
{
    memset(dirty, true, image->size / PAGE_BYTES);
}

void recipe_restore(struct image *image)
{
    if (resized && ftruncate(image->fd, (off_t)image->size) < 0)
        violation("no length");
    for (size_t page = 0; page < image->size / PAGE_BYTES; page++)
        if (dirty[page] || resized)
            memcpy(image->bytes + page * PAGE_BYTES, golden + page * PAGE_BYTES, PAGE_BYTES);
    memset(dirty, 0, image->size / PAGE_BYTES);
    sum_edited = resized = false;
    recipe_all_die();
}

/* ---- Values ---- */

static const uint32_t telling[] = {0,          1,          2,          3,          4,          7,          15,
                                   16,         31,         32,         63,         64,         72,         126,
                                   127,        128,        192,        255,        256,        257,        0x101,
                                   0x1ff,      1022,       4095,       4096,       4097,       65535,      65536,
                                   0x10000000, 0x20000000, 0x40000000, 0x7ffffffe, 0x7fffffff, 0x80000000, 0x80000001,
                                   0xc0000000, 0xffff0000, 0xfffffc00, 0xfffffff0, 0xfffffffe, 0xffffffff};

static uint32_t owner(const struct image *image, uint32_t number)
{
    uint32_t slot = number % 34; /* those with memory behind them are 32 */
    uint32_t incarnation = load(image, plan()->roster + (uint64_t)slot * sizeof(struct peer_sh));
    return (slot + 1) | (incarnation & 0xffff) << 12 | number >> 28 << 28;
}

static uint32_t value_of(const struct image *image, const struct map_of_image *map, const struct edit *edit,
                         uint64_t at)
{
    uint32_t old = load(image, at), n = edit->number;
    uint32_t heap_end = (uint32_t)(plan()->heap + ((uint64_t)plan()->heap_pages << 12));
    switch ((enum how)(edit->how % HOW_COUNT)) {
    case ADDED:
        return old + (uint32_t)(int32_t)(int8_t)n;
    case FLIPPED:
        return old ^ (1u << n % 32);
    case TELLING:
        return telling[n % (sizeof telling / sizeof *telling)];
    case REF_ENTRY:
        return map->entry[n % map->entries] >> 4;
    case REF_BODY:
        return map->body[n % map->entries] >> 4;
    case REF_PAGE:
        return (uint32_t)(plan()->heap >> 4) + (n % (plan()->heap_pages + 2) << 8);
    case REF_OTHER:
        return n % 4 == 0   ? plan()->table
               : n % 4 == 1 ? map->pin[n / 4 % map->pins] >> 4
               : n % 4 == 2 ? map->entry[edit->which % map->entries] >> 4 /* itself */
                            : (uint32_t)(at >> 4);
    case REF_END:
        return (heap_end >> 4) + 1 - n % 64;
    case PAGE_LINK:
        return n % (plan()->heap_pages + 3);
    case OWNER:
        return owner(image, n);
    case REST:
        return (uint32_t)(image->size - at) + (uint32_t)(int32_t)(int8_t)n;
    case REF_OWNED:
        return map->part[n % map->parts] >> 4;
    case HALVED:
        return n % 2 ? old * 2 : old / 2;
    default:
        return n;
    }
}

/* ---- Places ---- */

static const uint16_t constants[] = {0,  4,  8,  12, 16, 20, 24, 40, 48,  52,  56,  60, 64,
                                     68, 72, 76, 80, 84, 88, 92, 96, 100, 104, 108, 112};
static const uint16_t words[] = {128, 132, 136, 140, 144, 148, 152, 156, 192, 196, 200, 204, 256, 260, 264, 268};

static uint64_t header_word(uint32_t number)
{
    uint32_t known = sizeof words / sizeof *words, lists = BIN_COUNT + CLASS_COUNT;
    number %= known * 4 + lists; /* the few first words are as often as the many lists */
    return number < known * 4 ? words[number % known] : offsetof(struct header_sh, bins) + 4u * (number - known * 4);
}

/* Of the word that is edited; UINT64_MAX: the edit is of another sort. */
static uint64_t place_of(const struct image *image, const struct map_of_image *map, const struct edit *edit)
{
    uint32_t which = edit->which, field = edit->field, both = which << 8 | field;
    switch ((enum what)(edit->what % WHAT_COUNT)) {
    case CONSTANT:
        return constants[field % (sizeof constants / sizeof *constants)];
    case HEADER:
        return header_word(both);
    case PEER:
        return plan()->roster + which % 34 * sizeof(struct peer_sh) + field % 32 * 4;
    case PAGE:
        return plan()->pages + which % (plan()->heap_pages + 1) * sizeof(struct page_sh) + field % 16 * 4;
    case TABLE:
        return ((uint64_t)plan()->table << 4) + (field % 4 == 0 ? both / 4 % 2 : 4 + both % 256) * 4;
    case ENTRY:
        return map->entry[which % map->entries] + field % 20 * 4;
    case BODY:
        return map->body[which % map->entries] + (field % 4 ? field / 4 % 16 : field) * 4;
    case PIN:
        return map->pin[which % map->pins] + field % 4 * 4;
    case JOURNAL:
        if (field % 8 == 7)
            return STRIPES_AT + which % STRIPES * sizeof(struct stripe_sh);
        return JOURNAL_AT + (field % 2 ? field / 2 % 4 * 4 : 64 + both / 2 % 896 * 4);
    case BODY_FAR:
        return map->body[which % map->entries] + 64 + field * 4;
    case OWNED:
        return map->part[which % map->parts] + (field % 4 ? field / 4 % 32 : field) * 4;
    case ANYWHERE:
        return (uint64_t)both * 4 % image->size;
    default:
        return UINT64_MAX;
    }
}

/* ---- Edits of other sorts ---- */

static void fill(struct image *image, const struct edit *edit)
{
    uint64_t at = (uint64_t)(edit->which << 8 | edit->field) * 16 % image->size, size = edit->number % 8192;
    if (edit->number >> 31) /* up to the end */
        at = image->size - (size = size % 1024);
    if (size > image->size - at)
        size = image->size - at;
    touch(image, at, size);
    memset(image->bytes + at, edit->how, size);
}

/* Whoever refers to the block by that word. */
static void redirect(struct image *image, uint64_t from, uint64_t end, uint32_t old, uint32_t new)
{
    for (uint64_t at = from; at + 4 <= end; at += 4)
        if (load(image, at) == old)
            store(image, at, new);
}

static void relocate(struct image *image, struct map_of_image *map, const struct edit *edit)
{
    uint32_t i = edit->which % map->entries, of_body = edit->field % 2;
    uint64_t from = of_body ? map->body[i] : map->entry[i],
             size = of_body ? map->body_size[i] : 48 + strlen(map->name[i]) + 1;
    if (edit->field & 2) /* its head only */
        size = edit->how;
    uint64_t to = edit->number >> 31 ? (image->size - size) & ~15ull : (uint64_t)edit->number * 16 % image->size;
    if (edit->field & 4)
        to = (image->size - 16 * (1 + edit->number % 16)) & ~15ull;
    if (size > image->size - to)
        size = image->size - to;
    if (size > image->size - from)
        size = image->size - from;
    touch(image, to, size);
    memmove(image->bytes + to, image->bytes + from, size);
    uint32_t old = (uint32_t)(from >> 4), new = (uint32_t)(to >> 4);
    uint64_t table = (uint64_t)plan()->table << 4;
    *(of_body ? &map->body[i] : &map->entry[i]) = (uint32_t)to; /* later edits go there */
    if (of_body)
        store(image,
              map->entry[i] + offsetof(struct entry_sh, body) +
                  4 * (load(image, map->entry[i] + offsetof(struct entry_sh, version)) / 2 % 2),
              new);
    else
        redirect(image, table, table + 16 + 128 * 8, old, new);
    for (uint32_t k = 0; k < map->entries && !of_body; k++)
        redirect(image, map->entry[k], map->entry[k] + 8, old, new);
}

static void rename_entry(struct image *image, const struct map_of_image *map, const struct edit *edit)
{
    uint32_t i = edit->which % map->entries, length = 4 + edit->field % 252, buckets = 128;
    uint64_t at = map->entry[i];
    char name[256];
    memset(name, 'a' + edit->how % 26, length);
    const uint64_t *key = plan()->hash_key;
    uint32_t old = load(image, at + offsetof(struct entry_sh, hash)), hash = old + 1;
    for (uint32_t tries = 0; (hash ^ old) % buckets && tries < 2000; tries++) {
        for (int digit = 0; digit < 3; digit++)
            name[digit] = (char)('0' + (tries + edit->number) / (digit == 0 ? 1 : digit == 1 ? 10 : 100) % 10);
        hash = shoal__hash(name, length, key);
    }
    if (at + 48 + length + 1 > image->size)
        return;
    touch(image, at, 48 + length + 1);
    memcpy(image->bytes + at + 48, name, length);
    image->bytes[at + 48 + length] = edit->number & 1 ? 0 : 'x';
    store(image, at + offsetof(struct entry_sh, hash), hash);
    store(image, at + offsetof(struct entry_sh, name_length), length);
}

/* Of the file, from now on. */
static uint64_t another_length(struct image *image, const struct edit *edit)
{
    static const uint64_t lengths[] = {0,    1,    111,   112,   1072,  4095,   4096,
                                       8191, 8192, 12288, 24576, 65536, 200000, 258048};
    uint64_t size = edit->how % 4
                        ? image->size + (uint64_t)(int64_t)(int16_t)edit->number * (edit->how % 8 < 4 ? 1 : 4096)
                        : lengths[edit->number % (sizeof lengths / sizeof *lengths)];
    if (size > FILE_LIMIT)
        size = FILE_LIMIT;
    if (edit->field % 2) {
        touch(image, 16, 8);
        memcpy(image->bytes + 16, &size, 8);
    }
    return size;
}

/* A lock on its byte, as a living peer has it. */
static void live(struct image *image, const struct edit *edit)
{
    char path[128];
    if (life_fd < 0) {
        snprintf(path, sizeof path, "%s/shoal.image", image->directory);
        life_fd = open(path, O_RDWR | O_CLOEXEC);
    }
    struct flock lock = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = ((off_t)1 << 40) + edit->which % 34, .l_len = 1};
    if (life_fd < 0 || fcntl(life_fd, F_OFD_SETLK, &lock) < 0)
        violation("no lock");
    store(image, plan()->roster + edit->which % 34 * sizeof(struct peer_sh) + 4, 1); /* in use */
}

static void apply(struct image *image, struct map_of_image *map, const struct edit *edit)
{
    switch ((enum what)(edit->what % WHAT_COUNT)) {
    case FILL:
        fill(image, edit);
        return;
    case RELOCATE:
        relocate(image, map, edit);
        return;
    case RENAME:
        rename_entry(image, map, edit);
        return;
    case LIVE:
        live(image, edit);
        return;
    default:
        break;
    }
    uint64_t at = place_of(image, map, edit);
    if (at > image->size - 4)
        return;
    store(image, at, value_of(image, map, edit, at));
    sum_edited = sum_edited || at == offsetof(struct header_sh, sum);
}

static void put_sum_right(struct image *image)
{
    static const uint64_t key[2] = {0x73686f616c000000u, SHOAL_FORMAT};
    struct header_sh *header = header_of(image);
    if (!sum_edited && memcmp(header, golden, 108) != 0)
        header->sum = shoal__hash(header, offsetof(struct header_sh, sum), key);
}

void recipe_cook(struct image *image, struct map_of_image *map, const unsigned char *recipe, size_t size)
{
    struct edit edits[MOST_EDITS];
    size_t count = size / sizeof *edits < MOST_EDITS ? size / sizeof *edits : MOST_EDITS, truncated = MOST_EDITS;
    memcpy(edits, recipe, count * sizeof *edits);
    arena_begin();
    memcpy(map->entry, map->golden_entry, sizeof map->entry);
    memcpy(map->body, map->golden_body, sizeof map->body);
    for (size_t i = 0; i < count; i++) {
        const struct edit *edit = &edits[i];
        if (edit->what % WHAT_COUNT == TRUNCATE) { /* last, so that there is memory to edit */
            truncated = i;
        } else if (edit->what % WHAT_COUNT == LATER && i + 1 < count) {
            const struct edit *next = &edits[++i];
            uint64_t at = place_of(image, map, next);
            if (at > image->size - 4)
                continue;
            touch(image, at, 4);
            arena_move(image, at, 1 + edit->which, value_of(image, map, next, at));
        } else {
            apply(image, map, edit);
        }
    }
    uint64_t length = truncated < count ? another_length(image, &edits[truncated]) : image->size;
    put_sum_right(image);
    resized = length != image->size;
    if (resized && ftruncate(image->fd, (off_t)length) < 0)
        violation("no length");
    if (length < image->size)
        arena_begin(); /* no memory to move anything in */
}
