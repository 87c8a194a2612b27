/*
 * Removing a user and everything that is theirs, in one transaction: the user, the lock on the
 * e-mail address, addresses, preferences, and the active cart with the pointer to it. After that
 * the person is removed from checkouts, orders and kept answers as well (person_removal.h).
 *
 * What others do in the meantime makes the transaction fail (the user's item counts the addresses,
 * and each of those that are removed must be there; a cart changes the pointer), so nothing is left
 * behind: it is read and tried again. A removal that broke off behind the transaction is gone on
 * with by the next one of the same user.
 */
#ifndef SHOPD_REPO_USER_REMOVAL_H
#define SHOPD_REPO_USER_REMOVAL_H

#include <stdint.h>

#include "repo/repo.h"

enum { USER_REMOVAL_TRIES = 20 };

/*
 * The id is needed until the end. RESULT_OK, RESULT_NOT_FOUND, or RESULT_CONFLICT (another version
 * than `expected_version`, which is 0 for any; or too many others). A failure before the user is
 * gone is passed on; after it, it is RESULT_UNKNOWN.
 */
void user_removal_run(struct repo *repo, const char *id, uint64_t expected_version,
		      struct await *await);

#endif
