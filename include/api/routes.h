/*
 * The whole public interface as one table, and the operators' one.
 */
#ifndef SHOPD_API_ROUTES_H
#define SHOPD_API_ROUTES_H

#include "http/request.h"

/* Both end in a row without a path. */
extern const struct route api_routes[];
extern const struct route admin_routes[];

#endif
