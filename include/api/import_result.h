/*
 * What an import says of a line: one JSON object on a line of its own (docs/api.md).
 */
#ifndef SHOPD_API_IMPORT_RESULT_H
#define SHOPD_API_IMPORT_RESULT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/json_reader.h"
#include "domain/validation.h"
#include "repo/product_import.h"

/* Why a line was not written, other than by mistakes in its product. */
enum import_problem {
	IMPORT_BAD_ID,
	IMPORT_NOT_WRITTEN,
	IMPORT_UNKNOWN, /* whether it was written */
	IMPORT_STOPPING,
};

/* Each appends one line. */
void import_result_add_problem(struct buf *out, uint64_t line, enum import_problem problem);
void import_result_add_bad_json(struct buf *out, uint64_t line, const struct json_mistake *mistake);
void import_result_add_too_long(struct buf *out, uint64_t line, size_t max);
void import_result_add_mistakes(struct buf *out, uint64_t line,
				const struct validation *validation);
/* What came of one that was to be written. */
void import_result_add_entry(struct buf *out, uint64_t line, const struct product_entry *entry);

#endif
