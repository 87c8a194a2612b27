#include "repo/record_find.h"

#include <assert.h>
#include <string.h>

/* The answer goes with the call, so the text is copied to where the caller may keep it. */
static enum result take_found(const struct record_find *find)
{
	struct span text = find->call.item;
	struct record found = {0};
	char *copy;

	if (find->call.result != RESULT_OK)
		return find->call.result;
	copy = arena_copy(find->await->arena, text.data, text.len);
	if (!copy)
		return RESULT_NO_MEMORY;
	if (!record_view((struct span){copy, text.len}, &found))
		return RESULT_GARBLED;
	memcpy(found.id, find->id, ID_SIZE);
	*find->out = found;
	return RESULT_OK;
}

static void on_found(struct dynamodb_call *call)
{
	struct record_find *find = call->context;
	enum result result = take_found(find);

	dynamodb_call_clear(call);
	if (find->done)
		find->done(find, result);
	else
		await_finish(find->await, result);
}

void record_find_run(struct record_find *find)
{
	assert(find->await->is_pending);
	find->call = (struct dynamodb_call){
		.await = find->await,
		.done = on_found,
		.context = find,
	};
	dynamodb_get(&find->repo->db, &find->call, (struct dynamodb_key){find->pk, find->sk}, true);
}
