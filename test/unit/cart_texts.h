/*
 * What DynamoDB says of carts and the products in them, as texts for scripts.
 */
#ifndef SHOPD_TEST_CART_TEXTS_H
#define SHOPD_TEST_CART_TEXTS_H

#include "scripted_dynamodb.h"

#define CART "10000000-0000-4000-8000-000000000001"
#define OTHER "10000000-0000-4000-8000-000000000002"
#define USER "20000000-0000-7000-8000-000000000001"
#define TEA "00000000-0000-4000-8000-00000000000a"
#define POT "00000000-0000-4000-8000-00000000000b"

/* The scripts' clock says 1440938160. */
#define ALIVE "1440938161"
#define EXPIRED "1440938160"

#define LINE(id, quantity, place)                                                            \
	"\"" id "\":{\"M\":{\"quantity\":{\"N\":\"" quantity "\"},\"place\":{\"N\":\"" place \
	"\"},\"name\":{\"S\":\"old " id "\"},\"price\":{\"N\":\"1.5\"},"                     \
	"\"currency\":{\"S\":\"EUR\"}}}"

/* An item; `more` begins with a comma or is empty. */
#define CART_ITEM(id, status, ttl, version, lines, more)                                      \
	"{\"pk\":{\"S\":\"C#" id "\"},\"sk\":{\"S\":\"#\"},\"status\":{\"S\":\"" status       \
	"\"},\"lines\":{\"M\":{" lines                                                        \
	"}},\"currency\":{\"S\":\"EUR\"},\"version\":{\"N\":\"" version                       \
	"\"},\"created_at\":{\"S\":\"C\"},\"updated_at\":{\"S\":\"U\"},\"ttl\":{\"N\":\"" ttl \
	"\"}" more "}"
#define OPEN_CART(version, lines) CART_ITEM(CART, "open", ALIVE, version, lines, "")

/* The two items of a product. */
#define PRODUCT(id, price, currency)                                                  \
	"{\"pk\":{\"S\":\"P#" id "\"},\"sk\":{\"S\":\"#\"},\"name\":{\"S\":\"new " id \
	"\"},\"price\":{\"N\":\"" price "\"},\"currency\":{\"S\":\"" currency "\"}}," \
	"{\"pk\":{\"S\":\"P#" id "\"},\"sk\":{\"S\":\"STOCK\"},\"level\":{\"S\":\"low\"}}"

/* Answers. */
#define GOT(item) TEXT("{\"Item\":" item "}")
#define GOT_NOTHING TEXT("{}")
#define BATCH(items) TEXT("{\"Responses\":{\"shop\":[" items "]}}")
#define UPDATED(item) TEXT("{\"Attributes\":" item "}")
#define DONE TEXT("{}")
#define UNMET(item) "{\"Code\":\"ConditionalCheckFailed\",\"Item\":" item "}"
#define UNMET_NOTHING "{\"Code\":\"ConditionalCheckFailed\"}"

#endif
