/*
 * Both readers of JSON on the same text: what the exact parser takes must pass the gate of the
 * other one and come back as it was; what it refuses must have a place and words.
 */
#include <stdlib.h>

#include "base/json_exact.h"
#include "base/json_scan.h"
#include "base/json_string.h"

enum { OUT_MAX = 16 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool is_true)
{
	if (!is_true)
		abort();
}

static void walk(struct span value, struct buf *out)
{
	struct json_walk walk_of_value;

	json_string_decode(value, out);
	json_scan_member(value, "a");
	json_walk_init(&walk_of_value, value);
	while (json_walk_next(&walk_of_value)) {
		demand(walk_of_value.value.data >= value.data);
		demand(walk_of_value.value.data + walk_of_value.value.len <=
		       value.data + value.len);
		walk(walk_of_value.value, out);
	}
}

static void compare_after_writing(json_t *tree, struct buf *out)
{
	struct json_mistake mistake;
	json_t *again;

	json_exact_write(tree, out);
	demand(buf_ok(out));
	demand(json_scan_check((struct span){out->data, out->len}));
	again = json_exact_parse((struct span){out->data, out->len}, &mistake);
	demand(again && json_equal(tree, again));
	json_decref(again);
}

static void judge(struct span text, struct buf *out)
{
	struct json_mistake mistake;
	json_t *tree = json_exact_parse(text, &mistake);

	if (tree) {
		demand(json_scan_check(text));
		compare_after_writing(tree, out);
	} else {
		demand(mistake.line > 0 && mistake.column > 0 && mistake.text[0]);
		demand(text_is_utf8(span_of(mistake.text)));
		demand(!text_has_control(span_of(mistake.text)));
	}
	json_decref(tree);
}

static void demand_same(struct span one, struct span other)
{
	demand(one.data == other.data && one.len == other.len);
}

static void compare_row(const struct json_walk *without, const struct json_row *row,
			const struct json_member *members)
{
	struct json_walk walk;
	size_t count = 0;

	demand_same(row->text, without->value);
	json_walk_init(&walk, row->text);
	for (; json_walk_next(&walk); count++) {
		demand(count < row->count);
		demand_same(walk.name, members[count].name);
		demand_same(walk.value, members[count].value);
	}
	demand(count == row->count);
}

/* A walk with the index comes to the same elements as one without. */
static void compare_rows(struct span array, const struct json_index *index)
{
	struct json_walk without;
	struct json_walk with;

	json_walk_init(&without, array);
	json_walk_init(&with, array);
	with.index = index;
	while (json_walk_next(&without)) {
		const struct json_row *row = json_walk_row(&with);

		if (row) {
			compare_row(&without, row, &index->row_member[row->first]);
		} else {
			demand(json_walk_next(&with));
			demand_same(with.value, without.value);
		}
	}
	demand(!json_walk_row(&with) && !json_walk_next(&with));
}

/* An object passes the one check when it passes the other; its index is what a walk finds. */
static void compare_index(struct span text)
{
	bool is_object = text.len > 1 && text.data[0] == '{' && text.data[text.len - 1] == '}';
	struct json_index index;
	struct json_walk walk;
	size_t count = 0;

	demand(json_scan_check_object(text, &index) == (is_object && json_scan_check(text)));
	if (!is_object || !json_scan_check(text))
		return;
	json_walk_init(&walk, text);
	for (; json_walk_next(&walk) && count < index.count; count++) {
		demand_same(walk.name, index.member[count].name);
		demand_same(walk.value, index.member[count].value);
		if (walk.value.data[0] == '[')
			compare_rows(walk.value, &index);
	}
	demand(count == index.count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data, size};
	struct buf out;

	buf_init(&out, OUT_MAX);
	judge(text, &out);
	compare_index(text);
	buf_reset(&out);
	/* The gate bounds the depth of the walk. */
	if (json_scan_check(text))
		walk(text, &out);
	buf_clear(&out);
	return 0;
}
