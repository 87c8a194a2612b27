#include "api/routes.h"

#include "api/cart.h"
#include "api/cart_item.h"
#include "api/product.h"
#include "api/product_list.h"
#include "api/system.h"

const struct route api_routes[] = {
	{METHOD_GET, "/live", &get_live, NULL, .is_always_on = true},
	{METHOD_GET, "/ready", &get_ready, NULL, .is_always_on = true},
	{METHOD_GET, "/product", &get_products,
	 QUERY("category", "q", "sort", "limit", "cursor", "fields"), false},
	{METHOD_POST, "/product", &post_product, NULL, false},
	{METHOD_GET, "/product/{id}", &get_product, QUERY("consistent"), false},
	{METHOD_PUT, "/product/{id}", &put_product, NULL, false},
	{METHOD_PATCH, "/product/{id}", &patch_product, NULL, false},
	{METHOD_DELETE, "/product/{id}", &delete_product, NULL, false},
	{METHOD_POST, "/cart", &post_cart, NULL, false},
	{METHOD_GET, "/cart/{id}", &get_cart, NULL, false},
	{METHOD_DELETE, "/cart/{id}", &delete_cart, NULL, false},
	{METHOD_PUT, "/cart/{id}/item/{product_id}", &put_cart_item, NULL, false},
	{METHOD_POST, "/cart/{id}/item/{product_id}", &post_cart_item, NULL, false},
	{METHOD_DELETE, "/cart/{id}/item/{product_id}", &delete_cart_item, NULL, false},
	{METHOD_POST, "/cart/{id}/merge", &post_cart_merge, NULL, false},
	{METHOD_GET, "/user/{id}/cart", &get_user_cart, NULL, false},
	{METHOD_OTHER, NULL, NULL, NULL, false},
};

const struct route admin_routes[] = {
	{METHOD_GET, "/live", &get_live, NULL, .is_always_on = true},
	{METHOD_GET, "/ready", &get_ready, NULL, .is_always_on = true},
	{METHOD_GET, "/metrics", &get_metrics, NULL, .is_always_on = true},
	{METHOD_OTHER, NULL, NULL, NULL, false},
};
