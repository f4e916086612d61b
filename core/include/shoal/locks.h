/*
 * Locks: a lock for each key, for any number of keys. Part of shoal.h. shoal_object_describe gives reentrant, keys (in
 * memory now), held (keys that somebody holds), waiters, owner_died (keys whose holder died, and nobody held them since).
 */
#ifndef SHOAL_LOCKS_H
#define SHOAL_LOCKS_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

/*
 * A key has memory (64 bytes and its own, for each who holds or waits) while somebody holds it or waits for it, and none
 * before and after: a key is not made, and not removed. One key whose holder died keeps its memory until the next one who
 * takes it releases it, and so is told. A key is 1 to 1024 bytes; text is its UTF-8.
 *
 * Keys do not disturb each other: a process that holds one, waits for one, or is stopped meanwhile, is not in the way of
 * another's. Who waits for a key gets it in the order of coming; those who share it together. A waiter that was stopped for
 * half a second loses its turn, until it runs again. Taking a free key and releasing it is one change of the segment's
 * structure each, without a system call: slower than a Lock, which is not found by name each time.
 */
typedef struct shoal_key {
    const void *bytes;
    size_t length;
} shoal_key;

#define SHOAL_KEY_SHARED 1u /* a shared hold: any number of them at once, and no other */
#define SHOAL_KEY_STRICT 2u /* SHOAL_EOWNERDIED instead of SHOAL_RECOVERED */
#define SHOAL_KEY_LONGEST 1024u

/* `flags`: as of shoal_lock_open, SHOAL_LOCK_REENTRANT or SHOAL_LOCK_ANY. SHOAL_EMISMATCH: it has other flags. */
SHOAL_API int shoal_locks_open(shoal_object **out, shoal_segment *segment, const char *name, size_t length,
                               uint32_t flags);
SHOAL_API uint32_t shoal_locks_flags(const shoal_object *locks);
/*
 * Take the key, waiting until `deadline` at the latest: as shoal_lock_acquire, and with SHOAL_KEY_SHARED as
 * shoal_rwlock_read. A thread that shares the key may share it again.
 *
 *   SHOAL_OK          this process holds it. Any thread may release it; a forked child does not have it.
 *   SHOAL_RECOVERED   the same, but the last who held it alone died holding it. Sharers are told so, too, until somebody
 *                     has held it alone and released it.
 *   SHOAL_ETIMEDOUT   the deadline passed; you do not hold it.
 *   SHOAL_EINTR       a signal came first; call again with the same deadline.
 *   SHOAL_ELOCK       a deadlock: with others, or with what this thread holds itself. Also with a deadline, if this thread
 *                     shares the key and would hold it alone, or the reverse: there is no upgrade.
 *   SHOAL_EOWNERDIED  only if strict: its holder died; you do not hold it. Call shoal_locks_repair first.
 *   SHOAL_ENOSPACE    the segment has no room for the key.
 *   SHOAL_EVALUE      the key is empty, or longer than 1024 bytes.
 *
 * In pieces: shoal_wait_begin with SHOAL_WAIT_ACQUIRE or SHOAL_WAIT_READ; its argument is the address of a shoal_key, which
 * stays with its bytes until the wait has ended.
 */
SHOAL_API int shoal_locks_acquire(shoal_object *locks, const shoal_key *key, uint32_t flags, shoal_time deadline);
/* SHOAL_KEY_SHARED: a shared hold, else the other. SHOAL_ELOCK if this process has none. */
SHOAL_API int shoal_locks_release(shoal_object *locks, const shoal_key *key, uint32_t flags);
/* Declare that the data which a dead holder's key guards is sound. SHOAL_ELOCK if there is nothing to repair. */
SHOAL_API int shoal_locks_repair(shoal_object *locks, const shoal_key *key);

/* ---- Looking: also through a readonly attach ---- */

typedef struct shoal_key_state {
    uint32_t holders; /* live threads and tasks that hold it */
    uint32_t waiters;
    bool shared;       /* what they have are shared holds */
    bool owner_died;   /* who held it alone died, and nobody has released it since */
    bool mine;         /* this process holds it alone, */
    bool mine_shared;  /* or shares it */
    bool recovered;    /* and was told that its holder died, or would be told now */
    shoal_owner owner; /* who holds it alone; pid 0: nobody */
} shoal_key_state;

SHOAL_API int shoal_locks_look(shoal_key_state *out, const shoal_object *locks, const shoal_key *key);
/* How many keys are in memory now, or < 0. */
SHOAL_API int64_t shoal_locks_count(const shoal_object *locks);
/*
 * Call `visit` for each key in memory; other than 0 ends it, and is returned. No lock is held meanwhile: keys that come or
 * go are seen or not.
 */
typedef int (*shoal_key_visit)(void *argument, const shoal_key *key, const shoal_key_state *state);
SHOAL_API int shoal_locks_each(const shoal_object *locks, shoal_key_visit visit, void *argument);

#endif
