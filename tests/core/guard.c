/* What readers do when the file is truncated under them: they go on, with zeroes, and are told. */
#include "check.h"

#include <stdatomic.h>
#include <sys/mman.h>

#include "scratch.h"

#define SIZE ((off_t)1 << 20)

static shoal_segment *writing, *reading;

/* A segment with a value, an array and a counter, attached for writing and readonly. */
static void make(void)
{
    int64_t count;
    shoal_object *counter;
    shoal_options options;
    shoal_options_init(&options);
    options.size = SIZE;
    CHECK_STATUS(shoal_create(&writing, new_context(), "cut", &options), SHOAL_OK);
    CHECK_STATUS(put(writing, "value", "\xa3yes", 4), SHOAL_OK);
    memset(view_of(open_array(writing, "array", "u1", 300000)).data, 7, 300000);
    CHECK_STATUS(shoal_counter_open(&counter, writing, "counter", 7, 42), SHOAL_OK);
    CHECK_STATUS(shoal_counter_value(&count, counter), SHOAL_OK);
    reading = open_readonly(new_context(), "cut");
}

static void cut(off_t length)
{
    CHECK(truncate(path_of("cut"), length) == 0);
}

static shoal_object *open_live(const char *name)
{
    shoal_object *object;
    CHECK_STATUS(shoal_object_open(&object, reading, name, strlen(name)), SHOAL_OK);
    return object;
}

static int visit(void *argument, const char *name, size_t length, int kind)
{
    (void)argument, (void)name, (void)length, (void)kind;
    return 0;
}

static void check_told(int status)
{
    CHECK_STATUS(status, SHOAL_ECORRUPT);
    CHECK(strstr(shoal_error_message(), "\"cut\"") && strstr(shoal_error_message(), "truncated under its readers"));
}

static void check_all_calls_tell(shoal_object *array, shoal_object *counter)
{
    size_t size;
    char buffer[16];
    uint64_t objects;
    int64_t value;
    shoal_info info;
    shoal_object *object;
    shoal_view view;
    shoal_owner owner;
    check_told(shoal_value_get(reading, "value", 5, buffer, sizeof buffer, &size));
    CHECK(size == 0);
    check_told(shoal_object_find(reading, "value", 5));
    check_told(shoal_object_open(&object, reading, "counter", 7));
    CHECK(object == NULL);
    check_told(shoal_object_count(&objects, reading));
    check_told(shoal_object_each(reading, visit, NULL));
    check_told(shoal_segment_info(&info, reading));
    check_told(shoal_segment_peers(NULL, 0, &size, reading));
    check_told(shoal_check(reading, NULL, NULL));
    check_told(shoal_array_view(&view, array));
    check_told(shoal_counter_value(&value, counter));
    check_told(shoal_counter_wait(counter, 42, SHOAL_NO_WAIT));
    check_told(shoal_object_waiters(&owner, 1, &size, counter));
}

TEST(a_reader_of_a_truncated_segment_is_told_and_lives)
{
    make();
    shoal_object *array = open_live("array"), *counter = open_live("counter");
    shoal_view view = view_of(array);
    CHECK(view.data[0] == 7 && view.data[299999] == 7);
    cut(0);
    int sum = 0;
    for (int i = 0; i < 300000; i++)
        sum += view.data[i];
    CHECK(sum == 0); /* the view has zeroes, and the next call says why */
    check_all_calls_tell(array, counter);
    cut(SIZE); /* grown again it stays what it was for this attach */
    check_all_calls_tell(array, counter);
    shoal_object_close(array);
    shoal_object_close(counter);
    shoal_close(reading);
}

TEST(a_call_that_meets_the_end_of_the_file_does_not_give_zeroes_for_a_value)
{
    make();
    cut(8192);
    char buffer[16];
    size_t size;
    check_told(shoal_value_get(reading, "value", 5, buffer, sizeof buffer, &size));
}

TEST(a_check_that_meets_the_end_of_the_file_says_so)
{
    make();
    cut(12288);
    check_told(shoal_check(reading, NULL, NULL));
}

TEST(a_damaged_segment_that_is_opened_again_is_judged_anew)
{
    make();
    shoal_segment *again;
    shoal_context *context = new_context();
    shoal_options options;
    shoal_options_init(&options);
    options.readonly = true;
    CHECK_STATUS(shoal_open(&reading, context, "cut", &options), SHOAL_OK);
    cut(8192);
    CHECK_STATUS(shoal_object_find(reading, "value", 5), SHOAL_ECORRUPT);
    CHECK_STATUS(shoal_open(&again, context, "cut", &options), SHOAL_ECORRUPT);
    CHECK(strstr(shoal_error_message(), "truncated or grown"));
    CHECK(unlink(path_of("cut")) == 0);
    shoal_segment *made = open_or_create(new_context(), "cut");
    CHECK_STATUS(put(made, "value", "\xa2no", 3), SHOAL_OK);
    CHECK_STATUS(shoal_open(&again, context, "cut", &options), SHOAL_OK);
    CHECK_STATUS(shoal_object_find(again, "value", 5), SHOAL_KIND_VALUE);
    CHECK_STATUS(shoal_object_find(reading, "value", 5), SHOAL_ECORRUPT);
}

TEST(a_forked_child_is_guarded_as_its_parent_is)
{
    make();
    shoal_view view = view_of(open_live("array"));
    int status;
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        cut(8192);
        size_t size;
        char buffer[16];
        CHECK(view.data[1000] == 0);
        check_told(shoal_value_get(reading, "value", 5, buffer, sizeof buffer, &size));
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(view.data[1000] == 0);
}

/* ---- Threads that block the signal ---- */

static void block(int how)
{
    sigset_t all;
    sigfillset(&all);
    CHECK(pthread_sigmask(how, &all, NULL) == 0);
}

static int get_value(void)
{
    size_t size;
    char buffer[16];
    return shoal_value_get(reading, "value", 5, buffer, sizeof buffer, &size);
}

static bool is_blocked(int signal)
{
    sigset_t now;
    CHECK(pthread_sigmask(SIG_BLOCK, NULL, &now) == 0);
    return sigismember(&now, signal);
}

TEST(a_program_that_blocks_all_signals_is_guarded)
{
    block(SIG_BLOCK); /* as what a parent had blocked is blocked after exec */
    make();
    CHECK(!is_blocked(SIGBUS) && is_blocked(SIGTERM));
    cut(8192);
    check_told(get_value());
}

TEST(who_blocks_all_signals_later_is_guarded_again_after_some_calls)
{
    make();
    shoal_view view = view_of(open_live("array"));
    block(SIG_BLOCK);
    for (int i = 0; i < 256; i++) /* one of them asks again */
        CHECK_STATUS(get_value(), SHOAL_OK);
    CHECK(!is_blocked(SIGBUS));
    cut(8192);
    CHECK(view.data[200000] == 0);
    check_told(get_value());
}

static void *read_in_a_thread(void *view)
{
    CHECK(is_blocked(SIGBUS));
    CHECK_STATUS(get_value(), SHOAL_OK);
    cut(8192);
    CHECK(((shoal_view *)view)->data[200000] == 0);
    check_told(get_value());
    return NULL;
}

/* As programs whose signals are for one thread that calls sigwait. */
TEST(a_thread_that_blocks_all_signals_is_guarded)
{
    pthread_t thread;
    make();
    shoal_view view = view_of(open_live("array"));
    block(SIG_BLOCK);
    CHECK(pthread_create(&thread, NULL, read_in_a_thread, &view) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
}

TEST(without_a_guard_the_mask_of_signals_is_left_alone)
{
    make();
    shoal_close(reading);
    CHECK(setenv("SHOAL_GUARD", "0", 1) == 0);
    block(SIG_BLOCK);
    reading = open_readonly(new_context(), "cut");
    CHECK_STATUS(get_value(), SHOAL_OK);
    CHECK_STATUS(put(writing, "value", "\xa3yes", 4), SHOAL_OK);
    CHECK(is_blocked(SIGBUS));
}

/* ---- Other handlers ---- */

/* A page of a file that has none: a touch of it is nobody's business here. */
static volatile char *foreign_page(void)
{
    int fd = memfd_create("foreign", 0);
    char *page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    CHECK(fd >= 0 && page != MAP_FAILED);
    return page;
}

static volatile sig_atomic_t called;
static void *volatile called_for;
static volatile char *volatile touched;

static void mend_foreign(void)
{
    called++;
    CHECK(mmap((void *)touched, 4096, PROT_READ, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}

static void plain_handler(int signal)
{
    sigset_t blocked;
    CHECK(signal == SIGBUS && sigprocmask(SIG_BLOCK, NULL, &blocked) == 0 && sigismember(&blocked, SIGBUS));
    mend_foreign();
}

static void informed_handler(int signal, siginfo_t *info, void *context)
{
    sigset_t blocked;
    CHECK(signal == SIGBUS && context && sigprocmask(SIG_BLOCK, NULL, &blocked) == 0);
    CHECK(!sigismember(&blocked, SIGBUS) && sigismember(&blocked, SIGUSR1)); /* as SA_NODEFER and its mask say */
    called_for = info->si_addr;
    mend_foreign();
}

static void touch_both(void)
{
    shoal_view view = view_of(open_live("array"));
    touched = foreign_page();
    cut(8192);
    CHECK(view.data[0] == 0 && called == 0);
    CHECK(touched[5] == 0 && called == 1);
}

TEST(another_s_plain_handler_has_what_is_its_own)
{
    CHECK(signal(SIGBUS, plain_handler) != SIG_ERR);
    make();
    touch_both();
}

TEST(another_s_handler_with_information_has_what_is_its_own)
{
    struct sigaction theirs = {.sa_sigaction = informed_handler, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigaddset(&theirs.sa_mask, SIGUSR1);
    CHECK(sigaction(SIGBUS, &theirs, NULL) == 0);
    make();
    touch_both();
    CHECK(called_for == (void *)(touched + 5));
}

TEST(another_s_handler_for_one_time_is_called_one_time)
{
    struct sigaction theirs = {.sa_handler = plain_handler, .sa_flags = SA_RESETHAND};
    CHECK(sigaction(SIGBUS, &theirs, NULL) == 0);
    make();
    touch_both();
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(*foreign_page());
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
}

static int fate(void (*act)(void))
{
    int status;
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        act();
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

static void touch_foreign(void)
{
    (void)*foreign_page();
}

static void send_one(void)
{
    kill(getpid(), SIGBUS);
}

static void raise_one(void)
{
    raise(SIGBUS);
}

TEST(without_another_handler_other_bus_errors_are_what_they_were)
{
    make();
    CHECK(fate(touch_foreign) == SIGBUS && fate(send_one) == SIGBUS && fate(raise_one) == SIGBUS);
    shoal_close(reading);
    CHECK(signal(SIGBUS, SIG_IGN) == SIG_DFL); /* the last reader took ours away */
    reading = open_readonly(new_context(), "cut");
    CHECK(fate(touch_foreign) == SIGBUS && fate(send_one) == 0 && fate(raise_one) == 0);
    cut(8192);
    CHECK_STATUS(shoal_object_find(reading, "value", 5), SHOAL_ECORRUPT);
}

static struct sigaction before_theirs;

/* As Python's faulthandler: report, put back what was there before, raise it again. */
static void reporter(int signal)
{
    called++;
    sigaction(SIGBUS, &before_theirs, NULL);
    raise(signal);
}

TEST(a_handler_that_came_later_reports_and_hands_it_on)
{
    make();
    struct sigaction theirs = {.sa_handler = reporter, .sa_flags = SA_NODEFER};
    CHECK(sigaction(SIGBUS, &theirs, &before_theirs) == 0);
    shoal_segment *another = open_readonly(new_context(), "cut"); /* does not put us into the chain twice */
    CHECK(fate(touch_foreign) == SIGBUS);
    cut(8192);
    CHECK_STATUS(shoal_object_find(reading, "value", 5), SHOAL_ECORRUPT);
    CHECK_STATUS(shoal_object_find(another, "value", 5), SHOAL_ECORRUPT);
    CHECK(called == 1);
    CHECK(fate(touch_foreign) == SIGBUS);
}

TEST(who_puts_back_what_was_before_us_does_not_leave_later_readers_unguarded)
{
    make();
    CHECK(signal(SIGBUS, SIG_DFL) != SIG_DFL);
    shoal_segment *another = open_readonly(new_context(), "cut");
    cut(8192);
    CHECK_STATUS(shoal_object_find(another, "value", 5), SHOAL_ECORRUPT);
}

static void read_cut(void)
{
    reading = open_readonly(new_context(), "cut");
    cut(8192);
    shoal_object_find(reading, "value", 5);
}

static void write_cut(void)
{
    cut(8192);
    shoal_object_find(writing, "value", 5);
}

TEST(the_guard_can_be_switched_off_and_writers_have_none)
{
    make();
    shoal_close(reading);
    CHECK(setenv("SHOAL_GUARD", "0", 1) == 0);
    CHECK(fate(read_cut) == SIGBUS);
    cut(SIZE);
    CHECK(setenv("SHOAL_GUARD", "1", 1) == 0);
    CHECK(fate(write_cut) == SIGBUS);
}

/* ---- Many at once ---- */

static _Atomic bool stop;
static _Atomic int opened;

/* Attach, read, detach: by several threads, with more attaches at once than one chunk of the table has. */
static void *come_and_go(void *argument)
{
    shoal_segment *segments[40];
    shoal_context *contexts[40];
    shoal_options options;
    char name[16];
    snprintf(name, sizeof name, "own %d", *(int *)argument);
    shoal_options_init(&options);
    while (!atomic_load(&stop)) {
        for (int i = 0; i < 40; i++) {
            contexts[i] = new_context();
            options.readonly = true;
            atomic_fetch_add(&opened, shoal_open(&segments[i], contexts[i], name, &options) == SHOAL_OK);
        }
        for (int i = 0; i < 40; i++)
            if (segments[i])
                (void)shoal_object_find(segments[i], "value", 5);
        for (int i = 0; i < 40; i++)
            shoal_context_free(contexts[i]);
    }
    return NULL;
}

TEST(readers_in_many_threads_come_and_go_while_their_files_are_cut)
{
    enum { THREADS = 3 };
    static int numbers[THREADS];
    pthread_t threads[THREADS];
    shoal_context *context = new_context();
    shoal_segment *segment;
    shoal_options options;
    shoal_options_init(&options);
    options.size = SIZE;
    for (int i = 0; i < THREADS; i++) {
        char name[16];
        numbers[i] = i;
        snprintf(name, sizeof name, "own %d", i);
        CHECK_STATUS(shoal_create(&segment, context, name, &options), SHOAL_OK);
        CHECK_STATUS(put(segment, "value", "\xa3yes", 4), SHOAL_OK);
        CHECK(pthread_create(&threads[i], NULL, come_and_go, &numbers[i]) == 0);
    }
    shoal_time start = shoal_now();
    for (int i = 0; seconds_since(start) < 1.0 || (atomic_load(&opened) <= 40 && seconds_since(start) < 30.0); i++) {
        char name[16];
        snprintf(name, sizeof name, "own %d", i % THREADS);
        CHECK(truncate(path_of(name), i % 2 ? 8192 : 4096 * (i % 20)) == 0 && truncate(path_of(name), SIZE) == 0);
        usleep(200);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    struct sigaction now;
    CHECK(sigaction(SIGBUS, NULL, &now) == 0 && now.sa_handler == SIG_DFL);
    printf("%d attaches\n", atomic_load(&opened));
    CHECK(atomic_load(&opened) > 40);
}
