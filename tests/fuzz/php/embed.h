/*
 * PHP within a libFuzzer target, with the extension's sources compiled in under the sanitizers. As tests/fuzz/python/embed.h:
 * embed_start() once, embed_check() for each input, which also looks for what grows with every repetition.
 */
#ifndef SHOAL_FUZZ_PHP_EMBED_H
#define SHOAL_FUZZ_PHP_EMBED_H

#include "php_shoal.h"

/* With that script of this folder run, at the start of each request. Ends the process when that fails. */
void embed_start(int *argc, char ***argv, const char *script);
_Noreturn void violation(const char *format, ...); /* says what is wrong, and the exception if one is pending; aborts */

/* After a call that gave `succeeded`: an exception if and only if it failed, and one that is allowed. Clears it. */
void check_result(const char *what, bool succeeded);
/* The function of the script, with the bytes as its argument. */
void call_hostile(zval *out, const char *function, const uint8_t *data, size_t size);

typedef void (*embed_once)(const uint8_t *data, size_t size);
void embed_check(embed_once once, const uint8_t *data, size_t size);

#endif
