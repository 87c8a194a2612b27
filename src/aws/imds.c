#include "aws/imds.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/json_scan.h"
#include "base/json_string.h"
#include "base/log.h"
#include "base/version.h"

static const uint64_t step_timeout_us = 1000000;
static const uint64_t token_age_max_us = 21000ULL * 1000000; /* its TTL is 21,600 s */

enum {
	TOKEN_MAX = 1024,
	ROLE_MAX = 128,
	TEXT_MAX = 16 * 1024, /* session tokens have no published limit; they are 1 to 2 KB */
};

enum step { STEP_TOKEN, STEP_ROLE, STEP_KEYS };

struct imds {
	struct loop *loop;
	struct transport *transport;
	char *url;
	struct origin origin;

	char token[TOKEN_MAX + 1];
	uint64_t token_since_us;
	char role[ROLE_MAX + 1];

	/* the fetch under way */
	imds_done *done;
	void *context;
	enum step step;
	bool has_renewed_token;
	struct exchange exchange;
};

static const char role_path[] = "/latest/meta-data/iam/security-credentials/";

static void on_answer(struct exchange *exchange);

struct imds *imds_new(const struct imds_options *options)
{
	struct imds *imds = calloc(1, sizeof(*imds));
	size_t len = strlen(options->endpoint);
	const char *authority;

	if (!imds)
		return NULL;
	while (len > 0 && options->endpoint[len - 1] == '/')
		len--;
	imds->url = strndup(options->endpoint, len);
	imds->loop = options->loop;
	imds->transport = options->transport;
	buf_init(&imds->exchange.request, 8192);
	http_answer_init(&imds->exchange.answer, TEXT_MAX);
	/* All room at once: growing would leave copies of the secret in freed memory. */
	if (!imds->url || !buf_reserve(&imds->exchange.answer.body, TEXT_MAX)) {
		imds_free(imds);
		return NULL;
	}
	authority = strstr(imds->url, "://");
	imds->origin = (struct origin){.url = imds->url,
				       .authority = authority ? authority + 3 : imds->url,
				       .bypasses_proxy = true};
	return imds;
}

static void wipe_answer(struct imds *imds)
{
	struct buf *body = &imds->exchange.answer.body;

	if (body->data)
		digest_wipe(body->data, body->room);
	http_answer_reset(&imds->exchange.answer);
}

void imds_free(struct imds *imds)
{
	if (!imds)
		return;
	assert(!imds->done);
	wipe_answer(imds);
	http_answer_clear(&imds->exchange.answer);
	buf_clear(&imds->exchange.request);
	digest_wipe(imds->token, sizeof(imds->token));
	free(imds->url);
	free(imds);
}

static void write_request(struct imds *imds)
{
	struct buf *out = &imds->exchange.request;

	buf_reset(out);
	if (imds->step == STEP_TOKEN) {
		buf_add_str(out, "PUT /latest/api/token HTTP/1.1\r\n"
				 "X-aws-ec2-metadata-token-ttl-seconds: 21600\r\n"
				 "Content-Length: 0\r\n");
	} else {
		buf_add_format(out, "GET %s%s HTTP/1.1\r\nX-aws-ec2-metadata-token: %s\r\n",
			       role_path, imds->step == STEP_KEYS ? imds->role : "", imds->token);
	}
	buf_add_format(out, "Host: %s\r\nUser-Agent: shopd/" SHOPD_VERSION "\r\n\r\n",
		       imds->origin.authority);
}

static void ask(struct imds *imds, enum step step)
{
	struct exchange *exchange = &imds->exchange;

	imds->step = step;
	write_request(imds);
	http_answer_reset(&exchange->answer);
	exchange->origin = &imds->origin;
	exchange->deadline_us = loop_now_us(imds->loop) + step_timeout_us;
	exchange->done = on_answer;
	exchange->context = imds;
	exchange->was_sent = false;
	exchange->error[0] = '\0';
	imds->transport->start(imds->transport, exchange);
}

void imds_fetch(struct imds *imds, imds_done *done, void *context)
{
	uint64_t age_us = loop_now_us(imds->loop) - imds->token_since_us;

	assert(!imds->done);
	imds->done = done;
	imds->context = context;
	imds->has_renewed_token = false;
	ask(imds, imds->token[0] && age_us < token_age_max_us ? STEP_ROLE : STEP_TOKEN);
}

static void finish(struct imds *imds, const struct aws_keys *keys)
{
	imds_done *done = imds->done;

	imds->done = NULL;
	wipe_answer(imds);
	done(imds->context, keys);
}

static const char *hint_for(const struct imds *imds)
{
	const struct exchange *exchange = &imds->exchange;
	int status = exchange->end == EXCHANGE_ANSWERED ? exchange->answer.status : 0;

	if (exchange->end == EXCHANGE_TIMEOUT && exchange->was_sent && imds->step == STEP_TOKEN)
		return "in a container, the instance's metadata hop limit must be 2 or more";
	if (exchange->end == EXCHANGE_NOT_SENT || exchange->end == EXCHANGE_TIMEOUT)
		return "not on EC2? then set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
	if (imds->step == STEP_TOKEN && (status == 403 || status == 404))
		return "the metadata service is switched off for this instance";
	if (imds->step != STEP_TOKEN && (status == 404 || status == 200))
		return "is a role attached to this instance?";
	return NULL;
}

static void fail(struct imds *imds)
{
	static const char *const steps[] = {"token", "role", "keys"};
	const struct exchange *exchange = &imds->exchange;
	bool is_answered = exchange->end == EXCHANGE_ANSWERED;

	if (exchange->end != EXCHANGE_SHUTDOWN) {
		log_event(LOG_WARNING, "no credentials from the instance metadata service",
			  LOG_F_STR("step", steps[imds->step]),
			  LOG_F_NUM("status", is_answered ? exchange->answer.status : 0),
			  LOG_F_STR("error", exchange->error[0] ? exchange->error : NULL),
			  LOG_F_STR("hint", hint_for(imds)));
	}
	finish(imds, NULL);
}

/* Takes one line of visible characters that fits, and that `forbidden` does not touch. */
static bool take_word(const struct buf *body, const char *forbidden, char *word, size_t size)
{
	const char *text = buf_text(body);
	size_t len = strcspn(text, "\r\n");

	if (len == 0 || len >= size)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] <= ' ' || text[i] > '~' || strchr(forbidden, text[i]))
			return false;
	}
	memcpy(word, text, len);
	word[len] = '\0';
	return true;
}

static void take_token(struct imds *imds)
{
	if (!take_word(&imds->exchange.answer.body, "", imds->token, sizeof(imds->token))) {
		fail(imds);
		return;
	}
	imds->token_since_us = loop_now_us(imds->loop);
	ask(imds, STEP_ROLE);
}

static void take_role(struct imds *imds)
{
	/* The name becomes part of a path. */
	if (take_word(&imds->exchange.answer.body, "/?#%", imds->role, sizeof(imds->role)))
		ask(imds, STEP_KEYS);
	else
		fail(imds);
}

static void take_keys(struct imds *imds)
{
	const struct buf *body = &imds->exchange.answer.body;
	struct aws_keys keys = {0};

	if (imds_parse_keys((struct span){buf_text(body), body->len}, &keys))
		finish(imds, &keys);
	else
		fail(imds);
	aws_keys_clear(&keys);
}

static void on_answer(struct exchange *exchange)
{
	struct imds *imds = exchange->context;
	bool is_answered = exchange->end == EXCHANGE_ANSWERED;
	int status = is_answered ? exchange->answer.status : 0;

	if (status == 401 && imds->step != STEP_TOKEN && !imds->has_renewed_token) {
		imds->has_renewed_token = true;
		imds->token[0] = '\0';
		ask(imds, STEP_TOKEN);
		return;
	}
	if (status != 200) {
		fail(imds);
		return;
	}
	switch (imds->step) {
	case STEP_TOKEN:
		take_token(imds);
		break;
	case STEP_ROLE:
		take_role(imds);
		break;
	case STEP_KEYS:
		take_keys(imds);
		break;
	}
}

/* Appends a string member and a NUL; returns where it begins. */
static size_t add_member(struct buf *texts, struct span object, const char *name)
{
	size_t start = texts->len;

	json_string_decode(json_scan_member(object, name), texts);
	buf_add_char(texts, '\0');
	return start;
}

static bool parse_expiry(const char *text, int64_t *expires_ms)
{
	return clock_parse_rfc3339(text, strlen(text), expires_ms);
}

bool imds_parse_keys(struct span text, struct aws_keys *keys)
{
	size_t access_key, secret, token, expiry;
	int64_t expires_ms;
	struct buf texts;
	bool ok = false;

	if (!json_scan_check(text))
		return false;
	buf_init(&texts, text.len + 4);
	if (!buf_reserve(&texts, text.len + 4)) /* at once: no copies in freed memory */
		return false;
	access_key = add_member(&texts, text, "AccessKeyId");
	secret = add_member(&texts, text, "SecretAccessKey");
	token = add_member(&texts, text, "Token");
	expiry = add_member(&texts, text, "Expiration");
	if (buf_ok(&texts) && parse_expiry(texts.data + expiry, &expires_ms) &&
	    aws_keys_set(keys, texts.data + access_key, texts.data + secret, texts.data + token,
			 expires_ms)) {
		ok = aws_keys_are_valid(keys);
		if (!ok)
			aws_keys_clear(keys);
	}
	digest_wipe(texts.data, texts.room);
	buf_clear(&texts);
	return ok;
}
