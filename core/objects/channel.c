/* Channel: frames in a few slots, as a named object. The protocol is in store/frames.c. */
#include "objects/channel.h"

#include <stdio.h>
#include <string.h>

#include "platform/point.h"
#include "platform/process.h"
#include "segment/waiting.h"
#include "sync/eventcount.h"
#include "value/status.h"

/* ---- Opening ---- */

struct plan {
    shoal_view view; /* dtype.number 0: of bytes */
    uint64_t bytes, stride;
    uint32_t slots, history, cells;
};

void shoal_channel_options_init(shoal_channel_options *options)
{
    memset(options, 0, sizeof *options);
}

static void fill(void *body, const void *argument)
{
    const struct plan *plan = argument;
    struct channel_sh *channel = body;
    channel->dtype = plan->view.dtype.number;
    channel->itemsize = plan->view.dtype.itemsize;
    channel->ndim = plan->view.ndim;
    channel->slots = plan->slots;
    channel->history = plan->history;
    channel->cells = plan->cells;
    channel->bytes = plan->bytes;
    channel->stride = plan->stride;
    channel->data = shoal__frames_data(plan->cells);
    memcpy(channel->shape, plan->view.shape, plan->view.ndim * sizeof *channel->shape);
}

static int impossible(const char *name, const shoal_channel_options *options)
{
    if (options->slots && (options->slots < 3 || options->slots > SHOAL_CHANNEL_SLOTS))
        return shoal__fail(SHOAL_EVALUE, "channel \"%s\": slots must be 3 to %u, and %u were asked for", name,
                           SHOAL_CHANNEL_SLOTS, options->slots);
    uint32_t slots = options->slots ? options->slots : 8;
    if (options->history > SHOAL_CHANNEL_HISTORY || options->history >= slots)
        return shoal__fail(
            SHOAL_EVALUE,
            "channel \"%s\": a history of %u was asked for; it may be %u at most, and less than its %u slots", name,
            options->history, SHOAL_CHANNEL_HISTORY, slots);
    if (options->dtype.number && options->bytes)
        return shoal__fail(SHOAL_EVALUE, "channel \"%s\": frames have a shape, or a number of bytes, not both", name);
    return SHOAL_OK;
}

/* What the options ask for; `bytes` 0: whatever is there. */
static int plan_of(struct plan *plan, const char *name, const shoal_segment *segment,
                   const shoal_channel_options *options)
{
    int status = impossible(name, options);
    memset(plan, 0, sizeof *plan);
    plan->bytes = options->bytes;
    if (status == SHOAL_OK && options->dtype.number)
        status = shoal_view_init(&plan->view, &plan->bytes, options->dtype, options->ndim, options->shape);
    if (status == SHOAL_OK && plan->bytes > (uint64_t)1 << 47)
        status = shoal__fail(SHOAL_EVALUE, "channel \"%s\": frames of %llu bytes are too large", name,
                             (unsigned long long)plan->bytes);
    plan->slots = options->slots ? options->slots : 8;
    plan->history = options->history ? options->history : 1;
    plan->cells = (segment->is.slots + FRAMES_LINES - 1) / FRAMES_LINES;
    plan->stride = plan->bytes < 64 ? 64 : (plan->bytes + 63) / 64 * 64;
    return status;
}

static void show(char *out, size_t size, const shoal_channel_facts *facts)
{
    char name[16];
    if (!facts->frame.dtype.number) {
        snprintf(out, size, "frames of up to %llu bytes, %u slots, a history of %u", (unsigned long long)facts->bytes,
                 facts->slots, facts->history);
        return;
    }
    size_t used = (size_t)snprintf(out, size, "%s (", shoal_dtype_name(facts->frame.dtype, name));
    for (uint32_t i = 0; i < facts->frame.ndim && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, i ? ", %lld" : "%lld", (long long)facts->frame.shape[i]);
    if (used < size)
        snprintf(out + used, size - used, "), %u slots, a history of %u", facts->slots, facts->history);
}

static bool same(const shoal_channel_facts *have, const struct plan *plan, const shoal_channel_options *options)
{
    const shoal_view *a = &have->frame, *b = &plan->view;
    bool sizes = have->bytes == plan->bytes && a->dtype.number == b->dtype.number &&
                 a->dtype.itemsize == b->dtype.itemsize && a->ndim == b->ndim &&
                 memcmp(a->shape, b->shape, b->ndim * sizeof *b->shape) == 0;
    return ((!options->dtype.number && !options->bytes) || sizes) &&
           (!options->slots || options->slots == have->slots) &&
           (!options->history || options->history == have->history);
}

static int compare(shoal_object *object, const struct plan *plan, const shoal_channel_options *options)
{
    char is[300], asked[300];
    shoal_channel_facts have, want = {plan->view, plan->bytes, plan->slots, plan->history};
    int status = shoal_channel_facts_of(&have, object);
    if (status < 0 || same(&have, plan, options))
        return status;
    show(is, sizeof is, &have);
    show(asked, sizeof asked, &want);
    return shoal__fail(SHOAL_EMISMATCH, "channel \"%s\" in segment \"%s\" has %s, and %s were asked for", object->name,
                       object->segment->name, is, asked);
}

int shoal_channel_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                       const shoal_channel_options *options)
{
    static const shoal_channel_options nothing;
    struct plan plan;
    options = options ? options : &nothing;
    *out = NULL;
    int status = plan_of(&plan, name, segment, options);
    if (status < 0)
        return status;
    bool as_it_is = !options->dtype.number && !options->bytes;
    uint64_t size = shoal__frames_data(plan.cells) + plan.slots * plan.stride;
    struct shoal_recipe recipe = {SHOAL_KIND_CHANNEL, size, fill, &plan};
    status = as_it_is ? shoal__handle_open_only(out, segment, name, length, SHOAL_KIND_CHANNEL)
                      : shoal__handle_make(out, segment, name, length, &recipe);
    if (status == SHOAL_OK)
        status = compare(*out, &plan, options);
    if (status < 0) {
        shoal_object_close(*out);
        *out = NULL;
    }
    return status;
}

/* ---- What is believed of a body ---- */

int shoal__channel_damaged(const shoal_object *object)
{
    return shoal__unless_damaged(
        object->segment, shoal__fail(SHOAL_ECORRUPT, "the header of channel \"%s\" in segment \"%s\" is damaged",
                                     object->name, object->segment->name));
}

static inline uint64_t once(const uint64_t *word)
{
    return *(const volatile uint64_t *)word;
}

static inline bool are_possible(const struct shoal_frames *it, uint64_t data, uint64_t capacity)
{
    return it->slots - 3 <= SHOAL_CHANNEL_SLOTS - 3 && it->history - 1 < SHOAL_CHANNEL_HISTORY &&
           it->history < it->slots && data == shoal__frames_data(it->cells) && data <= capacity &&
           it->stride % 64 == 0 && it->stride >= 64 && it->bytes <= it->stride && it->stride <= capacity &&
           it->stride * it->slots <= capacity - data;
}

/* Each word is read once, since others may change it. */
static inline bool read_frames(struct shoal_frames *out, const shoal_segment *segment, const struct channel_sh *channel,
                               uint64_t capacity)
{
    if (capacity < sizeof *channel)
        return false;
    uint64_t data = once(&channel->data);
    *out = (struct shoal_frames){.channel = (struct channel_sh *)channel,
                                 .data = (unsigned char *)channel + (data <= capacity ? data : 0),
                                 .stride = once(&channel->stride),
                                 .bytes = once(&channel->bytes),
                                 .slots = shoal__once(&channel->slots),
                                 .history = shoal__once(&channel->history),
                                 .cells = shoal__once(&channel->cells)};
    return out->cells == (segment->is.slots + FRAMES_LINES - 1) / FRAMES_LINES && are_possible(out, data, capacity);
}

bool shoal__channel_frames(struct shoal_frames *out, const shoal_object *object)
{
    return read_frames(out, object->segment, object->body, object->capacity);
}

static bool read_view(shoal_view *out, const struct channel_sh *channel)
{
    uint64_t nbytes;
    int64_t shape[SHOAL_MAX_DIMS];
    shoal_dtype dtype = {shoal__once(&channel->dtype), shoal__once(&channel->itemsize)};
    uint32_t ndim = shoal__once(&channel->ndim);
    uint64_t bytes = *(const volatile uint64_t *)&channel->bytes;
    memset(out, 0, sizeof *out);
    if (!dtype.number)
        return bytes > 0 && ndim == 0;
    if (ndim > SHOAL_MAX_DIMS)
        return false;
    memcpy(shape, channel->shape, ndim * sizeof *shape);
    program_order();
    return shoal_view_init(out, &nbytes, dtype, ndim, shape) == SHOAL_OK && nbytes == bytes;
}

int shoal_channel_facts_of(shoal_channel_facts *out, const shoal_object *object)
{
    struct shoal_frames frames;
    int status = shoal__may_look(object, SHOAL_KIND_CHANNEL);
    if (status < 0)
        return status;
    if (!shoal__channel_frames(&frames, object) || !read_view(&out->frame, object->body))
        return shoal__channel_damaged(object);
    out->bytes = frames.bytes;
    out->slots = frames.slots;
    out->history = frames.history;
    return shoal__unless_damaged(object->segment, SHOAL_OK);
}

static uint64_t word(const shoal_object *object, size_t at)
{
    if (shoal__may_look(object, SHOAL_KIND_CHANNEL) < 0)
        return 0;
    uint32_t value = load_acquire((const shoal_word *)((const unsigned char *)object->body + at));
    return shoal__unless_damaged(object->segment, SHOAL_OK) < 0 ? 0 : value;
}

uint64_t shoal_channel_newest(const shoal_object *channel)
{
    return word(channel, offsetof(struct channel_sh, newest));
}

uint64_t shoal_channel_dropped(const shoal_object *channel)
{
    return word(channel, offsetof(struct channel_sh, dropped));
}

/* ---- Waiting ---- */

static int attempt(struct shoal__wait *wait)
{
    struct channel_sh *channel = wait->object->body;
    uint32_t newer_than = (uint32_t)wait->argument;
    bool tell = !wait->object->segment->readonly && !(wait->flags & WAIT_LOOK_ONCE);
    uint32_t newest = load_sequential(&channel->newest);
    if (shoal__frames_has_newer(channel, newer_than))
        return SHOAL_OK;
    wait->word = (const uint32_t *)(tell ? &channel->frames : &channel->newest);
    wait->expected = tell ? shoal__eventcount_prepare(&channel->frames) : newest;
    SHOAL_POINT("frame: sleeper marked");
    return shoal__frames_has_newer(channel, newer_than) ? SHOAL_OK : SHOAL_PENDING;
}

static int give_up(struct shoal__wait *wait, bool time_is_up)
{
    (void)wait, (void)time_is_up; /* a mark without a waiter costs one wake-up that wakes nobody */
    return SHOAL_ETIMEDOUT;
}

static const struct shoal_waits waits[] = {
    {.operation = SHOAL_WAIT_FRAME, .readonly = true, .attempt = attempt, .give_up = give_up},
    {0},
};

int shoal_channel_wait(const shoal_object *object, uint64_t newer_than, shoal_time deadline)
{
    int status = shoal__may_look(object, SHOAL_KIND_CHANNEL);
    if (status == SHOAL_OK && shoal__frames_has_newer(object->body, (uint32_t)newer_than))
        return shoal__unless_damaged(object->segment, SHOAL_OK);
    if (status < 0)
        return status;
    return shoal__wait_for((shoal_object *)object, SHOAL_WAIT_FRAME, 0, (int64_t)newer_than, deadline);
}

/* ---- The row ---- */

static const char *check(const shoal_segment *segment, const void *body, uint64_t capacity)
{
    shoal_view view;
    struct shoal_frames frames;
    if (!read_frames(&frames, segment, body, capacity))
        return "its slots, their size or its cells are impossible";
    return read_view(&view, body) ? NULL : "its dtype, shape or size is impossible";
}

static void forget_slot(void *body, uint32_t slot)
{
    shoal__frames_forget(body, slot);
}

/* Drop what this process writes: all, or what that thread writes. */
static bool abandon(shoal_object *object, uint64_t thread)
{
    struct shoal_frames frames;
    bool any = false;
    if (!shoal__is_peer(object->segment) || !shoal__channel_frames(&frames, object))
        return false;
    const struct shoal_party *party = &object->segment->party;
    for (uint32_t i = 0; i < frames.slots; i++)
        if (shoal__frames_is_filling(&frames, party, i) &&
            (!thread || frames.channel->slot[i].thread == (uint32_t)thread)) {
            shoal__frames_drop(&frames, party, i);
            any = true;
        }
    return any;
}

/* The handle is closed: nothing of it can be unpinned any more. */
static void quit(shoal_object *object)
{
    struct shoal_frames frames;
    abandon(object, 0);
    if (!shoal__channel_frames(&frames, object))
        return;
    for (uint32_t i = 0; i < frames.slots; i++)
        if (atomic_load(&object->shares[i]))
            shoal__frames_unpin(&frames, object->segment->party.me, i);
}

static void list_pids(shoal_writer *out, const shoal_object *object, const struct shoal_frames *frames, bool pins)
{
    shoal_owner owner;
    struct shoal__parts pids;
    uint32_t at = 0, slots, who;
    shoal__parts_init(&pids);
    if (pins)
        while ((who = shoal__frames_pinner(frames, object->segment, &at, &slots))) {
            shoal__describe(&owner, object->segment, who);
            shoal_write_int(shoal__part(&pids), owner.pid);
        }
    else
        for (; at < frames->slots; at++)
            if ((who = load_relaxed(&frames->channel->slot[at].owner))) {
                shoal__describe(&owner, object->segment, who);
                shoal_write_int(shoal__part(&pids), owner.pid);
            }
    shoal__parts_end_array(&pids, out);
}

static int describe(struct shoal__parts *map, const shoal_object *object)
{
    char name[16];
    shoal_channel_facts facts;
    struct shoal_frames frames;
    int status = shoal_channel_facts_of(&facts, object);
    if (status < 0)
        return status;
    if (!shoal__channel_frames(&frames, object))
        return shoal__channel_damaged(object);
    if (facts.frame.dtype.number)
        shoal__write_text(shoal__part_of(map, "dtype"), shoal_dtype_name(facts.frame.dtype, name));
    else
        shoal_write_nil(shoal__part_of(map, "dtype"));
    shoal_write_array(shoal__part_of(map, "shape"), facts.frame.ndim);
    for (uint32_t i = 0; i < facts.frame.ndim; i++)
        shoal_write_int(&map->writer, facts.frame.shape[i]);
    shoal_write_uint(shoal__part_of(map, "bytes"), facts.bytes);
    shoal_write_uint(shoal__part_of(map, "slots"), facts.slots);
    shoal_write_uint(shoal__part_of(map, "history"), facts.history);
    shoal_write_uint(shoal__part_of(map, "newest"), shoal_channel_newest(object));
    shoal_write_uint(shoal__part_of(map, "dropped"), shoal_channel_dropped(object));
    list_pids(shoal__part_of(map, "writing"), object, &frames, false);
    list_pids(shoal__part_of(map, "pinned"), object, &frames, true);
    return SHOAL_OK;
}

/* The newest frame goes along; its number begins anew. */
static int copy_newest(shoal_object *to, const shoal_object *from)
{
    shoal_slot slot;
    size_t size;
    uint64_t number, time;
    int status = shoal_slot_begin(&slot, to);
    if (status < 0)
        return status;
    status = shoal_channel_copy(slot.data, slot.size, &size, &number, &time, from, 0);
    if (status == SHOAL_OK)
        return shoal_slot_publish(to, &slot, size);
    shoal_slot_drop(to, &slot);
    return status == SHOAL_ETIMEDOUT ? SHOAL_OK : status;
}

static int copy(shoal_object **out, shoal_segment *to, shoal_object *object)
{
    shoal_channel_facts facts;
    int status = shoal_channel_facts_of(&facts, object);
    if (status < 0)
        return status;
    shoal_channel_options options = {.dtype = facts.frame.dtype,
                                     .ndim = facts.frame.ndim,
                                     .shape = facts.frame.shape,
                                     .bytes = facts.frame.dtype.number ? 0 : facts.bytes,
                                     .slots = facts.slots,
                                     .history = facts.history};
    status = shoal_channel_open(out, to, object->name, object->name_length, &options);
    return status == SHOAL_OK ? copy_newest(*out, object) : status;
}

const struct shoal__kind shoal__channel_kind = {
    .head = sizeof(struct channel_sh),
    .check = check,
    .forget_slot = forget_slot,
    .waits = waits,
    .abandon = abandon,
    .quit = quit,
    .describe = describe,
    .copy = copy,
};
