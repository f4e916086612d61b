/* What the storm is told, what it says in the end, and how it ends when something is wrong. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "storm.h"

struct options options = {.kills = UINT64_MAX,
                          .decisions = UINT32_MAX,
                          .check = 1000,
                          .seconds = 20,
                          .writers = 10,
                          .masters = 3,
                          .readers = 4};
struct figures figures;
char segment_name[64], folder[64];

/* ---- The beginning ---- */

static void add_kind(char *text)
{
    struct kind *kind = &options.kinds[options.kind_count++];
    char *command = strchr(text, '=');
    int words = 0;
    snprintf(kind->name, sizeof kind->name, "%.*s", (int)(command ? command - text : 23), text);
    kind->slow = strncmp(kind->name, "p", 1) == 0; /* python, php */
    for (char *word = command ? strtok(command + 1, " ") : NULL; word && words < MOST_WORDS - 1;
         word = strtok(NULL, " "))
        kind->command[words++] = word;
}

int everybody(void)
{
    return options.writers + options.masters + options.readers;
}

void read_options(int count, char **arguments)
{
    options.seed = (uint64_t)time(NULL);
    for (int i = 1; i + 1 < count; i += 2) {
        char *value = arguments[i + 1];
        if (strcmp(arguments[i], "--kills") == 0)
            options.kills = strtoull(value, NULL, 10);
        else if (strcmp(arguments[i], "--decisions") == 0)
            options.decisions = (uint32_t)strtoul(value, NULL, 10);
        else if (strcmp(arguments[i], "--seed") == 0)
            options.seed = strtoull(value, NULL, 10);
        else if (strcmp(arguments[i], "--seconds") == 0)
            options.seconds = atof(value);
        else if (strcmp(arguments[i], "--writers") == 0)
            options.writers = atoi(value);
        else if (strcmp(arguments[i], "--masters") == 0)
            options.masters = atoi(value);
        else if (strcmp(arguments[i], "--check") == 0)
            options.check = (uint32_t)strtoul(value, NULL, 10);
        else if (strcmp(arguments[i], "--readers") == 0)
            options.readers = atoi(value);
        else if (strcmp(arguments[i], "--names") == 0)
            options.names = (uint32_t)strtoul(value, NULL, 10);
        else if (strcmp(arguments[i], "--heap") == 0)
            options.heap = (uint32_t)atoi(value);
        else if (strcmp(arguments[i], "--keep") == 0)
            options.keep = true;
        else if (strcmp(arguments[i], "--kind") == 0 && options.kind_count < MOST_KINDS)
            add_kind(value);
        else
            exit(printf("storm: no such option: %s\n", arguments[i]) > 0 ? 2 : 2);
    }
    if (!options.kind_count)
        add_kind((char[]){"forked"});
    if (options.writers < 1 || options.readers < 0 || options.masters < 0 || options.masters > MOST_MASTERS ||
        everybody() > JUDGE)
        exit(printf("storm: too many workers\n") > 0 ? 2 : 2);
}

/* Some of the places for one of the modes: the kinds in turn; of the slow ones one each. */
static int place_mode(int from, int count, int mode, int kind)
{
    bool used[MOST_KINDS] = {0};
    for (int i = from; i < from + count; kind++) {
        kind %= options.kind_count;
        bool huge = options.heap && i == options.writers - 1;
        if (options.kinds[kind].slow && (used[kind] || huge) && options.kind_count > 2)
            continue;
        used[kind] = true;
        places[i].kind = kind;
        places[i++].mode = mode;
    }
    return from + count;
}

/* Masters of the last kinds: C, and the languages. */
void place_kinds(void)
{
    int kinds = options.kind_count, first = kinds > options.masters ? kinds - options.masters : 0;
    int end = place_mode(0, options.writers, MODE_WRITER, 0);
    end = place_mode(end, options.masters, MODE_MASTER, first);
    place_mode(end, options.readers, MODE_READER, 1);
}

void make_journal(void)
{
    char path[128];
    snprintf(folder, sizeof folder, "/tmp/shoal-storm-XXXXXX");
    if (!mkdtemp(folder) || chdir(folder) < 0)
        exit(printf("no folder for the journal: %s\n", strerror(errno)) > 0 ? 2 : 2);
    chmod(folder, 0700);
    snprintf(path, sizeof path, "%s/journal", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, 4 * JOURNAL_WORDS) < 0 || close(fd) < 0 || !journal_map(path))
        exit(printf("no journal: %s\n", strerror(errno)) > 0 ? 2 : 2);
    journal[RELEASE] = 1;
    journal[WRITERS] = (uint32_t)(options.writers + options.masters);
    journal[STORING] = options.names;
}

/* ---- The end ---- */

void end_everybody(void)
{
    for (int i = 0; i < WORKERS; i++)
        if (places[i].pid > 0)
            kill(places[i].pid, SIGKILL);
    journal[RELEASE]++;
}

static const char *directory_of_segments(void)
{
    return getenv("SHOAL_DIR") ? getenv("SHOAL_DIR") : "/dev/shm";
}

int files_aside(bool unlink_them)
{
    int count = 0;
    DIR *all = opendir(directory_of_segments());
    for (struct dirent *it; all && (it = readdir(all));)
        if (strncmp(it->d_name, ".shoal-old-", 11) == 0 && strstr(it->d_name, segment_name)) {
            count++;
            if (unlink_them)
                unlinkat(dirfd(all), it->d_name, 0);
        }
    if (all)
        closedir(all);
    return count;
}

void tidy(void)
{
    char path[256];
    const char *directory = directory_of_segments();
    for (int i = 0; i < 2 && !options.keep; i++) {
        snprintf(path, sizeof path, "%s/shoal.%s%s", directory, segment_name, i ? "-s" : "");
        unlink(path);
    }
    files_aside(!options.keep);
    snprintf(path, sizeof path, "%s/journal", folder);
    unlink(path);
    for (int i = WORKERS; i < PLACES; i++) {
        snprintf(path, sizeof path, "%s/journal.%d", folder, i);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/core", folder);
    unlink(path);
    rmdir(folder);
}

static uint64_t total(int word)
{
    uint64_t sum = 0;
    for (int i = 0; i < PLACES; i++)
        sum += *place_word(i, word);
    return sum;
}

static uint64_t total_of_kind(int kind, int word)
{
    uint64_t sum = 0;
    for (int i = 0; i < everybody(); i++)
        sum += places[i].kind == kind ? *place_word(i, word) : 0;
    return sum;
}

void print_figures(int violations)
{
    uint32_t longest = 0;
    for (int i = 0; i < PLACES; i++)
        longest = *place_word(i, LONGEST) > longest ? *place_word(i, LONGEST) : longest;
    printf("{\"tool\": \"storm\", \"seed\": %llu, \"seconds\": %.1f, \"kills\": %llu, \"kinds\": {",
           (unsigned long long)options.seed, (double)(shoal_now() - figures.began) / 1e9,
           (unsigned long long)figures.kills);
    for (int i = 0; i < options.kind_count; i++)
        printf("%s\"%s\": %u", i ? ", " : "", options.kinds[i].name, options.kinds[i].kills);
    printf("}, \"operations_of\": {");
    for (int i = 0; i < options.kind_count; i++)
        printf("%s\"%s\": %llu", i ? ", " : "", options.kinds[i].name,
               (unsigned long long)total_of_kind(i, OPERATIONS));
    printf("}, \"in_own_pid_namespace\": %llu, \"stops\": %llu, \"freezes\": %llu, \"cores\": %llu, \"huge\": %llu, "
           "\"longest_end_s\": %.2f, \"forked\": %llu, \"outlived_parent\": %llu, \"execs\": %llu, "
           "\"children_of_masters\": %llu, "
           "\"killed_by_masters\": %llu, \"orphans_killed\": %llu, \"stillborn\": %llu, \"uses_of_mixed_names\": %llu, "
           "\"operations\": %llu, "
           "\"judged\": %llu, \"longest_wait_ms\": %u, \"decisions\": %u, \"checksum\": %u, \"violations\": %d}\n",
           (unsigned long long)figures.alone, (unsigned long long)figures.stops, (unsigned long long)figures.freezes,
           (unsigned long long)figures.cores, (unsigned long long)figures.huge, figures.longest_end,
           (unsigned long long)total(CHILDREN), (unsigned long long)figures.orphans, (unsigned long long)total(EXECS),
           (unsigned long long)total(FORKED), (unsigned long long)total(KILLED),
           (unsigned long long)figures.orphans_killed, (unsigned long long)total(STILLBORN),
           (unsigned long long)total(MIXED), (unsigned long long)total(OPERATIONS), (unsigned long long)total(JUDGED),
           longest / 1000, figures.decisions, figures.checksum, violations);
}

void wrong(const char *what, int64_t a, int64_t b)
{
    printf("VIOLATION: %s (%lld, %lld) %s\n", what, (long long)a, (long long)b, shoal_error_message());
    printf("replay: run.py --seed %llu --decisions %u --writers %d --masters %d --readers %d --heap %u\n",
           (unsigned long long)options.seed, figures.decisions, options.writers, options.masters, options.readers,
           options.heap);
    end_everybody();
    print_figures(1);
    tidy();
    fflush(stdout);
    _exit(1);
}

void stopped_from_outside(int number)
{
    (void)number;
    end_everybody();
    tidy();
    _exit(1);
}

void hangs(int number)
{
    (void)number;
    static const char text[] = "VIOLATION: the judge waits for somebody without end\n";
    if (write(1, text, sizeof text - 1) > 0)
        end_everybody();
    tidy();
    _exit(1);
}
