/* What the workers of the storm do to the segment, and how they judge what they read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "worker.h"

static volatile uint32_t *mine(const struct worker *it, int word)
{
    return place_word(it->place, word);
}

static int value_name(char *out, int place, int key)
{
    return sprintf(out, "v/%d/%d", place, key);
}

static int array_name(char *out, int place, int number)
{
    return sprintf(out, "a/%d/%d", place, number);
}

static void dwell(void)
{
    struct timespec moment = {0, (long)(random_number() % 100000)};
    if (random_number() % 8 == 0)
        nanosleep(&moment, NULL);
}

/* ---- Reading ---- */

static bool get(struct worker *it, const char *name, int length, struct stamp *stamp)
{
    size_t size;
    int status = shoal_value_get(it->segment, name, (size_t)length, it->buffer, VALUE_ROOM, &size);
    if (status == SHOAL_ENOKEY)
        return false;
    must(status, "get");
    if (status != SHOAL_OK || !value_read(stamp, it->buffer, size))
        violation("a value is torn, or of no version", status, (int64_t)size);
    ++*mine(it, JUDGED);
    return true;
}

void judge_value(struct worker *it, int place, int key)
{
    char name[32];
    struct stamp stamp = {0, 0, 0};
    volatile uint32_t *note = place_word(place, KEY + 2 * key);
    uint32_t done = note[1];
    bool found = get(it, name, value_name(name, place, key), &stamp);
    uint32_t begun = note[0];
    if (found && (stamp.place != (uint32_t)place || stamp.key != (uint32_t)key))
        violation("a value of another name", stamp.place, stamp.key);
    if (!is_current(found, stamp.version, done, begun))
        violation(found ? "a version that was replaced, or never begun" : "an acknowledged value is lost",
                  stamp.version, done);
}

/* Each word of an array with a pin is 0 or one version whose length is the array's: it never becomes something else. */
static uint32_t judge_words(const shoal_view *view)
{
    uint64_t count = shoal_view_size(view);
    const volatile uint32_t *words = (const volatile uint32_t *)(const void *)view->data;
    uint32_t seen = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint32_t word = words[i];
        if (word != 0 && word != seen && (is_removal(word) || length_of(word) != count))
            violation("the memory of an array that is open became something else", word, (int64_t)count);
        if (word)
            seen = word;
    }
    return seen;
}

bool judge_array(struct worker *it, int place, int number)
{
    char name[32];
    shoal_object *array;
    shoal_view view;
    int length = array_name(name, place, number);
    int status = shoal_object_open(&array, it->segment, name, (size_t)length);
    if (status == SHOAL_ENOKEY)
        return false;
    must(status, "open an array");
    must(shoal_array_view(&view, array), "view");
    judge_words(&view);
    dwell();
    judge_words(&view);
    shoal_object_close(array);
    ++*mine(it, JUDGED);
    return true;
}

static void judge_counter(struct worker *it, int place)
{
    char name[32];
    shoal_object *counter;
    int64_t value;
    int length = sprintf(name, "c/%d", place);
    int status = shoal_object_open(&counter, it->segment, name, (size_t)length);
    if (status == SHOAL_ENOKEY)
        return; /* nobody lived there yet */
    must(status, "open a counter");
    uint32_t least = *place_word(place, OWN_DONE);
    must(shoal_counter_value(&value, counter), "value");
    uint32_t most = *place_word(place, OWN);
    if (value < least || value > most)
        violation("a counter lost or doubled an addition", value, least);
    shoal_object_close(counter);
    ++*mine(it, JUDGED);
}

static uint32_t shared_key(void)
{
    return (uint32_t)(random_number() % (journal[STORING] ? journal[STORING] : SHARED_KEYS));
}

static void judge_shared(struct worker *it)
{
    char name[32];
    struct stamp stamp;
    uint32_t key = shared_key();
    if (get(it, name, sprintf(name, "s/%u", key), &stamp) && stamp.key != 100 + key)
        violation("a value of another name", stamp.key, key);
}

static void say(void *argument, const char *finding)
{
    (void)argument;
    printf("finding: %s\n", finding);
    fflush(stdout);
}

static void judge_all(struct worker *it)
{
    int findings = shoal_check(it->segment, say, NULL);
    must(findings, "check");
    if (findings > 0)
        violation("check() has findings", findings, 0);
}

void look(struct worker *it)
{
    int place = some_writing_place(random_number());
    switch (random_number() % 10) {
    case 0:
        judge_array(it, place, (int)(random_number() % ARRAYS));
        break;
    case 1:
        judge_counter(it, place);
        break;
    case 2:
        judge_shared(it);
        break;
    case 3:
        if (random_number() % 4096 == 0)
            judge_all(it);
        break;
    case 4:
    case 5:
        look_at_mixed_name(it);
        break;
    default:
        judge_value(it, place, (int)(random_number() % KEYS));
    }
    ++*mine(it, OPERATIONS);
}

/* ---- Writing ---- */

static void store_or_remove(struct worker *it, int key)
{
    char name[32];
    volatile uint32_t *note = mine(it, KEY + 2 * key);
    struct stamp stamp = {(uint32_t)it->place, (uint32_t)key, note[1] + 1};
    size_t length = (size_t)value_name(name, it->place, key);
    note[0] = stamp.version;
    if (is_removal(stamp.version)) {
        int status = shoal_object_remove(it->segment, name, length);
        if (status != SHOAL_ENOKEY)
            must(status, "remove");
    } else {
        must(shoal_value_put(it->segment, name, length, it->buffer, value_write(it->buffer, stamp)), "put");
    }
    note[1] = stamp.version;
}

static void make_array(struct worker *it, const char *name, size_t length, uint32_t version)
{
    shoal_object *array;
    shoal_view view;
    int64_t shape = length_of(version);
    must(shoal_array_open(&array, it->segment, name, length, (shoal_dtype){SHOAL_UINT32, 4}, 1, &shape), "array");
    must(shoal_array_view(&view, array), "view");
    volatile uint32_t *words = (volatile uint32_t *)(void *)view.data;
    for (int64_t i = 0; i < shape; i++) {
        if (words[i] != 0)
            violation("a new array is not zero", words[i], i);
        words[i] = version;
    }
    shoal_object_close(array);
}

/* Its array of that number goes, and one of the next version comes. */
static void make_or_remove_array(struct worker *it, int number)
{
    char name[32];
    volatile uint32_t *note = mine(it, ARRAY + 2 * number);
    uint32_t version = note[1] + 1;
    size_t length = (size_t)array_name(name, it->place, number);
    note[0] = version;
    int status = shoal_object_remove(it->segment, name, length);
    if (status != SHOAL_ENOKEY)
        must(status, "remove an array");
    if (!is_removal(version))
        make_array(it, name, length, version);
    note[1] = version;
}

/* Where there is much to store, most of it fits where the one before was. */
static uint32_t a_version(void)
{
    uint32_t version, choice = random_number() % 32;
    do
        version = (uint32_t)(random_number() >> 33);
    while (journal[STORING] && choice && (is_removal(version) || bytes_of(version) > 300));
    return version;
}

/* Names that everybody stores under, replaces and removes. */
static void use_shared_name(struct worker *it)
{
    char name[32];
    uint32_t key = shared_key();
    int length = sprintf(name, "s/%u", key), status;
    struct stamp stamp = {(uint32_t)it->place, 100 + key, a_version()};
    if (is_removal(stamp.version)) {
        status = shoal_object_remove(it->segment, name, (size_t)length);
        if (status != SHOAL_ENOKEY)
            must(status, "remove");
        return;
    }
    status = shoal_value_put(it->segment, name, (size_t)length, it->buffer, value_write(it->buffer, stamp));
    must(status, "put");
}

static void make_and_remove_counter(struct worker *it)
{
    char name[32];
    shoal_object *counter;
    int64_t value;
    int length = sprintf(name, "t/%d", (int)(random_number() % 50));
    must(shoal_counter_open(&counter, it->segment, name, (size_t)length, 1), "counter");
    must(shoal_counter_value(&value, counter), "value");
    if (value != 1)
        violation("a new counter does not have its first value", value, 1);
    int status = shoal_object_remove(it->segment, name, (size_t)length);
    if (status != SHOAL_ENOKEY)
        must(status, "remove a counter");
    shoal_object_close(counter);
}

static void add_to_own(struct worker *it)
{
    int64_t value;
    volatile uint32_t *note = mine(it, OWN);
    note[0] = note[1] + 1;
    must(shoal_counter_add(&value, it->own, 1), "add");
    if (value != note[0])
        violation("its own counter has another value than it gave it", value, note[0]);
    note[1] = note[0];
}

void add_to_count(struct worker *it, bool note)
{
    int64_t value;
    if (note)
        *mine(it, COUNT) = *mine(it, COUNT_DONE) + 1;
    must(shoal_counter_add(&value, it->count, 1), "add");
    if (note)
        *mine(it, COUNT_DONE) = *mine(it, COUNT);
}

static void waited(struct worker *it, shoal_time since)
{
    uint32_t took = (uint32_t)((shoal_now() - since) / 1000);
    if (took > *mine(it, LONGEST))
        *mine(it, LONGEST) = took;
}

/* Two words that change together. The first decides when one died between. */
static void change(volatile int64_t *words, int status, const char *what)
{
    if (words[0] != words[1] && status != SHOAL_RECOVERED)
        violation(what, words[0], words[1]);
    int64_t next = words[0] + 1;
    words[0] = next;
    dwell();
    words[1] = next;
}

/* As shoal.h says: call again with the same deadline. */
#define UNINTERRUPTED(status, call)                                                                                    \
    do                                                                                                                 \
        (status) = (call);                                                                                             \
    while ((status) == SHOAL_EINTR)

void update_pair(struct worker *it, bool note)
{
    shoal_time start = shoal_now(), end = shoal_deadline(30);
    int status;
    UNINTERRUPTED(status, shoal_lock_acquire(it->lock, false, end));
    must(status, "acquire");
    if (note) {
        waited(it, start);
        *mine(it, PAIR) = *mine(it, PAIR_DONE) + 1;
        *mine(it, IN_LOCK) = 1;
        uint64_t chance = random_number() % 512;
        if (chance == 0)
            leave_child_that_holds(it);
    }
    change(it->pair, status, "two words under a lock differ, and nobody was told");
    if (note && random_number() % 512 == 0) {
        it->pair[0]++; /* half of it: exec gives the lock back, and the next is to be told */
        *mine(it, CHILDREN) += 1;
        become_another(it);
        it->pair[0]--; /* there was none */
    }
    if (note)
        *mine(it, IN_LOCK) = 0;
    must(shoal_lock_release(it->lock), "release");
    if (note)
        *mine(it, PAIR_DONE) = *mine(it, PAIR);
}

static void use_rwlock(struct worker *it)
{
    bool writes = random_number() % 3 == 0;
    shoal_time end = shoal_deadline(30);
    int status;
    UNINTERRUPTED(status, writes ? shoal_rwlock_write(it->rwlock, end) : shoal_rwlock_read(it->rwlock, end));
    must(status, writes ? "write" : "read");
    *mine(it, writes ? IN_WRITE : IN_READ) = 1;
    if (writes) {
        *mine(it, WRITE) = *mine(it, WRITE_DONE) + 1;
        change(it->written, status, "two words under an rwlock differ, and nobody was told");
    } else {
        int64_t first = it->written[0];
        dwell();
        if (status == SHOAL_OK && (first != it->written[0] || first != it->written[1]))
            violation("a reader sees a change", first, it->written[1]);
    }
    *mine(it, writes ? IN_WRITE : IN_READ) = 0;
    must(shoal_rwlock_unlock(it->rwlock), "unlock");
    if (writes)
        *mine(it, WRITE_DONE) = *mine(it, WRITE);
}

/* One of many, which the next comes for long after its holder died: when another has the dead one's place in the roster. */
static void use_rare_lock(struct worker *it)
{
    char name[32];
    shoal_object *lock;
    struct timespec moment = {0, (long)(random_number() % 4000000)};
    int status, length = sprintf(name, "r/%d", (int)(random_number() % RARE_LOCKS));
    shoal_time end = shoal_deadline(30);
    must(shoal_lock_open(&lock, it->segment, name, (size_t)length, 0), "open a lock");
    UNINTERRUPTED(status, shoal_lock_acquire(lock, false, end));
    must(status, "acquire a rare lock");
    nanosleep(&moment, NULL);
    must(shoal_lock_release(lock), "release a rare lock");
    shoal_object_close(lock);
}

static void use_permit(struct worker *it)
{
    shoal_time end = shoal_deadline(30);
    int status;
    UNINTERRUPTED(status, shoal_semaphore_acquire(it->permits, end));
    must(status, "acquire a permit");
    *mine(it, IN_PERMIT) = 1;
    dwell();
    *mine(it, IN_PERMIT) = 0;
    must(shoal_semaphore_release(it->permits, 1), "release a permit");
}

/* A segment that goes when the last of those who use it goes, and that the next makes anew. */
static void use_shared_segment(struct worker *it)
{
    char name[128], key[16];
    struct stamp stamp;
    struct worker there = *it;
    shoal_options options;
    shoal_options_init(&options);
    options.lifetime = SHOAL_SHARED;
    options.size = 16 << 20;
    snprintf(name, sizeof name, "%s-s", it->segment_name);
    must(shoal_open_or_create(&there.segment, it->context, name, &options), "open or create");
    int length = sprintf(key, "%d", it->place);
    get(&there, key, length, &stamp);
    do
        stamp = (struct stamp){(uint32_t)it->place, 200, (uint32_t)(random_number() >> 33)};
    while (is_removal(stamp.version) || bytes_of(stamp.version) > 3000);
    uint32_t version = stamp.version;
    must(shoal_value_put(there.segment, key, (size_t)length, it->buffer, value_write(it->buffer, stamp)), "put");
    if (!get(&there, key, length, &stamp) || stamp.version != version)
        violation("what was stored in a shared segment is not there", stamp.version, version);
    shoal_close(there.segment);
}

static void use_rarely(struct worker *it)
{
    uint64_t roll = random_number() % 64;
    shoal_info info;
    if (roll < 2)
        leave_child(it);
    else if (roll == 63)
        must(shoal_segment_info(&info, it->segment), "info");
    else if (roll < 10)
        use_shared_segment(it);
    else if (roll < 26)
        use_rare_lock(it);
}

/* Values and nothing else. */
static void store_and_read(struct worker *it)
{
    int key = (int)(random_number() % KEYS), place = some_writing_place(random_number());
    switch (random_number() % 8) {
    case 0:
        store_or_remove(it, key);
        break;
    case 1:
        judge_value(it, place, key);
        break;
    case 2:
        judge_shared(it);
        break;
    default:
        use_shared_name(it);
    }
}

static void do_anything(struct worker *it)
{
    int key = (int)(random_number() % KEYS), place = some_writing_place(random_number());
    switch (random_number() % 20) {
    case 0:
    case 1:
    case 2:
        store_or_remove(it, key);
        break;
    case 3:
        make_or_remove_array(it, key % ARRAYS);
        break;
    case 4:
        judge_value(it, place, key);
        break;
    case 5:
        judge_array(it, place, key % ARRAYS);
        break;
    case 6:
        add_to_own(it);
        break;
    case 7:
        add_to_count(it, true);
        break;
    case 8:
    case 9:
        update_pair(it, true);
        break;
    case 10:
        use_rwlock(it);
        break;
    case 11:
        use_permit(it);
        break;
    case 12:
        use_shared_name(it);
        break;
    case 13:
        judge_shared(it);
        break;
    case 14:
        make_and_remove_counter(it);
        break;
    case 15:
        use_rarely(it);
        break;
    default:
        use_mixed_name(it);
    }
}

void operate(struct worker *it)
{
    if (journal[STORING] && random_number() % 64)
        store_and_read(it);
    else
        do_anything(it);
    ++*mine(it, OPERATIONS);
}

/* ---- Opening ---- */

static volatile int64_t *open_pair(shoal_object **array, shoal_segment *segment, const char *name)
{
    shoal_view view;
    int64_t two = 2;
    must(shoal_array_open(array, segment, name, strlen(name), (shoal_dtype){SHOAL_INT64, 8}, 1, &two), name);
    must(shoal_array_view(&view, *array), "view");
    return (volatile int64_t *)(void *)view.data;
}

void open_everything(struct worker *it, bool readonly)
{
    char name[32];
    shoal_options options;
    shoal_options_init(&options);
    options.readonly = readonly;
    if (!it->buffer)
        it->buffer = malloc(VALUE_ROOM);
    it->context = shoal_context_new();
    must(shoal_open(&it->segment, it->context, it->segment_name, &options), "open");
    if (readonly)
        return;
    int length = sprintf(name, "c/%d", it->place);
    must(shoal_counter_open(&it->own, it->segment, name, (size_t)length, 0), "counter");
    must(shoal_counter_open(&it->count, it->segment, "count", 5, 0), "counter");
    must(shoal_lock_open(&it->lock, it->segment, "lock", 4, 0), "lock");
    must(shoal_rwlock_open(&it->rwlock, it->segment, "rwlock", 6), "rwlock");
    must(shoal_semaphore_open(&it->permits, it->segment, "permits", 7, PERMITS, 0), "semaphore");
    it->pair = open_pair(&it->pair_array, it->segment, "pair");
    it->written = open_pair(&it->written_array, it->segment, "written");
}

void close_everything(struct worker *it)
{
    shoal_object *objects[] = {it->own,     it->count,      it->lock,         it->rwlock,
                               it->permits, it->pair_array, it->written_array};
    close_kept(it);
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++)
        shoal_object_close(objects[i]);
    shoal_context_free(it->context);
    it->context = NULL;
}
