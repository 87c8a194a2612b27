/*
 * The routes as a Markdown table, for docs/api.md: shopd --routes.
 */
#ifndef SHOPD_API_ROUTE_LIST_H
#define SHOPD_API_ROUTE_LIST_H

#include "base/buf.h"

void route_list_write(struct buf *out);

#endif
