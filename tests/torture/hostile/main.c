/*
 * A writer with all rights that means harm, and readers that are attached readonly while it does: it changes words
 * between two values as fast as it can (what is read twice is read different), makes refs point anywhere and lists go
 * in circles, counts without pause what readers compare, truncates and grows, punches holes, locks bytes. No reader may die, hang,
 * read outside of its mapping (around which nothing is mapped) or write.
 *
 *   hostile [--seed N] [--seconds N] [--readers N] [--directory DIR] [--only ATTACK] [--points] [-- COMMAND...]
 *
 * COMMAND: one more reader, which gets the segment's name and the seconds as arguments and SHOAL_DIR. Built with the core
 * and -DSHOAL_POINTS, --points changes the segment under a reader whenever it comes to one of its points, and only then, by the
 * seed alone; with `--only pause` whatever it compares, always.
 */
#include "hostile.h"

struct board *board;
struct settings settings = {.seed = 1, .seconds = 5, .readers = 1};
unsigned char *image, *live;
int file;

static uint64_t random_state;

uint32_t random_below(uint32_t below)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((random_state >> 33) % (below ? below : 1));
}

void seed_random(uint64_t seed)
{
    random_state = seed * 2654435761u + 88172645463325252u;
}

double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void need(int status, const char *what)
{
    if (status >= 0)
        return;
    fprintf(stderr, "%s: %s: %s\n", what, shoal_status_name(status), shoal_error_message());
    exit(2);
}

/* ---- The segment ---- */

/* One of each driver, and two that none of them makes. */
const char *any_name(char out[32])
{
    const struct driver *driver = kinds_any();
    uint32_t roll = random_below(12), number = random_below(8);
    snprintf(out, 32, "%s %u", roll == 0 ? "large" : roll == 1 ? "matrix" : driver->name, number);
    return out;
}

static void make_large_ones(shoal_segment *segment, uint32_t number)
{
    static unsigned char bytes[6000];
    char name[32];
    shoal_object *object;
    int64_t shape[] = {3 + number, 7};
    memset(bytes, 0xc0, sizeof bytes);
    size_t length = (size_t)snprintf(name, sizeof name, "large %u", number);
    need(shoal_value_put(segment, name, length, bytes, 3000 + 300 * number), "value");
    length = (size_t)snprintf(name, sizeof name, "matrix %u", number);
    need(shoal_array_open(&object, segment, name, length, (shoal_dtype){SHOAL_FLOAT64, 8}, 2, shape), "array");
}

/* Open, and every other one held, for as long as the writer lives. */
static void make_objects(shoal_segment *segment, uint32_t number)
{
    char name[32];
    EACH_DRIVER(it) {
        snprintf(name, sizeof name, "%s %u", it->name, number);
        struct subject subject = subject_of(segment, name);
        need(it->make(&subject, 5 + number), it->name);
        for (uint32_t again = 0; again < 2 && it->kind == SHOAL_KIND_VALUE; again++)
            need(it->make(&subject, 30 + number), it->name); /* it has a spare then */
        if (it->hold && number % 2)
            need(it->hold(subject.object, SHOAL_NO_WAIT), it->name);
    }
    make_large_ones(segment, number);
}

static void make(const char *directory)
{
    char path[300];
    shoal_segment *segment;
    shoal_options options;
    shoal_context *context = shoal_context_new();
    shoal_options_init(&options);
    options.size = SIZE;
    need(shoal_context_set_directory(context, directory), "directory");
    need(shoal_create(&segment, context, "hostile", &options), "create");
    for (uint32_t i = 0; i < 8; i++)
        make_objects(segment, i);
    need(shoal_object_remove(segment, "array 3", 7), "remove"); /* into limbo */
    snprintf(path, sizeof path, "%s/shoal.hostile", directory);
    file = open(path, O_RDWR | O_CLOEXEC);
    image = malloc(SIZE);
    live = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (file < 0 || live == MAP_FAILED || pread(file, image, SIZE, 0) != (ssize_t)SIZE) {
        perror(path);
        exit(2);
    }
}

/* ---- Under a reader, at its points ---- */

#ifdef SHOAL_POINTS

/* Deterministic: the seed decides what changes where. */
void shoal__point(const char *const *name)
{
    (void)name;
    if (!reading || !settings.points)
        return;
    if (settings.only && strcmp(settings.only, "pause") == 0)
        count_on();
    else if (random_below(3) == 0)
        change_something();
}

#endif

/* ---- All together ---- */

static pid_t start(void (*act)(void *), void *argument)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        act(argument);
        _exit(0);
    }
    return child;
}

static void be_reader(void *number)
{
    seed_random(settings.seed * 100 + (uint64_t)(intptr_t)number);
    read_for_a_while();
}

static void be_writer(void *unused)
{
    (void)unused;
    seed_random(settings.seed * 1000 + 999);
    attack(settings.only);
}

static void be_command(void *unused)
{
    char seconds[32];
    int count = 0;
    char *arguments[32];
    (void)unused;
    while (settings.command[count] && count < 28) {
        arguments[count] = settings.command[count];
        count++;
    }
    snprintf(seconds, sizeof seconds, "%g", settings.seconds);
    arguments[count++] = "hostile";
    arguments[count++] = seconds;
    arguments[count] = NULL;
    setenv("SHOAL_DIR", settings.directory, 1);
    execvp(arguments[0], arguments);
    perror(arguments[0]);
    _exit(3);
}

/* How it ended: NULL, well; waits `seconds` for it at most. */
static const char *end_of(pid_t child, double end)
{
    static char text[80];
    int status = 0;
    while (waitpid(child, &status, WNOHANG) == 0) {
        if (seconds_of(CLOCK_MONOTONIC) > end) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            return "hangs";
        }
        usleep(20000);
    }
    if (WIFSIGNALED(status))
        snprintf(text, sizeof text, "was killed by signal %d", WTERMSIG(status));
    else if (WEXITSTATUS(status))
        snprintf(text, sizeof text, "ended with %d", WEXITSTATUS(status));
    else
        return NULL;
    return text;
}

static int watch(void)
{
    pid_t readers[16], command = settings.command ? start(be_command, NULL) : 0;
    for (int i = 0; i < settings.readers; i++)
        readers[i] = start(be_reader, (void *)(intptr_t)i);
    pid_t writer = settings.points ? 0 : start(be_writer, NULL);
    int violations = 0;
    double end = seconds_of(CLOCK_MONOTONIC) + settings.seconds + 60;
    for (int i = 0; i < settings.readers + !!command; i++) {
        const char *wrong = end_of(i < settings.readers ? readers[i] : command, end);
        if (wrong) {
            printf("VIOLATION: reader %d %s; in call: %s\n", i, wrong, (const char *)board->call);
            violations++;
        }
    }
    if (writer) {
        kill(writer, SIGKILL);
        waitpid(writer, NULL, 0);
    }
    return violations + (int)board->violations;
}

static void tell(int violations)
{
    if (violations)
        printf("again: hostile --seed %llu --seconds %g%s%s\n", (unsigned long long)settings.seed, settings.seconds,
               settings.only ? " --only " : "", settings.only ? settings.only : "");
    printf("{\"tool\": \"hostile\", \"seed\": %llu, \"seconds\": %g, \"readers\": %d",
           (unsigned long long)settings.seed, settings.seconds, settings.readers + !!settings.command);
    for (int i = 0; i < attack_count; i++)
        printf(", \"%s\": %llu", attacks[i].name, (unsigned long long)board->attacks[i]);
    printf(", \"attaches\": %llu, \"calls\": %llu, \"told\": %llu, \"longest_ms\": %.1f, \"longest\": \"%s\", "
           "\"violations\": %d}\n",
           (unsigned long long)board->attaches, (unsigned long long)board->calls, (unsigned long long)board->told,
           board->longest * 1000, board->longest_call, violations);
}

static void read_arguments(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--") == 0) {
            settings.command = argv + i + 1;
            return;
        }
        if (strcmp(argv[i], "--points") == 0) {
            settings.points = true;
            continue;
        }
        if (strcmp(argv[i], "--seed") == 0)
            settings.seed = strtoull(value, NULL, 10);
        else if (strcmp(argv[i], "--seconds") == 0)
            settings.seconds = atof(value);
        else if (strcmp(argv[i], "--readers") == 0)
            settings.readers = atoi(value) < 16 ? atoi(value) : 16;
        else if (strcmp(argv[i], "--directory") == 0)
            settings.directory = value;
        else if (strcmp(argv[i], "--only") == 0)
            settings.only = value;
        else
            exit(fprintf(stderr, "hostile: what is %s?\n", argv[i]) ? 2 : 2);
        i++;
    }
}

int main(int argc, char **argv)
{
    char own[] = "/dev/shm/test-hostile-XXXXXX", path[300];
    read_arguments(argc, argv);
    if (!settings.directory)
        settings.directory = mkdtemp(own);
    board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    seed_random(settings.seed);
    kinds_program.below = random_below;
    make(settings.directory);
    find_targets();
    int violations = watch();
    snprintf(path, sizeof path, "%s/shoal.hostile", settings.directory);
    unlink(path);
    if (settings.directory == own)
        rmdir(own);
    tell(violations);
    return violations ? 1 : 0;
}
