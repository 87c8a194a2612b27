/*
 * Requests of web pages from other origins, which browsers let through where the answer says so
 * (SHOPD_CORS_ORIGINS; Fetch standard, section 3.3).
 *
 * Callers show who they are in headers of their own, never by cookies, so nothing is said of
 * credentials. Without the setting no answer differs.
 */
#ifndef SHOPD_HTTP_CORS_H
#define SHOPD_HTTP_CORS_H

#include <microhttpd.h>

#include "http/request.h"

/* What an answer of any kind says to a page of such an origin. */
void cors_add_headers(struct MHD_Response *response, const struct request *rq);

/*
 * A browser asks by OPTIONS what the page may send: adds to the reply to come that it may use the
 * methods that the path has (`allow`) and the headers that a page has a use for.
 */
void cors_answer_preflight(struct request *rq, const char *allow);

#endif
