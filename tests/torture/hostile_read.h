/* The readers of hostile.c: every call that works through a readonly attach, again and again. */
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
static bool gone; /* the file was cut: from now on nothing else is said */

static void begin(const char *call)
{
    strncpy(board->call, call, sizeof board->call - 1);
    began = seconds_of(CLOCK_MONOTONIC);
    began_cpu = seconds_of(CLOCK_THREAD_CPUTIME_ID);
#ifdef SHOAL_POINTS
    reading = true;
#endif
}

static int end(int status)
{
#ifdef SHOAL_POINTS
    reading = false;
#endif
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

static void read_value(shoal_segment *segment, const char *name)
{
    size_t size;
    unsigned char *buffer = malloc(64); /* so that a byte too many is seen */
    int status = TIMED("value_get", shoal_value_get(segment, name, strlen(name), buffer, 64, &size));
    if (status == SHOAL_LARGER) {
        if (size > SIZE) {
            printf("VIOLATION: a value of %zu bytes in a file of %zu\n", size, SIZE);
            board->violations++;
        }
        buffer = realloc(buffer, size);
        status = TIMED("value_get", shoal_value_get(segment, name, strlen(name), buffer, size, &size));
    }
    if (status == SHOAL_OK)
        look_at(buffer, size);
    free(buffer);
}

static void read_array(const shoal_object *object)
{
    shoal_view view;
    shoal_scalar scalar;
    if (TIMED("array_view", shoal_array_view(&view, object)) < 0)
        return;
    uint64_t bytes = shoal_view_size(&view) * view.dtype.itemsize;
    begin("elements");
    look_at(view.data, bytes);
    end(SHOAL_OK);
    TIMED("view_sum", shoal_view_sum(&scalar, &view));
    TIMED("view_min", shoal_view_min(&scalar, &view));
    TIMED("view_max", shoal_view_max(&scalar, &view));
    TIMED("view_mean", shoal_view_mean(&scalar, &view));
    while (view.ndim > 0 && shoal_view_index(&view, (int64_t)random_below(8)) == SHOAL_OK)
        ;
    if (view.ndim == 0) {
        begin("scalar_load");
        shoal_scalar_load(&scalar, view.dtype, view.data);
        if (scalar.type == SHOAL_SCALAR_BYTES)
            look_at(scalar.bytes, scalar.size);
        end(SHOAL_OK);
    }
}

static shoal_time soon(void)
{
    return random_below(4) ? SHOAL_NO_WAIT : shoal_now() + 2000000;
}

static void read_lock(const shoal_object *object)
{
    shoal_owner owner;
    begin("lock");
    sink += shoal_lock_is_locked(object) + shoal_lock_flags(object) + shoal_lock_is_mine(object) +
            shoal_lock_is_this_threads(object) + shoal_lock_recovered(object);
    end(shoal_lock_owner(&owner, object));
    look_at(&owner, sizeof owner);
}

static void read_object(shoal_object *object)
{
    uint32_t number;
    int64_t value;
    size_t length;
    switch (shoal_object_kind(object)) {
    case SHOAL_KIND_NDARRAY:
        read_array(object);
        break;
    case SHOAL_KIND_COUNTER:
        TIMED("counter_value", shoal_counter_value(&value, object));
        TIMED("counter_wait", shoal_counter_wait(object, value, soon()));
        break;
    case SHOAL_KIND_LOCK:
        read_lock(object);
        break;
    case SHOAL_KIND_RWLOCK:
        begin("rwlock");
        sink += shoal_rwlock_is_writing(object) + shoal_rwlock_is_reading(object) + shoal_rwlock_recovered(object);
        shoal_owner owner;
        end(shoal_lock_owner(&owner, object));
        break;
    case SHOAL_KIND_SEMAPHORE:
        TIMED("semaphore_value", shoal_semaphore_value(&number, object));
        sink += shoal_semaphore_initial(object) + shoal_semaphore_flags(object) + shoal_semaphore_held(object);
        break;
    case SHOAL_KIND_EVENT:
        sink += shoal_event_is_set(object);
        TIMED("event_wait", shoal_event_wait(object, soon()));
        break;
    case SHOAL_KIND_CONDITION:
        begin("condition_lock_name");
        const char *text = shoal_condition_lock_name(object, &length);
        look_at(text, length + 1);
        end(SHOAL_OK);
        shoal_object *its_lock;
        TIMED("condition_lock", shoal_condition_lock(&its_lock, object));
        shoal_object_close(its_lock);
        break;
    case SHOAL_KIND_BARRIER:
        begin("barrier");
        sink += shoal_barrier_broken(object) + shoal_barrier_parties(object) + shoal_barrier_waiting(object);
        end(SHOAL_OK);
        break;
    default:
        printf("VIOLATION: an object of kind %d was opened\n", shoal_object_kind(object));
        board->violations++;
    }
}

static void open_and_read(shoal_segment *segment, const char *name)
{
    size_t count;
    shoal_owner owners[5];
    shoal_object *object;
    if (TIMED("object_open", shoal_object_open(&object, segment, name, strlen(name))) < 0)
        return;
    read_object(object);
    TIMED("holders", shoal_object_holders(owners, 5, &count, object));
    TIMED("waiters", shoal_object_waiters(owners, 5, &count, object));
    begin("object_close");
    shoal_object_close(object);
    end(SHOAL_OK);
}

/* As those who expect what they will find. */
static void open_as_something(shoal_segment *segment, const char *name)
{
    shoal_object *object = NULL;
    size_t length = strlen(name);
    int64_t shape[] = {4, 7};
    begin("typed open");
    switch (random_below(7)) {
    case 0:
        end(shoal_array_open(&object, segment, name, length, (shoal_dtype){SHOAL_FLOAT64, 8}, 2, shape));
        break;
    case 1:
        end(shoal_counter_open(&object, segment, name, length, 0));
        break;
    case 2:
        end(shoal_lock_open(&object, segment, name, length, SHOAL_LOCK_REENTRANT));
        break;
    case 3:
        end(shoal_semaphore_open(&object, segment, name, length, 3, 0));
        break;
    case 4:
        end(shoal_barrier_open(&object, segment, name, length, 2));
        break;
    case 5:
        end(shoal_condition_open(&object, segment, name, length, NULL));
        break;
    default:
        end(shoal_value_put(segment, name, length, "\xc0", 1) == SHOAL_EREADONLY ? SHOAL_OK : SHOAL_ECORRUPT);
    }
    shoal_object_close(object);
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
    gone = false;
    for (int i = 0; i < 300 && !gone && seconds_of(CLOCK_MONOTONIC) < until; i++) {
        any_name(name);
        switch (random_below(8)) {
        case 0:
        case 1:
            read_value(segment, name);
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

static void read_for_a_while(void)
{
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
