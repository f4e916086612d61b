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

/* ---- After a death ---- */

static uint32_t version_of(int place, int key)
{
    char name[32];
    struct stamp stamp;
    size_t size;
    int length = sprintf(name, "v/%d/%d", place, key);
    int status = shoal_value_get(writes.segment, name, (size_t)length, writes.buffer, VALUE_ROOM, &size);
    if (status == SHOAL_ENOKEY)
        return 0;
    must(status, "get after a death");
    if (!value_read(&stamp, writes.buffer, size) || stamp.place != (uint32_t)place || stamp.key != (uint32_t)key)
        wrong("a value is torn after a death", place, key);
    return stamp.version;
}

/* What it acknowledged, or what it was about to do: that is what the next one in this place begins with. */
static void judge_key(int place, int key)
{
    volatile uint32_t *note = place_word(place, KEY + 2 * key);
    uint32_t version = version_of(place, key), begun = note[0], done = note[1];
    bool is_done = version ? version == done : is_removal(done);
    bool is_begun = version ? version == begun : is_removal(begun);
    if (!is_done && !is_begun)
        wrong("an acknowledged value is lost", version, done);
    note[1] = is_begun ? begun : done;
    note[0] = note[1];
}

static bool array_is(const shoal_view *view, uint32_t version, bool whole)
{
    const uint32_t *words = (const uint32_t *)(const void *)view->data;
    if (is_removal(version) || length_of(version) != shoal_view_size(view))
        return false;
    for (uint64_t i = 0; i < shoal_view_size(view); i++)
        if (words[i] != version && (whole || words[i] != 0))
            return false;
    return true;
}

/* In flight: it is the old one, whole; none; or the new one, filled up to somewhere. */
static void judge_own_array(int place, int number)
{
    char name[32];
    shoal_object *array;
    shoal_view view;
    volatile uint32_t *note = place_word(place, ARRAY + 2 * number);
    uint32_t begun = note[0], done = note[1];
    int length = sprintf(name, "a/%d/%d", place, number);
    int status = shoal_object_open(&array, reads.segment, name, (size_t)length);
    if (status != SHOAL_ENOKEY)
        must(status, "open an array after a death");
    if (status == SHOAL_OK)
        must(shoal_array_view(&view, array), "view");
    bool right = status == SHOAL_OK ? array_is(&view, done, true) || (begun != done && array_is(&view, begun, false))
                                    : begun != done || is_removal(done);
    if (!right)
        wrong("an acknowledged array is lost, or has other elements", done, begun);
    shoal_object_close(array);
    if (begun == done)
        return;
    while (!is_removal(begun))
        begun++;
    note[0] = begun;
    if (status == SHOAL_OK)
        must(shoal_object_remove(writes.segment, name, (size_t)length), "remove an array");
    note[1] = begun;
}

static void judge_own_counter(int place)
{
    char name[32];
    shoal_object *counter;
    int64_t value;
    volatile uint32_t *note = place_word(place, OWN);
    int length = sprintf(name, "c/%d", place);
    int status = shoal_object_open(&counter, reads.segment, name, (size_t)length);
    if (status == SHOAL_ENOKEY && note[0] == 0)
        return;
    must(status, "open a counter after a death");
    must(shoal_counter_value(&value, counter), "value");
    if (value != note[0] && value != note[1])
        wrong("a counter lost or doubled an addition", value, note[1]);
    note[0] = note[1] = (uint32_t)value;
    shoal_object_close(counter);
}

static void settle(int place, int word, uint64_t *uncertain)
{
    volatile uint32_t *note = place_word(place, word);
    *uncertain += note[0] != note[1];
    note[0] = note[1];
}

static bool in_flight(int place)
{
    bool any = false;
    for (int key = 0; key < KEYS; key++)
        any |= place_word(place, KEY)[2 * key] != place_word(place, KEY)[2 * key + 1];
    for (int number = 0; number < ARRAYS; number++)
        any |= place_word(place, ARRAY)[2 * number] != place_word(place, ARRAY)[2 * number + 1];
    return any;
}

void judge_dead(int place)
{
    for (int word = IN_LOCK; word <= IN_PERMIT; word++)
        *place_word(place, word) = 0;
    *place_word(place, HEAP) = 0;
    if (places[place].mode == MODE_READER)
        return;
    if (in_flight(place)) /* takes the structure's lock, so that it is completed or undone */
        must(shoal_value_put(writes.segment, "judge", 5, "\xc0", 1), "put after a death");
    for (int key = 0; key < KEYS; key++)
        judge_key(place, key);
    for (int number = 0; number < ARRAYS; number++)
        judge_own_array(place, number);
    judge_own_counter(place);
    settle(place, COUNT, &figures.uncertain_count);
    settle(place, PAIR, &figures.uncertain_pair);
    settle(place, WRITE, &figures.uncertain_write);
}

/* ---- While everybody is stopped ---- */

static int64_t sum(int word)
{
    int64_t total = 0;
    for (int place = 0; place < options.writers; place++) {
        bool alive = places[place].pid && !places[place].dying;
        total += alive || word < IN_LOCK || word > IN_PERMIT ? *place_word(place, word) : 0;
    }
    return total;
}

static void judge_exclusion(void)
{
    if (sum(IN_LOCK) > 1)
        wrong("two are in the lock", sum(IN_LOCK), 1);
    if (sum(IN_WRITE) > 1 || (sum(IN_WRITE) && sum(IN_READ)))
        wrong("one is in the rwlock with a writer", sum(IN_WRITE), sum(IN_READ));
    if (sum(IN_PERMIT) > PERMITS)
        wrong("more have a permit than there are", sum(IN_PERMIT), PERMITS);
    int status = shoal_lock_acquire(writes.lock, false, SHOAL_NO_WAIT);
    if (status >= 0 && sum(IN_LOCK))
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

static void at_least(int64_t value, int word, const char *what)
{
    if (value < sum(word))
        wrong(what, value, sum(word));
}

/* Reading waits for nobody: not for those who are stopped, wherever they are. */
void judge_frozen(void)
{
    int64_t value;
    for (int place = 0; place < options.writers; place++) {
        for (int key = 0; key < KEYS; key++)
            judge_value(&reads, place, key);
        judge_array(&reads, place, 0);
    }
    judge_exclusion();
    at_least(writes.pair[0], PAIR_DONE, "an acknowledged change under the lock is lost");
    at_least(writes.written[0], WRITE_DONE, "an acknowledged change under the rwlock is lost");
    must(shoal_counter_value(&value, writes.count), "value");
    at_least(value, COUNT_DONE, "an acknowledged addition is lost");
}

/* ---- In the end ---- */

static void within(int64_t value, int word, uint64_t uncertain, const char *what)
{
    at_least(value, word, what);
    if (value > sum(word) + (int64_t)uncertain + sum(CHILDREN))
        wrong(what, value, sum(word) + (int64_t)uncertain + sum(CHILDREN));
}

static void judge_sums(void)
{
    int64_t value;
    must(shoal_counter_value(&value, writes.count), "value");
    within(value, COUNT_DONE, figures.uncertain_count, "the sum of the counter");
    int status = shoal_lock_acquire(writes.lock, false, shoal_deadline(5));
    must(status, "the lock in the end");
    if (status == SHOAL_OK && writes.pair[0] != writes.pair[1])
        wrong("two words under a lock differ, and nobody was told", writes.pair[0], writes.pair[1]);
    within(writes.pair[0], PAIR_DONE, figures.uncertain_pair, "the sum under the lock");
    status = shoal_rwlock_write(writes.rwlock, shoal_deadline(5));
    must(status, "the rwlock in the end");
    if (status == SHOAL_OK && writes.written[0] != writes.written[1])
        wrong("two words under an rwlock differ, and nobody was told", writes.written[0], writes.written[1]);
    within(writes.written[0], WRITE_DONE, figures.uncertain_write, "the sum under the rwlock");
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

void judge_end(void)
{
    shoal_info info;
    judge_sums();
    judge_shared_segment();
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
    if (info.used > 16384) /* the directory's table, and nothing else */
        wrong("memory is left in use", (int64_t)info.used, (int64_t)info.committed);
    printf("%u recoveries, %llu bytes of tables remain\n", info.recoveries, (unsigned long long)info.used);
}
