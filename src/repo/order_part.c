#include "repo/order_part.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "domain/money.h"

/* ------------------------------------------------------------------ reading */

static bool read_part(struct span typed, struct order_part *out)
{
	struct item members;

	return item_view(&members, json_scan_member(typed, "M")) &&
	       id_take(item_raw_string(&members, "product_id"), out->product_id) &&
	       item_i64(&members, "quantity", &out->quantity);
}

static bool read_parts(const struct item *item, struct arena *arena,
		       const struct order_part **parts, size_t *count)
{
	struct order_part *made = arena_alloc(arena, ORDER_PART_LINES_MAX * sizeof(*made));
	struct json_walk walk;

	if (!made)
		return false;
	*parts = made;
	*count = 0;
	json_walk_init(&walk, json_scan_member(item_get(item, "lines"), "L"));
	while (json_walk_next(&walk)) {
		if (*count == ORDER_PART_LINES_MAX || !read_part(walk.value, &made[*count]))
			return false;
		++*count;
	}
	return *count > 0;
}

bool order_part_read_payment(const struct item *item, const struct order *order,
			     struct order_payment *out)
{
	unsigned decimals;
	unsigned status;

	*out = (struct order_payment){
		.reference = item_raw_string(item, "reference"),
		.is_orphaned =
			json_scan_is_true(json_scan_member(item_get(item, "is_orphaned"), "BOOL")),
		.created_at = item_raw_string(item, "created_at"),
		.updated_at = item_raw_string(item, "updated_at"),
	};
	if (!out->reference.data ||
	    !order_state_find(ORDER_PAYMENT, item_raw_string(item, "status"), &status))
		return false;
	out->status = (enum payment_status)status;
	return money_currency_decimals(span_of(order->currency), &decimals) &&
	       money_parse(item_number(item, "amount"), decimals, &out->amount) == MONEY_FINE;
}

bool order_part_read_delivery(const struct item *item, struct arena *arena,
			      struct order_delivery *out)
{
	*out = (struct order_delivery){
		.tracking_status = item_raw_string(item, "tracking_status"),
		.tracked_at = item_raw_string(item, "tracked_at"),
		.was_out = json_scan_is_true(json_scan_member(item_get(item, "was_out"), "BOOL")),
		.carrier = item_raw_string(item, "carrier"),
		.tracking_number = item_raw_string(item, "tracking_number"),
		.created_at = item_raw_string(item, "created_at"),
		.updated_at = item_raw_string(item, "updated_at"),
	};
	return id_take(item_raw_string(item, "delivery_id"), out->id) &&
	       item_u64(item, "number", &out->number) && item_u64(item, "version", &out->version) &&
	       delivery_status_find(item_raw_string(item, "status"), &out->status) &&
	       read_parts(item, arena, &out->parts, &out->part_count);
}

bool order_part_read_return(const struct item *item, struct arena *arena, struct order_return *out)
{
	struct span sk = item_raw_string(item, "sk");

	*out = (struct order_return){
		.reason = item_raw_string(item, "reason"),
		.created_at = item_raw_string(item, "created_at"),
	};
	return sk.len == 2 + ID_LEN && id_take((struct span){sk.data + 2, ID_LEN}, out->id) &&
	       read_parts(item, arena, &out->parts, &out->part_count);
}

/* ------------------------------------------------------------------ keys */

void order_part_payment_key(const struct order_payment *payment, char sk[static ORDER_SORT_SIZE])
{
	snprintf(sk, ORDER_SORT_SIZE, "PAY#%.*s", (int)payment->reference.len,
		 payment->reference.data);
}

/* So many digits that they sort as numbers do. */
void order_part_delivery_key(const struct order_delivery *delivery, char sk[static ORDER_SORT_SIZE])
{
	snprintf(sk, ORDER_SORT_SIZE, "D#%04" PRIu64, delivery->number);
}

void order_part_return_key(const struct order_return *returned, char sk[static ORDER_SORT_SIZE])
{
	snprintf(sk, ORDER_SORT_SIZE, "R#%s", returned->id);
}

/* ------------------------------------------------------------------ writing */

static void write_parts(const struct order_part *parts, size_t count, struct buf *out)
{
	buf_add_str(out, out->len > 0 ? ",\"lines\":{\"L\":[" : "\"lines\":{\"L\":[");
	for (size_t i = 0; i < count; i++) {
		buf_add_str(out, i > 0 ? ",{\"M\":{" : "{\"M\":{");
		attribute_add_text(out, "product_id", parts[i].product_id);
		attribute_add_integer(out, "quantity", parts[i].quantity);
		buf_add_str(out, "}}");
	}
	buf_add_str(out, "]}");
}

void order_part_write_payment(const struct order_payment *payment, const struct order *order,
			      struct buf *out)
{
	char amount[MONEY_SIZE];

	order_item_amount(order, payment->amount, amount);
	order_item_add_raw(out, "reference", payment->reference);
	attribute_add_text(out, "status", order_state_name(ORDER_PAYMENT, payment->status));
	attribute_add_number(out, "amount", amount);
	if (payment->is_orphaned)
		buf_add_str(out, ",\"is_orphaned\":{\"BOOL\":true}");
	order_item_add_raw(out, "created_at", payment->created_at);
	order_item_add_raw(out, "updated_at", payment->updated_at);
}

static void write_tracking(const struct order_delivery *delivery, struct buf *out)
{
	order_item_add_raw(out, "carrier", delivery->carrier);
	order_item_add_raw(out, "tracking_number", delivery->tracking_number);
	order_item_add_raw(out, "tracking_status", delivery->tracking_status);
	order_item_add_raw(out, "tracked_at", delivery->tracked_at);
	if (delivery->was_out)
		buf_add_str(out, ",\"was_out\":{\"BOOL\":true}");
}

void order_part_write_delivery(const struct order_delivery *delivery, struct buf *out)
{
	attribute_add_text(out, "delivery_id", delivery->id);
	attribute_add_integer(out, "number", (int64_t)delivery->number);
	attribute_add_text(out, "status", delivery_status_name(delivery->status));
	write_tracking(delivery, out);
	write_parts(delivery->parts, delivery->part_count, out);
	attribute_add_integer(out, "version", (int64_t)delivery->version);
	order_item_add_raw(out, "created_at", delivery->created_at);
	order_item_add_raw(out, "updated_at", delivery->updated_at);
}

void order_part_write_return(const struct order_return *returned, struct buf *out)
{
	order_item_add_raw(out, "reason", returned->reason);
	write_parts(returned->parts, returned->part_count, out);
	order_item_add_raw(out, "created_at", returned->created_at);
}
