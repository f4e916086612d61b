/* The calls whose instructions are counted (instructions.py): instructions CALL TIMES. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shoal.h"

static const char text[] = "\xd9\x40"
                           "abcdefghijklmnopabcdefghijklmnopabcdefghijklmnopabcdefghijklmnop"; /* MessagePack */
static shoal_segment *segment;
static shoal_object *lock, *counter;

static void need(int status)
{
    if (status >= 0)
        return;
    fprintf(stderr, "instructions: %s\n", shoal_error_message());
    exit(1);
}

static void take_and_give(void)
{
    need(shoal_lock_acquire(lock, false, SHOAL_FOREVER));
    need(shoal_lock_release(lock));
}

static void add(void)
{
    int64_t value;
    need(shoal_counter_add(&value, counter, 1));
}

static void get(void)
{
    char bytes[80];
    size_t size;
    need(shoal_value_get(segment, "text", 4, bytes, sizeof bytes, &size));
}

static void put(void)
{
    need(shoal_value_put(segment, "text", 4, text, sizeof text - 1));
}

static void open_by_name(void)
{
    shoal_object *object;
    need(shoal_object_open(&object, segment, "counter", 7));
    shoal_object_close(object);
}

int main(int count, char **words)
{
    static const struct {
        const char *name;
        void (*call)(void);
    } calls[] = {{"lock", take_and_give}, {"add", add}, {"get", get}, {"put", put}, {"open", open_by_name}};
    need(shoal_create(&segment, shoal_context_new(), NULL, NULL));
    need(shoal_lock_open(&lock, segment, "lock", 4, 0));
    need(shoal_counter_open(&counter, segment, "counter", 7, 0));
    put();
    for (size_t i = 0; count == 3 && i < sizeof calls / sizeof *calls; i++)
        if (strcmp(words[1], calls[i].name) == 0)
            for (long times = atol(words[2]); times > 0; times--)
                calls[i].call();
    return 0;
}
