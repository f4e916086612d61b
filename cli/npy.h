/* numpy's file format .npy, version 1.0. */
#ifndef CLI_NPY_H
#define CLI_NPY_H

#include <stdio.h>

#include "node.h"

int npy_write(FILE *to, const shoal_view *view); /* -1 if `to` failed; errno says why */
/* A view over `bytes`, in memory that is kept. NULL: *why says what is wrong. */
const shoal_view *npy_read(const char **why, char *bytes, size_t size);

#endif
