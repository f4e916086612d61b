/* The judge of the storm: whatever was acknowledged is there, whole, and nothing else. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "segment/segment.h"
#include "storm.h"

struct worker writes = {.place = JUDGE}, reads = {.place = JUDGE};

void judge_begin(void)
{
    writes.segment_name = reads.segment_name = segment_name;
    shoal_options create;
    shoal_options_init(&create);
    create.size = 1 << 29;
    shoal_context *context = shoal_context_new();
    shoal_segment *segment;
    must(shoal_create(&segment, context, segment_name, &create), "create");
    open_everything(&writes, false);
    open_everything(&reads, true);
    shoal_context_free(context);
}

static void say(void *argument, const char *finding)
{
    (void)argument;
    printf("finding: %s\n", finding);
}

void judge_check(const char *when)
{
    int findings = shoal_check(writes.segment, say, NULL);
    must(findings, "check");
    if (findings > 0)
        wrong(when, findings, 0);
}

bool judge_sees_change(void)
{
    const volatile struct journal_sh *changes = shoal__journal(reads.segment);
    return changes->undo_count || changes->redo_count;
}

void judge_dead(int place)
{
    *place_word(place, HEAP) = 0;
    if (places[place].mode == MODE_READER)
        for (int word = IN_LOCK; word <= IN_PERMIT; word++)
            *place_word(place, word) = 0;
    else
        settle_place(&writes, &reads, place);
}

/* ---- While everybody is stopped ---- */

static int64_t sum(int word)
{
    int64_t total = 0;
    for (int place = 0; place < PLACES; place++)
        total += *place_word(place, word);
    return total;
}

/* Of those who are stopped: the children of masters go on. */
static int64_t held(int word)
{
    int64_t total = 0;
    for (int place = 0; place < (int)journal[WRITERS]; place++)
        total += places[place].pid && !places[place].dying ? *place_word(place, word) : 0;
    return total;
}

static void judge_exclusion(void)
{
    if (held(IN_LOCK) > 1)
        wrong("two are in the lock", held(IN_LOCK), 1);
    if (held(IN_WRITE) > 1 || (held(IN_WRITE) && held(IN_READ)))
        wrong("one is in the rwlock with a writer", held(IN_WRITE), held(IN_READ));
    if (held(IN_PERMIT) > PERMITS)
        wrong("more have a permit than there are", held(IN_PERMIT), PERMITS);
    int status = shoal_lock_acquire(writes.lock, false, SHOAL_NO_WAIT);
    if (status >= 0 && held(IN_LOCK))
        wrong("the lock of one who is stopped was taken away", status, 0);
    if (status == SHOAL_OK && writes.pair[0] != writes.pair[1])
        wrong("two words under a lock differ, and nobody was told", writes.pair[0], writes.pair[1]);
    if (status == SHOAL_RECOVERED)
        writes.pair[1] = writes.pair[0];
    if (status >= 0)
        must(shoal_lock_release(writes.lock), "release");
    else if (status != SHOAL_ETIMEDOUT)
        must(status, "try the lock");
}

/* What was acknowledged before we looked: masters' children go on meanwhile. */
static void at_least(int64_t acknowledged, int64_t value, const char *what)
{
    if (value < acknowledged)
        wrong(what, value, acknowledged);
}

/* Reading waits for nobody: not for those who are stopped, wherever they are. */
void judge_frozen(void)
{
    int64_t value, counted = sum(COUNT_DONE), paired = sum(PAIR_DONE), written = sum(WRITE_DONE);
    for (int place = 0; place < (int)journal[WRITERS]; place++) {
        for (int key = 0; key < KEYS; key++)
            judge_value(&reads, place, key);
        judge_array(&reads, place, 0);
    }
    judge_exclusion();
    at_least(paired, writes.pair[0], "an acknowledged change under the lock is lost");
    at_least(written, writes.written[0], "an acknowledged change under the rwlock is lost");
    must(shoal_counter_value(&value, writes.count), "value");
    at_least(counted, value, "an acknowledged addition is lost");
}

/* ---- In the end ---- */

/* Everybody is dead. */
static void within(int64_t value, int done, int unsure, const char *what)
{
    int64_t most = sum(done) + sum(unsure) + sum(CHILDREN);
    at_least(sum(done), value, what);
    if (value > most)
        wrong(what, value, most);
}

static void judge_sums(void)
{
    int64_t value;
    must(shoal_counter_value(&value, writes.count), "value");
    within(value, COUNT_DONE, UNSURE, "the sum of the counter");
    int status = shoal_lock_acquire(writes.lock, false, shoal_deadline(5));
    must(status, "the lock in the end");
    if (status == SHOAL_OK && writes.pair[0] != writes.pair[1])
        wrong("two words under a lock differ, and nobody was told", writes.pair[0], writes.pair[1]);
    within(writes.pair[0], PAIR_DONE, UNSURE + 1, "the sum under the lock");
    status = shoal_rwlock_write(writes.rwlock, shoal_deadline(5));
    must(status, "the rwlock in the end");
    if (status == SHOAL_OK && writes.written[0] != writes.written[1])
        wrong("two words under an rwlock differ, and nobody was told", writes.written[0], writes.written[1]);
    within(writes.written[0], WRITE_DONE, UNSURE + 2, "the sum under the rwlock");
    for (int i = 0; i < PERMITS; i++)
        must(shoal_semaphore_acquire(writes.permits, shoal_deadline(5)), "a permit in the end");
    if (shoal_semaphore_acquire(writes.permits, SHOAL_NO_WAIT) != SHOAL_ETIMEDOUT)
        wrong("there are too many permits", PERMITS, 0);
}

static int remove_one(void *segment, const char *name, size_t length, int kind)
{
    (void)kind;
    must(shoal_object_remove(segment, name, length), "the last removal");
    return 0;
}

static void judge_shared_segment(void)
{
    char name[128];
    shoal_segment *segment;
    snprintf(name, sizeof name, "%s-s", segment_name);
    if (shoal_open(&segment, writes.context, name, NULL) != SHOAL_ENOTFOUND)
        wrong("a shared segment outlives its users", 0, 0);
}

/* Who lists the segments tidies up what the dead left aside. */
static void judge_files(void)
{
    size_t count;
    shoal_listed *list;
    must(shoal_list(&list, &count, writes.context), "list");
    shoal_list_free(list);
    if (files_aside(false))
        wrong("files lie aside after the segments were listed", files_aside(false), 0);
}

void judge_end(void)
{
    shoal_info info;
    for (int place = WORKERS; place < PLACES; place++)
        settle_place(&writes, &reads, place);
    judge_sums();
    judge_shared_segment();
    judge_files();
    close_everything(&reads);
    must(shoal_context_abandon_locks(writes.context, true), "abandon");
    must(shoal_object_each(writes.segment, remove_one, writes.segment), "each");
    close_everything(&writes); /* so nothing is open any more */
    writes.context = shoal_context_new();
    must(shoal_open(&writes.segment, writes.context, segment_name, NULL), "open in the end");
    must(shoal_segment_info(&info, writes.segment), "info"); /* which also reaps the last dead */
    judge_check("check() at the end");
    if (info.objects || info.removed || info.peers != 1)
        wrong("objects or peers are left", (int64_t)info.objects + info.removed, info.peers);
    if (info.used > 16384 + 32 * (uint64_t)options.names) /* the directory's table, and nothing else */
        wrong("memory is left in use", (int64_t)info.used, (int64_t)info.committed);
    printf("%u recoveries, %llu bytes of tables remain\n", info.recoveries, (unsigned long long)info.used);
}
