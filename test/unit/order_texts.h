/*
 * What DynamoDB says of checkouts, orders and their stocks, as texts for scripts.
 */
#ifndef SHOPD_TEST_ORDER_TEXTS_H
#define SHOPD_TEST_ORDER_TEXTS_H

#include "cart_texts.h"

#define ORDER "30000000-0000-7000-8000-000000000001"
#define DELIVERY "40000000-0000-4000-8000-000000000001"
#define RETURN "50000000-0000-7000-8000-000000000001"

/* The scripts' clock says 2015-08-30T12:36:00.000Z. */
#define NOW "2015-08-30T12:36:00.000Z"
#define BEFORE "2015-08-30T12:35:00.000Z"
#define LATER "2015-08-30T12:36:00.001Z"

#define PLACE "\"address\":{\"M\":{\"city\":{\"S\":\"Ulm\"}}}"

#define FROZEN(id, quantity)                                                    \
	"{\"M\":{\"product_id\":{\"S\":\"" id "\"},\"name\":{\"S\":\"a \\\"" id \
	"\\\"\"},\"price\":{\"N\":\"1.5\"},\"quantity\":{\"N\":\"" quantity "\"}}}"

/* Items of an order; `more` begins with a comma or is empty. */
#define HEAD_ITEM_AT(updated, status, payment, fulfillment, version, more)                      \
	"{\"pk\":{\"S\":\"O#" ORDER "\"},\"sk\":{\"S\":\"#\"},\"user_id\":{\"S\":\"" USER       \
	"\"},\"status\":{\"S\":\"" status "\"},\"payment_status\":{\"S\":\"" payment            \
	"\"},\"fulfillment_status\":{\"S\":\"" fulfillment                                      \
	"\"},\"total\":{\"N\":\"7.5\"},\"currency\":{\"S\":\"EUR\"},\"paid\":{\"N\":\"0\"},"    \
	"\"refunded\":{\"N\":\"0\"},\"line_count\":{\"N\":\"2\"},\"version\":{\"N\":\"" version \
	"\"},\"created_at\":{\"S\":\"" BEFORE "\"},\"updated_at\":{\"S\":\"" updated "\"}" more \
	"}"
#define HEAD_ITEM(status, payment, fulfillment, version, more) \
	HEAD_ITEM_AT(BEFORE, status, payment, fulfillment, version, more)
#define SNAP_ITEM                                                                                  \
	"{\"sk\":{\"S\":\"SNAP\"},\"lines\":{\"L\":[" FROZEN(TEA, "3") "," FROZEN(POT,             \
										  "2") "]}," PLACE \
										       "}"
#define ENTRY_ITEM                                                                             \
	"{\"sk\":{\"S\":\"H#" RETURN "\"},\"time\":{\"S\":\"T\"},\"what\":{\"S\":\"placed\"}," \
	"\"to\":{\"S\":\"placed\"},\"by\":{\"S\":\"staff\"}}"
#define PARTS(id, quantity)                                     \
	"\"lines\":{\"L\":[{\"M\":{\"product_id\":{\"S\":\"" id \
	"\"},\"quantity\":{\"N\":\"" quantity "\"}}}]}"
#define DELIVERY_ITEM(status, quantity)                                               \
	"{\"sk\":{\"S\":\"D#0001\"},\"delivery_id\":{\"S\":\"" DELIVERY               \
	"\"},\"number\":{\"N\":\"1\"},\"status\":{\"S\":\"" status                    \
	"\"},\"carrier\":{\"S\":\"post\"},\"tracking_number\":{\"S\":\"T1\"}," PARTS( \
		TEA, quantity) ",\"version\":{\"N\":\"1\"}}"
#define PAYMENT_ITEM                                                                           \
	"{\"sk\":{\"S\":\"PAY#p1\"},\"reference\":{\"S\":\"p1\"},\"status\":{\"S\":\"paid\"}," \
	"\"amount\":{\"N\":\"7.5\"},\"created_at\":{\"S\":\"C\"},\"updated_at\":{\"S\":\"U\"}}"
#define RETURN_ITEM(quantity) \
	"{\"sk\":{\"S\":\"R#" RETURN "\"}," PARTS(TEA, quantity) ",\"created_at\":{\"S\":\"C\"}}"

#define PLACED_ORDER \
	HEAD_ITEM("placed", "none", "unfulfilled", "1", "") "," ENTRY_ITEM "," SNAP_ITEM
#define FOUND_ITEMS(items) TEXT("{\"Items\":[" items "]}")

/* A checkout's item. */
#define CHECKOUT_LINES "\"lines\":{\"L\":[" FROZEN(TEA, "3") "," FROZEN(POT, "2") "]}"
#define CHECKOUT_ITEM(status, expires, version, more)                                     \
	"{\"pk\":{\"S\":\"K#" ORDER "\"},\"sk\":{\"S\":\"#\"},\"cart_id\":{\"S\":\"" CART \
	"\"},\"user_id\":{\"S\":\"" USER "\"},\"status\":{\"S\":\"" status "\"}," PLACE   \
	"," CHECKOUT_LINES ",\"total\":{\"N\":\"7.5\"},\"currency\":{\"S\":\"EUR\"},"     \
	"\"expires_at\":{\"S\":\"" expires "\"},\"version\":{\"N\":\"" version            \
	"\"},\"created_at\":{\"S\":\"" BEFORE "\"},\"updated_at\":{\"S\":\"" BEFORE "\"}" more "}"
#define HELD CHECKOUT_ITEM("held", LATER, "1", "")
#define OVER CHECKOUT_ITEM("held", NOW, "1", "")

/* For many tries in a row: the scripts' clock goes on meanwhile. */
#define HELD_FOR_LONG CHECKOUT_ITEM("held", "2099-01-01T00:00:00.000Z", "1", "")

/* A stock's item. */
#define STOCK(id, available, reserved, version)                                                   \
	"{\"pk\":{\"S\":\"P#" id "\"},\"sk\":{\"S\":\"STOCK\"},\"available\":{\"N\":\"" available \
	"\"},\"reserved\":{\"N\":\"" reserved                                                     \
	"\"},\"level\":{\"S\":\"in\"},\"version\":{\"N\":\"" version "\"}}"
#define STOCKS STOCK(TEA, "20", "5", "7") "," STOCK(POT, "20", "5", "7")

#endif
