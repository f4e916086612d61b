/*
 * A walk through the C API: a segment, a counter, a lock, a value and an array.
 *
 *     cc tour.c $(pkg-config --cflags --libs shoal) -o tour && ./tour
 *
 * Started twice it goes on where it stopped: the segment stays until it is unlinked (./tour unlink).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <shoal.h>

#define NAME "c-tour"

/* Every function of the library that can fail returns a status; below zero it is an error. */
static int check(int status)
{
    if (status < 0) {
        fprintf(stderr, "%s: %s\n", shoal_status_name(status), shoal_error_message());
        exit(1);
    }
    return status;
}

/* The array is plain memory: whoever changes it beside others wants a lock. */
static void add_to_array(shoal_segment *segment, double n)
{
    shoal_object *lock, *array;
    shoal_view view;
    shoal_scalar sum;
    const int64_t shape[] = {1000};
    shoal_dtype float64;
    check(shoal_dtype_parse(&float64, "float64", 7));
    check(shoal_lock_open(&lock, segment, "lock", 4, 0));
    check(shoal_array_open(&array, segment, "array", 5, float64, 1, shape));
    check(shoal_array_view(&view, array));
    if (check(shoal_lock_acquire(lock, false, shoal_deadline(5.0))) == SHOAL_RECOVERED)
        printf("the last holder died, and may have left the array half changed\n");
    double *numbers = (double *)(void *)view.data;
    for (int64_t i = 0; i < view.shape[0]; i++)
        numbers[i] += n;
    check(shoal_view_sum(&sum, &view));
    check(shoal_lock_release(lock));
    printf("the array's sum is %g\n", sum.re);
    shoal_object_close(array);
    shoal_object_close(lock);
}

/* A value is stored whole, as MessagePack. */
static void store_text(shoal_segment *segment, const char *text)
{
    shoal_writer writer;
    shoal_writer_init(&writer);
    shoal_write_str(&writer, text, strlen(text));
    check(writer.status);
    check(shoal_value_put(segment, "title", 5, writer.bytes, writer.size));
    shoal_writer_free(&writer);
}

int main(int argc, char **argv)
{
    shoal_context *context = shoal_context_new();
    shoal_segment *segment;
    shoal_object *counter;
    shoal_options options;
    int64_t runs;
    if (argc > 1 && strcmp(argv[1], "unlink") == 0) {
        check(shoal_unlink(context, NAME));
        shoal_context_free(context);
        return 0;
    }
    shoal_options_init(&options);
    check(shoal_parse_size(&options.size, "16M", 3));
    check(shoal_open_or_create(&segment, context, NAME, &options));
    check(shoal_counter_open(&counter, segment, "runs", 4, 0));
    check(shoal_counter_add(&runs, counter, 1));
    printf("run %" PRId64 "\n", runs);
    add_to_array(segment, 1.0);
    store_text(segment, "Grüße aus C");
    shoal_object_close(counter);
    shoal_close(segment);
    shoal_context_free(context);
    return 0;
}
