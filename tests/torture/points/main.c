/*
 * Deaths and pauses at named places (core/platform/point.h), of several processes at once, each at a place of its own:
 *
 *   die:P#K          the victim dies the K-th time that it comes to point P; others go on
 *   park:P#K         it stops there, alive; others end their calls, or are seen to wait; then it goes on
 *   die:P#K die:Q#L  the victim dies at P, who comes next dies at Q: a thief, a reaper, a recoverer; a third goes on
 *   park:P#K die:Q#L the victim stands at P, and who comes next dies at Q; or it dies, or stands, and the next stands
 *
 * In a scene somebody prepares a segment, some die before it begins, a partner holds or waits, the
 * victim does its call, a second one and a third come. In the end nothing is wrong, nothing is left over, what was
 * acknowledged is there, nobody had what another had, who took over from the dead was told so, and all got on in time.
 *
 *   points [--seed N] [--seconds N] [--pairs N | --all] [--case CASE] [--list] [SCENE...]
 *
 * Built with the whole core and all that programs.py names, with -DSHOAL_POINTS -Wl,--wrap=shoal__wait,--wrap=open64,--wrap=syscall.
 */
#include "points.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const struct scenes *const lists[] = {&value_scenes,   &stripe_scenes,  &object_scenes, &lock_scenes,
                                             &meeting_scenes, &segment_scenes, &fork_scenes,   &file_scenes,
                                             &reader_scenes,  &queue_scenes,   &job_scenes,    &stream_scenes,
                                             &channel_scenes, &key_scenes,     &each_scenes};
enum { LISTS = sizeof lists / sizeof *lists, MOST_SCENES = 400 };

/* NULL: there are no more. */
static const struct scene *scene_of(int number)
{
    for (int i = 0; i < LISTS; number -= lists[i++]->count)
        if (number < lists[i]->count)
            return &lists[i]->all[number];
    return NULL;
}

bool is_scene(const char *name)
{
    for (int i = 0; scene_of(i); i++)
        if (strcmp(scene_of(i)->name, name) == 0)
            return true;
    return false;
}

static int scene_count(void)
{
    int count = 0;
    while (scene_of(count))
        count++;
    return count;
}

/* ---- Which cases ---- */

static uint64_t random_state;

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((random_state >> 33) % limit);
}

static uint64_t seed = 1;
static int pairs = 1; /* of each stop in the second round */
static bool all;

/* One of these: the victim at one point, at one time that it comes there, dead or standing. */
struct unit {
    int scene;
    struct stop stop;
};
static struct unit *units;
static long unit_count, singles;

static void describe(char text[300], const struct scene *of, struct stop first, struct stop second)
{
    int used = snprintf(text, 300, "\"%s", of->name);
    if (first.point >= 0)
        used += snprintf(text + used, 300 - (size_t)used, "/%s:%s#%d", first.park ? "park" : "die",
                         point_name(first.point), first.hit);
    if (second.point >= 0)
        used += snprintf(text + used, 300 - (size_t)used, "/%s:%s#%d", second.park ? "park" : "die",
                         point_name(second.point), second.hit);
    snprintf(text + used, 300 - (size_t)used, "\"");
}

static bool run_described(int number, struct stop first, struct stop second)
{
    char text[300];
    scene = scene_of(number);
    each_choose(scene);
    describe(text, scene, first, second);
    case_text = text;
    if (verbose) {
        printf("%s\n", text);
        fflush(stdout);
    }
    return run_case(first, second);
}

/* Each time that it comes to a point; or the first, the last, and one between. */
static int choose_hits(int list[], int most, int hits, bool every)
{
    int count = 0, between = hits > 2 ? 2 + (int)random_below((uint32_t)hits - 2) : 1;
    for (int hit = 1; hit <= hits && count < most; hit++)
        if (every || hit == 1 || hit == hits || hit == between)
            list[count++] = hit;
    return count;
}

static void add_unit(int number, int point, int hit, bool park)
{
    units = realloc(units, (size_t)(unit_count + 1) * sizeof *units);
    units[unit_count++] = (struct unit){number, {point, hit, park}};
}

static void add_stops(int number, const uint32_t *hits, bool every)
{
    int list[1000];
    for (int point = 0; point < point_count(); point++)
        for (int i = choose_hits(list, 1000, (int)hits[point], every); i-- > 0;) {
            if (!(scene_of(number)->flags & READONLY))
                add_unit(number, point, list[i], false);
            add_unit(number, point, list[i], true);
        }
}

/* Of each point that it comes to, one hit. A dead reader is nobody's concern: readers stand. */
static void add_few_stops(int number, const uint32_t *hits)
{
    for (int point = 0; point < point_count(); point++)
        if (hits[point])
            add_unit(number, point, 1 + (int)random_below(hits[point]),
                     random_below(2) || scene_of(number)->flags & READONLY);
}

static void shuffle(struct unit *first, long count)
{
    for (long i = count - 1; i > 0; i--) {
        long other = random_below((uint32_t)i + 1);
        struct unit moved = first[i];
        first[i] = first[other];
        first[other] = moved;
    }
}

/* The same stop with the second stopped too, at some of the points that it came to, or at each. */
static void run_pairs(const struct unit *unit, int most)
{
    struct stop list[6 * MOST_POINTS];
    int count = 0, hits[3];
    for (int point = 0; point < point_count(); point++)
        for (int i = choose_hits(hits, 3, (int)board->seat[SECOND].hits[point], false); i-- > 0;)
            for (int park = 0; park < 2; park++)
                list[count++] = (struct stop){point, hits[i], park};
    for (int i = 0; i < most && i < count; i++) {
        int other = i + (int)random_below((uint32_t)(count - i));
        struct stop stop = list[other];
        list[other] = list[i];
        run_described(unit->scene, unit->stop, stop);
    }
}

static double began, time_limit = 1e9;

static void do_units(void)
{
    for (long at; (at = totals->next_unit++) < unit_count;) {
        bool single = at < singles;
        if (!single && seconds_now() - began > time_limit)
            return;
        if (totals->violations > 8)
            return;
        random_state = seed * 1000003u + (uint64_t)at;
        run_described(units[at].scene, units[at].stop, never);
        if (!single)
            run_pairs(&units[at], pairs);
    }
}

static void hang(int signal)
{
    (void)signal;
    const char text[] = "VIOLATION: a judge hangs\n";
    if (write(1, text, sizeof text - 1) > 0 && write(1, case_text, strlen(case_text)) > 0)
        totals->violations++;
    _exit(3);
}

static void *shared_memory(size_t size)
{
    return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static void be_worker(int number, void (*work)(void))
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGALRM, hang);
    snprintf(directory, sizeof directory, "/dev/shm/test-points-%d-%d", (int)getppid(), number);
    mkdir(directory, 0700);
    board = shared_memory(sizeof *board);
    work();
    clear_directory();
    rmdir(directory);
    exit(0);
}

/* What the victim of each scene comes to, when nobody stops it. */
static uint32_t learned[MOST_SCENES][MOST_POINTS];

static void learn(int number)
{
    run_described(number, never, never);
    for (int i = 0; i < point_count(); i++) {
        learned[number][i] = board->seat[VICTIM].hits[i];
        if (verbose && learned[number][i])
            printf("    %3u x %s\n", learned[number][i], point_name(i));
    }
}

static struct stop read_stop(const char **at)
{
    struct stop stop = never;
    const char *begin = strchr(*at, '/');
    const char *end = begin ? strchr(begin, '#') : NULL;
    if (!end)
        return stop;
    stop.park = begin[1] == 'p';
    begin = strchr(begin, ':') + 1;
    stop.point = point_called(begin, (size_t)(end - begin));
    stop.hit = atoi(end + 1);
    *at = end;
    return stop;
}

static const char *one_case;

static void do_one_case(void)
{
    const char *at = one_case;
    struct stop first = read_stop(&at), second = read_stop(&at);
    for (int i = 0; scene_of(i); i++)
        if (strncmp(scene_of(i)->name, one_case, strcspn(one_case, "/")) == 0 &&
            strlen(scene_of(i)->name) == strcspn(one_case, "/"))
            printf("%s\n", run_described(i, first, second) ? "it came there" : "it did not come there");
}

static char **chosen;
static int chosen_count;

static bool is_chosen(const char *name)
{
    bool found = chosen_count == 0;
    for (int i = 0; i < chosen_count; i++)
        found |= strcmp(chosen[i], name) == 0;
    return found;
}

/* Who comes here has stood at another point before, while something was removed; a victim stops once. */
static const char only_passed[] = "reader: pinned what is gone";

/* No victim comes to the tool's own: only the second of a pair, of which a sample may have none. */
static bool may_be_missed(const char *name)
{
    return strcmp(name, only_passed) == 0 || (!all && strncmp(name, "test: ", 6) == 0);
}

/* All points must have been come to, and somebody must have stopped there: dead, or standing. */
static int report_points(void)
{
    int left = 0;
    for (int i = 0; i < point_count() && chosen_count == 0 && !one_case; i++) {
        bool stopped_at = totals->died_at[i] + totals->parked_at[i] > 0 || may_be_missed(point_name(i));
        if (totals->reached[i] && stopped_at)
            continue;
        printf("VIOLATION: %s: \"%s\"\n", totals->reached[i] ? "nobody stopped at" : "nobody came to", point_name(i));
        left++;
    }
    return left;
}

static void read_arguments(int count, char **arguments)
{
    for (int i = 1; i < count; i++) {
        const char *value = i + 1 < count ? arguments[i + 1] : "";
        if (strcmp(arguments[i], "--seed") == 0)
            seed = strtoull(value, NULL, 10), i++;
        else if (strcmp(arguments[i], "--seconds") == 0)
            time_limit = atof(value), i++;
        else if (strcmp(arguments[i], "--pairs") == 0)
            pairs = atoi(value), i++;
        else if (strcmp(arguments[i], "--all") == 0)
            all = true, pairs = INT32_MAX;
        else if (strcmp(arguments[i], "--case") == 0)
            one_case = value, i++;
        else if (strcmp(arguments[i], "--verbose") == 0)
            verbose = true;
        else if (strcmp(arguments[i], "--list") == 0)
            for (int j = 0; scene_of(j); j++)
                printf("%s\n%s", scene_of(j)->name, scene_of(j + 1) ? "" : "\n");
        else
            chosen = &arguments[i], chosen_count = count - i, i = count;
    }
}

/* First single stops; then, as long as there is time, the same with the second stopped too. */
static void plan(void)
{
    random_state = seed;
    for (int i = 0; scene_of(i); i++)
        if (is_chosen(scene_of(i)->name))
            learn(i);
    for (int i = 0; scene_of(i); i++)
        if (pairs == 0 || all)
            add_stops(i, learned[i], all);
        else
            add_few_stops(i, learned[i]);
    singles = unit_count;
    for (int i = 0; scene_of(i) && pairs > 0; i++)
        add_stops(i, learned[i], false);
    shuffle(units, singles);
    shuffle(units + singles, unit_count - singles);
}

static void plan_and_work(void)
{
    enum { WORKERS = 8 };
    pid_t workers[WORKERS];
    plan();
    printf("%d scenes, %ld single stops, %ld to be paired, %d points, seed %llu\n", scene_count(), singles,
           unit_count - singles, point_count(), (unsigned long long)seed);
    fflush(stdout);
    for (int i = 0; i < WORKERS; i++)
        if ((workers[i] = fork()) == 0)
            be_worker(i, do_units);
    for (int i = 0; i < WORKERS; i++)
        waitpid(workers[i], NULL, 0);
}

int main(int count, char **arguments)
{
    totals = shared_memory(sizeof *totals);
    began = seconds_now();
    choose_sizes();
    each_begin();
    read_arguments(count, arguments);
    if (point_count() > MOST_POINTS || scene_count() > MOST_SCENES)
        return 2;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        be_worker(MOST_WORKERS, one_case ? do_one_case : plan_and_work);
    int status, left = 0;
    waitpid(pid, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        totals->violations++;
    left = report_points();
    double seconds = seconds_now() - began;
    printf("replay: points --case SCENE/STOP[/STOP], as printed\n");
    printf("{\"tool\": \"points\", \"seed\": %llu, \"seconds\": %.1f, \"cases\": %ld, \"deaths\": %ld, \"parks\": %ld, "
           "\"second_deaths\": %ld, \"second_parks\": %ld, \"waits_seen\": %ld, \"missed\": %ld, \"points\": %d, "
           "\"points_not_reached\": %d, "
           "\"slowest_ms\": %.1f, \"violations\": %ld}\n",
           (unsigned long long)seed, seconds, totals->cases, totals->deaths, totals->parks, totals->second_deaths,
           totals->second_parks, totals->slept, totals->missed, point_count(), left, totals->slowest / 1e3,
           totals->violations);
    return totals->violations > 0 || left > 0;
}
