/*
 * Changing a user, as all items are changed (item_update.h). With another e-mail address its lock
 * changes in the same transaction.
 */
#ifndef SHOPD_REPO_USER_UPDATE_H
#define SHOPD_REPO_USER_UPDATE_H

#include <stdint.h>

#include "repo/item_update.h"
#include "repo/record.h"
#include "repo/repo.h"

struct user_update {
	const char *id;            /* needed until the end */
	uint64_t expected_version; /* 0: any */
	item_change change;        /* see user_apply */
	void *context;
};

/*
 * RESULT_OK, RESULT_NOT_FOUND, RESULT_CONFLICT (another version than the expected one; or too many
 * others), RESULT_EXISTS (another user has the new e-mail address), or what `change` said. A change
 * that changes nothing is RESULT_OK without a write.
 */
void user_update_run(struct repo *repo, const struct user_update *update, struct record *out,
		     struct await *await);

#endif
