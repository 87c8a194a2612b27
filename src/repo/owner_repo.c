#include "repo/owner_repo.h"

#include <stdio.h>
#include <string.h>

#include "aws/attribute.h"
#include "repo/record.h"

struct look {
	struct await *await;
	struct owner *out;
	struct dynamodb_call call;
};

/* What has an owner that is not one of our ids is nobody's, and nobody gets it. */
static enum result read_owner(struct span text, struct owner *out)
{
	struct item item;
	struct span user;
	struct owner owner = {0};

	if (!item_view(&item, text))
		return RESULT_GARBLED;
	if (!item_get(&item, "user_id").data) {
		*out = owner;
		return RESULT_OK;
	}
	user = item_raw_string(&item, "user_id");
	if (user.len != ID_LEN)
		return RESULT_GARBLED;
	memcpy(owner.user_id, user.data, ID_LEN);
	*out = owner;
	return RESULT_OK;
}

static void on_read(struct dynamodb_call *call)
{
	struct look *look = call->context;
	enum result result = call->result;

	if (result == RESULT_OK)
		result = read_owner(call->item, look->out);
	dynamodb_call_clear(call);
	await_finish(look->await, result);
}

void owner_repo_find(struct repo *repo, enum owner_of of, const char *id, struct owner *out,
		     struct await *await)
{
	static const char prefixes[] = {
		[OWNER_OF_CART] = 'C',
		[OWNER_OF_CHECKOUT] = 'K',
		[OWNER_OF_ORDER] = 'O',
	};
	char pk[RECORD_KEY_SIZE];
	struct look *look;

	await_start(await);
	if (!id_is_valid(id)) {
		await_finish(await, RESULT_NOT_FOUND);
		return;
	}
	look = arena_alloc(await->arena, sizeof(*look));
	if (!look) {
		await_finish(await, RESULT_NO_MEMORY);
		return;
	}
	snprintf(pk, sizeof(pk), "%c#%s", prefixes[of], id);
	look->await = await;
	look->out = out;
	look->call = (struct dynamodb_call){.await = await, .done = on_read, .context = look};
	dynamodb_get(&repo->db, &look->call, (struct dynamodb_key){pk, "#"}, true);
}
