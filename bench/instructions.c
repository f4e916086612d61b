/* The calls whose instructions are counted (instructions.py): instructions CALL TIMES. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shoal.h"

static const char text[] = "\xd9\x40"
                           "abcdefghijklmnopabcdefghijklmnopabcdefghijklmnopabcdefghijklmnop"; /* MessagePack */
static shoal_segment *segment;
static shoal_object *lock, *counter, *queue, *jobs, *channel;

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

static void put_and_get(void)
{
    char buffer[SHOAL_QUEUE_SMALL];
    shoal_taken taken;
    need(shoal_queue_put(queue, text, sizeof text - 1, SHOAL_FOREVER));
    need(shoal_queue_get(&taken, queue, buffer, SHOAL_FOREVER));
    shoal_taken_end(&taken);
}

static void put_and_get_many(void)
{
    static char buffer[100 * 80 + SHOAL_QUEUE_SMALL];
    static shoal_taken taken[100];
    static shoal_bytes texts[100];
    size_t done;
    for (int i = 0; i < 100; i++)
        texts[i] = (shoal_bytes){text, sizeof text - 1};
    need(shoal_queue_put_many(&done, queue, texts, 100, SHOAL_FOREVER));
    need(shoal_queue_get_many(taken, 100, &done, queue, buffer, sizeof buffer, SHOAL_FOREVER));
}

static void do_a_job(void)
{
    shoal_job job;
    need(shoal_job_queue_put(jobs, text, sizeof text - 1, 0, 0, SHOAL_FOREVER));
    need(shoal_job_queue_take(&job, jobs, SHOAL_FOREVER));
    need(shoal_job_done(&job));
}

static void write_frame(void)
{
    shoal_slot slot;
    need(shoal_slot_begin(&slot, channel));
    need(shoal_slot_publish(channel, &slot, 64));
}

static void read_frame(void)
{
    shoal_slot slot;
    need(shoal_slot_pin(&slot, channel, SHOAL_NEWEST));
    need(shoal_slot_unpin(channel, &slot));
}

static void open_messages(void)
{
    shoal_job_queue_options how;
    shoal_channel_options options;
    shoal_job_queue_options_init(&how);
    shoal_channel_options_init(&options);
    how.capacity = 1 << 16;
    options.bytes = 64;
    options.slots = 4;
    need(shoal_queue_open(&queue, segment, "queue", 5, 1 << 16));
    need(shoal_job_queue_open(&jobs, segment, "jobs", 4, &how));
    need(shoal_channel_open(&channel, segment, "channel", 7, &options));
    write_frame();
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
    } calls[] = {{"lock", take_and_give},
                 {"add", add},
                 {"get", get},
                 {"put", put},
                 {"open", open_by_name},
                 {"queue", put_and_get},
                 {"queue-many", put_and_get_many},
                 {"job", do_a_job},
                 {"write", write_frame},
                 {"read", read_frame}};
    need(shoal_create(&segment, shoal_context_new(), NULL, NULL));
    need(shoal_lock_open(&lock, segment, "lock", 4, 0));
    need(shoal_counter_open(&counter, segment, "counter", 7, 0));
    put();
    open_messages();
    for (size_t i = 0; count == 3 && i < sizeof calls / sizeof *calls; i++)
        if (strcmp(words[1], calls[i].name) == 0)
            for (long times = atol(words[2]); times > 0; times--)
                calls[i].call();
    return 0;
}
