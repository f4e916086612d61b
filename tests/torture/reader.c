/*
 * A reader stopped after every one of its machine instructions, while a writer goes through a whole script: values are
 * replaced, removed, their memory reused, the table of names grown. Whatever the reader then comes up with must be one
 * of the states there were, whole, and memory that it pinned must stay its own.
 *
 *   reader [--seconds N] [--seed N] [--steps N] [READER[:SCRIPT]...]
 *
 *   --seconds: for each pair (default 12); what is left then is sampled. --seed: instructions in an order by chance.
 *   --steps: stopped there only.
 */
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shoal.h"

enum { LARGE = 270 << 10, WHOLE = 1, ABSENT, FOREIGN, BROKEN };

static char directory[64];
static size_t value_size;
static int violations;
static long runs_in_all;
static unsigned long seed; /* 0: one instruction after the other */
static long only_step = -1;
static struct result {
    volatile int outcome;
    volatile int settled;
    char text[200];
} *result;

static void must(int status, const char *what)
{
    if (status < 0) {
        printf("FAILED: %s: %s: %s\n", what, shoal_status_name(status), shoal_error_message());
        exit(2);
    }
}

static unsigned char *pattern(uint32_t seed, size_t size)
{
    static unsigned char bytes[1 << 20];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(seed + i * 7);
    return bytes;
}

static void put(shoal_segment *segment, const char *name, uint32_t seed, size_t size)
{
    must(shoal_value_put(segment, name, strlen(name), pattern(seed, size), size), "put");
}

static shoal_object *array(shoal_segment *segment, const char *name, int64_t count, int byte)
{
    shoal_object *object;
    shoal_view view;
    must(shoal_array_open(&object, segment, name, strlen(name), (shoal_dtype){SHOAL_UINT8, 1}, 1, &count), "array");
    must(shoal_array_view(&view, object), "view");
    memset(view.data, byte, (size_t)count);
    return object;
}

/* ---- Readers: what they found ---- */

static shoal_segment *segment;
static shoal_object *open_array;

static void broken(const char *what)
{
    result->outcome = BROKEN;
    snprintf(result->text, sizeof result->text, "%s: %s", what, shoal_error_message());
}

static unsigned char got_bytes[1 << 20];
static size_t got_size;
static int got_status;

static void read_value(void)
{
    got_status = shoal_value_get(segment, "victim", 6, got_bytes, sizeof got_bytes, &got_size);
}

static void judge_value(void)
{
    if (got_status == SHOAL_ENOKEY || got_status == SHOAL_LIVE) {
        result->outcome = ABSENT;
        return;
    }
    if (got_status < 0) {
        broken("get");
        return;
    }
    result->outcome = FOREIGN;
    for (uint32_t seed = 1; seed <= 5; seed++)
        if (got_size == value_size && memcmp(got_bytes, pattern(seed, got_size), got_size) == 0)
            result->outcome = WHOLE;
    snprintf(result->text, sizeof result->text, "a value of %zu bytes that begins with %d", got_size, got_bytes[0]);
}

static void read_other(void) /* must always be there */
{
    got_status = shoal_value_get(segment, "stays", 5, got_bytes, sizeof got_bytes, &got_size);
}

static void judge_other(void)
{
    result->outcome = WHOLE;
    if (got_status != SHOAL_OK || got_size != 40 || memcmp(got_bytes, pattern(77, 40), 40) != 0)
        broken("stays");
}

static void judge_array(void)
{
    shoal_view view;
    if (!open_array) {
        result->outcome = got_status == SHOAL_ENOKEY || got_status == SHOAL_EMISMATCH ? ABSENT : BROKEN;
        return;
    }
    if (shoal_array_view(&view, open_array) < 0) {
        broken("view");
        return;
    }
    result->outcome = WHOLE;
    for (int64_t i = 0; i < view.shape[0]; i++)
        if (view.data[i] != 1 && view.data[i] != 2) {
            result->outcome = FOREIGN;
            snprintf(result->text, sizeof result->text, "byte %ld of the array is %d", (long)i, view.data[i]);
        }
}

static void read_array(void)
{
    got_status = shoal_object_open(&open_array, segment, "victim", 6);
}

static int count_stays(void *argument, const char *name, size_t length, int kind)
{
    (void)kind;
    *(int *)argument += length == 5 && memcmp(name, "stays", 5) == 0;
    return 0;
}

static int count;

static void read_names(void)
{
    got_status = shoal_object_each(segment, count_stays, &count);
}

static void judge_names(void)
{
    result->outcome = WHOLE;
    if (got_status < 0 || count != 1)
        broken("each");
}

static void finding(void *argument, const char *sentence)
{
    (void)argument;
    snprintf(result->text, sizeof result->text, "%s", sentence);
}

static void read_check(void)
{
    got_status = shoal_check(segment, finding, NULL);
}

static void judge_check(void)
{
    result->outcome = got_status == 0 ? WHOLE : BROKEN;
}

/* Its place is at the oldest of eight; while it reads two of them the ring goes round. */
static shoal_object *stream;
static shoal_cursor cursor;
static shoal_message messages[2];
static unsigned char message_bytes[2][1024];
static int message_status[2];

enum { RING = 1024, IN_RING = 8, EIGHT_UNITS = 120 };

static size_t message_size(uint64_t number, bool alike)
{
    return alike || number <= IN_RING ? EIGHT_UNITS : 1 + number * 37 % (RING / 2 - 8);
}

static void begin_stream(void)
{
    must(shoal_object_open(&stream, segment, "victim", 6), "open");
    must(shoal_stream_reader(&cursor, stream, true), "reader");
}

static void read_stream(void)
{
    for (int i = 0; i < 2; i++)
        message_status[i] =
            shoal_stream_read(&messages[i], &cursor, stream, message_bytes[i], sizeof message_bytes[i], SHOAL_NO_WAIT);
}

/* Which of both scripts is running the messages do not say: a whole one is as one of them sends it. */
static bool is_whole(const unsigned char *bytes, const shoal_message *message)
{
    bool sized = message->size == message_size(message->number, false) || message->size == EIGHT_UNITS;
    return sized && memcmp(bytes, pattern((uint32_t)message->number, message->size), message->size) == 0;
}

static void judge_stream(void)
{
    uint64_t last = 0;
    result->outcome = WHOLE;
    for (int i = 0; i < 2; i++) {
        uint64_t missed = messages[i].missed;
        if (message_status[i] == SHOAL_OK && messages[i].number == last + missed + 1 &&
            is_whole(message_bytes[i], &messages[i])) {
            last = messages[i].number;
            continue;
        }
        broken("stream");
        snprintf(result->text, sizeof result->text, "%s, message %d of %d bytes, %d missed",
                 shoal_status_name(message_status[i]), (int)messages[i].number, (int)messages[i].size, (int)missed);
        return;
    }
}

/* ---- Writers ---- */

static void send_messages(shoal_segment *writer, int count, bool alike)
{
    uint64_t oldest, newest, number;
    shoal_object *its;
    must(shoal_object_open(&its, writer, "victim", 6), "open");
    for (; count > 0; count--) {
        must(shoal_stream_numbers(&oldest, &newest, its), "numbers");
        size_t size = message_size(newest + 1, alike);
        must(shoal_stream_send(&number, its, pattern((uint32_t)newest + 1, size), size, SHOAL_NO_WAIT), "send");
    }
    shoal_object_close(its);
}

static void write_over_one(shoal_segment *writer)
{
    send_messages(writer, 1, true);
}

static void write_round(shoal_segment *writer)
{
    send_messages(writer, 40, false);
}

/* Each comes to lie where another began. */
static void write_round_alike(shoal_segment *writer)
{
    send_messages(writer, 5 * IN_RING, true);
}

static void write_replace(shoal_segment *writer)
{
    for (uint32_t seed = 2; seed <= 5; seed++)
        put(writer, "victim", seed, value_size);
}

static void fill_again(shoal_segment *writer, int count)
{
    char name[16];
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof name, "again%d", i);
        put(writer, name, 200, value_size);
    }
}

/* One replacement, which leaves what was read whole if that is kept for the next one; if not, others have its memory. */
static void write_once(shoal_segment *writer)
{
    put(writer, "victim", 2, value_size);
    fill_again(writer, value_size > 100000 ? 3 : 12);
}

static void write_remove(shoal_segment *writer)
{
    must(shoal_object_remove(writer, "victim", 6), "remove");
    fill_again(writer, value_size > 100000 ? 3 : 12);
}

static void write_gone(shoal_segment *writer) /* its memory is nobody's then */
{
    put(writer, "filler", 202,
        value_size); /* of a large one the victim's memory finds no room beside it in the warm pool */
    must(shoal_object_remove(writer, "filler", 6), "remove");
    must(shoal_object_remove(writer, "victim", 6), "remove");
}

static void write_grow(shoal_segment *writer)
{
    char name[16];
    for (int i = 0; i < 70; i++) {
        snprintf(name, sizeof name, "grow%d", i);
        put(writer, name, 201, 30);
    }
    write_remove(writer);
    for (int i = 0; i < 70; i++) /* about the size of the old table */
        if (i % 10 == 0) {
            snprintf(name, sizeof name, "table%d", i);
            put(writer, name, 202, 500);
        }
}

static void write_array_again(shoal_segment *writer)
{
    must(shoal_object_remove(writer, "victim", 6), "remove");
    shoal_object_close(array(writer, "victim", 2000, 2));
    for (int i = 0; i < 6; i++) {
        char name[16];
        snprintf(name, sizeof name, "array%d", i);
        shoal_object_close(array(writer, name, i % 2 ? 2000 : LARGE, 99));
    }
}

static void write_array_grow(shoal_segment *writer)
{
    char name[16];
    for (int i = 0; i < 70; i++) {
        snprintf(name, sizeof name, "grow%d", i);
        put(writer, name, 201, 30);
    }
    write_array_again(writer);
}

struct reader {
    const char *name;
    void (*read)(void);
    void (*judge)(void);
    size_t size;
    int64_t array;
    bool writes;
    void (*begin)(void); /* before it is stopped: of a stream */
};
static const struct reader readers[] = {
    {"get", read_value, judge_value, 100, 0, false, NULL},
    {"get_run", read_value, judge_value, 50000, 0, false, NULL},
    {"get_big", read_value, judge_value, LARGE, 0, false, NULL},
    {"get_rw", read_value, judge_value, 100, 0, true, NULL},
    {"get_big_rw", read_value, judge_value, LARGE, 0, true, NULL},
    {"other", read_other, judge_other, 100, 0, false, NULL},
    {"names", read_names, judge_names, 100, 0, false, NULL},
    {"check", read_check, judge_check, 100, 0, false, NULL},
    {"array", read_array, judge_array, 2000, 2000, false, NULL},
    {"array_big", read_array, judge_array, 2000, LARGE, false, NULL},
    {"stream", read_stream, judge_stream, 100, 0, false, begin_stream},
    {"stream_rw", read_stream, judge_stream, 100, 0, true, begin_stream},
};
struct script {
    const char *name;
    void (*write)(shoal_segment *);
    bool arrays;
    bool streams;
};
static const struct script scripts[] = {{"replace", write_replace, false, false},
                                        {"once", write_once, false, false},
                                        {"remove", write_remove, false, false},
                                        {"gone", write_gone, false, false},
                                        {"grow", write_grow, false, false},
                                        {"array_again", write_array_again, true, false},
                                        {"array_grow", write_array_grow, true, false},
                                        {"over_one", write_over_one, false, true},
                                        {"round", write_round, false, true},
                                        {"round_alike", write_round_alike, false, true}};

/* ---- One run: `steps` instructions of the reader, then the whole script, then the rest ---- */

static shoal_segment *fresh(shoal_context *context, const struct reader *reader)
{
    shoal_segment *writer;
    shoal_options options;
    char path[128];
    snprintf(path, sizeof path, "%s/shoal.target", directory);
    unlink(path);
    shoal_options_init(&options);
    options.size = 4 << 20;
    must(shoal_create(&writer, context, "target", &options), "create");
    put(writer, "stays", 77, 40);
    if (reader->begin) {
        shoal_object *its;
        must(shoal_stream_open(&its, writer, "victim", 6, RING), "stream");
        shoal_object_close(its);
        send_messages(writer, IN_RING, true);
    } else if (reader->array)
        shoal_object_close(array(writer, "victim", reader->array, 1));
    else
        put(writer, "victim", 1, value_size);
    return writer;
}

static void be_reader(const struct reader *reader)
{
    shoal_options options;
    shoal_context *context = shoal_context_new();
    shoal_context_set_directory(context, directory);
    shoal_options_init(&options);
    options.readonly = !reader->writes;
    must(shoal_open(&segment, context, "target", &options), "open");
    if (reader->begin)
        reader->begin();
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    raise(SIGSTOP);
    reader->read();
    raise(SIGSTOP);
    reader->judge();
    result->settled = 1;
    _exit(0);
}

/* Who touches a page that was given back to the host takes it anew; on a full file system that would be SIGBUS. */
static long long memory_taken(void)
{
    char path[128];
    struct stat file;
    snprintf(path, sizeof path, "%s/shoal.target", directory);
    return stat(path, &file) < 0 ? -1 : (long long)file.st_blocks;
}

static int wait_stop(pid_t pid)
{
    int status;
    waitpid(pid, &status, 0);
    if (WIFSIGNALED(status) || WIFEXITED(status))
        return -1;
    return WSTOPSIG(status);
}

/* false: the reader was done before */
static bool one_run(const struct reader *reader, const struct script *script, long steps)
{
    bool within = true;
    shoal_context *context = shoal_context_new();
    shoal_context_set_directory(context, directory);
    shoal_segment *writer = fresh(context, reader);
    memset(result, 0, sizeof *result);
    pid_t pid = fork();
    if (pid == 0)
        be_reader(reader);
    int stop = wait_stop(pid);
    for (long i = 0; i < steps && within; i++) {
        ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL);
        within = (stop = wait_stop(pid)) == SIGTRAP;
    }
    script->write(writer);
    long long memory = memory_taken();
    while (within && stop >= 0) {
        ptrace(PTRACE_CONT, pid, NULL, NULL);
        within = (stop = wait_stop(pid)) != SIGSTOP;
        if (!within)
            within = true, stop = -2;
    }
    if (memory_taken() > memory) {
        violations++;
        printf("VIOLATION %s:%s after %ld steps: the reader touched what is gone\n", reader->name, script->name, steps);
    }
    if (stop != -1) { /* it has what it has: reuse memory once more, then it looks */
        fill_again(writer, 4);
        ptrace(PTRACE_CONT, pid, NULL, NULL);
        wait_stop(pid);
    }
    if (!result->settled || result->outcome >= FOREIGN || result->outcome == 0) {
        violations++;
        printf("VIOLATION %s:%s after %ld steps: %s %s\n", reader->name, script->name, steps,
               !result->settled             ? "the reader died"
               : result->outcome == FOREIGN ? "foreign:"
                                            : "broken:",
               result->text);
        fflush(stdout);
    }
    shoal_context_free(context);
    return within;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static long by_chance(long limit)
{
    static unsigned long long state;
    state = (state ? state : seed * 2 + 1) * 6364136223846793005u + 1442695040888963407u;
    return (long)((state >> 33) % (unsigned long long)limit);
}

/* One instruction after the other, as long as there is time; the rest in samples. */
static long each_in_turn(const struct reader *reader, const struct script *script, double budget)
{
    double start = seconds();
    long runs = 0, steps = 0, stride = 1;
    int before = violations;
    while (one_run(reader, script, steps) && violations - before < 10) {
        runs++;
        if (seconds() - start > budget && stride == 1)
            stride = steps / 10 + 1;
        else if (stride > 1 && seconds() - start > 1.5 * budget)
            break;
        steps += stride;
    }
    return runs;
}

/* Up to a limit that rises from the beginning, where a reader finds what it is to look at: more of them are there. */
static long some_by_chance(const struct reader *reader, const struct script *script, double budget)
{
    double start = seconds();
    long runs = 0, limit = 500, longest = 1L << 24;
    int before = violations;
    while (seconds() - start < budget && violations - before < 10) {
        long steps = by_chance(limit);
        runs++;
        if (!one_run(reader, script, steps) && steps < longest)
            longest = steps; /* it was at its end */
        else if (limit < longest)
            limit += limit / 8;
        limit = limit < longest ? limit : longest + 1;
    }
    return runs;
}

static void race(const struct reader *reader, const struct script *script, double budget)
{
    double start = seconds();
    int before = violations;
    value_size = reader->size;
    long runs = only_step >= 0 ? one_run(reader, script, only_step)
                : seed         ? some_by_chance(reader, script, budget)
                               : each_in_turn(reader, script, budget);
    runs_in_all += runs;
    printf("%-10s %-12s %6ld runs, %.1f s, %d violations\n", reader->name, script->name, runs, seconds() - start,
           violations - before);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    double budget = 12, began = seconds();
    for (; argc > 2 && argv[1][0] == '-'; argc -= 2, argv += 2)
        if (strcmp(argv[1], "--seconds") == 0)
            budget = atof(argv[2]);
        else if (strcmp(argv[1], "--seed") == 0)
            seed = strtoul(argv[2], NULL, 10);
        else if (strcmp(argv[1], "--steps") == 0)
            only_step = atol(argv[2]);
    result = mmap(NULL, sizeof *result, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    snprintf(directory, sizeof directory, "/dev/shm/shoal-reader-%d", (int)getpid());
    mkdir(directory, 0700);
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        for (size_t j = 0; j < sizeof scripts / sizeof *scripts; j++) {
            char both[64];
            bool wanted = argc < 2;
            snprintf(both, sizeof both, "%s:%s", readers[i].name, scripts[j].name);
            for (int k = 1; k < argc; k++)
                wanted |= strcmp(argv[k], both) == 0 || strcmp(argv[k], readers[i].name) == 0;
            bool fits = scripts[j].arrays ? readers[i].array > 0 || readers[i].read == read_check : !readers[i].array;
            if ((readers[i].read == read_check && scripts[j].arrays) || !readers[i].begin == scripts[j].streams)
                fits = false;
            if (wanted && fits)
                race(&readers[i], &scripts[j], budget);
        }
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", directory);
    if (system(command))
        return 2;
    printf("%d violations; replay: that pair with --steps\n", violations);
    printf("{\"tool\": \"reader\", \"seed\": %lu, \"seconds\": %.1f, \"runs\": %ld, \"violations\": %d}\n", seed,
           seconds() - began, runs_in_all, violations);
    return violations > 0;
}
