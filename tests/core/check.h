/*
 * A test program: TEST(name_that_is_a_sentence) { ... CHECK(condition); ... }, any number of them.
 * `program NAME` runs that one, `program` alone all of them in the order of the file. Include it once.
 */
#ifndef SHOAL_TESTS_CHECK_H
#define SHOAL_TESTS_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shoal.h"

struct check_test {
    const char *name;
    void (*run)(void);
    struct check_test *next;
};

static struct check_test *check_first, **check_last = &check_first;

#define TEST(name)                                                                                                     \
    static void name(void);                                                                                            \
    __attribute__((constructor)) static void check_add_##name(void)                                                    \
    {                                                                                                                  \
        static struct check_test test = {#name, name, NULL};                                                           \
        *check_last = &test;                                                                                           \
        check_last = &test.next;                                                                                       \
    }                                                                                                                  \
    static void name(void)

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: failed: %s (last error: %s)\n", __FILE__, __LINE__, #condition,                    \
                    shoal_error_message());                                                                            \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

/* This machine can't show it. Meson counts these apart, and script/test takes them for failures. */
#define SKIPPED 77
#define SKIP(why)                                                                                                      \
    do {                                                                                                               \
        printf("skipped: %s\n", why);                                                                                  \
        exit(SKIPPED);                                                                                                 \
    } while (0)

/* The status that is expected, by name when it is another. */
#define CHECK_STATUS(call, expected)                                                                                   \
    do {                                                                                                               \
        int check_status = (call);                                                                                     \
        if (check_status != (expected)) {                                                                              \
            fprintf(stderr, "%s:%d: %s is %s, not %s (%s)\n", __FILE__, __LINE__, #call,                               \
                    shoal_status_name(check_status), shoal_status_name(expected), shoal_error_message());              \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

#define CHECK_TEXT(call, expected)                                                                                     \
    do {                                                                                                               \
        const char *check_text = (call);                                                                               \
        if (strcmp(check_text, (expected)) != 0) {                                                                     \
            fprintf(stderr, "%s:%d: %s is \"%s\", not \"%s\"\n", __FILE__, __LINE__, #call, check_text, expected);     \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

/* In a process of its own, so that no test sees what another left. */
static bool check_in_child(const struct check_test *test)
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        test->run();
        exit(0);
    }
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(int argc, char **argv)
{
    int ran = 0, failed = 0;
    for (struct check_test *test = check_first; test != NULL; test = test->next) {
        if (argc > 1 && strcmp(test->name, argv[1]) != 0)
            continue;
        printf("%s\n", test->name);
        ran++;
        if (argc > 1)
            test->run();
        else if (!check_in_child(test))
            failed++;
    }
    return failed > 0 ? 1 : ran > 0 ? 0 : 2;
}

#endif
