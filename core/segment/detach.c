/* Detach: leave the roster, and free all that an attach has in this process. */
#include "segment/detach.h"

#include <stdlib.h>

#include "platform/file.h"
#include "platform/map.h"
#include "segment/big.h"
#include "segment/mappings.h"
#include "segment/roster.h"

void shoal__drop(shoal_segment *segment)
{
    shoal__forget_owed_runs(segment);
    shoal__unmapped(segment);
    shoal__unguard(segment->guarded);
    void *base = segment->inherited ? segment->inherited : segment->base;
    if (base)
        shoal__unmap(base, segment->is.size);
    shoal__close_own(segment->fd, segment->device, segment->inode);
    for (struct shoal_former *it = segment->formers, *next; it; it = next) {
        next = it->next;
        free(it->name);
        free(it->path);
        free(it);
    }
    free(segment->handles);
    free(segment->pinned.serial);
    free(segment->name);
    free(segment->path);
    free(segment);
}

void shoal__detach_locked(shoal_segment *segment)
{
    if (segment->opens || segment->holds)
        return;
    if (shoal__is_peer(segment))
        shoal__roster_leave(segment);
    for (shoal_segment **it = &segment->context->segments; *it; it = &(*it)->next)
        if (*it == segment) {
            *it = segment->next;
            break;
        }
    shoal__drop(segment);
}

void shoal__turn_finish(struct shoal_segment *segment, struct shoal_turn *turn)
{
    struct shoal_context *context = segment->context;
    if (!shoal__turn_stop(segment, turn))
        return;
    pthread_mutex_lock(&context->lock);
    segment->opens--;
    shoal__detach_locked(segment);
    pthread_mutex_unlock(&context->lock);
    if (context->language.end)
        context->language.end();
}
