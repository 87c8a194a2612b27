#include "http/router.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { SEGMENTS_MAX = 8 };

struct segments {
	size_t count;
	const char *text[SEGMENTS_MAX]; /* decoded */
};

static const char *const method_names[] = {
	[METHOD_GET] = "GET",         [METHOD_HEAD] = "HEAD",   [METHOD_POST] = "POST",
	[METHOD_PUT] = "PUT",         [METHOD_PATCH] = "PATCH", [METHOD_DELETE] = "DELETE",
	[METHOD_OPTIONS] = "OPTIONS", [METHOD_OTHER] = "OTHER",
};

enum method router_method(const char *name)
{
	for (enum method method = METHOD_GET; method < METHOD_OTHER; method++)
		if (strcmp(name, method_names[method]) == 0)
			return method;
	return METHOD_OTHER;
}

const char *router_method_name(enum method method)
{
	return method_names[method];
}

/* Decodes one segment into the arena. */
static enum router_outcome decode_segment(struct request *rq, const char *start, size_t len,
					  const char **out)
{
	char *text = arena_copy(&rq->arena, start, len);
	size_t decoded;

	if (text == NULL)
		return ROUTER_NO_MEMORY;
	decoded = text_percent_decode(text, len);
	if (decoded == SIZE_MAX || memchr(text, '\0', decoded) != NULL ||
	    memchr(text, '/', decoded) != NULL || !text_is_utf8((struct span){text, decoded}) ||
	    text_has_control((struct span){text, decoded}))
		return ROUTER_BAD_PATH;
	text[decoded] = '\0';
	*out = text;
	return ROUTER_FOUND;
}

static enum router_outcome split_path(struct request *rq, struct segments *segments)
{
	const char *at = rq->path;
	enum router_outcome outcome = ROUTER_FOUND;

	segments->count = 0;
	while (*at == '/' && outcome == ROUTER_FOUND) {
		size_t len = strcspn(++at, "/");

		if (segments->count == SEGMENTS_MAX)
			return ROUTER_NOT_FOUND;
		outcome = decode_segment(rq, at, len, &segments->text[segments->count++]);
		at += len;
	}
	return outcome;
}

/* True when the pattern fits; then the values of its {parameters} are in `param`. */
static bool fits(const char *pattern, const struct segments *segments,
		 const char *param[static REQUEST_PARAMS_MAX])
{
	size_t params = 0;

	for (size_t i = 0; i < segments->count; i++) {
		const char *text = segments->text[i];
		size_t len;

		if (*pattern++ != '/')
			return false;
		len = strcspn(pattern, "/");
		if (pattern[0] == '{') {
			if (text[0] == '\0')
				return false;
			param[params++] = text;
		} else if (strlen(text) != len || memcmp(text, pattern, len) != 0) {
			return false;
		}
		pattern += len;
	}
	return *pattern == '\0';
}

static bool serves(const struct route *route, enum method method)
{
	return route->method == method || (route->method == METHOD_GET && method == METHOD_HEAD);
}

/* The first path that fits is meant: "/product/import" is no product's id. */
enum router_outcome router_find(const struct route *routes, struct request *rq)
{
	struct segments segments;
	const char *path = NULL;
	enum router_outcome outcome = split_path(rq, &segments);

	if (outcome != ROUTER_FOUND)
		return outcome;
	outcome = ROUTER_NOT_FOUND;
	for (const struct route *route = routes; route->path != NULL; route++) {
		if (path ? strcmp(route->path, path) != 0
			 : !fits(route->path, &segments, rq->param))
			continue;
		path = route->path;
		rq->route = route;
		if (serves(route, rq->method))
			return ROUTER_FOUND;
		outcome = rq->method == METHOD_OPTIONS ? ROUTER_OPTIONS : ROUTER_NOT_ALLOWED;
	}
	return outcome;
}

void router_allow(const struct route *routes, const struct request *rq,
		  char allow[static ROUTER_ALLOW_SIZE])
{
	struct buf text = {0};

	buf_init(&text, ROUTER_ALLOW_SIZE - 1);
	for (const struct route *route = routes; route->path != NULL; route++) {
		if (strcmp(route->path, rq->route->path) != 0)
			continue;
		buf_add_str(&text, method_names[route->method]);
		buf_add_str(&text, route->method == METHOD_GET ? ", HEAD, " : ", ");
	}
	buf_add_str(&text, "OPTIONS");
	snprintf(allow, ROUTER_ALLOW_SIZE, "%s", buf_text(&text));
	buf_clear(&text);
}

/* ---- for the log ---- */

/* The next character of a path, decoded, with several slashes as one. */
static char next_character(const char **at)
{
	uint32_t code;

	if (**at == '%' && text_parse_hex((struct span){*at + 1, strnlen(*at + 1, 2)}, &code)) {
		*at += 3;
		return (char)code;
	}
	while ((*at)[0] == '/' && (*at)[1] == '/')
		++*at;
	return **at != '\0' ? *(*at)++ : '\0';
}

/*
 * How many characters come before the pattern's first {parameter}, if the path has them too, in
 * whatever case somebody mistook them for.
 */
static size_t shared_beginning(const char *pattern, const char *path)
{
	size_t len = strcspn(pattern, "{");

	for (size_t i = 0; i < len; i++)
		if (tolower((unsigned char)next_character(&path)) != pattern[i])
			return 0;
	return len;
}

static bool is_id(const char *at)
{
	for (const char *like = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"; *like != '\0'; like++) {
		char character = next_character(&at);

		if (*like == '-' ? character != '-' : !isxdigit((unsigned char)character))
			return false;
	}
	return true;
}

/* Up to an id, which may be a key, whatever wrong path it came by. */
static const char *without_id(const char *path, char shown[static ROUTER_SHOWN_SIZE])
{
	const char *at = path;
	size_t len;

	while (*at != '\0' && !is_id(at))
		at++;
	if (*at == '\0')
		return path;
	len = (size_t)(at - path);
	if (len > ROUTER_SHOWN_SIZE - sizeof("..."))
		len = ROUTER_SHOWN_SIZE - sizeof("...");
	snprintf(shown, ROUTER_SHOWN_SIZE, "%.*s...", (int)len, path);
	return shown;
}

const char *router_loggable_path(const struct route *routes, const struct request *rq,
				 char shown[static ROUTER_SHOWN_SIZE])
{
	const char *path = rq->path;

	if (rq->route != NULL)
		return rq->route->endpoint->is_secret ? rq->route->path : path;
	for (const struct route *route = routes; path != NULL && route->path != NULL; route++) {
		size_t len = route->endpoint->is_secret ? shared_beginning(route->path, path) : 0;

		if (len > 0 && strchr(route->path, '{') != NULL) {
			snprintf(shown, ROUTER_SHOWN_SIZE, "%.*s...", (int)len, route->path);
			return shown;
		}
	}
	return path != NULL ? without_id(path, shown) : NULL;
}
