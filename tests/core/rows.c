/* The rows of the kinds: each has what it cannot be without, and the list and the table say the same. */
#include "check.h"

#include "objects/objects.h"

#define EACH_KIND(number)                                                                                              \
    for (uint32_t number = SHOAL_KIND_NONE + 1; number <= SHOAL_KIND_LAST; number++)                                   \
        if (shoal__kind(number))

TEST(a_row_has_what_every_kind_must_have)
{
    EACH_KIND(number)
    {
        const struct shoal__kind *it = shoal__kind(number);
        CHECK(it->head > 0 && it->head % 4 == 0 && it->check);
        CHECK(it->flags & KIND_STORED ? !it->waits && !it->copy && !it->describe : it->copy && it->describe);
    }
}

TEST(what_may_be_held_may_be_waited_for_and_given_up)
{
    EACH_KIND(number)
    {
        const struct shoal__kind *it = shoal__kind(number);
        CHECK(!(it->flags & KIND_LOCK) || it->waits);
        CHECK(!(it->flags & KIND_HOLD) || (it->flags & KIND_LOCK && it->abandon && it->holders && it->forget_slot));
        CHECK(!(it->flags & KIND_LOCK) || !it->abandon || (it->claim && it->unclaim && it->holders));
        CHECK(!it->claim == !it->in_the_way && (it->claim || !it->unclaim));
    }
}

TEST(every_way_to_wait_has_an_operation_of_its_own_and_can_be_given_up)
{
    EACH_KIND(number)
    for (const struct shoal_waits *it = shoal__kind(number)->waits; it && it->operation; it++) {
        CHECK(it->attempt && it->give_up);
        for (const struct shoal_waits *other = shoal__kind(number)->waits; other < it; other++)
            CHECK(other->operation != it->operation);
    }
}

#define CHECK_LISTED(code, number, file, article, name)                                                                \
    CHECK(SHOAL_KIND_##code == number && shoal__kind(number) == &shoal__##file##_kind);                                \
    CHECK_TEXT(shoal_kind_name(number), name);                                                                         \
    CHECK_TEXT(shoal_kind_phrase(number), article " " name);                                                           \
    CHECK(number > last);                                                                                              \
    last = number;

TEST(the_list_gives_numbers_names_and_rows)
{
    int last = 0;
    SHOAL_KIND_LIST(CHECK_LISTED)
    CHECK(last == SHOAL_KIND_LAST);
}

TEST(what_is_no_kind_has_no_row_and_a_name_that_says_so)
{
    const int none[] = {-1, SHOAL_KIND_END, 255, 257};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        CHECK(!shoal__kind((uint32_t)none[i]) && !shoal__kind_is((uint32_t)none[i], UINT32_MAX));
        CHECK(shoal__least_body(NULL, (uint32_t)none[i]) == UINT64_MAX);
        CHECK_TEXT(shoal_kind_name(none[i]), "an unknown kind");
        CHECK_TEXT(shoal_kind_phrase(none[i]), "of an unknown kind");
    }
    CHECK(!shoal__kind(SHOAL_KIND_NONE));
    CHECK_TEXT(shoal_kind_name(SHOAL_KIND_NONE), "none");
    CHECK_TEXT(shoal_kind_phrase(SHOAL_KIND_NONE), "nothing");
}
