/*
 * SNS's answers: whatever they say, each entry has one fate, texts fit on a line, and nothing that
 * was not asked for changes. The first byte chooses the status and which entries are asked for, the
 * rest is the body.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "aws/aws_answer.h"
#include "aws/sns_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct sns_outcome *outcome)
{
	size_t len = strnlen(outcome->message, SNS_WHY_SIZE);

	if (len == SNS_WHY_SIZE || strnlen(outcome->code, AWS_ERROR_SIZE) == AWS_ERROR_SIZE ||
	    strpbrk(outcome->message, "\r\n\t") || strpbrk(outcome->code, "\r\n\t"))
		abort();
	if (outcome->fate != SNS_REFUSED && (outcome->is_sender_fault || outcome->code[0]))
		abort();
}

static void read_batch(struct span answer, unsigned asked)
{
	struct sns_outcome outcomes[SNS_BATCH_MAX] = {{0}};
	bool is_answer;

	for (size_t i = 0; i < SNS_BATCH_MAX; i++)
		outcomes[i].fate = asked >> i & 1 ? SNS_UNKNOWN : SNS_UNSENT;
	is_answer = sns_answer_batch(answer, outcomes, SNS_BATCH_MAX);
	for (size_t i = 0; i < SNS_BATCH_MAX; i++) {
		bool is_asked = asked >> i & 1;

		check(&outcomes[i]);
		if ((outcomes[i].fate == SNS_UNSENT) == is_asked)
			abort();
		if (!is_answer && is_asked && outcomes[i].fate != SNS_UNKNOWN)
			abort();
	}
}

static void read_single(const struct aws_verdict *verdict)
{
	struct sns_outcome outcome = {.fate = SNS_UNKNOWN};

	if (sns_answer_publish(verdict->answer, &outcome) != (outcome.fate == SNS_ACCEPTED))
		abort();
	outcome.fate = SNS_UNKNOWN;
	if (sns_answer_refusal(verdict->status, verdict->error, verdict->answer, false, &outcome) !=
	    (outcome.fate == SNS_REFUSED))
		abort();
	check(&outcome);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = {200, 400, 404, 500};
	struct exchange exchange = {.end = EXCHANGE_ANSWERED, .was_sent = true};
	struct json_index index;
	struct aws_verdict verdict;

	if (size == 0)
		return 0;
	http_answer_init(&exchange.answer, size);
	exchange.answer.status = statuses[data[0] % 4];
	buf_add(&exchange.answer.body, data + 1, size - 1);
	aws_answer_judge(&aws_protocol_query, &exchange, &index, &verdict);
	if (verdict.answer.data) {
		read_batch(verdict.answer, data[0] >> 2 | 1u << 9);
		read_single(&verdict);
	}
	http_answer_clear(&exchange.answer);
	return 0;
}
