/* The roster at its limit: slots whose users were killed are found, wherever the search begins. */
#include <signal.h>
#include <sys/wait.h>

#include "check.h"

enum { LIVE = 20, OPENS = 400 };

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
