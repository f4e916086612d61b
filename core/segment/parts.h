/*
 * What an object owns beside its body: big runs, and lists of blocks. The body of a kind with KIND_PARTS begins with a
 * parts_sh, which leads to them: docs/format.md, "Parts". With the structure's lock held.
 */
#ifndef SHOAL_SEGMENT_PARTS_H
#define SHOAL_SEGMENT_PARTS_H

#include "segment/segment.h"

/*
 * One part of the caller's change. The run, which is in our hands and wholly backed, becomes the object's; or it comes
 * into our hands again (then, after the commit: shoal__big_dispose). False: the object has no such run (damage).
 */
void shoal__part_give_locked(struct shoal_segment *segment, struct parts_sh *parts, uint32_t ref);
bool shoal__part_take_locked(struct shoal_segment *segment, struct parts_sh *parts, uint32_t ref);
/* Is a run of some object's list at `ref`, with room for `size` bytes? */
bool shoal__part_is_sound(const struct shoal_segment *segment, uint32_t ref, uint64_t size);

/* The heads of the object's lists, in a body of `capacity` bytes; *count: how many. NULL: it has none, or is damaged. */
struct list_sh *shoal__part_lists(const struct parts_sh *parts, uint64_t capacity, uint32_t *count);

/*
 * Free one part of the object whose body this is: one change, committed. 1: it is freed (a run is in our hands now, in
 * *big); 0: the object has no parts left; < 0: it is damaged.
 */
int shoal__part_free_locked(struct shoal_segment *segment, uint32_t body, uint32_t *big);

#endif
