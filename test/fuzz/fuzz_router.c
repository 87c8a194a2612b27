/*
 * Paths: whatever is found has parameters that hide nothing, and as many as the route names.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "http/router.h"

enum { PATH_MAX_LEN = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct endpoint nothing = {0};

static const struct route routes[] = {
	{.method = METHOD_GET, .path = "/a", .endpoint = &nothing},
	{.method = METHOD_PUT, .path = "/a/{id}", .endpoint = &nothing},
	{.method = METHOD_GET, .path = "/a/{id}/b/{other}", .endpoint = &nothing},
	{0},
};

static void demand(bool is_true)
{
	if (!is_true)
		abort();
}

static void judge(struct request *rq)
{
	char allow[ROUTER_ALLOW_SIZE];
	size_t count = 0;

	for (const char *at = rq->route->path; *at != '\0'; at++)
		count += *at == '{';
	for (size_t i = 0; i < count; i++) {
		struct span param = span_of(rq->param[i]);

		demand(param.len > 0 && text_is_utf8(param) && !text_has_control(param));
		demand(memchr(param.data, '/', param.len) == NULL);
	}
	router_allow(routes, rq, allow);
	demand(strlen(allow) < ROUTER_ALLOW_SIZE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request rq = {.method = METHOD_GET};
	char path[PATH_MAX_LEN + 2] = "/";

	if (size > PATH_MAX_LEN)
		return 0;
	if (size > 0)
		memcpy(path + 1, data, size);
	rq.path = path;
	switch (router_find(routes, &rq)) {
	case ROUTER_FOUND:
	case ROUTER_NOT_ALLOWED:
		judge(&rq);
		break;
	case ROUTER_BAD_PATH:
	case ROUTER_NOT_FOUND:
		break;
	case ROUTER_OPTIONS:
	case ROUTER_NO_MEMORY:
		demand(false);
	}
	arena_clear(&rq.arena);
	return 0;
}
