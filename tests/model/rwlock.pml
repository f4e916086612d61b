/*
 * The readers-writer lock: core/sync/rwlock.c; docs/recovery.md, "RWLock".
 *
 * READERS of the PARTIES read, the others write (and may go over to reading), ROUNDS times each. Any of them may give up
 * waiting at any time, and DEATHS of them are killed anywhere. A peer has one thread here.
 *
 * Right:    a writer is alone, or it is dead; whoever comes after a writer that died writing is told before it sees what is
 *           half-written; all who live come to their end. With slices that end only after a death (the default) also: no
 *           wake-up is lost as long as nobody dies, even if the grace ends early (GRACE_ENDS).
 * MISTAKE   1: a reader looks at the word before it counts itself
 *           2: a writer that goes over to reading gives the word back before it counts itself
 *           3: a reader that sees a writer does not tell `drain` that it took itself out again
 *           4: sweeps a reader without asking whether it is dead
 *           5: a dead writer's word becomes a free one without NEEDREC
 *           6: a reader does not look at the word again after it set `readers_wait`
 *           7: sleeps without a slice
 *           8: a writer that wakes goes on as if its word were still its own
 *           9: takes the word from a writer that does not say IDLE
 */
#ifndef PARTIES
#define PARTIES 3
#endif
#ifndef READERS
#define READERS 2
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifndef MISTAKE
#define MISTAKE 0
#endif
#if MISTAKE == 7
#define NO_SLICES
#endif
#ifdef GRACE_ENDS
#define GRACE_TIME_IS_UP true
#else
#define GRACE_TIME_IS_UP SLICES
#endif
#define FORGET i = 0; woken = 0; mark = 0; seen = 0; rounds = 0; phase = 0; \
    slice_over = false; recovered = false; found = false
#include "kernel.pml"

#define TAG (me + 1)
#define ALL 2

#define WORD 1 /* the futexes */
#define GATE 2
#define DRAIN 3

#define OWNER 7    /* MUTEX_OWNER: slot and incarnation */
#define NEEDREC 8  /* MUTEX_NEEDREC */
#define GRACE 16   /* MUTEX_GRACE */
#define WAITERS 32 /* MUTEX_WAITERS */
#define IDLE 64    /* MUTEX_IDLE */

#define READS 1    /* RWLOCK_COUNT */
#define WAITING 2  /* RWLOCK_WAITING */

#define FRESH 0
#define LETTING_IN 1
#define LETTING_OUT 2

byte word;
bool readers_wait;
byte cell[PARTIES];

byte writer;           /* for the assertions: who writes, who reads */
bool reads[PARTIES];
bool whole = true;     /* what it guards */

#define NO_READER \
    ((!reads[0] || gone[0]) && (!reads[1] || gone[1]) && (PARTIES < 3 || !reads[PARTIES - 1] || gone[PARTIES - 1]))
#define NO_WRITER (writer == 0 || gone[writer - 1])
#define KEEPS_OUT ((word & OWNER) && !(word & GRACE))

/* ---- Readers ---- */

inline now_reading()
{
    assert(NO_WRITER);
    assert(recovered || whole);
    reads[me] = true
}

/* knock, and shoal__rwlock_enter. `found`: it may go in */
inline enter()
{
#if MISTAKE == 1
    atomic { found = !KEEPS_OUT; recovered = (word & NEEDREC) != 0; seen = word }
    cell[me] = READS;
    if
    :: atomic { found -> now_reading() }
    :: else
    fi;
#else
    if
    :: atomic { KEEPS_OUT -> cell[me] = WAITING; found = false; goto out } /* knock: who waits looks first */
    :: else
    fi;
    cell[me] = READS; /* change_cell */
    atomic {
        found = !KEEPS_OUT; recovered = (word & NEEDREC) != 0; seen = word;
        if
        :: found -> now_reading()
        :: else
        fi
    }
#endif
    if
    :: atomic { found && !(seen & OWNER) -> seen = 0 }
    :: atomic { found && (seen & OWNER) -> seen = 0 }
       notify(DRAIN, 1)
    :: atomic { !found -> seen = 0; cell[me] = WAITING }
#if MISTAKE != 3
       notify(DRAIN, 1)
#endif
    fi
}

/* let_go and open_gate: the writer's side of the word, then the readers' */
inline write_unlock(value)
{
    atomic { assert((word & OWNER) == TAG); seen = word; word = value }
    wake_after(seen)
}

inline wake_after(before)
{
    if
    :: atomic { !(before & WAITERS) -> before = 0 }
    :: before & WAITERS ->
       futex_wake_one(WORD);
       atomic { woken = 0; before = 0 }
    fi;
    if
    :: !readers_wait
    :: readers_wait -> notify(GATE, ALL)
    fi
}

/* A dead writer's word becomes a free one that tells of it. `found`: it did. */
inline set_aside()
{
    atomic {
        found = (word & OWNER) && gone[(word & OWNER) - 1];
        if
        :: found ->
           seen = word;
#if MISTAKE == 5
           word = word & WAITERS
#else
           word = NEEDREC | (word & WAITERS)
#endif
        :: else
        fi
    }
    if
    :: found -> wake_after(seen)
    :: else
    fi
}

/* A writer that sleeps until readers have left is taken for stopped: at any time, if STOPS. `found`: its word is free. */
inline set_idle_aside()
{
    atomic {
#if MISTAKE == 9
        found = (word & OWNER) != 0;
#else
        found = (word & OWNER) && (word & IDLE);
#endif
        if
        :: found -> seen = word; word = word & (NEEDREC | WAITERS)
        :: else
        fi
    }
    if
    :: found -> wake_after(seen)
    :: else
    fi
}

/* ---- The writer ---- */

/* Awake: the word back, or `found` is false and another has it. */
inline take_back()
{
    atomic {
#if MISTAKE == 8
        found = true;
#else
        found = (word & OWNER) == TAG && (word & IDLE);
#endif
        if
        :: found -> word = word & ~IDLE; recovered = (word & NEEDREC) != 0
        :: else -> phase = 0; recovered = false; mark = 0; slice_over = false
        fi
    }
}

inline any_cell(what)
{
    atomic { i = 0; found = false }
    do
    :: atomic { i < PARTIES && !found -> found = (cell[i] & what) != 0; i++ }
    :: atomic { i == PARTIES || found -> i = 0; break }
    od
}

/* Free the cells of the dead that have `what`; of the others take `mark_` away. */
inline sweep(what, mark_)
{
    i = 0;
    do
    :: atomic { i < PARTIES ->
        if
#if MISTAKE == 4
        :: (cell[i] & what) -> cell[i] = 0
#else
        :: (cell[i] & what) && gone[i] -> cell[i] = 0
#endif
        :: (cell[i] & what) && !gone[i] -> cell[i] = cell[i] & ~mark_
        :: else
        fi;
        i++
       }
    :: atomic { i == PARTIES -> i = 0; break }
    od
}

inline take_word(new)
{
    recovered = (word & NEEDREC) || (word & OWNER);
    word = new;
    mark = 0; seen = 0; slice_over = false;
    goto have_word
}

proctype party(byte me)
{
    byte i, woken, mark, seen, rounds, phase;
    bool slice_over, recovered, found;
    {
        do
        :: atomic { rounds < ROUNDS -> rounds++ }
           if
           :: me < READERS
           :: else -> goto write
           fi;

           /* shoal__rwlock_read_try */
           do
           :: prepare(GATE);
              enter();
out:          if
              :: atomic { found -> found = false; slice_over = false; goto reading }
              :: else
              fi;
              readers_wait = true;
              if
              :: slice_over ->
                 set_aside();
                 if
                 :: found -> goto again
                 :: else
                 fi
              :: else
              fi;
#ifdef STOPS
              if
              :: set_idle_aside();
                 if
                 :: found -> goto again
                 :: else
                 fi
              :: skip
              fi;
#endif
#if MISTAKE != 6
              if
              :: KEEPS_OUT /* else it left before it could see that we wait */
              :: else -> goto again
              fi;
#endif
              sleep_prepared(GATE, SLICES);
again:        atomic { found = false; recovered = false }
              if
              :: skip
#ifndef PATIENT
              :: atomic { cell[me] = 0; slice_over = false } /* shoal__rwlock_read_cancel */
                 notify(DRAIN, 1);
                 goto next
#endif
              fi
           od;

reading:   atomic { assert(NO_WRITER && (recovered || whole)); recovered = false; reads[me] = false }
           cell[me] = cell[me] & WAITING; /* shoal__rwlock_leave */
           notify(DRAIN, 1);
           goto next;

           /* The word first: shoal__mutex_step, as in mutex.pml. */
write:     do
           :: atomic {
                if
                :: !(word & OWNER) -> take_word(TAG | mark | (word & (NEEDREC | WAITERS)))
                :: else -> word = word | WAITERS; seen = word
                fi
              }
              futex_wait(WORD, word, seen);
              atomic {
                mark = WAITERS; seen = 0;
                if
                :: slice_over && (word & OWNER) && gone[(word & OWNER) - 1] -> take_word(TAG | NEEDREC | WAITERS)
                :: else -> slice_over = false
                fi
              }
#ifdef STOPS
              if
              :: set_idle_aside();
                 found = false
              :: skip
              fi;
#endif
              if
              :: skip
#ifndef PATIENT
              :: atomic { word & OWNER -> mark = 0; word = word | WAITERS; goto next } /* shoal__mutex_stop */
              :: atomic { !(word & OWNER) -> mark = 0 }
                 futex_wake_one(WORD);
                 woken = 0;
                 goto next
#endif
              fi
           od;

           /* Then the readers: shoal__rwlock_drain_try. */
have_word: if
           :: phase = LETTING_OUT /* nobody waits to read; or try_once, which does not care */
           :: readers_wait ->
              phase = LETTING_IN;
              word = word | GRACE; /* begin_grace */
              notify(GATE, ALL)
           fi;
           do
           :: prepare(DRAIN);
              if
              :: phase == LETTING_IN -> /* grace_is_over */
                 readers_wait = false;
                 any_cell(WAITING);
                 if
                 :: !found
                 :: found && GRACE_TIME_IS_UP -> sweep(WAITING, WAITING)
                 :: found ->
                    readers_wait = true;
                    if
                    :: slice_over -> sweep(WAITING, 0)
                    :: else
                    fi;
                    goto sleep
                 fi;
                 word = word & ~GRACE;
                 phase = LETTING_OUT
              :: phase == LETTING_OUT
              fi;
              if
              :: slice_over -> sweep(READS, 0)
              :: else
              fi;
              any_cell(READS);
              if
              :: atomic { !found -> phase = 0; slice_over = false; goto writing }
              :: else
              fi;
sleep:        atomic { found = false; word = word | IDLE }
              sleep_prepared(DRAIN, SLICES || (phase == LETTING_IN && GRACE_TIME_IS_UP));
              take_back();
              if
              :: atomic { found -> found = false }
              :: atomic { !found -> goto write }
              fi;
              if
              :: skip
#ifndef PATIENT
              :: if /* shoal__rwlock_drain_stop: those who waited have had their turn */
                 :: phase == LETTING_IN -> sweep(WAITING, WAITING)
                 :: else
                 fi;
                 atomic { phase = 0; slice_over = false } /* write_give_up */
                 if
                 :: recovered -> write_unlock(NEEDREC)
                 :: !recovered -> write_unlock(0)
                 fi;
                 recovered = false;
                 goto next
#endif
              fi
           od;

writing:   atomic {
               assert(NO_WRITER && NO_READER && (recovered || whole));
               writer = TAG; recovered = false; whole = false
           }
           atomic { assert(NO_READER && writer == TAG); whole = true; writer = 0 }
           if
           :: write_unlock(0)
#if MISTAKE == 2
           :: reads[me] = true;
              write_unlock(0);
              cell[me] = READS;
              goto reading
#else
           :: atomic { cell[me] = READS; reads[me] = true } /* shoal__rwlock_downgrade */
              write_unlock(0);
              goto reading
#endif
           fi;
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
