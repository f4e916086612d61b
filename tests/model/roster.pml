/*
 * Who is alive: claiming a slot, incarnations, judging an owner, reaping: core/segment/roster.c; docs/recovery.md, "Who is alive".
 *
 * PARTIES processes attach and detach ROUNDS times each, into SLOTS slots. Attached, each has something of its own (a pin), and
 * takes a user's lock. DEATHS of them are killed anywhere. The byte lock of a slot is the kernel's: it is free as soon as its
 * process has gone. Incarnations have two bits in a word here, and so come round after three claims (CAME_ROUND as in roster.c).
 * The locks are taken with as few steps as can be (no sleep): mutex.pml has these.
 *
 * Right:    no two live processes have the same name (slot and incarnation); who is judged dead is; both locks have one live
 *           holder; nobody's pin is reaped but a dead peer's, and none is left in the slot of one who has signed in; all
 *           who live come to their end, also past the locks of the dead.
 * MISTAKE   1: carries its name before it has published it
 *           2: does not count the incarnation up
 *           3: judges by the incarnation alone
 *           4: judges by the byte alone
 *           5: does not mark old locks when the numbers come round
 *           6: reaps without asking whether the peer is alive
 *           7: does not reap its own slot when it signs in
 */
#ifndef PARTIES
#define PARTIES 3
#endif
#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifndef MISTAKE
#define MISTAKE 0
#endif
#define FORGET slot = 0; name = 0; seen = 0; i = 0; rounds = 0; dead = false; came_round = false
#include "kernel.pml"

#define SLOT 3          /* MUTEX_SLOT: slot + 1 */
#define INCARNATION 12  /* MUTEX_INCARNATION */
#define NEEDREC 16
#define NAME(slot, incarnation) ((slot) + 1 + ((incarnation) & 3) * 4)
#define CAME_ROUND 2

byte holds_byte[SLOTS]; /* process + 1, or 0 */
#define BYTE_IS_FREE(slot) (holds_byte[slot] == 0 || gone[holds_byte[slot] - 1])

byte incarnation[SLOTS]; /* peer_sh */
bool in_use[SLOTS];
byte pin[SLOTS];         /* whose: process + 1 */

byte structure;          /* header_sh.lock */
byte user;               /* a user's lock */

byte has_structure;      /* for the assertions: process + 1 */
byte has_user;
byte named[PARTIES];     /* the name of each that is attached */

/* shoal__party_is_dead(word): the number, the byte, the number again */
inline is_dead(word)
{
    i = (word & SLOT) - 1;
#if MISTAKE == 4
    dead = BYTE_IS_FREE(i);
#else
    dead = (NAME(i, incarnation[i]) != (word & (SLOT | INCARNATION)));
#if MISTAKE != 3
    if
    :: dead
    :: atomic { !dead && i == slot -> skip } /* shoal__slot_alive: ourselves */
    :: atomic { !dead && i != slot -> dead = BYTE_IS_FREE(i) }
    fi;
    if
    :: dead
    :: atomic { !dead -> dead = (NAME(i, incarnation[i]) != (word & (SLOT | INCARNATION))) }
    fi;
#endif
#endif
    i = 0
}

#define ALL_GONE(party) (party == 0 || gone[party - 1] || party == me + 1)

inline take(word, has)
{
    do
    :: atomic { !(word & SLOT) -> word = name; assert(ALL_GONE(has)); has = me + 1; break }
    :: atomic { (word & SLOT) -> seen = word }
       is_dead(seen);
       atomic {
           if
           :: dead && word == seen -> word = name; assert(ALL_GONE(has)); has = me + 1; seen = 0; dead = false; break
           :: else -> dead = false; seen = 0
           fi
       }
    od
}

inline reap_own()
{
    atomic { assert(pin[slot] == 0 || gone[pin[slot] - 1]); pin[slot] = 0 }
}

inline reap_others()
{
    i = 0;
    do
    :: i < SLOTS ->
       if
#if MISTAKE == 6
       :: i != slot && (in_use[i] || pin[i]) ->
#else
       :: i != slot && (in_use[i] || pin[i]) && BYTE_IS_FREE(i) ->
#endif
          atomic { assert(pin[i] == 0 || gone[pin[i] - 1]); pin[i] = 0 }
          in_use[i] = false
       :: else
       fi;
       i++
    :: atomic { i == SLOTS -> i = 0; break }
    od
}

proctype party(byte me)
{
    byte slot, name, seen, i, rounds;
    bool dead, came_round;
    {
        do
        :: rounds == ROUNDS -> break
        :: atomic { rounds < ROUNDS -> rounds++ }

           /* claim: any slot whose byte can be locked */
           if
           :: atomic { BYTE_IS_FREE(0) -> holds_byte[0] = me + 1; slot = 0 }
#if SLOTS > 1
           :: atomic { BYTE_IS_FREE(1) -> holds_byte[1] = me + 1; slot = 1 }
           :: atomic { !BYTE_IS_FREE(0) && !BYTE_IS_FREE(1) -> goto next } /* SHOAL_ENOSPACE */
#else
           :: atomic { !BYTE_IS_FREE(0) -> goto next }
#endif
           fi;

           /* next_incarnation; `name` is segment->party.me */
           atomic {
               seen = incarnation[slot];
#if MISTAKE == 2
               seen = (seen == 0 -> 1 : seen);
#else
               seen = seen + 1;
#endif
               seen = ((seen & 3) == 0 -> seen + 1 : seen);
               came_round = (seen > 3 && (seen & 3) <= CAME_ROUND);
               name = NAME(slot, seen)
           }
#if MISTAKE == 1
           i = seen;
           take(structure, has_structure);
           atomic { incarnation[slot] = i; i = 0; named[me] = name }
#else
           atomic {
               incarnation[slot] = seen; seen = 0;
               named[me] = name;
               assert(named[0] != named[1] || named[0] == 0 || gone[0] || gone[1]);
               assert(named[0] != named[PARTIES - 1] || named[0] == 0 || gone[0] || gone[PARTIES - 1] || PARTIES == 1);
               assert(PARTIES == 2 || named[1] != named[PARTIES - 1] || named[1] == 0 || gone[1] || gone[PARTIES - 1])
           }
           take(structure, has_structure);
#endif
#if MISTAKE != 5
           if
           :: atomic { came_round && (user & SLOT) == slot + 1 -> user = NEEDREC; came_round = false } /* mark_old_locks */
           :: else
           fi;
#endif
           /* sign_in_locked, and as many others reaped */
#if MISTAKE != 7
           reap_own();
#endif
           atomic { assert(pin[slot] == 0); in_use[slot] = true }
           reap_others();
           pin[slot] = me + 1;
           atomic { assert(has_structure == me + 1); has_structure = 0; structure = 0 }

           /* at work, or not */
           if
           :: take(user, has_user);
              atomic { assert(user == name && has_user == me + 1); has_user = 0; user = 0 }
           :: skip
           fi;

           /* shoal__roster_leave; what was opened is given back before, under the lock */
           take(structure, has_structure);
           atomic { assert(pin[slot] == me + 1); pin[slot] = 0 }
           atomic { assert(has_structure == me + 1); has_structure = 0; structure = 0 }
           in_use[slot] = false;
           atomic { holds_byte[slot] = 0; named[me] = 0; name = 0; slot = 0 }
next:      came_round = false
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
