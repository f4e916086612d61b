/* Files that nobody has: left in peace or not, restored with holes, damaged; and backups. */
#include "points.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "segment/directory.h"

enum { PAGE = 4096, TURNING = 8 };

static int open_file(void)
{
    char path[100];
    snprintf(path, sizeof path, "%s/shoal.target", directory);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        wrong("the segment's file: %s", strerror(errno));
    return fd;
}
static int64_t memory_of(int fd)
{
    struct stat stat;
    return fstat(fd, &stat) < 0 ? -1 : (int64_t)stat.st_blocks * 512;
}

/* ---- Left in peace, and restored with holes ---- */

static int prepare_zeroes(void)
{
    int64_t size = 60000;
    put_old();
    must(shoal_array_open(&object, target, "zeroes", 6, (shoal_dtype){SHOAL_UINT8, 1}, 1, &size), "array");
    return close_object();
}
/* In peace it was left with less memory than there is when it leaves. */
static int come_put_and_go(void)
{
    return act_attach() && open_all() && put_new() && act_detach();
}
/* A page that was reserved and never written, as cp, tar -S and rsync -S leave it out. */
static void punch_zeroes(int fd)
{
    shoal_view view;
    shoal_options options;
    shoal_context *reader = new_context();
    shoal_options_init(&options);
    options.readonly = true;
    must(shoal_open(&target, reader, "target", &options), "open to read");
    must(shoal_object_open(&object, target, "zeroes", 6), "open the array");
    must(shoal_array_view(&view, object), "view");
    int64_t at = (view.data - target->base) / PAGE * PAGE + PAGE;
    close_object();
    shoal_context_free(reader);
    if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, PAGE) < 0)
        wrong("punch: %s", strerror(errno));
}
static int restore_and_open(void)
{
    int fd = open_file();
    int64_t before = memory_of(fd);
    bool restored = victim_is_away();
    if (restored)
        punch_zeroes(fd);
    act_attach();
    if (restored && board->seat[THIRD].state == STARTING &&
        memory_of(fd) < before) /* else somebody was there, whom nobody restores beside */
        wrong("the file has %lld bytes of memory less than before it was restored",
              (long long)(before - memory_of(fd)));
    close(fd);
    return 0;
}

/* ---- Not left in peace: whoever opens it walks it, while others come, change it and go ---- */

static int come_change_and_go(void)
{
    act_attach();
    change_value();
    shoal_close(target);
    return 0;
}

/* ---- Damaged ---- */

static void change_word(uint64_t at, uint32_t by)
{
    uint32_t word;
    int fd = open_file();
    if (pread(fd, &word, sizeof word, (off_t)at) != sizeof word)
        wrong("read: %s", strerror(errno));
    word += by;
    if (pwrite(fd, &word, sizeof word, (off_t)at) != sizeof word)
        wrong("write: %s", strerror(errno));
    close(fd);
}
/* An entry that counts a pin too many, which no reader minds; then it dies, so that the file has no mark. */
static int die_with_damage(void)
{
    struct shoal_found found;
    must(shoal__find(&found, target, "other0", 6, shoal__name_hash(target, "other0", 6)), "find");
    board->damaged_at = (uint64_t)((unsigned char *)&found.entry->pins - target->base);
    change_word(board->damaged_at, 1);
    return 1;
}
static int open_damaged(void)
{
    int status = shoal_open(&target, context, "target", NULL);
    if (status >= 0 && board->damaged_at)
        wrong("a damaged file is open for writing");
    if (status != SHOAL_ECORRUPT)
        must(status, "open");
    return 0;
}
void mend_file(void)
{
    if (board->damaged_at)
        change_word(board->damaged_at, (uint32_t)-1);
    board->damaged_at = 0;
}

/* ---- Backups: a copy whose name is there is whole ---- */

static int back_up(void)
{
    return back_up_to("copy", true);
}
static size_t count_temporaries(void)
{
    size_t count = 0;
    DIR *open = opendir(directory);
    for (struct dirent *it; open && (it = readdir(open));)
        count += strncmp(it->d_name, ".shoal-new-", 11) == 0;
    closedir(open);
    return count;
}
/* Whoever lists sweeps what the dead left, and nothing that somebody still makes. */
static int list_all(void)
{
    shoal_listed *list;
    size_t count;
    must(shoal_list(&list, &count, context), "list");
    shoal_list_free(list);
    return 0;
}
static bool nothing_is_left(void)
{
    list_all();
    return !victim_is_away() || count_temporaries() == 0;
}
static int only_change(void)
{
    change_array();
    return 0;
}
/* Names that are another kind when they are copied than when they were listed. */
static int make_turning(bool other)
{
    char name[16];
    for (int i = 0; i < TURNING; i++) {
        snprintf(name, sizeof name, "turn%d", i);
        remove_it(name);
        if (i % 2 == other)
            put(name, 7, 60);
        else
            must(shoal_counter_open(&object, target, name, strlen(name), 7), "counter"), close_object();
    }
    return 1;
}
static int prepare_turning(void)
{
    return make_turning(false);
}
static int turn_all(void)
{
    make_turning(true);
    return 0;
}
static int state_of_backup(void)
{
    shoal_segment *source = target;
    int status = shoal_open(&target, context, "copy", NULL);
    bool whole = status == SHOAL_OK && others_whole(0) && has_all_kinds();
    if (status == SHOAL_OK) {
        check_clean(target, "the backup");
        shoal_close(target);
    }
    target = source;
    if (!nothing_is_left())
        return -1;
    return whole ? VICTIMS | SECONDS : status == SHOAL_ENOTFOUND ? 0 : -1;
}
static int state_of_sweep(void)
{
    return nothing_is_left() ? 0 : -1;
}

static const struct scene all[] = {
    S(come_put_run_and_go, .prepare = prepare_zeroes, .act = come_put_and_go, .second = restore_and_open,
      .state = state_of_value, .flags = DETACHED | OPENS),
    S(open_unmarked, .prepare = put_old, .dead = act_nothing, .act = act_attach, .second = come_change_and_go,
      .flags = DETACHED | OPENS),
    S(open_damaged, .dead = die_with_damage, .act = open_damaged, .second = open_damaged, .flags = DETACHED | OPENS),
    S(backup, .prepare = prepare_small_array, .act = back_up, .second = only_change, .state = state_of_backup),
    S(backup_turning, .prepare = prepare_turning, .act = back_up, .second = turn_all, .state = state_of_backup),
    S(backup_without_tmpfile, .prepare = prepare_small_array, .before = without_tmpfile, .act = back_up,
      .second = list_all, .state = state_of_backup),
    S(backup_beside_a_sweep, .prepare = prepare_small_array, .act = back_up, .second = list_all,
      .state = state_of_backup),
    S(sweep, .dead = back_up, .dead_at = "backup: has a temporary name", .dead_hit = 1, .act = list_all,
      .second = list_all, .state = state_of_sweep),
    S(backup_readonly, .prepare = prepare_turning, .act = back_up, .second = turn_all, .state = state_of_backup,
      .flags = READONLY),
};

const struct scenes file_scenes = {all, sizeof all / sizeof *all};
