/*
 * The part of step.c about backups. Two files change meanwhile: the segment that is copied, in which the victim is a peer
 * like any other, and the copy, which nobody opens before it has its name. An operation watches one of them, and that
 * one is judged: "backup" the source, whose name the target has; the others the copy, which gets that name. Included by step.c.
 */
#ifndef SHOAL_TORTURE_STEP_BACKUP_H
#define SHOAL_TORTURE_STEP_BACKUP_H

static void prepare_one_of_each(shoal_segment *segment)
{
    shoal_object *counter;
    prepare_locks(segment);
    prepare_small_array(segment);
    must(shoal_counter_open(&counter, segment, "counter", 7, COUNT), "counter");
    shoal_object_close(counter);
}

static void back_up(const char *name, bool overwrite)
{
    char path[128];
    path_of(path, name);
    must(shoal_segment_backup(target, path, overwrite), "backup");
}
static void act_backup(void)
{
    back_up("copy", true);
}

/* What is copied has another name: the tracer comes to know the first file that is mapped while it is on, the copy. */
static void create_source(void)
{
    char path[128];
    shoal_options options;
    target_options(&options);
    path_of(path, "source");
    unlink(path);
    must(shoal_create(&target, context, "source", &options), "create");
    others(target);
    prepare_one_of_each(target);
}
static void act_backup_named(void)
{
    back_up("target", false);
}
static void act_backup_over(void)
{
    back_up("target", true);
}

/* Whole when it has its name. */
static int state_copied(shoal_segment *segment)
{
    static const struct {
        const char *name;
        int kind;
    } all[] = {{"vl", SHOAL_KIND_LOCK},      {"vrw", SHOAL_KIND_RWLOCK},     {"vs", SHOAL_KIND_SEMAPHORE},
               {"vi", SHOAL_KIND_SEMAPHORE}, {"ve", SHOAL_KIND_EVENT},       {"vc", SHOAL_KIND_CONDITION},
               {"vb", SHOAL_KIND_BARRIER},   {"victim", SHOAL_KIND_NDARRAY}, {"counter", SHOAL_KIND_COUNTER}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (shoal_object_find(segment, all[i].name, strlen(all[i].name)) != all[i].kind)
            return -1;
    return others_whole(segment) ? 1 : -1;
}

#endif
