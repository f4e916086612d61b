/*
 * Who reads without a lock beside those who write, as threads on one mapping: two writing peers, one that only looks, and a
 * readonly attach. What the readers accept must be whole, and what was acknowledged must be there.
 *
 * Under ThreadSanitizer (script/test) it also shows what nothing orders. Some reads are meant to race: they look at memory
 * that may have been freed and used again, and a second look at a version then refuses what they saw (docs/recovery.md, "Memory
 * order"). These, and no others, are listed below by the function that makes them.
 */
#include "check.h"

#include "scratch.h"

#include "twins.h"

/*
 * Read by ThreadSanitizer's runtime; nobody else calls them. Each of these reads memory that may be freed and used again
 * meanwhile, into locals, and accepts them only after fence_acquire() and a look that nothing was freed.
 */
static _Atomic bool raised; /* a race that is not listed */

const char *__tsan_default_suppressions(void);
const char *__tsan_default_options(void);

const char *__tsan_default_suppressions(void)
{
    return "race:^walk$\n"        /* of the directory: the table and the entries of a chain; shoal__still_there */
           "race:^walk_grown$\n"  /* the same, where the table grows */
           "race:^get_value$\n"   /* the entry, and the bytes of its body; is_whole */
           "race:^chain_names$\n" /* as walk */
           "race:^moment_of$\n"   /* whether a change goes on: looked at until it stands still */
           "race:^suspect_all$\n" /* what check() found once is looked at again where it lies: to see whether it is */
           "race:^clear_some$\n"  /* another by now, and a look that is torn says so */
           "race:^shoal_object_find$\n"  /* the kind, between walk and shoal__still_there */
           "race:^shoal__handle_open$\n" /* the kind and the serial, likewise, */
           "race:^reader_pin$\n"         /* and where the body is */
           "race:^read_facts$\n" /* numbers of the header, each by itself: what info() tells a readonly attach */
           "race:^open_what_is_there$\n"  /* a reader's pin is a byte lock: by the kernel, which is not watched */
           "race:^shoal_segment_peers$\n" /* who uses a slot: for people, who may be told of two in one */
           "race:^shoal__describe$\n"     /* the same of one slot */
           "race:^look_at_record$\n"      /* a stream's records are written over while they are read: */
           "race:^read_one$\n";           /* shoal__stream_read looks again whether they were */
}

/*
 * The list goes by whom an access was made by, and that is forgotten after many others, on a busy machine sooner: a report without
 * it ("failed to restore the stack") proves nothing, and is left out. Every other one ends the test.
 */
const char *__tsan_default_options(void)
{
    return "history_size=7:exitcode=0";
}

#ifdef __SANITIZE_THREAD__
int __tsan_get_report_data(void *report, const char **description, int *count, int *stacks, int *accesses, int *places,
                           int *mutexes, int *threads, int *unique, void **sleep, unsigned long size);
int __tsan_get_report_mop(void *report, unsigned long number, int *thread, void **address, int *size, int *write,
                          int *atomic, void **trace, unsigned long trace_size);
void __tsan_on_report(void *report);

void __tsan_on_report(void *report)
{
    const char *description;
    int number[7], accesses = 0;
    void *sleep[1];
    __tsan_get_report_data(report, &description, &number[0], &number[1], &accesses, &number[2], &number[3], &number[4],
                           &number[5], sleep, 1);
    for (int i = 0; i < accesses; i++) {
        void *address, *trace[1] = {NULL};
        int thread, size, write, atomic;
        __tsan_get_report_mop(report, (unsigned long)i, &thread, &address, &size, &write, &atomic, trace, 1);
        if (!trace[0])
            return;
    }
    fprintf(stderr, "%s\n", description);
    raised = true;
}
#endif

enum { WRITERS = 2, READERS = 2, LARGEST = 300 << 10 };

struct scene {
    void (*write)(struct scene *it, shoal_segment *segment, int number, int round);
    int (*read)(struct scene *it, shoal_segment *segment, int round); /* how much was seen */
    int rounds;
    shoal_segment *first;
    _Atomic int ready, writing, seen;
    _Atomic int made[WRITERS];
};

struct actor {
    struct scene *scene;
    shoal_segment *segment;
    int number;
    pthread_t thread;
};

static void meet(struct scene *it)
{
    for (it->ready++; it->ready < WRITERS + READERS;)
        sched_yield(); /* all at once */
}

static void *act_writer(void *argument)
{
    struct actor *it = argument;
    meet(it->scene);
    /* On a busy machine the readers may not have had a turn by then. */
    for (int round = 0; round < it->scene->rounds || (it->scene->seen == 0 && round < 20 * it->scene->rounds); round++)
        it->scene->write(it->scene, it->segment, it->number, round);
    it->scene->writing--;
    return NULL;
}

/* At least once, though the writers may have ended meanwhile. */
static void *act_reader(void *argument)
{
    struct actor *it = argument;
    meet(it->scene);
    for (int round = 0; round == 0 || it->scene->writing > 0; round++)
        it->scene->seen += it->scene->read(it->scene, it->segment, round);
    return NULL;
}

static void start(struct actor *it, void *(*act)(void *))
{
    CHECK(pthread_create(&it->thread, NULL, act, it) == 0);
}

static void play(struct scene *it)
{
    struct actor actors[WRITERS + READERS];
    it->first = open_or_create(new_context(), "readers");
    it->writing = WRITERS;
    for (int i = 0; i < WRITERS + READERS; i++) {
        bool readonly = i == WRITERS + READERS - 1;
        actors[i] = (struct actor){it, readonly ? new_reader(it->first) : new_twin(it->first), i, 0};
    }
    for (int i = 0; i < WRITERS + READERS; i++)
        start(&actors[i], i < WRITERS ? act_writer : act_reader);
    for (int i = 0; i < WRITERS + READERS; i++)
        CHECK(pthread_join(actors[i].thread, NULL) == 0);
    for (int i = 0; i < WRITERS + READERS; i++)
        free_twin(actors[i].segment);
    printf("%d looks that found something\n", it->seen);
    CHECK(it->seen > 0);
    CHECK(!raised);
    check_sound(it->first);
}

/* ---- Values ---- */

/*
 * The first byte says what the others are. In a thread's own memory; left alone by ThreadSanitizer, which otherwise forgets
 * over these many accesses by whom those to the segment were made.
 */
#define UNWATCHED __attribute__((no_sanitize("thread")))

UNWATCHED static void fill(unsigned char *bytes, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(seed + i * (seed | 1));
}

UNWATCHED static bool is_whole(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != (unsigned char)(bytes[0] + i * (bytes[0] | 1)))
            return false;
    return true;
}

/* Of the same class again and again, so that the old body is the next one's; of others; as large as a big run. */
static size_t some_size(int round)
{
    static const size_t sizes[] = {20, 24, 300, 22, 5000, 5100, 40000, 21};
    return round % 64 == 63 ? LARGEST : sizes[round / 4 % 8];
}

static void put_and_remove(struct scene *it, shoal_segment *segment, int number, int round)
{
    static unsigned char bytes[WRITERS][LARGEST];
    char name[8];
    (void)it;
    snprintf(name, sizeof name, "v%d", round % 5);
    fill(bytes[number], some_size(round), (unsigned)(round * WRITERS + number));
    CHECK_STATUS(put(segment, name, bytes[number], some_size(round)), SHOAL_OK);
    if (round % 11 == 0) {
        int status = shoal_object_remove(segment, name, strlen(name));
        CHECK(status == SHOAL_OK || status == SHOAL_ENOKEY);
    }
}

static int get_and_compare(struct scene *it, shoal_segment *segment, int round)
{
    unsigned char *bytes = malloc(LARGEST);
    char name[8];
    size_t size;
    (void)it;
    snprintf(name, sizeof name, "v%d", round % 5);
    int status = shoal_value_get(segment, name, strlen(name), bytes, round % 3 ? LARGEST : 4096, &size);
    CHECK(status == SHOAL_OK || status == SHOAL_ENOKEY || (status == SHOAL_LARGER && round % 3 == 0));
    CHECK(status != SHOAL_OK || (size <= LARGEST && is_whole(bytes, size)));
    free(bytes);
    return status == SHOAL_OK;
}

TEST(values_are_read_whole_while_they_are_replaced_and_removed)
{
    play(&(struct scene){.write = put_and_remove, .read = get_and_compare, .rounds = 200});
}

/* ---- The directory ---- */

static void add_names(struct scene *it, shoal_segment *segment, int number, int round)
{
    char name[24];
    snprintf(name, sizeof name, "n%d.%d", number, round);
    CHECK_STATUS(put(segment, name, name, strlen(name)), SHOAL_OK);
    it->made[number] = round + 1;
    snprintf(name, sizeof name, "gone%d.%d", number, round % 7);
    CHECK_STATUS(put(segment, name, name, strlen(name)), SHOAL_OK);
    CHECK_STATUS(shoal_object_remove(segment, name, strlen(name)), SHOAL_OK);
}

static int count_own(void *argument, const char *name, size_t length, int kind)
{
    int *count = argument;
    CHECK(kind == SHOAL_KIND_VALUE && length < 24 && (name[0] == 'n' || name[0] == 'g'));
    *count += name[0] == 'n';
    return 0;
}

/* What was acknowledged is found, whatever the table does meanwhile, and told when all are listed. */
static int find_names(struct scene *it, shoal_segment *segment, int round)
{
    char name[24], bytes[24];
    size_t size;
    int number = round % WRITERS, made = it->made[number], least = it->made[0] + it->made[1], found = 0;
    if (made == 0)
        return 0;
    snprintf(name, sizeof name, "n%d.%d", number, round * 31 % made);
    CHECK_STATUS(shoal_object_find(segment, name, strlen(name)), SHOAL_KIND_VALUE);
    CHECK_STATUS(shoal_value_get(segment, name, strlen(name), bytes, sizeof bytes, &size), SHOAL_OK);
    CHECK(size == strlen(name) && memcmp(bytes, name, size) == 0);
    if (round % 64 == 0) {
        CHECK_STATUS(shoal_object_each(segment, count_own, &found), SHOAL_OK);
        CHECK(found >= least);
    }
    return 1;
}

TEST(names_are_found_while_the_table_grows)
{
    play(&(struct scene){.write = add_names, .read = find_names, .rounds = 2000});
}

/* ---- Objects that come and go ---- */

static _Atomic int64_t *element(const shoal_object *array)
{
    return (_Atomic int64_t *)(void *)view_of(array).data;
}

static void make_and_remove(struct scene *it, shoal_segment *segment, int number, int round)
{
    char name[2][8];
    shoal_object *counter;
    int64_t value;
    (void)it, (void)number;
    snprintf(name[0], sizeof name[0], "a%d", round % 3);
    snprintf(name[1], sizeof name[1], "c%d", round % 3);
    shoal_object *array = open_array(segment, name[0], "int64", 8);
    CHECK_STATUS(shoal_counter_open(&counter, segment, name[1], strlen(name[1]), 7), SHOAL_OK);
    CHECK_STATUS(shoal_counter_add(&value, counter, 7), SHOAL_OK);
    atomic_fetch_add(element(array), 7);
    CHECK(value % 7 == 0);
    for (int i = 0; i < 2 && round % 4 == 0; i++) {
        int status = shoal_object_remove(segment, name[i], strlen(name[i]));
        CHECK(status == SHOAL_OK || status == SHOAL_ENOKEY);
    }
    shoal_object_close(array);
    shoal_object_close(counter);
}

static int open_what_is_there(struct scene *it, shoal_segment *segment, int round)
{
    char name[8];
    shoal_object *object;
    int64_t value;
    (void)it;
    snprintf(name, sizeof name, "%c%d", round % 2 ? 'a' : 'c', round / 2 % 3);
    int status = shoal_object_open(&object, segment, name, strlen(name));
    if (status == SHOAL_ENOKEY)
        return 0;
    CHECK_STATUS(status, SHOAL_OK);
    if (shoal_object_kind(object) == SHOAL_KIND_COUNTER) {
        CHECK_STATUS(shoal_counter_value(&value, object), SHOAL_OK);
        CHECK(value % 7 == 0);
    } else {
        CHECK(atomic_load(element(object)) % 7 == 0);
    }
    shoal_object_close(object);
    return 1;
}

TEST(objects_are_opened_while_they_are_made_and_removed)
{
    play(&(struct scene){.write = make_and_remove, .read = open_what_is_there, .rounds = 600});
}

/* ---- Messages that are written over ---- */

static shoal_object *stream_of(shoal_segment *segment)
{
    shoal_object *stream;
    CHECK_STATUS(shoal_stream_open(&stream, segment, "s", 1, 4096), SHOAL_OK);
    return stream;
}

static void send_some(struct scene *it, shoal_segment *segment, int number, int round)
{
    static unsigned char bytes[WRITERS][1000];
    uint64_t given;
    shoal_object *stream = stream_of(segment);
    (void)it;
    size_t size = 1 + (size_t)(round * 37 % 1000);
    fill(bytes[number], size, (unsigned)(round * WRITERS + number));
    CHECK_STATUS(shoal_stream_send(&given, stream, bytes[number], size, shoal_deadline(20)), SHOAL_OK);
    shoal_object_close(stream);
}

static int read_some(struct scene *it, shoal_segment *segment, int round)
{
    (void)it, (void)round;
    unsigned char *bytes = malloc(1000);
    shoal_object *stream;
    int status = shoal_object_open(&stream, segment, "s", 1), found = 0;
    shoal_cursor cursor;
    shoal_message message;
    if (status == SHOAL_OK && (status = shoal_stream_reader(&cursor, stream, true)) == SHOAL_OK)
        for (int i = 0; i < 8 && status == SHOAL_OK; i++)
            if ((status = shoal_stream_read(&message, &cursor, stream, bytes, 1000, SHOAL_NO_WAIT)) == SHOAL_OK) {
                CHECK(is_whole(bytes, message.size));
                found++;
            }
    CHECK(status == SHOAL_OK || status == SHOAL_ETIMEDOUT || status == SHOAL_ENOKEY || status == SHOAL_EINTR);
    shoal_object_close(stream);
    free(bytes);
    return found;
}

TEST(messages_are_read_whole_while_they_are_written_over)
{
    play(&(struct scene){.write = send_some, .read = read_some, .rounds = 3000});
}

/* ---- Peers that come, go and die ---- */

static void come_and_go(struct scene *it, shoal_segment *segment, int number, int round)
{
    shoal_segment *guest = new_twin(it->first);
    shoal_object *lock;
    char name[8];
    snprintf(name, sizeof name, "l%d", number);
    CHECK_STATUS(shoal_lock_open(&lock, guest, name, strlen(name), 0), SHOAL_OK);
    int status = shoal_lock_acquire(lock, false, shoal_deadline(20));
    CHECK(status == SHOAL_OK || status == SHOAL_RECOVERED);
    if (round % 3 == 0) { /* with the lock held, and a pin in its list: others take the one, and reap the other */
        kill_twin(guest);
    } else {
        CHECK_STATUS(shoal_lock_release(lock), SHOAL_OK);
        shoal_object_close(lock);
        free_twin(guest);
    }
    CHECK_STATUS(put(segment, "v", name, strlen(name)), SHOAL_OK);
}

static int look_at_peers(struct scene *it, shoal_segment *segment, int round)
{
    shoal_peer peers[16];
    shoal_info info;
    size_t count;
    (void)it, (void)round;
    CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK);
    CHECK(info.peers >= WRITERS + 1);
    CHECK_STATUS(shoal_segment_peers(peers, 16, &count, segment), SHOAL_OK);
    return count >= WRITERS + 1;
}

TEST(peers_come_and_go_and_die_beside_those_who_look)
{
    play(&(struct scene){.write = come_and_go, .read = look_at_peers, .rounds = 40});
}

/* ---- Checks ---- */

static void do_a_bit_of_all(struct scene *it, shoal_segment *segment, int number, int round)
{
    put_and_remove(it, segment, number, round);
    make_and_remove(it, segment, number, round);
}

static int check_beside(struct scene *it, shoal_segment *segment, int round)
{
    uint64_t count;
    (void)it, (void)round;
    CHECK_STATUS(shoal_object_count(&count, segment), SHOAL_OK);
    int findings = shoal_check(segment, print_finding, NULL);
    CHECK(findings == 0 || (segment->readonly && findings == SHOAL_ETIMEDOUT));
    return findings == 0;
}

TEST(a_check_beside_writers_finds_nothing_wrong)
{
    play(&(struct scene){.write = do_a_bit_of_all, .read = check_beside, .rounds = 300});
}
