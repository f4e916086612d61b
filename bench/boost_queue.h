/* Boost's message_queue for messages.c. Without its headers (-DWITHOUT_BOOST) these do nothing. */
#ifndef BOOST_QUEUE_H
#define BOOST_QUEUE_H

#include <stddef.h>

#ifdef WITHOUT_BOOST
#define BOOST_QUEUE 0
#else
#define BOOST_QUEUE 1
#endif

#ifdef __cplusplus
extern "C" {
#endif
#ifdef WITHOUT_BOOST
static inline void boost_queue_begin(size_t messages, size_t size)
{
    (void)messages, (void)size;
}
static inline void boost_queue_put(const void *bytes, size_t size)
{
    (void)bytes, (void)size;
}
static inline void boost_queue_get(void *out)
{
    (void)out;
}
static inline void boost_queue_end(void)
{
}
#else
void boost_queue_begin(size_t messages, size_t size); /* messages of up to that size */
void boost_queue_put(const void *bytes, size_t size);
void boost_queue_get(void *out);
void boost_queue_end(void);
#endif
#ifdef __cplusplus
}
#endif

#endif
