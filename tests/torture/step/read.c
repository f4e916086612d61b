/* Every call that only reads, on an image as it is. */
#include "step.h"

/* ---- What the drivers call, as they tell ---- */

static void ended(const char *function, int status)
{
    if (status < 0 && status != SHOAL_ETIMEDOUT && strcmp(function, "shoal_view_index") != 0)
        violation("readonly %s: %s", function, shoal_error_message());
}

/* Everybody is dead, and who reads holds nothing. */
static void seen(const char *function, uint64_t value)
{
    static uint64_t parties;
    if (strcmp(function, "shoal_barrier_parties") == 0)
        parties = value;
    if (strcmp(function, "shoal_barrier_waiting") == 0 && value > parties)
        violation("readonly barrier: more wait than there are parties");
    static const char *const false_for_all[] = {"shoal_lock_is_locked", "shoal_lock_is_mine",
                                                "shoal_lock_is_this_threads", "shoal_rwlock_is_writing",
                                                "shoal_rwlock_is_reading"};
    for (size_t i = 0; value && i < sizeof false_for_all / sizeof *false_for_all; i++)
        if (strcmp(function, false_for_all[i]) == 0)
            violation("readonly %s: it is", function);
}

static uint32_t any_below(uint32_t limit)
{
    return below(limit);
}

void begin_reading(void)
{
    kinds_program = (struct kinds_program){.begin = function_called, .end = ended, .seen = seen, .below = any_below};
}

/* ---- A segment ---- */

static int read_object(void *argument, const char *name, size_t length, int kind)
{
    struct subject subject = {.segment = argument, .name = name, .length = length};
    const struct driver *driver = driver_of(kind);
    const char *sentence;
    if (READING(shoal_object_find)(argument, name, length) != kind)
        violation("readonly find: another kind than listed");
    if (kind == SHOAL_KIND_VALUE) {
        sentence = driver->look(&subject);
    } else {
        if (shoal_object_open(&subject.object, argument, name, length) < 0) {
            violation("readonly object: %s", shoal_error_message());
            return 0;
        }
        sentence = kinds_look(&subject);
        if (!sentence && strcmp(driver_for(subject.object)->name, name) == 0) /* the driver's own */
            sentence = driver_for(subject.object)->intact(&subject);
        shoal_object_close(subject.object);
    }
    if (sentence)
        violation("readonly: %s", sentence);
    return 0;
}

static int count_lock(void *argument, shoal_object *lock)
{
    ++*(int *)argument;
    return driver_for(lock)->is_lock ? 0 : -1;
}

static void read_segment(shoal_segment *segment)
{
    shoal_info info;
    shoal_peer peers[8];
    uint64_t objects;
    size_t count;
    int locks = 0;
    if (shoal_segment_info(&info, segment) < 0 || READING(shoal_segment_peers)(peers, 8, &count, segment) < 0)
        violation("readonly info: %s", shoal_error_message());
    if (READING(shoal_object_count)(&objects, segment) < 0 || objects != info.objects)
        violation("readonly count: two counts of the objects");
    if (READING(shoal_segment_used)(segment) > READING(shoal_segment_size)(segment))
        violation("readonly used: more is used than there is");
    if (!READING(shoal_segment_readonly)(segment) || READING(shoal_segment_fd)(segment) < 0 ||
        strlen(READING(shoal_segment_id)(segment)) != 32 ||
        strcmp(READING(shoal_segment_name)(segment), "image") != 0 || READING(shoal_segment_path)(segment)[0] != '/')
        violation("readonly segment: it is not what was opened");
    if (READING(shoal_object_each)(segment, read_object, segment) < 0 ||
        shoal_segment_each_lock(segment, count_lock, &locks) < 0)
        violation("readonly names: %s", shoal_error_message());
    shoal_text *names;
    if (READING(shoal_object_names)(&names, &count, segment) < 0)
        violation("readonly names: %s", shoal_error_message());
    shoal_list_free(names);
    check("readonly check");
}

static void read_list(shoal_context *reader)
{
    shoal_listed *list;
    size_t count;
    if (READING(shoal_list)(&list, &count, reader) < 0 || count == 0)
        violation("readonly list: %s", shoal_error_message());
    shoal_list_free(list);
}

/* The state that a reader finds in the image as it is. */
int judge_reader(const struct operation *operation)
{
    shoal_options options;
    int state = UNKNOWN;
    context = new_context();
    shoal_options_init(&options);
    options.readonly = true;
    int status = shoal_open(&target, context, "image", &options);
    if (status < 0) {
        if (!(operation->flags & MAY_END && status == SHOAL_ENOTFOUND))
            violation("readonly open: %s", shoal_error_message());
    } else {
        read_segment(target);
        if (operation->prepare && !others_whole(0))
            violation("readonly: other values are not whole");
        if (operation->state != state_counter && (state = operation->state()) < 0)
            violation("readonly: neither old nor new");
        if (below(8) == 0)
            read_list(context);
    }
    shoal_context_free(context);
    return operation->flags & VICTIM_IS_VALUE ? state : UNKNOWN;
}
