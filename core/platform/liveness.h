/*
 * Proof of life: the peer in slot i of a segment holds an open file description lock on a byte of the segment's file,
 * far beyond its end. A PROT_NONE page mapped from that description is all that keeps it open, so the kernel releases
 * the lock exactly when the address space is gone and no thread of the process can store into the segment any more. No
 * pid, timeout or heartbeat is involved.
 *
 * A forked child does not inherit the page, so it does not make its dead parent look alive. Before the fork the parent
 * locks a byte for the child, through another description, which the child inherits and the parent closes after the
 * fork; the child maps its own page from it.
 */
#ifndef SHOAL_PLATFORM_LIVENESS_H
#define SHOAL_PLATFORM_LIVENESS_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

struct shoal_life {
    void *page; /* keeps the lock's description open; NULL: this process holds no lock */
};

/*
 * Open another file description of that inode for writing, by `path`, or through `fd` or the mapping at `base`. -errno;
 * -ENODATA: the file has less than `size` bytes.
 */
int shoal__life_open_mapped(const char *path, const void *base, uint64_t size, uint64_t device, uint64_t inode);
int shoal__life_open(int fd, const char *path, uint64_t device, uint64_t inode, uint64_t size);
/* Lock the byte of `slot`. 0: locked; SHOAL_LIFE_TAKEN: another description has the lock; else -errno. */
#define SHOAL_LIFE_TAKEN (-EAGAIN)
int shoal__life_try(int lock_fd, uint32_t slot);
/*
 * Tie the lock of `lock_fd` to this address space, and close `lock_fd`. 0, or -errno: -ENOTSUP where a mapping does not
 * keep the file description open. `other_fd`, another description of the file, is used to check that it does.
 */
int shoal__life_pin(struct shoal_life *life, int lock_fd, int other_fd, uint32_t slot);
/* The same unchecked, and inherited by forks until shoal__life_keep: for a child, by its parent or by the child. */
int shoal__life_pin_for_child(struct shoal_life *life, int lock_fd);
void shoal__life_keep(struct shoal_life *life);
void shoal__life_end(struct shoal_life *life);
/* After a fork, in the child: forget the parent's page, which is not mapped here. */
void shoal__life_forget(struct shoal_life *life);
/* Is the byte of `slot` locked? `fd` is any other description of the file. 1, 0, or -errno: the system did not say. */
int shoal__life_ask(int fd, uint32_t slot);
/* A slot in [from, end) with a locked byte, this process's included; `end`: none. If the system did not say: `from`. */
uint32_t shoal__life_among(int fd, uint32_t from, uint32_t end);

/*
 * Readers' pins: for each object that a readonly attach has open, it holds a shared lock on the byte of the object's
 * serial. shoal__readers_lock locks or unlocks the bytes `from` to `to`, both included: 0 or -errno. shoal__reader_has:
 * does any reader hold that byte? shoal__reader_any: any byte at all? Both are true if the system did not say.
 */
int shoal__readers_lock(int fd, uint32_t from, uint32_t to, bool take);
/* The same of pages of the heap that a reader copies. shoal__pages_noted: by any other description? Or it cannot be told. */
int shoal__pages_note(int fd, uint32_t page, uint32_t pages, bool take);
bool shoal__pages_noted(int fd, uint32_t page, uint32_t pages);
bool shoal__reader_has(int fd, uint32_t serial);
bool shoal__reader_any(int fd);

/*
 * The maker of a file with a temporary name holds an exclusive lock through its description until the file has its own
 * name: its proof of life. 0 or -errno; -EAGAIN: a sweeper found no lock and took the maker for dead.
 */
int shoal__maker_hold(int fd);
void shoal__maker_is_done(int fd);
/* 0: no maker and no peer is alive, and until `fd` is closed no process can become one; else -errno. */
int shoal__maker_is_dead(int fd);

#endif
