#include "repo/delivery_item.h"

#include <stdio.h>
#include <string.h>

#include "base/json_string.h"

enum { TEXT_MAX = 8 * 1024 }; /* of a key before it is hashed, of an item */

/* ------------------------------------------------------------------ keys */

void delivery_item_key(const char *id, char key[static DELIVERY_KEY_SIZE])
{
	snprintf(key, DELIVERY_KEY_SIZE, "D#%s", id);
}

/* The text is used up. */
static bool make_key(const struct repo *repo, const char *prefix, struct buf *text,
		     char key[static DELIVERY_KEY_SIZE])
{
	uint8_t hash[DIGEST_SHA256_SIZE];
	bool is_made = buf_ok(text) && digest_sha256(repo->digest, buf_text(text), text->len, hash);

	buf_reset(text);
	if (is_made) {
		buf_add_str(text, prefix);
		buf_add_hex(text, hash, sizeof(hash));
		is_made = buf_ok(text);
	}
	if (is_made)
		snprintf(key, DELIVERY_KEY_SIZE, "%s", buf_text(text));
	buf_clear(text);
	return is_made;
}

/* Their escapes are resolved: DynamoDB may write them in another way than they came. */
static void add_decoded(struct buf *out, struct span raw)
{
	struct buf quoted = {0};

	buf_init(&quoted, TEXT_MAX);
	buf_add_char(&quoted, '"');
	buf_add(&quoted, raw.data, raw.len);
	buf_add_char(&quoted, '"');
	if (buf_ok(&quoted))
		json_string_decode((struct span){quoted.data, quoted.len}, out);
	else
		out->failed = true;
	buf_clear(&quoted);
}

/* A line feed is in neither text. */
bool delivery_item_tracking_key(const struct repo *repo, const struct order_delivery *delivery,
				char key[static DELIVERY_KEY_SIZE])
{
	struct buf text = {0};

	buf_init(&text, TEXT_MAX);
	add_decoded(&text, delivery->carrier);
	buf_add_char(&text, '\n');
	add_decoded(&text, delivery->tracking_number);
	return make_key(repo, "TRK#", &text, key);
}

static bool make_seen_key(const struct repo *repo, const char *delivery_id, const char *event_id,
			  char key[static DELIVERY_KEY_SIZE])
{
	struct buf text = {0};

	buf_init(&text, TEXT_MAX);
	buf_add_str(&text, delivery_id);
	buf_add_char(&text, '\n');
	buf_add_str(&text, event_id);
	return make_key(repo, "DE#", &text, key);
}

/* ------------------------------------------------------------------ writes */

static void add_put(struct order_draft *draft, const char *key, struct buf *members,
		    struct dynamodb_write *condition)
{
	condition->action = DYNAMODB_PUT;
	condition->key = (struct dynamodb_key){key, "#"};
	condition->item = buf_text(members);
	if (buf_ok(members))
		order_draft_write(draft, condition);
	else
		order_draft_fail(draft, RESULT_NO_MEMORY);
	buf_clear(members);
}

/* An id of our own that nobody else has made: no condition is needed. */
void delivery_item_put_pointer(struct order_draft *draft, const char *delivery_id)
{
	struct dynamodb_write write = {0};
	struct buf members = {0};
	char key[DELIVERY_KEY_SIZE];

	delivery_item_key(delivery_id, key);
	buf_init(&members, TEXT_MAX);
	attribute_add_text(&members, "order_id", draft->before->id);
	add_put(draft, key, &members, &write);
}

void delivery_item_take_number(struct order_draft *draft, const char *key, const char *delivery_id)
{
	struct buf members = {0};
	char names[REPO_NAMES_SIZE];
	struct dynamodb_write write = {
		.condition = "attribute_not_exists(#p)",
		.names = names,
	};

	repo_key_names(draft->repo, names);
	buf_init(&members, TEXT_MAX);
	attribute_add_text(&members, "delivery_id", delivery_id);
	attribute_add_text(&members, "order_id", draft->before->id);
	add_put(draft, key, &members, &write);
}

/* It is this delivery's as long as the order's version holds: no condition is needed. */
void delivery_item_free_number(struct order_draft *draft, const char *key)
{
	order_draft_write(draft, &(struct dynamodb_write){
					 .action = DYNAMODB_DELETE,
					 .key = {key, "#"},
				 });
}

static void write_seen(const struct order_draft *draft, const char *delivery_id,
		       const struct delivery_report *report, struct buf *out)
{
	attribute_add_text(out, "event_id", report->event_id);
	attribute_add_text(out, "delivery_id", delivery_id);
	attribute_add_text(out, "order_id", draft->before->id);
	attribute_add_text(out, "tracking_status", tracking_status_names[report->status]);
	attribute_add_text(out, "time", report->time);
	if (report->place)
		attribute_add_text(out, "place", report->place);
	order_item_add_raw(out, "created_at", draft->now);
	attribute_add_integer(out, "ttl", draft->wall_ms / 1000 + DELIVERY_SEEN_SECONDS);
}

void delivery_item_put_seen(struct order_draft *draft, const char *delivery_id,
			    const struct delivery_report *report)
{
	struct buf members = {0};
	char key[DELIVERY_KEY_SIZE];
	struct repo_vacancy vacancy;
	struct dynamodb_write write = {0};

	if (!make_seen_key(draft->repo, delivery_id, report->event_id, key)) {
		order_draft_fail(draft, RESULT_NO_MEMORY);
		return;
	}
	repo_require_vacancy(draft->repo, draft->wall_ms / 1000, &vacancy, &write);
	buf_init(&members, TEXT_MAX);
	write_seen(draft, delivery_id, report, &members);
	add_put(draft, key, &members, &write);
}
