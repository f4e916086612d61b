/*
 * Watches the victim. The victim steps itself: with the trap flag set the kernel sends it SIGTRAP
 * after each instruction, and the segment's pages are read-only to it, so that each store into them is a SIGSEGV first.
 * The handler opens the page, lets that one instruction run, writes down which bytes are others now, and closes the page.
 * System calls that change the file (fallocate, holes, its name) are written down by the functions of libc.c, which stand
 * in front of the C library's. What is written down lies in memory that is shared with who judges; replayed one by one
 * it gives the segment as it was after each instruction.
 */
#include "step.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <ucontext.h>

struct trace *trace;
struct tracer tracer;

#if defined(__x86_64__)
#define INSTRUCTION(context) ((context)->uc_mcontext.gregs[REG_RIP])
#elif defined(__i386__)
#define INSTRUCTION(context) ((context)->uc_mcontext.gregs[REG_EIP])
#endif
#define TRAP_FLAG 0x100
#if defined(__x86_64__)
enum { TO = REG_RDI, FROM = REG_RSI, TIMES = REG_RCX, ACCUMULATOR = REG_RAX };
#elif defined(__i386__)
enum { TO = REG_EDI, FROM = REG_ESI, TIMES = REG_ECX, ACCUMULATOR = REG_EAX };
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
void look_at_holes(int fd, uint8_t *backed)
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
void note_file(uint32_t kind)
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
    size_t rounds = (size_t)registers[TIMES] - 1, size = rounds * unit;
    unsigned char *to = (unsigned char *)registers[TO];
    if ((size_t)registers[TIMES] < 2 || !mapping_of(to) || (*code != 0xa4 && unit != 8 && *code != 0xaa && unit != 4))
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
    registers[TIMES] = 1;
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

void watch_mapping(void *base, size_t length)
{
    int i = 0;
    while (i < MAPPINGS - 1 && tracer.mappings[i].base)
        i++;
    tracer.mappings[i] = (struct mapping){base, length};
    if (tracer.on)
        mprotect(base, length, PROT_READ);
}

void forget_mapping(const void *base)
{
    for (int i = 0; i < MAPPINGS; i++)
        if (tracer.mappings[i].base == base)
            tracer.mappings[i] = (struct mapping){0};
}

/* The victim begins: from here each instruction is stepped. `fd` < 0: there is no segment yet. */
void trace_begin(int fd)
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

void trace_end(void)
{
    tracer.ending = true;
    raise(SIGTRAP);
    trace->ended = !tracer.on;
}
