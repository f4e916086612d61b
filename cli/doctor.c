/* shoal doctor: what of this machine Shoal will stumble over, and the line that mends it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "machine.h"

static node *findings;

/* `grade`: "well", "note" or "warning". */
static void tell(const char *about, const char *grade, char *found, const char *means, const char *mend)
{
    node *row = node_new(MAP);
    node_put(row, "about", node_str(about));
    node_put(row, "grade", node_str(grade));
    node_put(row, "found", node_str(found));
    node_put(row, "means", node_str(means));
    node_put(row, "mend", node_str(mend));
    node_add(findings, row);
}

static void look_at_room(const char *directory)
{
    struct machine_room room;
    const double least = 128.0 * 1024 * 1024;
    if (machine_room(&room, directory) < 0) {
        tell("directory", "warning", keep_print("%s: %s", directory, strerror(errno)),
             "No segment can be made or opened by a plain name.", "Mount a tmpfs at /dev/shm, or set SHOAL_DIR");
        return;
    }
    char *found =
        keep_print("%s (%s): %s free of %s", directory, room.type, show_bytes(room.free), show_bytes(room.total));
    if (room.total > 0 && room.total < least)
        tell(
            "room", "warning", found,
            "So little is what a container has by default: a segment is refused more memory (NoSpace) when it is full.",
            "docker run --shm-size=1g …; Kubernetes: an emptyDir with medium: Memory at /dev/shm; else mount -o "
            "remount,size=1G /dev/shm");
    else if (room.free < room.total / 10)
        tell("room", "warning", found, "It is nearly full: segments will be refused more memory (NoSpace).",
             "shoal gc; shoal ls says who has how much");
    else
        tell("room", "well", found, "", "");
    if (room.files_total > 0 && room.files_free < 16)
        tell("files", "warning", keep_print("%.0f files are left in %s", room.files_free, directory),
             "No new segment can be made.", "mount -o remount,nr_inodes=100000 /dev/shm");
}

/* What the core itself says: it refuses directories whose locks prove no death. */
static void try_it(void)
{
    shoal_options options;
    shoal_segment *segment;
    char *name = keep_print("doctor-%ld", (long)getpid());
    shoal_options_init(&options);
    options.size = 1 << 20;
    options.lifetime = SHOAL_SHARED;
    int status = shoal_create(&segment, context(), name, &options);
    if (status < 0) {
        tell("a segment", "warning", keep_text(shoal_error_message(), strlen(shoal_error_message())),
             "This user cannot make a segment there.", "Set SHOAL_DIR to a folder of a tmpfs that this user may write");
        return;
    }
    status = shoal_value_put(segment, "value", 5, "\xc0", 1);
    shoal_close(segment); /* with its lifetime, it is gone now */
    if (status < 0)
        tell("a segment", "warning", keep_text(shoal_error_message(), strlen(shoal_error_message())),
             "A segment takes no value.", "shoal gc");
    else
        tell("a segment", "well", keep_text("made, written, closed, and gone", 31), "", "");
}

static void look_at_segments(void)
{
    shoal_listed *list;
    size_t count;
    struct machine_room room;
    double ceilings = 0, backed = 0;
    if (shoal_list(&list, &count, context()) < 0)
        return;
    for (size_t i = 0; i < count; i++) {
        ceilings += (double)list[i].size;
        backed += (double)list[i].committed;
    }
    shoal_list_free(list);
    bool known = machine_room(&room, shoal_context_directory(context())) >= 0;
    char *found = keep_print("%zu segments, backed by %s, with ceilings of %s in all", count, show_bytes(backed),
                             show_bytes(ceilings));
    if (known && ceilings - backed > room.free)
        tell("segments", "note", found, "If all of them fill up, there is not room for them.",
             "Make them smaller, or the directory larger");
    else
        tell("segments", "well", found, "", "");
}

static void look_at_limits(void)
{
    double files = machine_limit("files"), size = machine_limit("file size"), memory = machine_limit("memory");
    if (files < 256)
        tell("limit of open files", "warning", keep_print("%.0f", files),
             "A process needs a descriptor for each segment that it has attached.",
             "ulimit -n 1024; systemd: LimitNOFILE=1024");
    if (size < 1e15)
        tell("limit of a file's size", size < 64e6 ? "warning" : "note", show_bytes(size),
             "A segment may not become larger.", "ulimit -f unlimited; systemd: LimitFSIZE=infinity");
    if (memory < 1e15)
        tell("limit of addresses", memory < 1e9 ? "warning" : "note", show_bytes(memory),
             "An attach maps the whole ceiling of a segment, used or not.",
             "ulimit -v unlimited; systemd: LimitAS=infinity");
    if (files >= 256 && size >= 1e15 && memory >= 1e15)
        tell("limits", "well", keep_print("%.0f open files; sizes and addresses without a limit", files), "", "");
}

static void look_at_systemd(void)
{
    bool default_directory = strncmp(shoal_context_directory(context()), "/dev/shm", 8) == 0;
    if (!machine_has_logind() || !default_directory)
        return;
    if (machine_removes_ipc())
        tell("RemoveIPC", geteuid() >= 1000 ? "warning" : "note", keep_text("yes, or not set", 15),
             "When the last session of a user ends, systemd-logind removes that user's files in /dev/shm, also under "
             "running services. Not those of root and of system users.",
             "RemoveIPC=no in /etc/systemd/logind.conf, then systemctl restart systemd-logind; or set SHOAL_DIR");
    else
        tell("RemoveIPC", "well", keep_text("no", 2), "", "");
}

static void look_at_container(void)
{
    const char *container = machine_container();
    double limit = machine_cgroup_memory();
    if (*container)
        tell("container", "note", keep_text(container, strlen(container)),
             "Processes of other containers share a segment only if they share its directory; a PID that is shown may "
             "be of another namespace.",
             "docker run --ipc=container:NAME, or a volume on a tmpfs and SHOAL_DIR");
    if (limit > 0)
        tell("memory of the cgroup", "note", show_bytes(limit),
             "Memory of segments counts here for the process that touched it first: above the limit processes are "
             "killed.",
             "Leave room for the segments in memory.max");
}

static void look_at_versions(void)
{
    static const char python[] = "import shoal; print(shoal.__version__)",
                      php[] = "echo phpversion('shoal') ?: 'none';";
    const char *const programs[][4] = {{"python3", "-c", python, "pip install --upgrade shoal"},
                                       {"php", "-r", php, "Install the extension anew, and restart php-fpm"}};
    tell("version", "well", keep_print("shoal %s, format %d; Linux %s", SHOAL_VERSION, SHOAL_FORMAT, machine_kernel()),
         "", "");
    for (size_t i = 0; i < 2; i++) {
        char *version = machine_answer(programs[i][0], programs[i][1], programs[i][2]);
        if (!version)
            continue; /* no such program, or it does not have Shoal */
        bool same = strcmp(version, SHOAL_VERSION) == 0;
        if (strcmp(version, "none") != 0)
            tell(programs[i][0], same ? "well" : "warning", keep_print("shoal %s", version),
                 same ? "" : "Another version than this program's: of another format it refuses the same segments.",
                 same ? "" : programs[i][3]);
    }
}

static enum colour colour_of(const char *grade)
{
    return strcmp(grade, "well") == 0 ? GREEN : strcmp(grade, "note") == 0 ? PLAIN : RED;
}

static int print_findings(void)
{
    int outcome = WELL;
    node *all = node_new(MAP);
    for (size_t i = 0; i < findings->size; i++) {
        const char *grade = node_text_of(findings->items[i], "grade"),
                   *found = node_text_of(findings->items[i], "found");
        outcome = strcmp(grade, "warning") == 0 ? FINDINGS : outcome;
        if (as_json())
            continue;
        show_painted(colour_of(grade), grade);
        printf("%*s%s: %s\n", 9 - (int)strlen(grade), "", node_text_of(findings->items[i], "about"),
               show_text(found, strlen(found)));
        if (*node_text_of(findings->items[i], "means"))
            printf("         %s\n         -> %s\n", node_text_of(findings->items[i], "means"),
                   node_text_of(findings->items[i], "mend"));
    }
    node_put(all, "findings", findings);
    if (as_json())
        json_print(all);
    return outcome;
}

static int doctor(void)
{
    findings = node_new(ARRAY);
    look_at_versions();
    look_at_room(shoal_context_directory(context()));
    try_it();
    look_at_segments();
    look_at_limits();
    look_at_systemd();
    look_at_container();
    return print_findings();
}

const struct command doctor_command = {
    .name = "doctor",
    .words = "",
    .summary = "Look at this machine: what Shoal will stumble over, what it means, and the line that mends it.",
    .text = "The directory and its room, limits of this process, systemd's RemoveIPC, containers, and the versions of "
            "core and "
            "bindings (python3 and php of the PATH are asked, for five seconds at most). It makes one segment of 1 "
            "MiB, which is gone at "
            "once. The exit status is 1 if there is a warning.",
    .run = doctor,
};
