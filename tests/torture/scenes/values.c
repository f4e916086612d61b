/* Values that tell when they are torn: the victim's, others that nobody touches, and many names. */
#include "scenes.h"

#include "segment/directory.h"
#include "segment/stripe.h"

int other_count;
size_t other_sizes[MOST_OTHERS];

/* Computed once: who is stepped has it already. */
const unsigned char *pattern(uint32_t number, size_t size)
{
    static unsigned char *bytes[128];
    static size_t have[128];
    number %= 128;
    if (!bytes[number])
        bytes[number] = malloc(1 << 20);
    for (; have[number] < size; have[number]++)
        bytes[number][have[number]] = (unsigned char)((number * 2654435761u + (uint32_t)have[number] * 40503u) >> 16);
    return bytes[number];
}

int put(const char *name, uint32_t number, size_t size)
{
    return must(shoal_value_put(target, name, strlen(name), pattern(number, size), size), "put");
}

bool is_value(const unsigned char *have, size_t got, uint32_t number, size_t size)
{
    return got == size && memcmp(have, pattern(number, size), size) == 0;
}

int holds_value(const char *name, uint32_t number, size_t size)
{
    static unsigned char have[1 << 20];
    size_t got;
    int status = shoal_value_get(target, name, strlen(name), have, sizeof have, &got);
    if (status == SHOAL_ENOKEY)
        return 0;
    return status == SHOAL_OK && is_value(have, got, number, size) ? 1 : -1;
}

bool exists(const char *name)
{
    return shoal_object_find(target, name, strlen(name)) > 0;
}

/*
 * Is there a live object of that name, when all that the dead began is done? Opening takes the structure's lock; a look
 * without it may see what a dead process has removed, which the next call would make anew.
 */
bool is_left(const char *name)
{
    shoal_object *there = NULL;
    bool is_there = shoal_object_open(&there, target, name, strlen(name)) == SHOAL_OK;
    shoal_object_close(there);
    return is_there;
}

const char *near_name(void)
{
    static char name[16];
    const shoal_word *stripe = shoal__stripe(target, shoal__name_hash(target, "victim", 6));
    for (int i = 0; i == 0 || shoal__stripe(target, shoal__name_hash(target, name, strlen(name))) != stripe; i++)
        snprintf(name, sizeof name, "near%d", i);
    return name;
}

int remove_it(const char *name)
{
    int status = shoal_object_remove(target, name, strlen(name));
    return status == SHOAL_ENOKEY || must(status, "remove");
}

/* ---- Others, that nobody touches ---- */

void put_others(void)
{
    char name[16];
    for (int i = 0; i < other_count; i++) {
        snprintf(name, sizeof name, "other%d", i);
        put(name, 100 + (uint32_t)i, other_sizes[i]);
    }
}

bool others_whole(int first)
{
    char name[16];
    for (int i = first; i < other_count; i++) {
        snprintf(name, sizeof name, "other%d", i);
        if (holds_value(name, 100 + (uint32_t)i, other_sizes[i]) != 1)
            return false;
    }
    return true;
}

void fill(size_t size)
{
    char name[32];
    for (int i = 0;; i++) {
        snprintf(name, sizeof name, "fill%d of %d", i, (int)size);
        if (shoal_value_put(target, name, strlen(name), pattern(7, size), size) < 0)
            break;
    }
}

/* ---- The victim's ---- */

int put_old(void)
{
    return put("victim", OLD, its_size(OLD));
}
int put_old_thrice(void)
{
    return put("victim", 1, its_size(OLD)) && put("victim", 2, its_size(OLD)) && put_old();
}
int put_new(void)
{
    return put("victim", NEW, its_size(NEW));
}
int put_third(void)
{
    return put("victim", ANOTHER, its_size(ANOTHER));
}
int put_near(void)
{
    return put(near_name(), ANOTHER, its_size(ANOTHER));
}
int remove_victim(void)
{
    return remove_it("victim");
}

/* ---- So many names that the next new one … ---- */

int prepare_names(uint64_t end)
{
    char name[32];
    uint64_t count = 0;
    for (int i = 0; must(shoal_object_count(&count, target), "count") && count < end; i++) {
        snprintf(name, sizeof name, "more%d", i);
        put(name, 3, 10);
    }
    return 1;
}
/* makes the table grow; */
int prepare_64(void)
{
    return prepare_names(64);
}
/* moves the first buckets; */
int prepare_65(void)
{
    return prepare_names(65);
}
/* moves the last. */
int prepare_80(void)
{
    return prepare_names(80);
}
