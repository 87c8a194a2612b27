#include "repo/delivery_number.h"

#include <string.h>

#include "repo/delivery_item.h"
#include "repo/delivery_repo.h"
#include "repo/order_read.h"

struct run {
	struct repo *repo;
	struct await *await;
	struct delivery_found *out;
	char key[DELIVERY_KEY_SIZE];
	char order_id[ID_SIZE];
	char delivery_id[ID_SIZE];
	struct dynamodb_call call;
	struct order_read read;
};

static void finish(struct run *run, enum result result)
{
	await_finish(run->await, result);
}

/* It may have been given up, or cancelled with its order, since its lock was read. */
static enum result judge(const struct run *run, const struct order_delivery *delivery)
{
	char key[DELIVERY_KEY_SIZE];

	if (!delivery || delivery->status == DELIVERY_CANCELLED)
		return RESULT_NOT_FOUND;
	if (!delivery_item_tracking_key(run->repo, delivery, key))
		return RESULT_NO_MEMORY;
	return strcmp(key, run->key) == 0 ? RESULT_OK : RESULT_NOT_FOUND;
}

static void on_order(struct order_read *read, enum result result)
{
	struct run *run = read->context;

	if (result == RESULT_OK) {
		run->out->delivery = delivery_repo_pick(&run->out->order, run->delivery_id);
		result = judge(run, run->out->delivery);
	}
	finish(run, result);
}

static void read_order(struct run *run)
{
	run->read = (struct order_read){
		.repo = run->repo,
		.await = run->await,
		.id = run->order_id,
		.out = &run->out->order,
		.done = on_order,
		.context = run,
	};
	order_read(&run->read);
}

static void on_lock(struct dynamodb_call *call)
{
	struct run *run = call->context;
	enum result result = call->result;
	struct item lock;

	if (result == RESULT_OK &&
	    (!item_view(&lock, call->item) ||
	     !id_take(item_raw_string(&lock, "order_id"), run->order_id) ||
	     !id_take(item_raw_string(&lock, "delivery_id"), run->delivery_id)))
		result = RESULT_GARBLED;
	dynamodb_call_clear(call);
	if (result == RESULT_OK)
		read_order(run);
	else
		finish(run, result);
}

static bool make_key(struct run *run, const struct delivery_number *number)
{
	const struct order_delivery wanted = {
		.carrier = order_item_escape(run->await->arena, number->carrier),
		.tracking_number = order_item_escape(run->await->arena, number->tracking_number),
	};

	return wanted.carrier.data && wanted.tracking_number.data &&
	       delivery_item_tracking_key(run->repo, &wanted, run->key);
}

void delivery_number_find(struct repo *repo, const struct delivery_number *number,
			  struct delivery_found *out, struct await *await)
{
	struct run *run = await_begin(await, sizeof(*run));

	if (!run)
		return;
	run->repo = repo;
	run->await = await;
	run->out = out;
	if (!make_key(run, number)) {
		finish(run, RESULT_NO_MEMORY);
		return;
	}
	run->call = (struct dynamodb_call){.await = await, .done = on_lock, .context = run};
	dynamodb_get(&repo->db, &run->call, (struct dynamodb_key){run->key, "#"}, true);
}
