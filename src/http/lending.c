#include "http/lending.h"

#include <string.h>

static size_t lesser(size_t a, size_t b)
{
	return a < b ? a : b;
}

struct arena lending_take_arena(struct lending *lending)
{
	if (lending->arena_count == 0)
		return (struct arena){0};
	lending->arena_count--;
	lending->arenas_spare = lesser(lending->arenas_spare, lending->arena_count);
	return lending->arenas[lending->arena_count];
}

void lending_give_arena(struct lending *lending, struct arena *arena)
{
	arena_reset(arena);
	if (lending->arena_count == LENDING_MAX)
		arena_clear(arena);
	else if (arena->blocks)
		lending->arenas[lending->arena_count++] = *arena;
	*arena = (struct arena){0};
}

struct buf lending_take_body(struct lending *lending, size_t max)
{
	struct buf body = {0};

	/* The room of a buffer is never beyond its maximum. */
	if (max >= LENDING_BODY_ROOM_MAX && lending->body_count > 0) {
		body = lending->bodies[--lending->body_count];
		lending->bodies_spare = lesser(lending->bodies_spare, lending->body_count);
	}
	body.max = max;
	return body;
}

void lending_give_body(struct lending *lending, struct buf *body)
{
	buf_reset(body);
	if (body->data && body->room <= LENDING_BODY_ROOM_MAX && lending->body_count < LENDING_MAX)
		lending->bodies[lending->body_count++] = *body;
	else
		buf_clear(body);
	*body = (struct buf){0};
}

/* Those at the bottom have not been lent for the longest time. */
void lending_trim(struct lending *lending)
{
	size_t arenas = lending->arenas_spare;
	size_t bodies = lending->bodies_spare;

	for (size_t i = 0; i < arenas; i++)
		arena_clear(&lending->arenas[i]);
	for (size_t i = 0; i < bodies; i++)
		buf_clear(&lending->bodies[i]);
	lending->arena_count -= arenas;
	lending->body_count -= bodies;
	memmove(lending->arenas, lending->arenas + arenas,
		lending->arena_count * sizeof(lending->arenas[0]));
	memmove(lending->bodies, lending->bodies + bodies,
		lending->body_count * sizeof(lending->bodies[0]));
	lending->arenas_spare = lending->arena_count;
	lending->bodies_spare = lending->body_count;
}

void lending_clear(struct lending *lending)
{
	while (lending->arena_count > 0)
		arena_clear(&lending->arenas[--lending->arena_count]);
	while (lending->body_count > 0)
		buf_clear(&lending->bodies[--lending->body_count]);
}
