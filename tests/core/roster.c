/* Who comes and who goes: a roster at its limit, and segments that end with their last peer. */
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "check.h"

enum { LIVE = 20, OPENS = 400, COMERS = 6, ROUNDS = 15000 };

/* A process that attaches and is killed at once: its slot stays marked as used. Whether it could attach. */
static int attach_and_die(const char *name)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        shoal_segment *segment;
        if (shoal_open(&segment, shoal_context_new(), name, NULL) < 0)
            _exit(1);
        raise(SIGKILL);
    }
    CHECK(waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

TEST(a_full_roster_gives_the_slots_of_the_dead_to_whoever_comes)
{
    char name[64];
    shoal_options options;
    shoal_context *contexts[LIVE];
    shoal_segment *segments[LIVE];
    shoal_options_init(&options);
    options.size = 512 << 10; /* few slots */
    snprintf(name, sizeof name, "test-roster-%d", (int)getpid());
    for (int i = 0; i < LIVE; i++) {
        contexts[i] = shoal_context_new();
        CHECK_STATUS(shoal_open_or_create(&segments[i], contexts[i], name, &options), SHOAL_OK);
    }
    int attached = 0;
    for (int i = 0; i < OPENS; i++)
        attached += attach_and_die(name);
    CHECK_STATUS(shoal_segment_unlink(segments[0]), SHOAL_OK);
    CHECK(attached == OPENS);
    CHECK_STATUS(shoal_check(segments[0], NULL, NULL), 0);
    for (int i = 0; i < LIVE; i++) {
        shoal_close(segments[i]);
        shoal_context_free(contexts[i]);
    }
}

/* Attach, look whether the name means what we are attached to, leave: often the last to leave. */
static int come_and_go(const char *name, const shoal_options *options)
{
    shoal_context *context = shoal_context_new();
    for (int round = 0; round < ROUNDS; round++) {
        struct stat attached, named;
        shoal_segment *segment;
        if (shoal_open_or_create(&segment, context, name, options) < 0)
            return 1;
        if (fstat(shoal_segment_fd(segment), &attached) < 0 || stat(shoal_segment_path(segment), &named) < 0 ||
            attached.st_ino != named.st_ino)
            return 2;
        shoal_close(segment);
    }
    return 0;
}

TEST(a_shared_segment_has_its_name_while_somebody_is_attached)
{
    char name[64];
    shoal_options options;
    shoal_options_init(&options);
    options.size = 512 << 10;
    options.lifetime = SHOAL_SHARED;
    snprintf(name, sizeof name, "test-comers-%d", (int)getpid());
    for (int i = 0; i < COMERS; i++)
        if (fork() == 0)
            _exit(come_and_go(name, &options));
    int status, wrong = 0;
    while (wait(&status) > 0)
        wrong += status != 0;
    shoal_segment *segment;
    shoal_context *context = shoal_context_new();
    CHECK(wrong == 0);
    CHECK_STATUS(shoal_open(&segment, context, name, NULL), SHOAL_ENOTFOUND); /* gone with the last of them */
    shoal_context_free(context);
}
