/* Readers: the second changes all that they look at. */
#include "points.h"

#include "segment/reap.h"

/* Which one; 0: the name has none now. */
static uint32_t read_value(void)
{
    static unsigned char have[1 << 20];
    size_t got;
    int status = shoal_value_get(target, "victim", 6, have, sizeof have, &got);
    if (status == SHOAL_ENOKEY || status == SHOAL_LIVE)
        return 0;
    must(status, "get");
    static const uint32_t numbers[] = {OLD, NEW, ANOTHER};
    for (int i = 0; i < 3; i++)
        if (is_value(have, got, numbers[i], its_size(numbers[i])))
            return numbers[i];
    wrong("a value that nobody stored: %zu bytes", got);
    return 0;
}
int get_value(void)
{
    read_value();
    return 1;
}
static int get_value_twice(void)
{
    if (read_value() == NEW && read_value() == OLD)
        wrong("an older value than the one before");
    return 1;
}
static int count_others(void *count, const char *name, size_t length, int kind)
{
    (void)kind;
    *(int *)count += length == 6 && memcmp(name, "other", 5) == 0;
    return 0;
}
int get_names(void)
{
    int count = 0;
    must(shoal_object_each(target, count_others, &count), "each");
    if (count != other_count)
        wrong("%d names of %d", count, other_count);
    return 1;
}
static int find_value(void)
{
    int kind = shoal_object_find(target, "victim", 6);
    if (kind != SHOAL_ENOKEY)
        must(kind, "find");
    return 1;
}
static shoal_object *seen_array;
static int look_at_array(void)
{
    shoal_view view;
    if (!seen_array)
        return 1;
    must(shoal_array_view(&view, seen_array), "view");
    for (int64_t i = 0; i < view.shape[0]; i++)
        if (view.data[i] != 0)
            wrong("byte %lld of the array is %d", (long long)i, view.data[i]);
    return 1;
}
static int open_array_to_read(void)
{
    int status = shoal_object_open(&seen_array, target, "victim", 6);
    if (status == SHOAL_ENOKEY || status == SHOAL_EMISMATCH)
        return 1;
    must(status, "open");
    return look_at_array();
}
static int check_readonly(void)
{
    check_clean(target, "readonly, meanwhile");
    if (shoal_check(target, NULL, NULL) != 0)
        wrong("a readonly check of what is changed meanwhile finds something");
    return 1;
}
int replace_value(void)
{
    for (int i = 0; i < 2; i++) {
        put_new();
        put_third();
    }
    return 1;
}
/* The second of which is written where it was when they began to read. */
static int put_two(void)
{
    return put_new() && put_third();
}
/* What was there when they began to read is the spare then, is given back, and is written under other names. */
static int replace_and_give_back(void)
{
    char name[16];
    put_new();
    shoal__make_room(target);
    for (int i = 0; i < 6; i++) {
        snprintf(name, sizeof name, "after%d", i);
        put(name, 99, its_size(OLD));
    }
    return 1;
}
/* The second of which is written where it was when they began to read, under another name. */
static int put_new_and_another(void)
{
    return put_new() && put("beside", 99, its_size(NEW)) && remove_it("beside");
}
/* While somebody writes: it stores nothing. */
static int only_get(void)
{
    read_value();
    return 0;
}
/* It waits for no lock, whoever holds it. */
static int open_readonly_and_get(void)
{
    shoal_options options;
    shoal_options_init(&options);
    options.readonly = true;
    must(shoal_open(&target, context, "target", &options), "open");
    return only_get();
}
/* In its spare, and then by the structure: the new one is larger. */
static int replace_twice(void)
{
    return put_old() && put_new();
}
static int remove_and_reuse(void)
{
    char name[16];
    remove_victim();
    for (int i = 0; i < 6; i++) {
        snprintf(name, sizeof name, "after%d", i);
        put(name, 5, its_size(i % 2 ? 22 : 33));
    }
    return 1;
}
static int grow_table(void)
{
    char name[16];
    for (int i = 0; i < 70; i++) {
        snprintf(name, sizeof name, "more%d", i);
        put(name, 5, 40);
    }
    for (int i = 0; i < 8; i++) { /* where the old table was */
        snprintf(name, sizeof name, "after%d", i);
        put(name, 5, 500);
    }
    return 1;
}
int change_value(void)
{
    return replace_value() && remove_and_reuse() && grow_table();
}
static void make_array_of_nines(const char *name, int64_t bytes)
{
    shoal_view view;
    must(shoal_array_open(&object, target, name, strlen(name), (shoal_dtype){SHOAL_UINT8, 1}, 1, &bytes), "array");
    must(shoal_array_view(&view, object), "view");
    memset(view.data, 9, (size_t)bytes);
    close_object();
}
int change_array(void)
{
    char name[16];
    remove_victim();
    for (int i = 0; i < 3; i++) {
        make_array(i % 2 ? 500 : BIG);
        close_object();
        remove_victim();
        put("victim", 99, BIG); /* bytes that are not 0 */
        put("small", 99, 500);
        remove_victim();
        remove_it("small");
    }
    for (int i = 0; i < 8; i++) { /* wherever the array's bytes and its entry were */
        snprintf(name, sizeof name, "after%d", i);
        make_array_of_nines(name, i % 2 ? 500 : BIG);
    }
    return 1;
}

static const struct scene all[] = {
    S(get_replaced, .prepare = put_old_thrice, .act = get_value, .second = replace_value, .flags = READONLY),
    S(get_twice_as_span, .prepare = put_old_thrice, .act = get_value_twice, .second = replace_twice, .flags = READONLY),
    S(get_replaced_twice, .prepare = put_old_thrice, .act = get_value, .second = put_two, .flags = READONLY),
    S(get_given_back, .prepare = put_old_thrice, .act = get_value, .second = replace_and_give_back, .flags = READONLY),
    S(get_removed, .prepare = put_old_thrice, .act = get_value, .second = remove_and_reuse, .flags = READONLY),
    S(get_grown, .prepare = put_old_thrice, .act = get_value, .second = grow_table, .flags = READONLY),
    S(get_run_replaced, .prepare = put_old_thrice, .act = get_value, .second = replace_value, .flags = READONLY),
    S(get_run_removed, .prepare = put_old_thrice, .act = get_value, .second = remove_and_reuse, .flags = READONLY),
    S(get_run_grown, .prepare = put_old_thrice, .act = get_value, .second = grow_table, .flags = READONLY),
    S(get_big_replaced, .prepare = put_old_thrice, .act = get_value, .second = replace_value, .flags = READONLY),
    S(get_big_removed, .prepare = put_old_thrice, .act = get_value, .second = remove_and_reuse, .flags = READONLY),
    S(get_big_as_peer_replaced, .prepare = put_old_thrice, .act = get_value, .second = replace_value),
    S(get_big_as_peer_removed, .prepare = put_old_thrice, .act = get_value, .second = remove_and_reuse),
    S(put_big_from_big_beside_a_peer, .before = put_old_thrice, .act = put_new_and_another, .second = only_get,
      .state = state_of_value),
    S(put_big_from_big_beside_a_reader, .before = put_old_thrice, .act = put_new_and_another,
      .second = open_readonly_and_get, .state = state_of_value, .flags = OPENS),
    S(get_big_grown, .prepare = put_old_thrice, .act = get_value, .second = grow_table, .flags = READONLY),
    S(find_removed, .prepare = put_old, .act = find_value, .second = remove_and_reuse, .flags = READONLY),
    S(find_grown, .prepare = put_old, .act = find_value, .second = grow_table, .flags = READONLY),
    S(names_removed, .prepare = put_old, .act = get_names, .second = remove_and_reuse, .flags = READONLY),
    S(names_grown, .prepare = put_old, .act = get_names, .second = grow_table, .flags = READONLY),
    S(open_to_read, .prepare = prepare_small_array, .act = open_array_to_read, .after = look_at_array,
      .second = change_array, .flags = READONLY),
    S(open_big_to_read, .prepare = prepare_big_array, .act = open_array_to_read, .after = look_at_array,
      .second = change_array, .flags = READONLY),
    S(check_readonly, .prepare = put_old, .act = check_readonly, .second = change_value, .flags = READONLY),
};

const struct scenes reader_scenes = {all, sizeof all / sizeof *all};
