/*
 * What fuzz_request.c demands of whatever the server says: aborts when it is not so.
 */
#ifndef SHOPD_TEST_REQUEST_JUDGE_H
#define SHOPD_TEST_REQUEST_JUDGE_H

#include <stdbool.h>

#include "base/text.h"

/* What neither a client nor the log may see, unless it is in the input. Ends in NULL. */
extern const char *const request_judge_secrets[];

/* Shown on standard error before aborting. */
void request_judge_demand(bool is_true, const char *what);

/*
 * All that a client received, and the input (what it has sent, what DynamoDB said): whole answers
 * one after another, each with a status, headers and a body of ours. Only the last may be cut off,
 * and only where it says so itself (chunks without their end), or where the client did not wait
 * (`is_whole` false).
 */
void request_judge_answers(struct span received, struct span input, bool is_whole);

/* Lines of the log: each is one JSON object. */
void request_judge_log(struct span lines, struct span input);

#endif
