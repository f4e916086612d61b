/* What the drivers share: each call is made through LOOK or SEE where the program is to see it. */
#ifndef SHOAL_TESTS_DRIVER_H
#define SHOAL_TESTS_DRIVER_H

#include "kinds.h"

#define LOOK(function, ...) kinds_ended(#function, (kinds_begin(#function), function(__VA_ARGS__)))
#define SEE(function, ...) kinds_seen(#function, (kinds_begin(#function), (uint64_t)function(__VA_ARGS__)))

void kinds_begin(const char *function);
int kinds_ended(const char *function, int status);
uint64_t kinds_seen(const char *function, uint64_t value);
uint32_t kinds_below(uint32_t limit);
shoal_time kinds_deadline(void);
void kinds_dwell(void);
/* A sentence. */
__attribute__((format(printf, 1, 2))) const char *kinds_say(const char *format, ...);
/* What a call was told is what may be told to one of many who use, and have used, the same; NULL. */
const char *kinds_unusual(const char *what, int status);
/* In pieces, as far as one gets alone: begin, try, look, cancel. */
void kinds_look_at_wait(const shoal_object *object, int operation, int64_t argument);

/* Return with that sentence, if there is one. */
#define WELL(sentence)                                                                                                 \
    do {                                                                                                               \
        const char *well_sentence = (sentence);                                                                        \
        if (well_sentence)                                                                                             \
            return well_sentence;                                                                                      \
    } while (0)
#define EXPECT(condition)                                                                                              \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            return kinds_say("%s:%d: %s (%s)", __FILE__, __LINE__, #condition, shoal_error_message());                 \
    } while (0)
/* Through a readonly attach. */
#define REFUSED(function, ...)                                                                                         \
    do {                                                                                                               \
        if (LOOK(function, __VA_ARGS__) >= 0)                                                                          \
            return kinds_say("a readonly attach may write: %s", #function);                                            \
    } while (0)

enum { USUAL_PERMITS = 3, USUAL_PARTIES = 2 };

#endif
