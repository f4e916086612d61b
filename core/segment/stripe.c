#include "segment/stripe.h"

#include "platform/point.h"
#include "sync/spin.h"

int shoal__stripe_enter_slowly(struct shoal_segment *segment, shoal_word *stripe, struct shoal_turn *turn)
{
    int status;
    while ((status = shoal__turn_step(segment, turn, stripe)) == NOT_NOW)
        if ((status = shoal__await_turn(segment, turn)) < 0)
            return status;
    if (status != SHOAL_RECOVERED)
        return status;
    SHOAL_POINT("stripe: its holder died");
    shoal__mutex_abandon(stripe);
    return NOT_NOW;
}

static bool is_free(uint32_t word, uint32_t unused)
{
    (void)unused;
    return !(word & MUTEX_SLOT);
}

bool shoal__stripe_take_locked(struct shoal_segment *segment, shoal_word *stripe)
{
    static shoal_word looks = SPIN_MOST_LOOKS;
    if (shoal__mutex_try_free(stripe, segment->party.me))
        return true;
    if (shoal__spinning_helps())
        shoal__spin(&looks, stripe, is_free, 0);
    return shoal__mutex_lock(stripe, &segment->party, SHOAL_NO_WAIT) >= 0;
}

int shoal__enter_both(struct shoal_segment *segment, shoal_word *stripe, struct shoal_turn *turn)
{
    for (;;) {
        int status = shoal__enter(segment, turn);
        if (status < 0 || shoal__stripe_take_locked(segment, stripe))
            return status;
        shoal__leave(segment);
        SHOAL_POINT("stripe: another is in it");
        status = shoal__stripe_enter_slowly(segment, stripe, turn);
        if (status == SHOAL_OK)
            shoal__mutex_unlock(stripe);
        else if (status != NOT_NOW)
            return status;
    }
}

void shoal__forget_stripes(struct shoal_segment *segment, uint32_t slot)
{
    for (uint32_t i = 0; i < STRIPES; i++)
        shoal__mutex_forget(shoal__stripe(segment, i), slot);
}

const char *shoal__judge_stripes(const struct shoal_segment *segment)
{
    for (uint32_t i = 0; i < STRIPES; i++)
        if ((load_relaxed(shoal__stripe(segment, i)) & (MUTEX_SLOT | MUTEX_IDLE)) > segment->is.slots)
            return "the lock of a stripe of Values names an impossible owner";
    return NULL;
}
