#include "api/routes.h"

#include "api/address.h"
#include "api/cart.h"
#include "api/cart_item.h"
#include "api/checkout.h"
#include "api/contract.h"
#include "api/delivery.h"
#include "api/event.h"
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
	{METHOD_GET, "/live", &get_live, NULL, .is_always_on = true, .who = ANYONE},
	{METHOD_GET, "/ready", &get_ready, NULL, .is_always_on = true, .who = ANYONE},
	{METHOD_GET, "/openapi.json", &get_openapi, NULL, .who = ANYONE},
	{METHOD_GET, "/docs", &get_docs, NULL, .who = ANYONE},
	{METHOD_GET, "/product", &get_products,
	 QUERY("category", "q", "in_stock", "sort", "limit", "cursor", "fields"), .who = ANYONE},
	{METHOD_POST, "/product", &post_product, NULL, .who = STAFF(PRODUCT_WRITE)},
	{METHOD_POST, "/product/import", &post_product_import, NULL, .who = STAFF(PRODUCT_WRITE)},
	{METHOD_GET, "/product/export", &get_product_export, NULL, .who = STAFF(PRODUCT_READ)},
	{METHOD_GET, "/product/{id}", &get_product, QUERY("consistent"), .who = ANYONE},
	{METHOD_PUT, "/product/{id}", &put_product, NULL, .who = STAFF(PRODUCT_WRITE)},
	{METHOD_PATCH, "/product/{id}", &patch_product, NULL, .who = STAFF(PRODUCT_WRITE)},
	{METHOD_DELETE, "/product/{id}", &delete_product, NULL, .who = STAFF(PRODUCT_WRITE)},
	{METHOD_GET, "/product/{id}/stock", &get_stock, NULL, .who = ANYONE},
	{METHOD_PUT, "/product/{id}/stock", &put_stock, NULL, .who = STAFF(STOCK_WRITE)},
	{METHOD_POST, "/product/{id}/stock", &post_stock, NULL, .who = STAFF(STOCK_WRITE)},
	{METHOD_GET, "/product/{id}/stock/movement", &get_movements, QUERY("limit", "cursor"),
	 .who = STAFF(STOCK_READ)},
	{METHOD_PUT, "/product/{id}/subscription", &put_subscription, QUERY("user_id"),
	 .who = OWNER(BY_QUERY, USER_WRITE)},
	{METHOD_DELETE, "/product/{id}/subscription", &delete_subscription, QUERY("user_id"),
	 .who = OWNER(BY_QUERY, USER_WRITE)},
	{METHOD_GET, "/user", &get_users, QUERY("email", "limit", "cursor"),
	 .who = STAFF(USER_READ)},
	{METHOD_POST, "/user", &post_user, NULL, .who = OWNER(SELF, USER_WRITE)},
	{METHOD_GET, "/user/{id}", &get_user, NULL, .who = OWNER(USER, USER_READ)},
	{METHOD_PUT, "/user/{id}", &put_user, NULL, .who = OWNER(USER, USER_WRITE)},
	{METHOD_PATCH, "/user/{id}", &patch_user, NULL, .who = OWNER(USER, USER_WRITE)},
	{METHOD_DELETE, "/user/{id}", &delete_user, NULL, .who = OWNER(USER, USER_WRITE)},
	{METHOD_GET, "/user/{id}/address", &get_addresses, NULL, .who = OWNER(USER, USER_READ)},
	{METHOD_POST, "/user/{id}/address", &post_address, NULL, .who = OWNER(USER, USER_WRITE)},
	{METHOD_GET, "/user/{id}/address/{address_id}", &get_address, NULL,
	 .who = OWNER(USER, USER_READ)},
	{METHOD_PUT, "/user/{id}/address/{address_id}", &put_address, NULL,
	 .who = OWNER(USER, USER_WRITE)},
	{METHOD_DELETE, "/user/{id}/address/{address_id}", &delete_address, NULL,
	 .who = OWNER(USER, USER_WRITE)},
	{METHOD_GET, "/user/{id}/notification", &get_notification, NULL,
	 .who = OWNER(USER, USER_READ)},
	{METHOD_PUT, "/user/{id}/notification", &put_notification, NULL,
	 .who = OWNER(USER, USER_WRITE)},
	{METHOD_POST, "/cart", &post_cart, NULL, .who = ANYONE},
	{METHOD_GET, "/cart/{id}", &get_cart, NULL, .who = OWNER(CART, CART_READ)},
	{METHOD_DELETE, "/cart/{id}", &delete_cart, NULL, .who = OWNER(CART, CART_WRITE)},
	{METHOD_PUT, "/cart/{id}/item/{product_id}", &put_cart_item, NULL,
	 .who = OWNER(CART, CART_WRITE)},
	{METHOD_POST, "/cart/{id}/item/{product_id}", &post_cart_item, NULL,
	 .who = OWNER(CART, CART_WRITE)},
	{METHOD_DELETE, "/cart/{id}/item/{product_id}", &delete_cart_item, NULL,
	 .who = OWNER(CART, CART_WRITE)},
	{METHOD_POST, "/cart/{id}/merge", &post_cart_merge, NULL, .who = OWNER(CART, CART_WRITE)},
	{METHOD_GET, "/user/{id}/cart", &get_user_cart, NULL, .who = OWNER(USER, CART_READ)},
	{METHOD_POST, "/checkout", &post_checkout, NULL, .who = ANYONE},
	{METHOD_GET, "/checkout/{id}", &get_checkout, NULL, .who = OWNER(CHECKOUT, ORDER_READ)},
	{METHOD_PATCH, "/checkout/{id}", &patch_checkout, NULL,
	 .who = OWNER(CHECKOUT, ORDER_WRITE)},
	{METHOD_DELETE, "/checkout/{id}", &delete_checkout, NULL,
	 .who = OWNER(CHECKOUT, ORDER_WRITE)},
	{METHOD_GET, "/order", &get_orders, QUERY("status", "from", "to", "limit", "cursor"),
	 .who = STAFF(ORDER_READ)},
	{METHOD_POST, "/order", &post_order, NULL, .who = ANYONE},
	{METHOD_GET, "/order/{id}", &get_order, QUERY("expand"), .who = OWNER(ORDER, ORDER_READ)},
	{METHOD_PATCH, "/order/{id}", &patch_order, NULL, .who = OWNER(ORDER, ORDER_WRITE)},
	{METHOD_GET, "/user/{id}/order", &get_user_orders, QUERY("limit", "cursor"),
	 .who = OWNER(USER, ORDER_READ)},
	{METHOD_PUT, "/order/{id}/payment", &put_payment, NULL, .who = STAFF(PAYMENT_WRITE)},
	{METHOD_POST, "/payment/callback", &post_payment_callback, NULL, .who = ANYONE},
	{METHOD_POST, "/order/{id}/cancel", &post_order_cancel, NULL,
	 .who = OWNER(ORDER, ORDER_WRITE)},
	{METHOD_POST, "/order/{id}/return", &post_order_return, NULL, .who = STAFF(ORDER_WRITE)},
	{METHOD_GET, "/order/{id}/delivery", &get_order_deliveries, NULL,
	 .who = OWNER(ORDER, DELIVERY_READ)},
	{METHOD_POST, "/order/{id}/delivery", &post_order_delivery, NULL,
	 .who = STAFF(DELIVERY_WRITE)},
	{METHOD_GET, "/delivery", &get_deliveries, QUERY("carrier", "tracking_number"),
	 .who = STAFF(DELIVERY_READ)},
	{METHOD_GET, "/delivery/{id}", &get_delivery, NULL, .who = STAFF(DELIVERY_READ)},
	{METHOD_PATCH, "/delivery/{id}", &patch_delivery, NULL, .who = STAFF(DELIVERY_WRITE)},
	{METHOD_POST, "/delivery/{id}/event", &post_delivery_event, NULL,
	 .who = STAFF(DELIVERY_WRITE)},
	{METHOD_OTHER, .path = NULL},
};

const struct route admin_routes[] = {
	{METHOD_GET, "/live", &get_live, NULL, .is_always_on = true, .who = ANYONE},
	{METHOD_GET, "/ready", &get_ready, NULL, .is_always_on = true, .who = ANYONE},
	{METHOD_GET, "/metrics", &get_metrics, NULL, .is_always_on = true, .who = ANYONE},
	{METHOD_GET, "/config", &get_config, NULL, .is_always_on = true, .who = STAFF(ADMIN)},
	{METHOD_GET, "/event", &get_events, QUERY("state", "limit", "cursor"), .who = STAFF(ADMIN)},
	{METHOD_POST, "/event/{id}/retry", &post_event_retry, NULL, .who = STAFF(ADMIN)},
	{METHOD_OTHER, .path = NULL},
};
