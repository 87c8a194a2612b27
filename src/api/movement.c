#include "api/movement.h"

#include <stdio.h>

#include "api/paging.h"
#include "base/id.h"
#include "http/reply.h"
#include "repo/partition_list.h"
#include "repo/product_item.h"
#include "repo/stock_item.h"
#include "repo/stock_repo.h"

struct movement_state {
	char ledger[PRODUCT_KEY_SIZE];
	struct partition_list_query query;
	struct list_page page;
	struct stock stock;
};

static enum flow reply_not_found(struct request *rq)
{
	return reply_problem(rq, "product-not-found", NULL);
}

static enum flow find_movements(struct request *rq)
{
	struct movement_state *st = rq->state;

	if (!id_is_valid(rq->param[0]))
		return reply_not_found(rq);
	product_item_key("M#", rq->param[0], st->ledger);
	st->query = (struct partition_list_query){
		.index = PARTITION_TABLE,
		.partition = st->ledger,
		.is_descending = true,
		.is_consistent = true,
	};
	if (!paging_read(rq, &st->query.limit, &st->query.cursor))
		return FLOW_REPLY;
	partition_list_find(rq->repo, &st->query, &st->page, &rq->await);
	return FLOW_WAIT;
}

/* A ledger without a movement: is it a product that never had any, or none at all? */
static enum flow look_for_product(struct request *rq)
{
	struct movement_state *st = rq->state;

	if (rq->await.result != RESULT_OK || st->page.count > 0 || st->query.cursor)
		return FLOW_NEXT;
	stock_repo_find(rq->repo, rq->param[0], &st->stock, &rq->await);
	return FLOW_WAIT;
}

static void write_movement(struct request *rq, struct span entry, struct buf *out)
{
	(void)rq;
	movement_item_show(entry, out);
}

static enum flow answer_found(struct request *rq)
{
	const struct movement_state *st = rq->state;

	if (rq->await.result == RESULT_NOT_FOUND)
		return reply_not_found(rq);
	return paging_reply(rq, &st->page, write_movement);
}

const struct endpoint get_movements = {
	.state_size = sizeof(struct movement_state),
	.steps = STEPS(find_movements, look_for_product, answer_found),
};
