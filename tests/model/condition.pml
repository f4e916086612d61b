/*
 * The condition: core/sync/condition.c; docs/recovery.md, "Condition".
 *
 * All parties but the last wait once; the last notifies one waiter, NOTIFICATIONS times. A waiter may stop waiting because its
 * deadline passed (and then takes the Lock), or may give up without the Lock (GIVE_UP), and DEATHS of them are killed
 * anywhere. The Lock is taken in one step here: mutex.pml has it.
 *
 * A slice ends only when it is of use: where somebody sleeps on for ever without need, everything comes to rest (timeout),
 * and that is judged.
 *
 * Right:    a notification is consumed once, by somebody who waited when it was given; when all has come to rest, none is
 *           left that somebody who sleeps may have had: neither one that nobody consumed, nor one that was consumed by a
 *           waiter that had another, which nobody else may take. No wake-up is lost as long as nobody dies or gives up (who
 *           is about to sleep just then does not see that a notification was left to it: that costs a slice).
 * MISTAKE   1: NOTIFIED after the wake-up
 *           2: who takes a notification over does not put its own tag in
 *           3: takes over what was given before it waited
 *           4: who got two consumes its own cell's, though that was given later
 *           5: who got two consumes both
 *           6: who gives up does not leave its notification to others
 */
#ifndef PARTIES
#define PARTIES 3
#endif
#ifndef NOTIFICATIONS
#define NOTIFICATIONS 1
#endif
#ifndef MISTAKE
#define MISTAKE 0
#endif
#define NOTIFIER (PARTIES - 1)
#define CELLS NOTIFIER
#define FORGET own = 0; taken = NONE; oldest = NONE; i = 0; ticket = 0; woken = 0; slice_over = false
#define JUDGED
#include "kernel.pml"

#define TAG (me + 1)
#define FUTEX(cell) (cell + 1)
#define NONE 9

#define OWNER 7
#define NOTIFIED 8 /* CONDITION_NOTIFIED */

byte lock;

byte word[CELLS];  /* waiter_sh */
byte ticket_of[CELLS];
byte stamp[CELLS];
byte tickets;      /* the next */

/* For the assertions. Notifications are numbered from 1. */
byte given;                          /* how many were */
byte carries[CELLS];                 /* the notification in this cell */
bool consumed[NOTIFICATIONS + 1];
byte let_go_for[NOTIFICATIONS + 1];  /* its waiter passed it on, and consumed this one */
bool may_have[(NOTIFICATIONS + 1) * PARTIES]; /* who waited when it was given */
bool waits[PARTIES];
#define MAY_HAVE(n, party) may_have[(n) * PARTIES + (party)]

#define IS_WAITING(cell) ((word[cell] & OWNER) && !(word[cell] & NOTIFIED))
#define IS_LEFT(cell) ((word[cell] & NOTIFIED) && ((word[cell] & OWNER) == 0 || gone[(word[cell] & OWNER) - 1]))
#if MISTAKE == 3
#define FOR_ME(cell) IS_LEFT(cell)
#else
#define FOR_ME(cell) (IS_LEFT(cell) && ticket < stamp[cell])
#endif
#if PARTIES == 3
#define SOMETHING_FOR_ME (word[own] != TAG || FOR_ME(0) || FOR_ME(1))
#else
#define SOMETHING_FOR_ME (word[own] != TAG || FOR_ME(0) || FOR_ME(1) || FOR_ME(2))
#endif
#ifdef GIVE_UP
#define SLICE_ENDS SOMETHING_FOR_ME
#else
#define SLICE_ENDS (deaths > 0 && SOMETHING_FOR_ME)
#endif

#if PARTIES == 3
#define SOMEBODY_WAITS (IS_WAITING(0) || IS_WAITING(1))
#else
#define SOMEBODY_WAITS (IS_WAITING(0) || IS_WAITING(1) || IS_WAITING(2))
#endif

inline take_lock()
{
    atomic { lock == 0 || gone[lock - 1] -> lock = TAG }
}

inline consume(cell)
{
    assert(carries[cell] && !consumed[carries[cell]] && MAY_HAVE(carries[cell], me));
    consumed[carries[cell]] = true;
    carries[cell] = 0
}

/* A wake-up without a notification makes a waiter look for one that it may take over. */
inline wake_all()
{
    i = 0;
    do
    :: atomic { i < CELLS && IS_WAITING(i) -> futex_wake_one(FUTEX(i)); woken = 0; i++ }
    :: atomic { i < CELLS && !IS_WAITING(i) -> i++ }
    :: atomic { i == CELLS -> i = 0; break }
    od
}

/* give_up_cell: to 0 if it was not notified, else NOTIFIED without a tag */
inline give_up_cell(cell)
{
    if
    :: atomic { word[cell] == TAG -> word[cell] = 0 }
#if MISTAKE == 6
    :: atomic { word[cell] != TAG -> word[cell] = 0; carries[cell] = 0 }
#else
    :: atomic { word[cell] != TAG -> word[cell] = NOTIFIED }
       wake_all()
#endif
    fi
}

/* take_over, one cell: the earliest of those left over, if it came before them */
inline look_at(cell)
{
    atomic {
        if
        :: (slice_over || (word[cell] & OWNER) == 0) && FOR_ME(cell) &&
           (oldest == NONE || stamp[cell] < stamp[oldest]) -> oldest = cell
        :: else
        fi
    }
}

proctype waiter(byte me)
{
    byte own, taken = NONE, oldest = NONE, i, ticket, woken;
    bool slice_over, hasty;
    {
#ifdef GIVE_UP
        if
        :: hasty = true
        :: skip
        fi;
#endif
        take_lock();

        /* shoal__condition_enter: nobody sees what comes before the tag is there */
        atomic {
            ticket = tickets; tickets++;
            own = 0;
            do
            :: word[own] != 0 -> own++
            :: else -> break
            od;
            ticket_of[own] = ticket;
            word[own] = TAG; waits[me] = true
        }
        lock = 0;

        do
           /* shoal__condition_try */
        :: if
           :: atomic { word[own] & NOTIFIED -> break }
           :: else
           fi;
#ifdef AT_ONCE /* all cells in one step, to have fewer states */
           atomic {
               oldest = NONE;
               look_at(0); look_at(1); look_at(2)
           }
#else
           atomic { oldest = NONE; look_at(0) }
           look_at(1);
#if PARTIES > 3
           look_at(2);
#endif
#endif
           if
           :: atomic { oldest != NONE && FOR_ME(oldest) -> /* the compare-and-swap */
                taken = oldest; oldest = NONE;
#if MISTAKE != 2
                word[taken] = TAG | NOTIFIED;
#endif
                break
              }
           :: atomic { oldest != NONE && !FOR_ME(oldest) -> oldest = NONE; goto again }
           :: oldest == NONE
           fi;

           atomic {
               if
               :: word[own] == TAG -> asleep[me] = FUTEX(own)
               :: else
               fi
           }
end_asleep:
           if
           :: atomic { asleep[me] == 0 -> slice_over = false }
           :: atomic { asleep[me] != 0 && SLICE_ENDS -> asleep[me] = 0; slice_over = true }
#ifdef GIVE_UP
           :: atomic { asleep[me] != 0 && hasty -> asleep[me] = 0; goto given_up }
           :: atomic { asleep[me] != 0 && hasty -> asleep[me] = 0; break } /* the deadline */
#endif
           fi;
again:     skip
        od;

        slice_over = false;
        if
        :: take_lock()
#ifdef GIVE_UP
        :: hasty -> goto given_up
#endif
        fi;

        /* shoal__condition_leave */
        if
        :: atomic { taken == NONE ->
             if
             :: word[own] & NOTIFIED -> consume(own)
             :: else
             fi;
             word[own] = 0
           }
        :: atomic { taken != NONE && !(word[own] & NOTIFIED) ->
             word[own] = 0
           }
           atomic { consume(taken); word[taken] = 0 }
#if MISTAKE != 4
        :: atomic { taken != NONE && (word[own] & NOTIFIED) && stamp[taken] < stamp[own] ->
             let_go_for[carries[own]] = carries[taken] }
           give_up_cell(own);
           atomic { consume(taken); word[taken] = 0 }
#endif
#if MISTAKE == 4
        :: atomic { taken != NONE && (word[own] & NOTIFIED) ->
#else
        :: atomic { taken != NONE && (word[own] & NOTIFIED) && stamp[taken] >= stamp[own] ->
#endif
             let_go_for[carries[taken]] = carries[own];
             consume(own);
             word[own] = 0
           }
#if MISTAKE == 5
           atomic { carries[taken] = 0; word[taken] = 0 }
#else
           give_up_cell(taken)
#endif
        fi;
        waits[me] = false;
        lock = 0;
        goto over;

        /* shoal__condition_give_up */
given_up:
        if
        :: taken != NONE -> give_up_cell(taken)
        :: else
        fi;
        give_up_cell(own);
        waits[me] = false;

over:   LIFE_OVER
    } unless { DEATH }
}

proctype notifier(byte me)
{
    byte own, taken, oldest, i, ticket, woken;
    bool slice_over;
    {
        do
        :: given < NOTIFICATIONS && SOMEBODY_WAITS ->
           take_lock();
           /* first_waiter: the lowest ticket of those that wait; nobody looks at the stamp before the mark is there */
           atomic {
               own = 0; taken = NONE;
               do
               :: own < CELLS ->
                  if
                  :: IS_WAITING(own) && (taken == NONE || ticket_of[own] < ticket_of[taken]) -> taken = own
                  :: else
                  fi;
                  own++
               :: else -> break
               od;
               own = 0;
               if
               :: taken != NONE -> stamp[taken] = tickets
               :: else
               fi
           }
           if
           :: taken == NONE -> lock = 0
           :: taken != NONE ->
#if MISTAKE == 1
              atomic { futex_wake_one(FUTEX(taken)); woken = 0 }
#endif
              atomic {
                  if
                  :: IS_WAITING(taken) ->
                     word[taken] = word[taken] | NOTIFIED;
                     given++;
                     carries[taken] = given;
                     MAY_HAVE(given, 0) = waits[0];
                     MAY_HAVE(given, 1) = waits[1];
#if PARTIES > 3
                     MAY_HAVE(given, 2) = waits[2];
#endif
                  :: else /* it gave up just now */
                  fi
              }
              lock = 0;
#if MISTAKE != 1
              atomic { futex_wake_one(FUTEX(taken)); woken = 0 } /* when the Lock is free (lock.c, `deferred`) */
#endif
              taken = NONE
           fi
        :: break
        od;
        LIFE_OVER
    } unless { DEATH }
}

#define SLEEPS(party) (waits[party] && !killed[party])
#define LOST(n, party) \
    (n <= given && !consumed[n] && SLEEPS(party) && (MAY_HAVE(n, party) || \
        (let_go_for[n] && MAY_HAVE(let_go_for[n], party))))

active proctype judge()
{
    timeout ->
    assert(!LOST(1, 0) && !LOST(1, 1));
#if PARTIES > 3
    assert(!LOST(1, 2));
#endif
#if NOTIFICATIONS > 1
    assert(!LOST(2, 0) && !LOST(2, 1));
#endif
#if NOTIFICATIONS > 1 && PARTIES > 3
    assert(!LOST(2, 2));
#endif
    skip
}

init
{
    atomic {
        run waiter(0); run waiter(1);
#if PARTIES > 3
        run waiter(2);
#endif
        run notifier(NOTIFIER)
    }
}
