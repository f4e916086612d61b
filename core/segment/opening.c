/*
 * Implements docs/recovery.md, "Files": checks a file that may have been copied, restored or left by a crash, before a
 * process writes to it.
 */
#include "segment/opening.h"

#include <errno.h>
#include <string.h>

#include "platform/back.h"
#include "platform/file.h"
#include "platform/map.h"
#include "platform/point.h"
#include "segment/alive.h"
#include "segment/journal.h"
#include "segment/walk.h"
#include "value/status.h"

#define PEACE_TRIES 3   /* a store changes the file's time again if writeback cleaned the header's page in between */
#define JUDGE_TRIES 100 /* a try is lost only if a process attached, wrote and left meanwhile */

/* ---- The mark ---- */

static uint32_t blocks_of(uint64_t committed)
{
    uint64_t pages = committed >> 12;
    return pages < UINT32_MAX ? (uint32_t)pages : UINT32_MAX;
}

/*
 * The clean shutdown mark: is this the file as its last peer left it, with no less memory, on a machine that was not
 * restarted since?
 */
static bool was_left_in_peace(const shoal_segment *segment)
{
    uint64_t committed;
    const struct header_sh *header = shoal__header(segment);
    if (load_acquire(&header->peace) != 1) /* what is in use is not asked for */
        return false;
    uint64_t place = shoal__file_place(segment->fd, &committed);
    return place && place == header->peace_place && blocks_of(committed) >= header->peace_blocks;
}

void shoal__opening_in_use(shoal_segment *segment)
{
    store_release(&shoal__header(segment)->peace, 0);
}

/*
 * The mark holds the file's shoal__file_place, which its own store may change: so this looks again after the store. If
 * the two differ in the end, the mark is not believed, and the next peer checks the file.
 */
void shoal__opening_in_peace_locked(shoal_segment *segment)
{
    uint64_t committed;
    struct header_sh *header = shoal__header(segment);
    if (shoal__others_alive_locked(segment))
        return;
    header->peace_place = shoal__file_place(segment->fd, &committed);
    header->peace_blocks = blocks_of(committed);
    if (!header->peace_place)
        return;
    for (int tries = 0; tries < PEACE_TRIES; tries++) {
        SHOAL_POINT("opening: peace described");
        store_release(&header->peace, 1); /* last: after a death before this store the next peer checks the file */
        SHOAL_POINT("opening: left in peace");
        uint64_t place = shoal__file_place(segment->fd, &committed);
        if (place == header->peace_place)
            return;
        header->peace_place = place;
    }
}

/* ---- Backing ---- */

static int fill(shoal_segment *segment, uint64_t offset, uint64_t size, uint64_t *clear)
{
    int error = shoal__file_fill_holes(segment->fd, segment->base, offset, size, clear);
    if (!error)
        return SHOAL_OK;
    return shoal__fail(
        error == -ENOSPC || error == -ENOMEM || error == -EDQUOT ? SHOAL_ENOSPACE : SHOAL_ESYSTEM,
        "segment \"%s\" was restored with holes where it had memory (cp, tar -S, rsync -S), and they can't be filled: "
        "%s; %llu bytes are free there: make room, and open it again",
        segment->name, strerror(-error), (unsigned long long)shoal__file_free_space(segment->fd));
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Back what the check itself reads: the header, the roster, the descriptors of pages. */
static int fill_tables(shoal_segment *segment)
{
    const struct header_sh *header = shoal__header(segment);
    uint32_t slots = least(load_relaxed(&header->slots_committed), segment->is.slots);
    uint32_t pages = least(load_relaxed(&header->pages_committed), segment->is.heap_pages);
    uint64_t clear = 0;
    int status = fill(segment, 0, segment->is.roster + slots * sizeof(struct peer_sh), &clear);
    return status < 0 ? status : fill(segment, segment->is.pages, (uint64_t)pages * sizeof(struct page_sh), &clear);
}

/* Must the run or span that begins at `page` be backed wholly? *pages: its length. */
static bool wants_memory(const shoal_segment *image, uint32_t page, uint32_t *pages)
{
    const struct page_sh *it = shoal__page(image, page);
    uint32_t kind = load_relaxed(&it->kind);
    *pages = it->pages;
    return kind == PAGE_SPAN || ((kind == PAGE_RUN || kind == PAGE_FREE) && !it->holes);
}

/* In a run with holes, back the pages whose `keep` says that they stay backed. The image was found sound. */
static int fill_kept(shoal_segment *segment, const shoal_segment *image, uint32_t page, uint32_t end, uint64_t *clear)
{
    uint64_t size = shoal__page_size(segment);
    int status = SHOAL_OK;
    end = least(end, load_relaxed(&shoal__header(image)->pages_committed));
    while (page < end && status == SHOAL_OK) {
        uint32_t stop = page;
        while (stop < end && load_relaxed(&shoal__page(image, stop)->keep))
            stop++;
        if (stop > page)
            status = fill(segment, segment->is.heap + page * size, (stop - page) * size, clear);
        page = stop + 1;
    }
    return status;
}

static int fill_heap(shoal_segment *segment, const shoal_segment *image)
{
    uint64_t size = shoal__page_size(segment), clear = 0;
    uint32_t end = load_relaxed(&shoal__header(image)->pages_committed), pages;
    int status = SHOAL_OK;
    for (uint32_t page = 0; page < end && status == SHOAL_OK; page += pages) {
        if (wants_memory(image, page, &pages))
            status = fill(segment, segment->is.heap + page * size, pages * size, &clear);
        else
            status = fill_kept(segment, image, page, page + pages, &clear);
    }
    return status;
}

/* ---- Checking ---- */

struct first_finding {
    char sentence[256];
};

static void note_first(void *argument, const char *finding)
{
    struct first_finding *first = argument;
    if (!*first->sentence)
        strncpy(first->sentence, finding, sizeof first->sentence - 1);
}

static int refuse(const shoal_segment *segment, int findings, const struct first_finding *first)
{
    return shoal__fail(
        SHOAL_ECORRUPT,
        "segment \"%s\" is damaged in %d places, the first: %s. Was its file copied while somebody wrote it, or "
        "did the machine stop? Read it through a readonly attach",
        segment->name, findings, first->sentence);
}

/* Neither choice is safe: if others write to the file it would look damaged, and if not it may be damaged. */
static int cannot_tell(const shoal_segment *segment, int error)
{
    return shoal__fail(
        SHOAL_ESYSTEM,
        "segment \"%s\": the system does not say whether anybody is attached to it, so it can't be checked: %s",
        segment->name, strerror(-error));
}

/*
 * Check a private copy, in which the unfinished change of a dead peer is first repaired, as the lock's next owner would
 * do it. If it is sound, back the file's heap.
 */
static int judge_copy(shoal_segment *segment, struct first_finding *first, int *findings)
{
    shoal_segment image = *segment;
    shoal_word damaged = 0;
    image.base = shoal__map(segment->fd, image.is.size, false, true);
    if (!image.base)
        return shoal__fail(SHOAL_ENOSPACE,
                           "segment \"%s\" can't be mapped a second time to be checked before it is written: %s",
                           segment->name, strerror(shoal__map_error()));
    if (shoal__guard(&image.guarded, image.base, image.is.size, image.fd, true, &damaged) < 0) {
        shoal__unmap(image.base, image.is.size);
        return shoal__fail_plainly(SHOAL_ENOMEM);
    }
    if (load_relaxed(&shoal__header(&image)->lock) & (MUTEX_SLOT | MUTEX_NEEDREC))
        shoal__journal_recover(&image);
    *findings = shoal__walk_image(&image, note_first, first);
    int status = *findings < 0 ? *findings : *findings == 0 ? fill_heap(segment, &image) : SHOAL_OK;
    shoal__unguard(image.guarded);
    shoal__unmap(image.base, image.is.size);
    return status;
}

/*
 * Others may join meanwhile. Then our findings do not count, since we read a file that was changing; and an attached
 * process has checked the file itself, or found a live peer that had. Backing changes no byte that others see.
 */
int shoal__opening_judge(shoal_segment *segment)
{
    int findings = 0;
    struct first_finding first = {{0}};
    for (int tries = 0; tries < JUDGE_TRIES; tries++) {
        int alive = was_left_in_peace(segment) ? 1 : shoal__anybody_alive(segment);
        if (alive)
            return alive > 0 ? SHOAL_OK : cannot_tell(segment, alive);
        uint32_t changes = load_acquire(&shoal__journal(segment)->changes);
        *first.sentence = 0;
        int status = fill_tables(segment);
        if (status == SHOAL_OK)
            status = judge_copy(segment, &first, &findings);
        SHOAL_POINT("opening: judged");
        if (status < 0 || findings == 0)
            return status;
        if (shoal__anybody_alive(segment) == 0 && load_acquire(&shoal__journal(segment)->changes) == changes)
            break;
    }
    return refuse(segment, findings, &first);
}
