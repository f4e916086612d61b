/* What shoal_object_each, shoal_check and shoal_segment_each_lock pass one by one, as lists that the caller owns. */
#include <stdlib.h>
#include <string.h>

#include "shoal.h"
#include "value/status.h"

/* `items`, perhaps moved, with room for `wanted` items of `size` bytes. NULL: no memory, and `items` is as it was. */
static void *grown(void *items, size_t *room, size_t wanted, size_t size)
{
    if (wanted <= *room)
        return items;
    size_t more = 2 * wanted + 16;
    void *moved = realloc(items, more * size);
    if (moved)
        *room = more;
    return moved;
}

/* ---- Names and findings ---- */

struct texts {
    shoal_text *items;
    char *bytes; /* the texts one after the other, each with a NUL */
    size_t count, room, used, bytes_room;
    bool failed;
};

static int note(void *argument, const char *text, size_t length, int kind)
{
    struct texts *texts = argument;
    shoal_text *items = grown(texts->items, &texts->room, texts->count + 1, sizeof *items);
    texts->items = items ? items : texts->items;
    char *bytes = grown(texts->bytes, &texts->bytes_room, texts->used + length + 1, 1);
    texts->bytes = bytes ? bytes : texts->bytes;
    texts->failed |= !items || !bytes;
    if (texts->failed)
        return shoal__fail_plainly(SHOAL_ENOMEM);
    items[texts->count++] = (shoal_text){NULL, length, kind};
    memcpy(bytes + texts->used, text, length + 1);
    texts->used += length + 1;
    return SHOAL_OK;
}

static void note_finding(void *argument, const char *finding)
{
    note(argument, finding, strlen(finding), SHOAL_KIND_NONE);
}

/* Joins all in one block: the items, then what they point to. NULL: no memory. */
static shoal_text *joined(struct texts *texts)
{
    shoal_text *items = realloc(texts->items, texts->count * sizeof *items + texts->used);
    if (!items)
        return NULL;
    texts->items = NULL;
    char *text = memcpy(items + texts->count, texts->bytes, texts->used);
    for (size_t i = 0; i < texts->count; i++) {
        items[i].text = text;
        text += items[i].length + 1;
    }
    return items;
}

static int give(shoal_text **out, size_t *count, struct texts *texts, int status)
{
    *out = status >= 0 && texts->count > 0 && !texts->failed ? joined(texts) : NULL;
    if (status >= 0 && !*out && texts->count > 0)
        status = shoal__fail_plainly(SHOAL_ENOMEM);
    *count = status < 0 ? 0 : texts->count;
    free(texts->items);
    free(texts->bytes);
    return status < 0 ? status : SHOAL_OK;
}

int shoal_object_names(shoal_text **out, size_t *count, shoal_segment *segment)
{
    struct texts texts = {0};
    return give(out, count, &texts, shoal_object_each(segment, note, &texts));
}

int shoal_check_findings(shoal_text **out, size_t *count, shoal_segment *segment)
{
    struct texts texts = {0};
    return give(out, count, &texts, shoal_check(segment, note_finding, &texts));
}

/* ---- Locks ---- */

struct locks {
    shoal_object **items;
    size_t count, room;
};

static int note_lock(void *argument, shoal_object *lock)
{
    struct locks *locks = argument;
    shoal_object **items = grown(locks->items, &locks->room, locks->count + 1, sizeof *items);
    if (!items)
        return shoal__fail_plainly(SHOAL_ENOMEM);
    locks->items = items;
    items[locks->count++] = shoal_object_retain(lock);
    return SHOAL_OK;
}

int shoal_segment_locks(shoal_object ***out, size_t *count, shoal_segment *segment)
{
    struct locks locks = {0};
    int status = shoal_segment_each_lock(segment, note_lock, &locks);
    while (status < 0 && locks.count > 0)
        shoal_object_close(locks.items[--locks.count]);
    if (locks.count == 0) {
        free(locks.items);
        locks.items = NULL;
    }
    *out = locks.items;
    *count = locks.count;
    return status;
}
