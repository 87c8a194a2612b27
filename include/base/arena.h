/*
 * Memory that lives as long as one request: many small allocations, one release.
 *
 * Zeroed memory is a valid, empty arena. What was allocated is zeroed and aligned for any type. The
 * arena refuses to grow beyond ARENA_MAX, so that one request cannot eat the machine.
 */
#ifndef SHOPD_BASE_ARENA_H
#define SHOPD_BASE_ARENA_H

#include <stddef.h>

enum { ARENA_MAX = 4 * 1024 * 1024 };

struct arena_block;

struct arena {
	struct arena_block *blocks; /* the newest first */
	size_t total;               /* bytes held by all blocks */
};

/* Zeroed memory, or NULL when there is none (or the arena is full). */
void *arena_alloc(struct arena *arena, size_t size);

/* A copy of `len` bytes with a NUL behind it, or NULL. */
char *arena_copy(struct arena *arena, const char *text, size_t len);

/* Releases everything but a first block, for the next request. */
void arena_reset(struct arena *arena);

/* Releases everything. */
void arena_clear(struct arena *arena);

#endif
