#include "repo/delivery_view.h"

#include <inttypes.h>
#include <stdio.h>

static void add_text(struct buf *out, const char *name, struct span raw)
{
	if (!raw.data)
		return;
	buf_add_format(out, ",\"%s\":\"", name);
	buf_add(out, raw.data, raw.len);
	buf_add_char(out, '"');
}

/* As an order shows it, and then what an order does not show. */
void delivery_view_write(const struct order *order, const struct order_delivery *delivery,
			 struct buf *out)
{
	order_view_write_delivery(delivery, out);
	if (!buf_ok(out))
		return;
	buf_truncate(out, out->len - 1); /* its brace */
	buf_add_format(out, ",\"order_id\":\"%s\"", order->id);
	add_text(out, "tracked_at", delivery->tracked_at);
	buf_add_format(out, ",\"version\":%" PRIu64, delivery->version);
	add_text(out, "created_at", delivery->created_at);
	add_text(out, "updated_at", delivery->updated_at);
	buf_add_char(out, '}');
}

void delivery_view_tag(const struct order_delivery *delivery, char tag[static DELIVERY_TAG_SIZE])
{
	snprintf(tag, DELIVERY_TAG_SIZE, "%" PRIu64, delivery->version);
}
