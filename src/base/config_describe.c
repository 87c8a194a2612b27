#include "base/config_describe.h"

#include <string.h>

#include "base/config_settings.h"

/* Where the columns of config_describe begin and end. */
enum { DEFAULT_COLUMN = 35, MEANING_COLUMN = 59, LAST_COLUMN = 100 };

/* What a setting means, and what it takes where that is more than a kind of text. */
static void add_meaning(struct buf *out, const struct setting *setting)
{
	buf_add_str(out, setting->help);
	if (setting->max == 0 && !setting->words[0])
		return;
	buf_add_str(out, " (");
	setting_add_allowed(setting, out);
	buf_add_str(out, ")");
}

/* A text and spaces behind it, up to a width; at least two. */
static void add_column(struct buf *out, const char *text, size_t width)
{
	size_t len = strlen(text);

	buf_add(out, text, len);
	for (size_t i = len; i < width || i < len + 2; i++)
		buf_add_char(out, ' ');
}

/* A long name has a line of its own. */
static void add_name(struct buf *out, const char *name)
{
	if (strlen(name) + 2 > DEFAULT_COLUMN) {
		buf_add_str(out, name);
		buf_add_str(out, "\n");
		name = "";
	}
	add_column(out, name, DEFAULT_COLUMN);
}

/* Words up to the last column, and on below the first one. */
static void add_wrapped(struct buf *out, const char *text)
{
	size_t column = MEANING_COLUMN;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (column > MEANING_COLUMN && column + 1 + len > LAST_COLUMN) {
			buf_add_char(out, '\n');
			add_column(out, "", MEANING_COLUMN);
			column = MEANING_COLUMN;
		} else if (column > MEANING_COLUMN) {
			buf_add_char(out, ' ');
			column++;
		}
		buf_add(out, text, len);
		column += len;
		text += len + (text[len] == ' ');
	}
	buf_add_char(out, '\n');
}

void config_describe(struct buf *out)
{
	size_t count;
	const struct setting *settings = config_settings(&count);
	struct buf meaning;

	buf_init(&meaning, 1024);
	add_column(out, "NAME", DEFAULT_COLUMN);
	add_column(out, "DEFAULT", MEANING_COLUMN - DEFAULT_COLUMN);
	add_wrapped(out, "MEANING");
	for (size_t i = 0; i < count; i++) {
		const char *initial = settings[i].initial;

		buf_reset(&meaning);
		add_meaning(&meaning, &settings[i]);
		add_name(out, settings[i].name);
		add_column(out, initial ? initial : "-", MEANING_COLUMN - DEFAULT_COLUMN);
		add_wrapped(out, buf_text(&meaning));
		out->failed = out->failed || meaning.failed;
	}
	buf_clear(&meaning);
}

void config_describe_markdown(struct buf *out)
{
	size_t count;
	const struct setting *settings = config_settings(&count);

	buf_add_str(out, "| name | default | meaning |\n|---|---|---|\n");
	for (size_t i = 0; i < count; i++) {
		const char *quote = settings[i].initial ? "`" : "";
		const char *initial = settings[i].initial ? settings[i].initial : "";

		buf_add_format(out, "| `%s` | %s%s%s | ", settings[i].name, quote, initial, quote);
		add_meaning(out, &settings[i]);
		buf_add_str(out, " |\n");
	}
}

/* Whether an earlier row has the same field, and shows it. */
static bool is_shown(const struct setting *settings, const struct setting *setting)
{
	for (const struct setting *other = settings; other < setting; other++) {
		if (other->offset == setting->offset)
			return true;
	}
	return false;
}

void config_show(const struct config *config, struct buf *out)
{
	size_t count;
	const struct setting *settings = config_settings(&count);

	for (size_t i = 0; i < count; i++) {
		if (is_shown(settings, &settings[i]))
			continue;
		buf_add_str(out, settings[i].name);
		buf_add_char(out, '=');
		setting_add_value(&settings[i], (const char *)config + settings[i].offset, out);
		buf_add_char(out, '\n');
	}
}
