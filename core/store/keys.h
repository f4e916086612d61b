/*
 * The keys of a Locks: who holds a key and who waits for it, a block each, in lists of the object. Every step is one change
 * of the journal, committed, and made with the structure's lock held: docs/recovery.md, "Locks".
 */
#ifndef SHOAL_STORE_KEYS_H
#define SHOAL_STORE_KEYS_H

#include "segment/object.h"
#include "sync/hold.h"

#define KEY_BUCKETS 256u
#define KEY_MOST SHOAL_KEY_LONGEST
#define KEY_STALE 500u   /* ms: a waiter that has not looked for so long counts as stopped: it has no turn */
#define KEYS_AT_ONCE 16u /* owners that are asked about, and waiters that are woken, after one hold of the lock */

struct locks_sh {
    struct parts_sh parts;
    uint32_t flags; /* SHOAL_LOCK_REENTRANT; constant */
    uint32_t keys;  /* how many different ones are in the lists; changed */
    uint32_t zero[12];
    struct list_sh bucket[KEY_BUCKETS]; /* of key_sh, by hash, in the order in which they came */
};
_Static_assert(offsetof(struct locks_sh, bucket) == 64 && sizeof(struct locks_sh) == 4160, "docs/format.md, Locks");

enum key_state {
    KEY_WAITS_SHARED = 1,
    KEY_WAITS = 2,
    KEY_SHARED = 3,
    KEY_HELD = 4,
    KEY_DIED = 5, /* nobody's: the process that held the key died, and nobody has held it alone since */
    KEY_STATES = 6,
};
#define KEY_RECOVERED 0x100u /* in key_sh.state with KEY_HELD: its taker was told that a holder died */

/* A claim: one thread or task that holds a key or waits for it. */
struct key_sh {
    uint32_t next;  /* ref; changed */
    uint32_t hash;  /* constant, as owner (but 0 of KEY_DIED), thread, length and bytes */
    uint32_t owner; /* tag */
    uint32_t state; /* changed */
    /* Of a holder: about itself. Of a waiter: about who holds the key alone; the search for deadlocks finds it here. */
    struct hold_sh hold;
    shoal_word wake; /* a waiter sleeps on it; 1: it was told to look */
    shoal_word seen; /* ms: when the waiter looked last. A hint */
    uint64_t thread; /* its number in its process; SHARE_TASK: a task */
    uint32_t depth;  /* how often it holds the key; changed */
    uint32_t length;
    uint8_t bytes[];
};
_Static_assert(offsetof(struct key_sh, hold) == KEYED_HOLD_AT && offsetof(struct key_sh, wake) == 40 &&
                   sizeof(struct key_sh) == 64,
               "docs/format.md, Locks");

/* In hold.inside of a waiter's claim: it gave up while another kept the structure's lock. The next who looks frees it. */
#define KEY_GIVEN_UP 1u

/* The object as a process sees it. */
struct shoal_keys {
    struct shoal_segment *segment;
    struct locks_sh *locks;
};

static inline struct shoal_keys shoal__keys_of(const shoal_object *object)
{
    return (struct shoal_keys){object->segment, object->body};
}

/* Who asks for which key, and how. */
struct shoal_key_ask {
    const unsigned char *bytes;
    uint32_t length, hash;
    bool shared, strict;
    bool stays;      /* it will sleep: it gets a claim to wait with */
    uint64_t thread; /* SHARE_TASK: a task */
    uint32_t claim;  /* ref of its waiting claim; 0: it has none */
};

/* What a step leaves to be done when the lock is released, and what it says. */
struct shoal_key_news {
    uint32_t wakes;
    shoal_word *wake[KEYS_AT_ONCE];
    uint32_t blockers, blocker[KEYS_AT_ONCE]; /* tags of those who hold the key */
};
void shoal__keys_wake(const struct shoal_key_news *news);
void shoal__keys_leave(const struct shoal_keys *keys,
                       const struct shoal_key_news *news); /* release the lock, and wake */

/* What is known of a key: shoal__key_survey. Refs; 0: there is none. */
struct shoal_key_survey {
    uint32_t claims;         /* of the key, all */
    uint32_t own, own_state; /* this thread's hold */
    uint32_t holder;         /* who holds it alone */
    uint32_t shares;         /* how many claims are shared holds */
    uint32_t died;
    uint32_t waiters;
    bool ahead; /* a waiter before us that we would stand in the way of */
};
void shoal__key_survey(struct shoal_key_survey *out, const struct shoal_keys *keys, const struct shoal_key_ask *ask);
/* The claim at `ref`, if one can be there; NULL: the list that leads there is damaged. */
struct key_sh *shoal__key_at(const struct shoal_segment *segment, uint32_t ref);
static inline uint32_t shoal__key_state(const struct key_sh *it)
{
    return shoal__once(&it->state) & 0xff;
}

/* A walk over a bucket's claims. */
struct shoal_key_walk {
    const struct shoal_keys *keys;
    uint32_t ref, next, before, looks;
    uint32_t length; /* of this claim's key, read once: its bytes are within the segment */
};
struct shoal_key_walk shoal__key_walk(const struct shoal_keys *keys, uint32_t bucket);
struct key_sh *shoal__key_next(struct shoal_key_walk *walk); /* NULL: the end, or damage */

struct shoal_key_walk shoal__key_walk_of(const struct shoal_keys *keys, const struct shoal_key_ask *ask);
struct key_sh *shoal__key_next_of(struct shoal_key_walk *walk,
                                  const struct shoal_key_ask *ask); /* that counts, of the key */
bool shoal__key_is_of(const struct shoal_key_walk *walk, const struct key_sh *it, const struct shoal_key_ask *ask);
bool shoal__key_is_waiting(const struct key_sh *it);
bool shoal__key_has_given_up(const struct key_sh *it);
bool shoal__key_is_stale(const struct key_sh *it);
struct shoal_key_ask shoal__key_ask_of(const struct key_sh *it); /* while the claim is there */

/* Parts of changes, for key_steps.c. */
int shoal__keys_damaged(const struct shoal_keys *keys); /* SHOAL_ECORRUPT */
/*
 * Take the claim out of its list and free it, as the last part of a change. `last`: it is the only one of its key. False: the
 * list is damaged.
 */
bool shoal__key_unlink(const struct shoal_keys *keys, uint32_t bucket, uint32_t ref, bool last);
int shoal__keys_finish(const struct shoal_keys *keys, bool sound);
int shoal__key_drop(const struct shoal_keys *keys, const struct shoal_key_ask *ask, uint32_t ref); /* a whole change */
/* Free the claims of this bucket whose waiters gave up while another kept the lock. */
int shoal__keys_free_given_up(const struct shoal_keys *keys, uint32_t bucket);

/*
 * SHOAL_OK, SHOAL_RECOVERED: the key is ours. SHOAL_PENDING: it is not; if the ask `stays`, its claim waits, and `news`
 * names who holds it. SHOAL_EOWNERDIED (without a sentence): the ask is strict.
 */
int shoal__key_take_locked(const struct shoal_keys *keys, struct shoal_key_ask *ask, struct shoal_key_news *news);
/* Release one hold, if possible this thread's. *thread: whose it was. SHOAL_ELOCK (no sentence): this process has none. */
int shoal__key_release_locked(const struct shoal_keys *keys, const struct shoal_key_ask *ask, uint64_t *thread,
                              struct shoal_key_news *news);
/*
 * Its holder, this process, or nobody any more, says that the data is sound. SHOAL_ELOCK (no sentence): nothing to mend;
 * `news` names who holds it.
 */
int shoal__key_repair_locked(const struct shoal_keys *keys, const struct shoal_key_ask *ask,
                             struct shoal_key_news *news);
/* A wait ends without the key. */
int shoal__key_give_up_locked(const struct shoal_keys *keys, struct shoal_key_ask *ask, struct shoal_key_news *news);

/* Give up claims as if their owner had died: those of `owner` (and `thread`, if it is not 0). */
struct shoal_key_whose {
    uint32_t mask, owner; /* (claim's owner & mask) == owner */
    uint64_t thread;
    bool holds_only;
};
/* Up to `most` claims, from bucket *bucket on; returns how many, or < 0. */
int64_t shoal__keys_abandon_locked(const struct shoal_keys *keys, const struct shoal_key_whose *whose, uint32_t *bucket,
                                   uint32_t most, struct shoal_key_news *news);
/* Holds of other threads of this process that name the kernel id of `thread` are of threads that ended: forget the id. */
void shoal__keys_disown_locked(const struct shoal_keys *keys, uint64_t thread, uint32_t id);
/* With the structure's lock: what is wrong with its claims; NULL: nothing. The lists end, and their blocks are there. */
const char *shoal__keys_walk(const struct shoal_keys *keys);

#endif
