/* Segments that nobody made by mistake: readers survive each, say what is wrong, and come back in time. */
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64 /* as the core: it decides what fstatfs is called */
#endif

#include "check.h"

#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/statfs.h>

#include "objects/objects.h"
#include "platform/back.h"
#include "scratch.h"
#include "segment/directory.h"
#include "segment/heap.h"
#include "sync/barrier.h"
#include "sync/condition.h"
#include "sync/semaphore.h"

#define SIZE ((uint64_t)4 << 20)
#define ROOM ((uint64_t)64 << 20)

static shoal_segment *writing, *reading;

/* So that whoever reads past the mapping is seen. */
static void put_between_nothing(shoal_segment *segment)
{
    char *nothing = mmap(NULL, 3 * ROOM, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(nothing != MAP_FAILED);
    segment->base = mremap(segment->base, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, nothing + ROOM);
    CHECK((char *)segment->base == nothing + ROOM);
}

static void make(void)
{
    shoal_options options;
    shoal_options_init(&options);
    options.size = SIZE;
    CHECK_STATUS(shoal_create(&writing, new_context(), "hostile", &options), SHOAL_OK);
    CHECK_STATUS(put(writing, "value", "\xa3yes", 4), SHOAL_OK);
    reading = open_readonly(new_context(), "hostile");
    put_between_nothing(reading);
}

static struct entry_sh *entry_of(const char *name)
{
    struct shoal_found found;
    size_t length = strlen(name);
    CHECK_STATUS(shoal__find(&found, writing, name, length, shoal__name_hash(writing, name, length)), SHOAL_OK);
    return found.entry;
}

static void *body_of(const char *name)
{
    return shoal__at(writing, shoal__offset(writing, load_relaxed(&entry_of(name)->body[0])));
}

static int get_status(const char *name)
{
    size_t size;
    char buffer[64];
    return shoal_value_get(reading, name, strlen(name), buffer, sizeof buffer, &size);
}

static int visit(void *argument, const char *name, size_t length, int kind)
{
    (void)name, (void)length, (void)kind;
    ++*(int *)argument;
    return 0;
}

/* All of the mapping, taken for descriptors, says that its page stays backed: who asks for no byte of it must not go on. */
TEST(an_empty_value_at_the_first_byte_of_the_heap_ends_there)
{
    make();
    struct header_sh *header = shoal__header(writing);
    struct entry_sh *entry = entry_of("value");
    store_relaxed(&header->pages_committed, writing->is.heap_pages);
    CHECK(shoal__file_commit(writing->fd, writing->base, 0, SIZE) == 0);
    for (uint64_t at = writing->is.pages; at + sizeof(struct page_sh) <= SIZE; at += sizeof(struct page_sh)) {
        struct page_sh *page = shoal__at(writing, at);
        if (!load_relaxed(&page->keep))
            store_relaxed(&page->keep, 1);
    }
    uint32_t far = shoal__page_ref(writing, writing->is.heap_pages - 2); /* the table lies there now */
    memcpy(shoal__at(writing, shoal__offset(writing, far)), shoal__at(writing, writing->is.heap), 4096);
    CHECK(load_relaxed(&header->table) == shoal__page_ref(writing, 0));
    store_relaxed(&header->table, far);
    memset(shoal__at(writing, writing->is.heap), 0, 16); /* size 0, at 0 */
    store_relaxed(&entry->body[0], shoal__page_ref(writing, 0));
    CHECK_STATUS(get_status("value"), SHOAL_OK);
}

TEST(runs_in_a_hand_far_above_the_heap_are_a_finding)
{
    make();
    struct header_sh *header = shoal__header(writing);
    store_relaxed(&header->pages_committed, UINT32_MAX);
    shoal__peer(writing, writing->slot)->runs = (1u << 24) + 1; /* whose ref comes round to that of page 0 */
    store_relaxed(&shoal__page(writing, 0)->kind, PAGE_RUN);
    CHECK(shoal_check(reading, NULL, NULL) > 0);
}

/* What is said of a name that is not there and hashes into the chain of `hash`, or into another one. */
static int find_absent(uint32_t hash, uint32_t buckets, bool same)
{
    char name[16];
    for (int i = 0;; i++) {
        int length = snprintf(name, sizeof name, "absent %d", i);
        uint32_t differs = (shoal__name_hash(reading, name, (size_t)length) ^ hash) & (buckets - 1);
        if (same == (differs == 0))
            return shoal_object_find(reading, name, (size_t)length);
    }
}

TEST(a_circle_of_names_is_damage_whatever_the_header_counts)
{
    make();
    int count = 0;
    struct entry_sh *entry = entry_of("value");
    struct shoal_table table;
    CHECK(shoal__table_read(&table, writing, load_relaxed(&shoal__header(writing)->table)));
    store_relaxed(&shoal__header(writing)->objects, 0xfffffc00u);
    store_relaxed(&entry->next[table.chain], load_relaxed(&table.at->bucket[entry->hash & (table.buckets - 1)].head));
    shoal_time start = shoal_now();
    CHECK_STATUS(shoal_object_each(reading, visit, &count), SHOAL_ECORRUPT);
    CHECK_STATUS(find_absent(entry->hash, table.buckets, true), SHOAL_ECORRUPT);
    CHECK_STATUS(find_absent(entry->hash, table.buckets, false), SHOAL_ENOKEY);
    CHECK(count == 0 && seconds_since(start) < 5);
    CHECK(shoal_check(reading, NULL, NULL) > 0);
}

/* All chains lead to the same entries: each belongs to one. */
TEST(a_name_in_the_wrong_chain_is_damage)
{
    make();
    int count = 0;
    struct entry_sh *entry = entry_of("value");
    struct shoal_table table;
    CHECK(shoal__table_read(&table, writing, load_relaxed(&shoal__header(writing)->table)));
    uint32_t ref = load_relaxed(&table.at->bucket[entry->hash & (table.buckets - 1)].head);
    for (uint32_t i = 0; i < table.buckets; i++)
        store_relaxed(&table.at->bucket[i].head, ref);
    CHECK_STATUS(shoal_object_each(reading, visit, &count), SHOAL_ECORRUPT);
}

TEST(a_name_that_cannot_be_one_is_damage)
{
    make();
    int count = 0;
    struct entry_sh *entry = entry_of("value");
    entry->name[2] = 0;
    CHECK_STATUS(shoal_object_each(reading, visit, &count), SHOAL_ECORRUPT);
    entry->name[2] = (char)0xff; /* not UTF-8 */
    CHECK_STATUS(shoal_object_each(reading, visit, &count), SHOAL_ECORRUPT);
    entry->name[2] = 'l';
    entry->name_length = 0;
    CHECK_STATUS(shoal_object_each(reading, visit, &count), SHOAL_ECORRUPT);
    CHECK(count == 0);
}

TEST(a_condition_that_names_no_lock_is_damage)
{
    shoal_object *lock, *condition;
    size_t length = 1;
    make();
    CHECK_STATUS(shoal_lock_open(&lock, writing, "lock", 4, 0), SHOAL_OK);
    CHECK_STATUS(shoal_condition_open(&condition, writing, "condition", 9, lock), SHOAL_OK);
    struct condition_sh *body = body_of("condition");
    for (int i = 0; i < 2; i++) {
        body->name[0] = i ? (char)0xff : 0;
        CHECK_STATUS(shoal_condition_open(&condition, reading, "condition", 9, NULL), SHOAL_OK);
        CHECK(*shoal_condition_lock_name(condition, &length) == 0 && length == 0);
        CHECK(strstr(shoal_error_message(), "damaged"));
        shoal_object_close(condition);
    }
}

TEST(a_damaged_value_is_told_by_the_name_that_was_asked_for)
{
    make();
    struct entry_sh *entry = entry_of("value");
    ((uint64_t *)body_of("value"))[0] = SIZE + 1;
    memset(entry->name + 5, 'x', SIZE - (uint64_t)(entry->name + 5 - (char *)writing->base)); /* not one NUL after it */
    store_relaxed(&shoal__header(writing)->pages_committed, writing->is.heap_pages);
    CHECK_STATUS(get_status("value"), SHOAL_ECORRUPT);
    CHECK(strstr(shoal_error_message(), "the value of \"value\""));
}

TEST(check_sees_a_value_that_begins_after_its_block)
{
    make();
    ((uint32_t *)body_of("value"))[2] = 64; /* in a block of 32 bytes */
    CHECK(shoal_check(reading, NULL, NULL) > 0 && shoal_check(writing, NULL, NULL) > 0);
}

/* Nobody is asked to take memory for what is not there. */
TEST(a_value_longer_than_all_that_the_file_holds_is_damage)
{
    make();
    size_t size;
    ((uint64_t *)body_of("value"))[0] = SIZE - 1;
    CHECK_STATUS(shoal_value_get(reading, "value", 5, NULL, 0, &size), SHOAL_ECORRUPT);
    CHECK(size == 0);
}

/* A block of the whole heap, and cells of different owners in it: looking at all of them would take a system call each. */
TEST(who_counts_cells_stops_where_there_cannot_be_more)
{
    make();
    size_t count;
    uint32_t free_now;
    shoal_owner owners[4];
    shoal_object *semaphore, *barrier;
    CHECK_STATUS(shoal_semaphore_open(&semaphore, writing, "s", 1, 4, 0), SHOAL_OK);
    CHECK_STATUS(shoal_barrier_open(&barrier, writing, "b", 1, 3), SHOAL_OK);
    struct semaphore_sh *s = body_of("s");
    struct barrier_sh *b = body_of("b");
    s->initial = b->parties = UINT32_MAX;
    uint32_t pages = writing->is.heap_pages;
    store_relaxed(&shoal__header(writing)->pages_committed, pages);
    for (int i = 0; i < 2; i++) { /* both bodies at the start of what says that it is one long run */
        struct entry_sh *entry = entry_of(i ? "b" : "s");
        uint32_t page = pages / 2 + (uint32_t)i;
        memcpy(shoal__at(writing, shoal__offset(writing, shoal__page_ref(writing, page))), i ? (void *)b : (void *)s,
               64);
        store_relaxed(&shoal__page(writing, page)->kind, PAGE_RUN);
        shoal__page(writing, page)->pages = UINT32_MAX;
        store_relaxed(&entry->body[0], shoal__page_ref(writing, page));
    }
    CHECK_STATUS(shoal_object_open(&semaphore, reading, "s", 1), SHOAL_OK);
    CHECK_STATUS(shoal_object_open(&barrier, reading, "b", 1), SHOAL_OK);
    CHECK_STATUS(shoal_semaphore_value(&free_now, semaphore), SHOAL_OK);
    CHECK(free_now <= SHOAL_SEMAPHORE_MOST_PERMITS);
    CHECK_STATUS(shoal_object_holders(owners, 4, &count, semaphore), SHOAL_OK);
    CHECK_STATUS(shoal_object_holders(owners, 4, &count, barrier), SHOAL_OK);
    CHECK(shoal_barrier_waiting(barrier) <= BARRIER_MOST_PARTIES);
}

/* ---- Where it lies ---- */

static uint32_t pretended_type;

/* Takes the place of libc's for this program. */
int fstatfs(int fd, struct statfs *out)
{
    (void)fd;
    *out = (struct statfs){.f_type = pretended_type ? pretended_type : TMPFS_MAGIC};
    return 0;
}

/* On a disk only whole pieces of 2 MiB are given back: the rest of what a Value leaves is there still, and must not be seen. */
TEST(a_new_array_is_zero_where_the_file_system_is_a_disks)
{
    static unsigned char bytes[400000];
    shoal_options options;
    shoal_options_init(&options);
    options.size = 16 << 20;
    pretended_type = EXT4_SUPER_MAGIC;
    memset(bytes, 0xd3, sizeof bytes);
    CHECK_STATUS(shoal_create(&writing, new_context(), "disk", &options), SHOAL_OK);
    for (int i = 0; i < 12; i++) { /* pieces begin at any place of a run, and end at any */
        CHECK_STATUS(put(writing, "value", bytes, sizeof bytes - (size_t)i * 1000), SHOAL_OK);
        CHECK_STATUS(shoal_object_remove(writing, "value", 5), SHOAL_OK);
        shoal_object *array = open_array(writing, "array", "u1", sizeof bytes * (i % 2 ? 1 : 12));
        shoal_view view = view_of(array);
        for (int64_t k = 0; k < view.shape[0]; k++)
            CHECK(view.data[k] == 0);
        memset(view.data, 0xd3, (size_t)view.shape[0]);
        shoal_object_close(array);
        CHECK_STATUS(shoal_object_remove(writing, "array", 5), SHOAL_OK);
    }
    check_sound(writing);
}

TEST(where_locks_may_be_a_server_s_only_readers_attach)
{
    make();
    shoal_segment *segment;
    pretended_type = NFS_SUPER_MAGIC;
    CHECK_STATUS(shoal_open(&segment, new_context(), "hostile", NULL), SHOAL_EDENIED);
    CHECK(segment == NULL && strstr(shoal_error_message(), "NFS") && strstr(shoal_error_message(), "readonly"));
    CHECK_STATUS(shoal_create(&segment, new_context(), "new", NULL), SHOAL_EDENIED);
    CHECK(access(path_of("new"), F_OK) < 0);
    shoal_close(open_readonly(new_context(), "hostile"));
    pretended_type = 0;
    CHECK_STATUS(shoal_open(&segment, new_context(), "hostile", NULL), SHOAL_OK);
}
