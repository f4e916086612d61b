/* What /proc says of a process. */
#ifndef CLI_PROCESS_H
#define CLI_PROCESS_H

#include "node.h"

/* Of one of holders, waiters or peers: "alive", "stopped", "dead", or "alive?": no such process
 * is seen here, so its PID is of another namespace. `identity` is of the segment: a process that has it mapped is the one. */
const char *process_state(const node *owner, shoal_identity identity);
/* How many processes have the file of that identity mapped, as far as this user may see. */
int process_count_of_mappings(shoal_identity identity);

#endif
