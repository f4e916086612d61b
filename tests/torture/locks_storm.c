/*
 * The kill storm over the locks: processes take, wait for, give back and cancel locks of every kind in one segment, while
 * the main process kills them with SIGKILL at random moments. What must hold is noted outside of the segment:
 *
 *   - who is inside of a lock, of a permit, who writes, who reads: never two that exclude each other, but for the dead;
 *   - what a lock guards is whole, unless its taker is told that one died;
 *   - permits are as many as there are, and all come back;
 *   - no notification is doubled, and none is lost: a queue is drained, and who waits longest is served first;
 *   - a generation of a barrier is passed by all who arrived in it, or by nobody;
 *   - everybody gets on, whoever dies; check() is clean, and nothing is left in the end.
 *
 *   locks_storm [--kills N] [--seed S] [--workers W] [--seconds LIMIT] [--kind PROGRAM]…
 *
 * It ends at whichever comes first of --kills and --seconds. Each --kind is this program, built for another libc or word
 * size: they do the work in turn. Without one, all are forked without exec.
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../kinds/kinds.h"
#include "segment/handle.h"
#include "sync/semaphore.h"

enum { WORKERS = 12, LOCKS = 3, RWLOCKS = 2, SEMAPHORES = 2, BARRIERS = 2, MOST_PERMITS = 3, GENERATIONS = 1 << 16 };
enum { MOST_PARTIES = 3, LONGEST_QUEUE = 3, FORBEARANCE = 4 * WORKERS };

#define LONG_ENOUGH shoal_deadline(10) /* nobody who lives keeps anything for more than some ms */

/* Noted outside of the segment. Each who is inside writes its pid; 0: nobody. */
struct notes {
    _Atomic uint64_t operations[WORKERS];
    _Atomic pid_t in_lock[LOCKS], writes[RWLOCKS], reads[RWLOCKS][WORKERS], has_permit[SEMAPHORES][MOST_PERMITS];
    _Atomic uint8_t passed[BARRIERS][GENERATIONS], refused[BARRIERS][GENERATIONS]; /* bit i: who was i-th to arrive */
    _Atomic int stop, failed, kills;
};

static struct notes *notes;
static int notes_fd;
static char **kinds; /* programs that do the work in turn; NULL ends them */
static char segment_name[64];
static uint64_t random_state;

static uint64_t random_number(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void fail(const char *what, int64_t a, int64_t b)
{
    printf("FAILED: %s (%lld, %lld) %s\n", what, (long long)a, (long long)b, shoal_error_message());
    fflush(stdout);
    notes->failed = 1;
    _exit(1);
}

static void must(int status, const char *what)
{
    if (status < 0)
        fail(what, status, 0);
}

/* Gone, or going: its memory is given back already, as its locks are. */
static bool is_dead(pid_t pid)
{
    char path[64];
    unsigned long size = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return true;
    int read = fscanf(file, "%lu", &size);
    fclose(file);
    return read != 1 || size == 0;
}

/* Go in where only one may be. Whoever is noted there must be dead, and then we must have been told. */
static void go_in(_Atomic pid_t *where, bool told, const char *what)
{
    pid_t before = atomic_exchange(where, getpid());
    if (before && (before == getpid() || !is_dead(before)))
        fail(what, before, getpid());
    if (before && !told)
        fail("one died in there, and nobody was told", before, getpid());
}

static void go_out(_Atomic pid_t *where, const char *what)
{
    pid_t mine = getpid();
    if (!atomic_compare_exchange_strong(where, &mine, 0))
        fail(what, mine, getpid());
}

/* ---- A worker ---- */

struct worker {
    int number;
    shoal_segment *segment;
    shoal_object *lock[LOCKS], *rwlock[RWLOCKS], *semaphore[SEMAPHORES], *signal, *event, *counter;
    shoal_object *queue_lock, *filled, *barrier[BARRIERS];
    volatile int64_t *words; /* in the segment */
};

/* Words of the segment: two for each lock and rwlock, then the queue. */
enum { LOCK_WORDS = 0, RWLOCK_WORDS = 2 * LOCKS, MADE = RWLOCK_WORDS + 2 * RWLOCKS, TAKEN, NOTIFIED, CONSUMED, WORDS };

static shoal_time some_deadline(void)
{
    switch (random_number() % 6) {
    case 0:
        return SHOAL_NO_WAIT;
    case 1:
        return shoal_now() + (shoal_time)(random_number() % 3000000);
    default:
        return LONG_ENOUGH;
    }
}

/* true: inside. What a deadline refused was a short one. */
static bool got(int status, shoal_time deadline, const char *what)
{
    if (status >= 0)
        return true;
    if (status != SHOAL_ETIMEDOUT || shoal_now() > deadline + 9000000000)
        fail(what, status, 0);
    if (deadline != SHOAL_NO_WAIT && deadline - shoal_now() > 1000000)
        fail("a deadline came too early", deadline, shoal_now());
    return false;
}

static bool stuck(shoal_time start, shoal_time deadline)
{
    return deadline - start > 5000000000;
}

static void dwell(void)
{
    struct timespec moment = {0, (long)(random_number() % 100000)};
    if (random_number() % 8 == 0)
        nanosleep(&moment, NULL);
}

static void change_pair(volatile int64_t *pair, bool recovered)
{
    if (pair[0] != pair[1] && !recovered)
        fail("what a lock guards is half-written, and nobody was told", pair[0], pair[1]);
    int64_t next = pair[0] + 1;
    pair[0] = next;
    dwell();
    pair[1] = next;
}

/* In one call, or in pieces that end as they like. ETIMEDOUT when it was cancelled. */
static int take(shoal_object *object, int operation, shoal_time deadline)
{
    shoal_wait wait, *list[] = {&wait};
    uint32_t bell = 0;
    shoal_time start = shoal_now();
    int status, patience = (int)(random_number() % 4);
    must(shoal_wait_begin(&wait, object, operation, random_number() % 2 ? SHOAL_WAIT_TASK : 0, 0), "begin");
    if (random_number() % 2) {
        status = shoal_wait_until(&wait, deadline);
        if (status == SHOAL_ETIMEDOUT && stuck(start, deadline))
            fail("it was never free", shoal_object_kind(object), operation);
        return status;
    }
    while ((status = shoal_wait_try(&wait)) == SHOAL_PENDING && patience-- > 0) {
        shoal_wait_any(list, 1, &bell, 0);
        wait.slice_over = random_number() % 2;
    }
    if (status != SHOAL_PENDING)
        return status;
    shoal_wait_cancel(&wait);
    return SHOAL_ETIMEDOUT;
}

static void use_lock(struct worker *it)
{
    uint64_t k = random_number() % LOCKS;
    shoal_time deadline = some_deadline();
    int status = random_number() % 2 ? take(it->lock[k], SHOAL_WAIT_ACQUIRE, deadline)
                                     : shoal_lock_acquire(it->lock[k], false, some_deadline());
    if (status == SHOAL_ETIMEDOUT)
        return;
    must(status, "acquire");
    go_in(&notes->in_lock[k], status == SHOAL_RECOVERED, "two are in one lock");
    change_pair(it->words + LOCK_WORDS + 2 * k, status == SHOAL_RECOVERED);
    go_out(&notes->in_lock[k], "another came into a lock");
    must(shoal_lock_release(it->lock[k]), "release");
}

static void check_nobody_reads(uint64_t k)
{
    for (int i = 0; i < WORKERS; i++) {
        pid_t reader = notes->reads[k][i];
        if (reader && !is_dead(reader) && notes->reads[k][i] == reader)
            fail("one reads while another writes", reader, getpid());
    }
}

static void read_pair(struct worker *it, uint64_t k, int status)
{
    volatile int64_t *pair = it->words + RWLOCK_WORDS + 2 * k;
    pid_t writer;
    notes->reads[k][it->number] = getpid();
    if ((writer = notes->writes[k]) && !is_dead(writer))
        fail("one writes while another reads", writer, getpid());
    int64_t first = pair[0];
    dwell();
    if (status == SHOAL_OK && (first != pair[0] || first != pair[1]))
        fail("a reader sees a change", first, pair[1]);
    notes->reads[k][it->number] = 0;
}

static void use_rwlock(struct worker *it)
{
    uint64_t k = random_number() % RWLOCKS;
    bool writes = random_number() % 3 == 0;
    int status = take(it->rwlock[k], writes ? SHOAL_WAIT_WRITE : SHOAL_WAIT_READ, some_deadline());
    if (status == SHOAL_ETIMEDOUT)
        return;
    must(status, "read or write");
    if (writes) {
        go_in(&notes->writes[k], status == SHOAL_RECOVERED, "two write");
        check_nobody_reads(k);
        change_pair(it->words + RWLOCK_WORDS + 2 * k, status == SHOAL_RECOVERED);
        check_nobody_reads(k);
        go_out(&notes->writes[k], "another wrote");
    }
    if (writes && random_number() % 3 == 0) {
        must(shoal_rwlock_downgrade(it->rwlock[k]), "downgrade");
        writes = false;
        status = SHOAL_OK;
    }
    if (!writes)
        read_pair(it, k, status);
    must(shoal_rwlock_unlock(it->rwlock[k]), "unlock");
}

/* Which of the permits is this process's: it has one at most. */
static int my_permit(const shoal_object *object)
{
    const struct semaphore_sh *semaphore = object->body;
    for (uint32_t i = 0; i < semaphore->initial; i++)
        if (semaphore->permit[i] == object->segment->party.me)
            return (int)i;
    return -1;
}

static void use_semaphore(struct worker *it)
{
    uint64_t k = random_number() % SEMAPHORES;
    int status = take(it->semaphore[k], SHOAL_WAIT_ACQUIRE, some_deadline());
    if (status == SHOAL_ETIMEDOUT)
        return;
    must(status, "acquire a permit");
    int mine = my_permit(it->semaphore[k]);
    if (mine < 0)
        fail("a permit that nobody has", (int64_t)k, mine);
    go_in(&notes->has_permit[k][mine], true, "two have one permit");
    dwell();
    go_out(&notes->has_permit[k][mine], "another took the permit");
    must(shoal_semaphore_release(it->semaphore[k], 1), "release a permit");
}

static void use_event_and_counter(struct worker *it)
{
    int64_t value;
    switch (random_number() % 4) {
    case 0:
        must(shoal_event_set(it->event), "set");
        must(shoal_counter_add(&value, it->counter, 1), "add");
        break;
    case 1:
        must(shoal_event_clear(it->event), "clear");
        break;
    default:
        got(shoal_event_wait(it->event, shoal_now() + 2000000), shoal_now(), "wait for the event");
        must(shoal_counter_value(&value, it->counter), "value");
        got(shoal_counter_wait(it->counter, value, shoal_now() + 500000), shoal_now(), "wait for the counter");
    }
    if (random_number() % 2)
        must(shoal_semaphore_release(it->signal, 1), "raise");
    else
        got(shoal_semaphore_acquire(it->signal, shoal_now() + 500000), shoal_now(), "lower");
}

/* ---- The queue: a condition, one notification for each thing that is put in ---- */

/* One died with the lock: perhaps after putting in, before notifying; or notified, before taking out. */
static void mend_queue(struct worker *it, int status)
{
    uint32_t notified;
    if (status != SHOAL_RECOVERED)
        return;
    it->words[NOTIFIED] += WORKERS;
    must(shoal_condition_notify(&notified, it->filled, it->queue_lock, UINT32_MAX), "notify all");
}

static void put_in(struct worker *it)
{
    uint32_t notified;
    it->words[MADE]++;
    it->words[NOTIFIED]++; /* before: dead after it, it is one too many at worst */
    must(shoal_condition_notify(&notified, it->filled, it->queue_lock, 1), "notify");
    if (notified > 1)
        fail("more were notified than asked for", notified, 1);
    it->words[NOTIFIED] -= 1 - notified;
}

/* Wait until there is something, or for long: who waits first is notified first. */
static int wait_for_something(struct worker *it)
{
    int64_t before = it->words[NOTIFIED];
    shoal_wait wait;
    bool notified = false;
    must(shoal_condition_begin(&wait, it->filled, it->queue_lock, 0), "begin to wait");
    int status = shoal_wait_until(&wait, shoal_deadline(random_number() % 4 ? 0.2 : 0.002));
    if (random_number() % 16 == 0) {
        shoal_wait_cancel(&wait); /* whatever had come goes to another */
        return SHOAL_ECLOSED;
    }
    bool long_wait = status == SHOAL_ETIMEDOUT;
    status = shoal_condition_end(&notified, &wait, LONG_ENOUGH);
    must(status, "take the lock back");
    if (notified && ++it->words[CONSUMED] > it->words[NOTIFIED])
        fail("a notification came twice", it->words[CONSUMED], it->words[NOTIFIED]);
    if (long_wait && !notified && it->words[NOTIFIED] - before > FORBEARANCE)
        fail("a waiter was passed over", it->words[NOTIFIED], before);
    mend_queue(it, status);
    return notified ? SHOAL_OK : SHOAL_ETIMEDOUT;
}

static void use_queue(struct worker *it)
{
    int status = shoal_lock_acquire(it->queue_lock, false, LONG_ENOUGH);
    must(status, "acquire the queue's lock");
    mend_queue(it, status);
    if (it->words[MADE] - it->words[TAKEN] < LONGEST_QUEUE && random_number() % 2 && !notes->stop) {
        put_in(it);
    } else {
        status = SHOAL_OK;
        while (it->words[MADE] <= it->words[TAKEN] && !notes->stop && status == SHOAL_OK)
            status = wait_for_something(it);
        if (status == SHOAL_ECLOSED)
            return;
        if (it->words[MADE] > it->words[TAKEN])
            it->words[TAKEN]++;
    }
    must(shoal_lock_release(it->queue_lock), "release the queue's lock");
}

/* ---- Barriers ---- */

static void note_arrival(_Atomic uint8_t *table, const shoal_wait *wait, const char *twice)
{
    uint8_t bit = (uint8_t)(1u << wait->index);
    uint32_t generation = shoal__wait_of((shoal_wait *)wait)->seen;
    if (atomic_fetch_or(&table[generation % GENERATIONS], bit) & bit && twice)
        fail(twice, generation, wait->index);
}

static void use_barrier(struct worker *it)
{
    uint64_t k = random_number() % BARRIERS;
    shoal_wait wait;
    must(shoal_wait_begin(&wait, it->barrier[k], SHOAL_WAIT_PASS, 0, 0), "begin to meet");
    wait.index = UINT32_MAX;
    int status = shoal_wait_until(&wait, shoal_now() + (shoal_time)(random_number() % 4000000));
    if (status == SHOAL_OK && wait.last && random_number() % 8 == 0) {
        dwell();
        shoal_wait_cancel(&wait);
        status = SHOAL_EBROKEN;
    } else if (status == SHOAL_OK && wait.last) {
        dwell();
        status = shoal_barrier_pass(&wait);
    }
    if (status == SHOAL_OK)
        note_arrival(notes->passed[k], &wait, "two passed a barrier in one place");
    else if (status != SHOAL_EBROKEN && status != SHOAL_ETIMEDOUT)
        fail("a barrier", status, 0);
    else if (wait.index < MOST_PARTIES)
        note_arrival(notes->refused[k], &wait, NULL);
    if (status != SHOAL_OK && random_number() % 2)
        must(shoal_barrier_reset(it->barrier[k]), "reset");
}

static void operate(struct worker *it)
{
    switch (random_number() % 8) {
    case 0:
    case 1:
        use_lock(it);
        break;
    case 2:
    case 3:
        use_rwlock(it);
        break;
    case 4:
        use_semaphore(it);
        break;
    case 5:
        use_event_and_counter(it);
        break;
    case 6:
        use_queue(it);
        break;
    default:
        use_barrier(it);
    }
    notes->operations[it->number]++;
}

static shoal_object *open_one(struct worker *it, const char *kind, int number, uint32_t size)
{
    char name[24];
    snprintf(name, sizeof name, "%s/%d", kind, number);
    struct subject subject = subject_of(it->segment, name);
    must(driver_named(kind)->make(&subject, size), name);
    return subject.object;
}

static void open_everything(struct worker *it, shoal_context *context)
{
    shoal_object *array;
    shoal_view view;
    int64_t words = WORDS;
    must(shoal_open(&it->segment, context, segment_name, NULL), "open");
    for (int i = 0; i < LOCKS; i++)
        it->lock[i] = open_one(it, "lock", i, 0);
    for (int i = 0; i < RWLOCKS; i++)
        it->rwlock[i] = open_one(it, "rwlock", i, 0);
    for (int i = 0; i < SEMAPHORES; i++)
        it->semaphore[i] = open_one(it, "semaphore", i, 1 + 2 * (uint32_t)i);
    for (int i = 0; i < BARRIERS; i++)
        it->barrier[i] = open_one(it, "barrier", i, 2 + (uint32_t)i);
    it->queue_lock = open_one(it, "lock", LOCKS, 0);
    must(shoal_condition_open(&it->filled, it->segment, "filled", 6, it->queue_lock), "condition");
    it->signal = open_one(it, "signal", 0, 0);
    it->event = open_one(it, "event", 0, 0);
    it->counter = open_one(it, "counter", 0, 0);
    must(shoal_array_open(&array, it->segment, "words", 5, (shoal_dtype){SHOAL_INT64, 8}, 1, &words), "array");
    must(shoal_array_view(&view, array), "view");
    it->words = (volatile int64_t *)(void *)view.data;
}

static void work(int number, uint64_t seed)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* no worker outlives a storm that failed */
    struct worker it = {.number = number};
    random_state = seed;
    open_everything(&it, shoal_context_new());
    while (!notes->stop || it.words[MADE] > it.words[TAKEN]) /* in the end the queue is drained */
        operate(&it);
    _exit(0);
}

/* ---- The main process ---- */

static uint64_t count_kinds(void)
{
    uint64_t count = 0;
    while (kinds[count])
        count++;
    return count;
}

/* The worker is this program again, of another kind. */
static void become(char *program, int number, uint64_t seed)
{
    char texts[3][32];
    snprintf(texts[0], 32, "%d", notes_fd);
    snprintf(texts[1], 32, "%d", number);
    snprintf(texts[2], 32, "%llu", (unsigned long long)seed);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execl(program, program, "--work", segment_name, texts[0], texts[1], texts[2], (char *)NULL);
    fail("a worker's program does not start", errno, number);
}

static void be_worker(char **arguments)
{
    snprintf(segment_name, sizeof segment_name, "%s", arguments[2]);
    notes = mmap(NULL, sizeof *notes, PROT_READ | PROT_WRITE, MAP_SHARED, atoi(arguments[3]), 0);
    work(atoi(arguments[4]), strtoull(arguments[5], NULL, 10));
}

static pid_t start(int number)
{
    uint64_t seed = random_number() | 1;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0 && kinds[0])
        become(kinds[seed / 2 % count_kinds()], number, seed);
    if (child == 0)
        work(number, seed);
    return child;
}

static void say(void *argument, const char *finding)
{
    (void)argument;
    printf("finding: %s\n", finding);
}

static void check(shoal_segment *segment, const char *when)
{
    int findings = shoal_check(segment, say, NULL);
    if (findings != 0)
        fail(when, findings, 0);
}

static void wait_for_progress(int number, pid_t child)
{
    uint64_t before = notes->operations[number];
    shoal_time deadline = shoal_deadline(15);
    while (notes->operations[number] == before) {
        int state;
        struct timespec moment = {0, 200000};
        if (waitpid(child, &state, WNOHANG) == child)
            fail("a worker ended by itself", number, state);
        if (shoal_now() > deadline)
            fail("a worker makes no progress", number, (int64_t)before);
        nanosleep(&moment, NULL);
    }
}

struct options {
    int kills, workers;
    uint64_t seed;
    double seconds;
};

static int storm(const struct options *options, shoal_segment *segment)
{
    pid_t children[WORKERS];
    shoal_time until = shoal_deadline(options->seconds);
    int kills = 0, state;
    for (int i = 0; i < options->workers; i++)
        children[i] = start(i);
    for (; kills < options->kills && shoal_now() < until && !notes->failed; kills++) {
        int victim = (int)(random_number() % (uint64_t)options->workers);
        struct timespec moment = {0, (long)(random_number() % 4000000)};
        if (random_number() % 8 == 0)
            wait_for_progress(victim, children[victim]);
        nanosleep(&moment, NULL);
        if (waitpid(children[victim], &state, WNOHANG) == children[victim])
            fail("a worker ended by itself", victim, state);
        kill(children[victim], SIGKILL);
        waitpid(children[victim], NULL, 0);
        if (kills % 50 == 0)
            check(segment, "check() after a kill");
        children[victim] = start(victim);
    }
    for (int i = 0; i < options->workers && !notes->failed; i++)
        wait_for_progress(i, children[i]);
    notes->stop = 1;
    for (int i = 0; i < options->workers; i++)
        if (waitpid(children[i], &state, 0) != children[i] || state != 0)
            fail("a worker failed", i, state);
    return kills;
}

static void generations_agree(void)
{
    int64_t passed = 0, refused = 0;
    for (int k = 0; k < BARRIERS; k++)
        for (int g = 0; g < GENERATIONS; g++) {
            passed += notes->passed[k][g] != 0;
            refused += notes->refused[k][g] != 0;
            if (notes->passed[k][g] && notes->refused[k][g])
                fail("some passed a barrier, and others of the same generation did not", k, g);
        }
    printf("%lld generations were passed, %lld broken or reset\n", (long long)passed, (long long)refused);
    if (!passed || !refused)
        fail("the barriers were not tried", passed, refused);
}

static void is_sound(shoal_object *object)
{
    const char *wrong = driver_for(object)->sound(object);
    if (wrong)
        fail(wrong, shoal_object_kind(object), 0);
}

/* Nobody is there any more: all can be had, within what a death costs. */
static void all_is_free(struct worker *it)
{
    shoal_time start = shoal_now();
    shoal_object *const *const all[] = {it->lock, it->rwlock, it->semaphore, it->barrier};
    const int counts[] = {LOCKS, RWLOCKS, SEMAPHORES, BARRIERS};
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < counts[k]; i++)
            is_sound(all[k][i]);
    if (it->words[MADE] != it->words[TAKEN])
        fail("the queue was not drained", it->words[MADE], it->words[TAKEN]);
    if (shoal_now() - start > 1000000000)
        fail("it took long to find that all are dead", shoal_now() - start, 0);
}

static int remove_one(void *segment, const char *name, size_t length, int kind)
{
    (void)kind;
    must(shoal_object_remove(segment, name, length), "the last removal");
    return 0;
}

static void leaves_nothing(shoal_segment *segment)
{
    shoal_info info;
    must(shoal_object_each(segment, remove_one, segment), "each");
    must(shoal_segment_info(&info, segment), "info");
    check(segment, "check() at the end");
    if (info.objects || info.peers > 1)
        fail("objects or peers are left", (int64_t)info.objects, info.peers);
}

static struct options read_options(int count, char **arguments)
{
    static char *programs[8];
    int programs_count = 0;
    struct options options = {.kills = 500, .workers = 6, .seed = (uint64_t)time(NULL), .seconds = 300};
    kinds = programs;
    for (int i = 1; i + 1 < count; i += 2) {
        if (strcmp(arguments[i], "--kills") == 0)
            options.kills = atoi(arguments[i + 1]);
        else if (strcmp(arguments[i], "--seed") == 0)
            options.seed = strtoull(arguments[i + 1], NULL, 10);
        else if (strcmp(arguments[i], "--workers") == 0)
            options.workers = atoi(arguments[i + 1]) < WORKERS ? atoi(arguments[i + 1]) : WORKERS;
        else if (strcmp(arguments[i], "--seconds") == 0)
            options.seconds = atof(arguments[i + 1]);
        else if (strcmp(arguments[i], "--kind") == 0 && programs_count < 7)
            programs[programs_count++] = arguments[i + 1];
    }
    return options;
}

static void unlink_it(void)
{
    char path[128];
    snprintf(path, sizeof path, "%s/shoal.%s", getenv("SHOAL_DIR") ? getenv("SHOAL_DIR") : "/dev/shm", segment_name);
    unlink(path);
}

static int tell(const struct options *options, shoal_time began, int violations)
{
    uint64_t operations = 0;
    for (int i = 0; i < WORKERS; i++)
        operations += notes->operations[i];
    if (violations)
        printf("replay: locks_storm --seed %llu --kills %d --workers %d\n", (unsigned long long)options->seed,
               options->kills, options->workers);
    printf("{\"tool\": \"locks_storm\", \"seed\": %llu, \"seconds\": %.1f, \"kills\": %d, \"kinds\": %d, "
           "\"operations\": %llu, \"violations\": %d}\n",
           (unsigned long long)options->seed, (double)(shoal_now() - began) / 1e9, notes->kills,
           kinds[0] ? (int)count_kinds() : 1, (unsigned long long)operations, violations);
    return violations ? 1 : 0;
}

int main(int count, char **arguments)
{
    if (count == 6 && strcmp(arguments[1], "--work") == 0)
        be_worker(arguments);
    struct options options = read_options(count, arguments);
    struct worker mine = {.number = WORKERS - 1};
    shoal_segment *segment;
    shoal_context *context = shoal_context_new();
    random_state = options.seed * 2 + 1;
    shoal_time began = shoal_now();
    notes_fd = memfd_create("notes", 0);
    if (ftruncate(notes_fd, sizeof *notes) < 0)
        return 2;
    notes = mmap(NULL, sizeof *notes, PROT_READ | PROT_WRITE, MAP_SHARED, notes_fd, 0);
    snprintf(segment_name, sizeof segment_name, "test-locks-%d", (int)getpid());
    printf("locks_storm: %d kills, %d workers, seed %llu\n", options.kills, options.workers,
           (unsigned long long)options.seed);
    must(shoal_create(&segment, context, segment_name, NULL), "create");
    open_everything(&mine, context);
    fflush(stdout);
    pid_t child = fork(); /* which fails with _exit; the name goes in any case */
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        notes->kills = storm(&options, segment);
        generations_agree();
        fflush(stdout);
        _exit(0);
    }
    int state;
    waitpid(child, &state, 0);
    unlink_it();
    if (state != 0 || notes->failed)
        return tell(&options, began, 1);
    all_is_free(&mine);
    must(shoal_context_abandon_locks(context, true), "abandon");
    leaves_nothing(segment);
    shoal_context_free(context);
    printf("locks_storm: %d kills, everybody got on\n", notes->kills);
    return tell(&options, began, 0);
}
