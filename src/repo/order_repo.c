#include "repo/order_repo.h"

#include <stdio.h>
#include <string.h>

#include "repo/order_read.h"
#include "repo/partition_list.h"

enum { PARTITION_SIZE = 64, BOUND_SIZE = 64 };

/* ------------------------------------------------------------------ reading */

static void on_read(struct order_read *read, enum result result)
{
	await_finish(read->await, result);
}

void order_repo_find(struct repo *repo, const char *id, struct stored_order *out,
		     struct await *await)
{
	struct order_read *read = await_begin(await, sizeof(*read));

	if (!read)
		return;
	*read = (struct order_read){
		.repo = repo,
		.await = await,
		.id = id,
		.out = out,
		.done = on_read,
	};
	order_read(read);
}

/* ------------------------------------------------------------------ lists */

/* What a query points to, until the list is found. */
struct bounds {
	char partition[PARTITION_SIZE]; /* of a user */
	char of_status[ORDER_STATUSES][PARTITION_SIZE];
	const char *partitions[ORDER_STATUSES + 1];
	char from[BOUND_SIZE];
	char to[BOUND_SIZE];
};

static struct bounds *make_bounds(struct await *await)
{
	struct bounds *bounds = arena_alloc(await->arena, sizeof(*bounds));

	if (!bounds) {
		await_start(await);
		await_finish(await, RESULT_NO_MEMORY);
	}
	return bounds;
}

static void name_partitions(const struct order_list *list, struct bounds *bounds)
{
	bool is_any = list->status == ORDER_STATUSES;
	size_t count = 0;

	for (unsigned status = 0; status < ORDER_STATUSES; status++) {
		char *partition = bounds->of_status[count];

		if (!is_any && status != list->status)
			continue;
		snprintf(partition, PARTITION_SIZE, "OS#%s",
			 order_state_name(ORDER_STATUS, status));
		bounds->partitions[count++] = partition;
	}
}

void order_repo_list(struct repo *repo, const struct order_list *list, struct list_page *out,
		     struct await *await)
{
	struct bounds *bounds = make_bounds(await);

	if (!bounds)
		return;
	name_partitions(list, bounds);
	/* Sort keys are "time#id", and "$" is what comes after "#". */
	if (list->from)
		snprintf(bounds->from, sizeof(bounds->from), "%s#", list->from);
	if (list->to)
		snprintf(bounds->to, sizeof(bounds->to), "%s$", list->to);
	partition_list_find(repo,
			    &(struct partition_list_query){
				    .index = PARTITION_GSI2,
				    .partitions = bounds->partitions,
				    .is_sharded = true,
				    .is_descending = true,
				    .from = list->from ? bounds->from : NULL,
				    .to = list->to ? bounds->to : NULL,
				    .limit = list->limit,
				    .cursor = list->cursor,
			    },
			    out, await);
}

void order_repo_list_of(struct repo *repo, const struct order_user_list *list,
			struct list_page *out, struct await *await)
{
	struct bounds *bounds = make_bounds(await);

	if (!bounds)
		return;
	snprintf(bounds->partition, sizeof(bounds->partition), "U#%s", list->user_id);
	partition_list_find(repo,
			    &(struct partition_list_query){
				    .index = PARTITION_GSI1,
				    .partition = bounds->partition,
				    .prefix = "O#",
				    .is_descending = true,
				    .limit = list->limit,
				    .cursor = list->cursor,
			    },
			    out, await);
}

/* ------------------------------------------------------------------ expiring */

struct expiry {
	struct stored_order order;
	int64_t payment_ms;
};

static enum order_decision expire(struct order_draft *draft, void *context)
{
	const struct expiry *expiry = context;
	struct stored_order *order = draft->order;
	char since[CLOCK_RFC3339_SIZE];
	int64_t since_ms;

	order_waits_since(&order->head, order->payments, order->payment_count, since);
	if (!order_awaits_payment(&order->head) ||
	    !clock_parse_rfc3339(since, strlen(since), &since_ms) ||
	    since_ms > draft->wall_ms - expiry->payment_ms)
		return ORDER_REFUSE;
	order->head.status = ORDER_EXPIRED;
	for (size_t i = 0; i < order->line_count; i++)
		order_draft_move(draft, order->lines[i].product_id, STOCK_RELEASE,
				 order->lines[i].quantity);
	order_draft_log(draft, "expired", NULL, NULL);
	order_draft_tell(draft, EVENT_ORDER_EXPIRED, NULL);
	return ORDER_WRITE;
}

void order_repo_expire(struct repo *repo, const char *id, int64_t payment_ms, struct await *await)
{
	struct expiry *expiry = arena_alloc(await->arena, sizeof(*expiry));

	if (!expiry) {
		await_start(await);
		await_finish(await, RESULT_NO_MEMORY);
		return;
	}
	expiry->payment_ms = payment_ms;
	order_change_run(repo,
			 &(struct order_change){
				 .order_id = id,
				 .by = "system",
				 .decide = expire,
				 .context = expiry,
			 },
			 &expiry->order, await);
}
