#include "domain/same_value.h"

#include <string.h>

#include "base/decimal.h"
#include "base/json_exact.h"

static bool same_number(const json_t *a, const json_t *b)
{
	char first[DECIMAL_SIZE];
	char second[DECIMAL_SIZE];

	return decimal_normalize(json_exact_number_text(a), first) == DECIMAL_FINE &&
	       decimal_normalize(json_exact_number_text(b), second) == DECIMAL_FINE &&
	       strcmp(first, second) == 0;
}

static bool same_list(const json_t *a, const json_t *b)
{
	if (json_array_size(a) != json_array_size(b))
		return false;
	for (size_t i = 0; i < json_array_size(a); i++) {
		if (!same_value(json_array_get(a, i), json_array_get(b, i)))
			return false;
	}
	return true;
}

static bool same_object(const json_t *a, const json_t *b)
{
	json_t *members = (json_t *)a; /* jansson's iterators do not change it */
	const char *name;
	json_t *value;

	if (json_object_size(a) != json_object_size(b))
		return false;
	json_object_foreach (members, name, value) {
		const json_t *other = json_object_get(b, name);

		if (!other || !same_value(value, other))
			return false;
	}
	return true;
}

bool same_value(const json_t *a, const json_t *b)
{
	if (a == b)
		return true;
	if (json_typeof(a) != json_typeof(b))
		return false;
	if (json_is_object(a))
		return same_object(a, b);
	if (json_is_array(a))
		return same_list(a, b);
	if (json_exact_is_number(a) && json_exact_is_number(b))
		return same_number(a, b);
	return json_equal(a, b);
}
