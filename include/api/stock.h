/*
 * /product/{id}/stock: how much of a product there is. PUT says what was counted, POST what comes
 * in or goes out. All three answer with the stock.
 */
#ifndef SHOPD_API_STOCK_H
#define SHOPD_API_STOCK_H

#include "http/request.h"

extern const struct endpoint get_stock;
extern const struct endpoint put_stock;
extern const struct endpoint post_stock;

#endif
