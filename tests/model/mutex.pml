/*
 * The mutex: core/sync/mutex.c; docs/recovery.md, "The lock".
 *
 * PARTIES processes take and release it ROUNDS times each; any of them may give up waiting (a deadline, a cancelled task) or
 * let go as if it had died (abandon), and DEATHS of them are killed anywhere.
 *
 * Right:    one at a time; whoever comes after a death, or an abandon, is told before it sees what is half-written; all who
 *           live come to their end. With slices that end only after a death (the default) also: no wake-up is lost as long
 *           as nobody dies.
 * MISTAKE   1: steals without asking whether the owner is dead
 *           2: a waiter that was woken takes the word without WAITERS, though others sleep
 *           3: sleeps without a slice
 *           4: who gives up keeps the wake-up to itself
 *           5: takes a free word, and does not look at NEEDREC
 *           6: stands back without a time of its own, though nobody may be left for whom
 *
 * A load and the compare-and-swap of what was loaded are one step here: where another store comes between the two, the
 * compare-and-swap changes nothing, and all begins anew. Nor does it matter when is_dead was asked: the dead stay dead.
 */
#ifndef PARTIES
#define PARTIES 3
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifndef MISTAKE
#define MISTAKE 0
#endif
#if MISTAKE == 3
#define NO_SLICES
#endif
#define FORGET mark = 0; seen = 0; keep = 0; woken = 0; rounds = 0; slice_over = false; recovered = false
#include "kernel.pml"

#define TAG (me + 1)
#define WORD 1 /* the futex */

#define OWNER 7    /* MUTEX_OWNER: slot and incarnation */
#define NEEDREC 8  /* MUTEX_NEEDREC */
#define LONGWAIT 16
#define WAITERS 32 /* MUTEX_WAITERS */
#if MISTAKE == 6
#define STOOD_BACK SLICES
#else
#define STOOD_BACK true
#endif

byte word;

byte inside;       /* whose turn it is: for the assertions */
bool whole = true; /* what it guards */
bool abandoned;

inline take(new)
{
    recovered = (word & NEEDREC) || (word & OWNER);
#if MISTAKE == 5
    recovered = (word & OWNER) != 0;
#endif
    word = new;
    assert(inside == 0 || gone[inside - 1]);
    inside = TAG;
    assert(recovered || whole);
    assert(!recovered || deaths > 0 || abandoned);
    mark = 0; seen = 0; slice_over = false;
    goto acquired
}

/* let_go: LONGWAIT is kept, if it does not come too late; the exchange; then the wake-up */
inline let_go(value)
{
    keep = word & LONGWAIT;
    atomic {
        assert(inside == TAG && (word & OWNER) == TAG);
        inside = 0;
        seen = word;
        word = value | keep;
        keep = 0
    }
    if
    :: atomic { !(seen & WAITERS) -> seen = 0 }
    :: seen & WAITERS ->
       futex_wake_one(WORD);
       atomic { woken = 0; seen = 0 }
    fi
}

proctype party(byte me)
{
    byte mark, seen, keep, woken, rounds;
    bool slice_over, recovered;
    {
        do
        :: atomic { rounds < ROUNDS -> rounds++ }

           /* shoal__mutex_step, sleep_once */
           do
           :: atomic {
                if
                :: !(word & OWNER) && (!(word & LONGWAIT) || mark) -> /* with LONGWAIT only who has slept */
#if MISTAKE == 2
                   take(TAG | (word & (NEEDREC | WAITERS)))
#else
                   take(TAG | mark | (word & (NEEDREC | WAITERS)))
#endif
                :: (word & OWNER) -> word = word | WAITERS
                :: (word & OWNER) && mark -> word = word | WAITERS | LONGWAIT /* PATIENCE is over */
                :: !(word & OWNER) && (word & LONGWAIT) && !mark -> skip /* stand back */
                :: !(word & OWNER) && (word & LONGWAIT) && !mark -> /* WAIT_LOOK_ONCE: or take it, if nobody wakes up */
                   goto last_look
                fi;
                seen = word
              }
              atomic {
                if
                :: word == seen -> asleep[me] = WORD
                :: else
                fi
              }
              wait_asleep(SLICES || (!(seen & OWNER) && STOOD_BACK));
              atomic {
                mark = WAITERS; seen = 0;
                if
#if MISTAKE == 1
                :: slice_over && (word & OWNER) ->
#else
                :: slice_over && (word & OWNER) && gone[(word & OWNER) - 1] ->
#endif
                   take(TAG | NEEDREC | WAITERS) /* steal */
                :: else -> slice_over = false
                fi
              }
              if
              :: skip
#ifndef PATIENT
              :: atomic { mark = 0 -> goto given_up }
#endif
              fi
           od;
last_look: futex_wake_one(WORD);
           atomic {
               if
               :: woken == 0 && !(word & OWNER) -> take(TAG | (word & (NEEDREC | WAITERS)))
               :: else -> woken = 0; goto next
               fi
           }

acquired:
           /* Inside: what it guards is half-written for a while. */
           whole = false;
           atomic { whole = true; recovered = false }
           if
           :: let_go(0)
           :: atomic { abandoned = true; whole = false }
              let_go(NEEDREC)
           fi;
           goto next;
given_up:
#if MISTAKE != 4
           if /* shoal__mutex_stop */
           :: atomic { word & OWNER -> word = (word & ~LONGWAIT) | WAITERS }
           :: atomic { !(word & OWNER) -> word = word & ~LONGWAIT }
              futex_wake_one(WORD);
              woken = 0
           fi;
#endif
next:      skip
        :: atomic { rounds == ROUNDS -> break }
        od;
        LIFE_OVER
    } unless { DEATH }
}

init
{
    atomic {
        run party(0); run party(1)
#if PARTIES > 2
        ; run party(2)
#endif
    }
}
