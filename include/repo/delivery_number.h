/*
 * The delivery that has a carrier's tracking number: carriers report numbers, not our ids.
 */
#ifndef SHOPD_REPO_DELIVERY_NUMBER_H
#define SHOPD_REPO_DELIVERY_NUMBER_H

#include "repo/order_item.h"
#include "repo/repo.h"

/* As the delivery was given them, compared byte by byte. */
struct delivery_number {
	const char *carrier;
	const char *tracking_number;
};

struct delivery_found {
	struct stored_order order;
	const struct order_delivery *delivery; /* one of the order's */
};

/*
 * Strongly consistent: the number's lock, then the order that it names. RESULT_OK; RESULT_NOT_FOUND
 * when no delivery has the number, which includes those that were cancelled and those that have got
 * another one since. The texts have at most DELIVERY_TEXT_MAX characters.
 */
void delivery_number_find(struct repo *repo, const struct delivery_number *number,
			  struct delivery_found *out, struct await *await);

#endif
