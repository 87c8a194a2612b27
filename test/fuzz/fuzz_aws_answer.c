/*
 * Judging an answer of AWS and reading it as each of DynamoDB's operations does. The first byte
 * chooses the status, the rest is the body.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "aws/aws_answer.h"
#include "aws/dynamodb_answer.h"
#include "base/json_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_many(struct span answer)
{
	struct dynamodb_reason *reasons;
	struct arena arena = {0};
	struct buf out;
	size_t count;

	buf_init(&out, 1 << 20);
	dynamodb_answer_transact_items(answer, &out);
	if (buf_ok(&out) && !json_scan_check((struct span){buf_text(&out), out.len}))
		abort();
	buf_reset(&out);
	buf_add_char(&out, '[');
	dynamodb_answer_gather(dynamodb_answer_batch_items(answer), &out);
	if (dynamodb_answer_reasons(answer, &arena, &reasons, &count)) {
		for (size_t i = 0; i < count; i++)
			(void)(reasons[i].item.len + reasons[i].is_condition);
	}
	arena_clear(&arena);
	buf_clear(&out);
}

static void read_answer(struct span answer)
{
	struct usage usage = {0};
	struct dynamodb_doubt doubt = {.action = DYNAMODB_UPDATE,
				       .token = "token",
				       .expected_version = 3,
				       .old = json_scan_member(answer, "Item")};

	dynamodb_answer_usage(json_scan_member(answer, "ConsumedCapacity"), true, &usage);
	(void)dynamodb_answer_resolve(&doubt);
	(void)dynamodb_answer_cancellation(answer);
	(void)dynamodb_answer_is_size(answer);
	(void)dynamodb_answer_rest(answer);
	read_many(answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = {200, 400, 403, 500, 503, 301};
	struct exchange exchange = {.end = EXCHANGE_ANSWERED, .was_sent = true};
	struct json_index index;
	struct aws_verdict verdict;

	if (size == 0)
		return 0;
	http_answer_init(&exchange.answer, size);
	exchange.answer.status = statuses[data[0] % (sizeof(statuses) / sizeof(statuses[0]))];
	buf_add(&exchange.answer.body, data + 1, size - 1);
	aws_answer_judge(&aws_protocol_json, &exchange, &index, &verdict);
	if (verdict.answer.data)
		read_answer(verdict.answer);
	else if (verdict.result == RESULT_OK)
		abort();
	http_answer_clear(&exchange.answer);
	return 0;
}
