/*
 * Calls of whatever the package has, with arguments of all sorts: each ends in a result or in an exception that was promised.
 *
 * The bytes are a list of calls; what one gives may be the receiver or an argument of the next. Waits are interrupted.
 */
#include "../waits.h"
#include "objects.h"

#include <signal.h>

#define MOST_CALLS 12
#define MOST_ARGUMENTS 5

static ModuleState *state;
static PyObject *world, *calls, *keywords;
static timer_t timer;

/* ---- Interrupted waits -------------------------------------------------------------------------- */

/* A signal comes during the sleep: Python will run its handler when the wait looks. Without the GIL. */
static void interrupt(void)
{
    PyErr_SetInterruptEx(SIGUSR2);
}

/* What was too late to interrupt anything is forgotten. */
static void forget_interrupts(void)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    while (PyErr_CheckSignals() < 0)
        PyErr_Clear();
    PyErr_Restore(type, value, traceback);
}

/* ---- One call ------------------------------------------------------------------------------------- */

typedef struct Call {
    PyObject *items[MOST_ARGUMENTS + 2]; /* for the receiver, the positional arguments, those with keywords */
    PyObject *kwnames;
    size_t positional, named;
} Call;

static PyObject *take_receiver(Bytes *bytes)
{
    PyObject *receivers = PyObject_GetAttrString(world, "receivers");
    size_t standing = (size_t)PyTuple_GET_SIZE(receivers), choice = take_below(bytes, standing + bytes->pooled);
    PyObject *receiver = choice < standing ? PyTuple_GET_ITEM(receivers, choice) : bytes->pool[choice - standing];
    Py_INCREF(receiver);
    Py_DECREF(receivers);
    return receiver;
}

/* How many of both kinds is in one byte, so that most calls have few. */
static void take_arguments(Bytes *bytes, Call *call)
{
    size_t shape = (size_t)take(bytes, 1);
    call->positional = shape % (MOST_ARGUMENTS - 1);
    call->named = shape < 160 ? 0 : 1 + (shape >> 4) % 2;
    call->kwnames = call->named > 0 ? PyTuple_New((Py_ssize_t)call->named) : NULL;
    for (size_t i = 0; i < call->positional + call->named; i++)
        call->items[1 + i] = take_object(bytes);
    for (size_t i = 0; i < call->named; i++)
        PyTuple_SET_ITEM(call->kwnames, i, Py_NewRef(take_item(bytes, keywords)));
}

static void free_arguments(Call *call)
{
    for (size_t i = 0; i < call->positional + call->named; i++)
        Py_DECREF(call->items[1 + i]);
    Py_XDECREF(call->kwnames);
}

/* By attribute for a method; a function of reflection.py gets the receiver as its first argument. */
static PyObject *perform(Call *call, PyObject *receiver, PyObject *what)
{
    call->items[0] = receiver;
    if (!PyUnicode_Check(what))
        return PyObject_Vectorcall(what, call->items, call->positional + 1, NULL);
    PyObject *method = PyObject_GetAttr(receiver, what);
    PyObject *result = method ? PyObject_Vectorcall(method, call->items + 1,
                                                    call->positional | PY_VECTORCALL_ARGUMENTS_OFFSET, call->kwnames)
                              : NULL;
    Py_XDECREF(method);
    return result;
}

static void one_call(Bytes *bytes)
{
    Call call;
    PyObject *receiver = take_receiver(bytes), *all = PyObject_CallFunctionObjArgs(calls, receiver, NULL);
    if (!all || !PyTuple_Check(all))
        violation("there is nothing to call");
    PyObject *what = PyTuple_GET_ITEM(take_item(bytes, all), 1);
    take_arguments(bytes, &call);
    PyObject *result = perform(&call, receiver, what);
    forget_interrupts();
    check_result("a call", result);
    free_arguments(&call);
    if (result)
        pool_add(bytes, result);
    Py_DECREF(all);
    Py_DECREF(receiver);
}

/* ---- All of them ---------------------------------------------------------------------------------- */

static void tidy(void)
{
    PyObject *result = PyObject_CallMethod(world, "tidy", NULL);
    if (!result)
        violation("the world cannot be tidied up");
    Py_DECREF(result);
}

static void once(const uint8_t *data, size_t size)
{
    Bytes bytes = bytes_over(data, size);
    for (int i = 0; i < MOST_CALLS && bytes_left(&bytes); i++)
        one_call(&bytes);
    bytes_done(&bytes);
    tidy();
    shoal_context_abandon_locks(state->context, false); /* of segments that nobody has any more but by their locks */
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    state = embed_start();
    objects_start();
    PyObject *reflection = PyImport_ImportModule("reflection");
    world = reflection ? PyObject_GetAttrString(reflection, "world") : NULL;
    calls = world ? PyObject_GetAttrString(reflection, "calls") : NULL;
    keywords = world ? PyObject_GetAttrString(reflection, "KEYWORDS") : NULL;
    if (!calls || !keywords)
        violation("reflection.py does not start");
    waits_are_interrupted(interrupt);
    PyRun_SimpleString("import gc; gc.collect(); gc.freeze()");
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    embed_check(once, data, size);
    return 0;
}
