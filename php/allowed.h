/* open_basedir: what a script may open. */
#ifndef PHP_SHOAL_ALLOWED_H
#define PHP_SHOAL_ALLOWED_H

#include "php_shoal.h"

/* False: Denied is thrown. */
bool php_shoal_name_allowed(const char *name, size_t length);
bool php_shoal_descriptor_allowed(int fd); /* what it leads to */
bool php_shoal_directory_allowed(void);    /* where plain names live */

#endif
