#include "embed.h"

#include <sanitizer/allocator_interface.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define REPETITIONS 8 /* all of which must grow before it is called a leak */
#define SMALL_INTS 32
#define BETWEEN_COLLECTIONS 1024

PyMODINIT_FUNC PyInit__shoal(void);

static PyObject *module, *hostile_names, *allowed;
static PyObject *watched[64 + LAST_STATUS + SHOAL_KIND_LAST + SMALL_INTS];
static size_t watched_count;

/* Leaks are counted here: what the interpreter keeps for good is none. A failed malloc is a MemoryError. */
const char *__asan_default_options(void)
{
    return "detect_leaks=0:allocator_may_return_null=1:max_allocation_size_mb=512:detect_stack_use_after_return=0:"
           "quarantine_size_mb=32:malloc_context_size=8";
}

const char *__ubsan_default_options(void)
{
    return "print_stacktrace=1:halt_on_error=1";
}

_Noreturn void violation(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "VIOLATION: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    if (PyErr_Occurred())
        PyErr_Print();
    abort();
}

/* ---- The start ---------------------------------------------------------------------------------- */

static void start_interpreter(void)
{
    PyPreConfig before;
    PyConfig config;
    PyPreConfig_InitIsolatedConfig(&before);
    before.utf8_mode = 1;
    before.allocator = PYMEM_ALLOCATOR_MALLOC; /* each object in memory of its own, which ASan watches */
    if (PyStatus_Exception(Py_PreInitialize(&before)))
        violation("Python does not start");
    PyImport_AppendInittab("shoal._shoal", PyInit__shoal);
    PyConfig_InitIsolatedConfig(&config);
    config.install_signal_handlers = 0;
    PyConfig_SetBytesString(&config, &config.executable, PYTHON_EXECUTABLE);
    if (PyStatus_Exception(Py_InitializeFromConfig(&config)))
        violation("Python does not start");
    PyConfig_Clear(&config);
}

/* As a part of the package: importlib looks for no built-in module there by itself. */
static const char *const bootstrap = "import importlib.machinery, importlib.util, sys\n"
                                     "sys.path[:0] = ['" PACKAGE_FOLDER "', '" HOSTILE_FOLDER "']\n"
                                     "spec = importlib.machinery.ModuleSpec('shoal._shoal', "
                                     "importlib.machinery.BuiltinImporter)\n"
                                     "sys.modules[spec.name] = importlib.util.module_from_spec(spec)\n"
                                     "importlib.machinery.BuiltinImporter.exec_module(sys.modules[spec.name])\n"
                                     "import shoal\n";

static void watch(PyObject *object)
{
    if (object)
        watched[watched_count++] = Py_NewRef(object);
}

/* What is there once: a reference too many to it costs no memory, but counts. */
static void watch_all(ModuleState *state)
{
    PyObject *new[] = {PyTuple_New(0), PyUnicode_FromString(""), PyBytes_FromString("")};
    watch(Py_None);
    watch(Py_True);
    watch(Py_False);
    watch(Py_Ellipsis);
    for (size_t i = 0; i < sizeof new / sizeof *new; i++)
        watch(new[i]);
    for (int i = 0; i < SMALL_INTS; i++)
        watch(PyLong_FromLong(i));
    for (int i = 0; i <= LAST_STATUS; i++)
        watch(state->exceptions[i]);
    for (int i = 0; i <= SHOAL_KIND_LAST; i++)
        watch((PyObject *)state->kind_types[i]);
    watch((PyObject *)state->segment_type);
    watch((PyObject *)state->guard_type);
    watch((PyObject *)state->wait_type);
    watch(state->reopen);
    watch(state->reattach);
    watch(state->detached);
    watch(module);
    watch(state->numpy);
}

ModuleState *embed_start(void)
{
    start_interpreter();
    if (PyRun_SimpleString(bootstrap) < 0)
        violation("the package does not start");
    module = PyImport_ImportModule("shoal._shoal");
    hostile_names = PyImport_ImportModule("hostile");
    allowed = hostile_names ? hostile("ALLOWED") : NULL;
    if (!module || !allowed)
        violation("hostile.py does not start");
    ModuleState *state = PyModule_GetState(module);
    watch_all(state);
    PyRun_SimpleString("import gc; gc.collect(); gc.freeze()"); /* what is there by now is none of an input's garbage */
    return state;
}

PyObject *shoal_module(void)
{
    return module;
}

PyObject *hostile(const char *name)
{
    return PyObject_GetAttrString(hostile_names, name);
}

/* ---- After a call --------------------------------------------------------------------------------- */

void check_result(const char *what, PyObject *result)
{
    bool raised = PyErr_Occurred() != NULL;
    if (raised == (result != NULL))
        violation("%s: %s", what, raised ? "a result and an exception" : "no result and no exception");
    if (raised && !PyErr_ExceptionMatches(allowed))
        violation("%s: an exception that nobody was promised", what);
    if (raised && PyErr_ExceptionMatches(PyExc_SystemError))
        violation("%s: SystemError", what);
    PyErr_Clear();
}

/* ---- Leaks -------------------------------------------------------------------------------------- */

typedef struct Held {
    Py_ssize_t bytes, references;
} Held;

static Held held(void)
{
    Held now = {(Py_ssize_t)__sanitizer_get_current_allocated_bytes(), 0};
    for (size_t i = 0; i < watched_count; i++)
        now.references += Py_REFCNT(watched[i]);
    return now;
}

static Held held_after(embed_once once, const uint8_t *data, size_t size, bool collect)
{
    once(data, size);
    PyType_ClearCache(); /* it keeps the names of attributes that were asked for */
    if (collect)
        PyGC_Collect();
    return held();
}

/* Does each of the repetitions leave something behind? */
static bool grows(embed_once once, const uint8_t *data, size_t size, int repetitions, bool collect)
{
    Held before = held_after(once, data, size, collect), after;
    for (int i = 0; i < repetitions; i++, before = after) {
        after = held_after(once, data, size, collect);
        if (after.bytes <= before.bytes && after.references <= before.references)
            return false;
    }
    return true;
}

static _Noreturn void report_leak(embed_once once, const uint8_t *data, size_t size)
{
    Py_ssize_t before[sizeof watched / sizeof *watched];
    Held first = held_after(once, data, size, true), last;
    for (size_t i = 0; i < watched_count; i++)
        before[i] = Py_REFCNT(watched[i]);
    last = held_after(once, data, size, true);
    for (size_t i = 0; i < watched_count; i++)
        if (Py_REFCNT(watched[i]) > before[i]) {
            fprintf(stderr, "more references to ");
            PyObject_Print(watched[i], stderr, 0);
            fprintf(stderr, "\n");
        }
    violation("each repetition leaves %zd bytes and %zd references behind", last.bytes - first.bytes,
              last.references - first.references);
}

void embed_check(embed_once once, const uint8_t *data, size_t size)
{
    static unsigned run;
    if (++run % BETWEEN_COLLECTIONS == 0)
        PyGC_Collect();
    Held before = held(), after;
    once(data, size);
    after = held();
    if (after.bytes <= before.bytes && after.references <= before.references)
        return;
    if (grows(once, data, size, 2, false) && grows(once, data, size, REPETITIONS, true))
        report_leak(once, data, size);
}
