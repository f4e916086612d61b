/*
 * The eventcount, on which the other locks sleep: core/sync/eventcount.c. They use it as kernel.pml has it, in one step;
 * here it is in all its steps.
 *
 * Parties 0 and 1 wait for the second and the first of two changes; 2 and 3 make one each, and tell of it.
 *
 * Right:    a change that comes after somebody prepared to sleep for it does not find it asleep for ever, though nobody
 *           dies and no slice ends.
 * MISTAKE   1: WAITERS is taken away without waking those who fell asleep meanwhile
 *           2: WAITERS is taken away without counting: who was about to sleep does not notice
 *           3: looks before it prepares
 *           4: tells of the change before making it
 *           5: sleeps without a slice
 */
#define PARTIES 4
#ifndef MISTAKE
#define MISTAKE 0
#endif
#if MISTAKE == 5
#define NO_SLICES
#endif
#define FORGET key = 0; told = 0; woken = 0; swapped = false; slice_over = false
#include "kernel.pml"

#define EVENT 1 /* the futex */
#define WAITERS 1
#define COUNT_UP(event) ((event + 2) & 15)

byte event;   /* bit 0 WAITERS, above it the count */
byte changes; /* what they wait for */
#define ENOUGH (changes >= wanted || gone[2] || gone[3])

/* shoal__eventcount_notify, and shoal__eventcount_tell */
inline tell()
{
    if
    :: !(event & WAITERS)
    :: atomic { event & WAITERS -> event = COUNT_UP(event); told = event }
       futex_wake_all(EVENT);
       if
       :: atomic {
            woken == 0 ->
#if MISTAKE == 2
            compare_swap(event, told, told & ~WAITERS);
#else
            compare_swap(event, told, COUNT_UP(told) & ~WAITERS);
#endif
            told = 0
          }
#if MISTAKE != 1
          if
          :: swapped -> futex_wake_all(EVENT)
          :: else
          fi
#endif
       :: woken > 0
       fi
    fi
}

inline prepare_to_sleep()
{
    atomic { event = event | WAITERS; key = event }
}

proctype waiter(byte me; byte wanted)
{
    byte key, told, woken;
    bool swapped, slice_over;
    {
        do
#if MISTAKE == 3
        :: if
           :: ENOUGH -> break
           :: else
           fi;
           prepare_to_sleep();
#else
        :: prepare_to_sleep();
           if
           :: ENOUGH -> break
           :: else
           fi;
#endif
           futex_wait(EVENT, event, key)
        od;
        LIFE_OVER
    } unless { DEATH }
}

proctype changer(byte me)
{
    byte key, told, woken;
    bool swapped, slice_over;
    {
#if MISTAKE == 4
        tell();
        changes++;
#else
        changes++;
        tell();
#endif
        LIFE_OVER
    } unless { DEATH }
}

init
{
    atomic { run waiter(0, 2); run waiter(1, 1); run changer(2); run changer(3) }
}
