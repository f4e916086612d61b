/* The segments this thread has attached. */
#ifndef PHP_SHOAL_ATTACH_H
#define PHP_SHOAL_ATTACH_H

#include "php_shoal.h"

/*
 * One of them. Every Segment, and every object of the request that is of one, holds a reference; a kept one has one more, so that
 * the next request of this worker finds it attached.
 */
typedef struct shoal_attachment {
    struct shoal_attachment *next;
    shoal_segment *segment;
    char *name, *path; /* it was opened by; "" when anonymous, the path also of a descriptor. One block */
    int64_t owner;     /* the owner it was opened with: for __serialize */
    uint32_t references;
    bool kept;
} shoal_attachment;

/* shoal_create, shoal_open or shoal_open_or_create. */
typedef int (*shoal_opener)(shoal_segment **, shoal_context *, const char *, const shoal_options *);

/* A new reference, or NULL and an exception. */
shoal_attachment *php_shoal_attach(shoal_opener opener, const char *name, const shoal_options *options);
shoal_attachment *php_shoal_attach_fd(int fd, const shoal_options *options);
shoal_attachment *php_shoal_attachment_retain(shoal_attachment *attachment);
void php_shoal_attachment_release(shoal_attachment *attachment); /* NULL is allowed */
void php_shoal_attachments_sweep(void);                          /* let go of what was unlinked, or is too much */
void php_shoal_attachments_drop(void);                           /* all that are only kept */
void php_shoal_attachments_drop_from(shoal_attachment **first);  /* the same, of another thread that is over */

#endif
