/* The other half of check(): peers, their pins and runs; the directory, its entries and bodies. */
#include "segment/walk_names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "platform/file.h"
#include "segment/directory.h"
#include "segment/heap.h"
#include "segment/kind.h"
#include "segment/parts.h"

#define LARGEST_HEAD                                                                                                   \
    4160u /* the most that any row's check reads: of a Locks, which has the heads of 256 lists, or less */

/* ---- Peers ---- */

static void remember_pin(struct shoal_walk *walk, uint32_t entry)
{
    if (walk->pin_count == walk->pin_capacity) {
        size_t capacity = walk->pin_capacity ? 2 * walk->pin_capacity : 256;
        uint32_t *pins = realloc(walk->pins, capacity * sizeof *pins);
        if (!pins) {
            walk->no_memory = true;
            return;
        }
        walk->pins = pins;
        walk->pin_capacity = capacity;
    }
    walk->pins[walk->pin_count++] = entry;
}

static int compare_refs(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

static void walk_pins(struct shoal_walk *walk, uint32_t slot)
{
    const struct pin_sh *pin;
    uint32_t before = 0;
    for (uint32_t ref = shoal__once(&shoal__peer(walk->segment, slot)->pins); ref; ref = shoal__once(&pin->next)) {
        pin = shoal__account(walk, ref, "a peer's list of pins") ? shoal__block(walk->segment, ref, sizeof *pin) : NULL;
        if (!pin) /* shoal__account has reported it, unless it changed in between */
            return;
        if (pin->slot != slot || pin->prev != before)
            shoal__found_wrong(walk, ref, "the list of pins of peer %u is broken at %#x", slot, ref);
        remember_pin(walk, pin->entry);
        before = ref;
    }
}

static void walk_runs(struct shoal_walk *walk, uint32_t slot)
{
    const struct page_sh *page;
    for (uint32_t it = shoal__once(&shoal__peer(walk->segment, slot)->runs); it; it = shoal__once(&page->next)) {
        uint32_t pages = load_relaxed(&shoal__header(walk->segment)->pages_committed);
        if (it > pages || it > walk->segment->is.heap_pages) {
            shoal__found_wrong(walk, ABOUT_PEER(slot),
                               "the list of runs of peer %u leads to page %u, which is not there", slot, it - 1);
            return;
        }
        page = shoal__page(walk->segment, it - 1);
        if (!shoal__account(walk, shoal__page_ref(walk->segment, it - 1), "a peer's list of runs"))
            return;
        if (page->used != slot + 1)
            shoal__found_wrong(walk, ABOUT_PEER(slot), "page %u is in the list of peer %u, but names peer %u", it - 1,
                               slot, page->used - 1);
    }
}

/* Runs that are nobody's, and keep their memory. */
static void walk_warm(struct shoal_walk *walk)
{
    const struct header_sh *header = shoal__header(walk->segment);
    const struct page_sh *page;
    uint32_t counted = shoal__once(&header->warm_pages), pages = 0, before = 0;
    uint32_t changes = load_acquire(&shoal__journal(walk->segment)->changes);
    for (uint32_t it = shoal__once(&header->warm); it; before = it, it = shoal__once(&page->next)) {
        if (it > load_relaxed(&header->pages_committed) || it > walk->segment->is.heap_pages) {
            shoal__found_wrong(walk, ABOUT_ALL(WARM), "the list of warm runs leads to page %u, which is not there",
                               it - 1);
            return;
        }
        page = shoal__page(walk->segment, it - 1);
        if (!shoal__account(walk, shoal__page_ref(walk->segment, it - 1), "the list of warm runs"))
            return;
        if (load_relaxed(&page->kind) != PAGE_RUN || page->used != RUN_WARM || page->holes || page->prev != before)
            shoal__found_wrong(walk, ABOUT_ALL(WARM), "the list of warm runs is broken at page %u", it - 1);
        pages += shoal__once(&page->pages);
    }
    fence_acquire();
    if (pages != counted && changes == load_relaxed(&shoal__journal(walk->segment)->changes)) /* else it moves */
        shoal__found_wrong(walk, ABOUT_ALL(WARM_PAGES), "the warm runs have %u pages, the header counts %u", pages,
                           counted);
}

static void walk_places(struct shoal_walk *walk, uint32_t slot)
{
    const struct waits_sh *row;
    for (uint32_t ref = load_relaxed(&shoal__peer(walk->segment, slot)->waits_more); ref;
         ref = load_relaxed(&row->next)) {
        row =
            shoal__account(walk, ref, "a peer's list of places") ? shoal__block(walk->segment, ref, sizeof *row) : NULL;
        if (!row)
            return;
    }
}

void shoal__walk_peers(struct shoal_walk *walk)
{
    uint32_t slots = load_relaxed(&shoal__header(walk->segment)->slots_committed);
    for (uint32_t slot = 0; slot < slots && slot < walk->segment->is.slots; slot++) {
        walk_pins(walk, slot);
        walk_runs(walk, slot);
        walk_places(walk, slot);
    }
    walk_warm(walk);
    if (walk->pin_count)
        qsort(walk->pins, walk->pin_count, sizeof *walk->pins, compare_refs);
}

static uint32_t pins_on(const struct shoal_walk *walk, uint32_t entry)
{
    size_t low = 0, high = walk->pin_count, count = 0;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (walk->pins[middle] < entry)
            low = middle + 1;
        else
            high = middle;
    }
    while (low + count < walk->pin_count && walk->pins[low + count] == entry)
        count++;
    return (uint32_t)count;
}

/* ---- Entries ---- */

/*
 * Was a Value replaced twice since `version` was read? Then the body that we checked was being written as a spare,
 * which the lock of the structure does not prevent.
 */
static bool is_replaced(const struct entry_sh *entry, uint32_t version)
{
    fence_acquire();
    return load_relaxed(&entry->version) - (version & ~1u) > 2;
}

static void walk_list(struct shoal_walk *walk, uint32_t ref, const struct list_sh *list, const char *name)
{
    const uint32_t *next;
    uint32_t before = 0, counted = shoal__once(&list->count), count = 0;
    for (uint32_t it = shoal__once(&list->first); it; it = shoal__once(next), count++) {
        next = shoal__account(walk, it, name) ? shoal__block(walk->segment, it, sizeof *next) : NULL;
        if (!next) {
            shoal__found_wrong(walk, ref, "\"%s\": a list of its parts leads to %#x", name, it);
            return;
        }
        before = it;
    }
    if (before != shoal__once(&list->last) || count != counted)
        shoal__found_wrong(walk, ref, "\"%s\": a list of its parts has %u blocks and ends at %#x, and says %u and %#x",
                           name, count, before, counted, shoal__once(&list->last));
}

/* Returns how many there are. */
static uint32_t walk_parts_runs(struct shoal_walk *walk, uint32_t ref, uint32_t first, const char *name)
{
    const struct page_sh *page;
    uint32_t before = 0, count = 0;
    for (uint32_t it = first; it; before = it, it = shoal__once(&page->next), count++) {
        bool is_there =
            it <= load_relaxed(&shoal__header(walk->segment)->pages_committed) && it <= walk->segment->is.heap_pages;
        if (!is_there || !shoal__account(walk, shoal__page_ref(walk->segment, it - 1), name)) {
            shoal__found_wrong(walk, ref, "\"%s\": the list of its runs leads to page %u", name, it - 1);
            return count;
        }
        page = shoal__page(walk->segment, it - 1);
        if (load_relaxed(&page->kind) != PAGE_RUN || page->used != RUN_PART || page->holes || page->prev != before)
            shoal__found_wrong(walk, ref, "\"%s\": the list of its runs is broken at page %u", name, it - 1);
    }
    return count;
}

/* `head`: the body, or a copy of its first `size` bytes, in which all heads of lists lie. Returns how many runs it has. */
static uint32_t walk_parts(struct shoal_walk *walk, uint32_t ref, const void *head, uint64_t size, const char *name)
{
    const struct parts_sh *parts = head;
    uint32_t count;
    if (size < sizeof *parts)
        return 0; /* reported already: no kind's body is so small */
    const struct list_sh *lists = shoal__part_lists(parts, size, &count);
    if (!lists && *(const volatile uint16_t *)&parts->lists)
        shoal__found_wrong(walk, ref, "\"%s\": its lists of parts do not lie in its body", name);
    for (uint32_t i = 0; i < count; i++)
        walk_list(walk, ref, &lists[i], name);
    return walk_parts_runs(walk, ref, shoal__once(&parts->runs), name);
}

static void walk_body(struct shoal_walk *walk, uint32_t ref, const struct entry_sh *entry, const char *name)
{
    uint32_t kind = load_relaxed(&entry->kind) & 0xff;
    const struct shoal__kind *row = shoal__kind(kind); /* NULL: no known kind, which is reported already */
    uint32_t version = load_acquire(&((struct entry_sh *)entry)->version), at = version / 2 % 2;
    uint32_t body = load_relaxed(&entry->body[at]), spare = load_relaxed(&entry->body[!at]);
    if (spare && !shoal__kind_is(kind, KIND_STORED))
        shoal__found_wrong(walk, ref, "\"%s\" is %s and has a spare block", name, shoal_kind_phrase((int)kind));
    if (spare)
        shoal__account(walk, spare, name);
    if (!shoal__account(walk, body, name))
        return;
    uint64_t capacity = shoal__block_capacity(walk->segment, body), offset = shoal__offset(walk->segment, body);
    _Alignas(16) unsigned char copy[LARGEST_HEAD];
    const void *head = shoal__at(walk->segment, offset);
    uint64_t size = capacity < sizeof copy ? capacity : sizeof copy;
    if (walk->segment->readonly && !shoal__stays_backed(walk->segment, body, size)) {
        memset(copy, 0, sizeof copy);
        int error = shoal__file_read(walk->segment->fd, copy, size, offset);
        if (error && error != -ENODATA)
            walk->unreadable = error;
        head = copy; /* a copy: the memory may be punched meanwhile, and a reader must not access a hole */
    }
    const char *wrong = row ? row->check(walk->segment, head, capacity) : NULL;
    if (wrong && !is_replaced(entry, version))
        shoal__found_wrong(walk, ref, "%s \"%s\": %s", shoal_kind_name((int)kind), name, wrong);
    uint32_t runs = shoal__kind_is(kind, KIND_PARTS) ? walk_parts(walk, ref, head, size, name) : 0;
    bool is_named = !(load_relaxed(&entry->kind) & ENTRY_REMOVED); /* else its parts may be going */
    bool is_shown = !walk->segment->readonly || shoal__kind_is(kind, KIND_JOURNALED);
    if (wrong || !row || !row->check_deeply || !is_named || !is_shown)
        return;
    if ((wrong = row->check_deeply(walk->segment, head, capacity, runs)))
        shoal__found_wrong(walk, ref, "%s \"%s\": %s", shoal_kind_name((int)kind), name, wrong);
}

static bool walk_entry(struct shoal_walk *walk, uint32_t ref, bool removed)
{
    const struct entry_sh *entry = shoal__entry_at(walk->segment, ref);
    if (!entry)
        shoal__found_wrong(walk, ref, "the directory refers to %#x, where no entry can be", ref);
    if (!entry || !shoal__account(walk, ref, "the directory"))
        return false;
    char name[256];
    uint32_t length = shoal__once(&entry->name_length); /* once: during a readonly check it may change */
    if (length > 255 || !shoal__block(walk->segment, ref, sizeof *entry + length + 1)) {
        shoal__found_wrong(walk, ref, "the entry at %#x changed while it was read", ref);
        return false;
    }
    memcpy(name, entry->name, length);
    name[length] = 0;
    uint32_t kind = load_relaxed(&entry->kind), pins = pins_on(walk, ref);
    if (sizeof *entry + length + 1 > shoal__block_capacity(walk->segment, ref))
        shoal__found_wrong(walk, ref, "the name of the entry at %#x leaves its block", ref);
    if (length == 0 || strlen(name) != length || !shoal_is_utf8(name, length))
        shoal__found_wrong(walk, ref, "the entry at %#x has no possible name", ref);
    if (entry->hash != shoal__name_hash(walk->segment, name, length))
        shoal__found_wrong(walk, ref, "\"%s\" has the hash of another name", name);
    if (!shoal__kind(kind & ~ENTRY_REMOVED))
        shoal__found_wrong(walk, ref, "\"%s\" is of no known kind (%u)", name, kind);
    if (!!(kind & ENTRY_REMOVED) != removed)
        shoal__found_wrong(walk, ref, "\"%s\" is %sin the directory, but its mark says otherwise", name,
                           removed ? "not " : "");
    if (entry->pins != pins)
        shoal__found_wrong(walk, ref, "\"%s\" counts %u peers that have it open, there are %u", name, entry->pins,
                           pins);
    walk_body(walk, ref, entry, name);
    return true;
}

static uint32_t walk_chain(struct shoal_walk *walk, const struct shoal_table *table, uint32_t i)
{
    uint32_t count = 0, in_vain = 0;
    for (uint32_t ref = load_relaxed(&table->at->bucket[i].head); ref && in_vain < 2;) {
        const struct entry_sh *entry = shoal__entry_at(walk->segment, ref);
        bool sound = walk_entry(walk, ref, false);
        count += sound;
        /*
         * Two in a row end the walk: one may have been removed just now, but in a circle all were accounted for before.
         */
        in_vain = sound ? 0 : in_vain + 1;
        if (!entry)
            break;
        if (sound && (entry->hash & (table->buckets - 1)) != i)
            shoal__found_wrong(walk, ref, "the entry at %#x is in the wrong chain", ref);
        ref = load_relaxed(&entry->next[table->chain]);
    }
    return count;
}

/* Counts of the header, one of which changes whenever a name is added or removed, or a removed object is freed. */
struct counts {
    uint32_t serial, names, removed;
};

static struct counts counts_of(const struct shoal_walk *walk)
{
    const struct header_sh *header = shoal__header(walk->segment);
    fence_acquire();
    return (struct counts){shoal__once(&header->serial), load_acquire(&header->objects), shoal__once(&header->removed)};
}

/* Did nothing change meanwhile, so that the counts can be compared? */
static bool is_still(const struct shoal_walk *walk, const struct counts *before)
{
    struct counts now = counts_of(walk);
    return now.serial == before->serial && now.names == before->names && now.removed == before->removed;
}

/* How many buckets of the table, from the first, were moved into the table that it grows into; 0: it is not growing. */
static uint32_t walk_grown(struct shoal_walk *walk, const struct shoal_table *table, struct shoal_table *grown)
{
    uint32_t ref = load_relaxed(&table->at->grown), moved = shoal__once(&table->at->moved);
    bool grows = load_relaxed(&shoal__header(walk->segment)->growth) & 1;
    if (grows != (ref != 0) || (!ref && moved) || moved > table->buckets)
        shoal__found_wrong(walk, ABOUT_ALL(GROWTH),
                           "the header says that the table %s, but the table refers to %#x (0: none) as the one that "
                           "it grows into, with %u of %u buckets moved",
                           grows ? "grows" : "does not grow", ref, moved, table->buckets);
    if (!ref || !shoal__account(walk, ref, "the growing table"))
        return 0;
    if (shoal__table_grown(grown, walk->segment, table))
        return moved < table->buckets ? moved : table->buckets;
    shoal__found_wrong(walk, ref, "the table at %#x, which the directory's table grows into, is damaged", ref);
    return 0;
}

static void walk_table(struct shoal_walk *walk, const struct shoal_table *table)
{
    struct shoal_table grown;
    uint32_t count = 0;
    struct counts before = counts_of(walk);
    uint32_t moved = walk_grown(walk, table, &grown);
    for (uint32_t i = 0; i < table->buckets; i++) {
        bool is_moved = load_relaxed(&table->at->bucket[i].head) == BUCKET_MOVED;
        if (moved && is_moved && i >= moved) /* more buckets were moved meanwhile, or the table is damaged */
            moved = shoal__once(&table->at->moved);
        if ((i < moved) != is_moved)
            shoal__found_wrong(walk, ABOUT_BUCKET(i),
                               "bucket %u of the growing table: its mark contradicts the table, which says that its "
                               "first %u buckets are moved",
                               i, moved);
        else if (i < moved)
            count += walk_chain(walk, &grown, i) + walk_chain(walk, &grown, i + table->buckets);
        else
            count += walk_chain(walk, table, i);
    }
    if (count != before.names && is_still(walk, &before))
        shoal__found_wrong(walk, ABOUT_ALL(NAMES), "the directory has %u names, the header counts %u", count,
                           before.names);
}

void shoal__walk_directory(struct shoal_walk *walk)
{
    const struct header_sh *header = shoal__header(walk->segment);
    uint32_t table_ref = load_relaxed(&header->table), removed = 0, before = 0;
    if (table_ref && shoal__account(walk, table_ref, "the header")) {
        struct shoal_table table;
        if (shoal__table_read(&table, walk->segment, table_ref))
            walk_table(walk, &table);
        else
            shoal__found_wrong(walk, table_ref, "the directory's table at %#x is damaged", table_ref);
    } else if (!table_ref && load_relaxed(&header->objects)) {
        shoal__found_wrong(walk, ABOUT_ALL(NAMES), "there is no directory, but the header counts %u names",
                           load_relaxed(&header->objects));
    }
    if (!table_ref && load_relaxed(&header->growth) & 1)
        shoal__found_wrong(walk, ABOUT_ALL(GROWTH), "there is no directory, but the header says that it grows");
    struct counts counted = counts_of(walk);
    for (uint32_t ref = shoal__once(&header->limbo); ref; removed++) {
        if (!walk_entry(walk, ref, true))
            break;
        const struct entry_sh *entry = shoal__at(walk->segment, shoal__offset(walk->segment, ref));
        if (entry->limbo_prev != before)
            shoal__found_wrong(walk, ref, "the list of removed objects is broken at %#x", ref);
        before = ref;
        ref = shoal__once(&entry->limbo_next);
    }
    if (removed != counted.removed && is_still(walk, &counted))
        shoal__found_wrong(walk, ABOUT_ALL(REMOVED), "%u removed objects are still there, the header counts %u",
                           removed, counted.removed);
}
