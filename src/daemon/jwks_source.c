#include "daemon/jwks_source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/ask.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/version.h"

#define SECONDS(n) ((uint64_t)(n)*1000000)

static const uint64_t refresh_us = SECONDS(3600);
static const uint64_t retry_us = SECONDS(30); /* as long as there are none */
static const uint64_t missed_us = SECONDS(300);
static const uint64_t timeout_us = SECONDS(5);

enum { REQUEST_MAX = 8 * 1024, WHY_MAX = JWKS_WHY_SIZE + 256 };

struct jwks_source {
	struct jwks_source_options options;
	const char *path; /* of the address, and query */
	struct ask ask;
	struct loop_timer timer;
	struct jwks *keys;
	uint64_t looked_us; /* when the last look began */
	bool is_asking;
	bool is_stopped;
};

static void on_answer(struct exchange *exchange);
static void on_timer(struct loop_timer *timer);

static const char *place_of(const struct jwks_source *source)
{
	return source->options.file ? source->options.file : source->options.url;
}

static bool init_ask(struct jwks_source *source)
{
	const char *url = source->options.url;
	const char *authority = url ? strstr(url, "://") : NULL;
	size_t len;
	char *origin;
	bool ok;

	if (source->options.file || !authority)
		return true;
	len = (size_t)(authority - url) + 3 + strcspn(authority + 3, "/");
	source->path = url[len] ? url + len : "/";
	origin = strndup(url, len);
	ok = origin && ask_init(&source->ask, origin, REQUEST_MAX, JWKS_SIZE_MAX);
	free(origin);
	return ok;
}

struct jwks_source *jwks_source_new(const struct jwks_source_options *options)
{
	struct jwks_source *source = calloc(1, sizeof(*source));

	if (!source)
		return NULL;
	source->options = *options;
	source->timer.fire = on_timer;
	source->timer.context = source;
	source->ask.loop = options->loop;
	source->ask.transport = options->transport;
	source->ask.exchange.done = on_answer;
	source->ask.exchange.context = source;
	if (init_ask(source))
		return source;
	jwks_source_free(source);
	return NULL;
}

void jwks_source_free(struct jwks_source *source)
{
	if (!source)
		return;
	ask_clear(&source->ask);
	jwks_free(source->keys);
	free(source);
}

/* After a look. Out of memory for a timer: a token with a new key is what looks again. */
static void plan(struct jwks_source *source)
{
	uint64_t delay_us = source->keys ? refresh_us : retry_us;

	if (!source->is_stopped && !loop_timer_set(source->options.loop, &source->timer,
						   loop_now_us(source->options.loop) + delay_us))
		log_event(LOG_WARNING, "no memory to look for the issuer's keys later");
}

static void fail(struct jwks_source *source, const char *why)
{
	log_event(LOG_WARNING,
		  source->keys ? "cannot take the issuer's keys; those from before stay"
			       : "cannot take the issuer's keys; no token is good before",
		  LOG_F_STR("from", place_of(source)), LOG_F_STR("why", why));
	plan(source);
}

static void take(struct jwks_source *source, struct span text)
{
	char why[JWKS_WHY_SIZE] = "";
	struct jwks *keys = jwks_parse(text, why);

	if (!keys) {
		fail(source, why);
		return;
	}
	if (!source->keys)
		log_event(LOG_INFO, "issuer's keys", LOG_F_STR("from", place_of(source)),
			  LOG_F_NUM("keys", jwks_count(keys)));
	jwks_free(source->keys);
	source->keys = keys;
	plan(source);
}

/* Nothing in it is secret; it is read as those that are. */
static void read_file(struct jwks_source *source)
{
	struct buf text;

	if (secret_read_file(source->options.file, JWKS_SIZE_MAX, &text))
		take(source, (struct span){buf_text(&text), text.len});
	else
		fail(source, strerror(errno));
	secret_clear(&text);
}

static void ask_address(struct jwks_source *source)
{
	struct buf *out = ask_begin(&source->ask);

	buf_add_format(out, "GET %s HTTP/1.1\r\nHost: %s\r\n", source->path,
		       source->ask.origin.authority);
	buf_add_str(out, "Accept: application/json\r\nUser-Agent: shopd/" SHOPD_VERSION "\r\n\r\n");
	if (!buf_ok(out)) {
		fail(source, "the address is too long");
		return;
	}
	source->is_asking = true;
	ask_send(&source->ask, timeout_us);
}

static void look(struct jwks_source *source)
{
	source->looked_us = loop_now_us(source->options.loop);
	if (source->options.file)
		read_file(source);
	else
		ask_address(source);
}

static void on_answer(struct exchange *exchange)
{
	struct jwks_source *source = exchange->context;
	int status = ask_status(&source->ask);
	char why[WHY_MAX];

	source->is_asking = false;
	if (source->is_stopped)
		return;
	if (status == 200) {
		take(source, ask_answer(&source->ask));
		return;
	}
	if (status == 0)
		snprintf(why, sizeof(why), "no answer: %s", exchange->error);
	else
		snprintf(why, sizeof(why), "the answer is %d", status);
	fail(source, why);
}

void jwks_source_look(struct jwks_source *source)
{
	if (!source->is_stopped && !source->is_asking)
		look(source);
}

static void on_timer(struct loop_timer *timer)
{
	jwks_source_look(timer->context);
}

void jwks_source_start(struct jwks_source *source)
{
	look(source);
}

void jwks_source_stop(struct jwks_source *source)
{
	source->is_stopped = true;
	loop_timer_off(source->options.loop, &source->timer);
}

const struct jwks *jwks_source_keys(const struct jwks_source *source)
{
	return source->keys;
}

void jwks_source_missed(struct jwks_source *source)
{
	uint64_t now_us = loop_now_us(source->options.loop);

	if (now_us - source->looked_us >= missed_us)
		jwks_source_look(source);
}
