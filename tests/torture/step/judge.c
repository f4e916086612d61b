/*
 * Judges one image: everything is read in it as it is, somebody who was attached before does something to it, it is
 * recovered twice, and in the end nothing may be left over.
 */
#include "step.h"

#include "segment/layout.h"
#include "sync/mutex.h"

int witness_slot = -1;
static struct set known_images, known_pairs;
static shoal_context *witness_context; /* attached to the image's file since before the operation; NULL: nobody is */
static shoal_segment *witness;

void check(const char *when)
{
    int findings = shoal_check(target, finding, (void *)(uintptr_t)when);
    if (findings < 0)
        violation("%s: %s", when, shoal_error_message());
}

/* ---- Recovering ---- */

static int state_now(const struct operation *operation)
{
    if (overwritten)
        return holds_value("victim", ANOTHER, its_size(ANOTHER)) == (overwritten == 1) ? 1 : -1;
    return operation->state();
}

bool recover(const struct operation *operation)
{
    context = new_context();
    int status = shoal_open(&target, context, "image", NULL);
    if (status >= 0)
        return true;
    if (!(operation->flags & MAY_END && status == SHOAL_ENOTFOUND))
        violation("open: %s", shoal_error_message());
    shoal_context_free(context);
    return false;
}

static int judge_recovered(const struct operation *operation, const char *when)
{
    check(when);
    if (operation->prepare && !others_whole(0))
        violation("%s: other values are not whole", when);
    int state = state_now(operation);
    if (state < 0)
        violation("%s: neither old nor new", when);
    return state;
}

/* Who recovered died as well, before it could give back the structure's lock: the word of the first dead is there again. */
static void die_recovering(const struct picture *picture)
{
    const struct header_sh *dead = (const struct header_sh *)picture->bytes;
    struct header_sh *header = (struct header_sh *)image.bytes;
    uint32_t word = load_relaxed(&dead->lock);
    if (word & MUTEX_SLOT)
        store_relaxed(&header->lock, word | MUTEX_NEEDREC);
}

/* The hint where to look for a free slot is as good as any other: by chance, who comes next gets a dead peer's slot. */
static void point_at_a_dead_slot(void)
{
    struct header_sh *header = (struct header_sh *)image.bytes;
    const struct peer_sh *peers = (const struct peer_sh *)(image.bytes + header->roster);
    uint32_t slots = load_relaxed(&header->slots_committed), first = below(slots);
    for (uint32_t i = 0; i < slots; i++) {
        uint32_t slot = (first + i) % slots;
        if ((int)slot != witness_slot && load_relaxed(&peers[slot].in_use)) {
            store_relaxed(&header->slot_cursor, slot);
            return;
        }
    }
}

static int judge_writers(const struct operation *operation, const struct picture *picture)
{
    if (!recover(operation))
        return GONE;
    int state = judge_recovered(operation, "after the recovery");
    shoal_context_free(context);
    if (!(operation->flags & MAY_END))
        die_recovering(picture);
    if (below(2))
        point_at_a_dead_slot();
    if (!recover(operation))
        return state;
    if (judge_recovered(operation, "after the second recovery") != state)
        violation("after the second recovery: the state is another");
    disturb_put();
    disturb_counter();
    check("check after new puts");
    if (state_now(operation) != state)
        violation("after new puts: the state is another");
    judge_empty();
    shoal_context_free(context);
    return overwritten ? UNKNOWN : state;
}

/* ---- All of it ---- */

/* Attach to the image's file, and be taken for alive in the target too: what is asked there is this byte. */
void witness_attach(struct picture *picture)
{
    shoal_peer peers[8];
    size_t count;
    witness_context = new_context();
    image_restore(picture);
    must(shoal_open(&witness, witness_context, "image", NULL), "the witness's open");
    must(shoal_segment_peers(peers, 8, &count, witness), "peers");
    must(read_file(picture, "image") ? 0 : SHOAL_ESYSTEM, "image");
    for (size_t i = 0; i < count && i < 8; i++)
        if (peers[i].alive)
            witness_slot = (int)peers[i].slot;
}

void witness_leave(void)
{
    if (witness_context)
        shoal_context_free(witness_context);
    witness_context = NULL;
    witness_slot = -1;
}

int judge(const struct operation *operation, const struct picture *picture)
{
    uint64_t script = 0;
    *disturbance = 0;
    overwritten = 0;
    limit_time(20);
    image_restore(picture);
    int seen = judge_reader(operation);
    if (below(2))
        point_at_a_dead_slot();
    if (below(4)) {
        context = witness_context;
        target = witness;
        if (witness_context || recover(operation)) {
            script = disturb(operation);
            if (!witness_context)
                shoal_context_free(context);
        }
    }
    int state = judge_writers(operation, picture);
    if (seen == 1 && state == 0)
        violation("readonly: a reader had seen it done, and then it was not");
    figures.images++;
    figures.distinct += set_add(&known_images, picture->sum);
    figures.pairs += set_add(&known_pairs, mix(picture->sum ^ mix(script)));
    limit_time(0);
    return state;
}
