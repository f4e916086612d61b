/* Forks: what a child has inherited is as it was, after its parent has removed it and others have its memory. */
#include "points.h"

#include <sys/resource.h>
#include <sys/wait.h>

static void look_through(const shoal_view *view)
{
    for (int64_t i = 0; i < view->shape[0]; i++)
        if (view->data[i] != 0)
            wrong("byte %lld of what the child has open is %d", (long long)i, view->data[i]);
}
static void remove_and_use_again(void)
{
    char name[16];
    close_object();
    remove_victim();
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "after%d", i);
        put(name, 99, 500);
    }
}
static void be_child(int told, int tell)
{
    char byte;
    shoal_view view;
    must(shoal_array_view(&view, object), "view of the child");
    if (write(tell, "x", 1) != 1 || read(told, &byte, 1) != 1)
        _exit(0);
    look_through(&view);
    put("child", 5, 60);
    close_object();
    shoal_context_free(context);
    _exit(0);
}
/* With a view of its parent's, before any call. */
static void be_newborn(int told, const shoal_view *view)
{
    char byte;
    if (read(told, &byte, 1) != 1)
        _exit(0);
    look_through(view);
    put("child", 5, 60);
    close_object();
    shoal_context_free(context);
    _exit(0);
}
static void remove_and_use_its_memory(void)
{
    quiet = true; /* the child's points only */
    remove_and_use_again();
    quiet = false;
}
/* It is gone, and nothing of it is kept while its parent lives. */
static void nothing_is_kept_of_the_child(void)
{
    shoal_info info = {0};
    quiet = true;
    for (int tries = 0; tries < 200; tries++) {
        must(shoal_segment_info(&info, target), "info");
        if (info.removed == 0)
            break;
        usleep(10000); /* somebody else may stand with the lock in his hands */
    }
    quiet = false;
    if (info.removed)
        wrong("what a child had open that is gone is kept");
}
static void tell_child(int tell, pid_t pid, int *status)
{
    if (write(tell, "x", 1) != 1)
        wrong("no pipe");
    waitpid(pid, status, 0);
}
static int fork_and_remove(void)
{
    int pipes[2], status;
    shoal_view view;
    must(shoal_array_view(&view, object), "view");
    if (pipe(pipes) < 0)
        wrong("no pipe");
    pid_t pid = fork();
    if (pid == 0) {
        close(pipes[1]); /* so that it ends with its parent */
        be_newborn(pipes[0], &view);
    }
    remove_and_use_its_memory();
    tell_child(pipes[1], pid, &status);
    nothing_is_kept_of_the_child();
    return 1;
}

/* No handler is called: it pins what it has open at its first call, and looks after its parent has removed that. */
static int fork_barely_and_remove(void)
{
    char byte;
    int down[2], up[2], status;
    if (pipe(down) < 0 || pipe(up) < 0)
        wrong("no pipe");
    pid_t pid = _Fork();
    if (pid == 0) {
        close(down[1]);
        be_child(down[0], up[1]);
    }
    close(up[1]);
    bool ready = read(up[0], &byte, 1) == 1; /* else it died before */
    remove_and_use_its_memory();
    if (ready)
        tell_child(down[1], pid, &status);
    else
        waitpid(pid, &status, 0);
    nothing_is_kept_of_the_child();
    return 1;
}

/* No descriptor for its place: what it stores through its view must not come to where others are. */
static int fork_without_a_place(void)
{
    char byte;
    int pipes[2], status, next = dup(0);
    struct rlimit had;
    shoal_view view;
    must(shoal_array_view(&view, object), "view");
    close(next);
    if (pipe(pipes) < 0 || getrlimit(RLIMIT_NOFILE, &had) < 0)
        wrong("no pipe");
    next = dup(0);
    close(next);
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){(rlim_t)next, had.rlim_max});
    pid_t pid = fork();
    setrlimit(RLIMIT_NOFILE, &had);
    if (pid == 0) {
        close(pipes[1]);
        if (read(pipes[0], &byte, 1) == 1)
            memset(view.data, 0xee, (size_t)view.shape[0]);
        _exit(0);
    }
    remove_and_use_its_memory();
    tell_child(pipes[1], pid, &status);
    if (WIFEXITED(status))
        wrong("a child without a place stores into the segment");
    return 1;
}

/* It holds a lock and dies; its child lives on, and has inherited nothing of its life. */
static int die_before_its_child(void)
{
    take_lock();
    int ended = board->ended;
    if (fork() != 0)
        return 1;
    me = NOBODY;
    while (board->ended == ended) {
        uint32_t bell = board->bell;
        if (board->ended == ended)
            futex_wait(&board->bell, bell, 0.1);
    }
    shoal_context_free(context);
    _exit(0);
}

/* No handler is called: the child is nobody until it first writes, and has what it has inherited from then on. */
static void be_nobodys_child(int told, int tell)
{
    char byte;
    shoal_view view;
    put("child", 5, 60);
    must(shoal_array_view(&view, object), "view of the child");
    if (write(tell, "x", 1) == 1 && read(told, &byte, 1) == 1)
        look_through(&view);
    shoal_context_free(context);
    _exit(0);
}
static int fork_barely(void)
{
    char byte;
    int down[2], up[2];
    if (pipe(down) < 0 || pipe(up) < 0)
        wrong("no pipe");
    pid_t pid = _Fork();
    if (pid == 0) {
        close(down[1]);
        be_nobodys_child(down[0], up[1]);
    }
    quiet = true; /* the child's points only */
    close(up[1]);
    if (read(up[0], &byte, 1) == 1) { /* else it died */
        remove_and_use_again();
        if (write(down[1], "x", 1) != 1)
            wrong("no pipe");
    }
    waitpid(pid, NULL, 0);
    quiet = false;
    return 1;
}

static int after_lock(void)
{
    return !shoal_lock_is_mine(its.lock) || give_lock();
}

static const struct scene all[] = {
    S(fork, .prepare = prepare_small_array, .before = make_small_array, .act = fork_and_remove, .second = take_info),
    S(fork_outlived, .dead = die_before_its_child, .act = take_lock, .after = after_lock, .second = take_and_give_lock),
    S(fork_barely_and_remove, .prepare = prepare_small_array, .before = make_small_array, .act = fork_barely_and_remove,
      .second = take_info),
    S(fork_without_a_place, .prepare = prepare_small_array, .before = make_small_array, .act = fork_without_a_place,
      .second = take_info),
    S(fork_barely, .prepare = prepare_small_array, .before = make_small_array, .act = fork_barely, .second = take_info),
};

const struct scenes fork_scenes = {all, sizeof all / sizeof *all};
