/*
 * The semaphore with permits: core/sync/semaphore.c, and what core/objects/semaphore.c does for one who gives up;
 * docs/recovery.md, "Semaphore".
 *
 * PARTIES processes acquire and release ROUNDS times each; any of them may give up waiting (a deadline, a cancelled
 * task) at any time, and DEATHS of them are killed anywhere.
 *
 * Right:    a permit is always in exactly one hand (it is a word that names it), only the dead lose theirs, and all who
 *           live come to their end: no permit is lost. With slices that end only after a death (the default) also: no
 *           wake-up is lost as long as nobody dies.
 * MISTAKE   1: takes a permit from an owner without asking whether it is dead
 *           2: does not look again after it prepared to sleep: the release before that wakes nobody
 *           3: who gives up keeps the wake-up to itself
 *           4: sleeps without a slice
 *           5: takes the permits of the dead with a store, not with a compare-and-swap of what it judged
 *           6: frees the other permits, too, whether their owners are dead or not
 */
#ifndef PARTIES
#define PARTIES 3
#endif
#ifndef PERMITS
#define PERMITS 1
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifndef MISTAKE
#define MISTAKE 0
#endif
#if MISTAKE == 4
#define NO_SLICES
#endif
#define FORGET mine = 0; seen = 0; woken = 0; rounds = 0; swapped = false; slice_over = false
#include "kernel.pml"

#define FREE 0
#define TAG (me + 1)
#define RETURNED 1 /* the eventcount's futex */

byte permit[PERMITS]; /* semaphore_sh.permit */
byte holder[PERMITS]; /* who believes to have it: for the assertions */

inline note(i)
{
    assert(holder[i] == FREE || gone[holder[i] - 1]);
    holder[i] = TAG;
    mine = i; seen = 0; slice_over = false
}

inline now_mine(i)
{
    note(i);
    goto acquired
}

/* shoal__semaphore_take, one cell */
inline take_cell(i)
{
    atomic {
        compare_swap(permit[i], FREE, TAG);
        if
        :: swapped -> now_mine(i)
        :: else
        fi
    }
}

inline take()
{
    take_cell(0);
#if PERMITS > 1
    take_cell(1)
#endif
}

/* shoal__semaphore_take_from_dead, one cell: load, is_dead, compare-and-swap of what was judged */
inline take_dead_cell(i)
{
    seen = permit[i];
    if
#if MISTAKE == 1
    :: atomic { seen != FREE ->
#else
    :: atomic { seen != FREE && gone[seen - 1] ->
#endif
#if MISTAKE == 5
        skip }
        atomic {
        permit[i] = TAG; swapped = true;
#else
        compare_swap(permit[i], seen, TAG);
#endif
        if
        :: swapped -> note(i); goto freeing
        :: else
        fi
       }
    :: else
    fi
}

/* The same look goes on behind the one that it took */
inline free_dead_cell(i)
{
    seen = permit[i];
    if
#if MISTAKE == 6
    :: atomic { seen != FREE ->
#else
    :: atomic { seen != FREE && gone[seen - 1] ->
#endif
        compare_swap(permit[i], seen, FREE); seen = 0 }
       notify(RETURNED, 1)
    :: else -> seen = 0
    fi
}

inline take_from_dead()
{
    take_dead_cell(0);
#if PERMITS > 1
    take_dead_cell(1);
#endif
    seen = 0
}

proctype party(byte me)
{
    byte mine, seen, woken, rounds;
    bool swapped, slice_over;
    {
        do
        :: atomic { rounds < ROUNDS -> rounds++; slice_over = false }

           /* shoal__semaphore_try, until it is ours */
           do
           :: take();
              if
              :: slice_over -> take_from_dead()
              :: else
              fi;
              prepare(RETURNED);
#if MISTAKE != 2
              take();
#endif
              sleep_prepared(RETURNED, SLICES);
              if
              :: skip
              :: atomic { slice_over = false; goto given_up }
              fi
           od;
freeing:
#if PERMITS > 1
           if
           :: mine == 0 -> free_dead_cell(1)
           :: else
           fi;
#else
           skip;
#endif
acquired:
           mine = mine;
           /* shoal__semaphore_give: a compare-and-swap, then the wake-up. */
           atomic {
               compare_swap(permit[mine], TAG, FREE);
               assert(swapped && holder[mine] == TAG);
               holder[mine] = FREE;
               mine = 0
           }
           notify(RETURNED, 1);
           goto next;
given_up:
#if MISTAKE != 3
           notify(RETURNED, 1);
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
