#include "aws/item.h"

#include <string.h>

#include "base/decimal.h"

enum { FORM_LEN = sizeof("{\"S\":\"") - 1 };

/*
 * One byte of a name's first two letters: looking for it among all of an item's is one memchr, and
 * seldom finds another's.
 */
static unsigned char mark_of(char first, char second)
{
	return (unsigned char)(31 * (unsigned char)first + (unsigned char)second);
}

static unsigned char mark_of_span(struct span name)
{
	return mark_of(name.len > 0 ? name.data[0] : '\0', name.len > 1 ? name.data[1] : '\0');
}

static inline bool add(struct item *item, struct span name, struct span value)
{
	if (item->count == ITEM_ATTRIBUTES_MAX || value.data[0] != '{') {
		item->count = 0;
		return false;
	}
	item->marks[item->count] = mark_of_span(name);
	item->attribute[item->count++] = (struct item_attribute){name, value};
	return true;
}

static bool view(struct item *item, struct json_walk *walk)
{
	item->count = 0;
	while (json_walk_next(walk))
		if (!add(item, walk->name, walk->value))
			return false;
	return true;
}

static void view_row(struct item *item, const struct json_member *members, size_t count)
{
	bool is_item = true;

	item->count = 0;
	for (size_t i = 0; is_item && i < count; i++)
		is_item = add(item, members[i].name, members[i].value);
}

bool item_view(struct item *item, struct span text)
{
	struct json_walk walk;

	item->count = 0;
	if (text.len == 0 || text.data[0] != '{')
		return false;
	json_walk_init(&walk, text);
	return view(item, &walk);
}

bool item_view_next(struct json_walk *items, struct item *item)
{
	const struct json_row *row = json_walk_row(items);
	struct json_walk walk;

	if (row) {
		view_row(item, &items->index->row_member[row->first], row->count);
		return true;
	}
	item->count = 0;
	if (!json_walk_down(items, &walk))
		return false;
	if (walk.is_object)
		(void)!view(item, &walk); /* none when it is no item */
	json_walk_up(items, &walk);
	return true;
}

void item_copy(struct item *to, const struct item *from)
{
	to->count = from->count;
	memcpy(to->attribute, from->attribute, from->count * sizeof(from->attribute[0]));
	memcpy(to->marks, from->marks, from->count);
}

static void rebase(struct span *span, const char *from, const char *to)
{
	span->data = to + (span->data - from);
}

void item_rebase(struct item *item, const char *from, const char *to)
{
	for (size_t i = 0; i < item->count; i++) {
		rebase(&item->attribute[i].name, from, to);
		rebase(&item->attribute[i].value, from, to);
	}
}

struct span item_get(const struct item *item, const char *name)
{
	unsigned char mark = mark_of(name[0], name[0] ? name[1] : '\0');
	size_t i = 0;

	while (i < item->count) {
		const unsigned char *at = memchr(item->marks + i, mark, item->count - i);

		if (!at)
			break;
		i = (size_t)(at - item->marks);
		if (span_equals(item->attribute[i].name, name))
			return item->attribute[i].value;
		i++;
	}
	return (struct span){0};
}

/* Without a quote in it, it is all that there is in the braces. */
struct span item_usual_inside(struct span typed)
{
	struct span inside;

	if (typed.len < FORM_LEN + 2 || memcmp(typed.data, "{\"", 2) != 0 ||
	    memcmp(typed.data + 3, "\":\"", 3) != 0 ||
	    memcmp(typed.data + typed.len - 2, "\"}", 2) != 0)
		return (struct span){0};
	inside = (struct span){typed.data + FORM_LEN, typed.len - FORM_LEN - 2};
	return memchr(inside.data, '"', inside.len) ? (struct span){0} : inside;
}

/* A type's name has one letter here. */
static struct span typed_inside(struct span typed, const char *type)
{
	struct span inside = item_usual_inside(typed);

	if (inside.data)
		return typed.data[2] == type[0] ? inside : (struct span){0};
	return json_scan_raw_string(json_scan_member(typed, type));
}

struct span item_number(const struct item *item, const char *name)
{
	return typed_inside(item_get(item, name), "N");
}

struct span item_raw_string(const struct item *item, const char *name)
{
	return typed_inside(item_get(item, name), "S");
}

bool item_i64(const struct item *item, const char *name, int64_t *number)
{
	struct span digits = item_number(item, name);

	return digits.data && decimal_to_scaled(digits, 0, number);
}

bool item_u64(const struct item *item, const char *name, uint64_t *number)
{
	int64_t value;

	if (!item_i64(item, name, &value) || value < 0)
		return false;
	*number = (uint64_t)value;
	return true;
}
