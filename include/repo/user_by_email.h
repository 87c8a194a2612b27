/*
 * Finding the user who has an e-mail address, whatever its case: by the lock on the address
 * (user_item.h), which names him, and then himself. Two consistent reads.
 */
#ifndef SHOPD_REPO_USER_BY_EMAIL_H
#define SHOPD_REPO_USER_BY_EMAIL_H

#include "repo/list_page.h"
#include "repo/repo.h"

/*
 * Always RESULT_OK, with one entry as user_repo_show_entry takes it, or with none: so too when the
 * address was given up between the two reads. The address is needed during this call only.
 */
void user_by_email_find(struct repo *repo, struct span email, struct list_page *out,
			struct await *await);

#endif
