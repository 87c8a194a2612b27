/*
 * Keys as JSON, in the two forms that there are.
 *
 *	{"AccessKeyId": …, "SecretAccessKey": …, "Token": …, "Expiration": "2026-11-24T01:02:03Z"}
 *
 * comes from metadata services and container endpoints, with all four members. A credential_process
 * prints "SessionToken" instead of "Token", "Version": 1, and need not name the last two.
 *
 * Source: AWS SDKs and Tools Reference Guide, "Container credential provider", "Process credential
 * provider"; Amazon EC2 User Guide, "Retrieve security credentials from instance metadata".
 */
#ifndef SHOPD_AWS_KEYS_JSON_H
#define SHOPD_AWS_KEYS_JSON_H

#include "aws/keys.h"
#include "base/text.h"

enum keys_json_form { KEYS_JSON_ENDPOINT, KEYS_JSON_PROCESS };

enum keys_json_result {
	KEYS_JSON_OK,
	KEYS_JSON_MALFORMED,  /* no JSON */
	KEYS_JSON_INCOMPLETE, /* a member is missing, or cannot be used */
	KEYS_JSON_NO_MEMORY,
};

/* Sets `keys` (cleared before) when it returns KEYS_JSON_OK. */
MUST_CHECK enum keys_json_result keys_json_parse(struct span text, enum keys_json_form form,
						 struct aws_keys *keys);

/* What a result means, as the end of a sentence about an answer: "is not JSON". */
const char *keys_json_text(enum keys_json_result result);

#endif
