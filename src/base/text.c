#include "base/text.h"

#include <string.h>

static char lower(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c;
}

bool span_equals_nocase(struct span span, const char *text)
{
	if (!span.data || span.len != strlen(text))
		return false;
	for (size_t i = 0; i < span.len; i++) {
		if (lower(span.data[i]) != lower(text[i]))
			return false;
	}
	return true;
}

bool text_parse_u64(struct span text, uint64_t *number)
{
	uint64_t value = 0;

	if (text.len == 0)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		unsigned digit = (unsigned)((unsigned char)text.data[i]) - '0';

		if (digit > 9 || value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*number = value;
	return true;
}

/* The value of a hexadecimal digit, or 16. */
static unsigned hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	c = lower(c);
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 16;
}

bool text_parse_hex(struct span text, uint32_t *number)
{
	uint32_t value = 0;

	if (text.len < 1 || text.len > 8)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		unsigned digit = hex_value(text.data[i]);

		if (digit > 15)
			return false;
		value = value << 4 | digit;
	}
	*number = value;
	return true;
}

struct unit {
	const char *name;
	uint64_t factor;
};

/* A number and one of `count` units; the first unit is "", the one that is meant without any. */
static bool parse_with_unit(struct span text, const struct unit *units, size_t count,
			    uint64_t *result)
{
	size_t digits = 0;
	uint64_t number;

	while (digits < text.len && text.data[digits] >= '0' && text.data[digits] <= '9')
		digits++;
	if (!text_parse_u64((struct span){text.data, digits}, &number))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!span_equals((struct span){text.data + digits, text.len - digits},
				 units[i].name))
			continue;
		if (number > UINT64_MAX / units[i].factor)
			return false;
		*result = number * units[i].factor;
		return true;
	}
	return false;
}

bool text_parse_duration(struct span text, uint64_t *microseconds)
{
	static const struct unit units[] = {
		{"", 1000000},
		{"ms", 1000},
		{"s", 1000000},
		{"m", UINT64_C(60000000)},
		{"h", UINT64_C(3600000000)},
		{"d", UINT64_C(86400000000)},
	};

	return parse_with_unit(text, units, sizeof(units) / sizeof(units[0]), microseconds);
}

bool text_parse_size(struct span text, uint64_t *bytes)
{
	static const struct unit units[] = {{"", 1},
					    {"B", 1},
					    {"KiB", 1024},
					    {"MiB", UINT64_C(1048576)}};

	return parse_with_unit(text, units, sizeof(units) / sizeof(units[0]), bytes);
}

/* What the first byte of a sequence says: its length, and the smallest character that needs it. */
struct utf8_form {
	size_t len;
	uint32_t bits;
	uint32_t smallest;
};

static struct utf8_form utf8_form(unsigned char first)
{
	if (first < 0x80)
		return (struct utf8_form){1, first, 0};
	if ((first & 0xe0) == 0xc0)
		return (struct utf8_form){2, first & 0x1f, 0x80};
	if ((first & 0xf0) == 0xe0)
		return (struct utf8_form){3, first & 0x0f, 0x800};
	if ((first & 0xf8) == 0xf0)
		return (struct utf8_form){4, first & 0x07, 0x10000};
	return (struct utf8_form){0, 0, 0};
}

size_t text_utf8_decode(struct span text, uint32_t *code)
{
	const unsigned char *at = (const unsigned char *)text.data;
	struct utf8_form form;

	if (text.len == 0)
		return 0;
	form = utf8_form(at[0]);
	if (form.len == 0 || form.len > text.len)
		return 0;
	for (size_t i = 1; i < form.len; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		form.bits = form.bits << 6 | (at[i] & 0x3f);
	}
	if (form.bits < form.smallest || form.bits > 0x10ffff ||
	    (form.bits >= 0xd800 && form.bits <= 0xdfff))
		return 0;
	if (code)
		*code = form.bits;
	return form.len;
}

bool text_is_utf8(struct span text)
{
	size_t i = 0;

	while (i < text.len) {
		size_t len = 1;

		if ((unsigned char)text.data[i] >= 0x80)
			len = text_utf8_decode((struct span){text.data + i, text.len - i}, NULL);
		if (len == 0)
			return false;
		i += len;
	}
	return true;
}

size_t text_utf8_count(struct span text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += ((unsigned char)text.data[i] & 0xc0) != 0x80;
	return count;
}

bool text_has_control(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if (c < 0x20 || c == 0x7f)
			return true;
		/* U+0080 to U+009F are C2 80 to C2 9F. */
		if (c == 0xc2 && i + 1 < text.len && (unsigned char)text.data[i + 1] < 0xa0)
			return true;
	}
	return false;
}

bool text_is_listed(const char *list, struct span name)
{
	while (name.len > 0 && !memchr(name.data, ',', name.len)) {
		size_t len = strcspn(list, ",");

		if (len == name.len && memcmp(list, name.data, len) == 0)
			return true;
		if (!list[len])
			return false;
		list += len + 1;
	}
	return false;
}

size_t text_percent_decode(char *text, size_t len)
{
	size_t to = 0;

	for (size_t from = 0; from < len; from++) {
		unsigned high, low;

		if (text[from] != '%') {
			text[to++] = text[from];
			continue;
		}
		if (len - from < 3)
			return SIZE_MAX;
		high = hex_value(text[from + 1]);
		low = hex_value(text[from + 2]);
		if (high > 15 || low > 15)
			return SIZE_MAX;
		text[to++] = (char)(high << 4 | low);
		from += 2;
	}
	return to;
}

size_t text_base64_size(size_t len)
{
	static const size_t rest[] = {0, 2, 3};

	return len / 3 * 4 + rest[len % 3] + 1;
}

void text_base64_encode(const uint8_t *bytes, size_t len, char *out)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint32_t bits = 0;
	unsigned count = 0;

	for (size_t i = 0; i < len; i++) {
		bits = bits << 8 | bytes[i];
		for (count += 8; count >= 6; count -= 6)
			*out++ = letters[bits >> (count - 6) & 63];
	}
	if (count > 0)
		*out++ = letters[bits << (6 - count) & 63];
	*out = '\0';
}

/* The six bits of a letter, or 64. */
static unsigned base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (unsigned)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (unsigned)(c - 'a' + 26);
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0' + 52);
	return c == '-' ? 62 : c == '_' ? 63 : 64;
}

size_t text_base64_decode(struct span text, uint8_t *bytes, size_t room)
{
	uint32_t bits = 0;
	unsigned count = 0;
	size_t len = 0;

	if (text.len % 4 == 1 || text.len / 4 * 3 + text.len % 4 * 3 / 4 > room)
		return SIZE_MAX;
	for (size_t i = 0; i < text.len; i++) {
		unsigned value = base64_value(text.data[i]);

		if (value > 63)
			return SIZE_MAX;
		bits = bits << 6 | value;
		count += 6;
		if (count >= 8) {
			count -= 8;
			bytes[len++] = (uint8_t)(bits >> count);
		}
	}
	/* Left-over bits must be 0, so that only one text stands for the bytes. */
	return bits & ((1u << count) - 1) ? SIZE_MAX : len;
}

enum { DISTANCE_LEN = 64 };

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Optimal string alignment: row i holds what it takes to turn the first i letters of `a` into the
 * first j of `b`. Swapped neighbours look two rows back.
 */
size_t text_distance(const char *a, const char *b)
{
	size_t rows[3][DISTANCE_LEN + 1];
	size_t a_len = strlen(a);
	size_t b_len = strlen(b);

	/* Names so long are not misspelt ones of ours. */
	if (a_len > DISTANCE_LEN || b_len > DISTANCE_LEN)
		return a_len > b_len ? a_len : b_len;
	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i + 2) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			row[j] = smaller(smaller(above[j], row[j - 1]) + 1,
					 above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = smaller(row[j], rows[(i + 1) % 3][j - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
}
