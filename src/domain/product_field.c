#include "domain/product_field.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/json_exact.h"
#include "base/text.h"
#include "domain/exact_number.h"
#include "domain/money.h"

enum { TAG_MAX = 50 };

/* What a text must not be: see check_text. */
struct text_rule {
	size_t min;
	size_t max;
	bool allows_lines; /* line breaks and tabs */
};

static struct span text_of(const json_t *value)
{
	return (struct span){json_string_value(value), json_string_length(value)};
}

static bool is_space(uint32_t code)
{
	return code == ' ' || code == 0xa0 || code == 0x1680 ||
	       (code >= 0x2000 && code <= 0x200b) || code == 0x2028 || code == 0x2029 ||
	       code == 0x202f || code == 0x205f || code == 0x3000 || code == 0xfeff;
}

static bool is_blank(struct span text)
{
	while (text.len > 0) {
		uint32_t code = 0;
		size_t len = text_utf8_decode(text, &code);

		if (len == 0 || !is_space(code))
			return false;
		text.data += len;
		text.len -= len;
	}
	return true;
}

/* Control characters but line breaks and tabs. */
static bool has_strange_control(struct span text)
{
	while (text.len > 0) {
		size_t lines = strspn(text.data, "\t\n\r"); /* jansson's strings end in a NUL */
		size_t other = strcspn(text.data + lines, "\t\n\r");

		if (text_has_control((struct span){text.data + lines, other}))
			return true;
		text.data += lines + other;
		text.len -= lines + other;
	}
	return false;
}

static void check_string(const char *name, const json_t *value, struct text_rule rule,
			 struct validation *validation)
{
	struct span text = text_of(value);
	size_t count;

	if (!json_exact_is_string(value)) {
		validation_add(validation, name, MISTAKE_WRONG_TYPE, "It must be a text.");
		return;
	}
	count = text_utf8_count(text);
	if (count > rule.max)
		validation_add(validation, name, MISTAKE_TOO_LONG,
			       "It has %zu characters; at most %zu are possible.", count, rule.max);
	else if (rule.allows_lines ? has_strange_control(text) : text_has_control(text))
		validation_add(validation, name, MISTAKE_INVALID_TEXT,
			       "It must not have control characters.");
	else if (rule.min > 0 && is_blank(text))
		validation_add(validation, name, MISTAKE_TOO_SHORT,
			       "It must have a character that can be seen.");
}

static void check_line(const struct product_field *field, const json_t *value,
		       struct validation *validation)
{
	struct text_rule rule = {field->min, field->max, false};

	check_string(field->name, value, rule, validation);
}

static void check_text(const struct product_field *field, const json_t *value,
		       struct validation *validation)
{
	struct text_rule rule = {field->min, field->max, true};

	check_string(field->name, value, rule, validation);
}

/* RFC 3986 characters only, and a host. What is not ASCII comes percent-encoded. */
static bool is_url(struct span text)
{
	size_t scheme;

	if (text.len > 7 && strncasecmp(text.data, "http://", 7) == 0)
		scheme = 7;
	else if (text.len > 8 && strncasecmp(text.data, "https://", 8) == 0)
		scheme = 8;
	else
		return false;
	if (strchr("/?#:@", text.data[scheme]))
		return false;
	for (size_t i = scheme; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if (c <= ' ' || c >= 0x7f || strchr("\"<>\\^`{|}", c))
			return false;
	}
	return true;
}

static void check_url(const struct product_field *field, const json_t *value,
		      struct validation *validation)
{
	if (!json_exact_is_string(value))
		validation_add(validation, field->name, MISTAKE_WRONG_TYPE, "It must be a text.");
	else if (json_string_length(value) > field->max)
		validation_add(validation, field->name, MISTAKE_TOO_LONG,
			       "It must have at most %zu bytes.", field->max);
	else if (!is_url(text_of(value)))
		validation_add(
			validation, field->name, MISTAKE_INVALID_URL,
			"It must be a URL such as https://shop.example/image.png, with other "
			"characters percent-encoded.");
}

/* The canonical form of a number that is not negative. False after reporting what is wrong. */
static bool read_number(const struct product_field *field, const json_t *value,
			char canonical[static DECIMAL_SIZE], struct validation *validation)
{
	const struct number_fault *fault;

	if (!json_exact_is_number(value)) {
		validation_add(validation, field->name, MISTAKE_WRONG_TYPE, "It must be a number.");
		return false;
	}
	fault = exact_number_read(value, canonical);
	if (fault) {
		validation_add(validation, field->name, fault->code, "%s", fault->detail);
		return false;
	}
	if (canonical[0] != '-')
		return true;
	validation_add(validation, field->name, MISTAKE_NEGATIVE, "It cannot be negative.");
	return false;
}

/* Which decimals it may have depends on the currency: product.c looks at both together. */
static void check_price(const struct product_field *field, const json_t *value,
			struct validation *validation)
{
	char canonical[DECIMAL_SIZE];

	read_number(field, value, canonical, validation);
}

static void check_integer(const struct product_field *field, const json_t *value,
			  struct validation *validation)
{
	char canonical[DECIMAL_SIZE];

	if (!read_number(field, value, canonical, validation))
		return;
	if (strchr(canonical, '.') || strstr(canonical, "E-"))
		validation_add(validation, field->name, MISTAKE_NOT_AN_INTEGER,
			       "It must be a whole number.");
	else if (decimal_compare(canonical, field->largest) > 0)
		validation_add(validation, field->name, MISTAKE_TOO_LARGE, "It is at most %s.",
			       field->largest);
}

static void check_currency(const struct product_field *field, const json_t *value,
			   struct validation *validation)
{
	unsigned decimals;

	if (!json_exact_is_string(value))
		validation_add(validation, field->name, MISTAKE_WRONG_TYPE, "It must be a text.");
	else if (!money_currency_decimals(text_of(value), &decimals))
		validation_add(validation, field->name, MISTAKE_UNKNOWN_CURRENCY,
			       "It must be a code of ISO 4217 in capital letters, such as EUR.");
}

static void check_boolean(const struct product_field *field, const json_t *value,
			  struct validation *validation)
{
	if (!json_is_boolean(value))
		validation_add(validation, field->name, MISTAKE_WRONG_TYPE,
			       "It must be true or false.");
}

static void check_tags(const struct product_field *field, const json_t *value,
		       struct validation *validation)
{
	enum { TAG_NAME_SIZE = 32 };
	const struct text_rule rule = {1, TAG_MAX, false};
	char name[TAG_NAME_SIZE];

	if (!json_is_array(value)) {
		validation_add(validation, field->name, MISTAKE_WRONG_TYPE,
			       "It must be a list of texts.");
		return;
	}
	if (json_array_size(value) > field->max) {
		validation_add(validation, field->name, MISTAKE_TOO_MANY,
			       "There are %zu; at most %zu are possible.", json_array_size(value),
			       field->max);
		return;
	}
	for (size_t i = 0; i < json_array_size(value); i++) {
		snprintf(name, sizeof(name), "%s[%zu]", field->name, i);
		check_string(name, json_array_get(value, i), rule, validation);
	}
}

#define STORED PRODUCT_FIELD_STORED
#define OPENING PRODUCT_FIELD_OPENING
#define SERVERS PRODUCT_FIELD_SERVERS

const struct product_field product_fields[] = {
	{"name", STORED, .is_required = true, .check = check_line, .min = 1, .max = 200},
	{"price", STORED, .is_required = true, .check = check_price},
	{"currency", STORED, .stays = true, .check = check_currency},
	{"category", STORED, .check = check_line, .min = 1, .max = 100},
	{"description", STORED, .check = check_text, .max = 10000},
	{"image_url", STORED, .check = check_url, .max = 2048},
	{"weight_grams", STORED, .check = check_integer, .largest = "9223372036854775807"},
	{"tags", STORED, .check = check_tags, .max = 50},
	{"backorder", STORED, .check = check_boolean},
	{"on_hand", OPENING, .check = check_integer, .largest = "999999999"},
	{"low_stock_at", OPENING, .check = check_integer, .largest = "999999999"},
	{"id", PRODUCT_FIELD_IGNORED, .check = NULL},
	{"stock", SERVERS, .check = NULL},
	{"version", SERVERS, .check = NULL},
	{"created_at", SERVERS, .check = NULL},
	{"updated_at", SERVERS, .check = NULL},
	{NULL, STORED, .check = NULL},
};

const struct product_field *product_field_find(const char *name)
{
	for (const struct product_field *field = product_fields; field->name; field++) {
		if (strcmp(field->name, name) == 0)
			return field;
	}
	return NULL;
}
