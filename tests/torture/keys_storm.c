/*
 * The kill storm over locks by key: processes take keys alone and share them, wait for them, give up and release them in one
 * segment, while the main process kills them with SIGKILL, and stops some, at random moments. What must hold is noted
 * outside of the segment:
 *
 *   - no two who live hold a key, and nobody shares it meanwhile;
 *   - what a key guards is whole, or its taker is told that a holder died;
 *   - everybody gets on, whoever dies; a stopped process keeps only the key that it holds;
 *   - in the end no key is left, check() is clean, and as much memory is used as before.
 *
 *   keys_storm [--seconds S] [--seed N] [--workers W]
 */
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

enum { MOST_WORKERS = 32, HOT = 6, KEYS = 1000 };

/* Noted outside of the segment: of each key who has it, and the two words that it guards. */
struct guarded {
    _Atomic pid_t holder, sharer[MOST_WORKERS];
    _Atomic uint64_t left, right;
};
struct notes {
    _Atomic uint64_t operations[MOST_WORKERS], taken, shared, told, in_vain;
    _Atomic int failed, stop;
    struct guarded key[KEYS];
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
static shoal_object *locks;

static void finding(void *argument, const char *sentence)
{
    (void)argument;
    printf("FAILED: check: %s\n", sentence);
    fflush(stdout);
}

static void attach(void)
{
    shoal_options options;
    shoal_options_init(&options);
    options.size = 16 << 20;
    context = shoal_context_new();
    must(shoal_context_set_directory(context, directory), "directory");
    must(shoal_open_or_create(&segment, context, "keys", &options), "open");
    must(shoal_locks_open(&locks, segment, "locks", 5, 0), "open the locks");
}

static void detach(void)
{
    shoal_object_close(locks);
    shoal_close(segment);
    shoal_context_free(context);
}

/* ---- Keys ---- */

struct key {
    uint32_t number;
    char text[40];
    shoal_key key;
};

static void name(struct key *key, uint32_t number)
{
    key->number = number;
    int length = snprintf(key->text, sizeof key->text, "%.*s%u", (int)(number % 20), "a key that is long, ", number);
    key->key = (shoal_key){key->text, (size_t)length};
}

static shoal_time some_deadline(void)
{
    uint32_t how = below(8);
    return how == 0 ? SHOAL_NO_WAIT : how < 5 ? SHOAL_FOREVER : shoal_deadline(below(60) * 0.001);
}

static void nobody_else(const struct guarded *it, uint32_t number, bool sharers_too)
{
    pid_t holder = it->holder;
    if (holder && holder != getpid() && !is_dead(holder) && it->holder == holder)
        fail("two have a key", holder, number);
    for (int i = 0; i < MOST_WORKERS && sharers_too; i++) {
        pid_t sharer = it->sharer[i];
        if (sharer && sharer != getpid() && !is_dead(sharer) && it->sharer[i] == sharer)
            fail("a key is shared and held alone", sharer, number);
    }
}

static void hold(const struct key *key)
{
    struct guarded *it = &notes->key[key->number];
    int status = shoal_locks_acquire(locks, &key->key, 0, some_deadline());
    if (status == SHOAL_ETIMEDOUT || status == SHOAL_EINTR || status == SHOAL_ENOSPACE) {
        notes->in_vain++;
        return;
    }
    must(status, "acquire");
    nobody_else(it, key->number, true);
    it->holder = getpid();
    if (it->left != it->right && status != SHOAL_RECOVERED)
        fail("what a key guards is torn, and its taker was not told", key->number, (int64_t)(it->left - it->right));
    notes->told += status == SHOAL_RECOVERED;
    it->right = it->left;
    it->left++;
    if (below(6) == 0)
        usleep(below(2000));
    it->right++;
    notes->taken++;
    it->holder = 0;
    must(shoal_locks_release(locks, &key->key, 0), "release");
}

static void share(const struct key *key)
{
    struct guarded *it = &notes->key[key->number];
    int status = shoal_locks_acquire(locks, &key->key, SHOAL_KEY_SHARED, some_deadline());
    if (status == SHOAL_ETIMEDOUT || status == SHOAL_EINTR || status == SHOAL_ENOSPACE) {
        notes->in_vain++;
        return;
    }
    must(status, "share");
    it->sharer[worker] = getpid();
    nobody_else(it, key->number, false);
    if (it->left != it->right && status != SHOAL_RECOVERED)
        fail("what a shared key guards is torn, and its taker was not told", key->number, status);
    if (below(6) == 0)
        usleep(below(2000));
    notes->shared++;
    it->sharer[worker] = 0;
    must(shoal_locks_release(locks, &key->key, SHOAL_KEY_SHARED), "release");
}

static int hear(void *argument, const shoal_key *key, const shoal_key_state *state)
{
    (void)argument;
    if (key->length == 0 || (state->owner.pid && state->shared))
        fail("a key is told that cannot be", (int64_t)key->length, state->holders);
    return 0;
}

static void work_once(void)
{
    struct key key;
    shoal_key_state state;
    uint32_t what = below(200);
    name(&key, below(5) ? below(HOT) : below(KEYS));
    if (what < 100)
        hold(&key);
    else if (what < 190)
        share(&key);
    else if (what < 195)
        must(shoal_locks_look(&state, locks, &key.key), "look");
    else if (what < 197)
        must(shoal_locks_each(locks, hear, NULL), "each");
    else if (what < 198 && below(20) == 0)
        must(shoal_check(segment, finding, NULL), "check");
    else if (what < 199 && below(10) == 0) {
        detach();
        attach();
    }
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

static void hunt(pid_t *workers, int count, double seconds, int *kills)
{
    shoal_time end = shoal_deadline(seconds);
    while (shoal_now() < end && !notes->failed) {
        usleep(below(9000));
        int which = (int)below((uint32_t)count);
        if (below(6) == 0) {
            kill(workers[which], SIGSTOP);
            usleep(below(60000));
            kill(workers[which], SIGCONT);
            continue;
        }
        kill(workers[which], SIGKILL);
        waitpid(workers[which], NULL, 0);
        ++*kills;
        workers[which] = start(which);
    }
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

static int only_of_the_dead(void *argument, const shoal_key *key, const shoal_key_state *state)
{
    int64_t *died = argument;
    if (state->holders || state->waiters || !state->owner_died)
        fail("nobody lives, and a key is held or waited for", (int64_t)key->length, state->holders);
    ++*died;
    return 0;
}

/* Everybody has ended: what is left are keys whose holders died, and none once these were taken. */
static void settle(void)
{
    shoal_info info;
    attach();
    int64_t left = shoal_locks_count(locks), died = 0;
    must((int)left, "count");
    must(shoal_locks_each(locks, only_of_the_dead, &died), "each");
    if (died != left)
        fail("keys are left that nobody held alone", left, died);
    for (uint32_t number = 0; number < KEYS; number++) {
        struct key key;
        name(&key, number);
        int status = must(shoal_locks_acquire(locks, &key.key, 0, SHOAL_NO_WAIT), "take what is left");
        if (status == SHOAL_OK && notes->key[number].left != notes->key[number].right)
            fail("what a key guards is torn, and nobody was told", number, 0);
        must(shoal_locks_release(locks, &key.key, 0), "release what was left");
    }
    if (shoal_locks_count(locks) != 0)
        fail("keys are left", shoal_locks_count(locks), left);
    if (shoal_check(segment, finding, NULL) != 0)
        fail("check", 0, 0);
    shoal_object_close(locks);
    must(shoal_object_remove(segment, "locks", 5), "remove");
    must(shoal_segment_info(&info, segment), "info");
    if (info.objects || info.removed || info.used > 40000) /* the table of names */
        fail("memory or objects are left", (int64_t)info.used, (int64_t)info.objects);
    shoal_close(segment);
    must(shoal_unlink(context, "keys"), "unlink");
    rmdir(directory);
    printf("%lld keys were left by the dead\n", (long long)left);
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
    strcpy(directory, "/dev/shm/keys-storm-XXXXXX");
    if (notes == MAP_FAILED || !mkdtemp(directory))
        return 2;
    for (int i = 0; i < workers; i++)
        pids[i] = start(i);
    hunt(pids, workers, seconds, &kills);
    if (!notes->failed)
        end_all(pids, workers);
    for (int i = 0; i < workers; i++) {
        operations += notes->operations[i];
        if (notes->failed)
            kill(pids[i], SIGKILL); /* one that was forked just now may not be told of our end */
    }
    if (!notes->failed)
        settle();
    printf("{\"seed\": %llu, \"kills\": %d, \"operations\": %llu, \"taken\": %llu, \"shared\": %llu, \"told\": %llu, "
           "\"in_vain\": %llu, \"violations\": %d}\n",
           (unsigned long long)seed, kills, (unsigned long long)operations, (unsigned long long)notes->taken,
           (unsigned long long)notes->shared, (unsigned long long)notes->told, (unsigned long long)notes->in_vain,
           notes->failed);
    return notes->failed;
}
