/*
 * What DynamoDB says of an order of four teas at 3 and a pot at 20, as texts for scripts.
 */
#ifndef SHOPD_TEST_ENDING_TEXTS_H
#define SHOPD_TEST_ENDING_TEXTS_H

#include "scripted_dynamodb.h"

#define ORDER "30000000-0000-7000-8000-000000000001"
#define TEA "00000000-0000-4000-8000-00000000000a"
#define POT "00000000-0000-4000-8000-00000000000b"

#define ORDER_HEAD(status, payment, fulfillment, paid, version)                             \
	"{\"pk\":{\"S\":\"O#" ORDER "\"},\"sk\":{\"S\":\"#\"},\"status\":{\"S\":\"" status  \
	"\"},\"payment_status\":{\"S\":\"" payment                                          \
	"\"},\"fulfillment_status\":{\"S\":\"" fulfillment                                  \
	"\"},\"total\":{\"N\":\"32\"},\"currency\":{\"S\":\"EUR\"},\"paid\":{\"N\":\"" paid \
	"\"},\"refunded\":{\"N\":\"0\"},\"line_count\":{\"N\":\"2\"},"                      \
	"\"version\":{\"N\":\"" version                                                     \
	"\"},\"created_at\":{\"S\":\"C\"},\"updated_at\":{\"S\":\"U\"}}"

#define ORDER_LINE(id, name, price, quantity)                               \
	"{\"M\":{\"product_id\":{\"S\":\"" id "\"},\"name\":{\"S\":\"" name \
	"\"},\"price\":{\"N\":\"" price "\"},\"quantity\":{\"N\":\"" quantity "\"}}}"
#define ORDER_SNAP                                                                               \
	"{\"pk\":{\"S\":\"O#" ORDER "\"},\"sk\":{\"S\":\"SNAP\"},\"lines\":{\"L\":[" ORDER_LINE( \
		TEA, "tea", "3", "4") "," ORDER_LINE(POT, "pot", "20", "1") "]}}"

#define ORDER_PART(id, quantity) \
	"{\"M\":{\"product_id\":{\"S\":\"" id "\"},\"quantity\":{\"N\":\"" quantity "\"}}}"
#define ORDER_DELIVERY(status, parts)                                                      \
	"{\"pk\":{\"S\":\"O#" ORDER "\"},\"sk\":{\"S\":\"D#0001\"},"                       \
	"\"delivery_id\":{\"S\":\"40000000-0000-7000-8000-000000000001\"},"                \
	"\"number\":{\"N\":\"1\"},\"version\":{\"N\":\"1\"},\"carrier\":{\"S\":\"post\"}," \
	"\"tracking_number\":{\"S\":\"T1\"},\"status\":{\"S\":\"" status                   \
	"\"},\"lines\":{\"L\":[" parts "]}}"
#define ORDER_PAYMENT_ITEM(reference, status, amount)                             \
	"{\"pk\":{\"S\":\"O#" ORDER "\"},\"sk\":{\"S\":\"PAY#" reference          \
	"\"},\"reference\":{\"S\":\"" reference "\"},\"status\":{\"S\":\"" status \
	"\"},\"amount\":{\"N\":\"" amount "\"},\"created_at\":{\"S\":\"PC\"}}"

/* Answers; `more` are items, each with a comma before it. */
#define ORDER_ALL(head, more) TEXT("{\"Items\":[" head "," ORDER_SNAP more "]}")
#define ORDER_STOCK(id, available, reserved)                                                      \
	"{\"pk\":{\"S\":\"P#" id "\"},\"sk\":{\"S\":\"STOCK\"},\"available\":{\"N\":\"" available \
	"\"},\"reserved\":{\"N\":\"" reserved                                                     \
	"\"},\"level\":{\"S\":\"in\"},\"version\":{\"N\":\"5\"}}"
#define ORDER_STOCKS(items) TEXT("{\"Responses\":{\"shop\":[" items "]}}")
#define ORDER_UNMET "{\"Code\":\"ConditionalCheckFailed\"}"
#define ORDER_DONE TEXT("{}")

#endif
