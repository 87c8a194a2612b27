/*
 * A recursive descent over the text, one function for each rule of RFC 8259. Where a rule is
 * broken, json_reader.h reports it, and everything above passes the false on. Out of memory is
 * false without a report.
 */
#include "base/json_exact.h"

#include <assert.h>
#include <string.h>

#include "base/json_string.h"

/* Bytes that a mistake quotes of the caller's text, escapes included. */
enum { QUOTE_MAX = 80 };

struct parser {
	struct json_reader reader;
	struct buf
		scratch; /* a stack: the keys of the objects around, then what is being decoded */
};

static json_t *new_number(struct span text)
{
	char marked[1 + JSON_EXACT_NUMBER] = {'\0'};

	assert(text.len <= JSON_EXACT_NUMBER);
	memcpy(marked + 1, text.data, text.len);
	return json_stringn_nocheck(marked, 1 + text.len);
}

static bool parse_number(struct parser *parser, json_t **value)
{
	struct span number;
	json_t *tree;

	if (!json_reader_number(&parser->reader, JSON_EXACT_NUMBER, &number))
		return false;
	tree = new_number(number);
	if (!tree)
		return false;
	*value = tree;
	return true;
}

/* Puts the characters of a string on the scratch stack; they begin at `from`. */
static bool read_string(struct parser *parser, size_t *from)
{
	struct span string;

	if (!json_reader_string(&parser->reader, &string))
		return false;
	*from = parser->scratch.len;
	json_string_decode(string, &parser->scratch);
	return buf_ok(&parser->scratch);
}

static bool parse_string(struct parser *parser, json_t **value)
{
	json_t *tree;
	size_t from = 0;

	if (!read_string(parser, &from))
		return false;
	tree = json_stringn_nocheck(buf_text(&parser->scratch) + from, parser->scratch.len - from);
	buf_truncate(&parser->scratch, from);
	if (!tree)
		return false;
	*value = tree;
	return true;
}

static const struct {
	const char *word;
	json_t *(*make)(void);
} literals[] = {{"true", json_true}, {"false", json_false}, {"null", json_null}};

enum { LITERAL_COUNT = sizeof(literals) / sizeof(literals[0]) };

/* What is wrong with a word where a value should be. */
static const char *word_mistake(struct span word)
{
	for (size_t i = 0; i < LITERAL_COUNT; i++) {
		if (span_equals_nocase(word, literals[i].word))
			return "true, false and null are in lower case";
	}
	if (span_equals_nocase(word, "nan") || span_equals_nocase(word, "infinity"))
		return "NaN and Infinity are not JSON";
	if (word.data[0] == '+')
		return "a number has no plus sign";
	if (word.data[0] == '.')
		return "a number begins with a digit";
	return "a text takes double quotes";
}

/* What is wrong with a character that no value and no word begins with. */
static const char *character_mistake(uint32_t code)
{
	switch (code) {
	case '\'':
		return "a text takes double quotes, not single ones";
	case ',':
		return "a value is missing before this comma";
	case ']':
	case '}':
		return "a value is missing before this bracket";
	case 0xfeff:
		return "a byte order mark is not allowed";
	case 0x201c: /* what word processors make of a quote */
	case 0x201d:
	case 0x201e:
		return "a text takes straight double quotes (\")";
	default:
		return "expected a value";
	}
}

static bool parse_literal(struct parser *parser, json_t **value)
{
	struct json_reader *reader = &parser->reader;
	struct span word = json_reader_word(reader);
	uint32_t code = 0;

	for (size_t i = 0; i < LITERAL_COUNT; i++) {
		if (span_equals(word, literals[i].word)) {
			*value = literals[i].make();
			return true;
		}
	}
	if (word.len > 0)
		return json_reader_mistake(reader, word.data, word_mistake(word));
	if (json_reader_is_at_end(reader))
		return json_reader_mistake(reader, reader->at, "a value is missing at the end");
	text_utf8_decode((struct span){reader->at, (size_t)(reader->end - reader->at)}, &code);
	return json_reader_unexpected(reader, character_mistake(code));
}

static bool parse_array(struct parser *parser, unsigned depth, json_t **value);
static bool parse_object(struct parser *parser, unsigned depth, json_t **value);

static bool parse_container(struct parser *parser, unsigned depth, json_t **value)
{
	struct json_reader *reader = &parser->reader;

	if (depth == JSON_EXACT_DEPTH)
		return json_reader_mistake(reader, reader->at, "nesting deeper than 32 levels");
	if (json_reader_take(reader, '['))
		return parse_array(parser, depth + 1, value);
	reader->at++;
	return parse_object(parser, depth + 1, value);
}

/* A value and the spaces on both sides of it. `depth`: how many containers are around it. */
static bool parse_value(struct parser *parser, unsigned depth, json_t **value)
{
	bool is_right;
	char c;

	json_reader_skip_space(&parser->reader);
	c = json_reader_peek(&parser->reader);
	if (c == '{' || c == '[')
		is_right = parse_container(parser, depth, value);
	else if (c == '"')
		is_right = parse_string(parser, value);
	else if (c == '-' || (c >= '0' && c <= '9'))
		is_right = parse_number(parser, value);
	else
		is_right = parse_literal(parser, value);
	json_reader_skip_space(&parser->reader);
	return is_right;
}

/* Behind the opening bracket. */
static bool parse_elements(struct parser *parser, unsigned depth, json_t *array)
{
	struct json_reader *reader = &parser->reader;
	json_t *element = NULL;

	json_reader_skip_space(reader);
	if (json_reader_take(reader, ']'))
		return true;
	do {
		if (!parse_value(parser, depth, &element) ||
		    json_array_append_new(array, element) != 0)
			return false;
	} while (json_reader_take(reader, ','));
	if (json_reader_take(reader, ']'))
		return true;
	if (json_reader_is_at_end(reader))
		return json_reader_mistake(reader, reader->at, "the text ends within an array");
	return json_reader_unexpected(reader, "expected a comma or a closing bracket");
}

static bool parse_array(struct parser *parser, unsigned depth, json_t **value)
{
	json_t *array = json_array();

	if (!array || !parse_elements(parser, depth, array)) {
		json_decref(array);
		return false;
	}
	*value = array;
	return true;
}

static bool mistake_twice(struct json_reader *reader, const char *where, const char *key)
{
	struct buf text;

	buf_init(&text, sizeof(reader->mistake->text) - 1);
	buf_add_str(&text, "the key \"");
	buf_add_escaped(&text, key, strlen(key), QUOTE_MAX);
	buf_add_str(&text, "\" appears twice");
	json_reader_mistake(reader, where, buf_ok(&text) ? buf_text(&text) : "a key appears twice");
	buf_clear(&text);
	return false;
}

/* Puts a key, with a NUL behind it, on the scratch stack. */
static bool parse_key(struct parser *parser, const json_t *object, size_t *from)
{
	struct json_reader *reader = &parser->reader;
	const char *quote = reader->at;
	const char *key;

	if (json_reader_peek(reader) == '}')
		return json_reader_unexpected(reader, "a key is missing before this brace");
	if (json_reader_peek(reader) != '"')
		return json_reader_unexpected(reader, "expected a key in double quotes");
	if (!read_string(parser, from))
		return false;
	buf_add_char(&parser->scratch, '\0');
	if (!buf_ok(&parser->scratch))
		return false;
	key = parser->scratch.data + *from;
	return !json_object_get(object, key) || mistake_twice(reader, quote, key);
}

static bool parse_member(struct parser *parser, unsigned depth, json_t *object)
{
	json_t *value = NULL;
	size_t from = 0;
	bool is_set;

	json_reader_skip_space(&parser->reader);
	if (!parse_key(parser, object, &from))
		return false;
	json_reader_skip_space(&parser->reader);
	if (!json_reader_take(&parser->reader, ':'))
		return json_reader_unexpected(&parser->reader, "expected a colon behind the key");
	if (!parse_value(parser, depth, &value))
		return false;
	/* The key is asked for by its place: the value may have moved the stack. */
	is_set = json_object_set_new_nocheck(object, parser->scratch.data + from, value) == 0;
	buf_truncate(&parser->scratch, from);
	return is_set;
}

/* Behind the opening brace. */
static bool parse_members(struct parser *parser, unsigned depth, json_t *object)
{
	struct json_reader *reader = &parser->reader;

	json_reader_skip_space(reader);
	if (json_reader_take(reader, '}'))
		return true;
	do {
		if (!parse_member(parser, depth, object))
			return false;
	} while (json_reader_take(reader, ','));
	if (json_reader_take(reader, '}'))
		return true;
	if (json_reader_is_at_end(reader))
		return json_reader_mistake(reader, reader->at, "the text ends within an object");
	return json_reader_unexpected(reader, "expected a comma or a closing brace");
}

static bool parse_object(struct parser *parser, unsigned depth, json_t **value)
{
	json_t *object = json_object();

	if (!object || !parse_members(parser, depth, object)) {
		json_decref(object);
		return false;
	}
	*value = object;
	return true;
}

static bool parse_text(struct parser *parser, json_t **value)
{
	struct json_reader *reader = &parser->reader;
	json_t *tree = NULL;

	json_reader_skip_space(reader);
	if (json_reader_is_at_end(reader))
		return json_reader_mistake(reader, reader->at, "the text is empty");
	if (!parse_value(parser, 0, &tree))
		return false;
	if (!json_reader_is_at_end(reader)) {
		json_decref(tree);
		return json_reader_unexpected(reader, "expected nothing behind the value");
	}
	*value = tree;
	return true;
}

json_t *json_exact_parse(struct span text, struct json_mistake *mistake)
{
	struct parser parser = {0};
	json_t *value = NULL;

	json_reader_init(&parser.reader, text, mistake);
	/* A decoded text, or a key with its NUL, is shorter than what it stands for. */
	buf_init(&parser.scratch, text.len);
	parse_text(&parser, &value);
	buf_clear(&parser.scratch);
	return value;
}

static void write_string(const json_t *value, struct buf *out)
{
	struct span number;

	if (json_exact_is_number(value)) {
		number = json_exact_number_text(value);
		buf_add(out, number.data, number.len);
	} else {
		buf_add_json_string(out, json_string_value(value), json_string_length(value));
	}
}

static void write_array(const json_t *array, struct buf *out)
{
	buf_add_char(out, '[');
	for (size_t i = 0; i < json_array_size(array); i++) {
		if (i > 0)
			buf_add_char(out, ',');
		json_exact_write(json_array_get(array, i), out);
	}
	buf_add_char(out, ']');
}

static void write_object(json_t *object, struct buf *out)
{
	char before = '{';
	const char *key;
	json_t *member;

	json_object_foreach (object, key, member) {
		buf_add_char(out, before);
		buf_add_json_string(out, key, strlen(key));
		buf_add_char(out, ':');
		json_exact_write(member, out);
		before = ',';
	}
	buf_add_str(out, before == '{' ? "{}" : "}");
}

void json_exact_write(const json_t *value, struct buf *out)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		/* jansson's iterators take objects that may change; this one does not. */
		write_object((json_t *)value, out);
		break;
	case JSON_ARRAY:
		write_array(value, out);
		break;
	case JSON_STRING:
		write_string(value, out);
		break;
	case JSON_INTEGER:
		buf_add_format(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_REAL:
		buf_add_format(out, "%.17g", json_real_value(value));
		break;
	case JSON_TRUE:
		buf_add_str(out, "true");
		break;
	case JSON_FALSE:
		buf_add_str(out, "false");
		break;
	case JSON_NULL:
		buf_add_str(out, "null");
		break;
	}
}

bool json_exact_is_number(const json_t *value)
{
	return json_is_string(value) && json_string_length(value) > 0 &&
	       json_string_value(value)[0] == '\0';
}

bool json_exact_is_string(const json_t *value)
{
	return json_is_string(value) && !json_exact_is_number(value);
}

struct span json_exact_number_text(const json_t *value)
{
	assert(json_exact_is_number(value));
	return (struct span){json_string_value(value) + 1, json_string_length(value) - 1};
}
