/*
 * What libmicrohttpd lets through and must not pass: heads that two programs could read
 * differently.
 *
 * libmicrohttpd 0.9.75 takes the first of two Content-Lengths, prefers chunks over a length,
 * ignores "Content-Length :", and accepts control characters, several Hosts and absolute targets.
 * Behind a proxy each of these smuggles requests. So every head is checked before anything else
 * looks at it, and a faulty one is answered 400 and its connection closed (RFC 9112, sections 3.2,
 * 5.1, 6.1, 6.3).
 */
#ifndef SHOPD_HTTP_FRAMING_H
#define SHOPD_HTTP_FRAMING_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

/* As much as API Gateway lets through. */
enum { FRAMING_HEADERS_MAX = 64, FRAMING_BYTES_MAX = 10 * 1024 };

/*
 * What libmicrohttpd may use for each connection: for the head, what it makes of it, and the
 * reply's head. It zeroes all of it after each request, so more would cost time too.
 */
enum { FRAMING_MEMORY = 14 * 1024 };

struct framing {
	bool has_length;
	bool is_chunked;
	uint64_t length; /* Content-Length */
	/* private */
	unsigned hosts;
	unsigned lengths;
	unsigned encodings;
	unsigned count;
	size_t bytes;
	size_t cookie_bytes;
	const char *end; /* of what was looked at so far */
	const char *fault;
};

/*
 * The request's first line. Method and version as libmicrohttpd hands them over: their places in
 * memory are looked at too.
 */
struct framing_line {
	const char *method;
	const char *target;
	const char *version;
};

/*
 * Checks target, version and all headers. Returns NULL when they are sound, else what is wrong in
 * words for the client. Heads that are only too large set `is_too_large` and return NULL.
 */
const char *framing_check(struct MHD_Connection *mhd, const struct framing_line *line,
			  struct framing *framing, bool *is_too_large);

#endif
