/* What is held: seen by others, kept while nobody has it open. */
#include "check.h"

#include "scratch.h"

#include "blocked.h"

/* ---- Seen ---- */

TEST(waiters_are_seen_with_their_threads)
{
    shoal_object *mine = a_lock(new_context()), *theirs = a_lock(new_context());
    struct call calls[3] = {0};
    shoal_owner owners[4];
    size_t count;
    CHECK_STATUS(shoal_lock_acquire(mine, false, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(count_holders(theirs) == 1);
    for (int i = 0; i < 3; i++)
        begin_call(&calls[i], call_acquire, theirs, shoal_deadline(0.2));
    /* An entry of count 0 stands for those that have no place yet: another thread was making room for its own. */
    EVENTUALLY(shoal_object_waiters(owners, 4, &count, mine) == SHOAL_OK && count == 3 && owners[2].count == 1);
    for (size_t i = 0; i < count; i++) {
        CHECK(owners[i].pid == getpid() && owners[i].thread > 0 && owners[i].thread != (int)getpid());
        CHECK(owners[i].alive && owners[i].count == 1 && strlen(owners[i].program) > 0);
        for (size_t k = 0; k < i; k++)
            CHECK(owners[k].thread != owners[i].thread);
    }
    CHECK_STATUS(shoal_object_waiters(owners, 1, &count, mine), SHOAL_OK);
    CHECK(count == 3); /* though there was room for one */
    for (int i = 0; i < 3; i++)
        CHECK_STATUS(end_call(&calls[i]), SHOAL_ETIMEDOUT);
    CHECK(count_waiters(mine) == 0);
}

static void wait_and_be_killed(void *lock)
{
    shoal_lock_acquire(lock, false, SHOAL_FOREVER);
}

TEST(a_waiter_that_was_killed_waits_no_more)
{
    shoal_object *lock = a_lock(new_context());
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_OK);
    pid_t child = process(wait_and_be_killed, lock);
    EVENTUALLY(count_waiters(lock) == 1);
    kill_now(child);
    CHECK(count_waiters(lock) == 0);
}

/* What places are made of is not empty. */
static void leave_dirt(shoal_segment *segment)
{
    static unsigned char dirt[32000];
    memset(dirt, 0xff, sizeof dirt);
    for (size_t size = 400; size <= sizeof dirt; size += size / 2) {
        CHECK_STATUS(put(segment, "dirt", dirt, size), SHOAL_OK);
        CHECK_STATUS(shoal_object_remove(segment, "dirt", 4), SHOAL_OK);
    }
}

TEST(hundreds_of_waiters_of_one_process_are_all_seen)
{
    enum { MANY = 300 };
    leave_dirt(open_or_create(new_context(), "locks"));
    shoal_object *mine = an_event(new_context()), *theirs = an_event(new_context());
    static struct call calls[MANY];
    shoal_owner owners[MANY];
    size_t count;
    for (int i = 0; i < MANY; i++)
        begin_call(&calls[i], call_event, theirs, i % 2 ? SHOAL_FOREVER : SOON);
    EVENTUALLY(shoal_object_waiters(owners, MANY, &count, mine) == SHOAL_OK && count == MANY &&
               owners[MANY - 1].count == 1);
    for (size_t i = 0; i < count; i++)
        CHECK(owners[i].thread > 0 && owners[i].count == 1);
    check_sound(open_or_create(new_context(), "locks"));
    CHECK_STATUS(shoal_event_set(mine), SHOAL_OK);
    for (int i = 0; i < MANY; i++)
        CHECK_STATUS(end_call(&calls[i]), SHOAL_OK);
    CHECK(count_waiters(mine) == 0);
}

static void wait_in_many_threads(void *event)
{
    static struct call calls[100];
    for (int i = 0; i < 100; i++)
        begin_call(&calls[i], call_event, event, SHOAL_FOREVER);
    EVENTUALLY(count_waiters(event) == 100);
}

static uint64_t used(shoal_segment *segment)
{
    shoal_info info;
    CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK);
    return info.used;
}

TEST(the_places_of_waiters_go_with_their_process)
{
    shoal_context *context = new_context();
    shoal_object *event = an_event(context);
    shoal_segment *segment = open_or_create(context, "locks");
    uint64_t before = used(segment);
    die_after(wait_in_many_threads, event);
    CHECK(count_waiters(event) == 0);
    CHECK(used(segment) == before); /* to look reaps */
    shoal_context *other = new_context();
    struct call calls[8] = {0};
    shoal_object *theirs = an_event(other);
    for (int i = 0; i < 8; i++)
        begin_call(&calls[i], call_event, theirs, SOON);
    EVENTUALLY(count_waiters(event) == 8);
    CHECK(used(segment) > before);
    CHECK_STATUS(shoal_event_set(event), SHOAL_OK);
    for (int i = 0; i < 8; i++)
        CHECK_STATUS(end_call(&calls[i]), SHOAL_OK);
    shoal_object_close(theirs);
    shoal_context_free(other);
    CHECK(used(segment) == before);
    check_sound(segment);
}

static void fill_up(shoal_segment *segment)
{
    char name[16], bytes[4000] = {0};
    size_t size = sizeof bytes;
    for (int i = 0; size > 0; i++) {
        snprintf(name, sizeof name, "v%d", i);
        if (put(segment, name, bytes, size) == SHOAL_ENOSPACE)
            size /= 2;
    }
}

/* Of idle waits one has a place in the record; that there are more is said by an entry of count 0. */
TEST(a_list_of_waiters_says_that_it_is_cut)
{
    shoal_context *context = new_context();
    shoal_object *event = an_event(context);
    struct call calls[6] = {0};
    shoal_owner owners[9];
    size_t count;
    fill_up(open_or_create(context, "locks"));
    for (int i = 0; i < 6; i++)
        begin_call(&calls[i], call_event, event, SHOAL_FOREVER);
    EVENTUALLY(count_waiters(event) == 2);
    CHECK_STATUS(shoal_object_waiters(owners, 9, &count, event), SHOAL_OK);
    CHECK(count == 2 && owners[0].count == 1 && owners[0].thread > 0);
    CHECK(owners[1].count == 0 && owners[1].thread == 0 && owners[1].pid == getpid() && owners[1].alive);
    CHECK_STATUS(shoal_event_set(event), SHOAL_OK);
    for (int i = 0; i < 6; i++)
        CHECK_STATUS(end_call(&calls[i]), SHOAL_OK);
    CHECK(count_waiters(event) == 0);
}

struct seen {
    int kinds[16];
    int count, stop_at;
};

static int note_kind(void *argument, shoal_object *object)
{
    struct seen *seen = argument;
    seen->kinds[shoal_object_kind(object)]++;
    return ++seen->count == seen->stop_at ? 77 : 0;
}

TEST(each_lock_names_every_kind_of_lock_and_nothing_else)
{
    shoal_segment *segment = open_or_create(new_context(), "locks");
    struct seen expected = {0}, seen = {0}, stopped = {.stop_at = 2}, readonly = {0};
    CHECK_STATUS(kinds_make_all(segment, ""), SHOAL_OK);
    EACH_DRIVER(it) {
        expected.kinds[it->kind] += it->is_lock;
        expected.count += it->is_lock;
    }
    CHECK(shoal_segment_each_lock(segment, note_kind, &seen) == 0 && seen.count >= 6);
    CHECK(memcmp(&seen, &expected, sizeof seen) == 0);
    CHECK(shoal_segment_each_lock(segment, note_kind, &stopped) == 77 && stopped.count == 2);
    CHECK(shoal_segment_each_lock(open_readonly(new_context(), "locks"), note_kind, &readonly) == 0);
    CHECK(memcmp(&readonly, &expected, sizeof seen) == 0);
}

TEST(holders_and_waiters_want_what_can_be_held)
{
    EACH_DRIVER(it) {
        size_t count = 5;
        struct subject subject = made(it, new_context(), 0);
        if (subject.object && !it->is_lock) {
            CHECK_STATUS(shoal_object_holders(NULL, 0, &count, subject.object), SHOAL_ETYPE);
            CHECK(count == 0);
        }
        CHECK(!it->is_lock || count_holders(subject.object) == 0);
        CHECK(!it->ways || count_waiters(subject.object) == 0);
    }
}

/* ---- Closed while it is held ---- */

TEST(closing_a_handle_does_not_give_up_what_is_held)
{
    struct all mine = all_of(new_context(), 1), theirs = all_of(new_context(), 1);
    hold_all(&mine);
    close_all(&mine);
    EACH_OF(it, &theirs) {
        CHECK(!it->driver->hold || it->driver->hold(it->object, SHOAL_NO_WAIT) == SHOAL_ETIMEDOUT);
        EACH_WAY(way, it->driver)
            CHECK(!way->give || way->wait(it->object, SHOAL_NO_WAIT) == SHOAL_ETIMEDOUT);
    }
    struct all again = all_of(mine.context, 1);
    EACH_OF(it, &again)
        CHECK(!it->driver->hold || (it->driver->held(it->object) && it->driver->let_go(it->object) == SHOAL_OK));
    hold_all(&theirs);
}

TEST(a_context_that_goes_gives_up_all_that_it_holds)
{
    struct all mine = all_of(new_context(), 1), theirs = all_of(new_context(), 1);
    hold_all(&mine);
    close_all(&mine);
    shoal_context_free(mine.context);
    EACH_OF(it, &theirs)
        CHECK(!it->driver->hold || it->driver->hold(it->object, SHOAL_NO_WAIT) == it->driver->death);
    check_sound(theirs.segment);
}

TEST(abandoning_gives_up_reads_and_permits_as_well)
{
    shoal_context *context = new_context(), *other = new_context();
    struct locks {
        shoal_object *rwlock, *semaphore;
    } mine = {an_rwlock(context), a_semaphore(context, 1)}, theirs = {an_rwlock(other), a_semaphore(other, 1)};
    CHECK_STATUS(shoal_rwlock_read(mine.rwlock, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_read(mine.rwlock, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_semaphore_acquire(mine.semaphore, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(in_a_thread(call_read, mine.rwlock, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK(shoal_context_abandon_locks(context, false) == 2);
    CHECK(shoal_rwlock_is_reading(mine.rwlock)); /* the other thread's */
    CHECK_STATUS(shoal_semaphore_acquire(theirs.semaphore, SHOAL_NO_WAIT), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_write(theirs.rwlock, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    CHECK(shoal_context_abandon_locks(context, true) == 1);
    CHECK_STATUS(shoal_rwlock_write(theirs.rwlock, SHOAL_NO_WAIT), SHOAL_OK); /* readers leave nothing half-written */
    CHECK_STATUS(shoal_rwlock_unlock(mine.rwlock), SHOAL_ELOCK);
    CHECK_STATUS(shoal_semaphore_release(mine.semaphore, 1), SHOAL_ELOCK);
}
