/*
 * The frames of a Channel: core/store/frames.c; docs/recovery.md, "Channel".
 *
 * The last WRITERS parties write ROUNDS frames each: begin takes a slot, publish gives its frame a number. The others read
 * LOOKS frames each, the newest or (HISTORY=2) the one before: they pin it, look at it for a while, and let it go, with
 * KEEPS only once they have pinned the next. With DROPS a writer may drop its frame. DEATHS of them are killed
 * anywhere. The lock, which writers hold while they begin and while they publish, is taken in one step here (mutex.pml).
 *
 * Right:    while a reader has pinned a frame its slot has this frame, whole, and nobody writes there. Without deaths every
 *           frame that is in a slot can be pinned when all has come to rest. A writer gets a slot in the end, and a reader
 *           its frame, whoever died (progress).
 * MISTAKE   1: begin looks at the cells before it makes the slot unreadable
 *           2: pin does not look at the number after it has set its bit
 *           3: begin may take the slot of the newest frame
 *           4: begin leaves a slot unreadable that turns out to be pinned
 *           5: begin takes pins away without asking whether their reader is dead
 *           6: begin does not take the pins of the dead
 *           7: begin leaves the slots of dead writers alone
 *           8: publish names the frame as the newest before its slot has the number
 *           9: publish names the frame as the newest before it says in which slot it is
 *          10: publish says where the frame is in the place of the newest: after a death in between nobody finds that one
 *          11: unpins before it has finished looking
 *          12: begin takes a slot of a living writer
 *          13: a reader makes its cell known, without which begin does not look at it, once it has the frame
 */
#ifndef PARTIES
#define PARTIES 3
#endif
#ifndef WRITERS
#define WRITERS 2
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifndef LOOKS
#define LOOKS 2
#endif
#ifndef SLOTS
#define SLOTS 3
#endif
#ifndef HISTORY
#define HISTORY 1
#endif
#ifndef MISTAKE
#define MISTAKE 0
#endif
#define JUDGED
#define FORGET best = NONE; least = 0; busy = 0; i = 0; want = 0; slot = NONE; kept = NONE; rounds = 0
#include "kernel.pml"

#define TAG (me + 1)
#define NONE 15
#define READERS (PARTIES - WRITERS)
#define BIT(slot) (1 << (slot))
#if MISTAKE == 10
#define PLACE(number) ((number) % HISTORY)
#define PLACES HISTORY
#else
#define PLACE(number) ((number) % (HISTORY + 1)) /* the newest keeps its place until another is the newest */
#define PLACES (HISTORY + 1)
#endif

byte lock;
byte newest;          /* number of the newest frame: decides */
byte where[PLACES];   /* the slot of frame n */
byte owner[SLOTS];    /* who writes there */
byte number[SLOTS];   /* of the frame in it that can be pinned; 0: none */
byte cell[PARTIES];   /* bits of the slots that this party has pinned */
bool known[PARTIES];  /* its cell was ever used (channel_sh.lines, rows) */

byte has[SLOTS];      /* for the assertions: the published frame of which all bytes are in this slot */

#define IS_PINNED_BY(slot, party) ((cell[party] & BIT(slot)) && !gone[party])
#if PARTIES == 2
#define IS_PINNED(slot) (IS_PINNED_BY(slot, 0) || IS_PINNED_BY(slot, 1))
#else
#define IS_PINNED(slot) (IS_PINNED_BY(slot, 0) || IS_PINNED_BY(slot, 1) || IS_PINNED_BY(slot, 2))
#endif
#define IS_FREE(slot) ((newest == 0 || where[PLACE(newest)] != slot) && (owner[slot] == 0 || gone[owner[slot] - 1]) && !IS_PINNED(slot))
#if SLOTS == 2
#define SOME_SLOT_IS_FREE (IS_FREE(0) || IS_FREE(1))
#elif SLOTS == 3
#define SOME_SLOT_IS_FREE (IS_FREE(0) || IS_FREE(1) || IS_FREE(2))
#else
#define SOME_SLOT_IS_FREE (IS_FREE(0) || IS_FREE(1) || IS_FREE(2) || IS_FREE(3))
#endif

/* lock, mend */
inline take_lock()
{
    atomic { lock == 0 || gone[lock - 1] -> recovered = (lock != 0); lock = TAG }
    if
    :: recovered ->
       /* numbers that were given, and never published */
       i = 0;
       do
       :: atomic { i < SLOTS && number[i] > newest -> number[i] = 0; i++ }
       :: atomic { i < SLOTS && number[i] <= newest -> i++ }
       :: atomic { i == SLOTS -> i = 0; recovered = false; break }
       od
    :: else
    fi
}

/* newest_slot, filled: with `ask` the slots of dead writers are free again */
inline find_busy()
{
    atomic {
        busy = 0; i = 0;
#if MISTAKE != 3
        if
        :: newest > 0 -> busy = BIT(where[PLACE(newest)])
        :: else
        fi
#endif
    }
    do
#if MISTAKE == 12
    :: atomic { i < SLOTS -> i++ }
#else
    :: atomic { i < SLOTS && owner[i] == 0 -> i++ }
#if MISTAKE == 7
    :: atomic { i < SLOTS && owner[i] != 0 -> busy = busy | BIT(i); i++ }
#else
    :: atomic { i < SLOTS && owner[i] != 0 && ask && gone[owner[i] - 1] -> owner[i] = 0; i++ }
    :: atomic { i < SLOTS && owner[i] != 0 && !(ask && gone[owner[i] - 1]) -> busy = busy | BIT(i); i++ }
#endif
#endif
    :: atomic { i == SLOTS -> i = 0; break }
    od
}

/* oldest: numbers and owners change under the lock only (but an owner that drops its frame) */
inline choose()
{
    d_step {
        best = NONE; i = 0;
        do
        :: i < SLOTS ->
           if
           :: !(busy & BIT(i)) && (best == NONE || number[i] < least) -> best = i; least = number[i]
           :: else
           fi;
           i++
        :: else -> break
        od;
        i = 0
    }
}

/* pinned: by whom? With `ask` the pins of the dead are taken out, by compare-and-swap. */
#define HAS_PINNED(party) (known[party] && (cell[party] & BIT(best)))
inline look_at_cells()
{
    i = 0; is_pinned = false;
    do
    :: atomic { i < PARTIES && !HAS_PINNED(i) -> i++ }
#if MISTAKE == 5
    :: atomic { i < PARTIES && HAS_PINNED(i) -> cell[i] = 0; i++ }
#elif MISTAKE == 6
    :: atomic { i < PARTIES && HAS_PINNED(i) -> is_pinned = true; i++ }
#else
    :: atomic { i < PARTIES && HAS_PINNED(i) && ask && gone[i] -> cell[i] = 0; i++ }
    :: atomic { i < PARTIES && HAS_PINNED(i) && !(ask && gone[i]) -> is_pinned = true; i++ }
#endif
    :: atomic { i == PARTIES -> i = 0; break }
    od
}

proctype writer(byte me)
{
    byte best = NONE, least, busy, i, want, slot, kept, rounds;
    bool recovered, is_pinned, ask;
    {
        do
        :: rounds < ROUNDS ->
           /* shoal__frames_begin */
again:     take_lock();
           ask = false;
looking:   find_busy();
           do
           :: choose();
              if
              :: atomic { best == NONE && !ask -> ask = true; goto looking } /* the dead are looked for only now */
              :: best == NONE && ask ->
                 lock = 0;
                 SOME_SLOT_IS_FREE; /* SHOAL_EFULL: here it tries again when there may be one */
                 goto again
              :: best != NONE
              fi;
              /* take */
              owner[best] = TAG;
#if MISTAKE == 1
              look_at_cells();
              number[best] = 0;
#else
              number[best] = 0; /* from here on nobody pins it; those who have, are seen */
              look_at_cells();
#endif
              if
              :: !is_pinned -> break
              :: is_pinned
              fi;
#if MISTAKE != 4
              number[best] = least; /* as it was */
#endif
              atomic { owner[best] = 0; busy = busy | BIT(best) }
           od;
           atomic { lock = 0; is_pinned = false; busy = 0; ask = false }

           /* it fills the frame */
           has[best] = 0;

#ifdef DROPS
           /* shoal__frames_drop, without the lock */
           if
           :: atomic { owner[best] = 0; rounds++; best = NONE; goto progress_written }
           :: skip
           fi;
#endif

           /* shoal__frames_publish */
           take_lock();
           least = newest + 1;
#if MISTAKE == 8
           where[PLACE(least)] = best;
           newest = least;
           atomic { number[best] = least; has[best] = least }
#elif MISTAKE == 9
           atomic { number[best] = least; has[best] = least }
           newest = least;
           where[PLACE(least)] = best;
#else
           atomic { number[best] = least; has[best] = least }
           where[PLACE(least)] = best;
           newest = least;
#endif
           owner[best] = 0;
           atomic { lock = 0; rounds++; best = NONE; least = 0 }
progress_written: skip
        :: rounds == ROUNDS -> break
        od;
        LIFE_OVER
    } unless { DEATH }
}

/* shoal__frames_unpin */
inline let_go(which)
{
    atomic {
        if
        :: which != NONE -> cell[me] = cell[me] & ~BIT(which); which = NONE
        :: else
        fi
    }
}

proctype reader(byte me)
{
    byte best, least, busy, i, want, slot = NONE, kept = NONE, rounds, kept_frame;
    bool recovered;
    {
        do
        :: rounds < LOOKS ->
           /* shoal__frames_choose: the newest, or the one before */
again:     if
           :: atomic { newest == 0 -> goto over }
           :: atomic { newest > 0 -> want = newest }
#if HISTORY > 1
           :: atomic { newest > 1 -> want = newest - 1 }
#endif
           fi;
           slot = where[PLACE(want)];
           /* shoal__frames_pin */
#if MISTAKE != 13
           known[me] = true;
#endif
#if MISTAKE == 2
           if
           :: number[slot] == want
           :: atomic { number[slot] != want -> slot = NONE; want = 0; goto again }
           fi;
           cell[me] = cell[me] | BIT(slot);
#else
           cell[me] = cell[me] | BIT(slot);
           if
           :: number[slot] == want
           :: atomic { number[slot] != want ->
                if
                :: slot != kept -> cell[me] = cell[me] & ~BIT(slot)
                :: else
                fi;
                slot = NONE; want = 0; goto again } /* another is the newest by now, or a writer looks whether it is pinned */
           fi;
#endif
#if MISTAKE == 13
           known[me] = true;
#endif
           assert(has[slot] == want);
           if
           :: kept != NONE -> assert(has[kept] == kept_frame)
           :: else
           fi;
#ifdef KEEPS
           if
           :: kept != slot -> let_go(kept)
           :: else
           fi;
           atomic { kept = slot; kept_frame = want; slot = NONE; rounds++; want = 0 }
#elif MISTAKE == 11
           kept = slot;
           let_go(slot);
           assert(has[kept] == want);
           atomic { kept = NONE; rounds++; want = 0 }
#else
           assert(has[slot] == want);
           let_go(slot);
           atomic { rounds++; want = 0 }
#endif
progress_read: skip
        :: rounds == LOOKS -> break
        od;
over:   if
        :: kept != NONE -> assert(has[kept] == kept_frame)
        :: else
        fi;
        let_go(kept);
        LIFE_OVER
    } unless { DEATH }
}

/* A published frame is there, and cannot be pinned. (One that a dead writer had made unreadable is gone.) */
#define IS_LOST(slot) (deaths == 0 && has[slot] > 0 && has[slot] <= newest && owner[slot] == 0 && number[slot] != has[slot])

active proctype judge()
{
    timeout ->
    assert(!IS_LOST(0) && !IS_LOST(1));
#if SLOTS > 2
    assert(!IS_LOST(2));
#endif
    skip
}

init
{
    byte n;
    atomic {
        do
        :: n < READERS -> run reader(n); n++
        :: n >= READERS && n < PARTIES -> run writer(n); n++
        :: n == PARTIES -> break
        od;
        n = 0
    }
}
