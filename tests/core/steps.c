/* What is done in steps, so that nobody holds the structure's lock for long: growing the table, reaping the dead. */
#include "check.h"

#include "scratch.h"
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
