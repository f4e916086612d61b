/*
 * One of two processes of different builds on the segment $SHOAL_NAME in $SHOAL_DIR. test_ports.py compiles this for each
 * machine and libc, and runs the tests below in turns, or two of them at once. $SHOAL_NUMBER says which contents.
 */
#include "../core/check.h"
#include "../kinds/kinds.h"

#include <signal.h>

#define SOON shoal_deadline(60)

enum { ROUNDS = 200, SIZES = 6, ROWS = 7, COLUMNS = 11 };

static const size_t sizes[SIZES] = {0, 1, 100, 5000, 300 << 10, (1 << 20) + 3};

static int number(void)
{
    return atoi(getenv("SHOAL_NUMBER"));
}

static shoal_segment *the_segment(bool readonly)
{
    shoal_segment *segment;
    shoal_options options;
    shoal_options_init(&options);
    options.readonly = readonly;
    options.size = 16 << 20;
    int (*open)(shoal_segment **, shoal_context *, const char *, const shoal_options *) =
        readonly ? shoal_open : shoal_open_or_create;
    CHECK_STATUS(open(&segment, shoal_context_new(), getenv("SHOAL_NAME"), &options), SHOAL_OK);
    return segment;
}

static void print_finding(void *argument, const char *finding)
{
    (void)argument;
    fprintf(stderr, "finding: %s\n", finding);
}

/* ---- What one writes and the other reads ---- */

static void fill(unsigned char *bytes, size_t size, int seed)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(i * 31 + i / 256 + (size_t)seed);
}

static void name_of(char *name, int index)
{
    sprintf(name, "value %d", index);
}

static void put_values(shoal_segment *segment, int seed)
{
    static unsigned char bytes[(1 << 20) + 3];
    char name[32];
    for (int i = 0; i < SIZES; i++) {
        name_of(name, i);
        fill(bytes, sizes[i], seed + i);
        CHECK_STATUS(shoal_value_put(segment, name, strlen(name), bytes, sizes[i]), SHOAL_OK);
    }
}

static void check_values(shoal_segment *segment, int seed)
{
    static unsigned char bytes[(1 << 20) + 3], expected[(1 << 20) + 3];
    char name[32];
    size_t size;
    for (int i = 0; i < SIZES; i++) {
        name_of(name, i);
        fill(expected, sizes[i], seed + i);
        CHECK_STATUS(shoal_value_get(segment, name, strlen(name), bytes, sizeof bytes, &size), SHOAL_OK);
        CHECK(size == sizes[i] && memcmp(bytes, expected, size) == 0);
    }
}

static shoal_view array(shoal_segment *segment, const char *name, const char *dtype)
{
    shoal_object *object;
    shoal_dtype type;
    shoal_view view;
    const int64_t shape[] = {ROWS, COLUMNS};
    CHECK_STATUS(shoal_dtype_parse(&type, dtype, strlen(dtype)), SHOAL_OK);
    CHECK_STATUS(shoal_array_open(&object, segment, name, strlen(name), type, 2, shape), SHOAL_OK);
    CHECK_STATUS(shoal_array_view(&view, object), SHOAL_OK);
    return view;
}

static const char *const dtypes[] = {"int16", "int64", "float64", "complex64"};

/* Every element is 10 * row + column + seed: set, or compared. */
static void each_element(shoal_segment *segment, const char *dtype, int seed, bool set)
{
    shoal_view view = array(segment, dtype, dtype);
    for (int64_t row = 0; row < ROWS; row++)
        for (int64_t column = 0; column < COLUMNS; column++) {
            unsigned char *at;
            int64_t index[] = {row, column}, value = 10 * row + column + seed;
            shoal_scalar scalar = {.type = SHOAL_SCALAR_INT, .i = value};
            CHECK_STATUS(shoal_view_at(&at, &view, 2, index), SHOAL_OK);
            if (set) {
                CHECK_STATUS(shoal_scalar_store(at, view.dtype, &scalar), SHOAL_OK);
                continue;
            }
            shoal_scalar_load(&scalar, view.dtype, at);
            CHECK(scalar.type == SHOAL_SCALAR_INT ? scalar.i == value : scalar.re == (double)value);
        }
}

static shoal_object *counter(shoal_segment *segment, const char *name)
{
    shoal_object *object;
    CHECK_STATUS(shoal_counter_open(&object, segment, name, strlen(name), 0), SHOAL_OK);
    return object;
}

TEST(fill_it)
{
    shoal_segment *segment = the_segment(false);
    int64_t old;
    put_values(segment, number());
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
        each_element(segment, dtypes[i], number(), true);
    CHECK_STATUS(shoal_counter_exchange(&old, counter(segment, "wide"), ((int64_t)number() << 40) - 1), SHOAL_OK);
    EACH_DRIVER(driver) {
        struct subject subject = subject_of(segment, driver->name);
        CHECK_STATUS(driver->make(&subject, 1), SHOAL_OK);
        CHECK(!driver->fill || driver->fill(&subject, (uint32_t)number()) == SHOAL_OK);
    }
    CHECK_STATUS(shoal_check(segment, print_finding, NULL), 0);
}

static void check_all(shoal_segment *segment)
{
    int64_t value;
    check_values(segment, number());
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
        each_element(segment, dtypes[i], number(), false);
    CHECK_STATUS(shoal_counter_value(&value, counter(segment, "wide")), SHOAL_OK);
    CHECK(value == ((int64_t)number() << 40) - 1);
    EACH_DRIVER(driver) {
        struct subject subject = subject_of(segment, driver->name);
        CHECK_STATUS(kinds_open(driver, &subject, 1), SHOAL_OK);
        const char *wrong = driver->fill ? driver->filled(&subject, (uint32_t)number()) : NULL;
        if (wrong)
            fprintf(stderr, "%s: %s\n", driver->name, wrong);
        CHECK(!wrong);
    }
    CHECK_STATUS(shoal_check(segment, print_finding, NULL), 0);
}

TEST(look)
{
    check_all(the_segment(false));
}

TEST(look_readonly)
{
    check_all(the_segment(true));
}

/* ---- What both do at once ---- */

enum { MOST_DRIVERS = 32 };

struct shared {
    shoal_segment *segment;
    int64_t *plain; /* guarded by the locks; no atomics. One for each driver, and then these: */
    shoal_object *of[MOST_DRIVERS], *lock, *rwlock, *barrier, *condition, *counter;
};
enum { READ = MOST_DRIVERS, READ_TOO, TURN };

static struct shared share(void)
{
    unsigned count = 0;
    struct shared it = {.segment = the_segment(false)};
    shoal_segment *segment = it.segment;
    it.plain = (int64_t *)(void *)array(segment, "plain", "int64").data;
    EACH_DRIVER(driver) {
        struct subject subject = subject_of(segment, driver->name);
        CHECK(!driver->hold || driver->make(&subject, 1) == SHOAL_OK); /* one permit */
        it.of[count++] = subject.object;
    }
    it.counter = counter(segment, "common");
    CHECK_STATUS(shoal_lock_open(&it.lock, segment, "l", 1, 0), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_open(&it.rwlock, segment, "rw", 2), SHOAL_OK);
    CHECK_STATUS(shoal_barrier_open(&it.barrier, segment, "b", 1, 2), SHOAL_OK);
    CHECK_STATUS(shoal_condition_open(&it.condition, segment, "c", 1, it.lock), SHOAL_OK);
    return it;
}

static void add_under_each(const struct shared *it)
{
    int64_t value;
    unsigned count = 0;
    EACH_DRIVER(driver) {
        unsigned number = count++;
        if (!driver->hold)
            continue;
        CHECK_STATUS(driver->hold(it->of[number], SOON), SHOAL_OK);
        it->plain[number]++;
        CHECK_STATUS(driver->let_go(it->of[number]), SHOAL_OK);
    }
    CHECK_STATUS(shoal_rwlock_write(it->rwlock, SOON), SHOAL_OK);
    it->plain[READ]++;
    it->plain[READ_TOO]++;
    CHECK_STATUS(shoal_rwlock_write_unlock(it->rwlock), SHOAL_OK);
    CHECK_STATUS(shoal_rwlock_read(it->rwlock, SOON), SHOAL_OK);
    CHECK(it->plain[READ] == it->plain[READ_TOO]);
    CHECK_STATUS(shoal_rwlock_read_unlock(it->rwlock), SHOAL_OK);
    CHECK_STATUS(shoal_counter_add(&value, it->counter, (int64_t)1 << 32), SHOAL_OK);
}

/* Turn and turn about: each waits until the other has had its turn. */
static void take_turns(const struct shared *it, uint32_t me)
{
    uint32_t notified;
    CHECK_STATUS(shoal_lock_acquire(it->lock, false, SOON), SHOAL_OK);
    for (int i = 0; i < ROUNDS; i++) {
        while (it->plain[TURN] % 2 != me)
            CHECK_STATUS(shoal_condition_wait(it->condition, it->lock, SOON), SHOAL_OK);
        it->plain[TURN]++;
        CHECK_STATUS(shoal_condition_notify(&notified, it->condition, it->lock, 1), SHOAL_OK);
    }
    CHECK_STATUS(shoal_lock_release(it->lock), SHOAL_OK);
}

/* Run by two processes. */
TEST(work)
{
    struct shared it = share();
    uint32_t index;
    int64_t value;
    CHECK_STATUS(shoal_barrier_wait(&index, it.barrier, SOON), SHOAL_OK);
    for (int i = 0; i < ROUNDS; i++) {
        add_under_each(&it);
        if (i % 10 == 0)
            put_values(it.segment, number() + i);
    }
    take_turns(&it, index);
    CHECK_STATUS(shoal_barrier_wait(&index, it.barrier, SOON), SHOAL_OK);
    CHECK(it.plain[READ] == 2 * ROUNDS && it.plain[TURN] == 2 * ROUNDS);
    unsigned count = 0;
    EACH_DRIVER(driver) {
        CHECK(!driver->hold || it.plain[count] == 2 * ROUNDS);
        count++;
    }
    CHECK_STATUS(shoal_counter_value(&value, it.counter), SHOAL_OK);
    CHECK(value == (int64_t)(2 * ROUNDS) << 32);
    CHECK_STATUS(shoal_check(it.segment, print_finding, NULL), 0);
}

/* ---- Deaths ---- */

TEST(die)
{
    struct shared it = share();
    unsigned count = 0;
    EACH_DRIVER(driver) {
        shoal_object *object = it.of[count++];
        CHECK(!driver->hold || driver->hold(object, SOON) == SHOAL_OK);
    }
    kill(getpid(), SIGKILL);
}

TEST(inherit)
{
    struct shared it = share();
    unsigned count = 0;
    EACH_DRIVER(driver) {
        shoal_object *object = it.of[count++];
        if (driver->hold)
            CHECK(driver->hold(object, SOON) == driver->death && driver->let_go(object) == SHOAL_OK);
    }
    CHECK_STATUS(shoal_check(it.segment, print_finding, NULL), 0);
}

/* ---- What one must not have ---- */

static void check_refused(int expected)
{
    shoal_segment *segment;
    shoal_options options;
    shoal_options_init(&options);
    for (int i = 0; i < 2; i++) {
        options.readonly = i == 0;
        CHECK_STATUS(shoal_open(&segment, shoal_context_new(), getenv("SHOAL_NAME"), &options), expected);
        printf("%s\n", shoal_error_message());
    }
}

TEST(make_wide)
{
    shoal_segment *segment;
    shoal_options options;
    shoal_options_init(&options);
    options.size = ((uint64_t)1 << 32) + (1 << 20);
    CHECK_STATUS(shoal_create(&segment, shoal_context_new(), getenv("SHOAL_NAME"), &options), SHOAL_OK);
    put_values(segment, number());
}

TEST(find_it_too_wide)
{
    check_refused(SHOAL_ENOSPACE);
}

TEST(find_it_foreign)
{
    check_refused(SHOAL_EVERSION);
}
