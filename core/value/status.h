/*
 * The status list of shoal.h, and the sentence that goes with this thread's last failure.
 *
 * The function that detects an error calls shoal__fail; its callers just return the status.
 */
#ifndef SHOAL_VALUE_STATUS_H
#define SHOAL_VALUE_STATUS_H

#include "shoal.h"

#if defined(__GNUC__)
#define SHOAL__PRINTF(text, first) __attribute__((format(printf, text, first), cold))
#else
#define SHOAL__PRINTF(text, first)
#endif

/* The longest sentence kept, including its NUL; a longer one is cut. */
#define SHOAL__ERROR_SIZE 1024

/*
 * Keep a sentence for shoal_error_message in this thread and return `status`: `return shoal__fail(...)`. The arguments
 * may include shoal_error_message(), to add to a callee's sentence.
 */
int shoal__fail(int status, const char *format, ...) SHOAL__PRINTF(2, 3);

/* The same with the status's general sentence from the list, for failures that have nothing to add. */
int shoal__fail_plainly(int status);

/* The thread's last failure, kept and restored around code whose failure the caller must not see (a fork handler). */
struct shoal_told {
    int status;
    char sentence[SHOAL__ERROR_SIZE];
};
void shoal__told_keep(struct shoal_told *told);
void shoal__told_again(const struct shoal_told *told);

#endif
