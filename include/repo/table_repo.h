/*
 * The table itself: making it, and finding out at the start whether it is the one that is expected.
 */
#ifndef SHOPD_REPO_TABLE_REPO_H
#define SHOPD_REPO_TABLE_REPO_H

#include "base/buf.h"
#include "repo/repo.h"

/*
 * Compares the table's keys, indexes and state with what the repositories need, and takes the
 * cursor key from its id. RESULT_OK; RESULT_NOT_FOUND: there is no such table; RESULT_INVALID: it
 * is another kind of table, each difference a line in `differences` (borrowed until the await is
 * finished).
 */
void table_repo_check(struct repo *repo, struct buf *differences, struct await *await);

/*
 * Makes the table with its indexes and TTL and waits until it is active. RESULT_EXISTS when it was
 * there already (its TTL is switched on all the same).
 */
void table_repo_make(struct repo *repo, struct await *await);

#endif
