/* The largest error of each function of a source, in units in the last place of the nearest number, a line each. */
#include <math.h>
#undef NAN
#undef INFINITY
#include "model_of_test.c"
#include <float.h>
#include <stdio.h>
#include <string.h>

static uint64_t state = 88172645463325252u;

static uint64_t next(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static double between(double low, double high) { return low + (high - low) * (double)(next() >> 11) / 9007199254740992.0; }

/* Of every kind: any bits, usual numbers, those at the limits of exponentials, all sizes around 1, and special ones. */
static double argument(int number) {
    static const double special[] = {0.0, -0.0, 1.0 / 0.0, -1.0 / 0.0, 0.0 / 0.0, 1.0, -1.0, 5e-324, DBL_MAX, DBL_MIN, 0.55, 6.0};
    if (number < 12) {
        return special[number];
    }
    switch (number % 5) {
    case 0: {
        const uint64_t bits = next();
        double any;
        memcpy(&any, &bits, sizeof any);
        return any;
    }
    case 1: return between(-10.0, 10.0);
    case 2: return between(-1.0, 1.0);
    case 3: return between(-760.0, 760.0);
    default: return ldexp(between(-0.5, 0.5), (int)(next() % 60) - 30);
    }
}

static double error(long double found, long double exact, double nearest, int digits, int least) {
    int exponent;
    if (isnan(exact) || isnan(found)) {
        return isnan(exact) && isnan(found) ? 0.0 : 1.0 / 0.0;
    }
    if (isinf(nearest) || isinf(found) || nearest == 0.0) {
        return found == nearest && !signbit(found) == !signbit(nearest) ? 0.0 : 1.0 / 0.0;
    }
    frexp(nearest, &exponent);
    exponent = exponent < least ? least : exponent;
    return (double)(fabsl(found - exact) / ldexpl(1.0L, exponent - digits));
}

#define DOUBLE(own, reference)                                                          \
    largest = 0.0;                                                                      \
    for (int i = 0; i < 1000000; i++) {                                                  \
        const double x = argument(i);                                                   \
        const long double exact = reference((long double)x);                            \
        largest = fmax(largest, error(own(x), exact, (double)exact, DBL_MANT_DIG, DBL_MIN_EXP)); \
    }                                                                                   \
    printf("%.4f\n", largest);

#define SINGLE(own, reference)                                                          \
    largest = 0.0;                                                                      \
    for (uint64_t i = 0; i < 4294967296u; i += 9973) {                                  \
        const uint32_t bits = (uint32_t)i;                                              \
        float x;                                                                        \
        memcpy(&x, &bits, sizeof x);                                                    \
        const double exact = reference((double)x);                                      \
        largest = fmax(largest, error(own(x), exact, (double)(float)exact, FLT_MANT_DIG, FLT_MIN_EXP)); \
    }                                                                                   \
    printf("%.4f\n", largest);

int main(void) {
    double largest;
@MEASURED@    return 0;
}
