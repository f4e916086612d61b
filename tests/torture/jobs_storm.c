/*
 * The kill storm over job queues: processes put, take, end, bury, revive, copy and count jobs in one segment, and make and
 * remove a queue full of them, while the main process kills them with SIGKILL, and stops some, at random moments. What must
 * hold is noted outside of the segment:
 *
 *   - no job is lost: what was put, as its putter was told, comes out until somebody begins to say that it is done;
 *   - none is done twice, and none is taken after it was done;
 *   - no two who live have the same job, unless the queue has a lease;
 *   - each message is as it was put;
 *   - everybody gets on, whoever dies; check() is clean, and nothing is left in the end.
 *
 *   jobs_storm [--seconds S] [--seed N] [--workers W]
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shoal.h"

enum { MOST_WORKERS = 32, MOST_JOBS = 1 << 21, QUEUES = 3, LARGE = 60000, SMALL = 300 };
enum { LEASED = 2 }; /* that queue has a lease */
enum { TO_BE_PUT = 1, PUT = 2 };

/* Noted outside of the segment. */
struct notes {
    _Atomic uint64_t next, puts, takes, deaths_seen;
    _Atomic uint64_t operations[MOST_WORKERS];
    _Atomic int failed, stop;
    _Atomic uint8_t put[MOST_JOBS], ending[MOST_JOBS], done[MOST_JOBS];
    _Atomic pid_t has[MOST_JOBS];
};

/* A message: its number says all of it. */
struct head {
    uint64_t id, size;
};

static struct notes *notes;
static uint64_t random_state;
static char directory[64];
static int worker;

static uint64_t random_number(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}
static uint32_t below(uint32_t n)
{
    return (uint32_t)(random_number() >> 20) % n;
}

static void fail(const char *what, int64_t a, int64_t b)
{
    printf("FAILED: %s (%lld, %lld) %s\n", what, (long long)a, (long long)b, shoal_error_message());
    fflush(stdout);
    notes->failed = 1;
    _exit(1);
}
static int must(int status, const char *what)
{
    if (status < 0)
        fail(what, status, 0);
    return status;
}

/* Gone, or going: its memory is given back already, and its byte lock with it. */
static bool is_dead(pid_t pid)
{
    char path[64];
    unsigned long size = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    FILE *file = fopen(path, "r");
    bool dead = !file || fscanf(file, "%lu", &size) != 1 || size == 0;
    if (file)
        fclose(file);
    return dead;
}

/* ---- The segment ---- */

static shoal_context *context;
static shoal_segment *segment;
static shoal_object *queues[QUEUES];

static void finding(void *argument, const char *sentence)
{
    (void)argument;
    printf("FAILED: check: %s\n", sentence);
    fflush(stdout);
}

static void attach(void)
{
    shoal_options options;
    const shoal_job_queue_options its[QUEUES] = {{8 << 20, 0, 0, 0}, {8 << 20, 3, 0, 0}, {8 << 20, 0, 0, 30000000}};
    shoal_options_init(&options);
    options.size = 64 << 20;
    context = shoal_context_new();
    must(shoal_context_set_directory(context, directory), "directory");
    must(shoal_open_or_create(&segment, context, "jobs", &options), "open");
    for (int i = 0; i < QUEUES; i++) {
        char name = (char)('a' + i);
        must(shoal_job_queue_open(&queues[i], segment, &name, 1, &its[i]), "open a queue");
    }
}

static void detach(void)
{
    for (int i = 0; i < QUEUES; i++)
        shoal_object_close(queues[i]);
    shoal_close(segment);
    shoal_context_free(context);
}

/* ---- Jobs ---- */

static _Alignas(16) unsigned char message[LARGE];

static unsigned char byte_of(uint64_t id, size_t i)
{
    return (unsigned char)(id * 31 + i * 7 + i / 256);
}

static void write_message(uint64_t id, size_t size)
{
    *(struct head *)message = (struct head){id, size};
    for (size_t i = sizeof(struct head); i < size; i++)
        message[i] = byte_of(id, i);
}

static uint64_t id_in(const void *bytes, size_t size)
{
    const struct head *head = bytes;
    if (size < sizeof *head || head->size != size || head->id >= MOST_JOBS)
        fail("a message is damaged", (int64_t)size, 0);
    for (size_t i = sizeof *head; i < size; i++)
        if (((const unsigned char *)bytes)[i] != byte_of(head->id, i))
            fail("a message is not as it was put", (int64_t)head->id, (int64_t)i);
    return head->id;
}

static void put_one(shoal_object *queue)
{
    uint64_t id = atomic_fetch_add(&notes->next, 1);
    size_t size = sizeof(struct head) + (below(12) ? below(SMALL) : below(LARGE - sizeof(struct head)));
    shoal_time delay = below(10) ? 0 : (shoal_time)below(20000000);
    if (id >= MOST_JOBS)
        return;
    write_message(id, size);
    notes->put[id] = TO_BE_PUT;
    int status = shoal_job_queue_put(queue, message, size, below(4), delay, shoal_deadline(below(2) * 0.02));
    if (status == SHOAL_EFULL || status == SHOAL_ENOSPACE || status == SHOAL_EINTR) {
        notes->put[id] = 0;
        return;
    }
    must(status, "put");
    notes->put[id] = PUT;
    notes->puts++;
}

static void end_one(shoal_job *job, uint64_t id, bool leased)
{
    uint32_t how = below(16);
    int status;
    if (how < 12)
        notes->ending[id] = 1;
    if (!leased)
        notes->has[id] = 0;
    if (how < 12)
        status = shoal_job_done(job);
    else if (how == 12)
        status = shoal_job_bury(job);
    else
        status = shoal_job_retry(job, how == 13 ? (shoal_time)below(5000000) : 0);
    if (status == SHOAL_ELOCK && leased) {
        if (how < 12 && !notes->done[id])
            notes->ending[id] = 0; /* another has it, and says so itself */
        return;
    }
    must(status, "end a job");
    if (how < 12 && atomic_fetch_add(&notes->done[id], 1) > 0)
        fail("a job was done twice", (int64_t)id, 0);
}

static void take_one(shoal_object *queue, bool leased)
{
    shoal_job job;
    int status = shoal_job_queue_take(&job, queue, shoal_deadline(below(3) * 0.03));
    if (status == SHOAL_EEMPTY || status == SHOAL_EINTR)
        return;
    must(status, "take");
    uint64_t id = id_in(job.bytes, job.size);
    pid_t before = leased ? 0 : atomic_exchange(&notes->has[id], getpid());
    if (before && !is_dead(before))
        fail("two have a job", before, (int64_t)id);
    if (notes->done[id])
        fail("a job that was done is there again", (int64_t)id, job.attempt);
    notes->deaths_seen += before != 0;
    notes->takes++;
    if (below(8) == 0)
        usleep(below(3000));
    end_one(&job, id, leased);
}

static int hear(void *argument, const shoal_job_copy *copy)
{
    (void)argument;
    id_in(copy->bytes, copy->size);
    return SHOAL_OK;
}

/* A queue that is full of jobs when its name goes; what becomes of these nobody says. */
static void make_and_remove(void)
{
    shoal_object *queue;
    shoal_job job;
    shoal_job_queue_options options;
    shoal_job_queue_options_init(&options);
    must(shoal_job_queue_open(&queue, segment, "gone", 4, &options), "open what is removed");
    for (uint32_t i = below(20); i > 0; i--) {
        size_t size = sizeof(struct head) + (below(3) ? below(100) : below(LARGE - sizeof(struct head)));
        write_message(0, size);
        shoal_job_queue_put(queue, message, size, 0, 0, SHOAL_NO_WAIT);
    }
    if (below(2) && shoal_job_queue_take(&job, queue, SHOAL_NO_WAIT) == SHOAL_OK)
        must(shoal_job_retry(&job, 0), "give back");
    int status = shoal_object_remove(segment, "gone", 4);
    if (status != SHOAL_ELOCK && status != SHOAL_ENOKEY)
        must(status, "remove");
    shoal_object_close(queue);
}

static void work_once(void)
{
    uint32_t which = below(QUEUES), what = below(100);
    shoal_object *queue = queues[which];
    shoal_job_sizes sizes;
    shoal_job_copy copy;
    uint64_t count;
    if (what < 42)
        put_one(queue);
    else if (what < 86)
        take_one(queue, which == LEASED);
    else if (what < 89)
        must(shoal_job_queue_revive(&count, queue, 0), "revive");
    else if (what < 92)
        must(shoal_job_queue_sizes(&sizes, queue), "sizes");
    else if (what < 94 && shoal_job_queue_peek(&copy, queue) == SHOAL_OK) {
        id_in(copy.bytes, copy.size);
        shoal_job_copy_free(&copy);
    } else if (what < 95)
        must(shoal_job_queue_each(queue, SHOAL_JOB_TAKEN | SHOAL_JOB_DEAD, hear, NULL), "each");
    else if (what < 97)
        make_and_remove();
    else if (what < 98 && below(20) == 0)
        must(shoal_check(segment, finding, NULL), "check");
    else if (what < 99 && below(10) == 0) {
        detach();
        attach();
    } else if (what < 99)
        (void)shoal_job_queue_join(queue, shoal_deadline(0.001));
}

static void be_worker(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    attach();
    while (!notes->stop) {
        work_once();
        notes->operations[worker]++;
    }
    detach();
    _exit(0);
}

/* ---- The killer ---- */

static pid_t start(int which)
{
    fflush(stdout);
    uint64_t seed = random_number();
    pid_t pid = fork();
    if (pid == 0) {
        worker = which;
        random_state = seed | 1;
        be_worker();
    }
    return pid;
}

/* How many were taken when it was last looked at, and since when it was not more; the longest of such times. */
static struct {
    uint64_t takes;
    shoal_time since, longest;
} progress;

static void look_at_progress(void)
{
    shoal_time now = shoal_now();
    if (progress.since && now - progress.since > progress.longest && notes->next < MOST_JOBS)
        progress.longest = now - progress.since;
    if (notes->takes != progress.takes || !progress.since) {
        progress.takes = notes->takes;
        progress.since = now;
    }
}

static void hunt(pid_t *workers, int count, double seconds, int *kills)
{
    shoal_time end = shoal_deadline(seconds);
    while (shoal_now() < end && !notes->failed) {
        usleep(below(9000));
        look_at_progress();
        int which = (int)below((uint32_t)count);
        if (below(6) == 0) {
            kill(workers[which], SIGSTOP);
            usleep(below(60000));
            kill(workers[which], SIGCONT);
            progress.since = 0; /* of deaths only: who is stopped has others wait as long */
            continue;
        }
        kill(workers[which], SIGKILL);
        waitpid(workers[which], NULL, 0);
        ++*kills;
        workers[which] = start(which);
    }
}

/* Everybody has ended. Each job that is there is there once, and all that must be there are. */
static void settle(void)
{
    uint64_t count, lost = 0, drained = 0;
    attach();
    for (int i = 0; i < QUEUES; i++) {
        shoal_job_sizes sizes;
        shoal_job job;
        must(shoal_job_queue_sizes(&sizes, queues[i]), "sizes");
        if (sizes.taken)
            fail("nobody lives, and jobs are taken", (int64_t)sizes.taken, i);
        must(shoal_job_queue_revive(&count, queues[i], 0), "revive");
        must(shoal_job_queue_sizes(&sizes, queues[i]), "sizes");
        for (uint64_t left = sizes.ready + sizes.delayed; left > 0; left--) {
            must(shoal_job_queue_take(&job, queues[i], shoal_deadline(5)), "drain");
            uint64_t id = id_in(job.bytes, job.size);
            if (notes->done[id]++)
                fail("a job is there that was done, or is there twice", (int64_t)id, job.attempt);
            must(shoal_job_done(&job), "done");
            drained++;
        }
        if (shoal_job_queue_take(&job, queues[i], SHOAL_NO_WAIT) != SHOAL_EEMPTY)
            fail("there are more jobs than there are", i, 0);
        must(shoal_job_queue_join(queues[i], SHOAL_NO_WAIT), "join");
    }
    for (uint64_t id = 0; id < notes->next && id < MOST_JOBS; id++)
        lost += notes->put[id] == PUT && !notes->done[id] && !notes->ending[id];
    if (lost)
        fail("jobs are lost", (int64_t)lost, 0);
    if (shoal_check(segment, finding, NULL) != 0)
        fail("check", 0, 0);
    detach();
    printf("%llu jobs were left\n", (unsigned long long)drained);
}

/* Nothing is left: as much is used as before the first job. */
static void judge_memory(void)
{
    shoal_info info;
    shoal_object *object;
    attach();
    for (int i = 0; i < QUEUES; i++) {
        char name = (char)('a' + i);
        shoal_object_close(queues[i]);
        must(shoal_object_remove(segment, &name, 1), "remove");
    }
    if (shoal_object_open(&object, segment, "gone", 4) == SHOAL_OK) {
        shoal_object_close(object);
        must(shoal_object_remove(segment, "gone", 4), "remove");
    }
    must(shoal_segment_info(&info, segment), "info");
    if (info.objects || info.removed)
        fail("objects are left", (int64_t)info.objects, (int64_t)info.removed);
    if (info.used > 40000) /* the table of names */
        fail("memory is left", (int64_t)info.used, 0);
    if (shoal_check(segment, finding, NULL) != 0)
        fail("check", 1, 0);
    shoal_close(segment);
    must(shoal_unlink(context, "jobs"), "unlink");
    rmdir(directory);
}

/* Everybody gets on: who is told to stop does so, soon. */
static void end_all(pid_t *workers, int count)
{
    notes->stop = 1;
    shoal_time end = shoal_deadline(20);
    for (int i = 0; i < count; i++) {
        pid_t ended;
        int status = 0;
        while ((ended = waitpid(workers[i], &status, WNOHANG)) == 0 && shoal_now() < end)
            usleep(2000);
        if (ended != workers[i])
            fail("a worker does not get on", i, (int64_t)notes->operations[i]);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            notes->failed = 1;
    }
}

int main(int count, char **arguments)
{
    double seconds = 5;
    int workers = 6, kills = 0;
    uint64_t seed = (uint64_t)time(NULL), operations = 0;
    pid_t pids[MOST_WORKERS];
    for (int i = 1; i + 1 < count; i += 2) {
        if (strcmp(arguments[i], "--seconds") == 0)
            seconds = atof(arguments[i + 1]);
        else if (strcmp(arguments[i], "--seed") == 0)
            seed = strtoull(arguments[i + 1], NULL, 0);
        else if (strcmp(arguments[i], "--workers") == 0)
            workers = atoi(arguments[i + 1]);
    }
    if (workers < 1 || workers > MOST_WORKERS)
        return 2;
    random_state = seed * 2 + 1;
    notes = mmap(NULL, sizeof *notes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    strcpy(directory, "/dev/shm/jobs-storm-XXXXXX");
    if (notes == MAP_FAILED || !mkdtemp(directory))
        return 2;
    printf("jobs_storm: %d workers, seed %llu\n", workers, (unsigned long long)seed);
    for (int i = 0; i < workers; i++)
        pids[i] = start(i);
    hunt(pids, workers, seconds, &kills);
    end_all(pids, workers);
    if (!notes->failed) {
        settle();
        judge_memory();
    }
    for (int i = 0; i < workers; i++)
        operations += notes->operations[i];
    printf("{\"tool\": \"jobs_storm\", \"seed\": %llu, \"seconds\": %.1f, \"kills\": %d, \"operations\": %llu, "
           "\"puts\": %llu, "
           "\"takes\": %llu, \"taken_from_the_dead\": %llu, \"longest_pause_ms\": %.1f, \"violations\": %d}\n",
           (unsigned long long)seed, seconds, kills, (unsigned long long)operations, (unsigned long long)notes->puts,
           (unsigned long long)notes->takes, (unsigned long long)notes->deaths_seen, (double)progress.longest / 1e6,
           notes->failed);
    return notes->failed;
}
