/*
 * Proof of life: peer i of a segment holds a byte lock (open file description lock) on the segment's own inode, far
 * beyond its end, pinned to this address space by a PROT_NONE page. The kernel releases it exactly when no thread of
 * the process can store into the segment any more: no pid, no timeout, no heartbeat.
 *
 * A forked child does not inherit the page, so it does not keep its parent alive. Before the fork the parent locks a
 * byte for the child, through a description that the child inherits and the parent closes after the fork; the child
 * pins that to itself.
 */
#ifndef SHOAL_PLATFORM_LIVENESS_H
#define SHOAL_PLATFORM_LIVENESS_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

struct shoal_life {
    void *page; /* the pin; NULL: not alive */
};

/*
 * Open another description of that inode for writing, by `path` or through `fd`. < 0: -errno; -ENODATA: the file has
 * less than `size` bytes.
 */
int shoal__life_open_mapped(const char *path, const void *base, uint64_t size, uint64_t device, uint64_t inode);
int shoal__life_open(int fd, const char *path, uint64_t device, uint64_t inode, uint64_t size);
/* 0: byte `slot` is ours; SHOAL_LIFE_TAKEN: another has it; else -errno. */
#define SHOAL_LIFE_TAKEN (-EAGAIN)
int shoal__life_try(int lock_fd, uint32_t slot);
/*
 * Tie the lock of `lock_fd` to this address space and close it. 0, or -errno: -ENOTSUP where the kernel's mappings do
 * not keep a file description alive, or the kernel does not say whether they do.
 */
int shoal__life_pin(struct shoal_life *life, int lock_fd, int other_fd, uint32_t slot);
/* The same, but inheritable until shoal__life_keep: called by a parent for its coming child, or by the child. */
int shoal__life_pin_for_child(struct shoal_life *life, int lock_fd);
void shoal__life_keep(struct shoal_life *life);
void shoal__life_end(struct shoal_life *life);
/* After fork, in the child: forget the parent's pin, without unmapping what is not mapped here. */
void shoal__life_forget(struct shoal_life *life);
/* Is byte `slot` locked? `fd` is any other description of the file. 1, 0, or -errno: the system did not say. */
int shoal__life_ask(int fd, uint32_t slot);
/* A slot in [from, end) whose byte is locked, by us too; `end`: none. If not sure: `from`. */
uint32_t shoal__life_among(int fd, uint32_t from, uint32_t end);

/*
 * Readers' pins: a readonly attach holds shared locks on the bytes of the serials of its open objects. Lock or unlock
 * the bytes `from` to `to`, both included; 0 or -errno. shoal__reader_has: does any reader hold that byte?
 * shoal__reader_any: any byte at all?
 */
int shoal__readers_lock(int fd, uint32_t from, uint32_t to, bool take);
bool shoal__reader_has(int fd, uint32_t serial);
bool shoal__reader_any(int fd);

/*
 * The maker of a file with a temporary name holds an exclusive lock through its description until the file has its own
 * name: a proof of life like the others. 0 or -errno; -EAGAIN: somebody just proved the maker dead.
 */
int shoal__maker_hold(int fd);
void shoal__maker_is_done(int fd);
/* 0: the maker is dead, nobody is attached for writing, and no maker can come before `fd` is closed; else -errno. */
int shoal__maker_is_dead(int fd);

#endif
