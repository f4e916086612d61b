/* Big runs that are nobody's keep their memory for the next large body, for a while. */
#include "check.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"
#include "segment/big.h"
#include "segment/directory.h"
#include "segment/journal.h"
#include "segment/lock.h"
#include "segment/notes.h"
#include "segment/reap.h"
#include "segment/warm.h"

enum { BIG = 1 << 20 };

static unsigned char bytes[BIG];

static shoal_segment *make_segment(uint64_t size)
{
    shoal_options options;
    shoal_segment *segment;
    shoal_options_init(&options);
    options.size = size;
    CHECK_STATUS(shoal_create(&segment, new_context(), "warm", &options), SHOAL_OK);
    return segment;
}

static void put_byte(shoal_segment *segment, int byte)
{
    memset(bytes, byte, BIG);
    CHECK_STATUS(put(segment, "v", bytes, BIG), SHOAL_OK);
}

static uint32_t body_of(shoal_segment *segment)
{
    struct shoal_found found;
    CHECK_STATUS(shoal__find(&found, segment, "v", 1, shoal__name_hash(segment, "v", 1)), SHOAL_OK);
    return atomic_load(&found.entry->body[atomic_load(&found.entry->version) / 2 % 2]);
}

static uint64_t memory_of(void)
{
    struct stat file;
    CHECK(stat(path_of("warm"), &file) == 0);
    return (uint64_t)file.st_blocks * 512;
}

/* Of the second run, too, the descriptors have memory by then: what is left over is the runs'. */
static uint64_t memory_without_warm_runs(shoal_segment *segment)
{
    put_byte(segment, 1);
    put_byte(segment, 2);
    shoal__big_cool_all(segment);
    return memory_of();
}

static uint64_t used_of(shoal_segment *segment)
{
    return shoal_segment_used(segment);
}

TEST(a_large_value_is_written_where_the_one_before_the_last_was)
{
    shoal_segment *segment = make_segment(64 << 20);
    put_byte(segment, 1);
    uint32_t first = body_of(segment);
    uint64_t used = used_of(segment);
    put_byte(segment, 2);
    uint32_t second = body_of(segment);
    CHECK(first != second && shoal__warm_bytes(segment) > BIG && used_of(segment) == used);
    for (int i = 3; i < 20; i++) {
        put_byte(segment, i);
        CHECK(body_of(segment) == (i % 2 ? first : second));
        check_sound(segment);
    }
}

static void not_written_while_noted(shoal_segment *segment, shoal_segment *reader)
{
    struct shoal_note note;
    put_byte(segment, 1);
    uint32_t body = body_of(segment);
    CHECK(shoal__reading_begin(reader, body, &note));
    for (int i = 2; i < 20; i++)
        put_byte(segment, i);
    shoal__big_cool_all(segment);
    shoal__make_room(segment);
    const unsigned char *at = (unsigned char *)shoal__at(segment, shoal__offset(segment, body));
    for (int i = 64; i < BIG + 64; i++)
        CHECK(at[i] == 1);
    CHECK(shoal__reading_end(reader, &note));
    check_sound(segment);
    shoal__big_cool_all(segment);
    CHECK(shoal__warm_bytes(segment) == 0);
    check_sound(segment);
}

TEST(what_a_peer_has_noted_is_neither_written_nor_given_back)
{
    shoal_segment *segment = make_segment(64 << 20);
    not_written_while_noted(segment, open_or_create(new_context(), "warm"));
}

TEST(what_a_readonly_attach_has_noted_is_neither_written_nor_given_back)
{
    shoal_segment *segment = make_segment(64 << 20);
    not_written_while_noted(segment, open_readonly(new_context(), "warm"));
}

/* Its pool is an eighth of 4 MiB: too small for it. */
TEST(what_is_noted_is_kept_though_the_pool_has_no_room)
{
    shoal_segment *segment = make_segment(4 << 20), *reader = open_readonly(new_context(), "warm");
    struct shoal_note note;
    put_byte(segment, 1);
    put_byte(segment, 2);
    CHECK(shoal__warm_bytes(segment) == 0);
    CHECK(shoal__reading_begin(reader, body_of(segment), &note));
    put_byte(segment, 3);
    CHECK(shoal__warm_bytes(segment) > BIG);
    CHECK(shoal__reading_end(reader, &note));
    shoal__big_cool_all(segment);
    CHECK(shoal__warm_bytes(segment) == 0);
}

/* A reader that locks the bytes of all pages keeps any number of runs: more than are looked at when some are old. */
TEST(all_that_readers_kept_goes_back_when_memory_is_short)
{
    shoal_segment *segment = make_segment(128 << 20);
    struct flock all = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = (off_t)1 << 43, .l_len = (off_t)1 << 32};
    int fd = open(path_of("warm"), O_RDONLY);
    CHECK(fd >= 0 && fcntl(fd, F_OFD_SETLK, &all) == 0);
    for (uint32_t i = 0; i < WARM_LOOKS + 16; i++)
        put_byte(segment, (int)i);
    CHECK(shoal__warm_bytes(segment) > (uint64_t)WARM_LOOKS * BIG);
    close(fd);
    shoal__big_cool_all(segment);
    CHECK(shoal__warm_bytes(segment) == 0);
    check_sound(segment);
}

TEST(a_full_segment_takes_its_warm_runs)
{
    shoal_segment *segment = make_segment(20 << 20);
    char name[16];
    int count = 0;
    put_byte(segment, 1);
    put_byte(segment, 2);
    CHECK(shoal__warm_bytes(segment) > BIG);
    do
        snprintf(name, sizeof name, "small%d", count++);
    while (put(segment, name, bytes, 200 << 10) == SHOAL_OK);
    CHECK(shoal__warm_bytes(segment) == 0);
    check_sound(segment);
}

static void wait_for_it(void *argument)
{
    shoal_object *lock;
    shoal_segment *segment = open_or_create(new_context(), "warm");
    (void)argument;
    CHECK_STATUS(shoal_lock_open(&lock, segment, "lock", 4, false), SHOAL_OK);
    shoal_lock_acquire(lock, false, shoal_deadline(20));
}

TEST(memory_goes_back_to_the_host_while_a_peer_waits)
{
    shoal_object *lock;
    shoal_segment *segment = make_segment(64 << 20);
    CHECK_STATUS(shoal_lock_open(&lock, segment, "lock", 4, false), SHOAL_OK);
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_FOREVER), SHOAL_OK);
    pid_t child = in_child(wait_for_it, NULL);
    uint64_t before = memory_without_warm_runs(segment);
    put_byte(segment, 3);
    CHECK(memory_of() >= before + BIG);
    shoal_time deadline = shoal_deadline(3);
    while (memory_of() > before + 4096 && shoal_now() < deadline)
        usleep(10000);
    CHECK(memory_of() <= before + 4096);
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    check_sound(segment);
}

TEST(the_last_peer_to_leave_leaves_no_warm_memory)
{
    shoal_segment *segment = make_segment(64 << 20);
    uint64_t before = memory_without_warm_runs(segment);
    put_byte(segment, 3);
    CHECK(memory_of() > before);
    shoal_close(segment);
    CHECK(memory_of() <= before);
}

static void punch_and_die(void *argument)
{
    uint32_t ref;
    shoal_segment *segment = open_or_create(new_context(), "warm");
    (void)argument;
    shoal__lock(segment);
    CHECK_STATUS(shoal__big_take_locked(segment, BIG, &ref), SHOAL_OK); /* the warm one */
    CHECK_STATUS(shoal__commit(segment), SHOAL_OK);
    shoal__unlock(segment);
    CHECK(shoal__big_punch(segment, ref));
    raise(SIGKILL);
}

/* Who dies after it punched a run, and before it freed it, leaves one that is not taken for a backed one. */
TEST(what_is_punched_says_so_before)
{
    shoal_info info;
    shoal_segment *segment = make_segment(64 << 20);
    put_byte(segment, 1);
    put_byte(segment, 2);
    CHECK(shoal__warm_bytes(segment) > BIG);
    pid_t child = in_child(punch_and_die, NULL);
    CHECK(waitpid(child, NULL, 0) == child);
    CHECK(shoal__warm_bytes(segment) == 0);
    CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK); /* reaps */
    CHECK(shoal__warm_bytes(segment) == 0);
    check_sound(segment);
}

static char findings[4096];

static void remember(void *argument, const char *finding)
{
    (void)argument;
    strncat(findings, finding, sizeof findings - strlen(findings) - 1);
}

/* check() tells of it, to a reader too; and who puts, waits for room or leaves neither crashes nor goes round for ever. */
static void bear_with(shoal_segment *segment, shoal_segment *reader, uint32_t *word, uint32_t wrong, const char *words)
{
    uint32_t right = *word;
    *word = wrong;
    for (int i = 0; i < 2; i++) {
        *findings = 0;
        CHECK(shoal_check(i ? segment : reader, remember, NULL) > 0 && strstr(findings, words));
    }
    shoal__lock(segment);
    uint32_t ref = shoal__warm_take_locked(segment, 1); /* none is so small */
    CHECK(ref == 0 && shoal__warm_take_locked(segment, UINT32_MAX) == 0);
    shoal__unlock(segment);
    shoal__warm_may_have_old(segment);
    shoal__big_cool(segment);
    *word = right;
    check_sound(segment);
    check_sound(reader);
}

TEST(a_damaged_list_of_warm_runs_is_told_and_ends)
{
    shoal_segment *segment = make_segment(64 << 20), *reader = open_readonly(new_context(), "warm");
    put_byte(segment, 1);
    CHECK_STATUS(put(segment, "w", bytes, BIG), SHOAL_OK);
    put_byte(segment, 2);
    CHECK_STATUS(put(segment, "w", bytes, BIG), SHOAL_OK);
    struct header_sh *header = shoal__header(segment);
    CHECK_STATUS(put(segment, "x", bytes, BIG), SHOAL_OK); /* takes one of them */
    CHECK_STATUS(shoal_object_remove(segment, "x", 1), SHOAL_OK);
    CHECK_STATUS(shoal_object_remove(segment, "w", 1), SHOAL_OK);
    uint32_t first = header->warm;
    struct page_sh *page = shoal__page(segment, first - 1);
    CHECK(first && page->next);
    bear_with(segment, reader, &header->warm, header->pages_committed + 1, "leads to page");
    bear_with(segment, reader, &header->warm, UINT32_MAX, "leads to page");
    bear_with(segment, reader, &header->warm, 0, "warm runs");
    bear_with(segment, reader, &header->warm_pages, header->warm_pages + 1, "the header counts");
    bear_with(segment, reader, &header->warm_pages, 0, "the header counts");
    bear_with(segment, reader, &page->next, first, "warm runs"); /* a loop */
    bear_with(segment, reader, &page->next, UINT32_MAX, "leads to page");
    bear_with(segment, reader, &page->prev, first, "is broken");
    bear_with(segment, reader, &page->used, 1, "is broken");
    bear_with(segment, reader, &page->holes, 1, "is broken");
    bear_with(segment, reader, &page->pages, UINT32_MAX, "");
}

static void put_and_die(void *argument)
{
    shoal_segment *segment = argument;
    for (int i = 0;; i++)
        put_byte(segment, i % 200);
}

/* Half of a run that its writer died over is not taken for a whole one: its holes are known. */
TEST(what_a_dead_writer_had_in_hand_is_backed_before_it_is_written_again)
{
    for (int round = 0; round < 20; round++) {
        shoal_segment *segment = open_or_create(new_context(), "warm");
        pid_t child = in_child(put_and_die, segment);
        usleep(2000 + 700 * (useconds_t)round);
        CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
        put_byte(segment, 1);
        check_sound(segment);
        shoal_close(segment);
    }
}
