/*
 * POST /product/import: a product on each line, as many as there are.
 *
 * Lines are gathered into batches, which are written while the next ones arrive; what came of each
 * line goes to a spool, which is the reply when the body has ended.
 */
#ifndef SHOPD_API_PRODUCT_IMPORT_H
#define SHOPD_API_PRODUCT_IMPORT_H

#include "http/request.h"

/*
 * Bytes of a line: no fewer than any body may have, and enough for what the export writes of every
 * product (PRODUCT_SIZE_MAX, however many quotes are in it) but one that is mostly control
 * characters, of which JSON makes six.
 */
enum { IMPORT_LINE_MAX = 1024 * 1024 };

extern const struct endpoint post_product_import;

#endif
