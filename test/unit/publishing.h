/*
 * What publishes, on a scripted transport: one script answers DynamoDB and SNS.
 */
#ifndef SHOPD_TEST_PUBLISHING_H
#define SHOPD_TEST_PUBLISHING_H

#include "aws/sns.h"
#include "outbox_texts.h"
#include "scripted_dynamodb.h"
#include "scripted_repo.h"
#include "scripted_sns.h"

struct publishing {
	struct scripted_repo on; /* its worker is WRITER */
	struct aws_client *client;
	struct sns sns; /* with SNS_TOPIC_ARN */
};

void publishing_init(struct publishing *publishing);
void publishing_clear(struct publishing *publishing);

/* Asserts that a request was one to SNS and had this in its body. */
void ck_assert_published(const struct publishing *publishing, size_t request, const char *part);

/* Lets the clock go on until it is so, ten seconds at most. */
#define PUBLISHING_RUN(publishing, is_so)                       \
	for (int turn_ = 0; turn_ < 10000 && !(is_so); turn_++) \
	script_pass(&(publishing)->on.aws.script, 1000)

#define PAGE(items) TEXT("{\"Items\":[" items "]}")
#define PUBLISHED(members) TEXT(SNS_BATCH(members, ""))

#endif
