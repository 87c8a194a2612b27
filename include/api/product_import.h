/*
 * POST /product/import: a product on each line, as many as there are.
 *
 * Lines are gathered into batches, which are written while the next ones arrive; what came of each
 * line goes to a spool, which is the reply when the body has ended.
 */
#ifndef SHOPD_API_PRODUCT_IMPORT_H
#define SHOPD_API_PRODUCT_IMPORT_H

#include "http/request.h"

extern const struct endpoint post_product_import;

#endif
