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
 * False for other errors.
 */
bool sns_answer_refusal(const char *error, struct span answer, struct sns_outcome *outcome);

#endif
