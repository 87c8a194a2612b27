#include "api/import_result.h"

#include <stdio.h>
#include <string.h>

#include "domain/product.h"

enum { DETAIL_SIZE = 256 };

static const struct {
	int status;
	const char *code;
	const char *detail;
} problems[] = {
	[IMPORT_BAD_ID] = {422, "invalid-id",
			   "An id must be a UUID in lower case; leave it out to get a new one."},
	[IMPORT_NOT_WRITTEN] = {503, "unavailable", "It was not written. Send the line again."},
	[IMPORT_UNKNOWN] = {503, "outcome-unknown",
			    "It may or may not have been written. With an id the line can be sent "
			    "again."},
	[IMPORT_STOPPING] = {503, "shutting-down", "It was not written. Send the line again."},
};

static void begin(struct buf *out, uint64_t line, int status)
{
	buf_add_str(out, "{\"line\":");
	buf_add_u64(out, line);
	buf_add_str(out, ",\"status\":");
	buf_add_u64(out, (uint64_t)status);
}

static void add_code(struct buf *out, const char *code, const char *detail)
{
	buf_add_str(out, ",\"code\":\"");
	buf_add_str(out, code);
	buf_add_str(out, "\",\"detail\":\"");
	buf_add_escaped(out, detail, strlen(detail), SIZE_MAX);
	buf_add_str(out, "\"}\n");
}

void import_result_add_problem(struct buf *out, uint64_t line, enum import_problem problem)
{
	begin(out, line, problems[problem].status);
	add_code(out, problems[problem].code, problems[problem].detail);
}

void import_result_add_bad_json(struct buf *out, uint64_t line, const struct json_mistake *mistake)
{
	char detail[DETAIL_SIZE];

	snprintf(detail, sizeof(detail), "Column %zu: %s.", mistake->column, mistake->text);
	begin(out, line, 400);
	add_code(out, "invalid-json", detail);
}

void import_result_add_too_long(struct buf *out, uint64_t line, size_t max)
{
	char detail[DETAIL_SIZE];

	snprintf(detail, sizeof(detail), "A line may have up to %zu bytes.", max);
	begin(out, line, 413);
	add_code(out, "line-too-large", detail);
}

void import_result_add_mistakes(struct buf *out, uint64_t line, const struct validation *validation)
{
	/* None, but not accepted: out of memory. */
	if (validation->has_failed || validation->count == 0) {
		import_result_add_problem(out, line, IMPORT_NOT_WRITTEN);
		return;
	}
	begin(out, line, 422);
	buf_add_str(out, ",\"code\":\"validation-failed\",");
	validation_write(validation, out);
	buf_add_str(out, "}\n");
}

/* What DynamoDB itself finds too large: our own reckoning is a little more careful. */
static void add_too_large(struct buf *out, uint64_t line)
{
	begin(out, line, 422);
	buf_add_format(out,
		       ",\"code\":\"validation-failed\",\"errors\":[{\"field\":\"\","
		       "\"code\":\"too-large\",\"detail\":\"The whole product has at most %d "
		       "bytes.\"}]}\n",
		       PRODUCT_SIZE_MAX);
}

void import_result_add_entry(struct buf *out, uint64_t line, const struct product_entry *entry)
{
	if (entry->result == RESULT_TOO_LARGE) {
		add_too_large(out, line);
	} else if (entry->result == RESULT_UNKNOWN) {
		import_result_add_problem(out, line, IMPORT_UNKNOWN);
	} else if (entry->result != RESULT_OK) {
		import_result_add_problem(out, line, IMPORT_NOT_WRITTEN);
	} else {
		begin(out, line, entry->is_new ? 201 : 200);
		buf_add_str(out, ",\"id\":\"");
		buf_add_str(out, entry->id);
		buf_add_str(out, "\"}\n");
	}
}
