/*
 * Several peers in one process over one mapping: a twin is an attach of its own (context, slot, byte lock) at the same
 * addresses as the first. For ThreadSanitizer, which sees two mappings of a file as two memories, and no race between
 * them. Include after check.h and scratch.h, once.
 */
#ifndef SHOAL_TESTS_TWINS_H
#define SHOAL_TESTS_TWINS_H

#include "platform/file.h"
#include "segment/alive.h"
#include "segment/handle.h"
#include "segment/handle_close.h"
#include "segment/reap.h"
#include "segment/roster.h"
#include "segment/segment.h"

/* Known in a context of its own; it has no file yet. */
static shoal_segment *copy_attach(const shoal_segment *of)
{
    shoal_context *context = new_context();
    shoal_segment *twin = calloc(1, sizeof *twin);
    CHECK(twin != NULL);
    twin->context = context;
    twin->party.is_dead = shoal__party_is_dead;
    twin->reap = shoal__reap;
    twin->base = of->base;
    twin->is = of->is;
    twin->device = of->device;
    twin->inode = of->inode;
    twin->name = strdup(of->name);
    twin->path = strdup(of->path);
    memcpy(twin->id, of->id, sizeof twin->id);
    CHECK(twin->name && twin->path);
    twin->opens = 1;
    context->segments = twin;
    return twin;
}

/* shoal_open finds an attach by the file's inode in its context: so opening by name there gives the twin. */
static shoal_segment *new_twin(const shoal_segment *of)
{
    shoal_segment *twin = copy_attach(of);
    twin->fd = dup(of->fd);
    CHECK(twin->fd >= 0);
    pthread_mutex_lock(&twin->context->lock);
    CHECK_STATUS(shoal__roster_join(twin, false), SHOAL_OK);
    pthread_mutex_unlock(&twin->context->lock);
    store_release(&twin->generation, *twin->context->generation);
    return twin;
}

/* A readonly attach, but for the protection of its pages. */
__attribute__((unused)) static shoal_segment *new_reader(const shoal_segment *of)
{
    shoal_segment *reader = copy_attach(of);
    reader->readonly = true;
    reader->fd = shoal__file_reopen(of->fd, true);
    CHECK(reader->fd >= 0);
    store_release(&reader->generation, *reader->context->generation);
    return reader;
}

static void free_attach(shoal_segment *twin)
{
    shoal_context *context = twin->context;
    context->segments = NULL;
    close(twin->fd);
    free(twin->name);
    free(twin->path);
    free(twin);
    shoal_context_free(context);
}

/* A close that met the structure's lock for too long is put off to the next call of the context: docs/recovery.md. */
static void settle(shoal_segment *twin)
{
    pthread_mutex_lock(&twin->context->lock);
    shoal__settle_locked(twin->context);
    pthread_mutex_unlock(&twin->context->lock);
}

/* Everything of it is closed: it leaves, and the mapping stays the first one's. */
static void free_twin(shoal_segment *twin)
{
    while (load_relaxed(&twin->owes)) {
        settle(twin);
        sched_yield();
    }
    CHECK(twin->holds == 0);
    if (!twin->readonly)
        shoal__roster_leave(twin);
    free_attach(twin);
}

/* Its byte is free, and everything else is as it was: what the others see of a peer that was killed. */
__attribute__((unused)) static void kill_twin(shoal_segment *twin)
{
    shoal__life_end(&twin->life);
    free_attach(twin);
}

#endif
