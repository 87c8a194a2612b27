/*
 * A line whose id is in a batch that is not over waits (it is `held`), and all that is behind it;
 * so does everybody when all batches are under way.
 */
#include "api/product_import.h"

#include <string.h>
#include <strings.h>

#include "api/import_batches.h"
#include "api/import_result.h"
#include "base/json_exact.h"
#include "domain/product.h"
#include "http/reply.h"
#include "http/stream.h"

enum { RESULT_MAX = 128 * 1024 /* bytes, of one line */ };

struct import_state {
	struct request *rq;
	struct buf line;        /* what is there of the line that is read */
	bool is_line_too_large; /* the rest of it is dropped */
	bool is_holding;
	struct product_entry held;
	size_t held_bytes;
	struct buf result; /* of one line */
	struct import_batches batches;
	uint64_t given; /* of the spool */
};

/* ---- opening and closing ---- */

static bool is_lines_type(const char *type)
{
	static const char *const types[] = {"application/x-ndjson", "application/json-lines",
					    "application/jsonl"};
	size_t len = type ? strcspn(type, "; \t") : 0;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (len == strlen(types[i]) && strncasecmp(type, types[i], len) == 0)
			return true;
	return false;
}

static void go_on(struct import_batches *batches);

static enum flow open_import(struct request *rq)
{
	struct import_state *st = rq->state;
	const char *encoding = request_header(rq, "Content-Encoding");

	st->rq = rq;
	buf_init(&st->line, IMPORT_LINE_MAX);
	buf_init(&st->result, RESULT_MAX);
	import_batches_init(&st->batches, rq);
	st->batches.turned = go_on;
	if (request_header(rq, "Idempotency-Key"))
		return reply_problem(rq, "invalid-header",
				     "An import takes no Idempotency-Key: give each line an `id`, "
				     "and it can be sent again.");
	if (!is_lines_type(request_header(rq, "Content-Type")))
		return reply_problem(rq, "unsupported-media-type",
				     "Send a product on each line, with "
				     "`Content-Type: application/x-ndjson`.");
	if (encoding && strcasecmp(encoding, "identity") != 0)
		return reply_problem(rq, "unsupported-media-type",
				     "Send the body as it is, without Content-Encoding.");
	return FLOW_NEXT;
}

static void end_import(struct request *rq)
{
	struct import_state *st = rq->state;

	if (st->is_holding)
		json_decref(st->held.product);
	import_batches_clear(&st->batches);
	buf_clear(&st->line);
	buf_clear(&st->result);
}

/* ---- lines ---- */

static bool has_room(const struct import_state *st)
{
	return !st->is_holding && import_batches_ok(&st->batches) &&
	       import_batches_have_room(&st->batches);
}

/* What is in `result` is all that comes of this line. */
static void add_result(struct import_state *st)
{
	import_batches_add_text(&st->batches, st->rq->lines, &st->result);
	buf_reset(&st->result);
}

static void add_problem(struct import_state *st, enum import_problem problem)
{
	import_result_add_problem(&st->result, st->rq->lines, problem);
	add_result(st);
}

/* Puts the held line into a batch, if that can be. */
static void place_held(struct import_state *st)
{
	bool meets = st->held.has_id && import_batches_meet(&st->batches, st->held.id);

	/* What it met may have been over at once, and the line been placed by go_on. */
	if (!st->is_holding || meets || !import_batches_have_room(&st->batches))
		return;
	st->is_holding = false;
	import_batches_add(&st->batches, st->rq->lines, &st->held, st->held_bytes);
}

static bool is_good_id(const json_t *id)
{
	return json_exact_is_string(id) && id_is_valid(json_string_value(id));
}

static void take_product(struct import_state *st, const json_t *body)
{
	const struct product_input input = {FIELD_CREATE, body, st->rq->config->currency};
	const json_t *id = json_object_get(body, "id");
	struct validation validation;

	st->held = (struct product_entry){.has_id = id && !json_is_null(id)};
	if (st->held.has_id && !is_good_id(id)) {
		add_problem(st, IMPORT_BAD_ID);
		return;
	}
	if (st->held.has_id)
		memcpy(st->held.id, json_string_value(id), ID_SIZE);
	validation_init(&validation, import_batches_arena(&st->batches));
	st->held.product = product_apply(&input, NULL, &validation);
	if (!st->held.product) {
		import_result_add_mistakes(&st->result, st->rq->lines, &validation);
		add_result(st);
		return;
	}
	st->held.opening = product_opening(body);
	st->held_bytes = st->line.len;
	st->is_holding = true;
	place_held(st);
}

static void take_json(struct import_state *st, struct span text)
{
	struct json_mistake mistake = {0};
	json_t *body = json_exact_parse(text, &mistake);

	if (body) {
		take_product(st, body);
	} else if (mistake.line == 0) {
		add_problem(st, IMPORT_NOT_WRITTEN); /* out of memory */
	} else {
		import_result_add_bad_json(&st->result, st->rq->lines, &mistake);
		add_result(st);
	}
	json_decref(body);
}

static bool is_blank(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] != ' ' && text.data[i] != '\t' && text.data[i] != '\r')
			return false;
	return true;
}

static void take_line(struct import_state *st)
{
	const struct span text = {buf_text(&st->line), st->line.len};

	st->rq->lines++;
	if (st->is_line_too_large) {
		import_result_add_too_long(&st->result, st->rq->lines, IMPORT_LINE_MAX);
		add_result(st);
	} else if (!is_blank(text) && stream_is_stopping(st->rq)) {
		add_problem(st, IMPORT_STOPPING);
	} else if (!is_blank(text)) {
		take_json(st, text);
	}
	st->is_line_too_large = false;
	buf_reset(&st->line);
}

static void add_to_line(struct import_state *st, const char *bytes, size_t len)
{
	if (st->is_line_too_large || len > st->line.max - st->line.len) {
		st->is_line_too_large = true;
		buf_reset(&st->line);
		return;
	}
	buf_add(&st->line, bytes, len);
	if (!buf_ok(&st->line))
		st->batches.spool.failed = true; /* out of memory: the rest makes no sense */
}

/* ---- the body ---- */

static void reply_broken(struct request *rq)
{
	reply_problem(rq, "unavailable",
		      "The results cannot be kept: the server's temporary folder is full, or its "
		      "memory. Some lines were written. Send them again, with ids.");
}

static size_t take_bytes(struct request *rq, const char *bytes, size_t len)
{
	struct import_state *st = rq->state;
	size_t taken = 0;

	while (taken < len && has_room(st)) {
		const char *end = memchr(bytes + taken, '\n', len - taken);
		size_t now = end ? (size_t)(end - bytes) - taken : len - taken;

		add_to_line(st, bytes + taken, now);
		taken += now;
		if (end) {
			taken++;
			take_line(st);
		}
	}
	if (!import_batches_ok(&st->batches) && import_batches_are_idle(&st->batches))
		reply_broken(rq);
	return taken;
}

/* ---- the end of the body ---- */

/* A last line without a line break. */
static void take_last_line(struct import_state *st)
{
	if ((st->line.len > 0 || st->is_line_too_large) && has_room(st))
		take_line(st);
}

/*
 * Writes the last batch, full or not, once everything has found its place in it. True when nothing
 * is left to be done.
 */
static bool write_rest(struct import_state *st)
{
	take_last_line(st);
	while (has_room(st) && import_batches_write(&st->batches))
		take_last_line(st);
	return import_batches_are_idle(&st->batches);
}

/* A batch is over. */
static void go_on(struct import_batches *batches)
{
	struct request *rq = batches->rq;
	struct import_state *st = rq->state;

	if (st->is_holding && import_batches_ok(batches))
		place_held(st);
	if (rq->await.is_pending) {
		/* It may have been finished by a batch that was over at once. */
		if (write_rest(st) && rq->await.is_pending)
			await_finish(&rq->await, RESULT_OK);
	} else if (has_room(st) || !import_batches_ok(batches)) {
		stream_continue(rq);
	}
}

static enum flow finish_batches(struct request *rq)
{
	if (write_rest(rq->state))
		return FLOW_NEXT;
	await_start(&rq->await);
	return FLOW_WAIT;
}

/* ---- the reply ---- */

static long give_results(struct request *rq, char *out, size_t room)
{
	struct import_state *st = rq->state;
	size_t len = spool_read(&st->batches.spool, st->given, out, room);

	st->given += len;
	if (len > 0)
		return (long)len;
	return st->given == spool_len(&st->batches.spool) ? STREAM_END : STREAM_BROKEN;
}

static enum flow answer_results(struct request *rq)
{
	struct import_state *st = rq->state;

	if (import_batches_ok(&st->batches))
		return reply_stream(rq, 200, "application/x-ndjson", give_results);
	reply_broken(rq);
	return FLOW_REPLY;
}

static const struct streaming import_stream = {.open = open_import,
					       .take = take_bytes,
					       .end = end_import};

const struct endpoint post_product_import = {
	.state_size = sizeof(struct import_state),
	.steps = STEPS(finish_batches, answer_results),
	.stream = &import_stream,
};
