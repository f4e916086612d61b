#include "value/half.h"

#include <string.h>

#define SHIFT (52 - 10) /* from the fraction of a double to that of a half */
#define DOUBLE_BIAS 1023
#define HALF_BIAS 15
#define HALF_INFINITY 0x7c00u

double shoal__half_to_double(uint16_t half)
{
    uint64_t sign = (uint64_t)(half & 0x8000u) << 48;
    uint64_t exponent = half >> 10 & 0x1f;
    uint64_t fraction = half & 0x3ffu;
    uint64_t bits;
    double value;
    if (exponent == 0x1f) {
        bits = (uint64_t)0x7ff << 52 | fraction << SHIFT;
    } else if (exponent != 0) {
        bits = (exponent + DOUBLE_BIAS - HALF_BIAS) << 52 | fraction << SHIFT;
    } else {
        value = (double)fraction * 0x1p-24; /* subnormal or zero: exact as a double */
        memcpy(&bits, &value, sizeof bits);
    }
    bits |= sign;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* significand >> shift, rounded to nearest, ties to even. */
static uint16_t shift_rounded(uint64_t significand, int shift)
{
    uint64_t kept = significand >> shift;
    uint64_t rest = significand & (((uint64_t)1 << shift) - 1);
    uint64_t middle = (uint64_t)1 << (shift - 1);
    return (uint16_t)(kept + (rest > middle || (rest == middle && (kept & 1))));
}

uint16_t shoal__half_from_double(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint16_t sign = (uint16_t)(bits >> 48 & 0x8000u);
    int exponent = (int)(bits >> 52 & 0x7ff) - DOUBLE_BIAS;
    uint64_t fraction = bits & (((uint64_t)1 << 52) - 1);
    if (exponent == 0x7ff - DOUBLE_BIAS && fraction != 0) {
        uint16_t payload = (uint16_t)(fraction >> SHIFT);
        return sign | HALF_INFINITY | (payload != 0 ? payload : 1);
    }
    if (exponent > HALF_BIAS)
        return sign | HALF_INFINITY;
    if (exponent < -25)
        return sign; /* smaller than half of the smallest subnormal */
    if (exponent < 1 - HALF_BIAS)
        return sign | shift_rounded(fraction | (uint64_t)1 << 52, SHIFT + (1 - HALF_BIAS - exponent));
    /* A carry out of the fraction correctly raises the exponent by one, from the highest to infinity. */
    return sign | (uint16_t)(((unsigned)(exponent + HALF_BIAS) << 10) + shift_rounded(fraction, SHIFT));
}
