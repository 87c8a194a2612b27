#include "repo/user_owner.h"

#include <stdio.h>
#include <string.h>

#include "repo/record_find.h"
#include "repo/user_item.h"

struct look {
	struct await *await;
	struct dynamodb_call call;
};

static void on_looked(struct dynamodb_call *call)
{
	struct look *look = call->context;
	enum result result = call->result;

	if (result == RESULT_OK)
		result = RESULT_NOT_FOUND;
	else if (result == RESULT_NOT_FOUND)
		result = RESULT_NO_OWNER;
	dynamodb_call_clear(call);
	await_finish(look->await, result);
}

void user_owner_look(struct repo *repo, const char *user_id, struct await *await)
{
	struct look *look;
	char pk[RECORD_KEY_SIZE];

	if (!id_is_valid(user_id)) {
		await_finish(await, RESULT_NO_OWNER);
		return;
	}
	look = arena_alloc(await->arena, sizeof(*look));
	if (!look) {
		await_finish(await, RESULT_NO_MEMORY);
		return;
	}
	user_item_key(user_id, pk);
	look->await = await;
	look->call = (struct dynamodb_call){.await = await, .done = on_looked, .context = look};
	dynamodb_get(&repo->db, &look->call, (struct dynamodb_key){pk, "#"}, true);
}

static void on_found(struct record_find *find, enum result result)
{
	if (result == RESULT_NOT_FOUND)
		user_owner_look(find->repo, find->of, find->await);
	else
		await_finish(find->await, result);
}

void user_owner_find(struct repo *repo, const struct user_owned *owned, struct record *out,
		     struct await *await)
{
	struct record_find *find =
		repo_begin(await, sizeof(*find), owned->user_id, RESULT_NO_OWNER);

	if (!find)
		return;
	find->repo = repo;
	find->await = await;
	find->out = out;
	find->done = on_found;
	find->of = (void *)owned->user_id;
	snprintf(find->id, sizeof(find->id), "%s", owned->id);
	snprintf(find->sk, sizeof(find->sk), "%s", owned->sk);
	user_item_key(owned->user_id, find->pk);
	record_find_run(find);
}
