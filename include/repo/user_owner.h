/*
 * What belongs to a user (addresses, preferences) is written only together with a check that the
 * user exists, and goes with the user in one transaction. So where it is, the user is; and only
 * where it is not, it takes another look to tell what is missing. For the repositories themselves.
 */
#ifndef SHOPD_REPO_USER_OWNER_H
#define SHOPD_REPO_USER_OWNER_H

#include "repo/record.h"
#include "repo/repo.h"

/*
 * Ends what has found nothing: finishes the await (which has been started) with RESULT_NOT_FOUND
 * when there is a user of this id, else with RESULT_NO_OWNER.
 */
void user_owner_look(struct repo *repo, const char *user_id, struct await *await);

/* Where a record of a user is. Texts are needed until the end. */
struct user_owned {
	const char *user_id;
	const char *sk;
	const char *id; /* of the record; "": it has none */
};

/* Reads it, consistently. RESULT_OK, RESULT_NOT_FOUND or RESULT_NO_OWNER. */
void user_owner_find(struct repo *repo, const struct user_owned *owned, struct record *out,
		     struct await *await);

#endif
