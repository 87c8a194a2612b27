#include "repo/stock_item.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

enum {
	MOVEMENT_DAYS = 400,
	DAY_SECONDS = 24 * 60 * 60,
};

static bool read_amount(const struct item *item, const char *name, int64_t *amount)
{
	const int64_t limit = INT64_C(1000) * STOCK_MAX;

	return item_i64(item, name, amount) && *amount >= -limit && *amount <= limit;
}

bool stock_item_read(const struct item *item, struct stock *out)
{
	struct stock stock = {.has_low_mark = item_get(item, "low_stock_at").data};

	if (!read_amount(item, "available", &stock.available) ||
	    !read_amount(item, "reserved", &stock.reserved) ||
	    !item_u64(item, "version", &stock.version) ||
	    !stock_level_find(item_raw_string(item, "level"), &stock.level))
		return false;
	if (stock.has_low_mark && !read_amount(item, "low_stock_at", &stock.low_stock_at))
		return false;
	*out = stock;
	return true;
}

void stock_item_add_amount(struct buf *out, const char *name, int64_t amount)
{
	char text[STOCK_AMOUNT_SIZE];

	snprintf(text, sizeof(text), "%" PRId64, amount);
	attribute_add_number(out, name, text);
}

static void add_text(struct buf *out, const char *name, const char *text)
{
	attribute_add_string(out, name, text, strlen(text));
}

void stock_item_shelf(enum stock_level level, char shelf[static STOCK_SHELF_SIZE])
{
	snprintf(shelf, STOCK_SHELF_SIZE, "LVL#%s", stock_level_name(level));
}

void stock_item_write(const struct stock_opening *opening, const char *id, struct buf *out)
{
	const struct stock stock = stock_open(opening);
	char shelf[STOCK_SHELF_SIZE];

	stock_item_add_amount(out, "available", stock.available);
	stock_item_add_amount(out, "reserved", stock.reserved);
	add_text(out, "level", stock_level_name(stock.level));
	if (stock.has_low_mark)
		stock_item_add_amount(out, "low_stock_at", stock.low_stock_at);
	stock_item_add_amount(out, "version", (int64_t)stock.version);
	if (stock.level == STOCK_IN)
		return;
	stock_item_shelf(stock.level, shelf);
	add_text(out, "g2p", shelf);
	add_text(out, "g2s", id);
}

void movement_item_write(const struct movement *movement, struct buf *out)
{
	char time[CLOCK_RFC3339_SIZE];

	clock_format_rfc3339(movement->wall_ms, time);
	stock_item_add_amount(out, "delta", movement->delta);
	add_text(out, "reason", movement->reason);
	if (movement->reference)
		add_text(out, "reference", movement->reference);
	add_text(out, "time", time);
	add_text(out, "by", movement->by ? movement->by : "staff");
	stock_item_add_amount(out, "ttl",
			      movement->wall_ms / 1000 + (int64_t)MOVEMENT_DAYS * DAY_SECONDS);
}

/* A member; what another tool has made unreadable is left out. */
static void show(const char *name, struct span typed, struct buf *out)
{
	size_t before = out->len;

	if (!typed.data)
		return;
	buf_add_format(out, "%s\"%s\":", out->data[before - 1] == '{' ? "" : ",", name);
	if (!attribute_to_json(typed, out) && out->len > before)
		buf_truncate(out, before);
}

void movement_item_show(struct span entry, struct buf *out)
{
	static const char *const shown[] = {"time", "delta", "reason", "reference", "by"};
	struct item item;

	(void)!item_view(&item, entry); /* an empty one when it is none */
	buf_add_char(out, '{');
	if (!buf_ok(out))
		return;
	show("id", item_get(&item, "sk"), out);
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		show(shown[i], item_get(&item, shown[i]), out);
	buf_add_char(out, '}');
}
