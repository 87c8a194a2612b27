/*
 * Decimal numbers: the canonical form means the same number, and so does the scaled integer. Two
 * numbers, with a comma between them, are compared the same way in both.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/json_scan.h"

enum { SCALE = 4, SCALED_SIZE = 40 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool is_true)
{
	if (!is_true)
		abort();
}

static int sign_of(int64_t number)
{
	return (number > 0) - (number < 0);
}

/* "-12.3400" for -123400. */
static void write_scaled(int64_t number, char text[static SCALED_SIZE])
{
	uint64_t magnitude = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

	snprintf(text, SCALED_SIZE, "%s%" PRIu64 ".%04" PRIu64, number < 0 ? "-" : "",
		 magnitude / 10000, magnitude % 10000);
}

/* False when the text is no number that can be kept. */
static bool judge(struct span text, char canonical[static DECIMAL_SIZE], bool *is_scaled,
		  int64_t *scaled)
{
	char again[DECIMAL_SIZE];
	char written[SCALED_SIZE];
	enum decimal_fault fault = decimal_normalize(text, canonical);

	*is_scaled = decimal_to_scaled(text, SCALE, scaled);
	demand((json_scan_number_len(text) == text.len && text.len > 0) ==
	       (fault != DECIMAL_NOT_A_NUMBER));
	if (fault != DECIMAL_FINE)
		return false;
	demand(strlen(canonical) < DECIMAL_SIZE);
	demand(decimal_normalize(span_of(canonical), again) == DECIMAL_FINE);
	demand(strcmp(canonical, again) == 0 && decimal_compare(canonical, again) == 0);
	if (*is_scaled) {
		write_scaled(*scaled, written);
		demand(decimal_normalize(span_of(written), again) == DECIMAL_FINE);
		demand(strcmp(canonical, again) == 0);
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *comma = size > 0 ? memchr(data, ',', size) : NULL;
	size_t len = comma != NULL ? (size_t)(comma - data) : size;
	struct span texts[2] = {{(const char *)data, len}, {"0", 1}};
	char canonical[2][DECIMAL_SIZE];
	bool is_scaled[2];
	int64_t scaled[2];
	int order;

	if (comma != NULL)
		texts[1] = (struct span){(const char *)comma + 1, size - len - 1};
	for (size_t i = 0; i < 2; i++)
		if (!judge(texts[i], canonical[i], &is_scaled[i], &scaled[i]))
			return 0;
	order = sign_of(decimal_compare(canonical[0], canonical[1]));
	demand(order == -sign_of(decimal_compare(canonical[1], canonical[0])));
	demand((order == 0) == (strcmp(canonical[0], canonical[1]) == 0));
	if (is_scaled[0] && is_scaled[1])
		demand(order == (scaled[0] > scaled[1]) - (scaled[0] < scaled[1]));
	return 0;
}
