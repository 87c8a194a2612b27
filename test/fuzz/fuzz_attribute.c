/*
 * Reading attribute values: whatever a checked JSON text holds, what comes out of it is JSON.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "aws/attribute.h"
#include "base/json_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void convert(struct span typed)
{
	struct buf out;

	buf_init(&out, 1 << 20);
	if (attribute_to_json(typed, &out)) {
		if (!json_scan_check((struct span){buf_text(&out), out.len}))
			abort();
	} else if (out.len != 0) {
		abort();
	}
	buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data, size};
	struct item item;
	int64_t number;

	if (!json_scan_check(text))
		return 0;
	convert(text);
	if (!item_view(&item, text))
		return 0;
	for (size_t i = 0; i < item.count; i++)
		convert(item.attribute[i].value);
	(void)item_i64(&item, "n", &number);
	(void)item_raw_string(&item, "wt");
	return 0;
}
