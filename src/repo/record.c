#include "repo/record.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/json_exact.h"

enum { EXPRESSION_MAX = 4 * 1024 };

bool record_view(struct span text, struct record *record)
{
	uint64_t version = 0;

	if (!item_view(&record->item, text))
		return false;
	(void)!item_u64(&record->item, "version", &version);
	record->version = version;
	return true;
}

bool record_keep_new(const char *id, const struct buf *members, struct arena *arena,
		     struct record *out)
{
	struct record made = {0};
	size_t size = members->len + sizeof("{}");
	char *text = buf_ok(members) ? arena_alloc(arena, size) : NULL;

	if (!text)
		return false;
	snprintf(text, size, "{%s}", buf_text(members));
	snprintf(made.id, sizeof(made.id), "%s", id);
	if (!record_view((struct span){text, size - 1}, &made))
		return false;
	*out = made;
	return true;
}

/* The fields as members of a JSON object that has begun. */
static void show_fields(const struct field *fields, const struct item *item, struct buf *out)
{
	for (const struct field *field = fields; field->name; field++) {
		if (field->role == FIELD_STORED)
			attribute_show(span_of(field->name), item_get(item, field->name), out);
	}
}

enum result record_tree(const struct field *fields, const struct item *item, json_t **tree)
{
	struct json_mistake mistake = {0};
	struct buf text = {0};
	json_t *made = NULL;
	enum result result = RESULT_NO_MEMORY;

	buf_init(&text, RECORD_ITEM_MAX);
	buf_add_char(&text, '{');
	show_fields(fields, item, &text);
	buf_add_char(&text, '}');
	if (buf_ok(&text)) {
		made = json_exact_parse((struct span){buf_text(&text), text.len}, &mistake);
		if (!made && mistake.line > 0)
			result = RESULT_GARBLED;
	}
	buf_clear(&text);
	if (!made)
		return result;
	*tree = made;
	return RESULT_OK;
}

void record_write(const struct field *fields, const json_t *tree, const struct record_stamp *stamp,
		  struct buf *out)
{
	for (const struct field *field = fields; field->name; field++) {
		const json_t *value = json_object_get(tree, field->name);

		if (field->role == FIELD_STORED && value)
			attribute_add_json(out, field->name, value);
	}
	attribute_add_integer(out, "version", (int64_t)stamp->version);
	if (stamp->created_at)
		attribute_add_text(out, "created_at", stamp->created_at);
	if (stamp->updated_at)
		attribute_add_text(out, "updated_at", stamp->updated_at);
}

/* ------------------------------------------------------------------ changes */

/* Names of attributes may be words that DynamoDB reserves, so each has a placeholder. */
static void name_field(struct record_change *change, const struct field *field, size_t index)
{
	buf_add_format(&change->names, "%s\"#f%zu\":\"%s\"", change->names.len > 0 ? "," : "",
		       index, field->name);
}

static void set_field(struct record_change *change, const json_t *value, size_t index)
{
	enum { NAME_SIZE = 24 };
	char name[NAME_SIZE];

	snprintf(name, sizeof(name), ":f%zu", index);
	buf_add_format(&change->update, ", #f%zu = %s", index, name);
	attribute_add_json(&change->values, name, value);
}

static void set_stamp(struct record_change *change, const struct record_stamp *stamp)
{
	buf_add_str(&change->update, "SET version = :version");
	attribute_add_integer(&change->values, ":version", (int64_t)stamp->version);
	if (!stamp->updated_at)
		return;
	buf_add_str(&change->update, ", updated_at = :updated_at");
	attribute_add_text(&change->values, ":updated_at", stamp->updated_at);
}

void record_change_init(struct record_change *change, const struct field *fields,
			const json_t *tree, const struct record_stamp *stamp)
{
	bool removes = false;

	buf_init(&change->update, EXPRESSION_MAX);
	buf_init(&change->names, EXPRESSION_MAX);
	buf_init(&change->values, RECORD_ITEM_MAX);
	set_stamp(change, stamp);
	for (size_t i = 0; fields[i].name; i++) {
		const json_t *value = json_object_get(tree, fields[i].name);

		if (fields[i].role != FIELD_STORED || !value)
			continue;
		name_field(change, &fields[i], i);
		set_field(change, value, i);
	}
	for (size_t i = 0; fields[i].name; i++) {
		if (fields[i].role != FIELD_STORED || json_object_get(tree, fields[i].name))
			continue;
		name_field(change, &fields[i], i);
		buf_add_format(&change->update, "%s#f%zu", removes ? ", " : " REMOVE ", i);
		removes = true;
	}
}

void record_change_clear(struct record_change *change)
{
	buf_clear(&change->update);
	buf_clear(&change->names);
	buf_clear(&change->values);
}

/* ------------------------------------------------------------------ showing */

void record_show(const struct field *fields, const struct record *record, struct buf *out)
{
	static const char *const stamps[] = {"version", "created_at", "updated_at"};

	buf_add_char(out, '{');
	if (record->id[0]) {
		buf_add_str(out, "\"id\":\"");
		buf_add_str(out, record->id);
		buf_add_char(out, '"');
	}
	show_fields(fields, &record->item, out);
	for (size_t i = 0; i < sizeof(stamps) / sizeof(stamps[0]); i++)
		attribute_show(span_of(stamps[i]), item_get(&record->item, stamps[i]), out);
	buf_add_char(out, '}');
}

void record_tag(const struct record *record, char tag[static RECORD_TAG_SIZE])
{
	snprintf(tag, RECORD_TAG_SIZE, "%" PRIu64, record->version);
}
