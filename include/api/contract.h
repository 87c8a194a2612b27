/*
 * /openapi.json and /docs: the API as OpenAPI 3.1 has it (docs/openapi.json), and a page that shows
 * it and tries requests (src/api/docs.html). Both files are in the program.
 *
 * Source: OpenAPI Specification 3.1.0.
 */
#ifndef SHOPD_API_CONTRACT_H
#define SHOPD_API_CONTRACT_H

#include "http/request.h"

extern const struct endpoint get_openapi; /* 200 with an ETag, or 304 */
extern const struct endpoint get_docs;

#endif
