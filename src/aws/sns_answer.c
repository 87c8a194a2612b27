#include "aws/sns_answer.h"

#include <string.h>

#include "aws/retry.h"
#include "base/buf.h"
#include "base/xml_scan.h"

enum { TEXT_MAX = 4096 }; /* bytes of a message before it is cut */

/* Errors of Publish that are about the message, wherever it goes. */
static const char *const messages[] = {
	"InvalidParameter",
	"InvalidParameterValue",
	"ParameterValueInvalid",
	"ValidationException",
};

/* … and those that are about who sends it; see retry.c for others. */
static const char *const senders[] = {
	"InvalidSecurity",
	"IncompleteSignature",
	"MissingAuthenticationToken",
};

static void copy_text(struct span content, char *text, size_t size)
{
	struct buf plain;
	struct buf line;

	buf_init(&plain, TEXT_MAX);
	buf_init_over(&line, text, size);
	text[0] = '\0';
	xml_text_decode(content, &plain);
	buf_add_escaped(&line, buf_text(&plain), plain.len, size - 1);
	buf_clear(&plain);
}

static void refuse(struct span error, bool is_sender_fault, struct sns_outcome *outcome)
{
	outcome->fate = SNS_REFUSED;
	outcome->is_sender_fault = is_sender_fault;
	copy_text(xml_scan_child(error, "Code"), outcome->code, sizeof(outcome->code));
	copy_text(xml_scan_child(error, "Message"), outcome->message, sizeof(outcome->message));
}

bool sns_answer_publish(struct span answer, struct sns_outcome *outcome)
{
	struct span result =
		xml_scan_child(xml_scan_child(answer, "PublishResponse"), "PublishResult");

	if (xml_scan_child(result, "MessageId").len == 0)
		return false;
	outcome->fate = SNS_ACCEPTED;
	return true;
}

static bool is_among(const char *const *errors, size_t count, const char *error)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(errors[i], error) == 0)
			return true;
	}
	return false;
}

/* What is said of one phone or endpoint, also in words that we do not know, is not of others. */
static bool is_targets(int status, const char *error)
{
	return status >= 400 && status < 500 && error[0] &&
	       retry_classify(status, error) == RETRY_NEVER &&
	       !is_among(senders, sizeof(senders) / sizeof(senders[0]), error);
}

bool sns_answer_refusal(int status, const char *error, struct span answer, bool is_to_topic,
			struct sns_outcome *outcome)
{
	if (!is_among(messages, sizeof(messages) / sizeof(messages[0]), error) &&
	    (is_to_topic || !is_targets(status, error)))
		return false;
	refuse(xml_scan_child(xml_scan_child(answer, "ErrorResponse"), "Error"), true, outcome);
	return true;
}

/* ------------------------------------------------------------------ batches */

struct reading {
	struct sns_outcome *outcomes;
	size_t count;
	bool is_asked[SNS_BATCH_MAX]; /* their fate is what the answer shall tell */
	bool is_doubtful[SNS_BATCH_MAX];
};

/* The place that a member names; `count` when it names none that was asked for. */
static size_t find_place(const struct reading *reading, struct span member)
{
	struct span id = xml_scan_child(member, "Id");
	uint64_t place;

	if (!id.data || !text_parse_u64(id, &place) || place >= reading->count ||
	    !reading->is_asked[place])
		return reading->count;
	return (size_t)place;
}

static void accept_member(struct span member, struct sns_outcome *outcome)
{
	if (xml_scan_child(member, "MessageId").len > 0)
		outcome->fate = SNS_ACCEPTED;
}

static void refuse_member(struct span member, struct sns_outcome *outcome)
{
	refuse(member, span_equals(xml_scan_child(member, "SenderFault"), "true"), outcome);
}

static void read_members(struct reading *reading, struct span list,
			 void (*take)(struct span member, struct sns_outcome *outcome))
{
	struct xml_walk walk;

	xml_walk_init(&walk, list);
	while (xml_walk_next(&walk)) {
		size_t place = find_place(reading, walk.content);

		if (!span_equals(walk.name, "member") || place == reading->count)
			continue;
		if (reading->outcomes[place].fate != SNS_UNKNOWN)
			reading->is_doubtful[place] = true;
		else
			take(walk.content, &reading->outcomes[place]);
	}
}

bool sns_answer_batch(struct span answer, struct sns_outcome *outcomes, size_t count)
{
	struct span response = xml_scan_child(answer, "PublishBatchResponse");
	struct span result = xml_scan_child(response, "PublishBatchResult");
	struct reading reading = {.outcomes = outcomes, .count = count};

	if (!result.data)
		return false;
	for (size_t i = 0; i < count; i++)
		reading.is_asked[i] = outcomes[i].fate == SNS_UNKNOWN;
	read_members(&reading, xml_scan_child(result, "Successful"), accept_member);
	read_members(&reading, xml_scan_child(result, "Failed"), refuse_member);
	for (size_t i = 0; i < count; i++) {
		if (reading.is_doubtful[i])
			outcomes[i] = (struct sns_outcome){.fate = SNS_UNKNOWN};
	}
	return true;
}
