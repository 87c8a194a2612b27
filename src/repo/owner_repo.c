#include "repo/owner_repo.h"

#include <stdio.h>
#include <string.h>

#include "aws/attribute.h"
#include "repo/record.h"

struct look {
	struct repo *repo;
	struct await *await;
	enum owner_of of; /* what is read now */
	char id[ID_SIZE];
	struct owner *out;
	struct dynamodb_call call;
};

static void start_read(struct look *look);

/* Nobody gets what has an owner that is not one of our ids, or had one who was removed. */
static enum result read_owner(struct span text, struct owner *out)
{
	struct item item;
	struct span user;
	struct owner owner = {0};

	if (!item_view(&item, text))
		return RESULT_GARBLED;
	if (item_get(&item, "is_anonymised").data)
		return RESULT_NOT_FOUND;
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
	if (result == RESULT_NOT_FOUND && look->of == OWNER_OF_CHECKOUT) {
		look->of = OWNER_OF_ORDER;
		start_read(look);
	} else {
		await_finish(look->await, result);
	}
}

static void start_read(struct look *look)
{
	static const char prefixes[] = {
		[OWNER_OF_CART] = 'C',
		[OWNER_OF_CHECKOUT] = 'K',
		[OWNER_OF_ORDER] = 'O',
	};
	char pk[RECORD_KEY_SIZE];

	snprintf(pk, sizeof(pk), "%c#%s", prefixes[look->of], look->id);
	look->call = (struct dynamodb_call){.await = look->await, .done = on_read, .context = look};
	dynamodb_get(&look->repo->db, &look->call, (struct dynamodb_key){pk, "#"}, true);
}

void owner_repo_find(struct repo *repo, enum owner_of of, const char *id, struct owner *out,
		     struct await *await)
{
	struct look *look = repo_begin(await, sizeof(*look), id, RESULT_NOT_FOUND);

	if (!look)
		return;
	look->repo = repo;
	look->await = await;
	look->of = of;
	memcpy(look->id, id, ID_SIZE);
	look->out = out;
	start_read(look);
}
