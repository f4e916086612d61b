/* shoal: sees into segments, from a shell. Words and options are read here; each command has a file of its own. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

const struct command *const commands[] = {&ls_command,
                                          &stat_command,
                                          &get_command,
                                          &set_command,
                                          &locks_command,
                                          &check_command,
                                          &watch_command,
                                          &top_command,
                                          &dump_command,
                                          &load_command,
                                          &unlink_command,
                                          &gc_command,
                                          &doctor_command,
                                          &metrics_command,
                                          &completion_command,
                                          &man_command,
                                          &help_command,
                                          &version_command,
                                          NULL};

const struct option general_options[] = {
    {"json", NULL, "Print one line of JSON, as docs/cli.md describes it; errors, too."},
    {"dir", "DIRECTORY", "Where segments with plain names are. Otherwise $SHOAL_DIR, otherwise /dev/shm."},
    {"color", "WHEN", "auto (on a terminal, and not if NO_COLOR is set), always or never."},
    {"help", NULL, "Say how the command is used."},
    {NULL, NULL, NULL},
};

const char *const outcome_texts[FAILED + 1] = {
    "All is well.",
    "There are findings: what they are is printed.",
    "The command was not used as it is to be used.",
    "There is no such segment or object.",
    "It is not permitted, or belongs to somebody else.",
    "The time was up.",
    "It is no segment, a damaged one, or of another version of the format.",
    "Another failure: no room, in use, refused by the system.",
};

const struct command *command;
const char *words[MOST_WORDS];
int word_count;

static struct {
    const char *name, *argument;
} given[64];
static int given_count;

const char *option(const char *name)
{
    const char *found = NULL;
    for (int i = 0; i < given_count; i++)
        if (strcmp(given[i].name, name) == 0)
            found = given[i].argument;
    return found;
}

bool as_json(void)
{
    return option("json") != NULL;
}

bool option_number(double *out, const char *name, double otherwise)
{
    const char *text = option(name);
    char *end;
    *out = otherwise;
    if (!text)
        return true;
    *out = strtod(text, &end);
    if (end != text && *end == 0 && isfinite(*out) && *out >= 0)
        return true;
    fail_with(USAGE, "--%s wants a number, not below 0: %s", name, text);
    return false;
}

int outcome_of(int status)
{
    switch (status) {
    case SHOAL_ENOTFOUND:
    case SHOAL_ENOKEY:
        return NOT_FOUND;
    case SHOAL_EDENIED:
    case SHOAL_EREADONLY:
        return DENIED;
    case SHOAL_ETIMEDOUT:
        return TIMED_OUT;
    case SHOAL_ECORRUPT:
    case SHOAL_EVERSION:
        return CORRUPT;
    case SHOAL_EVALUE:
    case SHOAL_ETYPE:
    case SHOAL_EMISMATCH:
    case SHOAL_EOVERFLOW:
    case SHOAL_EINDEX:
        return USAGE;
    default:
        return status < 0 ? FAILED : WELL;
    }
}

static int say(enum outcome outcome, const char *status, const char *message)
{
    if (as_json()) {
        node *error = node_new(MAP), *all = node_new(MAP);
        node_put(error, "exit", node_int(outcome));
        node_put(error, "status", status ? node_str(status) : node_new(NIL));
        node_put(error, "message", node_str(message));
        node_put(all, "error", error);
        json_print(all);
    } else {
        fprintf(stderr, "shoal%s%s: %s\n", command ? " " : "", command ? command->name : "",
                show_text(message, strlen(message)));
    }
    return outcome;
}

int fail(int status)
{
    return say(outcome_of(status), shoal_status_name(status), shoal_error_message());
}

int fail_with(enum outcome outcome, const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    va_start(arguments, format);
    int size = vasprintf(&text, format, arguments);
    va_end(arguments);
    say(outcome, NULL, size < 0 ? "out of memory" : text);
    free(size < 0 ? NULL : text);
    return outcome;
}

static const struct option *known(const char *name, size_t length)
{
    const struct option *const lists[] = {general_options, command ? command->options : NULL};
    for (int list = 0; list < 2; list++)
        for (const struct option *each = lists[list]; each && each->name; each++)
            if (strlen(each->name) == length && memcmp(each->name, name, length) == 0)
                return each;
    return NULL;
}

/* --name, --name=ARGUMENT or --name ARGUMENT; *next is the word after it. */
static int take_option(const char *text, char ***next)
{
    const char *equals = strchr(text, '=');
    size_t length = equals ? (size_t)(equals - text) : strlen(text);
    const struct option *found = known(text, length);
    if (!found)
        return fail_with(USAGE, "there is no option --%.*s; shoal %s%s--help lists them", (int)length, text,
                         command ? command->name : "", command ? " " : "");
    if (equals && !found->argument)
        return fail_with(USAGE, "--%s has no argument", found->name);
    const char *argument = equals ? equals + 1 : "";
    if (found->argument && !equals && !(argument = *(*next)))
        return fail_with(USAGE, "--%s wants an argument: %s", found->name, found->argument);
    if (found->argument && !equals)
        (*next)++;
    if (given_count == sizeof given / sizeof *given)
        return fail_with(USAGE, "too many options");
    given[given_count].name = found->name;
    given[given_count++].argument = argument;
    return WELL;
}

static int take_word(const char *text)
{
    if (!command) {
        for (const struct command *const *each = commands; *each; each++)
            if (strcmp((*each)->name, text) == 0)
                command = *each;
        return command ? WELL : fail_with(USAGE, "there is no command %s; shoal --help lists them", text);
    }
    if (word_count == MOST_WORDS)
        return fail_with(USAGE, "more than %d words", MOST_WORDS);
    words[word_count++] = text;
    return WELL;
}

/* Options may stand anywhere after the command; after -- all are words. So are -, and numbers below 0. */
static int take_all(char **next)
{
    bool only_words = false;
    int outcome = WELL;
    while (*next && outcome == WELL) {
        const char *text = *next++;
        if (!only_words && strcmp(text, "--") == 0)
            only_words = true;
        else if (!only_words && strncmp(text, "--", 2) == 0)
            outcome = take_option(text + 2, &next);
        else if (!only_words && strcmp(text, "-h") == 0)
            outcome = take_option("help", &next);
        else if (!only_words && text[0] == '-' && text[1] && !strchr("0123456789", text[1]))
            outcome = fail_with(USAGE, "there is no option %s; shoal --help lists them", text);
        else
            outcome = take_word(text);
    }
    return outcome;
}

static int run(void)
{
    const char *colour = option("color") ? option("color") : "auto";
    if (strcmp(colour, "auto") != 0 && strcmp(colour, "always") != 0 && strcmp(colour, "never") != 0)
        return fail_with(USAGE, "--color wants auto, always or never: %s", colour);
    show_begin(colour);
    if (!command && !option("help"))
        return fail_with(USAGE, "a command is missing; shoal --help lists them");
    if (option("help")) {
        print_help(command);
        return WELL;
    }
    if (word_count < command->least || word_count > command->most)
        return fail_with(USAGE, "usage: shoal %s %s", command->name, command->words);
    if (option("dir") && shoal_context_set_directory(context(), option("dir")) < 0)
        return fail_with(USAGE, "--dir: %s", shoal_error_message());
    return command->run();
}

int main(int argc, char **argv)
{
    (void)argc;
    for (char **each = argv + 1; argv[0] && *each && strcmp(*each, "--") != 0; each++)
        if (strcmp(*each, "--json") == 0) { /* errors of what stands before it are JSON, too */
            given[given_count].name = "json";
            given[given_count++].argument = "";
            break;
        }
    int outcome = argv[0] ? take_all(argv + 1) : USAGE;
    if (outcome == WELL)
        outcome = run();
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "shoal: standard output: %s\n", strerror(errno));
        return FAILED;
    }
    return outcome;
}
