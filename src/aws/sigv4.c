#include "aws/sigv4.h"

#include <assert.h>
#include <string.h>

#include "aws/sigv4_canonical.h"
#include "base/secret.h"

static const char algorithm[] = "AWS4-HMAC-SHA256";

enum {
	DAY_LEN = 8,
	HEX_LEN = SIGV4_HEX_SIZE - 1,
	SECRET_MAX = 512,
	CANONICAL_MAX = 2 * 3 * SIGV4_PATH_MAX + SIGV4_HEADERS_MAX * 8192,
};

void sigv4_init(struct sigv4 *signer, struct digest *digest, const char *region,
		const char *service)
{
	*signer = (struct sigv4){.digest = digest, .region = region, .service = service};
	buf_init(&signer->canonical_request, CANONICAL_MAX);
	buf_init(&signer->signed_headers, SIGV4_HEADERS_MAX * 128);
	buf_init(&signer->string_to_sign, 512);
	buf_init(&signer->scratch, 3 * SIGV4_PATH_MAX);
	buf_init(&signer->source, CANONICAL_MAX);
	buf_init(&signer->next_source, CANONICAL_MAX);
}

void sigv4_clear(struct sigv4 *signer)
{
	secret_clear(&signer->canonical_request); /* with a session token in it */
	buf_clear(&signer->signed_headers);
	buf_clear(&signer->string_to_sign);
	buf_clear(&signer->scratch);
	secret_clear(&signer->source);
	secret_clear(&signer->next_source);
	digest_prefix_clear(&signer->head);
	aws_keys_clear(&signer->key_owner);
	digest_wipe(signer->key, sizeof(signer->key));
}

/* With its length, so that no two lists of texts look the same. */
static void add_sized(struct buf *out, struct span text)
{
	buf_add(out, &text.len, sizeof(text.len));
	buf_add(out, text.data, text.len);
}

/* At least as much as a text of a request takes: both its parts of the target, and all headers. */
static size_t room_for(const struct sigv4_request *request)
{
	size_t room = 512 + 3 * (request->path.len + request->query.len);

	for (size_t i = 0; i < request->header_count; i++)
		room += 2 * request->headers[i].name.len + request->headers[i].value.len + 16;
	return room < CANONICAL_MAX ? room : CANONICAL_MAX;
}

static void describe(const struct sigv4_request *request, struct buf *out)
{
	secret_renew(out, room_for(request));
	add_sized(out, span_of(request->method));
	add_sized(out, request->path);
	add_sized(out, request->query);
	for (size_t i = 0; i < request->header_count; i++) {
		add_sized(out, request->headers[i].name);
		add_sized(out, request->headers[i].value);
	}
}

/*
 * Requests of one kind within a second differ in nothing but their bodies; then all of the
 * canonical request but its last line is there already, and the start of its hash.
 */
static bool is_as_before(struct sigv4 *signer, const struct sigv4_request *request)
{
	struct buf *next = &signer->next_source;
	struct buf before = signer->source;

	describe(request, next);
	if (signer->head_len > 0 && buf_ok(next) && buf_ok(&signer->canonical_request) &&
	    next->len == before.len && memcmp(next->data, before.data, before.len) == 0)
		return true;
	signer->source = *next;
	*next = before;
	return false;
}

/* All but the hash of the body. */
static bool write_head(struct sigv4 *signer, const struct sigv4_request *request)
{
	struct buf *out = &signer->canonical_request;

	secret_renew(out, room_for(request));
	buf_reset(&signer->signed_headers);
	buf_add_str(out, request->method);
	buf_add_char(out, '\n');
	sigv4_add_path(out, request->path);
	buf_add_char(out, '\n');
	if (!sigv4_add_query(out, &signer->scratch, request->query))
		return false;
	buf_add_char(out, '\n');
	if (!sigv4_add_headers(out, &signer->signed_headers, request->headers,
			       request->header_count))
		return false;
	buf_add_char(out, '\n');
	buf_add(out, signer->signed_headers.data, signer->signed_headers.len);
	buf_add_char(out, '\n');
	return buf_ok(out) && buf_ok(&signer->signed_headers);
}

bool sigv4_canonical_request(struct sigv4 *signer, const struct sigv4_request *request)
{
	struct buf *out = &signer->canonical_request;
	uint8_t hash[DIGEST_SHA256_SIZE];

	if (request->path.len > SIGV4_PATH_MAX || request->query.len > SIGV4_PATH_MAX)
		return false;
	if (!is_as_before(signer, request)) {
		signer->head_len = 0;
		if (!buf_ok(&signer->source) || !write_head(signer, request) ||
		    !digest_prefix_set(signer->digest, &signer->head, out->data, out->len))
			return false;
		signer->head_len = out->len;
	} else {
		buf_truncate(out, signer->head_len);
	}
	if (!digest_sha256(signer->digest, request->body.data, request->body.len, hash))
		return false;
	buf_add_hex(out, hash, sizeof(hash));
	return buf_ok(out);
}

/* "20150830/us-east-1/service/aws4_request" */
static void add_scope(const struct sigv4 *signer, struct buf *out, const char *date)
{
	buf_add(out, date, DAY_LEN);
	buf_add_char(out, '/');
	buf_add_str(out, signer->region);
	buf_add_char(out, '/');
	buf_add_str(out, signer->service);
	buf_add_str(out, "/aws4_request");
}

bool sigv4_string_to_sign(struct sigv4 *signer, const char *date)
{
	const struct buf *request = &signer->canonical_request;
	struct buf *out = &signer->string_to_sign;
	uint8_t hash[DIGEST_SHA256_SIZE];

	assert(strlen(date) == SIGV4_DATE_SIZE - 1);
	buf_reset(out);
	buf_add_str(out, algorithm);
	buf_add_char(out, '\n');
	buf_add_str(out, date);
	buf_add_char(out, '\n');
	add_scope(signer, out, date);
	buf_add_char(out, '\n');
	if (!digest_prefix_sha256(signer->digest, &signer->head, request->data + signer->head_len,
				  request->len - signer->head_len, hash))
		return false;
	buf_add_hex(out, hash, sizeof(hash));
	return buf_ok(out);
}

static bool chain(struct sigv4 *signer, const char *text, size_t len)
{
	return digest_hmac_sha256(signer->digest, (struct bytes){signer->key, sizeof(signer->key)},
				  (struct bytes){text, len}, signer->key);
}

static bool derive_key(struct sigv4 *signer, const char *date, const struct aws_keys *keys)
{
	static const char prefix[] = "AWS4";
	char first[sizeof(prefix) - 1 + SECRET_MAX];
	size_t len = strlen(keys->secret);
	bool ok;

	if (len > SECRET_MAX)
		return false;
	memcpy(first, prefix, sizeof(prefix) - 1);
	memcpy(first + sizeof(prefix) - 1, keys->secret, len);
	ok = digest_hmac_sha256(signer->digest, (struct bytes){first, sizeof(prefix) - 1 + len},
				(struct bytes){date, DAY_LEN}, signer->key);
	digest_wipe(first, sizeof(first));
	return ok && chain(signer, signer->region, strlen(signer->region)) &&
	       chain(signer, signer->service, strlen(signer->service)) &&
	       chain(signer, "aws4_request", 12);
}

static bool owns_key(const struct sigv4 *signer, const char *date, const struct aws_keys *keys)
{
	return signer->key_owner.access_key && memcmp(signer->key_day, date, DAY_LEN) == 0 &&
	       strcmp(signer->key_owner.access_key, keys->access_key) == 0 &&
	       strcmp(signer->key_owner.secret, keys->secret) == 0;
}

static bool provide_key(struct sigv4 *signer, const char *date, const struct aws_keys *keys)
{
	if (owns_key(signer, date, keys))
		return true;
	aws_keys_clear(&signer->key_owner);
	if (!derive_key(signer, date, keys))
		return false;
	memcpy(signer->key_day, date, DAY_LEN);
	return aws_keys_set(&signer->key_owner, keys->access_key, keys->secret, NULL, 0);
}

static void write_hex(char *out, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 15];
	}
	*out = '\0';
}

bool sigv4_signature(struct sigv4 *signer, const char *date, const struct aws_keys *keys)
{
	uint8_t mac[DIGEST_SHA256_SIZE];

	if (!provide_key(signer, date, keys))
		return false;
	if (!digest_hmac_sha256(signer->digest, (struct bytes){signer->key, sizeof(signer->key)},
				(struct bytes){signer->string_to_sign.data,
					       signer->string_to_sign.len},
				mac))
		return false;
	write_hex(signer->signature, mac, sizeof(mac));
	return true;
}

bool sigv4_sign(struct sigv4 *signer, const struct sigv4_request *request, const char *date,
		const struct aws_keys *keys, struct buf *out)
{
	if (!sigv4_canonical_request(signer, request) || !sigv4_string_to_sign(signer, date) ||
	    !sigv4_signature(signer, date, keys))
		return false;
	buf_add_str(out, algorithm);
	buf_add_str(out, " Credential=");
	buf_add_str(out, keys->access_key);
	buf_add_char(out, '/');
	add_scope(signer, out, date);
	buf_add_str(out, ", SignedHeaders=");
	buf_add(out, signer->signed_headers.data, signer->signed_headers.len);
	buf_add_str(out, ", Signature=");
	buf_add(out, signer->signature, HEX_LEN);
	return buf_ok(out);
}
