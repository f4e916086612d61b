/* Condition, for the waits of tasks. */
#ifndef SHOAL_PYTHON_CONDITION_H
#define SHOAL_PYTHON_CONDITION_H

#include "lock.h"

/* The Lock of a Condition, borrowed; NULL if `handle` is of another kind. */
LockObject *condition_lock(ModuleState *state, HandleObject *handle);

#endif
