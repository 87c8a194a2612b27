#include "repo/order_draft.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "domain/delivery.h"
#include "domain/money.h"
#include "repo/order_part.h"

void order_draft_fail(struct order_draft *draft, enum result result)
{
	if (draft->failed == RESULT_OK)
		draft->failed = result;
}

/* ------------------------------------------------------------------ writes */

/* NULL stays NULL. */
static const char *keep(struct order_draft *draft, const char *text)
{
	const char *kept = text ? arena_copy(draft->arena, text, strlen(text)) : NULL;

	if (text && !kept)
		order_draft_fail(draft, RESULT_NO_MEMORY);
	return kept;
}

void order_draft_write(struct order_draft *draft, const struct dynamodb_write *write)
{
	struct dynamodb_write *kept = &draft->writes[draft->write_count];

	assert(draft->write_count < ORDER_WRITES_MAX);
	*kept = *write;
	kept->key.pk = keep(draft, write->key.pk);
	kept->key.sk = keep(draft, write->key.sk);
	kept->item = keep(draft, write->item);
	kept->update = keep(draft, write->update);
	kept->condition = keep(draft, write->condition);
	kept->names = keep(draft, write->names);
	kept->values = keep(draft, write->values);
	draft->write_count++;
}

/* The head's version is the condition for these too. */
static void put(struct order_draft *draft, const char *sk, struct buf *members)
{
	char pk[ORDER_KEY_SIZE];

	order_item_key(draft->before->id, pk);
	if (!buf_ok(members))
		order_draft_fail(draft, RESULT_NO_MEMORY);
	else
		order_draft_write(draft, &(struct dynamodb_write){
						 .action = DYNAMODB_PUT,
						 .key = {pk, sk},
						 .item = buf_text(members),
					 });
	buf_clear(members);
}

void order_draft_put_payment(struct order_draft *draft, const struct order_payment *payment)
{
	char sk[ORDER_SORT_SIZE];
	struct buf members = {0};

	order_part_payment_key(payment, sk);
	buf_init(&members, ORDER_ITEM_MAX);
	order_part_write_payment(payment, &draft->order->head, &members);
	put(draft, sk, &members);
}

void order_draft_put_delivery(struct order_draft *draft, const struct order_delivery *delivery)
{
	char sk[ORDER_SORT_SIZE];
	struct buf members = {0};

	order_part_delivery_key(delivery, sk);
	buf_init(&members, ORDER_ITEM_MAX);
	order_part_write_delivery(delivery, &members);
	put(draft, sk, &members);
}

void order_draft_put_return(struct order_draft *draft, const struct order_return *returned)
{
	char sk[ORDER_SORT_SIZE];
	struct buf members = {0};

	order_part_return_key(returned, sk);
	buf_init(&members, ORDER_ITEM_MAX);
	order_part_write_return(returned, &members);
	put(draft, sk, &members);
}

/* ------------------------------------------------------------------ states */

void order_draft_follow(struct order_draft *draft)
{
	struct stored_order *order = draft->order;
	struct order *head = &order->head;

	if (!order_item_count(order)) {
		order_draft_fail(draft, RESULT_GARBLED);
		return;
	}
	head->fulfillment_status = order_fulfillment(order->lines, order->line_count);
	if (order_state_may_change(ORDER_STATUS, head->status, ORDER_COMPLETED) &&
	    delivery_are_all_over(order->lines, order->line_count, order->deliveries,
				  order->delivery_count))
		head->status = ORDER_COMPLETED;
}

void order_draft_tell_end(struct order_draft *draft)
{
	if (draft->order->head.status == ORDER_COMPLETED &&
	    draft->before->status != ORDER_COMPLETED)
		order_draft_tell(draft, EVENT_ORDER_COMPLETED, NULL);
}

/* ------------------------------------------------------------------ stock */

static bool make_moves(struct order_draft *draft)
{
	if (draft->moves)
		return true;
	draft->moves = arena_alloc(draft->arena, sizeof(*draft->moves));
	if (!draft->moves)
		return false;
	draft->moves->repo = draft->repo;
	draft->moves->await = draft->await;
	draft->moves->reference = draft->before->id;
	return true;
}

void order_draft_move(struct order_draft *draft, const char *product_id, enum stock_move move,
		      int64_t quantity)
{
	struct stock_line *line;

	if (!make_moves(draft)) {
		order_draft_fail(draft, RESULT_NO_MEMORY);
		return;
	}
	assert(draft->moves->count < STOCK_MOVES_MAX);
	line = &draft->moves->lines[draft->moves->count++];
	*line = (struct stock_line){.move = move, .quantity = quantity};
	memcpy(line->product_id, product_id, ID_SIZE);
}

/* ------------------------------------------------------------------ what is told of it */

static struct span view(const char *text)
{
	return text ? span_of(text) : (struct span){0};
}

void order_draft_log(struct order_draft *draft, const char *what, const char *from, const char *to)
{
	assert(!draft->entry.what.data);
	draft->entry.what = span_of(what);
	draft->entry.from = view(from);
	draft->entry.to = view(to);
}

void order_draft_give_reason(struct order_draft *draft, struct span reason)
{
	draft->entry.reason = reason;
}

void order_draft_tell(struct order_draft *draft, enum event_type type, const char *extra)
{
	assert(draft->event_count < ORDER_EVENTS_MAX);
	draft->events[draft->event_count].type = type;
	draft->events[draft->event_count++].extra = extra;
}

static void add_amount(struct buf *out, const char *name, const struct order *order, int64_t amount)
{
	char text[MONEY_SIZE];

	order_item_amount(order, amount, text);
	buf_add_format(out, ",\"%s\":%s", name, text);
}

void order_draft_describe(const struct order *order, const char *extra, struct buf *out)
{
	buf_add_format(out, "{\"order_id\":\"%s\"", order->id);
	if (order->user_id[0])
		buf_add_format(out, ",\"user_id\":\"%s\"", order->user_id);
	for (int field = 0; field < ORDER_FIELDS; field++)
		buf_add_format(out, ",\"%s\":\"%s\"", order_field_name((enum order_field)field),
			       order_state_name((enum order_field)field,
						order_state_of(order, (enum order_field)field)));
	add_amount(out, "total", order, order->total);
	add_amount(out, "paid", order, order->paid);
	add_amount(out, "refunded", order, order->refunded);
	buf_add_format(out, ",\"currency\":\"%s\",\"line_count\":%" PRIu64, order->currency,
		       order->line_count);
	buf_add_format(out, ",\"version\":%" PRIu64, order->version);
	if (extra)
		buf_add_format(out, ",%s", extra);
	buf_add_char(out, '}');
}
