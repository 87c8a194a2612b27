#include "repo/user_by_email.h"

#include <string.h>

#include "base/id.h"
#include "repo/user_item.h"

struct search {
	struct repo *repo;
	struct await *await;
	struct list_page *out;
	char lock[RECORD_KEY_SIZE];
	struct dynamodb_call call;
};

/* What is not there is an answer: nobody has the address. */
static void finish(struct search *search, enum result result)
{
	dynamodb_call_clear(&search->call);
	await_finish(search->await, result == RESULT_NOT_FOUND ? RESULT_OK : result);
}

static void begin_get(struct search *search, const char *pk,
		      void (*done)(struct dynamodb_call *call))
{
	dynamodb_call_clear(&search->call);
	search->call = (struct dynamodb_call){
		.await = search->await,
		.done = done,
		.context = search,
	};
	dynamodb_get(&search->repo->db, &search->call, (struct dynamodb_key){pk, "#"}, true);
}

/* ------------------------------------------------------------------ the user */

/* Another address by now: then nobody had this one for a moment, at least. */
static enum result judge_email(const struct search *search, struct span text)
{
	struct item item;
	char lock[RECORD_KEY_SIZE];

	if (!item_view(&item, text))
		return RESULT_GARBLED;
	if (!user_item_own_email_key(search->repo, &item, lock))
		return RESULT_NO_MEMORY;
	return strcmp(lock, search->lock) == 0 ? RESULT_OK : RESULT_NOT_FOUND;
}

static enum result take_user(const struct search *search, struct span text)
{
	enum result result = judge_email(search, text);
	struct span *entry;

	if (result != RESULT_OK)
		return result;
	entry = arena_alloc(search->await->arena, sizeof(*entry));
	if (!entry)
		return RESULT_NO_MEMORY;
	*entry = (struct span){arena_copy(search->await->arena, text.data, text.len), text.len};
	if (!entry->data)
		return RESULT_NO_MEMORY;
	*search->out = (struct list_page){.count = 1, .entries = entry};
	return RESULT_OK;
}

static void on_user(struct dynamodb_call *call)
{
	struct search *search = call->context;
	enum result result = call->result;

	if (result == RESULT_OK)
		result = take_user(search, call->item);
	finish(search, result);
}

/* ------------------------------------------------------------------ the lock */

static bool take_lock(struct span text, char id[static ID_SIZE])
{
	struct item item;

	return item_view(&item, text) && id_take(item_raw_string(&item, "user_id"), id);
}

static void on_lock(struct dynamodb_call *call)
{
	struct search *search = call->context;
	char id[ID_SIZE];
	char pk[RECORD_KEY_SIZE];

	if (call->result != RESULT_OK) {
		finish(search, call->result);
		return;
	}
	if (!take_lock(call->item, id)) {
		finish(search, RESULT_GARBLED);
		return;
	}
	user_item_key(id, pk);
	begin_get(search, pk, on_user);
}

void user_by_email_find(struct repo *repo, struct span email, struct list_page *out,
			struct await *await)
{
	struct search *search = await_begin(await, sizeof(*search));

	if (!search)
		return;
	*search = (struct search){.repo = repo, .await = await, .out = out};
	*out = (struct list_page){0};
	if (user_item_email_key(repo, email, search->lock))
		begin_get(search, search->lock, on_lock);
	else
		finish(search, RESULT_NO_MEMORY);
}
