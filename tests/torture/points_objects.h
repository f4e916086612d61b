/*
 * What they do with values, arrays, segments and forks, and what readers look at. Included by points.c.
 */
#ifndef SHOAL_TORTURE_POINTS_OBJECTS_H
#define SHOAL_TORTURE_POINTS_OBJECTS_H

/* ---- Objects: making, opening, removing ---- */

static int make_array(int64_t bytes)
{
    must(shoal_array_open(&object, target, "victim", 6, (shoal_dtype){SHOAL_UINT8, 1}, 1, &bytes), "array");
    return 1;
}
static int make_small_array(void)
{
    return make_array(500);
}
static int make_big_array(void)
{
    return make_array(BIG);
}
/* Its pages' descriptors take more than one page of their own. */
static int make_long_array(void)
{
    return make_array(1 << 20);
}
static int make_counter(void)
{
    must(shoal_counter_open(&object, target, "victim", 6, 7), "counter");
    return 1;
}
static int close_object(void)
{
    shoal_object_close(object);
    return 1;
}
static void have_big_array(void)
{
    make_big_array();
}
static void have_small_array(void)
{
    make_small_array();
}
static void prepare_big_array(void)
{
    make_big_array();
    close_object();
}
static void prepare_small_array(void)
{
    make_small_array();
    close_object();
}
static void have_removed_big_array(void)
{
    make_big_array();
    remove_it("victim");
}
static void close_then(void)
{
    close_object();
}
/* A reader has it open when it is removed: it stays in limbo. Then the reader dies. */
static void die_reading_what_is_removed(void)
{
    shoal_segment *again;
    shoal_object *seen;
    shoal_options options;
    shoal_options_init(&options);
    options.readonly = true;
    prepare_big_array();
    must(shoal_open(&again, new_context(), "target", &options), "open");
    must(shoal_object_open(&seen, again, "victim", 6), "open it");
    remove_it("victim");
}
/* Peers that died: one with a removed big array open, one with a big body in its hands. */
static void die_with_arrays(void)
{
    have_removed_big_array();
    make_counter();
}
static void die_putting_big(void)
{
    put("victim", 22, BIG);
}
static void die_replacing_big(void)
{
    put("other0", 9, BIG);
    put("other0", 100, 20);
}
static int take_info(void)
{
    shoal_info info;
    must(shoal_segment_info(&info, target), "info");
    return 1;
}
static int only_info(void)
{
    take_info();
    return 0; /* it stores nothing */
}
/* Whoever else stands still, or died, in the midst of a change. */
static int act_check(void)
{
    int findings = shoal_check(target, NULL, NULL);
    must(findings == 0 ? SHOAL_OK : SHOAL_ECORRUPT, "check");
    return 0;
}
static int remove_other(void)
{
    put("for a moment", 5, 50);
    remove_it("for a moment");
    return 1;
}
/* Nothing is free but what the dead have. */
static void fill_up(void)
{
    char name[16];
    for (int i = 0;; i++) {
        snprintf(name, sizeof name, "fill%d", i);
        if (shoal_value_put(target, name, strlen(name), pattern(7, 200 << 10), 200 << 10) < 0)
            break;
    }
}
static void die_with_all_memory(void)
{
    have_removed_big_array();
    fill_up();
}
static int make_small_again(void)
{
    make_small_array();
    return close_object();
}
static int make_big_again(void)
{
    make_big_array();
    return close_object();
}
static int make_long_again(void)
{
    make_long_array();
    return close_object();
}
static int make_counter_again(void)
{
    make_counter();
    return close_object();
}

/* ---- A name that becomes another kind between a look and what is done about it ---- */

static void prepare_counter(void)
{
    make_counter_again();
}
static int open_what_is_there(int status, int kind)
{
    if (status == SHOAL_ENOKEY || status == SHOAL_EMISMATCH)
        return 0;
    must(status, "open");
    int have = shoal_object_kind(object);
    if (have != kind && (kind != SHOAL_KIND_NONE || have == SHOAL_KIND_VALUE))
        wrong("a %s is open, and a %s was asked for", shoal_kind_name(have), shoal_kind_name(kind));
    return close_object();
}
static int open_as_counter(void)
{
    return open_what_is_there(shoal_counter_open(&object, target, "victim", 6, 7), SHOAL_KIND_COUNTER);
}
static int open_as_any(void)
{
    return open_what_is_there(shoal_object_open(&object, target, "victim", 6), SHOAL_KIND_NONE);
}
/* Who opens what was removed may have made it anew, as it was. */
static void put_unless_it_is_back(void)
{
    int status = shoal_value_put(target, "victim", 6, pattern(33, 500), 500);
    if (status != SHOAL_EMISMATCH)
        must(status, "put");
}
static int become_value(void)
{
    for (int i = 0; i < 2; i++) {
        remove_it("victim");
        put_unless_it_is_back();
    }
    return 1;
}
static int become_array(void)
{
    int64_t bytes = 500;
    remove_it("victim");
    int status = shoal_array_open(&object, target, "victim", 6, (shoal_dtype){SHOAL_UINT8, 1}, 1, &bytes);
    if (status == SHOAL_EMISMATCH)
        return 1;
    must(status, "array");
    return close_object();
}

/* ---- Segments ---- */

static int act_attach(void)
{
    must(shoal_open(&target, context, "target", NULL), "open");
    return 1;
}
static int attach_and_put(void)
{
    act_attach();
    open_all(target);
    return put_new();
}
/* In the slot of one who died, with its number. */
static int act_attach_as_another(void)
{
    act_attach();
    open_all(target);
    if (shoal_lock_is_mine(lock) || shoal_rwlock_is_writing(rwlock) || shoal_semaphore_held(semaphore))
        wrong("it has what the slot's user of old had");
    return 1;
}
static int act_detach(void)
{
    close_all();
    shoal_close(target);
    return 1;
}
static void have_the_segment(void)
{
    put("over", 5, 50);
}
static void leave_the_segment(void)
{
    act_detach();
}
static int act_create(void)
{
    open_or_create_here();
    if (shoal_object_find(target, "over", 4) > 0)
        wrong("the segment that was over is there");
    return 1;
}
/* The segment may be the other's, too, who puts one name. */
static int create_and_gather(void)
{
    open_or_create_here();
    put("passing", 5, 50);
    remove_it("passing");
    return take_info();
}
static void leave_empty_spans(void)
{
    const uint32_t sizes[] = {10, 100, 900, 5000, 9000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        put("passing", (uint32_t)i, sizes[i]);
    remove_it("passing");
}
static void die_last(void)
{
    context = new_context();
    open_or_create_here();
    put("over", 5, 50);
}
static int open_or_create_and_put(void);
/* By its name, whoever has that then. */
static int act_unlink(void)
{
    int status = shoal_unlink(context, "target");
    if (status < 0 && status != SHOAL_ENOTFOUND)
        must(status, "unlink");
    return 1;
}
static int act_unlink_mine(void)
{
    int status = shoal_segment_unlink(target);
    if (status < 0 && status != SHOAL_ENOTFOUND)
        must(status, "unlink of a segment");
    return 1;
}
static int replace_segment(void)
{
    int status = shoal_unlink(context, "target");
    if (status < 0 && status != SHOAL_ENOTFOUND)
        must(status, "unlink");
    return open_or_create_and_put();
}
static void create_without_tmpfile(void)
{
    no_tmpfile = true;
    open_or_create_here();
}
static void without_tmpfile(void)
{
    no_tmpfile = true;
}
static int open_or_create_and_put(void)
{
    open_or_create_here();
    put("second", 33, 100);
    return holds_value("second", 33, 100) == 1;
}
/* As many peers as there is memory for. */
static void have_many_peers(void)
{
    shoal_segment *again;
    for (int i = 0; i < 31; i++)
        must(shoal_open(&again, new_context(), "target", NULL), "open");
}
static void have_everything(void)
{
    take_lock();
    take_to_write();
    take_permits();
}
static void die_with_everything(void)
{
    have_everything();
    begin_to_meet();
}
/* The dead one's slot is claimed for the 65,536th time. */
static void let_numbers_come_round(void)
{
    shoal_segment *again;
    shoal_context *others = new_context();
    must(shoal_open(&again, others, "target", NULL), "open");
    struct header_sh *header = shoal__header(again);
    uint32_t slots = load_relaxed(&header->slots_committed), dead = slots;
    for (uint32_t i = 0; i < slots; i++)
        if (load_relaxed(&shoal__peer(again, i)->in_use) && i != again->slot && i != target->slot)
            dead = i;
    if (dead == slots)
        wrong("nobody has died");
    store_relaxed(&shoal__peer(again, dead)->incarnation,
                  0xffff + load_relaxed(&shoal__peer(again, dead)->incarnation));
    store_relaxed(&header->slot_cursor, dead);
    shoal_context_free(others);
}
/* Somebody who lives is in the slot of one who died. */
static void come_after_the_dead(void)
{
    shoal_segment *again;
    struct header_sh *header = shoal__header(target);
    for (uint32_t i = 0; i < load_relaxed(&header->slots_committed); i++)
        if (load_relaxed(&shoal__peer(target, i)->in_use) && i != target->slot) {
            store_relaxed(&header->slot_cursor, i);
            must(shoal_open(&again, new_context(), "target", NULL), "open");
            if (again->slot != i)
                wrong("it came to slot %u, and the dead had %u", again->slot, i);
        }
}
static int attach_again(void)
{
    shoal_segment *again;
    must(shoal_open(&again, new_context(), "target", NULL), "open");
    return 1;
}

/* ---- Forks ---- */

/* What it has inherited is as it was, after its parent has removed it and others have its memory. */
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
    remove_it("victim");
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
static void die_before_its_child(void)
{
    take_lock();
    int ended = board->ended;
    if (fork() != 0)
        return;
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

/* ---- Readers: the second changes all that they look at ---- */

static int get_value(void)
{
    static unsigned char have[1 << 20];
    size_t got;
    int status = shoal_value_get(target, "victim", 6, have, sizeof have, &got);
    if (status == SHOAL_ENOKEY || status == SHOAL_LIVE)
        return 1;
    must(status, "get");
    static const uint32_t numbers[] = {11, 22, 33};
    for (int i = 0; i < 3; i++)
        if (is_value(have, got, numbers[i], its_size(numbers[i])))
            return 1;
    wrong("a value that nobody stored: %zu bytes", got);
}
static int count_others(void *count, const char *name, size_t length, int kind)
{
    (void)kind;
    *(int *)count += length == 6 && memcmp(name, "other", 5) == 0;
    return 0;
}
static int get_names(void)
{
    int count = 0;
    must(shoal_object_each(target, count_others, &count), "each");
    if (count != OTHERS)
        wrong("%d names of %d", count, OTHERS);
    return 1;
}
static int find_value(void)
{
    int kind = shoal_object_find(target, "victim", 6);
    if (kind != SHOAL_ENOKEY)
        must(kind, "find");
    return 1;
}
static shoal_object *seen_array;
static void look_at_array(void)
{
    shoal_view view;
    if (!seen_array)
        return;
    must(shoal_array_view(&view, seen_array), "view");
    for (int64_t i = 0; i < view.shape[0]; i++)
        if (view.data[i] != 0)
            wrong("byte %lld of the array is %d", (long long)i, view.data[i]);
}
static int open_array_to_read(void)
{
    int status = shoal_object_open(&seen_array, target, "victim", 6);
    if (status == SHOAL_ENOKEY || status == SHOAL_EMISMATCH)
        return 1;
    must(status, "open");
    look_at_array();
    return 1;
}
static int check_readonly(void)
{
    check_clean(target, "readonly, meanwhile");
    if (shoal_check(target, NULL, NULL) != 0)
        wrong("a readonly check of what is changed meanwhile finds something");
    return 1;
}
static int replace_value(void)
{
    for (int i = 0; i < 2; i++) {
        put("victim", 22, its_size(22));
        put("victim", 33, its_size(33));
    }
    return 1;
}
static int remove_and_reuse(void)
{
    char name[16];
    remove_it("victim");
    for (int i = 0; i < 6; i++) {
        snprintf(name, sizeof name, "after%d", i);
        put(name, 5, its_size(i % 2 ? 22 : 33));
    }
    return 1;
}
static int grow_table(void)
{
    char name[16];
    for (int i = 0; i < 70; i++) {
        snprintf(name, sizeof name, "more%d", i);
        put(name, 5, 40);
    }
    for (int i = 0; i < 8; i++) { /* where the old table was */
        snprintf(name, sizeof name, "after%d", i);
        put(name, 5, 500);
    }
    return 1;
}
static int change_value(void)
{
    return replace_value() && remove_and_reuse() && grow_table();
}
static void make_array_of_nines(const char *name, int64_t bytes)
{
    shoal_view view;
    must(shoal_array_open(&object, target, name, strlen(name), (shoal_dtype){SHOAL_UINT8, 1}, 1, &bytes), "array");
    must(shoal_array_view(&view, object), "view");
    memset(view.data, 9, (size_t)bytes);
    close_object();
}
static int change_array(void)
{
    char name[16];
    remove_it("victim");
    for (int i = 0; i < 3; i++) {
        make_array(i % 2 ? 500 : BIG);
        close_object();
        remove_it("victim");
        put("victim", 99, BIG); /* bytes that are not 0 */
        put("small", 99, 500);
        remove_it("victim");
        remove_it("small");
    }
    for (int i = 0; i < 8; i++) { /* wherever the array's bytes and its entry were */
        snprintf(name, sizeof name, "after%d", i);
        make_array_of_nines(name, i % 2 ? 500 : BIG);
    }
    return 1;
}

#endif
