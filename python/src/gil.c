/*
 * Giving up the GIL, and what the core asks of a language (shoal_language): while a call waits for the lock of a segment's
 * structure, other threads run and signals are answered. Such a call may have given up the GIL itself or not, so each
 * thread counts how often it did.
 */
#include "gil.h"

#include "errors.h"

static _Thread_local struct {
    unsigned depth;
    PyThreadState *state;
} without;

void gil_give_up(void)
{
    if (without.depth++ == 0)
        without.state = PyEval_SaveThread();
}

void gil_take_back(void)
{
    if (--without.depth == 0)
        PyEval_RestoreThread(without.state);
}

/* Handlers are ordinary Python code, which may call us again: they have the GIL. */
static int answer_signals(shoal_segment *Py_UNUSED(segment))
{
    unsigned depth = without.depth;
    without.depth = 0;
    PyEval_RestoreThread(without.state);
    int result = PyErr_CheckSignals();
    without.state = PyEval_SaveThread();
    without.depth = depth;
    return result < 0 ? STATUS_RAISED : SHOAL_OK;
}

void gil_serve(shoal_context *context)
{
    const shoal_language python = {gil_give_up, answer_signals, gil_take_back};
    shoal_context_set_language(context, &python);
    shoal_context_set_slice(context, WAIT_SLICE);
}
