/* Time Shoal's calls from C: calls SEGMENT REPETITIONS, JSON on stdout. */
#include <shoal.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static shoal_context *context;
static shoal_segment *segment;
static shoal_view view;
static shoal_object *lock, *counter, *array, *rwlock, *semaphore, *lamp, *event, *guard, *condition;
static pthread_mutex_t robust;
static char small[300], large[300];
static const char text[] = "\xd9\x40"
                           "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl";

static void need(int status)
{
    if (status < 0) {
        fprintf(stderr, "%s\n", shoal_error_message());
        exit(1);
    }
}

static void nothing(void)
{
    need(0);
}
static void empty_call(void)
{
    (void)shoal_kind_name(SHOAL_KIND_LOCK);
}

static void lock_pair(void)
{
    need(shoal_lock_acquire(lock, false, SHOAL_FOREVER));
    need(shoal_lock_release(lock));
}

static void robust_pair(void)
{
    pthread_mutex_lock(&robust);
    pthread_mutex_unlock(&robust);
}

static void read_pair(void)
{
    need(shoal_rwlock_read(rwlock, SHOAL_FOREVER));
    need(shoal_rwlock_read_unlock(rwlock));
}

static void write_pair(void)
{
    need(shoal_rwlock_write(rwlock, SHOAL_FOREVER));
    need(shoal_rwlock_write_unlock(rwlock));
}

static void permit_pair(void)
{
    need(shoal_semaphore_acquire(semaphore, SHOAL_FOREVER));
    need(shoal_semaphore_release(semaphore, 1));
}

static void signal_pair(void)
{
    need(shoal_semaphore_acquire(lamp, SHOAL_FOREVER));
    need(shoal_semaphore_release(lamp, 1));
}

static void event_pair(void)
{
    need(shoal_event_set(event));
    need(shoal_event_clear(event));
}

static void notify_nobody(void)
{
    uint32_t notified;
    need(shoal_lock_acquire(guard, false, SHOAL_FOREVER));
    need(shoal_condition_notify(&notified, condition, guard, 1));
    need(shoal_lock_release(guard));
}

static void counter_add(void)
{
    int64_t now;
    need(shoal_counter_add(&now, counter, 1));
}

static void array_read(void)
{
    unsigned char *at;
    shoal_scalar scalar;
    need(shoal_view_at(&at, &view, 1, (const int64_t[]){3}));
    shoal_scalar_load(&scalar, view.dtype, at);
}

static void value_get(void)
{
    char buffer[128];
    size_t size;
    need(shoal_value_get(segment, "text", 4, buffer, sizeof buffer, &size));
}

static void value_put(void)
{
    need(shoal_value_put(segment, "text", 4, text, sizeof text - 1));
}

static void array_open(void)
{
    shoal_object *other;
    need(shoal_object_open(&other, segment, "other", 5));
    shoal_object_close(other);
}

static void attach(const char *name)
{
    shoal_segment *attached;
    need(shoal_open(&attached, context, name, NULL));
    shoal_close(attached);
}

static void attach_small(void)
{
    attach(small);
}
static void attach_large(void)
{
    attach(large);
}

static double loop(void (*call)(void), long rounds)
{
    shoal_time start = shoal_now();
    for (long i = 0; i < rounds; i++) {
        call(), call(), call(), call(), call(), call(), call(), call(), call(), call();
    }
    return (double)(shoal_now() - start) / (double)rounds / 10;
}

/* Repetitions of about 20 ms each, the loop around an empty function subtracted. */
static void measure(const char *title, void (*call)(void), int repetitions)
{
    double once = loop(call, 10);
    long rounds = (long)(2e6 / (once < 1 ? 1 : once)) + 1;
    static const char *separator = "{";
    printf("%s\"%s\": [", separator, title);
    separator = ", ";
    for (int i = 0; i < repetitions; i++) {
        printf("%s%.3f", i ? ", " : "", loop(call, rounds) - loop(nothing, rounds));
    }
    printf("]");
}

static void attach_all(const char *name)
{
    context = shoal_context_new();
    need(shoal_open(&segment, context, name, NULL));
    need(shoal_lock_open(&lock, segment, "lock", 4, 0));
    need(shoal_counter_open(&counter, segment, "counter", 7, 0));
    need(shoal_rwlock_open(&rwlock, segment, "rwlock", 6));
    need(shoal_semaphore_open(&semaphore, segment, "semaphore", 9, 4, 0));
    need(shoal_semaphore_open(&lamp, segment, "signal", 6, 1, SHOAL_SEMAPHORE_SIGNAL));
    need(shoal_event_open(&event, segment, "event", 5));
    need(shoal_lock_open(&guard, segment, "guard", 5, 0));
    need(shoal_condition_open(&condition, segment, "condition", 9, guard));
    need(shoal_object_open(&array, segment, "array", 5));
    need(shoal_array_view(&view, array));
    snprintf(small, sizeof small, "%s-small", name);
    snprintf(large, sizeof large, "%s-large", name);
}

static void make_robust(void)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&robust, &attributes);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        return 2;
    }
    int repetitions = atoi(argv[2]);
    attach_all(argv[1]);
    make_robust();
    measure("empty method call", empty_call, repetitions);
    measure("robust pthread mutex, lock + unlock", robust_pair, repetitions);
    measure("lock acquire + release", lock_pair, repetitions);
    measure("rwlock read + unlock", read_pair, repetitions);
    measure("rwlock write + unlock", write_pair, repetitions);
    measure("semaphore acquire + release", permit_pair, repetitions);
    measure("semaphore as a signal", signal_pair, repetitions);
    measure("event set + clear", event_pair, repetitions);
    measure("lock, notify nobody, unlock", notify_nobody, repetitions);
    measure("counter.add()", counter_add, repetitions);
    measure("array[i], read", array_read, repetitions);
    measure("get a 64-byte string", value_get, repetitions);
    measure("put a 64-byte string", value_put, repetitions);
    measure("open an array by name", array_open, repetitions);
    measure("attach + detach, 1 MiB ceiling", attach_small, repetitions);
    measure("attach + detach, 8 GiB ceiling", attach_large, repetitions);
    printf("}\n");
    shoal_context_free(context);
    return 0;
}
