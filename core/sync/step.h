#ifndef SHOAL_SYNC_STEP_H
#define SHOAL_SYNC_STEP_H
#include "sync/mutex.h"
#ifndef MUTEX_GRACE
#define MUTEX_GRACE 0x20000000u
#endif
int shoal__mutex_step(shoal_word *word, const struct shoal_party *party, shoal_wait *wait);
void shoal__mutex_stop(shoal_word *word, const shoal_wait *wait);
#endif
