/*
 * The barrier: core/sync/barrier.c, and the attempts of core/objects/barrier.c; docs/recovery.md, "Barrier".
 *
 * PARTIES processes meet, NEEDED at a time, up to ROUNDS times each. Whoever is told that the barrier is broken resets it and
 * goes on, or leaves. With RESETS the last process does nothing but reset it, at any time; with GIVE_UP any waiter may give
 * up, which breaks it. DEATHS of them are killed anywhere. The mutex is taken in one step here: mutex.pml has it.
 *
 * A slice ends only when it is of use: where somebody sleeps on for ever without need, everything comes to rest (timeout),
 * and that is judged.
 *
 * Right:    a generation is passed once, by NEEDED that arrived in it, each with an index of its own; who arrived is told that
 *           it passed exactly if it did; when all has come to rest nobody waits for the dead whose arrival is known, for what has
 *           happened already, or for a cell that is free. No wake-up is lost as long as nobody dies.
 * MISTAKE   1: a reset ends the generation before it marks those who wait
 *           2: a reset tells those who have passed, and have not seen it yet, that they failed
 *           3: does not look for the dead at the end of a slice
 *           4: whoever takes the mutex of the dead leaves a reset half-done
 *           5: arrives in the cell of a party that is still on its way out
 *           6: wakes before it counts up the generation
 *           7: counts those who still are on their way out as arrived
 */
#ifndef PARTIES
#define PARTIES 3
#endif
#ifndef NEEDED
#define NEEDED 2
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifndef MISTAKE
#define MISTAKE 0
#endif
#define FORGET seen = 0; now = 0; cell = 0; index = 0; i = 0; woken = 0; rounds = 0; slice_over = false; \
    last = false; recovered = false; passed_ = false
#define JUDGED
#include "kernel.pml"

#define TAG (me + 1)
#define WORD 1 /* the futexes */
#define LEFT 2
#define ALL 2

#define OWNER 7
#define WAITING 8 /* PARTY_WAITING, and so on */
#define FAILED 16
#define PASSED 32
#define PARITY 64
#define BROKEN 128 /* BARRIER_BROKEN; the rest of `word` is the generation */

#define PARITY_OF(generation) (((generation) & 1) * PARITY)
#define DEAD(cell) (((cell) & OWNER) && gone[((cell) & OWNER) - 1])
#if MISTAKE == 7
#define HAS_ARRIVED(cell, generation) (((cell) & WAITING) && !((cell) & (FAILED | PASSED)))
#else
#define HAS_ARRIVED(cell, generation) \
    (((cell) & WAITING) && !((cell) & (FAILED | PASSED)) && ((cell) & PARITY) == PARITY_OF(generation))
#endif

#if NEEDED > 2
#define ARRIVED (HAS_ARRIVED(party_in[0], word) + HAS_ARRIVED(party_in[1], word) + HAS_ARRIVED(party_in[2], word))
#else
#define ARRIVED (HAS_ARRIVED(party_in[0], word) + HAS_ARRIVED(party_in[1], word))
#endif

byte mutex;
byte word;
bool resetting;
byte party_in[NEEDED]; /* barrier_sh.cell */

#define GENERATIONS 8
byte arrived_in[GENERATIONS]; /* for the assertions: how many, with which indices, was it passed */
byte indices[GENERATIONS];
bool passed[GENERATIONS];
byte waits_for[PARTIES];     /* 1 + the generation it waits in; 100: for a cell */
byte sits_in[PARTIES];

/* ---- Under the mutex ---- */

inline wake_waiting()
{
    atomic { futex_wake_all(WORD); woken = 0 }
    notify(LEFT, ALL)
}

inline mark(n)
{
    atomic { /* reset_cell */
        if
        :: !(party_in[n] & WAITING) || DEAD(party_in[n]) -> party_in[n] = 0
        :: else ->
           if
           :: party_in[n] & (FAILED | PASSED)
           :: else ->
              if
              :: HAS_ARRIVED(party_in[n], word & ~BROKEN) -> party_in[n] = party_in[n] | FAILED
#if MISTAKE == 2
              :: else -> party_in[n] = party_in[n] | FAILED
#else
              :: else -> party_in[n] = party_in[n] | PASSED
#endif
              fi
           fi
        fi
    }
}

inline mark_all()
{
    mark(0);
    mark(1);
#if NEEDED > 2
    mark(2)
#endif
}

inline reset_locked()
{
    resetting = true;
#if MISTAKE == 1
    atomic { now = word & ~BROKEN; word = (now + 1) & (GENERATIONS - 1) }
    mark_all();
#else
    mark_all();
    atomic { now = word & ~BROKEN; word = (now + 1) & (GENERATIONS - 1) }
#endif
    atomic { now = 0; resetting = false }
    wake_waiting()
}

inline take_mutex()
{
    atomic { mutex == 0 || gone[mutex - 1] -> recovered = (mutex != 0); mutex = TAG }
#if MISTAKE != 4
    if
    :: atomic { recovered && resetting -> recovered = false }
       reset_locked()
    :: atomic { !(recovered && resetting) -> recovered = false }
    fi
#endif
}

/* ---- Leaving, breaking ---- */

inline leave()
{
    atomic {
        if
        :: party_in[cell] & (FAILED | PASSED) -> party_in[cell] = 0 /* it was reset: nobody is a party */
        :: else -> party_in[cell] = party_in[cell] & ~WAITING
        fi;
        waits_for[me] = 0
    }
    notify(LEFT, ALL)
}

/* find_dead: `i`: there is one. Cells of the dead that were told of a reset are freed on the way. */
inline look_at(n)
{
    if
    :: DEAD(party_in[n]) && !(party_in[n] & (FAILED | PASSED)) -> i = 1
    :: DEAD(party_in[n]) && (party_in[n] & (FAILED | PASSED)) -> party_in[n] = 0
    :: else
    fi
}

inline find_dead()
{
    atomic {
        i = 0;
        look_at(0);
        look_at(1);
#if NEEDED > 2
        look_at(2);
#endif
    }
    notify(LEFT, ALL)
}

inline break_it(generation)
{
    take_mutex();
    if
    :: word == generation ->
       word = generation | BROKEN;
       wake_waiting()
    :: else
    fi;
    mutex = 0
}

inline reset()
{
    take_mutex();
    reset_locked();
    mutex = 0
}

/* ---- Arriving ---- */

#define RANK(n) (((party_in[n] & OWNER) == TAG) * 2 + (party_in[n] == 0))
#if MISTAKE == 5
#define MAY_SIT_IN(n) (!HAS_ARRIVED(party_in[n], word & ~BROKEN))
#else
#define MAY_SIT_IN(n) (!(party_in[n] & WAITING))
#endif

inline try_seat(n)
{
    if
    :: MAY_SIT_IN(n) && (cell == NEEDED || RANK(n) > RANK(cell)) -> cell = n
    :: else
    fi
}

inline arrive()
{
    take_mutex();
    atomic { /* arrive_locked; `passed_`: it has arrived */
        cell = NEEDED; passed_ = false;
        try_seat(0);
        try_seat(1);
#if NEEDED > 2
        try_seat(2);
#endif
        if
        :: (word & BROKEN) || cell == NEEDED -> seen = word
        :: else ->
           seen = word;
           index = ARRIVED;
           last = (index + 1 == NEEDED);
           party_in[cell] = TAG | WAITING | PARITY_OF(word);
           passed_ = true;
           waits_for[me] = 1 + seen;
           sits_in[me] = cell;
           assert(!(indices[seen] & (1 << index)));
           indices[seen] = indices[seen] | (1 << index);
           arrived_in[seen]++
        fi
    }
    mutex = 0
}

#define ANY_DEAD (DEAD(party_in[0]) || DEAD(party_in[1]) || DEAD(party_in[NEEDED - 1]))
#define A_SEAT (!(party_in[0] & WAITING) || !(party_in[1] & WAITING) || !(party_in[NEEDED - 1] & WAITING))

proctype party(byte me)
{
    byte seen, now, cell, index, i, woken, rounds;
    bool slice_over, last, recovered, passed_;
    {
#ifdef RESETS
        if
        :: me == PARTIES - 1 -> reset(); goto over
        :: else
        fi;
#endif
again:  do
        :: rounds == ROUNDS -> break
        :: atomic { rounds < ROUNDS -> rounds++; slice_over = false }
           /* Until there is a cell: shoal__barrier_arrive_try */
           do
           :: prepare(LEFT);
              arrive();
              if
              :: atomic { passed_ -> passed_ = false; prepared[me] = 0; slice_over = false; break }
              :: atomic { !passed_ && (seen & BROKEN) -> prepared[me] = 0; goto is_broken }
              :: !passed_ && !(seen & BROKEN)
              fi;
#if MISTAKE != 3
              if
              :: slice_over ->
                 find_dead();
                 if
                 :: i -> atomic { i = 0; slice_over = false }
                    break_it(seen);
                    goto retry
                 :: else
                 fi
              :: else
              fi;
#endif
              atomic {
                  if
                  :: prepared[me] == LEFT -> asleep[me] = LEFT; prepared[me] = 0; waits_for[me] = 100
                  :: else
                  fi
              }
end_1:        if
              :: atomic { asleep[me] == 0 -> slice_over = false; waits_for[me] = 0 }
              :: atomic { asleep[me] != 0 && deaths > 0 && (ANY_DEAD || A_SEAT || (word & BROKEN)) ->
                   asleep[me] = 0; slice_over = true; waits_for[me] = 0 }
              fi;
retry:        seen = 0
           od;

           if
           :: last ->
              find_dead();
              if
              :: i -> atomic { i = 0; last = false }
                 break_it(seen);
                 leave();
                 assert(!passed[seen]);
                 goto is_broken
              :: else
              fi;
              /* shoal__barrier_pass */
              last = false;
              take_mutex();
#if MISTAKE == 6
              atomic { futex_wake_all(WORD); woken = 0 }
#endif
              atomic {
                  passed_ = (word == seen);
                  if
                  :: passed_ ->
                     word = (seen + 1) & (GENERATIONS - 1);
                     assert(!passed[seen] && arrived_in[seen] == NEEDED);
                     passed[seen] = true;
                     /* the numbers come round */
                     passed[(seen + 4) & (GENERATIONS - 1)] = false;
                     indices[(seen + 4) & (GENERATIONS - 1)] = 0;
                     arrived_in[(seen + 4) & (GENERATIONS - 1)] = 0
                  :: else
                  fi
              }
              mutex = 0;
#if MISTAKE != 6
              if
              :: passed_ -> atomic { futex_wake_all(WORD); woken = 0 }
              :: else
              fi;
#endif
              leave();
              if
              :: atomic { passed_ -> passed_ = false; goto again }
              :: atomic { !passed_ -> assert(!passed[seen]); goto is_broken }
              fi
           :: else
           fi;

           /* shoal__barrier_wait_try, until there is news */
           do
           :: atomic {
                now = word;
                if
                :: now == seen && word == seen
                :: else -> break
                fi
              }
              atomic {
                  if
                  :: word == seen -> asleep[me] = WORD
                  :: else
                  fi
              }
end_2:        if
              :: atomic { asleep[me] == 0 -> slice_over = false }
              :: atomic { asleep[me] != 0 && deaths > 0 && (ANY_DEAD || word != seen || (party_in[cell] & FAILED)) ->
                   asleep[me] = 0; slice_over = true }
#ifdef GIVE_UP
              :: atomic { asleep[me] != 0 -> asleep[me] = 0 }
                 break_it(seen) /* and that is seen like anybody else's */
#endif
              fi;
#if MISTAKE != 3
              if
              :: atomic { slice_over -> slice_over = false }
                 if
                 :: word == seen && (party_in[cell] & FAILED) -> /* end_half_reset */
                    take_mutex();
                    mutex = 0
                 :: else
                 fi;
                 find_dead();
                 if
                 :: atomic { i -> i = 0 }
                    break_it(seen)
                 :: else
                 fi
              :: else
              fi
#endif
           od;
           atomic {
               passed_ = !(party_in[cell] & FAILED) && (now & ~BROKEN) != seen;
               now = 0;
               assert(passed_ == passed[seen])
           }
           leave();
           if
           :: atomic { passed_ -> passed_ = false; seen = 0; goto again }
           :: !passed_
           fi;
is_broken: atomic { passed_ = false; seen = 0; slice_over = false }
           if
           :: reset()
           :: break
           fi
        od;

        /* shoal__barrier_quit */
over:   atomic {
            cell = 0;
            do
            :: cell < NEEDED && (party_in[cell] & OWNER) == TAG && !(party_in[cell] & WAITING) ->
               party_in[cell] = 0; cell++
            :: cell < NEEDED && !((party_in[cell] & OWNER) == TAG && !(party_in[cell] & WAITING)) -> cell++
            :: cell == NEEDED -> break
            od;
            cell = 0
        }
        LIFE_OVER
    } unless { DEATH }
}

#define WAITS(p) (waits_for[p] && !killed[p])
#define WAITS_FOR_A_CELL(p) (waits_for[p] == 100 && !A_SEAT && !(word & BROKEN))
#define WAITS_FOR_OTHERS(p) \
    (waits_for[p] < 100 && word == waits_for[p] - 1 && !(party_in[sits_in[p]] & FAILED))
#define AT_REST(p) (!WAITS(p) || WAITS_FOR_A_CELL(p) || WAITS_FOR_OTHERS(p))

active proctype judge()
{
    timeout ->
    assert(AT_REST(0));
    assert(AT_REST(1));
    assert(AT_REST(PARTIES - 1));
    assert(!ANY_DEAD || (!WAITS(0) && !WAITS(1) && !WAITS(PARTIES - 1)));
    assert(ARRIVED < NEEDED || ANY_DEAD)
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
