/* What /proc says of a process. */
#ifndef CLI_PROCESS_H
#define CLI_PROCESS_H

#include "node.h"

/* Of one of holders, waiters or peers: "alive", "stopped", "dead", or "alive?": its PID is of another namespace. */
const char *process_state(const node *owner);
/* How many processes have the file of that identity mapped, as far as this user may see. */
int process_count_of_mappings(shoal_identity identity);

#endif
