/* One walk over all that check() looks at in a segment. */
#include "segment/walk.h"

#include <stdlib.h>
#include <string.h>

#include "platform/point.h"
#include "segment/walk_heap.h"
#include "segment/walk_names.h"
#include "segment/stripe.h"
#include "value/status.h"

/* The image is one between changes, or a dead owner's change was repaired in it: so its journal must be empty. */
static void walk_journal(struct shoal_walk *walk)
{
    const struct journal_sh *journal = shoal__journal(walk->segment);
    uint32_t undo = shoal__once(&journal->undo_count), redo = shoal__once(&journal->redo_count);
    if (undo || redo || load_relaxed(&journal->committed))
        shoal__found_wrong(walk, ABOUT_ALL(JOURNAL), "nobody is changing anything, but the journal has %u changes",
                           undo + redo);
}

/* Returns the number of findings, or an error. */
int shoal__walk_all(struct shoal_walk *walk)
{
    const shoal_segment *image = walk->segment;
    walk->seen = calloc(image->is.heap_pages, sizeof *walk->seen);
    if (!walk->seen)
        return shoal__fail_plainly(SHOAL_ENOMEM);
    if (load_relaxed(&shoal__header(image)->slots_committed) > image->is.slots)
        shoal__found_wrong(walk, ABOUT_ALL(COMMITTED), "the header has memory for more peers than there can be");
    if (load_relaxed(&shoal__header(image)->pages_committed) > image->is.heap_pages)
        shoal__found_wrong(walk, ABOUT_ALL(COMMITTED), "the header has memory for more pages than there can be");
    walk_journal(walk);
    const char *wrong = shoal__judge_stripes(image);
    if (wrong)
        shoal__found_wrong(walk, ABOUT_ALL(STRIPE), "%s", wrong);
    shoal__walk_heap(walk);
    shoal__walk_peers(walk);
    shoal__walk_directory(walk);
    SHOAL_POINT("check: names walked, not what is left over");
    shoal__walk_leaks(walk);
    if (walk->unreadable)
        return shoal__fail(SHOAL_ESYSTEM, "segment \"%s\" cannot be read: %s", image->name,
                           strerror(-walk->unreadable));
    return walk->no_memory ? shoal__fail_plainly(SHOAL_ENOMEM) : walk->findings;
}

void shoal__walk_end(struct shoal_walk *walk)
{
    free(walk->seen);
    free(walk->pins);
    free(walk->subjects);
}

int shoal__walk_image(const shoal_segment *image, shoal_report report, void *argument)
{
    struct shoal_walk walk = {.segment = image, .report = report, .argument = argument, .without_counts = true};
    int findings = shoal__walk_all(&walk);
    shoal__walk_end(&walk);
    return findings;
}
