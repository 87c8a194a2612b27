#include "http/group_scopes.h"

#include <string.h>

enum { SHOWN_MAX = 80 };

/* The text up to `end`, which is stepped over, or all of it. */
static struct span next_part(struct span *text, char end)
{
	const char *found = memchr(text->data, end, text->len);
	struct span part = {text->data, found ? (size_t)(found - text->data) : text->len};
	size_t step = part.len + (found ? 1 : 0);

	text->data += step;
	text->len -= step;
	return part;
}

static bool complain(struct buf *mistake, struct span text, const char *what)
{
	buf_add_str(mistake, "\"");
	buf_add_escaped(mistake, text.data, text.len, SHOWN_MAX);
	buf_add_format(mistake, "\" %s", what);
	return false;
}

static bool read_scope(struct span name, const char *const names[], uint64_t *scopes,
		       struct buf *mistake)
{
	for (size_t i = 0; names[i]; i++) {
		if (span_equals(name, names[i])) {
			*scopes |= UINT64_C(1) << i;
			return true;
		}
	}
	complain(mistake, name, "is not a scope; there are");
	for (size_t i = 0; names[i]; i++)
		buf_add_format(mistake, "%s %s", i > 0 ? "," : "", names[i]);
	return false;
}

static bool read_group(struct group_scopes *groups, struct span text, const char *const names[],
		       struct buf *mistake)
{
	struct span scopes_text = text;
	struct span name = next_part(&scopes_text, '=');
	uint64_t scopes = 0;

	if (name.len == 0 || scopes_text.len == 0)
		return complain(mistake, text, "is not of the form group=scope,scope");
	if (group_scopes_find(groups, name))
		return complain(mistake, name, "comes twice");
	if (groups->count == GROUP_SCOPES_MAX)
		return complain(mistake, name, "is one group too many; there may be 64");
	while (scopes_text.len > 0) {
		if (!read_scope(next_part(&scopes_text, ','), names, &scopes, mistake))
			return false;
	}
	groups->groups[groups->count].name = name;
	groups->groups[groups->count++].scopes = scopes;
	return true;
}

bool group_scopes_read(struct group_scopes *groups, const char *setting, const char *const names[],
		       struct buf *mistake)
{
	struct span text = span_of(setting);

	*groups = (struct group_scopes){0};
	while (text.len > 0) {
		if (!read_group(groups, next_part(&text, ';'), names, mistake))
			return false;
	}
	return true;
}

uint64_t group_scopes_find(const struct group_scopes *groups, struct span name)
{
	for (size_t i = 0; i < groups->count; i++) {
		if (span_same(groups->groups[i].name, name))
			return groups->groups[i].scopes;
	}
	return 0;
}
