/*
 * CPython within a libFuzzer target, with the extension's sources compiled in under the sanitizers.
 *
 * A target calls embed_start() once and embed_check() for each input. That runs the input and then looks whether it left
 * memory or references behind: what grows with every repetition is a leak.
 */
#ifndef SHOAL_FUZZ_EMBED_H
#define SHOAL_FUZZ_EMBED_H

#include "binding.h"

/* The package imported and hostile.py run; whose names are got with hostile(). Ends the process when that fails. */
ModuleState *embed_start(void);
PyObject *shoal_module(void);                      /* shoal._shoal, borrowed */
PyObject *hostile(const char *name);               /* a new reference */
_Noreturn void violation(const char *format, ...); /* says what is wrong, prints the exception if one is set, aborts */

/*
 * A call has just given `result` (NULL or an object): exactly one of result and exception must be there, and the exception
 * must be of a class that hostile.py allows. Clears it.
 */
void check_result(const char *what, PyObject *result);

typedef void (*embed_once)(const uint8_t *data, size_t size);
void embed_check(embed_once once, const uint8_t *data, size_t size);

#endif
