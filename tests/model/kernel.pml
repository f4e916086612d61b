/*
 * What the kernel does, for all the models here: it kills, lets sleep, and wakes. A model says how many
 * parties it has (PARTIES) and how many deaths may happen (DEATHS), and includes this.
 *
 * Memory is sequentially consistent. Each access to shared memory is one step; computing with one's own
 * variables costs none: it is in one `atomic` with the access before or after it.
 */
#ifndef DEATHS
#define DEATHS 1
#endif

/* When a sleep may end by itself: at any time (SLICES_ANYTIME), or only after somebody was killed. With the
   second a wake-up that is lost though nobody died is a deadlock, which is what we want to see. */
#if defined(NO_SLICES)
#define SLICES false
#elif defined(SLICES_ANYTIME)
#define SLICES true
#else
#define SLICES (deaths > 0)
#endif

byte deaths;
bool killed[PARTIES];  /* no step of its own from here on */
bool gone[PARTIES];    /* the kernel has taken it down: its byte lock is free, it sleeps nowhere */
bool done[PARTIES];    /* ended in good order */
byte asleep[PARTIES];  /* the futex it sleeps on; 0: none */
byte prepared[PARTIES]; /* the futex of the eventcount it is about to sleep on; 0: none, or something changed */

#ifdef VICTIM /* only this one, where all are alike */
#define MAY_KILL(victim) (victim == VICTIM && deaths < DEATHS && !killed[victim] && !done[victim])
#else
#define MAY_KILL(victim) (deaths < DEATHS && !killed[victim] && !done[victim])
#endif
#define KILL(victim) killed[victim] = true; deaths++

/* Kills up to DEATHS of them, each between any two of its steps, or stops doing so. */
active proctype killer()
{
end:
    do
    :: atomic { MAY_KILL(0) -> KILL(0) }
    :: atomic { MAY_KILL(1) -> KILL(1) }
#if PARTIES > 2
    :: atomic { MAY_KILL(2) -> KILL(2) }
#endif
#if PARTIES > 3
    :: atomic { MAY_KILL(3) -> KILL(3) }
#endif
#if defined(FAIR) || defined(JUDGED) /* or fairness would make it go on, and nothing come to rest */
    :: break
#endif
    od
}

/* { a party's life } unless { DEATH; … }: the escape goes before any step. Between the two moments it is dying: it does
   nothing more, but still looks alive, and may still be the one that a wake-up wakes. FORGET clears the variables of
   the dead, which nobody will read: so that states that differ in nothing else are one. */
#define DEATH killed[me] -> d_step { gone[me] = true; asleep[me] = 0; prepared[me] = 0; FORGET }

#define LIFE_OVER atomic { done[me] = true }

/* FUTEX_WAIT: sleep on `futex`, if the word behind it is still `value`. `slice_over`: nobody woke us. */
inline futex_wait(futex, word_, value)
{
    atomic {
        if
        :: word_ == value -> asleep[me] = futex
        :: else
        fi
    }
    wait_asleep(SLICES)
}

inline wait_asleep(time_is_up)
{
    if
    :: atomic { asleep[me] == 0 -> slice_over = false }
    :: atomic { asleep[me] != 0 && (time_is_up) -> asleep[me] = 0; slice_over = true }
    fi
}

/* FUTEX_WAKE of one: any of them, and the dying count. `woken`: how many. */
inline futex_wake_one(futex)
{
    atomic {
        woken = 1;
        if
        :: asleep[0] == futex -> asleep[0] = 0
        :: asleep[1] == futex -> asleep[1] = 0
#if PARTIES > 2
        :: asleep[2] == futex -> asleep[2] = 0
#endif
#if PARTIES > 3
        :: asleep[3] == futex -> asleep[3] = 0
#endif
        :: else -> woken = 0
        fi
    }
}

inline futex_wake_all(futex)
{
    d_step {
        woken = 0;
        if :: asleep[0] == futex -> asleep[0] = 0; woken++ :: else fi;
        if :: asleep[1] == futex -> asleep[1] = 0; woken++ :: else fi;
#if PARTIES > 2
        if :: asleep[2] == futex -> asleep[2] = 0; woken++ :: else fi;
#endif
#if PARTIES > 3
        if :: asleep[3] == futex -> asleep[3] = 0; woken++ :: else fi;
#endif
        skip
    }
}

/* Compare-and-swap: always in an atomic, with what follows from `swapped`. */
inline compare_swap(word_, old, new)
{
    swapped = (word_ == (old));
    if
    :: swapped -> word_ = (new)
    :: else
    fi
}

/*
 * The eventcount (core/sync/eventcount.c) as those see it who use it; semaphore.pml has it step by step. Who is about to sleep
 * says so first (prepare), looks, and then sleeps only if nobody has said (notify) that something changed meanwhile.
 */
inline prepare(futex)
{
    prepared[me] = futex
}

inline sleep_prepared(futex, time_is_up)
{
    atomic {
        if
        :: prepared[me] == futex -> asleep[me] = futex; prepared[me] = 0
        :: else
        fi
    }
    wait_asleep(time_is_up)
}

/* `how_many`: 1, or more for all of them */
inline notify(futex, how_many)
{
    atomic {
        d_step {
            if :: prepared[0] == futex -> prepared[0] = 0 :: else fi;
            if :: prepared[1] == futex -> prepared[1] = 0 :: else fi;
#if PARTIES > 2
            if :: prepared[2] == futex -> prepared[2] = 0 :: else fi;
#endif
#if PARTIES > 3
            if :: prepared[3] == futex -> prepared[3] = 0 :: else fi;
#endif
            skip
        }
        if
        :: how_many == 1 -> futex_wake_one(futex)
        :: how_many > 1 -> futex_wake_all(futex)
        fi;
        woken = 0
    }
}
