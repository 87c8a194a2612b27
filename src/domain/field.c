#include "domain/field.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/id.h"
#include "base/json_exact.h"
#include "base/text.h"
#include "domain/exact_number.h"
#include "domain/money.h"

enum {
	LIST_LINE_MAX = 50,
	PATH_SIZE = VALIDATION_FIELD_MAX + 2, /* one more, so that it is seen to be too long */
};

/* What a text must not be: see check_text. */
struct text_rule {
	size_t min;
	size_t max;
	bool allows_lines; /* line breaks and tabs */
};

struct span field_text(const json_t *value)
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

bool field_is_text(const char *path, const json_t *value, struct validation *validation)
{
	if (json_exact_is_string(value))
		return true;
	validation_add(validation, path, MISTAKE_WRONG_TYPE, "It must be a text.");
	return false;
}

static void check_string(const char *name, const json_t *value, struct text_rule rule,
			 struct validation *validation)
{
	struct span text = field_text(value);
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

void field_check_line(const struct field *field, const char *path, const json_t *value,
		      struct validation *validation)
{
	struct text_rule rule = {field->min, field->max, false};

	check_string(path, value, rule, validation);
}

void field_check_text(const struct field *field, const char *path, const json_t *value,
		      struct validation *validation)
{
	struct text_rule rule = {field->min, field->max, true};

	check_string(path, value, rule, validation);
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

void field_check_url(const struct field *field, const char *path, const json_t *value,
		     struct validation *validation)
{
	if (!field_is_text(path, value, validation))
		return;
	if (json_string_length(value) > field->max)
		validation_add(validation, path, MISTAKE_TOO_LONG,
			       "It must have at most %zu bytes.", field->max);
	else if (!is_url(field_text(value)))
		validation_add(
			validation, path, MISTAKE_INVALID_URL,
			"It must be a URL such as https://shop.example/image.png, with other "
			"characters percent-encoded.");
}

/* The canonical form of a number. False after reporting what is wrong. */
static bool read_number(const char *path, const json_t *value, char canonical[static DECIMAL_SIZE],
			struct validation *validation)
{
	const struct number_fault *fault;

	if (!json_exact_is_number(value)) {
		validation_add(validation, path, MISTAKE_WRONG_TYPE, "It must be a number.");
		return false;
	}
	fault = exact_number_read(value, canonical);
	if (!fault)
		return true;
	validation_add(validation, path, fault->code, "%s", fault->detail);
	return false;
}

static void add_negative(const char *path, struct validation *validation)
{
	validation_add(validation, path, MISTAKE_NEGATIVE, "It cannot be negative.");
}

void field_check_amount(const struct field *field, const char *path, const json_t *value,
			struct validation *validation)
{
	char canonical[DECIMAL_SIZE];

	(void)field;
	if (read_number(path, value, canonical, validation) && canonical[0] == '-')
		add_negative(path, validation);
}

static void check_range(const struct field *field, const char *path, const char *canonical,
			struct validation *validation)
{
	const char *smallest = field->smallest ? field->smallest : "0";

	if (decimal_compare(canonical, field->largest) > 0)
		validation_add(validation, path, MISTAKE_TOO_LARGE, "It is at most %s.",
			       field->largest);
	else if (decimal_compare(canonical, smallest) >= 0)
		return;
	else if (smallest[0] == '-')
		validation_add(validation, path, MISTAKE_TOO_LARGE, "It is at least %s.", smallest);
	else
		validation_add(validation, path, MISTAKE_ZERO, "It is at least %s.", smallest);
}

/* The canonical form has an exponent only when it is far beyond the digits. */
static bool is_whole(const char *canonical)
{
	const char *exponent = strchr(canonical, 'E');

	return exponent ? exponent[1] == '+' : !strchr(canonical, '.');
}

void field_check_integer(const struct field *field, const char *path, const json_t *value,
			 struct validation *validation)
{
	char canonical[DECIMAL_SIZE];

	if (!read_number(path, value, canonical, validation))
		return;
	if (canonical[0] == '-' && (!field->smallest || field->smallest[0] != '-'))
		add_negative(path, validation);
	else if (!is_whole(canonical))
		validation_add(validation, path, MISTAKE_NOT_AN_INTEGER,
			       "It must be a whole number.");
	else
		check_range(field, path, canonical, validation);
}

void field_check_currency(const struct field *field, const char *path, const json_t *value,
			  struct validation *validation)
{
	unsigned decimals;

	(void)field;
	if (!field_is_text(path, value, validation))
		return;
	if (!money_currency_decimals(field_text(value), &decimals))
		validation_add(validation, path, MISTAKE_UNKNOWN_CURRENCY,
			       "It must be a code of ISO 4217 in capital letters, such as EUR.");
}

void field_check_boolean(const struct field *field, const char *path, const json_t *value,
			 struct validation *validation)
{
	(void)field;
	if (!json_is_boolean(value))
		validation_add(validation, path, MISTAKE_WRONG_TYPE, "It must be true or false.");
}

void field_check_lines(const struct field *field, const char *path, const json_t *value,
		       struct validation *validation)
{
	const struct text_rule rule = {1, LIST_LINE_MAX, false};
	char name[PATH_SIZE];

	if (!json_is_array(value)) {
		validation_add(validation, path, MISTAKE_WRONG_TYPE, "It must be a list of texts.");
		return;
	}
	if (json_array_size(value) > field->max) {
		validation_add(validation, path, MISTAKE_TOO_MANY,
			       "There are %zu; at most %zu are possible.", json_array_size(value),
			       field->max);
		return;
	}
	for (size_t i = 0; i < json_array_size(value); i++) {
		snprintf(name, sizeof(name), "%s[%zu]", path, i);
		check_string(name, json_array_get(value, i), rule, validation);
	}
}

static void report_choices(const struct field *field, const char *path,
			   struct validation *validation)
{
	enum { LIST_MAX = 160 };
	struct buf list = {0};

	buf_init(&list, LIST_MAX);
	for (size_t i = 0; field->choices[i]; i++) {
		buf_add_str(&list, i > 0 ? ", " : "");
		buf_add_str(&list, field->choices[i]);
	}
	if (buf_ok(&list))
		validation_add(validation, path, MISTAKE_NOT_ONE_OF, "It must be one of: %s.",
			       buf_text(&list));
	else
		validation_add(validation, path, MISTAKE_NOT_ONE_OF,
			       "It is none of the values that there are.");
	buf_clear(&list);
}

void field_check_choice(const struct field *field, const char *path, const json_t *value,
			struct validation *validation)
{
	if (!field_is_text(path, value, validation))
		return;
	for (size_t i = 0; field->choices[i]; i++)
		if (span_equals(field_text(value), field->choices[i]))
			return;
	report_choices(field, path, validation);
}

void field_check_id(const struct field *field, const char *path, const json_t *value,
		    struct validation *validation)
{
	(void)field;
	if (field_is_text(path, value, validation) && !id_is_valid(json_string_value(value)))
		validation_add(validation, path, MISTAKE_INVALID_ID,
			       "It must be a UUID in lower case.");
}

int64_t field_integer(const json_t *value)
{
	int64_t number = 0;

	if (value && json_exact_is_number(value))
		(void)!decimal_to_scaled(json_exact_number_text(value), 0, &number);
	return number;
}

const struct field *field_find(const struct field *fields, const char *name)
{
	for (const struct field *field = fields; field->name; field++) {
		if (strcmp(field->name, name) == 0)
			return field;
	}
	return NULL;
}
