/*
 * One reader of pieces (a tag, a comment, a stretch of text) serves the gate, which trusts nothing,
 * and the walkers, which rely on what the gate has found. It stays within the text whatever it is.
 */
#include "base/xml_scan.h"

#include <string.h>

enum piece_kind {
	PIECE_TEXT,  /* up to the next "<"; entities not looked at */
	PIECE_CDATA, /* its inside */
	PIECE_OPEN,
	PIECE_CLOSE,
	PIECE_EMPTY,   /* <x/> */
	PIECE_NOTHING, /* a comment */
	PIECE_WRONG,
};

struct piece {
	enum piece_kind kind;
	struct span name; /* of a tag, with its prefix */
	struct span text;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool starts_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
	       (unsigned char)c >= 0x80;
}

static bool is_in_name(char c)
{
	return starts_name(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

static bool begins_with(struct span text, const char *prefix)
{
	size_t len = strlen(prefix);

	return text.len > 0 && text.len >= len && memcmp(text.data, prefix, len) == 0;
}

static void skip(struct span *text, size_t len)
{
	text->data += len;
	text->len -= len;
}

static void skip_space(struct span *text)
{
	while (text->len > 0 && is_space(text->data[0]))
		skip(text, 1);
}

/* Takes what stands before `end`, and `end` too. False when it is not there. */
static bool take_until(struct span *text, const char *end, struct span *taken)
{
	const char *at = text->len > 0 ? memmem(text->data, text->len, end, strlen(end)) : NULL;

	if (!at)
		return false;
	*taken = (struct span){text->data, (size_t)(at - text->data)};
	skip(text, taken->len + strlen(end));
	return true;
}

static bool take_name(struct span *text, struct span *name)
{
	size_t len = 0;

	if (text->len == 0 || !starts_name(text->data[0]))
		return false;
	while (len < text->len && is_in_name(text->data[len]))
		len++;
	*name = (struct span){text->data, len};
	skip(text, len);
	return true;
}

static bool skip_attribute(struct span *text)
{
	struct span ignored;
	char quote[2] = {0};

	if (!take_name(text, &ignored))
		return false;
	skip_space(text);
	if (!begins_with(*text, "="))
		return false;
	skip(text, 1);
	skip_space(text);
	if (text->len == 0 || !strchr("\"'", text->data[0]))
		return false;
	quote[0] = text->data[0];
	skip(text, 1);
	return take_until(text, quote, &ignored) && !memchr(ignored.data, '<', ignored.len);
}

/* What stands behind the name of a tag that opens, up to ">" or "/>". */
static enum piece_kind take_tag_end(struct span *text)
{
	for (;;) {
		bool has_space = text->len > 0 && is_space(text->data[0]);

		skip_space(text);
		if (begins_with(*text, ">")) {
			skip(text, 1);
			return PIECE_OPEN;
		}
		if (begins_with(*text, "/>")) {
			skip(text, 2);
			return PIECE_EMPTY;
		}
		if (!has_space || !skip_attribute(text))
			return PIECE_WRONG;
	}
}

static enum piece_kind take_close(struct span *text, struct piece *piece)
{
	skip(text, 2);
	if (!take_name(text, &piece->name))
		return PIECE_WRONG;
	skip_space(text);
	if (!begins_with(*text, ">"))
		return PIECE_WRONG;
	skip(text, 1);
	return PIECE_CLOSE;
}

static enum piece_kind take_markup(struct span *text, struct piece *piece)
{
	static const char comment[] = "<!--", cdata[] = "<![CDATA[";

	if (begins_with(*text, comment)) {
		skip(text, strlen(comment));
		return take_until(text, "-->", &piece->text) ? PIECE_NOTHING : PIECE_WRONG;
	}
	if (begins_with(*text, cdata)) {
		skip(text, strlen(cdata));
		return take_until(text, "]]>", &piece->text) ? PIECE_CDATA : PIECE_WRONG;
	}
	if (begins_with(*text, "</"))
		return take_close(text, piece);
	skip(text, 1);
	return take_name(text, &piece->name) ? take_tag_end(text) : PIECE_WRONG;
}

/* The next piece; the text must not be at its end. */
static struct piece take_piece(struct span *text)
{
	struct piece piece = {0};
	const char *mark = memchr(text->data, '<', text->len);

	if (mark != text->data) {
		piece.text =
			(struct span){text->data, mark ? (size_t)(mark - text->data) : text->len};
		skip(text, piece.text.len);
		piece.kind = PIECE_TEXT;
	} else {
		piece.kind = take_markup(text, &piece);
	}
	return piece;
}

/* ---- entities ---- */

static const struct {
	const char *text;
	char character;
} entities[] = {{"lt;", '<'}, {"gt;", '>'}, {"amp;", '&'}, {"quot;", '"'}, {"apos;", '\''}};

static bool is_character(uint32_t code)
{
	return code == 0x9 || code == 0xa || code == 0xd || (code >= 0x20 && code < 0xd800) ||
	       (code >= 0xe000 && code < 0xfffe) || (code >= 0x10000 && code <= 0x10ffff);
}

/* "#65;" or "#x41;" at the start of the text; its length, or 0. */
static size_t read_number(struct span text, uint32_t *code)
{
	const char *end = memchr(text.data, ';', text.len);
	struct span digits = {text.data + 1, end ? (size_t)(end - text.data) - 1 : 0};
	uint64_t number;

	if (!end || digits.len == 0)
		return 0;
	if (digits.data[0] == 'x') {
		if (!text_parse_hex((struct span){digits.data + 1, digits.len - 1}, code))
			return 0;
	} else if (text_parse_u64(digits, &number) && number <= 0x10ffff) {
		*code = (uint32_t)number;
	} else {
		return 0;
	}
	return is_character(*code) ? digits.len + 2 : 0;
}

/* What stands behind an "&"; its length, or 0 when it is no entity. */
static size_t read_entity(struct span text, uint32_t *code)
{
	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
		if (begins_with(text, entities[i].text)) {
			*code = (uint32_t)entities[i].character;
			return strlen(entities[i].text);
		}
	}
	return begins_with(text, "#") ? read_number(text, code) : 0;
}

static bool is_text(struct span text)
{
	const char *mark;
	uint32_t code;

	while (text.len > 0 && (mark = memchr(text.data, '&', text.len))) {
		size_t len;

		skip(&text, (size_t)(mark + 1 - text.data));
		len = text.len > 0 ? read_entity(text, &code) : 0;
		if (len == 0)
			return false;
		skip(&text, len);
	}
	return true;
}

static void add_character(struct buf *out, uint32_t code)
{
	if (code < 0x80) {
		buf_add_char(out, (char)code);
		return;
	}
	if (code < 0x800) {
		buf_add_char(out, (char)(0xc0 | code >> 6));
	} else if (code < 0x10000) {
		buf_add_char(out, (char)(0xe0 | code >> 12));
		buf_add_char(out, (char)(0x80 | (code >> 6 & 0x3f)));
	} else {
		buf_add_char(out, (char)(0xf0 | code >> 18));
		buf_add_char(out, (char)(0x80 | (code >> 12 & 0x3f)));
		buf_add_char(out, (char)(0x80 | (code >> 6 & 0x3f)));
	}
	buf_add_char(out, (char)(0x80 | (code & 0x3f)));
}

static void decode_text(struct span text, struct buf *out)
{
	const char *mark;

	while (text.len > 0 && (mark = memchr(text.data, '&', text.len))) {
		uint32_t code = 0;

		buf_add(out, text.data, (size_t)(mark - text.data));
		skip(&text, (size_t)(mark + 1 - text.data));
		skip(&text, read_entity(text, &code));
		add_character(out, code);
	}
	buf_add(out, text.data, text.len);
}

static void skip_declaration(struct span *text)
{
	struct span ignored;

	if (begins_with(*text, "<?xml") && text->len > 5 && is_space(text->data[5]))
		(void)take_until(text, "?>", &ignored);
}

void xml_text_decode(struct span content, struct buf *out)
{
	skip_declaration(&content);
	while (content.len > 0) {
		struct piece piece = take_piece(&content);

		if (piece.kind == PIECE_TEXT)
			decode_text(piece.text, out);
		else if (piece.kind == PIECE_CDATA)
			buf_add(out, piece.text.data, piece.text.len);
	}
}

/* ---- the gate ---- */

struct gate {
	struct span open[XML_SCAN_DEPTH]; /* names */
	size_t depth;
	bool is_over; /* the one element has been closed */
};

static bool may_open(const struct gate *gate)
{
	return !gate->is_over && gate->depth < XML_SCAN_DEPTH;
}

static bool is_blank(struct span text)
{
	skip_space(&text);
	return text.len == 0;
}

static bool close_element(struct gate *gate, struct span name)
{
	const struct span *open;

	if (gate->depth == 0)
		return false;
	open = &gate->open[--gate->depth];
	gate->is_over = gate->depth == 0;
	return span_same(*open, name);
}

static bool pass(struct gate *gate, const struct piece *piece)
{
	switch (piece->kind) {
	case PIECE_TEXT:
		return gate->depth > 0 ? is_text(piece->text) : is_blank(piece->text);
	case PIECE_CDATA:
		return gate->depth > 0;
	case PIECE_OPEN:
		if (!may_open(gate))
			return false;
		gate->open[gate->depth++] = piece->name;
		return true;
	case PIECE_EMPTY:
		if (!may_open(gate))
			return false;
		gate->is_over = gate->depth == 0;
		return true;
	case PIECE_CLOSE:
		return close_element(gate, piece->name);
	case PIECE_NOTHING:
		return true;
	case PIECE_WRONG:
		return false;
	}
	return false;
}

bool xml_scan_check(struct span text)
{
	struct gate gate = {0};

	if (text.len == 0 || !text_is_utf8(text) || memchr(text.data, '\0', text.len))
		return false;
	skip_declaration(&text);
	while (text.len > 0) {
		struct piece piece = take_piece(&text);

		if (!pass(&gate, &piece))
			return false;
	}
	return gate.is_over;
}

/* ---- the walkers ---- */

void xml_walk_init(struct xml_walk *walk, struct span content)
{
	*walk = (struct xml_walk){.rest = content};
	skip_declaration(&walk->rest);
}

static struct span without_prefix(struct span name)
{
	const char *colon = memchr(name.data, ':', name.len);

	if (colon)
		skip(&name, (size_t)(colon + 1 - name.data));
	return name;
}

/* From behind a tag that opens to behind the one that closes it. */
static void take_content(struct xml_walk *walk)
{
	const char *start = walk->rest.data;
	const char *end = start;
	size_t depth = 1;

	while (depth > 0 && walk->rest.len > 0) {
		struct piece piece;

		end = walk->rest.data;
		piece = take_piece(&walk->rest);
		if (piece.kind == PIECE_OPEN)
			depth++;
		else if (piece.kind == PIECE_CLOSE)
			depth--;
	}
	walk->content = (struct span){start, (size_t)(end - start)};
}

bool xml_walk_next(struct xml_walk *walk)
{
	while (walk->rest.len > 0) {
		struct piece piece = take_piece(&walk->rest);

		if (piece.kind != PIECE_OPEN && piece.kind != PIECE_EMPTY)
			continue;
		walk->name = without_prefix(piece.name);
		walk->content = (struct span){walk->rest.data, 0};
		if (piece.kind == PIECE_OPEN)
			take_content(walk);
		return true;
	}
	return false;
}

struct span xml_scan_child(struct span content, const char *name)
{
	struct xml_walk walk;

	xml_walk_init(&walk, content);
	while (xml_walk_next(&walk)) {
		if (span_equals(walk.name, name))
			return walk.content;
	}
	return (struct span){0};
}
