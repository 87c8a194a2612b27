/*
 * How a checkout is kept: one item, K#id / "#", with its lines in a list. While it is held it is
 * in gsi2, EXP#shard / expires_at#id, where the sweeper finds it; afterwards it has a time to
 * live, and without an order nothing of the person any more. The order takes lines and address
 * over as they stand here. A user's is noted in U#user / K#id as long as it or its order names the
 * person (person_removal.h). docs/table.md has it all.
 */
#ifndef SHOPD_REPO_CHECKOUT_ITEM_H
#define SHOPD_REPO_CHECKOUT_ITEM_H

#include "aws/attribute.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/result.h"
#include "domain/checkout.h"

enum {
	CHECKOUT_KEY_SIZE = ID_SIZE + 4, /* "K#" and an id */
	CHECKOUT_INDEX_SIZE = 80,
	CHECKOUT_ITEM_MAX = 1024 * 1024,          /* as JSON */
	CHECKOUT_KEPT_SECONDS = 7 * 24 * 60 * 60, /* after its end */
};

/* "K#id" */
void checkout_item_key(const char *id, char key[static CHECKOUT_KEY_SIZE]);

/* The keys of gsi2 of one that is held. */
struct checkout_index {
	char g2p[CHECKOUT_INDEX_SIZE];
	char g2s[CHECKOUT_INDEX_SIZE];
};
void checkout_item_index(const struct checkout *checkout, uint32_t write_shards,
			 struct checkout_index *out);

/* As it is stored. */
struct stored_checkout {
	struct checkout checkout;
	struct span lines; /* {"L": …} */
};

/*
 * The checkout in an item's text, whose texts go into the arena. RESULT_NOT_FOUND: there is no
 * text, or its time to live has passed; RESULT_GARBLED; RESULT_NO_MEMORY. `now_s`: since 1970.
 */
MUST_CHECK enum result checkout_item_read(struct span text, const char *id, int64_t now_s,
					  struct arena *arena, struct stored_checkout *out);

/* Appends the members of a new, held one but for its key. */
void checkout_item_write(const struct checkout *checkout, uint32_t write_shards, struct buf *out);

/*
 * Appends the values of an update of one that is held, as a JSON object: :held, :now and :v for the
 * condition, what may change of it as :next (its version), :time, :expires, :g2s, :x (extended), :a
 * and, if there is one, :e.
 */
void checkout_item_write_change(const struct checkout *before, const struct checkout *after,
				const char *now, uint32_t write_shards, struct buf *out);

/* Appends the checkout as the API shows it. */
void checkout_item_show(const struct checkout *checkout, struct buf *out);

#endif
