/* RWLocks: to hold one is to write. */
#include "driver.h"

static int make(struct subject *subject, uint32_t size)
{
    (void)size;
    return shoal_rwlock_open(&subject->object, subject->segment, subject->name, subject->length);
}

static int again(shoal_object **out, const struct subject *subject)
{
    return LOOK(shoal_rwlock_open, out, subject->segment, subject->name, subject->length);
}

static int begin_to_read(shoal_object *rwlock)
{
    return shoal_rwlock_read(rwlock, SHOAL_NO_WAIT);
}

static int begin_to_write(shoal_object *rwlock)
{
    return shoal_rwlock_write(rwlock, SHOAL_NO_WAIT);
}

static const char *filled(const struct subject *subject, uint32_t seed)
{
    (void)seed;
    EXPECT(begin_to_write(subject->object) == SHOAL_OK && shoal_rwlock_unlock(subject->object) == SHOAL_OK);
    return NULL;
}

static const char *look(const struct subject *subject)
{
    shoal_owner owner;
    SEE(shoal_rwlock_is_writing, subject->object);
    SEE(shoal_rwlock_is_reading, subject->object);
    SEE(shoal_rwlock_recovered, subject->object);
    if (LOOK(shoal_lock_owner, &owner, subject->object) == SHOAL_OK)
        kinds_touch(&owner, sizeof owner);
    return NULL;
}

static const char *refuse(const struct subject *subject)
{
    REFUSED(shoal_rwlock_read, subject->object, SHOAL_NO_WAIT);
    REFUSED(shoal_rwlock_write, subject->object, SHOAL_NO_WAIT);
    REFUSED(shoal_rwlock_unlock, subject->object);
    REFUSED(shoal_rwlock_downgrade, subject->object);
    return NULL;
}

static const char *use(const struct subject *subject)
{
    if (shoal_object_readonly(subject->object))
        return NULL;
    bool writes = kinds_below(2);
    shoal_time deadline = kinds_deadline();
    int status = writes ? shoal_rwlock_write(subject->object, deadline) : shoal_rwlock_read(subject->object, deadline);
    if (status < 0)
        return kinds_unusual("read or write", status);
    kinds_dwell();
    EXPECT(shoal_rwlock_unlock(subject->object) == SHOAL_OK);
    return NULL;
}

static const char *intact(const struct subject *subject)
{
    if (shoal_rwlock_is_writing(subject->object) && shoal_rwlock_is_reading(subject->object))
        return kinds_say("one process both reads and writes");
    return NULL;
}

/* After a death it may be a reader's turn; but not for long. */
static int take(int (*way)(shoal_object *, shoal_time), shoal_object *rwlock)
{
    int status = way(rwlock, SHOAL_NO_WAIT);
    return status == SHOAL_ETIMEDOUT ? way(rwlock, shoal_deadline(1)) : status;
}

static const char *sound(shoal_object *rwlock)
{
    EXPECT(take(shoal_rwlock_read, rwlock) >= 0 && shoal_rwlock_read_unlock(rwlock) == SHOAL_OK);
    EXPECT(take(shoal_rwlock_write, rwlock) >= 0 && shoal_rwlock_is_writing(rwlock));
    EXPECT(shoal_rwlock_downgrade(rwlock) == SHOAL_OK && shoal_rwlock_is_reading(rwlock));
    EXPECT(shoal_rwlock_unlock(rwlock) == SHOAL_OK);
    return NULL;
}

static bool has_it(const shoal_object *rwlock)
{
    return shoal_rwlock_is_writing(rwlock) || shoal_rwlock_is_reading(rwlock);
}

/* ---- Beside a model ---- */

static bool others_read(const struct model *model, unsigned but)
{
    bool found = false;
    for (unsigned i = 0; i < MODEL_PEERS; i++)
        found = found || (i != but && model->reads[i]);
    return found;
}

static const char *obey_taking(shoal_object *object, struct model *model, unsigned peer, bool write)
{
    bool again = !write && model->reads[peer];
    int expected = model->owner_died ? SHOAL_RECOVERED : SHOAL_OK;
    if (!again && (model->owner != MODEL_NOBODY || (write && (model->reads[peer] || others_read(model, peer)))))
        expected = SHOAL_ETIMEDOUT;
    int status = write ? begin_to_write(object) : begin_to_read(object);
    EXPECT(status == expected);
    if (status >= 0 && write)
        model->owner = peer;
    else if (status >= 0)
        model->reads[peer]++;
    return NULL;
}

static const char *obey(shoal_object *object, struct model *model, unsigned peer, unsigned (*take)(unsigned sides))
{
    unsigned what = take(4);
    if (what < 2) {
        WELL(obey_taking(object, model, peer, what));
    } else if (what == 2) {
        EXPECT(shoal_rwlock_read_unlock(object) == (model->reads[peer] ? SHOAL_OK : SHOAL_ELOCK));
        model->reads[peer] -= model->reads[peer] > 0;
    } else {
        bool ours = model->owner == peer;
        EXPECT(shoal_rwlock_write_unlock(object) == (ours ? SHOAL_OK : SHOAL_ELOCK));
        model->owner = ours ? MODEL_NOBODY : model->owner;
        model->owner_died = model->owner_died && !ours;
    }
    EXPECT(shoal_rwlock_is_reading(object) == (model->reads[peer] > 0));
    EXPECT(shoal_rwlock_is_writing(object) == (model->owner == peer));
    return NULL;
}

/* A reader leaves nothing half-written. */
static const struct way ways[] = {
    {.name = "read",
     .operation = SHOAL_WAIT_READ,
     .death = SHOAL_RECOVERED,
     .glances = true,
     .block = begin_to_write,
     .wait = shoal_rwlock_read,
     .free = shoal_rwlock_unlock,
     .give = shoal_rwlock_read_unlock},
    {.name = "write",
     .operation = SHOAL_WAIT_WRITE,
     .death = SHOAL_RECOVERED,
     .glances = true,
     .block = begin_to_write,
     .wait = shoal_rwlock_write,
     .free = shoal_rwlock_unlock,
     .give = shoal_rwlock_write_unlock},
    {.name = "write_of_readers",
     .operation = SHOAL_WAIT_WRITE,
     .death = SHOAL_OK,
     .glances = true,
     .block = begin_to_read,
     .wait = shoal_rwlock_write,
     .free = shoal_rwlock_unlock,
     .give = shoal_rwlock_write_unlock},
    {0},
};

const struct driver rwlock_driver = {
    .name = "rwlock",
    .kind = SHOAL_KIND_RWLOCK,
    .make = make,
    .again = again,
    .filled = filled,
    .look = look,
    .refuse = refuse,
    .use = use,
    .intact = intact,
    .sound = sound,
    .hold = shoal_rwlock_write,
    .let_go = shoal_rwlock_unlock,
    .held = has_it,
    .death = SHOAL_RECOVERED,
    .why_kept = "holds or waits for it",
    .ways = ways,
    .is_lock = true,
    .obey = obey,
};
