/*
 * A user's addresses in the table: records under the user's own key, in the order in which they
 * were made. The user's item counts them, so that there are never more than ADDRESS_COUNT_MAX, and
 * so that none is left behind when the user goes; the user's version does not change with them.
 *
 * All of them end in RESULT_NO_OWNER when there is no such user, and in RESULT_NOT_FOUND when there
 * is the user but not the address; also for what is no id.
 */
#ifndef SHOPD_REPO_ADDRESS_REPO_H
#define SHOPD_REPO_ADDRESS_REPO_H

#include <jansson.h>
#include <stdint.h>

#include "domain/address.h"
#include "repo/item_update.h"
#include "repo/record.h"
#include "repo/repo.h"

struct address_key {
	const char *user_id; /* both are needed until the end */
	const char *id;
};

struct address_list {
	size_t count;
	struct record *addresses; /* the oldest first; in the await's arena */
};

/* Consistently. RESULT_OK. */
void address_repo_list(struct repo *repo, const char *user_id, struct address_list *out,
		       struct await *await);

/* Consistently. RESULT_OK. */
void address_repo_find(struct repo *repo, const struct address_key *key, struct record *out,
		       struct await *await);

/*
 * RESULT_OK; RESULT_IN_USE: there are ADDRESS_COUNT_MAX already. `address` (as address_apply made
 * it) is needed during this call only, the user's id until the end.
 */
void address_repo_create(struct repo *repo, const char *user_id, const json_t *address,
			 struct record *out, struct await *await);

struct address_update {
	struct address_key key;
	uint64_t expected_version; /* 0: any */
	item_change change;        /* see address_apply */
	void *context;
};

/* RESULT_OK, RESULT_CONFLICT or what `change` said, as item_update_run. */
void address_repo_update(struct repo *repo, const struct address_update *update, struct record *out,
			 struct await *await);

/* RESULT_OK; RESULT_CONFLICT: another version than `expected_version`, which is 0 for any. */
void address_repo_remove(struct repo *repo, const struct address_key *key,
			 uint64_t expected_version, struct await *await);

#endif
