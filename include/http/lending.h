/*
 * Memory that requests of one server hand on to those that come after: arenas with their first
 * block, and buffers for the bodies of replies. What was used last is lent first, for it is in the
 * processor's cache; what nobody needs any more is given back to the system.
 */
#ifndef SHOPD_HTTP_LENDING_H
#define SHOPD_HTTP_LENDING_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

enum { LENDING_MAX = 1024, LENDING_BODY_ROOM_MAX = 8 * 1024 };

/* Zeroed memory is one that has nothing yet. */
struct lending {
	struct arena arenas[LENDING_MAX];
	size_t arena_count;
	size_t arenas_spare; /* as many were never lent since lending_trim */
	struct buf bodies[LENDING_MAX];
	size_t body_count;
	size_t bodies_spare;
};

/* An empty arena. */
struct arena lending_take_arena(struct lending *lending);
/* Leaves an empty one. */
void lending_give_arena(struct lending *lending, struct arena *arena);

/* An empty buffer with this maximum. */
struct buf lending_take_body(struct lending *lending, size_t max);
/* Leaves an empty one without memory. */
void lending_give_body(struct lending *lending, struct buf *body);

/* Gives back to the system what was never lent since the last time. To be called now and then. */
void lending_trim(struct lending *lending);

/* Gives everything back to the system. */
void lending_clear(struct lending *lending);

#endif
