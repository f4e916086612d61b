/* A hostile writer, and readers: main.c has the processes, attacks.c what the writer does, read.c what readers do. */
#ifndef SHOAL_TORTURE_HOSTILE_H
#define SHOAL_TORTURE_HOSTILE_H

#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64 /* as the core: it decides what mmap is called */
#endif

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../kinds/kinds.h"
#include "segment/layout.h"

#define SIZE ((size_t)3 << 19)

/* What the processes tell each other. */
struct board {
    uint64_t attacks[8];
    uint64_t attaches, calls, told; /* told: calls that ended with SHOAL_ECORRUPT */
    uint64_t violations;
    double longest; /* seconds of processor that a call took */
    char longest_call[40], call[40];
};
extern struct board *board;

struct settings {
    uint64_t seed;
    double seconds;
    int readers;
    bool points;
    const char *directory, *only;
    char **command;
};
extern struct settings settings;

extern unsigned char *image; /* as it was when all was well */
extern unsigned char *live;
extern int file;

/* main.c */
uint32_t random_below(uint32_t below);
void seed_random(uint64_t seed);
double seconds_of(clockid_t clock);
void need(int status, const char *what);
const char *any_name(char out[32]);

/* attacks.c */
struct attack {
    const char *name;
    void (*act)(void);
    uint32_t often;
};
extern const struct attack attacks[];
extern const int attack_count;

void find_targets(void);
void change_something(void);
void count_on(void); /* what readers compare, to know whether something has changed */
void restore(void);
void attack(const char *only);

/* read.c */
extern bool reading; /* a call has begun and has not ended */
void read_for_a_while(void);

#endif
