#include "aws/provider_container.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/ask.h"
#include "aws/keys_json.h"
#include "base/json_scan.h"
#include "base/secret.h"
#include "base/version.h"

#define ECS_ENDPOINT "http://169.254.170.2"

static const uint64_t timeout_us = 2000000;

enum {
	URL_MAX = 300, /* of the part before the path */
	TOKEN_MAX = 16 * 1024,
	REQUEST_MAX = TOKEN_MAX + 8 * 1024,
	ANSWER_MAX = 32 * 1024,
	MESSAGE_MAX = 200,
};

struct container {
	struct provider provider;
	const struct config *config;
	const char *path; /* and query */
	struct ask ask;

	/* the fetch under way */
	provider_done *done;
	void *context;
};

static void on_answer(struct exchange *exchange);

static enum provider_state look(const struct config *config, struct buf *about)
{
	if (config->container_relative_uri) {
		buf_add_str(about, ECS_ENDPOINT);
		buf_add_str(about, config->container_relative_uri);
		return PROVIDER_SET;
	}
	buf_add_str(about,
		    config->container_full_uri
			    ? config->container_full_uri
			    : "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI are not set");
	return config->container_full_uri ? PROVIDER_SET : PROVIDER_UNSET;
}

static bool needs_trust(const struct config *config)
{
	return !config->container_relative_uri && config->container_full_uri &&
	       strncmp(config->container_full_uri, "https:", 6) == 0;
}

/* Where to ask, and for what: "/" when the URI has no path. */
static bool split_uri(struct container *container, char url[static URL_MAX])
{
	const char *uri = container->config->container_full_uri;
	const char *authority;
	size_t len;

	if (container->config->container_relative_uri) {
		snprintf(url, URL_MAX, ECS_ENDPOINT);
		container->path = container->config->container_relative_uri;
		return true;
	}
	authority = uri ? strstr(uri, "://") : NULL;
	if (!authority)
		return false;
	len = (size_t)(authority - uri) + 3 + strcspn(authority + 3, "/");
	container->path = uri[len] ? uri + len : "/";
	return snprintf(url, URL_MAX, "%.*s", (int)len, uri) < URL_MAX;
}

static void release(struct provider *provider)
{
	struct container *container = (struct container *)provider;

	if (!container)
		return;
	ask_clear(&container->ask);
	free(container);
}

static struct provider *make(struct provider_context *context)
{
	struct container *container = calloc(1, sizeof(*container));
	char url[URL_MAX] = "";

	if (!container)
		return NULL;
	container->provider.kind = &provider_container;
	container->config = context->config;
	container->ask.loop = context->loop;
	container->ask.transport = context->transport;
	container->ask.origin.bypasses_proxy = true;
	container->ask.exchange.done = on_answer;
	container->ask.exchange.context = container;
	if (!split_uri(container, url))
		container->path = NULL; /* a fetch says so */
	if (ask_init(&container->ask, url, REQUEST_MAX, ANSWER_MAX))
		return &container->provider;
	release(&container->provider);
	return NULL;
}

static void finish(struct container *container, const struct aws_keys *keys, const char *why)
{
	provider_done *done = container->done;

	container->done = NULL;
	ask_wipe(&container->ask);
	done(container->context, keys, why);
}

/* True for what can stand in a header; a line break would begin another one. */
static bool is_header_value(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < ' ' || text.data[i] > '~')
			return false;
	}
	return text.len > 0;
}

static bool add_token(struct buf *out, struct span token, char why[static PROVIDER_WHY_SIZE])
{
	while (token.len > 0 && strchr("\r\n", token.data[token.len - 1]))
		token.len--; /* the end of a file */
	if (!is_header_value(token)) {
		snprintf(why, PROVIDER_WHY_SIZE,
			 "the authorization token is empty, or has a line "
			 "break or other characters that no token has");
		return false;
	}
	buf_add_str(out, "Authorization: ");
	buf_add(out, token.data, token.len);
	buf_add_str(out, "\r\n");
	return true;
}

/* The file is read each time: what is in it has a short life. */
static bool add_authorization(const struct config *config, struct buf *out,
			      char why[static PROVIDER_WHY_SIZE])
{
	const char *path = config->container_token_file;
	struct buf token;
	bool ok;

	if (!path && !config->container_token)
		return true;
	if (!path)
		return add_token(out, span_of(config->container_token), why);
	ok = secret_read_file(path, TOKEN_MAX, &token);
	if (ok)
		ok = add_token(out, (struct span){buf_text(&token), token.len}, why);
	else
		snprintf(why, PROVIDER_WHY_SIZE, "%s cannot be read: %s", path, strerror(errno));
	secret_clear(&token);
	return ok;
}

static void fetch(struct provider *provider, provider_done *done, void *context)
{
	struct container *container = (struct container *)provider;
	struct buf *out = ask_begin(&container->ask);
	char why[PROVIDER_WHY_SIZE] = "the container's endpoint is not configured";
	bool ok = container->path != NULL;

	container->done = done;
	container->context = context;
	if (ok) {
		buf_add_format(out, "GET %s HTTP/1.1\r\nHost: %s\r\n", container->path,
			       container->ask.origin.authority);
		buf_add_str(out,
			    "Accept: application/json\r\nUser-Agent: " SHOPD_USER_AGENT "\r\n");
		ok = add_authorization(container->config, out, why);
	}
	buf_add_str(out, "\r\n");
	if (ok && buf_ok(out))
		ask_send(&container->ask, timeout_us);
	else
		finish(container, NULL, ok ? "the request is too long" : why);
}

static void fail(struct container *container, enum keys_json_result parsed)
{
	int status = ask_status(&container->ask);
	const char *url = container->ask.url;
	struct span answer = ask_answer(&container->ask);
	struct span message = {0};
	char why[PROVIDER_WHY_SIZE];

	if (status == 0) {
		const struct exchange *exchange = &container->ask.exchange;

		snprintf(why, sizeof(why), "no answer from %s: %s%s%s", url, exchange->error,
			 exchange->hint ? "; " : "", exchange->hint ? exchange->hint : "");
	} else if (status == 200) {
		snprintf(why, sizeof(why), "the answer of %s %s", url, keys_json_text(parsed));
	} else {
		if (json_scan_check(answer))
			message = json_scan_raw_string(json_scan_member(answer, "message"));
		if (message.len > MESSAGE_MAX)
			message.len = MESSAGE_MAX;
		snprintf(why, sizeof(why), "%s answers %d %.*s", url, status, (int)message.len,
			 message.len > 0 ? message.data : "");
	}
	finish(container, NULL, why);
}

static void on_answer(struct exchange *exchange)
{
	struct container *container = exchange->context;
	enum keys_json_result parsed = KEYS_JSON_MALFORMED;
	struct aws_keys keys = {0};

	if (ask_status(&container->ask) == 200)
		parsed = keys_json_parse(ask_answer(&container->ask), KEYS_JSON_ENDPOINT, &keys);
	if (parsed == KEYS_JSON_OK)
		finish(container, &keys, "");
	else
		fail(container, parsed);
	aws_keys_clear(&keys);
}

const struct provider_kind provider_container = {
	.name = "container",
	.look = look,
	.needs_trust = needs_trust,
	.make = make,
	.free = release,
	.fetch = fetch,
};
