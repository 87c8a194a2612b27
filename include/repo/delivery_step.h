/*
 * What changes of deliveries have in common, as parts of a decision about an order
 * (order_change.h). For the repositories of deliveries themselves.
 */
#ifndef SHOPD_REPO_DELIVERY_STEP_H
#define SHOPD_REPO_DELIVERY_STEP_H

#include "repo/delivery_repo.h"

/* Takes all its parts out of what is reserved. */
void delivery_step_ship(struct order_draft *draft, const struct order_delivery *delivery);

/*
 * After a change of a delivery: counts anew, lets the order's states follow, and puts the delivery
 * as it is now, its version and time moved on.
 */
void delivery_step_put(struct order_draft *draft, struct order_delivery *delivery);

/* Raises an event that tells of the delivery as it is now. */
void delivery_step_tell(struct order_draft *draft, enum event_type type,
			const struct order_delivery *delivery);

/*
 * The delivery that is named, whatever version it has; NULL when there is none, as the outcome
 * says then. The outcome has it as it is before the change.
 */
struct order_delivery *delivery_step_find(struct order_draft *draft,
					  const struct delivery_name *name,
					  struct delivery_outcome *out);

#endif
