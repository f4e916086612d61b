/* What the files of Channel share. */
#ifndef SHOAL_OBJECTS_CHANNEL_H
#define SHOAL_OBJECTS_CHANNEL_H

#include "objects/objects.h"
#include "store/frames.h"

/* False: its constants contradict each other, or its block. */
bool shoal__channel_frames(struct shoal_frames *out, const shoal_object *object);
int shoal__channel_damaged(const shoal_object *object); /* SHOAL_ECORRUPT, with a sentence */

#endif
