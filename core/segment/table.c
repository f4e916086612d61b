/* Implements docs/recovery.md, "The table grows". */
#include "segment/table.h"

#include <string.h>

#include "platform/point.h"
#include "segment/big.h"
#include "segment/heap.h"
#include "segment/journal.h"
#include "segment/lock.h"
#include "segment/runs.h"
#include "value/status.h"

#define FIRST_BUCKETS 64u
#define MOVES 4u    /* buckets that each new name moves: a table with n buckets grows from n names to n + n / 4 */
#define PAUSE 1024u /* names that are added, after memory for a table was refused, before it is requested again */
#define GROUPS_AT_ONCE 16u /* chains that shoal__each_named visits in one hold of the lock */

_Static_assert(2 * MOVES + 2 <= REDO_LIMIT, "a step of growing fits the journal");

struct entry_sh *shoal__entry_at(const struct shoal_segment *segment, uint32_t ref)
{
    uint32_t length;
    return shoal__entry_with_length(segment, ref, &length);
}

int shoal__directory_damaged(const struct shoal_segment *segment)
{
    return shoal__fail(SHOAL_ECORRUPT, "the directory of segment \"%s\" is damaged; check() says where", segment->name);
}

bool shoal__table_read(struct shoal_table *out, const struct shoal_segment *segment, uint32_t ref)
{
    return shoal__table_read_known(out, segment, ref, &segment->known_table);
}

bool shoal__table_grown(struct shoal_table *out, const struct shoal_segment *segment, const struct shoal_table *old)
{
    uint32_t ref = load_acquire(&old->at->grown);
    return ref && shoal__table_read_known(out, segment, ref, &segment->known_grown) &&
           out->buckets == 2 * old->buckets && out->chain != old->chain;
}

static bool current(struct shoal_table *out, const struct shoal_segment *segment)
{
    return shoal__table_read(out, segment, load_relaxed(&shoal__header(segment)->table));
}

bool shoal__chain_locked(struct shoal_chain *out, const struct shoal_segment *segment, uint32_t hash)
{
    struct shoal_table table, grown;
    if (!current(&table, segment))
        return false;
    *out = (struct shoal_chain){&table.at->bucket[hash & (table.buckets - 1)], table.chain};
    if (__builtin_expect(load_relaxed(&out->bucket->head) != BUCKET_MOVED, 1))
        return true;
    if (!shoal__table_grown(&grown, segment, &table))
        return false;
    *out = (struct shoal_chain){&grown.at->bucket[hash & (grown.buckets - 1)], grown.chain};
    return true;
}

/* ---- Growing ---- */

static uint64_t size_of(uint32_t buckets)
{
    return sizeof(struct table_sh) + (uint64_t)buckets * sizeof(struct bucket_sh);
}

/* Write the head of a new table. Each bucket is written when names are moved into it: no process reads it before. */
static struct table_sh *write_head(const struct shoal_segment *segment, uint32_t ref, uint32_t buckets, uint32_t chain)
{
    struct table_sh *table = shoal__at(segment, shoal__offset(segment, ref));
    memset(table, 0, sizeof *table);
    table->buckets = buckets;
    table->chain = chain;
    return table;
}

static void empty(const struct shoal_segment *segment, struct bucket_sh *bucket)
{
    store_relaxed(&bucket->head, 0);
    /* so that a reader does not mistake it for a bucket of an earlier table at this place */
    store_relaxed(&bucket->version, shoal__header(segment)->serial);
}

static int first_table(struct shoal_segment *segment)
{
    uint32_t ref;
    int status = shoal__alloc_locked(segment, size_of(FIRST_BUCKETS), &ref);
    if (status < 0) {
        shoal__abort(segment);
        return status;
    }
    struct table_sh *table = write_head(segment, ref, FIRST_BUCKETS, 0);
    for (uint32_t i = 0; i < FIRST_BUCKETS; i++)
        empty(segment, &table->bucket[i]);
    SHOAL_POINT("table: written");
    shoal__publish(segment, &shoal__header(segment)->table, ref);
    return shoal__commit(segment);
}

/* Begin to grow into the block `ref`, which no other process can reach yet: from the commit on there are two tables. */
static int begin(struct shoal_segment *segment, const struct shoal_table *old, uint32_t ref)
{
    shoal_word *growth = &shoal__header(segment)->growth;
    write_head(segment, ref, 2 * old->buckets, !old->chain);
    SHOAL_POINT("table: written");
    shoal__publish(segment, &old->at->grown, ref);
    shoal__publish(segment, growth, load_relaxed(growth) + 1);
    int status = shoal__commit(segment);
    SHOAL_POINT("table: grows");
    return status;
}

/* Put the entries of chain `i` into two chains of the new table, by their other link, which no reader follows yet. */
static bool move(struct shoal_segment *segment, const struct shoal_table *old, const struct shoal_table *new,
                 uint32_t i)
{
    struct bucket_sh *from = &old->at->bucket[i];
    uint32_t hops = 0;
    empty(segment, &new->at->bucket[i]);
    empty(segment, &new->at->bucket[i + old->buckets]);
    for (uint32_t ref = load_relaxed(&from->head); ref;) {
        struct entry_sh *entry = shoal__entry_at(segment, ref);
        if (!entry || hops++ > HOP_LIMIT)
            return false;
        struct bucket_sh *to = &new->at->bucket[entry->hash & (new->buckets - 1)];
        store_relaxed(&entry->next[new->chain], load_relaxed(&to->head));
        store_relaxed(&to->head, ref);
        SHOAL_POINT("table: entry threaded");
        ref = load_relaxed(&entry->next[old->chain]);
    }
    /* in this order: a reader that sees the new version sees BUCKET_MOVED */
    shoal__publish(segment, &from->head, BUCKET_MOVED);
    shoal__publish(segment, &from->version, load_relaxed(&from->version) + 1);
    return true;
}

static int finish(struct shoal_segment *segment, const struct shoal_table *old)
{
    struct header_sh *header = shoal__header(segment);
    shoal__free_locked(segment, load_relaxed(&header->table));
    SHOAL_POINT("table: old one freed");
    shoal__publish(segment, &header->table, load_relaxed(&old->at->grown));
    shoal__publish(segment, &header->growth, load_relaxed(&header->growth) + 1);
    return shoal__commit(segment);
}

static int move_some(struct shoal_segment *segment, const struct shoal_table *old)
{
    struct shoal_table new;
    uint32_t moved = old->at->moved, end = moved + MOVES < old->buckets ? moved + MOVES : old->buckets;
    if (!shoal__table_grown(&new, segment, old))
        return shoal__directory_damaged(segment);
    for (; moved < end; moved++)
        if (!move(segment, old, &new, moved)) {
            shoal__abort(segment);
            return shoal__directory_damaged(segment);
        }
    shoal__change(segment, &old->at->moved, moved);
    SHOAL_POINT("table: buckets threaded");
    int status = shoal__commit(segment);
    SHOAL_POINT("table: buckets moved");
    return status < 0 || moved < old->buckets ? status : finish(segment, old);
}

/* If there is no memory the table does not grow now, and its chains become longer. */
static int begin_small(struct shoal_segment *segment, const struct shoal_table *old)
{
    uint32_t ref;
    if (shoal__alloc_locked(segment, size_of(2 * old->buckets), &ref) == SHOAL_OK)
        return begin(segment, old, ref);
    shoal__abort(segment);
    return SHOAL_OK;
}

/* Should the table begin to grow? *out: the table. */
static bool is_crowded(struct shoal_table *out, const struct shoal_segment *segment)
{
    return current(out, segment) && load_relaxed(&out->at->grown) == 0 &&
           load_relaxed(&shoal__header(segment)->objects) >= out->buckets && out->buckets < 1u << 31;
}

int shoal__table_grow_locked(struct shoal_segment *segment)
{
    struct shoal_table table;
    if (load_relaxed(&shoal__header(segment)->table) == 0)
        return first_table(segment);
    if (!current(&table, segment))
        return shoal__directory_damaged(segment);
    if (load_relaxed(&table.at->grown))
        return move_some(segment, &table);
    if (!is_crowded(&table, segment))
        return SHOAL_OK;
    if (size_of(2 * table.buckets) < BIG_RUN)
        return begin_small(segment, &table);
    if (segment->table_pause > 0)
        segment->table_pause--;
    else
        store_relaxed(&segment->table_wanted, 1);
    return SHOAL_OK;
}

/* ---- A table without names ---- */

/*
 * If no names are left, free the table, which may lie in the middle of free memory. Readers that are in it find, when
 * they check header_sh.table again, that it changed, as after growing. A death before the commit leaves the table as it
 * was.
 */
static int drop(struct shoal_segment *segment)
{
    struct shoal_table table;
    struct header_sh *header = shoal__header(segment);
    uint32_t ref = load_relaxed(&header->table);
    if (!ref || load_relaxed(&header->objects) > 0)
        return SHOAL_OK;
    if (!current(&table, segment))
        return shoal__directory_damaged(segment);
    uint32_t grown = load_relaxed(&table.at->grown);
    if (grown)
        shoal__free_locked(segment, grown);
    shoal__free_locked(segment, ref);
    shoal__publish(segment, &header->table, 0);
    if (grown)
        shoal__publish(segment, &header->growth, load_relaxed(&header->growth) + 1);
    SHOAL_POINT("table: to be dropped");
    return shoal__commit(segment);
}

void shoal__gather_locked(struct shoal_segment *segment)
{
    if (drop(segment) == SHOAL_OK)
        shoal__free_empty_spans_locked(segment);
}

/* ---- A table too large to be made under the lock ---- */

/*
 * Take a run for the larger table, owned privately, and note ourselves as the grower. False: the table need not grow,
 * another live peer is the grower, or there is no memory.
 */
static bool take(struct shoal_segment *segment, uint32_t *buckets, uint32_t *ref)
{
    struct shoal_table table;
    struct header_sh *header = shoal__header(segment);
    if (!is_crowded(&table, segment) || (header->grower && !segment->party.is_dead(&segment->party, header->grower)))
        return false;
    *buckets = table.buckets;
    int status = shoal__big_take_locked(segment, size_of(2 * table.buckets), ref);
    if (status < 0) {
        shoal__abort(segment);
        segment->table_pause = PAUSE;
        return false;
    }
    shoal__change(segment, &header->grower, segment->party.me);
    return shoal__commit(segment) == SHOAL_OK;
}

/* We are the grower no more. Begin to grow into the run, if the table still is as it was: true. False: not used. */
static bool give(struct shoal_segment *segment, uint32_t buckets, uint32_t ref, bool is_backed)
{
    struct shoal_table table;
    shoal__change(segment, &shoal__header(segment)->grower, 0);
    if (is_backed && is_crowded(&table, segment) && table.buckets == buckets) {
        shoal__big_hand_over_locked(segment, ref);
        return begin(segment, &table, ref) == SHOAL_OK;
    }
    shoal__commit(segment);
    return false;
}

/*
 * The ref of the run of `take`; in the upper half the old table's buckets, or 0 if the run was not backed. 0: no run.
 */
static uint64_t make(struct shoal_segment *segment)
{
    uint32_t buckets, ref;
    if (!shoal__lock_shortly(segment))
        return 0; /* the next process that adds a name tries again */
    store_relaxed(&segment->table_wanted, 0);
    bool have = take(segment, &buckets, &ref);
    shoal__unlock(segment);
    if (!have)
        return 0;
    SHOAL_POINT("table: its run in our hands");
    bool is_backed = shoal__big_commit(segment, ref, false) == SHOAL_OK;
    if (is_backed) /* never punched again, since readers access it without a pin */
        shoal__keep_backed(segment, shoal__page_of(segment, ref),
                           shoal__page(segment, shoal__page_of(segment, ref))->pages);
    SHOAL_POINT("table: its run backed");
    return (uint64_t)(is_backed ? buckets : 0) << 32 | ref;
}

/*
 * If we die in here, our reaper frees the run, and the next process that adds a name sees that the grower is dead. If
 * the run is made but the lock cannot be taken, the run is kept in `table_made`, and the next thread of this process
 * that adds a name hands it over; other processes make none meanwhile, since we are still the grower.
 */
void shoal__table_prepare(struct shoal_segment *segment)
{
    uint64_t made = atomic_exchange(&segment->table_made, 0);
    if (!made)
        made = make(segment);
    if (!made)
        return;
    if (!shoal__lock_shortly(segment)) {
        atomic_store(&segment->table_made, made);
        store_relaxed(&segment->table_wanted, 1);
        return;
    }
    uint32_t ref = (uint32_t)made, buckets = (uint32_t)(made >> 32);
    store_relaxed(&segment->table_wanted, 0);
    segment->table_pause = buckets ? 0 : PAUSE;
    bool given = give(segment, buckets, ref, buckets > 0);
    shoal__unlock(segment);
    if (!given)
        shoal__big_dispose(segment, ref);
}

/* ---- All entries, in steps ---- */

static bool visit_chain(struct shoal_segment *segment, const struct bucket_sh *bucket, uint32_t chain,
                        shoal__visit *visit, uint32_t argument)
{
    uint32_t hops = 0;
    for (uint32_t ref = load_relaxed(&bucket->head); ref;) {
        struct entry_sh *entry = shoal__entry_at(segment, ref);
        if (!entry || hops++ > HOP_LIMIT)
            return false;
        visit(segment, entry, argument);
        ref = load_relaxed(&entry->next[chain]);
    }
    return true;
}

/* Visit all entries with hash % groups == group. `groups` is a power of two, at most the table's number of buckets. */
static bool visit_group(struct shoal_segment *segment, uint32_t group, uint32_t groups, shoal__visit *visit,
                        uint32_t argument)
{
    struct shoal_table table;
    bool sound = current(&table, segment);
    for (uint32_t i = group; sound && i < table.buckets; i += groups) {
        struct shoal_chain low, high;
        sound = shoal__chain_locked(&low, segment, i) && shoal__chain_locked(&high, segment, i + table.buckets) &&
                visit_chain(segment, low.bucket, low.chain, visit, argument) &&
                (low.bucket == high.bucket || visit_chain(segment, high.bucket, high.chain, visit, argument));
    }
    return sound;
}

/*
 * The lock is released between two steps. If the table grows meanwhile, a chain of the smaller table (a group) is
 * several chains of the larger one. If the table is freed, no names are left.
 */
int shoal__each_named(struct shoal_segment *segment, shoal__visit *visit, uint32_t argument, shoal_time deadline)
{
    struct shoal_table table;
    int status = shoal__lock_in_attach(segment, deadline);
    if (status < 0)
        return status;
    uint32_t groups = load_relaxed(&shoal__header(segment)->table) && current(&table, segment) ? table.buckets : 0;
    for (uint32_t group = 0; group < groups && load_relaxed(&shoal__header(segment)->table); group++) {
        if (!visit_group(segment, group, groups, visit, argument))
            break;
        if (group % GROUPS_AT_ONCE != GROUPS_AT_ONCE - 1)
            continue;
        shoal__unlock(segment);
        if ((status = shoal__lock_in_attach(segment, deadline)) < 0)
            return status;
    }
    shoal__unlock(segment);
    return SHOAL_OK;
}
