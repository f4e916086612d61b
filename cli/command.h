/* A command of the program, what it was given, and how it ends. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "show.h"

/* What the program exits with; docs/cli.md says the same. */
enum outcome { WELL, FINDINGS, USAGE, NOT_FOUND, DENIED, TIMED_OUT, CORRUPT, FAILED };

struct option {
    const char *name;     /* without the --; NULL ends a list */
    const char *argument; /* NULL: it has none */
    const char *help;
};

enum { MOST_OPTIONS = 16, MOST_WORDS = 256 };

struct command {
    const char *name, *words; /* "SEGMENT [OBJECT]" */
    int least, most;          /* words */
    const char *summary;      /* one line */
    const char *text;         /* paragraphs, for --help and the manual page */
    struct option options[MOST_OPTIONS];
    int (*run)(void); /* an enum outcome */
};

extern const struct command *const commands[];      /* ends with NULL */
extern const struct option general_options[];       /* of every command */
extern const char *const outcome_texts[FAILED + 1]; /* what each exit status says */

extern const struct command ls_command, stat_command, get_command, set_command, locks_command, check_command,
    unlink_command, gc_command, doctor_command, metrics_command, watch_command, completion_command, version_command,
    help_command, man_command, dump_command, load_command, top_command;

/* What was given: of one program, one command. */
extern const struct command *command;
extern const char *words[MOST_WORDS];
extern int word_count;
const char *option(const char *name); /* its argument, "" if it has none; NULL: it was not given */
bool option_number(double *out, const char *name, double otherwise); /* false: it said so; return USAGE */
bool as_json(void);

/* Each says what is wrong, on standard error, or with --json as {"error": …}, and returns what to exit with. */
int fail(int status); /* of a call of shoal.h that has just failed */
__attribute__((format(printf, 2, 3))) int fail_with(enum outcome outcome, const char *format, ...);
int outcome_of(int status);

shoal_context *context(void);
/* Open readonly, whoever owns it, or for writing, only one's own. Returns a status; nothing has been said. */
int attach(shoal_segment **out, const char *name, bool writing);
int describe_segment(node **out, shoal_segment *segment);
int describe_object(node **out, shoal_segment *segment, const char *name, size_t length);

void print_help(const struct command *of); /* NULL: of the program */

#endif
