/* What is no segment, what once was one, and what somebody scribbled on: an error each time, never a crash. */
#include "check.h"

#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "scratch.h"
#include "segment/layout.h"

#define SIZE (1 << 20)

static int open_status(shoal_context *context, const char *name, bool readonly)
{
    shoal_segment *segment;
    shoal_options options;
    shoal_options_init(&options);
    options.readonly = readonly;
    int status = shoal_open(&segment, context, name, &options);
    CHECK((segment != NULL) == (status == SHOAL_OK));
    if (status == SHOAL_OK)
        shoal_close(segment);
    else
        CHECK(strstr(shoal_error_message(), name) != NULL); /* what was asked for is named */
    return status;
}

static void check_refused(shoal_context *context, const char *name, int expected)
{
    shoal_segment *segment;
    CHECK_STATUS(open_status(context, name, false), expected);
    CHECK_STATUS(open_status(context, name, true), expected);
    CHECK_STATUS(shoal_open_or_create(&segment, context, name, NULL), expected);
}

static void write_file(const char *path, const void *bytes, size_t size)
{
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    CHECK(fd >= 0 && write(fd, bytes, size) == (ssize_t)size && close(fd) == 0);
}

static unsigned char *read_file(const char *path, size_t *size)
{
    struct stat file;
    int fd = open(path, O_RDONLY);
    CHECK(fd >= 0 && fstat(fd, &file) == 0);
    unsigned char *bytes = malloc((size_t)file.st_size);
    CHECK(read(fd, bytes, (size_t)file.st_size) == file.st_size && close(fd) == 0);
    *size = (size_t)file.st_size;
    return bytes;
}

TEST(a_file_that_is_no_segment_is_refused_and_left_alone)
{
    shoal_context *context = new_context();
    size_t size;
    static const char text[] = "a text file, not a segment";
    write_file(path_of("text"), text, sizeof text);
    check_refused(context, "text", SHOAL_ECORRUPT);
    CHECK_STATUS(shoal_unlink(context, "text"), SHOAL_ECORRUPT); /* nor is it taken away */
    unsigned char *bytes = read_file(path_of("text"), &size);
    CHECK(size == sizeof text && memcmp(bytes, text, size) == 0);
    free(bytes);
    write_file(path_of("empty"), "", 0);
    check_refused(context, "empty", SHOAL_ECORRUPT);
    unsigned char *zeros = calloc(1, SIZE);
    write_file(path_of("zeros"), zeros, SIZE);
    check_refused(context, "zeros", SHOAL_ECORRUPT);
    free(zeros);
}

TEST(what_is_no_file_is_refused_at_once)
{
    shoal_context *context = new_context();
    shoal_segment *segment;
    CHECK(mkdir(path_of("directory"), 0700) == 0);
    check_refused(context, "directory", SHOAL_ECORRUPT);
    CHECK(mkfifo(path_of("fifo"), 0600) == 0);
    check_refused(context, "fifo", SHOAL_ECORRUPT); /* an open of a FIFO would wait for its other end */
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, path_of("socket"));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
    check_refused(context, "socket", SHOAL_ECORRUPT);
    close(fd);
    open_or_create(context, "target");
    char target[400];
    strcpy(target, path_of("target"));
    CHECK(symlink(target, path_of("link")) == 0);
    check_refused(context, "link", SHOAL_ECORRUPT);
    CHECK(symlink("/nowhere", path_of("dangling")) == 0);
    CHECK(open_status(context, "dangling", false) < 0);
    CHECK(shoal_create(&segment, context, "dangling", NULL) < 0);
    CHECK(access("/nowhere", F_OK) < 0);
}

/* A segment of all kinds of objects, with some removed and still open, as a file. */
static unsigned char *make_image(shoal_context *context, const char *name, size_t *size)
{
    shoal_context *other = new_context();
    shoal_segment *segment, *second;
    shoal_options options;
    shoal_object *object;
    static unsigned char bytes[50000];
    shoal_options_init(&options);
    options.size = SIZE;
    CHECK_STATUS(shoal_create(&segment, context, name, &options), SHOAL_OK);
    CHECK_STATUS(shoal_open(&second, other, name, NULL), SHOAL_OK);
    for (int i = 0; i < 60; i++) {
        char text[16];
        int64_t shape[] = {1 + i % 7, 3};
        size_t length = (size_t)snprintf(text, sizeof text, "object %d", i);
        memset(bytes, i + 1, sizeof bytes);
        switch (i % 4) {
        case 0:
            CHECK_STATUS(shoal_value_put(segment, text, length, bytes, 1 + (size_t)(i * 37)), SHOAL_OK);
            CHECK_STATUS(shoal_value_put(segment, text, length, bytes, i < 40 ? 100 : 40000), SHOAL_OK);
            break;
        case 1:
            CHECK_STATUS(
                shoal_array_open(&object, i % 8 < 4 ? segment : second, text, length, dtype_of("f8"), 2, shape),
                SHOAL_OK);
            break;
        case 2:
            CHECK_STATUS(shoal_counter_open(&object, segment, text, length, i), SHOAL_OK);
            break;
        default:
            CHECK_STATUS(shoal_lock_open(&object, second, text, length, 0), SHOAL_OK);
            if (i % 8 == 3)
                CHECK_STATUS(shoal_lock_acquire(object, false, SHOAL_NO_WAIT), SHOAL_OK);
        }
        if (i % 9 == 0) /* what is held stays */
            CHECK_STATUS(shoal_object_remove(segment, text, length), i % 8 == 3 ? SHOAL_ELOCK : SHOAL_OK);
    }
    check_sound(segment);
    unsigned char *image = read_file(path_of(name), size);
    shoal_context_free(other);
    shoal_close(segment);
    return image;
}

TEST(a_segment_of_another_length_is_refused)
{
    shoal_context *context = new_context();
    size_t size;
    unsigned char *image = make_image(context, "length", &size);
    static const int64_t lengths[] = {0, 1, 7, 8, 64, 127, 128, 4096, 8191, 8192, 12288, 65536};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0] + 4; i++) {
        size_t known = sizeof lengths / sizeof lengths[0];
        size_t length = i < known        ? (size_t)lengths[i]
                        : i == known     ? size - 4096
                        : i == known + 1 ? size - 1
                                         : size + (i - known - 1) * 2048;
        write_file(path_of("cut"), image, length < size ? length : size);
        CHECK(truncate(path_of("cut"), (off_t)length) == 0);
        check_refused(context, "cut", SHOAL_ECORRUPT);
    }
    free(image);
}

TEST(another_format_version_says_so)
{
    shoal_context *context = new_context();
    size_t size;
    unsigned char *image = make_image(context, "version", &size);
    for (unsigned version = 0; version < 256; version += 15) {
        if (image[8] == version)
            continue;
        unsigned char before = image[8];
        image[8] = (unsigned char)version;
        write_file(path_of("other"), image, size);
        image[8] = before;
        check_refused(context, "other", SHOAL_EVERSION);
        CHECK(strstr(shoal_error_message(), "version") != NULL);
    }
    free(image);
}

/* A whole segment of such a machine: tests/ports. */
TEST(the_other_byte_order_says_so)
{
    shoal_context *context = new_context();
    size_t size;
    unsigned char *image = make_image(context, "order", &size), mark[4];
    memcpy(mark, image + 12, 4);
    for (int i = 0; i < 4; i++)
        image[12 + i] = mark[3 - i];
    write_file(path_of("foreign"), image, size);
    check_refused(context, "foreign", SHOAL_EVERSION);
    CHECK(strstr(shoal_error_message(), "byte order") != NULL);
    free(image);
}

TEST(every_damaged_byte_of_the_constants_is_noticed)
{
    shoal_context *context = new_context();
    size_t size;
    unsigned char *image = make_image(context, "constants", &size);
    static const unsigned char flips[] = {0x01, 0x80, 0xff};
    for (size_t i = 0; i < 112; i++) {
        for (size_t k = 0; k < 3; k++) {
            image[i] ^= flips[k];
            write_file(path_of("flipped"), image, size);
            image[i] ^= flips[k];
            int status = open_status(context, "flipped", k == 1);
            CHECK(status == SHOAL_ECORRUPT || (status == SHOAL_EVERSION && i >= 8 && i < 12));
        }
    }
    free(image);
}

TEST(somebody_elses_segment_is_refused_unless_he_is_named)
{
    shoal_context *context = new_context();
    shoal_segment *segment;
    shoal_options options;
    if (geteuid() != 0) {
        printf("not tried: only root can make another user's file\n");
        return;
    }
    shoal_close(open_or_create(context, "foreign"));
    CHECK(chown(path_of("foreign"), 54321, (gid_t)-1) == 0 && chmod(path_of("foreign"), 0666) == 0);
    check_refused(context, "foreign", SHOAL_EDENIED);
    shoal_options_init(&options);
    options.owner = 54322;
    CHECK_STATUS(shoal_open(&segment, context, "foreign", &options), SHOAL_EDENIED);
    options.owner = 54321;
    CHECK_STATUS(shoal_open(&segment, context, "foreign", &options), SHOAL_OK);
    shoal_close(segment);
    options.owner = SHOAL_ANY_OWNER;
    CHECK_STATUS(shoal_open(&segment, context, "foreign", &options), SHOAL_OK);
    shoal_close(segment);
}

/* ---- A damaged inside ----------------------------------------------------------------------- */

static int build_scalar(void *user, bool value, shoal_node *out)
{
    (void)user, (void)value, (void)out;
    return SHOAL_OK;
}

static int visit(void *segment, const char *name, size_t length, int kind)
{
    static unsigned char buffer[200000];
    size_t size;
    shoal_object *object;
    (void)kind;
    shoal_view view;
    shoal_scalar sum;
    int64_t value;
    if (shoal_value_get(segment, name, length, buffer, sizeof buffer, &size) == SHOAL_OK)
        for (size_t i = 0; i < size && i < sizeof buffer; i++)
            CHECK(build_scalar(NULL, buffer[i], NULL) == SHOAL_OK);
    if (shoal_object_open(&object, segment, name, length) < 0)
        return 0;
    if (shoal_array_view(&view, object) == SHOAL_OK)
        (void)shoal_view_sum(&sum, &view);
    (void)shoal_counter_value(&value, object);
    (void)shoal_lock_is_locked(object);
    shoal_object_close(object);
    return 0;
}

struct tally {
    int unopened, unsound, sound;
};

static void no_report(void *argument, const char *finding)
{
    (void)argument;
    CHECK(strlen(finding) > 0);
}

/* In a child: open what lies at "damaged", check it and, readonly, read everything. 0 sound, 1 unsound, 2 unopened. */
static int inspect(bool readonly)
{
    shoal_segment *segment;
    shoal_options options;
    shoal_options_init(&options);
    options.readonly = readonly;
    alarm(20); /* a walk that goes in circles */
    if (shoal_open(&segment, new_context(), "damaged", &options) < 0)
        return 2;
    int findings = shoal_check(segment, no_report, NULL);
    if (readonly)
        shoal_object_each(segment, visit, segment);
    return findings == 0 ? 0 : 1;
}

static void tally_child(struct tally *tally, bool readonly)
{
    int status;
    fflush(NULL);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0)
        _exit(10 + inspect(readonly));
    CHECK(waitpid(child, &status, 0) == child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) < 10) {
        fprintf(stderr, "the child ended with status %#x\n", (unsigned)status);
        exit(1);
    }
    tally->sound += WEXITSTATUS(status) == 10;
    tally->unsound += WEXITSTATUS(status) == 11;
    tally->unopened += WEXITSTATUS(status) == 12;
}

/*
 * A few words of what is in use become others: in the header and its journal, in the table of pages, among
 * the first blocks, where the directory lies, or anywhere.
 */
static void damage(unsigned char *copy, const unsigned char *image, size_t size)
{
    static const uint32_t words[] = {0, 1, 2, 0x7fffffff, 0x80000000u, 0xffffffffu, 0xfffffffeu, 4096, 65536};
    const struct header_sh *header = (const void *)image;
    memcpy(copy, image, size);
    for (int changes = 1 + rand() % 4; changes > 0;) {
        size_t first[] = {128, header->pages, header->heap, 128}, length[] = {8000, 16384, 40000, size - 200};
        int where = rand() % 4;
        size_t at = (first[where] + (size_t)rand() % length[where]) & ~(size_t)3;
        bool used = copy[at] | copy[at + 1] | copy[at + 2] | copy[at + 3];
        if (!used && rand() % 16)
            continue;
        uint32_t word = rand() % 2 ? words[rand() % 9] : (uint32_t)rand() % (uint32_t)(size / 16);
        if (rand() % 3)
            memcpy(copy + at, &word, 4);
        else
            copy[at + (size_t)rand() % 4] ^= (unsigned char)(1 << rand() % 8);
        changes--;
    }
}

static void check_survives(unsigned seed, int rounds, bool readonly)
{
    shoal_context *context = new_context();
    struct tally tally = {0};
    size_t size, size_after;
    unsigned char *image = make_image(context, "image", &size), *copy = malloc(size);
    srand(seed);
    for (int i = 0; i < rounds; i++) {
        damage(copy, image, size);
        write_file(path_of("damaged"), copy, size);
        tally_child(&tally, readonly);
        if (!readonly)
            continue;
        unsigned char *after = read_file(path_of("damaged"), &size_after);
        CHECK(size_after == size && memcmp(after, copy, size) == 0);
        free(after);
    }
    printf("of %d: %d not opened, %d found unsound, %d sound\n", rounds, tally.unopened, tally.unsound, tally.sound);
    CHECK(tally.unsound + tally.unopened > rounds / 4); /* others hit data, or statistics, which may be anything */
    free(image);
    free(copy);
}

TEST(a_readonly_attach_survives_damage_and_writes_nothing)
{
    check_survives(21, 300, true);
}

TEST(check_survives_damage_through_a_writing_attach)
{
    check_survives(22, 300, false);
}

/* ---- Opening while others work -------------------------------------------------------------- */

static _Atomic bool stop;

static void *churn(void *argument)
{
    shoal_segment *segment = argument;
    static const unsigned char bytes[9000];
    for (unsigned i = 0; !atomic_load(&stop); i++) {
        char name[16];
        size_t length = (size_t)snprintf(name, sizeof name, "%u", i % 50);
        CHECK_STATUS(shoal_value_put(segment, name, length, bytes, 1 + (i * 613) % sizeof bytes), SHOAL_OK);
        if (i % 3 == 0)
            (void)shoal_object_remove(segment, name, length);
        if (i % 2000 == 0) /* a readonly check wants a moment of its own; who never stops can starve it, as it says */
            nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    return NULL;
}

TEST(opening_a_segment_that_others_are_changing_finds_it_sound)
{
    shoal_context *context = new_context();
    shoal_segment *segment = open_or_create(context, "busy");
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, churn, segment) == 0);
    shoal_time start = shoal_now();
    for (int i = 0; seconds_since(start) < 2.0 || i < 200; i++) {
        shoal_context *other = new_context();
        CHECK_STATUS(open_status(other, "busy", i % 2), SHOAL_OK);
        if (i % 50 == 0) {
            shoal_segment *readonly = open_readonly(other, "busy");
            check_sound(readonly);
            check_sound(segment);
        }
        shoal_context_free(other);
    }
    atomic_store(&stop, true);
    CHECK(pthread_join(thread, NULL) == 0);
}
