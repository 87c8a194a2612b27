/*
 * A place on the web that publishes keys, asked for one page at a time: what the sources of keys
 * (jwks_source.h, balancer_keys.h) have in common. Nobody waits for it.
 */
#ifndef SHOPD_DAEMON_KEY_PAGE_H
#define SHOPD_DAEMON_KEY_PAGE_H

#include "aws/ask.h"

/*
 * What came of it: the status, 0 when there was no whole answer, and the page if it is 200, or else
 * why not.
 */
typedef void key_page_done(void *context, int status, struct span text, const char *why);

/* Embedded in its owner, zeroed at birth. */
struct key_page {
	struct ask ask;
	const char *path; /* of the address, and query */
	key_page_done *done;
	void *context;
	bool is_asking;
	bool is_stopped;
};

/* Where pages are asked for. */
struct key_page_place {
	const char *url; /* http:// or https://, with a path or without; borrowed */
	struct loop *loop;
	struct transport *transport;
};

/* False when out of memory; clear it all the same. Its done and context are the owner's to set. */
MUST_CHECK bool key_page_init(struct key_page *page, const struct key_page_place *place);
/* After key_page_stop, when the transport has ended what was under way. */
void key_page_clear(struct key_page *page);

/*
 * Asks for what is at the address and `rest` behind it; nothing may be asked for yet. `done` is
 * called later, or before this returns when the address is too long.
 */
void key_page_get(struct key_page *page, const char *rest);

/* `done` is not called any more. */
void key_page_stop(struct key_page *page);

#endif
