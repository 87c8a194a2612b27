#include "aws/dynamodb_answer.h"

#include <string.h>

#include "aws/attribute.h"
#include "base/decimal.h"
#include "base/json_scan.h"

static uint64_t millis(struct span units)
{
	int64_t scaled;

	return units.data && decimal_to_scaled(units, 3, &scaled) && scaled > 0 ? (uint64_t)scaled
										: 0;
}

/*
 * Transactions tell reads from writes (a repeated transaction with the same token is charged as
 * reads); other operations give just one number.
 */
static void add_usage(struct span consumed, bool is_read, struct usage *usage)
{
	struct span reads = {0};
	struct span writes = {0};
	struct span total = {0};
	struct json_walk walk;

	json_walk_init(&walk, consumed);
	while (json_walk_next(&walk)) {
		if (span_equals(walk.name, "CapacityUnits"))
			total = walk.value;
		else if (span_equals(walk.name, "ReadCapacityUnits"))
			reads = walk.value;
		else if (span_equals(walk.name, "WriteCapacityUnits"))
			writes = walk.value;
	}
	if (!reads.data && !writes.data) {
		reads = is_read ? total : reads;
		writes = is_read ? writes : total;
	}
	usage->read_millis += millis(reads);
	usage->write_millis += millis(writes);
}

void dynamodb_answer_usage(struct span consumed, bool is_read, struct usage *usage)
{
	struct json_walk walk;

	if (consumed.len > 0 && consumed.data[0] == '{') {
		add_usage(consumed, is_read, usage);
		return;
	}
	json_walk_init(&walk, consumed);
	while (json_walk_next(&walk))
		add_usage(walk.value, is_read, usage);
}

/* A delete leaves no token behind; what it leaves is a gap. */
static enum result resolve_delete(const struct dynamodb_doubt *doubt, uint64_t version)
{
	/*
	 * The condition holds for an existing item only, or it would not have failed. The item is
	 * gone as was asked: by our first attempt most likely; and if somebody else was faster, the
	 * outcome is the same.
	 */
	if (!doubt->old.data)
		return RESULT_OK;
	/*
	 * Versions only grow while an item lives and begin at 1 again when it is made anew. So with
	 * the expected version or a later one it has not been deleted in between.
	 */
	if (doubt->expected_version > 0 && version >= doubt->expected_version)
		return RESULT_CONFLICT;
	return RESULT_UNKNOWN;
}

enum result dynamodb_answer_resolve(const struct dynamodb_doubt *doubt)
{
	struct item old;
	uint64_t version = 0;

	if (doubt->old.data && item_view(&old, doubt->old)) {
		if (doubt->action != DYNAMODB_DELETE &&
		    span_equals(item_raw_string(&old, "wt"), doubt->token))
			return RESULT_OK;
		if (!item_u64(&old, "version", &version))
			version = 0;
	}
	if (doubt->action == DYNAMODB_DELETE)
		return resolve_delete(doubt, version);
	/*
	 * Each write moves the version by one. Still the expected one: nobody wrote. One further,
	 * by somebody else: then it was not us who took that step. More: ours may have come first.
	 * Fewer: the item was deleted and made anew, perhaps after ours.
	 */
	if (doubt->expected_version > 0 && version >= doubt->expected_version &&
	    version - doubt->expected_version <= 1)
		return RESULT_CONFLICT;
	return RESULT_UNKNOWN;
}

static struct span reason_code(struct span reason)
{
	return json_scan_raw_string(json_scan_member(reason, "Code"));
}

static bool says_too_large(struct span object)
{
	static const char words[] = "Item size ";
	struct span text = json_scan_raw_string(json_scan_member(object, "message"));

	if (!text.data)
		text = json_scan_raw_string(json_scan_member(object, "Message"));
	return text.len > strlen(words) && memcmp(text.data, words, strlen(words)) == 0;
}

bool dynamodb_answer_is_size(struct span answer)
{
	return says_too_large(answer);
}

static enum dynamodb_cancellation judge_reason(struct span reason)
{
	static const char *const passing[] = {
		"None",
		"TransactionConflict",
		"ProvisionedThroughputExceeded",
		"ThrottlingError",
	};
	struct span code = reason_code(reason);

	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++) {
		if (span_equals(code, passing[i]))
			return DYNAMODB_CANCELLED_BY_OTHERS;
	}
	if (span_equals(code, "ConditionalCheckFailed"))
		return DYNAMODB_CANCELLED_BY_CONDITION;
	return says_too_large(reason) ? DYNAMODB_CANCELLED_BY_SIZE : DYNAMODB_CANCELLED_AS_WRONG;
}

enum dynamodb_cancellation dynamodb_answer_cancellation(struct span answer)
{
	enum dynamodb_cancellation worst = DYNAMODB_CANCELLED_BY_OTHERS;
	struct span reasons = json_scan_member(answer, "CancellationReasons");
	struct json_walk walk;
	bool is_empty = true;

	json_walk_init(&walk, reasons);
	while (json_walk_next(&walk)) {
		enum dynamodb_cancellation one = judge_reason(walk.value);

		is_empty = false;
		if (one > worst)
			worst = one;
	}
	return is_empty ? DYNAMODB_CANCELLED_AS_WRONG : worst;
}

static size_t count_elements(struct span array)
{
	struct json_walk walk;
	size_t count = 0;

	json_walk_init(&walk, array);
	while (json_walk_next(&walk))
		count++;
	return count;
}

bool dynamodb_answer_reasons(struct span answer, struct arena *arena,
			     struct dynamodb_reason **reasons, size_t *count)
{
	struct span array = json_scan_member(answer, "CancellationReasons");
	size_t total = count_elements(array);
	struct dynamodb_reason *made = arena_alloc(arena, (total + 1) * sizeof(*made));
	struct json_walk walk;
	size_t i = 0;

	if (!made)
		return false;
	json_walk_init(&walk, array);
	while (json_walk_next(&walk)) {
		made[i].is_condition =
			span_equals(reason_code(walk.value), "ConditionalCheckFailed");
		made[i++].item = json_scan_member(walk.value, "Item");
	}
	*reasons = made;
	*count = total;
	return true;
}

void dynamodb_answer_gather(struct span array, struct buf *out)
{
	struct json_walk walk;

	json_walk_init(&walk, array);
	while (json_walk_next(&walk)) {
		if (out->len > 0 && out->data[out->len - 1] != '[')
			buf_add_char(out, ',');
		buf_add(out, walk.value.data, walk.value.len);
	}
}

void dynamodb_answer_transact_items(struct span answer, struct buf *out)
{
	struct json_walk walk;

	json_walk_init(&walk, json_scan_member(answer, "Responses"));
	buf_add_char(out, '[');
	while (json_walk_next(&walk)) {
		struct span item = json_scan_member(walk.value, "Item");

		if (out->len > 1)
			buf_add_char(out, ',');
		if (item.data)
			buf_add(out, item.data, item.len);
		else
			buf_add(out, "{}", 2);
	}
	buf_add_char(out, ']');
}

struct span dynamodb_answer_batch_items(struct span answer)
{
	struct json_walk walk;

	/* One table was asked; whether it is called by name or by ARN is DynamoDB's choice. */
	json_walk_init(&walk, json_scan_member(answer, "Responses"));
	if (!json_walk_next(&walk))
		return (struct span){"[]", 2};
	return walk.value;
}

struct span dynamodb_answer_rest(struct span answer)
{
	struct span rest = json_scan_member(answer, "UnprocessedKeys");
	struct json_walk walk;

	if (!rest.data)
		rest = json_scan_member(answer, "UnprocessedItems");
	json_walk_init(&walk, rest);
	return json_walk_next(&walk) ? rest : (struct span){0};
}
