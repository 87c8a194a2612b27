/*
 * What SNS's answers say: pure readings of texts that xml_scan_check has accepted.
 */
#ifndef SHOPD_AWS_SNS_ANSWER_H
#define SHOPD_AWS_SNS_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/sns.h"
#include "base/text.h"

/* Publish's success. False when it is none. */
bool sns_answer_publish(struct span answer, struct sns_outcome *outcome);

/*
 * PublishBatch's success: sets those of `count` outcomes that are SNS_UNKNOWN and that it tells of,
 * by their places as ids. What it tells two ways, or does not tell, stays SNS_UNKNOWN. False when
 * it is no such answer.
 */
bool sns_answer_batch(struct span answer, struct sns_outcome *outcomes, size_t count);

/*
 * An error of Publish that is about this message or who it is for: SNS_REFUSED with its reason.
 * False for other errors. Of one to a phone or an endpoint that is every refusal (4xx) but those of
 * our signature: also AuthorizationError, when that one may not be published to, or KMSDisabled. Of
 * one to the topic they are about all messages, and so it is only what is wrong with this one.
 */
bool sns_answer_refusal(int status, const char *error, struct span answer, bool is_to_topic,
			struct sns_outcome *outcome);

#endif
