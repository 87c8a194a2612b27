#include "repo/stock_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "repo/stock_item.h"

static void add_text(struct buf *out, const char *name, const char *text)
{
	attribute_add_string(out, name, text, strlen(text));
}

static bool moves_level(const struct stock_change *change)
{
	return change->after.level != change->before.level;
}

static bool moves_mark(const struct stock_change *change)
{
	return change->after.has_low_mark != change->before.has_low_mark ||
	       change->after.low_stock_at != change->before.low_stock_at;
}

static bool is_on_range(const struct stock_change *change)
{
	return change->range && !moves_level(change) && !moves_mark(change);
}

/* ------------------------------------------------------------------ the stock item */

static void begin_clause(struct buf *update, const char *keyword, bool *is_begun)
{
	if (*is_begun)
		buf_add(update, ", ", 2);
	else
		buf_add_str(update, keyword);
	*is_begun = true;
}

static void add_sets(const struct stock_change *change, struct stock_writes *writes)
{
	const struct stock *after = &change->after;
	bool is_begun = false;
	char shelf[STOCK_SHELF_SIZE];

	if (moves_level(change)) {
		begin_clause(&writes->update, "SET ", &is_begun);
		buf_add_str(&writes->update, "#l = :l");
		add_text(&writes->values, ":l", stock_level_name(after->level));
	}
	if (moves_level(change) && after->level != STOCK_IN) {
		buf_add_str(&writes->update, ", g2p = :s, g2s = :id");
		stock_item_shelf(after->level, shelf);
		add_text(&writes->values, ":s", shelf);
		add_text(&writes->values, ":id", change->product_id);
	}
	if (moves_mark(change) && after->has_low_mark) {
		begin_clause(&writes->update, "SET ", &is_begun);
		buf_add_str(&writes->update, "low_stock_at = :m");
		stock_item_add_amount(&writes->values, ":m", after->low_stock_at);
	}
	if (is_begun)
		buf_add_char(&writes->update, ' ');
}

static void add_removals(const struct stock_change *change, struct stock_writes *writes)
{
	bool is_begun = false;

	if (moves_level(change) && change->after.level == STOCK_IN) {
		begin_clause(&writes->update, "REMOVE ", &is_begun);
		buf_add_str(&writes->update, "g2p, g2s");
	}
	if (moves_mark(change) && !change->after.has_low_mark) {
		begin_clause(&writes->update, "REMOVE ", &is_begun);
		buf_add_str(&writes->update, "low_stock_at");
	}
	if (is_begun)
		buf_add_char(&writes->update, ' ');
}

/* By what it changes, not to what it is then: right on whichever item the condition lets it. */
static void add_amounts(const struct stock_change *change, struct stock_writes *writes)
{
	int64_t held = change->after.reserved - change->before.reserved;

	buf_add_str(&writes->update, "ADD available :d, version :one");
	stock_item_add_amount(&writes->values, ":d",
			      change->after.available - change->before.available);
	if (held != 0) {
		buf_add_str(&writes->update, ", reserved :held");
		stock_item_add_amount(&writes->values, ":held", held);
	}
	stock_item_add_amount(&writes->values, ":one", 1);
}

static void add_range(const struct stock_change *change, struct stock_writes *writes)
{
	const struct stock *before = &change->before;

	buf_add_str(&writes->condition,
		    "#l = :l AND available BETWEEN :min AND :max AND reserved <= :r AND ");
	add_text(&writes->values, ":l", stock_level_name(before->level));
	stock_item_add_amount(&writes->values, ":min", change->range->available_min);
	stock_item_add_amount(&writes->values, ":max", change->range->available_max);
	stock_item_add_amount(&writes->values, ":r", change->range->reserved_max);
	if (change->range->reserved_min > 0) {
		buf_add_str(&writes->condition, "reserved >= :least AND ");
		stock_item_add_amount(&writes->values, ":least", change->range->reserved_min);
	}
	if (before->has_low_mark) {
		buf_add_str(&writes->condition, "low_stock_at = :m");
		stock_item_add_amount(&writes->values, ":m", before->low_stock_at);
	} else {
		buf_add_str(&writes->condition, "attribute_not_exists(low_stock_at)");
	}
}

static void add_stock(const struct stock_change *change, struct stock_writes *writes)
{
	bool is_exact = !is_on_range(change);

	product_item_key("P#", change->product_id, writes->stock_key);
	buf_init(&writes->update, STOCK_EXPRESSION_MAX);
	buf_init(&writes->condition, STOCK_EXPRESSION_MAX);
	buf_init(&writes->values, STOCK_ITEM_MAX);
	buf_add_char(&writes->values, '{');
	add_sets(change, writes);
	add_removals(change, writes);
	add_amounts(change, writes);
	if (is_exact) {
		buf_add_str(&writes->condition, "version = :v");
		stock_item_add_amount(&writes->values, ":v", (int64_t)change->before.version);
	} else {
		add_range(change, writes);
	}
	buf_add_char(&writes->values, '}');
	writes->write[writes->count++] = (struct dynamodb_write){
		.action = DYNAMODB_UPDATE,
		.key = {writes->stock_key, "STOCK"},
		.update = buf_text(&writes->update),
		.condition = buf_text(&writes->condition),
		/* "level" is a word of DynamoDB's own. */
		.names = !is_exact || moves_level(change) ? "{\"#l\":\"level\"}" : NULL,
		.values = buf_text(&writes->values),
		.expected_version = is_exact ? change->before.version : 0,
	};
}

/* ------------------------------------------------------------------ what is told of it */

static void add_movement(const struct repo *repo, const struct stock_change *change,
			 struct stock_writes *writes)
{
	const struct movement movement = {
		.delta = stock_on_hand(&change->after) - stock_on_hand(&change->before),
		.reason = change->reason,
		.reference = change->reference,
		.by = change->by,
		.wall_ms = clock_wall_ms(repo->clock),
	};

	if (movement.delta == 0)
		return;
	product_item_key("M#", change->product_id, writes->ledger_key);
	id_make_ordered(movement.wall_ms, writes->movement_id);
	buf_init(&writes->movement, STOCK_ITEM_MAX);
	movement_item_write(&movement, &writes->movement);
	writes->write[writes->count++] = (struct dynamodb_write){
		.action = DYNAMODB_PUT,
		.key = {writes->ledger_key, writes->movement_id},
		.item = buf_text(&writes->movement),
	};
}

static enum event_type event_of(enum stock_level level)
{
	switch (level) {
	case STOCK_OUT:
		return EVENT_STOCK_OUT;
	case STOCK_LOW:
		return EVENT_STOCK_LOW;
	case STOCK_IN:
		break;
	}
	return EVENT_STOCK_IN;
}

static void write_data(const struct stock_change *change, struct buf *out)
{
	const struct stock *after = &change->after;

	buf_add_format(out, "{\"product_id\":\"%s\",\"level\":\"%s\",\"available\":%" PRId64,
		       change->product_id, stock_level_name(after->level), after->available);
	buf_add_format(out, ",\"on_hand\":%" PRId64, stock_on_hand(after));
	if (after->has_low_mark)
		buf_add_format(out, ",\"low_stock_at\":%" PRId64, after->low_stock_at);
	buf_add_format(out, ",\"version\":%" PRIu64 "}", after->version);
}

bool stock_change_event(const struct repo *repo, const struct stock_change *change,
			struct buf *data, struct outbox_event *event)
{
	if (!moves_level(change))
		return false;
	write_data(change, data);
	*event = (struct outbox_event){
		.type = event_of(change->after.level),
		.subject_kind = "product",
		.subject_id = change->product_id,
		.data = buf_text(data),
		.wall_ms = clock_wall_ms(repo->clock),
		.product_id = change->product_id,
	};
	return true;
}

static void add_event(const struct repo *repo, const struct stock_change *change,
		      struct stock_writes *writes)
{
	struct buf data = {0};
	struct outbox_event event;

	buf_init(&data, STOCK_ITEM_MAX);
	buf_init(&writes->event, STOCK_ITEM_MAX);
	if (!change->is_told_elsewhere && stock_change_event(repo, change, &data, &event)) {
		outbox_item_key(event.subject_id, repo->write_shards, writes->outbox_key);
		id_make_ordered(event.wall_ms, writes->event_id);
		outbox_item_write(&event, &writes->event);
		if (!buf_ok(&data))
			writes->event.failed = true;
		writes->write[writes->count++] = (struct dynamodb_write){
			.action = DYNAMODB_PUT,
			.key = {writes->outbox_key, writes->event_id},
			.item = buf_text(&writes->event),
		};
	}
	buf_clear(&data);
}

bool stock_writes_make(const struct repo *repo, const struct stock_change *change,
		       struct stock_writes *writes)
{
	writes->count = 0;
	add_stock(change, writes);
	add_movement(repo, change, writes);
	add_event(repo, change, writes);
	return buf_ok(&writes->update) && buf_ok(&writes->condition) && buf_ok(&writes->values) &&
	       buf_ok(&writes->movement) && buf_ok(&writes->event);
}

void stock_writes_clear(struct stock_writes *writes)
{
	buf_clear(&writes->update);
	buf_clear(&writes->condition);
	buf_clear(&writes->values);
	buf_clear(&writes->movement);
	buf_clear(&writes->event);
}
