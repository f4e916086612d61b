/*
 * Proof of life: peer i of a segment holds a byte lock (open file description lock) on the segment's own
 * inode, far beyond its end, pinned to this address space by a PROT_NONE page. The kernel lets go of it
 * exactly when nothing of the process can store into the segment any more: no pid, no timeout, no heartbeat.
 *
 * A forked child does not inherit the page, so it does not keep its parent alive. Its parent locks a byte for it before the fork,
 * by a description that the child inherits and the parent closes after the fork; the child pins that to itself.
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
 * Another open file description, for writing, of that inode, by `path` or through `fd`. < 0: none (-errno; -ENODATA: it has less
 * than `size` bytes).
 */
int shoal__life_open_mapped(const char *path, const void *base, uint64_t size, uint64_t device, uint64_t inode);
int shoal__life_open(int fd, const char *path, uint64_t device, uint64_t inode, uint64_t size);
/* 0: byte `slot` is ours; SHOAL_LIFE_TAKEN: somebody has it; else -errno. */
#define SHOAL_LIFE_TAKEN (-EAGAIN)
int shoal__life_try(int lock_fd, uint32_t slot);
/*
 * Tie what `lock_fd` holds to this address space and close it. 0, or -errno: -ENOTSUP where the kernel's
 * mappings do not keep a file description alive; also if the kernel does not say whether they do.
 */
int shoal__life_pin(struct shoal_life *life, int lock_fd, int other_fd, uint32_t slot);
/* The same, but inheritable until shoal__life_keep: by a parent for a child to come, or by the child. */
int shoal__life_pin_for_child(struct shoal_life *life, int lock_fd);
void shoal__life_keep(struct shoal_life *life);
void shoal__life_end(struct shoal_life *life);
/* After fork, in the child: drop what was inherited without unmapping what is not there. */
void shoal__life_forget(struct shoal_life *life);
/* Is byte `slot` held? `fd` is any other description of the file. 1, 0, or -errno: the system did not say. */
int shoal__life_ask(int fd, uint32_t slot);
/* One of the slots from `from` on, before `end`, whose byte is held, ours too; `end`: none. Not sure: `from`. */
uint32_t shoal__life_among(int fd, uint32_t from, uint32_t end);

/*
 * Readers' pins: a readonly attach holds shared locks on the bytes of the serials of what it has open.
 * Take or give back, first and last byte included; 0 or -errno. shoal__reader_has: does any reader hold that byte? Or any at all?
 */
int shoal__readers_lock(int fd, uint32_t from, uint32_t to, bool take);
bool shoal__reader_has(int fd, uint32_t serial);
bool shoal__reader_any(int fd);

/*
 * Who makes a file under a temporary name holds an exclusive lock of its description until the file has its own name: a proof of
 * life like the others. 0 or -errno; -EAGAIN: somebody just proved the maker dead.
 */
int shoal__maker_hold(int fd);
void shoal__maker_is_done(int fd);
/* 0: nobody who made it, or is attached for writing, lives, and until `fd` is closed no maker can hold it; else -errno. */
int shoal__maker_is_dead(int fd);

#endif
