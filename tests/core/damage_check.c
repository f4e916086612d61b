/* What readers stumble over, check() has to tell of: found by the fuzz target `image` (tests/fuzz). */
#include "check.h"

#include "scratch.h"
#include "segment/directory.h"
#include "segment/heap.h"

static shoal_segment *writing, *reading;

static struct table_sh *table(void)
{
    return shoal__at(writing, shoal__offset(writing, load_relaxed(&shoal__header(writing)->table)));
}

static void make(void)
{
    writing = open_or_create(new_context(), "damaged");
    CHECK_STATUS(shoal_value_put(writing, "a", 1, "\xc0", 1), SHOAL_OK);
    reading = open_readonly(new_context(), "damaged");
}

static int list_name(void *argument, const char *name, size_t length, int kind)
{
    (void)argument, (void)name, (void)length, (void)kind;
    return 0;
}

static void remember_last(void *last, const char *finding)
{
    snprintf(last, 512, "%s", finding);
}

static void remember_all(void *all, const char *finding)
{
    strncat(all, finding, 4095 - strlen(all));
}

/* To a reader and to a writer. */
static void check_says(const char *words)
{
    char last[512] = "";
    CHECK(shoal_check(reading, remember_last, last) > 0 && strstr(last, words));
    *last = 0;
    CHECK(shoal_check(writing, remember_last, last) > 0 && strstr(last, words));
}

/* A reader gets CORRUPT, and check says why. */
static void check_told(const char *words)
{
    CHECK_STATUS(shoal_object_each(reading, list_name, NULL), SHOAL_ECORRUPT);
    check_says(words);
}

TEST(check_tells_of_a_chain_that_leads_nowhere)
{
    make();
    for (uint32_t i = 0; i < table()->buckets; i++)
        if (!load_relaxed(&table()->bucket[i].head)) {
            store_release(&table()->bucket[i].head, 64); /* before the heap */
            check_told("no entry can be");
            store_release(&table()->bucket[i].head, 0);
            check_sound(writing);
        }
}

TEST(check_tells_of_a_removed_object_that_is_nowhere)
{
    make();
    struct header_sh *header = shoal__header(writing);
    header->limbo = UINT32_MAX;
    CHECK(shoal_check(reading, NULL, NULL) > 0);
    header->limbo = 0;
    check_sound(writing);
}

TEST(check_tells_of_pins_and_runs_of_a_peer_that_are_nowhere)
{
    make();
    struct peer_sh *peer = shoal__peer(writing, 2);
    peer->pins = 22; /* in the header */
    check_says("list of pins");
    peer->pins = 0;
    peer->runs = UINT32_MAX;
    check_says("list of runs");
    peer->runs = 0;
    check_sound(writing);
}

TEST(check_tells_of_a_name_that_leaves_its_block)
{
    struct shoal_found found;
    make();
    CHECK_STATUS(shoal_value_put(writing, "b", 1, "\xc0", 1), SHOAL_OK);
    CHECK_STATUS(shoal__find(&found, writing, "a", 1, shoal__name_hash(writing, "a", 1)), SHOAL_OK);
    uint64_t room = shoal__block_capacity(writing, found.ref) - sizeof *found.entry;
    found.entry->name_length = (uint32_t)room; /* and no place for its NUL */
    char all[4096] = "";
    CHECK(shoal_check(reading, remember_all, all) > 0 && strstr(all, "leaves its block"));
    found.entry->name_length = 1;
    check_sound(writing);
}

TEST(check_tells_of_a_journal_that_is_not_empty_while_nobody_has_the_lock)
{
    char all[4096] = "";
    make();
    shoal__journal(writing)->undo_count = 1;
    CHECK(shoal_check(reading, remember_all, all) == 1 && strstr(all, "journal"));
    CHECK(shoal_check(writing, remember_all, all) == 1);
    shoal__journal(writing)->undo_count = 0;
    check_sound(writing);
    check_sound(reading);
}

TEST(a_writer_does_not_write_past_a_journal_that_says_it_is_longer)
{
    make();
    shoal__journal(writing)->undo_count = UINT32_MAX / 2;
    CHECK_STATUS(shoal_value_put(writing, "new", 3, "\xc0", 1),
                 SHOAL_ESYSTEM); /* undone, and the journal is empty again */
    CHECK_STATUS(shoal_value_put(writing, "new", 3, "\xc0", 1), SHOAL_OK);
    shoal__journal(writing)->redo_count = UINT32_MAX / 2;
    CHECK_STATUS(shoal_value_put(writing, "other", 5, "\xc0", 1), SHOAL_ESYSTEM);
    CHECK_STATUS(shoal_value_put(writing, "other", 5, "\xc0", 1), SHOAL_OK);
    check_sound(writing);
}

TEST(counts_that_disagree_are_told_by_check_and_shut_nobody_out)
{
    static const char *const names[] = {"removed", "objects"};
    char all[4096];
    make();
    struct header_sh *header = shoal__header(writing);
    for (int which = 0; which < 2; which++) {
        uint32_t before = which ? load_relaxed(&header->objects) : header->removed;
        for (uint32_t wrong = 3; wrong; wrong = wrong == 3 ? UINT32_MAX : 0) {
            if (which)
                store_relaxed(&header->objects, wrong);
            else
                header->removed = wrong;
            shoal_segment *newcomer = open_or_create(new_context(), "damaged");
            shoal_close(open_readonly(new_context(), "damaged"));
            *all = 0;
            CHECK(shoal_check(newcomer, remember_all, all) > 0);
            CHECK(strstr(all, names[which]) != NULL || strstr(all, "the header counts") != NULL);
            CHECK_STATUS(shoal_value_put(newcomer, "b", 1, "\xc0", 1), SHOAL_OK);
            CHECK_STATUS(shoal_object_remove(newcomer, "b", 1), SHOAL_OK);
            shoal_close(newcomer);
        }
        if (which)
            store_relaxed(&header->objects, before);
        else
            header->removed = before;
    }
}
