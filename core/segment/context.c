#include "segment/context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/file.h"
#include "platform/process.h"
#include "segment/detach.h"
#include "segment/fork.h"
#include "segment/handle.h"
#include "segment/handle_close.h"
#include "segment/mappings.h"
#include "value/status.h"
#include "value/text.h"

/* ---- Forks: we take all our locks before, so that no other thread, which the child lacks, holds one ---- */

static pthread_mutex_t contexts_lock = PTHREAD_MUTEX_INITIALIZER;
static struct shoal_context *contexts;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

#define FEW 2 /* attaches: with more of them a fork calls shoal__file_many_begin */

static int lock_all(void)
{
    int segments = 0;
    pthread_mutex_lock(&contexts_lock);
    for (struct shoal_context *it = contexts; it; it = it->next) {
        pthread_mutex_lock(&it->lock);
        for (struct shoal_segment *segment = it->segments; segment; segment = segment->next)
            segments++;
    }
    return segments;
}

static void before_fork(void)
{
    struct shoal_told told; /* a fork is no call of ours: keep the last error sentence */
    shoal__told_keep(&told);
    if (lock_all() > FEW)
        shoal__file_many_begin();
    for (struct shoal_context *it = contexts; it; it = it->next)
        for (struct shoal_segment *segment = it->segments; segment; segment = segment->next)
            shoal__birth_prepare(segment);
    shoal__file_many_end();
    shoal__mappings_lock();
    shoal__told_again(&told);
}

/* Also called when the fork failed. */
static void after_fork_in_parent(void)
{
    shoal__mappings_unlock();
    for (struct shoal_context *it = contexts; it; it = it->next) {
        for (struct shoal_segment *segment = it->segments; segment; segment = segment->next)
            shoal__birth_over(segment);
        pthread_mutex_unlock(&it->lock);
    }
    pthread_mutex_unlock(&contexts_lock);
}

static void after_fork_in_child(void)
{
    shoal__mappings_unlock();
    for (struct shoal_context *it = contexts; it; it = it->next) {
        *it->generation = ++it->generations; /* 0 until now, if the kernel has MADV_WIPEONFORK */
        for (struct shoal_segment *segment = it->segments; segment; segment = segment->next)
            shoal__birth_take(segment, *it->generation);
        pthread_mutex_unlock(&it->lock);
    }
    pthread_mutex_unlock(&contexts_lock);
}

static void watch_forks(void)
{
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

/* ---- Contexts ---- */

shoal_context *shoal_context_new(void)
{
    struct shoal_context *context = calloc(1, sizeof *context);
    if (!context || !(context->generation = shoal__fork_word_new())) {
        free(context);
        return NULL;
    }
    pthread_mutex_init(&context->lock, NULL);
    *context->generation = context->generations = 1;
    context->slice = SHOAL_FOREVER;
    /* called now to register its fork handler before ours: ours writes the child's number, which that one makes */
    shoal__process_number();
    pthread_once(&fork_once, watch_forks);
    pthread_mutex_lock(&contexts_lock);
    context->next = contexts;
    contexts = context;
    pthread_mutex_unlock(&contexts_lock);
    return context;
}

/* ---- All that is attached ---- */

static void let_go_before(const struct shoal_context *end)
{
    for (struct shoal_context *it = contexts; it != end; it = it->next)
        pthread_mutex_unlock(&it->lock);
    pthread_mutex_unlock(&contexts_lock);
}

bool shoal__keep_attaches(void)
{
    if (pthread_mutex_trylock(&contexts_lock) != 0)
        return false;
    for (struct shoal_context *it = contexts; it; it = it->next)
        if (pthread_mutex_trylock(&it->lock) != 0) {
            let_go_before(it);
            return false;
        }
    return true;
}

void shoal__let_attaches_go(void)
{
    let_go_before(NULL);
}

struct shoal_segment *shoal__next_attach(const struct shoal_segment *after)
{
    struct shoal_segment *next = after ? after->next : NULL;
    for (struct shoal_context *it = after ? after->context->next : contexts; !next && it; it = it->next)
        next = it->segments;
    return next;
}

static void forget_context(struct shoal_context *context)
{
    pthread_mutex_lock(&contexts_lock);
    for (struct shoal_context **it = &contexts; *it; it = &(*it)->next)
        if (*it == context) {
            *it = context->next;
            break;
        }
    pthread_mutex_unlock(&contexts_lock);
}

void shoal__disown_ended(void)
{
    pthread_mutex_lock(&contexts_lock);
    for (struct shoal_context *it = contexts; it; it = it->next) {
        pthread_mutex_lock(&it->lock);
        for (struct shoal_segment *segment = it->segments; segment; segment = segment->next)
            shoal__disown_ended_locked(segment);
        pthread_mutex_unlock(&it->lock);
    }
    pthread_mutex_unlock(&contexts_lock);
}

void shoal_context_free(shoal_context *context)
{
    if (!context)
        return;
    pthread_mutex_lock(&context->lock);
    shoal__free_orphans_locked(context);
    for (struct shoal_segment *it = context->segments, *next; it; it = next) {
        next = it->next;
        shoal__drop_idle_handles_locked(it);
        it->opens = 0;
        shoal__detach_locked(it);
    }
    bool in_use = context->segments != NULL; /* objects in them are still open: the context stays */
    pthread_mutex_unlock(&context->lock);
    if (in_use)
        return;
    forget_context(context);
    pthread_mutex_destroy(&context->lock);
    shoal__fork_word_free(context->generation);
    free(context->directory);
    free(context);
}

void shoal_context_set_slice(shoal_context *context, shoal_time longest)
{
    context->slice = longest;
}

void shoal_context_set_language(shoal_context *context, const shoal_language *language)
{
    context->language = language ? *language : (shoal_language){0};
}

int shoal_context_set_directory(shoal_context *context, const char *directory)
{
    char *copy = directory && *directory ? strdup(directory) : NULL;
    if (directory && *directory && !copy)
        return shoal__fail_plainly(SHOAL_ENOMEM);
    pthread_mutex_lock(&context->lock);
    free(context->directory);
    context->directory = copy;
    pthread_mutex_unlock(&context->lock);
    return SHOAL_OK;
}

const char *shoal_context_directory(shoal_context *context)
{
    if (context->directory)
        return context->directory;
    const char *from_environment = getenv("SHOAL_DIR");
    return from_environment && *from_environment ? from_environment : "/dev/shm";
}

/* ---- Names ---- */

/* Joined by hand: every open comes here, and a program that extends printf (as numpy's libraries do) makes it slow. */
static char *joined(const char *directory, const char *between, const char *name)
{
    size_t lengths[] = {strlen(directory), strlen(between), strlen(name) + 1};
    char *path = malloc(lengths[0] + lengths[1] + lengths[2]);
    if (!path)
        return NULL;
    memcpy(path, directory, lengths[0]);
    memcpy(path + lengths[0], between, lengths[1]);
    memcpy(path + lengths[0] + lengths[1], name, lengths[2]);
    return path;
}

static int file_path(char **path, const char *name)
{
    int error;
    char here[4096];
    if (*name == '/')
        *path = strdup(name);
    else if ((error = shoal__working_directory(here, sizeof here)) < 0)
        return shoal__fail(SHOAL_ESYSTEM, "\"%s\" is relative to the current directory, which has no name: %s", name,
                           strerror(-error));
    else
        *path = joined(here, "/", name);
    return *path ? SHOAL_OK : shoal__fail_plainly(SHOAL_ENOMEM);
}

static int fd_number(int *fd, const char *text)
{
    char *end;
    long number = strtol(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || number > 1 << 24)
        return shoal__fail(SHOAL_EVALUE, "\"fd:%s\" is not a file descriptor: write \"fd:7\"", text);
    *fd = (int)number;
    return SHOAL_OK;
}

int shoal__resolve(char **path, int *fd, struct shoal_context *context, const char *name)
{
    *path = NULL;
    *fd = -1;
    if (!name)
        return shoal__fail(SHOAL_EVALUE, "a segment needs a name to be opened");
    if (strncmp(name, "sysv:", 5) == 0)
        return shoal__fail(SHOAL_EVALUE,
                           "\"%s\": System V segments are not in this version; use a plain name or a path", name);
    if (strncmp(name, "fd:", 3) == 0)
        return fd_number(fd, name + 3);
    if (strchr(name, '/'))
        return name[strlen(name) - 1] == '/'
                   ? shoal__fail(SHOAL_EVALUE, "\"%s\" names a directory; a segment is a file", name)
                   : file_path(path, name);
    int status = shoal__check_segment_name(name);
    if (status < 0)
        return status;
    const char *directory = shoal_context_directory(context);
    char *made = joined(directory, "/shoal.", name);
    if (!made)
        return shoal__fail_plainly(SHOAL_ENOMEM);
    status = *made == '/' ? SHOAL_OK : file_path(path, made);
    if (*made == '/')
        *path = made;
    else
        free(made);
    return status;
}

int shoal_plain_name(const char *name)
{
    if (strncmp(name, "fd:", 3) == 0 || strncmp(name, "sysv:", 5) == 0)
        return shoal__fail(SHOAL_EVALUE, "\"%s\" is not a plain name, and only such are allowed here", name);
    return shoal__check_segment_name(name);
}

int shoal_resolve(char **path, shoal_context *context, const char *name)
{
    int fd;
    return shoal__resolve(path, &fd, context, name);
}
