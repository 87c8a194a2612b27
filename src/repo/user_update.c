#include "repo/user_update.h"

#include <stdio.h>
#include <string.h>

#include "domain/user.h"
#include "repo/record_update.h"
#include "repo/user_item.h"

enum { VALUES_SIZE = 80 };

struct run {
	struct record_update record;
	char old_lock[RECORD_KEY_SIZE];
	char new_lock[RECORD_KEY_SIZE];
	char lock[USER_LOCK_SIZE]; /* what the new one holds */
	char names[REPO_NAMES_SIZE];
	char values[VALUES_SIZE];
};

static bool make_locks(struct run *run, const json_t *changed)
{
	const struct repo *repo = run->record.item.repo;

	return user_item_own_email_key(repo, &run->record.found.item, run->old_lock) &&
	       user_item_email_key(repo, field_text(json_object_get(changed, "email")),
				   run->new_lock);
}

/* The lock moves with the address, unless the two differ in case only. */
static bool move_lock(struct record_update *record, const json_t *changed,
		      struct dynamodb_write *writes, size_t *count)
{
	struct run *run = record->of;

	if (!make_locks(run, changed))
		return false;
	if (strcmp(run->old_lock, run->new_lock) == 0)
		return true;
	repo_key_names(record->item.repo, run->names);
	user_item_lock(record->id, run->lock);
	snprintf(run->values, sizeof(run->values), "{\":u\":{\"S\":\"%s\"}}", record->id);
	writes[0] = (struct dynamodb_write){
		.action = DYNAMODB_DELETE,
		.key = {run->old_lock, "#"},
		.condition = "attribute_not_exists(#p) OR user_id = :u",
		.names = run->names,
		.values = run->values,
	};
	writes[1] = (struct dynamodb_write){
		.action = DYNAMODB_PUT,
		.key = {run->new_lock, "#"},
		.item = run->lock,
		.condition = "attribute_not_exists(#p)",
		.names = run->names,
	};
	*count = 2;
	return true;
}

/* Only when the user is still the one that was read, the new lock's condition tells something. */
static enum result judge(const struct item_update *item)
{
	const struct dynamodb_call *write = &item->write;

	if (write->result == RESULT_CONFLICT && write->failed_count == 3 &&
	    !write->reasons[0].is_condition && write->reasons[2].is_condition)
		return RESULT_EXISTS;
	return write->result;
}

void user_update_run(struct repo *repo, const struct user_update *update, struct record *out,
		     struct await *await)
{
	struct run *run = repo_begin(await, sizeof(*run), update->id, RESULT_NOT_FOUND);

	if (!run)
		return;
	run->record.item = (struct item_update){
		.repo = repo,
		.await = await,
		.expected_version = update->expected_version,
		.change = update->change,
		.context = update->context,
	};
	run->record.fields = user_fields;
	run->record.out = out;
	run->record.others = move_lock;
	run->record.judge = judge;
	run->record.of = run;
	memcpy(run->record.id, update->id, ID_SIZE);
	user_item_key(update->id, run->record.pk);
	snprintf(run->record.sk, sizeof(run->record.sk), "#");
	record_update_run(&run->record);
}
