/*
 * XML answers: whatever is walked lies within the text, a checked text decodes to UTF-8, and keys
 * that are taken from it can be sent in headers.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "aws/sts.h"
#include "base/xml_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t walk_all(struct span text, struct span content)
{
	struct xml_walk walk;
	size_t depth = 0;

	xml_walk_init(&walk, content);
	while (xml_walk_next(&walk)) {
		size_t below;

		if (walk.content.data < text.data ||
		    walk.content.data + walk.content.len > text.data + text.len)
			abort();
		below = walk_all(text, walk.content) + 1;
		if (below > depth)
			depth = below;
	}
	return depth;
}

static void read_checked(struct span text)
{
	struct buf out;

	if (walk_all(text, text) > XML_SCAN_DEPTH || walk_all(text, text) == 0)
		abort();
	buf_init(&out, text.len);
	xml_text_decode(text, &out);
	if (!buf_ok(&out) || !text_is_utf8((struct span){buf_text(&out), out.len}))
		abort();
	buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data, size};
	struct aws_keys keys = {0};

	if (size > 16 * 1024)
		return 0;
	if (xml_scan_check(text))
		read_checked(text);
	if (sts_parse_keys(text, &keys) && !aws_keys_are_valid(&keys))
		abort();
	aws_keys_clear(&keys);
	return 0;
}
