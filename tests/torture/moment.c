/*
 * A writer is stopped at a named point (core/platform/point.h), a check begins, the writer goes on and ends its change while the
 * check walks, and the check goes on: it finds nothing wrong, whatever the point.
 *
 *   moment [POINT]
 *
 * Built with the whole core: cc -DSHOAL_POINTS -Icore -Icore/include moment.c core/[a-z]*[a-z]/[a-z]*.c
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/point.h"
#include "shoal.h"

extern const char *const __start_shoal_points[], *const __stop_shoal_points[];

static const char *stop_at; /* the next time this process comes there */
static pid_t writer;
static volatile int *is_done, *came_there;

void shoal__point(const char *const *name)
{
    if (!stop_at || strcmp(*name, stop_at) != 0)
        return;
    stop_at = NULL;
    if (writer == 0) {
        *came_there = 1;
        raise(SIGSTOP);
        return;
    }
    kill(writer, SIGCONT);
    while (!*is_done)
        usleep(100);
}

static void tell(void *argument, const char *sentence)
{
    printf("    %s: %s\n", (const char *)argument, sentence);
}

/* The writer: dead when this ends, whatever it did. */
static void change(shoal_segment *segment, const char *name, const char *point)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    stop_at = point;
    shoal_value_put(segment, name, strlen(name), "\xc0", 1);
    *is_done = 1;
    _exit(0);
}

/* The number of findings; -1: the writer did not come to that point. */
static int check_beside(shoal_segment *segment, const char *name, const char *point)
{
    int status, findings = -1;
    *is_done = *came_there = 0;
    if ((writer = fork()) == 0)
        change(segment, name, point);
    waitpid(writer, &status, WUNTRACED);
    if (*came_there) {
        stop_at = "check: names walked, not what is left over";
        findings = shoal_check(segment, tell, (void *)point);
        stop_at = NULL;
        kill(writer, SIGCONT);
        waitpid(writer, &status, 0);
    }
    return findings;
}

int main(int count, char **arguments)
{
    char path[64], name[16];
    shoal_segment *segment;
    int seen = 0, wrong = 0;
    snprintf(path, sizeof path, "/dev/shm/shoal.test-moment-%d", (int)getpid());
    is_done = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    came_there = is_done + 1;
    shoal_context *context = shoal_context_new();
    if (!context || shoal_create(&segment, context, path, NULL) < 0 ||
        shoal_value_put(segment, "first", 5, "\xc0", 1) < 0) {
        printf("VIOLATION: %s\n", shoal_error_message());
        return 1;
    }
    for (const char *const *it = __start_shoal_points; it < __stop_shoal_points; it++) {
        if (count > 1 && strcmp(arguments[1], *it) != 0)
            continue;
        snprintf(name, sizeof name, "%d", (int)(it - __start_shoal_points));
        int findings = check_beside(segment, name, *it);
        seen += findings >= 0;
        wrong += findings > 0;
        if (findings > 0)
            printf("VIOLATION: %d findings of a sound segment, the writer stopped at \"%s\"\n", findings, *it);
    }
    shoal_segment_unlink(segment);
    printf("%d points, %d wrong\n", seen, wrong);
    return seen == 0 || wrong > 0;
}
