#include "base/arn.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

enum { ARN_MAX = 2048, ACCOUNT_LEN = 12, TOPIC_MAX = 256, REGION_MAX = 32 };

static bool is_visible_ascii(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] <= ' ' || text.data[i] > '~')
			return false;
	}
	return true;
}

static bool take_part(struct span *text, struct span *part)
{
	const char *colon = text->len > 0 ? memchr(text->data, ':', text->len) : NULL;

	if (!colon)
		return false;
	*part = (struct span){text->data, (size_t)(colon - text->data)};
	*text = (struct span){colon + 1, text->len - part->len - 1};
	return true;
}

bool arn_parse(struct span text, struct arn *arn)
{
	struct span rest = text;
	struct arn found;
	struct span prefix;

	if (text.len > ARN_MAX || !is_visible_ascii(text) || !take_part(&rest, &prefix) ||
	    !span_equals(prefix, "arn") || !take_part(&rest, &found.partition) ||
	    !take_part(&rest, &found.service) || !take_part(&rest, &found.region) ||
	    !take_part(&rest, &found.account))
		return false;
	if (found.partition.len == 0 || found.service.len == 0 || rest.len == 0)
		return false;
	found.resource = rest;
	*arn = found;
	return true;
}

static bool is_made_of(struct span text, int (*is_kind)(int c), const char *others)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!is_kind((unsigned char)text.data[i]) && !strchr(others, text.data[i]))
			return false;
	}
	return text.len > 0;
}

static int is_lower_or_digit(int c)
{
	return islower(c) || isdigit(c);
}

/* Of a service that has its resources in a region and an account. */
static bool is_regional(const struct arn *arn, const char *service)
{
	return span_equals(arn->service, service) && arn->region.len <= REGION_MAX &&
	       is_made_of(arn->region, is_lower_or_digit, "-") && arn->account.len == ACCOUNT_LEN &&
	       is_made_of(arn->account, isdigit, "");
}

bool arn_is_topic(const struct arn *arn)
{
	static const char fifo[] = ".fifo";
	struct span name = arn->resource;

	if (name.len > TOPIC_MAX)
		return false;
	if (name.len > strlen(fifo) &&
	    memcmp(name.data + name.len - strlen(fifo), fifo, strlen(fifo)) == 0)
		name.len -= strlen(fifo);
	return is_regional(arn, "sns") && is_made_of(name, isalnum, "-_");
}

bool arn_is_load_balancer(const struct arn *arn)
{
	static const char kind[] = "loadbalancer/app/";
	struct span name = arn->resource;

	if (name.len <= strlen(kind) || memcmp(name.data, kind, strlen(kind)) != 0)
		return false;
	name.data += strlen(kind);
	name.len -= strlen(kind);
	return is_regional(arn, "elasticloadbalancing") && is_made_of(name, isalnum, "-/");
}

bool arn_is_beside(const struct arn *arn, const struct arn *other)
{
	ptrdiff_t len = arn->resource.data - arn->partition.data;

	return other->resource.data - other->partition.data == len &&
	       memcmp(arn->partition.data, other->partition.data, (size_t)len) == 0;
}

/* How many parts there are between slashes; 0 when one is empty. */
static size_t count_parts(struct span path)
{
	size_t count = 0;
	size_t len = 0;

	for (size_t i = 0; i < path.len; i++) {
		if (path.data[i] != '/') {
			len++;
			continue;
		}
		if (len == 0)
			return 0;
		count++;
		len = 0;
	}
	return len > 0 ? count + 1 : 0;
}

bool arn_is_endpoint(const struct arn *arn)
{
	static const char kind[] = "endpoint/";
	struct span path = arn->resource;

	return is_regional(arn, "sns") && path.len > strlen(kind) &&
	       memcmp(path.data, kind, strlen(kind)) == 0 && count_parts(path) == 4 &&
	       is_made_of(path, isalnum, "-_./");
}
