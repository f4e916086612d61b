/* Objects that this process has open: many of them are found as fast as few. */
#include "check.h"

#include "scratch.h"

#define MANY 20000
#define FEW 100

static shoal_object *open_counter(shoal_segment *segment, int number)
{
    char name[16];
    shoal_object *object;
    snprintf(name, sizeof name, "c%d", number);
    CHECK_STATUS(shoal_counter_open(&object, segment, name, strlen(name), number), SHOAL_OK);
    return object;
}

/* The least time of several rounds in which each of these is opened once more, and closed. */
static double reopen_seconds(shoal_segment *segment, shoal_object *const *open, int count)
{
    double best = 1;
    for (int round = 0; round < 20; round++) {
        shoal_time start = shoal_now();
        for (int i = 0; i < FEW; i++) {
            int number = i * (count / FEW);
            shoal_object *again = open_counter(segment, number);
            CHECK(again == open[number]);
            shoal_object_close(again);
        }
        double seconds = seconds_since(start) / FEW;
        best = seconds < best ? seconds : best;
    }
    return best;
}

TEST(an_object_is_opened_as_fast_with_many_open_as_with_few)
{
    static shoal_object *open[MANY];
    shoal_segment *segment = open_or_create(new_context(), "handles");
    int64_t value;
    for (int i = 0; i < FEW; i++)
        open[i] = open_counter(segment, i);
    double few = reopen_seconds(segment, open, FEW);
    for (int i = FEW; i < MANY; i++)
        open[i] = open_counter(segment, i);
    double many = reopen_seconds(segment, open, MANY);
    printf("opened again: %.0f ns with %d open, %.0f ns with %d\n", few * 1e9, FEW, many * 1e9, MANY);
    CHECK(many < 4 * few + 1e-6);
    for (int i = 0; i < MANY; i++) { /* every one is still the one that it was */
        CHECK(shoal_counter_value(&value, open[i]) == SHOAL_OK && value == i);
        if (i % 3)
            shoal_object_close(open[i]);
    }
    for (int i = 0; i < MANY; i += 3)
        CHECK(open_counter(segment, i) == open[i]);
    check_sound(segment);
}
