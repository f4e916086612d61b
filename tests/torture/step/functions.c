/* Where each function of the public C API begins, and which were entered. */
#include "functions.h"

#include <string.h>

#include "shoal.h"

const struct listed_function functions[FUNCTIONS] = {
#define FUNCTION_NAME(class, name) {#name, class},
    FUNCTION_LIST(FUNCTION_NAME)
#undef FUNCTION_NAME
};

uint32_t called[FUNCTIONS];

void function_called(const char *name)
{
    static struct {
        const char *name;
        int function;
    } known[1024]; /* by the constant's address, which is cheaper than to compare it; else the first, which is LOCAL */
    uint32_t place = (uint32_t)((uintptr_t)name * 0x9e3779b9u >> 7) % 1024;
    if (known[place].name != name) {
        known[place].name = name;
        for (int i = known[place].function = 0; i < FUNCTIONS; i++)
            if (strcmp(functions[i].name, name) == 0)
                known[place].function = i;
    }
    called[known[place].function]++;
}

/* Where each begins, by a hash of the address: asked after each instruction. */
enum { ADDRESSES = 4096 };
static struct {
    uintptr_t at;
    uint32_t function;
} addresses[ADDRESSES];

static uint32_t place_of(uintptr_t at)
{
    uint32_t place = (uint32_t)(at * 0x9e3779b9u >> 7) % ADDRESSES;
    while (addresses[place].at && addresses[place].at != at)
        place = (place + 1) % ADDRESSES;
    return place;
}

void functions_prepare(void)
{
#define FUNCTION_ADDRESS(class, name)                                                                                  \
    addresses[place_of((uintptr_t)&name)].function = F_##name;                                                         \
    addresses[place_of((uintptr_t)&name)].at = (uintptr_t)&name;
    FUNCTION_LIST(FUNCTION_ADDRESS)
#undef FUNCTION_ADDRESS
}

void function_entered(uint32_t *entered, uintptr_t at)
{
    uint32_t place = place_of(at);
    if (addresses[place].at)
        entered[addresses[place].function]++;
}
