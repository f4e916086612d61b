/* What the system says of this machine, for shoal doctor. */
#ifndef CLI_MACHINE_H
#define CLI_MACHINE_H

#include "node.h"

struct machine_room {
    const char *type; /* of the file system */
    double free, total, files_free, files_total;
};

int machine_room(struct machine_room *out, const char *directory); /* -1: errno says why */
double machine_limit(const char *of);                              /* "files", "file size", "memory"; HUGE_VAL: none */
bool machine_has_logind(void);
bool machine_removes_ipc(void);
const char *machine_container(void); /* "" if it seems to be none */
double machine_cgroup_memory(void);  /* bytes; 0: no limit is known */
char *machine_kernel(void);
/* The first line that `program flag code` prints; NULL if it fails, or takes longer than five seconds. */
char *machine_answer(const char *program, const char *flag, const char *code);

#endif
