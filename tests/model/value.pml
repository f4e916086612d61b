/*
 * A Value that is replaced while somebody reads it without a lock: core/objects/value.c; the argument is in docs/recovery.md,
 * "Stripes" and "Readers". Whoever has the name's stripe replaces the value in its spare, or, with the structure's lock as well, in
 * another block, and may die before any of its stores; who comes next writes over, or undoes, or completes what it finds. So all
 * writers together are one process here. Others use what is free.
 *
 * Right:    what a reader accepts is whole, was decided, and is not older than what was there when it began,
 *           or than what it accepted before.
 * MISTAKE   1: the spare is written before its readers are told
 *           2: a body is believed that is being written again
 *           3: a body that was freed counts as one that is the spare
 *           4: a reader does not look again after it has copied
 *           5: the version is even again before the spare is written
 *           6: a change of the structure publishes the version before the body
 *           7: it does not tell before that who has loaded an older version
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
byte body[2]; /* blocks; body[version / 2 % 2] is the value's */
byte version = 0;
bool committed[8]; /* which values were */
byte deaths = DEATHS;

#define NOW (version / 2 % 2)

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
    :: b != body[0] && b != body[1] -> half[2 * b] = GARBAGE; half[2 * b + 1] = GARBAGE
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
    byte value = 2, place, now, kept, next;
    bool dead;
    do
    :: value > PUTS -> break
    :: else ->
        dead = false;
        now = NOW;
        if
        :: body[1 - now] != NONE -> goto stripe
        :: goto structure
        fi;
stripe: /* in the spare; one store decides */
        place = body[1 - now];
#if MISTAKE == 5
        atomic { committed[value] = true; version = ((version | 1) + 1) & 255 }
#elif MISTAKE != 1
        version = version | 1;
#endif
        may_die();
        if :: dead -> goto done :: else fi;
        half[2 * place] = value;
        may_die();
        if :: dead -> goto done :: else fi;
        half[2 * place + 1] = value;
        may_die();
        if :: dead -> goto done :: else fi;
#if MISTAKE != 5
        atomic { committed[value] = true; version = ((version | 1) + 1) & 255 }
#endif
        goto done;
structure: /* in a block that nobody has: with two of three in use there is one */
        if
        :: body[0] != 0 && body[1] != 0 -> place = 0
        :: body[0] != 1 && body[1] != 1 -> place = 1
        :: body[0] != 2 && body[1] != 2 -> place = 2
        fi;
        half[2 * place] = value;
        may_die();
        if :: dead -> goto done :: else fi;
        half[2 * place + 1] = value;
        may_die();
        if :: dead -> goto done :: else fi;
        if
        :: kept = true
        :: kept = false
        fi;
#if MISTAKE != 7
        version = version | 1;
#endif
        may_die();
        if :: dead -> goto done :: else fi;
        /* The commit decides: from here on a death is made good by who comes next, with the same stores. */
        atomic {
            committed[value] = true;
#if MISTAKE == 3
            next = ((version | 1) + 1) & 255
#else
            next = ((version | 1) + (kept -> 1 : 5)) & 255
#endif
        }
#if MISTAKE == 6
        version = next;
        body[1 - now] = place;
#else
        body[1 - now] = place;
        version = next;
#endif
        if
        :: !kept -> body[now] = NONE
        :: else
        fi;
done:
        if
        :: atomic { scribble(0); scribble(1); scribble(2) }
        :: true
        fi;
        value++
    od
}

proctype reader()
{
    byte loaded, from, first, second, begun, accepted = 0;
again:
    atomic { begun = half[2 * body[NOW]]; loaded = version }
    from = body[loaded / 2 % 2];
    if
    :: BELIEVED(loaded)
    :: else -> goto again
    fi;
    assert(from != NONE);
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
    assert(first >= begun && first >= accepted);
    if
    :: accepted == 0 -> accepted = first; goto again
    :: else
    fi
}

init
{
    atomic { body[1] = NONE; committed[1] = true; run writers(); run reader() }
}
