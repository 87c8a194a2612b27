#include "base/shell_words.h"

#include <string.h>

struct splitter {
	const char *at;
	char *out; /* where the next character of a word goes */
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* From behind the opening quote to behind the closing one. */
static bool take_quoted(struct splitter *split, char quote)
{
	while (*split->at && *split->at != quote) {
		if (quote == '"' && *split->at == '\\' &&
		    (split->at[1] == '"' || split->at[1] == '\\'))
			split->at++;
		*split->out++ = *split->at++;
	}
	return *split->at && *split->at++ == quote;
}

static bool take_word(struct splitter *split)
{
	while (*split->at && !is_space(*split->at)) {
		char c = *split->at++;

		if (c == '\'' || c == '"') {
			if (!take_quoted(split, c))
				return false;
			continue;
		}
		if (c == '\\') {
			if (!*split->at)
				return false;
			c = *split->at++;
		}
		*split->out++ = c;
	}
	*split->out++ = '\0';
	return true;
}

bool shell_words_split(const char *text, struct arena *arena,
		       char *words[static SHELL_WORDS_MAX + 1])
{
	/* Each word is no longer than it was, and the space behind it makes room for its NUL. */
	struct splitter split = {text, arena_alloc(arena, strlen(text) + 1)};
	size_t count = 0;

	if (!split.out)
		return false;
	for (;;) {
		while (is_space(*split.at))
			split.at++;
		if (!*split.at)
			break;
		if (count == SHELL_WORDS_MAX)
			return false;
		words[count++] = split.out;
		if (!take_word(&split))
			return false;
	}
	words[count] = NULL;
	return count > 0;
}
