/* The context of this process, which all of its threads share, and where plain names live. */
#ifndef PHP_SHOAL_CONTEXT_H
#define PHP_SHOAL_CONTEXT_H

#include "php_shoal.h"

shoal_context *php_shoal_context(void); /* made at the first call; NULL: an exception is thrown */
bool php_shoal_context_exists(void);
void php_shoal_context_shutdown(void);
int php_shoal_context_use_directory(const char *setting); /* by no thread while another may use it */

void php_shoal_environment_note(void); /* before anything of a script runs */
/* Is it the directory that the settings or the environment of the process's start say, and no script's? */
bool php_shoal_directory_is_given(const char *directory);

#endif
