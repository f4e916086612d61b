/*
 * Who is alive: claiming a slot, incarnations, judging an owner, reaping: core/segment/roster.c, alive.c; docs/recovery.md, "Who is alive".
 * With FORKS also how a child is born: core/segment/fork.c; docs/recovery.md, "Forks".
 *
 * PARTIES processes attach and detach ROUNDS times each, into SLOTS slots. Attached, each has something of its own (a pin), and
 * takes a user's lock. DEATHS of them are killed anywhere. The byte lock of a slot is the kernel's: it is free as soon as its
 * process has gone. Incarnations have two bits in a word here, and so come round after three claims (CAME_ROUND as in roster.c).
 * The locks are taken with as few steps as can be (no sleep): mutex.pml has these.
 *
 * FORKS: the first forks the last, once. What the first has pinned was removed already: pins keep it, and nothing else. The child
 * looks through its view whenever it likes, without a call. Killed before its birth, or unlucky: fork fails. If there is no slot for
 * it, it is born without a view. A description, and the byte with it, belongs to all who have it (a bit for each).
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
 *           8: the child pins what it has open itself, after the fork
 *           9: the parent keeps its copy of what locks the child's byte
 *          10: the child has its view although there was no slot for it
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
#ifdef FORKS /* the last is a child */
#define CHILD 2 /* PARTIES - 1 */
#endif
#define FORGET slot = 0; name = 0; seen = 0; i = 0; rounds = 0; dead = false; came_round = false; keeper = 0
#include "kernel.pml"

#define SLOT 3          /* MUTEX_SLOT: slot + 1 */
#define INCARNATION 12  /* MUTEX_INCARNATION */
#define NEEDREC 16
#define NAME(slot, incarnation) ((slot) + 1 + ((incarnation) & 3) * 4)
#define CAME_ROUND 2

#define BIT(party) (1 << (party))
byte holds_byte[SLOTS]; /* who has the description that locks it */
#define KEEPS(slot, party) ((holds_byte[slot] & BIT(party)) && !gone[party])
#if PARTIES > 2
#define BYTE_IS_FREE(slot) (!KEEPS(slot, 0) && !KEEPS(slot, 1) && !KEEPS(slot, 2))
#else
#define BYTE_IS_FREE(slot) (!KEEPS(slot, 0) && !KEEPS(slot, 1))
#endif

byte incarnation[SLOTS]; /* peer_sh */
bool in_use[SLOTS];
byte pin[SLOTS];         /* whose: process + 1 */

byte structure;          /* header_sh.lock */
byte user;               /* a user's lock */

byte has_structure;      /* for the assertions: process + 1 */
byte has_user;
byte named[PARTIES];     /* the name of each that is attached */

#ifdef FORKS
bool forked, born, seated; /* there was a fork, it made a child, which has a slot */
byte seat, seat_name;
bool freed;                /* what the parent has pinned */
#define IS_NOT(party) (gone[party] || (party == CHILD && !born))
#if SLOTS > 2
#define PINNED_BY(party) (pin[0] == party + 1 || pin[1] == party + 1 || pin[2] == party + 1)
#else
#define PINNED_BY(party) (pin[0] == party + 1 || pin[1] == party + 1)
#endif
#define UNPIN(at) pin[at] = 0; freed = !PINNED_BY(0) && !PINNED_BY(CHILD)
#else
#define IS_NOT(party) gone[party]
#define UNPIN(at) pin[at] = 0
#endif

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

#define ALL_GONE(party) (party == 0 || IS_NOT(party - 1) || party == me + 1)

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

inline reap_own(at)
{
    atomic { assert(pin[at] == 0 || IS_NOT(pin[at] - 1)); UNPIN(at) }
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
          atomic { assert(pin[i] == 0 || IS_NOT(pin[i] - 1)); UNPIN(i) }
          in_use[i] = false
       :: else
       fi;
       i++
    :: atomic { i == SLOTS -> i = 0; break }
    od
}

/* claim: any slot whose byte can be locked. 99: SHOAL_ENOSPACE */
inline claim(out)
{
    if
    :: atomic { BYTE_IS_FREE(0) -> holds_byte[0] = BIT(me); out = 0 }
#if SLOTS > 1
    :: atomic { BYTE_IS_FREE(1) -> holds_byte[1] = BIT(me); out = 1 }
#endif
#if SLOTS > 2
    :: atomic { BYTE_IS_FREE(2) -> holds_byte[2] = BIT(me); out = 2 }
    :: atomic { !BYTE_IS_FREE(0) && !BYTE_IS_FREE(1) && !BYTE_IS_FREE(2) -> out = 99 }
#elif SLOTS > 1
    :: atomic { !BYTE_IS_FREE(0) && !BYTE_IS_FREE(1) -> out = 99 }
#else
    :: atomic { !BYTE_IS_FREE(0) -> out = 99 }
#endif
    fi
}

/* next_incarnation: `seen` */
inline count_up(at)
{
    seen = incarnation[at];
#if MISTAKE == 2
    seen = (seen == 0 -> 1 : seen);
#else
    seen = seen + 1;
#endif
    seen = ((seen & 3) == 0 -> seen + 1 : seen);
    came_round = (seen > 3 && (seen & 3) <= CAME_ROUND)
}

/* mark_old_locks */
inline mark_old(at)
{
#if MISTAKE != 5
    if
    :: atomic { came_round && (user & SLOT) == at + 1 -> user = NEEDREC; came_round = false }
    :: else -> came_round = false
    fi
#else
    came_round = false
#endif
}

inline let_go_of_structure()
{
    atomic { assert(has_structure == me + 1); has_structure = 0; structure = 0 }
}

#ifdef FORKS
/* shoal__birth_prepare, the fork, shoal__birth_over */
inline fork_child()
{
    forked = true;
    claim(keeper);
    if
    :: keeper == 99 -> skip
    :: else ->
       atomic { count_up(keeper); incarnation[keeper] = seen; seat = keeper; seat_name = NAME(keeper, seen); seen = 0 }
       take(structure, has_structure);
       mark_old(keeper);
       reap_own(keeper);
       in_use[keeper] = true;
#if MISTAKE != 8
       pin[keeper] = CHILD + 1;
#endif
       let_go_of_structure()
    fi;
    if
    :: atomic {
           !killed[CHILD] ->
           born = true;
           seated = (keeper != 99);
           if
           :: seated -> holds_byte[keeper] = holds_byte[keeper] | BIT(CHILD); named[CHILD] = seat_name
           :: else
           fi;
           assert(!seated || ((named[0] != seat_name || gone[0]) && (named[1] != seat_name || gone[1])))
       }
    :: skip /* it fails */
    fi;
#if MISTAKE != 9
    if
    :: atomic { keeper != 99 -> holds_byte[keeper] = holds_byte[keeper] & ~BIT(me); keeper = 0 }
    :: atomic { keeper == 99 -> keeper = 0 }
    fi
#else
    keeper = 0
#endif
}

#define LOOK assert(!freed)

proctype child(byte me)
{
    byte slot, name, seen, i, rounds, keeper;
    bool dead, came_round;
    {
        if
        :: atomic { born && seated -> slot = seat; name = seat_name }
           LOOK;
#if MISTAKE == 8
           take(structure, has_structure);
           pin[slot] = me + 1;
           let_go_of_structure();
#endif
           if
           :: take(user, has_user);
              atomic { assert(user == name && has_user == me + 1); has_user = 0; user = 0 }
           :: skip
           fi;
           LOOK;
           take(structure, has_structure);
           atomic { assert(pin[slot] == me + 1); UNPIN(slot) }
           let_go_of_structure();
           in_use[slot] = false;
           atomic { holds_byte[slot] = holds_byte[slot] & ~BIT(me); named[me] = 0; name = 0; slot = 0 }
#if MISTAKE == 10
        :: born && !seated -> LOOK
#else
        :: born && !seated
#endif
        :: !born && (done[0] || gone[0])
        fi;
        LIFE_OVER
    } unless { DEATH }
}
#endif

proctype party(byte me)
{
    byte slot, name, seen, i, rounds, keeper;
    bool dead, came_round;
    {
        do
        :: rounds == ROUNDS -> break
        :: atomic { rounds < ROUNDS -> rounds++ }

           claim(slot);
           if
           :: atomic { slot == 99 -> slot = 0; goto next }
           :: else
           fi;

           /* `name` is segment->party.me */
           atomic { count_up(slot); name = NAME(slot, seen) }
#if MISTAKE == 1
           i = seen;
           take(structure, has_structure);
           atomic { incarnation[slot] = i; i = 0; named[me] = name }
#else
           atomic {
               incarnation[slot] = seen; seen = 0;
               named[me] = name;
               assert(named[0] != named[1] || named[0] == 0 || IS_NOT(0) || IS_NOT(1));
               assert(named[0] != named[PARTIES - 1] || named[0] == 0 || IS_NOT(0) || IS_NOT(PARTIES - 1) || PARTIES == 1);
               assert(PARTIES == 2 || named[1] != named[PARTIES - 1] || named[1] == 0 || IS_NOT(1) || IS_NOT(PARTIES - 1))
           }
           take(structure, has_structure);
#endif
           mark_old(slot);
           /* sign_in_locked, and as many others reaped */
#if MISTAKE != 7
           reap_own(slot);
#endif
           atomic { assert(pin[slot] == 0); in_use[slot] = true }
           reap_others();
#ifdef FORKS
           atomic { pin[slot] = me + 1; freed = freed && me != 0 }
#else
           pin[slot] = me + 1;
#endif
           let_go_of_structure();

#ifdef FORKS
           if
           :: me == 0 && !forked -> fork_child()
           :: else
           fi;
#endif

           /* at work, or not */
           if
           :: take(user, has_user);
              atomic { assert(user == name && has_user == me + 1); has_user = 0; user = 0 }
           :: skip
           fi;

           /* shoal__roster_leave; what was opened is given back before, under the lock */
           take(structure, has_structure);
           atomic { assert(pin[slot] == me + 1); UNPIN(slot) }
           let_go_of_structure();
           in_use[slot] = false;
           atomic { holds_byte[slot] = holds_byte[slot] & ~BIT(me); named[me] = 0; name = 0; slot = 0 }
next:      came_round = false
        od;
        LIFE_OVER
    } unless { DEATH }
}

init
{
    atomic {
        run party(0); run party(1);
#ifdef FORKS
        run child(CHILD)
#elif PARTIES > 2
        run party(2)
#endif
    }
}
