/* What a command has found, as a tree: it is printed as JSON, or as tables. And the memory for it. */
#ifndef CLI_NODE_H
#define CLI_NODE_H

#include <shoal.h>

enum node_type { NIL, BOOL, INT, UINT, REAL, STR, BIN, TIME, VIEW, EXT, ARRAY, MAP };

typedef struct node {
    enum node_type type;
    union {
        bool truth;
        int64_t integer; /* TIME: seconds since 1970 */
        uint64_t large;
        double real;
        char *bytes; /* STR (with a NUL behind it), BIN, EXT */
        const shoal_view *view;
        struct node **items; /* of a MAP: key, value, key, value … */
    };
    size_t size;         /* bytes; items, two for each pair of a MAP */
    size_t room;         /* of items */
    uint32_t nanosecond; /* TIME */
    int extension;       /* EXT */
} node;

/* Memory that nobody frees by itself: keep_reset frees all of it. Ends the program with a sentence if there is none. */
void *keep(size_t size);
char *keep_text(const char *bytes, size_t size); /* a copy, with a NUL behind it */
__attribute__((format(printf, 1, 2))) char *keep_print(const char *format, ...);
void keep_reset(void);

node *node_new(enum node_type type);
node *node_bool(bool truth);
node *node_int(int64_t integer);
node *node_uint(uint64_t large);
node *node_real(double real);
node *node_str(const char *text);
node *node_bytes(enum node_type type, const char *bytes, size_t size);
void node_add(node *list, node *item);
void node_put(node *map, const char *key, node *value);

node *node_get(const node *map, const char *key);           /* NULL: it is no map, or has no such key */
bool node_number(double *out, const node *from);            /* INT, UINT, REAL, BOOL; NULL is allowed, and none */
double node_number_of(const node *map, const char *key);    /* 0 if there is none */
const char *node_text_of(const node *map, const char *key); /* "" if there is none */
size_t node_count_of(const node *map, const char *key);     /* of items of the array; 0 if there is none */

int node_decode(node **out, const void *bytes, size_t size); /* MessagePack, exactly one item */
void node_encode(shoal_writer *out, const node *from);       /* the other way; the writer has the status */

#endif
