#include "repo/order_read.h"

#include <stdio.h>

enum { VALUES_SIZE = 96 };

static void on_read(struct dynamodb_call *call)
{
	struct order_read *read = call->context;
	enum result result = call->result;

	/*
	 * The limits of order.h keep an order to one page, so what has another was not written by
	 * us.
	 */
	if (result == RESULT_OK && call->last_key.data)
		result = RESULT_GARBLED;
	if (result == RESULT_OK)
		result = order_item_read(call->items, read->id, read->await->arena, read->out);
	dynamodb_call_clear(call);
	read->done(read, result);
}

void order_read(struct order_read *read)
{
	char pk[ORDER_KEY_SIZE];
	char names[REPO_NAMES_SIZE];
	char values[VALUES_SIZE];

	if (!id_is_valid(read->id)) {
		read->done(read, RESULT_NOT_FOUND);
		return;
	}
	order_item_key(read->id, pk);
	repo_key_names(read->repo, names);
	snprintf(values, sizeof(values), "{\":p\":{\"S\":\"%s\"}}", pk);
	read->call = (struct dynamodb_call){
		.await = read->await,
		.done = on_read,
		.context = read,
	};
	dynamodb_query(&read->repo->db, &read->call,
		       &(struct dynamodb_query){
			       .condition = "#p = :p",
			       .names = names,
			       .values = values,
			       .is_consistent = true,
		       });
}
