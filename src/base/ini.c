#include "base/ini.h"

#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static bool begins_comment(char c)
{
	return c == '#' || c == ';';
}

static struct span trim(struct span text)
{
	while (text.len > 0 && is_blank(text.data[0]))
		text = (struct span){text.data + 1, text.len - 1};
	while (text.len > 0 && is_blank(text.data[text.len - 1]))
		text.len--;
	return text;
}

void ini_reader_init(struct ini_reader *reader, struct span text)
{
	static const char mark[] = "\xef\xbb\xbf"; /* some editors put it before UTF-8 */

	if (text.len >= strlen(mark) && memcmp(text.data, mark, strlen(mark)) == 0)
		text = (struct span){text.data + strlen(mark), text.len - strlen(mark)};
	*reader = (struct ini_reader){.rest = text};
}

static struct span take_line(struct ini_reader *reader)
{
	struct span line = reader->rest;
	const char *end = memchr(line.data, '\n', line.len);

	if (end) {
		line.len = (size_t)(end - line.data);
		reader->rest.data = end + 1;
		reader->rest.len -= line.len + 1;
	} else {
		reader->rest.len = 0;
	}
	reader->number++;
	return line;
}

/* Cuts off a comment behind a space. */
static struct span without_comment(struct span text)
{
	for (size_t i = 0; i + 1 < text.len; i++) {
		if (is_blank(text.data[i]) && begins_comment(text.data[i + 1]))
			return trim((struct span){text.data, i});
	}
	return text;
}

static enum ini_kind read_section(struct ini_reader *reader, struct span text)
{
	const char *end = memchr(text.data, ']', text.len);
	struct span rest;

	if (!end)
		return INI_WRONG;
	rest = trim((struct span){end + 1, text.len - (size_t)(end + 1 - text.data)});
	if (rest.len > 0 && !begins_comment(rest.data[0]))
		return INI_WRONG;
	reader->section = trim((struct span){text.data + 1, (size_t)(end - text.data) - 1});
	reader->has_property = false;
	return reader->section.len > 0 ? INI_SECTION : INI_WRONG;
}

static bool read_pair(struct ini_reader *reader, struct span text)
{
	const char *equals = memchr(text.data, '=', text.len);
	struct span value;

	if (!equals)
		return false;
	reader->name = trim((struct span){text.data, (size_t)(equals - text.data)});
	/* With the space behind the "=", for a comment may begin there. */
	value = (struct span){equals + 1, text.len - (size_t)(equals + 1 - text.data)};
	reader->value = trim(without_comment(value));
	return reader->name.len > 0;
}

static enum ini_kind read_property(struct ini_reader *reader, struct span text, size_t indent)
{
	if (!reader->section.data || !read_pair(reader, text))
		return INI_WRONG;
	reader->has_property = true;
	reader->indent = indent;
	reader->is_property_empty = reader->value.len == 0;
	return INI_PROPERTY;
}

/* False for a line that says nothing. */
static bool read_line(struct ini_reader *reader, struct span line)
{
	struct span text = trim(line);
	size_t indent = (size_t)(text.data - line.data);

	if (text.len == 0 || begins_comment(text.data[0]))
		return false;
	if (text.data[0] == '[' && indent == 0) {
		reader->kind = read_section(reader, text);
		return true;
	}
	if (reader->has_property && indent > reader->indent) {
		reader->kind = INI_NESTED;
		return reader->is_property_empty && read_pair(reader, text);
	}
	reader->kind = read_property(reader, text, indent);
	return true;
}

bool ini_reader_next(struct ini_reader *reader)
{
	while (reader->rest.len > 0) {
		if (read_line(reader, take_line(reader)))
			return true;
	}
	return false;
}
