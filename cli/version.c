/* shoal version, shoal help. */
#include <string.h>

#include "command.h"

static int version(void)
{
    node *map = node_new(MAP);
    node_put(map, "version", node_str(SHOAL_VERSION));
    node_put(map, "format", node_int(SHOAL_FORMAT));
    if (as_json())
        json_print(map);
    else
        printf("shoal %s (format %d of segments)\n", SHOAL_VERSION, SHOAL_FORMAT);
    return WELL;
}

static int help(void)
{
    const struct command *about = NULL;
    for (const struct command *const *each = commands; *each && word_count == 1; each++)
        if (strcmp((*each)->name, words[0]) == 0)
            about = *each;
    if (word_count == 1 && !about)
        return fail_with(USAGE, "there is no command %s; shoal --help lists them", words[0]);
    print_help(about);
    return WELL;
}

const struct command version_command = {
    .name = "version",
    .words = "",
    .summary = "Say the version of this program, and of the format that it reads.",
    .text = "A segment of another version of the format is refused, with exit status 6.",
    .run = version,
};

const struct command help_command = {
    .name = "help",
    .words = "[COMMAND]",
    .most = 1,
    .summary = "Say how the program, or a command, is used.",
    .text = "The same as --help.",
    .run = help,
};
