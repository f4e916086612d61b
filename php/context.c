/* The context of this process, one for all of its threads, and the environment that it was started in. */
#include "context.h"

#include <stdatomic.h>

#include "exceptions.h"
#include "wait.h"

#define DEFAULT_DIRECTORY "/dev/shm"

/*
 * Both words are given once, by the thread that comes first, and taken away when no thread runs PHP any more. No mutex:
 * whoever forks while another thread makes them has neither, or all of them.
 */
static _Atomic(shoal_context *) process_context;
/* SHOAL_DIR as the process was given it: the administrator's word, as shoal.directory is. */
static _Atomic(char *) environment;

/* What is there; NULL: nothing yet. What it points to is seen as its maker left it. */
#define SEEN(word) atomic_load_explicit(&(word), memory_order_acquire)

void php_shoal_context_shutdown(void)
{
    shoal_context_free(atomic_exchange(&process_context, NULL));
    free(atomic_exchange(&environment, NULL));
}

bool php_shoal_context_exists(void)
{
    return SEEN(process_context) != NULL;
}

/* NULL: as the core finds it, in the environment of this very moment. */
static const char *directory_for(const char *setting)
{
    if (setting && *setting) {
        return setting;
    }
#ifdef ZTS
    return SEEN(environment); /* other threads' scripts change theirs, which is this one's too */
#else
    return NULL;
#endif
}

static int make_context(shoal_context **out)
{
    shoal_context *first = NULL, *context = shoal_context_new();
    if (!context) {
        return SHOAL_ENOMEM;
    }
    int status = shoal_context_set_directory(context, directory_for(SHOAL_G(directory)));
    if (status < 0) {
        shoal_context_free(context);
        return status;
    }
    php_shoal_serve(context);
    if (!atomic_compare_exchange_strong(&process_context, &first, context)) {
        shoal_context_free(context); /* another thread was first */
        context = first;
    }
    *out = context;
    return SHOAL_OK;
}

shoal_context *php_shoal_context(void)
{
    shoal_context *context = SEEN(process_context);
    if (EXPECTED(context)) {
        return context;
    }
    int status = make_context(&context);
    if (status < 0) {
        php_shoal_raise(status);
        return NULL;
    }
    return context;
}

int php_shoal_context_use_directory(const char *setting)
{
    shoal_context *context = SEEN(process_context);
    /* Where there is none yet make_context will. */
    return context ? shoal_context_set_directory(context, directory_for(setting)) : SHOAL_OK;
}

void php_shoal_environment_note(void)
{
    if (SEEN(environment)) {
        return;
    }
    const char *given = getenv("SHOAL_DIR");
    char *copy = pestrdup(given && *given ? given : DEFAULT_DIRECTORY, true), *first = NULL;
    if (!atomic_compare_exchange_strong(&environment, &first, copy)) {
        free(copy); /* another thread was first */
    }
}

bool php_shoal_directory_is_given(const char *directory)
{
    const char *setting = SHOAL_G(directory), *noted = SEEN(environment);
    return (setting && *setting) || (noted && strcmp(directory, noted) == 0);
}
