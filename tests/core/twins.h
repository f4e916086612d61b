/*
 * Several peers in one process over one mapping: a twin is an attach of its own (context, slot, byte lock) at the same
 * addresses as the first. For ThreadSanitizer, which sees two mappings of a file as two memories, and no race between
 * them. Include after check.h and scratch.h, once.
 */
#ifndef SHOAL_TESTS_TWINS_H
#define SHOAL_TESTS_TWINS_H

#include "platform/file.h"
#include "segment/attach.h"
#include "segment/roster.h"
#include "segment/segment.h"

/* shoal_open finds an attach by the file's inode in its context: so opening by name there gives the twin. */
static shoal_segment *new_twin(const shoal_segment *of)
{
    shoal_context *context = new_context();
    shoal_segment *twin = calloc(1, sizeof *twin);
    CHECK(twin != NULL);
    twin->context = context;
    twin->base = of->base;
    twin->is = of->is;
    twin->device = of->device;
    twin->inode = of->inode;
    twin->fd = dup(of->fd);
    twin->name = strdup(of->name);
    twin->path = strdup(of->path);
    memcpy(twin->id, of->id, sizeof twin->id);
    CHECK(twin->fd >= 0 && twin->name && twin->path);
    CHECK_STATUS(shoal__roster_join(twin, false), SHOAL_OK);
    store_release(&twin->generation, *context->generation);
    twin->opens = 1;
    context->segments = twin;
    return twin;
}

/* Everything of it is closed: it leaves, and the mapping stays the first one's. */
static void free_twin(shoal_segment *twin)
{
    shoal_context *context = twin->context;
    CHECK(twin->holds == 0);
    shoal__roster_leave(twin);
    context->segments = NULL;
    close(twin->fd);
    free(twin->name);
    free(twin->path);
    free(twin);
    shoal_context_free(context);
}

#endif
