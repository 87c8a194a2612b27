#include "api/routes.h"

#include "api/movement.h"
#include "api/product.h"
#include "api/product_list.h"
#include "api/stock.h"
#include "api/system.h"

const struct route api_routes[] = {
	{METHOD_GET, "/live", &get_live, NULL, .is_always_on = true},
	{METHOD_GET, "/ready", &get_ready, NULL, .is_always_on = true},
	{METHOD_GET, "/product", &get_products,
	 QUERY("category", "q", "in_stock", "sort", "limit", "cursor", "fields"), false},
	{METHOD_POST, "/product", &post_product, NULL, false},
	{METHOD_GET, "/product/{id}", &get_product, QUERY("consistent"), false},
	{METHOD_PUT, "/product/{id}", &put_product, NULL, false},
	{METHOD_PATCH, "/product/{id}", &patch_product, NULL, false},
	{METHOD_DELETE, "/product/{id}", &delete_product, NULL, false},
	{METHOD_GET, "/product/{id}/stock", &get_stock, NULL, false},
	{METHOD_PUT, "/product/{id}/stock", &put_stock, NULL, false},
	{METHOD_POST, "/product/{id}/stock", &post_stock, NULL, false},
	{METHOD_GET, "/product/{id}/stock/movement", &get_movements, QUERY("limit", "cursor"),
	 false},
	{METHOD_OTHER, NULL, NULL, NULL, false},
};

const struct route admin_routes[] = {
	{METHOD_GET, "/live", &get_live, NULL, .is_always_on = true},
	{METHOD_GET, "/ready", &get_ready, NULL, .is_always_on = true},
	{METHOD_GET, "/metrics", &get_metrics, NULL, .is_always_on = true},
	{METHOD_OTHER, NULL, NULL, NULL, false},
};
