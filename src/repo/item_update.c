#include "repo/item_update.h"

#include <assert.h>

#include "domain/same_value.h"

static void start_read(struct item_update *update);

static void finish(struct item_update *update, enum result result)
{
	dynamodb_call_clear(&update->read);
	dynamodb_call_clear(&update->write);
	update->kind->done(update, result);
}

static void on_written(struct dynamodb_call *call)
{
	struct item_update *update = call->context;
	enum result result = call->result;

	if (update->kind->judge)
		result = update->kind->judge(update);
	if (result == RESULT_CONFLICT && update->tries < ITEM_UPDATE_TRIES) {
		dynamodb_call_clear(&update->read);
		dynamodb_call_clear(&update->write);
		start_read(update);
	} else {
		finish(update, result);
	}
}

static void write_changed(struct item_update *update, const json_t *changed)
{
	enum result result;

	update->write = (struct dynamodb_call){
		.await = update->await,
		.done = on_written,
		.context = update,
	};
	result = update->kind->write(update, changed);
	if (result != RESULT_OK)
		finish(update, result);
}

static bool is_expected(const struct item_update *update)
{
	return update->expected_version == 0 || update->expected_version == update->version;
}

/*
 * What is asked for may be there already, of a later version than the expected one: then it was
 * this very request that made it, whose answer was lost, or somebody who wanted the same.
 */
static void change(struct item_update *update, const json_t *stored)
{
	json_t *changed = NULL;
	enum result result = update->change(stored, update->context, &changed);

	if (result == RESULT_OK && stored && same_value(stored, changed))
		finish(update, update->kind->show(update) ? RESULT_OK : RESULT_NO_MEMORY);
	else if (!is_expected(update) && !result_is_failure(result))
		finish(update, RESULT_CONFLICT);
	else if (result != RESULT_OK)
		finish(update, result);
	else
		write_changed(update, changed);
	json_decref(changed);
}

static void on_read(struct dynamodb_call *call)
{
	struct item_update *update = call->context;
	json_t *stored = NULL;
	enum result result = update->kind->take(update, &stored);

	if (result == RESULT_OK)
		change(update, stored);
	else
		finish(update, result);
	json_decref(stored);
}

static void start_read(struct item_update *update)
{
	update->tries++;
	update->read = (struct dynamodb_call){
		.await = update->await,
		.done = on_read,
		.context = update,
	};
	update->kind->read(update);
}

void item_update_run(struct item_update *update)
{
	assert(update->await->is_pending);
	update->read.context = update;
	if (update->is_read)
		on_read(&update->read);
	else
		start_read(update);
}
