/* Where each function of the public C API begins, and which were entered. */
#include "functions.h"

#include "shoal.h"

const struct listed_function functions[FUNCTIONS] = {
#define FUNCTION_NAME(class, name) {#name, class},
    FUNCTION_LIST(FUNCTION_NAME)
#undef FUNCTION_NAME
};

uint32_t called[FUNCTIONS];

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
