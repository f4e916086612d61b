/*
 * The wake-ups of a Queue, one on its way at a time: core/sync/eventcount.c (shoal__eventcount_tell_one, _pass, _slept) and
 * core/objects/queue_wait.c, for both of its words: on `items` consumers sleep, on `room` producers; docs/recovery.md, "Queue".
 *
 * The last PRODUCERS parties put PUTS times BATCH messages each, the others get as many as they like; DEATHS of them are
 * killed anywhere. Producers and consumers may give up when they sleep or have been woken (GIVE_UP). With SHUT the last
 * producer shuts the queue when it has put. A put and a get are one step each here: each is one store under a mutex
 * (mutex.pml), which only those who wait for it see; what matters is what happens before and after that store. Counts that come
 * round are not here: a word that was told is no longer what somebody who prepared before it saw.
 *
 * Everything comes to rest (timeout) where those who sleep are woken by nobody. Only then a slice ends, and only of one who
 * sleeps in vain: so it is known how often that was needed. With EARLY one slice of each party may end before, at any time.
 *
 * Right:    at rest no consumer sleeps while there is a message, no producer while half of the ring is free, and nobody in
 *           a queue that was shut; but after a death, once for each word. So no wake-up is lost without deaths, and a death
 *           loses one for each word at most: it costs one slice, after which all goes on as before. (Everybody needs his
 *           own where it was the one who shut the queue that died.)
 * MISTAKE   1: who tells takes the mark out and leaves the count as it is
 *           2: looks whether there is a message before it prepares
 *           3: who slept does not set the mark again
 *           4: who slept sets the mark again after it looked whether there is more
 *           5: who slept does not tell the next
 *           6: who gives up keeps the wake-up to itself
 *           7: who gives up tells the next, but does not set the mark, without which nobody is told
 *           8: sleeps without a slice
 *           9: tells of a message before it is there
 *          10: shutting wakes only where it sees the mark
 *          11: who was woken and finds nothing does not set the mark when it goes to sleep again
 *          12: looks whether somebody sleeps before the message is there
 */
#ifndef PARTIES
#define PARTIES 3
#endif
#ifndef PRODUCERS
#define PRODUCERS 1
#endif
#ifndef PUTS
#define PUTS 2
#endif
#ifndef BATCH
#define BATCH 1
#endif
#ifndef UNITS
#define UNITS 2
#endif
#ifndef MISTAKE
#define MISTAKE 0
#endif
#ifndef EARLY
#define EARLY false
#endif
#define JUDGED
#define FORGET slept = false; woken = 0; slice_over = false; left = 0; early = true; noticed = false; hasty = false
#include "kernel.pml"

#define CONSUMERS (PARTIES - PRODUCERS)
#define ITEMS 1 /* the futexes */
#define ROOM 2

byte fill;       /* tail - head: messages, of one unit each */
bool shut;
bool mark[3];    /* WAITERS, by word */
byte slices[3];  /* that were needed */

#define HALF_IS_FREE (fill <= UNITS / 2) /* shoal__queue_is_roomy */
#define HAS_ROOM (fill + BATCH <= UNITS)
/* Is there something for those who sleep on this word? (consumers, producers) */
#define FOR_THEM(word_) (shut || (word_ == ITEMS && fill > 0) || (word_ == ROOM && HALF_IS_FREE))
#define BESIDES_OURS(word_) ((word_ == ITEMS && fill > 1) || (word_ == ROOM && HALF_IS_FREE))

/* shoal__eventcount_prepare. The word changes when the mark is taken out, and not when it is set twice. */
inline prepare_marked(word_)
{
#if MISTAKE == 11
    atomic { prepare(word_); mark[word_] = mark[word_] || !slept }
#else
    atomic { prepare(word_); mark[word_] = true }
#endif
}

/* It changes when it is counted up, too: who has prepared looks again. */
inline change(word_)
{
    if :: prepared[0] == word_ -> prepared[0] = 0 :: else fi;
    if :: prepared[1] == word_ -> prepared[1] = 0 :: else fi;
#if PARTIES > 2
    if :: prepared[2] == word_ -> prepared[2] = 0 :: else fi;
#endif
#if PARTIES > 3
    if :: prepared[3] == word_ -> prepared[3] = 0 :: else fi;
#endif
    skip
}

/* shoal__eventcount_pass, once the mark was seen: it is taken out by compare-and-swap, or somebody else has done that */
inline pass(word_)
{
    if
    :: d_step { mark[word_] -> mark[word_] = false;
#if MISTAKE != 1
         change(word_)
#endif
       }
       atomic { futex_wake_one(word_); woken = 0 }
    :: else
    fi
}

/* shoal__eventcount_tell_one */
inline tell_one(word_)
{
    if
    :: mark[word_] -> pass(word_)
    :: else
    fi
}

/* shoal__queue_tell_room. Only when half of the ring is free, so that they do not wake up for each get */
inline tell_room()
{
    if
    :: mark[ROOM] ->
       if
       :: HALF_IS_FREE -> pass(ROOM)
       :: else
       fi
    :: else
    fi
}

/*
 * had_wake_up: the mark again (shoal__eventcount_slept); then who is next is told if there is something for it: besides what
 * was there for us, or all of it if we give up.
 */
inline go_on(word_, something)
{
#if MISTAKE == 4
    if
    :: something -> mark[word_] = true; pass(word_)
    :: else -> mark[word_] = true
    fi
#else
#if MISTAKE != 3
    mark[word_] = true;
#endif
#if MISTAKE != 5
    if
    :: something -> tell_one(word_)
    :: else
    fi
#endif
#endif
}

/* attempt_message, attempt_room */
inline came(word_)
{
    go_on(word_, BESIDES_OURS(word_))
}

/* give_up_message, give_up_room */
inline give_up(word_)
{
#if MISTAKE == 6
    skip
#elif MISTAKE == 7
    if
    :: FOR_THEM(word_) -> tell_one(word_)
    :: else
    fi
#else
    go_on(word_, FOR_THEM(word_))
#endif
}

/* shoal__eventcount_tell, for all */
inline tell_all(word_)
{
    if
#if MISTAKE == 10
    :: !mark[word_]
    :: mark[word_] ->
#else
    :: true ->
#endif
       d_step { change(word_) }
       atomic { futex_wake_all(word_); woken = 0 }
    fi
}

/* shoal__wait: if the word is what it was when we prepared. Goes to given_up if it has enough of it. */
inline sleep_on(word_)
{
    atomic {
        if
#if MISTAKE == 11
        :: prepared[me] == word_ -> asleep[me] = word_
#else
        :: prepared[me] == word_ && mark[word_] -> asleep[me] = word_
#endif
        :: else
        fi;
        prepared[me] = 0
    }
    slept = true
}

#ifdef GIVE_UP
#define MAY_GIVE_UP \
    :: atomic { hasty && asleep[me] != 0 -> asleep[me] = 0; goto given_up } \
    :: atomic { hasty && asleep[me] == 0 -> goto given_up }
#define CHOOSE_HASTE if :: hasty = true :: skip fi;
#else
#define MAY_GIVE_UP
#define CHOOSE_HASTE
#endif

proctype consumer(byte me)
{
    byte woken, left;
    bool slept, slice_over, noticed, early = EARLY, hasty;
    {
        CHOOSE_HASTE
        do
           /* shoal_queue_get, with get_lock: one step. An empty ring: attempt_message */
        :: atomic { fill > 0 -> fill--; slept = false; prepared[me] = 0 }
           tell_room();
           if
           :: goto over /* it wants no more */
           :: skip
           fi
        :: atomic { fill == 0 && !shut -> prepared[me] = 0 }
           do
#if MISTAKE == 2
           :: if
              :: fill > 0 -> goto there
              :: fill == 0 && shut -> goto over
              :: fill == 0 && !shut
              fi;
              prepare_marked(ITEMS);
#else
           :: prepare_marked(ITEMS);
              if
              :: fill > 0 -> goto there
              :: fill == 0 && shut -> goto over
              :: fill == 0 && !shut
              fi;
#endif
              sleep_on(ITEMS);
end_asleep:
              if
              :: asleep[me] == 0
              :: atomic { asleep[me] != 0 && early -> asleep[me] = 0; early = false }
              MAY_GIVE_UP
              fi;
              if
              :: fill > 0 -> goto there
              :: fill == 0 && shut -> goto over
              :: fill == 0 && !shut
              fi
           od;
there:     if
           :: slept -> came(ITEMS) /* there is one: for us, if nobody is quicker */
           :: else
           fi
        :: fill == 0 && shut -> break
        od;
        goto over;
given_up:
        give_up(ITEMS);
over:   LIFE_OVER
    } unless { DEATH }
}

proctype producer(byte me)
{
    byte woken, left = PUTS;
    bool slept, slice_over, noticed, early = EARLY, hasty;
    {
        CHOOSE_HASTE
        do
        :: left > 0 ->
#if MISTAKE == 9
           tell_one(ITEMS);
#endif
#if MISTAKE == 12
           noticed = mark[ITEMS];
#endif
           /* shoal_queue_put, with put_lock: one step. No room: attempt_room */
           if
           :: shut -> goto over
           :: atomic { !shut && HAS_ROOM -> fill = fill + BATCH; left--; slept = false; prepared[me] = 0 }
#if MISTAKE == 12
              if
              :: noticed -> pass(ITEMS)
              :: else
              fi
#elif MISTAKE != 9
              tell_one(ITEMS)
#endif
           :: atomic { !shut && !HAS_ROOM -> prepared[me] = 0 }
              do
              :: prepare_marked(ROOM);
                 if
                 :: HAS_ROOM || shut -> goto there
                 :: else
                 fi;
                 sleep_on(ROOM);
end_asleep:
                 if
                 :: asleep[me] == 0
                 :: atomic { asleep[me] != 0 && early -> asleep[me] = 0; early = false }
                 MAY_GIVE_UP
                 fi;
                 if
                 :: HAS_ROOM || shut -> goto there
                 :: else
                 fi
              od;
there:        if
              :: slept -> came(ROOM)
              :: else
              fi
           fi
        :: left == 0 -> break
        od;
#ifdef SHUT
        /* shoal_queue_shut: both words are counted up, and all are woken, whether the mark is there or not */
        if
        :: me == PARTIES - 1 ->
           shut = true;
           tell_all(ITEMS);
           tell_all(ROOM)
        :: else
        fi;
#endif
        goto over;
given_up:
        give_up(ROOM);
over:   LIFE_OVER
    } unless { DEATH }
}

#define SLEEPS_IN_VAIN(party) (!killed[party] && asleep[party] != 0 && FOR_THEM(asleep[party]))

/* The end of a slice, of whoever has the first. */
inline end_slice(party)
{
#if MISTAKE == 8
    assert(false);
#else
    slices[asleep[party]]++;
    assert(slices[asleep[party]] <= deaths || (shut && slices[asleep[party]] <= deaths * PARTIES));
    asleep[party] = 0
#endif
}

active proctype clock()
{
end:
    do
    :: atomic { timeout && SLEEPS_IN_VAIN(0) -> end_slice(0) }
    :: atomic { timeout && SLEEPS_IN_VAIN(1) -> end_slice(1) }
#if PARTIES > 2
    :: atomic { timeout && SLEEPS_IN_VAIN(2) -> end_slice(2) }
#endif
#if PARTIES > 3
    :: atomic { timeout && SLEEPS_IN_VAIN(3) -> end_slice(3) }
#endif
    od
}

init
{
    byte i;
    atomic {
        do
        :: i < CONSUMERS -> run consumer(i); i++
        :: i >= CONSUMERS && i < PARTIES -> run producer(i); i++
        :: i == PARTIES -> break
        od;
        i = 0
    }
}
