#include "repo/new_product.h"

#include <string.h>

#include "repo/stock_item.h"

bool new_product_make(const struct repo *repo, const struct new_product *new,
		      struct new_product_items *items)
{
	int64_t now_ms = clock_wall_ms(repo->clock);
	char now[CLOCK_RFC3339_SIZE];
	const struct product_stamp stamp = {
		.id = items->id,
		.version = 1,
		.created_at = now,
		.updated_at = now,
		.write_shards = repo->write_shards,
	};

	*items = (struct new_product_items){0};
	if (new->id)
		memcpy(items->id, new->id, ID_SIZE);
	else
		id_make_random(items->id);
	product_item_key("P#", items->id, items->pk);
	product_item_key("M#", items->id, items->ledger);
	id_make_ordered(now_ms, items->movement_id);
	clock_format_rfc3339(now_ms, now);
	buf_init(&items->product, PRODUCT_ITEM_MAX);
	buf_init(&items->stock, STOCK_ITEM_MAX);
	buf_init(&items->movement, STOCK_ITEM_MAX);
	product_item_write(new->product, &stamp, &items->product);
	stock_item_write(&new->opening, items->id, &items->stock);
	if (new->opening.on_hand > 0)
		movement_item_write(&(struct movement){.delta = new->opening.on_hand,
						       .reason = "opening",
						       .by = new->by,
						       .wall_ms = now_ms},
				    &items->movement);
	return buf_ok(&items->product) && buf_ok(&items->stock) && buf_ok(&items->movement);
}

void new_product_clear(struct new_product_items *items)
{
	buf_clear(&items->product);
	buf_clear(&items->stock);
	buf_clear(&items->movement);
}

size_t new_product_writes(const struct new_product_items *items, const char *names,
			  struct dynamodb_write writes[static NEW_PRODUCT_ITEMS])
{
	static const char absent[] = "attribute_not_exists(#p)";

	writes[0] = (struct dynamodb_write){.key = {items->pk, "#"},
					    .item = buf_text(&items->product),
					    .condition = absent,
					    .names = names};
	writes[1] = (struct dynamodb_write){.key = {items->pk, "STOCK"},
					    .item = buf_text(&items->stock),
					    .condition = absent,
					    .names = names};
	writes[2] = (struct dynamodb_write){.key = {items->ledger, items->movement_id},
					    .item = buf_text(&items->movement)};
	return items->movement.len > 0 ? 3 : 2;
}
