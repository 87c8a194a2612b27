/*
 * One question over HTTP whose answer is a secret: what the providers of credentials have in
 * common.
 *
 * There is no retry here, and no signature; request and answer are overwritten when they are no
 * longer needed.
 */
#ifndef SHOPD_AWS_ASK_H
#define SHOPD_AWS_ASK_H

#include <stdbool.h>

#include "base/result.h"
#include "base/text.h"
#include "io/exchange.h"
#include "io/loop.h"

/* Embedded in its owner, zeroed at birth. It must outlive the transport's connections. */
struct ask {
	struct exchange exchange; /* its done and context are the owner's to set */
	struct origin origin;
	char *url;
	struct loop *loop;           /* the owner's to set too */
	struct transport *transport; /* the same */
};

/*
 * `url`: where to ask, without a path, with or without a slash at its end; copied. The question has
 * at most `request_max` bytes, the answer's body `answer_max`. False when out of memory; clear it
 * all the same.
 */
MUST_CHECK bool ask_init(struct ask *ask, const char *url, size_t request_max, size_t answer_max);
/* Nothing may be under way. */
void ask_clear(struct ask *ask);

/* An empty buffer for the next request. */
struct buf *ask_begin(struct ask *ask);
/* Sends it; exchange.done is called later, once. */
void ask_send(struct ask *ask, uint64_t timeout_us);
/* Overwrites request and answer. */
void ask_wipe(struct ask *ask);

/* The answer's status; 0: there was no whole answer. */
int ask_status(const struct ask *ask);
struct span ask_answer(const struct ask *ask);

#endif
