/*
 * A Value that is replaced while somebody reads it without a lock: core/objects/value.c; the argument is in docs/recovery.md,
 * "Readers". Whoever has the structure's lock replaces the value, and may die before any of its stores; who comes next undoes
 * or completes what it finds. So all writers together are one process here. Others use what is free.
 *
 * Right:    what a reader accepts is whole, was committed, and is not older than what was there when it began.
 * MISTAKE   1: the spare is written before its readers are told
 *           2: a body is believed that is being written again
 *           3: a body that was freed counts as one that is the spare
 *           4: a reader does not look again after it has copied
 */
#ifndef MISTAKE
#define MISTAKE 0
#endif
#ifndef PUTS
#define PUTS 5
#endif
#ifndef DEATHS
#define DEATHS 2
#endif
#define BLOCKS 3
#define NONE BLOCKS
#define GARBAGE 99

byte half[6] = 1; /* of block b: half[2 * b], half[2 * b + 1] */
byte body = 0, spare = NONE;
byte version = 0;
bool committed[8]; /* which values were */
byte deaths = DEATHS;

#if MISTAKE == 2
#define WITHIN 3
#else
#define WITHIN 2
#endif
#define BELIEVED(loaded) (((version - (loaded & 254)) & 255) <= WITHIN)

/* Somebody else's bytes in a block that nobody has, or not. */
inline scribble(b)
{
    if
    :: b != body && b != spare -> half[2 * b] = GARBAGE; half[2 * b + 1] = GARBAGE
    :: else
    fi
}

inline may_die()
{
    if
    :: deaths > 0 -> deaths--; dead = true
    :: true
    fi
}

proctype writers()
{
    byte value = 2, place, old, kept, next;
    bool dead;
    do
    :: value > PUTS -> break
    :: else ->
        dead = false;
        old = body;
        if /* the spare if it fits, or a block that is free */
        :: body != 0 -> place = 0
        :: body != 1 -> place = 1
        :: body != 2 -> place = 2
        fi;
        may_die();
        if :: dead -> goto undone :: else fi;
#if MISTAKE != 1
        version = version | 1;
#endif
        may_die();
        if :: dead -> goto undone :: else fi;
        half[2 * place] = value;
        may_die();
        if :: dead -> goto undone :: else fi;
        half[2 * place + 1] = value;
        may_die();
        if :: dead -> goto undone :: else fi;
        if
        :: kept = true
        :: kept = false
        fi;
        /* The commit decides: from here on a death is made good by who comes next, with the same stores. */
        atomic {
            committed[value] = true;
#if MISTAKE == 3
            next = ((version | 1) + 1) & 255
#else
            next = ((version | 1) + (kept -> 1 : 3)) & 255
#endif
        }
        body = place;
        version = next;
        spare = (kept -> old : NONE);
undone:
        if
        :: atomic { scribble(0); scribble(1); scribble(2) }
        :: true
        fi;
        value++
    od
}

proctype reader()
{
    byte loaded, from, first, second, begun;
again:
    atomic { begun = half[2 * body]; loaded = version }
    from = body;
    if
    :: BELIEVED(loaded)
    :: else -> goto again
    fi;
    first = half[2 * from];
    second = half[2 * from + 1];
#if MISTAKE != 4
    if
    :: BELIEVED(loaded)
    :: else -> goto again
    fi;
#endif
    assert(first == second);
    assert(first != GARBAGE && committed[first]);
    assert(first >= begun)
}

init
{
    atomic { committed[1] = true; run writers(); run reader() }
}
