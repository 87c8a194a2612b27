#include "daemon/jwks_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/secret.h"
#include "daemon/key_page.h"

#define SECONDS(n) ((uint64_t)(n)*1000000)

static const uint64_t refresh_us = SECONDS(3600);
static const uint64_t retry_us = SECONDS(30); /* as long as there are none */
static const uint64_t missed_us = SECONDS(300);

struct jwks_source {
	struct jwks_source_options options;
	struct key_page page; /* if there is no file */
	struct loop_timer timer;
	struct jwks *keys;
	uint64_t looked_us; /* when the last look began */
	bool is_stopped;
};

static void on_page(void *context, int status, struct span text, const char *why);
static void on_timer(struct loop_timer *timer);

static const char *place_of(const struct jwks_source *source)
{
	return source->options.file ? source->options.file : source->options.url;
}

static bool init_page(struct jwks_source *source)
{
	const struct jwks_source_options *options = &source->options;

	source->page.done = on_page;
	source->page.context = source;
	return options->file ||
	       key_page_init(&source->page, &(struct key_page_place){options->url, options->loop,
								     options->transport});
}

struct jwks_source *jwks_source_new(const struct jwks_source_options *options)
{
	struct jwks_source *source = calloc(1, sizeof(*source));

	if (!source)
		return NULL;
	source->options = *options;
	source->timer.fire = on_timer;
	source->timer.context = source;
	if (init_page(source))
		return source;
	jwks_source_free(source);
	return NULL;
}

void jwks_source_free(struct jwks_source *source)
{
	if (!source)
		return;
	key_page_clear(&source->page);
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

static void look(struct jwks_source *source)
{
	source->looked_us = loop_now_us(source->options.loop);
	if (source->options.file)
		read_file(source);
	else
		key_page_get(&source->page, "");
}

static void on_page(void *context, int status, struct span text, const char *why)
{
	struct jwks_source *source = context;

	if (status == 200)
		take(source, text);
	else
		fail(source, why);
}

void jwks_source_look(struct jwks_source *source)
{
	if (!source->is_stopped && !source->page.is_asking)
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
	key_page_stop(&source->page);
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
