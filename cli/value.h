/* Reading the value of an object of any kind. */
#ifndef CLI_VALUE_H
#define CLI_VALUE_H

#include "node.h"

/* As shoal_object_read, with as much memory as it takes. */
int value_bytes(char **bytes, size_t *size, shoal_object **object, shoal_segment *segment, const char *name);
/* *out is NULL if it has none. *bytes is NULL of an object that is opened, and what is stored of another. */
int value_read(node **out, char **bytes, size_t *size, shoal_segment *segment, const char *name);

#endif
