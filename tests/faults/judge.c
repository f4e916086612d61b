#include "harness.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- Judging ---- */

static bool of_the_heap(enum fault_function function)
{
    return function >= FAULT_malloc && function <= FAULT_pthread_setspecific;
}

/* A file is mapped in two steps: it gets its place, and then access. */
static bool maps(enum fault_function function)
{
    return function == FAULT_mmap || function == FAULT_mprotect;
}

static bool status_fits(int status, const struct operation *operation, enum fault_function function, int error)
{
    if (function == FAULT_mmap && operation->flags & QUIET && status == SHOAL_ENOMEM)
        return true; /* a context is there or it is not */
    if ((function == FAULT_getlk || function == FAULT_fstat) && operation->flags & WAITS && status == SHOAL_ETIMEDOUT)
        return true; /* not sure whether the owner is dead */
    switch (error) {
    case SHORT:
        return false;
    case EBUSY:
        return function != FAULT_dup3 && status == SHOAL_ESYSTEM;
    case EINTR:
        return operation->flags & WAITS && status == SHOAL_EINTR;
    case ENOMEM:
        return of_the_heap(function) ? status == SHOAL_ENOMEM
                                     : status == SHOAL_ENOSPACE || status == SHOAL_ENOMEM || status == SHOAL_ESYSTEM;
    case ENOSPC:
    case EDQUOT:
        return status == SHOAL_ENOSPACE || (status == SHOAL_ESYSTEM && function == FAULT_open);
    case EFBIG:
        return status == SHOAL_ENOSPACE || status == SHOAL_ESYSTEM;
    case EAGAIN:
        return status == SHOAL_ESYSTEM || (status == SHOAL_ENOSPACE && (function == FAULT_setlk || maps(function)));
    case EACCES:
    case EPERM:
    case EROFS:
        return status == SHOAL_EDENIED || status == SHOAL_ESYSTEM || (status == SHOAL_ENOSPACE && maps(function));
    case EEXIST:
        return status == SHOAL_EEXISTS;
    case ENOENT:
    case ENOTDIR:
        return status == SHOAL_ENOTFOUND || status == SHOAL_ESYSTEM;
    case ELOOP:
    case ENXIO:
        return status == SHOAL_ECORRUPT || status == SHOAL_ESYSTEM ||
               (status == SHOAL_EDENIED &&
                strncmp(operation->name, "backup", 6) == 0); /* no regular file is in its place */
    default:
        return status == SHOAL_ESYSTEM || (status == SHOAL_ENOSPACE && maps(function));
    }
}

/* What is gone meanwhile, or not to be read, is not listed; nor any segment that can't be looked at: it is in nobody's way. */
static bool leaves_out(const struct operation *operation, int error)
{
    if (operation->flags & LISTS)
        return error != 0 && error != EMFILE && error != ENFILE;
    return error == ENOENT || error == EACCES || error == EPERM || error == EROFS || error == ELOOP || error == ENXIO;
}

/* What could not be made for the child, because the system refused it to its parent, is kept from it, whole. */
static bool born_without(int status, const struct operation *operation, int error)
{
    return operation->flags & FORKS && status == SHOAL_ECLOSED && error != EINTR && error != SHORT &&
           strstr(shared->message, "was forked without it");
}

/* NULL: the call ended as it may. */
const char *judge_call(const struct operation *operation, const struct reference *reference)
{
    bool fits = false, says_why = false;
    int status = shared->status, planned = 0;
    if (status == reference->status)
        return NULL;
    for (int i = 0; i < FAULT_PLANS && faults->faults[i].at; i++, planned++) {
        enum fault_function function = faults->hit[i];
        int error = faults->faults[i].error;
        fits = fits || status_fits(status, operation, function, error) || born_without(status, operation, error);
        says_why = says_why || strstr(shared->message, strerror(error)) ||
                   (function == FAULT_setlk && error == EAGAIN && strstr(shared->message, "are locked by")) ||
                   (function == FAULT_fstat && error == EBADF && strstr(shared->message, "closed its descriptor"));
    }
    bool left_out = leaves_out(operation, faults->faults[0].error) || leaves_out(operation, faults->faults[1].error);
    if (status > 0 && !(operation->flags & ASKS && left_out))
        return "another success than without the fault";
    if (status > 0)
        return NULL;
    if (!fits)
        return "a status that does not fit";
    if (!*shared->message)
        return "no sentence";
    bool never_there = faults->faults[0].error == ENOENT && faults->faults[0].repeat == FAULT_EVER;
    if ((status == SHOAL_ESYSTEM || status == SHOAL_ECLOSED) && !says_why && !never_there && planned < 2)
        return "the sentence does not say what the system said";
    if (status != SHOAL_ENOMEM && status != SHOAL_EINTR && !(operation->flags & QUIET) &&
        !strstr(shared->message, SEGMENT) && status != SHOAL_ETIMEDOUT)
        return "the sentence does not name what was asked for";
    return NULL;
}

/* Where a name is made in two steps and cannot be taken away again, it stays. */
static bool hinders_unlinking(void)
{
    for (int i = 0; i < FAULT_PLANS; i++)
        if (faults->hit[i] == FAULT_unlink)
            return true;
    return false;
}

void judge_sight(const struct sight *sight, const struct sight *expected, bool at_the_end)
{
    char text[1200];
    const char *when = at_the_end ? "at the end" : "after the fault";
    if (*sight->wrong) {
        snprintf(text, sizeof text, "%s, to another: %s", when, sight->wrong);
        violation(text);
    }
    if (strcmp(sight->names, expected->names) != 0 && !hinders_unlinking()) {
        snprintf(text, sizeof text, "names %s: \"%s\", not \"%s\"", when, sight->names, expected->names);
        violation(text);
    }
    if (sight->state != expected->state) {
        snprintf(text, sizeof text, "%s: state %d, not %d", when, sight->state, expected->state);
        violation(text);
    }
    if (at_the_end && sight->used != expected->used) {
        snprintf(text, sizeof text, "%s: %llu bytes are used, not %llu", when, (unsigned long long)sight->used,
                 (unsigned long long)expected->used);
        violation(text);
    }
}

const char *name_of_error(int error)
{
    return error == SHORT ? "SHORT" : strerrorname_np(error) ? strerrorname_np(error) : "?";
}
