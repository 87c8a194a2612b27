/*
 * How a subscription is kept: a user wants to be told when a product is back in stock.
 *
 * SUB#product#s / U#user   product_id, user_id, mark, created_at, expires_at, ttl; in gsi1 as
 *                          U#user / SUB#product, to find those of a user who goes. <s> is the write
 *                          shard of the user's id: a product may have a hundred thousand of them.
 *
 * It is gone once its user was told, and after 90 days in any case. `mark` is another one each time
 * it is put: who deletes what was read before does not delete what was put anew meanwhile.
 */
#ifndef SHOPD_REPO_SUBSCRIPTION_ITEM_H
#define SHOPD_REPO_SUBSCRIPTION_ITEM_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/attribute.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/id.h"

enum {
	SUBSCRIPTION_KEY_SIZE = ID_SIZE + 16, /* "SUB#", an id, "#", a shard */
	SUBSCRIPTION_SORT_SIZE = ID_SIZE + 4, /* "U#" and an id */
	SUBSCRIPTION_ITEM_MAX = 1024,         /* bytes of its members */
};

struct subscription {
	char product_id[ID_SIZE];
	char user_id[ID_SIZE];
	char mark[ID_SIZE];
	int64_t created_ms;
	int64_t expires_ms; /* from then on it does not count */
};

/* One that begins now. The ids must be valid. */
void subscription_init(struct subscription *subscription, const char *product_id,
		       const char *user_id, int64_t wall_ms);

/* Where a product's subscriptions are, by shard; and where a user's is. */
void subscription_item_shard(const char *product_id, uint32_t shard,
			     char key[static SUBSCRIPTION_KEY_SIZE]);
void subscription_item_key(const char *product_id, const char *user_id, uint32_t write_shards,
			   char key[static SUBSCRIPTION_KEY_SIZE]);
void subscription_item_sort(const char *user_id, char sort[static SUBSCRIPTION_SORT_SIZE]);

/* Appends the members of the item but for its key. */
void subscription_item_write(const struct subscription *subscription, struct buf *out);

/*
 * The one that an item of the partition is; created_ms stays 0. False when another tool has made it
 * unreadable.
 */
bool subscription_item_read(const struct item *item, struct subscription *out);

#endif
