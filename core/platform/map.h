/* Mapping files into memory. */
#ifndef SHOAL_PLATFORM_MAP_H
#define SHOAL_PLATFORM_MAP_H

#include <stdbool.h>
#include <stdint.h>

/* Map the whole file. NULL: shoal__map_error() is the errno, ENOMEM also if the address space is too small. */
void *shoal__map(int fd, uint64_t size, bool readonly, bool private_copy);
int shoal__map_error(void);
void shoal__unmap(void *base, uint64_t size);
/* Replace a readonly mapping by one of the same bytes through `fd`, another description of the file. 0 or -errno. */
int shoal__map_over(void *base, uint64_t size, int fd);
void shoal__forbid(void *base, uint64_t size); /* keeps the range mapped, and makes every access a SIGSEGV */

#endif
