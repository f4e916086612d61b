/*
 * SipHash-1-3: a keyed hash for the directory of names. The key is random for each segment, so that a party which
 * chooses the names cannot choose them to collide.
 *
 * Aumasson, Bernstein: "SipHash: a fast short-input PRF" (2012), https://www.aumasson.jp/siphash/siphash.pdf, here with
 * one round for each word and three at the end.
 */
#ifndef SHOAL_VALUE_HASH_H
#define SHOAL_VALUE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* The low 32 bits of SipHash-1-3. The result is stored in the segment, so it is the same in every byte order. */
uint32_t shoal__hash(const void *bytes, size_t n, const uint64_t key[2]);
/* All 64 bits. */
uint64_t shoal__hash64(const void *bytes, size_t n, const uint64_t key[2]);

#endif
