/*
 * /product/{id} and POST /product: one product at a time. Lists are in product_list.h.
 *
 * PUT and PATCH answer with the product as it is then; so does POST. What null means in a body is
 * told in domain/product.h.
 */
#ifndef SHOPD_API_PRODUCT_H
#define SHOPD_API_PRODUCT_H

#include "http/request.h"

extern const struct endpoint post_product;
extern const struct endpoint get_product;
extern const struct endpoint put_product;
extern const struct endpoint patch_product; /* RFC 7396 */
extern const struct endpoint delete_product;

#endif
