/* Operations on values: sizes of every sort, a table that grows, a heap that grows or is full. */
#include "step.h"

#include "segment/big.h"
#include "segment/heap.h"
#include "segment/journal.h"
#include "segment/lock.h"
#include "segment/segment.h"

static size_t old_size, new_size;
size_t another_size;

size_t its_size(uint32_t number)
{
    return number == OLD ? old_size : number == NEW ? new_size : another_size;
}

/* ---- A string that is ASCII until its last byte, with which it is no text ---- */

static char text[BIG + 9000];

static void make_text(void)
{
    for (size_t i = 0; i < new_size; i++)
        text[i] = (char)(pattern(NEW, new_size)[i] & 0x7f);
    text[new_size - 1] = (char)0xff;
}
static int put_string(void)
{
    return must(shoal_value_put_string(target, "victim", 6, SHOAL_STR_OR_BIN, text, new_size), "put");
}
static int holds_string(void)
{
    static unsigned char have[BIG + 9010];
    size_t got;
    bool is_str;
    int status = shoal_value_get(target, "victim", 6, have, sizeof have, &got);
    size_t head = status == SHOAL_OK ? shoal_string_head(&is_str, have, got) : 0;
    return head > 0 && !is_str && got - head == new_size && memcmp(have + head, text, new_size) == 0;
}

/* ---- Sizes ---- */

void choose_sizes(uint32_t flags)
{
    old_size = flags & OLD_BIG ? BIG + below(9000) : flags & OLD_RUN ? 50000 + below(10000) : 20 + below(400);
    if (flags & OLD_SPAN)
        old_size = 2500 + below(1500);
    new_size = flags & NEW_BIG ? BIG + below(9000) : flags & NEW_RUN ? 61000 + below(4000) : 20 + below(400);
    if (flags & NEW_SPAN)
        new_size = 3001 + below(3000);
    if (flags & LIKE_OLD)
        new_size = old_size - old_size / 8;
    other_count = 3 + (int)below(MOST_OTHERS - 2);
    for (int i = 0; i < other_count; i++)
        other_sizes[i] = below(4) ? below(250) : below(3000);
    pattern(NEW, new_size); /* computed before: it is not what is to be stepped */
    make_text();
}

void put_others_and_gaps(void)
{
    char name[16];
    put_others();
    put("expendable", 8, below(4000));
    for (int i = 0, n = (int)below(9); i < n; i++) {
        snprintf(name, sizeof name, "gap%d", i);
        put(name, 7, below(3) ? below(300) : below(6000));
    }
    for (int i = 0; i < 9; i++)
        if (below(3)) {
            snprintf(name, sizeof name, "gap%d", i);
            remove_it(name);
        }
}

static int prepare_old_and_78(void)
{
    return put_old_thrice() && prepare_names(78);
}
/* So much that the next run of pages needs more descriptors of pages. */
static int prepare_60_pages(void)
{
    return put("run0", 4, 55000) && put("run1", 4, 55000) && put("run2", 4, 55000) && put("run3", 4, 55000);
}

/* Full: an allocation fails, and room is made from what the dead have. */
static int die_filling(void)
{
    have_removed_big_array();
    fill(200 << 10);
    fill(20 << 10);
    return 1;
}
static int prepare_full(void)
{
    dying(act_attach, die_with_counter);
    dying(act_attach, die_filling);
    return 1;
}

/* ---- Warm runs: of a large value that was removed, for the next ---- */

static int prepare_warm(void)
{
    put_old();
    put("warm", 9, BIG + 9000);
    return remove_it("warm");
}
/* It dies with the warm run in hand, which is wholly backed: who reaps it makes it warm again. */
static int die_with_warm(void)
{
    uint32_t ref;
    shoal__lock(target);
    must(shoal__big_take_locked(target, BIG, &ref), "take");
    shoal__commit(target);
    shoal__unlock(target);
    return 1;
}
static int prepare_dead_with_warm(void)
{
    prepare_warm();
    dying(act_attach, die_with_warm);
    return 1;
}
/* All pages are what a dead peer copies, for all that is known. */
static int die_noting(void)
{
    atomic_store(&shoal__peer(target, target->slot)->reading, UINT32_MAX);
    return 1;
}
static int prepare_noted(void)
{
    prepare_warm();
    dying(act_attach, die_noting);
    return 1;
}

/* ---- Spares, when memory is short ---- */

static int put_old_twice(void)
{
    return put("victim", 1, its_size(OLD)) && put_old();
}
static bool has_block(void)
{
    uint32_t ref;
    shoal__lock(target);
    int status = shoal__alloc_locked(target, its_size(NEW) + 16, &ref);
    shoal__abort(target);
    shoal__unlock(target);
    return status == SHOAL_OK;
}
static const char *filling(int number)
{
    static char name[32];
    snprintf(name, sizeof name, "fill%d of %d", number, (int)its_size(NEW));
    return name;
}
/* Full: a quarter of the values went, but the blocks that they had are the spares of others. */
static int prepare_spares(void)
{
    int end = 0;
    fill(its_size(NEW));
    while (exists(filling(end)))
        end++;
    for (int i = 0; i < end / 4; i++)
        remove_it(filling(i));
    for (int i = end / 4; i < end && has_block(); i++)
        for (int again = 0; again < 2; again++)
            put(filling(i), 7, its_size(NEW));
    return 1;
}

/* ---- What has been done ---- */

int state_any(void)
{
    return 0;
}
int state_new(void)
{
    return holds_value("victim", NEW, its_size(NEW));
}
static int state_replaced(void)
{
    return holds_value("victim", OLD, its_size(OLD)) == 1 ? 0 : state_new() == 1 ? 1 : -1;
}
static int state_string(void)
{
    return holds_value("victim", OLD, its_size(OLD)) == 1 ? 0 : holds_string() ? 1 : -1;
}
static int state_removed(void)
{
    int have = holds_value("victim", OLD, its_size(OLD));
    return have == 1 ? 0 : have == 0 ? 1 : -1;
}

#define VALUE VICTIM_IS_VALUE

static const struct operation all[] = {
    {"put_first", NULL, act_nothing, put_new, state_new, VALUE},
    {"put_new", act_nothing, act_nothing, put_new, state_new, VALUE},
    {"put_new_span", act_nothing, act_nothing, put_new, state_new, VALUE | NEW_SPAN},
    {"put_new_run", act_nothing, act_nothing, put_new, state_new, VALUE | NEW_RUN},
    {"put_new_big", act_nothing, act_nothing, put_new, state_new, VALUE | NEW_BIG},
    {"put_replace", put_old, act_nothing, put_new, state_replaced, VALUE},
    {"put_spare", put_old_thrice, act_nothing, put_new, state_replaced, VALUE | LIKE_OLD},
    {"put_replace_again", put_old_twice, act_nothing, put_new, state_replaced, VALUE},
    {"put_short", prepare_spares, act_nothing, put_new, state_new, VALUE | OLD_SPAN | LIKE_OLD},
    {"put_grow", put_old_thrice, act_nothing, put_new, state_replaced, VALUE | NEW_SPAN},
    {"put_shrink", put_old_thrice, act_nothing, put_new, state_replaced, VALUE | OLD_SPAN},
    {"put_run_for_run", put_old_thrice, act_nothing, put_new, state_replaced, VALUE | OLD_RUN | NEW_RUN},
    {"put_big_for_small", put_old_thrice, act_nothing, put_new, state_replaced, VALUE | NEW_BIG},
    {"put_big_for_big", put_old, act_nothing, put_new, state_replaced, VALUE | OLD_BIG | NEW_BIG},
    {"put_big_warm", prepare_warm, act_nothing, put_new, state_replaced, VALUE | OLD_BIG | NEW_BIG | LARGER_SEGMENT},
    {"put_big_noted", prepare_noted, act_nothing, put_new, state_replaced, VALUE | OLD_BIG | NEW_BIG | LARGER_SEGMENT},
    {"reap_warm", prepare_dead_with_warm, act_nothing, take_info, state_any, OLD_BIG | LARGER_SEGMENT},
    {"put_small_for_big", put_old, act_nothing, put_new, state_replaced, VALUE | OLD_BIG},
    {"put_string", put_old_thrice, act_nothing, put_string, state_string, VALUE | LIKE_OLD},
    {"put_string_run", put_old_thrice, act_nothing, put_string, state_string, VALUE | OLD_RUN | NEW_RUN},
    {"put_string_big", put_old, act_nothing, put_string, state_string, VALUE | OLD_BIG | NEW_BIG},
    {"put_65th", prepare_64, act_nothing, put_new, state_new, VALUE},
    {"put_66th", prepare_65, act_nothing, put_new, state_new, VALUE},
    {"put_81st", prepare_80, act_nothing, put_new, state_new, VALUE},
    {"put_moved", prepare_old_and_78, act_nothing, put_new, state_replaced, VALUE},
    {"remove_moved", prepare_old_and_78, act_nothing, remove_victim, state_removed, VALUE},
    {"put_heap_grows", prepare_60_pages, act_nothing, put_new, state_new, VALUE | NEW_RUN | BIG_SEGMENT},
    {"put_full", prepare_full, act_nothing, put_new, state_new, VALUE | NEW_RUN | BIG_SEGMENT},
    {"remove_small", put_old_thrice, act_nothing, remove_victim, state_removed, VALUE},
    {"remove_run", put_old, act_nothing, remove_victim, state_removed, VALUE | OLD_RUN},
    {"remove_big", put_old, act_nothing, remove_victim, state_removed, VALUE | OLD_BIG},
};

const struct operations value_operations = {all, sizeof all / sizeof *all};
