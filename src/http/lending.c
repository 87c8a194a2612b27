#include "http/lending.h"

struct arena lending_take_arena(struct lending *lending)
{
	if (lending->arena_count == 0)
		return (struct arena){0};
	return lending->arenas[--lending->arena_count];
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
	if (max >= LENDING_BODY_ROOM_MAX && lending->body_count > 0)
		body = lending->bodies[--lending->body_count];
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

void lending_clear(struct lending *lending)
{
	while (lending->arena_count > 0)
		arena_clear(&lending->arenas[--lending->arena_count]);
	while (lending->body_count > 0)
		buf_clear(&lending->bodies[--lending->body_count]);
}
