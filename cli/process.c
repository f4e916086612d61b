/* What /proc says of processes: stopped or not, and what they have mapped. */
#include "process.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

static bool maps(const char *pid, shoal_identity wanted)
{
    char line[4352];
    bool found = false;
    FILE *file = fopen(keep_print("/proc/%s/maps", pid), "r");
    while (file && !found && fgets(line, sizeof line, file)) {
        unsigned major_number, minor_number;
        uint64_t inode;
        found = sscanf(line, "%*s %*s %*s %x:%x %" SCNu64, &major_number, &minor_number, &inode) == 3 &&
                inode == wanted.inode && makedev(major_number, minor_number) == wanted.device;
    }
    if (file)
        fclose(file);
    return found;
}

/* The letter of the state, and the name; 0 if there is no such process here. */
static char letter_of(char *name, size_t room, int pid)
{
    char text[512] = "";
    FILE *file = fopen(keep_print("/proc/%d/stat", pid), "r");
    size_t size = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file)
        fclose(file);
    text[size] = 0;
    char *begin = strchr(text, '('), *end = strrchr(text, ')');
    if (!begin || !end || end[1] != ' ')
        return 0;
    *end = 0;
    snprintf(name, room, "%s", begin + 1);
    return end[2];
}

const char *process_state(const node *owner, shoal_identity identity)
{
    char name[64];
    double pid = node_number_of(owner, "pid");
    if (node_number_of(owner, "alive") == 0)
        return "dead";
    char letter = pid > 0 && pid < INT32_MAX ? letter_of(name, sizeof name, (int)pid) : 0;
    bool same =
        letter && (strcmp(name, node_text_of(owner, "program")) == 0 || maps(keep_print("%.0f", pid), identity));
    return !same ? "alive?" : letter == 'T' || letter == 't' ? "stopped" : "alive";
}

int process_count_of_mappings(shoal_identity identity)
{
    int count = 0;
    char *self = keep(4096);
    char *real = realpath("/proc/self", self);
    const char *own = real ? strrchr(real, '/') + 1 : "";
    DIR *folder = opendir("/proc");
    for (struct dirent *each; folder && (each = readdir(folder));)
        if (each->d_name[0] >= '1' && each->d_name[0] <= '9' && strcmp(each->d_name, own) != 0)
            count += maps(each->d_name, identity);
    if (folder)
        closedir(folder);
    return count;
}
