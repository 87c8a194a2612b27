#include "base/json_string.h"

#include <string.h>

#include "base/json_scan.h"

/* The four hexadecimal digits at the start of a text, or UINT32_MAX. */
static uint32_t hex4(struct span text)
{
	uint32_t code = UINT32_MAX;

	if (text.len < 4 || !text_parse_hex((struct span){text.data, 4}, &code))
		return UINT32_MAX;
	return code;
}

static void add_utf8(struct buf *out, uint32_t code)
{
	char bytes[4];
	size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const unsigned char leads[] = {0, 0x00, 0xc0, 0xe0, 0xf0};

	for (size_t i = len; i-- > 1; code >>= 6)
		bytes[i] = (char)(0x80 | (code & 0x3f));
	bytes[0] = (char)(leads[len] | code);
	buf_add(out, bytes, len);
}

/* The second half of a surrogate pair, if there is one. */
static uint32_t low_half(struct span raw)
{
	uint32_t code;

	if (raw.len < 6 || memcmp(raw.data, "\\u", 2) != 0)
		return UINT32_MAX;
	code = hex4((struct span){raw.data + 2, raw.len - 2});
	return code >= 0xdc00 && code <= 0xdfff ? code : UINT32_MAX;
}

/* Behind the "u"; returns how many bytes it took. */
static size_t add_unicode_escape(struct span raw, struct buf *out)
{
	uint32_t code = hex4(raw);
	uint32_t low = UINT32_MAX;

	if (code == UINT32_MAX)
		return 0;
	if (code >= 0xd800 && code <= 0xdbff)
		low = low_half((struct span){raw.data + 4, raw.len - 4});
	if (low != UINT32_MAX) {
		add_utf8(out, 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00));
		return 10;
	}
	add_utf8(out, code >= 0xd800 && code <= 0xdfff ? 0xfffd : code);
	return 4;
}

/* An escape behind its backslash; returns how many bytes it took. */
static size_t add_escape(struct span raw, struct buf *out)
{
	static const char letters[] = "bfnrt";
	static const char meanings[] = "\b\f\n\r\t";
	const char *letter;

	if (raw.data[0] == 'u')
		return 1 + add_unicode_escape((struct span){raw.data + 1, raw.len - 1}, out);
	letter = memchr(letters, raw.data[0], sizeof(letters) - 1);
	buf_add(out, letter ? &meanings[letter - letters] : raw.data, 1);
	return 1;
}

void json_string_decode(struct span value, struct buf *out)
{
	struct span raw = json_scan_raw_string(value);

	while (raw.len > 0) {
		const char *backslash = memchr(raw.data, '\\', raw.len);
		size_t taken = backslash ? (size_t)(backslash - raw.data) : raw.len;

		buf_add(out, raw.data, taken);
		if (taken + 1 < raw.len) {
			taken++;
			taken += add_escape((struct span){raw.data + taken, raw.len - taken}, out);
		} else {
			taken = raw.len;
		}
		raw.data += taken;
		raw.len -= taken;
	}
}
