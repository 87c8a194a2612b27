#include "domain/open_value.h"

#include <string.h>

#include "base/json_exact.h"
#include "base/text.h"
#include "domain/exact_number.h"

enum {
	PATH_MAX_BYTES = 64 * 1024, /* longer than any path: depth and names are bounded */
	NUMBER_BYTES = 21,
	CONTAINER_BYTES = 3,
};

/* Where a value stands. Written out only when there is a mistake to tell of. */
struct place {
	const struct place *around;
	const char *name; /* NULL: an element */
	size_t index;
};

static void write_place(const struct place *place, struct buf *out)
{
	if (place->around)
		write_place(place->around, out);
	if (!place->name) {
		buf_add_format(out, "[%zu]", place->index);
		return;
	}
	if (place->around)
		buf_add_char(out, '.');
	buf_add_str(out, place->name);
}

static void add_mistake(const struct place *place, enum mistake_code code, const char *detail,
			struct validation *validation)
{
	struct buf path = {0};

	buf_init(&path, PATH_MAX_BYTES);
	write_place(place, &path);
	validation_add(validation, buf_text(&path), code, "%s", detail);
	buf_clear(&path);
}

static void check_name(const struct place *place, struct validation *validation)
{
	struct span name = span_of(place->name);

	if (name.len == 0)
		add_mistake(place, MISTAKE_TOO_SHORT, "An attribute's name cannot be empty.",
			    validation);
	else if (text_utf8_count(name) > OPEN_NAME_MAX)
		add_mistake(place, MISTAKE_TOO_LONG,
			    "An attribute's name has at most 255 characters.", validation);
	else if (text_has_control(name))
		add_mistake(place, MISTAKE_INVALID_TEXT,
			    "An attribute's name has no control characters.", validation);
}

static void check_number(const struct place *place, const json_t *number,
			 struct validation *validation)
{
	char canonical[DECIMAL_SIZE];
	const struct number_fault *fault = exact_number_read(number, canonical);

	if (fault)
		add_mistake(place, fault->code, fault->detail, validation);
}

/* Recursion is bounded by the depth that json_exact_parse accepts. */
static void check_value(const struct place *place, const json_t *value,
			struct validation *validation)
{
	json_t *members = (json_t *)value; /* jansson's iterators do not change it */
	struct place inner = {.around = place};
	json_t *member;

	if (json_exact_is_number(value))
		check_number(place, value, validation);
	json_array_foreach (members, inner.index, member)
		check_value(&inner, member, validation);
	json_object_foreach (members, inner.name, member) {
		check_name(&inner, validation);
		check_value(&inner, member, validation);
	}
}

void open_value_check(const char *name, const json_t *value, struct validation *validation)
{
	struct place place = {.name = name};

	check_name(&place, validation);
	check_value(&place, value, validation);
}

/* DynamoDB Developer Guide, "Item sizes": about a byte for two significant digits, and one more. */
static size_t number_size(struct span digits)
{
	size_t size = (digits.len + 1) / 2 + 2; /* a sign, too */

	return size < NUMBER_BYTES ? size : NUMBER_BYTES;
}

size_t open_value_size(const json_t *value)
{
	json_t *members = (json_t *)value;
	size_t size = CONTAINER_BYTES;
	const char *name;
	json_t *member;
	size_t i;

	if (json_exact_is_number(value))
		return number_size(json_exact_number_text(value));
	if (json_is_string(value))
		return json_string_length(value);
	if (!json_is_object(value) && !json_is_array(value))
		return 1;
	json_array_foreach (members, i, member)
		size += 1 + open_value_size(member);
	json_object_foreach (members, name, member)
		size += 1 + strlen(name) + open_value_size(member);
	return size;
}
