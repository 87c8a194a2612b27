/*
 * SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012): a hash under a
 * secret key. Whoever does not know the key cannot choose inputs that share a hash, so what is
 * found by it cannot be aimed at. It takes some 20 ns for short inputs, and is no digest.
 */
#ifndef SHOPD_BASE_SIPHASH_H
#define SHOPD_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
	uint64_t low; /* the first eight bytes, the least significant one first */
	uint64_t high;
};

uint64_t siphash(const struct siphash_key *key, const void *bytes, size_t len);

#endif
