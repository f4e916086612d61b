/* Waiting without the GIL, in slices, so that Ctrl-C and other signals are answered. */
#include "binding.h"

#define SLICE 50000000 /* ns: signals that another thread received are looked at so often */

int wait_without_gil(wait_try attempt, void *argument, shoal_time deadline)
{
    for (;;) {
        int status;
        shoal_time end;
        Py_BEGIN_ALLOW_THREADS end = shoal_now() + SLICE;
        end = end < deadline ? end : deadline;
        status = attempt(argument, end);
        Py_END_ALLOW_THREADS if (status != SHOAL_ETIMEDOUT && status != SHOAL_EINTR) return status;
        if (PyErr_CheckSignals() < 0)
            return STATUS_RAISED;
        if (status == SHOAL_ETIMEDOUT && end == deadline)
            return status;
    }
}
