/*
 * If a process attaches a file both for writing and readonly, or in two contexts, the file is mapped twice: then two
 * arrays may be the same memory at different addresses. The list of mappings is private to the process.
 */
#include "segment/mappings.h"

static pthread_mutex_t mappings_lock = PTHREAD_MUTEX_INITIALIZER; /* no other lock is taken while it is held */
static struct shoal_segment *mappings;

void shoal__mappings_lock(void)
{
    pthread_mutex_lock(&mappings_lock);
}

void shoal__mappings_unlock(void)
{
    pthread_mutex_unlock(&mappings_lock);
}

static bool same_file(const struct shoal_segment *a, const struct shoal_segment *b)
{
    return a->inode == b->inode && a->device == b->device;
}

/* For each other mapping of the same file: count one twin more, or less, there and in `segment`. */
static void count_twins_locked(struct shoal_segment *segment, int change)
{
    for (struct shoal_segment *it = mappings; it; it = it->next_mapped)
        if (it != segment && same_file(it, segment)) {
            store_relaxed(&it->twins, load_relaxed(&it->twins) + (uint32_t)change);
            store_relaxed(&segment->twins, load_relaxed(&segment->twins) + (uint32_t)change);
        }
}

void shoal__mapped(struct shoal_segment *segment)
{
    shoal__mappings_lock();
    count_twins_locked(segment, 1);
    segment->next_mapped = mappings;
    mappings = segment;
    shoal__mappings_unlock();
}

void shoal__unmapped(struct shoal_segment *segment)
{
    shoal__mappings_lock();
    for (struct shoal_segment **it = &mappings; *it; it = &(*it)->next_mapped)
        if (*it == segment) {
            *it = segment->next_mapped;
            count_twins_locked(segment, -1);
            break;
        }
    shoal__mappings_unlock();
}

static bool is_within(const struct shoal_segment *segment, uintptr_t first, uintptr_t end)
{
    uintptr_t base = (uintptr_t)segment->base;
    return first >= base && end - base <= segment->is.size;
}

int64_t shoal__mapping_distance(const struct shoal_segment *segment, uintptr_t first, uintptr_t end)
{
    int64_t distance = 0;
    if (load_relaxed(&segment->twins) == 0 || is_within(segment, first, end))
        return 0;
    shoal__mappings_lock();
    for (struct shoal_segment *it = mappings; it; it = it->next_mapped)
        if (it != segment && same_file(it, segment) && is_within(it, first, end) &&
            end - (uintptr_t)it->base <= segment->is.size) {
            distance = (int64_t)((uintptr_t)segment->base - (uintptr_t)it->base);
            break;
        }
    shoal__mappings_unlock();
    return distance;
}
