#include "api/routes.h"

#include "api/address.h"
#include "api/cart.h"
#include "api/cart_item.h"
#include "api/checkout.h"
#include "api/delivery.h"
#include "api/movement.h"
#include "api/notification.h"
#include "api/order.h"
#include "api/order_ending.h"
#include "api/payment.h"
#include "api/product.h"
#include "api/product_export.h"
#include "api/product_import.h"
#include "api/product_list.h"
#include "api/stock.h"
#include "api/subscription.h"
#include "api/system.h"
#include "api/user.h"

const struct route api_routes[] = {
	{METHOD_GET, "/live", &get_live, NULL, .is_always_on = true},
	{METHOD_GET, "/ready", &get_ready, NULL, .is_always_on = true},
	{METHOD_GET, "/product", &get_products,
	 QUERY("category", "q", "in_stock", "sort", "limit", "cursor", "fields"), false},
	{METHOD_POST, "/product", &post_product, NULL, false},
	{METHOD_POST, "/product/import", &post_product_import, NULL, false},
	{METHOD_GET, "/product/export", &get_product_export, NULL, false},
	{METHOD_GET, "/product/{id}", &get_product, QUERY("consistent"), false},
	{METHOD_PUT, "/product/{id}", &put_product, NULL, false},
	{METHOD_PATCH, "/product/{id}", &patch_product, NULL, false},
	{METHOD_DELETE, "/product/{id}", &delete_product, NULL, false},
	{METHOD_GET, "/product/{id}/stock", &get_stock, NULL, false},
	{METHOD_PUT, "/product/{id}/stock", &put_stock, NULL, false},
	{METHOD_POST, "/product/{id}/stock", &post_stock, NULL, false},
	{METHOD_GET, "/product/{id}/stock/movement", &get_movements, QUERY("limit", "cursor"),
	 false},
	{METHOD_PUT, "/product/{id}/subscription", &put_subscription, QUERY("user_id"), false},
	{METHOD_DELETE, "/product/{id}/subscription", &delete_subscription, QUERY("user_id"),
	 false},
	{METHOD_GET, "/user", &get_users, QUERY("limit", "cursor"), false},
	{METHOD_POST, "/user", &post_user, NULL, false},
	{METHOD_GET, "/user/{id}", &get_user, NULL, false},
	{METHOD_PUT, "/user/{id}", &put_user, NULL, false},
	{METHOD_PATCH, "/user/{id}", &patch_user, NULL, false},
	{METHOD_DELETE, "/user/{id}", &delete_user, NULL, false},
	{METHOD_GET, "/user/{id}/address", &get_addresses, NULL, false},
	{METHOD_POST, "/user/{id}/address", &post_address, NULL, false},
	{METHOD_GET, "/user/{id}/address/{address_id}", &get_address, NULL, false},
	{METHOD_PUT, "/user/{id}/address/{address_id}", &put_address, NULL, false},
	{METHOD_DELETE, "/user/{id}/address/{address_id}", &delete_address, NULL, false},
	{METHOD_GET, "/user/{id}/notification", &get_notification, NULL, false},
	{METHOD_PUT, "/user/{id}/notification", &put_notification, NULL, false},
	{METHOD_POST, "/cart", &post_cart, NULL, false},
	{METHOD_GET, "/cart/{id}", &get_cart, NULL, false},
	{METHOD_DELETE, "/cart/{id}", &delete_cart, NULL, false},
	{METHOD_PUT, "/cart/{id}/item/{product_id}", &put_cart_item, NULL, false},
	{METHOD_POST, "/cart/{id}/item/{product_id}", &post_cart_item, NULL, false},
	{METHOD_DELETE, "/cart/{id}/item/{product_id}", &delete_cart_item, NULL, false},
	{METHOD_POST, "/cart/{id}/merge", &post_cart_merge, NULL, false},
	{METHOD_GET, "/user/{id}/cart", &get_user_cart, NULL, false},
	{METHOD_POST, "/checkout", &post_checkout, NULL, false},
	{METHOD_GET, "/checkout/{id}", &get_checkout, NULL, false},
	{METHOD_PATCH, "/checkout/{id}", &patch_checkout, NULL, false},
	{METHOD_DELETE, "/checkout/{id}", &delete_checkout, NULL, false},
	{METHOD_GET, "/order", &get_orders, QUERY("status", "from", "to", "limit", "cursor"),
	 false},
	{METHOD_POST, "/order", &post_order, NULL, false},
	{METHOD_GET, "/order/{id}", &get_order, QUERY("expand"), false},
	{METHOD_PATCH, "/order/{id}", &patch_order, NULL, false},
	{METHOD_GET, "/user/{id}/order", &get_user_orders, QUERY("limit", "cursor"), false},
	{METHOD_PUT, "/order/{id}/payment", &put_payment, NULL, false},
	{METHOD_POST, "/payment/callback", &post_payment_callback, NULL, false},
	{METHOD_POST, "/order/{id}/cancel", &post_order_cancel, NULL, false},
	{METHOD_POST, "/order/{id}/return", &post_order_return, NULL, false},
	{METHOD_GET, "/order/{id}/delivery", &get_order_deliveries, NULL, false},
	{METHOD_POST, "/order/{id}/delivery", &post_order_delivery, NULL, false},
	{METHOD_GET, "/delivery/{id}", &get_delivery, NULL, false},
	{METHOD_PATCH, "/delivery/{id}", &patch_delivery, NULL, false},
	{METHOD_POST, "/delivery/{id}/event", &post_delivery_event, NULL, false},
	{METHOD_OTHER, NULL, NULL, NULL, false},
};

const struct route admin_routes[] = {
	{METHOD_GET, "/live", &get_live, NULL, .is_always_on = true},
	{METHOD_GET, "/ready", &get_ready, NULL, .is_always_on = true},
	{METHOD_GET, "/metrics", &get_metrics, NULL, .is_always_on = true},
	{METHOD_OTHER, NULL, NULL, NULL, false},
};
