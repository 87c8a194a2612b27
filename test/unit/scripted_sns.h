/*
 * SNS's operations on a scripted transport, and one request under way.
 */
#ifndef SHOPD_TEST_SCRIPTED_SNS_H
#define SHOPD_TEST_SCRIPTED_SNS_H

#include "aws/sns.h"
#include "scripted_aws.h"

#define SNS_TOPIC_ARN "arn:aws:sns:eu-west-1:123456789012:shop"

struct scripted_sns {
	struct scripted_aws aws;
	struct sns sns;     /* the topic above */
	struct await await; /* ten seconds */
	struct sns_call call;
	bool is_done;
};

void scripted_sns_init(struct scripted_sns *on);
void scripted_sns_clear(struct scripted_sns *on);

/* Another call, after sns_call_clear of the one before. */
void scripted_sns_renew(struct scripted_sns *on);

/* Runs until the call that was started is done. */
void scripted_sns_run(struct scripted_sns *on);

/* Bodies of answers. */
#define SNS_PUBLISHED \
	"<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>"
#define SNS_BATCH(successful, failed)                                                \
	"<PublishBatchResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">"  \
	"<PublishBatchResult><Successful>" successful "</Successful><Failed>" failed \
	"</Failed></PublishBatchResult></PublishBatchResponse>"
#define SNS_GOOD(id) "<member><Id>" id "</Id><MessageId>m</MessageId></member>"
#define SNS_BAD(id, code, fault)                                                                \
	"<member><Id>" id "</Id><Code>" code "</Code><Message>why</Message><SenderFault>" fault \
	"</SenderFault></member>"
#define SNS_ERROR(code)                                                                      \
	"<ErrorResponse><Error><Type>Sender</Type><Code>" code "</Code><Message>why\n it is" \
	"</Message></Error></ErrorResponse>"

#endif
