/* shoal stat: everything that a segment, or an object, says of itself. */
#include <string.h>

#include "command.h"

static int stat_it(void)
{
    shoal_segment *segment;
    node *found;
    int status = attach(&segment, words[0], false);
    if (status < 0)
        return fail(status);
    status = word_count == 1 ? describe_segment(&found, segment)
                             : describe_object(&found, segment, words[1], strlen(words[1]));
    if (status < 0)
        return fail(status);
    if (as_json())
        json_print(found);
    else
        show_map(found);
    return WELL;
}

const struct command stat_command = {
    .name = "stat",
    .words = "SEGMENT [OBJECT]",
    .least = 1,
    .most = 2,
    .summary = "Say everything that a segment, or one of its objects, says of itself.",
    .text = "With --json: the map of shoal_segment_describe or shoal_object_describe. Of an object that is stored as a "
            "whole and not opened: name, kind and bytes.\n\nAttaches readonly, whoever owns it. Waits that other "
            "processes make through a readonly attach are not seen.",
    .run = stat_it,
};
