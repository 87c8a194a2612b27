#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * The first block serves most requests and is the one that is kept between them. Later ones double
 * what there is, so that a large request needs few of them, up to a size that wastes little.
 */
enum { FIRST_BLOCK = 8 * 1024, LARGEST_STEP = 64 * 1024 };

struct arena_block {
	struct arena_block *next;
	size_t size; /* of bytes[] */
	size_t used;
	alignas(max_align_t) unsigned char bytes[];
};

static size_t aligned(size_t size)
{
	size_t unit = alignof(max_align_t);

	return (size + unit - 1) / unit * unit;
}

static size_t next_block_size(const struct arena *arena)
{
	if (arena->total < FIRST_BLOCK)
		return FIRST_BLOCK;
	return arena->total < LARGEST_STEP ? arena->total : LARGEST_STEP;
}

/* A new block in front, with room for `need` bytes. */
static struct arena_block *add_block(struct arena *arena, size_t need)
{
	size_t size = next_block_size(arena);
	struct arena_block *block;

	need += sizeof(*block);
	if (need > ARENA_MAX - arena->total)
		return NULL;
	if (size < need || size > ARENA_MAX - arena->total)
		size = need;
	block = malloc(size);
	if (!block)
		return NULL;
	block->size = size - sizeof(*block);
	block->used = 0;
	block->next = arena->blocks;
	arena->blocks = block;
	arena->total += size;
	return block;
}

/* Memory as it is, perhaps with the bytes of an earlier request. */
static void *take(struct arena *arena, size_t size)
{
	struct arena_block *block = arena->blocks;
	void *memory;

	if (size > ARENA_MAX)
		return NULL;
	size = aligned(size > 0 ? size : 1);
	if (!block || size > block->size - block->used)
		block = add_block(arena, size);
	if (!block)
		return NULL;
	memory = block->bytes + block->used;
	block->used += size;
	return memory;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	void *memory = take(arena, size);

	return memory ? memset(memory, 0, size) : NULL;
}

char *arena_copy(struct arena *arena, const char *text, size_t len)
{
	char *copy = len < ARENA_MAX ? take(arena, len + 1) : NULL;

	if (!copy)
		return NULL;
	if (len > 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

static void free_blocks(struct arena *arena, const struct arena_block *until)
{
	while (arena->blocks != until) {
		struct arena_block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
	}
}

void arena_reset(struct arena *arena)
{
	struct arena_block *oldest = arena->blocks;

	while (oldest && oldest->next)
		oldest = oldest->next;
	/* A first block that was made for one huge text would never be given back. */
	if (!oldest || oldest->size + sizeof(*oldest) > FIRST_BLOCK) {
		arena_clear(arena);
		return;
	}
	free_blocks(arena, oldest);
	oldest->used = 0;
	arena->total = oldest->size + sizeof(*oldest);
}

void arena_clear(struct arena *arena)
{
	free_blocks(arena, NULL);
	arena->total = 0;
}
