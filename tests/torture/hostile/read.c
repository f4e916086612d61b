/* The readers: every call that works through a readonly attach, again and again. */
#include "hostile.h"

#include <sys/syscall.h>

#define ROOM ((size_t)1 << 30)
#define MOST_CPU 2.5 /* seconds that a call may take of a processor; */
#define MOST_CHECK_CPU 8.0
#define MOST_WALL 40.0 /* on a busy machine */

/* ---- Nothing is mapped around a segment ---- */

static struct room {
    char *base;
    size_t size;
} rooms[64];

static void *map_by_itself(size_t size, int protection, int flags, int fd, off_t offset)
{
    size_t pages = (size + 4095) & ~(size_t)4095;
    for (int i = 0; i < 64; i++) {
        if (rooms[i].base)
            continue;
        char *all = (char *)syscall(SYS_mmap, NULL, pages + 2 * ROOM, PROT_NONE,
                                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        rooms[i] = (struct room){all, pages + 2 * ROOM};
        return (void *)syscall(SYS_mmap, all + ROOM, size, protection, flags | MAP_FIXED, fd, offset);
    }
    return MAP_FAILED;
}

/* These take the place of libc's. */
void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    if (fd >= 0 && !address && board)
        return map_by_itself(size, protection, flags, fd, offset);
    return (void *)syscall(SYS_mmap, address, size, protection, flags, fd, offset);
}

int munmap(void *address, size_t size)
{
    for (int i = 0; i < 64; i++)
        if (rooms[i].base && rooms[i].base + ROOM == address) {
            size = rooms[i].size;
            address = rooms[i].base;
            rooms[i].base = NULL;
        }
    return (int)syscall(SYS_munmap, address, size);
}

/* ---- Calls, each with its time ---- */

static double began, began_cpu;
static volatile uint64_t sink;
bool reading;
static bool gone; /* the file was cut: from now on nothing else is said */

static void begin(const char *call)
{
    strncpy(board->call, call, sizeof board->call - 1);
    began = seconds_of(CLOCK_MONOTONIC);
    began_cpu = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    reading = true;
}

static int end(int status)
{
    reading = false;
    double wall = seconds_of(CLOCK_MONOTONIC) - began, cpu = seconds_of(CLOCK_THREAD_CPUTIME_ID) - began_cpu;
    bool is_check = strcmp(board->call, "check") == 0;
    board->calls++;
    board->told += status == SHOAL_ECORRUPT;
    gone |= status == SHOAL_ECORRUPT && strstr(shoal_error_message(), "under its readers");
    if (cpu > board->longest) {
        board->longest = cpu;
        memcpy(board->longest_call, board->call, sizeof board->call);
    }
    if (wall > MOST_WALL || cpu > (is_check ? MOST_CHECK_CPU : MOST_CPU)) {
        printf("VIOLATION: %s took %.2f s, %.2f s of a processor\n", board->call, wall, cpu);
        board->violations++;
    }
    return status;
}

#define TIMED(name, call) (begin(name), end(call))

static void look_at(const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        sink += ((const unsigned char *)bytes)[i];
}

static int visit(void *argument, const char *name, size_t length, int kind)
{
    (void)argument;
    look_at(name, length + 1);
    look_at(shoal_kind_name(kind), 1);
    return 0;
}

static void report(void *argument, const char *finding)
{
    (void)argument;
    look_at(finding, strlen(finding));
}

static int visit_lock(void *argument, shoal_object *object)
{
    (void)argument;
    look_at(shoal_object_name(object, NULL), 1);
    return 0;
}

/* ---- Objects ---- */

static void ended(const char *call, int status)
{
    (void)call;
    end(status);
}

static void seen(const char *call, uint64_t value)
{
    (void)call;
    sink += value;
    end(SHOAL_OK);
}

static shoal_time soon(void)
{
    return random_below(4) ? SHOAL_NO_WAIT : shoal_now() + 2000000;
}

static void judge(const char *sentence)
{
    if (!sentence)
        return;
    printf("VIOLATION: %s\n", sentence);
    board->violations++;
}

static void open_and_read(shoal_segment *segment, const char *name)
{
    struct subject subject = subject_of(segment, name);
    if (TIMED("object_open", shoal_object_open(&subject.object, segment, name, subject.length)) < 0)
        return;
    judge(kinds_look(&subject));
    if (random_below(4) == 0)
        judge(kinds_refuse(&subject));
    begin("object_close");
    shoal_object_close(subject.object);
    end(SHOAL_OK);
}

/* As those who expect what they will find. */
static void open_as_something(shoal_segment *segment, const char *name)
{
    struct subject subject = subject_of(segment, name);
    const struct driver *driver = kinds_any();
    begin("typed open");
    int status = end(driver->make(&subject, 5 * random_below(2)));
    if (driver->kind == SHOAL_KIND_VALUE && status >= 0)
        judge("a readonly attach may put");
    shoal_object_close(subject.object);
}

/* ---- A segment ---- */

static void read_segment(shoal_segment *segment)
{
    uint64_t count;
    size_t peers;
    shoal_peer out[4];
    shoal_info info;
    switch (random_below(8)) {
    case 0:
        TIMED("object_count", shoal_object_count(&count, segment));
        break;
    case 1:
        TIMED("info", shoal_segment_info(&info, segment));
        break;
    case 2:
        TIMED("peers", shoal_segment_peers(out, 4, &peers, segment));
        break;
    case 3:
        sink += shoal_segment_used(segment);
        break;
    case 4:
        TIMED("each_lock", shoal_segment_each_lock(segment, visit_lock, NULL));
        break;
    case 5:
        TIMED("check", shoal_check(segment, report, NULL));
        break;
    default:
        TIMED("object_each", shoal_object_each(segment, visit, NULL));
    }
}

/* The mapping and the descriptor say it: there is no way to write. */
static void check_readonly(const shoal_segment *segment)
{
    char line[500];
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps))
        if (strstr(line, "shoal.hostile") && (unsigned long)live != strtoul(line, NULL, 16) && strstr(line, " rw")) {
            printf("VIOLATION: mapped for writing: %s", line);
            board->violations++;
        }
    if (maps)
        fclose(maps);
    if ((fcntl(shoal_segment_fd(segment), F_GETFL) & O_ACCMODE) != O_RDONLY) {
        printf("VIOLATION: open for writing\n");
        board->violations++;
    }
}

static void read_some(shoal_segment *segment, double until)
{
    char name[32];
    const struct driver *value = driver_of(SHOAL_KIND_VALUE);
    gone = false;
    for (int i = 0; i < 300 && !gone && seconds_of(CLOCK_MONOTONIC) < until; i++) {
        any_name(name);
        switch (random_below(8)) {
        case 0:
        case 1:
            judge(value->look(&(struct subject){segment, name, strlen(name), NULL}));
            break;
        case 2:
            TIMED("object_find", shoal_object_find(segment, name, strlen(name)));
            break;
        case 3:
            open_as_something(segment, name);
            break;
        case 4:
            read_segment(segment);
            break;
        default:
            open_and_read(segment, name);
        }
    }
}

void read_for_a_while(void)
{
    kinds_program =
        (struct kinds_program){.begin = begin, .end = ended, .seen = seen, .below = random_below, .deadline = soon};
    shoal_listed *listed;
    size_t count;
    shoal_segment *segment;
    shoal_options options;
    shoal_options_init(&options);
    options.readonly = true;
    double until = seconds_of(CLOCK_MONOTONIC) + settings.seconds;
    while (seconds_of(CLOCK_MONOTONIC) < until) {
        if (settings.points)
            restore();
        shoal_context *context = shoal_context_new();
        need(shoal_context_set_directory(context, settings.directory), "directory");
        if (TIMED("open", shoal_open(&segment, context, "hostile", &options)) == SHOAL_OK) {
            if (board->attaches++ % 64 == 0)
                check_readonly(segment);
            read_some(segment, until);
        }
        if (random_below(20) == 0 && TIMED("list", shoal_list(&listed, &count, context)) == SHOAL_OK)
            shoal_list_free(listed);
        begin("close");
        shoal_context_free(context);
        end(SHOAL_OK);
    }
}
