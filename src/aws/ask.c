#include "aws/ask.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

bool ask_init(struct ask *ask, const char *url, size_t request_max, size_t answer_max)
{
	struct exchange *exchange = &ask->exchange;
	const char *authority;
	size_t len = strlen(url);

	while (len > 0 && url[len - 1] == '/')
		len--;
	exchange->is_secret = true;
	buf_init(&exchange->request, request_max);
	http_answer_init(&exchange->answer, answer_max);
	ask->url = strndup(url, len);
	/* All room at once: growing would leave copies of secrets in freed memory. */
	if (!ask->url || !secret_reserve(&exchange->request) ||
	    !secret_reserve(&exchange->answer.body))
		return false;
	authority = strstr(ask->url, "://");
	ask->origin.url = ask->url;
	ask->origin.authority = authority ? authority + 3 : ask->url;
	return true;
}

void ask_wipe(struct ask *ask)
{
	secret_reset(&ask->exchange.request);
	secret_reset(&ask->exchange.answer.body);
}

void ask_clear(struct ask *ask)
{
	ask_wipe(ask);
	buf_clear(&ask->exchange.request);
	http_answer_clear(&ask->exchange.answer);
	free(ask->url);
	ask->url = NULL;
}

struct buf *ask_begin(struct ask *ask)
{
	ask_wipe(ask);
	return &ask->exchange.request;
}

void ask_send(struct ask *ask, uint64_t timeout_us)
{
	struct exchange *exchange = &ask->exchange;

	http_answer_reset(&exchange->answer);
	exchange->origin = &ask->origin;
	exchange->deadline_us = loop_now_us(ask->loop) + timeout_us;
	exchange->was_sent = false;
	exchange->error[0] = '\0';
	ask->transport->start(ask->transport, exchange);
}

int ask_status(const struct ask *ask)
{
	return ask->exchange.end == EXCHANGE_ANSWERED ? ask->exchange.answer.status : 0;
}

struct span ask_answer(const struct ask *ask)
{
	return (struct span){buf_text(&ask->exchange.answer.body), ask->exchange.answer.body.len};
}
