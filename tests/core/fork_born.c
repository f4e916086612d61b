/* A child is born a peer: from the fork on, for as long as it lives, whatever becomes of its parent and of what it may do itself. */
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "check.h"

#include "scratch.h"

#include "blocked.h"

#include "segment/handle.h"
#include "segment/lock.h"

/* A child that waits to be told, and then runs `then` and ends with what it returns. */
struct child {
    pid_t pid;
    int tell, told;
};

static struct child born(int (*then)(void *), void *argument)
{
    char byte;
    int down[2], up[2];
    CHECK(pipe(down) == 0 && pipe(up) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(down[1]); /* it ends with its parent */
        if (write(up[1], "x", 1) != 1 || read(down[0], &byte, 1) != 1)
            _exit(99);
        _exit(then ? then(argument) : 0);
    }
    close(down[0]);
    close(up[1]);
    CHECK(read(up[0], &byte, 1) == 1); /* it is past its fork handlers */
    return (struct child){pid, down[1], up[0]};
}

static int outcome(struct child *child)
{
    int status;
    CHECK(write(child->tell, "x", 1) == 1);
    CHECK(waitpid(child->pid, &status, 0) == child->pid);
    close(child->tell);
    close(child->told);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static uint32_t peers_of(shoal_segment *segment)
{
    shoal_info info;
    CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK);
    return info.peers;
}

static uint64_t removed_of(shoal_segment *segment)
{
    shoal_info info;
    CHECK_STATUS(shoal_segment_info(&info, segment), SHOAL_OK);
    return info.removed;
}

/* ---- Many segments: what is asked once for all ---- */

enum { MANY = 5 };

static void open_many(shoal_segment **many)
{
    char name[16];
    shoal_context *context = new_context();
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "many%d", i);
        many[i] = open_or_create(context, name);
    }
}

static int next_number(void)
{
    int next = dup(STDIN_FILENO);
    CHECK(next >= 0 && close(next) == 0);
    return next;
}

/* A limit below which so many numbers are free. */
static rlim_t leaving_free(int count)
{
    int number = 0;
    for (; count > 0; number++)
        count -= fcntl(number, F_GETFD) < 0;
    return (rlim_t)number;
}

static void is_born_into_all(shoal_segment **many)
{
    struct child child = born(NULL, NULL);
    for (int i = 0; i < MANY; i++)
        CHECK(peers_of(many[i]) == 2);
    CHECK(outcome(&child) == 0);
    for (int i = 0; i < MANY; i++)
        CHECK(peers_of(many[i]) == 1);
}

TEST(a_child_is_born_into_each_of_many_segments_and_no_number_stays_open)
{
    shoal_segment *many[MANY];
    open_many(many);
    is_born_into_all(many);
    int next = next_number();
    is_born_into_all(many);
    CHECK(next_number() == next);
}

TEST(a_child_is_born_into_each_of_many_segments_where_one_number_is_free)
{
    struct rlimit files;
    shoal_segment *many[MANY];
    open_many(many);
    CHECK(getrlimit(RLIMIT_NOFILE, &files) == 0);
    struct rlimit few = {leaving_free(4 + 1), files.rlim_max}; /* four are the pipes' */
    CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
    is_born_into_all(many);
    CHECK(setrlimit(RLIMIT_NOFILE, &files) == 0);
}

/* ---- Who is a peer ---- */

TEST(a_child_is_a_peer_before_its_first_call)
{
    size_t count;
    shoal_peer peers[4];
    shoal_segment *segment = open_or_create(new_context(), "born");
    struct child child = born(NULL, NULL);
    CHECK_STATUS(shoal_segment_peers(peers, 4, &count, segment), SHOAL_OK);
    CHECK(count == 2 && peers[0].alive && peers[1].alive);
    CHECK(peers[0].pid + peers[1].pid == getpid() + child.pid);
    CHECK_TEXT(peers[0].program, peers[1].program);
    CHECK(outcome(&child) == 0);
    CHECK(peers_of(segment) == 1); /* its parent keeps nothing of it alive */
    check_sound(segment);
}

static int exec_sleep(void *argument)
{
    (void)argument;
    execl("/bin/cat", "cat", (char *)NULL);
    return 1;
}

TEST(a_child_is_no_peer_after_exec)
{
    int input[2];
    shoal_segment *segment = open_or_create(new_context(), "exec");
    CHECK(pipe(input) == 0 && dup2(input[0], 0) == 0 && fcntl(input[1], F_SETFD, FD_CLOEXEC) == 0);
    struct child child = born(exec_sleep, NULL);
    CHECK(peers_of(segment) == 2 && write(child.tell, "x", 1) == 1);
    EVENTUALLY(peers_of(segment) == 1);
    CHECK(waitpid(child.pid, NULL, WNOHANG) == 0); /* it lives */
    close(input[1]);
    join(child.pid);
}

static void fork_and_be_killed(void *pipes)
{
    char byte;
    int *told = pipes;
    shoal_object *lock = a_lock(new_context());
    if (fork() == 0) {
        alarm(60);
        CHECK(read(told[0], &byte, 1) == 1);
        CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_OK);
        CHECK(write(told[3], "x", 1) == 1 && read(told[0], &byte, 1) == 1);
        _exit(0);
    }
    raise(SIGKILL);
}

TEST(a_child_stays_a_peer_when_its_parent_is_killed)
{
    char byte;
    int told[4];
    shoal_context *context = new_context();
    shoal_object *lock = a_lock(context);
    shoal_segment *segment = open_or_create(context, "locks");
    CHECK(pipe(told) == 0 && pipe(told + 2) == 0 && prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    pid_t parent = in_child(fork_and_be_killed, told);
    CHECK(waitpid(parent, NULL, 0) == parent);
    CHECK(peers_of(segment) == 3); /* this process, and that child with both of its contexts */
    CHECK(write(told[1], "x", 1) == 1 && read(told[2], &byte, 1) == 1);
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_ETIMEDOUT);
    CHECK(write(told[1], "x", 1) == 1 && waitpid(-1, NULL, 0) > 0);
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_RECOVERED);
    CHECK(peers_of(segment) == 1);
}

/* The classic daemon: its parent ends before it has made a call. */
TEST(a_shared_segment_stays_as_long_as_a_child_that_never_called)
{
    shoal_options options;
    shoal_segment *segment, *other;
    shoal_context *context = new_context();
    shoal_options_init(&options);
    options.lifetime = SHOAL_SHARED;
    CHECK_STATUS(shoal_create(&segment, context, "shared", &options), SHOAL_OK);
    struct child child = born(NULL, NULL);
    shoal_close(segment);
    CHECK_STATUS(shoal_open(&other, context, "shared", NULL), SHOAL_OK);
    shoal_close(other);
    CHECK(outcome(&child) == 0);
    CHECK_STATUS(shoal_open(&other, context, "shared", NULL), SHOAL_ENOTFOUND);
}

/* ---- What it may do: nothing is opened any more ---- */

static int use_all(void *argument)
{
    char byte;
    size_t size;
    int64_t value;
    shoal_object **objects = argument;
    CHECK(setrlimit(RLIMIT_NOFILE, &(struct rlimit){0, 0}) == 0);
    CHECK(geteuid() != 0 || setresuid(65534, 65534, 65534) == 0);
    CHECK_STATUS(shoal_counter_add(&value, objects[0], 1), SHOAL_OK);
    CHECK_STATUS(shoal_lock_acquire(objects[1], false, SHOAL_NO_WAIT), SHOAL_OK);
    shoal_segment *segment = ((struct shoal_object *)objects[0])->segment;
    CHECK_STATUS(shoal_value_put(segment, "put", 3, "\x07", 1), SHOAL_OK);
    CHECK_STATUS(shoal_value_get(segment, "put", 3, &byte, 1, &size), SHOAL_OK);
    CHECK_STATUS(shoal_object_remove(segment, "put", 3), SHOAL_OK);
    return value == 43 ? 0 : 1;
}

TEST(a_child_that_may_open_nothing_any_more_is_a_peer_as_any_other)
{
    shoal_context *context = new_context();
    shoal_object *objects[2] = {NULL, a_lock(context)};
    CHECK_STATUS(shoal_counter_open(&objects[0], open_or_create(context, "locks"), "n", 1, 42), SHOAL_OK);
    struct child child = born(use_all, objects);
    CHECK(outcome(&child) == 0);
    check_sound(open_or_create(context, "locks"));
}

/* ---- What it has open ---- */

static int look_at_what_was_removed(void *argument)
{
    int64_t value;
    shoal_object **objects = argument;
    CHECK_STATUS(shoal_counter_value(&value, objects[0]), SHOAL_OK);
    CHECK(value == 42 && shoal_barrier_parties(objects[1]) == 3 && shoal_event_is_set(objects[2]));
    return 0;
}

TEST(a_child_looks_at_what_its_parent_removed_as_its_first_call)
{
    char name[16];
    static const char bytes[300] = "\xc5\x01\x29";
    shoal_object *objects[3];
    shoal_segment *segment = open_or_create(new_context(), "looks");
    CHECK_STATUS(shoal_counter_open(&objects[0], segment, "n", 1, 42), SHOAL_OK);
    CHECK_STATUS(shoal_barrier_open(&objects[1], segment, "b", 1, 3), SHOAL_OK);
    CHECK_STATUS(shoal_event_open(&objects[2], segment, "e", 1), SHOAL_OK);
    CHECK_STATUS(shoal_event_set(objects[2]), SHOAL_OK);
    struct child child = born(look_at_what_was_removed, objects);
    for (int i = 0; i < 3; i++) {
        CHECK_STATUS(shoal_object_remove(segment, i == 0 ? "n" : i == 1 ? "b" : "e", 1), SHOAL_OK);
        shoal_object_close(objects[i]);
    }
    for (int i = 0; i < 1000; i++)
        CHECK_STATUS(shoal_value_put(segment, name, (size_t)sprintf(name, "v%d", i), bytes, (size_t)(3 + i % 297)),
                     SHOAL_OK);
    CHECK(removed_of(segment) == 3);
    CHECK(outcome(&child) == 0);
    CHECK(removed_of(segment) == 0);
    check_sound(segment);
}

/* What is idle (held, and not open) is kept for its parent only. */
TEST(a_child_does_not_keep_what_its_parent_has_closed)
{
    shoal_context *context = new_context();
    shoal_object *lock = a_lock(context);
    CHECK_STATUS(shoal_lock_acquire(lock, false, SHOAL_NO_WAIT), SHOAL_OK);
    shoal_object_close(lock);
    struct child child = born(NULL, NULL);
    shoal_segment *segment = open_or_create(new_context(), "locks");
    shoal_context_free(context);
    CHECK_STATUS(shoal_object_remove(segment, "l", 1), SHOAL_OK);
    CHECK(removed_of(segment) == 0 && peers_of(segment) == 2);
    CHECK(outcome(&child) == 0);
}

/* A reader's pins hang on its description of the file, which its child would keep by its number and by its mapping. */
static void read_and_end(void *pipes)
{
    char byte;
    int *told = pipes;
    shoal_object *counter;
    shoal_segment *readonly = open_readonly(new_context(), "reader");
    CHECK_STATUS(shoal_object_open(&counter, readonly, "first", 5), SHOAL_OK);
    if (fork() == 0) {
        alarm(60);
        CHECK(write(told[3], "x", 1) == 1 && read(told[0], &byte, 1) == 1);
        _exit(0);
    }
    CHECK(read(told[2], &byte, 1) == 1);
    CHECK_STATUS(shoal_object_open(&counter, readonly, "later", 5), SHOAL_OK);
}

TEST(a_readonly_child_does_not_keep_what_its_parent_opens_later)
{
    int told[4];
    shoal_object *counter;
    shoal_context *context = new_context();
    shoal_segment *segment = open_or_create(context, "reader");
    for (int i = 0; i < 2; i++) {
        CHECK_STATUS(shoal_counter_open(&counter, segment, i ? "first" : "later", 5, 0), SHOAL_OK);
        shoal_object_close(counter);
    }
    CHECK(pipe(told) == 0 && pipe(told + 2) == 0 && prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    shoal_context_free(context);
    join(in_child(read_and_end, told));
    segment = open_or_create(new_context(), "reader");
    CHECK_STATUS(shoal_object_remove(segment, "later", 5), SHOAL_OK);
    CHECK(removed_of(segment) == 0);
    CHECK_STATUS(shoal_object_remove(segment, "first", 5), SHOAL_OK);
    CHECK(removed_of(segment) == 1); /* the child has that open, still */
    CHECK(write(told[1], "x", 1) == 1 && waitpid(-1, NULL, 0) > 0);
    CHECK(removed_of(segment) == 0);
}

/* ---- Children made in the middle of something ---- */

static pid_t forked;
static int forked_status;
static void *mapped;

/* In the child: where its parent's proof of life is mapped nothing is, or something of its own. */
static int fork_in_handler(shoal_segment *segment)
{
    if (forked || (forked = fork()) > 0)
        return forked > 0 && waitpid(forked, &forked_status, WNOHANG) != 0 ? -1000 : SHOAL_OK;
    forked = -1;
    mapped = mmap(segment->life.page, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    return SHOAL_OK;
}

TEST(an_attach_in_which_a_handler_forks_takes_nothing_from_its_child)
{
    static const shoal_language language = {NULL, fork_in_handler, NULL};
    shoal_segment *segment, *holder = open_or_create(new_context(), "handler");
    shoal_context *context = new_context();
    shoal_context_set_language(context, &language);
    shoal_context_set_slice(context, 1000000);
    shoal__lock(holder);
    int status = shoal_open(&segment, context, "handler", NULL);
    if (forked < 0) {
        *(volatile char *)mapped = 1;
        _exit(status != SHOAL_ELOCK);
    }
    CHECK_STATUS(status, -1000);
    CHECK(forked_status == 0);
    shoal__unlock(holder);
    CHECK(peers_of(holder) == 1);
    check_sound(holder);
}

/* Another thread is about to join, after a bare clone, and waits for the structure's lock: a child forked now joins for itself. */
static void *join_in_thread(void *counter)
{
    int64_t value;
    CHECK_STATUS(shoal_counter_add(&value, counter, 1), SHOAL_OK);
    return NULL;
}

static void fork_while_joining(void *argument)
{
    pthread_t thread;
    struct shoal_object *counter = argument;
    shoal_segment *segment = counter->segment;
    CHECK(pthread_create(&thread, NULL, join_in_thread, counter) == 0);
    EVENTUALLY(load_relaxed(&segment->joining));
    pid_t child = fork();
    if (child == 0) {
        join_in_thread(counter);
        _exit(0);
    }
    CHECK(kill(getppid(), SIGUSR1) == 0);
    join(child);
    CHECK(pthread_join(thread, NULL) == 0);
}

static void nothing_more(int signal)
{
    (void)signal;
}

TEST(a_child_forked_while_another_thread_joins_does_not_wait_for_that_thread)
{
    int status;
    sigset_t set;
    shoal_object *counter;
    shoal_segment *segment = open_or_create(new_context(), "joining"),
                  *holder = open_or_create(new_context(), "joining");
    CHECK_STATUS(shoal_counter_open(&counter, segment, "n", 1, 0), SHOAL_OK);
    signal(SIGUSR1, nothing_more);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    shoal__lock(holder);
    pid_t child = _Fork();
    if (child == 0) {
        alarm(20);
        fork_while_joining(counter);
        _exit(0);
    }
    CHECK(sigwait(&set, &status) == 0);
    shoal__unlock(holder);
    join(child);
}
