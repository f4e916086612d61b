/*
 * Images are kept as recipes: what is changed in the golden segment (tests/format/golden), 8 bytes for each edit. So an
 * input is small, whatever bytes it has mean something, and two of them can be crossed. The words are those of docs/format.md.
 */
#ifndef SHOAL_FUZZ_RECIPE_H
#define SHOAL_FUZZ_RECIPE_H

#include "arena.h"

struct edit {
    uint8_t what; /* enum what, modulo their number */
    uint8_t which;
    uint8_t field;
    uint8_t how; /* enum how, modulo their number */
    uint32_t number;
};
_Static_assert(sizeof(struct edit) == 8, "an input is a row of them");

#define MOST_EDITS 24

enum what {
    CONSTANT,  /* a constant of the header; the sum is put right afterwards, unless it was edited itself */
    HEADER,    /* another word of the header */
    PEER,      /* a word of a peer */
    PAGE,      /* of a page's descriptor */
    TABLE,     /* of the directory's table */
    ENTRY,     /* of an entry, or its name */
    BODY,      /* of an object's body */
    PIN,       /* of a pin */
    JOURNAL,   /* of the journal */
    ANYWHERE,  /* a word anywhere */
    FILL,      /* `number` bytes from a page on become `how` */
    RELOCATE,  /* an entry, or a body, goes to another place, and who refers to it knows */
    RENAME,    /* another name, in the same chain */
    TRUNCATE,  /* the file has another length; odd fields: the header says so */
    LIVE,      /* a peer is alive */
    LATER,     /* the next edit is done when its word is loaded for the nth time */
    BODY_FAR,  /* of an object's body, from 64 bytes on */
    OWNED,     /* a word of a part: a run, or a block of a list, that an object owns */
    WHAT_COUNT /* last */
};

enum how {
    LITERAL,
    ADDED,     /* a small number to what was there */
    FLIPPED,   /* a bit */
    TELLING,   /* 0, 1, the largest, … */
    REF_ENTRY, /* the ref of an entry */
    REF_BODY,  /* of a body */
    REF_PAGE,  /* of a page */
    REF_OTHER, /* of the table, a pin, or where it is itself */
    REF_END,   /* a few granules before the end of the heap */
    PAGE_LINK, /* the number of a page, + 1 */
    OWNER,     /* what a lock word says when a peer holds it */
    REST,      /* bytes from there to the end of the file, or a few more or less */
    HALVED,    /* or doubled */
    REF_OWNED, /* the ref of a part */
    HOW_COUNT  /* last */
};

/* Where things are: in the golden segment, and in the image as far as its recipe is done. */
#define MOST_ENTRIES 64
struct map_of_image {
    uint32_t entries, pins, parts;
    uint32_t golden_entry[MOST_ENTRIES], golden_body[MOST_ENTRIES]; /* offsets */
    uint32_t entry[MOST_ENTRIES], body[MOST_ENTRIES], pin[MOST_ENTRIES];
    uint32_t part[MOST_ENTRIES], owner[MOST_ENTRIES]; /* what objects own (segment/parts.h), and which entry's */
    uint32_t body_size[MOST_ENTRIES];
    char name[MOST_ENTRIES][256];
};

void recipe_learn(struct map_of_image *map, const struct image *image);
/* Make the golden image that of the recipe. */
void recipe_cook(struct image *image, struct map_of_image *map, const unsigned char *recipe, size_t size);
void recipe_all_die(void);                    /* whom the recipe has alive */
void recipe_was_written(struct image *image); /* by somebody else, anywhere */
/* And the golden one again. */
void recipe_restore(struct image *image);

#endif
