/*
 * Restocks: products that are back in stock, and whose subscribers are being told.
 *
 * BACK#s / id   product_id, time, data: the event that told of it (stock.in, or stock.low), whose
 *               id, time and data these are. <s> is the shard of the product's id.
 *
 * It is put once the topic has that event, before the event's own item goes, and is there until
 * all have been told. It has no cursor: whoever was told has no subscription any more
 * (subscriber.h), so what is left of those is what is left to do.
 */
#ifndef SHOPD_REPO_RESTOCK_REPO_H
#define SHOPD_REPO_RESTOCK_REPO_H

#include "base/id.h"
#include "repo/repo.h"

enum { RESTOCK_DATA_MAX = 4096 };

struct restock {
	char id[ID_SIZE];
	char product_id[ID_SIZE];
	const char *time; /* RFC 3339 */
	const char *data; /* a JSON object */
	/* For restock_repo_next: items before it that shopd did not write; they stay. */
	uint64_t passed_over;
};

/* RESULT_OK, also when it is there already. Texts are needed during the call only. */
void restock_repo_put(struct repo *repo, const struct restock *restock, struct await *await);

/*
 * The oldest of a shard; eventually consistent: half a read unit. Texts are in the await's arena.
 * RESULT_OK, or RESULT_NOT_FOUND. What is unreadable is passed over and holds up nothing, which
 * `passed_over` tells after either.
 */
void restock_repo_next(struct repo *repo, uint32_t shard, struct restock *out, struct await *await);

/* All have been told. RESULT_OK, also when it is not there any more. */
void restock_repo_remove(struct repo *repo, const struct restock *restock, struct await *await);

#endif
