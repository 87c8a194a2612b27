/*
 * The request texts of SNS's operations, and which messages may be in them. Each writing function
 * appends a form to `out`, which remembers when memory was short.
 *
 * Source: Amazon SNS API Reference, version 2010-03-31; Developer Guide, "Message attributes".
 */
#ifndef SHOPD_AWS_SNS_REQUEST_H
#define SHOPD_AWS_SNS_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/sns.h"
#include "base/buf.h"

/* What is wrong with a message, in words; NULL when SNS would take it. */
const char *sns_request_find_mistake(const struct sns_message *message, bool is_fifo);

/* `address`: of the topic too. */
void sns_request_publish(struct buf *out, struct sns_target target,
			 const struct sns_message *message);

void sns_request_batch_begin(struct buf *out, const char *topic_arn);
/* `number`: of entries before it; `id`: what the answer calls it. */
void sns_request_batch_add(struct buf *out, size_t number, size_t id,
			   const struct sns_message *message, bool is_fifo);

#endif
