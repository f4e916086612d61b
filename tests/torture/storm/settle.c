/* What a worker who died leaves to the next one in its place: all that it acknowledged, and what it had begun or not. */
#include <stdio.h>
#include <string.h>

#include "worker.h"

static uint32_t version_of(struct worker *it, int place, int key)
{
    char name[32];
    struct stamp stamp;
    size_t size;
    int length = sprintf(name, "v/%d/%d", place, key);
    int status = shoal_value_get(it->segment, name, (size_t)length, it->buffer, VALUE_ROOM, &size);
    if (status == SHOAL_ENOKEY)
        return 0;
    must(status, "get after a death");
    if (!value_read(&stamp, it->buffer, size) || stamp.place != (uint32_t)place || stamp.key != (uint32_t)key)
        violation("a value is torn after a death", place, key);
    return stamp.version;
}

/* What it acknowledged, or what it was about to do: that is what the next one in this place begins with. */
static void settle_key(struct worker *it, int place, int key)
{
    volatile uint32_t *note = place_word(place, KEY + 2 * key);
    uint32_t version = version_of(it, place, key), begun = note[0], done = note[1];
    bool is_done = version ? version == done : is_removal(done);
    bool is_begun = version ? version == begun : is_removal(begun);
    if (!is_done && !is_begun)
        violation("an acknowledged value is lost", version, done);
    note[1] = is_begun ? begun : done;
    note[0] = note[1];
}

static bool array_is(const shoal_view *view, uint32_t version, bool whole)
{
    const uint32_t *words = (const uint32_t *)(const void *)view->data;
    if (is_removal(version) || length_of(version) != shoal_view_size(view))
        return false;
    for (uint64_t i = 0; i < shoal_view_size(view); i++)
        if (words[i] != version && (whole || words[i] != 0))
            return false;
    return true;
}

/* In flight: it is the old one, whole; none; or the new one, filled up to somewhere. */
static void settle_array(struct worker *it, struct worker *reader, int place, int number)
{
    char name[32];
    shoal_object *array;
    shoal_view view;
    volatile uint32_t *note = place_word(place, ARRAY + 2 * number);
    uint32_t begun = note[0], done = note[1];
    int length = sprintf(name, "a/%d/%d", place, number);
    int status = shoal_object_open(&array, reader->segment, name, (size_t)length);
    if (status != SHOAL_ENOKEY)
        must(status, "open an array after a death");
    if (status == SHOAL_OK)
        must(shoal_array_view(&view, array), "view");
    bool right = status == SHOAL_OK ? array_is(&view, done, true) || (begun != done && array_is(&view, begun, false))
                                    : begun != done || is_removal(done);
    if (!right)
        violation("an acknowledged array is lost, or has other elements", done, begun);
    shoal_object_close(array);
    if (begun == done)
        return;
    while (!is_removal(begun))
        begun++;
    note[0] = begun;
    if (status == SHOAL_OK)
        must(shoal_object_remove(it->segment, name, (size_t)length), "remove an array");
    note[1] = begun;
}

static void settle_counter(struct worker *reader, int place)
{
    char name[32];
    shoal_object *counter;
    int64_t value;
    volatile uint32_t *note = place_word(place, OWN);
    int length = sprintf(name, "c/%d", place);
    int status = shoal_object_open(&counter, reader->segment, name, (size_t)length);
    if (status == SHOAL_ENOKEY && note[0] == 0)
        return;
    must(status, "open a counter after a death");
    must(shoal_counter_value(&value, counter), "value");
    if (value != note[0] && value != note[1])
        violation("a counter lost or doubled an addition", value, note[1]);
    note[0] = note[1] = (uint32_t)value;
    shoal_object_close(counter);
}

/* It happened or not: the sum in the end allows for both. */
static void settle_sum(int place, int word, int unsure)
{
    volatile uint32_t *note = place_word(place, word);
    *place_word(place, unsure) += note[0] != note[1];
    note[0] = note[1];
}

static bool in_flight(int place)
{
    bool any = false;
    for (int key = 0; key < KEYS; key++)
        any |= place_word(place, KEY)[2 * key] != place_word(place, KEY)[2 * key + 1];
    for (int number = 0; number < ARRAYS; number++)
        any |= place_word(place, ARRAY)[2 * number] != place_word(place, ARRAY)[2 * number + 1];
    return any;
}

void settle_place(struct worker *it, struct worker *reader, int place)
{
    for (int word = IN_LOCK; word <= IN_PERMIT; word++)
        *place_word(place, word) = 0;
    if (in_flight(place)) /* takes the structure's lock, so that it is completed or undone */
        must(shoal_value_put(it->segment, "judge", 5, "\xc0", 1), "put after a death");
    for (int key = 0; key < KEYS; key++)
        settle_key(it, place, key);
    for (int number = 0; number < ARRAYS; number++)
        settle_array(it, reader, place, number);
    settle_counter(reader, place);
    settle_sum(place, COUNT, UNSURE);
    settle_sum(place, PAIR, UNSURE + 1);
    settle_sum(place, WRITE, UNSURE + 2);
}
