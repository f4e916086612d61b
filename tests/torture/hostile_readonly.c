/*
 * A process that may read a segment's file and no more, and means harm to those who write. Each attack is made while two
 * writers lock, count, store and remove: they go on, lose nothing, and notice the dead. What an attack does achieve is
 * asserted too, so that it is known: see docs/guarantees.md.
 *
 *   hostile_readonly [--seconds N] [--seed N] [ATTACK...]      N: for each attack that lasts (default 0.6)
 *
 * Run by root, the attacker is another user (65534); else it is the same one, and what only permissions refuse is left out.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shoal.h"

enum { SIZE = 1 << 20, NOBODY = 65534, WRITERS = 2, SLOTS = 126 };
#define PEER_BYTES ((off_t)1 << 40)   /* + slot: docs/format.md */
#define READER_BYTES ((off_t)1 << 41) /* + ref */
#define PAGE_BYTES ((off_t)1 << 43)   /* + page */

static char directory[] = "/dev/shm/test-readonly-XXXXXX", path[300];
static double seconds = 0.6;
static int violations;
static struct board {
    volatile uint64_t operations[WRITERS];
    volatile bool stop, ready;
} *board;

static void violation(const char *attack, const char *what)
{
    printf("VIOLATION: %s: %s (%s)\n", attack, what, shoal_error_message());
    violations++;
}

#define EXPECT(attack, condition)                                                                                      \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            violation(attack, #condition);                                                                             \
    } while (0)

static void need(int status, const char *what)
{
    if (status >= 0)
        return;
    fprintf(stderr, "%s: %s\n", what, shoal_error_message());
    exit(2);
}

static shoal_context *new_context(void)
{
    shoal_context *context = shoal_context_new();
    need(shoal_context_set_directory(context, directory), "directory");
    return context;
}

static int try_attach(void)
{
    shoal_segment *segment;
    shoal_context *context = new_context();
    int status = shoal_open(&segment, context, "peace", NULL);
    shoal_context_free(context);
    return status;
}

static shoal_segment *attach(shoal_context *context)
{
    shoal_segment *segment;
    need(shoal_open(&segment, context, "peace", NULL), "attach");
    return segment;
}

static double since(shoal_time start)
{
    return (double)(shoal_now() - start) / 1e9;
}

/* ---- Writers ---- */

static void work(int number)
{
    char name[32], bytes[500];
    int64_t sum, *pair;
    shoal_view view;
    shoal_segment *segment = attach(new_context());
    shoal_object *lock, *array, *counter, *event;
    need(shoal_lock_open(&lock, segment, "lock", 4, 0), "lock");
    need(shoal_array_open(&array, segment, "pair", 4, (shoal_dtype){SHOAL_INT64, 8}, 1, (int64_t[]){2}), "array");
    need(shoal_array_view(&view, array), "view");
    need(shoal_counter_open(&counter, segment, "count", 5, 0), "counter");
    pair = (int64_t *)(void *)view.data;
    memset(bytes, 0xc0, sizeof bytes);
    while (!board->stop) {
        uint64_t done = ++board->operations[number];
        need(shoal_lock_acquire(lock, false, SHOAL_FOREVER), "acquire");
        if (pair[0] != pair[1])
            violation("writers", "two were inside");
        pair[0]++;
        pair[1]++;
        need(shoal_lock_release(lock), "release");
        need(shoal_counter_add(&sum, counter, 1), "add");
        snprintf(name, sizeof name, "%d/%llu", number, (unsigned long long)done % 7);
        need(shoal_value_put(segment, name, strlen(name), bytes, 1 + done % 400), "put");
        if (done % 16 == 0) {
            *name = (char)('A' + number);
            need(shoal_event_open(&event, segment, name, strlen(name)), "event");
            shoal_object_close(event);
            need(shoal_object_remove(segment, name, strlen(name)), "remove");
        }
    }
}

static pid_t writers[WRITERS];

static void start_writers(void)
{
    board->stop = false;
    for (int i = 0; i < WRITERS; i++) {
        fflush(NULL);
        if ((writers[i] = fork()) == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            work(i);
            _exit(violations ? 1 : 0);
        }
    }
}

static void stop_writers(const char *attack)
{
    int status;
    board->stop = true;
    for (int i = 0; i < WRITERS; i++)
        if (waitpid(writers[i], &status, 0) != writers[i] || status != 0)
            violation(attack, "a writer failed");
}

static uint64_t done_so_far(void)
{
    return board->operations[0] + board->operations[1];
}

/* Operations a second of both, each of which gets on. */
static double watch_writers(const char *attack)
{
    uint64_t before[WRITERS] = {board->operations[0], board->operations[1]}, sum = done_so_far();
    shoal_time start = shoal_now();
    usleep((useconds_t)(seconds * 1e6));
    for (int i = 0; i < WRITERS; i++) { /* on a busy machine it may take longer */
        while (board->operations[i] == before[i] && since(start) < 20)
            usleep(1000);
        if (board->operations[i] == before[i])
            violation(attack, "a writer did nothing for 20 s");
    }
    return (double)(done_so_far() - sum) / since(start);
}

/* ---- The attacker ---- */

static bool is_other_user;

static int open_to_read(void)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        exit(3);
    return fd;
}

static int lock_range(int fd, short type, off_t from, off_t length)
{
    struct flock lock = {.l_type = type, .l_start = from, .l_len = length};
    return fcntl(fd, F_OFD_SETLK, &lock) < 0 ? -errno : 0;
}

static pid_t start_attacker(void (*act)(int fd, unsigned char *mapping))
{
    board->ready = false;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        if (is_other_user && (setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
            _exit(4);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int fd = open_to_read();
        unsigned char *mapping = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
        act(fd, mapping);
        board->ready = true;
        for (;;)
            pause();
    }
    shoal_time start = shoal_now();
    while (!board->ready && waitpid(child, NULL, WNOHANG) == 0 && since(start) < 60)
        usleep(1000);
    return child;
}

static void end_attacker(pid_t attacker)
{
    kill(attacker, SIGKILL);
    waitpid(attacker, NULL, 0);
}

/* ---- What permissions refuse ---- */

static void refused(int fd, unsigned char *mapping)
{
    char link[40];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    EXPECT("refused", lock_range(fd, F_WRLCK, PEER_BYTES, 1) == -EBADF);
    EXPECT("refused", ftruncate(fd, 0) < 0 && fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) < 0);
    EXPECT("refused", mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
    EXPECT("refused", mprotect(mapping, SIZE, PROT_READ | PROT_WRITE) < 0);
    EXPECT("refused", pwrite(fd, "x", 1, 0) < 0);
    EXPECT("refused", fcntl(fd, F_SETLEASE, F_RDLCK) < 0); /* somebody has it open for writing */
    if (is_other_user) {
        EXPECT("refused", open(link, O_RDWR) < 0 && open(path, O_RDWR) < 0 && truncate(path, 0) < 0);
        EXPECT("refused", unlink(path) < 0 && chmod(path, 0666) < 0);
    }
    if (violations)
        _exit(5);
}

static void attack_refused(void)
{
    pid_t attacker = start_attacker(refused);
    EXPECT("refused", board->ready);
    watch_writers("refused");
    end_attacker(attacker);
}

/* ---- Locks ---- */

static void lock_every_other_slot(int fd, unsigned char *mapping)
{
    (void)mapping;
    for (int slot = 0; slot < SLOTS; slot += 2)
        lock_range(fd, F_RDLCK, PEER_BYTES + slot, 1); /* refused where a peer lives */
}

static void attack_some_slots(void)
{
    pid_t attacker = start_attacker(lock_every_other_slot);
    for (int i = 0; i < 20; i++) /* a claim goes on to a free one */
        EXPECT("some slots", try_attach() == SHOAL_OK);
    watch_writers("some slots");
    end_attacker(attacker);
}

static void lock_all_slots(int fd, unsigned char *mapping)
{
    (void)mapping;
    flock(fd, LOCK_EX);
    for (int slot = 0; slot < SLOTS; slot++)
        lock_range(fd, F_RDLCK, PEER_BYTES + slot, 1);
}

/* Of the children that are forked now, none gets a place: each call says so, and none is a fault. */
static int call_in_child(shoal_object *lock, shoal_object *semaphore)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        bool told = shoal_lock_acquire(lock, false, SHOAL_NO_WAIT) == SHOAL_ECLOSED &&
                    shoal_object_usable(lock) == SHOAL_ECLOSED;
        told = told && strstr(shoal_error_message(), "locked by a process that may read it");
        _exit(told && shoal_semaphore_initial(semaphore) == 0 && *shoal_object_lost(lock) ? 0 : 1);
    }
    waitpid(child, &status, 0);
    return status;
}

/* Nobody comes in; who is in goes on, and sees who dies. */
static void attack_all_slots(void)
{
    shoal_segment *segment = attach(new_context());
    shoal_object *lock, *semaphore;
    need(shoal_lock_open(&lock, segment, "mortal", 6, 0), "lock");
    need(shoal_semaphore_open(&semaphore, segment, "permits", 7, 3, 0), "semaphore");
    board->ready = false;
    pid_t holder = fork();
    if (holder == 0) {
        need(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), "hold");
        board->ready = true;
        for (;;)
            pause();
    }
    while (!board->ready)
        usleep(1000);
    pid_t attacker = start_attacker(lock_all_slots);
    EXPECT("all slots", try_attach() == SHOAL_ENOSPACE);
    EXPECT("all slots", strstr(shoal_error_message(), "locked by a process that may read it"));
    EXPECT("all slots", call_in_child(lock, semaphore) == 0);
    watch_writers("all slots");
    EXPECT("all slots", shoal_lock_acquire(lock, false, shoal_deadline(0.2)) == SHOAL_ETIMEDOUT);
    kill(holder, SIGKILL);
    waitpid(holder, NULL, 0);
    shoal_time start = shoal_now();
    EXPECT("all slots", shoal_lock_acquire(lock, false, shoal_deadline(20)) == SHOAL_RECOVERED);
    printf("all slots: nobody can attach for writing; forked children are told so; a death was noticed after %.3f s\n",
           since(start));
    EXPECT("all slots", shoal_lock_release(lock) == SHOAL_OK);
    end_attacker(attacker);
    EXPECT("all slots", try_attach() == SHOAL_OK);
    shoal_context_free(NULL);
    shoal_object_close(semaphore);
    shoal_object_close(lock);
    shoal_close(segment);
}

static void lock_all_pins(int fd, unsigned char *mapping)
{
    (void)mapping;
    lock_range(fd, F_RDLCK, READER_BYTES, (off_t)1 << 32);
}

/* Objects that were removed keep their memory as long as the reader likes; values do not. */
static void attack_pins(void)
{
    shoal_info during, after;
    shoal_segment *segment = attach(new_context());
    pid_t attacker = start_attacker(lock_all_pins);
    uint64_t before = done_so_far();
    while (done_so_far() < before + 200)
        usleep(1000);
    need(shoal_segment_info(&during, segment), "info");
    end_attacker(attacker);
    for (int i = 0; i < 2000; i++) { /* each removal frees some of those that were kept */
        need(shoal_segment_info(&after, segment), "info");
        if (after.removed < 20)
            break;
        usleep(10000);
    }
    printf("pins: %u removed objects were kept, %u when the reader was gone\n", during.removed, after.removed);
    EXPECT("pins", during.removed > 0 && after.removed < 20);
    shoal_close(segment);
}

enum { LARGE = 300 << 10 };

static void lock_all_pages(int fd, unsigned char *mapping)
{
    (void)mapping;
    lock_range(fd, F_RDLCK, PAGE_BYTES, (off_t)1 << 32);
}

/* Large values that were replaced keep their memory as long as the reader likes, and the last one stays whole. */
static void attack_pages(void)
{
    static unsigned char bytes[LARGE], have[LARGE];
    size_t size;
    int kept = 0;
    shoal_segment *segment = attach(new_context());
    pid_t attacker = start_attacker(lock_all_pages);
    memset(bytes, 1, LARGE);
    while (kept < 10 && shoal_value_put(segment, "large", 5, bytes, LARGE) == SHOAL_OK)
        memset(bytes, ++kept + 1, LARGE);
    printf("pages: %d large values fitted into %d KiB, each in place of the one before it\n", kept, SIZE >> 10);
    EXPECT("pages", kept > 0 && kept < 10);
    watch_writers("pages");
    need(shoal_value_get(segment, "large", 5, have, LARGE, &size), "get");
    EXPECT("pages", size == LARGE && have[0] == kept && memcmp(have, have + 1, LARGE - 1) == 0);
    end_attacker(attacker);
    for (int i = 0; i < 20; i++)
        EXPECT("pages", shoal_value_put(segment, "large", 5, bytes, LARGE) == SHOAL_OK);
    EXPECT("pages", shoal_object_remove(segment, "large", 5) == SHOAL_OK);
    shoal_close(segment);
}

enum { MANY = 2000 };

static void take_many_locks(int fd, unsigned char *mapping)
{
    (void)mapping;
    for (int i = 0; i < MANY; i++)
        if (lock_range(fd, F_RDLCK, ((off_t)1 << 42) + 2 * i, 1) < 0)
            break;
}

static double time_of_attach(void)
{
    double best = 1e9;
    for (int i = 0; i < 5; i++) {
        shoal_time start = shoal_now();
        EXPECT("many locks", try_attach() == SHOAL_OK);
        best = since(start) < best ? since(start) : best;
    }
    return best;
}

/* Every question after a life goes through the kernel's list of locks. */
static void attack_many_locks(void)
{
    double before = time_of_attach();
    pid_t attacker = start_attacker(take_many_locks);
    double during = time_of_attach(), rate = watch_writers("many locks");
    end_attacker(attacker);
    printf("many locks: %d of them: an attach takes %.3f ms instead of %.3f; %.0f operations a second\n", MANY,
           during * 1e3, before * 1e3, rate);
}

/* ---- Futexes: what a mapping that may be read is enough for ---- */

static unsigned char *words;

static void *wait_everywhere(void *seed)
{
    uint32_t at = (uint32_t)(uintptr_t)seed * 7919;
    for (;;) {
        struct timespec moment = {0, 20000000};
        at = (at * 1664525 + 1013904223) % (SIZE / 8);
        uint32_t *word = (uint32_t *)(void *)(words + at / 4 * 4 % (64 << 10));
        syscall(SYS_futex, word, FUTEX_WAIT, *(volatile uint32_t *)word, &moment, NULL, 0);
    }
    return NULL;
}

static void disturb_futexes(int fd, unsigned char *mapping)
{
    (void)fd;
    pthread_t thread;
    words = mapping;
    for (uintptr_t i = 0; i < 30; i++)
        pthread_create(&thread, NULL, wait_everywhere, (void *)i);
    board->ready = true;
    for (uint32_t to = 0;; to = (to + 4) % 4096)
        for (uint32_t at = 0; at < 64 << 10; at += 4) { /* header, roster, descriptors, the first blocks */
            syscall(SYS_futex, mapping + at, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
            syscall(SYS_futex, mapping + at, FUTEX_REQUEUE, 0, (void *)(uintptr_t)INT32_MAX, mapping + SIZE - 4096 + to,
                    0);
        }
}

static void attack_futexes(void)
{
    double before = watch_writers("futexes");
    pid_t attacker = start_attacker(disturb_futexes);
    double during = watch_writers("futexes");
    end_attacker(attacker);
    printf("futexes: %.0f operations a second instead of %.0f\n", during, before);
}

/* ---- Memory ---- */

static void touch_everything(int fd, unsigned char *mapping)
{
    unsigned sum = 0;
    (void)fd;
    for (int at = 0; at < SIZE; at += 4096)
        sum += mapping[at];
    (void)!mlock(mapping, sum ? 65536 : 4096);
}

/* Who reads a hole of a tmpfs file has memory put there: up to the ceiling, and it stays. */
static void attack_holes(void)
{
    shoal_info before, after;
    shoal_segment *segment = attach(new_context());
    need(shoal_segment_info(&before, segment), "info");
    pid_t attacker = start_attacker(touch_everything);
    need(shoal_segment_info(&after, segment), "info");
    watch_writers("holes");
    end_attacker(attacker);
    printf("holes: the segment took %llu KiB of the host's memory, and %llu when all was touched\n",
           (unsigned long long)before.committed >> 10, (unsigned long long)after.committed >> 10);
    EXPECT("holes", after.committed <= SIZE);
    shoal_close(segment);
}

/* ---- A lease, when nobody writes: same user only ---- */

static void take_lease(int fd, unsigned char *mapping)
{
    munmap(mapping, SIZE);
    signal(SIGIO, SIG_IGN);
    if (fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
        _exit(6);
}

static void attack_lease(void)
{
    bool other = is_other_user;
    stop_writers("lease");
    is_other_user = false;
    pid_t attacker = start_attacker(take_lease);
    is_other_user = other;
    if (board->ready) {
        int status = try_attach();
        printf("lease: of the same user, when nobody writes: an attach is %s (%s)\n", shoal_status_name(status),
               shoal_error_message());
        EXPECT("lease", status == SHOAL_EDENIED && strstr(shoal_error_message(), "lease"));
    } else {
        printf("lease: refused by this system\n");
    }
    end_attacker(attacker);
    EXPECT("lease", try_attach() == SHOAL_OK);
    start_writers();
}

/* ---- All ---- */

static const struct {
    const char *name;
    void (*act)(void);
} attacks[] = {{"refused", attack_refused}, {"some-slots", attack_some_slots}, {"all-slots", attack_all_slots},
               {"pins", attack_pins},       {"pages", attack_pages},           {"many-locks", attack_many_locks},
               {"futexes", attack_futexes}, {"holes", attack_holes},           {"lease", attack_lease}};
enum { ATTACKS = sizeof attacks / sizeof *attacks };

static void make(void)
{
    shoal_segment *segment;
    shoal_options options;
    if (!mkdtemp(directory) || chmod(directory, 0755) < 0)
        exit(2);
    snprintf(path, sizeof path, "%s/shoal.peace", directory);
    shoal_options_init(&options);
    options.size = SIZE - 4096; /* under 1 MiB there are fewer slots */
    options.mode = 0644;
    need(shoal_create(&segment, new_context(), "peace", &options), "create");
    shoal_close(segment);
}

static void judge_the_end(void)
{
    int64_t count;
    shoal_view view;
    shoal_object *counter, *array;
    shoal_segment *segment = attach(new_context());
    need(shoal_object_open(&counter, segment, "count", 5), "counter");
    need(shoal_counter_value(&count, counter), "count");
    need(shoal_object_open(&array, segment, "pair", 4), "array");
    need(shoal_array_view(&view, array), "view");
    const int64_t *pair = (const int64_t *)(const void *)view.data;
    EXPECT("the end", (uint64_t)count == done_so_far() && pair[0] == count && pair[1] == count);
    EXPECT("the end", shoal_check(segment, NULL, NULL) == 0);
    shoal_object_close(counter);
    shoal_object_close(array);
    shoal_close(segment);
}

int main(int argc, char **argv)
{
    const char *only[ATTACKS] = {NULL}, *seed = "0";
    int count = 0, made = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc)
            seconds = atof(argv[++i]);
        else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
            seed = argv[++i]; /* nothing is random here */
        else if (count < ATTACKS)
            only[count++] = argv[i];
    }
    board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    is_other_user = geteuid() == 0;
    make();
    shoal_time start = shoal_now();
    start_writers();
    while (done_so_far() < 100)
        usleep(1000);
    for (int i = 0; i < ATTACKS; i++) {
        bool wanted = count == 0;
        for (int k = 0; k < count; k++)
            wanted |= strcmp(only[k], attacks[i].name) == 0;
        if (wanted) {
            attacks[i].act();
            made++;
        }
    }
    stop_writers("the end");
    judge_the_end();
    unlink(path);
    rmdir(directory);
    printf("{\"tool\": \"hostile_readonly\", \"seed\": %s, \"seconds\": %.1f, \"attacks\": %d, \"other_user\": %s, "
           "\"operations\": %llu, \"violations\": %d}\n",
           seed, since(start), made, is_other_user ? "true" : "false", (unsigned long long)done_so_far(), violations);
    return violations || made == 0 ? 1 : 0;
}
