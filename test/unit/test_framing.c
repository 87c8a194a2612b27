#include <check.h>
#include <stdio.h>
#include <string.h>

#include "http/framing.h"
#include "serving.h"

/*
 * Each row's bytes are followed by a request to /smuggled. Where the row is refused, its connection is
 * closed and that request is never executed: else somebody could hide requests behind a proxy that
 * reads such bytes in another way.
 */
struct row {
	const char *name;
	const char *bytes;
	size_t len;
	int status;       /* what a good one is answered */
	const char *body;
};

#define BYTES(text) (text), sizeof(text) - 1
#define HOST "Host: test\r\n"
#define GET "GET /hello HTTP/1.1\r\n"
#define POST "POST /echo HTTP/1.1\r\n" HOST
#define SMUGGLED "GET /smuggled HTTP/1.1\r\n" HOST "\r\n"

static const struct row bad[] = {
	{.name = "two different lengths", BYTES(POST "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc")},
};

static void set_up(void)
{
	serving_init();
	serving_start(serving_routes);
}
