/*
 * The kill storm over a Queue: producers put numbers, one by one, many at once, large ones and loans; consumers get them; the main
 * process kills and stops them at random moments. What must hold is noted outside of the segment:
 *
 *   - no message is got twice, or torn, and each consumer sees the numbers of one producer in their order;
 *   - what was acknowledged is got, but for what a consumer that was killed had got and not noted: at most as many as it had asked for;
 *   - everybody gets on, whoever dies; no call is longer than 10 seconds, though others are stopped;
 *   - in the end the queue is empty, its counts say so, check() is clean and all memory is free again.
 *
 *   queue_storm [--kills N] [--stops 0] [--seed S] [--seconds LIMIT] [--producers P] [--consumers C] [--capacity BYTES]
 */
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

#include "shoal.h"

enum { MOST = 8, NUMBERS = 4 << 20, BATCH = 8, LARGEST = 40000, CONSUMER_ROOM = 5 * SHOAL_QUEUE_SMALL };

#define UNSURE 0x80u
#define LONG_ENOUGH shoal_deadline(10)

/* Noted outside of the segment. */
static struct notes {
    _Atomic uint32_t begun[MOST], done[MOST]; /* the last number of each producer: that is being put, that was put */
    _Atomic uint32_t asked[MOST];             /* so many messages a consumer may have got and not noted yet */
    _Atomic uint64_t got_all[MOST];
    _Atomic int stop, failed;
    _Atomic uint8_t got[MOST][NUMBERS]; /* how often it was got; UNSURE: whether it was put */
} *notes;

static char segment_name[64];
static uint64_t random_state;
static uint64_t capacity = 100000;

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

/* ---- Messages ---- */

struct stamp {
    uint32_t producer, number, size, check;
};

static size_t size_of(uint32_t producer, uint32_t number)
{
    uint32_t mixed = (number * 2654435761u) ^ producer * 40503u;
    if (mixed % 32 == 0)
        return 9000 + mixed / 32 % (LARGEST - 9000);
    return sizeof(struct stamp) + mixed / 32 % 600;
}

static size_t write_message(unsigned char *bytes, uint32_t producer, uint32_t number)
{
    struct stamp stamp = {producer, number, (uint32_t)size_of(producer, number), producer ^ number * 7u};
    memcpy(bytes, &stamp, sizeof stamp);
    memset(bytes + sizeof stamp, (int)(stamp.check % 251), stamp.size - sizeof stamp);
    return stamp.size;
}

static struct stamp read_message(const shoal_taken *taken)
{
    struct stamp stamp = {0};
    const unsigned char *bytes = taken->bytes;
    if (taken->size >= sizeof stamp)
        memcpy(&stamp, bytes, sizeof stamp);
    if (stamp.producer >= MOST || stamp.number >= NUMBERS || taken->size != size_of(stamp.producer, stamp.number) ||
        stamp.size != taken->size || stamp.check != (stamp.producer ^ stamp.number * 7u))
        fail("a message is none that was put", (int64_t)taken->size, stamp.number);
    for (size_t i = sizeof stamp; i < taken->size; i++)
        if (bytes[i] != (unsigned char)(stamp.check % 251))
            fail("a message is torn", stamp.number, (int64_t)i);
    return stamp;
}

/* ---- Workers ---- */

static shoal_object *open_queue(shoal_segment **segment)
{
    shoal_object *queue;
    shoal_context *context = shoal_context_new();
    must(shoal_open(segment, context, segment_name, NULL), "open");
    must(shoal_queue_open(&queue, *segment, "queue", 5, capacity), "open the queue");
    return queue;
}

static void put_one(shoal_object *queue, uint32_t me, uint32_t number)
{
    static unsigned char bytes[LARGEST];
    size_t size = write_message(bytes, me, number);
    if (random_number() % 8 == 0) {
        shoal_loan loan;
        must(shoal_queue_loan(&loan, queue, size, 0, LONG_ENOUGH), "loan");
        memcpy(loan.bytes, bytes, size);
        must(shoal_queue_put_loan(&loan, size, LONG_ENOUGH), "put a loan");
    } else {
        must(shoal_queue_put(queue, bytes, size, LONG_ENOUGH), "put");
    }
}

static uint32_t put_many(shoal_object *queue, uint32_t me, uint32_t number, uint32_t count)
{
    static unsigned char bytes[BATCH][LARGEST];
    shoal_bytes messages[BATCH];
    size_t put;
    for (uint32_t i = 0; i < count; i++)
        messages[i] = (shoal_bytes){bytes[i], write_message(bytes[i], me, number + i)};
    must(shoal_queue_put_many(&put, queue, messages, count, LONG_ENOUGH), "put many");
    return (uint32_t)put;
}

/* What the one before had begun may be there or not; it is not put again. */
static void produce(uint32_t me)
{
    shoal_segment *segment;
    shoal_object *queue = open_queue(&segment);
    for (uint32_t n = notes->done[me] + 1; n <= notes->begun[me]; n++)
        atomic_fetch_or(&notes->got[me][n], UNSURE);
    while (!notes->stop && notes->begun[me] + BATCH + 1 < NUMBERS) {
        uint32_t next = notes->begun[me] + 1, count = random_number() % 4 ? 1 : 1 + (uint32_t)(random_number() % BATCH);
        notes->begun[me] = next + count - 1;
        if (count == 1)
            put_one(queue, me, next);
        else
            count = put_many(queue, me, next, count);
        notes->done[me] = next + count - 1;
    }
    shoal_object_close(queue);
    shoal_close(segment);
}

static void note(uint32_t *last, const shoal_taken *taken)
{
    struct stamp stamp = read_message(taken);
    if (stamp.number <= last[stamp.producer])
        fail("an older message came later", stamp.number, last[stamp.producer]);
    last[stamp.producer] = stamp.number;
    if ((atomic_fetch_add(&notes->got[stamp.producer][stamp.number], 1) & ~UNSURE) != 0)
        fail("a message was got twice", stamp.producer, stamp.number);
}

/* SHOAL_OK, or that there is none. */
static int get_some(shoal_object *queue, uint32_t me, uint32_t *last, size_t most, shoal_time deadline)
{
    static unsigned char buffer[CONSUMER_ROOM];
    shoal_taken taken[BATCH];
    size_t count = 1;
    notes->asked[me] = (uint32_t)most;
    int status = most == 1 ? shoal_queue_get(taken, queue, buffer, deadline)
                           : shoal_queue_get_many(taken, most, &count, queue, buffer, sizeof buffer, deadline);
    for (size_t i = 0; i < count && status == SHOAL_OK; i++) {
        note(last, &taken[i]);
        shoal_taken_end(&taken[i]);
        notes->got_all[me]++;
    }
    notes->asked[me] = 0;
    return status;
}

static void consume(uint32_t me)
{
    uint32_t last[MOST] = {0};
    shoal_segment *segment;
    shoal_object *queue = open_queue(&segment);
    while (!notes->stop) {
        bool wait = random_number() % 16;
        int status = get_some(queue, me, last, random_number() % 4 ? 1 : 1 + random_number() % BATCH,
                              wait ? shoal_deadline(0.2) : SHOAL_NO_WAIT);
        if (status != SHOAL_EEMPTY)
            must(status, "get");
    }
    shoal_object_close(queue);
    shoal_close(segment);
}

/* ---- The killer ---- */

struct options {
    int kills, stops, producers, consumers;
    uint64_t seed;
    double seconds;
};

struct place {
    pid_t pid;
    shoal_time go_on; /* stopped until then; 0: it is not */
};

static void start(struct place *place, int number, const struct options *options)
{
    uint64_t seed = random_number() | 1;
    fflush(stdout);
    place->go_on = 0;
    place->pid = fork();
    if (place->pid > 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    random_state = seed;
    if (number < options->producers)
        produce((uint32_t)number);
    else
        consume((uint32_t)(number - options->producers));
    _exit(0);
}

/* Returns how many messages it may have taken with it. */
static uint32_t end(const struct place *place, int number, const struct options *options)
{
    int status;
    kill(place->pid, SIGKILL);
    waitpid(place->pid, &status, 0);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
        if (status != 0)
            fail("a worker ended by itself", number, status);
        return 0;
    }
    if (number < options->producers)
        return 0;
    return atomic_exchange(&notes->asked[number - options->producers], 0);
}

static void doze(void)
{
    struct timespec moment = {0, (long)(random_number() % 4000000)};
    nanosleep(&moment, NULL);
}

/* Who is stopped goes on before the others' deadlines. */
static void stop_and_continue(struct place *places, int count)
{
    for (int i = 0; i < count; i++)
        if (places[i].go_on && shoal_now() > places[i].go_on) {
            kill(places[i].pid, SIGCONT);
            places[i].go_on = 0;
        }
    struct place *one = &places[random_number() % (uint64_t)count];
    if (random_number() % 4 == 0 && !one->go_on) {
        kill(one->pid, SIGSTOP);
        one->go_on = shoal_now() + (shoal_time)(random_number() % 50000000);
    }
}

/* How many were got when it was last looked at, and since when it was not more; the longest of such times. */
static struct {
    uint64_t got;
    shoal_time since, longest;
} progress;

static void look_at_progress(void)
{
    uint64_t got = 0;
    shoal_time now = shoal_now();
    for (int i = 0; i < MOST; i++)
        got += notes->got_all[i];
    if (progress.since && now - progress.since > progress.longest)
        progress.longest = now - progress.since;
    if (got != progress.got || !progress.since) {
        progress.got = got;
        progress.since = now;
    }
}

static int storm(const struct options *options, uint64_t *may_be_lost)
{
    struct place places[2 * MOST];
    int count = options->producers + options->consumers, kills = 0;
    shoal_time over = shoal_deadline(options->seconds);
    for (int i = 0; i < count; i++)
        start(&places[i], i, options);
    while (kills < options->kills && shoal_now() < over && !notes->failed) {
        doze();
        look_at_progress();
        if (options->stops)
            stop_and_continue(places, count);
        int number = (int)(random_number() % (uint64_t)count);
        *may_be_lost += end(&places[number], number, options);
        kills++;
        start(&places[number], number, options);
    }
    notes->stop = 1;
    for (int i = 0; i < count; i++) {
        kill(places[i].pid, SIGCONT);
        *may_be_lost += end(&places[i], i, options);
    }
    return kills;
}

/* ---- The judge ---- */

/* The order was looked at by the consumers; what is left has the numbers that nobody has. */
static uint64_t get_the_rest(shoal_object *queue)
{
    uint64_t count, used, rest = 0;
    for (;;) {
        uint32_t last[MOST] = {0};
        int status = get_some(queue, 0, last, 1, LONG_ENOUGH - shoal_deadline(9.9));
        must(shoal_queue_size(&count, queue), "size");
        if (status == SHOAL_EEMPTY)
            break;
        must(status, "get");
        rest++;
    }
    must(shoal_queue_used(&used, queue), "used");
    if (count || used)
        fail("an empty queue has messages", (int64_t)count, (int64_t)used);
    return rest;
}

static uint64_t count_lost(const struct options *options)
{
    uint64_t lost = 0;
    for (int i = 0; i < options->producers; i++)
        for (uint32_t n = 1; n <= notes->done[i]; n++)
            lost += notes->got[i][n] == 0;
    return lost;
}

static void say(void *argument, const char *finding)
{
    (void)argument;
    printf("finding: %s\n", finding);
}

/* The dead's runs are taken from them, and warm ones get cold in two seconds, while somebody acts. */
static void leaves_nothing(shoal_segment *segment, shoal_object *queue)
{
    shoal_info info;
    shoal_time over = LONG_ENOUGH;
    shoal_object_close(queue);
    must(shoal_object_remove(segment, "queue", 5), "remove");
    do {
        doze();
        must(shoal_segment_info(&info, segment), "info");
    } while (info.used > 16384 && shoal_now() < over); /* the directory's table, and nothing else */
    if (info.used > 16384 || info.objects)
        fail("memory is lost", (int64_t)info.used, (int64_t)info.objects);
    if (shoal_check(segment, say, NULL) != 0)
        fail("check() has findings", 0, 0);
}

static struct options read_options(int count, char **arguments)
{
    struct options options = {.kills = 500, .producers = 3, .consumers = 3, .stops = 1, .seed = 1, .seconds = 1e9};
    for (int i = 1; i + 1 < count; i += 2) {
        const char *value = arguments[i + 1];
        if (strcmp(arguments[i], "--kills") == 0)
            options.kills = atoi(value);
        else if (strcmp(arguments[i], "--stops") == 0)
            options.stops = atoi(value);
        else if (strcmp(arguments[i], "--seed") == 0)
            options.seed = strtoull(value, NULL, 10);
        else if (strcmp(arguments[i], "--seconds") == 0)
            options.seconds = atof(value);
        else if (strcmp(arguments[i], "--producers") == 0)
            options.producers = atoi(value) < MOST ? atoi(value) : MOST;
        else if (strcmp(arguments[i], "--consumers") == 0)
            options.consumers = atoi(value) < MOST ? atoi(value) : MOST;
        else if (strcmp(arguments[i], "--capacity") == 0)
            capacity = strtoull(value, NULL, 10);
    }
    return options;
}

static int run(const struct options *options)
{
    shoal_segment *segment;
    uint64_t may_be_lost = 0, got = 0, put = 0;
    shoal_time began = shoal_now();
    must(shoal_create(&segment, shoal_context_new(), segment_name, NULL), "create");
    shoal_close(segment);
    shoal_object *queue = open_queue(&segment);
    shoal_object_close(queue);
    shoal_close(segment); /* the fork of a peer would wait for who is stopped, and nobody else lets that one go on */
    int kills = storm(options, &may_be_lost);
    queue = open_queue(&segment);
    uint64_t rest = get_the_rest(queue), lost = count_lost(options);
    for (int i = 0; i < MOST; i++) {
        got += notes->got_all[i];
        put += notes->done[i];
    }
    if (lost > may_be_lost)
        fail("messages are lost", (int64_t)lost, (int64_t)may_be_lost);
    leaves_nothing(segment, queue);
    printf(
        "{\"tool\": \"queue_storm\", \"seed\": %llu, \"seconds\": %.1f, \"kills\": %d, \"put\": %llu, \"got\": %llu, "
        "\"rest\": %llu, \"lost\": %llu, \"may_be_lost\": %llu, \"longest_pause_ms\": %.1f, \"violations\": 0}\n",
        (unsigned long long)options->seed, (double)(shoal_now() - began) / 1e9, kills, (unsigned long long)put,
        (unsigned long long)got, (unsigned long long)rest, (unsigned long long)lost, (unsigned long long)may_be_lost,
        (double)progress.longest / 1e6);
    return notes->failed;
}

int main(int count, char **arguments)
{
    struct options options = read_options(count, arguments);
    int state;
    random_state = options.seed * 2 + 1;
    notes = mmap(NULL, sizeof *notes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    snprintf(segment_name, sizeof segment_name, "test-queue-%d", (int)getpid());
    printf("queue_storm: %d kills, seed %llu\n", options.kills, (unsigned long long)options.seed);
    fflush(stdout);
    pid_t child = fork(); /* which fails with _exit; the name goes in any case */
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        state = run(&options);
        fflush(stdout);
        _exit(state);
    }
    waitpid(child, &state, 0);
    shoal_unlink(shoal_context_new(), segment_name);
    if (state != 0 || notes->failed) {
        printf("replay: queue_storm --seed %llu --kills %d --producers %d --consumers %d --capacity %llu\n",
               (unsigned long long)options.seed, options.kills, options.producers, options.consumers,
               (unsigned long long)capacity);
        return 1;
    }
    return 0;
}
