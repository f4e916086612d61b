/* open_basedir: the names and descriptors that a script may open. */
#include "allowed.h"

#include <unistd.h>

#include "context.h"
#include "exceptions.h"
#include "fopen_wrappers.h"

static bool allowed(const char *path)
{
    if (!php_check_open_basedir_ex(path, false)) {
        return true;
    }
    php_shoal_raise_because(SHOAL_EDENIED, "\"%s\" lies outside of open_basedir", path);
    return false;
}

/* A script that puts another SHOAL_DIR into its environment is held to open_basedir. */
bool php_shoal_directory_allowed(void)
{
    shoal_context *context = php_shoal_context();
    if (!context) {
        return false;
    }
    const char *directory = shoal_context_directory(context);
    return php_shoal_directory_is_given(directory) || allowed(directory);
}

/* What another request, or another thread, has open is no way out of open_basedir. It is named by its number: the path is not the script's to know. */
bool php_shoal_descriptor_allowed(int fd)
{
    char link[32], path[MAXPATHLEN];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = PG(open_basedir) && *PG(open_basedir) ? readlink(link, path, sizeof path) : -1;
    if (length < 0) {
        return true; /* where there is none the core says so */
    }
    path[length < (ssize_t)sizeof path ? length : 0] = '\0';
    if (*path == '/' && !php_check_open_basedir_ex(path, false)) {
        return true;
    }
    php_shoal_raise_because(SHOAL_EDENIED, "\"fd:%d\" lies outside of open_basedir", fd);
    return false;
}

bool php_shoal_name_allowed(const char *name, size_t length)
{
    if (memchr(name, '/', length)) {
        return allowed(name);
    }
    return strncmp(name, "fd:", 3) == 0 ? php_shoal_descriptor_allowed((int)strtol(name + 3, NULL, 10))
                                        : php_shoal_directory_allowed();
}
