/* From a status of the core to an exception. */
#ifndef SHOAL_PYTHON_ERRORS_H
#define SHOAL_PYTHON_ERRORS_H

#include "binding.h"

#define STATUS_RAISED (-1000) /* beside shoal's statuses: a Python exception is set already */

/* Make Full, Empty and ShutDown while files can be read: a process may have given that up when it raises one. */
void errors_make_late(ModuleState *state);
int errors_init(PyObject *module, ModuleState *state);
/* Set the exception of `status` with what the core says about this thread's failure. Returns NULL. */
PyObject *raise_status(ModuleState *state, int status);
/* The same with a text of the binding's own. */
PyObject *raise_text(ModuleState *state, int status, const char *format, ...);

#endif
