/*
 * GET /product: lists of products.
 */
#ifndef SHOPD_API_PRODUCT_LIST_H
#define SHOPD_API_PRODUCT_LIST_H

#include "http/request.h"

extern const struct endpoint get_products;

#endif
