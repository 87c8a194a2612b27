/*
 * Whose something is, and no more of it: for access control (http/access.h), which asks before the
 * endpoint does.
 */
#ifndef SHOPD_REPO_OWNER_REPO_H
#define SHOPD_REPO_OWNER_REPO_H

#include "base/owner.h"
#include "repo/repo.h"

/*
 * Reads it, consistently. RESULT_OK, also for what has ended but is still there; RESULT_NOT_FOUND;
 * RESULT_GARBLED when its owner cannot be told. A checkout that is gone has the owner of the order
 * that it became, which has its id.
 */
void owner_repo_find(struct repo *repo, enum owner_of of, const char *id, struct owner *out,
		     struct await *await);

#endif
