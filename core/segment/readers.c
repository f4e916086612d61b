/*
 * The pins of readers: implements docs/recovery.md, "Pins". The serials in `pinned` are sorted. Neighbours that are at
 * most `reach` apart are locked as one range, with the serials between them: with a reach of 1 nothing else is locked.
 */
#include "segment/readers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RANGES 64u /* the most that a reader has: with more, ranges are joined until half of this are left */

static uint32_t place_of(const struct shoal_pinned *pinned, uint32_t serial)
{
    uint32_t low = 0, high = pinned->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (pinned->serial[middle] < serial)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct shoal_pinned *pinned, uint32_t place, uint32_t serial)
{
    return place < pinned->count && pinned->serial[place] == serial;
}

/*
 * A serial between its two neighbours in the list. `near_before`, `near_after`: that neighbour is in one range with the
 * serial. `bridged`: the neighbours are in one range with each other, also without the serial.
 */
struct spot {
    uint32_t from, to;
    bool near_before, near_after, bridged;
};

static struct spot spot_of(const struct shoal_pinned *pinned, uint32_t serial, uint32_t place, uint32_t after)
{
    uint32_t before = place ? pinned->serial[place - 1] : 0, next = after < pinned->count ? pinned->serial[after] : 0;
    struct spot spot = {serial, serial, place && serial - before <= pinned->reach,
                        after < pinned->count && next - serial <= pinned->reach, false};
    spot.bridged = place && after < pinned->count && next - before <= pinned->reach;
    spot.from = spot.near_before ? before : serial;
    spot.to = spot.near_after ? next : serial;
    return spot;
}

static bool make_room(struct shoal_pinned *pinned)
{
    if (pinned->count < pinned->room)
        return true;
    uint32_t room = pinned->room ? 2 * pinned->room : 64;
    uint32_t *serial = realloc(pinned->serial, room * sizeof *serial);
    if (!serial)
        return false;
    pinned->serial = serial;
    pinned->room = room;
    return true;
}

static uint32_t end_of_range(const struct shoal_pinned *pinned, uint32_t first)
{
    uint32_t end = first + 1;
    while (end < pinned->count && pinned->serial[end] - pinned->serial[end - 1] <= pinned->reach)
        end++;
    return end;
}

static uint32_t count_ranges(const struct shoal_pinned *pinned)
{
    uint32_t count = 0;
    for (uint32_t first = 0; first < pinned->count; first = end_of_range(pinned, first))
        count++;
    return count;
}

/*
 * Double the reach until few ranges are left, and lock each as a whole. A lock that is refused here does no harm: the
 * pinned serials, which alone must be locked, are locked already.
 */
static void join_ranges(const struct shoal_segment *segment, struct shoal_pinned *pinned)
{
    do
        pinned->reach = pinned->reach < 1u << 31 ? 2 * pinned->reach : UINT32_MAX;
    while ((pinned->ranges = count_ranges(pinned)) > RANGES / 2);
    for (uint32_t first = 0, end; first < pinned->count; first = end) {
        end = end_of_range(pinned, first);
        shoal__readers_lock(segment->fd, pinned->serial[first], pinned->serial[end - 1], true);
    }
}

int shoal__reader_pin(struct shoal_segment *segment, uint32_t serial)
{
    struct shoal_pinned *pinned = &segment->pinned;
    uint32_t place = place_of(pinned, serial);
    bool has_it = is_at(pinned, place, serial);
    if (pinned->count == 0)
        pinned->reach = 1;
    if (!has_it && !make_room(pinned))
        return -ENOMEM;
    struct spot spot = spot_of(pinned, serial, place, place + has_it);
    int error = shoal__readers_lock(segment->fd, spot.from, spot.to, true);
    if (error || has_it)
        return error;
    memmove(pinned->serial + place + 1, pinned->serial + place, (pinned->count - place) * sizeof *pinned->serial);
    pinned->serial[place] = serial;
    pinned->count++;
    pinned->ranges += 1u + spot.bridged - spot.near_before - spot.near_after;
    if (pinned->ranges > RANGES)
        join_ranges(segment, pinned);
    return 0;
}

/*
 * A serial inside a joined range stays locked, until its neighbours there are unpinned: so long the memory of its
 * object is not freed, if the object was removed.
 */
void shoal__reader_unpin(struct shoal_segment *segment, uint32_t serial)
{
    struct shoal_pinned *pinned = &segment->pinned;
    uint32_t place = place_of(pinned, serial);
    if (!is_at(pinned, place, serial))
        return;
    struct spot spot = spot_of(pinned, serial, place, place + 1);
    pinned->count--;
    memmove(pinned->serial + place, pinned->serial + place + 1, (pinned->count - place) * sizeof *pinned->serial);
    pinned->ranges -= 1u + spot.bridged - spot.near_before - spot.near_after;
    if (!spot.bridged)
        shoal__readers_lock(segment->fd, spot.from + spot.near_before, spot.to - spot.near_after, false);
}

bool shoal__reader_pinned(const struct shoal_segment *segment, uint32_t serial)
{
    return is_at(&segment->pinned, place_of(&segment->pinned, serial), serial);
}

static int lock_each(int fd, const struct shoal_pinned *pinned, uint32_t first, uint32_t end)
{
    int error = 0;
    for (uint32_t i = first; i < end && !error; i++)
        error = shoal__readers_lock(fd, pinned->serial[i], pinned->serial[i], true);
    return error;
}

int shoal__reader_pin_for_child(const struct shoal_segment *segment, int fd)
{
    int error = 0;
    const struct shoal_pinned *pinned = &segment->pinned;
    for (uint32_t first = 0, end; first < pinned->count && !error; first = end) {
        end = end_of_range(pinned, first);
        if (shoal__readers_lock(fd, pinned->serial[first], pinned->serial[end - 1], true) != 0)
            error = lock_each(fd, pinned, first, end); /* refused: another process has a lock of a serial in between */
    }
    return error;
}

void shoal__reader_begin_anew(struct shoal_segment *segment)
{
    segment->pinned.count = 0;
    segment->pinned.ranges = 0;
    store_relaxed(&segment->noting, 0);
}
