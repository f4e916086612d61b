/* What is in a segment, who has it, and whether it is sound. Part of shoal.h. */
#ifndef SHOAL_INFO_H
#define SHOAL_INFO_H

#ifndef SHOAL_H
#error "include shoal.h"
#endif

typedef struct shoal_listed {
    char name[256];
    uint64_t size;      /* ceiling, bytes */
    uint64_t used;      /* bytes in use */
    uint64_t committed; /* bytes of memory that the host gives it now */
    uint32_t peers;     /* processes attached for writing now */
    uint32_t owner;     /* uid */
    uint32_t mode;      /* permission bits */
    uint32_t lifetime;
    double created; /* seconds since 1970 */
} shoal_listed;

/* The segments in the context's directory that this process may read. Free with shoal_list_free. */
SHOAL_API int shoal_list(shoal_listed **out, size_t *count, shoal_context *context);
/* Any list that a call made for its caller, in one block of memory; NULL, which an empty one may be, is allowed. */
SHOAL_API void shoal_list_free(void *list);

/* A name or a finding in a list. */
typedef struct shoal_text {
    const char *text; /* NUL-terminated as well, and part of the list's memory */
    size_t length;
    int kind; /* of the object of that name; of a finding SHOAL_KIND_NONE */
} shoal_text;

typedef struct shoal_info {
    uint64_t size, used, committed; /* bytes: ceiling; by objects and tables; given by the host now */
    uint64_t largest_free;          /* bytes: the largest block that could be allocated within the ceiling */
    uint64_t objects;
    uint32_t peers, peer_limit;
    uint32_t removed;    /* objects removed by name whose memory somebody still uses */
    uint32_t recoveries; /* times a dead owner's unfinished change was completed or undone */
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
 * Everything there is to know about the segment, as one map of MessagePack, appended to `out`: the facts of shoal_info under their
 * names, and these. A wrong status leaves `out` as it was. Texts that are not UTF-8 have U+FFFD for what is not. Works readonly.
 *
 *   name, path, id   texts: "" for anonymous memory
 *   lifetime         "persistent" or "shared"
 *   readonly         whether this attach is
 *   kinds            map: how many objects there are of each kind, by its name; none of 0
 *   peers            array of maps: slot, pid, since, program, alive, of shoal_peer
 *   locks            array of maps: name, kind, holders, waiters, as shoal_object_describe has them: of each object that may be held
 */
SHOAL_API int shoal_segment_describe(shoal_writer *out, shoal_segment *segment);
/* Up to `limit` peers into `out`; *count is how many there are. */
SHOAL_API int shoal_segment_peers(shoal_peer *out, size_t limit, size_t *count, shoal_segment *segment);

/*
 * Walk everything and call `report` with a sentence for each thing that is wrong. Never repairs and never
 * writes what it checks. Returns the number of findings (0: sound) or an error. It reads a private copy: nobody waits for
 * it, and it waits for nobody (a writing attach finishes what a dead owner had begun, as any other call would). Beside writers that
 * never stop it looks again, until what seemed wrong was seen to be right; if that does not come about in three looks and five
 * seconds SHOAL_ETIMEDOUT, with a sentence that says what seems to be wrong. Sums that change in every look are not compared then.
 */
/* Called when all has been looked at. */
typedef void (*shoal_report)(void *argument, const char *finding);
SHOAL_API int shoal_check(shoal_segment *segment, shoal_report report, void *argument);
/* The same with the findings as a list: SHOAL_OK, with however many. Free with shoal_list_free. */
SHOAL_API int shoal_check_findings(shoal_text **out, size_t *count, shoal_segment *segment);

#endif
