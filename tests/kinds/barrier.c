/* Barriers. */
#include "driver.h"

static int make(struct subject *subject, uint32_t size)
{
    return shoal_barrier_open(&subject->object, subject->segment, subject->name, subject->length,
                              size ? size : USUAL_PARTIES);
}

static int again(shoal_object **out, const struct subject *subject)
{
    uint32_t parties = shoal_barrier_parties(subject->object);
    return LOOK(shoal_barrier_open, out, subject->segment, subject->name, subject->length, parties);
}

static const char *filled(const struct subject *subject, uint32_t seed)
{
    (void)seed;
    EXPECT(shoal_barrier_waiting(subject->object) == 0 && !shoal_barrier_broken(subject->object));
    return NULL;
}

static const char *look(const struct subject *subject)
{
    SEE(shoal_barrier_broken, subject->object);
    SEE(shoal_barrier_parties, subject->object);
    SEE(shoal_barrier_waiting, subject->object);
    return NULL;
}

static const char *refuse(const struct subject *subject)
{
    uint32_t index;
    REFUSED(shoal_barrier_wait, &index, subject->object, SHOAL_NO_WAIT);
    REFUSED(shoal_barrier_abort, subject->object);
    REFUSED(shoal_barrier_reset, subject->object);
    return NULL;
}

static const char *use(const struct subject *subject)
{
    uint32_t index;
    if (shoal_object_readonly(subject->object))
        return NULL;
    WELL(kinds_unusual("meet", shoal_barrier_wait(&index, subject->object, kinds_deadline())));
    return kinds_unusual("reset", shoal_barrier_reset(subject->object));
}

static const char *intact(const struct subject *subject)
{
    uint32_t parties = shoal_barrier_parties(subject->object);
    if (parties != USUAL_PARTIES)
        return kinds_say("the memory of a barrier that is open became something else: %u parties", parties);
    return NULL;
}

static const char *sound(shoal_object *barrier)
{
    uint32_t index;
    bool alone = shoal_barrier_parties(barrier) == 1;
    EXPECT(shoal_barrier_waiting(barrier) == 0);
    if (alone)
        return NULL;
    int status = shoal_barrier_wait(&index, barrier, SHOAL_NO_WAIT);
    EXPECT((status == SHOAL_EBROKEN || status == SHOAL_ETIMEDOUT) && shoal_barrier_broken(barrier));
    for (int i = 0; i < 2; i++) {
        EXPECT(shoal_barrier_reset(barrier) == SHOAL_OK && !shoal_barrier_broken(barrier));
        EXPECT(shoal_barrier_waiting(barrier) == 0);
        EXPECT(i > 0 || shoal_barrier_wait(&index, barrier, SHOAL_NO_WAIT) == SHOAL_ETIMEDOUT);
    }
    return NULL;
}

/* As long as nobody else comes, who waits breaks it. */
static const char *obey(shoal_object *object, struct model *model, unsigned peer, unsigned (*take)(unsigned sides))
{
    uint32_t index;
    unsigned what = take(3);
    (void)peer;
    if (what == 0)
        EXPECT(shoal_barrier_reset(object) == SHOAL_OK);
    else if (what == 1)
        EXPECT(shoal_barrier_abort(object) == SHOAL_OK);
    else
        EXPECT(shoal_barrier_wait(&index, object, SHOAL_NO_WAIT) == (model->set ? SHOAL_EBROKEN : SHOAL_ETIMEDOUT));
    model->set = what > 0;
    EXPECT(shoal_barrier_broken(object) == model->set && shoal_barrier_waiting(object) == 0);
    return NULL;
}

static int wait(shoal_object *barrier, shoal_time deadline)
{
    uint32_t index;
    return shoal_barrier_wait(&index, barrier, deadline);
}

static int come(shoal_object *barrier)
{
    return wait(barrier, shoal_deadline(20));
}

static const struct way ways[] = {
    {.name = "pass", .operation = SHOAL_WAIT_PASS, .death = SHOAL_PENDING, .wait = wait, .free = come},
    {0},
};

const struct driver barrier_driver = {
    .name = "barrier",
    .kind = SHOAL_KIND_BARRIER,
    .make = make,
    .again = again,
    .filled = filled,
    .look = look,
    .refuse = refuse,
    .use = use,
    .intact = intact,
    .sound = sound,
    .why_waited = "waits at it",
    .ways = ways,
    .is_lock = true,
    .obey = obey,
};
