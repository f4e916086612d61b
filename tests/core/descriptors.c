/* What a process does to its own descriptors and limits: nobody's file is mistaken for the segment, nor the reverse. */
#include "check.h"

#include "scratch.h"

#include <sys/mman.h>
#include <sys/resource.h>

#include "objects/objects.h"
#include "sync/barrier.h"

#define BIG (300 << 10)

static void put_big(shoal_segment *segment, const char *name, int byte)
{
    char *bytes = malloc(BIG);
    memset(bytes, byte, BIG);
    CHECK_STATUS(put(segment, name, bytes, BIG), SHOAL_OK);
    free(bytes);
}

static int make_array(shoal_segment *segment, int64_t items)
{
    shoal_object *array;
    return shoal_array_open(&array, segment, "array", 5, (shoal_dtype){SHOAL_UINT8, 1}, 1, &items);
}

/* Another file, larger than the segment and full of 'x', under the number that the segment's descriptor had. */
static void reuse(int fd)
{
    CHECK(close(fd) == 0);
    int other = memfd_create("other", 0);
    CHECK(ftruncate(other, 128 << 20) == 0);
    if (other != fd)
        CHECK(dup2(other, fd) == fd && close(other) == 0);
    static char page[1 << 20];
    memset(page, 'x', sizeof page);
    for (int i = 0; i < 64; i++)
        CHECK(pwrite(fd, page, sizeof page, (off_t)i << 20) == sizeof page);
}

static void a_big_value_is_not_taken_from(shoal_segment *segment)
{
    static char bytes[BIG];
    size_t size;
    CHECK_STATUS(shoal_value_get(segment, "big", 3, bytes, sizeof bytes, &size), SHOAL_ESYSTEM);
    CHECK(strstr(shoal_error_message(), "closed its descriptor") != NULL);
}

/* A peer needs no descriptor for it. */
static void a_big_value_is_read_by(shoal_segment *segment, char byte)
{
    static char bytes[BIG];
    size_t size = 0;
    CHECK_STATUS(shoal_value_get(segment, "big", 3, bytes, sizeof bytes, &size), SHOAL_OK);
    CHECK(size == BIG && bytes[0] == byte && memcmp(bytes, bytes + 1, BIG - 1) == 0);
}

TEST(a_descriptor_that_was_closed_and_reused_is_never_read_as_the_segment)
{
    shoal_info info;
    shoal_segment *writer = open_or_create(new_context(), "mine");
    put_big(writer, "big", 'a');
    shoal_segment *reader = open_readonly(new_context(), "mine");
    reuse(shoal_segment_fd(writer));
    a_big_value_is_read_by(writer, 'a');
    CHECK_STATUS(shoal_segment_info(&info, writer), SHOAL_OK); /* it has opened it again */
    CHECK(info.committed < 32 << 20);
    reuse(shoal_segment_fd(reader));
    a_big_value_is_not_taken_from(reader);
    CHECK_STATUS(shoal_check(reader, NULL, NULL), SHOAL_ESYSTEM);
    CHECK_STATUS(shoal_segment_info(&info, reader), SHOAL_ESYSTEM);
}

/* A file of a few bytes, on a file system of memory as ours: it would hold none of what we have. */
static void reuse_by_a_small_one(int fd)
{
    int other = memfd_create("small", 0);
    CHECK(dup2(other, fd) == fd && close(other) == 0);
}

TEST(a_peer_does_not_take_a_large_value_for_damage_because_its_number_is_a_small_files)
{
    static char bytes[BIG];
    size_t size;
    shoal_segment *segment = open_or_create(new_context(), "mine");
    put_big(segment, "big", 'a');
    reuse_by_a_small_one(shoal_segment_fd(segment));
    CHECK_STATUS(shoal_value_get(segment, "big", 3, bytes, 100, &size), SHOAL_LARGER);
    CHECK(size == BIG);
    a_big_value_is_read_by(segment, 'a');
}

TEST(a_check_after_closefrom_is_of_the_segment)
{
    shoal_segment *segment = open_or_create(new_context(), "mine");
    put_big(segment, "big", 'a');
    make_array(segment, BIG);
    reuse(shoal_segment_fd(segment));
    CHECK_STATUS(shoal_check(segment, print_finding, NULL), 0);
    reuse_by_a_small_one(shoal_segment_fd(segment));
    CHECK_STATUS(shoal_check(segment, print_finding, NULL), 0);
}

TEST(a_second_thread_that_reads_a_large_value_finds_the_file_again)
{
    static char bytes[BIG];
    size_t size;
    shoal_segment *segment = open_or_create(new_context(), "mine");
    put_big(segment, "big", 'a');
    atomic_store(&shoal__peer(segment, segment->slot)->reading, 1); /* as if another thread read one now */
    reuse(shoal_segment_fd(segment));
    CHECK_STATUS(shoal_value_get(segment, "big", 3, bytes, sizeof bytes, &size), SHOAL_OK);
    CHECK(bytes[1000] == 'a');
    atomic_store(&shoal__peer(segment, segment->slot)->reading, 0);
}

TEST(a_descriptor_that_was_closed_is_said_to_be_closed)
{
    shoal_segment *segment = open_or_create(new_context(), "mine");
    put_big(segment, "big", 'a');
    CHECK_STATUS(put(segment, "small", "w", 1), SHOAL_OK);
    shoal_segment *reader = open_readonly(new_context(), "mine");
    close(shoal_segment_fd(segment));
    close(shoal_segment_fd(reader));
    a_big_value_is_read_by(segment, 'a');
    a_big_value_is_not_taken_from(reader);
    CHECK_STATUS(put(segment, "small", "x", 1), SHOAL_OK);
}

TEST(memory_that_is_sealed_against_writing_is_denied_and_not_a_lack_of_room)
{
    shoal_context *context = new_context();
    shoal_segment *segment, *other;
    CHECK_STATUS(shoal_create(&segment, context, NULL, NULL), SHOAL_OK);
    int fd = dup(shoal_segment_fd(segment));
    shoal_context_free(context);
    CHECK(fd >= 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == 0);
    CHECK_STATUS(shoal_open_fd(&other, new_context(), fd, NULL), SHOAL_EDENIED);
    CHECK(strstr(shoal_error_message(), "seal") && !strstr(shoal_error_message(), "ulimit"));
}

TEST(closing_a_segment_closes_nobody_elses_descriptor)
{
    shoal_segment *segment = open_or_create(new_context(), "mine");
    int fd = shoal_segment_fd(segment);
    reuse(fd);
    shoal_close(segment);
    CHECK(fcntl(fd, F_GETFD) >= 0);
}

/* Two arrays are removed through a writer whose number is another file's: is one of them open by a reader? */
TEST(what_a_reader_has_open_is_kept_when_the_remover_cannot_tell)
{
    shoal_segment *writer = open_or_create(new_context(), "mine");
    shoal_object *theirs, *array = open_array(writer, "array", "u1", BIG);
    memset(view_of(array).data, 'a', BIG);
    shoal_object_close(array);
    shoal_segment *reader = open_readonly(new_context(), "mine");
    CHECK_STATUS(shoal_object_open(&theirs, reader, "array", 5), SHOAL_OK);
    reuse(shoal_segment_fd(writer));
    CHECK_STATUS(shoal_object_remove(writer, "array", 5), SHOAL_OK);
    shoal_segment *other = open_or_create(new_context(), "mine");
    put_big(other, "next", 'b');
    shoal_view view = view_of(theirs);
    for (int i = 0; i < BIG; i++)
        CHECK(view.data[i] == 'a');
}

static void with_the_standard_ones_closed(void *unused)
{
    (void)unused;
    shoal_context *context = new_context();
    int kept = dup(2);
    close(0), close(1), close(2);
    shoal_segment *segment = open_or_create(context, "mine"),
                  *reader = open_readonly(shoal_context_new(), path_of("mine"));
    bool above = shoal_segment_fd(segment) > 2 && shoal_segment_fd(reader) > 2;
    dup2(kept, 2);
    CHECK(above);
    CHECK(write(1, "printed", 7) < 0);
    CHECK_STATUS(shoal_create(&segment, context, NULL, NULL), SHOAL_OK);
    CHECK(shoal_segment_fd(segment) > 2);
    check_sound(reader);
}

TEST(a_segment_never_becomes_standard_output)
{
    shoal_segment *segment = open_or_create(new_context(), "mine");
    join(in_child(with_the_standard_ones_closed, NULL));
    check_sound(segment);
}

static void with_a_limit_on_files(void *unused)
{
    (void)unused;
    shoal_segment *segment;
    struct rlimit limit = {1 << 20, 1 << 20};
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    CHECK_STATUS(shoal_create(&segment, new_context(), "limited", NULL), SHOAL_ENOSPACE);
    CHECK(strstr(shoal_error_message(), "ulimit -f") != NULL);
    CHECK_STATUS(shoal_create(&segment, new_context(), NULL, NULL), SHOAL_ENOSPACE);
    segment = open_or_create(new_context(), "mine");
    put_big(segment, "big", 'a');
    put_big(segment, "another", 'a');
}

TEST(a_limit_on_the_size_of_files_is_an_error_and_no_signal)
{
    open_or_create(new_context(), "mine");
    join(in_child(with_a_limit_on_files, NULL));
}

static void list_with_no_descriptor_left(void *unused)
{
    size_t count;
    shoal_listed *list;
    struct rlimit limit = {3, 3};
    (void)unused;
    shoal_context *context = new_context();
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK_STATUS(shoal_list(&list, &count, context), SHOAL_ESYSTEM);
    CHECK(strstr(shoal_error_message(), strerror(EMFILE)) != NULL);
}

TEST(a_list_that_cannot_be_read_is_not_an_empty_list)
{
    open_or_create(new_context(), "mine");
    join(in_child(list_with_no_descriptor_left, NULL));
}

static void hold_everything(void *held)
{
    int *pipe_ends = held;
    shoal_object *lock, *permits;
    shoal_segment *segment = open_or_create(new_context(), "mine");
    CHECK_STATUS(shoal_lock_open(&lock, segment, "lock", 4, 0), SHOAL_OK);
    CHECK_STATUS(shoal_semaphore_open(&permits, segment, "permits", 7, 1, 0), SHOAL_OK);
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_FOREVER), SHOAL_OK);
    CHECK_STATUS(shoal_semaphore_acquire(permits, SHOAL_FOREVER), SHOAL_OK);
    CHECK(write(pipe_ends[1], "x", 1) == 1);
    kill(getpid(), SIGKILL);
}

static void let_one_die_holding(void)
{
    int ends[2], status;
    char byte;
    CHECK(pipe(ends) == 0);
    pid_t child = fork();
    if (child == 0)
        hold_everything(ends);
    CHECK(waitpid(child, &status, 0) == child && read(ends[0], &byte, 1) == 1);
    close(ends[0]), close(ends[1]);
}

TEST(deaths_are_proved_after_closefrom)
{
    shoal_object *lock, *permits;
    shoal_segment *segment = open_or_create(new_context(), "mine");
    CHECK_STATUS(shoal_lock_open(&lock, segment, "lock", 4, 0), SHOAL_OK);
    CHECK_STATUS(shoal_semaphore_open(&permits, segment, "permits", 7, 1, 0), SHOAL_OK);
    let_one_die_holding();
    reuse(shoal_segment_fd(segment));
    int others = shoal_segment_fd(segment);
    CHECK_STATUS(shoal_lock_acquire(lock, false, shoal_deadline(10)), SHOAL_RECOVERED);
    CHECK_STATUS(shoal_semaphore_acquire(permits, shoal_deadline(10)), SHOAL_OK);
    put_big(segment, "big", 'a');
    CHECK(shoal_segment_fd(segment) != others && fcntl(others, F_GETFD) >= 0);
    shoal_close(segment);
    CHECK(fcntl(others, F_GETFD) >= 0);
}

/* Without a name, and, which only the privileged may do, without a look through the mapping. */
static void wait_without_any_way(void *unused)
{
    (void)unused;
    shoal_object *lock;
    shoal_segment *segment = open_or_create(new_context(), "mine");
    CHECK_STATUS(shoal_lock_open(&lock, segment, "lock", 4, 0), SHOAL_OK);
    let_one_die_holding();
    CHECK_STATUS(shoal_segment_unlink(segment), SHOAL_OK);
    reuse(shoal_segment_fd(segment));
    CHECK(geteuid() != 0 || setuid(65534) == 0);
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_FOREVER), SHOAL_ESYSTEM);
    CHECK(strstr(shoal_error_message(), "closed its descriptor") != NULL);
}

TEST(a_wait_says_that_the_descriptor_is_gone_when_nothing_leads_to_the_file)
{
    join(in_child(wait_without_any_way, NULL));
}

/* ---- Locks of the segment itself, whose holder died ---- */

static void die_with_the_structure(void *segment)
{
    CHECK_STATUS(put(segment, "theirs", "x", 1), SHOAL_OK);
    shoal__lock(segment);
}

static void check_gone(int status)
{
    CHECK_STATUS(status, SHOAL_ESYSTEM);
    CHECK(strstr(shoal_error_message(), "closed its descriptor") != NULL);
}

static int put_many(shoal_segment *segment, const char *name, size_t size)
{
    static char bytes[BIG] = "\xc6\x00\x04\xaf\xfb";
    return shoal_value_put(segment, name, strlen(name), bytes, size);
}

static void store_without_any_way(void *unused)
{
    (void)unused;
    alarm(60); /* a hang ends, also when nobody waits for us any more */
    shoal_segment *segment;
    shoal_object *counter;
    shoal_info info;
    char byte;
    size_t size;
    CHECK_STATUS(shoal_create(&segment, new_context(), NULL, NULL), SHOAL_OK);
    CHECK_STATUS(put(segment, "old", "x", 1), SHOAL_OK);
    CHECK_STATUS(shoal_counter_open(&counter, segment, "open", 4, 0), SHOAL_OK);
    die_after(die_with_the_structure, segment);
    reuse(shoal_segment_fd(segment));
    CHECK(geteuid() != 0 || setuid(65534) == 0);
    shoal_time start = shoal_now();
    check_gone(put_many(segment, "new", 100));
    check_gone(put_many(segment, "old", 100));
    check_gone(put_many(segment, "big", BIG));
    check_gone(shoal_object_remove(segment, "old", 3));
    check_gone(make_array(segment, 10));
    check_gone(make_array(segment, BIG));
    check_gone(shoal_counter_open(&(shoal_object *){0}, segment, "another", 7, 0));
    check_gone(shoal_segment_info(&info, segment));
    check_gone(shoal_check(segment, NULL, NULL));
    CHECK_STATUS(shoal_value_get(segment, "old", 3, &byte, 1, &size), SHOAL_OK);
    shoal_object_close(counter);
    shoal_close(segment);
    CHECK(seconds_since(start) < 9);
}

TEST(stores_say_that_the_descriptor_is_gone_when_nobody_can_tell_whether_the_structures_owner_lives)
{
    join(in_child(store_without_any_way, NULL));
}

TEST(the_death_of_the_structures_owner_is_proved_after_closefrom)
{
    shoal_segment *segment = open_or_create(new_context(), "mine");
    CHECK_STATUS(put(segment, "old", "x", 1), SHOAL_OK);
    die_after(die_with_the_structure, segment);
    reuse(shoal_segment_fd(segment));
    CHECK_STATUS(put(segment, "new", "x", 1), SHOAL_OK);
    check_sound(segment);
}

/* It is held for long, by a process that lives: who has a descriptor waits for it. */
static void *hold_for_long(void *segment)
{
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    shoal__unlock(segment);
    return NULL;
}

TEST(who_has_a_descriptor_waits_for_as_long_as_the_structures_owner_lives)
{
    pthread_t thread;
    shoal_segment *segment = open_or_create(new_context(), "mine"), *holder = open_or_create(new_context(), "mine");
    shoal__lock(holder);
    CHECK(pthread_create(&thread, NULL, hold_for_long, holder) == 0);
    CHECK_STATUS(put(segment, "new", "x", 1), SHOAL_OK);
    CHECK(pthread_join(thread, NULL) == 0);
}

static void die_with_the_mutex(void *barrier)
{
    shoal_object *object = barrier;
    uint32_t index;
    shoal_barrier_wait(&index, object, SHOAL_NO_WAIT); /* a peer of its own; it breaks */
    CHECK_STATUS(shoal_barrier_reset(object), SHOAL_OK);
    shoal__mutex_lock(&((struct barrier_sh *)object->body)->mutex, &object->segment->party, SHOAL_FOREVER);
}

static void meet_without_any_way(void *unused)
{
    (void)unused;
    alarm(60); /* a hang ends, also when nobody waits for us any more */
    shoal_segment *segment;
    shoal_object *barrier;
    uint32_t index;
    CHECK_STATUS(shoal_create(&segment, new_context(), NULL, NULL), SHOAL_OK);
    CHECK_STATUS(shoal_barrier_open(&barrier, segment, "b", 1, 1), SHOAL_OK);
    shoal_wait wait;
    CHECK_STATUS(shoal_wait_begin(&wait, barrier, SHOAL_WAIT_PASS, 0, 0), SHOAL_OK);
    CHECK_STATUS(shoal_wait_until(&wait, SHOAL_FOREVER), SHOAL_OK);
    CHECK(wait.last);
    die_after(die_with_the_mutex, barrier);
    reuse(shoal_segment_fd(segment));
    CHECK(geteuid() != 0 || setuid(65534) == 0);
    shoal_time start = shoal_now();
    check_gone(shoal_barrier_pass(&wait));
    check_gone(shoal_barrier_wait(&index, barrier, SHOAL_FOREVER));
    check_gone(shoal_barrier_wait(&index, barrier, shoal_deadline(1)));
    check_gone(shoal_barrier_abort(barrier));
    check_gone(shoal_barrier_reset(barrier));
    CHECK(seconds_since(start) < 5);
}

TEST(a_barrier_says_that_the_descriptor_is_gone_when_nobody_can_tell_whether_the_owner_of_its_mutex_lives)
{
    join(in_child(meet_without_any_way, NULL));
}
