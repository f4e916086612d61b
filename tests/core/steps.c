/* What is done in steps, so that nobody holds the structure's lock for long: growing the table, reaping the dead. */
#include "check.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "scratch.h"
#include "segment/alive.h"
#include "segment/heap.h"
#include "segment/runs.h"
#include "segment/table.h"

#define MANY 70000 /* names: the last tables are so large that their memory is made without the lock */

static shoal_segment *segment;

static void put_name(int i)
{
    char name[16];
    CHECK_STATUS(shoal_value_put(segment, name, (size_t)snprintf(name, sizeof name, "n%d", i), &i, sizeof i), SHOAL_OK);
}

static void make(uint64_t size)
{
    shoal_options options;
    shoal_options_init(&options);
    options.size = size;
    CHECK_STATUS(shoal_create(&segment, new_context(), "steps", &options), SHOAL_OK);
}

TEST(a_name_that_is_added_moves_four_buckets_of_a_growing_table_at_most)
{
    make(64 << 20);
    struct shoal_table before = {0}, now;
    for (int i = 0, moved = 0; i < MANY; i++) {
        put_name(i);
        CHECK(shoal__table_read(&now, segment, load_relaxed(&shoal__header(segment)->table)));
        if (now.at == before.at)
            CHECK((int)now.at->moved >= moved && (int)now.at->moved <= moved + 4);
        else
            CHECK(before.at == NULL || (now.buckets == 2 * before.buckets && moved + 4 >= (int)before.buckets));
        before = now;
        moved = (int)now.at->moved;
    }
    CHECK(now.buckets == 65536);
    CHECK_STATUS(shoal_check(segment, NULL, NULL), 0);
}

TEST(a_half_grown_table_is_gone_through_whole)
{
    make(1 << 20);
    for (int i = 0; i < 75; i++)
        put_name(i);
    CHECK(load_relaxed(&shoal__header(segment)->growth) % 2 == 1);
    for (int i = 0, got; i < 75; i++) {
        char name[16];
        size_t size, length = (size_t)snprintf(name, sizeof name, "n%d", i);
        CHECK_STATUS(shoal_value_get(segment, name, length, &got, sizeof got, &size), SHOAL_OK);
        CHECK(got == i);
        CHECK_STATUS(shoal_object_remove(segment, name, length), SHOAL_OK);
        CHECK_STATUS(shoal_value_get(segment, name, length, &got, sizeof got, &size), SHOAL_ENOKEY);
    }
    CHECK_STATUS(shoal_check(segment, NULL, NULL), 0);
}

/* A child that dies with objects open, and the slot that it had. */
static struct peer_sh *dead_peer(void)
{
    shoal_object *counter;
    pid_t child = fork();
    if (child == 0) {
        shoal_segment *its;
        CHECK_STATUS(shoal_open(&its, new_context(), "steps", NULL), SHOAL_OK);
        for (const char *name = "abc"; *name; name++)
            CHECK_STATUS(shoal_counter_open(&counter, its, name, 1, 0), SHOAL_OK);
        kill(getpid(), SIGKILL);
    }
    waitpid(child, NULL, 0);
    for (uint32_t slot = 0; slot < segment->is.slots; slot++)
        if (slot != segment->slot && shoal__peer(segment, slot)->pins)
            return shoal__peer(segment, slot);
    CHECK(false);
    return NULL;
}

TEST(a_dead_peers_list_of_pins_that_goes_round_in_a_circle_ends_the_reaping)
{
    shoal_info info;
    make(1 << 20);
    struct peer_sh *peer = dead_peer();
    struct pin_sh *first = shoal__at(segment, shoal__offset(segment, peer->pins));
    struct pin_sh *second = shoal__at(segment, shoal__offset(segment, first->next));
    second->next = peer->pins;
    alarm(10);
    CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK);
    CHECK(load_relaxed(&peer->in_use) == 0);
}

/* Its next user frees the array with the pin, and has the array's run in its own list then, as the dead one had his. */
TEST(the_next_user_of_a_slot_frees_each_large_array_of_the_last_one_once)
{
    shoal_object *array;
    shoal_segment *next;
    int64_t shape[] = {300000};
    int up[2];
    char byte;
    make(8 << 20);
    for (char name = 'a'; name <= 'c'; name++) {
        CHECK_STATUS(shoal_array_open(&array, segment, &name, 1, dtype_of("u1"), 1, shape), SHOAL_OK);
        shoal_object_close(array);
    }
    CHECK_STATUS(shoal_object_remove(segment, "b", 1), SHOAL_OK); /* a free run that is as long */
    CHECK(pipe(up) == 0);
    pid_t child = fork();
    if (child == 0) {
        CHECK_STATUS(shoal_open(&next, new_context(), "steps", NULL), SHOAL_OK);
        CHECK_STATUS(shoal_array_open(&array, next, "a", 1, dtype_of("u1"), 1, shape), SHOAL_OK);
        CHECK(write(up[1], &next->slot, 1) == 1); /* less than 126 */
        pause();
    }
    CHECK(read(up[0], &byte, 1) == 1);
    CHECK_STATUS(shoal_object_remove(segment, "a", 1), SHOAL_OK);
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    store_relaxed(&shoal__header(segment)->slot_cursor, (uint32_t)byte);
    CHECK_STATUS(shoal_open(&next, new_context(), "steps", NULL), SHOAL_OK);
    CHECK(next->slot == (uint32_t)byte);
    CHECK_STATUS(shoal_check(segment, NULL, NULL), 0);
    CHECK_STATUS(shoal_array_open(&array, segment, "other", 5, dtype_of("u1"), 1, shape), SHOAL_OK);
    CHECK_STATUS(shoal_check(segment, NULL, NULL), 0);
}

TEST(a_dead_peers_list_of_runs_that_leads_to_what_is_no_run_ends_the_reaping)
{
    shoal_info info;
    make(1 << 20);
    struct peer_sh *peer = dead_peer();
    uint32_t slot = (uint32_t)(peer - shoal__peer(segment, 0)), page = 0;
    while (load_relaxed(&shoal__page(segment, page)->kind) != PAGE_FREE)
        page += shoal__page(segment, page)->pages;
    shoal__page(segment, page)->used = slot + 1;
    shoal__page(segment, page)->next = page + 1;
    peer->runs = page + 1;
    alarm(10);
    CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK);
    CHECK(load_relaxed(&peer->in_use) == 0 && peer->pins == 0);
}

/* ---- Looks under the lock that have an end ---- */

/* The first free run of that bin. */
static uint32_t first_of(uint32_t pages)
{
    uint32_t link = shoal__header(segment)->bins[shoal__bin_of(pages)];
    CHECK(link);
    return link - 1;
}

static void put_of_pages(int i, uint32_t pages)
{
    static unsigned char bytes[60000];
    char name[16];
    uint32_t size = pages * 4096 - 100;
    memcpy(bytes, (unsigned char[]){0xc5, (unsigned char)((size - 3) >> 8), (unsigned char)(size - 3)}, 3);
    CHECK_STATUS(shoal_value_put(segment, name, (size_t)snprintf(name, sizeof name, "p%d", i), bytes, size), SHOAL_OK);
}

/* Runs of ten pages that lie apart from each other, and nothing longer but `last`. */
static void make_holes(int count, uint32_t last)
{
    shoal_object *rest;
    char name[16];
    make(16 << 20);
    put_name(0);
    for (int i = 0; i < 2 * count; i++)
        put_of_pages(i, i == 0 ? last : 10);
    int64_t bytes = (int64_t)shoal__largest_free(segment) - 4096;
    CHECK_STATUS(shoal_array_open(&rest, segment, "rest", 4, (shoal_dtype){SHOAL_UINT8, 1}, 1, &bytes), SHOAL_OK);
    for (int i = 0; i < 2 * count; i += 2)
        CHECK_STATUS(shoal_object_remove(segment, name, (size_t)snprintf(name, sizeof name, "p%d", i)), SHOAL_OK);
}

TEST(a_run_that_is_just_long_enough_is_found_behind_many_that_are_not)
{
    make_holes(100, 11);
    put_of_pages(1000, 11);
    CHECK_STATUS(shoal_check(segment, print_finding, NULL), 0);
}

TEST(a_bin_that_goes_round_in_a_circle_ends_the_search_for_a_run)
{
    static unsigned char bytes[11 * 4096 - 100] = {0xc5, 0xaf, 0x99};
    make_holes(3, 10);
    uint32_t first = first_of(10);
    shoal__page(segment, first)->next = first + 1;
    alarm(10);
    CHECK_STATUS(shoal_value_put(segment, "more", 4, bytes, sizeof bytes), SHOAL_ENOSPACE);
}

TEST(the_descriptors_of_a_large_array_are_backed_before_they_are_known)
{
    shoal_object *array;
    int64_t bytes = 8 << 20;
    make(16 << 20);
    uint32_t before = load_relaxed(&shoal__header(segment)->pages_committed);
    CHECK_STATUS(shoal_array_open(&array, segment, "a", 1, (shoal_dtype){SHOAL_UINT8, 1}, 1, &bytes), SHOAL_OK);
    uint32_t after = load_relaxed(&shoal__header(segment)->pages_committed);
    CHECK(after > before + 2000 && segment->descriptors_backed == after);
    CHECK_STATUS(shoal_check(segment, print_finding, NULL), 0);
}

/* ---- Is anybody alive? ---- */

static pid_t peer_until_killed(int *ready)
{
    char byte = 0;
    pid_t child = fork();
    if (child == 0) {
        shoal_segment *its;
        CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
        CHECK_STATUS(shoal_open(&its, new_context(), "steps", NULL), SHOAL_OK);
        CHECK(write(ready[1], &byte, 1) == 1);
        for (;;)
            pause();
    }
    CHECK(read(ready[0], &byte, 1) == 1);
    return child;
}

TEST(one_who_is_alive_is_found_among_the_dead_wherever_his_slot_is)
{
    enum { PEERS = 40 };
    int ready[2];
    pid_t peers[PEERS];
    make(1 << 20);
    CHECK(pipe(ready) == 0 && !shoal__others_alive_locked(segment));
    for (int i = 0; i < PEERS; i++)
        peers[i] = peer_until_killed(ready);
    for (int i = 0; i < PEERS; i++) { /* the first, the last, the second, the last but one … */
        CHECK(shoal__others_alive_locked(segment));
        pid_t next = peers[i % 2 ? PEERS - 1 - i / 2 : i / 2];
        kill(next, SIGKILL);
        waitpid(next, NULL, 0);
    }
    CHECK(!shoal__others_alive_locked(segment));
}

TEST(one_who_has_not_signed_in_yet_is_not_alive)
{
    int ready[2];
    make(1 << 20);
    CHECK(pipe(ready) == 0);
    pid_t child = peer_until_killed(ready);
    for (uint32_t slot = 0; slot < segment->is.slots; slot++)
        if (slot != segment->slot)
            store_release(&shoal__peer(segment, slot)->in_use, 0);
    CHECK(!shoal__others_alive_locked(segment));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

/* The kernel tells of any lock in the range, and of those that were taken first before others. */
TEST(one_who_came_later_into_a_lower_slot_is_alive)
{
    int ready[2];
    make(1 << 20);
    CHECK(pipe(ready) == 0);
    shoal_word *cursor = &shoal__header(segment)->slot_cursor;
    store_release(cursor, 20);
    shoal_segment *asking = open_or_create(new_context(), "steps");
    CHECK(asking->slot == 20);
    store_release(&shoal__peer(segment, segment->slot)->in_use, 0);
    CHECK(!shoal__others_alive_locked(asking));
    store_release(cursor, 5);
    pid_t child = peer_until_killed(ready);
    CHECK(load_acquire(&shoal__peer(segment, 5)->in_use) == 1);
    CHECK(shoal__others_alive_locked(asking));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    CHECK(!shoal__others_alive_locked(asking));
}
