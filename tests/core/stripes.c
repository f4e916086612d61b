/* The locks of those who write Values: docs/recovery.md, "Stripes". Who waits for whom, and for whom nobody does. */
#include "check.h"

#include "scratch.h"

#include "blocked.h"
#include "segment/directory.h"
#include "segment/reap.h"
#include "segment/stripe.h"

enum { SMALL = 100, LARGE = 3000, BIG = 300000 };

static shoal_segment *attach(void)
{
    return open_or_create(new_context(), "stripes");
}

static int store_bytes(shoal_segment *segment, const char *name, int byte, size_t size)
{
    static _Thread_local unsigned char bytes[BIG];
    memset(bytes, byte, size);
    return shoal_value_put(segment, name, strlen(name), bytes, size);
}

static bool holds(shoal_segment *segment, const char *name, int byte, size_t size)
{
    static unsigned char bytes[BIG];
    size_t got;
    CHECK_STATUS(shoal_value_get(segment, name, strlen(name), bytes, sizeof bytes, &got), SHOAL_OK);
    return got == size && bytes[0] == byte && memcmp(bytes, bytes + 1, size - 1) == 0;
}

static shoal_word *stripe_of(const shoal_segment *segment, const char *name)
{
    return shoal__stripe(segment, shoal__name_hash(segment, name, strlen(name)));
}

/* Attached before anybody is in anybody's way. */
static shoal_segment *waiting, *passing;

/* "v" has a spare for SMALL bytes, and the same have a name of its stripe and one of another. */
static char near[16], far[16];

static shoal_segment *with_values(void)
{
    shoal_segment *segment = attach();
    waiting = attach();
    passing = attach();
    for (int i = 0; i == 0 || stripe_of(segment, near) != stripe_of(segment, "v"); i++)
        sprintf(near, "near%d", i);
    for (int i = 0; i == 0 || stripe_of(segment, far) == stripe_of(segment, "v"); i++)
        sprintf(far, "far%d", i);
    const char *names[] = {"v", near, far};
    for (int i = 0; i < 9; i++)
        CHECK_STATUS(store_bytes(segment, names[i % 3], i < 6 ? 1 : 2, SMALL), SHOAL_OK);
    return segment;
}

static void hold_stripe(shoal_segment *segment)
{
    shoal__mutex_lock(stripe_of(segment, "v"), &segment->party, SHOAL_FOREVER);
}

static void let_go(shoal_segment *segment)
{
    shoal__stripe_leave(stripe_of(segment, "v"));
}

/* ---- Calls in threads of their own, each as another process ---- */

struct storing {
    struct call call;
    shoal_segment *segment;
    const char *name;
    size_t size; /* 0: remove it */
};

static int store(struct call *call)
{
    struct storing *it = (struct storing *)call;
    return it->size ? store_bytes(it->segment, it->name, 9, it->size)
                    : shoal_object_remove(it->segment, it->name, strlen(it->name));
}

static void begin_storing(struct storing *it, shoal_segment *segment, const char *name, size_t size)
{
    *it = (struct storing){.segment = segment, .name = name, .size = size};
    begin_call(&it->call, store, NULL, 0);
}

static int store_now(const char *name, size_t size)
{
    struct storing it;
    begin_storing(&it, passing, name, size);
    return end_call(&it.call);
}

static bool is_waited_for(shoal_segment *segment)
{
    return load_relaxed(stripe_of(segment, "v")) & MUTEX_WAITERS;
}

/* ---- Who is in nobody's way ---- */

TEST(who_replaces_in_the_spare_does_not_wait_for_the_structure)
{
    shoal_segment *segment = with_values();
    shoal__lock(segment);
    CHECK_STATUS(store_now("v", SMALL), SHOAL_OK);
    shoal__unlock(segment);
    CHECK(holds(segment, "v", 9, SMALL));
    check_sound(segment);
}

TEST(who_is_in_a_stripe_keeps_out_those_who_write_there_and_nobody_else)
{
    shoal_segment *segment = with_values();
    struct storing same;
    hold_stripe(segment);
    begin_storing(&same, waiting, near, SMALL);
    EVENTUALLY(is_waited_for(segment));
    CHECK_STATUS(store_now(far, SMALL), SHOAL_OK);
    CHECK_STATUS(store_now(far, LARGE), SHOAL_OK);
    CHECK_STATUS(store_now(far, 0), SHOAL_OK);
    CHECK_STATUS(shoal_counter_open(&(shoal_object *){0}, segment, "counter", 7, 0), SHOAL_OK);
    CHECK(holds(segment, "v", 2, SMALL) && holds(segment, near, 2, SMALL) && !same.call.ended);
    check_sound(segment);
    let_go(segment);
    CHECK_STATUS(end_call(&same.call), SHOAL_OK);
    CHECK(holds(segment, near, 9, SMALL));
}

TEST(who_waits_for_a_stripe_is_in_nobody_s_way)
{
    static const size_t sizes[] = {SMALL, LARGE, BIG, 0};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        shoal_segment *segment = with_values();
        struct storing waits;
        hold_stripe(segment);
        begin_storing(&waits, waiting, "v", sizes[i]);
        EVENTUALLY(is_waited_for(segment));
        CHECK_STATUS(store_now(far, LARGE), SHOAL_OK);
        CHECK_STATUS(store_now(far, 0), SHOAL_OK);
        CHECK(!waits.call.ended && holds(segment, "v", 2, SMALL));
        let_go(segment);
        CHECK_STATUS(end_call(&waits.call), SHOAL_OK);
        check_sound(segment);
    }
}

static void hold_and_stop(void *unused)
{
    (void)unused;
    hold_stripe(attach());
    raise(SIGSTOP);
    raise(SIGKILL);
}

TEST(a_process_that_is_stopped_in_a_stripe_is_waited_for_and_a_dead_one_is_not)
{
    int status;
    shoal_segment *segment = with_values();
    struct storing waits, removes;
    pid_t holder = process(hold_and_stop, NULL);
    CHECK(waitpid(holder, &status, WUNTRACED) == holder && WIFSTOPPED(status));
    begin_storing(&waits, waiting, "v", SMALL);
    begin_storing(&removes, waiting, near, 0);
    EVENTUALLY(is_waited_for(segment));
    for (int i = 0; i < 20; i++) /* some slices of who waits: each new name takes the structure */
        CHECK_STATUS(store_now(far, i % 2 ? SMALL : LARGE), SHOAL_OK);
    CHECK(!waits.call.ended && !removes.call.ended && holds(segment, "v", 2, SMALL));
    CHECK(kill(holder, SIGCONT) == 0 && waitpid(holder, NULL, 0) == holder);
    CHECK_STATUS(end_call(&waits.call), SHOAL_OK);
    CHECK_STATUS(end_call(&removes.call), SHOAL_OK);
    CHECK(holds(segment, "v", 9, SMALL));
    check_sound(segment);
}

/* ---- Signals, forks, deaths ---- */

enum { ENOUGH = -1000 }; /* a status of the language's own */
static int began, ended;

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
    return segment ? ENOUGH : SHOAL_OK;
}

/* Of a language that lets its calls end at the first slice. */
static shoal_segment *impatient(void)
{
    static const shoal_language language = {begin, answer, end};
    shoal_context *context = new_context();
    shoal_segment *segment = open_or_create(context, "stripes");
    shoal_context_set_language(context, &language);
    shoal_context_set_slice(context, 12 * SHOAL_MILLISECOND); /* longer than the first slice of a mutex */
    return segment;
}

TEST(a_wait_for_a_stripe_ends_as_the_language_says_and_has_done_nothing)
{
    shoal_segment *holder = with_values(), *segment = impatient();
    shoal_info before, after;
    CHECK_STATUS(shoal_segment_info(&before, holder), SHOAL_OK);
    hold_stripe(holder);
    CHECK_STATUS(store_bytes(segment, "v", 9, SMALL), ENOUGH);
    CHECK_STATUS(store_bytes(segment, "v", 9, LARGE), ENOUGH);
    CHECK_STATUS(store_bytes(segment, "v", 9, BIG), ENOUGH);
    CHECK_STATUS(shoal_object_remove(segment, "v", 1), ENOUGH);
    CHECK(began == 4 && ended == 4);
    CHECK(holds(segment, "v", 2, SMALL));
    CHECK_STATUS(shoal_check(segment, NULL, NULL), 0); /* which waits for nobody */
    let_go(holder);
    CHECK_STATUS(shoal_segment_info(&after, holder), SHOAL_OK);
    CHECK(before.used == after.used && after.removed == 0);
    CHECK_STATUS(store_bytes(segment, "v", 9, LARGE), SHOAL_OK);
    check_sound(segment);
}

static void take_stripe(void *unused)
{
    (void)unused;
    hold_stripe(attach());
}

static bool is_marked(shoal_segment *segment)
{
    uint32_t word = load_relaxed(stripe_of(segment, "v"));
    return !(word & MUTEX_SLOT) && word & MUTEX_NEEDREC;
}

TEST(nobody_goes_on_in_the_stripe_of_a_dead_one_before_he_has_the_structure)
{
    shoal_segment *holder = with_values(), *segment = impatient();
    die_after(take_stripe, NULL);
    shoal__lock(holder);
    EVENTUALLY(store_bytes(segment, "v", 9, SMALL) == ENOUGH && is_marked(segment));
    for (int i = 0; i < 3; i++) {
        CHECK_STATUS(store_bytes(segment, i % 2 ? near : "v", 9, SMALL), ENOUGH);
        CHECK(is_marked(segment) && holds(segment, "v", 2, SMALL) && holds(segment, near, 2, SMALL));
    }
    shoal__unlock(holder);
    CHECK_STATUS(store_bytes(segment, "v", 9, SMALL), SHOAL_OK);
    CHECK(load_relaxed(stripe_of(segment, "v")) == 0);
    check_sound(segment);
}

static void store_as_child(void *segment)
{
    CHECK_STATUS(store_bytes(segment, "v", 9, SMALL), SHOAL_OK);
    CHECK_STATUS(store_bytes(segment, near, 9, LARGE), SHOAL_OK);
}

TEST(a_child_that_is_forked_while_its_parent_is_in_a_stripe_waits_for_it)
{
    shoal_segment *segment = with_values();
    hold_stripe(segment);
    pid_t child = in_child(store_as_child, segment);
    EVENTUALLY(is_waited_for(segment));
    CHECK(holds(segment, "v", 2, SMALL));
    let_go(segment);
    join(child);
    CHECK(holds(segment, "v", 9, SMALL) && holds(segment, near, 9, LARGE));
}

static void hold_fork_and_die(void *board)
{
    shoal_segment *segment = attach();
    hold_stripe(segment);
    if (fork() == 0) {
        store_as_child(segment);
        ((struct board *)board)->step = 1;
        _exit(0);
    }
    EVENTUALLY(is_waited_for(segment));
}

TEST(a_child_whose_parent_died_in_a_stripe_goes_on)
{
    struct board *board = new_board();
    shoal_segment *segment = with_values();
    die_after(hold_fork_and_die, board);
    EVENTUALLY(board->step == 1);
    CHECK(holds(segment, "v", 9, SMALL) && holds(segment, near, 9, LARGE));
    check_sound(segment);
}

/* ---- What is kept ---- */

static uint64_t used(shoal_segment *segment)
{
    shoal_info info;
    CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK);
    return info.used;
}

TEST(of_a_large_value_nothing_is_kept)
{
    static const size_t sizes[] = {LARGE + 2000, 70000, BIG};
    shoal_segment *segment = attach();
    CHECK_STATUS(store_bytes(segment, "v", 1, SMALL), SHOAL_OK);
    uint64_t alone = used(segment);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        CHECK_STATUS(store_bytes(segment, "v", 2, sizes[i]), SHOAL_OK);
        CHECK_STATUS(store_bytes(segment, "v", 3, SMALL), SHOAL_OK);
        CHECK(used(segment) == alone && holds(segment, "v", 3, SMALL));
    }
}

TEST(a_name_that_was_replaced_once_has_no_spare_and_one_that_was_replaced_again_has_one)
{
    shoal_segment *segment = attach();
    CHECK_STATUS(store_bytes(segment, "v", 1, SMALL), SHOAL_OK);
    uint64_t alone = used(segment);
    CHECK_STATUS(store_bytes(segment, "v", 2, SMALL), SHOAL_OK);
    CHECK(used(segment) == alone && holds(segment, "v", 2, SMALL));
    for (int i = 3; i < 9; i++) {
        CHECK_STATUS(store_bytes(segment, "v", i, SMALL), SHOAL_OK);
        CHECK(used(segment) == alone + 128 && holds(segment, "v", i, SMALL));
    }
    check_sound(segment);
}

/* ---- Spares that are given back ---- */

TEST(a_spare_that_is_given_back_leaves_the_value_and_comes_again_with_the_next_replacement)
{
    shoal_segment *segment = with_values();
    uint64_t before = used(segment);
    shoal__make_room(segment);
    CHECK(used(segment) == before - 3 * 128);
    CHECK(holds(segment, "v", 2, SMALL) && holds(segment, near, 2, SMALL) && holds(segment, far, 2, SMALL));
    check_sound(segment);
    CHECK_STATUS(store_now("v", SMALL), SHOAL_OK);
    CHECK(used(segment) == before - 2 * 128 && holds(segment, "v", 9, SMALL));
    shoal__lock(segment);
    CHECK_STATUS(store_now("v", SMALL), SHOAL_OK);
    shoal__unlock(segment);
    check_sound(segment);
}

TEST(a_spare_is_not_taken_from_who_is_in_its_stripe_but_from_a_dead_one)
{
    shoal_segment *segment = with_values();
    uint64_t before = used(segment);
    hold_stripe(waiting);
    shoal__make_room(segment);
    CHECK(used(segment) == before - 128); /* that of `far` */
    let_go(waiting);
    die_after(take_stripe, NULL);
    shoal__make_room(segment);
    CHECK(used(segment) == before - 3 * 128 && holds(segment, "v", 2, SMALL));
    check_sound(segment);
}

TEST(a_spare_whose_writer_died_is_given_back_and_the_value_stays)
{
    shoal_segment *segment = with_values();
    uint32_t ref;
    uint64_t before = used(segment);
    struct entry_sh *entry = shoal__entry_locked(segment, "v", 1, shoal__name_hash(segment, "v", 1), &ref);
    store_relaxed(&entry->version, load_relaxed(&entry->version) | 1); /* as it is then */
    shoal__make_room(segment);
    CHECK(used(segment) == before - 3 * 128 && load_relaxed(&entry->version) % 2 == 0);
    CHECK(holds(segment, "v", 2, SMALL));
    check_sound(segment);
}

/* ---- Beside those who replace all the time ---- */

static atomic_bool enough;

static void *replace_until_enough(void *segment)
{
    for (int i = 0; !enough; i++)
        CHECK_STATUS(store_bytes(segment, i % 2 ? near : "v", i, SMALL), SHOAL_OK);
    return NULL;
}

TEST(who_puts_other_sizes_or_removes_gets_on_beside_many_who_replace)
{
    pthread_t threads[3];
    shoal_segment *segment = with_values();
    for (int i = 0; i < 3; i++)
        CHECK(pthread_create(&threads[i], NULL, replace_until_enough, i ? attach() : segment) == 0);
    shoal_time end = SOON;
    for (int i = 0; i < 300; i++) {
        CHECK_STATUS(store_bytes(segment, "v", i, i % 3 ? LARGE : BIG), SHOAL_OK);
        int status = shoal_object_remove(segment, i % 2 ? "v" : near, strlen(i % 2 ? "v" : near));
        CHECK(status == SHOAL_OK || status == SHOAL_ENOKEY);
        CHECK(shoal_now() < end);
        if (i % 50 == 0)
            check_sound(segment);
    }
    enough = true;
    for (int i = 0; i < 3; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    check_sound(segment);
}

/* As a program of another make may do it: not the size in one store. */
static void *write_heads_until_enough(void *argument)
{
    shoal_segment *segment = argument;
    struct shoal_found found;
    CHECK_STATUS(shoal__find(&found, segment, "v", 1, shoal__name_hash(segment, "v", 1)), SHOAL_OK);
    struct entry_sh *entry = found.entry;
    hold_stripe(segment);
    for (uint32_t version = load_relaxed(&entry->version); !enough; version += 2) {
        volatile uint64_t *size =
            shoal__at(segment, shoal__offset(segment, load_relaxed(&entry->body[!(version / 2 % 2)])));
        store_relaxed(&entry->version, version | 1);
        fence_release();
        *size = UINT64_MAX;
        *size = SMALL;
        store_release(&entry->version, version + 2);
    }
    let_go(segment);
    return NULL;
}

TEST(a_check_finds_nothing_wrong_with_a_body_that_is_being_written)
{
    pthread_t thread;
    shoal_segment *segment = with_values();
    CHECK(pthread_create(&thread, NULL, write_heads_until_enough, segment) == 0);
    for (int i = 0; i < 3000; i++)
        check_sound(segment);
    enough = true;
    CHECK(pthread_join(thread, NULL) == 0);
}
