/* A server of one page, for shoal metrics --listen. */
#ifndef CLI_LISTEN_H
#define CLI_LISTEN_H

#include <stddef.h>

/* Makes the page: malloc'd text, or NULL. It is called for each request, one after the other. */
typedef char *listen_page(size_t *size);
/* "HOST:PORT", "[::1]:PORT" or ":PORT" (of this host only). Serves /metrics until a signal; returns an enum outcome. */
int listen_at(const char *address, listen_page *page);

#endif
