/* The segment: attaching, leaving, looking at it, copying it. */
#include "scenes.h"

#include "segment/layout.h"

char directory[64];
shoal_context *context;
shoal_segment *target;
bool no_tmpfile;

shoal_context *new_context(void)
{
    shoal_context *it = shoal_context_new();
    must(it ? shoal_context_set_directory(it, directory) : SHOAL_ENOMEM, "context");
    return it;
}

bool is_structure_lock(const void *word)
{
    uintptr_t page = (uintptr_t)word & ~(uintptr_t)4095;
    return (uintptr_t)word - page == offsetof(struct header_sh, lock) &&
           memcmp((const void *)page, SHOAL_MAGIC_BYTES, 8) == 0;
}

int act_nothing(void)
{
    return 1;
}
int act_attach(void)
{
    return must(shoal_open(&target, context, "target", NULL), "open");
}
int act_detach(void)
{
    close_all();
    shoal_close(target);
    return 1;
}
int take_info(void)
{
    shoal_info info;
    return must(shoal_segment_info(&info, target), "info");
}
/* Whoever else stands still, or died, in the midst of a change. */
int act_check(void)
{
    shoal_text *findings;
    size_t count;
    must(shoal_check_findings(&findings, &count, target), "check");
    must(count == 0 ? SHOAL_OK : SHOAL_ECORRUPT, "check");
    shoal_list_free(findings);
    return 0; /* it stores nothing */
}
int without_tmpfile(void)
{
    no_tmpfile = true;
    return 1;
}

int back_up_to(const char *name, bool overwrite)
{
    char path[128];
    snprintf(path, sizeof path, "%s/shoal.%s", directory, name);
    return must(shoal_segment_backup(target, path, overwrite), "backup");
}
