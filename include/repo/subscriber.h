/*
 * Those who wait for a product, page by page, and what has to be known before they are told:
 * whether the product is still there, and whether they are.
 */
#ifndef SHOPD_REPO_SUBSCRIBER_H
#define SHOPD_REPO_SUBSCRIBER_H

#include "repo/repo.h"
#include "repo/subscription_item.h"

/* Two keys of each and the stock's are read at once: at most DYNAMODB_BATCH_GET_MAX. */
enum { SUBSCRIBER_PAGE_MAX = 40 };

struct subscriber {
	struct subscription subscription;
	bool is_there;        /* the user exists */
	bool has_preferences; /* it may be that they want to be told in person */
};

struct subscriber_page {
	bool is_available; /* something of the product is in stock */
	size_t count;
	struct subscriber entries[SUBSCRIBER_PAGE_MAX];
	bool has_more;
	char last[SUBSCRIPTION_SORT_SIZE]; /* the next page begins behind it */
};

struct subscriber_query {
	const char *product_id;
	uint32_t shard;    /* of the subscriptions */
	const char *after; /* `last` of the page before, or "" */
};

/*
 * A page, consistently; without those whose time is over, so it may be empty and have more behind
 * it. RESULT_OK. The query is needed until the end.
 */
void subscriber_page_read(struct repo *repo, const struct subscriber_query *query,
			  struct subscriber_page *out, struct await *await);

/*
 * Deletes a subscription whose user was told, unless it was put anew meanwhile. RESULT_OK, also
 * when it is gone.
 */
void subscriber_forget(struct repo *repo, const struct subscription *subscription,
		       struct await *await);

#endif
