/*
 * The two ways in which the services that we call speak: JSON 1.0 (DynamoDB) and the query protocol
 * (SNS, STS), whose requests are forms and whose answers are XML.
 *
 * Source: Smithy, "AWS JSON 1.0 protocol" and "AWS query protocol".
 */
#ifndef SHOPD_AWS_AWS_PROTOCOL_H
#define SHOPD_AWS_AWS_PROTOCOL_H

#include <stdbool.h>

#include "base/json_scan.h"
#include "base/text.h"

struct aws_protocol {
	const char *content_type;
	bool has_target; /* X-Amz-Target names the operation */
	/* Whether a trimmed body can be read; `index` is for protocols of JSON. */
	bool (*check)(struct span body, struct json_index *index);
	/* The bare name of the error that a checked body tells of, or absent. */
	struct span (*find_error)(struct span body);
};

extern const struct aws_protocol aws_protocol_json;
extern const struct aws_protocol aws_protocol_query;

#endif
