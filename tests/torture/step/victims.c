/* The victims: an operation is stepped, its images are judged, and of some of them the recovery is stepped as well. */
#include "step.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static pid_t start_victim(const struct operation *operation)
{
    pid_t pid = split(fork());
    if (pid)
        return pid;
    char path[128];
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody is left stopped when a violation ends it all */
    judging = false;
    context = new_context();
    if (!(operation->flags & DETACHED))
        act_attach();
    operation->before();
    path_of(path, "target");
    limit_time(60); /* it is killed then, and has not come to its end */
    trace_begin(open(path, O_RDONLY | O_CLOEXEC));
    operation->act();
    trace_end();
    kill(getpid(), SIGKILL);
    return 0;
}

/* Its byte is held in the target, as long as this descriptor is open. */
void witness_lives(int fd)
{
    struct flock byte = {.l_type = F_WRLCK, .l_start = ((off_t)1 << 40) + witness_slot, .l_len = 1};
    if (witness_slot >= 0 && fcntl(fd, F_OFD_SETLK, &byte) < 0)
        exit(2);
}

static void run_victim(const struct operation *operation)
{
    int status;
    madvise(trace->log, trace->used, MADV_REMOVE);
    memset(trace, 0, offsetof(struct trace, start));
    judging = false;
    now.image = -1;
    alarm(1200);
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* the victim's child is to be waited for, too */
    pid_t pid = start_victim(operation);
    waitpid(pid, &status, 0);
    end_living();
    alarm(0);
    judging = true;
    figures.victims++;
    figures.steps += trace->steps;
    if (trace->overflow)
        violation("victim: the log is too short for what it did");
    else if (!trace->ended)
        violation("victim: it did not come to the end of its operation");
}

/* ---- Its images ---- */

struct chosen {
    struct picture picture;
    int number, state;
};

struct picture picture;
uint32_t every = 1, every_again;
bool literal, first_round = true;

static void keep_picture(struct chosen *kept, int state)
{
    unsigned char *bytes = kept->picture.bytes;
    kept->picture = picture;
    kept->picture.bytes = memcpy(realloc(bytes, picture.size), picture.bytes, picture.size);
    kept->state = state;
}

/* The state in this image, if it is known; `before` in the one before it, `exact` what it must be, if that is known. */
static int judge_next(const struct operation *operation, int before, int exact)
{
    int state = judge(operation, &picture);
    if (state == 0 && before == 1)
        violation("durability: it was done, and now it is not");
    if (state >= 0 && exact >= 0 && state != exact)
        violation("recovery: %s",
                  exact ? "it was done, and a recovery undid it" : "it was undone, and a recovery did it");
    if (state == 1 && operation->flags & STAYS)
        violation("state: it is another, and nobody changed it");
    return state;
}

/*
 * A loop that copies a long value makes an image with each store, all of one sort: of what one instruction stores after
 * the first 200 times, one in 100 is judged.
 */
static bool is_loop(uint64_t at, bool begin)
{
    static struct {
        uint64_t at;
        uint32_t count;
    } seen[256];
    if (begin)
        memset(seen, 0, sizeof seen);
    uint32_t place = (uint32_t)(mix(at) % 256);
    if (seen[place].at != at)
        seen[place].count = 0;
    seen[place].at = at;
    return ++seen[place].count > 200 && seen[place].count % 100;
}

/* All images of the victim, in order; those of the `count` numbers in `kept` are kept. */
static void judge_all(const struct operation *operation, int exact, bool again, struct chosen *kept, int count)
{
    size_t at = 0;
    int state = 0; /* the last one known */
    picture_start(&picture);
    is_loop(0, true);
    for (uint32_t i = 0; i <= trace->events; i++) {
        if (i > 0) {
            const struct event *event = (const struct event *)(trace->log + at);
            now.step = event->step;
            now.at = event->at;
            at = picture_apply(&picture, at);
        }
        now.image = (int)i;
        bool wanted = i == 0 || i == trace->events ||
                      (below(again && every_again ? every_again : every) == 0 && !is_loop(now.at, false));
        for (int j = 0; j < count; j++)
            wanted = wanted || kept[j].number == (int)i;
        if (!wanted || !picture.named || !picture.size)
            continue;
        int here = judge_next(operation, state, exact);
        for (int tries = 0; here == UNKNOWN && i == trace->events && tries < 20; tries++)
            here =
                judge_next(operation, state, exact); /* the last one is to be known: others must leave it alone once */
        if (here >= 0)
            state = here;
        for (int j = 0; j < count; j++)
            if (kept[j].number == (int)i)
                keep_picture(&kept[j], here);
    }
    bool may_stay = operation->state == state_any || operation->flags & STAYS || again;
    if (trace->ended && picture.named && state == 0 && !may_stay)
        violation("acknowledged: it returned, and is not done");
}

/* ---- Recoveries, stepped ---- */

static int recover_and_put(void)
{
    return act_attach() && put("recovered", 5, 300);
}
static int recover_and_look(void)
{
    act_attach();
    take_info();
    return must(shoal_check(target, NULL, NULL), "check");
}
static int recover_and_count(void)
{
    act_attach();
    must(shoal_counter_open(&object, target, "recoveries", 10, 1), "counter");
    return act_add() && close_object();
}
static int recover_and_remove(void)
{
    return act_attach() && remove_it("expendable"); /* an earlier recovery of this image may have done it */
}
/* Those that have no state which an operation changes. */
static int recover_and_lock(void)
{
    act_attach();
    open_all();
    EACH_LIVE(it)
    {
        const char *sentence = it->sound && !it->fill ? it->sound(subject_by(it)->object) : NULL;
        if (sentence)
            wrong("%s", sentence);
    }
    close_all();
    return 1;
}

static int recover_and_see_it(void)
{
    act_attach();
    const char *sentence = is_left("victim") && !driver->fill ? is_it_sound() : NULL;
    if (sentence)
        wrong("%s", sentence);
    return 1;
}

static deed *any_recovery(const struct operation *operation)
{
    static deed *const recoveries[] = {recover_and_put, recover_and_look, recover_and_count, recover_and_remove};
    if (operation->flags & HAS_LOCKS && below(2))
        return recover_and_lock;
    if (driver && !(operation->flags & STAYS) && below(2)) /* which breaks a barrier in between */
        return recover_and_see_it;
    return recoveries[below(4)];
}

static void step_again(const struct operation *operation, struct chosen *kept, int depth)
{
    struct operation recovery = *operation;
    size_t length = strlen(now.chain);
    recovery.before = act_nothing;
    recovery.act = any_recovery(operation);
    recovery.flags |= DETACHED;
    snprintf(now.chain + length, sizeof now.chain - length, " > recovery of image %d", kept->number);
    int fd = write_file("target", &kept->picture);
    witness_lives(fd);
    figures.again++;
    step_operation(&recovery, kept->state, depth < 2 && below(3) == 0, depth + 1);
    close(fd);
    now.chain[length] = 0;
}

void step_operation(const struct operation *operation, int exact, int again, int depth)
{
    struct chosen kept[16] = {0};
    tracer.every_instruction = literal || (first_round && depth == 0);
    run_victim(operation);
    if (again > 16)
        again = 16;
    for (int i = 0; i < again; i++)
        kept[i].number = (int)below(trace->events + 1);
    judge_all(operation, exact, depth > 0, kept, again);
    for (int i = 0; i < again; i++) {
        if (kept[i].picture.bytes && !(operation->flags & MAY_END) && figures.violations == 0)
            step_again(operation, &kept[i], depth);
        free(kept[i].picture.bytes);
    }
}
