/*
 * Which of our scopes the groups and scopes of an issuer stand for.
 *
 *	admins=admin;warehouse=stock:write,delivery:write
 *
 * The names in front of "=" are the issuer's: entries of a token's "cognito:groups" or "groups",
 * or words of its "scope". A name that is not there counts for nothing, even if it is called like
 * one of our scopes: what a token may do is said here alone.
 */
#ifndef SHOPD_HTTP_GROUP_SCOPES_H
#define SHOPD_HTTP_GROUP_SCOPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/result.h"
#include "base/text.h"

enum { GROUP_SCOPES_MAX = 64 };

struct group_scopes {
	size_t count;
	struct {
		struct span name; /* of the issuer's; borrowed from the setting */
		uint64_t scopes;
	} groups[GROUP_SCOPES_MAX];
};

/*
 * Reads the setting. `names` are our scopes, NULL behind the last one, at most 64: the first is bit
 * 0. False, with what is wrong appended to `mistake`, when it is malformed, a scope is not one of
 * ours, or a group comes twice.
 */
MUST_CHECK bool group_scopes_read(struct group_scopes *groups, const char *setting,
				  const char *const names[], struct buf *mistake);

/* The scopes of one group, 0 when it is not named. */
uint64_t group_scopes_find(const struct group_scopes *groups, struct span name);

#endif
