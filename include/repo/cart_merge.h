/*
 * Putting the lines of one cart into another, which ends the first: both in one transaction, on
 * the condition that neither has changed since it was read. So a line that somebody adds to the
 * first at the same moment is either in the other one too, or is refused.
 */
#ifndef SHOPD_REPO_CART_MERGE_H
#define SHOPD_REPO_CART_MERGE_H

#include "repo/cart_job.h"

struct cart_merging {
	const char *from; /* as it came */
	const char *into; /* a valid id, another one; both are needed until the end */
	enum cart_strategy strategy;
};

/* RESULT_OK with the cart that was merged into, or RESULT_INVALID with `out->refusal`. */
void cart_merge_run(struct repo *repo, const struct cart_merging *merging, struct cart_answer *out,
		    struct await *await);

#endif
