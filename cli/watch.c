/* shoal watch: prints each change of an object that it sees. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "value.h"

/* What is compared, and printed: the value, or without one all that describes the object. In malloc'd memory. */
static int look(char **out, size_t *size, shoal_segment *segment, const char *name)
{
    node *value, *described;
    char *bytes;
    size_t ignored;
    *out = NULL;
    int status = value_read(&value, &bytes, &ignored, segment, name);
    if (status >= 0 && !value) {
        status = describe_object(&described, segment, name, strlen(name));
        value = described;
    }
    FILE *to = status >= 0 ? open_memstream(out, size) : NULL;
    if (status < 0)
        return status;
    if (!to)
        return SHOAL_ENOMEM;
    json_write(to, value);
    return fclose(to) == 0 ? SHOAL_OK : SHOAL_ENOMEM;
}

static void print_change(const char *json)
{
    struct timespec now;
    struct tm parts;
    char text[32];
    clock_gettime(CLOCK_REALTIME, &now);
    if (as_json()) {
        printf("{\"time\":%lld.%03ld,\"value\":%s}\n", (long long)now.tv_sec, now.tv_nsec / 1000000, json);
    } else {
        strftime(text, sizeof text, "%H:%M:%S", localtime_r(&now.tv_sec, &parts));
        printf("%s.%03ld  %s\n", text, now.tv_nsec / 1000000, json);
    }
    fflush(stdout);
}

static int watch_it(shoal_segment *segment, double interval, double changes, shoal_time deadline)
{
    char *before = NULL;
    int status = SHOAL_OK;
    while (!ferror(stdout)) {
        char *now;
        size_t size;
        status = look(&now, &size, segment, words[1]);
        keep_reset();
        if (status < 0)
            break;
        bool changed = !before || strcmp(before, now) != 0;
        if (changed)
            print_change(now);
        free(before);
        before = now;
        if (changed && changes > 0 && --changes == 0)
            break;
        if (shoal_now() >= deadline) {
            free(before);
            return fail_with(TIMED_OUT, "--timeout has passed");
        }
        poll(NULL, 0, (int)(interval * 1000));
    }
    free(before);
    return status < 0 ? fail(status) : WELL;
}

static int watch(void)
{
    shoal_segment *segment;
    double interval, changes, timeout;
    if (!option_number(&interval, "interval", 0.1) || !option_number(&changes, "count", 0) ||
        !option_number(&timeout, "timeout", 0))
        return USAGE;
    if (interval < 0.001 || interval > 3600)
        return fail_with(USAGE, "--interval wants 0.001 to 3600 seconds");
    int status = attach(&segment, words[0], false);
    if (status < 0)
        return fail(status);
    return watch_it(segment, interval, changes, option("timeout") ? shoal_deadline(timeout) : SHOAL_FOREVER);
}

const struct command watch_command = {
    .name = "watch",
    .words = "SEGMENT OBJECT",
    .least = 2,
    .most = 2,
    .summary = "Print the value of an object now, and each change of it.",
    .text = "One line for each, with the time; of an object without a value: all that it says of itself. It looks "
            "again and again: "
            "what changes and changes back between two looks is not seen. It ends when the object is removed (exit "
            "status 3).\n\nAttaches readonly, whoever owns it.",
    .options = {{"interval", "SECONDS", "Between two looks, 0.1 unless given."},
                {"count", "NUMBER", "End after so many lines."},
                {"timeout", "SECONDS", "End after this time, with exit status 5."}},
    .run = watch,
};
