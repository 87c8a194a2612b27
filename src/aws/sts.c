#include "aws/sts.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/ask.h"
#include "aws/aws_head.h"
#include "aws/aws_protocol.h"
#include "aws/retry.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/xml_scan.h"

static const uint64_t timeout_us = 5000000;

enum {
	BODY_MAX = 3 * STS_TOKEN_MAX + 16 * 1024, /* a token's bytes may take three each */
	REQUEST_MAX = BODY_MAX + 16 * 1024,
	ANSWER_MAX = 64 * 1024,
	CODE_MAX = 64,
	MESSAGE_MAX = 300,
};

struct sts {
	struct sts_options options;
	struct ask ask;
	struct sigv4 signer;
	int64_t clock_offset_ms; /* what to add to our wall clock to get the service's */

	/* the request under way */
	provider_done *done;
	void *context;
};

static void on_answer(struct exchange *exchange);

struct sts *sts_new(const struct sts_options *options)
{
	struct sts *sts = calloc(1, sizeof(*sts));

	if (!sts)
		return NULL;
	sts->options = *options;
	sigv4_init(&sts->signer, options->digest, options->region, "sts");
	sts->ask.loop = options->loop;
	sts->ask.transport = options->transport;
	sts->ask.exchange.done = on_answer;
	sts->ask.exchange.context = sts;
	if (ask_init(&sts->ask, options->endpoint, REQUEST_MAX, ANSWER_MAX))
		return sts;
	sts_free(sts);
	return NULL;
}

void sts_free(struct sts *sts)
{
	if (!sts)
		return;
	assert(!sts->done);
	ask_clear(&sts->ask);
	sigv4_clear(&sts->signer);
	free(sts);
}

/* ---- the request ---- */

static void add_parameter(struct buf *body, const char *name, struct span value)
{
	buf_add_char(body, '&');
	buf_add_str(body, name);
	buf_add_char(body, '=');
	buf_add_percent_encoded(body, value.data, value.len);
}

static void write_body(const struct sts_request *request, struct buf *body)
{
	buf_add_str(body, request->keys ? "Action=AssumeRole" : "Action=AssumeRoleWithWebIdentity");
	buf_add_str(body, "&Version=2011-06-15");
	add_parameter(body, "RoleArn", span_of(request->role_arn));
	add_parameter(body, "RoleSessionName", span_of(request->session_name));
	if (request->external_id)
		add_parameter(body, "ExternalId", span_of(request->external_id));
	if (request->duration_s > 0) {
		buf_add_str(body, "&DurationSeconds=");
		buf_add_u64(body, request->duration_s);
	}
	if (!request->keys)
		add_parameter(body, "WebIdentityToken", request->token);
}

static int64_t service_time_ms(const struct sts *sts)
{
	return clock_wall_ms(loop_clock(sts->options.loop)) + sts->clock_offset_ms;
}

static bool write_request(struct sts *sts, const struct sts_request *request)
{
	char date[CLOCK_AMZ_SIZE];
	struct buf body;
	bool ok;

	buf_init(&body, BODY_MAX);
	ok = secret_reserve(&body);
	write_body(request, &body);
	clock_format_amz(service_time_ms(sts), date);
	ok = ok && buf_ok(&body) &&
	     aws_head_write(
		     &(struct aws_head){
			     .authority = sts->ask.origin.authority,
			     .content_type = aws_protocol_query.content_type,
			     .date = date,
			     .body = {buf_text(&body), body.len},
		     },
		     &sts->signer, request->keys, ask_begin(&sts->ask));
	secret_clear(&body);
	return ok;
}

static void finish(struct sts *sts, const struct aws_keys *keys, const char *why)
{
	provider_done *done = sts->done;

	sts->done = NULL;
	ask_wipe(&sts->ask);
	done(sts->context, keys, why);
}

void sts_assume_role(struct sts *sts, const struct sts_request *request, provider_done *done,
		     void *context)
{
	assert(!sts->done);
	sts->done = done;
	sts->context = context;
	if (write_request(sts, request))
		ask_send(&sts->ask, timeout_us);
	else
		finish(sts, NULL, "the request to STS does not fit into memory");
}

/* Tokens are lines in files; they become part of a form, so any byte will do. */
static struct span trim(struct span text)
{
	while (text.len > 0 && strchr(" \t\r\n", text.data[text.len - 1]))
		text.len--;
	return text;
}

void sts_assume_role_by_token(struct sts *sts, const struct sts_request *request,
			      const char *token_file, provider_done *done, void *context)
{
	struct sts_request with_token = *request;
	char why[PROVIDER_WHY_SIZE];
	struct buf token;

	if (!secret_read_file(token_file, STS_TOKEN_MAX, &token)) {
		snprintf(why, sizeof(why), "%s cannot be read: %s", token_file, strerror(errno));
		done(context, NULL, why);
	} else {
		with_token.keys = NULL;
		with_token.token = trim((struct span){buf_text(&token), token.len});
		if (with_token.token.len > 0) {
			sts_assume_role(sts, &with_token, done, context);
		} else {
			snprintf(why, sizeof(why), "%s is empty", token_file);
			done(context, NULL, why);
		}
	}
	secret_clear(&token);
}

/* ---- the answer ---- */

/* Appends an element's text and a NUL; returns where it begins. */
static size_t add_text(struct buf *texts, struct span parent, const char *name)
{
	size_t start = texts->len;

	xml_text_decode(xml_scan_child(parent, name), texts);
	buf_add_char(texts, '\0');
	return start;
}

static struct span find_credentials(struct span text)
{
	static const char *const operations[][2] = {
		{"AssumeRoleResponse", "AssumeRoleResult"},
		{"AssumeRoleWithWebIdentityResponse", "AssumeRoleWithWebIdentityResult"},
	};

	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		struct span response = xml_scan_child(text, operations[i][0]);

		if (response.data)
			return xml_scan_child(xml_scan_child(response, operations[i][1]),
					      "Credentials");
	}
	return (struct span){0};
}

static bool take_keys(struct span credentials, struct buf *texts, struct aws_keys *keys)
{
	size_t access_key = add_text(texts, credentials, "AccessKeyId");
	size_t secret = add_text(texts, credentials, "SecretAccessKey");
	size_t token = add_text(texts, credentials, "SessionToken");
	size_t expiry = add_text(texts, credentials, "Expiration");
	const char *expiry_text = texts->data + expiry;
	int64_t expires_ms;

	if (!clock_parse_rfc3339(expiry_text, strlen(expiry_text), &expires_ms) ||
	    !aws_keys_set(keys, texts->data + access_key, texts->data + secret, texts->data + token,
			  expires_ms))
		return false;
	if (aws_keys_are_valid(keys))
		return true;
	aws_keys_clear(keys);
	return false;
}

bool sts_parse_keys(struct span text, struct aws_keys *keys)
{
	struct span credentials;
	struct buf texts;
	bool ok;

	if (!xml_scan_check(text))
		return false;
	credentials = find_credentials(text);
	if (!credentials.data)
		return false;
	buf_init(&texts, credentials.len + 4);
	ok = secret_reserve(&texts) && take_keys(credentials, &texts, keys);
	secret_clear(&texts);
	return ok;
}

/* What STS says of a request that it did not like, as far as it can be read. */
static void describe_error(struct sts *sts, char why[static PROVIDER_WHY_SIZE])
{
	struct span text = ask_answer(&sts->ask);
	struct span error = {0};
	struct span code;
	struct span message;

	if (xml_scan_check(text))
		error = xml_scan_child(xml_scan_child(text, "ErrorResponse"), "Error");
	code = xml_scan_child(error, "Code");
	message = xml_scan_child(error, "Message");
	if (code.len > CODE_MAX)
		code.len = CODE_MAX;
	if (message.len > MESSAGE_MAX)
		message.len = MESSAGE_MAX;
	if (code.len > 0)
		snprintf(why, PROVIDER_WHY_SIZE, "STS refuses with %d %.*s: %.*s",
			 ask_status(&sts->ask), (int)code.len, code.data, (int)message.len,
			 message.len > 0 ? message.data : "");
	else
		snprintf(why, PROVIDER_WHY_SIZE, "STS (%s) answers %d and no reason",
			 sts->options.endpoint, ask_status(&sts->ask));
}

/* A refusal that our clock may be the reason of: the next request will have theirs. */
static void learn_time(struct sts *sts)
{
	const struct http_answer *answer = &sts->ask.exchange.answer;
	int64_t skew_ms = answer->has_date ? answer->date_ms - service_time_ms(sts) : 0;

	if (skew_ms <= RETRY_SKEW_MS && skew_ms >= -RETRY_SKEW_MS)
		return;
	sts->clock_offset_ms += skew_ms;
	log_event(LOG_WARNING, "this machine's clock differs from that of STS",
		  LOG_F_NUM("offset_ms", sts->clock_offset_ms));
}

static void fail(struct sts *sts)
{
	const struct exchange *exchange = &sts->ask.exchange;
	char why[PROVIDER_WHY_SIZE];

	if (exchange->end != EXCHANGE_ANSWERED) {
		snprintf(why, sizeof(why), "no answer from STS (%s): %s%s%s", sts->options.endpoint,
			 exchange->error, exchange->hint ? "; " : "",
			 exchange->hint ? exchange->hint : "");
	} else if (exchange->answer.status == 200) {
		snprintf(why, sizeof(why), "STS (%s) answers 200, but no keys that can be used",
			 sts->options.endpoint);
	} else {
		describe_error(sts, why);
		learn_time(sts);
	}
	finish(sts, NULL, why);
}

static void on_answer(struct exchange *exchange)
{
	struct sts *sts = exchange->context;
	struct aws_keys keys = {0};

	if (ask_status(&sts->ask) == 200 && sts_parse_keys(ask_answer(&sts->ask), &keys))
		finish(sts, &keys, "");
	else
		fail(sts);
	aws_keys_clear(&keys);
}
