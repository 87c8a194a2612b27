#include "base/json_reader.h"

#include <stdio.h>
#include <string.h>

#include "base/json_scan.h"

static struct span rest_of(const struct json_reader *reader)
{
	return (struct span){reader->at, (size_t)(reader->end - reader->at)};
}

void json_reader_init(struct json_reader *reader, struct span text, struct json_mistake *mistake)
{
	const char *start = text.data ? text.data : "";

	*mistake = (struct json_mistake){0};
	*reader = (struct json_reader){start, start, start + text.len, mistake};
}

bool json_reader_is_at_end(const struct json_reader *reader)
{
	return reader->at == reader->end;
}

char json_reader_peek(const struct json_reader *reader)
{
	if (reader->at == reader->end)
		return '\0';
	return *reader->at;
}

bool json_reader_take(struct json_reader *reader, char c)
{
	if (reader->at == reader->end || *reader->at != c)
		return false;
	reader->at++;
	return true;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

void json_reader_skip_space(struct json_reader *reader)
{
	while (is_space(json_reader_peek(reader)))
		reader->at++;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool json_reader_mistake(struct json_reader *reader, const char *where, const char *text)
{
	const char *line = reader->start;

	reader->mistake->line = 1;
	for (const char *at = reader->start; at < where; at++) {
		if (*at == '\n') {
			reader->mistake->line++;
			line = at + 1;
		}
	}
	reader->mistake->column = text_utf8_count((struct span){line, (size_t)(where - line)}) + 1;
	snprintf(reader->mistake->text, sizeof(reader->mistake->text), "%s", text);
	return false;
}

/* "Expected a comma" would send somebody with a broken byte in the wrong direction. */
bool json_reader_unexpected(struct json_reader *reader, const char *expected)
{
	char c = json_reader_peek(reader);

	if (reader->at < reader->end && c == '\0')
		return json_reader_mistake(reader, reader->at, "a NUL character is not allowed");
	if ((unsigned char)c >= 0x80 && text_utf8_decode(rest_of(reader), NULL) == 0)
		return json_reader_mistake(reader, reader->at, "this byte is not UTF-8");
	if (c == '/' || c == '#')
		return json_reader_mistake(reader, reader->at, "comments are not allowed");
	return json_reader_mistake(reader, reader->at, expected);
}

/* At the "u" of an escape. */
static bool check_unicode_escape(struct json_reader *reader)
{
	const char *backslash = reader->at - 1;
	size_t left = (size_t)(reader->end - backslash);
	uint32_t code;

	if (left < 6 || !text_parse_hex((struct span){backslash + 2, 4}, &code))
		return json_reader_mistake(reader, backslash, "\\u takes four hexadecimal digits");
	if (code == 0)
		return json_reader_mistake(reader, backslash, "a NUL character is not allowed");
	reader->at = backslash + 6;
	if (code < 0xd800 || code > 0xdfff)
		return true;
	/* The first half of a surrogate pair must be followed by a second one. */
	if (code > 0xdbff || left < 12 || memcmp(reader->at, "\\u", 2) != 0 ||
	    !text_parse_hex((struct span){backslash + 8, 4}, &code) || code < 0xdc00 ||
	    code > 0xdfff)
		return json_reader_mistake(reader, backslash, "this is half of a surrogate pair");
	reader->at = backslash + 12;
	return true;
}

/* Behind a backslash. */
static bool check_escape(struct json_reader *reader)
{
	char c = json_reader_peek(reader);

	if (c == 'u')
		return check_unicode_escape(reader);
	if (c == '\0' || !strchr("\"\\/bfnrt", c))
		return json_reader_mistake(reader, reader->at - 1,
					   "after a backslash only \" \\ / b f n r t u are known");
	reader->at++;
	return true;
}

/* What stops a string and is neither its end nor an escape. */
static bool mistake_in_string(struct json_reader *reader, const char *quote)
{
	char c = json_reader_peek(reader);
	char text[64];

	if (reader->at == reader->end)
		return json_reader_mistake(reader, quote, "this string has no closing quote");
	if (c == '\n' || c == '\r')
		return json_reader_mistake(reader, quote,
					   "this string has no closing quote on its line");
	if (c == '\0' || (unsigned char)c >= 0x80)
		return json_reader_unexpected(reader, "expected a character");
	snprintf(text, sizeof(text), "a control character (U+%04X) must be escaped", (unsigned)c);
	return json_reader_mistake(reader, reader->at, text);
}

bool json_reader_string(struct json_reader *reader, struct span *string)
{
	const char *quote = reader->at++;

	while (!json_reader_take(reader, '"')) {
		size_t len = json_scan_plain_len(rest_of(reader));

		if (json_reader_take(reader, '\\')) {
			if (!check_escape(reader))
				return false;
			continue;
		}
		if (len == 0 && (unsigned char)json_reader_peek(reader) >= 0x80)
			len = text_utf8_decode(rest_of(reader), NULL);
		if (len == 0)
			return mistake_in_string(reader, quote);
		reader->at += len;
	}
	*string = (struct span){quote, (size_t)(reader->at - quote)};
	return true;
}

struct span json_reader_word(struct json_reader *reader)
{
	const char *start = reader->at;

	for (char c = json_reader_peek(reader); c != '\0'; c = json_reader_peek(reader)) {
		if (!is_digit(c) && !is_letter(c) && !strchr("+-._", c))
			break;
		reader->at++;
	}
	return (struct span){start, (size_t)(reader->at - start)};
}

/* Why a word that begins like a number is none. */
static const char *number_mistake(struct span word)
{
	const char *end = span_end(word);
	const char *digits = word.data + (word.data[0] == '-');
	const char *point = memchr(word.data, '.', word.len);

	if (digits == end || !is_digit(digits[0]))
		return "a minus sign takes a digit behind it";
	if (digits[0] == '0' && digits + 1 < end && is_digit(digits[1]))
		return "a number has no leading zeros";
	if (point && (point + 1 == end || !is_digit(point[1])))
		return "a decimal point takes a digit behind it";
	if (strchr("eE+-", end[-1]))
		return "an exponent takes a digit";
	return "this is not a number";
}

bool json_reader_number(struct json_reader *reader, size_t max, struct span *number)
{
	struct span word = json_reader_word(reader);
	char text[64];

	if (json_scan_number_len(word) != word.len)
		return json_reader_mistake(reader, word.data, number_mistake(word));
	if (word.len > max) {
		snprintf(text, sizeof(text), "a number has at most %zu characters", max);
		return json_reader_mistake(reader, word.data, text);
	}
	*number = word;
	return true;
}
