/* Every call that only reads, on an image as it is. */
#include "step.h"

static void read_array(const shoal_object *object)
{
    shoal_view view;
    shoal_scalar scalar;
    shoal_writer writer;
    unsigned char bytes[64];
    if (READING(shoal_array_view)(&view, object) < 0 || shoal_view_slice(&view, 0, 0, 1, 64) < 0) {
        violation("readonly view: %s", shoal_error_message());
        return;
    }
    READING(shoal_view_pack)(bytes, &view);
    if (READING(shoal_view_sum)(&scalar, &view) < 0 || READING(shoal_view_min)(&scalar, &view) < 0 ||
        READING(shoal_view_max)(&scalar, &view) < 0 || READING(shoal_view_mean)(&scalar, &view) < 0)
        violation("readonly reduction: %s", shoal_error_message());
    shoal_writer_init(&writer);
    READING(shoal_write_ndarray)(&writer, &view);
    shoal_writer_free(&writer);
}

static void read_wait(shoal_object *object, int operation)
{
    uint32_t bell = 1;
    shoal_wait wait, *waits[] = {&wait};
    if (shoal_wait_begin(&wait, object, operation, SHOAL_WAIT_TASK, 0) < 0) {
        violation("readonly wait: %s", shoal_error_message());
        return;
    }
    if (shoal_wait_try(&wait) == SHOAL_PENDING) {
        READING(shoal_wait_is_ready)(&wait);
        READING(shoal_wait_any)(waits, 1, &bell, 0);
    }
    shoal_wait_cancel(&wait);
}

static void read_semaphore(shoal_object *object)
{
    uint32_t value;
    if (READING(shoal_semaphore_value)(&value, object) < 0)
        violation("readonly semaphore: %s", shoal_error_message());
    if (READING(shoal_semaphore_flags)(object) == 0 && value > READING(shoal_semaphore_initial)(object))
        violation("readonly semaphore: more is free than there is");
    READING(shoal_semaphore_held)(object);
}

static void read_kind(shoal_object *object, int kind)
{
    int64_t number;
    size_t length;
    shoal_owner owner;
    shoal_object *its_lock;
    switch (kind) {
    case SHOAL_KIND_NDARRAY:
        read_array(object);
        break;
    case SHOAL_KIND_COUNTER:
        if (READING(shoal_counter_value)(&number, object) < 0)
            violation("readonly counter: %s", shoal_error_message());
        read_wait(object, SHOAL_WAIT_VALUE);
        break;
    case SHOAL_KIND_LOCK:
        READING(shoal_lock_recovered)(object);
        READING(shoal_lock_flags)(object);
        if (READING(shoal_lock_is_locked)(object) || READING(shoal_lock_is_mine)(object) ||
            READING(shoal_lock_is_this_threads)(object))
            violation("readonly lock: locked by somebody who lives");
        if (READING(shoal_lock_owner)(&owner, object) < 0)
            violation("readonly lock: %s", shoal_error_message());
        break;
    case SHOAL_KIND_RWLOCK:
        if (READING(shoal_rwlock_is_writing)(object) || READING(shoal_rwlock_is_reading)(object))
            violation("readonly rwlock: held by us");
        READING(shoal_rwlock_recovered)(object);
        break;
    case SHOAL_KIND_SEMAPHORE:
        read_semaphore(object);
        break;
    case SHOAL_KIND_EVENT:
        READING(shoal_event_is_set)(object);
        read_wait(object, SHOAL_WAIT_SET);
        break;
    case SHOAL_KIND_CONDITION:
        READING(shoal_condition_lock_name)(object, &length);
        if (READING(shoal_condition_lock)(&its_lock, object) >= 0)
            shoal_object_close(its_lock);
        break;
    case SHOAL_KIND_BARRIER:
        READING(shoal_barrier_broken)(object);
        if (READING(shoal_barrier_waiting)(object) > READING(shoal_barrier_parties)(object))
            violation("readonly barrier: more wait than there are parties");
        break;
    default:
        violation("readonly: an object of no kind");
    }
}

static int read_object(void *argument, const char *name, size_t length, int kind)
{
    static unsigned char bytes[1 << 20];
    shoal_owner owners[4];
    shoal_object *object;
    size_t size;
    if (READING(shoal_object_find)(argument, name, length) != kind)
        violation("readonly find: another kind than listed");
    if (kind == SHOAL_KIND_VALUE) {
        if (READING(shoal_value_get)(argument, name, length, bytes, sizeof bytes, &size) < 0)
            violation("readonly get: %s", shoal_error_message());
        return 0;
    }
    if (shoal_object_open(&object, argument, name, length) < 0) {
        violation("readonly object: %s", shoal_error_message());
        return 0;
    }
    if (READING(shoal_object_usable)(object) < 0)
        violation("readonly usable: %s", shoal_error_message());
    read_kind(object, kind);
    if (kind >= SHOAL_KIND_LOCK && (READING(shoal_object_holders)(owners, 4, &size, object) < 0 ||
                                    READING(shoal_object_waiters)(owners, 4, &size, object) < 0))
        violation("readonly holders: %s", shoal_error_message());
    shoal_object_close(object);
    return 0;
}

static int count_lock(void *argument, shoal_object *lock)
{
    ++*(int *)argument;
    return shoal_object_kind(lock) >= SHOAL_KIND_LOCK ? 0 : -1;
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
