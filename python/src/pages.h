/* Arrays over pages of a segment that are this process's own for a while: what it got from a queue, and what it is going to put. */
#ifndef SHOAL_PYTHON_PAGES_H
#define SHOAL_PYTHON_PAGES_H

#include "binding.h"
#include "ndarray.h"

/* An NdArray of `view`, which lies in `taken`. Takes over `taken` in any case. */
PyObject *pages_array(ModuleState *state, shoal_taken *taken, const shoal_view *view);

/* An array that is filled here and put without a copy. */
typedef struct Loan Loan;
/* A new one, an NdArray; a status, or STATUS_RAISED. GIL held. */
int loan_array(PyObject **out, ModuleState *state, shoal_object *queue, const shoal_view *wanted, shoal_time deadline);
/* If `array` is all of a loan of `queue`: it, for loan_put by this thread alone until loan_done. Else NULL; with an exception: it is put just now. */
Loan *loan_begin(ModuleState *state, NdArrayObject *array, const shoal_object *queue);
/* shoal_queue_put_loan. After SHOAL_OK nobody here touches the array any more. */
int loan_put(Loan *loan, shoal_time deadline);
void loan_done(Loan *loan);
size_t loan_size(const Loan *loan); /* of the message */

#endif
