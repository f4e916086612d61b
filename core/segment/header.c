/* The constants of a segment: planned once, written once, checked by every process that opens it. */
#include "segment/header.h"

#include <errno.h>
#include <string.h>

#include "platform/clock.h"
#include "platform/file.h"
#include "platform/point.h"
#include "platform/process.h"
#include "segment/heap.h"
#include "value/hash.h"
#include "value/status.h"

#define HEADER_TRIES 1000 /* reads of a header that is wrong and different each time: only a hostile writer does that */
#define SMALLEST_SEGMENT ((uint64_t)192 << 10)
#define LARGEST_SEGMENT ((uint64_t)1 << 47)
#define SMALL_PAGE_SHIFT 12
#define LARGE_PAGE_SHIFT 14
#define LARGE_PAGES_FROM ((uint64_t)1 << 30)

static uint64_t round_up(uint64_t n, uint64_t to)
{
    return (n + to - 1) / to * to;
}

uint32_t shoal__header_sum(const struct header_sh *header)
{
    static const uint64_t key[2] = {0x73686f616c000000u, SHOAL_FORMAT};
    return shoal__hash(header, offsetof(struct header_sh, sum), key);
}

int shoal__header_plan(struct header_sh *header, uint64_t size, uint32_t lifetime)
{
    uint32_t granule_shift = SMALLEST_GRANULE_SHIFT;
    while ((size + LARGEST_SEGMENT / (1 << 16)) >> granule_shift > UINT32_MAX) /* including what rounding up may add */
        granule_shift++;
    uint32_t shift = size > LARGE_PAGES_FROM ? LARGE_PAGE_SHIFT : SMALL_PAGE_SHIFT;
    if (shift < granule_shift + 8) /* a span holds at most 256 blocks */
        shift = granule_shift + 8;
    uint64_t page = (uint64_t)1 << shift;
    size = round_up(size < SMALLEST_SEGMENT ? SMALLEST_SEGMENT : size, page);
    memset(header, 0, sizeof *header);
    memcpy(header->magic, SHOAL_MAGIC_BYTES, 8);
    header->format = SHOAL_FORMAT;
    header->byte_order = BYTE_ORDER_MARK;
    header->size = size;
    header->created = shoal__coarse_realtime();
    int error = shoal__random(header->id, sizeof header->id);
    if (!error)
        error = shoal__random(header->hash_key, sizeof header->hash_key);
    if (error)
        return error;
    header->granule_shift = granule_shift;
    header->page_shift = shift;
    header->slots = size < (1 << 20) ? FEW_SLOTS : MAX_SLOTS;
    header->lifetime = lifetime;
    header->roster = HEADER_BYTES;
    header->pages = round_up(header->roster + header->slots * sizeof(struct peer_sh), 4096);
    uint64_t rest = size - header->pages;
    uint64_t pages = rest / (page + sizeof(struct page_sh));
    while (round_up(header->pages + pages * sizeof(struct page_sh), page) + pages * page > size)
        pages--;
    header->heap_pages = (uint32_t)pages;
    header->heap = round_up(header->pages + pages * sizeof(struct page_sh), page);
    header->sum = shoal__header_sum(header);
    return 0;
}

void shoal__header_write(struct shoal_segment *segment, const struct header_sh *plan)
{
    struct header_sh *header = shoal__header(segment);
    uint32_t pages = FIRST_COMMIT / sizeof(struct page_sh);
    memcpy(header, plan, sizeof *plan);
    store_relaxed(&header->slots_committed, FIRST_COMMIT / sizeof(struct peer_sh));
    store_relaxed(&header->pages_committed, pages < plan->heap_pages ? pages : plan->heap_pages);
    shoal__heap_format(segment);
    SHOAL_POINT("create: formatted");
}

/* Are the constants valid? Checked as in docs/format.md, "What an attacher refuses", in the order of its rows. */
static bool plausible(const struct header_sh *header)
{
    uint64_t page = (uint64_t)1 << (header->page_shift & 31);
    return header->granule_shift >= SMALLEST_GRANULE_SHIFT && header->granule_shift <= 16 && header->page_shift >= 12 &&
           header->page_shift <= 24 && header->page_shift >= header->granule_shift + 8 && header->slots >= 1 &&
           header->slots <= MAX_SLOTS && header->heap_pages >= 1 && header->size <= LARGEST_SEGMENT &&
           header->roster <= header->size && header->pages <= header->size && header->roster >= HEADER_BYTES &&
           header->roster % 4096 == 0 && header->pages >= header->roster + header->slots * sizeof(struct peer_sh) &&
           header->pages % 4096 == 0 && header->heap % page == 0 && header->heap < header->size &&
           header->heap >= header->pages + (uint64_t)header->heap_pages * sizeof(struct page_sh) &&
           header->heap_pages <= (header->size - header->heap) / page &&
           header->size >> header->granule_shift <= UINT32_MAX && header->lifetime <= SHOAL_SHARED;
}

/* The name of a word that is wrong, or NULL. These words can be checked at any time, since each is changed alone. */
static const char *wrong_word(const struct header_sh *header)
{
    uint32_t lock = load_relaxed(&header->lock);
    if (load_relaxed(&header->slots_committed) > header->slots)
        return "slots_committed";
    if (load_relaxed(&header->pages_committed) > header->heap_pages)
        return "pages_committed";
    if (load_relaxed(&header->retired) > header->lifetime)
        return "retired";
    if ((lock & (MUTEX_SLOT | MUTEX_IDLE)) > header->slots || !(lock & MUTEX_SLOT) != !(lock & MUTEX_INCARNATION))
        return "lock";
    return NULL;
}

/* The same for the roots of lists, as far as no walk is needed (check() walks). To be called between two changes. */
static const char *wrong_root(const struct header_sh *header)
{
    uint32_t committed = load_relaxed(&header->pages_committed);
    for (uint32_t bin = 0; bin < BIN_COUNT; bin++) {
        if ((header->bins[bin] != 0) != (header->bin_map[bin / 32] >> bin % 32 & 1))
            return "bin_map";
        if (header->bins[bin] > committed)
            return "bins";
    }
    for (uint32_t i = 0; i < CLASS_COUNT; i++)
        if (header->partial[i] > committed)
            return "partial";
    if (header->warm > committed)
        return "warm";
    uint64_t first = header->heap >> header->granule_shift;
    uint64_t end = (header->heap + ((uint64_t)committed << header->page_shift)) >> header->granule_shift;
    uint32_t refs[] = {load_relaxed(&header->table), header->limbo};
    for (unsigned i = 0; i < 2; i++)
        if (refs[i] && (refs[i] < first || refs[i] >= end))
            return i == 0 ? "table" : "limbo";
    return NULL; /* the counts (objects, removed, used) are left to check(): nothing is found through them */
}

static int corrupt(const char *name, const char *what)
{
    return shoal__fail(SHOAL_ECORRUPT, "\"%s\" is damaged: %s; unlink it and create it anew", name, what);
}

int shoal__header_read(struct shoal_geometry *out, const struct header_sh *header, uint64_t file_size, const char *name)
{
    if (memcmp(header->magic, SHOAL_MAGIC_BYTES, 8) != 0)
        return shoal__fail(SHOAL_ECORRUPT, "\"%s\" is not a Shoal segment: it does not begin with the magic bytes",
                           name);
    if (header->byte_order == __builtin_bswap32(BYTE_ORDER_MARK))
        return shoal__fail(
            SHOAL_EVERSION,
            "\"%s\" was made on a machine of the other byte order, and can only be used on such a machine", name);
    if (header->byte_order != BYTE_ORDER_MARK)
        return corrupt(name, "its byte order mark is invalid");
    if (header->format != SHOAL_FORMAT)
        return shoal__fail(SHOAL_EVERSION,
                           "\"%s\" has format version %u, this library reads version %u: use the same release on both "
                           "sides, or create the segment anew",
                           name, header->format, SHOAL_FORMAT);
    if (header->sum != shoal__header_sum(header) || !plausible(header))
        return corrupt(name, "the constants in its header do not match their checksum");
    if (header->size != file_size)
        return shoal__fail(SHOAL_ECORRUPT,
                           "\"%s\" is truncated or grown: the file has %llu bytes, its header says %llu", name,
                           (unsigned long long)file_size, (unsigned long long)header->size);
    const char *wrong = wrong_word(header);
    /* if the lock is held, its holder may be half-way through a change */
    if (!wrong && !(load_relaxed(&header->lock) & (MUTEX_SLOT | MUTEX_NEEDREC)))
        wrong = wrong_root(header);
    if (wrong) {
        char what[64] = "its header holds an impossible value in: ";
        return corrupt(name, strcat(what, wrong));
    }
    *out = (struct shoal_geometry){.size = header->size,
                                   .roster = header->roster,
                                   .pages = header->pages,
                                   .heap = header->heap,
                                   .hash_key = {header->hash_key[0], header->hash_key[1]},
                                   .created = header->created,
                                   .granule_shift = header->granule_shift,
                                   .page_shift = header->page_shift,
                                   .slots = header->slots,
                                   .heap_pages = header->heap_pages,
                                   .lifetime = header->lifetime};
    return SHOAL_OK;
}

int shoal__header_take(struct header_sh *header, struct shoal_geometry *is, int fd, uint64_t file_size,
                       const char *name)
{
    struct header_sh before;
    memset(&before, 0, sizeof before);
    for (int tries = 0;; tries++) {
        int error = shoal__file_read(fd, header, sizeof *header, 0);
        if (error)
            return shoal__fail(error == -ENODATA ? SHOAL_ECORRUPT : SHOAL_ESYSTEM, "\"%s\" cannot be read: %s", name,
                               strerror(-error));
        int status = shoal__header_read(is, header, file_size, name);
        if (status == SHOAL_OK || tries == HEADER_TRIES || memcmp(&before, header, sizeof *header) == 0)
            return status;
        before = *header; /* somebody may have changed it while we read */
    }
}
