/*
 * How a user is kept: items under one partition key, and one that guards the e-mail address.
 *
 * U#id / #          the user: a record, with the keys of gsi2 and the count of addresses
 * U#id / A#aid      an address: a record (address_repo.h)
 * U#id / NOTIFY     preferences: a record (notification_repo.h)
 * U#id / CART       points to the active cart: `cart_id`
 * U#id / K#…, I#…   where else the person is; U#id / GONE: their removal is not over
 *                   (person_removal.h)
 * EMAIL#hash / #    `user_id`: whose e-mail address this is. The hash is SHA-256 of the folded
 *                   address (domain/contact.h), so that each belongs to one user whatever its case.
 */
#ifndef SHOPD_REPO_USER_ITEM_H
#define SHOPD_REPO_USER_ITEM_H

#include <jansson.h>

#include "repo/record.h"
#include "repo/repo.h"

enum { USER_LOCK_SIZE = 80 };

/* "U#id" */
void user_item_key(const char *id, char key[static RECORD_KEY_SIZE]);

/* "EMAIL#hash". False when out of memory. */
MUST_CHECK bool user_item_email_key(const struct repo *repo, struct span email,
				    char key[static RECORD_KEY_SIZE]);

/* The same for the address that a user's item has. */
MUST_CHECK bool user_item_own_email_key(const struct repo *repo, const struct item *item,
					char key[static RECORD_KEY_SIZE]);

/* The members of a lock's item but for its key: whose it is. */
void user_item_lock(const char *user_id, char members[static USER_LOCK_SIZE]);

/* Appends the members of a new user's item but for its key. */
void user_item_write(const struct repo *repo, const char *id, const json_t *user, const char *now,
		     struct buf *out);

#endif
