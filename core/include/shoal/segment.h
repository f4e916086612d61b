/* Segments: create, open, close, unlink, back up, and resolve their names. Part of shoal.h. */
#ifndef SHOAL_SEGMENT_H
#define SHOAL_SEGMENT_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

enum shoal_lifetime {
    SHOAL_PERSISTENT = 0, /* stays until unlinked */
    SHOAL_SHARED = 1,     /* unlinked when the last attached process has detached, ended or died */
};

#define SHOAL_ANY_OWNER (-2) /* options.owner: accept a segment that any user owns */

typedef struct shoal_options {
    uint64_t size;     /* bytes, a ceiling: memory is taken as objects are created. 0: 64 MiB */
    uint32_t mode;     /* permission bits of a new segment. Default 0600; the umask is not applied */
    int64_t group;     /* gid of a new segment; -1: that of the process */
    uint32_t lifetime; /* enum shoal_lifetime */
    bool readonly;     /* open only: PROT_READ, needs only read permission */
    int64_t owner; /* open: also accept this uid as owner (this user and root are always accepted); -1: nobody else */
    bool plain;    /* accept only a plain name: for names that come from users */
} shoal_options;

SHOAL_API void shoal_options_init(shoal_options *options);

/* "64M", "1.5g", "4096", "2 GiB", "64KB": binary units, any case. SHOAL_EVALUE for anything else, 0, or > 2^47. */
SHOAL_API int shoal_parse_size(uint64_t *size, const char *text, size_t length);

/*
 * name: "demo" -> <directory>/shoal.demo; with a '/' -> a mapped file of that path; "fd:7" or shoal_open_fd -> an
 * inherited descriptor; create with NULL -> anonymous memory (memfd). A plain name is 1 to 200 bytes of UTF-8 without
 * control characters, not starting with '.'. REQUIRE A PLAIN NAME (options.plain, shoal_plain_name) WHEN THE NAME COMES
 * FROM A USER: "../../etc/x" creates and unlinks files anywhere, "fd:0" opens what this process has open.
 *
 * create: SHOAL_EEXISTS if the name is taken; SHOAL_ENOSPACE if not even an empty segment fits. open:
 * SHOAL_ENOTFOUND, SHOAL_EDENIED (permission, an owner that is not accepted, a second hard link), SHOAL_ECORRUPT
 *         (not a segment, damaged, a symlink, a directory, a FIFO), SHOAL_EVERSION. Both: SHOAL_EDENIED for writing
 *         on NFS, SMB, FUSE and their like, whose locks do not prove to this kernel who is alive.
 *
 * Opening a segment twice in one context shares one attach; each open is checked on its own, and needs its own close.
 * The attach keeps the name and path of its first open; once that path no longer leads to the file, the next open by
 * another path replaces them. What is not a regular file is never opened. A descriptor is opened anew, which needs the
 * same permission as opening the file by a name (anonymous memory: what its mode permits).
 *
 * A file that somebody truncates, or punches on a full file system, would kill its readers by SIGBUS. So a process with
 * a readonly attach has the library's SIGBUS handler: memory that is gone reads as zeroes, and from then on every call
 * of that attach that returns a status returns SHOAL_ECORRUPT. Any other SIGBUS goes to the handler that was there
 * before. A handler that is installed later is called first, and should pass on what is not its own. The kernel kills a
 * process for a fault in a thread that blocks SIGBUS, so the library unblocks it in threads that read: by the open, by
 * a thread's first call, and by one call in 256 after that. An attach for writing is not guarded. With SHOAL_GUARD=0 in
 * the environment at the time of the open no handler is installed and no mask is changed.
 */
SHOAL_API int shoal_create(shoal_segment **out, shoal_context *context, const char *name, const shoal_options *options);
SHOAL_API int shoal_open(shoal_segment **out, shoal_context *context, const char *name, const shoal_options *options);
SHOAL_API int shoal_open_fd(shoal_segment **out, shoal_context *context, int fd, const shoal_options *options);
SHOAL_API int shoal_open_or_create(shoal_segment **out, shoal_context *context, const char *name,
                                   const shoal_options *options);

/* Close one open. Objects that are still open keep the mapping; never fails; NULL is allowed. */
SHOAL_API void shoal_close(shoal_segment *segment);

/*
 * Unlink the name; attached processes keep their memory. SHOAL_ENOTFOUND, SHOAL_EDENIED (also for a file that may not
 * be read, so that it is not known to be a segment), SHOAL_ECORRUPT. Only the file that was checked loses its name;
 * another file that gets the name meanwhile keeps it.
 */
SHOAL_API int shoal_unlink(shoal_context *context, const char *name);
SHOAL_API int shoal_segment_unlink(shoal_segment *segment); /* unlinks shoal_segment_path */
/* Unlink `path` if it leads to this segment's file: for opens of one segment by different names, each with its path. */
SHOAL_API int shoal_segment_unlink_path(shoal_segment *segment, const char *path);
/*
 * This process is about to end without closing what it has open (a worker that ends by _exit). With lifetime "shared"
 * it no longer counts among the processes that have the segment: the name is unlinked now if no other process has it,
 * as with the last close. Call it last; what is open still works. SHOAL_OK, also with another lifetime, for which it
 * does nothing.
 */
SHOAL_API int shoal_segment_end(shoal_segment *segment);

/* Where `name` leads now: an absolute path in malloc'd memory (free it), or NULL for "fd:7". SHOAL_EVALUE. */
SHOAL_API int shoal_resolve(char **path, shoal_context *context, const char *name);
/* SHOAL_OK if `name` is plain; SHOAL_EVALUE with a sentence for a path, "fd:7" and everything else. */
SHOAL_API int shoal_plain_name(const char *name);

/*
 * Write a sound copy of a segment that others may be writing, as the file `path` (a path, never a plain name). (cp
 * would mix the states of several moments.) The copy is a new segment: persistent, with the size and mode of this one
 * and an id of its own. It has the names that exist when the call begins, less those removed meanwhile: each Value as
 * it was at one moment, each Counter and Event, the count of a signal Semaphore; each NdArray as its elements were
 * read, so hold its lock meanwhile if they must be of one moment; locks, permits and barriers are free. Two objects may
 * be of different moments. Nobody waits for it; it works through a readonly attach.
 *
 * First the file is flushed to the disk (fsync), then it gets its name, atomically. SHOAL_EEXISTS if the name is taken,
 * unless `overwrite`. `overwrite` replaces only a regular file that nobody has open as a segment. SHOAL_EDENIED: what
 * is not a regular file or may not be read, this segment's own file by whatever name, a segment that a process is
 * attached to (the sentence says which), or of which a process has objects open through a readonly attach. A readonly
 * attach of another process that has no object open is not seen: it keeps the old file, and so does a process that
 * opens that file at the moment of the replacement.
 *
 * If this process dies during the call, it leaves nothing, except between the two system calls of a replacement and on
 * file systems without O_TMPFILE: there it may leave a file .shoal-new-… beside `path`. The next call of this user that
 * creates, backs up, unlinks or lists in that directory, or does not find a name there, unlinks that file.
 */
SHOAL_API int shoal_segment_backup(shoal_segment *segment, const char *path, bool overwrite);

/* the name that was given, in its plain form if it has one; "" when anonymous */
SHOAL_API const char *shoal_segment_name(const shoal_segment *segment);
SHOAL_API const char *shoal_segment_path(const shoal_segment *segment); /* absolute; "" when anonymous */
SHOAL_API const char *shoal_segment_id(const shoal_segment *segment);   /* 32 hexadecimal digits, unique for ever */
SHOAL_API uint64_t shoal_segment_size(const shoal_segment *segment);    /* the ceiling, bytes */
SHOAL_API uint64_t shoal_segment_used(shoal_segment *segment);          /* bytes in use by objects and tables */
SHOAL_API bool shoal_segment_readonly(const shoal_segment *segment);
/* Equal for two attaches of one segment (of its very file), and for two handles of one object through any attaches. */
typedef struct shoal_identity {
    uint64_t device, inode;
    uint64_t object; /* of a segment: from its id, so that a later file with the same inode differs */
} shoal_identity;
SHOAL_API shoal_identity shoal_segment_identity(const shoal_segment *segment);
static inline bool shoal_identity_equal(shoal_identity one, shoal_identity other)
{
    return one.object == other.object && one.inode == other.inode && one.device == other.device;
}
SHOAL_API uint64_t shoal_identity_hash(shoal_identity identity); /* equal identities have equal hashes */
SHOAL_API int shoal_segment_fd(const shoal_segment *segment);    /* belongs to the segment: do not close */

#endif
