/* shoal completion: for bash, zsh and fish, made of the list of commands. */
#include <string.h>

#include "command.h"

static void print_names(void)
{
    for (const struct command *const *each = commands; *each; each++)
        printf("%s%s", each == commands ? "" : " ", (*each)->name);
}

static void print_flags(const struct option *options)
{
    for (; options->name; options++)
        printf(" --%s", options->name);
}

static void bash(void)
{
    fputs("_shoal() {\n    local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]}\n    if [ \"$COMP_CWORD\" = 1 "
          "]; then\n"
          "        COMPREPLY=($(compgen -W \"",
          stdout);
    print_names();
    puts("\" -- \"$word\"))\n        return\n    fi\n    if [[ $word == -* ]]; then\n        local options\n        "
         "case $command in");
    for (const struct command *const *each = commands; *each; each++) {
        printf("        %s) options=\"", (*each)->name);
        print_flags((*each)->options);
        puts("\" ;;");
    }
    fputs("        esac\n        COMPREPLY=($(compgen -W \"$options", stdout);
    print_flags(general_options);
    puts("\" -- \"$word\"))\n        return\n    fi\n    local IFS=$'\\n'\n    if [ \"$COMP_CWORD\" = 2 ]; then\n"
         "        COMPREPLY=($(compgen -W \"$(shoal ls --names 2>/dev/null)\" -- \"$word\"))\n    else\n"
         "        COMPREPLY=($(compgen -W \"$(shoal ls --names \"${COMP_WORDS[2]}\" 2>/dev/null)\" -- \"$word\"))\n    "
         "fi\n}\ncomplete -o default -F _shoal shoal");
}

static void quoted(const char *text)
{
    putchar('\'');
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else
            putchar(*text);
    }
    putchar('\'');
}

static void zsh(void)
{
    puts("#compdef shoal\n_shoal() {\n    local -a names\n    if (( CURRENT == 2 )); then\n        names=(");
    for (const struct command *const *each = commands; *each; each++) {
        fputs("            ", stdout);
        quoted(keep_print("%s:%s", (*each)->name, (*each)->summary));
        putchar('\n');
    }
    puts("        )\n        _describe command names\n        return\n    fi\n    if [[ $PREFIX == -* ]]; then\n       "
         " case $words[2] in");
    for (const struct command *const *each = commands; *each; each++) {
        printf("        %s) names=(", (*each)->name);
        print_flags((*each)->options);
        puts(") ;;");
    }
    fputs("        esac\n        compadd -- $names", stdout);
    print_flags(general_options);
    puts("\n        return\n    fi\n    if (( CURRENT == 3 )); then\n        names=(${(f)\"$(shoal ls --names "
         "2>/dev/null)\"})\n    else\n"
         "        names=(${(f)\"$(shoal ls --names \"$words[3]\" 2>/dev/null)\"})\n    fi\n    compadd -- $names || "
         "_files\n}\ncompdef _shoal shoal");
}

static void fish_option(const struct option *option, const char *command_name)
{
    printf("complete -c shoal%s%s%s -l %s %s-d ", command_name ? " -n '__fish_seen_subcommand_from " : "",
           command_name ? command_name : "", command_name ? "'" : "", option->name, option->argument ? "-r " : "");
    quoted(option->help);
    putchar('\n');
}

static void fish(void)
{
    for (const struct command *const *each = commands; *each; each++) {
        printf("complete -c shoal -n __fish_use_subcommand -f -a %s -d ", (*each)->name);
        quoted((*each)->summary);
        putchar('\n');
        for (const struct option *option = (*each)->options; option->name; option++)
            fish_option(option, (*each)->name);
    }
    for (const struct option *option = general_options; option->name; option++)
        fish_option(option, NULL);
    puts("complete -c shoal -n 'not __fish_use_subcommand' -a '(shoal ls --names 2>/dev/null)'");
}

static int completion(void)
{
    static const struct {
        const char *name;
        void (*print)(void);
    } shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (strcmp(words[0], shells[i].name) == 0) {
            shells[i].print();
            return WELL;
        }
    return fail_with(USAGE, "for bash, zsh and fish, and not for %s", words[0]);
}

const struct command completion_command = {
    .name = "completion",
    .words = "bash|zsh|fish",
    .least = 1,
    .most = 1,
    .summary = "Print what makes a shell complete commands, options and names.",
    .text = "bash: eval \"$(shoal completion bash)\" in ~/.bashrc. zsh: shoal completion zsh > _shoal in a folder of "
            "fpath. fish: shoal "
            "completion fish > ~/.config/fish/completions/shoal.fish.",
    .run = completion,
};
