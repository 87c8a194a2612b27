/*
 * What DynamoDB says of an order with deliveries, as texts for scripts.
 */
#ifndef SHOPD_TEST_DELIVERY_TEXTS_H
#define SHOPD_TEST_DELIVERY_TEXTS_H

#include "scripted_dynamodb.h"

#define ORDER "01900000-0000-7000-8000-000000000001"
#define PARCEL "01900000-0000-7000-8000-00000000d001"
#define TEA "00000000-0000-4000-8000-00000000000a"
#define POT "00000000-0000-4000-8000-00000000000b"

#define HEAD(status, version)                                                                  \
	"{\"pk\":{\"S\":\"O#" ORDER "\"},\"sk\":{\"S\":\"#\"},\"status\":{\"S\":\"" status     \
	"\"},\"payment_status\":{\"S\":\"none\"},\"fulfillment_status\":{\"S\":"               \
	"\"unfulfilled\"},\"total\":{\"N\":\"8\"},\"paid\":{\"N\":\"0\"},\"refunded\":{\"N\":" \
	"\"0\"},\"currency\":{\"S\":\"EUR\"},\"line_count\":{\"N\":\"2\"},"                    \
	"\"version\":{\"N\":\"" version "\"},\"created_at\":{\"S\":\"C\"},"                    \
	"\"updated_at\":{\"S\":\"U\"}}"

/* Three teas and a pot. */
#define SNAP                                                                               \
	"{\"sk\":{\"S\":\"SNAP\"},\"lines\":{\"L\":[{\"M\":{\"product_id\":{\"S\":\"" TEA  \
	"\"},\"name\":{\"S\":\"tea\"},\"price\":{\"N\":\"2\"},\"quantity\":{\"N\":\"3\"}}" \
	"},{\"M\":{\"product_id\":{\"S\":\"" POT "\"},\"name\":{\"S\":\"pot\"},"           \
	"\"price\":{\"N\":\"2\"},\"quantity\":{\"N\":\"1\"}}}]}}"

/* A delivery of teas; `more` begins with a comma or is empty. */
#define SENT(status, quantity, more)                                                         \
	"{\"sk\":{\"S\":\"D#0001\"},\"delivery_id\":{\"S\":\"" PARCEL "\"},\"number\":"      \
	"{\"N\":\"1\"},\"status\":{\"S\":\"" status "\"},\"carrier\":{\"S\":\"dhl\"},"       \
	"\"tracking_number\":{\"S\":\"N \\\"1\\\"\"},\"lines\":{\"L\":[{\"M\":{"             \
	"\"product_id\":{\"S\":\"" TEA "\"},\"quantity\":{\"N\":\"" quantity "\"}}}]},"      \
	"\"version\":{\"N\":\"4\"},\"created_at\":{\"S\":\"C\"},\"updated_at\":{\"S\":\"U\"" \
	"}" more "}"
#define TRACKED(status, time)                          \
	",\"tracking_status\":{\"S\":\"" status "\"}," \
	"\"tracked_at\":{\"S\":\"" time "\"}"

/* Answers. `items` of an order begin with a comma or are empty. */
#define READ(head, items) TEXT("{\"Items\":[" head items "," SNAP "]}")
#define CONFIRMED(items) READ(HEAD("confirmed", "7"), items)
#define POINTER TEXT("{\"Item\":{\"order_id\":{\"S\":\"" ORDER "\"}}}")
#define DONE TEXT("{}")
#define STOCK(id, reserved)                                                           \
	"{\"pk\":{\"S\":\"P#" id "\"},\"sk\":{\"S\":\"STOCK\"},\"available\":{\"N\":" \
	"\"9\"},\"reserved\":{\"N\":\"" reserved "\"},\"level\":{\"S\":\"in\"},"      \
	"\"version\":{\"N\":\"1\"}}"
#define STOCKS(...) TEXT("{\"Responses\":{\"shop\":[" __VA_ARGS__ "]}}")
#define UNMET "{\"Code\":\"ConditionalCheckFailed\"}"

#endif
