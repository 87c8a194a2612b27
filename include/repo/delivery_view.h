/*
 * How a delivery is shown by itself.
 */
#ifndef SHOPD_REPO_DELIVERY_VIEW_H
#define SHOPD_REPO_DELIVERY_VIEW_H

#include "base/buf.h"
#include "repo/order_view.h"

enum { DELIVERY_VIEW_MAX = ORDER_VIEW_MAX, DELIVERY_TAG_SIZE = 24 };

/* Appends the delivery as a JSON object. */
void delivery_view_write(const struct order *order, const struct order_delivery *delivery,
			 struct buf *out);

/* The entity tag: the delivery's version. */
void delivery_view_tag(const struct order_delivery *delivery, char tag[static DELIVERY_TAG_SIZE]);

#endif
