/*
 * X-Signature: no header is right by chance, and what is right stays so among what others put
 * there. The input is the header, a line feed, and the body.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "domain/payment_signature.h"

enum { HEADER_MAX = 64 * 1024, SIGNED_SIZE = 100 };

static const char secret[] = "the fuzzer's";
static const int64_t now_s = 1732500000;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool is_true)
{
	if (!is_true)
		abort();
}

/* "t=1732500000,v1=…", as the provider would. */
static void sign(struct digest *digest, struct span body, struct buf *out)
{
	uint8_t mac[DIGEST_SHA256_SIZE];
	struct buf text = {0};

	buf_init(&text, HEADER_MAX);
	buf_add_format(&text, "%" PRId64 ".", now_s);
	buf_add(&text, body.data, body.len);
	demand(buf_ok(&text) &&
	       digest_hmac_sha256(digest, (struct bytes){secret, sizeof(secret) - 1},
				  (struct bytes){text.data, text.len}, mac));
	buf_add_format(out, "t=%" PRId64 ",v1=", now_s);
	buf_add_hex(out, mac, sizeof(mac));
	buf_clear(&text);
}

/* The right signature behind what came: but for headers with a time, of which there must be one. */
static void check_among(struct digest *digest, const char *header, struct span body)
{
	struct buf all = {0};

	buf_init(&all, HEADER_MAX);
	sign(digest, body, &all);
	demand(payment_signature_check(digest, secret, buf_text(&all), body, now_s) == RESULT_OK);
	if (!strchr(header, 't')) {
		buf_add_format(&all, ",%s", header);
		demand(payment_signature_check(digest, secret, buf_text(&all), body, now_s) ==
		       RESULT_OK);
	}
	buf_clear(&all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *line = size > 0 && size < HEADER_MAX / 4 ? memchr(data, '\n', size) : NULL;
	size_t len = line ? (size_t)(line - data) : 0;
	struct span body;
	struct digest *digest;
	char *header;

	if (!line || memchr(data, '\0', len))
		return 0;
	body = (struct span){(const char *)line + 1, size - len - 1};
	header = strndup((const char *)data, len);
	digest = digest_new();
	demand(header && digest);
	demand(payment_signature_check(digest, secret, header, body, now_s) == RESULT_INVALID);
	check_among(digest, header, body);
	digest_free(digest);
	free(header);
	return 0;
}
