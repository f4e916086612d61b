/* Barriers know each other, to be left together when the process ends. */
#ifndef SHOAL_PYTHON_BARRIER_H
#define SHOAL_PYTHON_BARRIER_H

#include "handle.h"

typedef struct BarrierObject {
    HandleObject handle;
    struct BarrierObject *previous, *next;
} BarrierObject;

/* Close all barriers of this interpreter, so that they count this process as having left. */
void barriers_leave(ModuleState *state);

#endif
