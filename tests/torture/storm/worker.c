/* worker SEGMENT JOURNAL PLACE SEED MODE HEAP: one worker of the storm, of the libc and the word size it is built for. */
#include <stdlib.h>

#include "worker.h"

int main(int count, char **arguments)
{
    if (count != 7)
        return 2;
    struct start start = {.segment = arguments[1],
                          .journal = arguments[2],
                          .place = atoi(arguments[3]),
                          .seed = strtoull(arguments[4], NULL, 10),
                          .mode = atoi(arguments[5]),
                          .heap = (uint32_t)atoi(arguments[6])};
    live(&start, arguments);
}
