/*
 * GET /product/{id}/stock/movement: the ledger of a product's stock.
 */
#ifndef SHOPD_API_MOVEMENT_H
#define SHOPD_API_MOVEMENT_H

#include "http/request.h"

extern const struct endpoint get_movements;

#endif
