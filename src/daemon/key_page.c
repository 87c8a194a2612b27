#include "daemon/key_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/version.h"
#include "http/jwks.h"

static const uint64_t timeout_us = UINT64_C(5) * 1000 * 1000;

enum { REQUEST_MAX = 8 * 1024, WHY_MAX = 256 };

static void on_answer(struct exchange *exchange)
{
	struct key_page *page = exchange->context;
	int status = ask_status(&page->ask);
	char why[WHY_MAX] = "";

	page->is_asking = false;
	if (page->is_stopped)
		return;
	if (status == 0)
		snprintf(why, sizeof(why), "no answer: %s", exchange->error);
	else if (status != 200)
		snprintf(why, sizeof(why), "the answer is %d", status);
	page->done(page->context, status, ask_answer(&page->ask), why);
}

bool key_page_init(struct key_page *page, const struct key_page_place *place)
{
	const char *authority = strstr(place->url, "://");
	size_t len = authority ? (size_t)(authority - place->url) + 3 : 0;
	char *origin;
	bool ok;

	page->ask.loop = place->loop;
	page->ask.transport = place->transport;
	page->ask.exchange.done = on_answer;
	page->ask.exchange.context = page;
	len += strcspn(place->url + len, "/");
	page->path = place->url + len;
	origin = strndup(place->url, len);
	ok = origin && ask_init(&page->ask, origin, REQUEST_MAX, JWKS_SIZE_MAX);
	free(origin);
	return ok;
}

void key_page_clear(struct key_page *page)
{
	ask_clear(&page->ask);
}

void key_page_get(struct key_page *page, const char *rest)
{
	struct buf *out = ask_begin(&page->ask);

	buf_add_format(out, "GET %s%s%s HTTP/1.1\r\nHost: %s\r\n",
		       page->path[0] || rest[0] ? "" : "/", page->path, rest,
		       page->ask.origin.authority);
	buf_add_str(out, "Accept: */*\r\nUser-Agent: shopd/" SHOPD_VERSION "\r\n\r\n");
	if (!buf_ok(out)) {
		page->done(page->context, 0, (struct span){0}, "the address is too long");
		return;
	}
	page->is_asking = true;
	ask_send(&page->ask, timeout_us);
}

void key_page_stop(struct key_page *page)
{
	page->is_stopped = true;
}
