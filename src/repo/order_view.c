#include "repo/order_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "domain/money.h"

/* The text is escaped already. */
static void add_raw(struct buf *out, const char *name, struct span raw)
{
	if (!raw.data)
		return;
	buf_add_format(out, "%s\"%s\":\"",
		       out->len > 0 && out->data[out->len - 1] == '{' ? "" : ",", name);
	buf_add(out, raw.data, raw.len);
	buf_add_char(out, '"');
}

static void add_amount(struct buf *out, const char *name, const struct order *order,
		       money_sum amount)
{
	char text[MONEY_SIZE];
	unsigned decimals = 0;

	(void)!money_currency_decimals(span_of(order->currency), &decimals);
	money_format(amount, decimals, text);
	buf_add_format(out, ",\"%s\":%s", name, text);
}

static void add_states(const struct order *order, struct buf *out)
{
	for (int field = 0; field < ORDER_FIELDS; field++)
		buf_add_format(out, ",\"%s\":\"%s\"", order_field_name((enum order_field)field),
			       order_state_name((enum order_field)field,
						order_state_of(order, (enum order_field)field)));
}

/* ------------------------------------------------------------------ lines */

static void add_line(const struct order *order, const struct order_line *line, struct buf *out)
{
	buf_add_format(out, "{\"product_id\":\"%s\"", line->product_id);
	add_raw(out, "name", line->name);
	buf_add_str(out, ",\"price\":");
	buf_add(out, line->price_text.data, line->price_text.len);
	buf_add_format(out, ",\"quantity\":%" PRId64, line->quantity);
	add_amount(out, "total", order, money_multiply(line->price, line->quantity));
	buf_add_format(out, ",\"shipped\":%" PRId64 ",\"returned\":%" PRId64, line->shipped,
		       line->returned);
	if (line->cancelled > 0)
		buf_add_format(out, ",\"cancelled\":%" PRId64, line->cancelled);
	buf_add_char(out, '}');
}

static void add_lines(const struct stored_order *order, struct buf *out)
{
	buf_add_str(out, ",\"lines\":[");
	for (size_t i = 0; i < order->line_count; i++) {
		if (i > 0)
			buf_add_char(out, ',');
		add_line(&order->head, &order->lines[i], out);
	}
	buf_add_char(out, ']');
}

/* ------------------------------------------------------------------ payments */

/* Both are times as we write them, which sort as texts do. */
static bool is_earlier(struct span a, struct span b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len > 0 ? memcmp(a.data, b.data, len) : 0;

	return order != 0 ? order < 0 : a.len < b.len;
}

/* They are read by reference. Those of one moment stay so. Returns how many there are. */
static size_t sort_payments(const struct stored_order *order, const struct order_payment **sorted)
{
	size_t count = order->payment_count;

	for (size_t i = 0; i < count; i++) {
		const struct order_payment *payment = &order->payments[i];
		size_t at = i;

		for (; at > 0 && is_earlier(payment->created_at, sorted[at - 1]->created_at); at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = payment;
	}
	return count;
}

static void add_payment(const struct order *order, const struct order_payment *payment,
			struct buf *out)
{
	buf_add_char(out, '{');
	add_raw(out, "reference", payment->reference);
	buf_add_format(out, ",\"status\":\"%s\"", order_state_name(ORDER_PAYMENT, payment->status));
	add_amount(out, "amount", order, (money_sum)payment->amount);
	if (payment->is_orphaned)
		buf_add_str(out, ",\"is_orphaned\":true");
	add_raw(out, "created_at", payment->created_at);
	add_raw(out, "updated_at", payment->updated_at);
	buf_add_char(out, '}');
}

static void add_payments(const struct stored_order *order, struct buf *out)
{
	const struct order_payment *sorted[ORDER_PAYMENTS_MAX + ORDER_ROOM];
	size_t count = sort_payments(order, sorted);

	if (count == 0)
		return;
	buf_add_str(out, ",\"payments\":[");
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_add_char(out, ',');
		add_payment(&order->head, sorted[i], out);
	}
	buf_add_char(out, ']');
}

/* ------------------------------------------------------------------ deliveries, history */

static void add_parts(const struct order_part *parts, size_t count, struct buf *out)
{
	buf_add_str(out, ",\"lines\":[");
	for (size_t i = 0; i < count; i++)
		buf_add_format(out, "%s{\"product_id\":\"%s\",\"quantity\":%" PRId64 "}",
			       i > 0 ? "," : "", parts[i].product_id, parts[i].quantity);
	buf_add_char(out, ']');
}

void order_view_write_delivery(const struct order_delivery *delivery, struct buf *out)
{
	buf_add_format(out, "{\"id\":\"%s\",\"status\":\"%s\"", delivery->id,
		       delivery_status_name(delivery->status));
	add_raw(out, "tracking_status", delivery->tracking_status);
	add_raw(out, "carrier", delivery->carrier);
	add_raw(out, "tracking_number", delivery->tracking_number);
	add_parts(delivery->parts, delivery->part_count, out);
	buf_add_char(out, '}');
}

static void add_deliveries(const struct stored_order *order, struct buf *out)
{
	if (order->delivery_count == 0)
		return;
	buf_add_str(out, ",\"deliveries\":[");
	for (size_t i = 0; i < order->delivery_count; i++) {
		if (i > 0)
			buf_add_char(out, ',');
		order_view_write_delivery(&order->deliveries[i], out);
	}
	buf_add_char(out, ']');
}

static void add_history(const struct stored_order *order, struct buf *out)
{
	buf_add_str(out, ",\"history\":[");
	for (size_t i = 0; i < order->history_count; i++) {
		const struct order_entry *entry = &order->history[i];

		buf_add_str(out, i > 0 ? ",{" : "{");
		add_raw(out, "time", entry->time);
		add_raw(out, "what", entry->what);
		add_raw(out, "from", entry->from);
		add_raw(out, "to", entry->to);
		add_raw(out, "reason", entry->reason);
		add_raw(out, "by", entry->by);
		buf_add_char(out, '}');
	}
	buf_add_char(out, ']');
}

/* ------------------------------------------------------------------ all of it */

static void begin(const struct order *head, struct buf *out)
{
	buf_add_format(out, "{\"id\":\"%s\"", head->id);
	if (head->user_id[0])
		buf_add_format(out, ",\"user_id\":\"%s\"", head->user_id);
	add_raw(out, "email", head->email);
	add_states(head, out);
	if (head->is_cash_on_delivery)
		buf_add_str(out, ",\"cash_on_delivery\":true");
}

static void add_address(const struct stored_order *order, struct buf *out)
{
	if (!order->address.data)
		return;
	buf_add_str(out, ",\"address\":");
	(void)!attribute_to_json(order->address, out);
}

void order_view_write(const struct stored_order *order, bool has_history, struct buf *out)
{
	const struct order *head = &order->head;

	begin(head, out);
	add_lines(order, out);
	add_amount(out, "total", head, (money_sum)head->total);
	buf_add_format(out, ",\"currency\":\"%s\"", head->currency);
	add_amount(out, "paid", head, (money_sum)head->paid);
	add_amount(out, "refunded", head, (money_sum)head->refunded);
	add_payments(order, out);
	add_address(order, out);
	add_raw(out, "note", head->note);
	add_deliveries(order, out);
	if (has_history)
		add_history(order, out);
	buf_add_format(out, ",\"version\":%" PRIu64 ",\"created_at\":\"%s\",\"updated_at\":\"%s\"}",
		       head->version, head->created_at, head->updated_at);
}

/* ------------------------------------------------------------------ in a list */

void order_view_write_entry(const struct repo *repo, struct span entry, struct buf *out)
{
	static const char *const shown[] = {
		"user_id",   "email",    "status",     "payment_status", "fulfillment_status",
		"total",     "currency", "line_count", "version",        "created_at",
		"updated_at"};
	struct item item;
	struct span key;

	(void)!item_view(&item, entry); /* an empty one when it is none */
	key = item_raw_string(&item, repo->db.partition_key);
	buf_add_char(out, '{');
	if (key.len > 2)
		add_raw(out, "id", (struct span){key.data + 2, key.len - 2});
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		attribute_show(span_of(shown[i]), item_get(&item, shown[i]), out);
	buf_add_char(out, '}');
}

void order_view_tag(const struct order *order, char tag[static ORDER_TAG_SIZE])
{
	snprintf(tag, ORDER_TAG_SIZE, "%" PRIu64, order->version);
}
