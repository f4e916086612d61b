/* Signals and stopped processes: what they may and may not do to who waits for the lock of a segment's structure. */
#include "check.h"

#include "scratch.h"

#include "blocked.h"

#include "objects/objects.h"
#include "segment/big.h"
#include "segment/journal.h"
#include "segment/runs.h"
#include "segment/table.h"
#include "sync/barrier.h"

static void interrupted(int number)
{
    (void)number;
}

static void set_timer(long us)
{
    struct sigaction action = {.sa_handler = interrupted}; /* without SA_RESTART */
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &(struct itimerval){{0, us}, {0, us}}, NULL);
}

static const long periods[] = {300, 1000, 5000, 15000}; /* µs */

/* ---- The dead are found, however often signals come ---- */

static void take_structure(void *segment)
{
    CHECK_STATUS(shoal_counter_open(&(shoal_object *){0}, segment, "peer", 4, 0), SHOAL_OK);
    shoal__lock(segment);
}

TEST(a_timer_does_not_postpone_the_proof_that_the_structures_owner_died)
{
    shoal_segment *segment = open_or_create(new_context(), "signals");
    for (size_t i = 0; i < sizeof periods / sizeof *periods; i++) {
        die_after(take_structure, segment);
        set_timer(periods[i]);
        shoal_time start = shoal_now();
        CHECK_STATUS(shoal_value_put(segment, "k", 1, "\x01", 1), SHOAL_OK);
        set_timer(0);
        CHECK(seconds_since(start) < 1);
    }
    check_sound(segment);
}

static void take_mutex(void *barrier)
{
    shoal_object *object = barrier;
    uint32_t index;
    shoal_barrier_wait(&index, object, SHOAL_NO_WAIT); /* a peer of its own; it breaks */
    shoal__mutex_lock(&((struct barrier_sh *)object->body)->mutex, &object->segment->party, SHOAL_FOREVER);
}

TEST(a_timer_does_not_postpone_the_proof_that_the_owner_of_a_barriers_mutex_died)
{
    shoal_object *barrier = a_barrier(new_context(), 2);
    uint32_t index;
    for (size_t i = 0; i < sizeof periods / sizeof *periods; i++) {
        die_after(take_mutex, barrier);
        set_timer(periods[i]);
        shoal_time start = shoal_now();
        CHECK_STATUS(shoal_barrier_reset(barrier), SHOAL_OK);
        CHECK_STATUS(shoal_barrier_wait(&index, barrier, shoal_deadline(0.05)), SHOAL_ETIMEDOUT);
        set_timer(0);
        CHECK(seconds_since(start) < 1);
    }
}

static const struct way *the_way;

static void block_it(void *object)
{
    CHECK(the_way->block(object) >= 0);
}

/* shoal_locks.h: "SHOAL_EINTR means: a signal came first, call again with the same deadline". */
static void call_again(const struct way *way, shoal_object *object, long us)
{
    int status;
    the_way = way;
    die_after(block_it, object);
    set_timer(us);
    shoal_time start = shoal_now();
    do {
        status = way->wait(object, SHOAL_FOREVER);
        CHECK(seconds_since(start) < 5);
    } while (status == SHOAL_EINTR);
    set_timer(0);
    CHECK_STATUS(status, way->death);
    CHECK_STATUS(way->give(object), SHOAL_OK);
}

TEST(who_calls_again_after_each_signal_finds_that_the_holder_died)
{
    for (size_t i = 0; i < sizeof periods / sizeof *periods; i++)
        EACH_DRIVER(it)
            EACH_WAY(way, it)
                if (way->give)
                    call_again(way, made(it, new_context(), 1).object, periods[i]);
}

TEST(a_short_slice_of_the_context_does_not_postpone_the_proof_either)
{
    shoal_context *context = new_context();
    shoal_object *lock = a_lock(context);
    int status;
    the_way = driver_named("lock")->ways;
    shoal_context_set_slice(context, 1000000);
    die_after(block_it, lock);
    shoal_time start = shoal_now();
    while ((status = shoal_lock_acquire(lock, false, SHOAL_FOREVER)) == SHOAL_EINTR)
        CHECK(seconds_since(start) < 5);
    CHECK_STATUS(status, SHOAL_RECOVERED);
}

/* ---- A structure that stays locked ---- */

enum { ENOUGH = -1000 }; /* a status of the language's own */

static atomic_int began, ended;
static int enough_after = 1;
static atomic_int answers;

static void begin(void)
{
    began++;
}

static void end(void)
{
    ended++;
}

static int answer(shoal_segment *segment)
{
    CHECK(segment != NULL);
    return ++answers >= enough_after ? ENOUGH : SHOAL_OK;
}

/* Of a language that lets its calls end at the first slice; somebody else has the structure's lock. */
static shoal_segment *locked_segment(shoal_segment **holder)
{
    static const shoal_language language = {begin, answer, end};
    shoal_context *context = new_context();
    shoal_segment *segment = open_or_create(context, "locked");
    shoal_context_set_language(context, &language);
    shoal_context_set_slice(context, 10000000);
    CHECK_STATUS(shoal_value_put(segment, "old", 3, "\x01", 1), SHOAL_OK);
    *holder = open_or_create(new_context(), "locked");
    shoal__lock(*holder);
    return segment;
}

static int array_of(shoal_segment *segment, int64_t items)
{
    shoal_object *object;
    return shoal_array_open(&object, segment, "array", 5, (shoal_dtype){SHOAL_FLOAT64, 8}, 1, &items);
}

TEST(calls_on_a_locked_structure_end_as_the_language_says_and_have_done_nothing)
{
    shoal_segment *holder, *segment = locked_segment(&holder);
    shoal_object *object;
    shoal_info info;
    uint64_t count;
    static const char large[1000000] = "\xc6\x00\x0f\x42\x3b";
    CHECK_STATUS(shoal_value_put(segment, "new", 3, "\x01", 1), ENOUGH);
    CHECK_STATUS(shoal_value_put(segment, "large", 5, large, sizeof large), ENOUGH);
    CHECK_STATUS(shoal_object_remove(segment, "old", 3), ENOUGH);
    CHECK_STATUS(shoal_counter_open(&object, segment, "c", 1, 0), ENOUGH);
    CHECK_STATUS(array_of(segment, 10), ENOUGH);
    CHECK_STATUS(array_of(segment, 1000000), ENOUGH);
    CHECK_STATUS(shoal_segment_info(&info, segment), ENOUGH);
    CHECK_STATUS(shoal_check(segment, NULL, NULL), 0); /* which waits for nobody */
    CHECK(began == 7 && ended == 7);
    shoal__unlock(holder);
    CHECK_STATUS(shoal_object_count(&count, segment), SHOAL_OK);
    CHECK(count == 1);
    check_sound(segment);
    CHECK_STATUS(shoal_object_remove(segment, "old", 3), SHOAL_OK);
    CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK);
    CHECK(info.objects == 0 && info.removed == 0);
}

TEST(an_attach_to_a_locked_structure_ends_as_the_language_says_and_leaves_no_peer)
{
    shoal_segment *holder, *segment = locked_segment(&holder), *other;
    static const shoal_language language = {begin, answer, end};
    shoal_context *context = new_context();
    shoal_info info;
    shoal_context_set_language(context, &language);
    shoal_context_set_slice(context, 10000000);
    CHECK_STATUS(shoal_open(&other, context, "locked", NULL), ENOUGH);
    shoal__unlock(holder);
    CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK);
    CHECK(info.peers == 2);
    CHECK_STATUS(shoal_open(&other, context, "locked", NULL), SHOAL_OK);
    check_sound(other);
}

static void *open_it(void *context)
{
    return open_or_create(context, "locked");
}

static shoal_segment *unlocks;

static int unlock_it(shoal_segment *segment)
{
    (void)segment;
    if (++answers == 3)
        shoal__unlock(unlocks);
    return SHOAL_OK;
}

TEST(two_threads_that_wait_to_attach_share_one_attach)
{
    shoal_segment *segment = locked_segment(&unlocks);
    static const shoal_language language = {NULL, unlock_it, NULL};
    shoal_context *context = new_context();
    pthread_t threads[2];
    void *attached[2];
    shoal_info info;
    shoal_context_set_language(context, &language);
    shoal_context_set_slice(context, 10000000);
    for (int i = 0; i < 2; i++)
        CHECK(pthread_create(&threads[i], NULL, open_it, context) == 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], &attached[i]);
    CHECK(attached[0] == attached[1]);
    CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK);
    CHECK(info.peers == 3);
}

TEST(what_is_closed_while_the_structure_is_locked_is_let_go_by_a_later_call)
{
    shoal_segment *holder, *segment = locked_segment(&holder);
    shoal_object *counters[50];
    shoal_info info;
    char name[8];
    shoal__unlock(holder);
    for (int i = 0; i < 50; i++) {
        int length = sprintf(name, "c%d", i);
        CHECK_STATUS(shoal_counter_open(&counters[i], segment, name, (size_t)length, 0), SHOAL_OK);
        CHECK_STATUS(shoal_object_remove(segment, name, (size_t)length), SHOAL_OK);
    }
    shoal__lock(holder);
    shoal_time start = shoal_now();
    for (int i = 0; i < 50; i++)
        shoal_object_close(counters[i]);
    CHECK(seconds_since(start) < 0.5); /* only the first waits */
    CHECK(answers == 0);
    shoal__unlock(holder);
    CHECK_STATUS(shoal_counter_open(&counters[0], segment, "other", 5, 0), SHOAL_OK);
    CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK);
    CHECK(info.removed == 0);
    check_sound(segment);
    shoal_object_close(counters[0]);
    shoal_close(segment);
    CHECK_STATUS(shoal_segment_info(&info, holder), SHOAL_OK);
    CHECK(info.peers == 1);
}

static void *open_counter(void *segment)
{
    shoal_object *counter;
    CHECK_STATUS(shoal_counter_open(&counter, segment, "c", 1, 0), SHOAL_OK);
    return NULL;
}

static void *put_value(void *segment)
{
    CHECK_STATUS(shoal_value_put(segment, "v", 1, "\x01", 1), SHOAL_OK);
    return NULL;
}

TEST(a_fork_does_not_wait_for_calls_that_wait_for_the_structure)
{
    shoal_segment *segment = open_or_create(new_context(), "forked"), *holder = open_or_create(new_context(), "forked");
    void *(*const calls[])(void *) = {open_counter, put_value, open_counter};
    pthread_t threads[3];
    open_counter(holder); /* so that it is only to be opened */
    shoal__lock(holder);
    for (int i = 0; i < 3; i++)
        CHECK(pthread_create(&threads[i], NULL, calls[i], segment) == 0);
    EVENTUALLY(load_relaxed(&shoal__header(segment)->lock) & MUTEX_WAITERS);
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL); /* all of them are asleep by now, most likely */
    shoal_time start = shoal_now();
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0)
        _exit(0);
    CHECK(seconds_since(start) < 5); /* a second of it for the child's birth, which has to be without this segment */
    join(child);
    shoal__unlock(holder);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    check_sound(segment);
}

static pid_t forked;

static int fork_in_handler(shoal_segment *segment)
{
    (void)segment;
    if (!forked && (forked = fork()) == 0)
        forked = -1;
    return forked > 0 && waitpid(forked, NULL, WNOHANG) != 0 ? ENOUGH : SHOAL_OK;
}

TEST(a_call_that_waits_is_not_inherited_by_a_child_that_a_handler_forks)
{
    static const shoal_language language = {NULL, fork_in_handler, NULL};
    shoal_segment *holder, *segment = locked_segment(&holder);
    static const char large[1000000] = "\xc6\x00\x0f\x42\x3b";
    shoal_context_set_language(segment->context, &language);
    int status = shoal_value_put(segment, "large", 5, large, sizeof large);
    if (forked < 0)
        _exit(status != SHOAL_ELOCK);
    CHECK_STATUS(status, ENOUGH);
    shoal__unlock(holder);
    check_sound(segment);
}

static shoal_segment *closes;

static int close_it(shoal_segment *segment)
{
    if (closes) {
        CHECK(segment == closes);
        closes = NULL;
        shoal_close(segment);
    }
    return ++answers < 3 ? SHOAL_OK : ENOUGH;
}

TEST(a_segment_that_a_handler_closes_stays_until_the_call_ends)
{
    static const shoal_language language = {NULL, close_it, NULL};
    shoal_segment *holder, *segment = locked_segment(&holder);
    shoal_info info;
    closes = segment;
    shoal_context_set_language(segment->context, &language);
    CHECK_STATUS(shoal_value_put(segment, "k", 1, "\x01", 1), ENOUGH);
    shoal__unlock(holder);
    CHECK_STATUS(shoal_segment_info(&info, holder), SHOAL_OK);
    CHECK(info.peers == 1);
}

/* ---- The second half of something ---- */

static pthread_t impatient;
static shoal_segment *other_holder;
static int visited;

static void *take_and_keep(void *unused)
{
    shoal__lock(other_holder);
    return unused;
}

/* Another waits for it, for so long that it has it before us when we let it go: at one of the steps, on a busy machine. */
static void let_another_wait(shoal_segment *segment, struct entry_sh *entry, uint32_t argument)
{
    (void)entry, (void)argument;
    if (visited++ == 0)
        CHECK(pthread_create(&impatient, NULL, take_and_keep, NULL) == 0);
    EVENTUALLY(load_relaxed(&shoal__header(segment)->lock) & MUTEX_LONGWAIT);
}

TEST(a_later_step_of_an_attach_ends_as_the_language_says)
{
    shoal_segment *segment = locked_segment(&other_holder);
    char name[8];
    shoal__unlock(other_holder);
    for (int i = 0; i < 60; i++) {
        int length = sprintf(name, "v%d", i);
        CHECK_STATUS(shoal_value_put(segment, name, (size_t)length, "\x01", 1), SHOAL_OK);
    }
    pthread_mutex_lock(&segment->context->lock);
    CHECK_STATUS(shoal__each_named(segment, let_another_wait, 0, SHOAL_FOREVER), ENOUGH);
    pthread_mutex_unlock(&segment->context->lock);
    pthread_join(impatient, NULL);
    CHECK(began == 1 && ended == 1);
    shoal__unlock(other_holder);
    check_sound(segment);
}

/* The memory of a larger table, as table.c makes it before it waits for the lock once more. */
static void make_table(shoal_segment *segment, uint32_t buckets)
{
    uint32_t ref;
    shoal__lock(segment);
    CHECK_STATUS(shoal__big_take_locked(segment, sizeof(struct table_sh) + 16ull * buckets, &ref), SHOAL_OK);
    shoal__change(segment, &shoal__header(segment)->grower, segment->party.me);
    CHECK_STATUS(shoal__commit(segment), SHOAL_OK);
    shoal__unlock(segment);
    CHECK_STATUS(shoal__big_commit(segment, ref, false), SHOAL_OK);
    shoal__keep_backed(segment, shoal__page_of(segment, ref),
                       shoal__page(segment, shoal__page_of(segment, ref))->pages);
    atomic_store(&segment->table_made, (uint64_t)buckets << 32 | ref);
}

static uint32_t fill_table(shoal_segment *segment)
{
    struct shoal_table table;
    char name[16];
    for (int i = 0; i < 16383; i++) /* and "old": the next of so many buckets is one that is made without the lock */
        CHECK_STATUS(shoal_value_put(segment, name, (size_t)sprintf(name, "v%d", i), "\x01", 1), SHOAL_OK);
    CHECK(shoal__table_read(&table, segment, shoal__header(segment)->table));
    return table.buckets;
}

TEST(a_table_that_was_made_while_the_structure_is_locked_is_given_by_a_later_call)
{
    shoal_segment *holder, *segment = locked_segment(&holder);
    shoal__unlock(holder);
    uint32_t buckets = fill_table(segment);
    CHECK(shoal__header(segment)->growth % 2 == 0);
    make_table(segment, buckets);
    shoal__lock(holder);
    shoal_time start = shoal_now();
    shoal__table_prepare(segment);
    CHECK(seconds_since(start) < 1 && answers == 0); /* which is done later is not waited for */
    shoal__unlock(holder);
    check_sound(segment);
    CHECK_STATUS(shoal_value_put(segment, "next", 4, "\x01", 1), SHOAL_OK);
    CHECK(shoal__header(segment)->growth % 2 == 1 && shoal__header(segment)->grower == 0);
    CHECK(atomic_load(&segment->table_made) == 0);
    check_sound(segment);
}

TEST(a_child_does_not_give_the_table_that_its_parent_made)
{
    shoal_segment *holder, *segment = locked_segment(&holder);
    shoal__unlock(holder);
    make_table(segment, fill_table(segment));
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        CHECK_STATUS(shoal_value_put(segment, "child", 5, "\x01", 1), SHOAL_OK);
        shoal__table_prepare(segment);
        _exit(shoal__header(segment)->growth % 2 != 0);
    }
    join(child);
    shoal__table_prepare(segment);
    CHECK(shoal__header(segment)->growth % 2 == 1);
    check_sound(segment);
}

static shoal_object *held_barrier(shoal_segment **holder, uint32_t parties)
{
    static const shoal_language language = {begin, answer, end};
    shoal_context *context = new_context();
    shoal_object *barrier = a_barrier(context, parties);
    *holder = open_or_create(new_context(), "locks");
    shoal_context_set_language(context, &language);
    shoal_context_set_slice(context, 10000000);
    CHECK_STATUS(shoal__mutex_lock(&((struct barrier_sh *)barrier->body)->mutex, &(*holder)->party, SHOAL_FOREVER),
                 SHOAL_OK);
    return barrier;
}

static void give_mutex_back(shoal_object *barrier)
{
    shoal__mutex_unlock(&((struct barrier_sh *)barrier->body)->mutex);
}

TEST(breaking_and_resetting_a_barrier_whose_mutex_is_held_end_as_the_language_says)
{
    shoal_segment *holder;
    shoal_object *barrier = held_barrier(&holder, 2);
    uint32_t word = load_relaxed(&((struct barrier_sh *)barrier->body)->word);
    CHECK_STATUS(shoal_barrier_abort(barrier), ENOUGH);
    CHECK_STATUS(shoal_barrier_reset(barrier), ENOUGH);
    CHECK(began == 2 && ended == 2);
    CHECK(load_relaxed(&((struct barrier_sh *)barrier->body)->word) == word);
    give_mutex_back(barrier);
    CHECK_STATUS(shoal_barrier_abort(barrier), SHOAL_OK);
    CHECK(shoal_barrier_broken(barrier));
    CHECK_STATUS(shoal_barrier_reset(barrier), SHOAL_OK);
}

/* The last to arrive, with all others waiting for it: other threads of the process run, and signals wait. */
static int let_pass(struct call *call)
{
    shoal_wait wait;
    CHECK_STATUS(shoal_wait_begin(&wait, call->object, SHOAL_WAIT_PASS, 0, 0), SHOAL_OK);
    CHECK_STATUS(shoal_wait_until(&wait, SHOAL_FOREVER), SHOAL_OK);
    CHECK(wait.last);
    atomic_store(&answers, 1);
    EVENTUALLY(answers == 2); /* it is held by now */
    return shoal_barrier_pass(&wait);
}

TEST(who_lets_others_pass_a_barrier_lets_the_language_run_until_its_mutex_is_free)
{
    static const shoal_language language = {begin, answer, end};
    shoal_context *context = new_context();
    shoal_object *barrier = a_barrier(context, 1);
    shoal_segment *holder = open_or_create(new_context(), "locks");
    struct call call = {0};
    shoal_context_set_language(context, &language);
    shoal_context_set_slice(context, 10000000);
    begin_call(&call, let_pass, barrier, SHOAL_FOREVER);
    EVENTUALLY(answers == 1);
    CHECK_STATUS(shoal__mutex_lock(&((struct barrier_sh *)barrier->body)->mutex, &holder->party, SHOAL_FOREVER),
                 SHOAL_OK);
    atomic_store(&answers, 2);
    EVENTUALLY(began == 1);
    CHECK(!call.ended && answers == 2);
    give_mutex_back(barrier);
    CHECK_STATUS(end_call(&call), SHOAL_OK);
    CHECK(ended == 1);
}
