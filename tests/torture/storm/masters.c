/*
 * Prefork servers: a master attaches, opens everything, and forks workers that go on with what it has open. It kills them and
 * forks anew; it is killed itself, and its children go on as orphans for a while, beside those of the next master. A child has a
 * place of its own in the journal, in which nobody else lives: it has a lock on a file of that place, which ends with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "worker.h"

enum { AT_ONCE = 3, PATIENCE = 30, AFTERLIFE = 1000 /* ms that an orphan goes on at most */ };

struct child {
    pid_t pid;
    int place;
    bool sent;           /* the signal that ends it */
    uint32_t operations; /* when we last looked, which was at `changed` */
    shoal_time changed;
};

static struct child children[AT_ONCE];

bool is_stillborn(const struct worker *it)
{
    int64_t value;
    bool is = shoal_counter_value(&value, it->count) == SHOAL_ECLOSED;
    if (is)
        __atomic_add_fetch(place_word(it->place, STILLBORN), 1, __ATOMIC_RELAXED);
    return is;
}

/* ---- A child ---- */

static bool move_in(const struct worker *it)
{
    char path[160];
    snprintf(path, sizeof path, "%s.%d", it->journal_path, it->place);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        violation("no file for the place of a child", errno, it->place);
    return flock(fd, LOCK_EX | LOCK_NB) == 0; /* else an orphan of another master lives there */
}

static void open_own_counter(struct worker *it)
{
    char name[32];
    int length = sprintf(name, "c/%d", it->place);
    must(shoal_counter_open(&it->own, it->segment, name, (size_t)length, 0), "counter");
}

/* What its master has open is open here; it may end in good order, with or without closing it. */
static _Noreturn void end_well(struct worker *it, struct worker *reader)
{
    ++*place_word(it->place, QUIT);
    if (random_number() % 2) {
        close_everything(reader);
        close_everything(it);
    }
    _exit(0);
}

static _Noreturn void serve(struct worker *it, struct worker *reader)
{
    shoal_time end = SHOAL_FOREVER;
    for (;;) {
        if (end == SHOAL_FOREVER && getppid() != it->master)
            end = shoal_deadline((double)(random_number() % AFTERLIFE) / 1e3);
        if (end != SHOAL_FOREVER && shoal_now() > end)
            end_well(it, reader);
        if (random_number() % 16 == 0)
            look(reader);
        else
            operate(it);
        if (random_number() % 4096 == 0)
            end_well(it, reader);
    }
}

static _Noreturn void be_child(struct worker *it, struct worker *reader, int place, pid_t master, uint64_t seed)
{
    signal(SIGCHLD, SIG_IGN);
    random_seed(seed);
    if (is_stillborn(it))
        _exit(0);
    it->place = reader->place = place;
    it->master = master;
    if (!move_in(it))
        _exit(0);
    ++*place_word(place, FORKED);
    settle_place(it, it, place);
    open_own_counter(it);
    start_timer();
    serve(it, reader);
}

/* ---- The master ---- */

static int free_place(const struct worker *it)
{
    int place, first = first_child_place(it->place);
    bool taken;
    do {
        place = first + (int)(random_number() % CHILDREN_OF_ONE);
        taken = false;
        for (int i = 0; i < AT_ONCE; i++)
            taken |= children[i].pid && children[i].place == place;
    } while (taken);
    return place;
}

static void fork_one(struct worker *it, struct worker *reader, struct child *child)
{
    pid_t master = getpid();
    uint64_t seed = random_number();
    *child = (struct child){.place = free_place(it), .changed = shoal_now()};
    child->operations = *place_word(child->place, OPERATIONS);
    child->pid = fork();
    if (child->pid == 0)
        be_child(it, reader, child->place, master, seed);
    if (child->pid < 0)
        violation("fork", errno, 0);
}

static void bury(pid_t pid, int state)
{
    for (int i = 0; i < AT_ONCE; i++)
        if (children[i].pid == pid && children[i].sent && WIFSIGNALED(state) && WTERMSIG(state) == SIGKILL) {
            ++*place_word(children[i].place, KILLED);
            children[i].pid = 0;
            return;
        } else if (children[i].pid == pid) {
            children[i].pid = 0;
        }
    if (state != 0)
        violation("a child of a master ended by itself", pid, state);
}

/* The first of its children is killed only if it gets on: so one that hangs is found. */
static void kill_one(int number)
{
    struct child *child = &children[number];
    uint32_t operations = *place_word(child->place, OPERATIONS);
    bool gets_on = operations != child->operations;
    if (!child->pid || child->sent)
        return;
    if (gets_on || number > 0) {
        child->sent = true;
        kill(child->pid, SIGKILL);
    } else if (shoal_now() - child->changed > PATIENCE * (shoal_time)1000000000) {
        violation("a child of a master makes no progress", child->place, operations);
    }
}

void be_master(struct worker *it, struct worker *reader)
{
    int state;
    signal(SIGCHLD, SIG_DFL);
    for (;;) {
        for (pid_t pid; (pid = waitpid(-1, &state, WNOHANG)) > 0;)
            bury(pid, state);
        for (int i = 0; i < AT_ONCE; i++)
            if (!children[i].pid)
                fork_one(it, reader, &children[i]);
        if (random_number() % 4 == 0)
            kill_one((int)(random_number() % AT_ONCE));
        if (random_number() % 4 == 0)
            operate(it);
        else
            sleep_ms((long)(random_number() % 4));
        ++*place_word(it->place, OPERATIONS);
    }
}
