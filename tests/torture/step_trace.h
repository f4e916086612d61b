/*
 * The part of step.c that watches the victim. The victim steps itself: with the trap flag set the kernel sends it SIGTRAP
 * after each instruction, and the segment's pages are read-only to it, so that each store into them is a SIGSEGV first.
 * The handler opens the page, lets that one instruction run, writes down which bytes are others now, and closes the page.
 * System calls that change the file (fallocate, holes, its name) are written down by the functions below, which stand
 * in front of the C library's. What is written down lies in memory that is shared with who judges; replayed one by one
 * it gives the segment as it was after each instruction. Included by step.c.
 */
#ifndef SHOAL_TORTURE_STEP_TRACE_H
#define SHOAL_TORTURE_STEP_TRACE_H

enum { PAGE = 4096, MOST_PAGES = 1024, LOG_BYTES = 1 << 28, MAPPINGS = 16, MOST_OPEN = 512, SAME = 40 };

enum event_kind { EVENT_STORE, EVENT_FILE, EVENT_NAMED, EVENT_UNLINKED };

/* One change: then `deltas` times a delta with its bytes, each rounded up to 8. */
struct event {
    uint32_t kind, deltas;
    uint64_t step, at;              /* `at`: the instruction that comes next, or is being repeated */
    uint8_t backed[MOST_PAGES / 8]; /* of EVENT_FILE: which pages have memory */
};
struct delta {
    uint32_t offset, length;
};

/* Shared by the victim and who judges. */
static struct trace {
    uint64_t steps;
    uint32_t events;
    bool ready, named, ended, overflow;
    size_t used; /* of the log */
    size_t size; /* of the segment */
    uint8_t backed[MOST_PAGES / 8];
    unsigned char start[MOST_PAGES * PAGE];
    uint32_t entered[FUNCTIONS]; /* how often each public function was entered under the trap flag */
    unsigned char log[LOG_BYTES];
} *trace;

static struct {
    bool on, paused, ending;
    bool every_instruction; /* else only those that store: the images are the same */
    bool no_nameless;       /* O_TMPFILE is refused, as some file systems do */
    unsigned char *seen;    /* the segment as last written down */
    int fd;                 /* of it: read only */
    ino_t inode;
    struct mapping {
        unsigned char *base;
        size_t length;
    } mappings[MAPPINGS];
    unsigned char *open[MOST_OPEN]; /* pages opened for the instruction that runs */
    int opened;
    uintptr_t at; /* where it is */
    uint32_t same;
} tracer;

#if defined(__x86_64__)
#define INSTRUCTION(context) ((context)->uc_mcontext.gregs[REG_RIP])
#elif defined(__i386__)
#define INSTRUCTION(context) ((context)->uc_mcontext.gregs[REG_EIP])
#endif
#define TRAP_FLAG 0x100
#if defined(__x86_64__)
enum { TO = REG_RDI, FROM = REG_RSI, COUNT = REG_RCX, ACCUMULATOR = REG_RAX };
#elif defined(__i386__)
enum { TO = REG_EDI, FROM = REG_ESI, COUNT = REG_ECX, ACCUMULATOR = REG_EAX };
#endif

static void out_of_room(void)
{
    trace->overflow = true;
    _exit(3);
}

static void *append(size_t size)
{
    size = (size + 7) & ~(size_t)7;
    if (trace->used + size > LOG_BYTES)
        out_of_room();
    void *at = trace->log + trace->used;
    trace->used += size;
    return at;
}

/* Which pages have memory: a hole reads as zeroes, but storing there may fail. */
static void look_at_holes(int fd, uint8_t *backed)
{
    memset(backed, 0, MOST_PAGES / 8);
    for (off_t at = 0; (at = lseek(fd, at, SEEK_DATA)) >= 0;) {
        off_t end = lseek(fd, at, SEEK_HOLE);
        for (off_t page = at / PAGE; page < (end + PAGE - 1) / PAGE && page < MOST_PAGES; page++)
            backed[page / 8] |= (uint8_t)(1u << page % 8);
        at = end;
    }
}

/* ---- Writing down ---- */

static struct event *new_event(uint32_t kind, uintptr_t at)
{
    struct event *event = append(sizeof *event);
    event->kind = kind;
    event->deltas = 0;
    event->step = trace->steps;
    event->at = at;
    return event;
}

static void note_difference(struct event **event, size_t offset, const unsigned char *now, size_t size)
{
    unsigned char *seen = tracer.seen + offset;
    if (memcmp(seen, now, size) == 0)
        return;
    size_t first = 0, last = size;
    while (seen[first] == now[first])
        first++;
    while (seen[last - 1] == now[last - 1])
        last--;
    if (!*event)
        *event = new_event(EVENT_STORE, tracer.at);
    struct delta *delta = append(sizeof *delta + last - first);
    delta->offset = (uint32_t)(offset + first);
    delta->length = (uint32_t)(last - first);
    memcpy(delta + 1, now + first, last - first);
    memcpy(seen + first, now + first, last - first);
    (*event)->deltas++;
}

static const struct mapping *mapping_of(const unsigned char *at)
{
    for (int i = 0; i < MAPPINGS; i++)
        if (at >= tracer.mappings[i].base && at < tracer.mappings[i].base + tracer.mappings[i].length)
            return &tracer.mappings[i];
    return NULL;
}

static void note_opened(void)
{
    struct event *event = NULL;
    for (int i = 0; i < tracer.opened; i++) {
        const struct mapping *mapping = mapping_of(tracer.open[i]);
        if (mapping)
            note_difference(&event, (size_t)(tracer.open[i] - mapping->base), tracer.open[i], PAGE);
    }
    trace->events += event != NULL;
}

static void close_opened(void)
{
    for (int i = 0; i < tracer.opened; i++)
        mprotect(tracer.open[i], PAGE, PROT_READ);
    tracer.opened = 0;
    tracer.same = 0;
}

/* A system call has changed the file. */
static void note_file(uint32_t kind)
{
    unsigned char bytes[PAGE];
    struct event *event = new_event(kind, (uintptr_t)__builtin_return_address(0)), *known = event;
    if (tracer.fd >= 0)
        look_at_holes(tracer.fd, event->backed);
    for (size_t offset = 0; kind == EVENT_FILE && offset < trace->size; offset += PAGE)
        if (pread(tracer.fd, bytes, PAGE, (off_t)offset) == PAGE)
            note_difference(&known, offset, bytes, PAGE);
    trace->events++;
}

/* ---- The signals ---- */

static bool open_page(unsigned char *at)
{
    at -= (uintptr_t)at % PAGE;
    for (int i = 0; i < tracer.opened; i++)
        if (tracer.open[i] == at)
            return true;
    if (tracer.opened == MOST_OPEN)
        return false;
    mprotect(at, PAGE, PROT_READ | PROT_WRITE);
    tracer.open[tracer.opened++] = at;
    return true;
}

static void on_fault(int signal, siginfo_t *info, void *argument)
{
    ucontext_t *context = argument;
    unsigned char *at = info->si_addr;
    if (!tracer.on || !mapping_of(at) || tracer.opened == MOST_OPEN) {
        struct sigaction standard = {.sa_handler = SIG_DFL};
        sigaction(signal, &standard, NULL); /* the victim's own fault: it dies of it when it comes back */
        return;
    }
    open_page(at);
    tracer.at = (uintptr_t)INSTRUCTION(context);
    context->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
}

/* "rep movs" and "rep stos" take a trap for each round: all but the last are done here, as it would. */
static void go_through_string(greg_t *registers, const unsigned char *code)
{
    size_t unit = 1;
    if (*code++ != 0xf3 || registers[REG_EFL] & 0x400)
        return;
    if (*code == 0x48)
        unit = 8, code++;
    else if (*code & 1)
        unit = 4;
    if ((*code & 0xfe) != 0xa4 && (*code & 0xfe) != 0xaa)
        return;
    size_t rounds = (size_t)registers[COUNT] - 1, size = rounds * unit;
    unsigned char *to = (unsigned char *)registers[TO];
    if ((size_t)registers[COUNT] < 2 || !mapping_of(to) || (*code != 0xa4 && unit != 8 && *code != 0xaa && unit != 4))
        return;
    for (unsigned char *page = to - (uintptr_t)to % PAGE; page < to + size; page += PAGE)
        if (!open_page(page))
            return;
    if ((*code & 0xfe) == 0xa4) {
        const unsigned char *from = (const unsigned char *)registers[FROM];
        for (size_t i = 0; i < size; i++)
            to[i] = from[i];
        registers[FROM] += (greg_t)size;
    } else {
        for (size_t i = 0; i < size; i++)
            to[i] = (unsigned char)((uint64_t)registers[ACCUMULATOR] >> 8 * (i % unit));
    }
    registers[TO] += (greg_t)size;
    registers[COUNT] = 1;
}

static void on_trap(int signal, siginfo_t *info, void *argument)
{
    ucontext_t *context = argument;
    uintptr_t at = (uintptr_t)INSTRUCTION(context);
    (void)signal, (void)info;
    if (tracer.opened) {
        if (at != tracer.at) {
            tracer.at = at;
            note_opened();
            close_opened();
        } else if (++tracer.same % SAME == 0) { /* in the middle of it */
            note_opened();
            go_through_string(context->uc_mcontext.gregs, (const unsigned char *)at);
        }
    }
    if (tracer.ending || tracer.paused) {
        tracer.on = !tracer.ending;
        context->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
        return;
    }
    trace->steps++;
    if (tracer.every_instruction)
        function_entered(trace->entered, at);
    if (tracer.every_instruction || tracer.opened)
        context->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
    else
        context->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
}

static void watch_mapping(void *base, size_t length)
{
    int i = 0;
    while (i < MAPPINGS - 1 && tracer.mappings[i].base)
        i++;
    tracer.mappings[i] = (struct mapping){base, length};
    if (tracer.on)
        mprotect(base, length, PROT_READ);
}

static void forget_mapping(const void *base)
{
    for (int i = 0; i < MAPPINGS; i++)
        if (tracer.mappings[i].base == base)
            tracer.mappings[i] = (struct mapping){0};
}

/* The victim begins: from here each instruction is stepped. `fd` < 0: there is no segment yet. */
static void trace_begin(int fd)
{
    struct stat stat = {0};
    if (fd >= 0)
        fstat(fd, &stat);
    tracer.fd = fd;
    tracer.inode = stat.st_ino;
    trace->size = (size_t)stat.st_size;
    trace->named = fd >= 0;
    tracer.seen = calloc(MOST_PAGES, PAGE);
    if (trace->size > MOST_PAGES * PAGE || pread(fd, tracer.seen, trace->size, 0) != (ssize_t)trace->size)
        trace->size = 0;
    memcpy(trace->start, tracer.seen, trace->size);
    look_at_holes(fd, trace->backed);
    struct sigaction fault = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
    struct sigaction trap = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigaction(SIGSEGV, &fault, NULL);
    sigaction(SIGTRAP, &trap, NULL);
    if (fd < 0) /* what is mapped is another segment: the one that is copied */
        memset(tracer.mappings, 0, sizeof tracer.mappings);
    trace->ready = tracer.on = true;
    for (int i = 0; i < MAPPINGS; i++)
        if (tracer.mappings[i].base)
            mprotect(tracer.mappings[i].base, tracer.mappings[i].length, PROT_READ);
    raise(SIGTRAP);
}

static void trace_end(void)
{
    tracer.ending = true;
    raise(SIGTRAP);
    trace->ended = !tracer.on;
}

/* ---- In front of the C library ---- */

static struct {
    void *(*mmap)(void *, size_t, int, int, int, off_t);
    int (*munmap)(void *, size_t);
    int (*posix_fallocate)(int, off_t, off_t);
    int (*fallocate)(int, int, off_t, off_t);
    int (*linkat)(int, const char *, int, const char *, int);
    int (*link)(const char *, const char *);
    int (*rename)(const char *, const char *);
    int (*unlink)(const char *);
    int (*open)(const char *, int, ...);
    long (*syscall)(long, ...);
    int (*clock_gettime)(clockid_t, struct timespec *);
} libc;

static void *next(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (!found)
        exit(2);
    return found;
}

/* With _FILE_OFFSET_BITS=64 the functions below, and those who call them, have these names. */
static void trace_prepare(void)
{
    libc.mmap = next("mmap64");
    libc.munmap = next("munmap");
    libc.posix_fallocate = next("posix_fallocate64");
    libc.fallocate = next("fallocate64");
    libc.linkat = next("linkat");
    libc.link = next("link");
    libc.rename = next("rename");
    libc.unlink = next("unlink");
    libc.open = next("open64");
    libc.syscall = next("syscall");
    libc.clock_gettime = next("clock_gettime");
    trace = libc.mmap(NULL, sizeof *trace, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (trace == MAP_FAILED)
        exit(2);
}

/* What is ours between two instructions of the victim's is not stepped. */
static void note_call(uint32_t kind)
{
    if (!tracer.on)
        return;
    tracer.paused = true;
    note_file(kind);
    tracer.paused = false;
    raise(SIGTRAP);
}

/* A segment's file; while stepping the one that is stepped, and no other that a backup reads or writes. */
static bool is_segment(int fd)
{
    struct stat stat;
    return fd >= 0 && fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) &&
           (!tracer.on || tracer.fd < 0 || stat.st_ino == tracer.inode);
}

/* Nobody knows the file yet that is made while stepping: from its first mapping on we do. */
static void know_file(int fd)
{
    struct stat stat;
    if (!tracer.on || tracer.fd >= 0)
        return;
    tracer.fd = dup(fd);
    fstat(fd, &stat);
    tracer.inode = stat.st_ino;
    trace->size = (size_t)stat.st_size;
}

/* Does that path end in the name whose file is judged? */
static bool is_target(const char *path)
{
    const char *name = strrchr(path, '/');
    return name && strcmp(name, "/shoal.target") == 0;
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
    void *base = libc.mmap(address, length, protection, flags, fd, offset);
    if (base != MAP_FAILED && protection & PROT_WRITE && flags & MAP_SHARED && is_segment(fd)) {
        know_file(fd);
        watch_mapping(base, length);
    }
    return base;
}

int open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    if (!tracer.no_nameless || (flags & O_TMPFILE) != O_TMPFILE)
        return libc.open(path, flags, mode);
    errno = EOPNOTSUPP;
    return -1;
}

/*
 * Time goes on when somebody looks at it, and when he sleeps: everybody else is stopped or dead, and would not wake him.
 * So a sleep on a word that is as expected ends at once, and its time has passed.
 */
static int64_t moment = 1000000000;

int clock_gettime(clockid_t clock, struct timespec *out)
{
    (void)clock;
    moment += 200;
    *out = (struct timespec){(time_t)(moment / 1000000000), (long)(moment % 1000000000)};
    return 0;
}

/* Every second image is judged under a timer of 0.3 to 10 ms, whose signals end sleeps on the structure's lock. */
static bool is_structure_lock(const uint32_t *word)
{
    uintptr_t page = (uintptr_t)word & ~(uintptr_t)4095;
    return (uintptr_t)word - page == offsetof(struct header_sh, lock) &&
           memcmp((const void *)page, SHOAL_MAGIC_BYTES, 8) == 0;
}

static long sleep_at(const uint32_t *word, uint32_t expected, const long *slice)
{
    int64_t length = slice[0] * (int64_t)1000000000 + slice[1], period = (int64_t)300000 << now.image / 2 % 6;
    errno = *word == expected ? ETIMEDOUT : EAGAIN;
    if (errno == ETIMEDOUT && now.image % 2 && length > period && is_structure_lock(word)) {
        errno = EINTR;
        moment += period;
    } else if (errno == ETIMEDOUT) {
        moment += length;
    }
    return -1;
}

/* A file came to the name that is judged, or what has it went elsewhere. */
static void note_names(const char *from, const char *to)
{
    if (from && is_target(from))
        note_call(EVENT_UNLINKED);
    if (is_target(to))
        note_call(EVENT_NAMED);
}

long syscall(long number, ...)
{
    long a[6];
    va_list arguments;
    va_start(arguments, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(arguments, long);
    va_end(arguments);
    if (number == SYS_futex && (a[1] & 0x7f) == 0)
        return sleep_at((const uint32_t *)a[0], (uint32_t)a[2], (const long *)a[3]);
    long result = libc.syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (number == SYS_renameat2 && result == 0)
        note_names((const char *)a[1], (const char *)a[3]);
    return result;
}

int munmap(void *base, size_t length)
{
    forget_mapping(base);
    return libc.munmap(base, length);
}

int posix_fallocate(int fd, off_t offset, off_t length)
{
    if (is_segment(fd))
        know_file(fd);
    int result = libc.posix_fallocate(fd, offset, length);
    note_call(EVENT_FILE);
    return result;
}

int fallocate(int fd, int mode, off_t offset, off_t length)
{
    int result = libc.fallocate(fd, mode, offset, length);
    note_call(EVENT_FILE);
    return result;
}

int linkat(int from, const char *path, int to, const char *name, int flags)
{
    int result = libc.linkat(from, path, to, name, flags);
    if (result == 0)
        note_names(NULL, name);
    return result;
}

int link(const char *path, const char *name)
{
    int result = libc.link(path, name);
    if (result == 0)
        note_names(NULL, name);
    return result;
}

int rename(const char *from, const char *to)
{
    int result = libc.rename(from, to);
    if (result == 0)
        note_names(from, to);
    return result;
}

int unlink(const char *path)
{
    int result = libc.unlink(path);
    if (result == 0 && is_target(path))
        note_call(EVENT_UNLINKED);
    return result;
}

#endif
