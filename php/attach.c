/*
 * The segments this thread has attached.
 *
 * Nothing is attached before a script asks for it: MINIT runs in the FPM master, often as root. An attach costs a
 * slot in the segment's roster and some system calls, so a worker that serves many requests keeps what it opened by
 * name, up to a limit and until the segment is unlinked. Scripts that are the only request of their process (the
 * command line) and segments that should go with their last user keep nothing.
 */
#include "attach.h"

#include <sys/stat.h>

#include "SAPI.h"
#include "context.h"
#include "exceptions.h"

#define KEPT_AT_MOST 64

static bool one_request_only(void)
{
    return strcmp(sapi_module.name, "cli") == 0 || strcmp(sapi_module.name, "phpdbg") == 0 ||
           strcmp(sapi_module.name, "embed") == 0;
}

static bool worth_keeping(shoal_segment *segment, const char *path)
{
    if (one_request_only() || *path == '\0') {
        return false;
    }
    shoal_info info;
    return shoal_segment_info(&info, segment) >= 0 && info.lifetime == SHOAL_PERSISTENT;
}

/* Each name that a segment was opened by has its own: unlink takes that away. */
static shoal_attachment *find(shoal_segment *segment, const char *name, const char *path, int64_t owner)
{
    for (shoal_attachment *each = SHOAL_G(attachments); each; each = each->next) {
        if (each->segment == segment && each->owner == owner && strcmp(each->name, name) == 0 &&
            strcmp(each->path, path) == 0) {
            return each;
        }
    }
    return NULL;
}

static void set_names(shoal_attachment *attachment, const char *name, const char *path)
{
    size_t length = strlen(name) + 1;
    attachment->name = pemalloc(length + strlen(path) + 1, true);
    attachment->path = attachment->name + length;
    strcpy(attachment->name, name);
    strcpy(attachment->path, path);
}

/* Takes over one open of `segment`; returns a new reference. */
static shoal_attachment *adopt(shoal_segment *segment, const char *name, const char *path, int64_t owner)
{
    shoal_attachment *attachment = find(segment, name, path, owner);
    if (attachment) {
        shoal_close(segment); /* one open an attachment is enough */
        return php_shoal_attachment_retain(attachment);
    }
    php_shoal_attachments_sweep();
    attachment = pecalloc(1, sizeof *attachment, true);
    attachment->segment = segment;
    set_names(attachment, name, path);
    attachment->owner = owner;
    attachment->kept = worth_keeping(segment, path);
    attachment->references = attachment->kept ? 2 : 1;
    attachment->next = SHOAL_G(attachments);
    SHOAL_G(attachments) = attachment;
    return attachment;
}

shoal_attachment *php_shoal_attach(shoal_opener opener, const char *name, const shoal_options *options)
{
    shoal_context *context = php_shoal_context();
    if (!context) {
        return NULL;
    }
    shoal_segment *segment;
    char *path = NULL;
    int status = opener(&segment, context, name, options);
    if (status >= 0 && name) {
        status = shoal_resolve(&path, context, name);
        if (status < 0) {
            shoal_close(segment);
        }
    }
    if (status < 0) {
        php_shoal_raise(status);
        return NULL;
    }
    shoal_attachment *attachment = adopt(segment, name ? name : "", path ? path : "", options->owner);
    free(path);
    return attachment;
}

shoal_attachment *php_shoal_attach_fd(int fd, const shoal_options *options)
{
    shoal_context *context = php_shoal_context();
    if (!context) {
        return NULL;
    }
    char name[24];
    shoal_segment *segment;
    int status = shoal_open_fd(&segment, context, fd, options);
    if (status < 0) {
        php_shoal_raise(status);
        return NULL;
    }
    snprintf(name, sizeof name, "fd:%d", fd);
    return adopt(segment, name, "", options->owner);
}

shoal_attachment *php_shoal_attachment_retain(shoal_attachment *attachment)
{
    attachment->references++;
    return attachment;
}

/* `first`: the list of its thread. */
static void release_from(shoal_attachment **first, shoal_attachment *attachment)
{
    if (--attachment->references > 0) {
        return;
    }
    for (shoal_attachment **at = first; *at; at = &(*at)->next) {
        if (*at == attachment) {
            *at = attachment->next;
            break;
        }
    }
    if (php_shoal_context_exists()) { /* else the context went first, and its segments with it */
        shoal_close(attachment->segment);
    }
    pefree(attachment->name, true);
    pefree(attachment, true);
}

void php_shoal_attachment_release(shoal_attachment *attachment)
{
    if (attachment) {
        release_from(&SHOAL_G(attachments), attachment);
    }
}

static void let_go(shoal_attachment **first, shoal_attachment *attachment)
{
    attachment->kept = false;
    release_from(first, attachment);
}

static bool unlinked(const shoal_attachment *attachment)
{
    struct stat facts;
    return fstat(shoal_segment_fd(attachment->segment), &facts) == 0 && facts.st_nlink == 0;
}

void php_shoal_attachments_sweep(void)
{
    unsigned kept = 0;
    for (shoal_attachment *next, *each = SHOAL_G(attachments); each; each = next) {
        next = each->next;
        if (each->kept && (++kept > KEPT_AT_MOST || unlinked(each))) {
            let_go(&SHOAL_G(attachments), each);
        }
    }
}

void php_shoal_attachments_drop_from(shoal_attachment **first)
{
    for (shoal_attachment *next, *each = *first; each; each = next) {
        next = each->next;
        if (each->kept) {
            let_go(first, each);
        }
    }
}

void php_shoal_attachments_drop(void)
{
    php_shoal_attachments_drop_from(&SHOAL_G(attachments));
}
