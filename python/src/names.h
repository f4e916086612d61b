/* The names of a segment's objects. */
#ifndef SHOAL_PYTHON_NAMES_H
#define SHOAL_PYTHON_NAMES_H

#include "attachment.h"

/* Collected without touching Python. */
typedef struct NameList {
    char *bytes; /* records of { u8 kind, u8 length, bytes } */
    size_t size, capacity, count;
} NameList;

int names_collect(NameList *list, Attachment *attachment);
void names_free(NameList *list);

#endif
