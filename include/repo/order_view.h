/*
 * How an order is shown: the whole of it, or its head in a list.
 */
#ifndef SHOPD_REPO_ORDER_VIEW_H
#define SHOPD_REPO_ORDER_VIEW_H

#include "base/buf.h"
#include "repo/order_item.h"
#include "repo/repo.h"

enum { ORDER_VIEW_MAX = 2 * 1024 * 1024, ORDER_TAG_SIZE = 24 };

/* Appends the order as a JSON object. */
void order_view_write(const struct stored_order *order, bool has_history, struct buf *out);

/* Appends one delivery as an order shows it, a JSON object. */
void order_view_write_delivery(const struct order_delivery *delivery, struct buf *out);

/* Appends an entry of an index, which has the head's key and some of its attributes. */
void order_view_write_entry(const struct repo *repo, struct span entry, struct buf *out);

/* The entity tag: the version. */
void order_view_tag(const struct order *order, char tag[static ORDER_TAG_SIZE]);

#endif
