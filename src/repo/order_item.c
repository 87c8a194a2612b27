#include "repo/order_item.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "domain/money.h"
#include "domain/order_ending.h"
#include "repo/order_part.h"

enum { TEXT_MAX = 64 * 1024 };

void order_item_key(const char *id, char key[static ORDER_KEY_SIZE])
{
	snprintf(key, ORDER_KEY_SIZE, "O#%s", id);
}

void order_item_index(const struct order *order, const struct order_payment *payments,
		      size_t payment_count, uint32_t write_shards, struct order_index *out)
{
	char time[CLOCK_RFC3339_SIZE];

	memcpy(time, order->updated_at, sizeof(time));
	if (order->status == ORDER_PLACED)
		order_waits_since(order, payments, payment_count, time);
	*out = (struct order_index){0};
	if (order->user_id[0]) {
		snprintf(out->g1p, sizeof(out->g1p), "U#%s", order->user_id);
		snprintf(out->g1s, sizeof(out->g1s), "O#%s", order->id);
	}
	snprintf(out->g2p, sizeof(out->g2p), "OS#%s#%" PRIu32,
		 order_state_name(ORDER_STATUS, order->status),
		 id_hash(order->id) & (write_shards - 1));
	snprintf(out->g2s, sizeof(out->g2s), "%s#%s", time, order->id);
}

void order_item_amount(const struct order *order, int64_t amount, char *text)
{
	unsigned decimals = 0;

	(void)!money_currency_decimals(span_of(order->currency), &decimals);
	money_format(money_multiply(amount, 1), decimals, text);
}

void order_item_add_raw(struct buf *out, const char *name, struct span raw)
{
	if (!raw.data)
		return;
	if (out->len > 0 && out->data[out->len - 1] != '{')
		buf_add_char(out, ',');
	buf_add_format(out, "\"%s\":{\"S\":\"", name);
	buf_add(out, raw.data, raw.len);
	buf_add_str(out, "\"}");
}

struct span order_item_escape(struct arena *arena, const char *text)
{
	struct buf escaped = {0};
	struct span kept = {0};

	buf_init(&escaped, TEXT_MAX);
	buf_add_json_string(&escaped, text, strlen(text));
	if (buf_ok(&escaped)) {
		kept.len = escaped.len - 2; /* without its quotes */
		kept.data = arena_copy(arena, buf_text(&escaped) + 1, kept.len);
	}
	buf_clear(&escaped);
	return kept.data ? kept : (struct span){0};
}

/* ------------------------------------------------------------------ reading the head */

/* A text of ours, which has no escapes. False when it is too long; "" when there is none. */
static bool copy_text(const struct item *item, const char *name, char *text, size_t size)
{
	struct span raw = item_raw_string(item, name);

	if (raw.len >= size)
		return false;
	if (raw.len > 0)
		memcpy(text, raw.data, raw.len);
	text[raw.len] = '\0';
	return true;
}

static bool read_states(const struct item *item, struct order *out)
{
	unsigned states[ORDER_FIELDS];

	for (int field = 0; field < ORDER_FIELDS; field++) {
		struct span name = item_raw_string(item, order_field_name((enum order_field)field));

		if (!order_state_find((enum order_field)field, name, &states[field]))
			return false;
	}
	out->status = (enum order_status)states[ORDER_STATUS];
	out->payment_status = (enum payment_status)states[ORDER_PAYMENT];
	out->fulfillment_status = (enum fulfillment_status)states[ORDER_FULFILLMENT];
	return true;
}

static bool read_amount(const struct item *item, const char *name, unsigned decimals,
			int64_t *amount)
{
	struct span number = item_number(item, name);

	return number.data && money_parse(number, decimals, amount) == MONEY_FINE;
}

bool order_item_read_head(const struct item *item, struct order *out)
{
	unsigned decimals;

	*out = (struct order){
		.email = item_raw_string(item, "email"),
		.note = item_raw_string(item, "note"),
		.is_cash_on_delivery = json_scan_is_true(
			json_scan_member(item_get(item, "cash_on_delivery"), "BOOL")),
		.is_rest_cancelled = json_scan_is_true(
			json_scan_member(item_get(item, "rest_cancelled"), "BOOL")),
	};
	return copy_text(item, "user_id", out->user_id, sizeof(out->user_id)) &&
	       copy_text(item, "currency", out->currency, sizeof(out->currency)) &&
	       copy_text(item, "created_at", out->created_at, sizeof(out->created_at)) &&
	       copy_text(item, "updated_at", out->updated_at, sizeof(out->updated_at)) &&
	       item_u64(item, "version", &out->version) &&
	       item_u64(item, "line_count", &out->line_count) && read_states(item, out) &&
	       money_currency_decimals(span_of(out->currency), &decimals) &&
	       read_amount(item, "total", decimals, &out->total) &&
	       read_amount(item, "paid", decimals, &out->paid) &&
	       read_amount(item, "refunded", decimals, &out->refunded);
}

/* ------------------------------------------------------------------ reading the snapshot */

static bool read_line(struct span typed, unsigned decimals, struct order_line *out)
{
	struct item members;

	if (!item_view(&members, json_scan_member(typed, "M")))
		return false;
	*out = (struct order_line){
		.name = item_raw_string(&members, "name"),
		.price_text = item_number(&members, "price"),
	};
	return copy_text(&members, "product_id", out->product_id, sizeof(out->product_id)) &&
	       out->product_id[0] && out->price_text.data &&
	       money_parse(out->price_text, decimals, &out->price) == MONEY_FINE &&
	       item_i64(&members, "quantity", &out->quantity) && out->quantity >= 1;
}

static bool read_snapshot(const struct item *item, struct stored_order *out)
{
	unsigned decimals = 0;
	struct json_walk walk;

	(void)!money_currency_decimals(span_of(out->head.currency), &decimals);
	out->address = item_get(item, "address");
	json_walk_init(&walk, json_scan_member(item_get(item, "lines"), "L"));
	while (json_walk_next(&walk)) {
		if (out->line_count == ORDER_LINES_MAX ||
		    !read_line(walk.value, decimals, &out->lines[out->line_count]))
			return false;
		out->line_count++;
	}
	return out->line_count > 0;
}

/* ------------------------------------------------------------------ reading all of it */

static void read_entry(const struct item *item, struct order_entry *out)
{
	*out = (struct order_entry){
		.time = item_raw_string(item, "time"),
		.what = item_raw_string(item, "what"),
		.from = item_raw_string(item, "from"),
		.to = item_raw_string(item, "to"),
		.reason = item_raw_string(item, "reason"),
		.by = item_raw_string(item, "by"),
	};
}

static bool begins(struct span text, const char *prefix)
{
	return text.len >= strlen(prefix) && memcmp(text.data, prefix, strlen(prefix)) == 0;
}

enum kind { HEAD, SNAPSHOT, ENTRY, PAYMENT, DELIVERY, RETURN, KINDS, OTHER };

static enum kind kind_of(const struct item *item)
{
	static const char *const prefixes[KINDS] = {
		[HEAD] = "#",       [SNAPSHOT] = "SNAP", [ENTRY] = "H#",
		[PAYMENT] = "PAY#", [DELIVERY] = "D#",   [RETURN] = "R#",
	};
	struct span sk = item_raw_string(item, "sk");

	for (int kind = 0; sk.data && kind < KINDS; kind++) {
		if (begins(sk, prefixes[kind]))
			return (enum kind)kind;
	}
	return OTHER;
}

/* Another tool's items are let be. What is beyond a limit cannot have been written by us. */
static bool read_one(const struct item *item, struct arena *arena, struct stored_order *out)
{
	switch (kind_of(item)) {
	case SNAPSHOT:
		return read_snapshot(item, out);
	case ENTRY:
		if (out->history_count == ORDER_HISTORY_MAX)
			return true;
		read_entry(item, &out->history[out->history_count++]);
		return true;
	case PAYMENT:
		return out->payment_count < ORDER_PAYMENTS_MAX &&
		       order_part_read_payment(item, &out->head,
					       &out->payments[out->payment_count++]);
	case DELIVERY:
		return out->delivery_count < ORDER_DELIVERIES_MAX &&
		       order_part_read_delivery(item, arena,
						&out->deliveries[out->delivery_count++]);
	case RETURN:
		return out->return_count < ORDER_RETURNS_MAX &&
		       order_part_read_return(item, arena, &out->returns[out->return_count++]);
	case HEAD: /* has been read: it sorts first */
	case KINDS:
	case OTHER:
		break;
	}
	return true;
}

static void *make_array(struct arena *arena, size_t count, size_t size)
{
	return arena_alloc(arena, (count + ORDER_ROOM) * size);
}

static bool make_arrays(struct span items, struct arena *arena, struct stored_order *out)
{
	size_t counts[OTHER + 1] = {0};
	struct json_walk walk;
	struct item item;

	json_walk_init(&walk, items);
	while (item_view_next(&walk, &item))
		counts[kind_of(&item)]++;
	out->lines = make_array(arena, ORDER_LINES_MAX, sizeof(*out->lines));
	out->payments = make_array(arena, counts[PAYMENT], sizeof(*out->payments));
	out->deliveries = make_array(arena, counts[DELIVERY], sizeof(*out->deliveries));
	out->returns = make_array(arena, counts[RETURN], sizeof(*out->returns));
	out->history = make_array(arena, counts[ENTRY], sizeof(*out->history));
	return out->lines && out->payments && out->deliveries && out->returns && out->history;
}

static void count_cancelled(struct stored_order *order)
{
	for (size_t i = 0; i < order->line_count; i++)
		order->lines[i].cancelled = order->lines[i].quantity - order->lines[i].shipped;
}

bool order_item_count(struct stored_order *order)
{
	for (size_t i = 0; i < order->line_count; i++) {
		struct order_line *line = &order->lines[i];

		line->planned = line->shipped = line->delivered = line->returned = 0;
		line->cancelled = 0;
	}
	if (!order_count_deliveries(order->lines, order->line_count, order->deliveries,
				    order->delivery_count) ||
	    !order_count_returns(order->lines, order->line_count, order->returns,
				 order->return_count))
		return false;
	if (order->head.is_rest_cancelled)
		count_cancelled(order);
	return true;
}

/* Absent when that is beyond the entries that an order has, or another tool has removed it. */
static struct span cancellation_time(const struct stored_order *order)
{
	for (size_t i = 0; i < order->history_count; i++) {
		if (span_equals(order->history[i].what, "cancelled"))
			return order->history[i].time;
	}
	return (struct span){0};
}

static enum result read_items(struct span items, const char *id, struct arena *arena,
			      struct stored_order *out)
{
	struct json_walk walk;
	struct item item;

	json_walk_init(&walk, items);
	if (!item_view_next(&walk, &item) || kind_of(&item) != HEAD)
		return RESULT_NOT_FOUND;
	if (!order_item_read_head(&item, &out->head))
		return RESULT_GARBLED;
	memcpy(out->head.id, id, ID_SIZE);
	if (!make_arrays(items, arena, out))
		return RESULT_NO_MEMORY;
	while (item_view_next(&walk, &item)) {
		if (!read_one(&item, arena, out))
			return RESULT_GARBLED;
	}
	if (out->head.status == ORDER_CANCELLED || out->head.is_rest_cancelled)
		order_cancel_deliveries(out->deliveries, out->delivery_count,
					cancellation_time(out));
	return out->line_count > 0 && order_item_count(out) ? RESULT_OK : RESULT_GARBLED;
}

enum result order_item_read(struct span items, const char *id, struct arena *arena,
			    struct stored_order *out)
{
	struct stored_order read = {0};
	struct span copy = {arena_copy(arena, items.data, items.len), items.len};
	enum result result;

	if (!copy.data)
		return RESULT_NO_MEMORY;
	result = read_items(copy, id, arena, &read);
	if (result == RESULT_OK)
		*out = read;
	return result;
}

/* ------------------------------------------------------------------ writing */

static void add_amount(struct buf *out, const char *name, const struct order *order, int64_t amount)
{
	char text[MONEY_SIZE];

	order_item_amount(order, amount, text);
	attribute_add_number(out, name, text);
}

static void add_key(struct buf *out, const char *name, const char *key)
{
	if (key[0])
		attribute_add_text(out, name, key);
}

static void write_index(const struct order *order, uint32_t write_shards, struct buf *out)
{
	struct order_index index;

	order_item_index(order, NULL, 0, write_shards, &index);
	add_key(out, "g1p", index.g1p);
	add_key(out, "g1s", index.g1s);
	add_key(out, "g2p", index.g2p);
	add_key(out, "g2s", index.g2s);
}

void order_item_write_head(const struct order *order, uint32_t write_shards, struct buf *out)
{
	add_key(out, "user_id", order->user_id);
	order_item_add_raw(out, "email", order->email);
	for (int field = 0; field < ORDER_FIELDS; field++)
		attribute_add_text(out, order_field_name((enum order_field)field),
				   order_state_name((enum order_field)field,
						    order_state_of(order,
								   (enum order_field)field)));
	if (order->is_cash_on_delivery)
		buf_add_str(out, ",\"cash_on_delivery\":{\"BOOL\":true}");
	add_amount(out, "total", order, order->total);
	attribute_add_text(out, "currency", order->currency);
	add_amount(out, "paid", order, order->paid);
	add_amount(out, "refunded", order, order->refunded);
	attribute_add_integer(out, "line_count", (int64_t)order->line_count);
	order_item_add_raw(out, "note", order->note);
	attribute_add_integer(out, "version", (int64_t)order->version);
	attribute_add_text(out, "created_at", order->created_at);
	attribute_add_text(out, "updated_at", order->updated_at);
	write_index(order, write_shards, out);
}

void order_item_write_entry(const struct order_entry *entry, struct buf *out)
{
	order_item_add_raw(out, "time", entry->time);
	order_item_add_raw(out, "what", entry->what);
	order_item_add_raw(out, "from", entry->from);
	order_item_add_raw(out, "to", entry->to);
	order_item_add_raw(out, "reason", entry->reason);
	order_item_add_raw(out, "by", entry->by);
}
