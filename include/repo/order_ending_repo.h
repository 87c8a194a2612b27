/*
 * Orders that go back (domain/order_ending.h), with the stock that they give back: each in one
 * transaction on the order's version, so nothing is given back twice, whoever else changes the
 * order at the same moment.
 */
#ifndef SHOPD_REPO_ORDER_ENDING_REPO_H
#define SHOPD_REPO_ORDER_ENDING_REPO_H

#include "domain/order_ending.h"
#include "domain/order_ending_body.h"
#include "repo/order_change.h"

/*
 * Results of both: RESULT_OK with the order as it is afterwards; RESULT_INVALID with why not;
 * RESULT_NOT_FOUND, also for what is no id; RESULT_TOO_LARGE: more than STOCK_MAX of a product
 * would be there. Texts are needed until the end.
 */

struct order_cancelled {
	struct stored_order order;
	enum order_field obstacle; /* of RESULT_INVALID */
	bool is_too_large;         /* likewise, instead: lines and pending deliveries, together */
};

/*
 * All that is reserved for the order becomes available, and the tracking numbers of its pending
 * deliveries are free again. Of one that is partly shipped, that is the rest; if nothing more is to
 * come then, it is completed. `reason` may be NULL.
 */
void order_ending_repo_cancel(struct repo *repo, const char *order_id, const char *reason,
			      struct order_cancelled *out, struct await *await);

struct order_returned {
	struct stored_order order;
	bool has_room; /* false: it has had ORDER_RETURNS_MAX returns; of RESULT_INVALID */
	struct order_excess excess[ORDER_PART_LINES_MAX];
	size_t excess_count; /* likewise */
};

/*
 * What has come back is available again; products that were removed meanwhile give nothing back.
 * When nothing more is to come, the order is completed.
 */
void order_ending_repo_return(struct repo *repo, const char *order_id,
			      const struct return_body *body, struct order_returned *out,
			      struct await *await);

#endif
