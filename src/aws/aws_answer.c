#include "aws/aws_answer.h"

#include <string.h>

#include "base/digest.h"

/* Errors that the caller decides about. All others are failures. */
static const struct {
	const char *error;
	enum result result;
} answers[] = {
	{"ConditionalCheckFailedException", RESULT_CONFLICT},
	{"TransactionCanceledException", RESULT_CONFLICT},
	{"TransactionConflictException", RESULT_CONFLICT},
	{"IdempotentParameterMismatchException", RESULT_CONFLICT},
	{"ResourceNotFoundException", RESULT_NOT_FOUND},
	{"ResourceInUseException", RESULT_EXISTS},
};

/* Exchanges that brought no whole answer. */
static const struct aws_verdict unanswered[] = {
	[EXCHANGE_NOT_SENT] = {.result = RESULT_UNREACHABLE, .retry = RETRY_TRANSIENT},
	[EXCHANGE_NO_ANSWER] = {.result = RESULT_UNREACHABLE, .retry = RETRY_TRANSIENT},
	[EXCHANGE_BROKEN] = {.result = RESULT_GARBLED, .retry = RETRY_TRANSIENT},
	/* Nor would it be shorter the next time. */
	[EXCHANGE_TOO_LONG] = {.result = RESULT_GARBLED, .retry = RETRY_NEVER},
	[EXCHANGE_TIMEOUT] = {.result = RESULT_TIMEOUT, .retry = RETRY_TRANSIENT},
	[EXCHANGE_OVERLOADED] = {.result = RESULT_OVERLOADED, .retry = RETRY_NEVER},
	[EXCHANGE_SHUTDOWN] = {.result = RESULT_SHUTDOWN, .retry = RETRY_NEVER},
	[EXCHANGE_NO_MEMORY] = {.result = RESULT_NO_MEMORY, .retry = RETRY_NEVER},
};

static struct span trim(const struct buf *body)
{
	struct span text = {buf_text(body), body->len};

	while (text.len > 0 && strchr(" \t\r\n", text.data[0]))
		text = (struct span){text.data + 1, text.len - 1};
	while (text.len > 0 && strchr(" \t\r\n", text.data[text.len - 1]))
		text.len--;
	return text;
}

static bool is_intact(const struct http_answer *answer)
{
	if (answer->is_encoded)
		return false; /* not asked for, so the checksum below would say nothing either */
	return !answer->has_crc32 ||
	       digest_crc32(answer->body.data, answer->body.len) == answer->crc32;
}

static void take_error(struct span name, char error[AWS_ERROR_SIZE])
{
	size_t len = name.len < AWS_ERROR_SIZE ? name.len : AWS_ERROR_SIZE - 1;

	if (len > 0)
		memcpy(error, name.data, len);
	error[len] = '\0';
}

static enum result result_of_error(const struct aws_verdict *verdict)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		if (strcmp(verdict->error, answers[i].error) == 0)
			return answers[i].result;
	}
	if (verdict->retry == RETRY_THROTTLED)
		return RESULT_THROTTLED;
	if (verdict->status >= 400 && verdict->status < 500)
		return RESULT_REFUSED;
	/* It answers, but cannot do its work: for the caller the same as not being there. */
	return verdict->status >= 500 ? RESULT_UNREACHABLE : RESULT_GARBLED;
}

/* A refusal (4xx) did nothing, even when its details cannot be read. */
static bool may_have_acted(int status)
{
	return status < 400 || status >= 500;
}

/* Something stands between us and the service, or damaged its answer: worth another attempt. */
static void judge_unreadable(struct aws_verdict *verdict)
{
	verdict->result = RESULT_GARBLED;
	verdict->retry = RETRY_TRANSIENT;
	verdict->is_uncertain = may_have_acted(verdict->status);
}

static void judge_error(struct aws_verdict *verdict)
{
	verdict->retry = retry_classify(verdict->status, verdict->error);
	verdict->result = result_of_error(verdict);
	verdict->is_uncertain =
		may_have_acted(verdict->status) && verdict->retry != RETRY_THROTTLED;
}

static void judge_answer(const struct aws_protocol *protocol, const struct http_answer *answer,
			 struct json_index *index, struct aws_verdict *verdict)
{
	struct span text = trim(&answer->body);
	bool is_success = answer->status >= 200 && answer->status < 300;
	bool is_readable;

	verdict->status = answer->status;
	if (!is_intact(answer)) {
		judge_unreadable(verdict);
		return;
	}
	is_readable = protocol->check(text, index);
	if (is_readable) {
		verdict->answer = text;
		if (!is_success)
			take_error(protocol->find_error(text), verdict->error);
	}
	if (!is_success)
		judge_error(verdict);
	else if (!is_readable)
		judge_unreadable(verdict);
}

void aws_answer_judge(const struct aws_protocol *protocol, const struct exchange *exchange,
		      struct json_index *index, struct aws_verdict *verdict)
{
	if (exchange->end == EXCHANGE_ANSWERED) {
		*verdict = (struct aws_verdict){.result = RESULT_OK, .retry = RETRY_NEVER};
		judge_answer(protocol, &exchange->answer, index, verdict);
		return;
	}
	*verdict = unanswered[exchange->end];
	verdict->is_uncertain = exchange->was_sent;
}
