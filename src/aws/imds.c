#include "aws/imds.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/ask.h"
#include "aws/keys_json.h"
#include "base/digest.h"
#include "base/version.h"

static const uint64_t step_timeout_us = 1000000;
static const uint64_t token_age_max_us = 21000ULL * 1000000; /* its TTL is 21,600 s */

enum {
	TOKEN_MAX = 1024,
	ROLE_MAX = 128,
	REQUEST_MAX = 8192,
	ANSWER_MAX = 16 * 1024, /* session tokens have no published limit; they are 1 to 2 KB */
};

enum step { STEP_TOKEN, STEP_ROLE, STEP_KEYS, STEP_REGION };

/* What is asked for, as messages call it. */
static const char *const subjects[] = {
	[STEP_TOKEN] = "a token",
	[STEP_ROLE] = "the name of the role",
	[STEP_KEYS] = "the role's keys",
	[STEP_REGION] = "the region",
};

struct imds {
	struct ask ask;
	char token[TOKEN_MAX + 1];
	uint64_t token_since_us;
	char role[ROLE_MAX + 1];

	/* the fetch under way */
	enum step first; /* behind the token */
	provider_done *done;
	imds_region_done *region_done;
	void *context;
	enum step step;
	bool has_renewed_token;
};

static const char role_path[] = "/latest/meta-data/iam/security-credentials/";
static const char region_path[] = "/latest/meta-data/placement/region";

static void on_answer(struct exchange *exchange);

struct imds *imds_new(const struct imds_options *options)
{
	struct imds *imds = calloc(1, sizeof(*imds));

	if (!imds)
		return NULL;
	imds->ask.loop = options->loop;
	imds->ask.transport = options->transport;
	imds->ask.origin.bypasses_proxy = true;
	imds->ask.exchange.done = on_answer;
	imds->ask.exchange.context = imds;
	if (ask_init(&imds->ask, options->endpoint, REQUEST_MAX, ANSWER_MAX))
		return imds;
	imds_free(imds);
	return NULL;
}

void imds_free(struct imds *imds)
{
	if (!imds)
		return;
	assert(!imds->done && !imds->region_done);
	ask_clear(&imds->ask);
	digest_wipe(imds->token, sizeof(imds->token));
	free(imds);
}

static void write_request(struct imds *imds)
{
	struct buf *out = ask_begin(&imds->ask);

	if (imds->step == STEP_TOKEN) {
		buf_add_str(out, "PUT /latest/api/token HTTP/1.1\r\n"
				 "X-aws-ec2-metadata-token-ttl-seconds: 21600\r\n"
				 "Content-Length: 0\r\n");
	} else {
		buf_add_format(out, "GET %s%s HTTP/1.1\r\nX-aws-ec2-metadata-token: %s\r\n",
			       imds->step == STEP_REGION ? region_path : role_path,
			       imds->step == STEP_KEYS ? imds->role : "", imds->token);
	}
	buf_add_format(out, "Host: %s\r\nUser-Agent: " SHOPD_USER_AGENT "\r\n\r\n",
		       imds->ask.origin.authority);
}

static void ask(struct imds *imds, enum step step)
{
	imds->step = step;
	write_request(imds);
	ask_send(&imds->ask, step_timeout_us);
}

static void begin(struct imds *imds, enum step first, void *context)
{
	uint64_t age_us = loop_now_us(imds->ask.loop) - imds->token_since_us;

	assert(!imds->done && !imds->region_done);
	imds->first = first;
	imds->context = context;
	imds->has_renewed_token = false;
	ask(imds, imds->token[0] && age_us < token_age_max_us ? first : STEP_TOKEN);
}

void imds_fetch(struct imds *imds, provider_done *done, void *context)
{
	begin(imds, STEP_ROLE, context);
	imds->done = done;
}

void imds_find_region(struct imds *imds, imds_region_done *done, void *context)
{
	begin(imds, STEP_REGION, context);
	imds->region_done = done;
}

/* Keys or a region are there, or neither and why. */
static void finish(struct imds *imds, const struct aws_keys *keys, const char *region,
		   const char *why)
{
	provider_done *done = imds->done;
	imds_region_done *region_done = imds->region_done;

	imds->done = NULL;
	imds->region_done = NULL;
	ask_wipe(&imds->ask);
	if (done)
		done(imds->context, keys, why);
	else
		region_done(imds->context, region, why);
}

static const char *hint_for(const struct imds *imds)
{
	const struct exchange *exchange = &imds->ask.exchange;
	int status = ask_status(&imds->ask);

	if (exchange->end == EXCHANGE_TIMEOUT && exchange->was_sent && imds->step == STEP_TOKEN)
		return "; in a container, the instance's metadata hop limit must be 2 or more";
	if (exchange->end == EXCHANGE_NOT_SENT || exchange->end == EXCHANGE_TIMEOUT)
		return "; is this an EC2 instance?";
	if (imds->step == STEP_TOKEN && (status == 403 || status == 404))
		return "; it is switched off for this instance";
	if (imds->step != STEP_REGION && imds->step != STEP_TOKEN &&
	    (status == 404 || status == 200))
		return "; is a role attached to this instance?";
	return "";
}

static void fail(struct imds *imds)
{
	const struct exchange *exchange = &imds->ask.exchange;
	int status = ask_status(&imds->ask);
	char why[PROVIDER_WHY_SIZE];

	if (status == 0)
		snprintf(why, sizeof(why), "%s does not give %s: %s%s", imds->ask.url,
			 subjects[imds->step], exchange->error, hint_for(imds));
	else if (status == 200)
		snprintf(why, sizeof(why), "%s gives something else than %s%s", imds->ask.url,
			 subjects[imds->step], hint_for(imds));
	else
		snprintf(why, sizeof(why), "%s answers %d to the question for %s%s", imds->ask.url,
			 status, subjects[imds->step], hint_for(imds));
	finish(imds, NULL, "", why);
}

/* Takes one line of visible characters that fits, and that `forbidden` does not touch. */
static bool take_word(const struct ask *from, const char *forbidden, char *word, size_t size)
{
	const char *text = ask_answer(from).data;
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
	if (!take_word(&imds->ask, "", imds->token, sizeof(imds->token))) {
		fail(imds);
		return;
	}
	imds->token_since_us = loop_now_us(imds->ask.loop);
	ask(imds, imds->first);
}

static void take_role(struct imds *imds)
{
	/* The name becomes part of a path. */
	if (take_word(&imds->ask, "/?#%", imds->role, sizeof(imds->role)))
		ask(imds, STEP_KEYS);
	else
		fail(imds);
}

static void take_keys(struct imds *imds)
{
	struct aws_keys keys = {0};

	if (keys_json_parse(ask_answer(&imds->ask), KEYS_JSON_ENDPOINT, &keys) == KEYS_JSON_OK)
		finish(imds, &keys, "", "");
	else
		fail(imds);
	aws_keys_clear(&keys);
}

static void take_region(struct imds *imds)
{
	char region[IMDS_REGION_SIZE];

	if (take_word(&imds->ask, "", region, sizeof(region)))
		finish(imds, NULL, region, "");
	else
		fail(imds);
}

static void on_answer(struct exchange *exchange)
{
	struct imds *imds = exchange->context;
	int status = ask_status(&imds->ask);

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
	case STEP_REGION:
		take_region(imds);
		break;
	}
}
