/* Operations on counters and arrays, and what removes them. */
#include "step.h"

static int act_object_open(void)
{
    return must(shoal_object_open(&object, target, "victim", 6), "open");
}
static int act_open_kind(void)
{
    return must(shoal_object_open_kind(&object, target, "victim", 6, SHOAL_KIND_NDARRAY), "open by kind");
}
static int act_read_live(void)
{
    size_t size;
    return must(shoal_object_read(&object, target, "victim", 6, &size, sizeof size, &size), "read what is live");
}
static int before_removed_array(void)
{
    return make_small_array() && remove_victim();
}
static int act_store(void)
{
    shoal_view view, part;
    shoal_scalar seven = {.type = SHOAL_SCALAR_INT, .i = 7};
    must(shoal_array_view(&view, object), "view");
    must(shoal_scalar_store(view.data, view.dtype, &seven), "store");
    must(shoal_view_slice(&view, 0, 8, 1, 16), "slice");
    must(shoal_view_fill(&view, &seven), "fill");
    must(shoal_view_unpack(&view, pattern(NEW, 16), 16), "unpack");
    part = view;
    must(shoal_view_slice(&part, 0, 0, 2, 8), "slice");
    must(shoal_view_slice(&view, 0, 1, 2, 8), "slice");
    must(shoal_view_assign(&view, &part), "assign");
    return must(shoal_array_assign(object, &view, &part), "assign");
}

int act_add(void)
{
    int64_t value;
    return must(shoal_counter_add(&value, object, 1), "add");
}
static int act_sub(void)
{
    int64_t value;
    return must(shoal_counter_sub(&value, object, -1), "sub");
}
static int act_exchange(void)
{
    int64_t value;
    return must(shoal_counter_exchange(&value, object, COUNT + 1ll), "exchange");
}
static int act_compare_exchange(void)
{
    bool done;
    return must(shoal_counter_compare_exchange(&done, object, COUNT, COUNT + 1ll), "compare_exchange");
}

/* To the second place of a value, and back to a small one there. */
#define FAR_COUNT (INT64_MAX - 1)
static int act_go_far(void)
{
    int64_t value;
    return must(shoal_counter_exchange(&value, object, FAR_COUNT), "exchange");
}
static int before_far(void)
{
    return make_counter() && act_go_far();
}
static int act_add_far(void)
{
    int64_t value;
    return must(shoal_counter_add(&value, object, FAR_COUNT - COUNT), "add");
}
static int act_come_back(void)
{
    int64_t value;
    return must(shoal_counter_exchange(&value, object, COUNT), "exchange");
}

/* ---- What has been done ---- */

int state_gone(void)
{
    return !exists("victim");
}
int state_there(void)
{
    return exists("victim");
}
static int64_t counted(void)
{
    shoal_object *counter;
    int64_t value = -1;
    if (shoal_counter_open(&counter, target, "victim", 6, 0) < 0)
        return -1;
    shoal_counter_value(&value, counter);
    shoal_object_close(counter);
    return value;
}
int state_counter(void)
{
    int64_t value = counted();
    return value == COUNT ? 0 : value == COUNT + 1ll ? 1 : -1;
}

static int state_far(void)
{
    int64_t value = counted();
    return value == COUNT ? 0 : value == FAR_COUNT ? 1 : -1;
}
static int state_back(void)
{
    int state = state_far();
    return state < 0 ? state : !state;
}

static const struct operation all[] = {
    {"remove_counter", prepare_counter, act_nothing, remove_victim, state_gone, 0},
    {"remove_array", prepare_big_array, act_nothing, remove_victim, state_gone, BIG_SEGMENT},
    {"remove_pinned", act_nothing, make_big_array, remove_victim, state_gone, BIG_SEGMENT},
    {"counter_close", prepare_counter, make_counter, close_object, state_counter, STAYS},
    {"counter_add", prepare_counter, make_counter, act_add, state_counter, 0},
    {"counter_sub", prepare_counter, make_counter, act_sub, state_counter, 0},
    {"counter_exchange", prepare_counter, make_counter, act_exchange, state_counter, 0},
    {"counter_cas", prepare_counter, make_counter, act_compare_exchange, state_counter, 0},
    {"counter_far", prepare_counter, make_counter, act_go_far, state_far, 0},
    {"counter_add_far", prepare_counter, make_counter, act_add_far, state_far, 0},
    {"counter_back", prepare_counter, before_far, act_come_back, state_back, 0},
    {"array_small", act_nothing, act_nothing, make_small_array, state_there, 0},
    {"array_big", act_nothing, act_nothing, make_big_array, state_there, BIG_SEGMENT},
    {"array_open", prepare_small_array, act_nothing, make_small_array, state_any, 0},
    {"array_store", prepare_small_array, make_small_array, act_store, state_any, 0},
    {"array_last", act_nothing, before_removed_array, close_object, state_gone, 0},
    {"array_last_big", act_nothing, have_removed_big_array, close_object, state_gone, BIG_SEGMENT},
    {"object_open", prepare_small_array, act_nothing, act_object_open, state_any, 0},
    {"object_open_kind", prepare_small_array, act_nothing, act_open_kind, state_any, 0},
    {"object_read", prepare_small_array, act_nothing, act_read_live, state_any, 0},
};

const struct operations live_operations = {all, sizeof all / sizeof *all};
