/*
 * Cursors of lists: where the last page ended, in a form that callers hand back but cannot make.
 *
 * A cursor is base64url of a MAC and a position. The MAC covers the scope too, a text that
 * describes the query, so a cursor cannot be used with another query. Positions are values, not
 * offsets: what is added or removed meanwhile neither hides nor doubles anything else.
 */
#ifndef SHOPD_REPO_CURSOR_H
#define SHOPD_REPO_CURSOR_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/result.h"
#include "base/text.h"
#include "repo/repo.h"

enum { CURSOR_POSITION_MAX = 1024 /* bytes */ };

/* A new cursor in the arena; NULL when out of memory. */
const char *cursor_make(const struct repo *repo, struct span scope, struct span position,
			struct arena *arena);

/*
 * RESULT_OK with the position in the arena; RESULT_INVALID for what is not a cursor of this table
 * and scope.
 */
MUST_CHECK enum result cursor_read(const struct repo *repo, struct span scope, const char *cursor,
				   struct arena *arena, struct span *position);

#endif
