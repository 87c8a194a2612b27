/*
 * Short texts from outside: numbers, times, addresses, encodings. Whatever is taken must come back
 * the same when it is written and read again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/decimal.h"
#include "base/text.h"

enum { TEXT_MAX = 2048 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool is_true)
{
	if (!is_true)
		abort();
}

static void try_decimal(struct span text)
{
	char once[DECIMAL_SIZE];
	char twice[DECIMAL_SIZE];
	int64_t scaled;

	decimal_to_scaled(text, 2, &scaled);
	if (decimal_normalize(text, once) != DECIMAL_FINE)
		return;
	demand(decimal_normalize(span_of(once), twice) == DECIMAL_FINE);
	demand(strcmp(once, twice) == 0);
	demand(decimal_compare(once, twice) == 0);
}

static void try_times(struct span text)
{
	char written[CLOCK_RFC3339_SIZE];
	int64_t ms = 0;
	int64_t again = 0;

	clock_parse_http_date(text.data, text.len, &ms);
	if (!clock_parse_rfc3339(text.data, text.len, &ms))
		return;
	clock_format_rfc3339(ms, written);
	demand(clock_parse_rfc3339(written, strlen(written), &again));
	/* The leap second at the end of 9999 has no other name. */
	demand(again == ms || text.data[0] == '9');
}

static void try_base64(struct span text)
{
	uint8_t bytes[TEXT_MAX];
	char written[TEXT_MAX * 2];
	size_t len = text_base64_decode(text, bytes, sizeof(bytes));

	if (len == SIZE_MAX)
		return;
	text_base64_encode(bytes, len, written);
	demand(span_equals(text, written));
}

static void try_percent(struct span text)
{
	char decoded[TEXT_MAX];
	struct buf written;
	size_t len;

	memcpy(decoded, text.data, text.len);
	len = text_percent_decode(decoded, text.len);
	if (len == SIZE_MAX)
		return;
	buf_init(&written, (size_t)TEXT_MAX * 3);
	buf_add_percent_encoded(&written, decoded, len);
	demand(buf_ok(&written));
	demand(len == 0 || text_percent_decode(written.data, written.len) == len);
	demand(len == 0 || memcmp(written.data, decoded, len) == 0);
	buf_clear(&written);
}

static void try_escapes(struct span text)
{
	struct buf out;

	buf_init(&out, (size_t)TEXT_MAX * 8);
	buf_add_escaped(&out, text.data, text.len, 100);
	demand(buf_ok(&out) && out.len <= 100 + strlen("…"));
	demand(text_is_utf8((struct span){out.data, out.len}));
	demand(!text_has_control((struct span){out.data, out.len}));
	buf_clear(&out);
}

static void try_addresses(struct span text)
{
	struct address address;
	bool is_tls;

	if (address_parse(text, &address) || address_parse_url(text, &address, &is_tls)) {
		demand(address.host.data >= text.data);
		demand(address.host.data + address.host.len <= text.data + text.len);
		address_is_loopback(address.host);
		address_is_link_local(address.host);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data, size};
	uint64_t number;

	if (size > TEXT_MAX)
		return 0;
	try_decimal(text);
	try_times(text);
	try_base64(text);
	try_percent(text);
	try_escapes(text);
	try_addresses(text);
	text_parse_duration(text, &number);
	text_parse_size(text, &number);
	return 0;
}
