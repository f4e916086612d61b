/* Implements docs/format.md, "The directory"; the readers' argument is in docs/recovery.md, "Readers". */
#include "segment/directory.h"

#include <string.h>

#include "platform/file.h"
#include "platform/point.h"
#include "segment/big.h"
#include "segment/descriptor.h"
#include "segment/heap.h"
#include "segment/journal.h"
#include "segment/kind.h"
#include "segment/lock.h"
#include "segment/notes.h"
#include "segment/parts.h"
#include "value/hash.h"
#include "value/status.h"
#include "value/text.h"

uint32_t shoal__name_hash(const struct shoal_segment *segment, const char *name, size_t length)
{
    return shoal__hash(name, length, segment->is.hash_key);
}

/* ---- Readers ---- */

enum { FOUND, ABSENT, AGAIN, BROKEN, MOVED };

/*
 * Follow a chain. After each read of a ref shoal__still_there checks that the memory from which it was read had not
 * been freed; only then is the ref used.
 */
static inline __attribute__((always_inline)) int follow(struct shoal_found *out, const struct shoal_segment *segment,
                                                        const char *name, size_t length, uint32_t hash, uint32_t chain)
{
    uint32_t ref = load_acquire(&out->bucket->head);
    SHOAL_POINT("find: head of the chain read");
    if (!shoal__still_there(out))
        return AGAIN;
    for (uint32_t hops = 0; ref && hops < HOP_LIMIT; hops++) {
        uint32_t its_length;
        struct entry_sh *entry = shoal__entry_with_length(segment, ref, &its_length);
        if (entry && entry->hash == hash && its_length == length && memcmp(entry->name, name, length) == 0) {
            out->entry = entry;
            out->ref = ref;
            SHOAL_POINT("find: entry found");
            return shoal__still_there(out) ? FOUND : AGAIN;
        }
        uint32_t next = entry ? load_acquire(&entry->next[chain]) : 0;
        SHOAL_POINT("find: link read");
        if (!shoal__still_there(out))
            return AGAIN;
        if (!entry)
            return ref == BUCKET_MOVED && hops == 0 ? MOVED : BROKEN;
        ref = next;
    }
    if (!shoal__still_there(out))
        return AGAIN;
    return ref ? BROKEN : ABSENT;
}

/*
 * Continue in the table that the current one grows into, to which the name's bucket was moved. From here on the word
 * that must not change is `growth`: while it keeps one odd value both tables exist, and neither is another table that
 * was made at the same place.
 */
static __attribute__((noinline)) int walk_grown(struct shoal_found *out, const struct shoal_segment *segment,
                                                const char *name, size_t length, uint32_t hash)
{
    struct shoal_table old, new;
    const struct header_sh *header = shoal__header(segment);
    uint32_t growth = load_acquire(&header->growth), ref = load_acquire(&header->table), known = out->table_ref;
    SHOAL_POINT("find: the table grows");
    out->table = &header->growth;
    out->table_ref = growth;
    bool moved = growth & 1 && shoal__table_read(&old, segment, ref) &&
                 load_acquire(&old.at->bucket[hash & (old.buckets - 1)].head) == BUCKET_MOVED;
    bool sound = moved && shoal__table_grown(&new, segment, &old);
    fence_acquire();
    if (load_relaxed(&header->growth) != growth)
        return AGAIN;
    if (!sound) /* damage only if this is still the table whose bucket said that it was moved */
        return ref == known ? BROKEN : AGAIN;
    out->bucket = &new.at->bucket[hash & (new.buckets - 1)];
    out->bucket_version = load_acquire(&out->bucket->version);
    return follow(out, segment, name, length, hash, new.chain);
}

static inline __attribute__((always_inline)) int walk(struct shoal_found *out, const struct shoal_segment *segment,
                                                      const char *name, size_t length, uint32_t hash)
{
    const struct header_sh *header = shoal__header(segment);
    uint32_t table_ref = load_acquire(&header->table);
    if (table_ref == 0)
        return ABSENT;
    SHOAL_POINT("find: table known");
    struct shoal_table table;
    if (!shoal__table_read_known(&table, segment, table_ref, &segment->known_table)) {
        fence_acquire(); /* before we check whether the table is still current */
        return load_relaxed(&header->table) == table_ref ? BROKEN : AGAIN;
    }
    out->table = &header->table;
    out->table_ref = table_ref;
    out->bucket = &table.at->bucket[hash & (table.buckets - 1)];
    out->bucket_version = load_acquire(&out->bucket->version);
    int result = follow(out, segment, name, length, hash, table.chain);
    return __builtin_expect(result != MOVED, 1) ? result : walk_grown(out, segment, name, length, hash);
}

int shoal__never_still(const struct shoal_segment *segment)
{
    return shoal__fail(SHOAL_ECORRUPT,
                       "segment \"%s\" changes faster than it can be read: one of its writers is out of control",
                       segment->name);
}

int shoal__find_again(struct shoal_found *out, const struct shoal_segment *segment, const char *name, size_t length,
                      uint32_t hash, struct shoal_patience *patience)
{
    int result;
    shoal__guard_reader(segment);
    while ((result = walk(out, segment, name, length, hash)) == AGAIN)
        if (shoal__patience_ends(patience))
            return shoal__never_still(segment);
    if (result >= BROKEN)
        return shoal__directory_damaged(segment);
    return result == FOUND ? SHOAL_OK : SHOAL_ENOKEY;
}

int shoal__find(struct shoal_found *out, const struct shoal_segment *segment, const char *name, size_t length,
                uint32_t hash)
{
    struct shoal_patience patience = {0};
    return shoal__find_again(out, segment, name, length, hash, &patience);
}

int shoal__no_such_object(const struct shoal_segment *segment, const char *name, size_t length)
{
    char quoted[SHOAL__QUOTE_SIZE];
    return shoal__fail(SHOAL_ENOKEY, "segment \"%s\" has no object %s", segment->name,
                       shoal__quote(quoted, name, length));
}

/* ---- Writers ---- */

struct entry_sh *shoal__entry_locked(const struct shoal_segment *segment, const char *name, size_t length,
                                     uint32_t hash, uint32_t *ref)
{
    struct shoal_found found;
    if (shoal__find(&found, segment, name, length, hash) != SHOAL_OK)
        return NULL;
    *ref = found.ref;
    return found.entry;
}

int shoal__entry_add_locked(struct shoal_segment *segment, const char *name, size_t length, uint32_t hash, int kind,
                            uint32_t body)
{
    uint32_t ref;
    struct header_sh *header = shoal__header(segment);
    struct shoal_chain at;
    if (!shoal__chain_locked(&at, segment, hash))
        return shoal__directory_damaged(segment);
    int status = shoal__alloc_locked(segment, sizeof(struct entry_sh) + length + 1, &ref);
    if (status < 0)
        return status;
    /* private until published: no journal needed */
    struct entry_sh *entry = shoal__at(segment, shoal__offset(segment, ref));
    memset(entry, 0, sizeof *entry);
    store_relaxed(&entry->next[at.chain], load_relaxed(&at.bucket->head));
    entry->hash = hash;
    store_relaxed(&entry->kind, (uint32_t)kind);
    store_relaxed(&entry->body[0], body);
    entry->serial = header->serial + 1;
    entry->name_length = (uint32_t)length;
    memcpy(entry->name, name, length);
    entry->name[length] = 0;
    SHOAL_POINT("directory: entry written");
    shoal__change(segment, &header->serial, header->serial + 1);
    shoal__publish(segment, &at.bucket->head, ref);
    shoal__publish(segment, &header->objects, load_relaxed(&header->objects) + 1);
    return SHOAL_OK;
}

/* ---- Removal and pins ---- */

static void limbo_link(struct shoal_segment *segment, uint32_t ref)
{
    struct header_sh *header = shoal__header(segment);
    struct entry_sh *entry = shoal__entry_at(segment, ref), *first = NULL;
    if (header->limbo)
        first = shoal__entry_at(segment, header->limbo);
    shoal__change(segment, &entry->limbo_next, header->limbo);
    shoal__change(segment, &entry->limbo_prev, 0);
    if (first)
        shoal__change(segment, &first->limbo_prev, ref);
    shoal__change(segment, &header->limbo, ref);
    shoal__change(segment, &header->removed, header->removed + 1);
}

static void limbo_unlink(struct shoal_segment *segment, struct entry_sh *entry)
{
    struct header_sh *header = shoal__header(segment);
    struct entry_sh *next = entry->limbo_next ? shoal__entry_at(segment, entry->limbo_next) : NULL;
    struct entry_sh *prev = entry->limbo_prev ? shoal__entry_at(segment, entry->limbo_prev) : NULL;
    if (prev)
        shoal__change(segment, &prev->limbo_next, entry->limbo_next);
    else
        shoal__change(segment, &header->limbo, entry->limbo_next);
    if (next)
        shoal__change(segment, &next->limbo_prev, entry->limbo_prev);
    shoal__change(segment, &header->removed, header->removed - 1);
}

void shoal__free_body_locked(struct shoal_segment *segment, uint32_t body, uint32_t *big)
{
    uint64_t capacity = shoal__block_capacity(segment, body);
    *big = 0;
    if (shoal__is_big(segment, body, capacity)) {
        shoal__big_take_back_locked(segment, body);
        *big = body;
    } else if (body) {
        shoal__free_locked(segment, body);
    }
}

static bool free_entry(struct shoal_segment *segment, uint32_t ref, struct entry_sh *entry, uint32_t *big)
{
    uint32_t at = load_relaxed(&entry->version) / 2 % 2, spare = load_relaxed(&entry->body[!at]);
    shoal__free_body_locked(segment, load_relaxed(&entry->body[at]), big);
    if (spare)
        shoal__free_locked(segment, spare);
    return shoal__free_locked(segment, ref);
}

/*
 * Has any process the entry open? Called after its name was unlinked: a reader that takes its pin later sees that, and
 * gives the pin up (reader_pin in handle_open.c).
 */
static bool in_use(const struct shoal_segment *segment, const struct entry_sh *entry)
{
    /* The last term: the descriptor was closed meanwhile, so shoal__reader_has asked about another file. */
    return entry->pins || shoal__descriptor(segment) != 0 || shoal__reader_has(segment->fd, entry->serial) ||
           shoal__file_compare(segment->fd, segment->device, segment->inode) != 0;
}

static bool has_parts(const struct entry_sh *entry)
{
    return shoal__kind_is(load_relaxed(&entry->kind) & ~ENTRY_REMOVED, KIND_PARTS);
}

/*
 * Free an entry that was removed, which no process has open. It is freed last, when all parts of its object are gone: a
 * death leaves the rest of them in limbo, to the next sweep.
 */
static int free_removed(struct shoal_segment *segment, uint32_t ref, struct entry_sh *entry, uint32_t *big)
{
    int parts = has_parts(entry) ? shoal__part_free_locked(segment, load_relaxed(&entry->body[0]), big) : 0;
    if (parts != 0)
        return parts < 0 ? parts : PARTS_LEFT;
    limbo_unlink(segment, entry);
    if (!free_entry(segment, ref, entry, big)) {
        shoal__abort(segment);
        return shoal__directory_damaged(segment);
    }
    return shoal__commit(segment);
}

/* The word that leads to the entry in its chain; NULL if the chain is damaged. */
static shoal_word *link_to(struct shoal_segment *segment, const struct shoal_chain *at, uint32_t ref)
{
    shoal_word *link = &at->bucket->head;
    for (uint32_t hops = 0; load_relaxed(link) != ref; hops++) {
        struct entry_sh *before = load_relaxed(link) ? shoal__entry_at(segment, load_relaxed(link)) : NULL;
        if (!before || hops > HOP_LIMIT)
            return NULL;
        link = &before->next[at->chain];
    }
    return link;
}

/*
 * A Value, which no process can have open, is freed in the same change. An entry of another kind goes into limbo
 * (deferred free), where a sweep finds it if we die; if nobody has it open it is freed in a second change. A pinned
 * entry goes into limbo even if it says that it is a Value, since a pin must not outlive its entry.
 */
int shoal__entry_remove_locked(struct shoal_segment *segment, uint32_t ref, uint32_t *big)
{
    *big = 0;
    struct header_sh *header = shoal__header(segment);
    struct shoal_chain at;
    struct entry_sh *entry = shoal__entry_at(segment, ref);
    shoal_word *link = entry && shoal__chain_locked(&at, segment, entry->hash) ? link_to(segment, &at, ref) : NULL;
    if (!link)
        return shoal__directory_damaged(segment);
    bool at_once = shoal__kind_is(load_relaxed(&entry->kind), KIND_STORED) && !entry->pins;
    shoal__publish(segment, link, load_relaxed(&entry->next[at.chain]));
    shoal__publish(segment, &at.bucket->version, load_relaxed(&at.bucket->version) + 1);
    shoal__publish(segment, &header->objects, load_relaxed(&header->objects) - 1);
    shoal__publish(segment, &entry->kind, load_relaxed(&entry->kind) | ENTRY_REMOVED);
    if (at_once)
        free_entry(segment, ref, entry, big);
    else
        limbo_link(segment, ref);
    int status = shoal__commit(segment);
    SHOAL_POINT("remove: name gone");
    if (status < 0 || at_once || in_use(segment, entry))
        return status;
    SHOAL_POINT("remove: nobody has it open");
    return has_parts(entry) ? PARTS_LEFT : free_removed(segment, ref, entry, big);
}

int shoal__pin_locked(struct shoal_segment *segment, uint32_t slot, uint32_t ref, uint32_t *pin)
{
    struct entry_sh *entry = shoal__entry_at(segment, ref);
    struct peer_sh *peer = shoal__peer(segment, slot);
    if (!entry || shoal__kind_is(load_relaxed(&entry->kind), KIND_STORED))
        /* No entry, or a Value, which is never pinned. The caller has checked the kind, so this is damage. */
        return shoal__directory_damaged(segment);
    int status = shoal__alloc_locked(segment, sizeof(struct pin_sh), pin);
    if (status < 0) {
        shoal__abort(segment);
        return status;
    }
    struct pin_sh *it = shoal__at(segment, shoal__offset(segment, *pin));
    *it = (struct pin_sh){.next = peer->pins, .entry = ref, .slot = slot};
    SHOAL_POINT("pin: written");
    if (peer->pins)
        shoal__change(segment, &((struct pin_sh *)shoal__at(segment, shoal__offset(segment, peer->pins)))->prev, *pin);
    shoal__change(segment, &peer->pins, *pin);
    shoal__change(segment, &entry->pins, entry->pins + 1);
    return shoal__commit(segment);
}

int shoal__unpin_locked(struct shoal_segment *segment, uint32_t pin, uint32_t *big)
{
    *big = 0;
    struct pin_sh *it = shoal__block(segment, pin, sizeof *it);
    struct entry_sh *entry = it ? shoal__entry_at(segment, it->entry) : NULL;
    if (!entry || it->slot >= segment->is.slots || entry->pins == 0)
        return shoal__directory_damaged(segment);
    struct pin_sh *next = it->next ? shoal__block(segment, it->next, sizeof *it) : NULL;
    struct pin_sh *prev = it->prev ? shoal__block(segment, it->prev, sizeof *it) : NULL;
    uint32_t ref = it->entry;
    shoal__change(segment, prev ? &prev->next : &shoal__peer(segment, it->slot)->pins, it->next);
    if (next)
        shoal__change(segment, &next->prev, it->prev);
    if (!shoal__free_locked(segment, pin)) { /* freed before: the list is a circle, and the error ends its walk */
        shoal__abort(segment);
        return shoal__directory_damaged(segment);
    }
    shoal__change(segment, &entry->pins, entry->pins - 1);
    if (!(load_relaxed(&entry->kind) & ENTRY_REMOVED) || in_use(segment, entry))
        return shoal__commit(segment);
    if (!has_parts(entry))
        return free_removed(segment, ref, entry, big);
    int status = shoal__commit(segment);
    return status < 0 ? status : PARTS_LEFT;
}

int shoal__limbo_free_locked(struct shoal_segment *segment, uint32_t ref, uint32_t *big)
{
    struct entry_sh *entry = shoal__entry_at(segment, ref);
    *big = 0;
    if (!entry)
        return shoal__directory_damaged(segment);
    return in_use(segment, entry) ? SHOAL_PENDING : free_removed(segment, ref, entry, big);
}
