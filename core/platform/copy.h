/* Copying a number of bytes that is mostly small, and known at run time. */
#ifndef SHOAL_PLATFORM_COPY_H
#define SHOAL_PLATFORM_COPY_H

#include <string.h>

/*
 * Where gcc knows that a size has a bound, it makes of memcpy a string instruction (rep movsq), which takes ten times as
 * long for 64 bytes as the C library's copy. So it must not know.
 */
static inline void shoal__copy(void *to, const void *from, size_t size)
{
    __asm__("" : "+r"(size));
    memcpy(to, from, size);
}

#endif
