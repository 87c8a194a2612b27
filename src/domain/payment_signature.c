#include "domain/payment_signature.h"

#include <string.h>

#include "base/buf.h"

enum { HEX_LEN = 2 * DIGEST_SHA256_SIZE, TIME_LEN_MAX = 15, MESSAGE_ROOM = 32 };

/* The next "name=value" of the header, without spaces around it. False after the last one. */
static bool next_pair(const char **at, struct span *name, struct span *value)
{
	const char *equals;
	size_t len;

	if (!**at)
		return false;
	*at += strspn(*at, " \t,");
	len = strcspn(*at, ",");
	equals = memchr(*at, '=', len);
	*name = (struct span){*at, equals ? (size_t)(equals - *at) : len};
	*value = equals ? (struct span){equals + 1, len - name->len - 1} : (struct span){"", 0};
	while (value->len > 0 && strchr(" \t", value->data[value->len - 1]))
		value->len--;
	*at += len;
	return true;
}

/* The one time of the header. False when there is none or more. */
static bool find_time(const char *header, struct span *text, int64_t *seconds)
{
	struct span name;
	struct span value;
	unsigned found = 0;
	uint64_t number = 0;

	while (next_pair(&header, &name, &value)) {
		if (!span_equals(name, "t"))
			continue;
		found++;
		*text = value;
	}
	if (found != 1 || text->len > TIME_LEN_MAX || !text_parse_u64(*text, &number))
		return false;
	*seconds = (int64_t)number;
	return true;
}

static bool parse_signature(struct span hex, uint8_t out[static DIGEST_SHA256_SIZE])
{
	if (hex.len != HEX_LEN)
		return false;
	for (size_t i = 0; i < DIGEST_SHA256_SIZE; i++) {
		uint32_t byte;

		if (!text_parse_hex((struct span){hex.data + 2 * i, 2}, &byte))
			return false;
		out[i] = (uint8_t)byte;
	}
	return true;
}

/* Looks at all of them, whichever is right. */
static bool has_signature(const char *header, const uint8_t wanted[static DIGEST_SHA256_SIZE])
{
	uint8_t given[DIGEST_SHA256_SIZE];
	struct span name;
	struct span value;
	bool is_found = false;

	while (next_pair(&header, &name, &value)) {
		if (span_equals(name, "v1") && parse_signature(value, given))
			is_found |= digest_equal(given, wanted, sizeof(given));
	}
	return is_found;
}

static enum result sign(struct digest *digest, const char *secret, struct span time,
			struct span body, uint8_t out[static DIGEST_SHA256_SIZE])
{
	struct buf message = {0};
	bool is_made;

	buf_init(&message, body.len + MESSAGE_ROOM);
	buf_add(&message, time.data, time.len);
	buf_add_char(&message, '.');
	buf_add(&message, body.data, body.len);
	is_made = buf_ok(&message) &&
		  digest_hmac_sha256(digest, (struct bytes){secret, strlen(secret)},
				     (struct bytes){message.data, message.len}, out);
	buf_clear(&message);
	return is_made ? RESULT_OK : RESULT_NO_MEMORY;
}

enum result payment_signature_check(struct digest *digest, const char *secret, const char *header,
				    struct span body, int64_t now_s)
{
	uint8_t wanted[DIGEST_SHA256_SIZE];
	struct span time;
	int64_t seconds;
	enum result result;

	if (!header || !find_time(header, &time, &seconds) ||
	    seconds < now_s - PAYMENT_SIGNATURE_TOLERANCE_S ||
	    seconds > now_s + PAYMENT_SIGNATURE_TOLERANCE_S)
		return RESULT_INVALID;
	result = sign(digest, secret, time, body, wanted);
	if (result == RESULT_OK && !has_signature(header, wanted))
		result = RESULT_INVALID;
	digest_wipe(wanted, sizeof(wanted));
	return result;
}
