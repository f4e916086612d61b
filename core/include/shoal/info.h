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
    uint64_t committed; /* bytes of memory that the host backs it with now */
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
    uint64_t size, used, committed; /* bytes: ceiling; in use by objects and tables; backed by the host now */
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
    int32_t pid;  /* in its own PID namespace */
    double since; /* seconds since 1970 */
    char program[16];
    bool alive;
} shoal_peer;

SHOAL_API int shoal_segment_info(shoal_info *out, shoal_segment *segment);
/*
 * Everything there is to know about the segment, as one map of MessagePack, appended to `out`: the fields of shoal_info
 * under their names, and those below. An error leaves `out` as it was. In texts that are not UTF-8 U+FFFD replaces
 * invalid bytes. Works readonly.
 *
 *   name, path, id   texts: "" for anonymous memory
 *   lifetime         "persistent" or "shared"
 *   readonly         whether this attach is
 *   kinds            map from the name of a kind to how many objects it has; kinds without objects are left out
 *   peers            array of maps: slot, pid, since, program, alive, of shoal_peer
 *   locks            array of maps, one for each object that can be held: name, kind, holders, waiters, as in
 *                    shoal_object_describe
 */
SHOAL_API int shoal_segment_describe(shoal_writer *out, shoal_segment *segment);
/* Up to `limit` peers into `out`; *count is how many there are. */
SHOAL_API int shoal_segment_peers(shoal_peer *out, size_t limit, size_t *count, shoal_segment *segment);

/*
 * Check everything and call `report` with a sentence for each thing that is wrong. Never repairs and never writes what
 * it checks. Returns the number of findings (0: sound) or an error. It reads a private copy: nobody waits for it, and
 * it waits for nobody (a writing attach finishes what a dead owner had begun, as any other call would). Beside writers
 * that never pause it looks again, until everything that seemed wrong was seen to be right; if three looks and five
 * seconds do not suffice it returns SHOAL_ETIMEDOUT, with a sentence that says what seems to be wrong. It then does not
 * compare sums that changed in every look.
 */
/* Receives the findings, after everything has been checked. */
typedef void (*shoal_report)(void *argument, const char *finding);
SHOAL_API int shoal_check(shoal_segment *segment, shoal_report report, void *argument);
/* The same with the findings as a list: SHOAL_OK, whether there are findings or not. Free with shoal_list_free. */
SHOAL_API int shoal_check_findings(shoal_text **out, size_t *count, shoal_segment *segment);

#endif
