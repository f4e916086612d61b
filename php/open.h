/* The functions that make and open segments. */
#ifndef PHP_SHOAL_OPEN_H
#define PHP_SHOAL_OPEN_H

int php_shoal_mode_of(const char *text); /* octal permission bits; -1 if it is no such thing */

#endif
