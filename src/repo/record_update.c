#include "repo/record_update.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "repo/repo_write.h"

enum { NAMES_MAX = 8 * 1024, TIME_MAX = 64 };

static void finish(struct item_update *item, enum result result)
{
	struct record_update *update = item->of;

	if (update->done)
		update->done(update, result);
	else
		await_finish(item->await, result);
}

/* ------------------------------------------------------------------ reading */

static void read_record(struct item_update *item)
{
	const struct record_update *update = item->of;

	dynamodb_get(&item->repo->db, &item->read, (struct dynamodb_key){update->pk, update->sk},
		     true);
}

static enum result take_found(struct item_update *item, json_t **stored)
{
	struct record_update *update = item->of;

	item->version = 0;
	update->found = (struct record){0};
	if (item->read.result == RESULT_NOT_FOUND && update->may_be_new)
		return RESULT_OK;
	if (item->read.result != RESULT_OK)
		return item->read.result;
	if (!record_view(item->read.item, &update->found))
		return RESULT_GARBLED;
	item->version = update->found.version;
	return record_tree(update->fields, &update->found.item, stored);
}

/* ------------------------------------------------------------------ what was found or made */

static bool show_found(struct item_update *item)
{
	const struct record_update *update = item->of;
	struct span text = item->read.item;
	struct record shown = {0};
	char *copy = arena_copy(item->await->arena, text.data, text.len);

	if (!copy || !record_view((struct span){copy, text.len}, &shown))
		return false;
	memcpy(shown.id, update->id, ID_SIZE);
	*update->out = shown;
	return true;
}

/* The time at which it was made; NULL when another tool has removed it. */
static const char *creation_time(const struct item *item, char text[static TIME_MAX])
{
	struct span raw = item_raw_string(item, "created_at");

	if (!raw.data || raw.len >= TIME_MAX || memchr(raw.data, '\\', raw.len))
		return NULL;
	memcpy(text, raw.data, raw.len);
	text[raw.len] = '\0';
	return text;
}

/* The record as it will be. */
static bool show_changed(const struct record_update *update, const json_t *changed,
			 const struct record_stamp *stamp)
{
	struct buf members = {0};
	bool is_shown;

	buf_init(&members, RECORD_ITEM_MAX);
	record_write(update->fields, changed, stamp, &members);
	is_shown = record_keep_new(update->id, &members, update->item.await->arena, update->out);
	buf_clear(&members);
	return is_shown;
}

/* ------------------------------------------------------------------ writing */

/* The record's own write comes first. */
static enum result start_writes(struct record_update *update, const struct dynamodb_write *own,
				const json_t *changed)
{
	struct dynamodb_write writes[1 + RECORD_OTHERS_MAX] = {*own};
	size_t count = 0;

	if (update->others && !update->others(update, changed, writes + 1, &count))
		return RESULT_NO_MEMORY;
	return repo_write(update->item.repo, &update->item.write, writes, 1 + count);
}

/* Put into braces, for these are whole objects. */
static bool embrace(struct buf *members, struct buf *out)
{
	buf_init(out, NAMES_MAX + RECORD_ITEM_MAX);
	buf_add_char(out, '{');
	buf_add_str(out, buf_text(members));
	buf_add_char(out, '}');
	return buf_ok(members) && buf_ok(out);
}

static enum result write_change(struct record_update *update, struct record_change *change,
				const json_t *changed)
{
	const struct item_update *item = &update->item;
	bool is_new = item->version == 0;
	struct buf names = {0};
	struct buf values = {0};
	struct dynamodb_write own = {
		.action = DYNAMODB_UPDATE,
		.key = {update->pk, update->sk},
		.condition = is_new ? "attribute_not_exists(#p)" : "version = :v",
		.expected_version = item->version,
	};
	enum result result = RESULT_NO_MEMORY;

	if (is_new)
		buf_add_format(&change->names, ",\"#p\":\"%s\"", item->repo->db.partition_key);
	else
		attribute_add_integer(&change->values, ":v", (int64_t)item->version);
	if (embrace(&change->names, &names) && embrace(&change->values, &values) &&
	    buf_ok(&change->update)) {
		own.update = buf_text(&change->update);
		own.names = buf_text(&names);
		own.values = buf_text(&values);
		result = start_writes(update, &own, changed);
	}
	buf_clear(&names);
	buf_clear(&values);
	return result;
}

static enum result write_changed(struct item_update *item, const json_t *changed)
{
	struct record_update *update = item->of;
	struct record_change change = {0};
	char now[CLOCK_RFC3339_SIZE];
	char created_at[TIME_MAX];
	struct record_stamp stamp = {.version = item->version + 1};
	enum result result = RESULT_NO_MEMORY;

	clock_format_rfc3339(clock_wall_ms(item->repo->clock), now);
	if (!update->may_be_new) {
		stamp.created_at = creation_time(&update->found.item, created_at);
		stamp.updated_at = now;
	}
	record_change_init(&change, update->fields, changed, &stamp);
	if (show_changed(update, changed, &stamp))
		result = write_change(update, &change, changed);
	record_change_clear(&change);
	return result;
}

static enum result judge(const struct item_update *item)
{
	const struct record_update *update = item->of;

	return update->judge ? update->judge(item) : item->write.result;
}

/* ------------------------------------------------------------------ all together */

static const struct item_update_kind record_kind = {
	.read = read_record,
	.take = take_found,
	.show = show_found,
	.write = write_changed,
	.judge = judge,
	.done = finish,
};

void record_update_run(struct record_update *update)
{
	update->item.kind = &record_kind;
	update->item.of = update;
	item_update_run(&update->item);
}
