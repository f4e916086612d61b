/* Event. Part of shoal.h. shoal_object_describe gives set. */
#ifndef SHOAL_EVENT_H
#define SHOAL_EVENT_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

SHOAL_API int shoal_event_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length);
SHOAL_API int shoal_event_set(shoal_object *event);
SHOAL_API int shoal_event_clear(shoal_object *event);
SHOAL_API bool shoal_event_is_set(const shoal_object *event);
/*
 * Wait until the event is set, or was set meanwhile (and perhaps cleared again): SHOAL_OK, SHOAL_ETIMEDOUT,
 * SHOAL_EINTR. Works through a readonly attach, too: no process sees such a waiter and wakes it, so it polls, first
 * after 1 ms and then in intervals that grow by a quarter up to 100 ms, and double from there up to 2 s.
 */
SHOAL_API int shoal_event_wait(const shoal_object *event, shoal_time deadline);

#endif
