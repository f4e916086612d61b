/* What is the same for every kind, by the drivers of tests/kinds: made, read, used, held, waited for. */
#include "check.h"

#include "scratch.h"

#include "blocked.h"

TEST(the_drivers_are_one_of_each_kind_in_their_order_and_those_of_other_sorts)
{
    int last = 0;
    EACH_DRIVER(it) {
        CHECK(it->kind == last || (it->kind > last && driver_of(it->kind) == it));
        CHECK(driver_named(it->name) == it);
        last = it->kind;
    }
    CHECK(driver_of(last + 1) == NULL);
    CHECK_TEXT(shoal_kind_name(last + 1), "an unknown kind");
}

TEST(every_kind_is_made_opened_again_read_and_used)
{
    shoal_segment *segment = open_or_create(new_context(), "locks");
    CHECK_STATUS(kinds_make_all(segment, ""), SHOAL_OK);
    CHECK_WELL(kinds_all_there(segment, ""));
    EACH_DRIVER(it) {
        struct subject subject = made(it, new_context(), 0);
        shoal_object *again;
        CHECK_STATUS(it->again(&again, &subject), SHOAL_OK);
        CHECK(again == subject.object || it->kind == SHOAL_KIND_VALUE);
        CHECK_WELL(subject.object ? kinds_look(&subject) : NULL);
        for (int i = 0; i < 10; i++) {
            CHECK_WELL(it->use(&subject));
            CHECK_WELL(it->intact(&subject));
        }
        CHECK_WELL(it->sound ? it->sound(subject.object) : NULL);
        CHECK(!subject.object || driver_for(subject.object) == it);
    }
    check_sound(segment);
}

TEST(what_every_kind_is_filled_with_is_there_again)
{
    shoal_segment *segment = open_or_create(new_context(), "locks");
    EACH_DRIVER(it)
        for (uint32_t seed = 1; seed < 3; seed++) {
            struct subject subject = made(it, new_context(), 0), other = subject;
            CHECK_STATUS(kinds_open(it, &other, 0), SHOAL_OK);
            CHECK(!it->fill || it->fill(&subject, seed) == SHOAL_OK);
            CHECK_WELL(it->filled(&other, seed));
            CHECK(!it->fill || it->filled(&other, seed + 1));
        }
    check_sound(segment);
}

TEST(a_readonly_attach_reads_every_kind_and_changes_none)
{
    shoal_segment *segment = open_or_create(new_context(), "locks"), *readonly;
    CHECK_STATUS(kinds_make_all(segment, ""), SHOAL_OK);
    readonly = open_readonly(new_context(), "locks");
    EACH_DRIVER(it) {
        struct subject subject = subject_of(readonly, it->name);
        if (it->kind != SHOAL_KIND_VALUE)
            CHECK_STATUS(shoal_object_open(&subject.object, readonly, it->name, strlen(it->name)), SHOAL_OK);
        CHECK_WELL(subject.object ? kinds_look(&subject) : NULL);
        CHECK_WELL(it->refuse(&subject));
        CHECK_WELL(it->use(&subject));
        CHECK_WELL(it->intact(&subject));
    }
}
