/* When everybody is gone and all is removed nothing is left. */
#include "scenes.h"

#include <unistd.h>

#include "segment/segment.h"
#include "segment/table.h"

static int remove_each(void *argument, const char *name, size_t length, int kind)
{
    (void)argument, (void)kind;
    if (shoal_object_remove(target, name, length) < 0)
        violation("remove: %s", shoal_error_message());
    return 0;
}

/* Of the table, and of the one that it grows into; a block or a run is somewhat larger. */
static uint64_t bytes_of_tables(void)
{
    struct shoal_table table;
    if (!shoal__table_read(&table, target, load_relaxed(&shoal__header(target)->table)))
        return 0;
    uint64_t tables = load_relaxed(&table.at->grown) ? 2 : 1;
    uint64_t buckets = (tables == 2 ? 3 : 1) * (uint64_t)table.buckets;
    return tables * sizeof(struct table_sh) + buckets * sizeof(struct bucket_sh);
}

void judge_empty(void)
{
    shoal_info info;
    shoal_object_each(target, remove_each, NULL);
    for (int i = 0; i < 2 || (i < 1000 && info.removed); i++) { /* a child of a victim ends by itself */
        if (i >= 2)
            usleep(2000);
        must(shoal_segment_info(&info, target), "info");
    }
    uint64_t bytes = bytes_of_tables();
    if (info.used > bytes + bytes / 4 + 64 || info.removed || info.objects)
        violation(
            "after everything was removed: %llu bytes are used, of them %llu by the table; %u removed, %llu objects",
            (unsigned long long)info.used, (unsigned long long)bytes, info.removed, (unsigned long long)info.objects);
    int findings = shoal_check(target, finding, "empty");
    if (findings < 0)
        violation("check, empty: %s", shoal_error_message());
}
