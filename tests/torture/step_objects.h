/*
 * The part of step.c about segments, values, counters and arrays: what is there before, what the victim does, and how to
 * see in an image whether it has been done. Included by step.c.
 */
#ifndef SHOAL_TORTURE_STEP_OBJECTS_H
#define SHOAL_TORTURE_STEP_OBJECTS_H

enum { MOST_OTHERS = 7, BIG = 257 << 10 };

/* ---- Values that tell when they are torn ---- */

/* Bytes of that seed, at least `size`; computed once. */
static const unsigned char *pattern(uint32_t seed, size_t size)
{
    static unsigned char *bytes[128];
    static size_t have[128];
    if (!bytes[seed])
        bytes[seed] = malloc(1 << 20);
    for (; have[seed] < size; have[seed]++)
        bytes[seed][have[seed]] = (unsigned char)((seed * 2654435761u + (uint32_t)have[seed] * 40503u) >> 16);
    return bytes[seed];
}

static void put(shoal_segment *segment, const char *name, uint32_t seed, size_t size)
{
    must(shoal_value_put(segment, name, strlen(name), pattern(seed, size), size), "put");
}

/* 1: that value; 0: no such name; -1: another value */
static int holds(shoal_segment *segment, const char *name, uint32_t seed, size_t size)
{
    static unsigned char have[1 << 20];
    size_t got;
    int status = shoal_value_get(segment, name, strlen(name), have, sizeof have, &got);
    if (status == SHOAL_ENOKEY)
        return 0;
    return status == SHOAL_OK && got == size && memcmp(have, pattern(seed, size), size) == 0 ? 1 : -1;
}

static bool exists(shoal_segment *segment, const char *name)
{
    return shoal_object_find(segment, name, strlen(name)) > 0;
}

/* Sizes and numbers differ from round to round. */
static size_t old_size, new_size, other_sizes[MOST_OTHERS];
static int other_count;
static const unsigned char *new_bytes; /* computed before: it is not what is to be stepped */

#define OLD 11, old_size
#define NEW 22, new_size
#define THIRD 33, THIRD_SIZE
#define THIRD_SIZE 777

static void choose_sizes(uint32_t flags)
{
    old_size = flags & OLD_BIG ? BIG + below(9000) : flags & OLD_RUN ? 50000 + below(10000) : 20 + below(400);
    if (flags & OLD_SPAN)
        old_size = 2500 + below(1500);
    new_size = flags & NEW_BIG ? BIG + below(9000) : flags & NEW_RUN ? 61000 + below(4000) : 20 + below(400);
    if (flags & NEW_SPAN)
        new_size = 3001 + below(3000);
    if (flags & LIKE_OLD)
        new_size = old_size - old_size / 8;
    other_count = 3 + (int)below(MOST_OTHERS - 2);
    for (int i = 0; i < other_count; i++)
        other_sizes[i] = below(4) ? below(250) : below(3000);
    new_bytes = pattern(NEW);
}

static void others(shoal_segment *segment)
{
    char name[16];
    for (int i = 0; i < other_count; i++) {
        snprintf(name, sizeof name, "other%d", i);
        put(segment, name, 100 + (uint32_t)i, other_sizes[i]);
    }
    put(segment, "expendable", 8, below(4000));
    for (int i = 0, n = (int)below(9); i < n; i++) { /* and gaps between them */
        snprintf(name, sizeof name, "gap%d", i);
        put(segment, name, 7, below(3) ? below(300) : below(6000));
    }
    for (int i = 0; i < 9; i++)
        if (below(3)) {
            snprintf(name, sizeof name, "gap%d", i);
            shoal_object_remove(segment, name, strlen(name));
        }
}

static bool others_whole(shoal_segment *segment)
{
    char name[16];
    for (int i = 0; i < other_count; i++) {
        snprintf(name, sizeof name, "other%d", i);
        if (holds(segment, name, 100 + (uint32_t)i, other_sizes[i]) != 1)
            return false;
    }
    return true;
}

/* ---- Values ---- */

static shoal_context *context; /* the victim's; of who judges, the one that judges just now */
static shoal_segment *target;
static shoal_object *object;

static void prepare_nothing(shoal_segment *segment)
{
    (void)segment;
}
static void before_nothing(void)
{
}
static void put_old(shoal_segment *segment)
{
    put(segment, "victim", OLD);
}
static void put_thrice(shoal_segment *segment)
{
    put(segment, "victim", 1, old_size);
    put(segment, "victim", 2, old_size);
    put(segment, "victim", OLD);
}
static void prepare_names(shoal_segment *segment, uint64_t end)
{
    char name[16];
    uint64_t count = 0;
    for (int i = 0; count < end; i++) {
        snprintf(name, sizeof name, "more%d", i);
        put(segment, name, 3, 10);
        must(shoal_object_count(&count, segment), "count");
    }
}
/* The table begins to grow, moves its first buckets, its last. */
static void prepare_64(shoal_segment *segment)
{
    prepare_names(segment, 64);
}
static void prepare_65(shoal_segment *segment)
{
    prepare_names(segment, 65);
}
static void prepare_80(shoal_segment *segment)
{
    prepare_names(segment, 80);
}
static void prepare_old_and_78(shoal_segment *segment)
{
    put_thrice(segment);
    prepare_names(segment, 78);
}
/* So much that the next run of pages needs more descriptors of pages. */
static void prepare_60_pages(shoal_segment *segment)
{
    for (int i = 0; i < 4; i++)
        put(segment, (const char *[]){"run0", "run1", "run2", "run3"}[i], 4, 55000);
}
static void act_put(void)
{
    must(shoal_value_put(target, "victim", 6, new_bytes, new_size), "put");
}
static void act_remove(void)
{
    must(shoal_object_remove(target, "victim", 6), "remove");
}
static int state_new(shoal_segment *segment)
{
    return holds(segment, "victim", NEW);
}
static int state_replaced(shoal_segment *segment)
{
    if (holds(segment, "victim", OLD) == 1)
        return 0;
    return holds(segment, "victim", NEW) == 1 ? 1 : -1;
}
static int state_removed(shoal_segment *segment)
{
    int have = holds(segment, "victim", OLD);
    return have == 1 ? 0 : have == 0 ? 1 : -1;
}
static int state_gone(shoal_segment *segment)
{
    return !exists(segment, "victim");
}
static int state_there(shoal_segment *segment)
{
    return exists(segment, "victim");
}
static int state_any(shoal_segment *segment)
{
    (void)segment;
    return 0;
}

/* ---- Live objects ---- */

#define COUNT 0xffffffff /* the next one changes both halves */

static void make_counter(shoal_segment *segment)
{
    must(shoal_counter_open(&object, segment, "victim", 6, COUNT), "counter");
}
static void make_array_of(shoal_segment *segment, int64_t count)
{
    shoal_dtype dtype = {SHOAL_UINT8, 1};
    must(shoal_array_open(&object, segment, "victim", 6, dtype, 1, &count), "array");
}
static void make_lock(shoal_segment *segment)
{
    must(shoal_lock_open(&object, segment, "victim", 6, 0), "lock");
}
static void make_small_array(shoal_segment *segment)
{
    make_array_of(segment, 500);
}
static void make_big_array(shoal_segment *segment)
{
    make_array_of(segment, BIG);
}
static void closing(void (*make)(shoal_segment *), shoal_segment *segment)
{
    make(segment);
    shoal_object_close(object);
}
static void prepare_counter(shoal_segment *segment)
{
    closing(make_counter, segment);
}
static void prepare_small_array(shoal_segment *segment)
{
    closing(make_small_array, segment);
}
static void prepare_big_array(shoal_segment *segment)
{
    closing(make_big_array, segment);
}
static void prepare_lock(shoal_segment *segment)
{
    closing(make_lock, segment);
}
static void act_counter(void)
{
    make_counter(target);
}
static void act_small_array(void)
{
    make_small_array(target);
}
static void act_big_array(void)
{
    make_big_array(target);
}
static void act_lock(void)
{
    make_lock(target);
}
static void act_object_open(void)
{
    must(shoal_object_open(&object, target, "victim", 6), "open");
}
static void act_open_kind(void)
{
    must(shoal_object_open_kind(&object, target, "victim", 6, SHOAL_KIND_NDARRAY), "open by kind");
}
static void act_read_live(void)
{
    size_t size;
    must(shoal_object_read(&object, target, "victim", 6, &size, sizeof size, &size), "read what is live");
}
static void act_close(void)
{
    shoal_object_close(object);
}
static void before_removed_array(void)
{
    make_small_array(target);
    act_remove();
}
static void before_removed_big_array(void)
{
    make_big_array(target);
    act_remove();
}
static void act_store(void)
{
    shoal_view view, part;
    shoal_scalar seven = {.type = SHOAL_SCALAR_INT, .i = 7};
    must(shoal_array_view(&view, object), "view");
    must(shoal_scalar_store(view.data, view.dtype, &seven), "store");
    must(shoal_view_slice(&view, 0, 8, 1, 16), "slice");
    must(shoal_view_fill(&view, &seven), "fill");
    must(shoal_view_unpack(&view, new_bytes, 16), "unpack");
    part = view;
    must(shoal_view_slice(&part, 0, 0, 2, 8), "slice");
    must(shoal_view_slice(&view, 0, 1, 2, 8), "slice");
    must(shoal_view_assign(&view, &part), "assign");
    must(shoal_array_assign(object, &view, &part), "assign");
}

static void act_add(void)
{
    int64_t value;
    must(shoal_counter_add(&value, object, 1), "add");
}
static void act_sub(void)
{
    int64_t value;
    must(shoal_counter_sub(&value, object, -1), "sub");
}
static void act_exchange(void)
{
    int64_t value;
    must(shoal_counter_exchange(&value, object, COUNT + 1ll), "exchange");
}
static void act_compare_exchange(void)
{
    bool done;
    must(shoal_counter_compare_exchange(&done, object, COUNT, COUNT + 1ll), "compare_exchange");
}
static int state_counter(shoal_segment *segment)
{
    shoal_object *counter;
    int64_t value = -1;
    if (shoal_counter_open(&counter, segment, "victim", 6, 0) < 0)
        return -1;
    shoal_counter_value(&value, counter);
    shoal_object_close(counter);
    return value == COUNT ? 0 : value == COUNT + 1ll ? 1 : -1;
}

/* ---- Segments ---- */

static void target_options(shoal_options *options)
{
    shoal_options_init(options);
    options->size = target_size;
}
static void attach(void)
{
    shoal_options options;
    target_options(&options);
    must(shoal_open(&target, context, "target", &options), "open");
}
static void act_detach(void)
{
    shoal_close(target);
}
static void act_create(void)
{
    shoal_options options;
    target_options(&options);
    must(shoal_create(&target, context, "target", &options), "create");
}
static void refuse_nameless(void)
{
    tracer.no_nameless = true;
}
static void act_open_or_create(void)
{
    shoal_options options;
    target_options(&options);
    must(shoal_open_or_create(&target, context, "target", &options), "open or create");
}
static int target_fd;
static void before_descriptor(void)
{
    char path[128];
    path_of(path, "target");
    target_fd = open(path, O_RDWR | O_CLOEXEC);
}
static void act_open_fd(void)
{
    must(shoal_open_fd(&target, context, target_fd, NULL), "open fd");
}
static void act_unlink(void)
{
    must(shoal_unlink(context, "target"), "unlink");
}
static void act_segment_unlink(void)
{
    must(shoal_segment_unlink(target), "unlink");
}
static void create_shared(void)
{
    shoal_options options;
    target_options(&options);
    options.lifetime = SHOAL_SHARED;
    must(shoal_create(&target, context, "target", &options), "create");
}
static void act_end(void)
{
    must(shoal_segment_end(target), "end");
}
static void act_attach_over(void)
{
    if (shoal_open(&target, context, "target", NULL) != SHOAL_ENOTFOUND)
        must(SHOAL_EVALUE, "its time is over, and it can be opened");
}
/* Nothing is open, and the lock is held still: whoever frees the context gives it up. */
static void before_everything(void)
{
    must(shoal_lock_open(&object, target, "held", 4, 0), "lock");
    must(shoal_lock_acquire(object, false, SHOAL_NO_WAIT), "acquire");
    shoal_object_close(object);
    act_put();
}
static void prepare_held(shoal_segment *segment)
{
    must(shoal_lock_open(&object, segment, "held", 4, 0), "lock");
    shoal_object_close(object);
}
static void act_free(void)
{
    shoal_context_free(context);
}

/* ---- The dead, and what they had ---- */

static void new_context(void)
{
    context = shoal_context_new();
    shoal_context_set_directory(context, directory);
}
static void dying(void (*first)(void), void (*act)(void))
{
    pid_t pid = split(fork());
    if (pid == 0) {
        new_context();
        first();
        act();
        kill(getpid(), SIGKILL);
    }
    waitpid(pid, NULL, 0);
}
static void die_with_counter(void)
{
    must(shoal_counter_open(&object, target, "counted", 7, 1), "counter");
    must(shoal_lock_open(&object, target, "locked", 6, 0), "lock");
    must(shoal_lock_acquire(object, false, SHOAL_FOREVER), "acquire");
}
static void before_over(void)
{
    dying(create_shared, before_nothing);
}
static void prepare_dead(shoal_segment *segment)
{
    (void)segment;
    dying(attach, before_removed_big_array);
    dying(attach, die_with_counter);
    dying(attach, before_removed_array);
}
static void fill(size_t size)
{
    char name[32];
    for (int i = 0;; i++) {
        snprintf(name, sizeof name, "fill%d of %d", i, (int)size);
        if (shoal_value_put(target, name, strlen(name), pattern(7, size), size) < 0)
            break;
    }
}
static void die_filling(void)
{
    before_removed_big_array();
    fill(200 << 10);
    fill(20 << 10);
}
/* Full: an allocation fails, and room is made from what the dead have. */
static void prepare_full(shoal_segment *segment)
{
    (void)segment;
    dying(attach, die_with_counter);
    dying(attach, die_filling);
}
static void act_info(void)
{
    shoal_info info;
    must(shoal_segment_info(&info, target), "info");
}
/* Names for a table of more than the first size, and an empty span of many classes. */
static void before_emptied(void)
{
    char name[32];
    for (int i = 0; i < 80; i++) {
        snprintf(name, sizeof name, "gone%d", i);
        put(target, name, 5, 20 + (size_t)(i % 20) * 30);
    }
    for (int i = 0; i < 80; i++) {
        snprintf(name, sizeof name, "gone%d", i);
        must(shoal_object_remove(target, name, strlen(name)), "remove");
    }
}
static void act_attach_info(void)
{
    attach();
    act_info();
}
static void act_check(void)
{
    shoal_text *findings;
    size_t count;
    must(shoal_check_findings(&findings, &count, target), "check");
    shoal_list_free(findings);
}
static void act_each_lock(void)
{
    shoal_object **locks;
    size_t count;
    must(shoal_segment_locks(&locks, &count, target), "each lock");
    while (count > 0)
        shoal_object_close(locks[--count]);
    shoal_list_free(locks);
}
/* Every lock is opened. */
static void act_describe(void)
{
    shoal_writer writer = {0};
    must(shoal_segment_describe(&writer, target), "describe");
    shoal_writer_free(&writer);
}

/* ---- Forks: the victim is a child, and what it uses it has inherited ---- */

static void go_on_in(pid_t child)
{
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        return;
    }
    waitpid(child, NULL, 0);
    _exit(0);
}
static void before_forked(void)
{
    act_counter();
    go_on_in(split(fork()));
}
/* No fork handler: what it inherited is its own from its first call on. */
static void before_cloned(void)
{
    make_small_array(target);
    go_on_in(split((pid_t)syscall(SYS_fork)));
}

#endif
