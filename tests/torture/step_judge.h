/*
 * The part of step.c that judges one image: everything is read in it as it is, somebody who was attached before does
 * something to it, it is recovered twice, and in the end nothing may be left over. Included by step.c.
 */
#ifndef SHOAL_TORTURE_STEP_JUDGE_H
#define SHOAL_TORTURE_STEP_JUDGE_H

/* What the operation has done to the image, as far as it is known before: 0 not yet, 1 it has, UNKNOWN. */
enum { UNKNOWN = -3, GONE = -2 };

static shoal_context *witness_context; /* attached to the image's file since before the operation; NULL: nobody is */
static shoal_segment *witness;

static void finding(void *where, const char *sentence)
{
    violation(where, sentence);
}

static void check(shoal_segment *segment, const char *when)
{
    int findings = shoal_check(segment, finding, (void *)(uintptr_t)when);
    if (findings < 0)
        violation(when, shoal_error_message());
}

/* ---- Every call that only reads ---- */

static void read_array(const shoal_object *object)
{
    shoal_view view;
    shoal_scalar scalar;
    shoal_writer writer;
    unsigned char bytes[64];
    if (READING(shoal_array_view)(&view, object) < 0 || shoal_view_slice(&view, 0, 0, 1, 64) < 0) {
        violation("readonly view", shoal_error_message());
        return;
    }
    READING(shoal_view_pack)(bytes, &view);
    if (READING(shoal_view_sum)(&scalar, &view) < 0 || READING(shoal_view_min)(&scalar, &view) < 0 ||
        READING(shoal_view_max)(&scalar, &view) < 0 || READING(shoal_view_mean)(&scalar, &view) < 0)
        violation("readonly reduction", shoal_error_message());
    shoal_writer_init(&writer);
    READING(shoal_write_ndarray)(&writer, &view);
    shoal_writer_free(&writer);
}

static void read_wait(shoal_object *object, int operation)
{
    uint32_t bell = 1;
    shoal_wait wait, *waits[] = {&wait};
    if (shoal_wait_begin(&wait, object, operation, SHOAL_WAIT_TASK, 0) < 0) {
        violation("readonly wait", shoal_error_message());
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
        violation("readonly semaphore", shoal_error_message());
    if (READING(shoal_semaphore_flags)(object) == 0 && value > READING(shoal_semaphore_initial)(object))
        violation("readonly semaphore", "more is free than there is");
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
            violation("readonly counter", shoal_error_message());
        read_wait(object, SHOAL_WAIT_VALUE);
        break;
    case SHOAL_KIND_LOCK:
        READING(shoal_lock_recovered)(object);
        READING(shoal_lock_flags)(object);
        if (READING(shoal_lock_is_locked)(object) || READING(shoal_lock_is_mine)(object) ||
            READING(shoal_lock_is_this_threads)(object))
            violation("readonly lock", "locked by somebody who lives");
        if (READING(shoal_lock_owner)(&owner, object) < 0)
            violation("readonly lock", shoal_error_message());
        break;
    case SHOAL_KIND_RWLOCK:
        if (READING(shoal_rwlock_is_writing)(object) || READING(shoal_rwlock_is_reading)(object))
            violation("readonly rwlock", "held by us");
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
            violation("readonly barrier", "more wait than there are parties");
        break;
    default:
        violation("readonly", "an object of no kind");
    }
}

static int read_object(void *argument, const char *name, size_t length, int kind)
{
    static unsigned char bytes[1 << 20];
    shoal_owner owners[4];
    shoal_object *object;
    size_t size;
    if (READING(shoal_object_find)(argument, name, length) != kind)
        violation("readonly find", "another kind than listed");
    if (kind == SHOAL_KIND_VALUE) {
        if (READING(shoal_value_get)(argument, name, length, bytes, sizeof bytes, &size) < 0 ||
            READING(shoal_value_get_split)(argument, name, length, bytes, 3, bytes + 3, sizeof bytes - 3, &size) < 0)
            violation("readonly get", shoal_error_message());
        return 0;
    }
    if (shoal_object_open(&object, argument, name, length) < 0) {
        violation("readonly object", shoal_error_message());
        return 0;
    }
    if (READING(shoal_object_usable)(object) < 0)
        violation("readonly usable", shoal_error_message());
    read_kind(object, kind);
    shoal_writer writer = {0};
    if (READING(shoal_object_describe)(&writer, object) < 0)
        violation("readonly describe", shoal_error_message());
    shoal_writer_free(&writer);
    if (kind >= SHOAL_KIND_LOCK && (READING(shoal_object_holders)(owners, 4, &size, object) < 0 ||
                                    READING(shoal_object_waiters)(owners, 4, &size, object) < 0))
        violation("readonly holders", shoal_error_message());
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
        violation("readonly info", shoal_error_message());
    if (READING(shoal_object_count)(&objects, segment) < 0 || objects != info.objects)
        violation("readonly count", "two counts of the objects");
    if (READING(shoal_segment_used)(segment) > READING(shoal_segment_size)(segment))
        violation("readonly used", "more is used than there is");
    if (!READING(shoal_segment_readonly)(segment) || READING(shoal_segment_fd)(segment) < 0 ||
        strlen(READING(shoal_segment_id)(segment)) != 32 ||
        strcmp(READING(shoal_segment_name)(segment), "image") != 0 || READING(shoal_segment_path)(segment)[0] != '/')
        violation("readonly segment", "it is not what was opened");
    if (READING(shoal_object_each)(segment, read_object, segment) < 0 ||
        shoal_segment_each_lock(segment, count_lock, &locks) < 0)
        violation("readonly names", shoal_error_message());
    shoal_text *names;
    if (READING(shoal_object_names)(&names, &count, segment) < 0)
        violation("readonly names", shoal_error_message());
    shoal_list_free(names);
    check(segment, "readonly check");
}

static void read_list(shoal_context *reader)
{
    shoal_listed *list;
    size_t count;
    if (READING(shoal_list)(&list, &count, reader) < 0 || count == 0)
        violation("readonly list", shoal_error_message());
    shoal_list_free(list);
}

/* The state that a reader finds in the image as it is. */
static int judge_reader(const struct operation *operation)
{
    shoal_segment *segment;
    shoal_options options;
    int state = UNKNOWN;
    shoal_context *reader = shoal_context_new();
    shoal_context_set_directory(reader, directory);
    shoal_options_init(&options);
    options.readonly = true;
    int status = shoal_open(&segment, reader, "image", &options);
    if (status < 0) {
        if (!(operation->flags & MAY_END && status == SHOAL_ENOTFOUND))
            violation("readonly open", shoal_error_message());
    } else {
        read_segment(segment);
        if (operation->prepare && !others_whole(segment))
            violation("readonly", "other values are not whole");
        if (operation->state != state_counter && (state = operation->state(segment)) < 0)
            violation("readonly", "neither old nor new");
        if (below(8) == 0)
            read_list(reader);
    }
    shoal_context_free(reader);
    return operation->flags & VICTIM_IS_VALUE ? state : UNKNOWN;
}

/* ---- What somebody does to the image before it is recovered, or after ---- */

static void allowed(int status, const char *what)
{
    if (status < 0 && status != SHOAL_ENOSPACE)
        violation(what, shoal_error_message());
}

static int put_some(shoal_segment *segment, const char *format, int i, size_t size)
{
    char name[32];
    int length = snprintf(name, sizeof name, format, i);
    return shoal_value_put(segment, name, (size_t)length, pattern(9, size), size);
}

static void disturb_put(shoal_segment *segment)
{
    for (uint32_t i = 0, n = 1 + below(6); i < n; i++)
        allowed(put_some(segment, "interfere%d", (int)below(6), below(5) ? below(5000) : below(40000)),
                "interfering put");
}

static void disturb_remove(shoal_segment *segment)
{
    if (put_some(segment, "interfering", 0, below(3000)) < 0)
        return;
    if (shoal_object_remove(segment, "interfering", 11) < 0)
        violation("interfering remove", shoal_error_message());
}

static void disturb_names(shoal_segment *segment)
{
    char name[32];
    int made = 0;
    while (made < 66 && put_some(segment, "many%d", made, 8) >= 0)
        made++;
    for (int i = 0; i < made; i++)
        if (shoal_object_remove(segment, name, (size_t)snprintf(name, sizeof name, "many%d", i)) < 0)
            violation("interfering remove", shoal_error_message());
}

static void disturb_big(shoal_segment *segment)
{
    int status = put_some(segment, "interfere%d", 6, BIG + below(5000));
    allowed(status, "interfering big put");
    if (status >= 0 && below(2))
        allowed(put_some(segment, "interfere%d", 6, 100), "interfering put");
}

static void disturb_counter(shoal_segment *segment)
{
    shoal_object *counter;
    int64_t value, before;
    if (shoal_counter_open(&counter, segment, "counting", 8, 5) < 0)
        return;
    if (shoal_counter_value(&before, counter) < 0 || shoal_counter_add(&value, counter, 7) < 0 || value != before + 7 ||
        shoal_counter_exchange(&value, counter, 5) < 0 || value != before + 7)
        violation("interfering counter", "it does not count");
    shoal_object_close(counter);
}

static void disturb_array(shoal_segment *segment)
{
    shoal_object *array;
    shoal_view view;
    int64_t count = 400;
    shoal_dtype dtype = {SHOAL_UINT8, 1};
    if (shoal_array_open(&array, segment, "interfering array", 17, dtype, 1, &count) < 0)
        return;
    bool removed = below(2) && shoal_object_remove(segment, "interfering array", 17) == SHOAL_OK;
    if (shoal_array_view(&view, array) < 0)
        violation("interfering array", shoal_error_message());
    else
        memset(view.data, removed, 400);
    shoal_object_close(array);
}

static void disturb_lock(shoal_segment *segment)
{
    shoal_object *lock;
    if (shoal_lock_open(&lock, segment, "interfering lock", 16, 0) < 0)
        return;
    int status = shoal_lock_acquire(lock, false, SHOAL_NO_WAIT);
    if (status < 0)
        violation("interfering lock", shoal_error_message());
    else if (below(3))
        shoal_lock_release(lock);
    else
        shoal_context_abandon_locks(context, true);
    shoal_object_close(lock);
}

static void disturb_look(shoal_segment *segment)
{
    shoal_info info;
    allowed(shoal_segment_info(&info, segment), "interfering info");
    check(segment, "interfering check");
}

/* Open and close whatever the victim works with: a pin comes and goes. */
static void disturb_open(shoal_segment *segment)
{
    shoal_object *theirs;
    if (shoal_object_open(&theirs, segment, "victim", 6) >= 0)
        shoal_object_close(theirs);
}

static bool take_and_give(int (*take)(shoal_object *, shoal_time), int (*give)(shoal_object *), shoal_object *it)
{
    int status = take(it, SHOAL_NO_WAIT);
    return status == SHOAL_ETIMEDOUT || (status >= 0 && give(it) >= 0);
}

static void disturb_locks(shoal_segment *segment)
{
    uint32_t n;
    open_locks(segment);
    bool well = take_and_give(take_lock_plainly, shoal_lock_release, its.lock);
    if (below(2))
        well = well && take_and_give(shoal_rwlock_read, shoal_rwlock_unlock, its.rwlock);
    if (below(2))
        well = well && take_and_give(shoal_rwlock_write, shoal_rwlock_unlock, its.rwlock);
    if (below(2) && shoal_semaphore_acquire(its.semaphore, SHOAL_NO_WAIT) == SHOAL_OK)
        well = well && shoal_semaphore_release(its.semaphore, 1) == SHOAL_OK;
    if (below(2) && shoal_lock_acquire(its.lock, false, SHOAL_NO_WAIT) >= 0)
        well = well && shoal_condition_notify(&n, its.condition, its.lock, 1) >= 0 && shoal_lock_release(its.lock) >= 0;
    if (below(4) == 0)
        well = well && shoal_barrier_abort(its.barrier) >= 0;
    if (below(2))
        well = well && shoal_barrier_reset(its.barrier) >= 0;
    if (!well)
        violation("interfering with the locks", shoal_error_message());
    close_locks();
}

static int overwritten; /* 1: the victim's value is THIRD now, 2: it was removed */

static void disturb_victim(shoal_segment *segment)
{
    if (below(2)) {
        int status = shoal_value_put(segment, "victim", 6, pattern(THIRD), THIRD_SIZE);
        allowed(status, "overwriting");
        overwritten = status < 0 ? overwritten : 1;
    } else {
        int status = shoal_object_remove(segment, "victim", 6);
        if (status < 0 && status != SHOAL_ENOKEY)
            violation("removing", shoal_error_message());
        overwritten = status < 0 ? overwritten : 2;
    }
}

static const struct disturbing {
    const char *name;
    void (*act)(shoal_segment *segment);
    uint32_t wants; /* a flag of the operation */
} disturbances[] = {
    {"put", disturb_put, 0},
    {"remove", disturb_remove, 0},
    {"counter", disturb_counter, 0},
    {"array", disturb_array, 0},
    {"lock", disturb_lock, 0},
    {"look", disturb_look, 0},
    {"open", disturb_open, 0},
    {"put", disturb_put, 0},
    {"names", disturb_names, 0},
    {"big", disturb_big, BIG_SEGMENT},
    {"locks", disturb_locks, HAS_LOCKS},
    {"locks", disturb_locks, HAS_LOCKS},
    {"victim", disturb_victim, VICTIM_IS_VALUE},
};

/* One to three things. Returns a number that says which. */
static uint64_t disturb(const struct operation *operation, shoal_segment *segment)
{
    drawn = 1;
    for (uint32_t i = 0, n = 1 + below(3); i < n; i++) {
        const struct disturbing *it = &disturbances[below(sizeof disturbances / sizeof *disturbances)];
        if ((operation->flags & it->wants) != it->wants)
            continue;
        strncat(disturbance, it->name, sizeof disturbance - strlen(disturbance) - 2);
        strcat(disturbance, " ");
        it->act(segment);
    }
    return drawn;
}

/* ---- Recovering ---- */

static int remove_one(void *argument, const char *name, size_t length, int kind)
{
    (void)kind;
    if (shoal_object_remove(argument, name, length) < 0)
        violation("remove", shoal_error_message());
    return 0;
}

/* With everything removed nothing is used but the table of names, and the one that it grows into. */
static void judge_empty(shoal_segment *segment)
{
    shoal_info info;
    shoal_object_each(segment, remove_one, segment);
    must(shoal_segment_info(&info, segment), "info");
    const struct header_sh *header = (const struct header_sh *)image.bytes;
    uint64_t table = (uint64_t)load_relaxed(&header->table) << header->granule_shift;
    uint64_t bytes = 0;
    if (table)
        bytes = sizeof(struct table_sh) +
                sizeof(struct bucket_sh) * ((const struct table_sh *)(image.bytes + table))->buckets;
    if (table && load_relaxed(&((const struct table_sh *)(image.bytes + table))->grown))
        bytes += sizeof(struct table_sh) + 2 * (bytes - sizeof(struct table_sh));
    if (info.used > bytes + bytes / 4 + 64 || info.removed || info.objects) {
        char text[160];
        snprintf(text, sizeof text, "%llu bytes are used, of them %llu by the table; %u removed, %llu objects",
                 (unsigned long long)info.used, (unsigned long long)bytes, info.removed,
                 (unsigned long long)info.objects);
        violation("after everything was removed", text);
    }
    check(segment, "last check");
}

static int state_now(const struct operation *operation, shoal_segment *segment)
{
    if (overwritten)
        return holds(segment, "victim", THIRD) == (overwritten == 1) ? 1 : -1;
    return operation->state(segment);
}

static shoal_segment *recover(const struct operation *operation)
{
    shoal_segment *segment;
    context = shoal_context_new();
    shoal_context_set_directory(context, directory);
    if (shoal_open(&segment, context, "image", NULL) >= 0)
        return segment;
    if (!(operation->flags & MAY_END && shoal_open(&segment, context, "image", NULL) == SHOAL_ENOTFOUND))
        violation("open", shoal_error_message());
    shoal_context_free(context);
    return NULL;
}

static int judge_recovered(const struct operation *operation, shoal_segment *segment, const char *when)
{
    check(segment, when);
    if (operation->prepare && !others_whole(segment))
        violation(when, "other values are not whole");
    int state = state_now(operation, segment);
    if (state < 0)
        violation(when, "neither old nor new");
    return state;
}

/* Who recovered died as well, before it could give back the structure's lock: the word of the first dead is there again. */
static void die_recovering(const struct picture *picture)
{
    const struct header_sh *dead = (const struct header_sh *)picture->bytes;
    struct header_sh *header = (struct header_sh *)image.bytes;
    uint32_t word = load_relaxed(&dead->lock);
    if (word & MUTEX_SLOT)
        store_relaxed(&header->lock, word | MUTEX_NEEDREC);
}

/* The hint where to look for a free slot is as good as any other: by chance, who comes next gets a dead peer's slot. */
static void point_at_a_dead_slot(void)
{
    struct header_sh *header = (struct header_sh *)image.bytes;
    const struct peer_sh *peers = (const struct peer_sh *)(image.bytes + header->roster);
    uint32_t slots = load_relaxed(&header->slots_committed), first = below(slots);
    for (uint32_t i = 0; i < slots; i++) {
        uint32_t slot = (first + i) % slots;
        if ((int)slot != witness_slot && load_relaxed(&peers[slot].in_use)) {
            store_relaxed(&header->slot_cursor, slot);
            return;
        }
    }
}

static int judge_writers(const struct operation *operation, const struct picture *picture)
{
    shoal_segment *segment = recover(operation);
    if (!segment)
        return GONE;
    int state = judge_recovered(operation, segment, "after the recovery");
    shoal_context_free(context);
    if (!(operation->flags & MAY_END))
        die_recovering(picture);
    if (below(2))
        point_at_a_dead_slot();
    if (!(segment = recover(operation)))
        return state;
    if (judge_recovered(operation, segment, "after the second recovery") != state)
        violation("after the second recovery", "the state is another");
    disturb_put(segment);
    disturb_counter(segment);
    check(segment, "check after new puts");
    if (state_now(operation, segment) != state)
        violation("after new puts", "the state is another");
    judge_empty(segment);
    shoal_context_free(context);
    return overwritten ? UNKNOWN : state;
}

/* ---- All of it ---- */

/* Attach to the image's file, and be taken for alive in the target too: what is asked there is this byte. */
static void witness_attach(struct picture *picture)
{
    shoal_peer peers[8];
    size_t count;
    witness_context = shoal_context_new();
    shoal_context_set_directory(witness_context, directory);
    image_restore(picture);
    must(shoal_open(&witness, witness_context, "image", NULL), "the witness's open");
    must(shoal_segment_peers(peers, 8, &count, witness), "peers");
    must(read_file(picture, "image") ? 0 : SHOAL_ESYSTEM, "image");
    for (size_t i = 0; i < count && i < 8; i++)
        if (peers[i].alive)
            witness_slot = (int)peers[i].slot;
}

static void witness_leave(void)
{
    if (witness_context)
        shoal_context_free(witness_context);
    witness_context = NULL;
    witness_slot = -1;
}

/* Returns the state that the operation has in this image; GONE, UNKNOWN. */
static int judge(const struct operation *operation, const struct picture *picture)
{
    uint64_t script = 0;
    *disturbance = 0;
    overwritten = 0;
    limit_time(20);
    image_restore(picture);
    int seen = judge_reader(operation);
    if (below(2))
        point_at_a_dead_slot();
    if (below(4)) {
        shoal_segment *segment = witness;
        context = witness_context;
        if (witness_context || (segment = recover(operation)))
            script = disturb(operation, segment);
        if (!witness_context && segment)
            shoal_context_free(context);
    }
    int state = judge_writers(operation, picture);
    if (seen == 1 && state == 0)
        violation("readonly", "a reader had seen it done, and then it was not");
    figures.images++;
    figures.distinct += set_add(&known_images, picture->sum);
    figures.pairs += set_add(&known_pairs, mix(picture->sum ^ mix(script)));
    limit_time(0);
    return state;
}

#endif
