/*
 * Operations on segments: coming, leaving, forks, reaping, copying. Of a backup two files change meanwhile: the segment that
 * is copied, in which the victim is a peer like any other, and the copy, which nobody opens before it has its name. An
 * operation watches one of them, and that one is judged: "backup" the source, whose name the target has; the others the
 * copy, which gets that name.
 */
#include "step.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

void target_options(shoal_options *options)
{
    shoal_options_init(options);
    options->size = target_size;
}

/* ---- Coming ---- */

static int create(const char *name, int lifetime)
{
    shoal_options options;
    target_options(&options);
    options.lifetime = lifetime;
    return must(shoal_create(&target, context, name, &options), "create");
}
static int act_create(void)
{
    return create("target", SHOAL_PERSISTENT);
}
static int create_shared(void)
{
    return create("target", SHOAL_SHARED);
}
static int act_open_or_create(void)
{
    shoal_options options;
    target_options(&options);
    return must(shoal_open_or_create(&target, context, "target", &options), "open or create");
}
static int target_fd;
static int before_descriptor(void)
{
    char path[128];
    path_of(path, "target");
    target_fd = open(path, O_RDWR | O_CLOEXEC);
    return 1;
}
static int act_open_fd(void)
{
    return must(shoal_open_fd(&target, context, target_fd, NULL), "open fd");
}
/* So many live that one more peer needs more memory for peers. */
static int crowd(void)
{
    shoal_segment *segment;
    for (int i = 0; i < 64; i++)
        if (shoal_open(&segment, new_context(), "target", NULL) < 0)
            break;
    return 1;
}
static int before_crowd(void)
{
    living_does(crowd);
    return 1;
}
static int before_over(void)
{
    dying(create_shared, act_nothing);
    return 1;
}
static int act_attach_over(void)
{
    if (shoal_open(&target, context, "target", NULL) != SHOAL_ENOTFOUND)
        wrong("its time is over, and it can be opened");
    return 1;
}

/* ---- Leaving ---- */

static int others_share(void)
{
    create_shared();
    living_does(act_nothing);
    return 1;
}
static int act_end_segment(void)
{
    return must(shoal_segment_end(target), "end");
}
static int act_unlink(void)
{
    return must(shoal_unlink(context, "target"), "unlink");
}
static int act_unlink_mine(void)
{
    return must(shoal_segment_unlink(target), "unlink");
}
/* Nothing is open, and the lock is held still: whoever frees the context gives it up. */
static int open_held(void)
{
    return must(shoal_lock_open(&object, target, "held", 4, 0), "lock");
}
static int prepare_held(void)
{
    return open_held() && close_object();
}
static int before_everything(void)
{
    open_held();
    must(shoal_lock_acquire(object, false, SHOAL_NO_WAIT), "acquire");
    return close_object() && put_new();
}
static int act_free(void)
{
    shoal_context_free(context);
    return 1;
}

/* ---- Forks: the victim is a child, and what it uses it has inherited ---- */

static int go_on_in(pid_t child)
{
    if (child == 0)
        return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
    waitpid(child, NULL, 0);
    _exit(0);
}
static int before_forked(void)
{
    return make_counter() && go_on_in(split(fork()));
}
/* No fork handler: what it inherited is its own from its first call on. */
static int before_cloned(void)
{
    return make_small_array() && go_on_in(split((pid_t)syscall(SYS_fork)));
}

/* ---- What the dead had ---- */

int die_with_counter(void)
{
    must(shoal_counter_open(&object, target, "counted", 7, 1), "counter");
    must(shoal_lock_open(&object, target, "locked", 6, 0), "lock");
    return must(shoal_lock_acquire(object, false, SHOAL_FOREVER), "acquire");
}
static int die_with_array(void)
{
    return make_small_array() && remove_victim();
}
static int prepare_dead(void)
{
    dying(act_attach, have_removed_big_array);
    dying(act_attach, die_with_counter);
    dying(act_attach, die_with_array);
    return 1;
}
/* Names for a table of more than the first size, and an empty span of many classes. */
static int before_emptied(void)
{
    char name[32];
    for (int i = 0; i < 160; i++) {
        snprintf(name, sizeof name, "gone%d", i % 80);
        if (i < 80)
            put(name, 5, 20 + (size_t)(i % 20) * 30);
        else
            remove_it(name);
    }
    return 1;
}
static int act_attach_info(void)
{
    return act_attach() && take_info();
}

/* ---- Backups ---- */

static int prepare_one_of_each(void)
{
    return prepare_all() && prepare_small_array();
}
/* What is copied has another name: the tracer comes to know the first file that is mapped while it is on, the copy. */
static int create_source(void)
{
    char path[128];
    path_of(path, "source");
    unlink(path);
    create("source", SHOAL_PERSISTENT);
    put_others_and_gaps();
    return prepare_one_of_each();
}
static int act_backup(void)
{
    return back_up_to("copy", true);
}
static int act_backup_named(void)
{
    return back_up_to("target", false);
}
static int act_backup_over(void)
{
    return back_up_to("target", true);
}
/* Whole when it has its name. */
static int state_copied(void)
{
    return has_all_kinds() && others_whole(0) ? 1 : -1;
}

static const struct operation all[] = {
    {"attach", act_nothing, act_nothing, act_attach, state_any, DETACHED},
    {"attach_or_create", act_nothing, act_nothing, act_open_or_create, state_any, DETACHED},
    {"attach_descriptor", act_nothing, before_descriptor, act_open_fd, state_any, DETACHED},
    {"attach_65th", act_nothing, before_crowd, act_attach, state_any, DETACHED},
    {"attach_over", act_nothing, before_over, act_attach_over, state_any, DETACHED | NO_TARGET | MAY_END},
    {"detach", act_nothing, act_nothing, act_detach, state_any, 0},
    {"detach_shared", NULL, create_shared, act_detach, state_any, DETACHED | NO_TARGET | MAY_END},
    {"detach_not_last", NULL, others_share, act_detach, state_any, DETACHED | NO_TARGET | MAY_END},
    {"context_free", prepare_held, before_everything, act_free, state_new, VICTIM_IS_VALUE},
    {"rejoin", prepare_counter, before_forked, act_add, state_counter, 0},
    {"rejoin_array", prepare_small_array, before_cloned, take_info, state_any, 0},
    {"end_shared", NULL, create_shared, act_end_segment, state_any, DETACHED | NO_TARGET | MAY_END},
    {"unlink", act_nothing, act_nothing, act_unlink, state_any, DETACHED | MAY_END},
    {"segment_unlink", act_nothing, act_nothing, act_unlink_mine, state_any, MAY_END},
    {"reap", prepare_dead, act_nothing, take_info, state_any, BIG_SEGMENT},
    {"gather", act_nothing, before_emptied, take_info, state_any, 0},
    {"gather_all", NULL, before_emptied, take_info, state_any, 0},
    {"reap_attach", prepare_dead, act_nothing, act_attach_info, state_any, BIG_SEGMENT | DETACHED},
    {"check", prepare_dead, act_nothing, act_check, state_any, BIG_SEGMENT},
    {"backup", prepare_one_of_each, act_nothing, act_backup, others_go_on, HAS_LOCKS},
    {"backup_named", NULL, create_source, act_backup_named, state_copied, DETACHED | NO_TARGET},
    {"backup_over", NULL, create_source, act_backup_over, state_copied, DETACHED | NO_TARGET},
    {"create", NULL, act_nothing, act_create, state_any, DETACHED | NO_TARGET},
    {"create_named", NULL, without_tmpfile, act_create, state_any, DETACHED | NO_TARGET},
    {"create_or_open", NULL, act_nothing, act_open_or_create, state_any, DETACHED | NO_TARGET},
};

const struct operations segment_operations = {all, sizeof all / sizeof *all};
