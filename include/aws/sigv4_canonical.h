/*
 * The parts of a canonical request (see sigv4.h): path, query and headers in the one form that both
 * sides agree on. Each function appends to `out`, which remembers when memory was short.
 */
#ifndef SHOPD_AWS_SIGV4_CANONICAL_H
#define SHOPD_AWS_SIGV4_CANONICAL_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/sigv4.h"
#include "base/buf.h"

/*
 * Without empty, "." and ".." segments (RFC 3986, 5.2.4), then everything but unreserved characters
 * and slashes percent-encoded, percent signs too.
 */
void sigv4_add_path(struct buf *out, struct span path);

/*
 * Parameters sorted by encoded name, then by encoded value; "a" becomes "a=". Escapes are resolved
 * and made anew, so that "%7e", "%7E" and "~" are the same. False: more than SIGV4_PARAMETERS_MAX.
 */
MUST_CHECK bool sigv4_add_query(struct buf *out, struct buf *scratch, struct span query);

/*
 * Lines "name:value\n" sorted by lower-case name, runs of space as one, values of the same name
 * joined by commas in the order given; the names, joined by ";", go into `names`. False: more than
 * SIGV4_HEADERS_MAX.
 */
MUST_CHECK bool sigv4_add_headers(struct buf *out, struct buf *names,
				  const struct sigv4_header *headers, size_t count);

#endif
