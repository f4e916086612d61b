/* How things are printed. Text that comes from a segment is never printed but through here: it is escaped. */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include <stdio.h>

#include "node.h"

enum colour { PLAIN, BOLD, DIM, RED, GREEN, YELLOW };

extern bool show_colours;          /* set once, by show_begin */
void show_begin(const char *when); /* "auto", "always", "never": colours only on a terminal, without NO_COLOR */
extern int show_lines;             /* how many more lines of tables and maps are printed; below 0: all */
int show_width(void);              /* columns of the terminal; 0: standard output is none */

/* Control characters, invalid UTF-8, what reorders or hides text: as \n, \x1b, \u{202e}; a backslash as two. */
char *show_text(const char *bytes, size_t size);
int show_columns(const char *text); /* how many columns a text that was escaped takes */
void show_painted(enum colour colour, const char *text);
char *show_bytes(double bytes);  /* "64.0 MiB" */
char *show_span(double seconds); /* "3 min" */
char *show_since(double time);   /* "2026-12-01 12:00:00 (3 min)" or "" for 0 */

/* JSON, as docs/cli.md describes it. ASCII controls and what moves a terminal's text are written as \uXXXX. */
void json_write(FILE *to, const node *from);
void json_print(const node *from); /* a line of its own on standard output */
/* The other way. SHOAL_EVALUE: *why says where and what. */
int json_parse(node **out, const char **why, const char *text, size_t size);
char *base64(const char *bytes, size_t size);

/* A table: cells row by row. It is printed when it is whole, as wide as the terminal at most. */
typedef struct table table;
table *table_new(const char *const *heads); /* ends with NULL; one that begins with '>' is aligned to the right */
void table_cell(table *to, enum colour colour, char *escaped);
void table_text(table *to, const char *text); /* escapes it */
void table_print(const table *from);

/* A map as lines "key  value", and arrays of maps in it as tables. */
void show_map(const node *map);

#endif
