/* Images: replayed from what the victim's tracer wrote down, laid into a file for the judges, counted. */
#include "step.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "segment/layout.h"

struct image image = {.fd = -1};

/* ---- Sums: two images with the same are one ---- */

/* A process's number and when it came make no other image of it. */
static void without_processes(unsigned char *page, const struct picture *picture, size_t offset)
{
    struct header_sh header;
    memcpy(&header, picture->bytes, sizeof header);
    for (size_t at = 0; at < PAGE; at += sizeof(struct peer_sh)) {
        uint64_t peer = offset + at;
        if (peer < header.roster || peer >= header.roster + (uint64_t)header.slots * sizeof(struct peer_sh))
            continue;
        memset(page + at + offsetof(struct peer_sh, pid), 0, sizeof(uint32_t));
        memset(page + at + offsetof(struct peer_sh, process), 0, sizeof(uint64_t));
    }
}

static uint64_t page_sum(const struct picture *picture, size_t page)
{
    uint64_t words[PAGE / 8], sum = page + 1;
    memcpy(words, picture->bytes + page * PAGE, PAGE);
    without_processes((unsigned char *)words, picture, page * PAGE);
    for (size_t i = 0; i < PAGE / 8; i++)
        sum = (sum ^ words[i]) * 0x9e3779b97f4a7c15u + (sum >> 29);
    return mix(sum);
}

static void sum_again(struct picture *picture, size_t first, size_t last)
{
    for (size_t page = first / PAGE; page * PAGE <= last && page * PAGE < picture->size; page++) {
        picture->sum -= picture->sums[page];
        picture->sum += picture->sums[page] = page_sum(picture, page);
    }
}

/* Returns whether it is a new one. */

bool set_add(struct set *set, uint64_t sum)
{
    if (set->count * 2 >= set->capacity) {
        struct set larger = {.capacity = set->capacity ? set->capacity * 2 : 1 << 16};
        larger.sums = calloc(larger.capacity, sizeof *larger.sums);
        for (size_t i = 0; i < set->capacity; i++)
            if (set->sums[i])
                set_add(&larger, set->sums[i]);
        free(set->sums);
        *set = larger;
    }
    sum += sum == 0;
    size_t at = sum & (set->capacity - 1);
    for (; set->sums[at]; at = (at + 1) & (set->capacity - 1))
        if (set->sums[at] == sum)
            return false;
    set->sums[at] = sum;
    set->count++;
    return true;
}

/* ---- Replaying ---- */

void picture_start(struct picture *picture)
{
    picture->size = trace->size;
    picture->named = trace->named;
    memcpy(picture->backed, trace->backed, sizeof picture->backed);
    if (!trace->named) { /* made while stepped */
        memset(trace->start, 0, trace->size);
        memset(picture->backed, 0, sizeof picture->backed);
    }
    memcpy(picture->bytes, trace->start, picture->size);
    picture->sum = 0;
    memset(picture->sums, 0, sizeof picture->sums);
    sum_again(picture, 0, picture->size - 1);
}

/* Apply the event at `at`: where the next one is. */
size_t picture_apply(struct picture *picture, size_t at)
{
    const struct event *event = (const struct event *)(trace->log + at);
    at += (sizeof *event + 7) & ~(size_t)7;
    if (event->kind == EVENT_FILE)
        memcpy(picture->backed, event->backed, sizeof picture->backed);
    picture->named = event->kind == EVENT_NAMED || (picture->named && event->kind != EVENT_UNLINKED);
    for (uint32_t i = 0; i < event->deltas; i++) {
        const struct delta *delta = (const struct delta *)(trace->log + at);
        memcpy(picture->bytes + delta->offset, delta + 1, delta->length);
        for (size_t page = delta->offset / PAGE; page <= (delta->offset + delta->length - 1) / PAGE; page++)
            if (event->kind == EVENT_STORE)
                picture->backed[page / 8] |= (uint8_t)(1u << page % 8);
        sum_again(picture, delta->offset, delta->offset + delta->length - 1);
        at += (sizeof *delta + delta->length + 7) & ~(size_t)7;
    }
    return at;
}

/* ---- The file ---- */

void path_of(char path[128], const char *name)
{
    snprintf(path, 128, "%s/shoal.%s", directory, name);
}

static void image_close(void)
{
    char path[128];
    path_of(path, "image");
    unlink(path);
    if (image.fd >= 0) {
        munmap(image.bytes, image.size);
        close(image.fd);
    }
    image.fd = -1;
}

static void image_open(size_t size)
{
    char path[128];
    struct stat stat;
    if (image.fd >= 0 && image.size == size && fstat(image.fd, &stat) == 0 && stat.st_nlink == 1)
        return;
    image_close();
    path_of(path, "image");
    image.size = size;
    image.fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (image.fd < 0 || ftruncate(image.fd, (off_t)size) < 0)
        exit(2);
    image.bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, image.fd, 0);
    if (image.bytes == MAP_FAILED)
        exit(2);
}

static void punch(size_t page, size_t end)
{
    if (fallocate(image.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)(page * PAGE),
                  (off_t)((end - page) * PAGE)) < 0)
        exit(2);
}

static bool is_backed(const struct picture *picture, size_t page)
{
    return picture->backed[page / 8] >> page % 8 & 1;
}

/* Lay the picture into the file: pages with memory, and pages without. */
void image_restore(const struct picture *picture)
{
    static unsigned char resident[MOST_PAGES];
    image_open(picture->size);
    if (mincore(image.bytes, image.size, resident) < 0)
        exit(2);
    for (size_t page = 0, end; page < picture->size / PAGE; page = end) {
        unsigned char *have = image.bytes + page * PAGE;
        const unsigned char *want = picture->bytes + page * PAGE;
        end = page + 1;
        if (is_backed(picture, page)) {
            if (!(resident[page] & 1) || memcmp(have, want, PAGE) != 0)
                memcpy(have, want, PAGE);
        } else if (resident[page] & 1) {
            while (end < picture->size / PAGE && resident[end] & 1 && !is_backed(picture, end))
                end++;
            punch(page, end);
        }
    }
}

/* The same once, into another file: what is to be stepped next. */
int write_file(const char *name, const struct picture *picture)
{
    char path[128];
    path_of(path, name);
    unlink(path);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, (off_t)picture->size) < 0)
        exit(2);
    for (size_t page = 0; page < picture->size / PAGE; page++)
        if (is_backed(picture, page) && pwrite(fd, picture->bytes + page * PAGE, PAGE, (off_t)(page * PAGE)) != PAGE)
            exit(2);
    return fd;
}

bool read_file(struct picture *picture, const char *name)
{
    char path[128];
    struct stat stat;
    path_of(path, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    fstat(fd, &stat);
    picture->size = (size_t)stat.st_size;
    look_at_holes(fd, picture->backed);
    if (picture->size > MOST_PAGES * PAGE || pread(fd, picture->bytes, picture->size, 0) != stat.st_size)
        exit(2);
    close(fd);
    return true;
}
