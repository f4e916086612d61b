/* --help and the manual page, from the same texts. */
#include <string.h>

#include "command.h"

/* Paragraphs, broken at blanks so that a line has at most 80 columns. */
static void wrap(const char *text, int indent)
{
    for (int column = 0; *text; column = *text ? column : 0) {
        size_t length = strcspn(text, " \n");
        if (column == 0 || column + 1 + (int)length > 80) {
            printf("%s%*s", column ? "\n" : "", indent, "");
            column = indent;
        } else if (column > indent) {
            putchar(' ');
            column++;
        }
        printf("%.*s", (int)length, text);
        column += (int)length;
        text += length;
        if (strncmp(text, "\n\n", 2) == 0) {
            fputs("\n\n", stdout);
            column = 0;
            text += 2;
        } else {
            text += *text != 0;
        }
    }
    putchar('\n');
}

static void print_options(const struct option *options)
{
    for (; options->name; options++) {
        printf("  --%s%s%s\n", options->name, options->argument ? " " : "", options->argument ? options->argument : "");
        wrap(options->help, 6);
    }
}

static void print_outcomes(void)
{
    puts("\nExit status, the same with --json:");
    for (int i = 0; i <= FAILED; i++)
        printf("  %d  %s\n", i, outcome_texts[i]);
}

static void print_program(void)
{
    puts("usage: shoal COMMAND [WORD...] [--OPTION...]\n\nSees into segments of shared memory that Shoal "
         "made.\n\nCommands:");
    for (const struct command *const *each = commands; *each; each++)
        printf("  %-11s %s\n", (*each)->name, (*each)->summary);
    puts("\nOptions of every command:");
    print_options(general_options);
    print_outcomes();
}

void print_help(const struct command *of)
{
    if (!of) {
        print_program();
        return;
    }
    printf("usage: shoal %s%s%s [--OPTION...]\n\n", of->name, *of->words ? " " : "", of->words);
    wrap(of->summary, 0);
    putchar('\n');
    wrap(of->text, 0);
    if (of->options[0].name) {
        puts("\nOptions:");
        print_options(of->options);
    }
    puts("\nOptions of every command: shoal --help");
}

/* A text for troff: a hyphen is a minus, and no line begins as a request does. */
static void troff(const char *text)
{
    for (bool starts = true; *text; text++) {
        if (strncmp(text, "\n\n", 2) == 0) {
            fputs("\n.PP\n", stdout);
            text++;
            starts = true;
            continue;
        }
        if (starts && (*text == '.' || *text == '\''))
            fputs("\\&", stdout);
        starts = false;
        if (*text == '-')
            fputs("\\-", stdout);
        else if (*text == '\\')
            fputs("\\e", stdout);
        else
            putchar(*text);
    }
    putchar('\n');
}

static void troff_options(const struct option *options)
{
    for (; options->name; options++) {
        fputs(".TP\n\\fB\\-\\-", stdout);
        for (const char *at = options->name; *at; at++)
            printf(*at == '-' ? "\\-" : "%c", *at);
        printf("\\fR%s%s\n", options->argument ? " " : "", options->argument ? options->argument : "");
        troff(options->help);
    }
}

static void troff_command(const struct command *of)
{
    printf(".SS \"%s%s%s\"\n", of->name, *of->words ? " " : "", of->words);
    troff(of->summary);
    puts(".PP");
    troff(of->text);
    troff_options(of->options);
}

static int man(void)
{
    printf(".\\\" Made by: shoal man > cli/shoal.1\n.TH SHOAL 1 \"\" \"Shoal %s\" \"User Commands\"\n", SHOAL_VERSION);
    puts(".SH NAME\nshoal \\- see into segments of shared memory\n.SH SYNOPSIS\n"
         "\\fBshoal\\fR \\fICOMMAND\\fR [\\fIWORD\\fR...] [\\fB\\-\\-\\fIOPTION\\fR...]\n.SH COMMANDS");
    for (const struct command *const *each = commands; *each; each++)
        troff_command(*each);
    puts(".SH OPTIONS\nOf every command:");
    troff_options(general_options);
    puts(".SH EXIT STATUS\nThe same with \\-\\-json.");
    for (int i = 0; i <= FAILED; i++) {
        printf(".TP\n%d\n", i);
        troff(outcome_texts[i]);
    }
    puts(".SH ENVIRONMENT\n.TP\nSHOAL_DIR\nWhere segments with plain names are.\n.TP\nNO_COLOR\nIf it is set, there "
         "are no colours.");
    return WELL;
}

const struct command man_command = {
    .name = "man",
    .words = "",
    .summary = "Print the manual page, as shoal.1.",
    .text = "shoal man | man -l - shows it.",
    .run = man,
};
