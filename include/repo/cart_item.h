/*
 * How a cart is kept: one item, C#id / "#", with its lines in a map by product, so that each line can
 * be changed by itself; and for a user's active cart a pointer, U#user / CART. docs/table.md has it
 * all.
 */
#ifndef SHOPD_REPO_CART_ITEM_H
#define SHOPD_REPO_CART_ITEM_H

#include "aws/attribute.h"
#include "base/buf.h"
#include "base/id.h"
#include "base/result.h"
#include "domain/cart.h"
#include "repo/repo.h"

enum {
	CART_KEY_SIZE = ID_SIZE + 4,
	CART_ITEM_MAX = 1024 * 1024, /* as JSON: 90 names of 200 characters may be mostly escapes */
};

/* "C#id", "U#id" */
void cart_item_key(const char *prefix, const char *id, char key[static CART_KEY_SIZE]);

/* Now, in seconds since 1970: what a cart's time to live is compared with. */
int64_t cart_item_now(const struct repo *repo);

/*
 * The cart in an item's text, whose texts go into the arena. RESULT_NOT_FOUND: it has expired, or
 * there is no text; RESULT_GARBLED: it is beyond understanding; RESULT_NO_MEMORY. `out->id` is set
 * to `id`.
 */
MUST_CHECK enum result cart_item_read(const struct repo *repo, struct span text, const char *id,
				      struct arena *arena, struct cart *out);

/* Appends the members of a cart's item but for its key. */
void cart_item_write(const struct cart *cart, struct buf *out);

/* Appends all lines, or one, as an attribute value. */
void cart_item_write_lines(const struct cart *cart, struct buf *out);
void cart_item_write_line(const struct cart_line *line, struct buf *out);

/* Appends `"name":{"N":"…"}`, with a comma first unless `out` is empty or ends in "{". */
void cart_item_add_number(struct buf *out, const char *name, int64_t number);

#endif
