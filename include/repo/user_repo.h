/*
 * Users in the table: reading, listing and making them. Changing one is in user_update.h, removing
 * one with all that is theirs in user_removal.h.
 */
#ifndef SHOPD_REPO_USER_REPO_H
#define SHOPD_REPO_USER_REPO_H

#include <jansson.h>
#include <stddef.h>

#include "repo/list_page.h"
#include "repo/record.h"
#include "repo/repo.h"

/* Consistently. RESULT_OK or RESULT_NOT_FOUND, also for what is no id. */
void user_repo_find(struct repo *repo, const char *id, struct record *out, struct await *await);

/*
 * The newest first. RESULT_OK or RESULT_INVALID: the cursor is not one of this list. Entries have
 * what the index keeps: name, email, version and times.
 */
void user_repo_list(struct repo *repo, size_t limit, const char *cursor, struct list_page *out,
		    struct await *await);

/* Appends an entry of the list as a JSON object. */
void user_repo_show_entry(const struct repo *repo, struct span entry, struct buf *out);

/*
 * Makes a user, together with the lock on the e-mail address. `id` is the user's, a valid one; NULL
 * makes one. RESULT_OK; RESULT_CONFLICT: there is a user with this id; RESULT_IN_USE: one who had
 * it is being removed, or was within the last minute (person_removal.h); RESULT_EXISTS: another
 * user has this address. `id` and `user` (as user_apply made it) are needed during this call only.
 */
void user_repo_create(struct repo *repo, const char *id, const json_t *user, struct record *out,
		      struct await *await);

#endif
