/*
 * A user's preferences in the table: a record of its own beside the user, with its own version,
 * that is there once preferences were set.
 */
#ifndef SHOPD_REPO_NOTIFICATION_REPO_H
#define SHOPD_REPO_NOTIFICATION_REPO_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "repo/record.h"
#include "repo/repo.h"

/*
 * Consistently. RESULT_OK; RESULT_NOT_FOUND: there is the user, but nothing was set;
 * RESULT_NO_OWNER: there is no such user. The id is needed until the end.
 */
void notification_repo_find(struct repo *repo, const char *user_id, struct record *out,
			    struct await *await);

/* What holds while nothing was set: no channel, no events, version 0. False when out of memory. */
MUST_CHECK bool notification_repo_none(struct record *out, struct arena *arena);

struct notification_setting {
	const char *user_id;       /* needed until the end */
	uint64_t expected_version; /* 0: any */
	bool must_be_first;        /* only while nothing was set */
	const json_t *preference;  /* as notification_apply made it; held until the end */
};

/*
 * Replaces them. RESULT_OK; RESULT_CONFLICT: another version than the expected one, or something
 * was set where that must be the first; or too many others; RESULT_NOT_FOUND: a version was
 * expected, but nothing was ever set; RESULT_NO_OWNER. The same again is RESULT_OK without a write:
 * the version stays.
 */
void notification_repo_set(struct repo *repo, const struct notification_setting *setting,
			   struct record *out, struct await *await);

#endif
