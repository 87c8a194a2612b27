/*
 * GET /product/export: all products, each as a line that can be imported again.
 */
#ifndef SHOPD_API_PRODUCT_EXPORT_H
#define SHOPD_API_PRODUCT_EXPORT_H

#include "http/request.h"

extern const struct endpoint get_product_export;

#endif
