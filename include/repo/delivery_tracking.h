/*
 * What carriers report of a delivery, each report once and in whatever order they come
 * (domain/delivery.h has the rules).
 *
 * That a report was seen is an item of the same transaction as its effect, so it has its effect
 * exactly once, also when the carrier sends it from two machines at once, or again because our
 * answer was lost.
 */
#ifndef SHOPD_REPO_DELIVERY_TRACKING_H
#define SHOPD_REPO_DELIVERY_TRACKING_H

#include "repo/delivery_repo.h"

/*
 * Results as delivery_repo.h's, but RESULT_EXISTS: this event was seen before, nothing was changed,
 * and `before` is the delivery as it is.
 */
void delivery_tracking_take(struct repo *repo, const struct delivery_name *name,
			    const struct delivery_report *report, struct delivery_outcome *out,
			    struct await *await);

#endif
