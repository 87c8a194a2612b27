/*
 * What one attempt of a call came to: a pure reading of a finished exchange.
 *
 * It tells three things apart that are easily mixed up: what the caller shall hear if this was the
 * last attempt, whether another attempt makes sense, and whether the service may have acted.
 */
#ifndef SHOPD_AWS_AWS_ANSWER_H
#define SHOPD_AWS_AWS_ANSWER_H

#include <stdbool.h>

#include "aws/aws_protocol.h"
#include "aws/retry.h"
#include "base/json_scan.h"
#include "base/result.h"
#include "base/text.h"
#include "io/exchange.h"

enum { AWS_ERROR_SIZE = 64 };

struct aws_verdict {
	enum result result;         /* RESULT_OK only for a 2xx with a readable body */
	enum retry_kind retry;      /* RETRY_NEVER when the result stands */
	bool is_uncertain;          /* a write may have been done, and nobody said so */
	int status;                 /* 0: no whole answer */
	char error[AWS_ERROR_SIZE]; /* "ConditionalCheckFailedException", "" for none */
	struct span answer;         /* the body, if it can be read; borrowed from the exchange */
};

/* `index`: of the answer, if it is JSON and can be read. */
void aws_answer_judge(const struct aws_protocol *protocol, const struct exchange *exchange,
		      struct json_index *index, struct aws_verdict *verdict);

#endif
