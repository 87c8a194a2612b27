/*
 * Bodies that are taken as they come, and replies that are given piece by piece: what an endpoint
 * with `stream` set does besides its steps.
 *
 *	open    the head is there and acceptable; looks at headers, may reply (the body is then not
 *	        wanted). rq->state is there already.
 *	take    some bytes of the body. Afterwards the steps run.
 *	steps   as ever; the last one may be `return reply_stream(rq, …)`.
 *	give    bytes of the reply, each time that the client can take some.
 *	end     the last call: releases what the state owns.
 *
 * With the default of `take`, NULL, the body is collected as for any other endpoint.
 *
 * A client may leave between any two of these calls. Operations that are under way then still need
 * the request, so they hold it: stream_hold when they are started, stream_release when they are
 * finished, the last thing that their resume function does. While it is held, the request's memory
 * stays; but when stream_is_gone, nothing new is to be started for it, and its headers are no more.
 * An operation that a step waits for with FLOW_WAIT needs no hold.
 *
 * How long a stream may last is unlimited. One whose client neither sends nor receives anything for
 * too long is closed (docs/architecture.md, "Streams").
 */
#ifndef SHOPD_HTTP_STREAM_H
#define SHOPD_HTTP_STREAM_H

#include "http/request.h"

struct streaming {
	/* FLOW_NEXT or FLOW_REPLY. NULL: nothing to do. */
	enum flow (*open)(struct request *rq);
	/*
	 * Takes bytes and returns how many. Fewer than there are: the client has to wait, until
	 * stream_continue is called later on. May make a reply (reply_problem): the rest of the
	 * body is then read and dropped. Nothing may hold the request in this case.
	 */
	size_t (*take)(struct request *rq, const char *bytes, size_t len);
	/* Exactly once, when nothing holds the request any more. */
	void (*end)(struct request *rq);
};

/* What a `stream_give` returns when it gives no bytes. */
enum {
	STREAM_LATER = 0,   /* there are none yet: stream_continue is called later on */
	STREAM_END = -1,    /* that was all */
	STREAM_BROKEN = -2, /* the rest is not to be had: the client is to notice */
};

/*
 * A reply whose body comes from `give`, which writes up to `room` bytes to `out` and returns how
 * many, or one of the values above. It is not called for HEAD. The last two are final; nothing may
 * hold the request then.
 */
enum flow reply_stream(struct request *rq, int status, const char *content_type, stream_give give);

/* There is room for more of the body, or more of the reply. Does nothing if nobody waits for it. */
void stream_continue(struct request *rq);

void stream_hold(struct request *rq);
void stream_release(struct request *rq);

/* True when the client has left: only for who holds the request. */
bool stream_is_gone(const struct request *rq);

/* True when the daemon is stopping: what is under way is finished, and nothing new begun. */
bool stream_is_stopping(const struct request *rq);

#endif
