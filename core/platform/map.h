/* Files in memory. */
#ifndef SHOAL_PLATFORM_MAP_H
#define SHOAL_PLATFORM_MAP_H

#include <stdbool.h>
#include <stdint.h>

/* The whole of it, or NULL: errno is in shoal__map_error, ENOMEM too if an address can't say so much. */
void *shoal__map(int fd, uint64_t size, bool readonly, bool private_copy);
int shoal__map_error(void);
void shoal__unmap(void *base, uint64_t size);
/* The same bytes at the same place, readonly, through another description: of the one before nothing is left. 0 or -errno. */
int shoal__map_over(void *base, uint64_t size, int fd);
void shoal__forbid(void *base, uint64_t size); /* it stays where it is, and every touch is a SIGSEGV */

#endif
