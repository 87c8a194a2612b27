/*
 * jansson as the judge of our own readers and writers of JSON. It takes and refuses the same texts,
 * but for what is told apart below, and it can read whatever we write.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "aws/attribute.h"
#include "base/json_exact.h"
#include "base/json_scan.h"

enum { OUT_MAX = 1024 * 1024, TEXT_MAX = 16 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool is_true)
{
	if (!is_true)
		abort();
}

/* jansson has no place for numbers beyond 64 bits or a double; we keep them as text. */
static bool is_beyond_jansson(const json_error_t *error)
{
	return json_error_code(error) == json_error_numeric_overflow;
}

/*
 * What DynamoDB never sends and an attribute is not searched for: half a surrogate pair, NUL and a
 * name that is there twice.
 */
static bool is_beyond_dynamodb(const json_error_t *error)
{
	return json_error_code(error) == json_error_null_character ||
	       json_error_code(error) == json_error_null_byte_in_key ||
	       json_error_code(error) == json_error_duplicate_key ||
	       strncmp(error->text, "invalid Unicode", strlen("invalid Unicode")) == 0;
}

static bool jansson_takes(const char *text, size_t len, json_error_t *error)
{
	json_t *json = json_loadb(text, len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, error);

	json_decref(json);
	return json != NULL;
}

/* What we refuse by rules that jansson does not have. */
static bool is_our_rule(const struct json_mistake *mistake)
{
	static const char *const rules[] = {"deep", "nest", "long", "NUL"};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (strstr(mistake->text, rules[i]) != NULL)
			return true;
	return false;
}

static void judge_writing(const struct buf *out, bool is_of_dynamodb)
{
	json_error_t error;

	if (!buf_ok(out) || jansson_takes(buf_text(out), out->len, &error))
		return;
	demand(is_beyond_jansson(&error) || (is_of_dynamodb && is_beyond_dynamodb(&error)));
}

static void judge_exact(struct span text)
{
	struct json_mistake mistake = {0};
	json_error_t error;
	json_t *tree = json_exact_parse(text, &mistake);
	bool is_taken = jansson_takes(text.data, text.len, &error);
	struct buf out;

	if (tree == NULL) {
		demand(!is_taken || is_our_rule(&mistake));
		return;
	}
	demand(is_taken || is_beyond_jansson(&error));
	buf_init(&out, OUT_MAX);
	json_exact_write(tree, &out);
	judge_writing(&out, false);
	buf_reset(&out);
	if (attribute_from_json(tree, &out))
		judge_writing(&out, false);
	buf_clear(&out);
	json_decref(tree);
}

/* DynamoDB's own form becomes plain JSON by copying: the copy must be JSON too. */
static void judge_attribute(struct span text)
{
	struct buf out;

	if (!json_scan_check(text))
		return;
	buf_init(&out, OUT_MAX);
	if (attribute_to_json(text, &out))
		judge_writing(&out, true);
	buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data, size};

	if (size > TEXT_MAX)
		return 0;
	judge_exact(text);
	judge_attribute(text);
	return 0;
}
