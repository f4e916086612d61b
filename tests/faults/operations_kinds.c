/* What is tried of every kind, by its driver: made, and waited for in vain in each way in which another can hold it. */
#include "operations_parts.h"

#include <stdio.h>

static int make_it(struct world *world)
{
    struct subject subject = subject_of(world->segment, "made");
    int status = world->operation->driver->make(&subject, 0);
    world->object = subject.object;
    return status;
}

static void another_has_it(struct world *world)
{
    have_second(world);
    struct subject theirs = subject_of(world->second, "held"), ours = subject_of(world->segment, "held");
    MUST(world->operation->driver->make(&theirs, 0));
    MUST(world->operation->driver->make(&ours, 0));
    MUST(world->operation->way->block(theirs.object));
    world->theirs = theirs.object;
    world->lock = ours.object;
}

static int wait_in_vain(struct world *world)
{
    return world->operation->way->wait(world->lock, SOON);
}

const struct operation *kind_operations(void)
{
    static struct operation all[60];
    static char names[60][40];
    unsigned count = 0;
    EACH_DRIVER(it) {
        if (it->kind == SHOAL_KIND_VALUE)
            continue;
        snprintf(names[count], sizeof names[count], "%s_make", it->name);
        all[count] = (struct operation){names[count], NULL, make_it, made_is_there, MAKES, it, NULL};
        count++;
        EACH_WAY(way, it) {
            if (!way->give)
                continue;
            snprintf(names[count], sizeof names[count], "%s_%s_in_vain", it->name, way->name);
            all[count] = (struct operation){names[count], another_has_it, wait_in_vain, NULL, WAITS, it, way};
            count++;
        }
    }
    return all;
}
