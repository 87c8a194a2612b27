/*
 * What DynamoDB says of the outbox, as texts for scripts.
 */
#ifndef SHOPD_TEST_OUTBOX_TEXTS_H
#define SHOPD_TEST_OUTBOX_TEXTS_H

#include "order_texts.h"

/* Ids of 2015-08-30T12:36:00Z, which is what the scripts' clock says, and of a minute earlier. */
#define EVENT "014f7e9b-6f80-7000-8000-000000000001"
#define EVENT2 "014f7e9b-6f81-7000-8000-000000000002"
#define OLD_EVENT "014f7e9a-8520-7000-8000-000000000003"
#define WRITER "70000000-0000-4000-8000-000000000001"

#define DATA(version) "{\\\"order_id\\\":\\\"" ORDER "\\\",\\\"version\\\":" version "}"
/* `more` begins with a comma or is empty. */
#define TOLD(id, type, data, more)                                                             \
	"{\"pk\":{\"S\":\"OUT#1\"},\"sk\":{\"S\":\"" id "\"},\"type\":{\"S\":\"" type          \
	"\"},\"subject\":{\"S\":\"order/" ORDER "\"},\"time\":{\"S\":\"" NOW                   \
	"\"},\"data\":{\"S\":\"" data "\"},\"attempts\":{\"N\":\"0\"},\"by\":{\"S\":\"" WRITER \
	"\"},\"order_id\":{\"S\":\"" ORDER "\"}" more "}"
#define MEMBER(id, product, more)                                                  \
	"{\\\"id\\\":\\\"" id                                                      \
	"\\\",\\\"type\\\":\\\"stock.low\\\",\\\"subject\\\":\\\"product/" product \
	"\\\",\\\"time\\\":\\\"" NOW                                               \
	"\\\",\\\"data\\\":{\\\"version\\\":2},\\\"product_id\\\":\\\"" product "\\\"" more "}"
#define TOLD_GROUP(id, members)                                                             \
	"{\"pk\":{\"S\":\"OUT#1\"},\"sk\":{\"S\":\"" id "\"},\"events\":{\"S\":\"[" members \
	"]\"},\"attempts\":{\"N\":\"0\"},\"by\":{\"S\":\"" WRITER "\"},\"wt\":{\"S\":\"x\"}}"

#endif
