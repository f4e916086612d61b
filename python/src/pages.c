/* Arrays over pages of a segment that are this process's own for a while: what it got from a queue, and what it is going to put. */
#include "pages.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "errors.h"
#include "gil.h"

/* ---- Forks: a child has none of its parent's pages ------------------------------------------------ */

/* What stands at the beginning of both. `lost` is set with the mutex, or by the only thread of a new child. */
typedef struct Pages {
    Memory memory;
    struct Pages *previous, *next;
    bool lost;
} Pages;

static pthread_once_t prepared = PTHREAD_ONCE_INIT;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* of `first` and all links; held for a few stores */
static Pages *first;

static void lock_all(void)
{
    pthread_mutex_lock(&mutex);
}

static void unlock_all(void)
{
    pthread_mutex_unlock(&mutex);
}

static void lose_all(void)
{
    for (Pages *each = first; each; each = each->next)
        each->lost = true;
    unlock_all();
}

static void prepare(void)
{
    pthread_atfork(lock_all, unlock_all, lose_all);
}

static void pages_init(Pages *pages, const MemoryKind *kind)
{
    pthread_once(&prepared, prepare);
    pages->lost = false;
    pages->previous = NULL;
    memory_init(&pages->memory, kind, &pages->lost);
    lock_all();
    pages->next = first;
    if (first)
        first->previous = pages;
    first = pages;
    unlock_all();
}

static void pages_forget(Pages *pages)
{
    lock_all();
    *(pages->previous ? &pages->previous->next : &first) = pages->next;
    if (pages->next)
        pages->next->previous = pages->previous;
    unlock_all();
}

/* ---- What was got --------------------------------------------------------------------------------- */

typedef struct Got {
    Pages pages;
    shoal_taken taken;
} Got;

static void got_end(Memory *memory)
{
    Got *got = (Got *)memory;
    pages_forget(&got->pages);
    shoal_taken_end(&got->taken);
    free(got);
}

static int got_lost(Memory *Py_UNUSED(memory), const char **text)
{
    *text =
        "the memory of this array belongs to the parent process, which got it from a queue: copy it before the fork";
    return SHOAL_ECLOSED;
}

static const MemoryKind got_kind = {"got from a queue", got_end, got_lost};

PyObject *pages_array(ModuleState *state, shoal_taken *taken, const shoal_view *view)
{
    Got *got = malloc(sizeof *got);
    if (!got) {
        shoal_taken_end(taken);
        return PyErr_NoMemory();
    }
    pages_init(&got->pages, &got_kind);
    got->taken = *taken;
    return ndarray_of_memory(state, &got->pages.memory, view);
}

/* ---- Loans ---------------------------------------------------------------------------------------- */

enum { LENT, BEING_PUT, PUT };

struct Loan {
    Pages pages;
    shoal_loan loan;
    shoal_object *queue; /* a reference */
    _Atomic int state;
    shoal_view view; /* all of it */
};

static void loan_end(Memory *memory)
{
    Loan *loan = (Loan *)memory;
    pages_forget(&loan->pages);
    shoal_loan_end(&loan->loan);
    shoal_object_close(loan->queue);
    free(loan);
}

static int loan_lost(Memory *memory, const char **text)
{
    *text = atomic_load(&((Loan *)memory)->state) == PUT
                ? "this loan was put into its queue: it belongs to whoever gets it"
                : "the memory of this loan belongs to the parent process, which took it";
    return SHOAL_ECLOSED;
}

static const MemoryKind loan_kind = {"loan", loan_end, loan_lost};

static int lend(Loan *loan, shoal_object *queue, shoal_time deadline)
{
    for (;;) {
        int status;
        WITHOUT_GIL(status = shoal_queue_loan_array(&loan->loan, &loan->view, queue, deadline));
        if (status != SHOAL_EINTR)
            return status;
        if (PyErr_CheckSignals() < 0)
            return STATUS_RAISED;
    }
}

int loan_array(PyObject **out, ModuleState *state, shoal_object *queue, const shoal_view *wanted, shoal_time deadline)
{
    Loan *loan = malloc(sizeof *loan);
    if (!loan)
        return SHOAL_ENOMEM;
    loan->view = *wanted;
    int status = lend(loan, queue, deadline);
    if (status < 0) {
        free(loan);
        return status;
    }
    loan->view.readonly = false;
    loan->queue = shoal_object_retain(queue);
    atomic_init(&loan->state, LENT);
    pages_init(&loan->pages, &loan_kind);
    *out = ndarray_of_memory(state, &loan->pages.memory, &loan->view);
    return *out ? SHOAL_OK : STATUS_RAISED;
}

static bool is_all(const shoal_view *view, const shoal_view *whole)
{
    if (view->data != whole->data || view->ndim != whole->ndim)
        return false;
    size_t lengths = view->ndim * sizeof *view->shape;
    return memcmp(view->shape, whole->shape, lengths) == 0 && memcmp(view->strides, whole->strides, lengths) == 0;
}

Loan *loan_begin(ModuleState *state, NdArrayObject *array, const shoal_object *queue)
{
    int lent = LENT;
    if (!array->memory || array->memory->kind != &loan_kind)
        return NULL;
    Loan *loan = (Loan *)array->memory;
    if (loan->queue != queue || !is_all(&array->view, &loan->view))
        return NULL;
    if (atomic_compare_exchange_strong(&loan->state, &lent, BEING_PUT))
        return loan;
    raise_text(state, SHOAL_ELOCK, lent == PUT ? "this loan was put already" : "another thread is putting this loan");
    return NULL;
}

int loan_put(Loan *loan, shoal_time deadline)
{
    int status = shoal_queue_put_loan(&loan->loan, loan->loan.size, deadline);
    if (status >= 0) {
        atomic_store(&loan->state, PUT);
        __atomic_store_n(&loan->pages.lost, true, __ATOMIC_RELAXED);
    }
    return status;
}

void loan_done(Loan *loan)
{
    int put = BEING_PUT;
    atomic_compare_exchange_strong(&loan->state, &put, LENT);
}

size_t loan_size(const Loan *loan)
{
    return loan->loan.size;
}
