#include "http/answer_owner.h"

#include <string.h>

#include "base/json_scan.h"

/* True when the text begins with the prefix and an id, which is taken. */
static bool take(struct span text, const char *prefix, char id[static ID_SIZE])
{
	size_t prefix_len = strlen(prefix);
	char found[ID_SIZE] = "";

	if (text.len < prefix_len + ID_LEN || memcmp(text.data, prefix, prefix_len) != 0)
		return false;
	memcpy(found, text.data + prefix_len, ID_LEN);
	if (!id_is_valid(found))
		return false;
	memcpy(id, found, ID_SIZE);
	return true;
}

static bool take_location(struct span lines, char id[static ID_SIZE])
{
	while (lines.len > 0) {
		const char *stop = memchr(lines.data, '\n', lines.len);
		size_t len = stop ? (size_t)(stop - lines.data) + 1 : lines.len;

		if (take(lines, "Location: /user/", id))
			return true;
		lines.data += len;
		lines.len -= len;
	}
	return false;
}

void answer_owner_find(const char *path_user, const struct kept_answer *answer,
		       char id[static ID_SIZE])
{
	id[0] = '\0';
	if ((path_user && take(span_of(path_user), "", id)) || take_location(answer->headers, id))
		return;
	if (json_scan_check(answer->body))
		(void)!take(json_scan_raw_string(json_scan_member(answer->body, "user_id")), "",
			    id);
}
