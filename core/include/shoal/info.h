/* What is in a segment, which processes have it, and whether it is sound. Part of shoal.h. */
#ifndef SHOAL_INFO_H
#define SHOAL_INFO_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

typedef struct shoal_listed {
    char name[256];
    uint64_t size;      /* ceiling, bytes */
    uint64_t used;      /* bytes in use */
    uint64_t committed; /* bytes of memory or disk that back the segment now */
    uint32_t peers;     /* processes attached for writing now */
    uint32_t owner;     /* uid */
    uint32_t mode;      /* permission bits */
    uint32_t lifetime;
    double created; /* seconds since 1970 */
} shoal_listed;

/* The segments in the context's directory that this process may read. Free with shoal_list_free. */
SHOAL_API int shoal_list(shoal_listed **out, size_t *count, shoal_context *context);
/*
 * Frees any list that a call made for its caller (each is one block of memory). NULL, which an empty list may be, is
 * allowed.
 */
SHOAL_API void shoal_list_free(void *list);

/* A name or a finding in a list. */
typedef struct shoal_text {
    const char *text; /* NUL-terminated; part of the list's memory */
    size_t length;
    int kind; /* of a name: the object's kind; of a finding: SHOAL_KIND_NONE */
} shoal_text;

typedef struct shoal_info {
    uint64_t size, used, committed; /* bytes: ceiling; in use by objects and tables; backed now */
    uint64_t largest_free;          /* bytes: the largest block that could be allocated within the ceiling */
    uint64_t objects;
    uint32_t peers, peer_limit;
    uint32_t removed;    /* objects removed by name whose memory is still in use */
    uint32_t recoveries; /* how often a dead owner's unfinished change was completed or undone */
    uint32_t lifetime, mode, owner;
    uint32_t format;
    double created;
} shoal_info;

typedef struct shoal_peer {
    uint32_t slot;
    int32_t pid;  /* as its own PID namespace has it */
    double since; /* seconds since 1970 */
    char program[16];
    bool alive;
} shoal_peer;

SHOAL_API int shoal_segment_info(shoal_info *out, shoal_segment *segment);
/*
 * Everything there is to know about the segment, as one map of MessagePack, appended to `out`: the fields of shoal_info
 * under their names, and those below. An error leaves `out` as it was. In texts that are not UTF-8, U+FFFD replaces
 * invalid bytes. Works through a readonly attach.
 *
 *   name, path, id   texts; name and path are "" for anonymous memory
 *   lifetime         "persistent" or "shared"
 *   readonly         whether this attach is readonly
 *   kinds            map from the name of a kind to how many objects it has; kinds without objects are left out
 *   peers            array of maps: slot, pid, since, program, alive, of shoal_peer
 *   locks            array of maps, one for each object that can be held: name, kind, holders, waiters, as in
 *                    shoal_object_describe
 */
SHOAL_API int shoal_segment_describe(shoal_writer *out, shoal_segment *segment);
/* Write up to `limit` peers to `out`; *count is how many there are. */
SHOAL_API int shoal_segment_peers(shoal_peer *out, size_t limit, size_t *count, shoal_segment *segment);

/*
 * Check the whole segment and call `report` with a sentence for each finding. Returns the number of findings (0: the
 * segment is sound) or an error. Repairs nothing and writes nothing that it checks. It reads without the lock of the
 * structure, so that writers do not wait for it, nor it for them; but through a writing attach it first finishes what a
 * dead owner had begun, as any other call would, and it checks under the lock if a check takes less than a millisecond
 * and three without the lock were disturbed. If writers change the structure during every check, it checks again until
 * everything that seemed wrong was once seen to be right or was replaced. If three checks and five seconds do not
 * suffice for that, it returns SHOAL_ETIMEDOUT, with a sentence that says what seems to be wrong. Sums that changed
 * during every check are not compared.
 */
/* Receives the findings, after everything has been checked. */
typedef void (*shoal_report)(void *argument, const char *finding);
SHOAL_API int shoal_check(shoal_segment *segment, shoal_report report, void *argument);
/* shoal_check with the findings as a list; SHOAL_OK with or without findings. Free with shoal_list_free. */
SHOAL_API int shoal_check_findings(shoal_text **out, size_t *count, shoal_segment *segment);

#endif
