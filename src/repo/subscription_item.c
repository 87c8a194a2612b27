#include "repo/subscription_item.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SUBSCRIPTION_DAYS = 90 };
static const int64_t day_ms = INT64_C(24) * 60 * 60 * 1000;

void subscription_init(struct subscription *subscription, const char *product_id,
		       const char *user_id, int64_t wall_ms)
{
	snprintf(subscription->product_id, ID_SIZE, "%s", product_id);
	snprintf(subscription->user_id, ID_SIZE, "%s", user_id);
	id_make_random(subscription->mark);
	subscription->created_ms = wall_ms;
	subscription->expires_ms = wall_ms + SUBSCRIPTION_DAYS * day_ms;
}

void subscription_item_shard(const char *product_id, uint32_t shard,
			     char key[static SUBSCRIPTION_KEY_SIZE])
{
	snprintf(key, SUBSCRIPTION_KEY_SIZE, "SUB#%s#%" PRIu32, product_id, shard);
}

void subscription_item_key(const char *product_id, const char *user_id, uint32_t write_shards,
			   char key[static SUBSCRIPTION_KEY_SIZE])
{
	subscription_item_shard(product_id, id_hash(user_id) & (write_shards - 1), key);
}

void subscription_item_sort(const char *user_id, char sort[static SUBSCRIPTION_SORT_SIZE])
{
	snprintf(sort, SUBSCRIPTION_SORT_SIZE, "U#%s", user_id);
}

static void add_time(struct buf *out, const char *name, int64_t wall_ms)
{
	char time[CLOCK_RFC3339_SIZE];

	clock_format_rfc3339(wall_ms, time);
	attribute_add_text(out, name, time);
}

void subscription_item_write(const struct subscription *subscription, struct buf *out)
{
	char key[SUBSCRIPTION_KEY_SIZE];

	attribute_add_text(out, "product_id", subscription->product_id);
	attribute_add_text(out, "user_id", subscription->user_id);
	attribute_add_text(out, "mark", subscription->mark);
	add_time(out, "created_at", subscription->created_ms);
	add_time(out, "expires_at", subscription->expires_ms);
	attribute_add_integer(out, "ttl", subscription->expires_ms / 1000);
	snprintf(key, sizeof(key), "U#%s", subscription->user_id);
	attribute_add_text(out, "g1p", key);
	snprintf(key, sizeof(key), "SUB#%s", subscription->product_id);
	attribute_add_text(out, "g1s", key);
}

bool subscription_item_read(const struct item *item, struct subscription *out)
{
	struct subscription read = {0};

	if (!id_take(item_raw_string(item, "product_id"), read.product_id) ||
	    !id_take(item_raw_string(item, "user_id"), read.user_id) ||
	    !id_take(item_raw_string(item, "mark"), read.mark) ||
	    !item_i64(item, "ttl", &read.expires_ms) || read.expires_ms > INT64_MAX / 1000)
		return false;
	read.expires_ms *= 1000;
	*out = read;
	return true;
}
