/*
 * How a profile's keys are come by: what gives the first keys, and which roles are assumed with
 * them, one after the other. Pure: files in, plan out. docs/aws.md has the rules.
 */
#ifndef SHOPD_AWS_PROFILE_PLAN_H
#define SHOPD_AWS_PROFILE_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "aws/keys.h"
#include "base/arena.h"
#include "base/profile.h"

enum { PROFILE_ROLES_MAX = 8 };

enum profile_base {
	PROFILE_KEYS,         /* the plan's `keys` */
	PROFILE_PROCESS,      /* the plan's `command` */
	PROFILE_WEB_IDENTITY, /* the plan's `token_file`, for the first role */
	PROFILE_ENVIRONMENT,
	PROFILE_CONTAINER,
	PROFILE_INSTANCE,
};

struct profile_role {
	const char *arn;
	const char *session_name; /* NULL: not given */
	const char *external_id;  /* NULL: none */
	uint64_t duration_s;      /* 0: not given */
};

/* Zeroed memory is valid. */
struct profile_plan {
	enum profile_base base;
	struct aws_keys keys;
	const char *command;
	const char *token_file;
	struct profile_role roles[PROFILE_ROLES_MAX]; /* the first is assumed first */
	size_t role_count;
	struct arena texts; /* private */
};

enum profile_plan_result {
	PROFILE_PLAN_OK,
	PROFILE_PLAN_NONE, /* there is no such profile, or it has nothing to do with credentials */
	PROFILE_PLAN_WRONG,
};

/*
 * Fills a cleared plan, which must be cleared in any case. Unless it is OK, `why` gets the reason
 * in words.
 */
MUST_CHECK enum profile_plan_result profile_plan_make(const struct profiles *profiles,
						      const char *profile,
						      struct profile_plan *plan, struct buf *why);
void profile_plan_clear(struct profile_plan *plan);

/* Appends a plan in words, such as "role arn:… by credential_process". */
void profile_plan_describe(const struct profile_plan *plan, struct buf *out);

#endif
