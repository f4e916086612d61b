/*
 * Named places where a test may stop a thread or kill its process: tests/torture/points/. Normal builds compile them
 * out. With -DSHOAL_POINTS the program that links the core defines shoal__point, and finds all names between
 * __start_shoal_points and __stop_shoal_points.
 *
 * A point stands after each step that changes what a death would leave behind. Its name says what has just happened.
 */
#ifndef SHOAL_PLATFORM_POINT_H
#define SHOAL_PLATFORM_POINT_H

#ifdef SHOAL_POINTS

void shoal__point(const char *const *name);

#define SHOAL_POINT(text)                                                                                              \
    do {                                                                                                               \
        static const char *const shoal_point __attribute__((section("shoal_points"), used)) = text;                    \
        shoal__point(&shoal_point);                                                                                    \
    } while (0)

#else

#define SHOAL_POINT(text) ((void)0)

#endif

#endif
