/* What somebody does to the image before it is recovered, or after. */
#include "step.h"

static void allowed(int status, const char *what)
{
    if (status < 0 && status != SHOAL_ENOSPACE)
        violation("%s: %s", what, shoal_error_message());
}

static int put_some(const char *format, int i, size_t size)
{
    char name[32];
    int length = snprintf(name, sizeof name, format, i);
    return shoal_value_put(target, name, (size_t)length, pattern(9, size), size);
}

void disturb_put(void)
{
    for (uint32_t i = 0, n = 1 + below(6); i < n; i++)
        allowed(put_some("interfere%d", (int)below(6), below(5) ? below(5000) : below(40000)), "interfering put");
}

static void disturb_remove(void)
{
    if (put_some("interfering", 0, below(3000)) < 0)
        return;
    if (shoal_object_remove(target, "interfering", 11) < 0)
        violation("interfering remove: %s", shoal_error_message());
}

static void disturb_names(void)
{
    char name[32];
    int made = 0;
    while (made < 66 && put_some("many%d", made, 8) >= 0)
        made++;
    for (int i = 0; i < made; i++)
        if (shoal_object_remove(target, name, (size_t)snprintf(name, sizeof name, "many%d", i)) < 0)
            violation("interfering remove: %s", shoal_error_message());
}

static void disturb_big(void)
{
    int status = put_some("interfere%d", 6, BIG + below(5000));
    allowed(status, "interfering big put");
    if (status >= 0 && below(2))
        allowed(put_some("interfere%d", 6, 100), "interfering put");
}

void disturb_counter(void)
{
    shoal_object *counter;
    int64_t value, before;
    if (shoal_counter_open(&counter, target, "counting", 8, 5) < 0)
        return;
    if (shoal_counter_value(&before, counter) < 0 || shoal_counter_add(&value, counter, 7) < 0 || value != before + 7 ||
        shoal_counter_exchange(&value, counter, 5) < 0 || value != before + 7)
        violation("interfering counter: it does not count");
    shoal_object_close(counter);
}

static void disturb_array(void)
{
    shoal_object *array;
    shoal_view view;
    int64_t count = 400;
    shoal_dtype dtype = {SHOAL_UINT8, 1};
    if (shoal_array_open(&array, target, "interfering array", 17, dtype, 1, &count) < 0)
        return;
    bool removed = below(2) && shoal_object_remove(target, "interfering array", 17) == SHOAL_OK;
    if (shoal_array_view(&view, array) < 0)
        violation("interfering array: %s", shoal_error_message());
    else
        memset(view.data, removed, 400);
    shoal_object_close(array);
}

static void disturb_lock(void)
{
    shoal_object *lock;
    if (shoal_lock_open(&lock, target, "interfering lock", 16, 0) < 0)
        return;
    int status = shoal_lock_acquire(lock, false, SHOAL_NO_WAIT);
    if (status < 0)
        violation("interfering lock: %s", shoal_error_message());
    else if (below(3))
        shoal_lock_release(lock);
    else
        shoal_context_abandon_locks(context, true);
    shoal_object_close(lock);
}

static void disturb_look(void)
{
    shoal_info info;
    allowed(shoal_segment_info(&info, target), "interfering info");
    check("interfering check");
}

/* Open and close whatever the victim works with: a pin comes and goes. */
static void disturb_open(void)
{
    shoal_object *theirs;
    if (shoal_object_open(&theirs, target, "victim", 6) >= 0)
        shoal_object_close(theirs);
}

/* What has no state that an operation changes: those of the locks, which may be had or not. */
static void disturb_locks(void)
{
    open_all();
    EACH_LIVE(it)
    {
        const char *sentence = !it->fill && below(2) ? it->use(subject_by(it)) : NULL;
        if (sentence)
            violation("interfering with the locks: %s", sentence);
    }
    if (below(4) == 0)
        act_abort();
    if (below(2))
        act_reset();
    close_all();
}

int overwritten;

/* The same name, perhaps in its spare. Of who comes first its stripe is a dead one's, and a change may be half done. */
static void disturb_victim(void)
{
    if (below(3)) {
        size_t size = below(2) ? its_size(OLD) : 777;
        int status = shoal_value_put(target, "victim", 6, pattern(ANOTHER, size), size);
        allowed(status, "overwriting");
        overwritten = status < 0 ? overwritten : 1;
        another_size = status < 0 ? another_size : size;
    } else {
        int status = shoal_object_remove(target, "victim", 6);
        if (status < 0 && status != SHOAL_ENOKEY)
            violation("removing: %s", shoal_error_message());
        overwritten = status < 0 ? overwritten : 2;
    }
}

/* The victim's own, if it is of any kind and has no state that the operation changes. */
static void disturb_it(void)
{
    if (!driver || driver->fill || !is_left("victim"))
        return;
    make_it();
    struct subject subject = subject_open(target, object);
    const char *sentence = driver->use(&subject);
    if (sentence)
        violation("interfering with it: %s", sentence);
    close_object();
}

static const struct disturbing {
    const char *name;
    void (*act)(void);
    uint32_t wants; /* a flag of the operation */
} disturbances[] = {
    {"put", disturb_put, 0},
    {"remove", disturb_remove, 0},
    {"counter", disturb_counter, 0},
    {"array", disturb_array, 0},
    {"lock", disturb_lock, 0},
    {"look", disturb_look, 0},
    {"open", disturb_open, 0},
    {"it", disturb_it, 0},
    {"it", disturb_it, 0},
    {"put", disturb_put, 0},
    {"names", disturb_names, 0},
    {"big", disturb_big, BIG_SEGMENT},
    {"locks", disturb_locks, HAS_LOCKS},
    {"locks", disturb_locks, HAS_LOCKS},
    {"victim", disturb_victim, VICTIM_IS_VALUE},
};

/* One to three things. Returns a number that says which. */
uint64_t disturb(const struct operation *operation)
{
    drawn = 1;
    if (operation->flags & VICTIM_IS_VALUE && below(2)) {
        strcat(disturbance, "first the victim ");
        disturb_victim();
    }
    for (uint32_t i = 0, n = 1 + below(3); i < n; i++) {
        const struct disturbing *it = &disturbances[below(sizeof disturbances / sizeof *disturbances)];
        if ((operation->flags & it->wants) != it->wants)
            continue;
        strncat(disturbance, it->name, sizeof disturbance - strlen(disturbance) - 2);
        strcat(disturbance, " ");
        it->act();
    }
    return drawn;
}
