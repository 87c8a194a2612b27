/*
 * The stock of a product in the table: reading it and changing it.
 *
 * A change reads the stock, decides (domain/stock.h) and writes on a condition; when that fails the
 * old item comes with the failure, and it decides again. An adjustment's condition is a range, so
 * that a hundred of them at once can all be made; what there is then is read afterwards. What must
 * be known before it is written (a count, a crossing of levels, an answer that is to be kept for an
 * Idempotency-Key) has the version as its condition.
 */
#ifndef SHOPD_REPO_STOCK_REPO_H
#define SHOPD_REPO_STOCK_REPO_H

#include <stdint.h>

#include "domain/stock.h"
#include "domain/stock_input.h"
#include "repo/repo.h"

enum { STOCK_REPO_TRIES = 20 };

/* What a change came to. */
struct stock_outcome {
	enum stock_verdict verdict;
	struct stock stock; /* afterwards; or, when the verdict is against it, what there is */
};

/*
 * Consistent. RESULT_OK or RESULT_NOT_FOUND, also for what is no id: a product that is not there
 * has no stock.
 */
void stock_repo_find(struct repo *repo, const char *product_id, struct stock *out,
		     struct await *await);

/*
 * Both: RESULT_OK; RESULT_INVALID: a rule forbids it, see the outcome; RESULT_NOT_FOUND;
 * RESULT_THROTTLED when too many others were faster. What is pointed to is needed until the end.
 */
void stock_repo_adjust(struct repo *repo, const char *product_id,
		       const struct stock_adjustment *adjustment, struct stock_outcome *out,
		       struct await *await);

struct stock_recount {
	const char *product_id;
	uint64_t expected_version; /* 0: any */
	struct stock_count count;
};

/*
 * RESULT_CONFLICT as well: it has another version than the expected one. A count that changes
 * nothing is RESULT_OK without a write.
 */
void stock_repo_recount(struct repo *repo, const struct stock_recount *recount,
			struct stock_outcome *out, struct await *await);

#endif
