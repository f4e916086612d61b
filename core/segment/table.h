/*
 * The hash table of names, and how it grows while readers follow it: docs/format.md, "The directory", and
 * docs/recovery.md, "The table grows".
 */
#ifndef SHOAL_SEGMENT_TABLE_H
#define SHOAL_SEGMENT_TABLE_H

#include "segment/segment.h"

#define HOP_LIMIT 100000u /* a longer chain is taken to be circular: damage */

/* The entry at `ref`, or NULL if it or its name would not lie in the heap; and the name's length, loaded once. */
static inline struct entry_sh *shoal__entry_with_length(const struct shoal_segment *segment, uint32_t ref,
                                                        uint32_t *length)
{
    struct entry_sh *entry = shoal__block(segment, ref, sizeof *entry);
    *length = entry ? shoal__once(&entry->name_length) : 0;
    return entry && *length <= 255 && shoal__block(segment, ref, sizeof *entry + *length + 1) ? entry : NULL;
}

struct entry_sh *shoal__entry_at(const struct shoal_segment *segment, uint32_t ref); /* the same without the length */
int shoal__directory_damaged(const struct shoal_segment *segment); /* SHOAL_ECORRUPT, with a sentence */

/* A table's fields, loaded once: the block may be used for something else while a reader uses them. */
struct shoal_table {
    struct table_sh *at;
    uint32_t buckets, chain;
};

/*
 * Read and check the table at `ref`. False: there can be none. *known caches the last table that was found to lie
 * wholly in the heap (its ref, and in the upper half its buckets), which need not be checked again.
 */
static inline bool shoal__table_read_known(struct shoal_table *out, const struct shoal_segment *segment, uint32_t ref,
                                           const _Atomic uint64_t *known)
{
    uint64_t last = atomic_load_explicit((_Atomic uint64_t *)known, memory_order_relaxed);
    out->at = (uint32_t)last == ref ? shoal__at(segment, shoal__offset(segment, ref))
                                    : shoal__block(segment, ref, sizeof *out->at);
    if (!out->at)
        return false;
    out->buckets = shoal__once(&out->at->buckets);
    out->chain = shoal__once(&out->at->chain);
    if (out->chain > 1)
        return false;
    if (last == ((uint64_t)out->buckets << 32 | ref))
        return true;
    if (out->buckets == 0 || (out->buckets & (out->buckets - 1)) ||
        !shoal__block(segment, ref, sizeof *out->at + (uint64_t)out->buckets * sizeof(struct bucket_sh)))
        return false;
    atomic_store_explicit((_Atomic uint64_t *)known, (uint64_t)out->buckets << 32 | ref, memory_order_relaxed);
    return true;
}

bool shoal__table_read(struct shoal_table *out, const struct shoal_segment *segment, uint32_t ref);
/* The table that `old` grows into. False: it is not growing, or is damaged. */
bool shoal__table_grown(struct shoal_table *out, const struct shoal_segment *segment, const struct shoal_table *old);

/* ---- Under the lock ---- */

/* The chain of names with this hash, and which of the two entry_sh.next links it. False: the table is damaged. */
struct shoal_chain {
    struct bucket_sh *bucket;
    uint32_t chain;
};
bool shoal__chain_locked(struct shoal_chain *out, const struct shoal_segment *segment, uint32_t hash);

/* Called before a name is added: make the first table, or do one step of growing, in changes of its own. */
int shoal__table_grow_locked(struct shoal_segment *segment);

/* Called between changes: free a table without names, and the empty spans that each class keeps for later. */
void shoal__gather_locked(struct shoal_segment *segment);

/* ---- Without the lock ---- */

/*
 * shoal__table_tend is called after a name was added: if a larger table is wanted whose memory is too large to be made
 * under the lock, make it, and begin to grow.
 */
void shoal__table_prepare(struct shoal_segment *segment);
static inline void shoal__table_tend(struct shoal_segment *segment)
{
    if (__builtin_expect(load_relaxed(&segment->table_wanted), 0))
        shoal__table_prepare(segment);
}

/*
 * Call `visit`, under the lock, with every entry that has a name in the directory. The lock is released every few
 * chains: an entry that is there all the time is visited at least once. If the table is damaged this stops early, with
 * SHOAL_OK. Other statuses are those of shoal__lock_in_attach, which takes the lock.
 */
typedef void shoal__visit(struct shoal_segment *segment, struct entry_sh *entry, uint32_t argument);
int shoal__each_named(struct shoal_segment *segment, shoal__visit *visit, uint32_t argument, shoal_time deadline);

#endif
