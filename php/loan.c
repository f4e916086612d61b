/* Loans: arrays in pages that a queue lends, to be filled and put without a copy. */
#include "message.h"

#include "exceptions.h"

typedef struct shoal_lent {
    shoal_lease lease;
    shoal_loan loan;
    shoal_object *queue;
    shoal_view view;
    bool over; /* it was put */
} shoal_lent;

static bool is_here(const shoal_lease *lease)
{
    const shoal_lent *lent = (const shoal_lent *)lease;
    return !lent->over && shoal_loan_is_ours(&lent->loan);
}

static void end(shoal_lease *lease)
{
    shoal_lent *lent = (shoal_lent *)lease;
    shoal_loan_end(&lent->loan);
    shoal_object_close(lent->queue);
    efree(lent);
}

static void complain(shoal_lease *lease)
{
    const char *queue = shoal_object_name(((shoal_lent *)lease)->queue, &(size_t){0});
    if (((shoal_lent *)lease)->over) {
        php_shoal_raise_because(
            SHOAL_ECLOSED, "this array was put into the queue \"%s\", and is its consumer's now: ask for another loan",
            queue);
    } else {
        php_shoal_raise_because(SHOAL_ECLOSED, "this array is a loan of the queue \"%s\" to the parent process", queue);
    }
}

int php_shoal_loan(zval *out, shoal_object *queue, const shoal_view *view, shoal_time deadline)
{
    shoal_lent *lent = emalloc(sizeof *lent);
    lent->lease = (shoal_lease){.references = 1, .here = is_here, .end = end, .raise = complain};
    lent->over = false;
    php_shoal_view_copy(&lent->view, view);
    int status = shoal_queue_loan_array(&lent->loan, &lent->view, queue, deadline);
    if (status < 0) {
        efree(lent);
        return status;
    }
    lent->queue = shoal_object_retain(queue);
    php_shoal_ndarray_leased(out, &lent->lease, &lent->view);
    php_shoal_lease_release(&lent->lease);
    return status;
}

shoal_lent *php_shoal_lent_whole(const shoal_ndarray *array, const shoal_object *queue)
{
    shoal_lent *lent = (shoal_lent *)array->lease;
    bool whole =
        lent && lent->lease.end == end && lent->queue == queue && php_shoal_view_same(&lent->view, &array->view);
    return whole ? lent : NULL;
}

int php_shoal_lent_put(shoal_lent *lent, shoal_time deadline)
{
    if (!is_here(&lent->lease)) {
        complain(&lent->lease);
        return SHOAL_ECLOSED;
    }
    int status = shoal_queue_put_loan(&lent->loan, lent->loan.size, deadline);
    lent->over = status == SHOAL_OK;
    return status;
}
