/* Giving up the GIL. */
#ifndef SHOAL_PYTHON_GIL_H
#define SHOAL_PYTHON_GIL_H

#include "binding.h"

#define BIG ((uint64_t)1 << 18) /* bytes: from here on a copy is worth giving up the GIL for */
#define WAIT_SLICE 50000000     /* ns: signals that another thread received are looked at so often */

/* Instead of Py_BEGIN_ALLOW_THREADS: the core must know when it waits whether this thread has the GIL. */
void gil_give_up(void);
void gil_take_back(void);
#define WITHOUT_GIL(statement)                                                                                         \
    do {                                                                                                               \
        gil_give_up();                                                                                                 \
        statement;                                                                                                     \
        gil_take_back();                                                                                               \
    } while (0)
/* Waits of this context let other threads run, and answer signals. */
void gil_serve(shoal_context *context);

#endif
