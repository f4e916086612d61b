/* Files of /proc, /etc and /sys, limits, and what other programs answer. */
#include "machine.h"

#include <fcntl.h>
#include <glob.h>
#include <linux/magic.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *type_name(long magic)
{
    static const struct {
        unsigned long magic;
        const char *name;
    } known[] = {{TMPFS_MAGIC, "tmpfs"},
                 {EXT4_SUPER_MAGIC, "ext"},
                 {0x58465342, "xfs"},
                 {BTRFS_SUPER_MAGIC, "btrfs"},
                 {OVERLAYFS_SUPER_MAGIC, "overlay"},
                 {NFS_SUPER_MAGIC, "nfs"},
                 {0x65735546, "fuse"},
                 {0xff534d42, "smb"},
                 {RAMFS_MAGIC, "ramfs"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].magic == (unsigned long)magic)
            return known[i].name;
    return keep_print("file system %lx", (unsigned long)magic);
}

int machine_room(struct machine_room *out, const char *directory)
{
    struct statfs found;
    if (statfs(directory, &found) < 0)
        return -1;
    out->type = type_name((long)found.f_type);
    out->free = (double)found.f_bavail * (double)found.f_bsize;
    out->total = (double)found.f_blocks * (double)found.f_bsize;
    out->files_free = (double)found.f_ffree;
    out->files_total = (double)found.f_files;
    return 0;
}

double machine_limit(const char *of)
{
    struct rlimit limit;
    int which = strcmp(of, "files") == 0 ? RLIMIT_NOFILE : strcmp(of, "memory") == 0 ? RLIMIT_AS : RLIMIT_FSIZE;
    if (getrlimit(which, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
        return HUGE_VAL;
    return (double)limit.rlim_cur;
}

bool machine_has_logind(void)
{
    return access("/run/systemd/system", F_OK) == 0 && access("/run/systemd/seats", F_OK) == 0;
}

/* The last line that sets it counts; without one it is on. */
static void read_setting(bool *out, const char *path)
{
    char line[512];
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        const char *at = line + strspn(line, " \t");
        if (strncmp(at, "RemoveIPC=", 10) == 0)
            *out = at[10] == 'y' || at[10] == 't' || at[10] == '1' || strncmp(at + 10, "on", 2) == 0;
    }
    if (file)
        fclose(file);
}

bool machine_removes_ipc(void)
{
    static const char *const patterns[] = {"/usr/lib/systemd/logind.conf", "/etc/systemd/logind.conf",
                                           "/usr/lib/systemd/logind.conf.d/*.conf", "/run/systemd/logind.conf.d/*.conf",
                                           "/etc/systemd/logind.conf.d/*.conf"};
    bool removes = true;
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        glob_t found;
        if (glob(patterns[i], 0, NULL, &found) == 0)
            for (size_t j = 0; j < found.gl_pathc; j++)
                read_setting(&removes, found.gl_pathv[j]);
        globfree(&found);
    }
    return removes;
}

static char *first_line(const char *path)
{
    char line[512] = "";
    FILE *file = fopen(path, "r");
    bool read = file && fgets(line, sizeof line, file);
    if (file)
        fclose(file);
    line[strcspn(line, "\n")] = 0;
    return read ? keep_text(line, strlen(line)) : NULL;
}

const char *machine_container(void)
{
    if (access("/.dockerenv", F_OK) == 0)
        return "docker";
    if (access("/run/.containerenv", F_OK) == 0)
        return "podman";
    if (getenv("KUBERNETES_SERVICE_HOST"))
        return "kubernetes";
    const char *told = first_line("/run/systemd/container");
    return told ? told : "";
}

double machine_cgroup_memory(void)
{
    const char *text = first_line("/sys/fs/cgroup/memory.max");
    if (!text)
        text = first_line("/sys/fs/cgroup/memory/memory.limit_in_bytes");
    double limit = text ? strtod(text, NULL) : 0; /* "max" is 0 */
    return limit < 1e15 ? limit : 0;
}

char *machine_kernel(void)
{
    struct utsname name;
    return uname(&name) < 0 ? keep_text("?", 1) : keep_print("%s %s", name.release, name.machine);
}

static void become(int out, const char *program, const char *flag, const char *code)
{
    int nothing = open("/dev/null", O_RDWR);
    dup2(nothing, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(nothing, STDERR_FILENO);
    execlp(program, program, flag, code, (char *)NULL);
    _exit(127);
}

/* Until its end, or the deadline. */
static size_t read_until(char *text, size_t room, int from, shoal_time deadline)
{
    size_t size = 0;
    while (size < room) {
        struct pollfd poll_in = {from, POLLIN, 0};
        shoal_time left = (deadline - shoal_now()) / 1000000;
        if (left <= 0 || poll(&poll_in, 1, (int)left) <= 0)
            break;
        ssize_t got = read(from, text + size, room - size);
        if (got <= 0)
            break;
        size += (size_t)got;
    }
    return size;
}

/* Killed, if it does not end by itself once it has closed its output. */
static bool ended_well(pid_t child, shoal_time deadline)
{
    int status = 0;
    pid_t ended;
    while ((ended = waitpid(child, &status, WNOHANG)) == 0 && shoal_now() < deadline)
        poll(NULL, 0, 5);
    if (ended == 0) {
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
    }
    return ended == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

char *machine_answer(const char *program, const char *flag, const char *code)
{
    char text[256];
    int ends[2];
    shoal_time deadline = shoal_deadline(5);
    if (pipe2(ends, O_CLOEXEC) < 0)
        return NULL;
    pid_t child = fork();
    if (child == 0)
        become(ends[1], program, flag, code);
    close(ends[1]);
    size_t size = child > 0 ? read_until(text, sizeof text - 1, ends[0], deadline) : 0;
    close(ends[0]);
    if (child < 0 || !ended_well(child, deadline))
        return NULL;
    text[size] = 0;
    return keep_text(text, strcspn(text, "\n"));
}
