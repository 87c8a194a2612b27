/*
 * DynamoDB's operations on a scripted transport, and one operation under way.
 */
#ifndef SHOPD_TEST_SCRIPTED_DYNAMODB_H
#define SHOPD_TEST_SCRIPTED_DYNAMODB_H

#include "aws/dynamodb.h"
#include "scripted_aws.h"

struct scripted_dynamodb {
	struct scripted_aws aws;
	struct dynamodb db; /* the table "shop" with the key "pk" */
	struct arena arena;
	struct await await; /* ten seconds */
	struct dynamodb_call call;
	bool is_done;
};

void scripted_dynamodb_init(struct scripted_dynamodb *on);
void scripted_dynamodb_clear(struct scripted_dynamodb *on);

/* Another call, after dynamodb_call_clear of the one before. */
void scripted_dynamodb_renew(struct scripted_dynamodb *on);

/* Runs until the call that was started is done. */
void scripted_dynamodb_run(struct scripted_dynamodb *on);

/* Steps of a script. */
#define TEXT(text)                            \
	{                                     \
		.status = 200, .body = (text) \
	}
#define LOST                                                \
	{                                                   \
		.end = EXCHANGE_NO_ANSWER, .was_sent = true \
	}
#define FAILED(old)                                                                           \
	{                                                                                     \
		.status = 400,                                                                \
		.body = "{\"__type\":\"a#ConditionalCheckFailedException\",\"Item\":" old "}" \
	}
#define CANCELLED(reasons)                                                               \
	{                                                                                \
		.status = 400, .body = "{\"__type\":\"a#TransactionCanceledException\"," \
				       "\"CancellationReasons\":[" reasons "]}"          \
	}
#define CONFLICT "{\"Code\":\"TransactionConflict\"}"
#define NONE "{\"Code\":\"None\"}"

#endif
