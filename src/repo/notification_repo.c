#include "repo/notification_repo.h"

#include <stdio.h>
#include <string.h>

#include "domain/notification.h"
#include "domain/same_value.h"
#include "repo/record_update.h"
#include "repo/user_item.h"
#include "repo/user_owner.h"

void notification_repo_find(struct repo *repo, const char *user_id, struct record *out,
			    struct await *await)
{
	user_owner_find(repo, &(struct user_owned){user_id, "NOTIFY", ""}, out, await);
}

bool notification_repo_none(struct record *out, struct arena *arena)
{
	json_t *none = notification_none();
	struct buf members = {0};
	bool is_made = false;

	buf_init(&members, RECORD_ITEM_MAX);
	if (none) {
		record_write(notification_fields, none, &(struct record_stamp){0}, &members);
		is_made = record_keep_new("", &members, arena, out);
	}
	buf_clear(&members);
	json_decref(none);
	return is_made;
}

struct run {
	struct record_update record;
	const char *user_id;
	bool must_be_first;
	json_t *preference;
	char names[REPO_NAMES_SIZE];
};

/* What is stored does not matter, all of it is replaced; only whether something is. */
static enum result replace(const json_t *stored, void *context, json_t **changed)
{
	const struct run *run = context;

	if (stored && run->must_be_first && !same_value(stored, run->preference))
		return RESULT_CONFLICT;
	*changed = json_incref(run->preference);
	return RESULT_OK;
}

/* Else they would outlive a user who is removed at the same moment. */
static bool require_user(struct record_update *record, const json_t *changed,
			 struct dynamodb_write *writes, size_t *count)
{
	struct run *run = record->of;

	(void)changed;
	repo_key_names(record->item.repo, run->names);
	writes[0] = (struct dynamodb_write){
		.action = DYNAMODB_CHECK,
		.key = {record->pk, "#"},
		.condition = "attribute_exists(#p)",
		.names = run->names,
	};
	*count = 1;
	return true;
}

static enum result judge(const struct item_update *item)
{
	const struct dynamodb_call *write = &item->write;

	if (write->result == RESULT_CONFLICT && write->reasons[1].is_condition)
		return RESULT_NO_OWNER;
	return write->result;
}

static void finish(struct record_update *record, enum result result)
{
	struct run *run = record->of;

	json_decref(run->preference);
	if (result == RESULT_CONFLICT && record->item.version == 0)
		user_owner_look(record->item.repo, run->user_id, record->item.await);
	else
		await_finish(record->item.await, result);
}

void notification_repo_set(struct repo *repo, const struct notification_setting *setting,
			   struct record *out, struct await *await)
{
	struct run *run = repo_begin(await, sizeof(*run), setting->user_id, RESULT_NO_OWNER);

	if (!run)
		return;
	run->record.item = (struct item_update){
		.repo = repo,
		.await = await,
		.expected_version = setting->expected_version,
		.change = replace,
		.context = run,
	};
	run->record.fields = notification_fields;
	run->record.may_be_new = true;
	run->record.out = out;
	run->record.others = require_user;
	run->record.judge = judge;
	run->record.done = finish;
	run->record.of = run;
	run->user_id = setting->user_id;
	run->must_be_first = setting->must_be_first;
	run->preference = json_incref((json_t *)setting->preference);
	user_item_key(setting->user_id, run->record.pk);
	snprintf(run->record.sk, sizeof(run->record.sk), "NOTIFY");
	record_update_run(&run->record);
}
